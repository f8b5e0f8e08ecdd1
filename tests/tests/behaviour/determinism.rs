//! The same requests to the same application give the same bytes, in whatever process.

use std::path::Path;

use appflow_testkit::cases::{answers, load};

use crate::support::setup;

/// Groups whose cases are answered twice: pages with tokens, writes, errors, definitions, components of two origins.
const GROUPS: [&str; 3] = ["salesforce/", "swap/", "protocol/"];

/// What no two runs have in common is left out of this comparison by not being in an answer at all: times, ports, identifiers of
/// requests, the order of a hash table.
#[test]
fn two_runs_of_a_case_answer_byte_by_byte_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let (setup, mut compared, mut differ) = (setup(), 0, Vec::new());
    for case in load(&root).unwrap() {
        if !GROUPS.iter().any(|group| case.name.starts_with(group)) {
            continue;
        }
        for component in &case.spec.components {
            let run = || answers(&setup, &case, component).unwrap();
            let (first, second) = std::thread::scope(|scope| {
                let first = scope.spawn(run);
                (run(), first.join().unwrap())
            });
            compared += first.len();
            if first != second {
                differ.push(format!("{} with {component}", case.name));
            }
        }
    }
    assert!(compared > 100, "only {compared} answers were compared");
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
