//! The cases of the Salesforce connector, of a naive one, and of the Kinto connector over a real server, once more under every fault (`docs/testing.md`).
//!
//! A run under a fault ends in the answer of the run without one, or in an error whose code fits the fault; never in a
//! success with other records. For writes the records in the stand-in must agree with what was reported.

mod judge;
mod kill;
mod plan;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use appflow_testkit::cases::{CHOICE_VARIABLE, Case, Played, Variation, load, play};

use self::judge::Verdict;
use self::plan::{FAULTS, Fault};
use crate::support::setup;

/// Fewest runs of a test of all cases: it is easy to lose some without noticing.
const FEWEST_RUNS: usize = 200;

/// A case and what comes of it without a fault.
struct Rehearsed {
    case: Case,
    component: String,
    played: Played,
}

/// Cases of a group whose answer without faults is known to be right, and which make requests.
fn rehearse(choose: impl Fn(&Case) -> bool) -> Vec<Rehearsed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let chosen = std::env::var(CHOICE_VARIABLE).unwrap_or_default();
    let mut runs = Vec::new();
    let cases = load(&root).unwrap().into_iter();
    for case in cases.filter(|case| case.name.contains(&chosen) && choose(case)) {
        for component in case.spec.components.clone() {
            runs.push((case.clone(), component));
        }
    }
    let rehearsed = in_parallel(&runs, |(case, component)| {
        let played = play(&setup(), case, component, &Variation::default())
            .unwrap_or_else(|error| panic!("{}: {error:#}", case.name));
        assert!(
            played.breaches.is_empty(),
            "{}: {:#?}",
            case.name,
            played.breaches
        );
        let right = played.differences.is_empty() && judge::is_good(&played);
        (right && !played.seen.is_empty()).then(|| Rehearsed {
            case: case.clone(),
            component: component.clone(),
            played,
        })
    });
    rehearsed.into_iter().flatten().collect()
}

/// Whether the case is fit to be run again and again: the stand-in has no faults and no changes of its own, and not so much
/// data that a run takes seconds.
fn is_plain(case: &Case) -> bool {
    const MOST_RECORDS: i64 = 1_000;
    let Some(settings) = &case.spec.salesforce else {
        return true;
    };
    let records = settings.get("records").and_then(toml::Value::as_table);
    let most = records
        .into_iter()
        .flatten()
        .filter_map(|(_, count)| count.as_integer());
    !settings.contains_key("fault")
        && !settings.contains_key("extra_objects")
        && most.max().is_none_or(|most| most <= MOST_RECORDS)
}

/// Does something with each of a list, several at once: most of the time they wait.
fn in_parallel<T: Sync, R: Send>(list: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(2, usize::from) * 4;
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((index, item)) = take(list, &next) {
                    let result = work(item);
                    results.lock().unwrap().push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap();
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

fn take<'a, T>(list: &'a [T], next: &AtomicUsize) -> Option<(usize, &'a T)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    list.get(index).map(|item| (index, item))
}

/// One run: a case, a fault, and the request that meets it.
struct Run<'a> {
    rehearsed: &'a Rehearsed,
    fault: &'a Fault,
    plan: String,
}

impl Run<'_> {
    fn go(&self) -> Result<Verdict, String> {
        let mut case = self.rehearsed.case.clone();
        if self.fault.waits {
            case.spec.timeout_seconds = Some(plan::SHORT_SECONDS);
        }
        let variation = Variation {
            environment: BTreeMap::from([("APPFLOW_FAULTS".to_owned(), self.plan.clone())]),
            repeated: false,
        };
        let played = play(&setup(), &case, &self.rehearsed.component, &variation)
            .map_err(|error| format!("{error:#}"))?;
        let verdict = judge::judge(&self.rehearsed.played, &played, self.fault);
        if let Err(why) = &verdict {
            // At once, so that one need not wait for the end.
            println!("{} under {}: {why}", case.name, self.plan);
        }
        verdict
    }
}

/// Runs cases under faults and fails with everything that went wrong.
fn run_all(runs: &[Run<'_>]) {
    let verdicts = in_parallel(runs, Run::go);
    let mut failures = String::new();
    let mut counts = BTreeMap::new();
    for (run, verdict) in runs.iter().zip(verdicts) {
        match verdict {
            Ok(verdict) => *counts.entry(verdict).or_insert(0) += 1,
            Err(why) => {
                let case = &run.rehearsed.case.name;
                let _ = write!(failures, "\n{case} under {}: {why}", run.plan);
            }
        }
    }
    println!("{} runs under faults: {counts:?}", runs.len());
    assert!(failures.is_empty(), "{failures}");
    if std::env::var_os(CHOICE_VARIABLE).is_none() {
        // A suite that lost its cases, in which no fault arrives, or in which none is got over, shows nothing.
        assert!(runs.len() >= FEWEST_RUNS, "{} runs", runs.len());
        assert!(counts.contains_key(&Verdict::Right) && counts.contains_key(&Verdict::Failed));
    }
}

/// Every fault once, at each of the requests of each case.
fn everywhere(rehearsed: &[Rehearsed]) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    for (number, rehearsed) in rehearsed.iter().enumerate() {
        let before = rehearsed.played.seen_before;
        for position in plan::positions(rehearsed.played.seen.len()) {
            let number = number + position;
            let name = &rehearsed.case.name;
            let faults = plan::faults(number, plan::is_typical(name));
            for fault in faults.filter(|fault| fault.is_for(name)) {
                let plan = fault.plan(&(before + position).to_string());
                runs.push(Run {
                    rehearsed,
                    fault,
                    plan,
                });
            }
        }
    }
    runs
}

/// Every fault from the first request on, without an end.
fn without_end(rehearsed: &[Rehearsed]) -> Vec<Run<'_>> {
    let typical = rehearsed
        .iter()
        .filter(|rehearsed| plan::is_typical(&rehearsed.case.name));
    typical
        .flat_map(|rehearsed| {
            let first = format!("{}-", rehearsed.played.seen_before + 1);
            let faults = FAULTS.iter();
            let faults = faults.filter(move |fault| fault.is_for(&rehearsed.case.name));
            faults.map(move |fault| Run {
                rehearsed,
                fault,
                plan: fault.plan(&first),
            })
        })
        .collect()
}

#[test]
fn salesforce_under_every_fault() {
    let rehearsed = rehearse(|case| case.name.starts_with("salesforce") && is_plain(case));
    run_all(&everywhere(&rehearsed));
}

#[test]
fn salesforce_under_faults_without_end() {
    let rehearsed =
        rehearse(|case| case.name.starts_with("salesforce/") && plan::is_typical(&case.name));
    run_all(&without_end(&rehearsed));
}

/// Whose answers do not name the bucket, which is another one in each run.
#[test]
fn kinto_reads_all_or_fails() {
    let names = [
        "credentials-good",
        "filter-comma",
        "filter-contains",
        "filter-equal",
        "filter-limit",
        "filter-not",
        "filter-number",
        "filter-or",
        "incremental-tombstones",
        "query-fields",
        "query-pages",
        "query-pages-filtered",
        "retrieve",
        "retrieve-by-field",
    ];
    let is_one = |case: &Case| {
        let name = case.name.strip_prefix("kinto/");
        name.is_some_and(|name| names.contains(&name))
    };
    let rehearsed = rehearse(is_one);
    assert_eq!(rehearsed.len(), names.len());
    run_all(&everywhere(&rehearsed));
}

#[test]
fn a_naive_connector_reads_all_or_fails() {
    naive(|case| case.spec.follow || case.name == "naive/list");
}

#[test]
fn a_naive_connector_reports_no_write_and_no_login_that_failed() {
    naive(|case| ["naive/write-insert", "naive/credentials-good"].contains(&case.name.as_str()));
}

fn naive(choose: impl Fn(&Case) -> bool) {
    let rehearsed = rehearse(|case| case.name.starts_with("naive/") && choose(case));
    let mut runs = everywhere(&rehearsed);
    runs.extend(without_end(&rehearsed));
    run_all(&runs);
}
