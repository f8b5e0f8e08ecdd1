//! A real Kinto server, from PyPI, in a Python process: storage in memory, a free port of loopback, one user.
//!
//! Kinto is what the connector in `plugins/kinto` speaks to, so nobody's idea of it stands between them. One server serves
//! all tests of a process; each makes a [`Bucket`] of its own.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use anyhow::{Context, Result, anyhow, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::foreign::{self, Answered, ForeignServer};
use crate::server::{Body, Received, Server, answer as respond, text};
use crate::setup::python;
use crate::upstream::Seen;

/// The user who owns what the tests make.
pub const USER: &str = "user-of-the-tests";
/// The user's password.
pub const PASSWORD: &str = "CANARY-PASSWORD-51c0";

const PROGRAM: &str = "
import json
import kinto
from waitress.server import create_server
application = kinto.main({}, **json.loads(sys.argv[1]))
server = create_server(application, host='127.0.0.1', port=0, threads=4)
print('listening on 127.0.0.1:%s' % server.effective_port, file=sys.stderr, flush=True)
server.run()
";

/// A running Kinto. Stops when dropped, and when the process ends.
#[derive(Debug)]
pub struct Kinto(ForeignServer);

impl Kinto {
    /// Starts Kinto on a free port of 127.0.0.1 and waits until it listens.
    ///
    /// `settings` are Kinto's own, laid over those the tests share: accounts with passwords, everybody may make an account
    /// and then buckets, schemas of collections are kept.
    ///
    /// # Errors
    ///
    /// If there is no Python environment or no Kinto in it, with what to do about it.
    pub fn start(settings: &[(&str, &str)]) -> Result<Self> {
        let mut all = json!({
            "kinto.userid_hmac_secret": "of the tests",
            "kinto.storage_backend": "kinto.core.storage.memory",
            "kinto.cache_backend": "kinto.core.cache.memory",
            "kinto.permission_backend": "kinto.core.permission.memory",
            "kinto.includes": "kinto.plugins.accounts",
            "multiauth.policies": "account",
            "multiauth.policy.account.use": "kinto.plugins.accounts.authentication.AccountsAuthenticationPolicy",
            "kinto.account_create_principals": "system.Everyone",
            // Checking a password takes a good part of a second.
            "kinto.account_cache_ttl_seconds": "86400",
            "kinto.bucket_create_principals": "system.Authenticated",
            "kinto.experimental_collection_schema_validation": "true",
        });
        for (name, value) in settings {
            all[*name] = json!(value);
        }
        let mut command = foreign::python(&python()?, PROGRAM);
        command.arg(all.to_string());
        let kinto = Self(ForeignServer::start("Kinto", command, "listening on")?);
        kinto.add_user()?;
        Ok(kinto)
    }

    fn add_user(&self) -> Result<()> {
        let account = json!({"data": {"password": PASSWORD}}).to_string();
        let json = [("content-type".to_owned(), "application/json".to_owned())];
        let made = self.send("PUT", &format!("/v1/accounts/{USER}"), &json, &account)?;
        ensure!(made.status == 201, "Kinto makes no account: {made:?}");
        Ok(())
    }

    /// One Kinto for all tests of a process: starting it costs seconds.
    ///
    /// # Errors
    ///
    /// As [`Kinto::start`].
    pub fn shared() -> Result<&'static Self> {
        static SHARED: OnceLock<Result<Kinto, String>> = OnceLock::new();
        SHARED
            .get_or_init(|| Self::start(&[]).map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|error| anyhow!("{error}"))
    }

    /// Its address, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.0.url()
    }

    /// Sends a request and gives the answer, whatever its status. `target` is path and query.
    ///
    /// # Errors
    ///
    /// If no answer comes.
    pub fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(String, String)],
        body: &str,
    ) -> Result<Answered> {
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        self.0.send(method, target, &headers, body)
    }

    /// A new bucket.
    ///
    /// # Errors
    ///
    /// If Kinto refuses.
    pub fn bucket(&self) -> Result<Bucket<'_>> {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let bucket = Bucket {
            kinto: self,
            name: format!("bucket-{}-{number}", std::process::id()),
        };
        bucket.put("", &json!({}))?;
        Ok(bucket)
    }
}

/// The header that proves the user.
pub fn authorization() -> (String, String) {
    let login = STANDARD.encode(format!("{USER}:{PASSWORD}"));
    ("authorization".to_owned(), format!("Basic {login}"))
}

/// A bucket of [`USER`].
#[derive(Debug)]
pub struct Bucket<'a> {
    kinto: &'a Kinto,
    /// Its name.
    pub name: String,
}

impl Bucket<'_> {
    /// A collection, which need not be there yet: `bucket/collection`, as the connector names its entities.
    pub fn entity(&self, collection: &str) -> String {
        format!("{}/{collection}", self.name)
    }

    /// Makes or replaces what lies at a path below the bucket, such as `/collections/news/records/one`.
    ///
    /// # Errors
    ///
    /// If Kinto refuses.
    pub fn put(&self, path: &str, data: &Value) -> Result<Value> {
        self.call("PUT", path, Some(data))
    }

    /// What lies at a path below the bucket; a list for one of many.
    ///
    /// # Errors
    ///
    /// If Kinto refuses, for instance because nothing is there.
    pub fn get(&self, path: &str) -> Result<Value> {
        self.call("GET", path, None)
    }

    /// Removes what lies at a path below the bucket.
    ///
    /// # Errors
    ///
    /// If Kinto refuses.
    pub fn delete(&self, path: &str) -> Result<Value> {
        self.call("DELETE", path, None)
    }

    /// Makes a collection, with a schema unless that is null, and its records; each needs an `id`.
    ///
    /// # Errors
    ///
    /// If Kinto refuses.
    pub fn fill(&self, collection: &str, schema: &Value, records: &[Value]) -> Result<()> {
        let attributes = match schema {
            Value::Null => json!({}),
            schema => json!({"schema": schema}),
        };
        self.put(&format!("/collections/{collection}"), &attributes)?;
        // As many in one request as Kinto takes.
        for some in records.chunks(25) {
            let requests = some.iter().map(|record| {
                let id = record["id"].as_str().unwrap_or_default();
                let path = format!(
                    "/buckets/{}/collections/{collection}/records/{id}",
                    self.name
                );
                json!({"method": "PUT", "path": path, "body": {"data": record}})
            });
            let body = json!({"requests": requests.collect::<Vec<_>>()});
            let answer = self.send("POST", "/v1/batch", Some(&body))?;
            let answers = answer["responses"]
                .as_array()
                .context("no answers of a batch")?;
            let refused = answers.iter().find(|answer| answer["status"] != 201);
            ensure!(refused.is_none(), "Kinto refuses a record: {refused:?}");
        }
        Ok(())
    }

    /// The records of a collection as they are now, sorted by identifier.
    ///
    /// # Errors
    ///
    /// If Kinto refuses.
    pub fn records(&self, collection: &str) -> Result<Vec<Value>> {
        let list = self.get(&format!("/collections/{collection}/records?_sort=id"))?;
        list.as_array().cloned().context("no list of records")
    }

    fn call(&self, method: &str, path: &str, data: Option<&Value>) -> Result<Value> {
        let body = data.map(|data| json!({"data": data}));
        let mut answer = self.send(
            method,
            &format!("/v1/buckets/{}{path}", self.name),
            body.as_ref(),
        )?;
        Ok(answer["data"].take())
    }

    fn send(&self, method: &str, target: &str, body: Option<&Value>) -> Result<Value> {
        let json = ("content-type".to_owned(), "application/json".to_owned());
        let headers = [authorization(), json];
        let body = body.map(Value::to_string).unwrap_or_default();
        let answer = self.kinto.send(method, target, &headers, &body)?;
        ensure!(
            (200..300).contains(&answer.status),
            "Kinto answers {} to {method} {target}: {}",
            answer.status,
            answer.body
        );
        serde_json::from_str(&answer.body).context("Kinto's answer is not JSON")
    }
}

/// A server in front of Kinto that passes everything on and remembers the requests.
#[derive(Debug)]
pub struct Recorder {
    server: Server,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Recorder {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// If no port can be had.
    pub fn start(kinto: &'static Kinto) -> Result<Self> {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&seen);
        let server = Server::start(move |received| {
            lock(&shared).push(Seen::of(&received));
            async move {
                let passed = tokio::task::spawn_blocking(move || pass_on(kinto, &received));
                match passed.await {
                    Ok(Ok(answer)) => answer,
                    Ok(Err(error)) => text(http::StatusCode::BAD_GATEWAY, format!("{error:#}")),
                    Err(error) => text(http::StatusCode::BAD_GATEWAY, error.to_string()),
                }
            }
        })?;
        Ok(Self { server, seen })
    }

    /// Its address as `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Requests so far, oldest first.
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.seen).clone()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        lock(&self.seen).clear();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Headers that are about one connection.
const OF_A_CONNECTION: [&str; 4] = ["host", "connection", "content-length", "transfer-encoding"];

fn pass_on(kinto: &Kinto, received: &Received) -> Result<http::Response<Body>> {
    let headers = received.headers.iter().filter_map(|(name, value)| {
        let value = value.to_str().ok()?.to_owned();
        (!OF_A_CONNECTION.contains(&name.as_str())).then(|| (name.to_string(), value))
    });
    let headers: Vec<(String, String)> = headers.collect();
    let target = received
        .uri
        .path_and_query()
        .context("a request without a path")?;
    let body = std::str::from_utf8(&received.body)?;
    let answered = kinto.send(received.method.as_str(), target.as_str(), &headers, body)?;
    let status = http::StatusCode::from_u16(answered.status)?;
    let mut answer = respond(status, "application/json", answered.body);
    for (name, value) in &answered.headers {
        if !OF_A_CONNECTION.contains(&name.as_str()) {
            let name = http::HeaderName::try_from(name.as_str())?;
            answer
                .headers_mut()
                .insert(name, http::HeaderValue::try_from(value.as_str())?);
        }
    }
    Ok(answer)
}
