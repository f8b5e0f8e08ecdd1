//! From the bytes of a request to the bytes of an answer: one invocation.
//!
//! [`Host::answer`] goes through the steps in order: decode, entitlement, policy, credentials, filter, call, checks,
//! encode. Whatever goes wrong on the way is an [`Error`], and an error is an answer too: a request with a known `type`
//! never ends in a function error.

mod answering;
mod paging;
mod report;
mod rules;
mod settings_check;

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use tracing::Instrument as _;

use crate::Error;
use crate::appflow::{
    self, Answer, ConnectorConfiguration, ErrorCode, ErrorDetails, Identity, MAX_ANSWER_BYTES,
    Operation, Pairs, Request, ValidateSettingsAnswer, WriteDataAnswer,
};
use crate::bindings::{self, Guest, HostState, InvocationInfo, Parts};
use crate::credentials::{Credentials, CredentialsReference, Patience, Secret, SecretCache, Vault};
use crate::egress::{Egress, EgressOptions};
use crate::engine::{Alarm, Connector};
use crate::entitlement::{AccountId, Gate};
use crate::filter;
use crate::mechanism;
use crate::page::Page;
use crate::telemetry::{self, Metrics, TraceId, spans};

use answering::ask;
use paging::Paging;
pub use report::Report;
use rules::{QUERY_PAGE_BYTES, closing_time, deadline, fields};

/// Locale in which the connector describes itself to the host.
const HOST_LOCALE: &str = "en-US";

/// One request, as Lambda hands it over.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The request's JSON.
    pub body: &'a [u8],
    /// Lambda's request id.
    pub request_id: &'a str,
    /// ARN of the invoked function; its account is the buyer's.
    pub function_arn: &'a str,
    /// X-Ray's trace of the invocation, as Lambda's header `Lambda-Runtime-Trace-Id` has it.
    pub trace_id: Option<&'a str>,
    /// When Lambda ends the function.
    pub deadline: Instant,
}

/// A connector with everything it needs to answer: made once, and used by all invocations of a process.
pub struct Host {
    connector: Connector,
    egress: Arc<Egress>,
    secrets: SecretCache,
    gate: Gate,
    alarm: Alarm,
    warm: AtomicBool,
    described: OnceLock<Arc<ConnectorConfiguration>>,
    metrics: Option<Metrics>,
    /// Whether the connector's description was held against rules and manifest: once in a process is enough.
    warned: AtomicBool,
    token_key: Option<Secret>,
    strict: bool,
}

impl Host {
    /// Puts a host together.
    #[must_use]
    pub fn new(connector: Connector, egress: Egress, secrets: SecretCache, gate: Gate) -> Self {
        Self {
            connector,
            egress: Arc::new(egress),
            secrets,
            gate,
            alarm: Alarm::new(),
            warm: AtomicBool::new(false),
            described: OnceLock::new(),
            metrics: None,
            warned: AtomicBool::new(false),
            token_key: None,
            strict: false,
        }
    }

    /// Writes the figures of every invocation to `metrics`.
    #[must_use]
    pub fn with_metrics(mut self, metrics: Option<Metrics>) -> Self {
        self.metrics = metrics;
        self
    }

    /// Mixes the operator's own secret into the key that next tokens are sealed with.
    pub fn seal_tokens_with(&mut self, key: Option<Secret>) {
        self.token_key = key;
    }

    /// Makes records that do not fit the entity's definition an error.
    pub fn insist_on_types(&mut self, strict: bool) {
        self.strict = strict;
    }

    /// The connector.
    #[must_use]
    pub fn connector(&self) -> &Connector {
        &self.connector
    }

    /// Asks for the entitlement in the background, so that the first invocation need not wait for it.
    pub fn start(&self) {
        self.gate.start();
    }

    /// Answers a request, and writes the invocation's line to the log.
    pub async fn answer(&self, call: Call<'_>) -> Vec<u8> {
        self.answer_with_report(call).await.0
    }

    /// Answers a request, and says what that took.
    pub async fn answer_with_report(&self, call: Call<'_>) -> (Vec<u8>, Report) {
        let cold = !self.warm.swap(true, Ordering::Relaxed);
        let trace = call.trace_id.and_then(TraceId::parse);
        let name = &self.connector.manifest().name;
        let span = spans::invocation(call.request_id, trace.as_ref(), name, cold);
        let report = Report::start(call.request_id, trace.clone(), cold);
        telemetry::within(trace, self.answer_traced(call, report))
            .instrument(span)
            .await
    }

    async fn answer_traced(&self, call: Call<'_>, mut report: Report) -> (Vec<u8>, Report) {
        let mut vault = None;
        let outcome = AssertUnwindSafe(self.run(call, &mut report, &mut vault))
            .catch_unwind()
            .await;
        let outcome = outcome.unwrap_or_else(|_| Err(Error::Internal("it panicked".to_owned())));
        let bytes = match outcome {
            Ok(answer) => {
                report.answered(&answer);
                appflow::encode_whole(answer)
            }
            Err(error) => self.failure(&mut report, &error.details()),
        };
        let bytes = if bytes.len() > MAX_ANSWER_BYTES {
            let error = Error::Output(format!(
                "it takes {} bytes, more than the {MAX_ANSWER_BYTES} allowed",
                bytes.len()
            ));
            self.failure(&mut report, &error.details())
        } else {
            bytes
        };
        let bytes = match vault {
            Some(vault) => vault.conceal(bytes),
            None => bytes,
        };
        report.finish(bytes.len(), self.metrics.as_ref());
        (bytes, report)
    }

    fn failure(&self, report: &mut Report, details: &ErrorDetails) -> Vec<u8> {
        report.failed(details);
        let described = self.described.get();
        let manifest = self.connector.manifest();
        let version = manifest.version.to_string();
        let identity = described.map_or(
            Identity {
                owner: &manifest.name,
                name: &manifest.name,
                version: &version,
            },
            |described| Identity {
                owner: &described.connector_owner,
                name: &described.connector_name,
                version: &described.connector_version,
            },
        );
        appflow::encode_failure(report.operation, details, Some(identity))
    }

    async fn run(
        &self,
        call: Call<'_>,
        report: &mut Report,
        sealed_in: &mut Option<Arc<Vault>>,
    ) -> Result<Answer, Error> {
        let request = match appflow::decode(call.body) {
            Ok(request) => request,
            Err(error) => {
                report.operation = error.operation;
                return Err(Error::Request(error.message));
            }
        };
        report.about(&request);
        let operation = request.operation();
        let deadline = deadline(call.deadline, operation);
        report.limit = deadline.saturating_duration_since(Instant::now());
        if operation != Operation::DescribeConnectorConfiguration {
            let account = AccountId::from_function_arn(call.function_arn);
            let until = tokio::time::Instant::from_std(deadline);
            self.gate
                .check(account.as_ref(), until)
                .await
                .map_err(Error::NotEntitled)?;
        }
        let credentials = self.credentials(&request, deadline).await?;
        let grants = self.connector.manifest().credentials.clone();
        let vault = Arc::new(Vault::new(credentials, grants));
        *sealed_in = Some(Arc::clone(&vault));
        let outcome = self.perform(request, call, deadline, vault, report).await;
        // Whatever the connector makes of a 401: a write that had begun may end with results or with another code.
        let rejected = report.stats.has_rejected()
            || outcome
                .as_ref()
                .is_err_and(|error| error.details().code == ErrorCode::InvalidCredentials);
        if let Some(arn) = &report.secret_arn
            && rejected
            && !crate::mechanism::off("credentials.forget")
        {
            // AppFlow refreshes the token and asks again; the old one must be gone by then.
            self.secrets.forget(arn);
        }
        outcome
    }

    async fn credentials(
        &self,
        request: &Request,
        deadline: Instant,
    ) -> Result<Arc<Credentials>, Error> {
        let reference = request.credentials();
        let Some(arn) = reference.and_then(|reference| reference.secret_arn.as_deref()) else {
            return Ok(Arc::new(Credentials::Absent));
        };
        let authentication_type = reference
            .and_then(|reference| reference.authentication_type.as_ref())
            .map(|kind| kind.as_str().parse())
            .transpose()
            .map_err(|_| {
                Error::Request("credentials.authenticationType is not known".to_owned())
            })?;
        let reference = CredentialsReference {
            arn,
            authentication_type,
        };
        let patience = if request.operation() == Operation::ValidateCredentials {
            Patience::Brief
        } else {
            Patience::None
        };
        let until = tokio::time::Instant::from_std(deadline);
        Ok(self.secrets.get(&reference, until, patience).await?)
    }

    async fn perform(
        &self,
        mut request: Request,
        call: Call<'_>,
        deadline: Instant,
        vault: Arc<Vault>,
        report: &mut Report,
    ) -> Result<Answer, Error> {
        let request_id = call.request_id;
        let filter = match &request {
            Request::QueryData(query) => query
                .filter_expression
                .as_deref()
                .map(filter::parse)
                .transpose()?,
            _ => None,
        };
        if let Request::WriteData(write) = &request
            && write.records.is_empty()
        {
            return Ok(Answer::WriteData(WriteDataAnswer::default()));
        }
        if let Request::ValidateConnectorRuntimeSettings(settings) = &request {
            let described = self.described(request_id, deadline, report).await?;
            let wrong = settings_check::check(&described, settings, &self.egress);
            if !wrong.is_empty() {
                return Ok(Answer::ValidateConnectorRuntimeSettings(
                    ValidateSettingsAnswer {
                        errors_by_input_field: wrong,
                        error: None,
                    },
                ));
            }
        }
        let paging = Paging::begin(
            &mut request,
            self.connector.manifest(),
            AccountId::from_function_arn(call.function_arn)
                .as_ref()
                .map(AccountId::as_str),
            vault.credentials(),
            self.token_key.as_ref(),
        )?;
        let secrets = Arc::clone(&vault);
        let state = self.state(&request, request_id, deadline, vault, report);
        let policy = state.policy();
        let writes = matches!(request, Request::WriteData(_));
        let began = Instant::now();
        let mut guest = self.guest(state, report, began).await?;
        let call = spans::guest("call", request.operation().name());
        let outcome = ask(&mut guest, request, filter.as_ref())
            .instrument(call)
            .await;
        let (page, usage) = guest.finish();
        let broken = matches!(outcome, Err(Error::Trap { .. }));
        report.used(page.count(), &usage, began.elapsed(), broken);
        report.refused(&policy.denials());
        let told = |error: Error| {
            let changed = writes && policy.stats().changes() > 0;
            if changed {
                error.after_changes()
            } else {
                error
            }
        };
        let asked = outcome.map_err(|error| told(error).rewritten(|text| secrets.scrub(text)))?;
        let completed = self.complete(asked, page, usage, paging.as_ref(), &secrets, report);
        let answer = completed.map_err(told)?;
        report.served();
        if let Answer::DescribeConnectorConfiguration(configuration) = &answer {
            let _ = self.described.set(Arc::new((**configuration).clone()));
        }
        Ok(answer)
    }

    /// An instance. What one that fails to start has used and printed is reported.
    async fn guest(
        &self,
        state: HostState,
        report: &mut Report,
        began: Instant,
    ) -> Result<Guest<'_>, Error> {
        let start = spans::guest("start", report.operation_name());
        let made = Guest::instantiate(&self.connector, state, &self.alarm);
        made.instrument(start).await.map_err(|failed| {
            report.used(0, &failed.usage, began.elapsed(), true);
            failed.error
        })
    }

    fn state(
        &self,
        request: &Request,
        request_id: &str,
        deadline: Instant,
        vault: Arc<Vault>,
        report: &mut Report,
    ) -> HostState {
        let manifest = self.connector.manifest();
        let info = InvocationInfo {
            request_id: request_id.to_owned(),
            deadline,
        };
        let Some(settings) = settings(request) else {
            // A connector describes itself before anybody has entered a setting, so nothing is granted.
            let state = HostState::alone(info, manifest.limits, Arc::clone(&self.egress));
            report.stats = Arc::clone(state.policy().stats());
            return state;
        };
        // A vendor has no use for a trace of its customer's unless the manifest says so.
        let is_told = manifest.trace_header || mechanism::off("telemetry.application");
        let trace = is_told.then(telemetry::current).flatten();
        let policy = Arc::new(self.egress.policy(settings.as_slice()).with_trace(trace));
        report.stats = Arc::clone(policy.stats());
        let page = match request {
            Request::QueryData(query) => Page::new(
                usize::try_from(query.max_results).unwrap_or(usize::MAX),
                *QUERY_PAGE_BYTES,
            ),
            Request::RetrieveData(_) => Page::new(
                usize::MAX,
                MAX_ANSWER_BYTES - appflow::retrieve_overhead_bytes(),
            ),
            _ => Page::closed(),
        };
        let context = request.context().cloned().map(Arc::new);
        let selected = match request {
            Request::QueryData(query) => query.selected_field_names.clone(),
            Request::RetrieveData(retrieve) => retrieve.selected_field_names.clone(),
            _ => None,
        };
        let page = page
            .looking_at_all(self.strict)
            .with_fields(fields(context.clone(), selected.unwrap_or_default()))
            .closing_at(closing_time(deadline), deadline);
        HostState::new(Parts {
            info,
            context,
            page,
            egress: Arc::clone(&self.egress),
            policy,
            vault,
            limits: manifest.limits,
        })
    }

    /// The connector's own description, asked for once in the life of the process.
    async fn described(
        &self,
        request_id: &str,
        deadline: Instant,
        report: &mut Report,
    ) -> Result<Arc<ConnectorConfiguration>, Error> {
        if let Some(described) = self.described.get() {
            return Ok(Arc::clone(described));
        }
        let info = InvocationInfo {
            request_id: request_id.to_owned(),
            deadline,
        };
        let limits = self.connector.manifest().limits;
        let state = HostState::alone(info, limits, Arc::clone(&self.egress));
        let began = Instant::now();
        let mut guest = self.guest(state, report, began).await?;
        let call = spans::guest("call", Operation::DescribeConnectorConfiguration.name());
        let described = guest.describe(HOST_LOCALE).instrument(call).await;
        let (page, usage) = guest.finish();
        let broken = matches!(described, Err(Error::Trap { .. }));
        report.used(page.count(), &usage, began.elapsed(), broken);
        let described = described?;
        let answer = Answer::DescribeConnectorConfiguration(Box::new(described.clone()));
        self.check(&answer)?;
        let described = Arc::new(described);
        Ok(Arc::clone(self.described.get_or_init(|| described)))
    }
}

/// Loads every interface a connector exports, which is when the types of its functions are checked. Its start may take
/// `limit`.
///
/// # Errors
///
/// [`Error::Contract`] names the interface that does not fit.
pub async fn check_types(connector: Connector, limit: Duration) -> Result<(), Error> {
    let info = InvocationInfo {
        request_id: String::new(),
        deadline: Instant::now() + limit,
    };
    let egress = Egress::new(Vec::new(), Vec::new(), EgressOptions::default());
    let state = HostState::alone(info, connector.manifest().limits, Arc::new(egress));
    bindings::check_types(&connector, state, &Alarm::new()).await
}

/// The settings that come with a request; none for the operation that has none.
fn settings(request: &Request) -> Option<&Pairs> {
    match request {
        Request::DescribeConnectorConfiguration(_) => None,
        Request::ValidateConnectorRuntimeSettings(request) => {
            Some(&request.connector_runtime_settings)
        }
        Request::ValidateCredentials(request) => Some(&request.connector_runtime_settings),
        request => request
            .context()
            .map(|context| &context.connector_runtime_settings),
    }
}
