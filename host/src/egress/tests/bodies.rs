//! Bodies come whole, or not at all.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

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
    get(&to(&server), &server.url()).await
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
