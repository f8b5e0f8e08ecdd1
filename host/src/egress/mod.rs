//! The only way out of the host for a connector: policy, address checks, and one pooled client.
//!
//! A request passes, in this order: the form of its URL and headers, the [`Policy`] of the invocation (names), the check
//! of every resolved address, and a connection to one of the addresses that were checked. Nothing is resolved twice, so
//! a name cannot change between check and connection. The contract's `http` and `wasi:http` go the same way. What fails for a
//! moment is asked again inside of the invocation's time, by the rules in `retry.rs`.
//!
//! * [`Egress`] lives as long as the process: rules of the manifest, client, open connections.
//! * [`Policy`] lives for one invocation: the rules plus the hosts in that invocation's settings, and its counters.

mod address;
mod answer;
mod client;
mod connector;
mod decode;
mod error;
mod failure;
mod fault;
mod hints;
mod host;
mod host_pattern;
mod inflate;
mod local;
mod policy;
mod pool;
mod request;
mod retry;
mod slots;
mod stats;
mod wasi_http;
mod wasi_sealing;

pub use address::{AddressClass, require_global};
pub(crate) use client::AsksForToken;
pub use client::{Egress, EgressOptions, Limits, OutboundResponse, Roots};
pub use connector::{Network, SystemNetwork};
pub use error::EgressError;
pub(crate) use fault::kill;
pub use fault::{FAULTS_VARIABLE, FaultPlan, FaultPlanError};
pub use host::{Host, HostError};
pub use host_pattern::{HostPattern, PatternError};
pub use local::{LOCAL_TARGETS_VARIABLE, LocalTargets, LocalTargetsError};
pub use policy::{Denial, Granted, Policy, SettingProblem, SettingRule};
pub use request::parse_url;
pub use stats::OutboundStats;
pub use wasi_http::WasiEgress;

#[cfg(feature = "fuzzing")]
pub(crate) use {decode::for_fuzzing as decode_body, policy::Rules};

#[cfg(test)]
mod tests;
