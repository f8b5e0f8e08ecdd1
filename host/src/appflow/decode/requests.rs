//! The eight requests.

use super::reader::{Fault, Object};
use crate::appflow::{
    ConnectorContext, CredentialsReference, DescribeConnectorConfigurationRequest,
    DescribeEntityRequest, EntityDefinitionText, ListEntitiesRequest, Operation, QueryDataRequest,
    Request, RetrieveDataRequest, ValidateConnectorRuntimeSettingsRequest,
    ValidateCredentialsRequest, WriteDataRequest,
};

pub(super) fn request(operation: Operation, object: &Object<'_, '_>) -> Result<Request, Fault> {
    Ok(match operation {
        Operation::DescribeConnectorConfiguration => {
            Request::DescribeConnectorConfiguration(DescribeConnectorConfigurationRequest {
                locale: object
                    .name_unless_blank("locale")?
                    .unwrap_or_else(|| "en-US".to_owned()),
                connector_label: object.name("connectorLabel")?,
            })
        }
        Operation::ValidateConnectorRuntimeSettings => {
            Request::ValidateConnectorRuntimeSettings(ValidateConnectorRuntimeSettingsRequest {
                scope: object.required_choice("scope")?,
                connector_runtime_settings: object.pairs("connectorRuntimeSettings")?,
                authentication_type: object.described("authenticationType")?,
            })
        }
        Operation::ValidateCredentials => {
            Request::ValidateCredentials(ValidateCredentialsRequest {
                credentials: object.required_object("credentials", credentials)?,
                connector_runtime_settings: object.pairs("connectorRuntimeSettings")?,
            })
        }
        Operation::ListEntities => Request::ListEntities(ListEntitiesRequest {
            entities_path: object.name_unless_blank("entitiesPath")?,
            max_result: object.page_size("maxResult")?,
            next_token: object.name_unless_blank("nextToken")?,
            connector_context: object.required_object("connectorContext", context)?,
        }),
        Operation::DescribeEntity => Request::DescribeEntity(DescribeEntityRequest {
            entity_identifier: object.identifier("entityIdentifier")?,
            connector_context: object.required_object("connectorContext", context)?,
        }),
        Operation::QueryData => Request::QueryData(QueryDataRequest {
            entity_identifier: object.identifier("entityIdentifier")?,
            selected_field_names: object.texts("selectedFieldNames")?,
            filter_expression: object.text_unless_blank("filterExpression")?,
            max_results: object.page_size("maxResults")?,
            next_token: object.name_unless_blank("nextToken")?,
            connector_context: object.required_object("connectorContext", context)?,
        }),
        Operation::RetrieveData => Request::RetrieveData(RetrieveDataRequest {
            entity_identifier: object.identifier("entityIdentifier")?,
            selected_field_names: object.texts("selectedFieldNames")?,
            id_field_name: object.name_unless_blank("idFieldName")?,
            ids: object.texts("ids")?.unwrap_or_default(),
            connector_context: object.required_object("connectorContext", context)?,
        }),
        Operation::WriteData => Request::WriteData(WriteDataRequest {
            entity_identifier: object.identifier("entityIdentifier")?,
            operation: object.required_choice("operation")?,
            id_field_names: object.texts("idFieldNames")?.unwrap_or_default(),
            records: object.texts("records")?.unwrap_or_default(),
            all_or_none: object.boolean("allOrNone")?.unwrap_or(false),
            connector_context: object.required_object("connectorContext", context)?,
        }),
    })
}

fn context(object: Object<'_, '_>) -> Result<ConnectorContext, Fault> {
    Ok(ConnectorContext {
        api_version: object.required_name("apiVersion")?,
        connector_runtime_settings: object.pairs("connectorRuntimeSettings")?,
        credentials: object.object("credentials", credentials)?,
        entity_definition: object
            .object_text("entityDefinition")?
            .map(|text| EntityDefinitionText(text.into())),
        flow_name: object.name("flowName")?,
        execution_id: object.name("executionId")?,
        connector_profile_label: object.name("connectorProfileLabel")?,
    })
}

/// Credentials inside the request, as old fixtures have them, are dropped: secrets never travel in a request.
fn credentials(object: Object<'_, '_>) -> Result<CredentialsReference, Fault> {
    Ok(CredentialsReference {
        secret_arn: object.name_unless_blank("secretArn")?,
        authentication_type: object.described("authenticationType")?,
    })
}
