//! A whole flow, from a fresh clone, on one machine: `cargo xtask demo`.

use std::process::Command;

use anyhow::Result;

use crate::compiler::{self, Compiler};
use crate::repo::Repo;
use crate::steps::Steps;
use crate::{assemble, guests, process, toolchain};

/// The connector shown.
const PLUGIN: &str = "salesforce";

/// `cargo xtask demo`.
pub(crate) fn run(repo: &Repo) -> Result<()> {
    let mut steps = Steps::new(5);
    steps.run("guest toolchain", "", || toolchain::ensure(repo))?;
    let guest = steps.run(
        "building the Salesforce connector",
        "half a minute the first time",
        || guests::plugin(repo, PLUGIN),
    )?;
    let compiler = steps.run(
        "building the compiler tool and the stand-ins",
        "about 5 minutes the first time",
        || Compiler::build(repo),
    )?;
    let image = steps.run(
        "building the host (release)",
        "about 10 minutes the first time",
        || {
            let host = assemble::host(repo)?;
            assemble::put_together(repo, &compiler, &guest, &host)
        },
    )?;
    steps.run("running a flow", "", || {
        let folder = repo.target().join("demo");
        std::fs::create_dir_all(&folder)?;
        let mut demo = Command::new(compiler::built(repo, "demo"));
        demo.current_dir(repo.path(""))
            .arg("--image")
            .arg(image)
            .arg("--out")
            .arg(folder.join("records.jsonl"));
        process::run(&mut demo)
    })?;
    eprintln!("all in {}:\n{}", steps.elapsed(), steps.table().trim_end());
    Ok(())
}
