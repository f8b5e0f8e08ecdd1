//! Signatures that the host makes with the secret.

use crate::http::Signing;

/// A signature that the host makes with a value of the secret, for [`Request::signed`](crate::http::Request::signed).
///
/// Values are named by their keys in the secret. What a scheme does not know is refused by the host, in words.
///
/// ```no_run
/// use appflow_connector::http::{self, Signature};
///
/// # fn main() -> appflow_connector::Result<()> {
/// // A service account asks for its token, which the host seals: what is read here is a placeholder.
/// let claims = r#"{"aud":"https://login.example.com","sub":"reader"}"#;
/// let answer = http::post("https://login.example.com/token")
///     .form([("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")])
///     .signed(Signature::jwt_rs256("privateKey", claims).in_form("assertion"))
///     .send()?
///     .ensure_ok()?;
/// let token = answer.text_at("/access_token")?.unwrap_or_default();
/// let users = http::get("https://api.example.com/users")
///     .header("authorization", format!("Bearer {token}"))
///     .send()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a signature is made when a request is sent with it"]
pub struct Signature(Signing);

impl Signature {
    /// A signature of any scheme that the host knows.
    pub fn of(scheme: impl Into<String>) -> Self {
        Self(Signing {
            scheme: scheme.into(),
            parameters: Vec::new(),
        })
    }

    /// HMAC-SHA-256 of the request's body, or of [`message`](Self::message), as hexadecimal text. Where it goes is said by
    /// [`in_header`](Self::in_header) or [`in_query`](Self::in_query).
    pub fn hmac_sha256(secret_key: impl Into<String>) -> Self {
        Self::of("hmac-sha256").with("secret-key", secret_key)
    }

    /// A statement (JWT) signed with the private RSA key of a service account, as Bearer header unless
    /// [`in_form`](Self::in_form) or [`in_json`](Self::in_json) says otherwise. `claims` is the text of a JSON object; the host
    /// adds `iat` and `exp`.
    pub fn jwt_rs256(secret_key: impl Into<String>, claims: impl Into<String>) -> Self {
        Self::of("jwt-rs256")
            .with("secret-key", secret_key)
            .with("claims", claims)
    }

    /// AWS Signature Version 4 of the request, with the user name and password, or the API key and its secret key, as access
    /// key.
    pub fn aws_sigv4(service: impl Into<String>, region: impl Into<String>) -> Self {
        Self::of("aws-sigv4")
            .with("service", service)
            .with("region", region)
    }

    /// No signature, but a token that is sealed in the answer: see [`capture`](Self::capture).
    pub fn none(pointer: impl Into<String>) -> Self {
        Self::of("capture").capture(pointer)
    }

    /// A parameter of the scheme.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.parameters.push((name.into(), value.into()));
        self
    }

    /// What is signed, in place of the body.
    pub fn message(self, text: impl Into<String>) -> Self {
        self.with("message", text)
    }

    /// The header that a keyed hash goes into.
    pub fn in_header(self, name: impl Into<String>) -> Self {
        self.with("header", name)
    }

    /// The query parameter that a keyed hash goes into.
    pub fn in_query(self, name: impl Into<String>) -> Self {
        self.with("query", name)
    }

    /// The field of a form that a statement goes into.
    pub fn in_form(self, field: impl Into<String>) -> Self {
        self.with("place", "form").with("field", field)
    }

    /// The field of a JSON object that a statement goes into.
    pub fn in_json(self, field: impl Into<String>) -> Self {
        self.with("place", "json").with("field", field)
    }

    /// Seals the text at a JSON pointer in the answer, such as `/access_token`: what is read there is a placeholder, good
    /// for later requests of this call.
    pub fn capture(self, pointer: impl Into<String>) -> Self {
        self.with("capture", pointer)
    }
}

impl From<Signature> for Signing {
    fn from(signature: Signature) -> Self {
        signature.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_those_of_the_contract() {
        let signing = Signing::from(Signature::jwt_rs256("key", "{}").in_form("a").capture("/t"));
        let parameters: Vec<_> = signing
            .parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(signing.scheme, "jwt-rs256");
        assert_eq!(
            parameters,
            [
                ("secret-key", "key"),
                ("claims", "{}"),
                ("place", "form"),
                ("field", "a"),
                ("capture", "/t")
            ]
        );
        let signing = Signing::from(Signature::hmac_sha256("key").message("m").in_header("x-s"));
        assert_eq!(signing.parameters.len(), 3);
    }
}
