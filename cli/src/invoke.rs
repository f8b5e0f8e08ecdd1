//! `appflow-wasm invoke`: one operation of a component, on this machine, through the library the Lambda binary uses.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use appflow_host::StartError;
use appflow_host::appflow::MAX_ANSWER_BYTES;
use appflow_host::aws::Aws;
use appflow_host::credentials::{MemoryStore, SecretCache};
use appflow_host::egress::{FaultPlan, LocalTargets};
use appflow_host::engine::{Connector, Target};
use appflow_host::entitlement::{Gate, Product, Settings as GateSettings};
use appflow_host::invocation::{Call, Host, Report};
use appflow_host::manifest::{Limits, Narrowing};
use serde_json::Value;

use crate::requests::{LOCAL_ARN, Operation, RequestArguments};
use crate::{check, compile, table};

/// Exit status when the connector answered with a failure.
const EXIT_FAILURE_ANSWER: u8 = 1;

/// Runs one operation of a component on this machine.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  appflow-wasm invoke describe hello.wasm
  appflow-wasm invoke query salesforce.wasm --entity Account --fields Id,Name --filter \"Name contains 'a'\" \\
      --setting instanceUrl=https://example.my.salesforce.com --secret secret.json
  appflow-wasm invoke query hello.cwasm --request request.json

  appflow-wasm invoke query tickets.cwasm --entity tickets --filter 'updatedAt >= 2025-01-31T00:00:00Z' \\
      --secret secret.json --local-target api.tickets.example=http://127.0.0.1:8080

  appflow-wasm invoke query tickets.cwasm --entity tickets --secret secret.json \\
      --local-target api.tickets.example=http://127.0.0.1:8080 --fault 1=status:503

The secret is the JSON object AppFlow would keep in Secrets Manager: {\"accessToken\": \"...\"}, {\"apiKey\": \"...\"} (and
\"apiSecretKey\"), or {\"username\": \"...\", \"password\": \"...\"}. In filters, texts stand in quotes; numbers, dates (2025-01-31) and
points in time (2025-01-31T00:00:00Z) do not. The answer goes to standard output, everything else to standard error. The exit
status is 0 if the answer is a success, 1 if not. Variables that take something away from the manifest, such as
APPFLOW_EGRESS_HOSTS, count as they do in Lambda.")]
pub(crate) struct Arguments {
    /// What to do.
    #[arg(value_enum)]
    operation: Operation,
    /// The component (.wasm), or what `compile` made of it (.cwasm).
    component: PathBuf,
    #[command(flatten)]
    request: RequestArguments,
    /// File with the connection's secret.
    #[arg(long, value_name = "FILE")]
    secret: Option<PathBuf>,
    /// Manifest of a .wasm [default: the component's own, else connector.toml beside it].
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// A stand-in on this machine: HOST=http://127.0.0.1:PORT takes the place of a granted host, http://127.0.0.1:PORT is
    /// granted as it is; may be given more than once.
    #[arg(long = "local-target", value_name = "TARGET")]
    local_targets: Vec<String>,
    /// A fault on purpose, such as 1=status:503 or '*=reset-after': WHICH REQUEST=WHAT; see docs/testing.md for all; may be
    /// given more than once, and the first one due counts.
    #[arg(long = "fault", value_name = "WHEN=WHAT")]
    faults: Vec<String>,
    /// Time the whole invocation may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=900))]
    timeout: u64,
    /// Show the connector's log lines at this level.
    #[arg(long, value_name = "LEVEL", default_value = "warn",
          value_parser = ["error", "warn", "info", "debug", "trace"])]
    log: String,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    appflow_host::log::init_to_stderr(&arguments.log);
    let narrowing = Narrowing::from_environment(|name| std::env::var(name).ok());
    let loading = Instant::now();
    let connector = load(arguments)?
        .narrowed(&narrowing)
        .map_err(StartError::from)?;
    if !narrowing.is_empty() {
        eprintln!("narrowed by the operator: {narrowing}");
    }
    let loaded = loading.elapsed();
    let manifest_name = format!(
        "{} {}",
        connector.manifest().name,
        connector.manifest().version
    );
    let limits = connector.manifest().limits;
    let grants = connector.manifest().grants();
    let secrets = MemoryStore::new();
    if let Some(path) = &arguments.secret {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read \"{}\"", path.display()))?;
        secrets.put(LOCAL_ARN, &text);
    }
    let local = LocalTargets::parse(&arguments.local_targets.join(","))?;
    let faults = FaultPlan::parse(&arguments.faults.join(";"))?;
    let egress = appflow_host::egress_for(connector.manifest(), local, faults);
    let host = Host::new(
        connector,
        egress,
        SecretCache::new(Arc::new(secrets)),
        Gate::new(
            "local",
            &Product::Free,
            GateSettings::default(),
            &Arc::new(Aws::from_environment()),
        ),
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let version = if arguments.request.needs_api_version(arguments.operation) {
            api_version(&host).await
        } else {
            None
        };
        let body = arguments.request.build(
            arguments.operation,
            version.as_deref(),
            arguments.secret.is_some(),
        )?;
        eprintln!("request  {}", String::from_utf8_lossy(&body));
        let (answer, report) = host
            .answer_with_report(call(&body, Duration::from_secs(arguments.timeout)))
            .await;
        let answer: Value = serde_json::from_slice(&answer).context("the answer is not JSON")?;
        // A reader that has seen enough, such as `head`, closes the pipe; that is no failure of the invocation.
        let _ = writeln!(
            std::io::stdout(),
            "{}",
            serde_json::to_string_pretty(&answer)?
        );
        summary(&manifest_name, &report, loaded, limits);
        not_asked(&grants, &report);
        let success = answer.get("isSuccess").and_then(Value::as_bool) == Some(true);
        Ok(if success {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(EXIT_FAILURE_ANSWER)
        })
    })
}

fn load(arguments: &Arguments) -> Result<Connector> {
    let path = &arguments.component;
    if path
        .extension()
        .is_some_and(|extension| extension == "cwasm")
    {
        if let Some(manifest) = &arguments.manifest {
            bail!(
                "\"{}\" was compiled with its manifest inside, so that --manifest \"{}\" would have no effect; give the .wasm, or \
                 compile it again",
                path.display(),
                manifest.display()
            );
        }
        return Ok(Connector::load(path)?);
    }
    let wasm =
        std::fs::read(path).with_context(|| format!("cannot read \"{}\"", path.display()))?;
    let shape =
        check::check(&wasm).with_context(|| format!("\"{}\" is refused", path.display()))?;
    let manifest = compile::manifest_text(path, arguments.manifest.as_deref(), &wasm)?;
    let here = Target::current().context("connectors run on x86_64 and arm64 machines only")?;
    compile::load(&wasm, &shape, &manifest, here)
}

fn call(body: &[u8], timeout: Duration) -> Call<'_> {
    Call {
        body,
        request_id: "local",
        function_arn: "arn:aws:lambda:us-east-1:000000000000:function:local",
        trace_id: None,
        deadline: Instant::now() + timeout,
    }
}

/// The first API version the connector declares.
async fn api_version(host: &Host) -> Option<String> {
    let body = br#"{"type":"DescribeConnectorConfigurationRequest"}"#;
    let (answer, _) = host
        .answer_with_report(call(body, Duration::from_secs(10)))
        .await;
    let answer: Value = serde_json::from_slice(&answer).ok()?;
    if let Some(reason) = answer
        .pointer("/errorDetails/errorMessage")
        .and_then(Value::as_str)
    {
        eprintln!(
            "warning: the connector's description is refused, so the API version is left empty: {reason}"
        );
    }
    answer
        .pointer("/supportedApiVersions/0")?
        .as_str()
        .map(str::to_owned)
}

fn summary(connector: &str, report: &Report, loaded: Duration, limits: Limits) {
    let millis = |duration: Duration| format!("{:.1} ms", duration.as_secs_f64() * 1e3);
    eprintln!();
    table::print_to_stderr(&[
        ("connector", connector.to_owned()),
        ("loading", millis(loaded)),
        (
            "time",
            format!(
                "{} of {:.1} s",
                millis(report.wall),
                report.limit.as_secs_f64()
            ),
        ),
        ("in the guest", millis(report.guest)),
        (
            "memory",
            format!(
                "{} of {}",
                table::bytes(report.memory_bytes),
                table::bytes(to_usize(limits.memory_bytes))
            ),
        ),
        (
            "answer",
            format!(
                "{} of {}",
                table::bytes(report.bytes),
                table::bytes(MAX_ANSWER_BYTES)
            ),
        ),
        ("records", report.records.to_string()),
        ("host calls", host_calls(report)),
        (
            "requests",
            format!(
                "{} ({} out, {} in, {}), {} of them again after a failure, {} refused",
                report.stats.calls(),
                table::bytes(to_usize(report.stats.bytes_out())),
                table::bytes(to_usize(report.stats.bytes_in())),
                millis(report.stats.time()),
                report.stats.retries(),
                report.stats.refusals()
            ),
        ),
        (
            "held bodies",
            format!(
                "{} of {}",
                table::bytes(report.held_bytes),
                table::bytes(to_usize(limits.held_bodies_bytes))
            ),
        ),
    ]);
}

/// Names the grants under which nothing was asked: a manifest has none that no operation needs.
fn not_asked(grants: &[String], report: &Report) {
    let used = report.stats.grants();
    let unused: Vec<&str> = grants
        .iter()
        .filter(|grant| !used.contains(*grant))
        .map(String::as_str)
        .collect();
    if !unused.is_empty() {
        table::print_to_stderr(&[("not asked", unused.join(", "))]);
    }
}

/// How often the guest called which interface of the host.
fn host_calls(report: &Report) -> String {
    let calls: Vec<String> = report
        .host_calls
        .by_interface()
        .iter()
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    if calls.is_empty() {
        "none".to_owned()
    } else {
        calls.join(", ")
    }
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
