//! The host beside a native Lambda and beside AWS's SDK: `cargo xtask bench`.
//!
//! Three contenders answer the same requests over the same Runtime API, application and secrets, in turns on one machine:
//! the host as it ships, the same sources with the connector linked in ("native", `tests/native`), and AWS's SDK for Python
//! with its Salesforce example. Clocks stand outside of them: in the Runtime API and in the application.

mod contender;
mod data;
mod machine;
mod measures;
mod report;
mod stats;
mod turns;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use serde_json::{Value, json};

use contender::Programs;
use machine::Machine;
use measures::{Bench, MEASURES};
use report::Row;

/// Measures what has been built; `cargo xtask bench` builds it and calls this.
#[derive(Parser)]
#[command(max_term_width = 100)]
struct Arguments {
    /// Folder as in an image: `bootstrap` and `connector.cwasm`, the Salesforce connector.
    #[arg(long, value_name = "FOLDER")]
    image: PathBuf,
    /// The native twin.
    #[arg(long, value_name = "FILE")]
    native: PathBuf,
    /// Python with AWS's SDK.
    #[arg(long, value_name = "FILE")]
    python: PathBuf,
    /// Folder of compiled components.
    #[arg(long, value_name = "FOLDER")]
    guests: PathBuf,
    /// Where all figures go as JSON.
    #[arg(long, value_name = "FILE")]
    json: PathBuf,
    /// What is measured, in words: commit and compiler.
    #[arg(long, value_name = "TEXT", default_value = "unknown")]
    subject: String,
    /// Only measures whose name contains one of these texts.
    #[arg(long, value_name = "TEXT", num_args = 1..)]
    only: Vec<String>,
    /// Measurements of each contender, in place of each measure's own number.
    #[arg(long, value_name = "N")]
    runs: Option<usize>,
    /// Dollars for a GB-second on x86.
    #[arg(long, value_name = "PRICE", default_value_t = 0.000_016_666_7)]
    x86_price: f64,
    /// Dollars for a GB-second on arm64.
    #[arg(long, value_name = "PRICE", default_value_t = 0.000_013_333_4)]
    arm64_price: f64,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    ensure!(arguments.runs != Some(0), "--runs must be 1 or more");
    let chosen: Vec<_> = MEASURES
        .iter()
        .filter(|measure| {
            let wanted = |text: &String| measure.name.contains(text.as_str());
            arguments.only.is_empty() || arguments.only.iter().any(wanted)
        })
        .collect();
    let known = MEASURES.map(|measure| format!("  {:10} {}", measure.name, measure.about));
    ensure!(
        !chosen.is_empty(),
        "no measure has such a name; there are\n{}",
        known.join("\n")
    );
    let absolute = |path: &PathBuf| {
        std::path::absolute(path).with_context(|| format!("no path: {}", path.display()))
    };
    let mut bench = Bench {
        programs: Programs {
            image: absolute(&arguments.image)?,
            native: absolute(&arguments.native)?,
            // Not resolved: an interpreter knows its environment by the link it was called by.
            python: absolute(&arguments.python)?,
            guests: absolute(&arguments.guests)?,
        },
        runs: arguments.runs,
        prices: [arguments.x86_price, arguments.arm64_price],
        definition: Value::Null,
    };
    bench.describe()?;
    let before = Machine::now()?;
    let mut rows: Vec<Row> = Vec::new();
    for (number, measure) in chosen.iter().enumerate() {
        say(&format!(
            "[{}/{}] {}: {}",
            number + 1,
            chosen.len(),
            measure.name,
            measure.about
        ));
        let began = Instant::now();
        let measured =
            (measure.run)(&bench).with_context(|| format!("measure {}", measure.name))?;
        say(&format!("      {:.0} s", began.elapsed().as_secs_f64()));
        rows.extend(measured);
    }
    let after = Machine::now()?;
    let text = format!(
        "{}\nmeasured: {}\n{}\n{}\n",
        report::table(&rows),
        arguments.subject,
        before.line("before"),
        after.line("after")
    );
    say(&format!("\n{text}"));
    let json =
        json!({"subject": arguments.subject, "rows": rows, "before": before, "after": after});
    if let Some(folder) = arguments.json.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&arguments.json, serde_json::to_vec_pretty(&json)?)
        .with_context(|| format!("cannot write {}", arguments.json.display()))?;
    Ok(())
}

fn say(text: &str) {
    // A reader that has gone away is no reason to stop.
    let _ = writeln!(std::io::stdout(), "{text}");
}
