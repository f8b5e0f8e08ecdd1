//! Answers back to types, as strictly as AppFlow's Java SDK reads them, and in both spellings where the SDKs differ.

use super::reader::{Fault, Object, Path};
use super::{DecodeError, entities, object_of};
use crate::appflow::{
    Answer, AuthParameter, AuthenticationConfig, CacheControl, ConnectorConfiguration,
    ConnectorOperator, ConnectorRuntimeSetting, CustomAuthConfig, DataTransferType,
    DescribeEntityAnswer, ErrorDetails, ListEntitiesAnswer, OAuth2ContentType,
    OAuth2CustomParameter, OAuth2Defaults, OAuth2MethodType, Operation, QueryDataAnswer, Records,
    RetrieveDataAnswer, TriggerFrequency, TriggerType, ValidateSettingsAnswer, WriteDataAnswer,
    WriteOperationType, WriteRecordResult,
};

/// Reads the answer of an operation: the inner error is what the connector told AppFlow. For tools and tests, which look
/// at answers as AppFlow does; a missing list takes AppFlow's default.
///
/// # Errors
///
/// An answer that AppFlow could not decode: not JSON, a required property missing, an unknown value, a wrong type; and
/// an answer that failed without saying why.
pub fn decode_answer(
    operation: Operation,
    body: &[u8],
) -> Result<Result<Answer, ErrorDetails>, DecodeError> {
    let fault = |Fault(message)| DecodeError {
        operation: Some(operation),
        message,
    };
    let text = std::str::from_utf8(body).map_err(|error| {
        fault(Fault::new(
            &Path::Root("answer"),
            format_args!("not UTF-8 at byte {}", error.valid_up_to() + 1),
        ))
    })?;
    let object = object_of(text, &Path::Root("answer")).map_err(fault)?;
    answer(operation, &object).map_err(fault)
}

fn answer(
    operation: Operation,
    object: &Object<'_, '_>,
) -> Result<Result<Answer, ErrorDetails>, Fault> {
    let is_success = object.required("isSuccess", object.boolean("isSuccess")?)?;
    let error = object.object("errorDetails", error_details)?;
    let configuration = match operation {
        // Its names are required even in a failed answer.
        Operation::DescribeConnectorConfiguration => Some(configuration(object)?),
        _ => None,
    };
    let error = if is_success {
        None
    } else {
        Some(object.required("errorDetails", error)?)
    };
    Ok(Ok(match (operation, error) {
        (Operation::ValidateConnectorRuntimeSettings, error) => {
            Answer::ValidateConnectorRuntimeSettings(ValidateSettingsAnswer {
                errors_by_input_field: object.pairs("errorsByInputField")?,
                error,
            })
        }
        (Operation::WriteData, error) => Answer::WriteData(WriteDataAnswer {
            write_record_results: object.objects("writeRecordResults", write_result)?,
            error,
        }),
        (_, Some(error)) => return Ok(Err(error)),
        (Operation::DescribeConnectorConfiguration, None) => {
            Answer::DescribeConnectorConfiguration(Box::new(configuration.unwrap_or_default()))
        }
        (Operation::ValidateCredentials, None) => Answer::ValidateCredentials,
        (Operation::ListEntities, None) => Answer::ListEntities(ListEntitiesAnswer {
            entities: object.objects("entities", entities::entity)?,
            next_token: object.text("nextToken")?,
            cache_control: object.object("cacheControl", cache_control)?,
        }),
        (Operation::DescribeEntity, None) => {
            Answer::DescribeEntity(Box::new(DescribeEntityAnswer {
                entity_definition: object
                    .required_object("entityDefinition", entities::definition)?,
                cache_control: object.object("cacheControl", cache_control)?,
            }))
        }
        (Operation::QueryData, None) => Answer::QueryData(QueryDataAnswer {
            records: records(object)?,
            next_token: object.text("nextToken")?,
        }),
        (Operation::RetrieveData, None) => Answer::RetrieveData(RetrieveDataAnswer {
            records: records(object)?,
        }),
    }))
}

fn error_details(object: Object<'_, '_>) -> Result<ErrorDetails, Fault> {
    Ok(ErrorDetails {
        code: object.required_choice("errorCode")?,
        message: object.required("errorMessage", object.text("errorMessage")?)?,
        retry_after_seconds: object.integer("retryAfterSeconds")?,
    })
}

fn write_result(object: Object<'_, '_>) -> Result<WriteRecordResult, Fault> {
    Ok(WriteRecordResult {
        is_success: object.required("isSuccess", object.boolean("isSuccess")?)?,
        record_id: object.required("recordId", object.text("recordId")?)?,
        error_message: object.text("errorMessage")?,
    })
}

fn records(object: &Object<'_, '_>) -> Result<Records, Fault> {
    let mut inside = Vec::new();
    for record in object.texts("records")?.unwrap_or_default() {
        if !inside.is_empty() {
            inside.push(b',');
        }
        // Writing a string to memory cannot fail.
        inside.extend(serde_json::to_vec(&record).unwrap_or_default());
    }
    Ok(Records::of_inside(&inside))
}

/// Units other than seconds are converted, what does not fit is cut.
fn cache_control(object: Object<'_, '_>) -> Result<CacheControl, Fault> {
    let time = object.required("timeToLive", object.integer::<i64>("timeToLive")?)?;
    let unit = object.text("timeToLiveUnit")?;
    let seconds = match unit.as_deref() {
        None | Some("SECONDS") => time,
        Some("NANOSECONDS") => time / 1_000_000_000,
        Some("MICROSECONDS") => time / 1_000_000,
        Some("MILLISECONDS") => time / 1000,
        Some("MINUTES") => time.saturating_mul(60),
        Some("HOURS") => time.saturating_mul(3600),
        Some("DAYS") => time.saturating_mul(86_400),
        Some(_) => {
            return Err(object.fault("timeToLiveUnit", "is no unit of time that AppFlow knows"));
        }
    };
    let seconds = seconds.clamp(0, u32::MAX.into());
    Ok(CacheControl {
        time_to_live_seconds: u32::try_from(seconds).unwrap_or(u32::MAX),
    })
}

fn configuration(object: &Object<'_, '_>) -> Result<ConnectorConfiguration, Fault> {
    Ok(ConnectorConfiguration {
        connector_owner: object.required_name("connectorOwner")?,
        connector_name: object.required_name("connectorName")?,
        connector_version: object.required_name("connectorVersion")?,
        connector_modes: object.choices("connectorModes")?.unwrap_or_default(),
        authentication_config: object.object("authenticationConfig", authentication)?,
        connector_runtime_setting: object.objects("connectorRuntimeSetting", setting)?,
        supported_api_versions: object.texts("supportedApiVersions")?.unwrap_or_default(),
        operators_supported: object
            .choices("operatorsSupported")?
            .unwrap_or_else(|| ConnectorOperator::ALL.to_vec()),
        supported_trigger_types: object
            .choices("supportedTriggerTypes")?
            .unwrap_or_else(|| TriggerType::ALL.to_vec()),
        trigger_frequencies_supported: object
            .choices("triggerFrequenciesSupported")?
            .unwrap_or_else(|| TriggerFrequency::ALL.to_vec()),
        supported_write_operations: object
            .choices("supportedWriteOperations")?
            .unwrap_or_else(|| WriteOperationType::ALL.to_vec()),
        supported_data_transfer_types: object
            .choices("supportedDataTransferTypes")?
            .unwrap_or_else(|| vec![DataTransferType::Record]),
        logo_url: object.text("logoURL")?,
    })
}

fn setting(object: Object<'_, '_>) -> Result<ConnectorRuntimeSetting, Fault> {
    Ok(ConnectorRuntimeSetting {
        key: object.required_name("key")?,
        data_type: object.required_choice("dataType")?,
        required: object.required("required", object.boolean("required")?)?,
        label: object.required("label", object.text("label")?)?,
        description: object.required("description", object.text("description")?)?,
        scope: object.required_choice("scope")?,
        connector_supplied_value_options: object
            .texts("connectorSuppliedValueOptions")?
            .unwrap_or_default(),
    })
}

fn authentication(object: Object<'_, '_>) -> Result<AuthenticationConfig, Fault> {
    let flag = |name: &str| Ok(object.boolean(name)?.unwrap_or(false));
    Ok(AuthenticationConfig {
        is_basic_auth_supported: flag("isBasicAuthSupported")?,
        is_api_key_auth_supported: flag("isApiKeyAuthSupported")?,
        is_oauth2_supported: flag("isOAuth2Supported")?,
        is_custom_auth_supported: flag("isCustomAuthSupported")?,
        oauth2_defaults: object.object("oAuth2Defaults", oauth2)?,
        custom_auth_config: object.objects("customAuthConfig", |object| {
            Ok(CustomAuthConfig {
                authentication_type: object.required_name("authenticationType")?,
                auth_parameters: object.objects("authParameters", parameter)?,
            })
        })?,
    })
}

fn oauth2(object: Object<'_, '_>) -> Result<OAuth2Defaults, Fault> {
    // AppFlow's Java SDK spells it with a small `a`, its Python SDK with a capital one.
    let mut oauth2_custom_properties =
        object.objects("oauth2CustomProperties", oauth2_parameter)?;
    if oauth2_custom_properties.is_empty() {
        oauth2_custom_properties = object.objects("oAuth2CustomProperties", oauth2_parameter)?;
    }
    Ok(OAuth2Defaults {
        oauth_scopes: object.texts("oAuthScopes")?.unwrap_or_default(),
        token_url: object.texts("tokenURL")?.unwrap_or_default(),
        auth_url: object.texts("authURL")?.unwrap_or_default(),
        oauth2_grant_types_supported: object
            .choices("oAuth2GrantTypesSupported")?
            .unwrap_or_default(),
        oauth2_content_type: object
            .choice("oAuth2ContentType")?
            .unwrap_or(OAuth2ContentType::UrlEncoded),
        oauth2_method_type: object
            .choice("oAuth2MethodType")?
            .unwrap_or(OAuth2MethodType::HttpPost),
        oauth2_custom_properties,
        add_basic_auth_header: object.boolean("addBasicAuthHeader")?.unwrap_or(false),
    })
}

fn oauth2_parameter(object: Object<'_, '_>) -> Result<OAuth2CustomParameter, Fault> {
    Ok(OAuth2CustomParameter {
        key: object.required_name("key")?,
        required: object.required("required", object.boolean("required")?)?,
        prop_type: object.required_choice("type")?,
        label: object.required("label", object.text("label")?)?,
        description: object.required("description", object.text("description")?)?,
        sensitive_field: object.boolean("sensitiveField")?.unwrap_or(false),
        connector_supplied_values: object.texts("connectorSuppliedValues")?.unwrap_or_default(),
    })
}

fn parameter(object: Object<'_, '_>) -> Result<AuthParameter, Fault> {
    Ok(AuthParameter {
        key: object.required_name("key")?,
        required: object.required("required", object.boolean("required")?)?,
        label: object.required("label", object.text("label")?)?,
        description: object.required("description", object.text("description")?)?,
        sensitive_field: object.boolean("sensitiveField")?.unwrap_or(false),
        connector_supplied_values: object.texts("connectorSuppliedValues")?.unwrap_or_default(),
    })
}
