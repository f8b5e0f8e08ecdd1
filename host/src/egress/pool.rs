//! Connections that are kept between requests, and how long they can be trusted.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::client::OutboundBody;
use super::connector::Connector;
use crate::clock::{Clock, Moment};

pub(crate) type PooledClient = Client<Connector, OutboundBody>;

/// The client with its connections.
///
/// Lambda freezes the process between invocations. The client's own timer may stand still meanwhile, so that a connection
/// looks fresh which the other side closed long ago; a write sent into it fails. After a pause longer than the idle
/// timeout all connections are therefore dropped.
pub(crate) struct Pool {
    connector: Connector,
    idle_timeout: Duration,
    clock: Arc<dyn Clock>,
    current: Mutex<(PooledClient, Moment)>,
}

impl Pool {
    pub(crate) fn new(connector: Connector, idle_timeout: Duration, clock: Arc<dyn Clock>) -> Self {
        let current = Mutex::new((build(&connector, idle_timeout), clock.now()));
        Self {
            connector,
            idle_timeout,
            clock,
            current,
        }
    }

    /// The client for a request that is sent now.
    pub(crate) fn client(&self) -> PooledClient {
        let now = self.clock.now();
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if now.since(&current.1) > self.idle_timeout {
            current.0 = build(&self.connector, self.idle_timeout);
        }
        current.1 = now;
        current.0.clone()
    }
}

fn build(connector: &Connector, idle_timeout: Duration) -> PooledClient {
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(idle_timeout)
        .pool_max_idle_per_host(16)
        .http2_max_header_list_size(64 * 1024)
        .build(connector.clone())
}
