//! Descriptions of connectors, good and bad. `!` marks an error, `?` a warning.

use super::shown;
use crate::appflow::*;

fn setting(key: &str) -> ConnectorRuntimeSetting {
    ConnectorRuntimeSetting {
        key: key.to_owned(),
        data_type: ConnectorRuntimeSettingDataType::String,
        required: true,
        label: "Label".to_owned(),
        description: "Description (with parentheses)".to_owned(),
        scope: ConnectorRuntimeSettingScope::ConnectorProfile,
        connector_supplied_value_options: vec![],
    }
}

fn oauth2() -> OAuth2Defaults {
    OAuth2Defaults {
        oauth_scopes: vec!["api".to_owned()],
        token_url: vec!["https://{{NAME}}.example.com/token".to_owned()],
        auth_url: vec!["https://example.com/auth".to_owned()],
        oauth2_grant_types_supported: vec![OAuth2GrantType::AuthorizationCode],
        oauth2_content_type: OAuth2ContentType::UrlEncoded,
        oauth2_method_type: OAuth2MethodType::HttpPost,
        oauth2_custom_properties: vec![OAuth2CustomParameter {
            key: "audience".to_owned(),
            required: false,
            prop_type: OAuth2CustomPropType::AuthUrl,
            label: "Audience".to_owned(),
            description: "Whom the token is for".to_owned(),
            sensitive_field: false,
            connector_supplied_values: vec![],
        }],
        add_basic_auth_header: false,
    }
}

fn good() -> ConnectorConfiguration {
    let parameter = AuthParameter {
        key: "clientKey".to_owned(),
        required: true,
        label: "Key".to_owned(),
        description: "The key".to_owned(),
        sensitive_field: true,
        connector_supplied_values: vec!["a".to_owned()],
    };
    ConnectorConfiguration {
        connector_owner: "Example Inc".to_owned(),
        connector_name: "Demo".to_owned(),
        connector_version: "1.0".to_owned(),
        connector_modes: vec![ConnectorMode::Source, ConnectorMode::Destination],
        authentication_config: Some(AuthenticationConfig {
            is_basic_auth_supported: true,
            is_api_key_auth_supported: false,
            is_oauth2_supported: true,
            is_custom_auth_supported: true,
            oauth2_defaults: Some(oauth2()),
            custom_auth_config: vec![CustomAuthConfig {
                authentication_type: "signed".to_owned(),
                auth_parameters: vec![parameter],
            }],
        }),
        connector_runtime_setting: vec![setting("instance_Url1")],
        supported_api_versions: vec!["v1".to_owned()],
        supported_write_operations: vec![WriteOperationType::Insert],
        logo_url: Some("HTTPS://example.com/logo.png".to_owned()),
        ..ConnectorConfiguration::default()
    }
}

fn check(change: impl FnOnce(&mut ConnectorConfiguration), expected: &[&str]) {
    let mut configuration = good();
    change(&mut configuration);
    assert_eq!(
        shown(&Answer::DescribeConnectorConfiguration(Box::new(
            configuration
        ))),
        expected
    );
}

#[test]
fn a_good_configuration() {
    check(|_| {}, &[]);
    check(|c| c.authentication_config = None, &[]);
    check(
        |c| {
            c.connector_modes = vec![ConnectorMode::Source];
            c.supported_write_operations.clear();
        },
        &[],
    );
}

#[test]
fn names_and_versions() {
    let reserved = "must not start with aws, amazon or appflow";
    for name in [
        "aws",
        "AWS Labs",
        "Amazonas",
        "appFlow connector",
        " amazon",
    ] {
        check(
            |c| c.connector_owner = name.to_owned(),
            &[&format!("! connectorOwner: {reserved}")],
        );
        check(
            |c| c.connector_name = name.to_owned(),
            &[&format!("! connectorName: {reserved}")],
        );
    }
    check(|c| c.connector_owner = "Laws of Amazon".to_owned(), &[]);
    check(
        |c| c.connector_name = " ".to_owned(),
        &["! connectorName: must not be blank"],
    );
    check(
        |c| c.connector_name = "é".repeat(257),
        &["? connectorName: longer than the 256 characters of AppFlow's API"],
    );
    check(
        |c| c.connector_version = "1 0".to_owned(),
        &["! connectorVersion: must not have white space"],
    );
    check(
        |c| c.connector_version.clear(),
        &["! connectorVersion: must not be empty"],
    );
    check(
        |c| c.supported_api_versions.clear(),
        &["! supportedApiVersions: must not be empty"],
    );
    check(
        |c| c.supported_api_versions.push("v 2".to_owned()),
        &["! supportedApiVersions[1]: must not have white space"],
    );
}

#[test]
fn lists() {
    check(
        |c| c.connector_modes.clear(),
        &[
            "! connectorModes: must not be empty",
            "? supportedWriteOperations: has no meaning without the mode DESTINATION",
        ],
    );
    check(
        |c| c.supported_write_operations.clear(),
        &[
            "! supportedWriteOperations: must not be empty for a connector with the mode DESTINATION",
        ],
    );
    check(
        |c| c.supported_data_transfer_types.clear(),
        &["! supportedDataTransferTypes: must not be empty"],
    );
    check(
        |c| c.supported_trigger_types.clear(),
        &["? supportedTriggerTypes: is empty, so no flow can be started"],
    );
}

#[test]
fn addresses() {
    for address in [
        "http://example.com",
        "https://",
        "https:///x",
        "example.com",
        "",
        "https://a b",
        "ftp://é",
    ] {
        check(
            |c| c.logo_url = Some(address.to_owned()),
            &["! logoURL: must be an https address"],
        );
    }
    let oauth2 = |change: fn(&mut OAuth2Defaults), expected: &[&str]| {
        check(
            |c| {
                change(
                    c.authentication_config
                        .as_mut()
                        .unwrap()
                        .oauth2_defaults
                        .as_mut()
                        .unwrap(),
                )
            },
            expected,
        );
    };
    oauth2(
        |o| o.token_url.push("http://example.com".to_owned()),
        &["! authenticationConfig.oAuth2Defaults.tokenURL[1]: must be an https address"],
    );
    oauth2(
        |o| o.token_url.clear(),
        &["! authenticationConfig.oAuth2Defaults.tokenURL: must not be empty"],
    );
    oauth2(
        |o| o.auth_url.clear(),
        &[
            "! authenticationConfig.oAuth2Defaults.authURL: must not be empty, since the grant AUTHORIZATION_CODE is \
           supported",
        ],
    );
    oauth2(
        |o| {
            o.auth_url.clear();
            o.oauth_scopes.clear();
            o.oauth2_grant_types_supported = vec![OAuth2GrantType::ClientCredentials];
        },
        &[],
    );
    oauth2(
        |o| o.oauth2_grant_types_supported.clear(),
        &["! authenticationConfig.oAuth2Defaults.oAuth2GrantTypesSupported: must not be empty"],
    );
    oauth2(
        |o| o.oauth2_custom_properties[0].key = "client_id".to_owned(),
        &[
            "! authenticationConfig.oAuth2Defaults.oauth2CustomProperties[0].key: must not be declared: AppFlow adds \
           client id and scope to the authorization request itself",
        ],
    );
    oauth2(
        |o| {
            o.oauth2_custom_properties
                .push(o.oauth2_custom_properties[0].clone())
        },
        &[
            "! authenticationConfig.oAuth2Defaults.oauth2CustomProperties[1].key: comes twice for the same request",
        ],
    );
}

#[test]
fn authentication() {
    let auth = |change: fn(&mut AuthenticationConfig), expected: &[&str]| {
        check(
            |c| change(c.authentication_config.as_mut().unwrap()),
            expected,
        );
    };
    auth(
        |a| a.is_oauth2_supported = false,
        &["! authenticationConfig.oAuth2Defaults: is given although OAuth 2 is not supported"],
    );
    auth(
        |a| a.oauth2_defaults = None,
        &["! authenticationConfig.oAuth2Defaults: required, since OAuth 2 is supported"],
    );
    auth(
        |a| a.is_custom_auth_supported = false,
        &[
            "! authenticationConfig.customAuthConfig: is given although custom authentication is not supported",
        ],
    );
    auth(
        |a| a.custom_auth_config.clear(),
        &[
            "! authenticationConfig.customAuthConfig: must not be empty, since custom authentication is supported",
        ],
    );
    auth(
        |a| *a = AuthenticationConfig::default(),
        &["? authenticationConfig: supports no way to authenticate; leave it out"],
    );
    auth(
        |a| {
            let parameters = &mut a.custom_auth_config[0].auth_parameters;
            parameters.push(parameters[0].clone());
        },
        &["! authenticationConfig.customAuthConfig[0].authParameters[1].key: comes twice"],
    );
    auth(
        |a| a.custom_auth_config[0].authentication_type.clear(),
        &["! authenticationConfig.customAuthConfig[0].authenticationType: must not be blank"],
    );
}

#[test]
fn settings() {
    let of = |change: fn(&mut Vec<ConnectorRuntimeSetting>), expected: &[&str]| {
        check(|c| change(&mut c.connector_runtime_setting), expected);
    };
    for key in ["", "with space", "dash-ed", "dot.ted", "é"] {
        check(
            |c| c.connector_runtime_setting[0].key = key.to_owned(),
            &[
                "! connectorRuntimeSetting[0].key: must be letters, digits and underscores, since users could not fill it \
               in otherwise",
            ],
        );
    }
    of(
        |s| s.push(s[0].clone()),
        &["! connectorRuntimeSetting[1].key: comes twice in one scope"],
    );
    of(
        |s| {
            s.push(s[0].clone());
            s[1].scope = ConnectorRuntimeSettingScope::Source;
        },
        &[],
    );
    of(
        |s| s[0].label = "x".repeat(129),
        &["? connectorRuntimeSetting[0].label: longer than the 128 characters of AppFlow's API"],
    );
    use ConnectorRuntimeSettingDataType as Type;
    for (data_type, good, bad) in [
        (Type::String, "x", None),
        (Type::Integer, "-5", Some("2147483648")),
        (Type::Long, "2147483648", Some("1.5")),
        (Type::Boolean, "True", Some("yes")),
        (Type::Date, "2024-02-29", Some("2023-02-29")),
        (Type::DateTime, "2024-02-29T10:00:00Z", Some("2024-02-29")),
        (Type::Url, "https://example.com", Some("example.com")),
    ] {
        let mut configuration = good_with(data_type, good);
        assert_eq!(shown(&configuration), [""; 0], "{good}");
        if let Some(bad) = bad {
            configuration = good_with(data_type, bad);
            let expected = format!(
                "! connectorRuntimeSetting[0].connectorSuppliedValueOptions[0]: is no value of the type {data_type}"
            );
            assert_eq!(shown(&configuration), [expected]);
        }
    }
}

fn good_with(data_type: ConnectorRuntimeSettingDataType, option: &str) -> Answer {
    let mut configuration = good();
    configuration.connector_runtime_setting[0].data_type = data_type;
    configuration.connector_runtime_setting[0].connector_supplied_value_options =
        vec![option.to_owned()];
    Answer::DescribeConnectorConfiguration(Box::new(configuration))
}
