//! The connector's description of itself.

use super::enums::{
    ConnectorMode, ConnectorOperator, ConnectorRuntimeSettingDataType,
    ConnectorRuntimeSettingScope, DataTransferType, OAuth2ContentType, OAuth2CustomPropType,
    OAuth2GrantType, OAuth2MethodType, TriggerFrequency, TriggerType, WriteOperationType,
};
use serde::Serialize;

/// What a connector is and can do: the answer of `DescribeConnectorConfiguration`. Lists are always sent, also where
/// AppFlow would take a default for a missing one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectorConfiguration {
    /// Who publishes it; must not start with `aws`, `amazon` or `appflow` in any letter case.
    pub connector_owner: String,
    /// Its name; same rule.
    pub connector_name: String,
    /// Its version, without white space.
    pub connector_version: String,
    /// Directions; at least one.
    pub connector_modes: Vec<ConnectorMode>,
    /// How users authenticate; none if they need not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication_config: Option<AuthenticationConfig>,
    /// Settings a user fills in. (AppFlow's name is singular, the value a list.)
    pub connector_runtime_setting: Vec<ConnectorRuntimeSetting>,
    /// API versions a user may pick; at least one.
    pub supported_api_versions: Vec<String>,
    /// Operators supported.
    pub operators_supported: Vec<ConnectorOperator>,
    /// Ways to start a flow.
    pub supported_trigger_types: Vec<TriggerType>,
    /// Intervals of scheduled flows.
    pub trigger_frequencies_supported: Vec<TriggerFrequency>,
    /// Ways to write; not empty with [`ConnectorMode::Destination`].
    pub supported_write_operations: Vec<WriteOperationType>,
    /// What is transferred.
    pub supported_data_transfer_types: Vec<DataTransferType>,
    /// Address of a logo, https.
    #[serde(rename = "logoURL", skip_serializing_if = "Option::is_none")]
    pub logo_url: Option<String>,
}

impl Default for ConnectorConfiguration {
    /// Nameless, without modes and API versions; AppFlow's defaults for the other lists except write operations, which
    /// are none.
    fn default() -> Self {
        Self {
            connector_owner: String::new(),
            connector_name: String::new(),
            connector_version: String::new(),
            connector_modes: Vec::new(),
            authentication_config: None,
            connector_runtime_setting: Vec::new(),
            supported_api_versions: Vec::new(),
            operators_supported: ConnectorOperator::ALL.to_vec(),
            supported_trigger_types: TriggerType::ALL.to_vec(),
            trigger_frequencies_supported: TriggerFrequency::ALL.to_vec(),
            supported_write_operations: Vec::new(),
            supported_data_transfer_types: vec![DataTransferType::Record],
            logo_url: None,
        }
    }
}

/// How users authenticate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticationConfig {
    /// User name and password.
    pub is_basic_auth_supported: bool,
    /// API key.
    pub is_api_key_auth_supported: bool,
    /// OAuth 2.
    #[serde(rename = "isOAuth2Supported")]
    pub is_oauth2_supported: bool,
    /// The connector's own scheme.
    pub is_custom_auth_supported: bool,
    /// OAuth 2 settings; present exactly if OAuth 2 is supported.
    #[serde(rename = "oAuth2Defaults", skip_serializing_if = "Option::is_none")]
    pub oauth2_defaults: Option<OAuth2Defaults>,
    /// The connector's own schemes; not empty exactly if they are supported.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub custom_auth_config: Vec<CustomAuthConfig>,
}

/// OAuth 2 settings. Addresses may hold placeholders, `https://{{NAME}}.example.com/token`, which AppFlow asks the user
/// for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OAuth2Defaults {
    /// Scopes; needed for the authorization code grant.
    #[serde(rename = "oAuthScopes")]
    pub oauth_scopes: Vec<String>,
    /// Token addresses, https.
    #[serde(rename = "tokenURL")]
    pub token_url: Vec<String>,
    /// Authorization addresses, https; needed for the authorization code grant.
    #[serde(rename = "authURL")]
    pub auth_url: Vec<String>,
    /// Grants; at least one.
    #[serde(rename = "oAuth2GrantTypesSupported")]
    pub oauth2_grant_types_supported: Vec<OAuth2GrantType>,
    /// Encoding of the token request.
    #[serde(rename = "oAuth2ContentType")]
    pub oauth2_content_type: OAuth2ContentType,
    /// Method of the token request.
    #[serde(rename = "oAuth2MethodType")]
    pub oauth2_method_type: OAuth2MethodType,
    /// Further values the user fills in. (The Java SDK spells this with a small `a`; the Python SDK does not.)
    #[serde(
        rename = "oauth2CustomProperties",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub oauth2_custom_properties: Vec<OAuth2CustomParameter>,
    /// Client id and secret as an HTTP Basic header of the token request.
    pub add_basic_auth_header: bool,
}

/// A further value of an OAuth 2 request. Client id and scope must not be declared for
/// [`OAuth2CustomPropType::AuthUrl`]: AppFlow adds them itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OAuth2CustomParameter {
    /// Key.
    pub key: String,
    /// True if it must be given.
    pub required: bool,
    /// Where the value goes.
    #[serde(rename = "type")]
    pub prop_type: OAuth2CustomPropType,
    /// Name for the user.
    pub label: String,
    /// Sentence for the user.
    pub description: String,
    /// True if it must be hidden.
    pub sensitive_field: bool,
    /// Values to choose from; empty for free text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub connector_supplied_values: Vec<String>,
}

/// The connector's own scheme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomAuthConfig {
    /// The connector's name of the scheme.
    pub authentication_type: String,
    /// Values the user fills in.
    pub auth_parameters: Vec<AuthParameter>,
}

/// A value a user fills in to authenticate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthParameter {
    /// Key.
    pub key: String,
    /// True if it must be given.
    pub required: bool,
    /// Name for the user.
    pub label: String,
    /// Sentence for the user.
    pub description: String,
    /// True if it must be hidden.
    pub sensitive_field: bool,
    /// Values to choose from; empty for free text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub connector_supplied_values: Vec<String>,
}

/// A setting a user fills in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectorRuntimeSetting {
    /// Key: letters, digits, underscores; at most 128 characters.
    pub key: String,
    /// Type of the value.
    pub data_type: ConnectorRuntimeSettingDataType,
    /// True if it must be given.
    pub required: bool,
    /// Name for the user.
    pub label: String,
    /// Sentence for the user.
    pub description: String,
    /// Where it is asked.
    pub scope: ConnectorRuntimeSettingScope,
    /// Values to choose from; empty for free text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub connector_supplied_value_options: Vec<String>,
}
