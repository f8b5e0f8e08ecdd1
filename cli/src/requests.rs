//! Requests for AppFlow's operations, made from a command line.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

/// ARN under which the secret of a local run is kept.
pub(crate) const LOCAL_ARN: &str =
    "arn:aws:secretsmanager:us-east-1:000000000000:secret:local-Secret";

/// AppFlow's operations, by short names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Operation {
    /// DescribeConnectorConfiguration
    Describe,
    /// ValidateConnectorRuntimeSettings
    ValidateSettings,
    /// ValidateCredentials
    ValidateCredentials,
    /// ListEntities
    ListEntities,
    /// DescribeEntity
    DescribeEntity,
    /// QueryData
    Query,
    /// RetrieveData
    Retrieve,
    /// WriteData
    Write,
}

impl Operation {
    fn request_type(self) -> &'static str {
        match self {
            Self::Describe => "DescribeConnectorConfigurationRequest",
            Self::ValidateSettings => "ValidateConnectorRuntimeSettingsRequest",
            Self::ValidateCredentials => "ValidateCredentialsRequest",
            Self::ListEntities => "ListEntitiesRequest",
            Self::DescribeEntity => "DescribeEntityRequest",
            Self::Query => "QueryDataRequest",
            Self::Retrieve => "RetrieveDataRequest",
            Self::Write => "WriteDataRequest",
        }
    }

    fn needs_entity(self) -> bool {
        matches!(
            self,
            Self::DescribeEntity | Self::Query | Self::Retrieve | Self::Write
        )
    }
}

/// What a request is made of.
#[derive(Debug, Args)]
pub(crate) struct RequestArguments {
    /// The whole request as JSON, `-` for standard input; the options below are then not used.
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
    /// Entity to describe, read or write; for list-entities the path of a category.
    #[arg(long, value_name = "NAME")]
    entity: Option<String>,
    /// Runtime setting; may be given more than once.
    #[arg(long = "setting", value_name = "KEY=VALUE", value_parser = key_value)]
    settings: Vec<(String, String)>,
    /// API version of the application [default: the first one the connector declares].
    #[arg(long, value_name = "VERSION")]
    api_version: Option<String>,
    /// Fields to select, divided by commas [default: all].
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    fields: Vec<String>,
    /// Filter expression of a query.
    #[arg(long, value_name = "EXPRESSION")]
    filter: Option<String>,
    /// Most records or entities to return.
    #[arg(long, value_name = "NUMBER")]
    limit: Option<u32>,
    /// Next token of the page before.
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// Field that identifies records, for retrieve and write; may be given more than once for write.
    #[arg(long = "id-field", value_name = "FIELD")]
    id_fields: Vec<String>,
    /// Identifier to retrieve; may be given more than once.
    #[arg(long = "id", value_name = "ID")]
    ids: Vec<String>,
    /// Record to write, a JSON object; may be given more than once.
    #[arg(long = "record", value_name = "JSON")]
    records: Vec<String>,
    /// How to write.
    #[arg(long, value_name = "OPERATION", default_value = "INSERT", value_parser = ["INSERT", "UPDATE", "UPSERT", "DELETE"])]
    write_operation: String,
    /// Write all records or none.
    #[arg(long)]
    all_or_none: bool,
    /// Scope of the settings to validate.
    #[arg(long, value_name = "SCOPE", default_value = "CONNECTOR_PROFILE",
          value_parser = ["CONNECTOR_PROFILE", "SOURCE", "DESTINATION", "SOURCE_AND_DESTINATION"])]
    scope: String,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE".to_owned()),
    }
}

impl RequestArguments {
    /// Whether the connector must be asked which API version it speaks.
    pub(crate) fn needs_api_version(&self, operation: Operation) -> bool {
        self.request.is_none()
            && self.api_version.is_none()
            && !matches!(
                operation,
                Operation::Describe | Operation::ValidateSettings | Operation::ValidateCredentials
            )
    }

    /// The request's bytes. `described_version` is what the connector declares first.
    pub(crate) fn build(
        &self,
        operation: Operation,
        described_version: Option<&str>,
        has_secret: bool,
    ) -> Result<Vec<u8>> {
        if let Some(path) = &self.request {
            let mut bytes = Vec::new();
            if path.as_os_str() == "-" {
                std::io::stdin()
                    .read_to_end(&mut bytes)
                    .context("cannot read the request from standard input")?;
            } else {
                bytes = std::fs::read(path)
                    .with_context(|| format!("cannot read the request \"{}\"", path.display()))?;
            }
            return Ok(bytes);
        }
        if operation.needs_entity() && self.entity.is_none() {
            bail!("this operation needs --entity");
        }
        let settings: Map<String, Value> = self
            .settings
            .iter()
            .map(|(key, value)| (key.clone(), Value::from(value.as_str())))
            .collect();
        let credentials = has_secret.then(|| json!({ "secretArn": LOCAL_ARN }));
        let version = self
            .api_version
            .as_deref()
            .or(described_version)
            .unwrap_or_default();
        let context = json!({
            "apiVersion": version,
            "connectorRuntimeSettings": settings,
            "credentials": credentials,
        });
        let fields = (!self.fields.is_empty()).then_some(&self.fields);
        let mut request = match operation {
            Operation::Describe => json!({}),
            Operation::ValidateSettings => {
                json!({ "scope": self.scope, "connectorRuntimeSettings": settings })
            }
            Operation::ValidateCredentials => {
                json!({ "credentials": credentials.unwrap_or_else(|| json!({})), "connectorRuntimeSettings": settings })
            }
            Operation::ListEntities => json!({
                "entitiesPath": self.entity, "maxResult": self.limit, "nextToken": self.token, "connectorContext": context,
            }),
            Operation::DescribeEntity => {
                json!({ "entityIdentifier": self.entity, "connectorContext": context })
            }
            Operation::Query => json!({
                "entityIdentifier": self.entity, "selectedFieldNames": fields, "filterExpression": self.filter,
                "maxResults": self.limit, "nextToken": self.token, "connectorContext": context,
            }),
            Operation::Retrieve => json!({
                "entityIdentifier": self.entity, "selectedFieldNames": fields, "idFieldName": self.id_fields.first(),
                "ids": self.ids, "connectorContext": context,
            }),
            Operation::Write => json!({
                "entityIdentifier": self.entity, "operation": self.write_operation, "idFieldNames": self.id_fields,
                "records": self.records, "allOrNone": self.all_or_none, "connectorContext": context,
            }),
        };
        if let Some(object) = request.as_object_mut() {
            object.insert("type".to_owned(), Value::from(operation.request_type()));
        }
        Ok(serde_json::to_vec(&request)?)
    }
}
