//! One process of the host, thousands of invocations, one in five requests to the application spoilt on purpose: what does
//! the process hold at the end that it did not hold at the beginning?
//!
//! Two runs, each in a process of its own: the Salesforce connector over its stand-in, and the hostile guest. Requests of all
//! operations are mixed by a seeded generator ([`salesforce`], [`hostile`]); [`watch`] looks at the process from outside;
//! [`verdict`] says what is expected of it.

mod hostile;
mod salesforce;
mod verdict;
mod watch;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use appflow_testkit::checker;
use appflow_testkit::runtime_api::{FunctionConfig, Lambda};
use appflow_testkit::setup::Setup;
use clap::Parser;
use fastrand::Rng;
use serde_json::Value;

use crate::verdict::Run;
use crate::watch::Sample;

/// Kinds of faults at the host's way out, equally likely. None waits for long: a soak is about many, not about slow ones.
const FAULTS: &str = "dns|connect-refused|tls|reset-before|reset-after|status:429,retry-after=60|status:500|status:503|\
    status-after:502|slow:20|drip:2|truncate:10|wrong-length|malformed:cut|malformed:html|malformed:empty|malformed:bom|\
    malformed:not-utf8|malformed:type";
/// Invocations between two looks at the process.
const SAMPLE_EVERY: u32 = 10;
/// Invocations between two resets of the application, so that its data does not grow.
const RESET_EVERY: u32 = 50;
/// Time between two lines of progress.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);
/// Time for connections to close and threads to end once nobody asks any more.
const QUIET_LIMIT: Duration = Duration::from_secs(30);
/// Wrong answers after which the run stops.
const MOST_PROBLEMS: usize = 10;

/// Drives one process of the host through many invocations with faults, and watches what it holds.
#[derive(Debug, Parser)]
#[command(name = "soak")]
struct Options {
    /// The host's binary.
    #[arg(long, value_name = "FILE")]
    bootstrap: PathBuf,
    /// Folder with the compiled components.
    #[arg(long, value_name = "DIR")]
    artifacts: PathBuf,
    /// Invocations of each connector.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    invocations: u32,
    /// Requests to the application that go wrong, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 20, value_parser = clap::value_parser!(u8).range(0..=100))]
    faults: u8,
    /// Begins the sequence of invocations and faults.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// This connector only.
    #[arg(long, value_name = "NAME", value_parser = ["salesforce", "hostile"])]
    connector: Option<String>,
}

/// A request, the time it gets, and what must come of it besides an answer that AppFlow can decode.
struct Request {
    /// Short name, for the counts.
    kind: &'static str,
    body: Vec<u8>,
    timeout: Duration,
    expect: Expect,
}

/// What must come of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    /// A success or an error, whatever fits.
    Either,
    /// An error.
    Failure,
    /// A success with so many records over all pages, or an error.
    AllOrError(usize),
    /// A success with so many records.
    Exactly(usize),
}

/// An application with requests for a connector to it.
trait Mix {
    /// Name of the component.
    fn component(&self) -> &'static str;
    /// What it needs in its environment.
    fn configure(&self, config: FunctionConfig) -> Result<FunctionConfig>;
    /// The next request.
    fn request(&mut self, rng: &mut Rng) -> Request;
    /// One that touches no application, to see what the process holds by itself.
    fn idle(&self) -> Vec<u8>;
    /// Puts the application's data back.
    fn reset(&mut self);
    /// Requests that have reached the application.
    fn exchanges(&self) -> usize;
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("the soak failed: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<bool> {
    let setup = Setup::new(&options.bootstrap, &options.artifacts)?;
    let wanted = |name: &str| options.connector.as_deref().is_none_or(|only| only == name);
    let mut good = true;
    if wanted("salesforce") {
        good &= soak(&setup, options, salesforce::Salesforce::start()?)?;
    }
    if wanted("hostile") {
        good &= soak(&setup, options, hostile::Hostile::start()?)?;
    }
    Ok(good)
}

/// One connector's run; true if nothing was found wrong.
fn soak(setup: &Setup, options: &Options, mut mix: impl Mix) -> Result<bool> {
    let name = mix.component();
    let mut config = setup.function(name)?.memory_mb(1024);
    if options.faults > 0 {
        config = config.env(
            "APPFLOW_FAULTS",
            format!("{}%={FAULTS},seed={}", options.faults, options.seed),
        );
    }
    let lambda = Lambda::start(mix.configure(config)?)?;
    say(&format!(
        "{name}: {} invocations, {} % faults, seed {}",
        options.invocations, options.faults, options.seed
    ));
    lambda.invoke(&mix.idle())?;
    let process = lambda.process_id().context("the process did not start")?;
    let before = Sample::take(process)?;

    let mut rng = Rng::with_seed(options.seed);
    let mut run = Run::new(name, options.invocations, before);
    let started = Instant::now();
    let mut told = Instant::now();
    for number in 1..=options.invocations {
        let request = mix.request(&mut rng);
        invoke(&lambda, &request, &mut run)?;
        if number % RESET_EVERY == 0 {
            mix.reset();
        }
        if number % SAMPLE_EVERY == 0 {
            run.samples.push((number, Sample::take(process)?));
        }
        if told.elapsed() >= PROGRESS_EVERY {
            told = Instant::now();
            say(&run.progress(number));
        }
        if run.problems.len() >= MOST_PROBLEMS {
            run.invocations = number;
            break;
        }
    }
    run.exchanges = mix.exchanges();
    run.took = started.elapsed();
    // Without the application every kept connection ends, and with it what waits for it.
    drop(mix);
    run.after = quiet(process, before)?;
    if lambda.starts() != 1 || lambda.process_id() != Some(process) {
        run.problems
            .push(format!("{} processes instead of one", lambda.starts()));
    }
    say(&run.report());
    Ok(run.is_good())
}

/// Follows a request to its last page.
fn invoke(lambda: &Lambda, request: &Request, run: &mut Run) -> Result<()> {
    let mut body = request.body.clone();
    let mut records = 0;
    let mut pages = 0;
    loop {
        pages += 1;
        let invoked = lambda.invoke_within(&body, request.timeout)?;
        let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
        let operation = checker::operation_of(&asked).unwrap_or_default();
        let mut wrong: Vec<String> = checker::check(operation, &asked, &invoked.payload)
            .iter()
            .map(ToString::to_string)
            .collect();
        if let Some(error) = &invoked.function_error {
            wrong.push(format!(
                "function error {}: {}",
                error.error_type, error.message
            ));
        }
        let answer: Value = serde_json::from_slice(&invoked.payload).unwrap_or_default();
        let success = answer["isSuccess"] == true;
        records += answer["records"].as_array().map_or(0, Vec::len);
        let token = answer["nextToken"].as_str().filter(|_| success);
        let code = answer["errorDetails"]["errorCode"].as_str();
        run.answered(request.kind, code.unwrap_or("success"), invoked.duration);
        let last = token.is_none() || pages == 30;
        let fits = match request.expect {
            Expect::Either => true,
            Expect::Failure => !success,
            Expect::AllOrError(count) => !success || !last || records == count,
            Expect::Exactly(count) => success && (!last || records == count),
        };
        if !fits {
            wrong.push(format!(
                "{:?} was expected, and there came {records} records and {}",
                request.expect, answer["errorDetails"]
            ));
        }
        run.problems.extend(wrong.into_iter().map(|problem| {
            let entity = &asked["entityIdentifier"];
            format!("{} {operation} {entity}: {problem}", request.kind)
        }));
        match token {
            Some(token) if !last => {
                let mut next = asked.clone();
                next["nextToken"] = token.into();
                body = next.to_string().into_bytes();
            }
            _ => return Ok(()),
        }
    }
}

/// The process once nothing happens any more, or as it is when that takes too long.
fn quiet(process: u32, before: Sample) -> Result<Sample> {
    let started = Instant::now();
    loop {
        let now = Sample::take(process)?;
        let left = now.sockets > before.sockets || now.threads > before.threads;
        if !left || started.elapsed() > QUIET_LIMIT {
            return Ok(now);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The secrets of several connections in one file, for `APPFLOW_SECRETS_FILE`.
fn secrets(tokens: &[String]) -> Result<tempfile::NamedTempFile> {
    let store: BTreeMap<String, Value> = tokens
        .iter()
        .enumerate()
        .map(|(number, token)| {
            (
                arn(number),
                serde_json::json!({"accessToken": token, "refreshToken": "CANARY-REFRESH-88e0"}),
            )
        })
        .collect();
    let file = tempfile::NamedTempFile::new().context("cannot make a file for secrets")?;
    std::fs::write(file.path(), serde_json::to_vec(&store)?)?;
    Ok(file)
}

/// The secret of a connection.
fn arn(connection: usize) -> String {
    format!(
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:appflow!111122223333-connection-{connection}-AbCdEf"
    )
}

fn say(text: &str) {
    // A reader that has gone away is no reason to stop.
    let _ = writeln!(std::io::stdout(), "{text}");
}
