//! What fuzzing found, replayed without a fuzzer: every file of the corpus, and every one that once broke a promise.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use appflow_fuzz::TARGETS;

/// All corpora together: a repository is no store for bytes that nobody reads.
const MOST_BYTES: u64 = 1 << 20;

fn folder(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(kind)
}

/// Files of a target; none if it has no folder.
fn files(kind: &str, target: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder(kind).join(target)) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_file_is_taken_without_a_broken_promise() {
    let mut broken = Vec::new();
    for target in TARGETS {
        let regressions = files("regressions", target.name);
        for file in files("corpus", target.name).iter().chain(&regressions) {
            let bytes = fs::read(file).unwrap();
            if catch_unwind(|| (target.run)(&bytes)).is_err() {
                broken.push(format!("{}: {}", target.name, file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_target_has_a_corpus_and_the_whole_is_small() {
    let mut bytes = 0;
    for target in TARGETS {
        let files = files("corpus", target.name);
        assert!(files.len() >= 5, "{}: {} files", target.name, files.len());
        bytes += files
            .iter()
            .map(|file| fs::metadata(file).unwrap().len())
            .sum::<u64>();
    }
    assert!(bytes <= MOST_BYTES, "{bytes} bytes in all");
}

#[test]
fn every_folder_belongs_to_a_target() {
    let known: BTreeSet<&str> = TARGETS.iter().map(|target| target.name).collect();
    for kind in ["corpus", "regressions", "dictionaries"] {
        for entry in fs::read_dir(folder(kind)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let name = name.strip_suffix(".dict").unwrap_or(&name);
            assert!(known.contains(name), "{kind}/{name} belongs to no target");
        }
    }
}
