//! Tokens that say where to go on.
//!
//! The host seals a connector's token before AppFlow gets it, and opens it again: nobody reads or changes it on the way,
//! and one of another entity, filter or connection never arrives. It may be any text of up to 1,475 bytes; it must hold
//! no secret and no value of a record. The paging helper of [`page`](crate::page) makes its own; these two functions are for
//! connectors that page otherwise.
//!
//! ```
//! use appflow_connector::token;
//!
//! let text = token::encode(&["query-locator/01g", "400"])?;
//! assert_eq!(token::decode(&text)?, ["query-locator/01g", "400"]);
//! assert!(token::decode("rubbish").is_err());
//! # Ok::<(), appflow_connector::Error>(())
//! ```

use crate::{Error, Result};

/// Most bytes of a connector's token: what fits, sealed by the host, into the 2,048 characters that AppFlow takes.
pub const MAX_LENGTH: usize = 1475;

/// Hexadecimal digits before the parts.
const CHECK_CHARS: usize = 8;

/// Packs texts into a token.
///
/// # Errors
/// `ServerError` if the token would be longer than [`MAX_LENGTH`]: the parts come from the application.
pub fn encode<T: AsRef<str>>(parts: &[T]) -> Result<String> {
    let mut body = String::new();
    for part in parts {
        let part = part.as_ref();
        body.push_str(&part.len().to_string());
        body.push(':');
        body.push_str(part);
    }
    let token = format!("{}{body}", checksum(&body));
    if token.len() > MAX_LENGTH {
        return Err(Error::server_error(format!(
            "the application's place in the data needs a token of {} bytes, and it may have {MAX_LENGTH}",
            token.len()
        )));
    }
    Ok(token)
}

/// Unpacks the texts of a token.
///
/// # Errors
/// `InvalidArgument` if [`encode`] did not make it: another format, cut, or changed.
pub fn decode(token: &str) -> Result<Vec<String>> {
    parse(token).ok_or_else(invalid)
}

/// The error for a token that is not this connector's.
pub fn invalid() -> Error {
    Error::invalid_argument("the next token is not one that this connector made")
}

fn parse(token: &str) -> Option<Vec<String>> {
    if token.len() > MAX_LENGTH {
        return None;
    }
    let (check, mut rest) = token.split_at_checked(CHECK_CHARS)?;
    if check != checksum(rest) {
        return None;
    }
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (length, tail) = rest.split_once(':')?;
        let (part, tail) = tail.split_at_checked(length.parse().ok()?)?;
        parts.push(part.to_owned());
        rest = tail;
    }
    Some(parts)
}

/// FNV-1a. The host's seal guards against forgery; this tells a token of another way of making them from one's own.
fn checksum(text: &str) -> String {
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("{hash:0width$x}", width = CHECK_CHARS)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use proptest::prelude::*;

    use super::*;
    use crate::ErrorCode;

    proptest! {
        #[test]
        fn what_goes_in_comes_out(parts in proptest::collection::vec(".{0,40}", 0..8)) {
            let token = encode(&parts).unwrap();
            prop_assert_eq!(decode(&token).unwrap(), parts);
        }

        #[test]
        fn rubbish_is_refused_and_never_panics(text in ".{0,64}") {
            prop_assert_eq!(decode(&text).unwrap_err().code(), ErrorCode::InvalidArgument);
        }

        #[test]
        fn a_changed_token_is_refused(place in 0_usize..20, to in "[A-Za-z0-9_-]") {
            let token = encode(&["offset", "12345"]).unwrap();
            let place = place % token.len();
            let mut changed = token.clone();
            changed.replace_range(place..=place, &to);
            prop_assume!(changed != token);
            prop_assert!(decode(&changed).is_err());
        }
    }

    #[test]
    fn a_cut_token_is_refused() {
        let token = encode(&["offset", "12345"]).unwrap();
        for length in 0..token.len() {
            assert!(decode(&token[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn the_length_is_bounded() {
        assert!(encode(&["x".repeat(1400)]).is_ok());
        let error = encode(&["x".repeat(1475)]).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ServerError);
        assert!(!error.message().contains("xx"));
    }
}
