//! What AppFlow asks.

use super::entity::EntityDefinition;
use super::enums::{
    AuthenticationType, ConnectorRuntimeSettingScope, OrUnknown, WriteOperationType,
};
use super::values::Pairs;
use crate::appflow::{DecodeError, Operation, decode};
use std::fmt;
use std::sync::Arc;

/// A decoded request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// What is the connector?
    DescribeConnectorConfiguration(DescribeConnectorConfigurationRequest),
    /// Are these settings good?
    ValidateConnectorRuntimeSettings(ValidateConnectorRuntimeSettingsRequest),
    /// Are these credentials good?
    ValidateCredentials(ValidateCredentialsRequest),
    /// What can be read and written?
    ListEntities(ListEntitiesRequest),
    /// Which fields has this entity?
    DescribeEntity(DescribeEntityRequest),
    /// One page of records.
    QueryData(QueryDataRequest),
    /// Records by id.
    RetrieveData(RetrieveDataRequest),
    /// Records to write.
    WriteData(WriteDataRequest),
}

impl Request {
    /// The operation.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        match self {
            Self::DescribeConnectorConfiguration(_) => Operation::DescribeConnectorConfiguration,
            Self::ValidateConnectorRuntimeSettings(_) => {
                Operation::ValidateConnectorRuntimeSettings
            }
            Self::ValidateCredentials(_) => Operation::ValidateCredentials,
            Self::ListEntities(_) => Operation::ListEntities,
            Self::DescribeEntity(_) => Operation::DescribeEntity,
            Self::QueryData(_) => Operation::QueryData,
            Self::RetrieveData(_) => Operation::RetrieveData,
            Self::WriteData(_) => Operation::WriteData,
        }
    }

    /// The context, which metadata and record operations have.
    #[must_use]
    pub const fn context(&self) -> Option<&ConnectorContext> {
        match self {
            Self::DescribeConnectorConfiguration(_)
            | Self::ValidateConnectorRuntimeSettings(_)
            | Self::ValidateCredentials(_) => None,
            Self::ListEntities(request) => Some(&request.connector_context),
            Self::DescribeEntity(request) => Some(&request.connector_context),
            Self::QueryData(request) => Some(&request.connector_context),
            Self::RetrieveData(request) => Some(&request.connector_context),
            Self::WriteData(request) => Some(&request.connector_context),
        }
    }

    /// Where the user's credentials are, if the request says.
    #[must_use]
    pub const fn credentials(&self) -> Option<&CredentialsReference> {
        match self {
            Self::ValidateCredentials(request) => Some(&request.credentials),
            _ => match self.context() {
                Some(context) => context.credentials.as_ref(),
                None => None,
            },
        }
    }

    /// The entity, which record operations and `DescribeEntity` name.
    #[must_use]
    pub fn entity_identifier(&self) -> Option<&str> {
        match self {
            Self::DescribeEntity(request) => Some(&request.entity_identifier),
            Self::QueryData(request) => Some(&request.entity_identifier),
            Self::RetrieveData(request) => Some(&request.entity_identifier),
            Self::WriteData(request) => Some(&request.entity_identifier),
            _ => None,
        }
    }
}

/// Request of `DescribeConnectorConfiguration`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribeConnectorConfigurationRequest {
    /// Language of labels and descriptions; `en-US` if AppFlow does not say.
    pub locale: String,
    /// Label under registration, for logs.
    pub connector_label: Option<String>,
}

/// Request of `ValidateConnectorRuntimeSettings`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidateConnectorRuntimeSettingsRequest {
    /// Which settings these are.
    pub scope: ConnectorRuntimeSettingScope,
    /// The settings.
    pub connector_runtime_settings: Pairs,
    /// How the user authenticates.
    pub authentication_type: Option<OrUnknown<AuthenticationType>>,
}

/// Request of `ValidateCredentials`. It has no context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidateCredentialsRequest {
    /// Where the credentials are.
    pub credentials: CredentialsReference,
    /// Settings of the connection.
    pub connector_runtime_settings: Pairs,
}

/// Request of `ListEntities`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEntitiesRequest {
    /// Identifier of a category; none for the roots. Never blank.
    pub entities_path: Option<String>,
    /// Most entities to return: 1 to 2^31-1, 1,000 if AppFlow does not say. (AppFlow's name is singular.)
    pub max_result: u32,
    /// Token of the page before. Never blank.
    pub next_token: Option<String>,
    /// Context.
    pub connector_context: ConnectorContext,
}

/// Request of `DescribeEntity`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribeEntityRequest {
    /// The entity. Never blank.
    pub entity_identifier: String,
    /// Context.
    pub connector_context: ConnectorContext,
}

/// Request of `QueryData`. `Debug` does not show the filter.
#[derive(Clone, PartialEq, Eq)]
pub struct QueryDataRequest {
    /// The entity. Never blank.
    pub entity_identifier: String,
    /// Fields to return; none for all. What an empty list means is not documented.
    pub selected_field_names: Option<Vec<String>>,
    /// Filter expression, for [`filter::parse`](crate::filter::parse). Never blank.
    pub filter_expression: Option<String>,
    /// Most records to return: 1 to 2^31-1, 1,000 if AppFlow does not say.
    pub max_results: u32,
    /// Token of the page before. Never blank.
    pub next_token: Option<String>,
    /// Context.
    pub connector_context: ConnectorContext,
}

/// Request of `RetrieveData`. `Debug` does not show the ids.
#[derive(Clone, PartialEq, Eq)]
pub struct RetrieveDataRequest {
    /// The entity. Never blank.
    pub entity_identifier: String,
    /// Fields to return; none for all. What an empty list means is not documented.
    pub selected_field_names: Option<Vec<String>>,
    /// Field the ids are in.
    pub id_field_name: Option<String>,
    /// Values to look for.
    pub ids: Vec<String>,
    /// Context.
    pub connector_context: ConnectorContext,
}

/// Request of `WriteData`. `Debug` does not show the records.
#[derive(Clone, PartialEq, Eq)]
pub struct WriteDataRequest {
    /// The entity. Never blank.
    pub entity_identifier: String,
    /// What to do.
    pub operation: WriteOperationType,
    /// Fields that identify a record; empty for an insert.
    pub id_field_names: Vec<String>,
    /// Records, each a JSON object as text. Whether it is one is not checked here.
    pub records: Vec<String>,
    /// Write all or none, or stop at the first failure.
    pub all_or_none: bool,
    /// Context.
    pub connector_context: ConnectorContext,
}

/// What every metadata and record operation is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectorContext {
    /// One of the connector's API versions.
    pub api_version: String,
    /// Settings of the connection and of this side of the flow.
    pub connector_runtime_settings: Pairs,
    /// Where the credentials are; none for a connector without authentication.
    pub credentials: Option<CredentialsReference>,
    /// The entity as the connector described it last; for record operations.
    pub entity_definition: Option<EntityDefinitionText>,
    /// Name of the flow, for logs.
    pub flow_name: Option<String>,
    /// Id of the run, for logs.
    pub execution_id: Option<String>,
    /// Label of the connection, for logs.
    pub connector_profile_label: Option<String>,
}

/// Where the user's credentials are. Secrets never travel in a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CredentialsReference {
    /// ARN of the secret in AWS Secrets Manager.
    pub secret_arn: Option<String>,
    /// How the user authenticates.
    pub authentication_type: Option<OrUnknown<AuthenticationType>>,
}

/// The JSON text of an entity definition, as AppFlow sent it. Known to be a JSON object; decoded only when asked for,
/// since it may be large and few operations need it.
#[derive(Clone, PartialEq, Eq)]
pub struct EntityDefinitionText(pub(crate) Arc<str>);

impl EntityDefinitionText {
    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The definition. Paths in the error begin with `connectorContext.entityDefinition`; its operation is not known.
    pub fn decode(&self) -> Result<EntityDefinition, DecodeError> {
        decode::entity_definition(&self.0)
    }
}

impl fmt::Debug for EntityDefinitionText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntityDefinitionText({} bytes)", self.0.len())
    }
}

impl fmt::Debug for QueryDataRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryDataRequest")
            .field("entity_identifier", &self.entity_identifier)
            .field("selected_field_names", &self.selected_field_names)
            .field(
                "filter_expression",
                &self.filter_expression.as_ref().map(|_| "…"),
            )
            .field("max_results", &self.max_results)
            .field("next_token", &self.next_token.as_ref().map(|_| "…"))
            .field("connector_context", &self.connector_context)
            .finish()
    }
}

impl fmt::Debug for RetrieveDataRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetrieveDataRequest")
            .field("entity_identifier", &self.entity_identifier)
            .field("selected_field_names", &self.selected_field_names)
            .field("id_field_name", &self.id_field_name)
            .field("ids", &self.ids.len())
            .field("connector_context", &self.connector_context)
            .finish()
    }
}

impl fmt::Debug for WriteDataRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteDataRequest")
            .field("entity_identifier", &self.entity_identifier)
            .field("operation", &self.operation)
            .field("id_field_names", &self.id_field_names)
            .field("records", &self.records.len())
            .field("all_or_none", &self.all_or_none)
            .field("connector_context", &self.connector_context)
            .finish()
    }
}
