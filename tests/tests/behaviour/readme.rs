//! What the README of the SDK for C tells a newcomer to type, typed in an empty folder.

use std::path::Path;
use std::process::Command;

use crate::tool::{folder, repository, stderr, tool};

const README: &str = "guest-sdk/c/README.md";

/// A fenced block: its language, its text, and the file it is the content of, if the line before it names one.
struct Block {
    language: String,
    file: Option<String>,
    text: String,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let (mut named, mut lines) = (None, text.lines());
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let inside: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push(Block {
                language: language.to_owned(),
                file: named.take(),
                text: inside.join("\n") + "\n",
            });
        } else if !line.is_empty() {
            let name = line
                .split('`')
                .nth(1)
                .filter(|name| name.contains('.') || *name == "Makefile");
            named = name.filter(|_| line.ends_with(':')).map(str::to_owned);
        }
    }
    blocks
}

/// Runs a line in a shell as a reader does; what it wrote.
fn typed(line: &str, folder: &Path) -> String {
    let appflow = repository("").canonicalize().unwrap();
    let compiler = tool(folder).get_program().to_owned();
    let programs = Path::new(&compiler).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-c", line])
        .current_dir(folder)
        .env("APPFLOW", appflow)
        .env("PATH", path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{line}: {}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_newcomer_gets_from_an_empty_folder_to_a_tested_component_in_c() {
    let text = std::fs::read_to_string(repository(README)).unwrap();
    let (text, rest) = text.split_once("\n## An application with cursors").unwrap();
    let folder = folder();
    let (mut commands, mut files) = (Vec::new(), Vec::new());
    for block in blocks(text) {
        match (block.file, block.language.as_str()) {
            (Some(file), _) => {
                std::fs::write(folder.path().join(&file), block.text).unwrap();
                files.push(file);
            }
            (None, "sh") => commands.extend(block.text.lines().map(str::to_owned)),
            (None, other) => panic!("{other} of nothing"),
        }
    }
    assert_eq!(
        files,
        ["connector.c", "Makefile", "connector.toml", "test.c"]
    );
    assert!(commands.len() <= 10, "{commands:?}");
    // The first two set up what the tests were started with.
    assert!(
        commands[0].contains("cargo xtask setup --language c") && commands[1].contains("PATH=")
    );
    let said: Vec<String> = commands[2..]
        .iter()
        .map(|line| typed(line, folder.path()))
        .collect();
    assert!(said[0].contains("the first page is full"), "{}", said[0]);
    let asked = said.last().unwrap();
    assert!(
        asked.contains("Hello, Ada!") && asked.contains("Hello, Barbara!"),
        "{asked}"
    );
    assert!(!asked.contains("Hello, Grace!"), "{asked}");

    // The example with cursors takes the place of the query.
    let example = blocks(rest)
        .into_iter()
        .find(|block| block.language == "c")
        .unwrap();
    let place = folder.path().join("connector.c");
    let first = std::fs::read_to_string(&place).unwrap();
    let (before, _) = first.split_once("\naf_error_t *connector_query").unwrap();
    std::fs::write(&place, format!("{before}\n{}", example.text)).unwrap();
    typed("make && appflow-wasm compile connector.wasm", folder.path());
}
