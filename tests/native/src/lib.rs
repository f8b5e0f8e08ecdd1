//! The host without its sandbox: what the same connector costs as an ordinary Rust Lambda. For measuring only, never
//! shipped.
//!
//! Every module below is the host's own file, compiled once more: the Runtime API, AppFlow's JSON, credentials, the way
//! out, pages, tokens and logs are the very same code. Two are this crate's. [`engine`] holds a connector that is linked
//! in, where the host's maps compiled code; [`bindings`] calls it as a function, where the host's makes an instance. So
//! what the benchmark finds between this program and the host is the sandbox and nothing else, and a change of the host is
//! a change of both.
//!
//! What an invocation holds ([`bindings::HostState`]) is the host's too, the empty context of WASI included, which a
//! native program would not have.

// Their tests are the host's; nothing of them is compiled here.
#![cfg(not(test))]
#![allow(
    dead_code,
    unexpected_cfgs,
    unreachable_pub,
    rustdoc::broken_intra_doc_links,
    rustdoc::private_intra_doc_links,
    reason = "the host's files, of which not everything is used here; the host's own build looks at them"
)]

#[path = "../../../host/src/appflow/mod.rs"]
pub mod appflow;
#[path = "../../../host/src/aws.rs"]
pub mod aws;
// By its file and not as a dependency: Cargo would make a package below `tests` a member of this workspace.
#[path = "../../guests/bench-rust/src/lib.rs"]
mod bench_rust;
pub mod bindings;
#[path = "../../../host/src/bootstrap.rs"]
pub mod bootstrap;
#[path = "../../../host/src/clock.rs"]
pub mod clock;
#[path = "../../../host/src/credentials/mod.rs"]
pub mod credentials;
#[path = "../../../host/src/egress/mod.rs"]
pub mod egress;
pub mod engine;
#[path = "../../../host/src/entitlement/mod.rs"]
pub mod entitlement;
#[path = "../../../host/src/error.rs"]
mod error;
#[path = "../../../host/src/filter/mod.rs"]
pub mod filter;
#[path = "../../../host/src/invocation/mod.rs"]
pub mod invocation;
#[path = "../../../host/src/lambda.rs"]
pub mod lambda;
#[path = "../../../host/src/log/mod.rs"]
pub mod log;
#[path = "../../../host/src/manifest/mod.rs"]
pub mod manifest;
#[path = "../../../host/src/mechanism.rs"]
mod mechanism;
#[path = "../../../host/src/page/mod.rs"]
pub mod page;
#[path = "../../../host/src/settings.rs"]
pub mod settings;
#[path = "../../../host/src/start.rs"]
mod start;
#[path = "../../../host/src/telemetry/mod.rs"]
pub mod telemetry;
#[path = "../../../host/src/tokens/mod.rs"]
pub mod tokens;

pub use error::Error;
pub use start::{StartError, egress_for, host};
