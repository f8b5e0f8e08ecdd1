//! The Lambda binary without a sandbox: the host's `main.rs`, line by line.

use std::process::ExitCode;
use std::sync::Arc;

use appflow_native::log::LogSettings;
use appflow_native::settings::Settings;
use appflow_native::{host, lambda, log};

/// A configuration that cannot work, as in BSD's `sysexits.h`.
const EXIT_CONFIG: u8 = 78;

fn main() -> ExitCode {
    let settings = match Settings::from_environment(|name| std::env::var(name).ok()) {
        Ok(settings) => settings,
        Err(error) => return refuse(&error),
    };
    log::init(settings.log);
    let host = match host(&settings) {
        Ok(host) => Arc::new(host),
        Err(error) => return refuse(&error),
    };
    // One thread: Lambda gives a process one invocation at a time, and threads cost a start and each wake-up. What must go
    // on while a guest computes has a thread of its own: the alarm that stops it, and the entitlement's question.
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&error),
    };
    match runtime.block_on(lambda::run(host)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(target: "appflow_host", "the Lambda Runtime API failed: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Says on standard error why the host cannot start, with every cause, and what ends the process.
fn refuse(error: &dyn std::error::Error) -> ExitCode {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    log::init(LogSettings::default());
    tracing::error!(target: "appflow_host", "cannot start: {text}");
    ExitCode::from(EXIT_CONFIG)
}
