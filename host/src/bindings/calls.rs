//! Calling a guest: one fresh instance, one call.

use std::time::{Duration, Instant};

use wasmtime::component::Instance;
use wasmtime::{Store, UpdateDeadline};

use super::exported::{configuration, destination, metadata, source};
use super::imported::common;
use super::usage::{FailedStart, Usage};
use super::{convert, entity, filter, state::HostState};
use crate::Error;
use crate::appflow::{
    CacheControl, ConnectorConfiguration, ConnectorContext, ConnectorMode, DescribeEntityAnswer,
    ListEntitiesAnswer, ListEntitiesRequest, MAX_MESSAGE_CHARS, Pairs, QueryDataRequest,
    RetrieveDataRequest, ValidateConnectorRuntimeSettingsRequest, WriteDataRequest,
    WriteRecordResult,
};
use crate::engine::{Alarm, Connector, TrapKind, classify};
use crate::filter::Filter;
use crate::mechanism;
use crate::page::Page;

/// How long after the deadline a call is given up even if the guest cannot be stopped, because it waits for a host
/// function that does not end. Every host function is bounded by the deadline itself, so this is a second net.
const GRACE: Duration = Duration::from_millis(50);

/// Most bytes that one call may carry from the guest to the host. The largest thing a guest has reason to hand over is a
/// page of records, which is 6 MB; the host's copies of it are what is limited here.
const HOSTCALL_FUEL: usize = 32 << 20;

/// Awaits a call until a little after the deadline, and sorts its three ends: an answer, the guest's own error, none.
macro_rules! call {
    ($guest:ident, $call:expr) => {{
        let until = given_up($guest.store.data().deadline());
        match tokio::time::timeout_at(until, $call).await {
            Ok(Ok(answer)) => answer.map_err(convert::error_from_guest),
            Ok(Err(error)) => Err(trap(&error, $guest.store.data())),
            Err(_) => Err(ended(TrapKind::Time, $guest.store.data())),
        }
    }};
}

/// When a call with this deadline is given up.
fn given_up(deadline: Instant) -> tokio::time::Instant {
    let grace = if mechanism::off("limits.wait") {
        Duration::from_secs(24 * 3600)
    } else {
        GRACE
    };
    tokio::time::Instant::from_std(deadline) + grace
}

/// An instance of a connector, alive for one call.
pub struct Guest<'c> {
    connector: &'c Connector,
    store: Store<HostState>,
    instance: Instance,
}

impl<'c> Guest<'c> {
    /// Makes an instance. It will be stopped at the state's deadline.
    ///
    /// # Errors
    ///
    /// [`FailedStart`] if the guest's own start ends badly.
    pub async fn instantiate(
        connector: &'c Connector,
        state: HostState,
        alarm: &Alarm,
    ) -> Result<Self, FailedStart> {
        let deadline = state.deadline();
        let mut store = Store::new(&connector.engine, state);
        store.limiter(|state| &mut state.limiter);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|context| {
            let over = Instant::now() >= context.data().deadline();
            Ok(if over && !mechanism::off("limits.time") {
                UpdateDeadline::Interrupt
            } else {
                UpdateDeadline::Continue(1)
            })
        });
        alarm.set(&connector.engine, deadline);
        if !mechanism::off("limits.handed-over") {
            store.set_hostcall_fuel(HOSTCALL_FUEL);
        }
        // A start that waits is not stopped by the alarm, which only wakes guests that compute.
        let until = given_up(deadline);
        let made = connector.pre.instantiate_async(&mut store);
        let error = match tokio::time::timeout_at(until, made).await {
            Ok(Ok(instance)) => {
                return Ok(Self {
                    connector,
                    store,
                    instance,
                });
            }
            Ok(Err(error)) => trap(&error, store.data()),
            Err(_) => ended(TrapKind::Time, store.data()),
        };
        Err(FailedStart {
            error,
            usage: Box::new(Usage::of(store.into_data()).1),
        })
    }

    /// Ends the instance; returns its page and what it used.
    pub fn finish(self) -> (Page, Usage) {
        // Handing over the result is the last place at which a process can end.
        crate::egress::kill::count();
        let state = self.store.into_data();
        let (state, usage) = Usage::of(state);
        (state.page, usage)
    }

    /// What the connector is.
    ///
    /// # Errors
    ///
    /// The guest's own, or how it ended; the same for every call below.
    pub async fn describe(&mut self, locale: &str) -> Result<ConnectorConfiguration, Error> {
        let exports = &self.connector.exports;
        let modes = [
            exports.source.is_some().then_some(ConnectorMode::Source),
            exports
                .destination
                .is_some()
                .then_some(ConnectorMode::Destination),
        ];
        let guest = self.configuration()?;
        let answer = call!(self, guest.call_describe(&mut self.store, locale))?;
        convert::configuration(answer, modes.into_iter().flatten().collect())
    }

    /// Which settings are wrong, and why.
    pub async fn validate_settings(
        &mut self,
        request: &ValidateConnectorRuntimeSettingsRequest,
    ) -> Result<Pairs, Error> {
        let guest = self.configuration()?;
        let wrong = call!(
            self,
            guest.call_validate_settings(
                &mut self.store,
                convert::scope(request.scope),
                &request.connector_runtime_settings.as_slice().to_vec(),
                convert::authentication_type(request.authentication_type.as_ref()),
            )
        )?;
        let vault = &self.store.data().vault;
        Ok(wrong
            .into_iter()
            .map(|wrong| {
                let message = vault.message(&wrong.message, MAX_MESSAGE_CHARS);
                (wrong.key, message)
            })
            .collect())
    }

    /// Whether the application accepts the credentials.
    pub async fn validate_credentials(&mut self, settings: &Pairs) -> Result<(), Error> {
        let guest = self.configuration()?;
        call!(
            self,
            guest.call_validate_credentials(&mut self.store, &settings.as_slice().to_vec())
        )
    }

    /// Some of the entities.
    pub async fn list_entities(
        &mut self,
        request: &ListEntitiesRequest,
    ) -> Result<ListEntitiesAnswer, Error> {
        let guest = self.metadata()?;
        let context = context_to_guest(&request.connector_context);
        let wanted = convert::list_request(request);
        let page = call!(
            self,
            guest.call_list_entities(&mut self.store, &context, &wanted)
        )?;
        Ok(ListEntitiesAnswer {
            entities: page.entities.into_iter().map(entity::entity).collect(),
            next_token: page.next_token,
            cache_control: cache_control(page.cache_seconds),
        })
    }

    /// An entity with its fields.
    pub async fn describe_entity(
        &mut self,
        context: &ConnectorContext,
        entity: &str,
    ) -> Result<DescribeEntityAnswer, Error> {
        let guest = self.metadata()?;
        let context = context_to_guest(context);
        let answer = call!(
            self,
            guest.call_describe_entity(&mut self.store, &context, entity)
        )?;
        Ok(DescribeEntityAnswer {
            entity_definition: entity::definition(answer.definition)?,
            cache_control: cache_control(answer.cache_seconds),
        })
    }

    /// Reads one page into the state's page; returns the token of the next one.
    pub async fn query(
        &mut self,
        request: &QueryDataRequest,
        condition: Option<&Filter>,
    ) -> Result<Option<String>, Error> {
        let guest = self.source("QueryData")?;
        let context = context_to_guest(&request.connector_context);
        let text = request.filter_expression.as_deref().unwrap_or_default();
        let wanted = source::QueryRequest {
            entity: request.entity_identifier.clone(),
            fields: request.selected_field_names.clone().unwrap_or_default(),
            filter: condition.map(|condition| filter::to_guest(text, condition)),
            limit: request.max_results,
            token: request.next_token.clone(),
        };
        call!(self, guest.call_query(&mut self.store, &context, &wanted))
    }

    /// Fetches records by identifier into the state's page.
    pub async fn retrieve(&mut self, request: &RetrieveDataRequest) -> Result<(), Error> {
        let guest = self.source("RetrieveData")?;
        let context = context_to_guest(&request.connector_context);
        let wanted = source::RetrieveRequest {
            entity: request.entity_identifier.clone(),
            fields: request.selected_field_names.clone().unwrap_or_default(),
            id_field: request.id_field_name.clone(),
            ids: request.ids.clone(),
        };
        call!(
            self,
            guest.call_retrieve(&mut self.store, &context, &wanted)
        )
    }

    /// Writes records; one result for each.
    pub async fn write(
        &mut self,
        request: WriteDataRequest,
    ) -> Result<Vec<WriteRecordResult>, Error> {
        let indices = self.connector.exports.destination.as_ref();
        let indices = indices
            .ok_or_else(|| Error::Unsupported("WriteData; it has no `destination`".to_owned()))?;
        let guest = indices
            .load(&mut self.store, &self.instance)
            .map_err(|error| contract(&error))?;
        let context = context_to_guest(&request.connector_context);
        let wanted = destination::WriteRequest {
            entity: request.entity_identifier,
            operation: convert::write_operation(request.operation),
            id_fields: request.id_field_names,
            records: request.records,
            all_or_none: request.all_or_none,
        };
        let results = call!(self, guest.call_write(&mut self.store, &context, &wanted))?;
        let vault = &self.store.data().vault;
        Ok(results
            .into_iter()
            .map(|result| convert::write_result(result, vault))
            .collect())
    }

    fn configuration(&mut self) -> Result<configuration::Guest, Error> {
        let indices = self.connector.exports.configuration.as_ref();
        let indices =
            indices.ok_or_else(|| Error::Contract("it has no `configuration`".to_owned()))?;
        indices
            .load(&mut self.store, &self.instance)
            .map_err(|error| contract(&error))
    }

    fn metadata(&mut self) -> Result<metadata::Guest, Error> {
        let indices = self.connector.exports.metadata.as_ref();
        let indices =
            indices.ok_or_else(|| Error::Unsupported("it has no `metadata`".to_owned()))?;
        indices
            .load(&mut self.store, &self.instance)
            .map_err(|error| contract(&error))
    }

    fn source(&mut self, operation: &str) -> Result<source::Guest, Error> {
        let indices = self.connector.exports.source.as_ref();
        let indices = indices
            .ok_or_else(|| Error::Unsupported(format!("{operation}; it has no `source`")))?;
        indices
            .load(&mut self.store, &self.instance)
            .map_err(|error| contract(&error))
    }
}

/// Loads every interface the component exports, which is when Wasmtime checks the types of their functions.
///
/// The tool that compiles calls this, so that a component whose types differ is refused before it is shipped.
///
/// # Errors
///
/// [`Error::Contract`] names the interface; [`Error::Trap`] if the guest's start ends badly.
pub async fn check_types(
    connector: &Connector,
    state: HostState,
    alarm: &Alarm,
) -> Result<(), Error> {
    let mut guest = Guest::instantiate(connector, state, alarm)
        .await
        .map_err(|failed| failed.error)?;
    let named = |interface: &str, error: Error| {
        Error::Contract(format!("interface `{interface}`: {error}"))
    };
    guest
        .configuration()
        .map_err(|error| named("configuration", error))?;
    guest.metadata().map_err(|error| named("metadata", error))?;
    if connector.exports.source.is_some() {
        guest.source("").map_err(|error| named("source", error))?;
    }
    if let Some(indices) = &connector.exports.destination {
        indices
            .load(&mut guest.store, &guest.instance)
            .map_err(|error| named("destination", contract(&error)))?;
    }
    Ok(())
}

fn context_to_guest(context: &ConnectorContext) -> common::Context {
    common::Context {
        api_version: context.api_version.clone(),
        settings: context.connector_runtime_settings.as_slice().to_vec(),
    }
}

fn cache_control(seconds: Option<u32>) -> Option<CacheControl> {
    seconds.map(|time_to_live_seconds| CacheControl {
        time_to_live_seconds,
    })
}

fn contract(error: &wasmtime::Error) -> Error {
    Error::Contract(format!("{error:#}"))
}

/// How a call ended that gave no answer.
fn trap(error: &wasmtime::Error, state: &HostState) -> Error {
    let kind = classify(error, state.limiter.refused());
    // Wasmtime's text and its backtrace name functions of the guest: for the log, not for AppFlow's user.
    tracing::debug!(target: "appflow_host::trap", kind = kind.name(), "{error:?}");
    ended(kind, state)
}

fn ended(kind: TrapKind, state: &HostState) -> Error {
    let message = match kind {
        TrapKind::Memory => format!(
            "the connector needed more than its {} MB of memory; select fewer fields or raise `limits.memory-mb`",
            state.limiter.limit_bytes() >> 20
        ),
        TrapKind::Time => {
            let (total, waiting) = state.spent();
            if waiting > total / 2 {
                format!(
                    "the application did not answer in time: the connector spent {:.1} of {:.1} seconds waiting for it",
                    waiting.as_secs_f64(),
                    total.as_secs_f64()
                )
            } else {
                "the connector did not answer in time".to_owned()
            }
        }
        TrapKind::Panic => {
            "the connector stopped itself by a panic; its place is in the log".to_owned()
        }
        TrapKind::Exit(status) => format!("the connector ended itself with status {status}"),
        TrapKind::Stack => {
            "the connector used up its stack, most likely by endless recursion".to_owned()
        }
        TrapKind::Fault => {
            "the connector broke a rule of WebAssembly; the log has the details".to_owned()
        }
    };
    Error::Trap { kind, message }
}
