//! How many requests are under way to one host at once.
//!
//! Applications answer a burst of parallel requests with 429 or worse, and a connector that starts a thousand would take
//! the sockets of the process. Those over the limit wait for their turn. A request holds its slot until the body of its
//! answer has ended or is dropped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Hosts that are remembered at most before idle ones are forgotten: a wildcard may grant any number of them.
const MAX_HOSTS: usize = 64;

/// Slots of all hosts, for the life of the process.
#[derive(Debug)]
pub(crate) struct Slots {
    per_host: usize,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// One request under way; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Slots {
    pub(crate) fn new(per_host: usize) -> Self {
        Self {
            per_host: per_host.max(1),
            hosts: Mutex::default(),
        }
    }

    /// Waits until fewer than so many requests to the host are under way.
    pub(crate) async fn take(&self, host: &str) -> Slot {
        if crate::mechanism::off("egress.per-host") {
            return Slot { _permit: None };
        }
        let semaphore = self.of(host);
        Slot {
            // It is never closed.
            _permit: semaphore.acquire_owned().await.ok(),
        }
    }

    fn of(&self, host: &str) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = hosts.get(host) {
            return Arc::clone(semaphore);
        }
        if hosts.len() >= MAX_HOSTS {
            // One that nobody holds or waits for has all its slots free.
            hosts.retain(|_, semaphore| Arc::strong_count(semaphore) > 1);
        }
        let semaphore = Arc::new(Semaphore::new(self.per_host));
        hosts.insert(host.to_owned(), Arc::clone(&semaphore));
        semaphore
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn each_host_has_its_own_slots_and_gets_them_back() {
        let slots = Slots::new(2);
        let first = slots.take("a").await;
        let _second = slots.take("a").await;
        assert!(slots.take("a").now_or_never().is_none());
        let _other = slots.take("b").await;
        drop(first);
        assert!(slots.take("a").now_or_never().is_some());
    }

    #[tokio::test]
    async fn idle_hosts_are_forgotten_and_busy_ones_are_not() {
        let slots = Slots::new(1);
        let _busy = slots.take("busy").await;
        for host in 0..1000 {
            drop(slots.take(&host.to_string()).await);
        }
        assert!(
            slots
                .hosts
                .lock()
                .is_ok_and(|hosts| hosts.len() <= MAX_HOSTS)
        );
        assert!(slots.take("busy").now_or_never().is_none());
    }
}
