//! Requests to the application.
//!
//! The host lets them out to the hosts of the connector's manifest only, puts the credentials in, keeps connections
//! open, and holds the answer's body until it is asked for. Give a body to [`page`](crate::page) and it never passes
//! through the connector.
//!
//! ```no_run
//! use appflow_connector::http;
//!
//! # fn main() -> appflow_connector::Result<()> {
//! let answer = http::get(http::join("https://api.example.com/v1", ["users", "me"]))
//!     .query("fields", "id,name")
//!     .bearer()
//!     .send()?
//!     .ensure_ok()?;
//! let name = answer.text_at("/name")?;
//! # Ok(())
//! # }
//! ```

use crate::bindings::wit_host::http as wit;
use crate::{Result, host};

#[doc(inline)]
pub use crate::signature::Signature;
#[doc(inline)]
pub use crate::url::{encode, join, parameter, resolve};
#[doc(inline)]
pub use wit::{Body, Credential, Placement, Signing};

/// A GET request.
pub fn get(url: impl Into<String>) -> Request {
    request("GET", url)
}

/// A POST request.
pub fn post(url: impl Into<String>) -> Request {
    request("POST", url)
}

/// A PUT request.
pub fn put(url: impl Into<String>) -> Request {
    request("PUT", url)
}

/// A PATCH request.
pub fn patch(url: impl Into<String>) -> Request {
    request("PATCH", url)
}

/// A DELETE request.
pub fn delete(url: impl Into<String>) -> Request {
    request("DELETE", url)
}

/// A request of any method, in capitals. `url` is absolute, `https://host/path?query`, and percent-encoded already:
/// see [`join`] and [`Request::query`].
pub fn request(method: impl Into<String>, url: impl Into<String>) -> Request {
    Request(wit::Request {
        method: method.into(),
        url: url.into(),
        headers: Vec::new(),
        body: None,
        credential: None,
    })
}

/// A request being put together.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request(wit::Request);

impl Request {
    /// Adds a header. `host`, `content-length` and the hop-by-hop headers are the host's and are refused.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a query parameter, encoded here.
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        crate::url::push_query(&mut self.0.url, name, &value.to_string());
        self
    }

    /// Adds a query parameter if there is a value.
    pub fn query_if<V: ToString>(self, name: &str, value: Option<V>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// `Authorization: Bearer` with the OAuth 2 access token, or with the API key.
    pub fn bearer(self) -> Self {
        self.credential(Credential::Bearer)
    }

    /// `Authorization: Basic` with the user name and the password.
    pub fn basic(self) -> Self {
        self.credential(Credential::Basic)
    }

    /// One value of the secret in a header. Keys are `apiKey`, `apiSecretKey`, `accessToken`, `username`, `password`,
    /// or those of the connector's own scheme.
    pub fn secret_header(self, name: impl Into<String>, secret_key: impl Into<String>) -> Self {
        self.credential(Credential::Header(Placement {
            name: name.into(),
            secret_key: secret_key.into(),
            prefix: String::new(),
        }))
    }

    /// One value of the secret in a query parameter, see [`Request::secret_header`].
    pub fn secret_query(self, name: impl Into<String>, secret_key: impl Into<String>) -> Self {
        self.credential(Credential::Query(Placement {
            name: name.into(),
            secret_key: secret_key.into(),
            prefix: String::new(),
        }))
    }

    /// A signature the host makes, see [`Signature`]. The connector sees neither the secret nor the signature.
    pub fn signed(self, signature: Signature) -> Self {
        self.credential(Credential::Signed(signature.into()))
    }

    /// Credentials of any kind; the last call counts.
    pub fn credential(mut self, credential: Credential) -> Self {
        self.0.credential = Some(credential);
        self
    }

    /// A body of JSON text.
    pub fn json(self, text: impl Into<String>) -> Self {
        self.text("application/json", text)
    }

    /// A body of a type of yours, as JSON.
    ///
    /// # Errors
    /// If it cannot be written as JSON, such as a map whose keys are no texts.
    #[cfg(feature = "json")]
    pub fn json_of<T: serde::Serialize + ?Sized>(self, body: &T) -> Result<Self> {
        Ok(self.json(serde_json::to_string(body)?))
    }

    /// A body of any text.
    pub fn text(self, content_type: &str, text: impl Into<String>) -> Self {
        self.body(content_type, Body::Text(text.into()))
    }

    /// A body of bytes.
    pub fn bytes(self, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.body(content_type, Body::Bytes(bytes.into()))
    }

    /// A body like that of an HTML form, encoded here.
    pub fn form<'a>(self, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let fields: Vec<String> = fields
            .into_iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        self.text("application/x-www-form-urlencoded", fields.join("&"))
    }

    fn body(mut self, content_type: &str, body: Body) -> Self {
        self.0.body = Some(body);
        if self
            .0
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        {
            return self;
        }
        self.header("content-type", content_type)
    }

    /// Sends it and returns when the whole answer is there. Any status is an answer, not an error: see
    /// [`Response::ensure_ok`].
    ///
    /// # Errors
    /// `AccessDenied` for a host the manifest does not grant, `RequestTimeout` when the time runs out,
    /// `ServiceUnavailable` when no connection can be made, `InvalidArgument` for a malformed request.
    pub fn send(self) -> Result<Response> {
        host::send(&self.0).map(Response)
    }
}

/// An answer. Its body stays on the host until it is asked for or the answer is dropped.
pub struct Response(pub(crate) host::Response);

impl Response {
    /// Status, 200 to 599.
    pub fn status(&self) -> u16 {
        self.0.status()
    }

    /// Whether the status is 2xx.
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status())
    }

    /// One header, in any letter case; values of one that came more than once are joined by `, `.
    pub fn header(&self, name: &str) -> Option<String> {
        self.0.header(name)
    }

    /// All headers, names in lower case.
    pub fn headers(&self) -> Vec<(String, String)> {
        self.0.headers()
    }

    /// The answer itself if its status is 2xx.
    ///
    /// # Errors
    /// [`Error::Http`](crate::Error::Http) with the status and `Retry-After` otherwise.
    pub fn ensure_ok(self) -> Result<Self> {
        self.check_ok()?;
        Ok(self)
    }

    pub(crate) fn check_ok(&self) -> Result<()> {
        self.0.ensure_ok()
    }

    /// The body as text.
    ///
    /// # Errors
    /// `ServerError` if it is not UTF-8.
    pub fn text(&self) -> Result<String> {
        self.0.text()
    }

    /// The body as bytes.
    ///
    /// # Errors
    /// If the host can no longer give it, as after [`page::emit_json`](crate::page::emit_json).
    pub fn data(&self) -> Result<Vec<u8>> {
        self.0.data()
    }

    /// JSON text of the value at a JSON pointer (RFC 6901), such as `/meta/next`; the whole body for an empty one.
    ///
    /// # Errors
    /// `ServerError` if the body is not JSON.
    pub fn json_at(&self, pointer: &str) -> Result<Option<String>> {
        self.0.json_at(pointer)
    }

    /// Text at a JSON pointer: a string without its quotes, anything else as written; none if absent or null.
    ///
    /// # Errors
    /// `ServerError` if the body is not JSON.
    pub fn text_at(&self, pointer: &str) -> Result<Option<String>> {
        self.0.text_at(pointer)
    }

    /// The body as a type of yours.
    ///
    /// # Errors
    /// `ServerError` if it is not JSON of that shape.
    #[cfg(feature = "json")]
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        let error = |error| crate::Error::server_error(crate::Error::from(error).message());
        serde_json::from_slice(&self.data()?).map_err(error)
    }
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;
    use crate::ErrorCode;
    use crate::testing::{Answer, FakeHost, Sent};

    fn sent(request: Request) -> Sent {
        let run = FakeHost::new(|_| Answer::status(200)).run(|| request.send().map(drop));
        run.result.unwrap();
        run.requests.into_iter().next().unwrap()
    }

    #[test]
    fn requests_are_put_together() {
        let request = sent(
            post("https://a.example/x")
                .query("q", "ä b")
                .form([("a&b", "c=d"), ("e", "")])
                .basic(),
        );
        assert_eq!(request.method, "POST");
        assert_eq!(request.url, "https://a.example/x?q=%C3%A4%20b");
        assert_eq!(request.query("q").as_deref(), Some("ä b"));
        assert_eq!(request.body, "a%26b=c%3Dd&e=");
        assert_eq!(
            request.headers,
            [(
                "content-type".to_owned(),
                "application/x-www-form-urlencoded".to_owned()
            )]
        );
        assert_eq!(request.credential, Some(Credential::Basic));

        let own_type = patch("https://a.example")
            .header("Content-Type", "application/merge-patch+json")
            .json("{}");
        assert_eq!(
            sent(own_type).headers.len(),
            1,
            "a content type given before is kept"
        );
        assert_eq!(
            sent(get("https://a.example").query_if("q", None::<&str>)).url,
            "https://a.example"
        );
    }

    #[test]
    fn answers_are_read() {
        let body = r#"{"a":{"b/c":["x",{"d":null}]},"n":1.50,"s":"\u00e9"}"#;
        let host =
            FakeHost::new(move |_| Answer::json(body).header("X-One", "1").header("x-one", "2"));
        let run = host.run(|| {
            let answer = get("https://a.example").send()?.ensure_ok()?;
            assert_eq!(answer.header("X-ONE").as_deref(), Some("1, 2"));
            assert_eq!(answer.text_at("/s")?.as_deref(), Some("é"));
            assert_eq!(answer.text_at("/n")?.as_deref(), Some("1.50"));
            assert_eq!(answer.text_at("/a/b~1c/0")?.as_deref(), Some("x"));
            assert_eq!(answer.text_at("/a/b~1c/1/d")?, None);
            assert_eq!(answer.json_at("/a/b~1c/1/d")?.as_deref(), Some("null"));
            assert_eq!(answer.json_at("/a/absent")?, None);
            assert_eq!(answer.json_at("")?.as_deref(), Some(body));
            assert_eq!(answer.text()?, body);
            Ok::<_, crate::Error>(answer.data()?.len())
        });
        assert_eq!(run.result, Ok(body.len()));
    }

    #[cfg(feature = "json")]
    #[test]
    fn json_of_the_wrong_shape_is_the_applications_mistake() {
        let host = FakeHost::new(|_| Answer::json(r#"{"token":"s3cr3t"}"#));
        let error = host
            .run(|| get("https://a.example").send()?.json::<Vec<u32>>())
            .result
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::ServerError);
        assert!(!error.message().contains("s3cr3t"), "{error}");
        let body: std::collections::BTreeMap<_, _> = [("a", 1)].into();
        assert_eq!(
            sent(post("https://a.example").json_of(&body).unwrap()).body,
            r#"{"a":1}"#
        );
    }
}
