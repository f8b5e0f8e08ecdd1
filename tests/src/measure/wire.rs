//! HTTP/1.1 over bare sockets: what the clocks of the benchmark stand beside.
//!
//! A server library would do, but its work would be measured with that of the processes. Here a request is read into
//! memory that is kept, an answer is one write, and a thread waits in the kernel for its connection.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Most bytes of a request's head.
const MAX_HEAD_BYTES: u64 = 64 * 1024;

/// A request as it came.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    /// Method and target, such as `GET /path?query`.
    pub(super) line: String,
    /// Header lines as they came, without the line's end.
    pub(super) headers: Vec<String>,
    /// The body.
    pub(super) body: Vec<u8>,
}

impl Incoming {
    /// Value of the first header of this name, given in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Method and target.
    pub(super) fn target(&self) -> (&str, &str) {
        self.line.split_once(' ').unwrap_or((&self.line, ""))
    }
}

/// One connection to a server.
pub(super) struct Connection {
    reader: BufReader<TcpStream>,
}

impl Connection {
    fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self {
            reader: BufReader::with_capacity(256 * 1024, stream),
        })
    }

    /// Reads the next request into `incoming`, whose memory is used again; false if the other side has closed.
    pub(super) fn receive(&mut self, incoming: &mut Incoming) -> io::Result<bool> {
        incoming.headers.clear();
        incoming.body.clear();
        let mut head = (&mut self.reader).take(MAX_HEAD_BYTES);
        let mut line = String::new();
        if head.read_line(&mut line)? == 0 {
            return Ok(false);
        }
        let mut words = line.split_whitespace();
        incoming.line = format!(
            "{} {}",
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default()
        );
        loop {
            let mut line = String::new();
            if head.read_line(&mut line)? == 0 {
                return Err(broken("a head without an end"));
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            incoming.headers.push(line.to_owned());
        }
        if incoming.header("expect").is_some() {
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let is_chunked = incoming
            .header("transfer-encoding")
            .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        if is_chunked {
            while self.chunk(&mut incoming.body)? {}
            return Ok(true);
        }
        let length: u64 = match incoming.header("content-length").map(str::parse) {
            None => 0,
            Some(length) => length.map_err(|_| broken("a length that is no number"))?,
        };
        incoming
            .body
            .reserve(usize::try_from(length).unwrap_or_default());
        let read = (&mut self.reader)
            .take(length)
            .read_to_end(&mut incoming.body)?;
        if read as u64 == length {
            Ok(true)
        } else {
            Err(broken("a body shorter than said"))
        }
    }

    /// Reads one chunk; false at the last.
    fn chunk(&mut self, body: &mut Vec<u8>) -> io::Result<bool> {
        let mut line = String::new();
        self.reader.read_line(&mut line)?;
        let size = line.trim().split(';').next().unwrap_or_default();
        let size = u64::from_str_radix(size, 16).map_err(|_| broken("a chunk without a size"))?;
        let read = (&mut self.reader).take(size).read_to_end(body)?;
        if read as u64 != size {
            return Err(broken("a chunk shorter than said"));
        }
        let mut end = String::new();
        self.reader.read_line(&mut end)?;
        Ok(size > 0)
    }

    /// Writes all of it.
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.reader.get_mut().write_all(bytes)
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Head and body of an answer in one piece, so that it takes one write.
pub(super) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A server with a thread for every connection.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
}

impl Server {
    /// Listens on a free port of 127.0.0.1 and hands each connection to `serve`, in a thread of its own.
    pub(super) fn start(
        serve: impl Fn(Connection) -> io::Result<()> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        let serve = Arc::new(serve);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let Ok(connection) = stream.and_then(Connection::new) else {
                    continue;
                };
                let serve = Arc::clone(&serve);
                // A connection that breaks is the other side's to report.
                std::thread::spawn(move || serve(connection));
            }
        });
        Ok(Self { address, stopped })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // Wakes the thread that listens, so that it sees that it is to end.
        let _ = TcpStream::connect(self.address);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// What a server makes of these bytes: the line and the body of each request.
    fn received(bytes: &'static [u8]) -> Vec<(String, String)> {
        let (sender, receiver) = std::sync::mpsc::channel();
        let server = Server::start(move |mut connection| {
            let mut incoming = Incoming::default();
            while connection.receive(&mut incoming)? {
                let body = String::from_utf8_lossy(&incoming.body).into_owned();
                sender.send((incoming.line.clone(), body)).unwrap();
            }
            connection.send(b"end")
        })
        .unwrap();
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        drop(server);
        receiver.try_iter().collect()
    }

    #[test]
    fn requests_follow_each_other_with_bodies_of_either_kind() {
        let requests = received(
            b"GET /next HTTP/1.1\r\nHost: x\r\n\r\nPOST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc\
              POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n",
        );
        let expected = [
            ("GET /next", ""),
            ("POST /a", "abc"),
            ("POST /b", "abcdefg"),
        ];
        assert_eq!(
            requests,
            expected.map(|(line, body)| (line.to_owned(), body.to_owned()))
        );
    }

    #[test]
    fn a_body_cut_short_is_no_request() {
        assert_eq!(
            received(b"POST /a HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"),
            []
        );
        assert_eq!(
            received(b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc"),
            []
        );
    }

    #[test]
    fn an_answer_says_its_length() {
        assert_eq!(
            answer("200 OK", "a: b\r\n", b"xyz"),
            b"HTTP/1.1 200 OK\r\na: b\r\ncontent-length: 3\r\n\r\nxyz"
        );
    }
}
