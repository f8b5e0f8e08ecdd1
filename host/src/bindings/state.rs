//! What a store holds: everything one invocation knows, and nothing of another.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::host_calls::HostCalls;
use super::stdio::Printed;
use super::trail::{Requests, Unexamined};
use crate::Error;
use crate::appflow::ConnectorContext;
use crate::credentials::Vault;
use crate::egress::{Egress, Policy, WasiEgress};
use crate::engine::MemoryLimiter;
use crate::manifest::Limits;
use crate::mechanism;
use crate::page::{JsonError, Page};

/// Most lines a guest may log in one call. The rest is dropped and counted.
pub(super) const MAX_LOG_LINES: u32 = 200;

/// Most resources a guest may hold at once. They lie in the host's memory, which the guest's own limit does not see: with
/// what one may hold (below) a full table is 64 MB at most.
pub(super) const MAX_RESOURCES: usize = 2_000;

/// Most bytes of headers in one `fields` of `wasi:http`. Servers take 8 to 64 KB.
const MAX_FIELDS_BYTES: usize = 32 * 1024;

/// Most random bytes for one call, which the host holds before the guest gets them. Libraries ask for seeds and keys.
const MAX_RANDOM_BYTES: u64 = 1 << 20;

/// Names and time of one invocation.
#[derive(Debug, Clone)]
pub struct InvocationInfo {
    /// Lambda's request id.
    pub request_id: String,
    /// When the answer must be on its way.
    pub deadline: Instant,
}

impl InvocationInfo {
    /// Milliseconds until the deadline; 0 when it has passed.
    #[must_use]
    pub fn millis_left(&self) -> u32 {
        let left = self.deadline.saturating_duration_since(Instant::now());
        u32::try_from(left.as_millis()).unwrap_or(u32::MAX)
    }
}

/// An answer of the application, held on the host.
#[derive(Debug)]
#[allow(unreachable_pub, reason = "the generated module re-exports it")]
pub struct HeldResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// `None` once `emit-json` has used it up.
    pub(super) body: Option<HeldBody>,
    pub(super) host: String,
    pub(super) retry_after_seconds: Option<u32>,
    pub(super) header_bytes: usize,
    /// Its number among the failures that the guest has not looked at.
    pub(super) failure: Option<u64>,
}

/// A body, in the form in which it was last asked for. Each form can be written into a guest's memory as it is; one becomes the
/// other without a copy.
#[derive(Debug)]
pub(super) enum HeldBody {
    /// As it came.
    Bytes(Bytes),
    /// Known to be UTF-8.
    Text(Arc<String>),
    /// For a guest that wants bytes.
    Data(Arc<Vec<u8>>),
}

impl HeldBody {
    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Text(text) => text.as_bytes(),
            Self::Data(data) => data,
        }
    }

    /// The body as text.
    ///
    /// # Errors
    ///
    /// [`JsonError::NotUtf8`] if it is none.
    pub(super) fn text(&mut self) -> Result<Arc<String>, Error> {
        if let Self::Text(text) = self {
            return Ok(Arc::clone(text));
        }
        match String::from_utf8(self.take()) {
            Ok(text) => {
                let text = Arc::new(text);
                *self = Self::Text(Arc::clone(&text));
                Ok(text)
            }
            Err(error) => {
                *self = Self::Data(Arc::new(error.into_bytes()));
                Err(JsonError::NotUtf8.into())
            }
        }
    }

    /// The body as bytes.
    pub(super) fn data(&mut self) -> Arc<Vec<u8>> {
        if let Self::Data(data) = self {
            return Arc::clone(data);
        }
        let data = Arc::new(self.take());
        *self = Self::Data(Arc::clone(&data));
        data
    }

    fn take(&mut self) -> Vec<u8> {
        match std::mem::replace(self, Self::Bytes(Bytes::new())) {
            Self::Bytes(bytes) => bytes.into(),
            Self::Text(text) => Arc::unwrap_or_clone(text).into_bytes(),
            Self::Data(data) => Arc::unwrap_or_clone(data),
        }
    }
}

/// What a store holds.
pub struct HostState {
    pub(super) table: ResourceTable,
    wasi: WasiCtx,
    wasi_http: WasiHttpCtx,
    hooks: WasiEgress,
    pub(crate) limiter: MemoryLimiter,
    pub(crate) page: Page,
    pub(super) info: InvocationInfo,
    pub(super) context: Option<Arc<ConnectorContext>>,
    pub(super) egress: Arc<Egress>,
    pub(super) policy: Arc<Policy>,
    pub(super) vault: Arc<Vault>,
    pub(super) limits: Limits,
    pub(super) held_bytes: usize,
    pub(super) held_peak_bytes: usize,
    pub(super) calls: HostCalls,
    pub(super) requests: Requests,
    pub(super) unexamined: Unexamined,
    pub(super) log_lines: u32,
    pub(crate) printed: Printed,
    began: Instant,
}

/// What [`HostState::new`] is made of.
pub struct Parts {
    /// Names and time.
    pub info: InvocationInfo,
    /// AppFlow's context, where the operation has one.
    pub context: Option<Arc<ConnectorContext>>,
    /// The page that records go into.
    pub page: Page,
    /// The way out.
    pub egress: Arc<Egress>,
    /// Hosts granted to this invocation.
    pub policy: Arc<Policy>,
    /// The connection's credentials, sealed.
    pub vault: Arc<Vault>,
    /// Limits of the manifest.
    pub limits: Limits,
}

impl HostState {
    /// The state for a call that is about the connector alone: nothing of a request, no credentials, no records, and no host
    /// that could be reached. `egress` is there for its form only: the policy lets nothing out.
    #[must_use]
    pub fn alone(info: InvocationInfo, limits: Limits, egress: Arc<Egress>) -> Self {
        Self::new(Parts {
            info,
            context: None,
            page: Page::closed(),
            policy: Arc::new(Policy::nothing()),
            egress,
            vault: Arc::new(Vault::empty()),
            limits,
        })
    }

    /// The state of a fresh store.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts {
            info,
            context,
            page,
            egress,
            policy,
            vault,
            limits,
        } = parts;
        let printed = Printed::default();
        let mut wasi = WasiCtx::builder();
        wasi.stdout(printed.clone())
            .stderr(printed.clone())
            .allow_tcp(false)
            .allow_udp(false);
        if !mechanism::off("limits.random") {
            wasi.max_random_size(MAX_RANDOM_BYTES);
        }
        let wasi = wasi.build();
        let hooks = WasiEgress::new(
            (*egress).clone(),
            (*policy).clone(),
            tokio::time::Instant::from_std(info.deadline),
            limits.of_requests(),
        )
        .with_vault(Arc::clone(&vault));
        Self {
            table: table(),
            wasi,
            wasi_http: wasi_http(),
            hooks,
            limiter: MemoryLimiter::new(to_usize(limits.memory_bytes)),
            page,
            info,
            context,
            egress,
            policy,
            vault,
            limits,
            held_bytes: 0,
            held_peak_bytes: 0,
            calls: HostCalls::default(),
            requests: Requests::default(),
            unexamined: Unexamined::default(),
            log_lines: 0,
            printed,
            began: Instant::now(),
        }
    }

    /// Hosts granted to this invocation.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.policy)
    }

    /// When the answer must be on its way.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.info.deadline
    }

    /// The time this call has had so far, and how much of it the guest waited for the application.
    pub(super) fn spent(&self) -> (Duration, Duration) {
        (self.began.elapsed(), self.policy.stats().time())
    }
}

/// A table for the resources of one call: answers, and what `wasi:http` makes of one.
fn table() -> ResourceTable {
    let mut table = ResourceTable::new();
    if !mechanism::off("limits.resources") {
        table.set_max_capacity(MAX_RESOURCES);
    }
    table
}

/// What `wasi:http` may keep in one resource, so that a table full of them stays small.
fn wasi_http() -> WasiHttpCtx {
    let mut context = WasiHttpCtx::new();
    if !mechanism::off("limits.resource-bytes") {
        context.set_field_size_limit(MAX_FIELDS_BYTES);
    }
    context
}

/// A limit of bytes; beyond what this machine can address there is nothing to limit.
pub(super) fn to_usize(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

impl WasiView for HostState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for HostState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.hooks,
            table: &mut self.table,
            ctx: &mut self.wasi_http,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use bytes::BytesMut;

    use super::*;

    /// A body as it comes from the network in pieces.
    fn body(bytes: &[u8]) -> HeldBody {
        let mut joined = BytesMut::with_capacity(2 * bytes.len());
        joined.extend_from_slice(bytes);
        HeldBody::Bytes(joined.freeze())
    }

    #[test]
    fn a_body_changes_its_form_and_not_its_place() {
        let mut body = body("some text é".as_bytes());
        let place = body.as_bytes().as_ptr();
        assert_eq!(*body.text().unwrap(), "some text é");
        assert_eq!(*body.data(), "some text é".as_bytes());
        assert_eq!(*body.text().unwrap(), "some text é");
        assert_eq!(body.as_bytes().as_ptr(), place);
    }

    #[test]
    fn a_body_that_is_no_text_stays_there_as_bytes() {
        let mut body = body(b"\xff\x00");
        let place = body.as_bytes().as_ptr();
        for _ in 0..2 {
            assert!(body.text().is_err());
            assert_eq!(*body.data(), b"\xff\x00");
        }
        assert_eq!(body.as_bytes().as_ptr(), place);
    }
}
