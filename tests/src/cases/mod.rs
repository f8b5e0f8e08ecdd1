//! Contract cases: a folder with a request, what the application does, and the answer AppFlow must get.
//!
//! ```text
//! cases/GROUP/group.toml       what all cases of the group share (optional)
//! cases/GROUP/NAME/case.toml       what the case is about, which components it is for
//!                  request.json    what AppFlow sends; request.raw for bytes that are no JSON
//!                  answer.json     what AppFlow must get
//!                  upstream.toml   a scripted application, see `upstream` (optional)
//!                  request-2.json, answer-2.json ...  further requests to the same process (optional)
//! ```
//!
//! Adding a case is adding a folder; the settings of `case.toml` are those of [`Spec`]. `request.json` and `answer.json`
//! may name values as `{{name}}`; see [`values`]. In answers records stand as JSON objects, not as strings, and
//! [`matcher`] says which parts may be left open.
//!
//! Besides the comparison every case is put to: every answer passes the [`checker`](crate::checker), nothing planted as
//! a secret, a record or a filter value turns up in logs, metrics, messages or page tokens, no function error, the same process
//! to the end, no request to the application that was not expected.
//!
//! With `APPFLOW_BLESS=1` the answers of failing cases are written anew, with `APPFLOW_BLESS=new` only those that are
//! not there yet; to be read before they are committed. With
//! `APPFLOW_CASES=TEXT` only cases whose `group/name` contains the text run; several texts are divided by commas, and
//! `=GROUP/NAME` names exactly one case.

mod alike;
mod application;
mod grants;
mod leaks;
mod load;
pub mod matcher;
mod play;
mod run;
mod show;
mod spec;
pub mod values;

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, bail};

pub use self::alike::{Compared, NAME, compare, differing};
pub use self::grants::unused;
pub use self::leaks::leaks;
pub use self::load::{Case, Step, load};
pub use self::play::{Played, Variation, play};
pub use self::run::{Failure, answers, run};
pub use self::spec::{ApplicationKind, Expect, ExpectedRequest, Spec};
use crate::setup::Setup;

/// Name of the variable that has answers written anew.
pub const BLESS_VARIABLE: &str = "APPFLOW_BLESS";

/// Name of the variable that chooses cases.
pub const CHOICE_VARIABLE: &str = "APPFLOW_CASES";

/// Runs every case under a folder that `choose` takes, with every component it is for, and reports all failures at
/// once. Gives the number of runs.
///
/// # Errors
///
/// If a case cannot be read, or one or more failed; the message has a part for each.
pub fn run_all(setup: &Setup, root: &Path, choose: impl Fn(&Case) -> bool) -> Result<usize> {
    let chosen = std::env::var(CHOICE_VARIABLE).unwrap_or_default();
    let mut cases = load(root)?;
    for name in chosen.split(',').filter_map(|text| text.strip_prefix('=')) {
        if !cases.iter().any(|case| case.name == name) {
            bail!("{CHOICE_VARIABLE} names the case {name}, which is not there");
        }
    }
    cases.retain(|case| is_chosen(&case.name, &chosen) && choose(case));
    let runs: Vec<(&Case, &str)> = cases
        .iter()
        .flat_map(|case| {
            case.spec
                .components
                .iter()
                .map(move |component| (case, component.as_str()))
        })
        .collect();
    let failures = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(&(case, component)) = runs.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let report = match run(setup, case, component) {
                        Ok(failures) if failures.is_empty() => continue,
                        Ok(failures) => failures
                            .iter()
                            .map(ToString::to_string)
                            .collect::<Vec<_>>()
                            .join("\n"),
                        Err(error) => format!("  {error:#}"),
                    };
                    let report = format!(
                        "{} with {component}: {}\n{report}",
                        case.name, case.spec.about
                    );
                    failures
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner)
                        .push(report);
                }
            });
        }
    });
    let mut failures = failures
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if failures.is_empty() {
        return Ok(runs.len());
    }
    failures.sort();
    bail!(
        "{} of {} runs of cases failed\n\n{}\n",
        failures.len(),
        runs.len(),
        failures.join("\n\n")
    )
}

/// Whether a case is among those that [`CHOICE_VARIABLE`] asks for.
fn is_chosen(name: &str, chosen: &str) -> bool {
    chosen.split(',').any(|text| match text.strip_prefix('=') {
        Some(exact) => name == exact,
        None => name.contains(text),
    })
}

#[cfg(test)]
mod tests {
    use super::is_chosen;

    #[test]
    fn cases_are_chosen_by_part_or_whole_name() {
        assert!(is_chosen("sf/query-all", ""));
        assert!(is_chosen("sf/query-all", "write,query"));
        assert!(is_chosen("sf/query-all", "=sf/query-all"));
        assert!(!is_chosen("sf/query-all", "=sf/query"));
        assert!(!is_chosen("sf/query-all", "write"));
    }
}
