//! The application, answering from memory.
//!
//! What the stand-in for Salesforce answered once is said again, byte for byte, whoever asks: the stand-in's own work is
//! then no part of a measurement, and all contenders get the same bytes. Beside that it is AWS Secrets Manager for all of
//! them, with one secret.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::setup::SECRET_ARN;
use serde_json::json;

use super::wire::{self, Incoming, Server};

/// The address, and what came of it last.
pub struct Upstream {
    server: Server,
    shared: Arc<Shared>,
}

struct Shared {
    /// Host and port of the stand-in behind it.
    origin: String,
    secret: String,
    kept: Mutex<BTreeMap<String, Arc<[u8]>>>,
    sent: Mutex<Option<Instant>>,
    last: Mutex<Arc<[u8]>>,
}

impl Upstream {
    /// Stands before `origin`, `http://HOST:PORT`; the connection's secret holds `token`.
    pub fn start(origin: &str, token: &str) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            origin: origin.trim_start_matches("http://").to_owned(),
            secret: json!({"accessToken": token, "refreshToken": "none"}).to_string(),
            kept: Mutex::default(),
            sent: Mutex::default(),
            last: Mutex::new(Arc::new([])),
        });
        let served = Arc::clone(&shared);
        let server = Server::start(move |mut connection| {
            let mut incoming = Incoming::default();
            while connection.receive(&mut incoming)? {
                if incoming.header("x-amz-target").is_some() {
                    connection.send(&served.secret())?;
                    continue;
                }
                let answer = served.answer(&incoming)?;
                *lock(&served.last) = Arc::clone(&answer);
                *lock(&served.sent) = Some(Instant::now());
                connection.send(&answer)?;
            }
            Ok(())
        })?;
        Ok(Self { server, shared })
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// When the last answer of the application began to leave; none since it was asked last.
    pub fn sent(&self) -> Option<Instant> {
        lock(&self.shared.sent).take()
    }

    /// Bytes of the last answer's body.
    pub fn bytes(&self) -> usize {
        body_of(&lock(&self.shared.last)).len()
    }

    /// From now on answers this path with a JSON body.
    pub fn keep(&self, path: &str, body: &[u8]) {
        let answer = wire::answer("200 OK", "content-type: application/json\r\n", body);
        lock(&self.shared.kept).insert(format!("GET {path} "), answer.into());
    }

    /// From now on answers this path with these bytes, status line and headers included.
    pub fn keep_as_sent(&self, path: &str, answer: &[u8]) {
        lock(&self.shared.kept).insert(format!("GET {path} "), answer.into());
    }

    /// The body of the last answer.
    pub fn last_body(&self) -> Vec<u8> {
        body_of(&lock(&self.shared.last)).to_vec()
    }

    /// From now on answers this path with what was answered last.
    pub fn keep_last_as(&self, path: &str) {
        let last = Arc::clone(&lock(&self.shared.last));
        lock(&self.shared.kept).insert(format!("GET {path} "), last);
    }
}

impl Shared {
    fn secret(&self) -> Vec<u8> {
        let body = json!({"ARN": SECRET_ARN, "Name": "benchmark", "VersionId": "0", "SecretString": self.secret});
        wire::answer(
            "200 OK",
            "content-type: application/x-amz-json-1.1\r\n",
            body.to_string().as_bytes(),
        )
    }

    fn answer(&self, incoming: &Incoming) -> io::Result<Arc<[u8]>> {
        let options = incoming.header("sforce-query-options").unwrap_or_default();
        let key = format!("{} {options}", incoming.line);
        if let Some(kept) = lock(&self.kept).get(&key) {
            return Ok(Arc::clone(kept));
        }
        let answer: Arc<[u8]> = self.ask(incoming)?.into();
        lock(&self.kept).insert(key, Arc::clone(&answer));
        Ok(answer)
    }

    /// Asks the stand-in, once, with the request's own headers.
    fn ask(&self, incoming: &Incoming) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(&self.origin)?;
        let mut head = format!("{} HTTP/1.1\r\n", incoming.line);
        for line in &incoming.headers {
            let name = line.split(':').next().unwrap_or_default();
            if !["host", "connection", "accept-encoding"]
                .iter()
                .any(|own| name.eq_ignore_ascii_case(own))
            {
                head.push_str(line);
                head.push_str("\r\n");
            }
        }
        head.push_str(&format!(
            "host: {}\r\nconnection: close\r\n\r\n",
            self.origin
        ));
        stream.write_all(head.as_bytes())?;
        stream.write_all(&incoming.body)?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let status = text.lines().next().unwrap_or_default();
        let status = status.split_once(' ').map_or("502 ", |(_, status)| status);
        Ok(wire::answer(
            status,
            "content-type: application/json;charset=UTF-8\r\n",
            body_of(&bytes),
        ))
    }
}

/// What stands behind the head.
fn body_of(answer: &[u8]) -> &[u8] {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    end.and_then(|end| answer.get(end + 4..))
        .unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn get(url: &str, target: &str, header: &str) -> String {
        let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
        let request = format!("GET {target} HTTP/1.1\r\n{header}\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn what_was_asked_before_is_answered_from_memory() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let origin = Server::start(move |mut connection| {
            let mut incoming = Incoming::default();
            connection.receive(&mut incoming)?;
            let number = count.fetch_add(1, Ordering::SeqCst);
            let body = format!(
                "{} {number}",
                incoming.header("authorization").unwrap_or("")
            );
            connection.send(&wire::answer("200 OK", "", body.as_bytes()))
        })
        .unwrap();
        let upstream = Upstream::start(&format!("http://{}", origin.address()), "t").unwrap();
        let first = get(&upstream.url(), "/a", "authorization: Bearer t");
        assert!(first.ends_with("\r\n\r\nBearer t 0"), "{first}");
        assert!(upstream.sent().is_some() && upstream.sent().is_none());
        assert_eq!(upstream.bytes(), "Bearer t 0".len());
        assert_eq!(get(&upstream.url(), "/a", "x: y"), first);
        assert!(get(&upstream.url(), "/a", "sforce-query-options: batchSize=9").ends_with(" 1"));
        upstream.keep_last_as("/fixed");
        assert!(get(&upstream.url(), "/fixed", "x: y").ends_with(" 1"));
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn it_is_secrets_manager_too() {
        let upstream = Upstream::start("http://127.0.0.1:9", "the-token").unwrap();
        let answer = get(
            &upstream.url(),
            "/",
            "x-amz-target: secretsmanager.GetSecretValue",
        );
        assert!(answer.contains("the-token"), "{answer}");
        assert!(
            upstream.sent().is_none(),
            "it is no answer of the application"
        );
    }
}
