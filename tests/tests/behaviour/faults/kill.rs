//! The process ends at every single call of the host, and a fresh one is asked again, as Lambda does.
//!
//! The end comes before the call does anything, and once more when the result of an invocation is handed over; between
//! two calls a guest can do nothing that is seen outside.

use std::collections::BTreeMap;

use appflow_testkit::cases::{Played, Variation, play};
use serde_json::Value;

use super::judge::Store;
use super::{Rehearsed, in_parallel, rehearse};
use crate::support::setup;

/// More calls than any of the cases makes.
const MOST_CALLS: usize = 3_000;

/// Ends the process at the first, second and so on call of the host, until a run comes to its end without. Gives the
/// number of ends.
fn at_every_call(
    rehearsed: &Rehearsed,
    check: impl Fn(&Played) -> Result<(), String> + Sync,
) -> usize {
    const AT_ONCE: usize = 16;
    let name = &rehearsed.case.name;
    let mut ends = 0;
    for first in (1..MOST_CALLS).step_by(AT_ONCE) {
        let calls: Vec<usize> = (first..first + AT_ONCE).collect();
        let results = in_parallel(&calls, |call| {
            let variation = Variation {
                environment: BTreeMap::from([(
                    "APPFLOW_FAULTS".to_owned(),
                    format!("kill:{call}"),
                )]),
                repeated: true,
            };
            let played = play(&setup(), &rehearsed.case, &rehearsed.component, &variation).unwrap();
            assert!(
                played.breaches.is_empty(),
                "{name}, {call}: {:#?}",
                played.breaches
            );
            if let Err(why) = check(&played) {
                panic!("{name}, killed at call {call} of the host: {why}");
            }
            played.repeats
        });
        let killed: usize = results.iter().sum();
        ends += killed;
        if killed < AT_ONCE {
            println!("{name}: {ends} ends");
            assert!(
                ends > 0,
                "{name}: the process never ended, which shows nothing"
            );
            return ends;
        }
    }
    panic!("{name}: no end after {MOST_CALLS} calls");
}

fn only(name: &str) -> Rehearsed {
    let mut rehearsed = rehearse(|case| case.name == name);
    assert_eq!(rehearsed.len(), 1, "{name}");
    rehearsed.remove(0)
}

#[test]
fn reading_loses_and_doubles_nothing_wherever_the_process_ends() {
    for name in [
        "salesforce/query-pages",
        "salesforce/retrieve",
        "salesforce/list-pages",
        "naive/query",
    ] {
        let rehearsed = only(name);
        let pages = at_every_call(&rehearsed, |played| {
            if played.answers == rehearsed.played.answers {
                return Ok(());
            }
            let records = |played: &Played| played.answers[0]["records"].as_array().map(Vec::len);
            Err(format!(
                "{:?} records instead of {:?}",
                records(played),
                records(&rehearsed.played)
            ))
        });
        // Describing, and at least a request, its answer and its record for each page.
        assert!(pages > rehearsed.played.seen.len() * 3, "{name}: {pages}");
    }
}

#[test]
fn writing_by_a_key_doubles_nothing_wherever_the_process_ends() {
    for name in ["salesforce/write-upsert", "salesforce/write-update"] {
        let rehearsed = only(name);
        at_every_call(&rehearsed, |played| {
            let store = Store::new(&played.requests[0], played);
            let all_once = store.records.iter().all(|record| store.copies(record) == 1);
            let success = played.answers[0]["isSuccess"] == true;
            let sizes = |played: &Played| played.stored[1]["Account"].as_array().map(Vec::len);
            match all_once && success && sizes(played) == sizes(&rehearsed.played) {
                true => Ok(()),
                false => Err(format!("{:?}", played.answers)),
            }
        });
    }
}

#[test]
fn a_removal_that_is_repeated_tells_that_the_record_is_gone() {
    let rehearsed = only("salesforce/write-delete");
    at_every_call(&rehearsed, |played| {
        let store = Store::new(&played.requests[0], played);
        let results = played.answers[0]["writeRecordResults"].as_array();
        for (record, result) in store.records.iter().zip(results.into_iter().flatten()) {
            let message = result["errorMessage"].as_str().unwrap_or_default();
            if !store.is_written(record) {
                return Err("a record is still there".to_owned());
            }
            if result["isSuccess"] != true && !message.contains("there is no such record") {
                return Err(format!("{result}"));
            }
        }
        match results.is_some_and(|results| results.len() == store.records.len()) {
            true => Ok(()),
            false => Err(format!("{:?}", played.answers)),
        }
    });
}

/// An application without keys for new records cannot tell a repeated one from another (row W7 of the acceptance
/// suite): it is there once for each request that reached the application, no more and no less, and the answer is true.
#[test]
fn new_records_without_a_key_are_there_once_for_each_request_that_arrived() {
    for name in [
        "salesforce/write-insert",
        "salesforce/write-many",
        "naive/write-insert",
    ] {
        let rehearsed = only(name);
        let doubled = std::sync::atomic::AtomicUsize::new(0);
        at_every_call(&rehearsed, |played| {
            let store = Store::new(&played.requests[0], played);
            if played.answers[0]["isSuccess"] != true {
                return Err(format!("{:?}", played.answers));
            }
            for record in &store.records {
                let arrived = arrivals(record, played);
                let copies = store.copies(record);
                if copies != arrived || !(1..=2).contains(&copies) {
                    return Err(format!("{arrived} requests with a record, {copies} copies"));
                }
                if copies == 2 {
                    doubled.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
            }
            Ok(())
        });
        // The window is there, and the test sees it.
        assert!(doubled.into_inner() > 0, "{name}");
    }
}

/// How many requests with this record reached the application.
fn arrivals(record: &Value, played: &Played) -> usize {
    let fields = record.as_object().into_iter().flatten();
    let texts: Vec<String> = fields
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    let posts = played.seen.iter().filter(|seen| seen.method == "POST");
    posts
        .filter(|seen| texts.iter().all(|text| seen.body.contains(text)))
        .count()
}
