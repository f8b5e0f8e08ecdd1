#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use super::{Problem, Severity, validate};
use crate::appflow::*;

fn shown(answer: &Answer) -> Vec<String> {
    let show = |problem: Problem| {
        let mark = if problem.severity == Severity::Error {
            "!"
        } else {
            "?"
        };
        format!("{mark} {problem}")
    };
    validate(answer).into_iter().map(show).collect()
}

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

fn entity(identifier: &str) -> Entity {
    Entity {
        entity_identifier: identifier.to_owned(),
        has_nested_entities: false,
        is_writable: true,
        label: None,
        description: None,
        custom_properties: Pairs::new(),
    }
}

#[test]
fn lists_of_entities() {
    let list = |identifiers: &[&str], token: Option<&str>, seconds: Option<u32>| {
        shown(&Answer::ListEntities(ListEntitiesAnswer {
            entities: identifiers
                .iter()
                .map(|identifier| entity(identifier))
                .collect(),
            next_token: token.map(str::to_owned),
            cache_control: seconds.map(|time_to_live_seconds| CacheControl {
                time_to_live_seconds,
            }),
        }))
    };
    assert_eq!(list(&["a", "b"], Some("next"), Some(600)), [""; 0]);
    assert_eq!(
        list(&["a", "", "two words", "a"], None, Some(599)),
        [
            "! entities[1].entityIdentifier: must not be blank",
            "? entities[2].entityIdentifier: has white space, which AppFlow's API does not take",
            "? entities[3].entityIdentifier: comes twice",
            "? cacheControl.timeToLive: below 600 seconds, which AppFlow takes as 600",
        ]
    );
    assert_eq!(
        list(&[], Some(""), None),
        ["! nextToken: is empty, which does not say whether there is another page"]
    );
    assert_eq!(
        list(&[], Some("a b"), None),
        ["! nextToken: has white space"]
    );
    assert_eq!(list(&[], Some(&"é".repeat(2048)), None), [""; 0]);
    assert_eq!(
        list(&[], Some(&"é".repeat(2049)), None),
        ["! nextToken: longer than 2048 characters"]
    );
}

fn describe(change: impl FnOnce(&mut EntityDefinition)) -> Vec<String> {
    let mut definition = EntityDefinition {
        entity: entity("contact"),
        fields: vec![
            FieldDefinition::new("id", FieldDataType::String),
            FieldDefinition::new("at", FieldDataType::DateTime),
        ],
        custom_properties: Pairs::new(),
    };
    change(&mut definition);
    shown(&Answer::DescribeEntity(Box::new(DescribeEntityAnswer {
        entity_definition: definition,
        cache_control: None,
    })))
}

#[test]
fn definitions() {
    let unknown = "is no value that AppFlow knows, so it could not read the answer";
    assert_eq!(describe(|_| {}), [""; 0]);
    assert_eq!(
        describe(|d| d.fields.clear()),
        ["? entityDefinition.fields: is empty, so nothing can be chosen"]
    );
    assert_eq!(
        describe(|d| d.fields[1].field_name = "id".to_owned()),
        ["? entityDefinition.fields[1].fieldName: comes twice"]
    );
    assert_eq!(
        describe(|d| d.fields[1].field_name.clear()),
        ["! entityDefinition.fields[1].fieldName: must not be blank"]
    );
    assert_eq!(
        describe(|d| d.fields[0].data_type = OrUnknown::Unknown("Vector".to_owned())),
        [format!("! entityDefinition.fields[0].dataType: {unknown}")]
    );
    assert_eq!(
        describe(
            |d| d.fields[0].filter_operators = Some(vec![OrUnknown::Unknown("NEAR".to_owned())])
        ),
        [format!(
            "! entityDefinition.fields[0].filterOperators[0]: {unknown}"
        )]
    );
    assert_eq!(
        describe(|d| {
            d.fields[0].write_properties = Some(WriteOperationProperty {
                supported_write_operations: vec![OrUnknown::Unknown("MERGE".to_owned())],
                ..WriteOperationProperty::default()
            });
        }),
        [format!(
            "! entityDefinition.fields[0].writeProperties.supportedWriteOperations[0]: {unknown}"
        )]
    );
    let incremental = ReadOperationProperty {
        is_timestamp_field_for_incremental_queries: Some(true),
        ..ReadOperationProperty::default()
    };
    assert_eq!(
        describe(|d| d.fields[1].read_properties = Some(incremental)),
        [""; 0]
    );
    assert_eq!(
        describe(|d| d.fields[0].read_properties = Some(incremental)),
        [
            "? entityDefinition.fields[0].readProperties.isTimestampFieldForIncrementalQueries: has a meaning for Date and \
          DateTime only"
        ]
    );
    let range = |min: &str, max: &str| RangeConstraint {
        min_range: Decimal::parse(min).unwrap(),
        max_range: Decimal::parse(max).unwrap(),
    };
    let constrained = |d: &mut EntityDefinition, range| {
        d.fields[0].constraints = Some(FieldConstraints {
            allowed_value_range: Some(range),
            ..FieldConstraints::default()
        });
    };
    assert_eq!(describe(|d| constrained(d, range("-1", "1e3"))), [""; 0]);
    assert_eq!(
        describe(|d| constrained(d, range("1e3", "-1"))),
        [
            "? entityDefinition.fields[0].constraints.allowedValueRange: has a smallest value above its largest"
        ]
    );
    let properties = |entries: &[(&str, &str)]| -> Pairs {
        entries
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    };
    assert_eq!(
        describe(|d| d.custom_properties = properties(&[("a_1", "/x?y=z")])),
        [""; 0]
    );
    assert_eq!(
        describe(|d| d.custom_properties = properties(&[("a-b", "two words")])),
        [
            "? entityDefinition.customProperties: has a key that is not made of at most 128 letters, digits and \
             underscores",
            "? entityDefinition.customProperties: has a value that is empty, has white space or is longer than 2048 \
             characters",
        ]
    );
}

#[test]
fn pages() {
    let page = |bytes: usize, token: Option<&str>| {
        shown(&Answer::QueryData(QueryDataAnswer {
            records: Records(vec![b' '; bytes]),
            next_token: token.map(str::to_owned),
        }))
    };
    let fits = MAX_ANSWER_BYTES - query_overhead_bytes(Some("next"));
    let too_large = format!("! records: make the answer larger than {MAX_ANSWER_BYTES} bytes");
    assert_eq!(page(fits, Some("next")), [""; 0]);
    assert_eq!(page(fits + 1, Some("next")), [too_large.clone()]);
    let fits = MAX_ANSWER_BYTES - retrieve_overhead_bytes();
    let retrieved = |bytes| {
        shown(&Answer::RetrieveData(RetrieveDataAnswer {
            records: Records(vec![b' '; bytes]),
        }))
    };
    assert_eq!(retrieved(fits), [""; 0]);
    assert_eq!(retrieved(fits + 1), [too_large]);
    assert_eq!(page(0, Some("a\nb")), ["! nextToken: has white space"]);
    assert_eq!(
        shown(&Answer::WriteData(WriteDataAnswer::default())),
        [""; 0]
    );
    assert_eq!(shown(&Answer::ValidateCredentials), [""; 0]);
}
