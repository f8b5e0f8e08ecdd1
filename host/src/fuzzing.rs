//! What `fuzz/` calls and no other crate can: parts of the host that read what others wrote, behind their own modules'
//! doors. Only there with the feature `fuzzing`.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

use crate::egress::{HostPattern, Policy, Rules, SettingRule, decode_body};

/// The policy of an invocation under these grants and runtime settings.
#[must_use]
pub fn policy(
    hosts: Vec<HostPattern>,
    from_settings: Vec<SettingRule>,
    settings: &[(String, String)],
) -> Policy {
    let rules = Rules {
        hosts,
        from_settings,
        ..Rules::default()
    };
    Policy::new(Arc::new(rules), settings)
}

/// The body of an answer with this `content-encoding`, decompressed to at most `limit` bytes.
///
/// # Errors
/// The kind of failure, for messages.
pub fn body(coding: &str, body: &[u8], limit: u64) -> Result<Bytes, String> {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(coding) {
        headers.insert(header::CONTENT_ENCODING, value);
    }
    decode_body(&headers, Bytes::copy_from_slice(body), limit)
}
