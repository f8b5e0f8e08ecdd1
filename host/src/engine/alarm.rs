//! Raises the engine's epoch when the time of an invocation is over.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use wasmtime::{Engine, EngineWeak};

/// A thread that sleeps until the next deadline, then makes every running guest of the engine look at the clock.
///
/// It does nothing between deadlines, so an idle host uses no processor time. It holds the engine weakly and ends with
/// the `Alarm`. Guests look at their own deadline when woken (see [`crate::bindings::HostState`]), so one alarm serves
/// any number of stores.
#[derive(Debug)]
pub struct Alarm {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    deadlines: BinaryHeap<Reverse<Instant>>,
    running: bool,
    closed: bool,
}

impl Alarm {
    /// An alarm without a thread; the thread starts with the first deadline.
    #[must_use]
    pub fn new() -> Self {
        Self {
            shared: Arc::default(),
        }
    }

    /// Wakes the guests of `engine` at `deadline`. All calls must name the same engine.
    ///
    /// A deadline that is no longer needed stays and wakes guests for nothing: one look at the clock each, within half a
    /// minute.
    pub fn set(&self, engine: &Engine, deadline: Instant) {
        let mut state = self
            .shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        state.deadlines.push(Reverse(deadline));
        if !state.running {
            let shared = Arc::clone(&self.shared);
            let engine = engine.weak();
            // A host that cannot make one thread cannot run at all; then guests are still bounded by Lambda's own limit.
            state.running = std::thread::Builder::new()
                .name("alarm".to_owned())
                .spawn(move || run(&shared, &engine))
                .is_ok();
        }
        drop(state);
        self.shared.changed.notify_one();
    }
}

impl Default for Alarm {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .closed = true;
        self.shared.changed.notify_one();
    }
}

fn run(shared: &Shared, engine: &EngineWeak) {
    let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
    while !state.closed {
        let Some(&Reverse(next)) = state.deadlines.peek() else {
            state = shared
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        let now = Instant::now();
        if next > now {
            let wait = next - now;
            state = shared
                .changed
                .wait_timeout(state, wait)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            continue;
        }
        state.deadlines.pop();
        let Some(engine) = engine.upgrade() else {
            return;
        };
        engine.increment_epoch();
    }
}
