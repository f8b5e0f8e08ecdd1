//! What the benchmark and the gates measure with: a process in an environment of Lambda's, and an application that costs
//! next to nothing.
//!
//! [`runtime_api`](crate::runtime_api) and the stand-ins are for tests: they check much and know much. Here clocks stand
//! beside bare sockets, so that what is measured is the process.

mod lambda;
mod upstream;
mod wire;

pub use lambda::{Answered, Ended, Environment};
pub use upstream::Upstream;
