//! Bodies of answers in a content coding: never more than the limit, and never anything but what the coding's own reader
//! gives.
//!
//! The first byte chooses the coding, the second the limit; the rest is the body.

use std::io::Read as _;

use appflow_host::fuzzing::body;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// Codings, some of them none.
const CODINGS: [&str; 8] = [
    "",
    "identity",
    "gzip",
    "deflate",
    "br",
    "zstd",
    "x-gzip, identity",
    "gzip, gzip",
];

pub(crate) fn run(data: &[u8]) {
    let [coding, limit, bytes @ ..] = data else {
        return;
    };
    let Some(coding) = CODINGS.get(usize::from(*coding) % CODINGS.len()) else {
        return;
    };
    let limit = 1 + 64 * u64::from(*limit);
    match body(coding, bytes, limit) {
        Ok(decoded) => {
            let inflated = !coding.is_empty() && *coding != "identity" && !bytes.is_empty();
            if !inflated {
                assert_eq!(decoded, bytes, "{coding}");
                return;
            }
            assert!(decoded.len() as u64 <= limit, "{} bytes", decoded.len());
            let mut reference = Vec::new();
            let read = match *coding {
                "gzip" | "x-gzip, identity" => {
                    MultiGzDecoder::new(bytes).read_to_end(&mut reference)
                }
                "deflate" => ZlibDecoder::new(bytes)
                    .read_to_end(&mut reference)
                    .or_else(|_| {
                        reference.clear();
                        DeflateDecoder::new(bytes).read_to_end(&mut reference)
                    }),
                _ => return,
            };
            assert!(read.is_ok(), "{coding}: {read:?}");
            assert_eq!(decoded, reference, "{coding}");
        }
        Err(message) => crate::assert_one_line("refusal", &message),
    }
}
