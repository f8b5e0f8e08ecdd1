//! Automation of this repository, as Rust programs rather than shell scripts, so that it runs the same on a laptop and
//! in CI: `cargo xtask setup`, `guests`, `assemble`, `image-test`, `demo`, `bench`, `fuzz`, `soak`, `swap`,
//! `languages`, `test`, `mutants`.
//!
//! It starts cargo, the compiler tool and other programs, and holds no product logic. It depends on few and light
//! crates on purpose: whatever a newcomer types first must be ready in seconds.

mod apt;
mod assemble;
mod bench;
mod checks;
mod compiler;
mod content;
mod demo;
mod fuzz;
mod gates;
mod guests;
mod image;
mod languages;
mod mutants;
mod process;
mod promises;
mod repo;
mod soak;
mod steps;
mod suite;
mod swap;
mod text_guests;
mod toolchain;
mod venv;
mod wit;

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
    /// nothing is to do. With `--language` it installs the tools of that language instead, pinned and with their hashes.
    #[command(after_help = "Examples:
  cargo xtask setup
  cargo xtask setup --language python
  cargo xtask setup --language all
  APPFLOW_WASM_TOOLCHAIN=debian cargo xtask setup   # never call rustup, use Debian's packages

Environment:
  APPFLOW_WASM_TOOLCHAIN=debian  make the sysroot from Debian's packages instead of asking rustup
  RUSTUP_AUTO_INSTALL=0          rustup may not download by itself, so it is not asked to
  APPFLOW_CACHE=FOLDER           where the sysroot and compiled components are kept [default: .cache in the repository]")]
    Setup(languages::SetupOptions),
    /// Builds the guests: every connector of plugins/, the examples of the SDK and the guests of the tests.
    ///
    /// Leaves components, and those with a manifest compiled for this machine's processor family as well, in
    /// target/guests.
    #[command(after_help = "Examples:
  cargo xtask guests
  cargo xtask guests --plugin salesforce
  cargo xtask guests --wasm-only                    # components only, without compiling them to .cwasm")]
    Guests(guests::Options),
    /// Makes what an image of a connector holds: the Lambda binary and the compiled component.
    ///
    /// Leaves `bootstrap` and `connector.cwasm` in target/image/PLUGIN. Starting that `bootstrap` with Lambda's environment
    /// variables is enough.
    #[command(after_help = "Examples:
  cargo xtask assemble salesforce
  ls target/image/salesforce")]
    Assemble(assemble::Options),
    /// Builds images of connectors by the Dockerfile, pushes, pulls and runs them, without a Docker engine.
    ///
    /// Needs Debian 12 or newer and root. Before it begins it installs, and says so: buildah, skopeo, umoci, iproute2 and
    /// ca-certificates by apt-get; docker-registry, only unpacked into target/image-test; and Lambda's Runtime Interface
    /// Emulator, cargo-lambda, boto3, moto and pytest by pip, with hashes, into target/image-test. Builds what is not
    /// built yet: guests, compiler tool, host. The containers' network is their own, and all they start ends with them.
    #[command(after_help = "Examples:
  cargo xtask image-test
  cargo xtask image-test --only tls          # those tests of the running image whose name has this word
  cargo xtask image-test --bless             # write the sizes of the layers to tests/image/sizes.toml

The unpacked images and their logs are left in target/image-test. docs/image.md says what is tested.")]
    ImageTest(image::Options),
    /// Shows a whole flow of the Salesforce connector on this machine, without AWS and without Salesforce.
    ///
    /// Builds what is needed, 10 to 15 minutes the first time, then starts a stand-in for Salesforce and a file with
    /// secrets, and speaks with the real Lambda binary as AppFlow does: describe, list, describe an entity, query page
    /// after page, write. All records are left in target/demo/records.jsonl.
    #[command(after_help = "Example:
  cargo xtask demo")]
    Demo,
    /// Measures the host beside a native Lambda and beside AWS's SDK for Python, and prints one table.
    ///
    /// All three answer the same requests in turns: the Lambda binary with the Salesforce connector, the same sources with
    /// the connector linked in and no sandbox, and AWS's SDK with its Salesforce example, which is installed from PyPI.
    /// Builds everything first. Figures go to target/bench/figures.json too; docs/performance.md says what they mean. A bar
    /// that is missed is printed and is no failure: what else the machine does is in every figure.
    #[command(after_help = "Examples:
  cargo xtask bench
  cargo xtask bench --only start --only page
  cargo xtask bench --only warm --runs 1000
  cargo xtask bench --only page --x86-price 0.0000166667 --arm64-price 0.0000133334")]
    Bench(bench::Options),
    /// Holds what noise cannot move against committed baselines: instructions, peak memory, sizes.
    ///
    /// Runs the host that ships under Valgrind, which is installed by apt-get where it is missing, and prints a table. Ends with
    /// an error if a figure is worse than its baseline in tests/baselines.toml by more than its tolerance.
    #[command(after_help = "Examples:
  cargo xtask gates
  cargo xtask gates --only page
  cargo xtask gates --bless                         # make the figures of now the baselines; the commit says why")]
    Gates(gates::Options),
    /// Feeds everything that reads what others wrote with inputs made by libFuzzer.
    ///
    /// Prints a table: inputs tried, speed, code reached, inputs worth keeping, finds. Ends with an error if an input broke
    /// a promise, and says how to see it again. Needs a C++ compiler.
    #[command(after_help = "Examples:
  cargo xtask fuzz --seconds 10
  cargo xtask fuzz --target filter --seconds 3600
  cargo xtask fuzz --inputs 20000                   # as cargo xtask test does, the same inputs each time
  cargo xtask fuzz --seconds 600 --keep             # and keep what reaches new code in fuzz/corpus")]
    Fuzz(fuzz::Options),
    /// Drives one process of the host through thousands of invocations with faults, and watches what it holds.
    ///
    /// Two runs: the Salesforce connector over its stand-in, and the hostile guest. Prints memory, descriptors, threads and
    /// latency as they went, and ends with an error if something grew, was left over, or broke AppFlow's protocol.
    #[command(after_help = "Examples:
  cargo xtask soak
  cargo xtask soak --invocations 2000 --faults 50 --seed 7")]
    Soak(soak::Options),
    /// Measures what a connector costs in each language, and prints a table.
    ///
    /// Installs the tools of all languages, builds the smallest connector of each and one that reads a page of 5 MB, and
    /// measures sizes, builds, starts, calls and pages. Figures are worth something on a machine that does nothing else.
    #[command(after_help = "Examples:
  cargo xtask languages
  cargo xtask languages --write                     # and put the table into docs/languages.md")]
    Languages(languages::figures::Options),
    /// Runs contract cases with any component, and says what differs.
    ///
    /// By default the cases that the smallest connector answers alike in every language, compared byte by byte with
    /// plugins/hello: what a toolchain must get right. With `--cases` any other group, for a component that is to take the
    /// place of its connector. Ends with 1 if an answer differs.
    #[command(after_help = "Examples:
  cargo xtask swap --plugin minimal.wasm            # the smallest connector, made by whatever tool
  cargo xtask swap --plugin minimal-c
  cargo xtask swap --plugin new.wasm --manifest plugins/salesforce/connector.toml --cases salesforce")]
    Swap(swap::Options),
    /// Runs every check and test, as CI does.
    ///
    /// Stops at the first step that fails and names it. Needs git, a C compiler and Python 3 with its venv module.
    #[command(after_help = "Examples:
  cargo xtask test
  cargo xtask test --quick      # without guests, release build and behaviour tests")]
    Test(suite::Options),
    /// Switches off one mechanism of the sandbox after the other, and shows that its test fails then.
    ///
    /// Reads the tables of docs/security.md. Builds the host with switches, runs all tests named there with nothing
    /// switched off, then each with its mechanism switched off. Ends with 1 if a test still passes. The output of every
    /// run is left in target/mutants.
    #[command(after_help = "Examples:
  cargo xtask mutants
  cargo xtask mutants egress. vault     # mechanisms whose name contains one of these texts
  cargo xtask mutants --list            # the mechanisms and their tests")]
    Mutants(mutants::Options),
    /// Copies the WASI interfaces into wit/deps from the crate that links them.
    ///
    /// To be run after a change of wasmtime's version; `cargo xtask test` fails until then.
    #[command(after_help = "Example:
  cargo update -p wasmtime-wasi-http && cargo xtask vendor-wit")]
    VendorWit,
}

fn main() -> ExitCode {
    if fuzz::is_wrapper() {
        return fuzz::instrument();
    }
    let arguments = Arguments::parse();
    let outcome = repo::Repo::find().and_then(|repo| match &arguments.task {
        Task::Setup(options) => languages::run_setup(&repo, options),
        Task::Guests(options) => guests::run(&repo, options),
        Task::Assemble(options) => assemble::run(&repo, options),
        Task::ImageTest(options) => image::run(&repo, options),
        Task::Demo => demo::run(&repo),
        Task::Bench(options) => bench::run(&repo, options),
        Task::Gates(options) => gates::run(&repo, options),
        Task::Fuzz(options) => fuzz::run(&repo, options),
        Task::Soak(options) => soak::run(&repo, options),
        Task::Languages(options) => languages::figures::run(&repo, options),
        Task::Swap(options) => swap::run(&repo, options),
        Task::Test(options) => suite::run(&repo, options),
        Task::Mutants(options) => mutants::run(&repo, options),
        Task::VendorWit => wit::vendor(&repo),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
