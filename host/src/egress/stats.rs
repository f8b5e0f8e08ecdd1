//! What one invocation did on the network.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Counters of one invocation, shared by both ways out. Exact once the invocation has ended.
#[derive(Debug, Default)]
pub struct OutboundStats {
    calls: AtomicU64,
    retries: AtomicU64,
    changes: AtomicU64,
    refusals: AtomicU64,
    bytes_out: AtomicU64,
    bytes_in: AtomicU64,
    nanoseconds: AtomicU64,
    waited_nanoseconds: AtomicU64,
    grants: Mutex<BTreeSet<String>>,
    streamed: AtomicBool,
    rejected: AtomicBool,
}

impl OutboundStats {
    /// Grants of the manifest under which requests went out.
    #[must_use]
    pub fn grants(&self) -> BTreeSet<String> {
        self.grants
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Notes a grant that was used; whether it is the first time.
    pub(crate) fn add_grant(&self, grant: &str) -> bool {
        let mut grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        !grants.contains(grant) && grants.insert(grant.to_owned())
    }

    /// Requests that were let out: every attempt, and every redirect that was followed.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls.load(Relaxed)
    }

    /// Attempts after the first of a request, because that had failed.
    #[must_use]
    pub fn retries(&self) -> u64 {
        self.retries.load(Relaxed)
    }

    /// Requests other than GET, HEAD and OPTIONS that may have changed something: all but those that were not sent after all,
    /// those that the application refused with a status of 400 to 499, and those that asked for a token. One that is under
    /// way, or that nobody waits for any longer, counts.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes.load(Relaxed)
    }

    /// Requests that were refused by the policy or by the check of addresses.
    #[must_use]
    pub fn refusals(&self) -> u64 {
        self.refusals.load(Relaxed)
    }

    /// Bytes of request bodies.
    #[must_use]
    pub fn bytes_out(&self) -> u64 {
        self.bytes_out.load(Relaxed)
    }

    /// Bytes of response bodies as they came over the network, before they are decompressed.
    #[must_use]
    pub fn bytes_in(&self) -> u64 {
        self.bytes_in.load(Relaxed)
    }

    /// Time from the start of each request to the end of its answer, added up, waits and retries included.
    #[must_use]
    pub fn time(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.load(Relaxed))
    }

    /// The part of [`time`](Self::time) in which nothing was under way: before a retry, or until the host had fewer
    /// requests at once.
    #[must_use]
    pub fn waited(&self) -> Duration {
        Duration::from_nanos(self.waited_nanoseconds.load(Relaxed))
    }

    /// Whether a request went out by `wasi:http`, whose bodies the host does not see as a whole.
    #[must_use]
    pub fn has_streamed(&self) -> bool {
        self.streamed.load(Relaxed)
    }

    /// Whether the application answered 401 to any request.
    #[must_use]
    pub fn has_rejected(&self) -> bool {
        self.rejected.load(Relaxed)
    }

    pub(crate) fn set_rejected(&self) {
        self.rejected.store(true, Relaxed);
    }

    pub(crate) fn set_streamed(&self) {
        self.streamed.store(true, Relaxed);
    }

    pub(crate) fn add_call(&self) {
        self.calls.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_retry(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_change(&self) {
        self.changes.fetch_add(1, Relaxed);
    }

    /// Forgets a change that turned out to be none.
    pub(crate) fn take_change_back(&self) {
        self.changes.fetch_sub(1, Relaxed);
    }

    pub(crate) fn add_refusal(&self) {
        self.refusals.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_bytes_out(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn add_bytes_in(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn add_time(&self, time: Duration) {
        self.nanoseconds.fetch_add(nanoseconds(time), Relaxed);
    }

    pub(crate) fn add_wait(&self, time: Duration) {
        self.waited_nanoseconds
            .fetch_add(nanoseconds(time), Relaxed);
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
