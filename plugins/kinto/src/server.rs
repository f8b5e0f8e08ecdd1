//! The Kinto server: its address, requests to it, and what its errors mean.
//!
//! Identifiers are checked and percent-encoded before they get into an address, so no entity name can lead elsewhere.
//! Kinto's messages repeat values of records and filters; only its numbers are passed on, with words of our own.

use appflow_connector::credentials::{self, Secret};
use appflow_connector::http::{self, Request, Response};
use appflow_connector::{Error, Result, Settings};

/// Setting: address of the server.
pub(crate) const SERVER_URL: &str = "serverUrl";
/// Setting: the only bucket to list.
pub(crate) const BUCKET: &str = "bucket";
/// Setting: whether incremental flows get deleted records.
pub(crate) const TOMBSTONES: &str = "includeDeleted";
/// Setting: whether updates and upserts replace whole records.
pub(crate) const REPLACE: &str = "replaceRecords";

/// Header by which Kinto asks to be left alone for some seconds, with any answer.
pub(crate) const BACKOFF: &str = "backoff";
/// Requests in one batch, where the server does not say how many it takes. It is Kinto's own number.
const BATCH: usize = 25;

/// How requests prove who sends them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Login {
    Basic,
    Bearer,
    Nobody,
}

/// A server and the user at it.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    base: String,
    login: Login,
}

/// A collection, which is an entity: `bucket/collection`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Collection {
    pub(crate) bucket: String,
    pub(crate) id: String,
}

impl Server {
    /// The server in the settings, and the credentials of the connection.
    pub(crate) fn of(settings: &Settings) -> Result<Self> {
        let base = base(settings.require(SERVER_URL)?)
            .map_err(|why| Error::invalid_argument(format!("the setting '{SERVER_URL}' {why}")))?;
        let login = match credentials::get()? {
            Secret::Basic { .. } => Login::Basic,
            Secret::ApiKey { .. } | Secret::OAuth2(_) => Login::Bearer,
            Secret::Absent => Login::Nobody,
            Secret::Custom { .. } => {
                return Err(Error::invalid_argument(
                    "Kinto takes a user name with a password, or a token as API key",
                ));
            }
        };
        Ok(Self { base, login })
    }

    /// A request below `/v1`.
    pub(crate) fn request(&self, method: &str, segments: &[&str]) -> Request {
        let request = http::request(method, http::join(&self.base, segments));
        let request = request.header("accept", "application/json");
        match self.login {
            Login::Basic => request.basic(),
            Login::Bearer => request.bearer(),
            Login::Nobody => request,
        }
    }

    /// A GET request below `/v1`.
    pub(crate) fn get(&self, segments: &[&str]) -> Request {
        self.request("GET", segments)
    }

    /// Makes sure that this is a Kinto server that knows the user; the number of requests it takes in a batch.
    ///
    /// # Errors
    /// `InvalidCredentials` if it does not know the user: the root is answered to everybody, and says whom it knows.
    pub(crate) fn welcome(&self) -> Result<usize> {
        let doing = "asking the server who the user is";
        let root = send(self.get(&[""]), doing)?;
        if root.text_at("/http_api_version")?.is_none() {
            return Err(Error::server_error(
                "the server does not say that it is a Kinto; check the address",
            ));
        }
        if self.login != Login::Nobody && root.text_at("/user/id")?.is_none() {
            return Err(Error::invalid_credentials(
                "Kinto does not know this user, or not with this password or token",
            ));
        }
        let most = root.text_at("/settings/batch_max_requests")?;
        let most = most.and_then(|most| most.parse().ok());
        Ok(most.filter(|most| *most > 0).unwrap_or(BATCH))
    }
}

impl Collection {
    /// The collection of an entity's identifier.
    pub(crate) fn parse(entity: &str) -> Result<Self> {
        match entity.split_once('/') {
            Some((bucket, id)) if is_id(bucket) && is_id(id) => Ok(Self {
                bucket: bucket.to_owned(),
                id: id.to_owned(),
            }),
            _ => Err(Error::invalid_argument(
                "an entity of Kinto is named bucket/collection, both of letters, digits, - and _",
            )),
        }
    }

    /// Segments of its own address.
    pub(crate) fn path(&self) -> [&str; 4] {
        ["buckets", &self.bucket, "collections", &self.id]
    }

    /// Segments of the address of its records.
    pub(crate) fn records(&self) -> [&str; 5] {
        ["buckets", &self.bucket, "collections", &self.id, "records"]
    }
}

/// Whether a text can be an identifier, in the words of Kinto's own pattern.
pub(crate) fn is_id(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// `https://host/v1` of an address with or without the version; the error says what is wrong with it.
///
/// Plain http is taken for this machine alone, where the host lets it through in local runs only.
pub(crate) fn base(url: &str) -> Result<String, &'static str> {
    let (scheme, rest) = url
        .split_once("://")
        .ok_or("must be an address such as https://kinto.example.com")?;
    let odd = |c: char| c.is_whitespace() || c.is_control() || "?#\\@%".contains(c);
    if rest.contains(odd) {
        return Err("must be the address of the server alone");
    }
    let rest = rest.trim_end_matches('/');
    let rest = rest.strip_suffix("/v1").unwrap_or(rest);
    let (host, _) = rest.split_once('/').unwrap_or((rest, ""));
    let name = host.split(':').next().unwrap_or_default();
    if name.is_empty() || rest.split('/').any(|segment| segment == "..") {
        return Err("must be an address such as https://kinto.example.com");
    }
    let local = matches!(name, "127.0.0.1" | "localhost");
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Ok(format!("https://{rest}/v1")),
        "http" if local => Ok(format!("http://{rest}/v1")),
        _ => Err("must begin with https://"),
    }
}

/// Sends a request and gives its answer if it is a success; `doing` begins the message otherwise.
pub(crate) fn send(request: Request, doing: &str) -> Result<Response> {
    let response = request.send().map_err(|error| error.context(doing))?;
    if response.is_ok() {
        return Ok(response);
    }
    Err(failure(response).context(doing))
}

/// The error in an answer that is no success.
fn failure(response: Response) -> Error {
    let status = response.status();
    // A body that is no JSON, such as a proxy's page, has no number.
    let number = response.text_at("/errno").ok().flatten();
    let number = number.filter(|number| number.bytes().all(|digit| digit.is_ascii_digit()));
    let number = number.map_or_else(String::new, |number| format!(" (Kinto's error {number})"));
    let message = format!("{}{number}", meaning(status));
    if status == 404 {
        // Of the address of an entity AppFlow's user is the author.
        return Error::invalid_argument(message);
    }
    let error = Error::http(status, message);
    match response
        .ensure_ok()
        .err()
        .and_then(|error| error.retry_after_seconds())
    {
        Some(seconds) => error.retry_after(seconds),
        None => error,
    }
}

/// What a status of Kinto means, for a whole request as for one record.
pub(crate) fn meaning(status: u16) -> String {
    match status {
        400 => "Kinto refused the request as malformed, or a value does not fit the collection's schema",
        401 => "Kinto does not accept the credentials",
        403 => "this user may not do this, or there is no such bucket",
        404 => "there is no such record, collection or bucket",
        409 => "another record has the same value where it must be unique",
        412 => "the record was changed or deleted meanwhile",
        413 => "Kinto refused the request as too large",
        503 => "Kinto is not available",
        _ => return format!("Kinto answered {status}"),
    }
    .to_owned()
}

#[cfg(test)]
mod tests;
