//! The Salesforce stand-in as a program, for tests in other languages.
//!
//! Writes one line of JSON with its address and the token it takes, and serves until its standard input ends, so that it
//! does not outlive whoever started it.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use appflow_testkit::salesforce::{Config, SalesforceStandIn};
use clap::Parser;
use serde_json::json;

/// Serves a small Salesforce on loopback until standard input ends.
#[derive(Debug, Parser)]
#[command(name = "stand-in")]
struct Options {
    /// Accounts it holds.
    #[arg(long, value_name = "N", default_value_t = 2_500)]
    accounts: usize,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let salesforce = SalesforceStandIn::start(Config {
        records: [("Account".to_owned(), options.accounts)].into(),
        ..Config::default()
    })
    .context("cannot start the Salesforce stand-in")?;
    let mut output = std::io::stdout();
    writeln!(
        output,
        "{}",
        json!({"url": salesforce.url(), "token": salesforce.token()})
    )?;
    output.flush()?;
    let mut rest = Vec::new();
    std::io::stdin().read_to_end(&mut rest)?;
    Ok(())
}
