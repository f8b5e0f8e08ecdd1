//! Checks, compiles and runs connectors for Amazon AppFlow that are WebAssembly components.

mod card;
mod check;
mod compile;
mod embed;
mod invoke;
mod requests;
mod table;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Exit status when the tool itself was called wrongly is clap's 2; when what was asked failed it is this.
const EXIT_FAILED: u8 = 1;

/// Tool for authors of AppFlow connectors that are WebAssembly components.
#[derive(Debug, Parser)]
#[command(name = "appflow-wasm", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Checks a component against the contract and compiles it for Lambda.
    Compile(compile::Arguments),
    /// Puts a manifest into a component, so that one file is enough.
    Embed(embed::Arguments),
    /// Shows what a connector may do, from its component, its compiled file or its manifest.
    Card(card::Arguments),
    /// Prints the JSON Schema of connector.toml, for editors.
    Schema,
    /// Runs one operation of a component on this machine.
    Invoke(Box<invoke::Arguments>),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Compile(arguments) => compile::run(&arguments),
        Command::Embed(arguments) => embed::run(&arguments),
        Command::Card(arguments) => card::run(&arguments),
        Command::Schema => card::schema(),
        Command::Invoke(arguments) => invoke::run(&arguments),
    };
    match outcome {
        Ok(status) => status,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(EXIT_FAILED)
        }
    }
}
