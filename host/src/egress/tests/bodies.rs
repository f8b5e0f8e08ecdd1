//! Bodies come whole, or not at all.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use proptest::prelude::*;

use super::decode::Coding;
use super::server::{Reply, Server, answer};
use super::*;

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

async fn body_of(coding: &str, body: Vec<u8>) -> Result<OutboundResponse, EgressError> {
    let headers = format!("content-encoding: {coding}\r\n");
    let server = Server::start(move |_| answer("200 OK", &headers, &body)).await;
    get_once(&to(&server), &server.url()).await
}

#[tokio::test]
async fn compressed_bodies_are_decompressed() {
    let text = "some text, some text, ".repeat(10_000).into_bytes();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(&text).unwrap();
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
    deflate.write_all(&text).unwrap();
    let two_members = [gzip(&text[..100]), gzip(&text[100..])].concat();
    for (coding, body) in [
        ("gzip", gzip(&text)),
        ("GZIP", gzip(&text)),
        ("x-gzip, identity", gzip(&text)),
        ("gzip", two_members),
        ("deflate", zlib.finish().unwrap()),
        ("deflate", deflate.finish().unwrap()),
        ("identity", text.clone()),
    ] {
        let response = body_of(coding, body).await.unwrap();
        assert!(response.body == text, "{coding}");
        assert_eq!(
            response.headers.contains_key("content-encoding"),
            coding == "identity"
        );
        assert_eq!(
            response.headers.contains_key("content-length"),
            coding == "identity"
        );
    }
    assert_eq!(body_of("gzip", vec![]).await.unwrap().body, "");
    assert_eq!(body_of("br", vec![]).await.unwrap().body, "");
}

/// Bytes that nothing makes smaller.
fn noise(bytes: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    std::iter::repeat_with(|| random.u8(..))
        .take(bytes)
        .collect()
}

#[tokio::test]
async fn large_compressed_bodies_are_decompressed_as_they_come() {
    let data = noise(400_000);
    let body = gzip(&data);
    let response = body_of("gzip", body.clone()).await.unwrap();
    assert!(response.body == data);
    assert!(!response.headers.contains_key("content-length"));

    let error = body_of("gzip", body[..300_000].to_vec()).await.unwrap_err();
    assert!(matches!(error, EgressError::Truncated { .. }), "{error:?}");
    let mut damaged = body.clone();
    let last = damaged.len() - 6;
    damaged[last] ^= 1;
    let error = body_of("gzip", damaged).await.unwrap_err();
    assert!(matches!(error, EgressError::Decode { .. }), "{error:?}");
    let error = body_of("gzip", [body, noise(50_000)].concat())
        .await
        .unwrap_err();
    assert!(matches!(error, EgressError::Decode { .. }), "{error:?}");
    // 64 MiB in 64 KiB, of which the limit of the tests is one.
    let error = body_of("gzip", gzip(&vec![0; 64 << 20])).await.unwrap_err();
    assert!(
        matches!(error, EgressError::BodyTooLarge { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_large_compressed_body_that_ends_early_is_an_error() {
    let body = gzip(&noise(400_000));
    let server = Server::start(move |_| {
        let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 500000\r\n\r\n";
        Reply::Close([head.as_bytes(), &body].concat())
    })
    .await;
    let error = get_once(&to(&server), &server.url()).await.unwrap_err();
    assert!(matches!(error, EgressError::Truncated { .. }), "{error:?}");
}

/// `"some text, some text, "` ten thousand times, and zeros of 1 MiB, of 1 MiB and one byte, and of 64 MiB, as the reference
/// implementations of the two codings write them.
const BROTLI: [&str; 4] = [
    "W19bg984XWY/ndDWIG1zeJql7I1OHBgB9DA1UMo+AA==",
    "W///j38CIB4LBHLvHwA=",
    "mwAAEPgnAOKxQED3/gE=",
    "y///P/gnAOKxQCD3/o///3/wTwDEYRGA7v0f////4J8AiMMCAN37P/7//8E/ARCHBQC693/8//+DfwIgDgsAdO//+P//B/8EQBwWAOje//H//w/+CYA4LADQvf/j//8f/BMAcVgAoHv/Nw==",
];
const ZSTD: [&str; 4] = [
    "KLUv/aRgWwMAnAAAWHNvbWUgdGV4dCwgAQDy/86LF00AAAh4AQBcWzkQApQzoRA=",
    "KLUv/aQAABAAVAAAEAAAAQD7/znAAgIAEAACABAAAgAQAAIAEAACABAAAgAQAAMAEADxPhbh",
    "KLUv/aABABAAVAAAEAAAAQD7/znAAgIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAAJAAAA",
    // A stream of 8 MiB that does not say how long it is.
    "KLUv/QBYVAAAEAAAAQD7/znAAgIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAEAAA==",
];

fn bytes(base64: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(base64).unwrap()
}

#[tokio::test]
async fn brotli_and_zstd_are_understood_though_nobody_asked_for_them() {
    let text = "some text, some text, ".repeat(10_000).into_bytes();
    for (coding, [compressed, one_mib, over, bomb]) in [("br", BROTLI), ("zstd", ZSTD)] {
        let response = body_of(coding, bytes(compressed)).await.unwrap();
        assert!(response.body == text, "{coding}");
        assert!(!response.headers.contains_key("content-encoding"));
        let exactly = body_of(coding, bytes(one_mib)).await.unwrap();
        assert_eq!(exactly.body.len(), 1 << 20, "{coding}");
        for bomb in [over, bomb] {
            let error = body_of(coding, bytes(bomb)).await.unwrap_err();
            assert!(
                matches!(error, EgressError::BodyTooLarge { .. }),
                "{coding}: {error:?}"
            );
        }
    }
    // Several frames, and one that is to be skipped.
    let skipped = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3].to_vec();
    let frames = [bytes(ZSTD[0]), skipped.clone(), bytes(ZSTD[0])].concat();
    assert_eq!(
        body_of("zstd", frames).await.unwrap().body.len(),
        2 * text.len()
    );
    let error = body_of("zstd", skipped[..9].to_vec()).await.unwrap_err();
    assert!(matches!(error, EgressError::Truncated { .. }), "{error:?}");
    // A window of 128 MiB for five letters.
    let error = body_of("zstd", bytes("KLUv/QCIKQAAaGVsbG8="))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("larger than 8 MiB"), "{error}");
}

#[tokio::test]
async fn a_compressed_body_that_is_cut_or_followed_by_something_is_an_error() {
    let text = b"0123456789".repeat(1000);
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(&text).unwrap();
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
    deflate.write_all(&text).unwrap();
    for (coding, whole) in [
        ("gzip", gzip(&text)),
        ("deflate", zlib.finish().unwrap()),
        ("deflate", deflate.finish().unwrap()),
        ("br", bytes(BROTLI[0])),
        ("zstd", bytes(ZSTD[0])),
    ] {
        assert!(body_of(coding, whole.clone()).await.is_ok(), "{coding}");
        for end in 1..whole.len() {
            let cut = whole[..end].to_vec();
            let error = body_of(coding, cut).await.unwrap_err();
            // The first bytes alone may as well be something else.
            assert!(
                matches!(error, EgressError::Truncated { .. })
                    || end < 4 && matches!(error, EgressError::Decode { .. }),
                "{coding}, {end} of {}: {error:?}",
                whole.len()
            );
        }
        for more in [&b"x"[..], b"{\"records\":[]}", &[0; 20]] {
            let error = body_of(coding, [&whole, more].concat()).await.unwrap_err();
            assert!(
                matches!(
                    error,
                    EgressError::Decode { .. } | EgressError::Truncated { .. }
                ),
                "{coding}: {error:?}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// Whatever comes: an answer within the limit or an error, and no panic.
    #[test]
    fn damaged_bodies_are_never_more_than_the_limit(
        which in 0usize..6,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let (coding, mut body) = match which {
            0 => (Coding::Brotli, bytes(BROTLI[0])),
            1 => (Coding::Brotli, bytes(BROTLI[3])),
            2 => (Coding::Zstd, bytes(ZSTD[0])),
            3 => (Coding::Zstd, bytes(ZSTD[3])),
            4 => (Coding::Gzip, gzip(b"some text, some text, and more of it")),
            _ => (Coding::Deflate, gzip(b"some text")[10..].to_vec()),
        };
        for (at, byte) in changes {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if is_cut {
            body.truncate(cut.index(body.len()));
        }
        if let Ok(decoded) = coding.decode(body.into(), 1 << 20) {
            prop_assert!(decoded.len() <= 1 << 20);
        }
    }
}

#[tokio::test]
async fn a_bomb_stops_at_the_limit() {
    // 64 members of 1 MiB.
    let bomb = gzip(&vec![0; 1 << 20]).repeat(64);
    assert!((bomb.len() as u64) < LIMITS.response_body_bytes);
    let error = body_of("gzip", bomb).await.unwrap_err();
    assert!(
        matches!(
            error,
            EgressError::BodyTooLarge {
                limit: 1_048_576,
                ..
            }
        ),
        "{error:?}"
    );
    // At the limit is not over it.
    assert_eq!(
        body_of("gzip", gzip(&vec![0; 1 << 20]))
            .await
            .unwrap()
            .body
            .len(),
        1 << 20
    );
    assert!(
        body_of("gzip", gzip(&vec![0; (1 << 20) + 1]))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn damaged_or_unknown_compression_is_an_error() {
    let whole = gzip(&b"0123456789".repeat(1000));
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(&b"0123456789".repeat(1000)).unwrap();
    let zlib = zlib.finish().unwrap();
    for cut in [1, 4, 8, 12] {
        let error = body_of("gzip", whole[..whole.len() - cut].to_vec())
            .await
            .unwrap_err();
        assert!(
            matches!(error, EgressError::Truncated { .. }),
            "{cut}: {error:?}"
        );
    }
    let error = body_of("deflate", zlib[..zlib.len() - 6].to_vec())
        .await
        .unwrap_err();
    assert!(matches!(error, EgressError::Truncated { .. }), "{error:?}");
    let mut wrong_sum = whole.clone();
    let at = wrong_sum.len() - 5;
    wrong_sum[at] ^= 1;
    for (coding, body) in [
        ("gzip", wrong_sum),
        ("gzip", b"plain text".to_vec()),
        ("br", whole.clone()),
        ("zstd", whole.clone()),
        ("compress", whole.clone()),
        ("gzip;q=1", whole.clone()),
        ("gzip, br", whole.clone()),
        ("gzip, gzip", whole),
    ] {
        let error = body_of(coding, body).await.unwrap_err();
        assert!(
            matches!(error, EgressError::Decode { .. }),
            "{coding}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_body_that_ends_early_is_an_error() {
    for bytes in [
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n123",
        "HTTP/1.1 200 OK\r\ncontent-le",
        "",
    ] {
        let server = Server::start(move |_| Reply::Close(bytes.into())).await;
        let error = get(&to(&server), &server.url()).await.unwrap_err();
        assert!(
            matches!(error, EgressError::Truncated { .. }),
            "{bytes:?}: {error:?}"
        );
        assert!(error.may_have_been_sent());
    }
    let server = Server::start(|_| {
        Reply::Close(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n".into(),
        )
    })
    .await;
    assert_eq!(
        get(&to(&server), &server.url()).await.unwrap().body,
        "12345"
    );
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_before_it_is_read() {
    // The server never sends what it announces, so only the announcement can be the reason.
    let server =
        Server::start(|_| Reply::Hang("HTTP/1.1 200 OK\r\ncontent-length: 1048577\r\n\r\n".into()))
            .await;
    let error = get(&to(&server), &server.url()).await.unwrap_err();
    assert!(
        matches!(error, EgressError::BodyTooLarge { .. }),
        "{error:?}"
    );
    // Without an announcement it is cut when it passes the limit.
    let chunk = [b"10000\r\n".to_vec(), vec![b'x'; 0x10000], b"\r\n".to_vec()].concat();
    let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let server = Server::start(move |_| Reply::Drip(head.clone(), chunk.clone())).await;
    let error = get(&to(&server), &server.url()).await.unwrap_err();
    assert!(
        matches!(error, EgressError::BodyTooLarge { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn answers_without_bodies() {
    let server = Server::start(|seen| match seen.path() {
        "/head" => Reply::Keep(
            "HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\ncontent-encoding: gzip\r\n\r\n".into(),
        ),
        "/204" => Reply::Keep("HTTP/1.1 204 No Content\r\n\r\n".into()),
        _ => Reply::Keep("HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n".into()),
    })
    .await;
    let egress = to(&server);
    let head = request("HEAD", &format!("{}/head", server.url()));
    let response = egress
        .send(&egress.policy(&[]), head, soon(), LIMITS)
        .await
        .unwrap();
    assert_eq!(
        (
            response.body.len(),
            response.headers["content-length"].to_str().unwrap()
        ),
        (0, "99999999")
    );
    for (path, status) in [("/204", 204), ("/304", 304)] {
        let response = get(&egress, &format!("{}{path}", server.url()))
            .await
            .unwrap();
        assert_eq!((response.status.as_u16(), response.body.len()), (status, 0));
    }
    assert_eq!(server.connections(), 1);
}
