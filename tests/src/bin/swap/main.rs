//! Runs a group of contract cases with any component, and says what differs: the program behind `cargo xtask swap`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use appflow_testkit::cases::{compare, load};
use appflow_testkit::setup::Setup;
use clap::Parser;

/// Names in the folder that stands for compiled guests here.
const CANDIDATE: &str = "candidate";
const REFERENCE: &str = "reference";

/// Runs contract cases with a compiled component.
#[derive(Parser)]
struct Arguments {
    /// The Lambda binary.
    #[arg(long)]
    bootstrap: PathBuf,
    /// Folder of contract cases.
    #[arg(long)]
    cases: PathBuf,
    /// Group of cases.
    #[arg(long)]
    group: String,
    /// The compiled component.
    #[arg(long)]
    component: PathBuf,
    /// A compiled component whose answers are compared byte by byte.
    #[arg(long)]
    reference: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing differs.
fn run(arguments: &Arguments) -> Result<bool> {
    let folder = tempfile::tempdir().context("cannot make a folder")?;
    let place = |name: &str, component: &PathBuf| {
        std::fs::copy(component, folder.path().join(name).with_extension("cwasm"))
            .with_context(|| format!("cannot copy {}", component.display()))
    };
    place(CANDIDATE, &arguments.component)?;
    let reference = arguments.reference.as_ref();
    let reference = reference
        .map(|component| place(REFERENCE, component).map(|_| REFERENCE))
        .transpose()?;
    let setup = Setup::new(&arguments.bootstrap, folder.path())?;
    let mut cases = load(&arguments.cases)?;
    let mut groups: Vec<String> = cases
        .iter()
        .filter_map(|case| case.name.split_once('/'))
        .map(|(group, _)| group.to_owned())
        .collect();
    groups.dedup();
    cases.retain(|case| {
        case.name
            .split_once('/')
            .is_some_and(|(group, _)| group == arguments.group)
    });
    if cases.is_empty() {
        bail!(
            "there is no group of cases \"{}\"; there are: {}",
            arguments.group,
            groups.join(", ")
        );
    }
    let width = cases.iter().map(|case| case.name.len()).max().unwrap_or(0);
    let mut bad = 0;
    for case in &cases {
        let (verdict, lines) = match compare(&setup, case, CANDIDATE, reference) {
            Ok(compared) if !compared.failures.is_empty() => ("FAILS  ", compared.failures),
            Ok(compared) if !compared.differences.is_empty() => ("DIFFERS", compared.differences),
            Ok(_) => ("alike  ", Vec::new()),
            Err(error) => ("FAILS  ", vec![format!("{error:#}")]),
        };
        bad += usize::from(!lines.is_empty());
        println!("{:width$}  {verdict}  {}", case.name, case.spec.about);
        for text in &lines {
            // What differs is told line by line before the whole answer.
            let lines = text.lines().map(str::trim_start);
            for line in lines.take_while(|line| !line.starts_with("answered: ")) {
                println!("    {line}");
            }
        }
    }
    println!(
        "\n{} cases: {} alike, {bad} not",
        cases.len(),
        cases.len() - bad
    );
    Ok(bad == 0)
}
