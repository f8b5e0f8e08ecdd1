//! When a request is tried again, and after how long, on a clock that moves only when everybody waits.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

use std::sync::Mutex;

use super::*;
use crate::egress::Denial;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reply(u16, Option<u32>);

impl Answered for Reply {
    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0).unwrap()
    }

    fn retry_after_seconds(&self) -> Option<u32> {
        self.1
    }
}

const WINDOW: Duration = Duration::from_millis(200);
/// How long each attempt takes.
const ATTEMPT: Duration = Duration::from_millis(100);

struct Run {
    outcome: Result<Reply, EgressError>,
    attempts: usize,
    took: Duration,
    waited: Duration,
}

impl Run {
    fn status(&self) -> u16 {
        self.outcome.as_ref().unwrap().0
    }
}

struct Setup {
    repeatable: bool,
    retries: u32,
    budget: Duration,
    attempt: Duration,
}

const READ: Setup = Setup {
    repeatable: true,
    retries: 3,
    budget: Duration::from_secs(29),
    attempt: ATTEMPT,
};
const WRITE: Setup = Setup {
    repeatable: false,
    ..READ
};

/// The outcomes come in turn, the last one again and again.
async fn run(setup: Setup, outcomes: &[Result<Reply, EgressError>]) -> Run {
    let backoff = Backoff::new(WINDOW, Some(7));
    let stats = OutboundStats::default();
    let start = Instant::now();
    let attempts = Attempts {
        retries: setup.retries,
        repeatable: setup.repeatable,
        deadline: start + setup.budget,
        backoff: &backoff,
        stats: &stats,
    };
    let made = Mutex::new(0);
    let outcome = attempts
        .run(|| {
            let mut made = made.lock().unwrap();
            let outcome = outcomes[(*made).min(outcomes.len() - 1)].clone();
            *made += 1;
            async move {
                sleep(setup.attempt).await;
                outcome
            }
        })
        .await;
    let attempts = *made.lock().unwrap();
    assert_eq!(stats.retries(), attempts as u64 - 1);
    Run {
        outcome,
        attempts,
        took: start.elapsed(),
        waited: stats.waited(),
    }
}

fn answers(statuses: &[u16]) -> Vec<Result<Reply, EgressError>> {
    statuses
        .iter()
        .map(|status| Ok(Reply(*status, None)))
        .collect()
}

fn host() -> String {
    "h".to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_the_moment_is_not_the_connectors_business() {
    let ran = run(READ, &answers(&[500, 500, 200])).await;
    assert_eq!((ran.status(), ran.attempts), (200, 3));
    for status in [408, 425, 429, 502, 503, 504] {
        let ran = run(READ, &answers(&[status, status, status, 200])).await;
        assert_eq!((ran.status(), ran.attempts), (200, 4), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_lasts_is_handed_over_after_a_few_attempts() {
    for (status, attempts) in [
        (500, 3),
        (408, 4),
        (425, 4),
        (429, 4),
        (502, 4),
        (503, 4),
        (504, 4),
    ] {
        let ran = run(READ, &answers(&[status])).await;
        assert_eq!((ran.status(), ran.attempts), (status, attempts));
        assert!(ran.took < Duration::from_secs(2), "{:?}", ran.took);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_failure_of_the_moment_is_handed_over_at_once() {
    for status in [200, 204, 302, 400, 401, 403, 404, 409, 413, 418, 501, 505] {
        let ran = run(READ, &answers(&[status])).await;
        assert_eq!((ran.status(), ran.attempts), (status, 1));
        assert_eq!(ran.took, ATTEMPT);
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_is_tried_again_only_where_nothing_was_done() {
    for status in [408, 425, 500, 502, 503, 504] {
        let ran = run(WRITE, &answers(&[status, 200])).await;
        assert_eq!((ran.status(), ran.attempts), (status, 1));
    }
    let ran = run(WRITE, &[Ok(Reply(503, Some(1))), Ok(Reply(200, None))]).await;
    assert_eq!((ran.status(), ran.attempts), (503, 1));
    for refused in [Reply(429, None), Reply(429, Some(2)), Reply(403, Some(2))] {
        let ran = run(WRITE, &[Ok(refused), Ok(Reply(200, None))]).await;
        assert_eq!((ran.status(), ran.attempts), (200, 2), "{refused:?}");
    }
    let lost = [
        EgressError::Truncated { host: host() },
        EgressError::Timeout { host: host() },
        EgressError::Stalled { host: host() },
    ];
    for error in lost {
        let ran = run(WRITE, &[Err(error.clone()), Ok(Reply(200, None))]).await;
        assert_eq!((ran.outcome, ran.attempts), (Err(error.clone()), 1));
        let ran = run(READ, &[Err(error), Ok(Reply(200, None))]).await;
        assert_eq!((ran.status(), ran.attempts), (200, 2));
    }
    let never_sent = [
        EgressError::ConnectTimeout { host: host() },
        EgressError::Connect {
            host: host(),
            reason: String::new(),
        },
        EgressError::Tls {
            host: host(),
            reason: String::new(),
        },
    ];
    for error in never_sent {
        assert!(!error.may_have_been_sent());
        let ran = run(WRITE, &[Err(error), Ok(Reply(200, None))]).await;
        assert_eq!((ran.status(), ran.attempts), (200, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn what_would_fail_again_is_not_tried_again() {
    let errors = [
        EgressError::Denied(Denial::Port { host: host() }),
        EgressError::InvalidRequest(String::new()),
        EgressError::Certificate {
            host: host(),
            reason: "expired",
        },
        EgressError::Busy { host: host() },
        EgressError::BodyTooLarge {
            host: host(),
            limit: 1,
        },
        EgressError::Decode {
            host: host(),
            reason: "",
        },
        EgressError::Protocol { host: host() },
        EgressError::Redirects {
            host: host(),
            limit: 5,
        },
    ];
    for error in errors {
        let ran = run(READ, &[Err(error.clone()), Ok(Reply(200, None))]).await;
        assert_eq!((ran.outcome, ran.attempts), (Err(error), 1));
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_asked_for_is_kept() {
    let ran = run(READ, &[Ok(Reply(429, Some(5))), Ok(Reply(200, None))]).await;
    assert_eq!((ran.status(), ran.attempts), (200, 2));
    assert!(ran.waited >= Duration::from_secs(5), "{:?}", ran.waited);
    assert!(
        ran.waited < Duration::from_secs(5) + WINDOW,
        "{:?}",
        ran.waited
    );
    assert!(ran.took >= ran.waited + 2 * ATTEMPT);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_does_not_fit_is_not_begun() {
    // 29 s: the wait asked for, an attempt like the last and the reserve must fit.
    for (seconds, setup, attempts) in [
        (30, READ, 1),
        (u32::MAX, READ, 1),
        (u32::MAX, WRITE, 1),
        // More than the host is paid to wait.
        (21, READ, 1),
        (18, READ, 2),
        (
            8,
            Setup {
                budget: Duration::from_secs(9),
                ..READ
            },
            2,
        ),
        // The same wait, but the attempt before it took too long for another.
        (
            8,
            Setup {
                budget: Duration::from_secs(11),
                attempt: Duration::from_secs(2),
                ..READ
            },
            1,
        ),
    ] {
        let ran = run(
            setup,
            &[Ok(Reply(429, Some(seconds))), Ok(Reply(200, None))],
        )
        .await;
        assert_eq!(ran.attempts, attempts, "{seconds}");
        if attempts == 1 {
            assert_eq!(ran.outcome, Ok(Reply(429, Some(seconds))));
            assert_eq!(ran.waited, Duration::ZERO);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_attempt_is_begun_that_the_deadline_would_end() {
    let setup = || Setup {
        budget: Duration::from_secs(10),
        attempt: Duration::from_secs(4),
        ..READ
    };
    let ran = run(setup(), &answers(&[503])).await;
    assert_eq!((ran.status(), ran.attempts), (503, 2));
    assert!(ran.took < Duration::from_secs(9), "{:?}", ran.took);
    // The waits of one request are counted together.
    let ran = run(READ, &[Ok(Reply(503, Some(9)))]).await;
    assert_eq!((ran.attempts, ran.outcome), (3, Ok(Reply(503, Some(9)))));
}

#[tokio::test(start_paused = true)]
async fn retries_can_be_fewer_or_none() {
    for retries in 0..=5 {
        let setup = Setup { retries, ..READ };
        let ran = run(setup, &answers(&[503])).await;
        assert_eq!(ran.attempts, retries as usize + 1);
        let setup = Setup { retries, ..READ };
        let ran = run(setup, &answers(&[500])).await;
        assert_eq!(ran.attempts, retries.min(2) as usize + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_closed_meanwhile_costs_no_wait_once() {
    let truncated = || Err(EgressError::Truncated { host: host() });
    let ran = run(READ, &[truncated(), Ok(Reply(200, None))]).await;
    assert_eq!(ran.waited, Duration::ZERO);
    let ran = run(READ, &[truncated(), truncated(), Ok(Reply(200, None))]).await;
    assert!(ran.waited > Duration::ZERO);
}

#[test]
fn waits_are_random_in_windows_that_double() {
    let backoff = Backoff::new(WINDOW, Some(7));
    for retry in 0..5 {
        let window = WINDOW * 2u32.pow(retry);
        let waits: Vec<_> = (0..200).map(|_| backoff.wait(retry)).collect();
        assert!(waits.iter().all(|wait| *wait < window), "{waits:?}");
        assert!(waits.iter().any(|wait| *wait < window / 10));
        assert!(waits.iter().any(|wait| *wait > window * 9 / 10));
    }
    let again = Backoff::new(WINDOW, Some(7));
    let backoff = Backoff::new(WINDOW, Some(7));
    assert!((0..10).all(|retry| again.wait(retry) == backoff.wait(retry)));
    // However many: no overflow.
    let _ = backoff.wait(u32::MAX);
}

#[test]
fn writes_are_repeatable_with_a_key_only() {
    let with = |name: &str, value: &str| {
        let mut headers = HeaderMap::new();
        let name: http::HeaderName = name.parse().unwrap();
        headers.insert(name, value.parse().unwrap());
        headers
    };
    for method in ["GET", "HEAD", "OPTIONS"] {
        assert!(is_repeatable(&method.parse().unwrap(), &HeaderMap::new()));
    }
    for method in ["POST", "PUT", "PATCH", "DELETE", "MERGE", "get"] {
        let method: Method = method.parse().unwrap();
        assert!(!is_repeatable(&method, &HeaderMap::new()), "{method}");
        assert!(!is_repeatable(&method, &with("idempotency-key", "")));
        assert!(!is_repeatable(&method, &with("x-key", "1")));
        assert!(is_repeatable(&method, &with("Idempotency-Key", "1")));
        assert!(is_repeatable(&method, &with("IDEMPOTENCY-KEY", "1")));
    }
}
