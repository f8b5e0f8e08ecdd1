//! The same requests to the same application give the same bytes, in whatever process and at whatever time of day.

use std::collections::BTreeMap;
use std::path::Path;

use appflow_testkit::cases::{Variation, answers, load};

use crate::support::setup;

/// Groups whose cases are answered twice: pages with tokens, writes, errors, definitions, components of two origins.
const GROUPS: [&str; 3] = ["salesforce/", "swap/", "protocol/"];

/// What no two runs have in common is left out of this comparison by not being in an answer at all: times, ports, identifiers of
/// requests, the order of a hash table.
#[test]
fn two_runs_of_a_case_answer_byte_by_byte_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let (setup, mut compared, mut differ) = (setup(), 0, Vec::new());
    // The host's time of day jumps in the second run at each request to the application, so that ages and times are others.
    // A guest's clocks are the machine's.
    let elsewhen = Variation {
        environment: BTreeMap::from([("APPFLOW_FAULTS".to_owned(), "*=clock:+7200".to_owned())]),
        repeated: false,
    };
    for case in load(&root).unwrap() {
        if !GROUPS.iter().any(|group| case.name.starts_with(group)) {
            continue;
        }
        for component in &case.spec.components {
            let run = |variation| answers(&setup, &case, component, variation).unwrap();
            let (first, second) = std::thread::scope(|scope| {
                let first = scope.spawn(|| run(None));
                let second = run(Some(&elsewhen));
                (first.join().unwrap(), second)
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
