//! Lets invocations pass while the account is entitled.
//!
//! One [`Gate`] per process. The state is the last answer, the moment of the last yes, and at most one question under way. A
//! check that finds a fresh answer does no I/O. Otherwise a question is asked in a task of its own, and the check waits for it
//! only if there is no yes within grace to go on with.
//!
//! Lambda freezes the process as soon as an invocation is answered, in the middle of a question too, and its connection is
//! dead when the process wakes. A question that has been under way for longer than any can take is therefore given up and
//! asked anew by the next check. That check waits a little for the answer even if there is an old yes: a connector whose
//! invocations are all short would otherwise never hear one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{debug, error, warn};

use super::background::Background;
use super::{
    AccountId, EntitlementBackEnd, LicenseManager, MarketplaceEntitlement, Product, Settings,
    Verdict,
};
use crate::aws::Aws;
use crate::clock::{Clock, Moment, SystemClock};
use crate::telemetry;

/// The longest that a question can take: two tries of three seconds, and what is between them.
const ASK_LIMIT: Duration = Duration::from_secs(7);
/// A question older than this was lost: it ends by itself at [`ASK_LIMIT`] unless the process was frozen.
const LOST_AFTER: Duration = Duration::from_secs(10);
/// How long a check with an old yes waits for a question that was lost before.
const LOST_PATIENCE: Duration = Duration::from_secs(3);
/// After a no, and while an outage is overlooked.
const RECHECK: Duration = Duration::from_secs(60);
/// During an outage with no yes to go on with.
const RECHECK_UNKNOWN: Duration = Duration::from_secs(10);
/// The part of the refresh period that is left to chance, so that environments started together do not ask together.
const JITTER: f64 = 0.1;

/// The error code that a refusal should have. The names are AppFlow's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// `AccessDenied`: the account has not subscribed, or the role lacks a permission.
    AccessDenied,
    /// `ClientError`: the publisher of the connector made a mistake.
    ClientError,
    /// `ServiceUnavailable`: nobody could be asked; worth trying again.
    ServiceUnavailable,
}

/// Why an invocation may not pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// What it is to AppFlow.
    pub kind: RefusalKind,
    /// One line for the user who runs the flow.
    pub message: String,
    /// When to try again, in seconds; only with [`RefusalKind::ServiceUnavailable`].
    pub retry_after_seconds: Option<i32>,
}

/// Decides whether invocations may pass; see the module's documentation. Clones share one state.
#[derive(Clone)]
pub struct Gate {
    shared: Option<Arc<Shared>>,
}

struct Shared {
    connector: String,
    product: String,
    back_end: Arc<dyn EntitlementBackEnd>,
    settings: Settings,
    clock: Arc<dyn Clock>,
    /// Where questions are asked; among the caller's tasks if it has none.
    background: Option<Background>,
    state: Mutex<State>,
    /// Counts answers, for those who wait for one.
    answers: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    last: Option<Known>,
    last_yes: Option<Moment>,
    question: Option<Question>,
    /// Numbers questions, so that the late answer of one that was given up is not taken.
    asked: u64,
    account: Option<AccountId>,
}

struct Known {
    verdict: Verdict,
    at: Moment,
    fresh_for: Duration,
}

struct Question {
    number: u64,
    since: Moment,
    /// Asked because the one before was lost.
    is_repeated: bool,
    task: Option<AbortHandle>,
}

/// What a look at the state comes to.
enum Look {
    Decided(Result<(), Refusal>),
    /// Wait for an answer, at most this long if a time is given; what to say if none comes.
    Wait(Option<Duration>, Result<(), Refusal>),
}

impl Gate {
    /// The gate for a product. `connector` is the connector's name, for messages.
    #[must_use]
    pub fn new(connector: &str, product: &Product, settings: Settings, aws: &Arc<Aws>) -> Self {
        let (label, back_end): (&str, Arc<dyn EntitlementBackEnd>) = match product {
            Product::Free => return Self { shared: None },
            Product::LicenseManager { product_id } => (
                product_id.as_str(),
                Arc::new(LicenseManager::new(Arc::clone(aws), product_id.clone())),
            ),
            Product::Marketplace { product_code } => (
                product_code.as_str(),
                Arc::new(MarketplaceEntitlement::new(
                    Arc::clone(aws),
                    product_code.clone(),
                )),
            ),
        };
        let background = Some(Background::default());
        let clock = Arc::new(SystemClock);
        Self::asking(connector, label, back_end, settings, clock, background)
    }

    /// A gate with a back end and a clock of the caller's, whose tasks the questions are asked among. `product` is how the
    /// product is called in messages.
    #[must_use]
    pub fn with_back_end(
        connector: &str,
        product: &str,
        back_end: Arc<dyn EntitlementBackEnd>,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self::asking(connector, product, back_end, settings, clock, None)
    }

    fn asking(
        connector: &str,
        product: &str,
        back_end: Arc<dyn EntitlementBackEnd>,
        settings: Settings,
        clock: Arc<dyn Clock>,
        background: Option<Background>,
    ) -> Self {
        Self {
            shared: Some(Arc::new(Shared {
                connector: connector.to_owned(),
                product: product.to_owned(),
                back_end,
                settings,
                clock,
                background,
                state: Mutex::default(),
                answers: watch::Sender::new(0),
            })),
        }
    }

    /// Asks in the background, so that the answer is there when the first invocation needs it. Returns at once. Does nothing
    /// for a free product, and for a back end that must know the account first.
    ///
    /// Must be called within a tokio runtime.
    pub fn start(&self) {
        if let Some(shared) = &self.shared
            && !shared.back_end.needs_account()
        {
            let now = shared.clock.now();
            let asking = {
                let mut state = shared.lock();
                state.last.is_none().then(|| state.begin(now)).flatten()
            };
            shared.ask(asking);
        }
    }

    /// Whether an invocation may pass. `account` is the account in the invoked function's ARN
    /// ([`AccountId::from_function_arn`]).
    ///
    /// Without I/O if a fresh answer is known. Waits only if there is nothing to go on with, at most until `deadline`, which
    /// should leave the caller time to answer.
    ///
    /// Not for `DescribeConnectorConfiguration`, which is never gated. Must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// A [`Refusal`], ready to be sent.
    pub async fn check(
        &self,
        account: Option<&AccountId>,
        deadline: Instant,
    ) -> Result<(), Refusal> {
        let Some(shared) = &self.shared else {
            return Ok(());
        };
        let mut patience_ends = None;
        loop {
            // Before the look, so that an answer between the two is not missed.
            let mut answers = shared.answers.subscribe();
            let (patience, otherwise) = match shared.look(account) {
                Look::Decided(decision) => return decision,
                Look::Wait(patience, otherwise) => (patience, otherwise),
            };
            let until = match patience {
                None => deadline,
                Some(patience) => {
                    *patience_ends.get_or_insert_with(|| (Instant::now() + patience).min(deadline))
                }
            };
            if timeout_at(until, answers.changed()).await.is_err() {
                return otherwise;
            }
        }
    }
}

impl Shared {
    fn look(self: &Arc<Self>, account: Option<&AccountId>) -> Look {
        let now = self.clock.now();
        let (asking, look) = {
            let mut state = self.lock();
            if state.account.is_none() {
                state.account = account.cloned();
            }
            let has_grace = state
                .last_yes
                .is_some_and(|yes| now.since(&yes) < self.settings.grace());
            if let Some(known) = &state.last {
                let age = now.since(&known.at);
                if let Some(left) = known
                    .fresh_for
                    .checked_sub(age)
                    .filter(|left| !left.is_zero())
                {
                    return Look::Decided(self.judge(&known.verdict, has_grace, left));
                }
            }
            let asking = state.begin(now);
            let is_repeated = state
                .question
                .as_ref()
                .is_some_and(|question| question.is_repeated);
            let look = match (has_grace, is_repeated) {
                (true, false) => Look::Decided(Ok(())),
                (true, true) => Look::Wait(Some(LOST_PATIENCE), Ok(())),
                (false, _) => Look::Wait(
                    None,
                    Err(self.unavailable("no answer in time", RECHECK_UNKNOWN)),
                ),
            };
            (asking, look)
        };
        // Outside the lock: a runtime that shuts down drops a new task on the spot.
        self.ask(asking);
        look
    }

    /// Asks a question in a task of its own, if one was begun.
    fn ask(self: &Arc<Self>, begun: Option<Begun>) {
        let Some(Begun { number, lost }) = begun else {
            return;
        };
        if let Some(lost) = lost {
            lost.abort();
        }
        let shared = Arc::clone(self);
        // The question belongs to the trace of the invocation that asked it first; there is none at the start of the process.
        let trace = telemetry::current();
        let question = telemetry::within(trace, async move {
            let mut report = Report {
                shared,
                number,
                verdict: None,
            };
            let account = report.shared.lock().account.clone();
            let back_end = Arc::clone(&report.shared.back_end);
            let verdict = timeout(ASK_LIMIT, back_end.ask(account.as_ref()))
                .await
                .unwrap_or_else(|_| Verdict::CouldNotAsk("no answer in time".into()));
            report.verdict = Some(verdict);
        });
        let task = match &self.background {
            Some(background) => background.spawn(question),
            None => tokio::spawn(question),
        };
        let mut state = self.lock();
        if let Some(question) = &mut state.question
            && question.number == number
        {
            question.task = Some(task.abort_handle());
        }
    }

    fn record(&self, number: u64, verdict: Verdict) {
        let now = self.clock.now();
        {
            let mut state = self.lock();
            if state
                .question
                .as_ref()
                .is_none_or(|question| question.number != number)
            {
                return;
            }
            state.question = None;
            let fresh_for = match &verdict {
                Verdict::Entitled { expires } => {
                    state.last_yes = Some(now);
                    let refresh = self
                        .settings
                        .refresh()
                        .mul_f64(1.0 - JITTER * fastrand::f64());
                    // Not more often than after a no, should the back end give very short terms.
                    expires.map_or(refresh, |expires| {
                        expires
                            .duration_since(now.wall)
                            .unwrap_or_default()
                            .clamp(RECHECK, refresh)
                    })
                }
                Verdict::NotEntitled
                | Verdict::NotAllowedToAsk { .. }
                | Verdict::Misconfigured(_) => {
                    state.last_yes = None;
                    RECHECK
                }
                Verdict::CouldNotAsk(_) => {
                    let has_grace = state
                        .last_yes
                        .is_some_and(|yes| now.since(&yes) < self.settings.grace());
                    if has_grace { RECHECK } else { RECHECK_UNKNOWN }
                }
            };
            self.tell(&verdict, state.last_yes.is_some());
            state.last = Some(Known {
                verdict,
                at: now,
                fresh_for,
            });
        }
        self.answers.send_modify(|count| *count += 1);
    }

    fn tell(&self, verdict: &Verdict, has_yes: bool) {
        let product = self.product.as_str();
        match verdict {
            Verdict::Entitled { .. } => debug!(product, "entitled"),
            Verdict::NotEntitled => warn!(product, "not entitled"),
            Verdict::NotAllowedToAsk { action } => {
                error!(
                    product,
                    action, "the function's role may not ask for the entitlement"
                );
            }
            Verdict::Misconfigured(reason) => {
                error!(product, reason, "the product cannot be asked for");
            }
            Verdict::CouldNotAsk(reason) => {
                warn!(
                    product,
                    reason, has_yes, "the entitlement could not be asked for"
                );
            }
        }
    }

    /// The decision that a fresh verdict means. `left` is how long it stays fresh.
    fn judge(&self, verdict: &Verdict, has_grace: bool, left: Duration) -> Result<(), Refusal> {
        let Self {
            connector, product, ..
        } = self;
        match verdict {
            Verdict::Entitled { .. } => Ok(()),
            Verdict::NotEntitled => Err(Refusal {
                kind: RefusalKind::AccessDenied,
                message: format!(
                    "this AWS account has no active subscription to the connector \"{connector}\" (product {product}): subscribe to the product in AWS Marketplace in this account, then try again after a minute"
                ),
                retry_after_seconds: None,
            }),
            Verdict::NotAllowedToAsk { action } => Err(Refusal {
                kind: RefusalKind::AccessDenied,
                message: format!(
                    "the subscription to the connector \"{connector}\" (product {product}) cannot be checked: the role of the connector's function needs {action}"
                ),
                retry_after_seconds: None,
            }),
            Verdict::Misconfigured(reason) => Err(Refusal {
                kind: RefusalKind::ClientError,
                message: format!(
                    "the subscription to the connector \"{connector}\" (product {product}) cannot be checked, which its publisher must correct: {reason}"
                ),
                retry_after_seconds: None,
            }),
            Verdict::CouldNotAsk(_) if has_grace => Ok(()),
            Verdict::CouldNotAsk(reason) => Err(self.unavailable(reason, left)),
        }
    }

    fn unavailable(&self, reason: &str, wait: Duration) -> Refusal {
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        Refusal {
            kind: RefusalKind::ServiceUnavailable,
            message: format!(
                "the subscription to the connector \"{}\" (product {}) could not be checked: {reason}",
                self.connector, self.product
            ),
            retry_after_seconds: Some(i32::try_from(seconds).unwrap_or(i32::MAX)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question that is entered in the state and still has to be asked.
struct Begun {
    number: u64,
    /// The task of the question that it takes the place of.
    lost: Option<AbortHandle>,
}

impl State {
    /// Makes sure that a question is under way: gives a new one if there is none, or if the one there is was lost.
    fn begin(&mut self, now: Moment) -> Option<Begun> {
        let (is_repeated, lost) = match &mut self.question {
            None => (false, None),
            Some(question) if now.since(&question.since) < LOST_AFTER => return None,
            Some(question) => (true, question.task.take()),
        };
        self.asked += 1;
        self.question = Some(Question {
            number: self.asked,
            since: now,
            is_repeated,
            task: None,
        });
        Some(Begun {
            number: self.asked,
            lost,
        })
    }
}

/// Reports a question's verdict when its task ends. Without one, because the back end panicked or the runtime ended, the
/// answer is "could not ask": nobody should wait in vain.
struct Report {
    shared: Arc<Shared>,
    number: u64,
    verdict: Option<Verdict>,
}

impl Drop for Report {
    fn drop(&mut self) {
        let verdict = self
            .verdict
            .take()
            .unwrap_or_else(|| Verdict::CouldNotAsk("the question was given up".into()));
        self.shared.record(self.number, verdict);
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
