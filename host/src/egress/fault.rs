//! Faults on purpose, at the place where requests leave the host: `APPFLOW_FAULTS`.
//!
//! A plan is a list of rules, divided by semicolons: `WHEN=WHAT`, and options after commas. The first rule whose turn it
//! is decides. Requests are counted from 1 for the life of the process, each attempt, followed redirect and `wasi:http`
//! request by itself. Retries lie above, so they see faults as they would see real ones, and each attempt is counted.
//!
//! | when | which requests |
//! | --- | --- |
//! | `3` | the third |
//! | `3-5`, `3-` | the third to the fifth; from the third on |
//! | `*` | every one |
//! | `*/4` | the fourth, the eighth and so on |
//! | `20%` | one in five, by chance; option `seed=NUMBER` (0 unless set) makes the same chance again |
//! | `2@api.example` | of those, if they go to this host (`*@api.example` for all) |
//!
//! | what | reaches the application | what the host meets |
//! | --- | --- | --- |
//! | `dns` | no | the name is not found |
//! | `connect-refused` | no | nobody listens |
//! | `tls` | no | the certificate has expired |
//! | `reset-before` | no | the connection ends before an answer |
//! | `reset-after` | yes | the same: the answer is lost |
//! | `status:503` | no | this status; options `body=TEXT`, and `NAME=VALUE` for headers, percent-encoded |
//! | `status-after:502` | yes | the same, as from a gateway that gave up waiting |
//! | `slow:500` | yes | the answer's first byte comes after so many milliseconds |
//! | `drip:20` | yes | the answer comes in pieces of 1 KiB with so many milliseconds before each |
//! | `truncate:100` | yes | so many bytes of the answer's body, then the connection ends |
//! | `wrong-length` | yes | the answer announces more bytes than come |
//! | `malformed:cut` | yes | the second half of the answer's body is missing, and nothing says so |
//! | `malformed:html` | yes | status 200 and a page in HTML |
//! | `malformed:empty` | yes | status 200 and no body |
//! | `malformed:bom` | yes | a byte order mark before the body |
//! | `malformed:not-utf8` | yes | a byte in the body that is not UTF-8 |
//! | `malformed:type` | yes | the right body as `text/html` |
//! | `clock:+3600`, `clock:-3600` | yes | the time of day jumps by so many seconds; the answer is the real one |
//! | `kill:7` (without `WHEN=`) | | the process ends itself at the seventh call of the host by the guest, before the call does anything; handing over the result of an invocation counts as a call |
//!
//! Several kinds divided by `|` in a rule by chance are equally likely.
//!
//! ```
//! use appflow_host::egress::FaultPlan;
//!
//! for text in [
//!     "2=status:503",
//!     "1=status:429,retry-after=1;4-=truncate:100",
//!     "*@api.example=dns; */3=status:500,body=%7B%22error%22%3A1%7D,content-type=application/json",
//!     "20%=reset-after|status:503|truncate:10|malformed:cut,seed=7",
//!     "1=drip:50;2=clock:-3600",
//!     "kill:7",
//! ] {
//!     assert!(FaultPlan::parse(text).is_ok(), "{text}");
//! }
//! let error = FaultPlan::parse("2=status:503;3=reset").unwrap_err().to_string();
//! assert!(error.contains("rule 2") && error.contains("reset-after"), "{error}");
//! ```

mod inject;
mod parse;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use http::{HeaderMap, StatusCode};

pub(crate) use inject::{AnswerBody, BodyError};

/// Name of the environment variable.
pub const FAULTS_VARIABLE: &str = "APPFLOW_FAULTS";

/// What goes wrong, and when. Empty in production.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultPlan {
    rules: Vec<Rule>,
    kill_at: Option<u64>,
}

/// Why a plan was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{FAULTS_VARIABLE}: rule {rule} {problem}")]
pub struct FaultPlanError {
    /// Which rule, counted from 1.
    pub rule: usize,
    /// What is wrong with it.
    pub problem: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    turn: Turn,
    host: Option<String>,
    /// One, or several of which chance takes one.
    kinds: Vec<Kind>,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// From the first to the last of these, both included.
    Range(u64, u64),
    /// Each one whose number can be divided by this.
    Every(u64),
    /// So many of a hundred.
    Chance { percent: u8, seed: u64 },
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Dns,
    ConnectRefused,
    Tls,
    ResetBefore,
    ResetAfter,
    Status { answer: MadeAnswer, after: bool },
    Slow(Duration),
    Drip(Duration),
    Truncate(usize),
    WrongLength,
    Malformed(Malformation),
    Clock(i64),
}

/// How a body is spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Malformation {
    Cut,
    Html,
    Empty,
    ByteOrderMark,
    NotUtf8,
    ContentType,
}

/// An answer that is not the application's.
#[derive(Debug, Clone, PartialEq, Eq)]
struct MadeAnswer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl FaultPlan {
    /// Reads the variable's value. Empty text means no faults.
    ///
    /// # Errors
    ///
    /// The rule that is not understood, and what could stand there.
    pub fn parse(text: &str) -> Result<Self, FaultPlanError> {
        parse::plan(text)
    }
}

/// A plan at work: it knows how many requests there were.
#[derive(Debug)]
pub(crate) struct Faults {
    rules: Vec<Rule>,
    requests: AtomicU64,
}

impl Faults {
    /// Puts a plan to work; nothing for an empty one.
    pub(crate) fn start(plan: FaultPlan) -> Option<Self> {
        if let Some(call) = plan.kill_at {
            kill::arm(call);
        }
        (!plan.rules.is_empty()).then(|| Self {
            rules: plan.rules,
            requests: AtomicU64::new(0),
        })
    }

    /// Counts a request and gives what is to happen to it.
    fn next(&self, host: &str) -> Option<&Kind> {
        let number = self.requests.fetch_add(1, Relaxed) + 1;
        self.rules.iter().enumerate().find_map(|(index, rule)| {
            if rule.host.as_deref().is_some_and(|wanted| wanted != host) {
                return None;
            }
            let mut chance = fastrand::Rng::with_seed(match rule.turn {
                // Drawn from the number and not from a running generator: what comes does not hang on the other rules.
                Turn::Chance { seed, .. } => mix(seed, number, index),
                _ => 0,
            });
            let due = match rule.turn {
                Turn::Range(first, last) => (first..=last).contains(&number),
                Turn::Every(step) => number.is_multiple_of(step),
                Turn::Chance { percent, .. } => chance.u8(0..100) < percent,
            };
            if !due {
                return None;
            }
            rule.kinds.get(chance.usize(0..rule.kinds.len()))
        })
    }
}

fn mix(seed: u64, number: u64, rule: usize) -> u64 {
    let rule = u64::try_from(rule).unwrap_or_default();
    seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number.wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ rule
}

/// The end of the process at a call of the host: what Lambda does to one that outlives its deadline or its memory.
pub(crate) mod kill {
    use super::{AtomicU64, Relaxed};

    /// Calls until the end; 0 if there is none.
    static LEFT: AtomicU64 = AtomicU64::new(0);

    pub(super) fn arm(call: u64) {
        LEFT.store(call, Relaxed);
    }

    /// One more call of the host.
    pub(crate) fn count() {
        if LEFT.load(Relaxed) != 0 && LEFT.fetch_sub(1, Relaxed) == 1 {
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests;
