//! Calling a connector that is linked in. The counterpart of the host's file of the same name, without instance, store
//! and traps; what is left beside the call itself is the same.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

use generator::{Generator, Gn};

use super::exported::{configuration, destination, metadata, source};
use super::imported::common;
use super::native::{self, Running};
use super::usage::{FailedStart, Usage};
use super::{convert, entity, filter, state::HostState};
use crate::Error;
use crate::appflow::{
    CacheControl, ConnectorConfiguration, ConnectorContext, ConnectorMode, DescribeEntityAnswer,
    ListEntitiesAnswer, ListEntitiesRequest, MAX_MESSAGE_CHARS, Pairs, QueryDataRequest,
    RetrieveDataRequest, ValidateConnectorRuntimeSettingsRequest, WriteDataRequest,
    WriteRecordResult,
};
use crate::engine::{Alarm, Connector, TrapKind};
use crate::filter::Filter;
use crate::page::Page;

/// The stack of a connector, in words: as large as the one the host gives to a guest and what it calls.
const STACK_WORDS: usize = (2 << 20) / size_of::<usize>();

type Outcome<T> = Result<T, common::Error>;
type Write =
    fn(common::Context, destination::WriteRequest) -> Outcome<Vec<destination::WriteResult>>;

/// The functions of a connector.
#[derive(Clone, Copy)]
pub struct Exports {
    describe: fn(String) -> Outcome<configuration::Description>,
    validate_settings: fn(
        configuration::Scope,
        common::Pairs,
        Option<common::AuthenticationType>,
    ) -> Outcome<Vec<configuration::SettingError>>,
    validate_credentials: fn(common::Pairs) -> Outcome<()>,
    list_entities: fn(common::Context, metadata::ListRequest) -> Outcome<metadata::EntityPage>,
    describe_entity: fn(common::Context, String) -> Outcome<metadata::EntityDescription>,
    query: fn(common::Context, source::QueryRequest) -> Outcome<Option<String>>,
    retrieve: fn(common::Context, source::RetrieveRequest) -> Outcome<()>,
    write: Option<Write>,
}

impl Exports {
    /// Those of a source.
    #[must_use]
    pub const fn of_source<T>() -> Self
    where
        T: configuration::Guest + metadata::Guest + source::Guest,
    {
        Self {
            describe: <T as configuration::Guest>::describe,
            validate_settings: <T as configuration::Guest>::validate_settings,
            validate_credentials: <T as configuration::Guest>::validate_credentials,
            list_entities: <T as metadata::Guest>::list_entities,
            describe_entity: <T as metadata::Guest>::describe_entity,
            query: <T as source::Guest>::query,
            retrieve: <T as source::Guest>::retrieve,
            write: None,
        }
    }

    /// Those of a source that is a destination too.
    #[must_use]
    pub const fn of_both<T>() -> Self
    where
        T: configuration::Guest + metadata::Guest + source::Guest + destination::Guest,
    {
        Self {
            write: Some(<T as destination::Guest>::write),
            ..Self::of_source::<T>()
        }
    }
}

/// What a connector runs on. A type without a lifetime, since only then the compiler can tell that it may change threads.
struct Stack(Generator<'static, (), ()>);

impl Stack {
    /// Runs until the connector ends or waits.
    fn resume(&mut self, waker: &Waker) -> Poll<()> {
        native::woken_by(waker, || self.0.resume());
        if self.0.is_done() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

/// A connector during one call.
pub struct Guest<'c> {
    connector: &'c Connector,
    /// Away while the connector has it.
    state: Option<HostState>,
}

impl<'c> Guest<'c> {
    /// Makes nothing.
    ///
    /// # Errors
    ///
    /// Never.
    pub async fn instantiate(
        connector: &'c Connector,
        state: HostState,
        _: &Alarm,
    ) -> Result<Self, FailedStart> {
        Ok(Self {
            connector,
            state: Some(state),
        })
    }

    /// Returns the page and what the call used; the connector's memory is the process's, and is not told apart.
    pub fn finish(self) -> (Page, Usage) {
        crate::egress::kill::count();
        let Some(state) = self.state else {
            return (Page::closed(), Usage::default());
        };
        let (state, usage) = Usage::of(state);
        (state.page, usage)
    }

    /// Runs the connector with its imports in place, on a stack of its own: it is set aside while it waits for the
    /// application, as a guest is, so that the one thread there is can read what the application sends.
    async fn run<T: Send + 'static>(
        &mut self,
        call: impl FnOnce() -> Outcome<T> + Send + 'static,
    ) -> Result<T, Error> {
        let state = self.state.take().ok_or_else(panicked)?;
        let ended = Arc::new(Mutex::new(None));
        let end = Arc::clone(&ended);
        let mut stack = Stack(Gn::<()>::new_opt(STACK_WORDS, move || {
            let running = Rc::new(Running(RefCell::new(state)));
            let host = Rc::clone(&running);
            let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| {
                appflow_connector::native::with(host, call)
            }));
            // Nothing of the connector is left that could hold the state.
            let state = Rc::into_inner(running).map(|running| running.0.into_inner());
            *end.lock().unwrap_or_else(PoisonError::into_inner) = Some((state, outcome));
        }));
        std::future::poll_fn(|context| stack.resume(context.waker())).await;
        let ended = ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (state, outcome) = ended.ok_or_else(panicked)?;
        self.state = state;
        outcome
            .map_err(|_| panicked())?
            .map_err(convert::error_from_guest)
    }

    /// What the connector is.
    ///
    /// # Errors
    ///
    /// The connector's own; the same for every call below.
    pub async fn describe(&mut self, locale: &str) -> Result<ConnectorConfiguration, Error> {
        let exports = self.connector.exports;
        let modes = [
            Some(ConnectorMode::Source),
            exports
                .write
                .is_some()
                .then_some(ConnectorMode::Destination),
        ];
        let locale = locale.to_owned();
        let answer = self.run(move || (exports.describe)(locale)).await?;
        convert::configuration(answer, modes.into_iter().flatten().collect())
    }

    /// Which settings are wrong, and why.
    pub async fn validate_settings(
        &mut self,
        request: &ValidateConnectorRuntimeSettingsRequest,
    ) -> Result<Pairs, Error> {
        let validate = self.connector.exports.validate_settings;
        let scope = convert::scope(request.scope);
        let settings = request.connector_runtime_settings.as_slice().to_vec();
        let authentication = convert::authentication_type(request.authentication_type.as_ref());
        let wrong = self
            .run(move || validate(scope, settings, authentication))
            .await?;
        let vault = self.state.as_ref().map(|state| &state.vault);
        Ok(wrong
            .into_iter()
            .map(|wrong| {
                let message = vault.map_or_else(String::new, |vault| {
                    vault.message(&wrong.message, MAX_MESSAGE_CHARS)
                });
                (wrong.key, message)
            })
            .collect())
    }

    /// Whether the application accepts the credentials.
    pub async fn validate_credentials(&mut self, settings: &Pairs) -> Result<(), Error> {
        let validate = self.connector.exports.validate_credentials;
        let settings = settings.as_slice().to_vec();
        self.run(move || validate(settings)).await
    }

    /// Some of the entities.
    pub async fn list_entities(
        &mut self,
        request: &ListEntitiesRequest,
    ) -> Result<ListEntitiesAnswer, Error> {
        let list = self.connector.exports.list_entities;
        let context = context_to_guest(&request.connector_context);
        let wanted = convert::list_request(request);
        let page = self.run(move || list(context, wanted)).await?;
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
        let describe = self.connector.exports.describe_entity;
        let context = context_to_guest(context);
        let entity = entity.to_owned();
        let answer = self.run(move || describe(context, entity)).await?;
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
        let query = self.connector.exports.query;
        let context = context_to_guest(&request.connector_context);
        let text = request.filter_expression.as_deref().unwrap_or_default();
        let wanted = source::QueryRequest {
            entity: request.entity_identifier.clone(),
            fields: request.selected_field_names.clone().unwrap_or_default(),
            filter: condition.map(|condition| filter::to_guest(text, condition)),
            limit: request.max_results,
            token: request.next_token.clone(),
        };
        self.run(move || query(context, wanted)).await
    }

    /// Fetches records by identifier into the state's page.
    pub async fn retrieve(&mut self, request: &RetrieveDataRequest) -> Result<(), Error> {
        let retrieve = self.connector.exports.retrieve;
        let context = context_to_guest(&request.connector_context);
        let wanted = source::RetrieveRequest {
            entity: request.entity_identifier.clone(),
            fields: request.selected_field_names.clone().unwrap_or_default(),
            id_field: request.id_field_name.clone(),
            ids: request.ids.clone(),
        };
        self.run(move || retrieve(context, wanted)).await
    }

    /// Writes records; one result for each.
    pub async fn write(
        &mut self,
        request: WriteDataRequest,
    ) -> Result<Vec<WriteRecordResult>, Error> {
        let write =
            self.connector.exports.write.ok_or_else(|| {
                Error::Unsupported("WriteData; it has no `destination`".to_owned())
            })?;
        let context = context_to_guest(&request.connector_context);
        let wanted = destination::WriteRequest {
            entity: request.entity_identifier,
            operation: convert::write_operation(request.operation),
            id_fields: request.id_field_names,
            records: request.records,
            all_or_none: request.all_or_none,
        };
        let results = self.run(move || write(context, wanted)).await?;
        let Some(vault) = self.state.as_ref().map(|state| &state.vault) else {
            return Ok(Vec::new());
        };
        Ok(results
            .into_iter()
            .map(|result| convert::write_result(result, vault))
            .collect())
    }
}

/// There is nothing to check: the compiler has.
///
/// # Errors
///
/// Never.
pub async fn check_types(_: &Connector, _: HostState, _: &Alarm) -> Result<(), Error> {
    Ok(())
}

fn panicked() -> Error {
    Error::Trap {
        kind: TrapKind::Panic,
        message: "the connector stopped itself by a panic; its place is in the log".to_owned(),
    }
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
