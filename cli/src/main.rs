//! Checks, compiles and runs connectors for Amazon AppFlow that are WebAssembly components.

mod check;
mod compile;
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
    /// Runs one operation of a component on this machine.
    Invoke(Box<invoke::Arguments>),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Compile(arguments) => compile::run(&arguments),
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
