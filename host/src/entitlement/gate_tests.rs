#![allow(clippy::unwrap_used, reason = "a failed assumption fails the test")]

use super::*;
use crate::clock::manual::ManualClock;
use async_trait::async_trait;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;
use tokio::sync::Semaphore;

#[path = "gate_http_tests.rs"]
mod http;
#[path = "gate_sequence_tests.rs"]
mod sequences;

const YES: Verdict = Verdict::Entitled { expires: None };
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Gives the answer that is set, when it is let.
struct FakeBackEnd {
    answer: Mutex<Verdict>,
    asked: AtomicUsize,
    now_asking: AtomicUsize,
    most_at_once: AtomicUsize,
    accounts: Mutex<Vec<Option<AccountId>>>,
    traces: Mutex<Vec<Option<telemetry::TraceId>>>,
    /// One permit lets one question be answered. Closed: all are.
    leave: Semaphore,
    needs_account: bool,
}

impl FakeBackEnd {
    fn new(answer: Verdict) -> Self {
        let back_end = Self::held(answer);
        back_end.leave.close();
        back_end
    }

    /// Answers nothing before it gets a permit.
    fn held(answer: Verdict) -> Self {
        Self {
            answer: Mutex::new(answer),
            asked: AtomicUsize::new(0),
            now_asking: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
            accounts: Mutex::default(),
            traces: Mutex::default(),
            leave: Semaphore::new(0),
            needs_account: false,
        }
    }

    fn set(&self, answer: Verdict) {
        *self.answer.lock().unwrap() = answer;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

struct Asking<'a>(&'a FakeBackEnd);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.now_asking.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl EntitlementBackEnd for FakeBackEnd {
    async fn ask(&self, account: Option<&AccountId>) -> Verdict {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let now = self.now_asking.fetch_add(1, Ordering::SeqCst) + 1;
        let _asking = Asking(self);
        self.most_at_once.fetch_max(now, Ordering::SeqCst);
        self.accounts.lock().unwrap().push(account.cloned());
        self.traces.lock().unwrap().push(telemetry::current());
        if let Ok(permit) = self.leave.acquire().await {
            permit.forget();
        }
        self.answer.lock().unwrap().clone()
    }

    fn needs_account(&self) -> bool {
        self.needs_account
    }
}

struct Bench {
    back_end: Arc<FakeBackEnd>,
    clock: Arc<ManualClock>,
    gate: Gate,
}

impl Bench {
    fn new(back_end: FakeBackEnd) -> Self {
        Self::with(back_end, Settings::default())
    }

    fn with(back_end: FakeBackEnd, settings: Settings) -> Self {
        let back_end = Arc::new(back_end);
        let clock = Arc::new(ManualClock::new());
        let gate = Gate::with_back_end("shop", "prod-1", back_end.clone(), settings, clock.clone());
        Self {
            back_end,
            clock,
            gate,
        }
    }

    async fn check(&self) -> Result<(), Refusal> {
        self.gate
            .check(None, Instant::now() + Duration::from_secs(30))
            .await
    }

    /// A check, and time for the question that it may have begun.
    async fn check_and_settle(&self) -> Result<(), Refusal> {
        let result = self.check().await;
        settle().await;
        result
    }
}

/// Lets tasks that can run do so.
async fn settle() {
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_free_product_asks_nobody() {
    let aws = Arc::new(Aws::from_environment());
    let gate = Gate::new("shop", &Product::Free, Settings::default(), &aws);
    gate.start();
    assert_eq!(gate.check(None, Instant::now()).await, Ok(()));
}

#[tokio::test]
async fn the_first_check_waits_for_the_first_answer() {
    let bench = Bench::new(FakeBackEnd::new(YES));
    assert_eq!(bench.check().await, Ok(()));
    assert_eq!(bench.back_end.asked(), 1);
}

#[tokio::test]
async fn start_asks_and_the_check_finds_the_answer() {
    let bench = Bench::new(FakeBackEnd::new(YES));
    bench.gate.start();
    settle().await;
    assert_eq!(bench.back_end.asked(), 1);
    // A deadline that has passed is enough where nothing has to be waited for.
    assert_eq!(bench.gate.check(None, Instant::now()).await, Ok(()));
    assert_eq!(bench.back_end.asked(), 1);
}

#[tokio::test]
async fn start_leaves_a_back_end_alone_that_must_know_the_account() {
    let mut back_end = FakeBackEnd::new(YES);
    back_end.needs_account = true;
    let bench = Bench::new(back_end);
    bench.gate.start();
    settle().await;
    assert_eq!(bench.back_end.asked(), 0);
    let account = AccountId::from_function_arn("arn:aws:lambda:r:123456789012:function:f");
    let deadline = Instant::now() + MINUTE;
    bench.gate.check(account.as_ref(), deadline).await.unwrap();
    assert_eq!(*bench.back_end.accounts.lock().unwrap(), [account]);
}

#[tokio::test]
async fn a_fresh_yes_is_used_and_refreshed_with_jitter() {
    let bench = Bench::new(FakeBackEnd::new(YES));
    bench.check().await.unwrap();
    bench
        .clock
        .advance(HOUR.mul_f64(0.9) - Duration::from_secs(1));
    bench.check_and_settle().await.unwrap();
    assert_eq!(bench.back_end.asked(), 1);
    bench
        .clock
        .advance(HOUR.mul_f64(0.1) + Duration::from_secs(1));
    bench.check_and_settle().await.unwrap();
    assert_eq!(bench.back_end.asked(), 2);
}

#[tokio::test]
async fn jitter_spreads_the_questions() {
    let mut early = 0;
    for _ in 0..200 {
        let bench = Bench::new(FakeBackEnd::new(YES));
        bench.check().await.unwrap();
        bench.clock.advance(HOUR.mul_f64(0.95));
        bench.check_and_settle().await.unwrap();
        early += bench.back_end.asked() - 1;
    }
    assert!((40..160).contains(&early), "{early} of 200");
}

#[tokio::test]
async fn a_stale_yes_passes_at_once_while_a_question_is_under_way() {
    let bench = Bench::new(FakeBackEnd::held(YES));
    bench.back_end.leave.add_permits(1);
    bench.check().await.unwrap();
    bench.clock.advance(HOUR);
    for _ in 0..5 {
        assert_eq!(bench.gate.check(None, Instant::now()).await, Ok(()));
        settle().await;
    }
    assert_eq!(bench.back_end.asked(), 2, "one question at a time");
}

#[tokio::test]
async fn a_yes_lasts_no_longer_than_it_says() {
    let bench = Bench::new(FakeBackEnd::new(YES));
    let expires = bench.clock.now().wall + 10 * MINUTE;
    bench.back_end.set(Verdict::Entitled {
        expires: Some(expires),
    });
    bench.check().await.unwrap();
    bench.clock.advance(10 * MINUTE - Duration::from_secs(1));
    bench.check_and_settle().await.unwrap();
    assert_eq!(bench.back_end.asked(), 1);
    bench.back_end.set(Verdict::NotEntitled);
    bench.clock.advance(Duration::from_secs(1));
    bench.check_and_settle().await.unwrap();
    assert_eq!(bench.back_end.asked(), 2);
    assert_eq!(
        bench.check().await.unwrap_err().kind,
        RefusalKind::AccessDenied
    );
}

#[tokio::test]
async fn very_short_terms_do_not_make_a_flood() {
    let bench = Bench::new(FakeBackEnd::new(Verdict::Entitled {
        expires: Some(SystemTime::UNIX_EPOCH),
    }));
    bench.check().await.unwrap();
    bench.clock.advance(MINUTE - Duration::from_secs(1));
    bench.check_and_settle().await.unwrap();
    assert_eq!(bench.back_end.asked(), 1);
}

#[tokio::test]
async fn a_no_refuses_at_once_and_heals_after_a_minute() {
    let bench = Bench::new(FakeBackEnd::new(Verdict::NotEntitled));
    let refusal = bench.check().await.unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::AccessDenied);
    assert_eq!(refusal.retry_after_seconds, None);
    for part in ["shop", "prod-1", "subscribe", "AWS Marketplace"] {
        assert!(refusal.message.contains(part), "{}", refusal.message);
    }
    bench.back_end.set(YES);
    bench.clock.advance(MINUTE - Duration::from_secs(1));
    bench.check().await.unwrap_err();
    assert_eq!(bench.back_end.asked(), 1);
    bench.clock.advance(Duration::from_secs(1));
    assert_eq!(bench.check().await, Ok(()));
}

#[tokio::test]
async fn a_no_after_a_yes_has_no_grace() {
    let bench = Bench::new(FakeBackEnd::new(YES));
    bench.check().await.unwrap();
    bench.back_end.set(Verdict::NotEntitled);
    bench.clock.advance(HOUR);
    bench.check_and_settle().await.unwrap();
    bench.check().await.unwrap_err();
    // Nor does an outage bring the old yes back.
    bench.back_end.set(Verdict::CouldNotAsk("x".into()));
    bench.clock.advance(MINUTE);
    assert_eq!(
        bench.check().await.unwrap_err().kind,
        RefusalKind::ServiceUnavailable
    );
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let bench = Bench::new(FakeBackEnd::new(Verdict::NotAllowedToAsk {
        action: "license-manager:CheckoutLicense",
    }));
    let refusal = bench.check().await.unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::AccessDenied);
    assert!(refusal.message.contains("license-manager:CheckoutLicense"));
    bench.back_end.set(YES);
    bench.clock.advance(MINUTE);
    assert_eq!(bench.check().await, Ok(()));
}

#[tokio::test]
async fn the_publishers_mistake_is_a_client_error() {
    let bench = Bench::new(FakeBackEnd::new(Verdict::Misconfigured(
        "no such SKU".into(),
    )));
    let refusal = bench.check().await.unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::ClientError);
    assert_eq!(refusal.retry_after_seconds, None);
    assert!(refusal.message.contains("publisher"));
    assert!(refusal.message.contains("no such SKU"));
}

#[tokio::test]
async fn an_outage_is_overlooked_for_as_long_as_grace_lasts() {
    let bench = Bench::new(FakeBackEnd::new(YES));
    bench.check().await.unwrap();
    bench.back_end.set(Verdict::CouldNotAsk("outage".into()));
    for _ in 0..23 {
        bench.clock.advance(HOUR);
        bench.check_and_settle().await.unwrap();
        // With the fresh "could not ask" too.
        bench.check_and_settle().await.unwrap();
    }
    bench.clock.advance(HOUR);
    let refusal = bench.check().await.unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::ServiceUnavailable);
    assert_eq!(refusal.retry_after_seconds, Some(10));
    assert!(refusal.message.contains("outage"));
}

#[tokio::test]
async fn an_outage_is_asked_about_each_minute_only() {
    let bench = Bench::new(FakeBackEnd::new(YES));
    bench.check().await.unwrap();
    bench.back_end.set(Verdict::CouldNotAsk("outage".into()));
    bench.clock.advance(HOUR);
    bench.check_and_settle().await.unwrap();
    assert_eq!(bench.back_end.asked(), 2);
    bench.clock.advance(MINUTE - Duration::from_secs(1));
    bench.check_and_settle().await.unwrap();
    assert_eq!(bench.back_end.asked(), 2);
    bench.clock.advance(Duration::from_secs(1));
    bench.check_and_settle().await.unwrap();
    assert_eq!(bench.back_end.asked(), 3);
}

#[tokio::test]
async fn an_outage_from_the_start_is_unavailable_with_a_shrinking_delay() {
    let bench = Bench::new(FakeBackEnd::new(Verdict::CouldNotAsk("outage".into())));
    assert_eq!(
        bench.check().await.unwrap_err().retry_after_seconds,
        Some(10)
    );
    bench.clock.advance(Duration::from_millis(6500));
    assert_eq!(
        bench.check().await.unwrap_err().retry_after_seconds,
        Some(4)
    );
    assert_eq!(bench.back_end.asked(), 1);
    bench.back_end.set(YES);
    bench.clock.advance(Duration::from_millis(3500));
    assert_eq!(bench.check().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn the_first_check_waits_no_longer_than_its_deadline() {
    let bench = Bench::new(FakeBackEnd::held(YES));
    let begin = Instant::now();
    let refusal = bench
        .gate
        .check(None, begin + Duration::from_secs(2))
        .await
        .unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::ServiceUnavailable);
    assert!(refusal.retry_after_seconds.is_some());
    assert_eq!(begin.elapsed(), Duration::from_secs(2));
    // The question goes on, and its answer serves the next check.
    bench.back_end.leave.add_permits(1);
    assert_eq!(bench.check().await, Ok(()));
    assert_eq!(bench.back_end.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_back_end_that_hangs_is_given_up() {
    let bench = Bench::new(FakeBackEnd::held(YES));
    let begin = Instant::now();
    let refusal = bench.check().await.unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::ServiceUnavailable);
    assert_eq!(begin.elapsed(), ASK_LIMIT);
}

#[tokio::test]
async fn a_question_lost_in_the_freezer_is_asked_anew_and_waited_for() {
    let bench = Bench::new(FakeBackEnd::held(YES));
    bench.back_end.leave.add_permits(1);
    bench.check().await.unwrap();
    bench.clock.advance(HOUR);
    bench.check_and_settle().await.unwrap();
    assert_eq!(bench.back_end.asked(), 2);
    // The process freezes with the question under way, and meanwhile the subscription ends.
    bench.clock.freeze(HOUR);
    bench.back_end.set(Verdict::NotEntitled);
    bench.back_end.leave.close();
    assert_eq!(
        bench.check().await.unwrap_err().kind,
        RefusalKind::AccessDenied
    );
    assert_eq!(bench.back_end.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_question_without_answer_does_not_keep_an_old_yes_waiting_for_long() {
    let bench = Bench::new(FakeBackEnd::held(YES));
    bench.back_end.leave.add_permits(1);
    bench.check().await.unwrap();
    bench.clock.advance(HOUR);
    bench.check_and_settle().await.unwrap();
    bench.clock.freeze(HOUR);
    let begin = Instant::now();
    assert_eq!(bench.check().await, Ok(()));
    assert_eq!(begin.elapsed(), LOST_PATIENCE);
}

#[tokio::test]
async fn the_late_answer_of_a_question_given_up_is_not_taken() {
    let bench = Bench::new(FakeBackEnd::held(Verdict::NotEntitled));
    bench.gate.start();
    settle().await;
    let shared = bench.gate.shared.clone().unwrap();
    let first = shared.lock().question.as_ref().unwrap().number;
    bench.clock.freeze(HOUR);
    bench.back_end.set(YES);
    bench.back_end.leave.close();
    bench.check().await.unwrap();
    shared.record(first, Verdict::NotEntitled);
    assert_eq!(bench.check().await, Ok(()));
}

#[tokio::test]
async fn a_clock_set_back_does_not_prolong_a_yes() {
    let bench = Bench::new(FakeBackEnd::new(YES));
    bench.check().await.unwrap();
    bench.clock.set_back(48 * HOUR);
    bench.clock.advance(HOUR);
    bench.check_and_settle().await.unwrap();
    assert_eq!(bench.back_end.asked(), 2);
}

#[tokio::test]
async fn hours_in_the_freezer_make_a_yes_too_old_to_go_on_with() {
    let bench = Bench::new(FakeBackEnd::new(YES));
    bench.check().await.unwrap();
    bench.back_end.set(Verdict::NotEntitled);
    bench.clock.freeze(25 * HOUR);
    assert_eq!(
        bench.check().await.unwrap_err().kind,
        RefusalKind::AccessDenied
    );
}

#[tokio::test]
async fn many_checks_at_once_ask_one_question() {
    let bench = Arc::new(Bench::new(FakeBackEnd::held(YES)));
    let checks: Vec<_> = (0..20)
        .map(|_| {
            let bench = bench.clone();
            tokio::spawn(async move { bench.check().await })
        })
        .collect();
    settle().await;
    bench.back_end.leave.close();
    for check in checks {
        assert_eq!(check.await.unwrap(), Ok(()));
    }
    assert_eq!(bench.back_end.asked(), 1);
}

struct Panicking;

#[async_trait]
impl EntitlementBackEnd for Panicking {
    #[allow(clippy::panic, reason = "what is tested")]
    async fn ask(&self, _account: Option<&AccountId>) -> Verdict {
        panic!("a defect")
    }
}

#[tokio::test]
async fn a_back_end_that_panics_leaves_nobody_waiting() {
    let clock = Arc::new(ManualClock::new());
    let gate = Gate::with_back_end("shop", "p", Arc::new(Panicking), Settings::default(), clock);
    let refusal = gate.check(None, Instant::now() + MINUTE).await.unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::ServiceUnavailable);
}
