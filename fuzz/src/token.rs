//! Next tokens: what was sealed comes back, and nothing else is opened.
//!
//! The first byte is the place of a change, the second what it is changed by; the rest is first a token from outside, then
//! the connector's own.

use appflow_host::credentials::{Credentials, Secret};
use appflow_host::tokens::{
    Binding, MAX_SEALED_CHARS, MAX_TOKEN_BYTES, Progress, Sealer, TokenError,
};

pub(crate) fn run(data: &[u8]) {
    let [place, change, rest @ ..] = data else {
        return;
    };
    let binding = Binding {
        connector: "shop",
        version: "1.0.0".to_owned(),
        operation: "QueryData",
        place: "orders",
        filter: None,
        fields: &[],
        api_version: "v1",
        account: None,
        connection: None,
    };
    let credentials = Credentials::Basic {
        username: Secret::new("user".to_owned()),
        password: Secret::new("password".to_owned()),
    };
    let Ok(sealer) = Sealer::new(&binding, &credentials, None) else {
        unreachable!("keys are derived from anything")
    };
    let text = String::from_utf8_lossy(rest);
    assert_eq!(sealer.open(&text), Err(TokenError::Foreign));

    let sealed = sealer.seal(&Progress::default(), &text);
    if text.len() > MAX_TOKEN_BYTES {
        assert_eq!(sealed, Err(TokenError::TooLong(text.len())));
        return;
    }
    let sealed = sealed.unwrap_or_default();
    assert!(sealed.len() <= MAX_SEALED_CHARS);
    assert_eq!(
        sealer.open(&sealed),
        Ok((Progress::default(), text.into_owned()))
    );
    let mut changed = sealed.clone().into_bytes();
    let at = usize::from(*place) * changed.len() / 256;
    if let Some(byte) = changed.get_mut(at) {
        *byte ^= change;
    }
    let changed = String::from_utf8_lossy(&changed);
    if changed != sealed {
        assert_eq!(sealer.open(&changed), Err(TokenError::Foreign));
    }
}
