//! What a connector costs in each language, as a table of Markdown: the program behind `cargo xtask languages`.
//!
//! The smallest connector of a language is started and asked, and a connector that hands on one page reads 5 MB, once picked
//! by the host (`emit-json`) and once by code of its own. Times within the process are those of the host's own log line; the
//! application's time is not in them. Languages take turns, so that what else the machine does meets all of them.

mod table;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use appflow_testkit::runtime_api::{Invoked, Lambda};
use appflow_testkit::setup::Setup;
use appflow_testkit::upstream::{Script, Upstream};
use clap::Parser;
use serde_json::{Value, json};

use self::table::{Column, bytes, median, millis, write_between};

/// Records of the page, and about how many bytes each has.
const RECORDS: usize = 5_000;
const RECORD_BYTES: usize = 1_000;
/// Fields of a record, and of those the ones that are picked.
const FIELDS: usize = 16;
const PICKED: usize = 11;
/// Host that the connectors are granted.
const HOST: &str = "bench.example.com";

/// Measures what a connector costs in each language.
#[derive(Parser)]
struct Arguments {
    /// The Lambda binary.
    #[arg(long)]
    bootstrap: PathBuf,
    /// Folder of components and compiled components.
    #[arg(long)]
    artifacts: PathBuf,
    /// A language: its name, its smallest connector, the one that reads a page ("-" for none), bytes of its tools and
    /// milliseconds of its build (0 for unknown), divided by commas.
    #[arg(long = "language")]
    languages: Vec<Column>,
    /// Turns, each with one start and one page of each kind.
    #[arg(long, default_value_t = 9)]
    runs: usize,
    /// Puts the table into this file too, between its marks.
    #[arg(long)]
    write: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What was measured of a language, in milliseconds.
#[derive(Default)]
struct Measured {
    start: Vec<f64>,
    warm: Vec<f64>,
    picked: Vec<f64>,
    own: Vec<f64>,
    memory_kib: u64,
    /// Why a page of a kind cannot be read.
    missing: BTreeMap<&'static str, String>,
}

fn run(arguments: &Arguments) -> Result<()> {
    if arguments.languages.is_empty() {
        bail!("name at least one --language");
    }
    let setup = Setup::new(&arguments.bootstrap, &arguments.artifacts)?;
    let folder = tempfile::tempdir()?;
    let script = json!({"exchange": [{"body": body()}]});
    let script: Script = serde_json::from_value(script).context("the application's script")?;
    let upstream = Upstream::start(script, folder.path())?;
    let mut all: Vec<Measured> = arguments
        .languages
        .iter()
        .map(|_| Measured::default())
        .collect();
    for turn in 0..arguments.runs {
        eprintln!("turn {} of {}", turn + 1, arguments.runs);
        for (column, measured) in arguments.languages.iter().zip(&mut all) {
            start(&setup, column, measured)
                .and_then(|()| pages(&setup, column, &upstream, measured))
                .with_context(|| column.name.clone())?;
        }
    }
    let text = table(arguments, &all)?;
    for (column, measured) in arguments.languages.iter().zip(&all) {
        for (kind, reason) in &measured.missing {
            eprintln!("{}, page read by the {kind}: {reason}", column.name);
        }
    }
    println!("{text}");
    match &arguments.write {
        Some(file) => write_between(file, &text),
        None => Ok(()),
    }
}

/// A page of records as an application has them.
fn body() -> String {
    let filler = "x".repeat(RECORD_BYTES / FIELDS - 12);
    let record = |id: usize| {
        let fields =
            (1..FIELDS).map(|field| (format!("f{field}"), json!(format!("{filler}{field}"))));
        let id = (String::from("id"), json!(id.to_string()));
        Value::Object(std::iter::once(id).chain(fields).collect())
    };
    json!({"records": (0..RECORDS).map(record).collect::<Vec<_>>()}).to_string()
}

fn describe() -> Vec<u8> {
    json!({"type": "DescribeConnectorConfigurationRequest"})
        .to_string()
        .into_bytes()
}

/// One process from its start to its first answer, and then answer after answer.
fn start(setup: &Setup, column: &Column, measured: &mut Measured) -> Result<()> {
    let lambda = Lambda::start(setup.function(&column.smallest)?)?;
    let first = good(lambda.invoke(&describe())?)?;
    let took = first.duration + first.init_duration.unwrap_or(Duration::ZERO);
    measured.start.push(took.as_secs_f64() * 1_000.0);
    for _ in 0..20 {
        measured
            .warm
            .push(inside(&good(lambda.invoke(&describe())?)?)?);
    }
    Ok(())
}

/// The page, picked by the host and by the connector. The first one of a process is not counted: it meets cold memory.
fn pages(
    setup: &Setup,
    column: &Column,
    upstream: &Upstream,
    measured: &mut Measured,
) -> Result<()> {
    let Some(reader) = &column.reader else {
        return Ok(());
    };
    let fields: Vec<String> = (0..PICKED)
        .map(|field| {
            if field == 0 {
                "id".to_owned()
            } else {
                format!("f{field}")
            }
        })
        .collect();
    for parse in ["host", "own"] {
        let function = setup.function(reader)?.env(
            "APPFLOW_LOCAL_TARGETS",
            format!("{HOST}={}", upstream.url()),
        );
        let lambda = Lambda::start(function)?;
        let settings = json!({"url": format!("https://{HOST}/page"), "parse": parse});
        let request = json!({"type": "QueryDataRequest", "entityIdentifier": "records", "selectedFieldNames": fields,
            "maxResults": RECORDS, "connectorContext": {"apiVersion": "v1.0", "connectorRuntimeSettings": settings}});
        for counted in [false, true, true, true] {
            let invoked = lambda.invoke(request.to_string().as_bytes())?;
            if let Some(error) = &invoked.function_error {
                bail!("{}: {}", error.error_type, error.message);
            }
            let answer: Value = serde_json::from_slice(&invoked.payload)?;
            let records = answer["records"].as_array().map_or(0, Vec::len);
            if records != RECORDS {
                let reason = answer["errorDetails"]["errorMessage"]
                    .as_str()
                    .map_or_else(|| format!("{records} of {RECORDS} records"), str::to_owned);
                measured.missing.insert(parse, reason);
                break;
            }
            let took = inside(&invoked)?;
            match parse {
                _ if !counted => {}
                "own" => measured.own.push(took),
                _ => {
                    measured.picked.push(took);
                    measured.memory_kib = measured.memory_kib.max(invoked.max_memory_kib);
                }
            }
        }
    }
    Ok(())
}

/// An answer that is a success.
fn good(invoked: Invoked) -> Result<Invoked> {
    let answer: Value = serde_json::from_slice(&invoked.payload)?;
    if answer["isSuccess"] != true {
        bail!("it answered {answer}");
    }
    Ok(invoked)
}

/// Milliseconds from the request to the finished answer without those of the application, by the host's own line.
fn inside(invoked: &Invoked) -> Result<f64> {
    let line = invoked.log.iter().rev().find_map(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        (line["message"] == "invocation").then_some(line)
    });
    let line = line.context("the host wrote no line about the invocation")?;
    let value = |name: &str| {
        line[name]
            .as_f64()
            .with_context(|| format!("the line has no {name}"))
    };
    Ok(value("wall_ms")? - value("upstream_ms")?)
}

fn table(arguments: &Arguments, all: &[Measured]) -> Result<String> {
    let size = |name: &str, extension: &str| -> Result<String> {
        let file = arguments.artifacts.join(name).with_extension(extension);
        let length = std::fs::metadata(&file)
            .with_context(|| file.display().to_string())?
            .len();
        Ok(bytes(length))
    };
    let page = |measured: &Measured, times: &[f64], kind: &str| match measured.missing.get(kind) {
        Some(_) => "no".to_owned(),
        None if times.is_empty() => "not measured".to_owned(),
        None => format!("{} ms", millis(median(times))),
    };
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    let columns = || arguments.languages.iter().zip(all);
    let mut row = |name: &str, cells: Vec<String>| rows.push((name.to_owned(), cells));
    row(
        "tools on disk",
        columns().map(|(column, _)| column.tools()).collect(),
    );
    row(
        "build of the smallest connector",
        columns().map(|(column, _)| column.build()).collect(),
    );
    row(
        "its component",
        columns()
            .map(|(column, _)| size(&column.smallest, "wasm"))
            .collect::<Result<_>>()?,
    );
    row(
        "compiled",
        columns()
            .map(|(column, _)| size(&column.smallest, "cwasm"))
            .collect::<Result<_>>()?,
    );
    row(
        "start of a process to its first answer",
        columns()
            .map(|(_, measured)| format!("{} ms", millis(median(&measured.start))))
            .collect(),
    );
    row(
        "a call of a warm process",
        columns()
            .map(|(_, measured)| format!("{} ms", millis(median(&measured.warm))))
            .collect(),
    );
    row(
        "5 MB page by `emit-json`",
        columns().map(|(_, m)| page(m, &m.picked, "host")).collect(),
    );
    row(
        "5 MB page by its own parsing",
        columns().map(|(_, m)| page(m, &m.own, "own")).collect(),
    );
    row(
        "memory of the process, page by `emit-json`",
        columns()
            .map(|(_, m)| {
                if m.memory_kib == 0 {
                    "not measured".to_owned()
                } else {
                    bytes(m.memory_kib << 10)
                }
            })
            .collect(),
    );
    let names: Vec<&str> = arguments
        .languages
        .iter()
        .map(|column| column.name.as_str())
        .collect();

    Ok(table::markdown(&names, &rows, arguments.runs))
}
