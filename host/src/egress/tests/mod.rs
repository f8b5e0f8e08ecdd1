//! The way out against real servers on loopback, plain and TLS.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

mod bodies;
mod faults;
mod local;
mod names;
mod redirects;
mod requests;
mod server;
mod tls;
mod wasi;

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use tokio::time::Instant;

use super::*;
use server::Server;

const LIMITS: Limits = Limits {
    response_body_bytes: 1 << 20,
};

fn patterns(hosts: &[&str]) -> Vec<HostPattern> {
    hosts
        .iter()
        .map(|host| HostPattern::parse(host).unwrap())
        .collect()
}

/// A way out that grants the server's address as it is.
fn to(server: &Server) -> Egress {
    let local = LocalTargets::parse(&server.url()).unwrap();
    Egress::new(
        vec![],
        vec![],
        EgressOptions {
            local,
            ..EgressOptions::default()
        },
    )
}

/// A way out whose `api.example.com` is the server.
fn as_host(server: &Server, hosts: &[&str]) -> Egress {
    let local = LocalTargets::parse(&format!("api.example.com={}", server.url())).unwrap();
    Egress::new(
        patterns(hosts),
        vec![],
        EgressOptions {
            local,
            ..EgressOptions::default()
        },
    )
}

fn request(method: &str, url: &str) -> Request<Bytes> {
    Request::builder()
        .method(method)
        .uri(url)
        .body(Bytes::new())
        .unwrap()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

async fn get(egress: &Egress, url: &str) -> Result<OutboundResponse, EgressError> {
    egress
        .send(&egress.policy(&[]), request("GET", url), soon(), LIMITS)
        .await
}
