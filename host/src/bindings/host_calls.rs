//! How often a guest called the host in one invocation, by interface of the contract.

/// Numbers of calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HostCalls {
    /// `http.send`.
    pub http: u32,
    /// Methods of `http.response`.
    pub response: u32,
    /// `page`.
    pub page: u32,
    /// `invocation`.
    pub invocation: u32,
    /// `credentials`.
    pub credentials: u32,
    /// `log`.
    pub log: u32,
}

impl HostCalls {
    /// Names and numbers, in the contract's order; interfaces that were not called are left out.
    #[must_use]
    pub fn by_interface(&self) -> Vec<(&'static str, u32)> {
        [
            ("http.send", self.http),
            ("http.response", self.response),
            ("page", self.page),
            ("invocation", self.invocation),
            ("credentials", self.credentials),
            ("log", self.log),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .collect()
    }
}

/// One more, without overflow: a guest may call as often as its time allows.
pub(super) fn count(counter: &mut u32) {
    *counter = counter.saturating_add(1);
    crate::egress::kill::count();
}
