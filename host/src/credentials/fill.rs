//! Putting values in the places of placeholders in a request.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Uri};
use zeroize::Zeroizing;

use super::forms::Encoding;
use super::vault::{Vault, placeholders};
use super::{SealError, sensitive};
use crate::mechanism;

const EITHER_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASIC: [GeneralPurpose; 2] = [
    GeneralPurpose::new(&alphabet::STANDARD, EITHER_PADDING),
    GeneralPurpose::new(&alphabet::URL_SAFE, EITHER_PADDING),
];

impl Vault {
    /// Puts values in the places of placeholders in the headers and the query of a request to a host that may have them. A
    /// Basic header that a library made out of placeholders is taken apart for it.
    ///
    /// Texts that look like a placeholder and are none of this invocation stay as they are.
    ///
    /// # Errors
    ///
    /// [`SealError::Misplaced`] for a placeholder in the method, the host, the path or the name of a header;
    /// [`SealError::NotInHeader`] or [`SealError::TooLarge`] if the value does not fit.
    pub fn fill(&self, parts: &mut Parts) -> Result<(), SealError> {
        let place = |text: &str, place| match self.holds(text.as_bytes()) {
            true => Err(SealError::Misplaced(place)),
            false => Ok(()),
        };
        place(parts.method.as_str(), "the method")?;
        place(
            parts.uri.authority().map_or("", |name| name.as_str()),
            "the host",
        )?;
        place(parts.uri.path(), "the path")?;
        for name in parts.headers.keys() {
            place(name.as_str(), "the name of a header")?;
        }
        if let Some(query) = parts.uri.query()
            && let Some(filled) = self.filled(query.as_bytes(), Encoding::Percent)
        {
            parts.uri = with_query(&parts.uri, &filled)?;
        }
        for (name, value) in &mut parts.headers {
            let filled = match *name == AUTHORIZATION {
                true => self.basic(value.as_bytes()),
                false => None,
            };
            let filled = filled.or_else(|| self.filled(value.as_bytes(), Encoding::Raw));
            if let Some(filled) = filled {
                *value = sensitive(HeaderValue::from_bytes(&filled))?;
            }
        }
        Ok(())
    }

    /// The body with values in the places of placeholders, encoded as its `content-type` asks: as JSON, as a form, as XML, or
    /// as they are.
    #[must_use]
    pub fn fill_body(&self, headers: &HeaderMap, body: Bytes) -> Bytes {
        let kind = headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        match self.filled(&body, Encoding::of_content(kind)) {
            Some(filled) => Bytes::copy_from_slice(&filled),
            None => body,
        }
    }

    /// A text with values in the places of placeholders, as they are.
    pub(super) fn fill_text(&self, text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.filled(text, Encoding::Raw)
    }

    /// A JSON text with values in the places of placeholders.
    pub(super) fn fill_json(&self, text: &str) -> Option<Zeroizing<Vec<u8>>> {
        self.filled(text.as_bytes(), Encoding::Json)
    }

    /// Whether a placeholder of this vault is in the text.
    #[must_use]
    pub fn holds(&self, text: &[u8]) -> bool {
        placeholders(text).any(|(_, placeholder)| self.stands_for(placeholder, |_| ()).is_some())
    }

    /// The text with values; `None` if there is no placeholder of this vault in it.
    fn filled(&self, text: &[u8], encoding: Encoding) -> Option<Zeroizing<Vec<u8>>> {
        if mechanism::off("credentials.fill") {
            return None;
        }
        let mut filled = Zeroizing::new(Vec::new());
        let mut done = 0;
        for (at, placeholder) in placeholders(text) {
            let before = text.get(done..at).unwrap_or_default();
            let known = self.stands_for(placeholder, |value| {
                filled.extend_from_slice(before);
                encoding.write(value, &mut filled);
            });
            if known.is_some() {
                done = at + placeholder.len();
            }
        }
        if done == 0 {
            return None;
        }
        filled.extend_from_slice(text.get(done..).unwrap_or_default());
        Some(filled)
    }

    /// `Basic` with the Base64 of placeholders, as a library makes it that was given them for a user name and a password.
    fn basic(&self, value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (scheme, pair) = value.split_at_checked("Basic ".len())?;
        if !scheme.eq_ignore_ascii_case(b"Basic ") {
            return None;
        }
        let pair = BASIC
            .iter()
            .find_map(|engine| engine.decode(pair.trim_ascii()).ok())?;
        let pair = self.filled(&pair, Encoding::Raw)?;
        let encoded = Zeroizing::new(STANDARD.encode(&*pair));
        Some(Zeroizing::new(format!("Basic {}", *encoded).into_bytes()))
    }
}

/// The address with another query.
fn with_query(uri: &Uri, query: &[u8]) -> Result<Uri, SealError> {
    let query = std::str::from_utf8(query).map_err(|_| SealError::TooLarge)?;
    let mut parts = uri.clone().into_parts();
    let path: PathAndQuery = format!("{}?{query}", uri.path())
        .parse()
        .map_err(|_| SealError::TooLarge)?;
    parts.path_and_query = Some(path);
    Uri::from_parts(parts).map_err(|_| SealError::TooLarge)
}
