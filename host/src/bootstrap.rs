//! The Lambda binary: reads the settings, builds the host once, and hands it to the runtime.

use std::process::ExitCode;
use std::sync::Arc;

use crate::log::LogSettings;
use crate::settings::Settings;
use crate::{host, lambda, log};

/// A program that was called wrongly: not by Lambda.
const EXIT_USAGE: u8 = 2;
/// A configuration that cannot work, as in BSD's `sysexits.h`.
const EXIT_CONFIG: u8 = 78;

/// Answers invocations until Lambda ends the process; all there is of the program `bootstrap`.
///
/// What keeps it from starting is told in the log, in words. The exit status is 2 if it was not started by Lambda, 78 if the
/// settings or the connector cannot be used, and 1 if the Runtime API fails.
#[must_use]
pub fn run() -> ExitCode {
    let lookup = |name: &str| std::env::var(name).ok();
    if let Err(error) = lambda::check_environment(lookup) {
        return refuse(&error, EXIT_USAGE);
    }
    let settings = match Settings::from_environment(lookup) {
        Ok(settings) => settings,
        Err(error) => return refuse(&error, EXIT_CONFIG),
    };
    log::init(settings.log);
    let host = match host(&settings) {
        Ok(host) => Arc::new(host),
        Err(error) => return refuse(&error, EXIT_CONFIG),
    };
    // One thread: Lambda gives a process one invocation at a time, and threads cost a start and each wake-up. What must go
    // on while a guest computes has a thread of its own: the alarm that stops it, and the entitlement's question.
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&error, EXIT_CONFIG),
    };
    match runtime.block_on(lambda::run(host)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(target: "appflow_host", "the Lambda Runtime API failed: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Says in the log why the host cannot start, with every cause, and what ends the process.
fn refuse(error: &dyn std::error::Error, status: u8) -> ExitCode {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    log::init(LogSettings::default());
    tracing::error!(target: "appflow_host", "cannot start: {text}");
    ExitCode::from(status)
}
