//! Calls of the linked connector, in the place of the host's bindings.
//!
//! Types are those the guest SDK generates from `wit/`. The host generates its own from the same text, so that its
//! conversions and its imports, files of the host, are compiled here against the SDK's: nothing is converted twice.

mod calls;
#[path = "../../../../host/src/bindings/convert.rs"]
mod convert;
#[path = "../../../../host/src/bindings/entity.rs"]
mod entity;
#[path = "../../../../host/src/bindings/filter.rs"]
mod filter;
#[path = "../../../../host/src/bindings/host_calls.rs"]
mod host_calls;
mod imported;
#[path = "../../../../host/src/bindings/imports.rs"]
mod imports;
mod native;
#[path = "../../../../host/src/bindings/outgoing.rs"]
mod outgoing;
#[path = "../../../../host/src/bindings/state.rs"]
mod state;
#[path = "../../../../host/src/bindings/stdio.rs"]
mod stdio;
#[path = "../../../../host/src/bindings/trail.rs"]
mod trail;
#[path = "../../../../host/src/bindings/usage.rs"]
mod usage;

pub use calls::{Exports, Guest, check_types};
pub use host_calls::HostCalls;
pub use state::{HostState, InvocationInfo, Parts};
pub use trail::{Failure, RequestTrail};
pub use usage::{FailedStart, Usage};

/// What connectors export.
mod exported {
    use appflow_connector::__bindings as sdk;

    pub(super) use sdk::configuration::exports::appflow::connector::configuration;
    pub(super) use sdk::destination::exports::appflow::connector::destination;
    pub(super) use sdk::metadata::exports::appflow::connector::metadata;
    pub(super) use sdk::source::exports::appflow::connector::source;
}
