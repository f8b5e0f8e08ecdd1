//! Asking again: what failed for a moment succeeds a moment later, and no connector has to know.
//!
//! Rules, in this order:
//!
//! * A request is *repeatable* if carrying it out twice is as good as once: GET, HEAD and OPTIONS, and any other with a
//!   header `Idempotency-Key`.
//! * A refusal for its rate (429, or 403 that names a wait) says that nothing was done, and so does a connection that was
//!   never made: these are tried again for every request. All other failures only for repeatable ones, because a write
//!   whose answer was lost may have been carried out.
//! * Tried again are failed and broken connections, answers that do not begin or go on, 408, 425, 429, 500, 502, 503, 504.
//! * Before each further attempt there is a wait: the one the application asks for, plus a random part of a window that
//!   doubles ("full jitter", so that many flows that failed together do not come back together).
//! * A wait is begun only if there is time left after it for an attempt as long as the last one and for the connector's
//!   own answer. If not, the failure is handed over as it is, with the wait in it for AppFlow.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::header::HeaderMap;
use http::{Method, StatusCode};
use tokio::time::{Instant, sleep};

use super::error::EgressError;
use super::stats::OutboundStats;
use crate::mechanism;
use crate::telemetry::{millis, spans};

/// Longest time of all waits of one request: the host is paid for while it waits, and AppFlow tries again for nothing.
const MAX_WAITS: Duration = Duration::from_secs(20);
/// What is left after the last attempt, for the rest of the invocation.
const RESERVE: Duration = Duration::from_millis(250);
/// Retries of a 500, which rather comes from this very request than from the moment.
const MAX_RETRIES_OF_500: u32 = 2;

/// The random part of waits.
#[derive(Debug)]
pub(crate) struct Backoff {
    first_window: Duration,
    random: Mutex<fastrand::Rng>,
}

impl Backoff {
    /// Windows of this size, twice, four times it and so on. The same seed gives the same waits.
    pub(crate) fn new(first_window: Duration, seed: Option<u64>) -> Self {
        Self {
            first_window,
            random: Mutex::new(seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed)),
        }
    }

    /// The wait before the retry of this number, from 0.
    fn wait(&self, retry: u32) -> Duration {
        let window = self.first_window * 2u32.saturating_pow(retry.min(8));
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        window.mul_f64(random.f64())
    }
}

/// What is known of an answer that decides whether to ask again.
pub(crate) trait Answered {
    fn status(&self) -> StatusCode;
    /// How long the application asks to wait.
    fn retry_after_seconds(&self) -> Option<u32>;
}

/// One request with its attempts.
pub(crate) struct Attempts<'a> {
    /// Most attempts after the first.
    pub(crate) retries: u32,
    /// Whether carrying it out twice is as good as once.
    pub(crate) repeatable: bool,
    /// When the invocation ends.
    pub(crate) deadline: Instant,
    pub(crate) backoff: &'a Backoff,
    pub(crate) stats: &'a OutboundStats,
}

/// Whether a request may be carried out twice. Keyed are writes that the application itself recognises as repeated.
pub(crate) fn is_repeatable(method: &Method, headers: &HeaderMap) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
        || headers
            .get("idempotency-key")
            .is_some_and(|key| !key.is_empty())
        || mechanism::off("egress.writes")
}

/// What a failed attempt says about another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Again {
    /// Most retries for this reason.
    most: u32,
    /// The wait the application asks for.
    asked: Duration,
    /// False for the first retry after a kept connection that the other side has closed meanwhile.
    backs_off: bool,
}

impl Attempts<'_> {
    /// Makes attempts until one is an answer to hand over, or none fits any more.
    pub(crate) async fn run<T: Answered, F: Future<Output = Result<T, EgressError>>>(
        &self,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, EgressError> {
        let mut waits = Duration::ZERO;
        for retry in 0.. {
            let start = Instant::now();
            let outcome = spans::attempt(retry, attempt()).await;
            let Some(again) = self.again(&outcome, retry) else {
                return outcome;
            };
            let now = Instant::now();
            let wait = match again.backs_off {
                true => again.asked.saturating_add(self.backoff.wait(retry)),
                false => again.asked,
            };
            waits = waits.saturating_add(wait);
            let needed = wait.saturating_add(now - start).saturating_add(RESERVE);
            let fits = needed < self.deadline.saturating_duration_since(now) && waits <= MAX_WAITS;
            if !fits && !mechanism::off("egress.fits") {
                return outcome;
            }
            drop(outcome);
            let wait_ms = millis(wait);
            tracing::debug!(target: "appflow_host", retry = retry + 1, wait_ms, "asking the application again");
            sleep(wait).await;
            self.stats.add_wait(wait);
            self.stats.add_retry();
        }
        // A number of attempts that nobody reaches.
        Err(EgressError::InvalidRequest("too many attempts".to_owned()))
    }

    fn again<T: Answered>(&self, outcome: &Result<T, EgressError>, retry: u32) -> Option<Again> {
        let (allowed, again) = match outcome {
            Ok(answer) => self.after_answer(answer)?,
            Err(error) => self.after_error(error, retry)?,
        };
        (allowed && retry < again.most && !mechanism::off("egress.retry")).then_some(again)
    }

    fn after_answer(&self, answer: &impl Answered) -> Option<(bool, Again)> {
        let asked = answer.retry_after_seconds();
        let again = |most| Again {
            most,
            asked: Duration::from_secs(asked.unwrap_or_default().into()),
            backs_off: true,
        };
        match (answer.status().as_u16(), asked) {
            (429, _) | (403, Some(_)) => Some((true, again(self.retries))),
            (500, None) => Some((self.repeatable, again(self.retries.min(MAX_RETRIES_OF_500)))),
            (408 | 425 | 500 | 502 | 503 | 504, _) => Some((self.repeatable, again(self.retries))),
            _ => None,
        }
    }

    fn after_error(&self, error: &EgressError, retry: u32) -> Option<(bool, Again)> {
        let again = Again {
            most: self.retries,
            asked: Duration::ZERO,
            backs_off: true,
        };
        match error {
            EgressError::Connect { .. }
            | EgressError::Tls { .. }
            | EgressError::ConnectTimeout { .. } => Some((true, again)),
            EgressError::Truncated { .. } => {
                let backs_off = retry > 0;
                Some((self.repeatable, Again { backs_off, ..again }))
            }
            EgressError::Timeout { .. } | EgressError::Stalled { .. } => {
                Some((self.repeatable, again))
            }
            // What would come out the same again, and the wait for a slot, which ends with the invocation.
            EgressError::Denied(_)
            | EgressError::InvalidRequest(_)
            | EgressError::Certificate { .. }
            | EgressError::Busy { .. }
            | EgressError::BodyTooLarge { .. }
            | EgressError::Decode { .. }
            | EgressError::Protocol { .. }
            | EgressError::Redirects { .. } => None,
        }
    }
}

#[cfg(test)]
#[path = "tests/retry.rs"]
mod tests;
