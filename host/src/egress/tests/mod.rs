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
mod resilience;
mod server;
mod spellings;
mod tls;
mod wasi;

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use tokio::time::Instant;

use super::*;
use server::Server;

/// What a manifest without `[limits]` gives, but for smaller bodies.
const LIMITS: Limits = Limits {
    response_body_bytes: 1 << 20,
    retries: 3,
    first_byte: Duration::from_secs(25),
    idle: Duration::from_secs(10),
};

/// Options under which retries take no time.
fn quick() -> EgressOptions {
    EgressOptions {
        first_window: Duration::from_millis(1),
        seed: Some(7),
        ..EgressOptions::default()
    }
}

fn patterns(hosts: &[&str]) -> Vec<HostPattern> {
    hosts
        .iter()
        .map(|host| HostPattern::parse(host).unwrap())
        .collect()
}

/// A way out that grants the server's address as it is.
fn to(server: &Server) -> Egress {
    let local = LocalTargets::parse(&server.url()).unwrap();
    Egress::new(vec![], vec![], EgressOptions { local, ..quick() })
}

/// A way out whose `api.example.com` is the server.
fn as_host(server: &Server, hosts: &[&str]) -> Egress {
    let local = LocalTargets::parse(&format!("api.example.com={}", server.url())).unwrap();
    Egress::new(patterns(hosts), vec![], EgressOptions { local, ..quick() })
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

/// One attempt only: what it comes to is what the test is about.
async fn get_once(egress: &Egress, url: &str) -> Result<OutboundResponse, EgressError> {
    let limits = Limits {
        retries: 0,
        ..LIMITS
    };
    egress
        .send(&egress.policy(&[]), request("GET", url), soon(), limits)
        .await
}
