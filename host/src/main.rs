//! The Lambda binary, which is [`appflow_host::bootstrap`].

use std::process::ExitCode;

fn main() -> ExitCode {
    appflow_host::bootstrap::run()
}
