//! Doing what a README says, as a new user would: its files are written into an empty folder, its commands are run there.
//!
//! A block of code takes part if the line before it is a comment: `<!-- file: NAME -->` for a file, `<!-- run -->` for commands.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process;

/// Most commands from an empty folder to a tested component.
const MOST_COMMANDS: usize = 10;
/// The port that READMEs name; a free one takes its place.
const PORT: &str = "8080";

/// What a README has an author do.
#[derive(Debug, Default, PartialEq, Eq)]
struct Steps {
    /// Names and contents.
    files: Vec<(String, String)>,
    /// Lines of shell.
    commands: Vec<String>,
}

/// Follows a README in a folder, which must be empty, with `path` before the search path; returns what its commands wrote.
pub(super) fn follow(readme: &Path, folder: &Path, path: &[&Path]) -> Result<String> {
    let text =
        fs::read_to_string(readme).with_context(|| format!("cannot read {}", readme.display()))?;
    let steps = steps(&text)?;
    // Taken and let go: nobody else is told of it before the README's own program takes it.
    let port = TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port()
        .to_string();
    let here = |text: &str| text.replace(PORT, &port);
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (name, content) in &steps.files {
        fs::write(folder.join(name), here(content))?;
    }
    let mut places: Vec<_> = path.iter().map(|place| place.to_path_buf()).collect();
    places.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    // What a command left running in the background ends with the script. A server is waited for until it listens.
    let mut script =
        "set -euo pipefail\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n".to_owned();
    for command in &steps.commands {
        script.push_str(&here(command));
        script.push('\n');
        if command.trim_end().ends_with('&') {
            script.push_str(&format!(
                "until (exec 3<> /dev/tcp/127.0.0.1/{port}) 2> /dev/null; do kill -0 $! || exit 1; done\n"
            ));
        }
    }
    process::output(
        Command::new("bash")
            .current_dir(folder)
            .env("PATH", std::env::join_paths(places)?)
            .args(["-c", &script]),
    )
    .with_context(|| format!("the commands of {} fail", readme.display()))
}

/// The files and commands of a README.
fn steps(text: &str) -> Result<Steps> {
    let mut steps = Steps::default();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(mark) = line
            .strip_prefix("<!-- ")
            .and_then(|line| line.strip_suffix(" -->"))
        else {
            continue;
        };
        let name = match mark.strip_prefix("file: ") {
            Some(name) => Some(name),
            None if mark == "run" => None,
            None => continue,
        };
        if !lines.next().is_some_and(|line| line.starts_with("```")) {
            bail!("no block of code follows \"{line}\"");
        }
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        match name {
            Some(name) => steps.files.push((name.to_owned(), block.join("\n") + "\n")),
            None => steps.commands.extend(block.into_iter().map(str::to_owned)),
        }
    }
    match steps.commands.len() {
        0 => bail!("the README has no block marked as \"<!-- run -->\""),
        1..=MOST_COMMANDS => Ok(steps),
        more => bail!("the README takes {more} commands, and {MOST_COMMANDS} were promised"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::{follow, steps};

    #[test]
    fn marked_blocks_count_and_others_do_not() {
        let text = "# Title\n\n<!-- file: a.txt -->\n```\none\n```\n```sh\nrm -rf /\n```\n<!-- run -->\n```sh\ncat a.txt\n```\n";
        let steps = steps(text).unwrap();
        assert_eq!(steps.files, [("a.txt".to_owned(), "one\n".to_owned())]);
        assert_eq!(steps.commands, ["cat a.txt"]);
    }

    #[test]
    fn too_many_commands_and_none_are_refused() {
        assert!(steps("text").is_err());
        assert!(steps("<!-- run -->\ntext").is_err());
        let many = format!("<!-- run -->\n```sh\n{}```\n", "true\n".repeat(11));
        assert!(
            steps(&many)
                .unwrap_err()
                .to_string()
                .contains("11 commands")
        );
    }

    #[test]
    fn a_command_that_fails_fails_the_readme() {
        let folder = std::env::temp_dir().join(format!("appflow-readme-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let readme = folder.join("README.md");
        let inside = folder.join("inside");
        std::fs::write(
            &readme,
            "<!-- file: a -->\n```\nx\n```\n<!-- run -->\n```sh\ncat a\n```\n",
        )
        .unwrap();
        assert_eq!(follow(&readme, &inside, &[]).unwrap(), "x\n");
        std::fs::write(&readme, "<!-- run -->\n```sh\nfalse\ntrue\n```\n").unwrap();
        assert!(follow(&readme, &inside, &[]).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
