//! Automation of this repository, as Rust programs rather than shell scripts, so that it runs the same on a laptop and
//! in CI: `cargo xtask setup`, `guests`, `assemble`, `demo`, `test`.
//!
//! It starts cargo, the compiler tool and other programs, and holds no product logic. It depends on few and light
//! crates on purpose: whatever a newcomer types first must be ready in seconds.

mod compiler;
mod guests;
mod process;
mod repo;
mod toolchain;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Automation of this repository.
///
/// Newcomers want `cargo xtask demo`, and before a change is sent `cargo xtask test`. All commands may be repeated at
/// any time: what is there already is not made again.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Makes sure that guests can be compiled for wasm32-wasip2.
    ///
    /// Takes the installed target; else a sysroot made earlier; else runs `rustup target add wasm32-wasip2`; else makes
    /// a sysroot from Debian's packages. Says what it does before it installs anything, and takes milliseconds when
    /// nothing is to do.
    #[command(after_help = "Examples:
  cargo xtask setup
  APPFLOW_WASM_TOOLCHAIN=debian cargo xtask setup   # never call rustup, use Debian's packages

Environment:
  APPFLOW_WASM_TOOLCHAIN=debian  make the sysroot from Debian's packages instead of asking rustup
  RUSTUP_AUTO_INSTALL=0          rustup may not download by itself, so it is not asked to
  APPFLOW_CACHE=FOLDER           where the sysroot and compiled components are kept [default: .cache in the repository]")]
    Setup,
    /// Builds the Rust guests: every connector of plugins/, the examples of the SDK and the guests of the tests.
    ///
    /// Leaves components, and those with a manifest compiled for this machine's processor family as well, in
    /// target/guests.
    #[command(after_help = "Examples:
  cargo xtask guests
  cargo xtask guests --plugin salesforce
  cargo xtask guests --wasm-only                    # components only, without compiling them to .cwasm")]
    Guests(guests::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = repo::Repo::find().and_then(|repo| match &arguments.task {
        Task::Setup => toolchain::ensure(&repo)
            .map(|toolchain| println!("guest toolchain: {}", toolchain.origin)),
        Task::Guests(options) => guests::run(&repo, options),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
