//! Runs one Amazon AppFlow connector, compiled to a WASI component, behind AppFlow's Lambda protocol.
//!
//! A request passes through these modules in turn; [`invocation`] leads it:
//!
//! 1. [`lambda`]: the loop between Lambda's Runtime API and [`invocation::Host::answer`];
//! 2. [`appflow`]: JSON to a typed request, and back at the end; the only module that knows AppFlow's JSON;
//! 3. [`entitlement`] and [`credentials`]: may this buyer use the connector, and what does the connection log in with;
//! 4. [`filter`]: the filter expression as a tree;
//! 5. [`bindings`]: the call into the guest, and what the guest can call: [`page`] for records, [`egress`] for requests;
//! 6. [`tokens`]: the connector's next token, sealed for AppFlow;
//! 7. [`error`](Error): whatever went wrong, as one of AppFlow's codes.
//!
//! [`bootstrap`] is what the Lambda binary does with all of them. [`log`] and [`telemetry`] tell operators what happened.
//! [`engine`] loads the compiled connector with its [`manifest`] once per process, under [`settings`] from the environment.

pub mod appflow;
pub mod aws;
pub mod bindings;
pub mod bootstrap;
pub mod clock;
pub mod credentials;
pub mod egress;
pub mod engine;
pub mod entitlement;
mod error;
pub mod filter;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod invocation;
pub mod lambda;
pub mod log;
pub mod manifest;
mod mechanism;
pub mod page;
pub mod settings;
mod start;
pub mod telemetry;
pub mod tokens;

pub use error::Error;
pub use start::{StartError, egress_for, host};
