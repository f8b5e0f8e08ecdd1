//! What can go wrong with a request that leaves the host.

use super::policy::Denial;

/// Why there is no answer. Every message is one line and names the host, never a path, a query or a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EgressError {
    /// The policy or the check of addresses refused it. Nothing was sent.
    #[error("{0}")]
    Denied(#[from] Denial),
    /// The request is malformed. Nothing was sent.
    #[error("the request is refused: {0}")]
    InvalidRequest(String),
    /// No connection could be made: name not found, refused, unreachable. Nothing was sent.
    #[error("no connection to {host}: {reason}")]
    Connect {
        /// Host.
        host: String,
        /// What failed.
        reason: String,
    },
    /// The connection could not be secured. Nothing was sent.
    #[error("no secure connection to {host}: {reason}")]
    Tls {
        /// Host.
        host: String,
        /// What failed.
        reason: String,
    },
    /// The host's certificate is not one for it. Nothing was sent.
    #[error("no secure connection to {host}: its certificate is not valid ({reason})")]
    Certificate {
        /// Host.
        host: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The time of the invocation ran out while the most requests were under way to the host. Nothing was sent.
    #[error(
        "as many requests as may be are under way to {host}, and none of them ended in time; limit `connections-per-host` in connector.toml"
    )]
    Busy {
        /// Host.
        host: String,
    },
    /// The time for the connection ran out. Nothing was sent.
    #[error("{host} did not accept a connection in time")]
    ConnectTimeout {
        /// Host.
        host: String,
    },
    /// No answer began in time, or the time of the invocation ran out. The request may have been carried out.
    #[error("{host} did not answer in time")]
    Timeout {
        /// Host.
        host: String,
    },
    /// The answer began and then stood still. The request may have been carried out.
    #[error("the answer of {host} is incomplete: nothing more of it came in time")]
    Stalled {
        /// Host.
        host: String,
    },
    /// The answer is larger than the manifest's limit.
    #[error(
        "the answer of {host} is larger than {limit} bytes; limit `response-body-mb` in connector.toml, or smaller pages, would help"
    )]
    BodyTooLarge {
        /// Host.
        host: String,
        /// Limit in bytes.
        limit: u64,
    },
    /// The answer ended before it was complete.
    #[error("the answer of {host} is incomplete: the connection ended early")]
    Truncated {
        /// Host.
        host: String,
    },
    /// The answer's compression is unknown or broken.
    #[error("the answer of {host} cannot be decompressed: {reason}")]
    Decode {
        /// Host.
        host: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// The answer is not HTTP, or breaks its rules.
    #[error("the answer of {host} breaks the HTTP protocol")]
    Protocol {
        /// Host.
        host: String,
    },
    /// The host redirects to itself without end.
    #[error("{host} redirected more than {limit} times")]
    Redirects {
        /// Host.
        host: String,
        /// Redirects that are followed.
        limit: usize,
    },
}

impl EgressError {
    /// Whether the request may have reached the upstream, so that a write may have been carried out.
    #[must_use]
    pub fn may_have_been_sent(&self) -> bool {
        !matches!(
            self,
            Self::Denied(_)
                | Self::InvalidRequest(_)
                | Self::Connect { .. }
                | Self::Tls { .. }
                | Self::Certificate { .. }
                | Self::Busy { .. }
                | Self::ConnectTimeout { .. }
        )
    }
}
