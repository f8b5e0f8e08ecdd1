use appflow_connector::description::{Authentication, Scope};
use appflow_connector::schema::{
    DataType, ListRequest, Operator, ReadProperties, WriteOperations, WriteProperties,
};
use appflow_connector::{Configuration as _, Context, ErrorCode, Metadata as _, Settings};
use appflow_testkit::salesforce::{Config, Fault, Preset};
use salesforce::Salesforce;

use crate::support::{ORIGIN, World, context};

fn list(limit: u32, path: Option<&str>, token: Option<String>) -> ListRequest {
    ListRequest {
        path: path.map(str::to_owned),
        limit,
        token,
    }
}

#[test]
fn it_says_what_it_is_without_asking_anyone() {
    let description = Salesforce::describe("en-US").unwrap();
    assert_eq!(description.api_versions[0], "v65.0");
    assert!(description.api_versions.contains(&"v51.0".to_owned()));
    assert_eq!(description.write_operations, WriteOperations::all());
    let [Authentication::Oauth2(oauth2)] = description.authentication.as_slice() else {
        panic!("OAuth 2 alone")
    };
    assert_eq!(oauth2.scopes, ["api", "refresh_token"]);
    assert_eq!(
        oauth2.token_urls,
        [
            "https://login.salesforce.com/services/oauth2/token",
            "https://test.salesforce.com/services/oauth2/token"
        ]
    );
    assert_eq!(
        oauth2.auth_urls,
        [
            "https://login.salesforce.com/services/oauth2/authorize",
            "https://test.salesforce.com/services/oauth2/authorize"
        ]
    );
    let settings: Vec<_> = description
        .settings
        .iter()
        .map(|setting| (setting.key.as_str(), setting.required))
        .collect();
    assert_eq!(
        settings,
        [("instanceUrl", true), ("IsSandboxAccount", false)]
    );
}

#[test]
fn settings_are_checked() {
    let check = |pairs: &[(&str, &str)]| {
        let settings: Settings = pairs.iter().copied().collect();
        Salesforce::validate_settings(Scope::Profile, &settings, None)
            .unwrap()
            .into_iter()
            .map(|error| error.key)
            .collect::<Vec<_>>()
    };
    assert_eq!(check(&[("instanceUrl", ORIGIN)]), [""; 0]);
    assert_eq!(
        check(&[
            ("instanceUrl", ORIGIN),
            ("is_sandbox_account", "TRUE"),
            ("other", "x")
        ]),
        [""; 0]
    );
    assert_eq!(check(&[]), ["instanceUrl"]);
    assert_eq!(
        check(&[("instanceUrl", "https://evil.example")]),
        ["instanceUrl"]
    );
    assert_eq!(
        check(&[("instanceUrl", ORIGIN), ("IsSandboxAccount", "perhaps")]),
        ["IsSandboxAccount"]
    );
    let sandbox = "https://acme--dev.sandbox.my.salesforce.com";
    assert_eq!(
        check(&[("instanceUrl", sandbox), ("is_sandbox_account", "false")]),
        ["instanceUrl"]
    );
    assert_eq!(
        check(&[("instanceUrl", sandbox), ("IsSandboxAccount", "true")]),
        [""; 0]
    );
    assert_eq!(
        Salesforce::validate_settings(Scope::Source, &Settings::default(), None),
        Ok(vec![])
    );
}

#[test]
fn credentials_are_tried_on_the_organisation_itself() {
    let world = World::new(Config::default());
    let settings = Settings::from([("instanceUrl", ORIGIN)]);
    assert_eq!(
        world
            .host
            .run(|| Salesforce::validate_credentials(&settings))
            .result,
        Ok(())
    );
    assert_eq!(world.salesforce.requests().len(), 1);
    for (preset, code) in [
        (Preset::InvalidSession, ErrorCode::InvalidCredentials),
        (Preset::Forbidden, ErrorCode::AccessDenied),
        (Preset::RequestLimit, ErrorCode::RateLimitExceeded),
        (Preset::Unavailable, ErrorCode::ServiceUnavailable),
    ] {
        let world = World::new(Config {
            faults: vec![Fault {
                preset: Some(preset),
                ..Fault::default()
            }],
            ..Config::default()
        });
        let error = world
            .host
            .run(|| Salesforce::validate_credentials(&settings))
            .result
            .unwrap_err();
        assert_eq!(error.code(), code, "{preset:?}");
    }
    let bad = Settings::from([("instanceUrl", "https://acme.my.salesforce.com.evil.example")]);
    let run = world.host.run(|| Salesforce::validate_credentials(&bad));
    assert!(run.result.unwrap_err().message().contains("instanceUrl") && run.requests.is_empty());
}

#[test]
fn entities_are_listed_page_after_page() {
    let world = World::new(Config {
        extra_objects: 20,
        ..Config::default()
    });
    let all = world
        .host
        .run(|| Salesforce::list_entities(&context(), list(1000, None, None)))
        .result
        .unwrap();
    assert_eq!((all.entities.len(), &all.next_token), (25, &None));
    assert!(
        all.entities
            .iter()
            .all(|entity| entity.label.is_some() && !entity.has_nested)
    );
    let writable = |id: &str| {
        all.entities
            .iter()
            .find(|entity| entity.id == id)
            .unwrap()
            .writable
    };
    assert!(writable("Account") && !writable("User"));
    let (mut ids, mut token) = (Vec::new(), None);
    loop {
        let page = world
            .host
            .run(|| Salesforce::list_entities(&context(), list(7, None, token.clone())))
            .result
            .unwrap();
        assert!(page.entities.len() <= 7);
        ids.extend(page.entities.into_iter().map(|entity| entity.id));
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(
        ids,
        all.entities
            .iter()
            .map(|entity| entity.id.clone())
            .collect::<Vec<_>>()
    );
    let one = world
        .host
        .run(|| Salesforce::list_entities(&context(), list(1000, Some("Contact"), None)))
        .result
        .unwrap();
    assert_eq!(one.entities.len(), 1);
    for (path, token) in [(Some("Nothing"), None), (None, Some("rubbish".to_owned()))] {
        let run = world
            .host
            .run(|| Salesforce::list_entities(&context(), list(1000, path, token)));
        assert_eq!(run.result.unwrap_err().code(), ErrorCode::InvalidArgument);
    }
}

#[test]
fn fields_are_described() {
    let world = World::new(Config::default());
    let everything = world.definition("Everything__c");
    let field = |name: &str| {
        everything
            .field(name)
            .unwrap_or_else(|| panic!("no field {name}"))
    };
    for (name, data_type) in [
        ("Id", DataType::Text),
        ("Text__c", DataType::Text),
        ("Long_Text__c", DataType::Text),
        ("Email__c", DataType::Text),
        ("Phone__c", DataType::Text),
        ("Url__c", DataType::Text),
        ("Picklist__c", DataType::Text),
        ("Multi__c", DataType::Text),
        ("Combo__c", DataType::Text),
        ("Secret__c", DataType::Text),
        ("Flag__c", DataType::Boolean),
        ("Int__c", DataType::Integer),
        ("Long__c", DataType::Long),
        ("Double__c", DataType::Double),
        ("Currency__c", DataType::BigDecimal),
        ("Percent__c", DataType::Double),
        ("Date__c", DataType::Date),
        ("DateTime__c", DataType::DateTime),
        ("Time__c", DataType::Text),
        ("Body__c", DataType::ByteArray),
        ("Address__c", DataType::Object),
        ("Location__c", DataType::Object),
        ("Account__c", DataType::Text),
    ] {
        assert_eq!(field(name).data_type, data_type, "{name}");
    }
    for name in ["SystemModstamp", "LastModifiedDate", "CreatedDate"] {
        assert!(
            field(name).read.contains(ReadProperties::INCREMENTAL),
            "{name}"
        );
        assert!(
            field(name)
                .write
                .intersection(WriteProperties::CREATABLE | WriteProperties::UPDATABLE)
                .is_empty(),
            "{name}"
        );
    }
    assert!(
        !field("DateTime__c")
            .read
            .contains(ReadProperties::INCREMENTAL)
    );
    for name in [
        "Long_Text__c",
        "Secret__c",
        "Body__c",
        "Address__c",
        "Location__c",
    ] {
        assert!(
            !field(name).read.contains(ReadProperties::QUERYABLE),
            "{name}"
        );
        assert_eq!(
            field(name).filter_operators.as_deref(),
            Some([].as_slice()),
            "{name}"
        );
    }
    assert!(!field("Body__c").read.contains(ReadProperties::RETRIEVABLE));
    assert_eq!(
        field("Picklist__c").filter_operators.as_deref(),
        Some([Operator::Contains, Operator::EqualTo, Operator::NotEqualTo].as_slice())
    );
    assert_eq!(
        field("Picklist__c")
            .constraints
            .as_ref()
            .unwrap()
            .allowed_values,
        ["red", "green", "blue", "it's"]
    );
    assert_eq!(
        field("Account__c").filter_operators.as_deref(),
        Some([Operator::EqualTo, Operator::NotEqualTo].as_slice())
    );
    let bounds = |name: &str| {
        field(name)
            .constraints
            .as_ref()
            .unwrap()
            .value
            .clone()
            .unwrap()
    };
    assert_eq!(
        (
            bounds("Currency__c").min.as_str(),
            bounds("Currency__c").max.as_str()
        ),
        ("-9999999999999999.99", "9999999999999999.99")
    );
    assert_eq!(bounds("Int__c").max, "99999999");
    assert_eq!(
        field("Text__c")
            .constraints
            .as_ref()
            .unwrap()
            .length
            .as_ref()
            .unwrap()
            .max,
        "255"
    );
    assert!(field("Id").primary_key && !field("Id").read.contains(ReadProperties::NULLABLE));
    assert_eq!(
        field("Id").id_for,
        WriteOperations::UPDATE | WriteOperations::UPSERT | WriteOperations::DELETE
    );
    assert_eq!(field("ExternalKey__c").id_for, WriteOperations::UPSERT);
    assert_eq!(field("Text__c").id_for, WriteOperations::empty());
    assert!(everything.entity.writable);
}

#[test]
fn what_is_only_read_says_so() {
    let world = World::new(Config::default());
    let user = world.definition("User");
    assert!(!user.entity.writable);
    let written =
        WriteProperties::CREATABLE | WriteProperties::UPDATABLE | WriteProperties::UPSERTABLE;
    assert!(
        user.fields
            .iter()
            .all(|field| field.write.intersection(written).is_empty() && field.id_for.is_empty())
    );
}

#[test]
fn unknown_and_hostile_names_are_refused() {
    let world = World::new(Config::default());
    for name in [
        "Nothing",
        "",
        "../limits",
        "Account/describe",
        "Account?x",
        "Account WHERE",
        "é",
    ] {
        let run = world
            .host
            .run(|| Salesforce::describe_entity(&context(), name));
        assert_eq!(
            run.result.unwrap_err().code(),
            ErrorCode::InvalidArgument,
            "{name}"
        );
        assert!(name == "Nothing" || run.requests.is_empty(), "{name}");
    }
    for version in ["", "61.0", "v61.0/../..", "v61"] {
        let hostile = Context::new(version, [("instanceUrl", ORIGIN)]);
        let run = world
            .host
            .run(|| Salesforce::describe_entity(&hostile, "Account"));
        assert!(run.result.is_err() && run.requests.is_empty(), "{version}");
    }
}

#[test]
fn odd_answers_are_errors() {
    for preset in [
        Preset::MalformedJson,
        Preset::HtmlPage,
        Preset::ErrorWith200,
        Preset::Empty,
        Preset::ServerError,
    ] {
        let world = World::new(Config {
            faults: vec![Fault {
                preset: Some(preset),
                times: Some(0),
                ..Fault::default()
            }],
            ..Config::default()
        });
        let error = world
            .host
            .run(|| Salesforce::describe_entity(&context(), "Account"))
            .result
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::ServerError, "{preset:?}");
        let error = world
            .host
            .run(|| Salesforce::list_entities(&context(), list(10, None, None)))
            .result
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::ServerError, "{preset:?}");
    }
}
