//! From a compiled file to a connector that can be called: once per process.
//!
//! [`config`] is the one place that settles how components are compiled and run; the tool that compiles and the host
//! that loads both call it, since Wasmtime refuses code made under other settings. [`Connector::load`] maps the file,
//! links the imports and looks up which interfaces the component exports. An invocation then only builds a store and
//! an instance, which takes the place of the one before in the pool.
//!
//! Guests are stopped by epoch interruption: every loop of the guest checks a counter, and an [`alarm`](Alarm) raises
//! it when an invocation's time is over. That costs a loop some tens of per cent and stops any guest inside the process,
//! so that the next invocation finds a warm host.

mod alarm;
mod artifact;
mod limits;
mod load;
mod pool;
mod trap;

pub use alarm::Alarm;
pub use artifact::{Artifact, ArtifactError, Metadata, Target};
pub use limits::MemoryLimiter;
pub use load::{Connector, Exports, LoadError};
pub use trap::{TrapKind, classify};

use wasmtime::Config;

/// Version of Wasmtime this host runs. Code compiled by another one is refused.
///
/// Wasmtime does not export its version; a test compares this constant with `Cargo.lock`.
pub const WASMTIME_VERSION: &str = "48.0.8";

/// Version of the contract, `appflow:connector`, this host provides.
pub const CONTRACT_VERSION: &str = "0.1.0";

/// Native stack a guest may use, in bytes. Deep recursion beyond it is a trap of its own kind. Half of the stack on
/// which asynchronous calls run, as the rest belongs to host functions called from the guest.
pub const GUEST_STACK_BYTES: usize = 1 << 20;

/// Settings under which components are compiled and run. Both sides must use this function.
#[must_use]
pub fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .epoch_interruption(true)
        .max_wasm_stack(GUEST_STACK_BYTES)
        .async_stack_size(2 * GUEST_STACK_BYTES)
        // Memories begin as copy-on-write mappings of the compiled file: nothing is copied that is not written.
        .memory_init_cow(true);
    config
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "tests")]
mod tests {
    #[test]
    fn wasmtime_version_is_the_locked_one() {
        let lock = include_str!("../../../Cargo.lock");
        let at = lock
            .find("name = \"wasmtime\"")
            .expect("wasmtime is locked");
        let version = lock[at..]
            .lines()
            .nth(1)
            .expect("a version follows the name");
        assert_eq!(
            version,
            format!("version = \"{}\"", super::WASMTIME_VERSION)
        );
    }
}
