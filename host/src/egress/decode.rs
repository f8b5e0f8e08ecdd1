//! Decompression of whole bodies, with a limit that no bomb passes.

use std::io::{ErrorKind, Read};

use bytes::Bytes;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderValue};

/// What the host can decompress, as it asks for it.
pub(crate) const ACCEPT_ENCODING: HeaderValue = HeaderValue::from_static("gzip, deflate");

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Identity,
    Gzip,
    Deflate,
}

/// Why a body cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DecodeFailure {
    TooLarge,
    Truncated,
    Broken(&'static str),
}

impl Coding {
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, DecodeFailure> {
        let mut coding = Self::Identity;
        let values = headers.get_all(CONTENT_ENCODING).iter();
        for value in values.flat_map(|value| value.as_bytes().split(|b| *b == b',')) {
            let next = match value.trim_ascii().to_ascii_lowercase().as_slice() {
                b"" | b"identity" => continue,
                b"gzip" | b"x-gzip" => Self::Gzip,
                b"deflate" => Self::Deflate,
                _ => {
                    return Err(DecodeFailure::Broken(
                        "it is in a coding that was not asked for",
                    ));
                }
            };
            if coding != Self::Identity {
                return Err(DecodeFailure::Broken("it is compressed more than once"));
            }
            coding = next;
        }
        Ok(coding)
    }

    /// Decompresses a whole body to at most `limit` bytes.
    pub(crate) fn decode(self, body: Bytes, limit: u64) -> Result<Bytes, DecodeFailure> {
        if body.is_empty() {
            return Ok(body);
        }
        match self {
            Self::Identity => Ok(body),
            Self::Gzip => read(MultiGzDecoder::new(&*body), gzip_length(&body), limit),
            // The name means zlib; some servers send the bare stream. A zlib header is a multiple of 31.
            Self::Deflate
                if body.len() >= 2
                    && body[0] & 0x0f == 8
                    && u16::from_be_bytes([body[0], body[1]]).is_multiple_of(31) =>
            {
                read(ZlibDecoder::new(&*body), body.len() * 4, limit)
            }
            Self::Deflate => read(DeflateDecoder::new(&*body), body.len() * 4, limit),
        }
    }
}

/// A whole body by its headers, with the failure in words.
#[cfg(feature = "fuzzing")]
pub(crate) fn for_fuzzing(headers: &HeaderMap, body: Bytes, limit: u64) -> Result<Bytes, String> {
    Coding::of(headers)
        .and_then(|coding| coding.decode(body, limit))
        .map_err(|failure| format!("{failure:?}"))
}

/// The length in a gzip trailer: modulo 4 GiB, of the last member, and whatever a liar wrote. Good for a first guess.
fn gzip_length(body: &[u8]) -> usize {
    match body {
        [.., a, b, c, d] => {
            usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).unwrap_or_default()
        }
        _ => 0,
    }
}

fn read(decoder: impl Read, guess: usize, limit: u64) -> Result<Bytes, DecodeFailure> {
    const LARGEST_GUESS: usize = 16 << 20;
    let limit_bytes = usize::try_from(limit).unwrap_or(usize::MAX);
    // One more than the guess: the end of the stream is then seen without growing.
    let mut decoded = Vec::with_capacity(guess.min(limit_bytes).min(LARGEST_GUESS) + 1);
    match decoder
        .take(limit.saturating_add(1))
        .read_to_end(&mut decoded)
    {
        Ok(_) if decoded.len() > limit_bytes => Err(DecodeFailure::TooLarge),
        Ok(_) => Ok(decoded.into()),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(DecodeFailure::Truncated),
        Err(_) => Err(DecodeFailure::Broken("its compressed data is damaged")),
    }
}
