//! A host in memory, to test a connector natively with `cargo test`.
//!
//! Switch on the feature in `[dev-dependencies]`, say what the application answers, and call the connector's own
//! functions. The fake keeps to the limits a real host has, so that pages are cut where they would be.
//!
//! ```
//! use appflow_connector::prelude::*;
//! use appflow_connector::testing::{Answer, FakeHost};
//!
//! fn query(request: &QueryRequest) -> Result<Option<String>> {
//!     Paging::new(request).records("/items").page_size(2).follow(Next::link("/next"), |at| {
//!         http::get(at.url("https://api.example.com/items")).bearer().send()
//!     })
//! }
//!
//! let host = FakeHost::new(|request| match request.url.as_str() {
//!     "https://api.example.com/items" => Answer::json(r#"{"items":[{"id":1},{"id":2}],"next":"/items?page=2"}"#),
//!     "https://api.example.com/items?page=2" => Answer::json(r#"{"items":[{"id":3}]}"#),
//!     _ => Answer::status(404),
//! });
//! let run = host.run(|| query(&QueryRequest::new("item")));
//! assert_eq!(run.result, Ok(None));
//! assert_eq!(run.records, [r#"{"id":1}"#, r#"{"id":2}"#, r#"{"id":3}"#]);
//!
//! // The same, as AppFlow does it: page after page, one record each.
//! let pages = host.limit(1).pages(|token| query(&QueryRequest::new("item").limit(1).token(token)));
//! assert_eq!(pages.unwrap().len(), 3);
//! ```

use std::cell::RefCell;
use std::rc::Rc;

use crate::bindings::wit_host::{invocation::Details, log::Level};
use crate::credentials::Secret;
use crate::schema::EntityDefinition;
use crate::{Error, Result, token};

pub(crate) mod imports;
mod json;

/// Bytes of an answer that Lambda allows, less what the host keeps for the frame.
const DEFAULT_BYTES: u32 = 6_000_000;

/// Pages after which [`FakeHost::pages`] gives up.
const MOST_PAGES: usize = 10_000;

/// A request the connector sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// Method in capitals.
    pub method: String,
    /// Whole address.
    pub url: String,
    /// Headers as given.
    pub headers: Vec<(String, String)>,
    /// Body as text; empty for none.
    pub body: String,
    /// Credentials to put in.
    pub credential: Option<crate::http::Credential>,
}

impl Sent {
    /// The value of a query parameter, decoded; the first if there are more.
    pub fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.url.split_once('?')?;
        let decode = |text: &str| {
            percent_encoding::percent_decode_str(text)
                .decode_utf8_lossy()
                .into_owned()
        };
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find_map(|(key, value)| (decode(key) == name).then(|| decode(value)))
    }
}

/// What the application answers.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    failure: Option<Error>,
}

impl Answer {
    /// Status 200 with a body of JSON.
    pub fn json(text: impl Into<String>) -> Self {
        Self::status(200)
            .header("content-type", "application/json")
            .body(text.into())
    }

    /// A status without a body.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            failure: None,
        }
    }

    /// No answer: sending fails with this error.
    pub fn failure(error: Error) -> Self {
        Self {
            failure: Some(error),
            ..Self::status(200)
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..self
        }
    }
}

/// What one call did.
#[derive(Debug)]
pub struct Run<T> {
    /// What the connector returned.
    pub result: T,
    /// Records in the page, each the text of a JSON object.
    pub records: Vec<String>,
    /// Requests in order.
    pub requests: Vec<Sent>,
    /// Log lines in order.
    pub logs: Vec<(Level, String)>,
    /// Simulated milliseconds spent in [`invocation::wait`](crate::invocation::wait).
    pub waited_millis: u32,
}

type Application = Rc<dyn Fn(&Sent) -> Answer>;

/// A host in memory.
#[derive(Clone)]
pub struct FakeHost {
    application: Application,
    limit: u32,
    bytes: u32,
    millis: u32,
    millis_per_request: u32,
    secret: Secret,
    entity: Option<EntityDefinition>,
}

impl std::fmt::Debug for FakeHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeHost")
            .field("limit", &self.limit)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

impl FakeHost {
    /// A host whose requests are answered by a function. Pages take 1,000 records and 6 MB; a call has a minute of
    /// simulated time, which requests do not use up.
    pub fn new(application: impl Fn(&Sent) -> Answer + 'static) -> Self {
        Self {
            application: Rc::new(application),
            limit: 1000,
            bytes: DEFAULT_BYTES,
            millis: 60_000,
            millis_per_request: 0,
            secret: Secret::OAuth2("sealed".to_owned()),
            entity: None,
        }
    }

    /// Most records of a page; give requests the same limit.
    #[must_use]
    pub fn limit(self, records: u32) -> Self {
        Self {
            limit: records,
            ..self
        }
    }

    /// Most bytes of a page, counted without escapes.
    #[must_use]
    pub fn bytes(self, bytes: u32) -> Self {
        Self { bytes, ..self }
    }

    /// Simulated time of a call, and what each request takes of it, in milliseconds.
    #[must_use]
    pub fn time(self, millis: u32, millis_per_request: u32) -> Self {
        Self {
            millis,
            millis_per_request,
            ..self
        }
    }

    /// Credentials of the connection.
    #[must_use]
    pub fn secret(self, secret: Secret) -> Self {
        Self { secret, ..self }
    }

    /// The entity definition AppFlow sends along.
    #[must_use]
    pub fn entity(self, entity: EntityDefinition) -> Self {
        Self {
            entity: Some(entity),
            ..self
        }
    }

    /// Makes one call with this host in place.
    pub fn run<T>(&self, call: impl FnOnce() -> T) -> Run<T> {
        let installed = Installed::put(Call::new(self.clone()));
        let result = call();
        let call = installed.take();
        Run {
            result,
            records: call.records,
            requests: call.requests,
            logs: call.logs,
            waited_millis: call.waited_millis,
        }
    }

    /// Calls page after page as AppFlow does, each with the token of the one before, until there is none.
    ///
    /// # Errors
    /// The connector's; `UnknownError` for a token the host would refuse, one that came before, or too many pages.
    pub fn pages(
        &self,
        mut query: impl FnMut(Option<String>) -> Result<Option<String>>,
    ) -> Result<Vec<Run<()>>> {
        let mut pages = Vec::new();
        let mut tokens: Vec<String> = Vec::new();
        loop {
            let run = self.run(|| query(tokens.last().cloned()));
            let next = run.result?;
            pages.push(Run {
                result: (),
                records: run.records,
                requests: run.requests,
                logs: run.logs,
                waited_millis: run.waited_millis,
            });
            let Some(next) = next.filter(|token| !token.is_empty()) else {
                return Ok(pages);
            };
            if next.len() > token::MAX_LENGTH {
                return Err(Error::unknown("the host would refuse this token"));
            }
            if tokens.contains(&next) || pages.len() >= MOST_PAGES {
                return Err(Error::unknown("the pages never end"));
            }
            tokens.push(next);
        }
    }
}

/// One call's state.
struct Call {
    host: FakeHost,
    records: Vec<String>,
    bytes: u32,
    millis_left: u32,
    waited_millis: u32,
    requests: Vec<Sent>,
    logs: Vec<(Level, String)>,
}

impl Call {
    fn new(host: FakeHost) -> Self {
        let millis_left = host.millis;
        Self {
            host,
            records: Vec::new(),
            bytes: 0,
            millis_left,
            waited_millis: 0,
            requests: Vec::new(),
            logs: Vec::new(),
        }
    }

    fn records_left(&self) -> u32 {
        self.host
            .limit
            .saturating_sub(u32::try_from(self.records.len()).unwrap_or(u32::MAX))
    }

    fn take(&mut self, record: &str) -> Result<bool> {
        let bytes = u32::try_from(record.len()).unwrap_or(u32::MAX);
        if bytes > self.host.bytes {
            return Err(Error::invalid_argument(
                "a record is larger than a whole page may be",
            ));
        }
        let Some(total) = self
            .bytes
            .checked_add(bytes)
            .filter(|total| *total <= self.host.bytes)
        else {
            return Ok(false);
        };
        if self.records_left() == 0 || self.millis_left == 0 {
            return Ok(false);
        }
        self.bytes = total;
        self.records.push(record.to_owned());
        Ok(true)
    }
}

thread_local! {
    static CALL: RefCell<Option<Call>> = const { RefCell::new(None) };
}

/// Takes the call out again, also when the connector panics.
struct Installed;

impl Installed {
    fn put(call: Call) -> Self {
        CALL.set(Some(call));
        Self
    }

    #[allow(
        clippy::expect_used,
        reason = "a test that runs a host inside a host should fail loudly"
    )]
    fn take(self) -> Call {
        CALL.take().expect("one host was run inside another")
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        CALL.set(None);
    }
}

#[allow(
    clippy::panic,
    reason = "a test that forgets the host should be told so"
)]
fn with_call<T>(act: impl FnOnce(&mut Call) -> T) -> T {
    CALL.with_borrow_mut(|call| match call {
        Some(call) => act(call),
        None => panic!("no host here: wrap the call in `FakeHost::run`"),
    })
}

fn details() -> Details {
    Details {
        request_id: "test-request".to_owned(),
        flow_name: Some("test-flow".to_owned()),
        execution_id: None,
        profile_label: None,
    }
}
