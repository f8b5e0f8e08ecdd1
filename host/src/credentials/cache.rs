//! Keeps a connection's credentials for the few calls of one flow run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{AuthenticationType, Credentials, SecretError, SecretStore};
use crate::clock::{Clock, Moment, SystemClock};

/// How long credentials are used without asking again.
///
/// A flow run calls the connector many times within seconds, and those calls should not each pay for Secrets Manager. But
/// AppFlow rewrites the secret when it refreshes an OAuth2 token, and a user may correct a password: a minute is the longest
/// that such a change should go unseen where no `InvalidCredentials` reveals it.
pub const CACHE_LIFETIME: Duration = Duration::from_secs(60);
/// A connector function serves the connections of one account, mostly one or two at a time.
const MAX_ENTRIES: usize = 32;

/// Tries in all under [`Patience::Brief`].
const BRIEF_ATTEMPTS: u32 = 5;
/// Waits grow from here by doubling: at most 0.3 + 0.6 + 1.2 + 2.4 s together.
const BRIEF_FIRST_WAIT: Duration = Duration::from_millis(300);
/// Left over after a wait for the try itself; a wait that would leave less is not begun.
const BRIEF_RESERVE: Duration = Duration::from_millis(500);

/// Which credentials a request asks for: `credentials` of AppFlow's connector context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialsReference<'a> {
    /// `secretArn`.
    pub arn: &'a str,
    /// `authenticationType`; inferred from the secret if the request has none.
    pub authentication_type: Option<AuthenticationType>,
}

/// What to do when Secrets Manager says that the secret does not exist or may not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Believe it.
    None,
    /// Ask again for a few seconds: Secrets Manager and IAM are eventually consistent, and AppFlow validates credentials right
    /// after it wrote the secret. For `ValidateCredentials` only.
    Brief,
}

struct Entry {
    credentials: Arc<Credentials>,
    authentication_type: Option<AuthenticationType>,
    fetched: Moment,
}

#[derive(Default)]
struct Entries {
    by_arn: HashMap<String, Entry>,
    /// Counts calls of `forget`, so that a fetch begun before one does not put back what was forgotten.
    forgotten: u64,
}

/// Fetches, types and briefly keeps credentials.
pub struct SecretCache {
    store: Arc<dyn SecretStore>,
    clock: Arc<dyn Clock>,
    entries: Mutex<Entries>,
}

impl SecretCache {
    /// An empty cache in front of `store`.
    #[must_use]
    pub fn new(store: Arc<dyn SecretStore>) -> Self {
        Self::with_clock(store, Arc::new(SystemClock))
    }

    /// The same, with ages measured by `clock`.
    #[must_use]
    pub fn with_clock(store: Arc<dyn SecretStore>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            entries: Mutex::default(),
        }
    }

    /// The credentials, from the cache if they are younger than [`CACHE_LIFETIME`], at the latest at `deadline`.
    ///
    /// # Errors
    ///
    /// Any [`SecretError`]. Errors are not kept: the next call asks again.
    pub async fn get(
        &self,
        reference: &CredentialsReference<'_>,
        deadline: Instant,
        patience: Patience,
    ) -> Result<Arc<Credentials>, SecretError> {
        if let Some(credentials) = self.look_up(reference) {
            tracing::debug!(target: "appflow_host", "the secret is used again");
            return Ok(credentials);
        }
        // Read before the fetch: the secret cannot be younger than this, and a time out during the fetch counts as age.
        let asked = self.clock.now();
        let forgotten = self.lock().forgotten;
        let text = self.fetch(reference.arn, deadline, patience).await?;
        let credentials = Arc::new(Credentials::from_secret_text(
            text.expose(),
            reference.authentication_type,
        )?);
        if self.store.is_remote() {
            self.keep(reference, &credentials, asked, forgotten);
        }
        tracing::debug!(target: "appflow_host", "the secret was fetched");
        Ok(credentials)
    }

    /// Drops what is kept under `arn`. To be called whenever the application rejected these credentials: AppFlow then
    /// refreshes the token, rewrites the secret and sends the same request again, which must not meet the old token.
    pub fn forget(&self, arn: &str) {
        let mut entries = self.lock();
        entries.by_arn.remove(arn);
        entries.forgotten += 1;
    }

    fn look_up(&self, reference: &CredentialsReference<'_>) -> Option<Arc<Credentials>> {
        let now = self.clock.now();
        let entries = self.lock();
        let entry = entries.by_arn.get(reference.arn)?;
        let usable = entry.authentication_type == reference.authentication_type
            && now.since(&entry.fetched) < CACHE_LIFETIME;
        usable.then(|| Arc::clone(&entry.credentials))
    }

    fn keep(
        &self,
        reference: &CredentialsReference<'_>,
        credentials: &Arc<Credentials>,
        fetched: Moment,
        forgotten: u64,
    ) {
        let now = self.clock.now();
        let mut entries = self.lock();
        if entries.forgotten != forgotten {
            return;
        }
        // Old secrets should not stay in memory until someone asks for them again.
        entries
            .by_arn
            .retain(|_, entry| now.since(&entry.fetched) < CACHE_LIFETIME);
        if entries.by_arn.len() >= MAX_ENTRIES {
            entries.by_arn.clear();
        }
        entries.by_arn.insert(
            reference.arn.to_owned(),
            Entry {
                credentials: Arc::clone(credentials),
                authentication_type: reference.authentication_type,
                fetched,
            },
        );
    }

    async fn fetch(
        &self,
        arn: &str,
        deadline: Instant,
        patience: Patience,
    ) -> Result<super::Secret, SecretError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let error = match self.store.fetch(arn, deadline).await {
                Ok(text) => return Ok(text),
                Err(error) => error,
            };
            if patience == Patience::None || !error.may_be_too_early() || attempt >= BRIEF_ATTEMPTS
            {
                return Err(error);
            }
            // Between half and all of the step, so that two environments do not ask in step.
            let step = BRIEF_FIRST_WAIT * 2_u32.pow(attempt - 1);
            let wait = step.mul_f64(0.5 + fastrand::f64() / 2.0);
            if Instant::now() + wait + BRIEF_RESERVE > deadline {
                return Err(error);
            }
            sleep(wait).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
