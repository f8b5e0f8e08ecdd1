//! What noise cannot move: instructions, peak memory and sizes, held against committed baselines.
//!
//! The host that ships runs under Valgrind, whose processor is the same everywhere, and talks to a Runtime API and an
//! application of this program. What differs between two runs of one binary is a few thousandths (how bytes arrive, who
//! wins a race); the tolerances are a few times that.

mod baseline;
mod valgrind;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser;
use flate2::Compression;
use flate2::write::GzEncoder;

use baseline::{Baselines, Figure};
use valgrind::Subject;

/// Compares what has been built with its baselines; `cargo xtask gates` builds it and calls this.
#[derive(Parser)]
struct Arguments {
    /// Valgrind.
    #[arg(long, value_name = "FILE")]
    valgrind: PathBuf,
    /// Folder as in an image: `bootstrap` and `connector.cwasm`, the Salesforce connector.
    #[arg(long, value_name = "FOLDER")]
    image: PathBuf,
    /// Folder of compiled components.
    #[arg(long, value_name = "FOLDER")]
    guests: PathBuf,
    /// The committed figures.
    #[arg(long, value_name = "FILE")]
    baselines: PathBuf,
    /// What made the programs, in words.
    #[arg(long, value_name = "TEXT")]
    compilers: String,
    /// Write them anew instead of comparing.
    #[arg(long)]
    bless: bool,
    /// Only gates whose name contains this text.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

/// Percent by which instructions may grow: runs of one binary were seen to differ by 0.1.
const INSTRUCTIONS: u64 = 2;
/// Percent by which peak memory may grow: it depends on how many bytes one read from the network brings.
const MEMORY: u64 = 8;
/// Percent by which files may grow.
const SIZE: u64 = 1;

/// Ways of records out of the connector, and what the setting `parse` of the guest `bench-rust` is for each.
const PATHS: [(&str, &str, &str); 3] = [
    (
        "page of 1 MB through emit",
        "single",
        "memory of a page of 5 MB through emit",
    ),
    (
        "page of 1 MB through emit-batch",
        "own",
        "memory of a page of 5 MB through emit-batch",
    ),
    (
        "page of 1 MB through emit-json",
        "host",
        "memory of a page of 5 MB through emit-json",
    ),
];

/// The page once more through guests in other languages. What they need beside the Rust guest is calls and no records.
const LANGUAGES: [(&str, &str); 3] = [
    ("page of 1 MB through emit-json, QuickJS", "bench-qjs"),
    ("page of 1 MB through emit-json, StarlingMonkey", "bench-js"),
    ("page of 1 MB through emit-json, Python", "bench-python"),
];

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// False if a gate does not hold.
fn run(arguments: &Arguments) -> Result<bool> {
    let text = match fs::read_to_string(&arguments.baselines) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && arguments.bless => {
            "compilers = \"\"\n[gates]\n".to_owned()
        }
        Err(error) => {
            return Err(error)
                .with_context(|| format!("cannot read {}", arguments.baselines.display()));
        }
    };
    let baselines = Baselines::parse(&text)?;
    let figures = measure(arguments)?;
    let (table, failed) = baselines.table(&figures);
    say(&format!("\n{table}"));
    if arguments.bless {
        fs::write(
            &arguments.baselines,
            baselines.blessed(&figures, &arguments.compilers)?,
        )
        .with_context(|| format!("cannot write {}", arguments.baselines.display()))?;
        say(&format!(
            "written to {}; the commit says why they moved",
            arguments.baselines.display()
        ));
        return Ok(true);
    }
    if !failed.is_empty() {
        say(&format!(
            "{} of {} gates do not hold: {}\nIf that is the price of something worth it: cargo xtask gates --bless, and say in the \
             commit why.",
            failed.len(),
            figures.len(),
            failed.join(", ")
        ));
    }
    Ok(failed.is_empty())
}

fn measure(arguments: &Arguments) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let wanted = |gate: &str| {
        arguments
            .only
            .as_ref()
            .is_none_or(|text| gate.contains(text.as_str()))
    };
    let mut add =
        |gate: &'static str, unit, tolerance, value: &dyn Fn() -> Result<u64>| -> Result<()> {
            if wanted(gate) {
                say(&format!("measuring: {gate}"));
                let value = value().with_context(|| format!("gate \"{gate}\""))?;
                figures.push(Figure {
                    gate,
                    value,
                    unit,
                    tolerance,
                });
            }
            Ok(())
        };
    let subject = Subject::new(&arguments.valgrind, &arguments.image, &arguments.guests)?;
    add(
        "start to first answer",
        "instructions",
        INSTRUCTIONS,
        &|| subject.start(),
    )?;
    add(
        "warm call without work",
        "instructions",
        INSTRUCTIONS,
        &|| subject.call(),
    )?;
    for (page, parse, _) in PATHS {
        add(page, "instructions", INSTRUCTIONS, &|| {
            subject.page("bench-rust", parse)
        })?;
    }
    for (page, guest) in LANGUAGES {
        add(page, "instructions", INSTRUCTIONS, &|| {
            subject.page(guest, "host")
        })?;
    }
    for (_, parse, memory) in PATHS {
        add(memory, "KiB", MEMORY, &|| subject.memory(parse))?;
    }
    let bootstrap = arguments.image.join("bootstrap");
    let connector = arguments.image.join("connector.cwasm");
    add("host binary", "bytes", SIZE, &|| size(&bootstrap))?;
    add("Salesforce connector, compiled", "bytes", SIZE, &|| {
        size(&connector)
    })?;
    add("host and connector, compressed", "bytes", SIZE, &|| {
        Ok(compressed(&bootstrap)? + compressed(&connector)?)
    })?;
    Ok(figures)
}

fn size(file: &Path) -> Result<u64> {
    Ok(fs::metadata(file)
        .with_context(|| format!("no file {}", file.display()))?
        .len())
}

/// Bytes of a file as a layer of an image holds it.
fn compressed(file: &Path) -> Result<u64> {
    let content = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(&content)?;
    Ok(encoder.finish()?.len() as u64)
}

fn say(text: &str) {
    // A reader that has gone away is no reason to stop.
    let _ = writeln!(io::stdout(), "{text}");
}
