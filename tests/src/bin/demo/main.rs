//! A whole flow of AppFlow's on one machine: records out of a sandboxed connector and back, no cloud needed.
//!
//! The Lambda binary that ships, `bootstrap`, runs with the compiled Salesforce connector beside it. Around it stand an
//! emulated Lambda Runtime API, a small Salesforce, and a file with the secret; all on loopback.

mod flow;
mod show;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use appflow_testkit::runtime_api::{FunctionConfig, Lambda};
use appflow_testkit::salesforce::{Config, SalesforceStandIn};
use appflow_testkit::setup::SecretsFile;
use clap::Parser;

use crate::flow::Flow;
use crate::show::Screen;

/// Host the connector believes to talk to; its manifest grants it.
const INSTANCE_HOST: &str = "acme.my.salesforce.com";

/// Runs a whole flow through the Lambda binary and a compiled connector, and shows what happens.
#[derive(Debug, Parser)]
#[command(name = "demo")]
struct Options {
    /// Folder with `bootstrap` and `connector.cwasm`, as `cargo xtask assemble salesforce` leaves it.
    #[arg(long, value_name = "DIR")]
    image: PathBuf,
    /// File for the records, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Accounts the small Salesforce holds.
    #[arg(long, value_name = "N", default_value_t = 30_000)]
    records: usize,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(
                anstream::stderr(),
                "\n{}: {error:#}",
                show::bad("the flow failed")
            );
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let screen = Screen::new();
    let image = &options.image;
    let bootstrap = image.join("bootstrap");
    let component = image.join("connector.cwasm");
    let size = |path: &PathBuf| {
        std::fs::metadata(path)
            .map(|metadata| show::bytes(metadata.len()))
            .with_context(|| {
                format!(
                    "{} is not there; make it with `cargo xtask assemble salesforce`",
                    path.display()
                )
            })
    };
    let (bootstrap_size, component_size) = (size(&bootstrap)?, size(&component)?);

    let salesforce = SalesforceStandIn::start(Config {
        records: [("Account".to_owned(), options.records)].into(),
        ..Config::default()
    })
    .context("cannot start the Salesforce stand-in")?;
    let secrets =
        SecretsFile::create(&[("accessToken".to_owned(), salesforce.token().to_owned())].into())?;
    let url = salesforce.url();
    let targets = format!("{url},login.salesforce.com={url},{INSTANCE_HOST}={url}");
    let config = FunctionConfig::new(bootstrap)
        .env("APPFLOW_LOCAL_TARGETS", targets)
        .env("APPFLOW_SECRETS_FILE", secrets.path().display().to_string());
    let lambda = Lambda::start(config)?;

    screen.title("A flow through a sandboxed connector");
    screen.note(
        "Lambda",
        &format!(
            "{} ({bootstrap_size}, no compiler inside)",
            image.join("bootstrap").display()
        ),
    );
    screen.note(
        "connector",
        &format!("connector.cwasm ({component_size}, a WebAssembly component, compiled ahead)"),
    );
    screen.note(
        "Salesforce",
        &format!(
            "a stand-in at {url} with {} accounts",
            show::count(options.records)
        ),
    );
    screen.note(
        "secret",
        "in a file, in place of AWS Secrets Manager; the connector never sees it",
    );
    screen.blank();

    let mut flow = Flow::new(&lambda, &screen, format!("https://{INSTANCE_HOST}"));
    let outcome = flow.run(&salesforce, &options.out);
    if outcome.is_err() {
        let log = lambda.logs().unwrap_or_default();
        let start = log.len().saturating_sub(10);
        for line in &log[start..] {
            let _ = writeln!(anstream::stderr(), "log: {line}");
        }
    }
    outcome?;

    screen.blank();
    screen.table(
        &["step", "calls", "records", "time"],
        &flow.summary(),
        &[1, 2, 3],
    );
    screen.blank();
    screen.line(&format!(
        "{} {} records in {}; the connector made {} requests; peak memory of the function {}.",
        show::good("Done."),
        show::count(flow.records_written()),
        options.out.display(),
        salesforce.requests().len(),
        show::bytes(flow.peak_memory_kib() * 1024),
    ));
    Ok(())
}
