//! The values of one invocation's credentials, each with the placeholder that stands for it.
//!
//! A guest gets placeholders. [`Vault::fill`] and [`Vault::fill_body`] put the values in their places as a request goes out to
//! a host that may have them; [`Vault::scrub_headers`], [`Vault::scrub_body`] and [`Vault::scrub_stream`] put placeholders in
//! the places of values that an application gives back. What leaves the host for AppFlow or the log holds neither:
//! [`Vault::scrub`] and [`Vault::conceal`] leave `<secret>`.
//!
//! A placeholder is random and of this invocation alone. A fixed one could be planted in a record of the application, read
//! by an unsuspecting connector, and filled in when the connector sends it on. It is made of letters, digits and underscores, so
//! that libraries pass it through addresses, forms, JSON and headers unchanged.
//!
//! Which values are looked for in answers: passwords, keys, tokens, and parameters of the connector's own scheme. A user name is
//! sealed, but not looked for: it is often an e-mail address that records hold with good reason. Values that the manifest
//! opens by their keys, such as a region or an account's number, are given to the guest as they are.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Uri};
use http_body::Body;
use zeroize::Zeroizing;

use super::forms::{self, SHORTEST};
use super::scrub::{Finder, Pattern, Patterns, Scrubbed};
use super::typed::{PASSWORD, USERNAME};
use super::{Credentials, SealError, Secret};
use crate::manifest::Credentials as Grants;
use crate::mechanism;

/// What stands for a value and for a placeholder in what leaves the host.
const CONCEALED: &str = "<secret>";
/// What every placeholder begins with; 32 hexadecimal digits and an underscore follow.
const BEGINNING: &[u8] = b"sealed_";
/// Characters of a placeholder.
pub(super) const PLACEHOLDER_CHARS: usize = BEGINNING.len() + 33;

/// The port of https, which addresses leave out.
const HTTPS_PORT: u16 = 443;

/// The values of one invocation, under the grants of the manifest.
pub struct Vault {
    credentials: Arc<Credentials>,
    grants: Grants,
    values: RwLock<Values>,
    /// Whether the guest was given a placeholder, so that one can turn up in its answer.
    given: AtomicBool,
    /// Whether the application gave a value back.
    echoed: AtomicBool,
}

/// The values, and what looks for them: made when first needed, and anew when a value was added.
#[derive(Default)]
struct Values {
    list: Vec<Value>,
    in_answers: OnceLock<Arc<Finder>>,
    in_texts: OnceLock<Arc<Finder>>,
}

/// A value with its placeholder.
struct Value {
    key: String,
    placeholder: Arc<str>,
    secret: Secret,
    sort: Sort,
    /// Whether the guest may read it.
    open: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// Password, key or token: kept out of everything.
    Secret,
    /// A sensitive parameter of the connector's own: as above, but it may stand in a next token. An account number may well be
    /// part of an address that a token carries.
    Parameter,
    /// User name: not looked for in answers either.
    Name,
}

impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Vault(..)")
    }
}

impl Vault {
    /// Seals the values of `credentials` for one invocation.
    #[must_use]
    pub fn new(credentials: Arc<Credentials>, grants: Grants) -> Self {
        let custom = matches!(*credentials, Credentials::Custom { .. });
        let list: Vec<Value> = credentials
            .values()
            .into_iter()
            .map(|(key, secret)| {
                let sort = match key {
                    _ if custom => Sort::Parameter,
                    USERNAME => Sort::Name,
                    _ => Sort::Secret,
                };
                let open = grants.readable || grants.opens(key);
                Value::new(key, secret.clone(), sort, open)
            })
            .collect();
        Self {
            credentials,
            grants,
            values: RwLock::new(Values {
                list,
                ..Values::default()
            }),
            given: AtomicBool::new(false),
            echoed: AtomicBool::new(false),
        }
    }

    /// A vault without values.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(Arc::new(Credentials::Absent), Grants::default())
    }

    /// The credentials themselves.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// One value by its key in the secret.
    ///
    /// # Errors
    ///
    /// [`SealError::NoValue`] if the secret has none.
    pub fn value(&self, key: &str) -> Result<&Secret, SealError> {
        self.credentials
            .value(key)
            .ok_or_else(|| SealError::NoValue(key.to_owned()))
    }

    /// What the guest gets to see of a value: its placeholder, or the value itself if the manifest opens it. Empty values are
    /// shown as empty.
    #[must_use]
    pub fn show(&self, key: &str, value: &Secret) -> String {
        let values = self.read();
        match values.list.iter().find(|known| known.key == key) {
            Some(known)
                if !known.open
                    && !known.secret.expose().is_empty()
                    && !mechanism::off("credentials.sealed") =>
            {
                self.given.store(true, Ordering::Relaxed);
                known.placeholder.to_string()
            }
            _ => value.expose().to_owned(),
        }
    }

    /// Whether there is a value that the guest does not see.
    #[must_use]
    pub fn is_sealing(&self) -> bool {
        self.read().list.iter().any(|value| !value.open)
    }

    /// Whether values may go to the host of this address. That the host is granted at all is for the policy to say.
    #[must_use]
    pub fn admits(&self, uri: &Uri) -> bool {
        if self.grants.send_to.is_empty() || mechanism::off("credentials.send-to") {
            return true;
        }
        let port = uri.port_u16().unwrap_or(HTTPS_PORT);
        let https = uri.scheme() == Some(&http::uri::Scheme::HTTPS);
        https
            && uri.host().is_some_and(|host| {
                let granted = &self.grants.send_to;
                granted.iter().any(|pattern| pattern.grants(host, port))
            })
    }

    /// Whether values may stand in bodies of requests.
    #[must_use]
    pub fn fills_bodies(&self) -> bool {
        self.grants.in_bodies || mechanism::off("credentials.in-bodies")
    }

    /// Puts placeholders in the places of values in headers of an answer.
    pub fn scrub_headers(&self, headers: &mut HeaderMap) {
        if mechanism::off("credentials.scrub-headers") {
            return;
        }
        let finder = self.in_answers();
        for value in headers.values_mut() {
            if let Some(scrubbed) = finder.replaced(value.as_bytes()) {
                self.found_in_answer();
                // Placeholders are made of letters, digits and underscores, so the value stays a header.
                *value = HeaderValue::from_bytes(&scrubbed)
                    .unwrap_or(HeaderValue::from_static(CONCEALED));
            }
        }
    }

    /// Puts placeholders in the places of values in the whole body of an answer.
    #[must_use]
    pub fn scrub_body(&self, body: Bytes) -> Bytes {
        if mechanism::off("credentials.scrub-body") {
            return body;
        }
        match self.in_answers().replaced_in_body(&body) {
            Some(scrubbed) => {
                self.found_in_answer();
                scrubbed.into()
            }
            None => body,
        }
    }

    /// Notes that the application gave a value back. The log says so once: where the value is an ordinary word or number, records
    /// that hold it are not what they were.
    fn found_in_answer(&self) {
        self.given.store(true, Ordering::Relaxed);
        if !self.echoed.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "appflow_host",
                "the application's answer holds a value of the connection's credentials, which was replaced; a parameter that is no secret can be opened by `open` in [credentials] of connector.toml"
            );
        }
    }

    /// The same for a body that passes piece by piece.
    pub fn scrub_stream<B>(
        self: &Arc<Self>,
        body: B,
    ) -> impl Body<Data = Bytes, Error = B::Error> + use<B>
    where
        B: Body<Data = Bytes> + Unpin + Send + 'static,
    {
        Scrubbed::new(body, Shared(Arc::clone(self)))
    }

    /// Looks for the values that the guest may not read.
    fn in_answers(&self) -> Arc<Finder> {
        let values = self.read();
        let make = || {
            let sealed = values.list.iter().filter(|value| !value.open);
            let mut patterns: Vec<_> = sealed
                .clone()
                .filter(|value| value.sort != Sort::Name)
                .flat_map(|value| value.patterns(&value.placeholder))
                .collect();
            let password = sealed.clone().find(|value| value.key == PASSWORD);
            if let (
                Credentials::Basic {
                    username,
                    password: _,
                },
                Some(value),
            ) = (&*self.credentials, password)
            {
                let forms = forms::of_pair(username.expose(), value.secret.expose());
                patterns.extend(forms.into_iter().map(|needle| Pattern {
                    needle,
                    replacement: Arc::clone(&value.placeholder),
                }));
            }
            Arc::new(Finder::new(patterns))
        };
        Arc::clone(values.in_answers.get_or_init(make))
    }

    /// Looks for what has no place in texts for users and the log.
    fn in_texts(&self) -> Arc<Finder> {
        let values = self.read();
        let make = || {
            // A parameter that the manifest opens by its name is no secret. One of a connector that may read all of them can be.
            let open =
                |value: &&Value| value.sort == Sort::Parameter && self.grants.opens(&value.key);
            let concealed: Arc<str> = CONCEALED.into();
            let mut patterns = Vec::new();
            for value in values.list.iter().filter(|value| !open(value)) {
                patterns.extend(value.patterns(&concealed));
                patterns.push(value.own_placeholder(&concealed));
            }
            Arc::new(Finder::new(patterns))
        };
        Arc::clone(values.in_texts.get_or_init(make))
    }

    /// The text with every value and every placeholder replaced, for lines that a connector wrote.
    ///
    /// Values shorter than six characters are left alone: replacing every "a" of a text helps nobody.
    #[must_use]
    pub fn scrub(&self, text: &str) -> String {
        if mechanism::off("credentials.scrub-texts") {
            return text.to_owned();
        }
        match self.in_texts().replaced(text.as_bytes()) {
            // Finds begin and end at characters, as all patterns are whole texts.
            Some(scrubbed) => String::from_utf8_lossy(&scrubbed).into_owned(),
            None => text.to_owned(),
        }
    }

    /// A text for users or the log that a connector wrote: without values and placeholders, on one line, and at most
    /// `max_chars` characters. Scrubbed before it is cut, as half a secret is still too much of it.
    #[must_use]
    pub fn message(&self, text: &str, max_chars: usize) -> String {
        crate::log::message(&self.scrub(text), max_chars)
    }

    /// An answer for AppFlow with `<secret>` in the places of placeholders: they mean nothing outside of the invocation.
    #[must_use]
    pub fn conceal(&self, answer: Vec<u8>) -> Vec<u8> {
        if !self.given.load(Ordering::Relaxed) || mechanism::off("credentials.conceal") {
            return answer;
        }
        let concealed: Arc<str> = CONCEALED.into();
        let values = self.read();
        let placeholders = values
            .list
            .iter()
            .map(|value| value.own_placeholder(&concealed));
        let finder = Finder::new(placeholders.collect());
        finder.replaced(&answer).unwrap_or(answer)
    }

    /// Whether a text holds a password, key, token, or any placeholder, which would mean nothing in the next invocation. User
    /// names and values of the connector's own scheme do not count: an account number or a region may well be part of an
    /// address that a token carries.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        if mechanism::off("credentials.tokens") {
            return false;
        }
        let values = self.read();
        values.list.iter().any(|value| {
            let secret = value.secret.expose();
            (value.sort == Sort::Secret && secret.len() >= SHORTEST && holds(text, secret))
                || text.contains(&*value.placeholder)
        })
    }

    /// Calls `with` for the value that a placeholder at the beginning of `text` stands for, if it is one of this vault.
    pub(super) fn stands_for<R>(
        &self,
        placeholder: &[u8],
        with: impl FnOnce(&str) -> R,
    ) -> Option<R> {
        let values = self.read();
        let known = values
            .list
            .iter()
            .find(|value| value.placeholder.as_bytes() == placeholder)?;
        Some(with(known.secret.expose()))
    }

    fn read(&self) -> RwLockReadGuard<'_, Values> {
        // Nothing is left half done in a list by a panic elsewhere.
        self.values.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a text holds a secret. One of digits alone is not held by a longer number, such as a place in a list.
fn holds(text: &str, secret: &str) -> bool {
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let number = secret.bytes().all(|byte| byte.is_ascii_digit());
    let bytes = text.as_bytes();
    memchr::memmem::find_iter(bytes, secret.as_bytes()).any(|at| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        !number || !(digit(before) || digit(bytes.get(at + secret.len())))
    })
}

/// What has the form of a placeholder in a text, of this vault or another one, with its place.
pub(crate) fn placeholders<'t>(
    text: &'t [u8],
) -> impl Iterator<Item = (usize, &'t [u8])> + use<'t> {
    memchr::memmem::find_iter(text, BEGINNING).filter_map(|at| {
        let placeholder = text.get(at..at + PLACEHOLDER_CHARS)?;
        let (digits, end) = placeholder.get(BEGINNING.len()..)?.split_at_checked(32)?;
        (end == b"_" && digits.iter().all(u8::is_ascii_hexdigit)).then_some((at, placeholder))
    })
}

impl Value {
    fn new(key: &str, secret: Secret, sort: Sort, open: bool) -> Self {
        let name = if mechanism::off("credentials.random") {
            uuid::Uuid::from_u128(u128::from(key.len() as u64))
        } else {
            uuid::Uuid::new_v4()
        };
        Self {
            key: key.to_owned(),
            placeholder: format!("sealed_{}_", name.simple()).into(),
            secret,
            sort,
            open,
        }
    }

    /// The texts by which it is recognised, each with what takes its place; none if it is too short to be looked for.
    fn patterns<'v>(&'v self, replacement: &'v Arc<str>) -> impl Iterator<Item = Pattern> + 'v {
        let long = self.secret.expose().len() >= SHORTEST;
        let forms = long.then(|| forms::of_value(self.secret.expose()));
        forms.into_iter().flatten().map(|needle| Pattern {
            needle,
            replacement: Arc::clone(replacement),
        })
    }

    fn own_placeholder(&self, replacement: &Arc<str>) -> Pattern {
        Pattern {
            needle: Zeroizing::new(self.placeholder.as_bytes().to_vec()),
            replacement: Arc::clone(replacement),
        }
    }
}

/// A vault as a stream asks it.
struct Shared(Arc<Vault>);

impl Patterns for Shared {
    fn finder(&self) -> Arc<Finder> {
        if mechanism::off("credentials.scrub-stream") {
            return Arc::default();
        }
        self.0.in_answers()
    }

    fn replaced(&self) {
        self.0.found_in_answer();
    }

    fn trailers(&self, trailers: &mut HeaderMap) {
        self.0.scrub_headers(trailers);
    }
}

#[path = "capture.rs"]
mod capture;

#[cfg(test)]
#[path = "vault_tests.rs"]
mod tests;
