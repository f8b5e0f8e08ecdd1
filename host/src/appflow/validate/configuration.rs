//! A connector's description of itself.

use super::Report;
use crate::appflow::{
    AuthenticationConfig, ConnectorConfiguration, ConnectorMode, ConnectorRuntimeSetting,
    ConnectorRuntimeSettingDataType as DataType, OAuth2CustomPropType, OAuth2Defaults,
    OAuth2GrantType,
};
use std::collections::HashSet;
use time::format_description::well_known::Iso8601;
use time::{Date, PrimitiveDateTime};

pub(super) fn check(configuration: &ConnectorConfiguration, report: &mut Report) {
    publisher("connectorOwner", &configuration.connector_owner, report);
    publisher("connectorName", &configuration.connector_name, report);
    version("connectorVersion", &configuration.connector_version, report);
    let modes = &configuration.connector_modes;
    report.error_if(modes.is_empty(), "connectorModes", "must not be empty");
    if let Some(config) = &configuration.authentication_config {
        report.within("authenticationConfig", |report| {
            authentication(config, report)
        });
    }
    settings(&configuration.connector_runtime_setting, report);
    let versions = &configuration.supported_api_versions;
    report.error_if(
        versions.is_empty(),
        "supportedApiVersions",
        "must not be empty",
    );
    report.each("supportedApiVersions", versions, |report, text| {
        version("", text, report)
    });
    report.warning_if(
        configuration.supported_trigger_types.is_empty(),
        "supportedTriggerTypes",
        "is empty, so no flow can be started",
    );
    let writes = &configuration.supported_write_operations;
    let destination = modes.contains(&ConnectorMode::Destination);
    report.error_if(
        destination && writes.is_empty(),
        "supportedWriteOperations",
        "must not be empty for a connector with the mode DESTINATION",
    );
    report.warning_if(
        !destination && !writes.is_empty(),
        "supportedWriteOperations",
        "has no meaning without the mode DESTINATION",
    );
    report.error_if(
        configuration.supported_data_transfer_types.is_empty(),
        "supportedDataTransferTypes",
        "must not be empty",
    );
    if let Some(address) = &configuration.logo_url {
        report.https("logoURL", address);
    }
}

/// AppFlow keeps these beginnings for itself.
fn publisher(name: &str, text: &str, report: &mut Report) {
    report.filled(name, text, 256);
    let lower = text.trim_start().to_lowercase();
    let reserved = ["aws", "amazon", "appflow"]
        .iter()
        .any(|word| lower.starts_with(word));
    report.error_if(reserved, name, "must not start with aws, amazon or appflow");
}

fn version(name: &str, text: &str, report: &mut Report) {
    report.error_if(text.is_empty(), name, "must not be empty");
    report.error_if(
        text.contains(char::is_whitespace),
        name,
        "must not have white space",
    );
    report.length(name, text, 256);
}

fn authentication(config: &AuthenticationConfig, report: &mut Report) {
    match (&config.oauth2_defaults, config.is_oauth2_supported) {
        (Some(_), false) => report.error(
            "oAuth2Defaults",
            "is given although OAuth 2 is not supported",
        ),
        (None, true) => report.error("oAuth2Defaults", "required, since OAuth 2 is supported"),
        _ => {}
    }
    if let Some(defaults) = &config.oauth2_defaults {
        report.within("oAuth2Defaults", |report| oauth2(defaults, report));
    }
    let schemes = &config.custom_auth_config;
    match (schemes.is_empty(), config.is_custom_auth_supported) {
        (false, false) => report.error(
            "customAuthConfig",
            "is given although custom authentication is not supported",
        ),
        (true, true) => report.error(
            "customAuthConfig",
            "must not be empty, since custom authentication is supported",
        ),
        _ => {}
    }
    report.each("customAuthConfig", schemes, |report, scheme| {
        report.filled("authenticationType", &scheme.authentication_type, 256);
        let mut keys = HashSet::new();
        report.each(
            "authParameters",
            &scheme.auth_parameters,
            |report, parameter| {
                report.key("key", &parameter.key);
                report.error_if(!keys.insert(&parameter.key), "key", "comes twice");
                report.explained(&parameter.label, &parameter.description);
                supplied(
                    "connectorSuppliedValues",
                    &parameter.connector_supplied_values,
                    report,
                );
            },
        );
    });
    let none = !(config.is_basic_auth_supported
        || config.is_api_key_auth_supported
        || config.is_oauth2_supported
        || config.is_custom_auth_supported);
    report.warning_if(none, "", "supports no way to authenticate; leave it out");
}

fn oauth2(defaults: &OAuth2Defaults, report: &mut Report) {
    let by_user = defaults
        .oauth2_grant_types_supported
        .contains(&OAuth2GrantType::AuthorizationCode);
    report.warning_if(
        by_user && defaults.oauth_scopes.is_empty(),
        "oAuthScopes",
        "is empty, although the grant AUTHORIZATION_CODE is supported",
    );
    report.each("oAuthScopes", &defaults.oauth_scopes, |report, scope| {
        report.identifier("", scope, 128)
    });
    report.error_if(
        defaults.token_url.is_empty(),
        "tokenURL",
        "must not be empty",
    );
    report.each("tokenURL", &defaults.token_url, |report, address| {
        report.https("", address)
    });
    report.error_if(
        by_user && defaults.auth_url.is_empty(),
        "authURL",
        "must not be empty, since the grant AUTHORIZATION_CODE is supported",
    );
    report.each("authURL", &defaults.auth_url, |report, address| {
        report.https("", address)
    });
    report.error_if(
        defaults.oauth2_grant_types_supported.is_empty(),
        "oAuth2GrantTypesSupported",
        "must not be empty",
    );
    let mut keys = HashSet::new();
    report.each("oauth2CustomProperties", &defaults.oauth2_custom_properties, |report, parameter| {
        report.key("key", &parameter.key);
        let first = keys.insert((&parameter.key, parameter.prop_type));
        report.error_if(!first, "key", "comes twice for the same request");
        let key = parameter.key.to_ascii_lowercase();
        let own = matches!(key.as_str(), "client_id" | "scope");
        report.error_if(
            own && parameter.prop_type == OAuth2CustomPropType::AuthUrl,
            "key",
            "must not be declared: AppFlow adds client id and scope to the authorization request itself",
        );
        report.explained(&parameter.label, &parameter.description);
        supplied("connectorSuppliedValues", &parameter.connector_supplied_values, report);
    });
}

fn settings(settings: &[ConnectorRuntimeSetting], report: &mut Report) {
    let mut keys = HashSet::new();
    report.each("connectorRuntimeSetting", settings, |report, setting| {
        report.key("key", &setting.key);
        report.error_if(
            !keys.insert((&setting.key, setting.scope)),
            "key",
            "comes twice in one scope",
        );
        report.explained(&setting.label, &setting.description);
        let options = &setting.connector_supplied_value_options;
        supplied("connectorSuppliedValueOptions", options, report);
        report.each(
            "connectorSuppliedValueOptions",
            options,
            |report, option| {
                let message = format!("is no value of the type {}", setting.data_type);
                report.error_if(!fits(option, setting.data_type), "", &message);
            },
        );
    });
}

fn supplied(name: &str, values: &[String], report: &mut Report) {
    report.each(name, values, |report, value| {
        report.identifier("", value, 256)
    });
}

/// Whether a text is a value of the type. Dates and times in the forms that AppFlow uses for records.
fn fits(text: &str, data_type: DataType) -> bool {
    match data_type {
        DataType::String => true,
        DataType::Integer => text.parse::<i32>().is_ok(),
        DataType::Long => text.parse::<i64>().is_ok(),
        DataType::Boolean => {
            text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
        }
        DataType::Date => Date::parse(text, &Iso8601::DATE).is_ok(),
        DataType::DateTime => PrimitiveDateTime::parse(text, &Iso8601::DEFAULT).is_ok(),
        DataType::Url => text
            .split_once("://")
            .is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty()),
    }
}
