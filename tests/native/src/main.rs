//! The Lambda binary without a sandbox.

use std::process::ExitCode;

fn main() -> ExitCode {
    appflow_native::bootstrap::run()
}
