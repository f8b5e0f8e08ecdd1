//! What a call used.

use super::host_calls::HostCalls;
use super::state::{HostState, MAX_LOG_LINES};
use super::trail::{Failure, RequestTrail};
use crate::Error;

/// What one call used.
#[derive(Debug, Clone, Default)]
pub struct Usage {
    /// Most memory the guest held, in bytes.
    pub memory_bytes: usize,
    /// Most bytes of answers the host held for the guest.
    pub held_bytes: usize,
    /// Calls of the host.
    pub calls: HostCalls,
    /// Lines the guest printed.
    pub printed: Vec<String>,
    /// Bytes of print that were dropped.
    pub printed_dropped: usize,
    /// Log lines that were dropped.
    pub log_lines_dropped: u32,
    /// The requests it sent; none if there were none, or some that the host does not see as a whole.
    pub requests: Option<RequestTrail>,
    /// The first answer that was no success and whose status the guest did not look at.
    pub unexamined: Option<Failure>,
}

impl Usage {
    /// Takes it out of the state, which has its page still.
    pub(super) fn of(mut state: HostState) -> (HostState, Self) {
        let (printed, printed_dropped) = state.printed.take(|text| state.vault.scrub(text));
        let requests = std::mem::take(&mut state.requests).finish();
        let usage = Self {
            memory_bytes: state.limiter.peak_bytes(),
            held_bytes: state.held_peak_bytes,
            calls: state.calls,
            printed,
            printed_dropped,
            log_lines_dropped: state.log_lines.saturating_sub(MAX_LOG_LINES),
            requests: requests.filter(|_| !state.policy.stats().has_streamed()),
            unexamined: std::mem::take(&mut state.unexamined).first(),
        };
        (state, usage)
    }
}

/// A guest that could not be started.
#[derive(Debug)]
pub struct FailedStart {
    /// How it ended: [`Error::Trap`].
    pub error: Error,
    /// What it used until then.
    pub usage: Box<Usage>,
}
