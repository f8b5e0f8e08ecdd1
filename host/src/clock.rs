//! Time as a process sees it that Lambda may freeze at any moment.
//!
//! Lambda stops a process between two invocations, for seconds or for hours. The monotonic clock may stand still meanwhile
//! (so an age would come out too small), and the wall clock may be set back by a time server (so an age would come out
//! negative). A [`Moment`] therefore holds both, and an age is the larger of the two differences: something can be taken for
//! older than it is, which costs one more question, but never for younger.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// One reading of both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The time of day, which goes on while the process is frozen, and which can be set back.
    pub wall: SystemTime,
    /// The monotonic clock, which never goes back, and which may stand still while the process is frozen.
    pub monotonic: Instant,
}

impl Moment {
    /// How long ago `earlier` was: the larger of what the two clocks say, never negative.
    #[must_use]
    pub fn since(&self, earlier: &Moment) -> Duration {
        let wall = self.wall.duration_since(earlier.wall).unwrap_or_default();
        wall.max(self.monotonic.saturating_duration_since(earlier.monotonic))
    }
}

/// Where ages come from; tests put their own in.
pub trait Clock: Send + Sync {
    /// Reads both clocks.
    fn now(&self) -> Moment;
}

/// The clocks of the machine. Its monotonic half follows tokio's paused time in tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        Moment {
            wall: wall(),
            monotonic: Instant::now(),
        }
    }
}

/// Seconds by which the time of day has jumped on purpose; 0 in production.
static JUMPED: AtomicI64 = AtomicI64::new(0);

/// Lets the time of day jump, as a time server does, for tests of what hangs on it; see [`crate::egress::FaultPlan`].
pub(crate) fn jump(seconds: i64) {
    JUMPED.fetch_add(seconds, Relaxed);
}

/// The time of day.
pub(crate) fn wall() -> SystemTime {
    let jumped = JUMPED.load(Relaxed);
    let by = Duration::from_secs(jumped.unsigned_abs());
    let now = SystemTime::now();
    let there = if jumped < 0 {
        now.checked_sub(by)
    } else {
        now.checked_add(by)
    };
    there.unwrap_or(now)
}

/// A clock that moves only when a test says so.
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a poisoned lock fails the test")]
pub(crate) mod manual {
    use super::{Clock, Duration, Instant, Moment, SystemTime};
    use std::sync::Mutex;

    #[derive(Debug)]
    pub(crate) struct ManualClock(Mutex<Moment>);

    impl ManualClock {
        pub(crate) fn new() -> Self {
            Self(Mutex::new(Moment {
                wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000),
                monotonic: Instant::now(),
            }))
        }

        /// Time passes while the process runs.
        pub(crate) fn advance(&self, by: Duration) {
            let mut now = self.0.lock().unwrap();
            now.wall += by;
            now.monotonic += by;
        }

        /// Time passes while the process is frozen.
        pub(crate) fn freeze(&self, by: Duration) {
            self.0.lock().unwrap().wall += by;
        }

        /// A time server sets the clock back.
        pub(crate) fn set_back(&self, by: Duration) {
            self.0.lock().unwrap().wall -= by;
        }
    }

    impl Clock for ManualClock {
        fn now(&self) -> Moment {
            *self.0.lock().unwrap()
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed assumption fails the test")]
mod tests {
    use super::manual::ManualClock;
    use super::*;

    #[test]
    fn an_age_is_the_larger_of_both_clocks() {
        let clock = ManualClock::new();
        let start = clock.now();
        clock.advance(Duration::from_secs(5));
        assert_eq!(clock.now().since(&start), Duration::from_secs(5));
        clock.freeze(Duration::from_secs(3600));
        assert_eq!(clock.now().since(&start), Duration::from_secs(3605));
    }

    #[test]
    fn a_clock_set_back_makes_nothing_younger() {
        let clock = ManualClock::new();
        let start = clock.now();
        clock.advance(Duration::from_secs(5));
        clock.set_back(Duration::from_secs(7200));
        assert_eq!(clock.now().since(&start), Duration::from_secs(5));
    }

    #[test]
    fn an_age_is_never_negative() {
        let clock = ManualClock::new();
        let late = clock.now();
        clock.set_back(Duration::from_secs(10));
        assert_eq!(clock.now().since(&late), Duration::ZERO);
    }
}
