//! Between the contract's types and the protocol's.
//!
//! Enumerations are translated case by case, without a catch-all where the compiler can then tell that a case was
//! forgotten. The contract's `other` stands for what AppFlow may add later: it goes to guests, and is refused from them.

use super::exported::{configuration as conf, destination, metadata};
use super::imported::common;
use crate::Error;
use crate::appflow::{
    self, AuthParameter, AuthenticationConfig, AuthenticationType, ConnectorConfiguration,
    ConnectorMode, ConnectorOperator, ConnectorRuntimeSetting, ConnectorRuntimeSettingDataType,
    ConnectorRuntimeSettingScope, CustomAuthConfig, DataTransferType, ErrorCode, FieldDataType,
    MAX_MESSAGE_CHARS, OAuth2ContentType, OAuth2CustomParameter, OAuth2CustomPropType,
    OAuth2Defaults, OAuth2GrantType, OAuth2MethodType, OrUnknown, TriggerFrequency, TriggerType,
    WriteOperationType, WriteRecordResult,
};
use crate::credentials::Vault;

/// Pairs of two enumerations, translated both ways by equality.
macro_rules! both_ways {
    ($to_guest:ident, $to_wire:ident: $wire:ident <-> $guest:path { $($wire_case:ident = $guest_case:ident,)+ }) => {
        pub(super) fn $to_guest(value: $wire) -> $guest {
            use $guest as Guest;
            match value { $($wire::$wire_case => Guest::$guest_case,)+ }
        }

        pub(super) fn $to_wire(value: $guest) -> Option<$wire> {
            use $guest as Guest;
            match value {
                $(Guest::$guest_case => Some($wire::$wire_case),)+
                #[allow(unreachable_patterns, reason = "only some of the contract's enumerations have `other`")]
                _ => None,
            }
        }
    };
}

both_ways!(data_type_to_guest, data_type_to_wire: FieldDataType <-> common::DataType {
    String = Text, Integer = Integer, Float = Float, Double = Double, Long = Long, Short = Short,
    BigInteger = BigInteger, BigDecimal = BigDecimal, ByteArray = ByteArray, Boolean = Boolean, Date = Date,
    DateTime = DateTime, Struct = Object, Map = Mapping, List = Array,
});

both_ways!(operator_to_guest, operator_to_wire: ConnectorOperator <-> common::Operator {
    Projection = Projection, LessThan = LessThan, GreaterThan = GreaterThan, Between = Between,
    LessThanOrEqualTo = LessThanOrEqualTo, GreaterThanOrEqualTo = GreaterThanOrEqualTo, EqualTo = EqualTo,
    Contains = Contains, NotEqualTo = NotEqualTo, Addition = Addition, Subtraction = Subtraction,
    Multiplication = Multiplication, Division = Division, MaskAll = MaskAll, MaskFirstN = MaskFirstN,
    MaskLastN = MaskLastN, ValidateNonNull = ValidateNonNull, ValidateNonZero = ValidateNonZero,
    ValidateNonNegative = ValidateNonNegative, ValidateNumeric = ValidateNumeric, NoOp = NoOp,
});

both_ways!(code_to_guest, code_to_wire: ErrorCode <-> common::ErrorCode {
    InvalidArgument = InvalidArgument, InvalidCredentials = InvalidCredentials, AccessDenied = AccessDenied,
    RequestTimeout = RequestTimeout, RateLimitExceeded = RateLimitExceeded, ServiceUnavailable = ServiceUnavailable,
    ClientError = ClientError, ServerError = ServerError, UnknownError = UnknownError,
    PartialWriteFailure = PartialWriteFailure, ResourceNotFoundError = ResourceNotFoundError,
});

both_ways!(scope_to_guest, scope_to_wire: ConnectorRuntimeSettingScope <-> conf::Scope {
    ConnectorProfile = Profile, Source = Source, Destination = Destination,
    SourceAndDestination = SourceAndDestination,
});

/// What a guest is told when an import fails.
pub(super) fn error_to_guest(error: &Error) -> common::Error {
    match error {
        Error::Upstream {
            status,
            message,
            retry_after_seconds,
        } => common::Error::Http(common::HttpFailure {
            status: *status,
            retry_after_seconds: *retry_after_seconds,
            message: message.clone(),
        }),
        Error::Unsupported(what) => common::Error::Unsupported(what.clone()),
        error => {
            let details = error.details();
            common::Error::Failed(common::Failure {
                code: code_to_guest(details.code),
                message: details.message,
                retry_after_seconds: details
                    .retry_after_seconds
                    .and_then(|seconds| u32::try_from(seconds).ok()),
            })
        }
    }
}

/// What a guest said when it failed.
pub(super) fn error_from_guest(error: common::Error) -> Error {
    match error {
        common::Error::Failed(failure) => Error::Connector {
            // A failure in part has results, which tell what failed. An error has none.
            code: code_to_wire(failure.code)
                .filter(|code| *code != ErrorCode::PartialWriteFailure)
                .unwrap_or(ErrorCode::UnknownError),
            message: failure.message,
            retry_after_seconds: failure.retry_after_seconds,
        },
        common::Error::Http(failure) => Error::Upstream {
            status: failure.status,
            message: failure.message,
            retry_after_seconds: failure.retry_after_seconds,
        },
        common::Error::Unsupported(what) => Error::Unsupported(what),
    }
}

pub(super) fn scope(scope: ConnectorRuntimeSettingScope) -> conf::Scope {
    scope_to_guest(scope)
}

/// A kind of authentication, as far as the contract knows it.
pub(super) fn authentication_type(
    kind: Option<&OrUnknown<AuthenticationType>>,
) -> Option<common::AuthenticationType> {
    kind.and_then(OrUnknown::known).map(|kind| match kind {
        AuthenticationType::BasicAuth => common::AuthenticationType::Basic,
        AuthenticationType::ApiKey => common::AuthenticationType::ApiKey,
        AuthenticationType::OAuth2 => common::AuthenticationType::Oauth2,
        AuthenticationType::CustomAuth => common::AuthenticationType::Custom,
    })
}

/// The connector's description. `modes` are those of the interfaces it exports.
pub(super) fn configuration(
    description: conf::Description,
    modes: Vec<ConnectorMode>,
) -> Result<ConnectorConfiguration, Error> {
    let destination = modes.contains(&ConnectorMode::Destination);
    let written = writes(description.write_operations);
    Ok(ConnectorConfiguration {
        connector_owner: description.owner,
        connector_name: description.name,
        connector_version: description.version,
        connector_modes: modes,
        authentication_config: authentication(description.authentication)?,
        connector_runtime_setting: description.settings.into_iter().map(setting).collect(),
        supported_api_versions: description.api_versions,
        operators_supported: match description.operators {
            None => ConnectorOperator::ALL.to_vec(),
            Some(operators) => operators
                .into_iter()
                .map(|operator| operator_to_wire(operator).ok_or_else(|| other("operators")))
                .collect::<Result<_, _>>()?,
        },
        supported_trigger_types: chosen(
            &[
                (
                    description.triggers.contains(conf::Triggers::SCHEDULED),
                    TriggerType::Scheduled,
                ),
                (
                    description.triggers.contains(conf::Triggers::ON_DEMAND),
                    TriggerType::OnDemand,
                ),
            ],
            TriggerType::ALL,
        ),
        trigger_frequencies_supported: chosen(
            &[
                (
                    description
                        .frequencies
                        .contains(conf::Frequencies::BY_MINUTE),
                    TriggerFrequency::ByMinute,
                ),
                (
                    description.frequencies.contains(conf::Frequencies::HOURLY),
                    TriggerFrequency::Hourly,
                ),
                (
                    description.frequencies.contains(conf::Frequencies::DAILY),
                    TriggerFrequency::Daily,
                ),
                (
                    description.frequencies.contains(conf::Frequencies::WEEKLY),
                    TriggerFrequency::Weekly,
                ),
                (
                    description.frequencies.contains(conf::Frequencies::MONTHLY),
                    TriggerFrequency::Monthly,
                ),
                (
                    description.frequencies.contains(conf::Frequencies::ONCE),
                    TriggerFrequency::Once,
                ),
            ],
            TriggerFrequency::ALL,
        ),
        supported_write_operations: if destination { written } else { Vec::new() },
        supported_data_transfer_types: vec![DataTransferType::Record],
        logo_url: description.logo_url,
    })
}

/// The chosen ones, or all if none is chosen.
fn chosen<T: Copy>(flags: &[(bool, T)], all: &[T]) -> Vec<T> {
    let some: Vec<T> = flags
        .iter()
        .filter(|(set, _)| *set)
        .map(|(_, value)| *value)
        .collect();
    if some.is_empty() { all.to_vec() } else { some }
}

pub(super) fn other(place: &str) -> Error {
    Error::Output(format!(
        "{place}: `other` is only for definitions that AppFlow hands back"
    ))
}

fn setting(setting: conf::Setting) -> ConnectorRuntimeSetting {
    use ConnectorRuntimeSettingDataType as Kind;
    ConnectorRuntimeSetting {
        key: setting.key,
        data_type: match setting.kind {
            conf::SettingKind::Text => Kind::String,
            conf::SettingKind::Date => Kind::Date,
            conf::SettingKind::DateTime => Kind::DateTime,
            conf::SettingKind::Long => Kind::Long,
            conf::SettingKind::Integer => Kind::Integer,
            conf::SettingKind::Boolean => Kind::Boolean,
            conf::SettingKind::Url => Kind::Url,
        },
        required: setting.required,
        label: setting.label,
        description: setting.description,
        scope: scope_to_wire(setting.scope)
            .unwrap_or(ConnectorRuntimeSettingScope::ConnectorProfile),
        connector_supplied_value_options: setting.choices,
    }
}

fn authentication(ways: Vec<conf::Authentication>) -> Result<Option<AuthenticationConfig>, Error> {
    if ways.is_empty() {
        return Ok(None);
    }
    let mut config = AuthenticationConfig::default();
    for way in ways {
        match way {
            conf::Authentication::Basic => config.is_basic_auth_supported = true,
            conf::Authentication::ApiKey => config.is_api_key_auth_supported = true,
            conf::Authentication::Oauth2(oauth2) => {
                if config
                    .oauth2_defaults
                    .replace(oauth2_defaults(oauth2))
                    .is_some()
                {
                    return Err(Error::Output(
                        "authentication: OAuth 2 is described twice".to_owned(),
                    ));
                }
                config.is_oauth2_supported = true;
            }
            conf::Authentication::Custom(scheme) => {
                config.is_custom_auth_supported = true;
                config.custom_auth_config.push(CustomAuthConfig {
                    authentication_type: scheme.name,
                    auth_parameters: scheme
                        .parameters
                        .into_iter()
                        .map(|parameter| AuthParameter {
                            key: parameter.key,
                            required: parameter.required,
                            label: parameter.label,
                            description: parameter.description,
                            sensitive_field: parameter.sensitive,
                            connector_supplied_values: parameter.choices,
                        })
                        .collect(),
                });
            }
        }
    }
    Ok(Some(config))
}

fn oauth2_defaults(oauth2: conf::Oauth2) -> OAuth2Defaults {
    let grants = [
        (
            conf::Oauth2Grants::CLIENT_CREDENTIALS,
            OAuth2GrantType::ClientCredentials,
        ),
        (
            conf::Oauth2Grants::AUTHORIZATION_CODE,
            OAuth2GrantType::AuthorizationCode,
        ),
    ];
    OAuth2Defaults {
        oauth_scopes: oauth2.scopes,
        token_url: oauth2.token_urls,
        auth_url: oauth2.auth_urls,
        oauth2_grant_types_supported: grants
            .into_iter()
            .filter(|(flag, _)| oauth2.grants.contains(*flag))
            .map(|(_, grant)| grant)
            .collect(),
        oauth2_content_type: match oauth2.content {
            conf::Oauth2Content::UrlEncoded => OAuth2ContentType::UrlEncoded,
            conf::Oauth2Content::Json => OAuth2ContentType::ApplicationJson,
        },
        oauth2_method_type: match oauth2.method {
            conf::Oauth2Method::Post => OAuth2MethodType::HttpPost,
            conf::Oauth2Method::Get => OAuth2MethodType::HttpGet,
        },
        oauth2_custom_properties: oauth2
            .parameters
            .into_iter()
            .map(
                |conf::Oauth2Parameter { parameter, target }| OAuth2CustomParameter {
                    key: parameter.key,
                    required: parameter.required,
                    prop_type: match target {
                        conf::Oauth2Target::TokenUrl => OAuth2CustomPropType::TokenUrl,
                        conf::Oauth2Target::AuthUrl => OAuth2CustomPropType::AuthUrl,
                    },
                    label: parameter.label,
                    description: parameter.description,
                    sensitive_field: parameter.sensitive,
                    connector_supplied_values: parameter.choices,
                },
            )
            .collect(),
        add_basic_auth_header: oauth2.basic_header,
    }
}

pub(super) fn writes(flags: common::WriteOperations) -> Vec<WriteOperationType> {
    [
        (common::WriteOperations::INSERT, WriteOperationType::Insert),
        (common::WriteOperations::UPDATE, WriteOperationType::Update),
        (common::WriteOperations::UPSERT, WriteOperationType::Upsert),
        (common::WriteOperations::DELETE, WriteOperationType::Delete),
    ]
    .into_iter()
    .filter(|(flag, _)| flags.contains(*flag))
    .map(|(_, operation)| operation)
    .collect()
}

pub(super) fn write_operation(operation: WriteOperationType) -> destination::Operation {
    match operation {
        WriteOperationType::Insert => destination::Operation::Insert,
        WriteOperationType::Update => destination::Operation::Update,
        WriteOperationType::Upsert => destination::Operation::Upsert,
        WriteOperationType::Delete => destination::Operation::Delete,
    }
}

pub(super) fn write_result(result: destination::WriteResult, vault: &Vault) -> WriteRecordResult {
    WriteRecordResult {
        is_success: result.error.is_none(),
        record_id: result.record_id,
        error_message: result.error.map(|message| {
            let message = vault.message(&message, MAX_MESSAGE_CHARS);
            if message.is_empty() {
                "the connector gave no reason".to_owned()
            } else {
                message
            }
        }),
    }
}

pub(super) fn list_request(request: &appflow::ListEntitiesRequest) -> metadata::ListRequest {
    metadata::ListRequest {
        path: request.entities_path.clone(),
        limit: request.max_result,
        token: request.next_token.clone(),
    }
}
