use appflow_connector::credentials::Secret;
use appflow_connector::schema::{DataType, ListRequest, ReadProperties, WriteOperations};
use appflow_connector::testing::{Answer, FakeHost};
use appflow_connector::{Configuration as _, ErrorCode, Metadata as _, Settings};
use appflow_testkit::kinto::Kinto as Server;
use kinto::Kinto;
use serde_json::{Value, json};

use crate::support::{ORIGIN, World, basic, context, forward, with_setting};

fn list(path: Option<&str>, limit: u32, token: Option<String>) -> ListRequest {
    ListRequest {
        path: path.map(str::to_owned),
        limit,
        token,
    }
}

#[test]
fn buckets_are_categories_of_collections() {
    let world = World::new();
    for name in ["b", "a", "c"] {
        world.bucket.fill(name, &Value::Null, &[]).unwrap();
    }
    let buckets = world
        .host
        .run(|| Kinto::list_entities(&context(), list(None, 1000, None)));
    let buckets = buckets.result.unwrap().entities;
    let own: Vec<_> = buckets
        .iter()
        .filter(|entity| entity.id == world.bucket.name)
        .collect();
    assert_eq!(own.len(), 1, "{buckets:?}");
    assert!(own[0].has_nested);

    let mut token = None;
    let mut names = Vec::new();
    for _ in 0..3 {
        let request = list(Some(&world.bucket.name), 1, token);
        let page = world
            .host
            .run(|| Kinto::list_entities(&context(), request))
            .result
            .unwrap();
        assert!(
            page.entities
                .iter()
                .all(|entity| !entity.has_nested && entity.writable)
        );
        names.extend(page.entities.into_iter().map(|entity| entity.id));
        token = page.next_token;
    }
    assert_eq!(token, None);
    assert_eq!(names, ["a", "b", "c"].map(|name| world.bucket.entity(name)));

    let one = list(Some(&names[0]), 1000, None);
    let one = world
        .host
        .run(|| Kinto::list_entities(&context(), one))
        .result
        .unwrap();
    assert_eq!(one.entities[0].id, names[0]);
}

#[test]
fn a_bucket_in_the_settings_needs_no_list() {
    let host = FakeHost::new(|_| Answer::status(403));
    let run =
        host.run(|| Kinto::list_entities(&with_setting("bucket", "main"), list(None, 10, None)));
    assert_eq!(run.result.unwrap().entities[0].id, "main");
    assert!(run.requests.is_empty());
}

#[test]
fn what_is_not_there_and_foreign_tokens_are_refused() {
    let world = World::new();
    let nowhere = world.bucket.entity("nowhere");
    for (path, token, code) in [
        (Some("no such name"), None, ErrorCode::InvalidArgument),
        (Some("not-mine"), None, ErrorCode::AccessDenied),
        (Some(nowhere.as_str()), None, ErrorCode::InvalidArgument),
        (None, Some("rubbish"), ErrorCode::InvalidArgument),
    ] {
        let request = list(path, 10, token.map(str::to_owned));
        let run = world.host.run(|| Kinto::list_entities(&context(), request));
        assert_eq!(run.result.unwrap_err().code(), code, "{path:?} {token:?}");
    }
    for entity in [nowhere.as_str(), "../x", "a/b/c", "a", ""] {
        let run = world
            .host
            .run(|| Kinto::describe_entity(&context(), entity));
        assert_eq!(
            run.result.unwrap_err().code(),
            ErrorCode::InvalidArgument,
            "{entity}"
        );
    }
}

#[test]
fn a_schema_is_the_description() {
    let schema = json!({"type": "object", "properties": {
        "title": {"type": "string", "title": "Title", "description": "What it is called"},
        "pages": {"type": ["integer", "null"], "default": 3},
        "price": {"type": "number"},
        "sold": {"type": "boolean"},
        "released": {"type": "string", "format": "date-time"},
        "day": {"type": "string", "format": "date"},
        "tags": {"type": "array"},
        "author": {"type": "object"},
        "state": {"type": "string", "enum": ["draft", "done"]},
        "phrase": {"type": "string", "enum": ["two words"]},
        "anything": {},
        "either": {"type": ["string", "integer"]},
        "with space": {"type": "string"},
        "schema": {"type": "string"},
    }});
    let world = World::with(schema, &[]);
    let definition = world.definition(&context());
    assert_eq!(definition.entity.id, world.things());
    let types = [
        ("id", DataType::Text),
        ("title", DataType::Text),
        ("pages", DataType::Long),
        ("price", DataType::Double),
        ("sold", DataType::Boolean),
        ("released", DataType::DateTime),
        ("day", DataType::Date),
        ("tags", DataType::Array),
        ("author", DataType::Object),
        ("state", DataType::Text),
        ("phrase", DataType::Text),
        ("anything", DataType::Text),
        ("either", DataType::Text),
        ("last_modified", DataType::DateTime),
    ];
    for (name, data_type) in types {
        let field = definition
            .field(name)
            .unwrap_or_else(|| panic!("no field {name}"));
        assert_eq!(field.data_type, data_type, "{name}");
    }
    assert_eq!(definition.fields.len(), types.len());
    let field = |name: &str| definition.field(name).unwrap();
    assert!(field("id").primary_key && field("id").id_for.contains(WriteOperations::DELETE));
    assert_eq!(field("title").label.as_deref(), Some("Title"));
    assert_eq!(field("pages").default_value.as_deref(), Some("3"));
    assert_eq!(
        field("state").constraints.as_ref().unwrap().allowed_values,
        ["draft", "done"]
    );
    assert!(field("phrase").constraints.is_none());
    assert!(
        field("last_modified")
            .read
            .contains(ReadProperties::INCREMENTAL)
    );
    assert!(!field("either").read.contains(ReadProperties::QUERYABLE));
}

#[test]
fn without_a_schema_records_tell() {
    let world = World::with(
        Value::Null,
        &[
            json!({"id": "a", "int": 1, "float": 1.5, "both": 2, "mixed": 1, "text": "x", "none": null, "list": []}),
            json!({"id": "b", "int": null, "both": 2.5, "mixed": "1", "flag": true, "object": {}}),
        ],
    );
    let definition = world.definition(&with_setting("includeDeleted", "true"));
    let types: Vec<_> = definition
        .fields
        .iter()
        .map(|field| (field.name.as_str(), field.data_type))
        .collect();
    assert_eq!(
        types,
        [
            ("id", DataType::Text),
            ("both", DataType::Double),
            ("flag", DataType::Boolean),
            ("float", DataType::Double),
            ("int", DataType::Long),
            ("list", DataType::Array),
            ("mixed", DataType::Text),
            ("none", DataType::Text),
            ("object", DataType::Object),
            ("text", DataType::Text),
            ("last_modified", DataType::DateTime),
            ("deleted", DataType::Boolean),
        ]
    );
}

#[test]
fn credentials_are_checked_where_everybody_gets_an_answer() {
    let kinto = Server::shared().unwrap();
    let world = World::new();
    let settings = Settings::from([("serverUrl", ORIGIN)]);
    let check = |host: &FakeHost| host.run(|| Kinto::validate_credentials(&settings)).result;
    assert_eq!(check(&world.host), Ok(()));
    let wrong = ("authorization".to_owned(), "Basic dTpw".to_owned());
    let stranger = FakeHost::new(move |sent| forward(kinto, sent, Some(&wrong))).secret(basic());
    assert_eq!(
        check(&stranger).unwrap_err().code(),
        ErrorCode::InvalidCredentials
    );
    let nobody = FakeHost::new(move |sent| forward(kinto, sent, None)).secret(Secret::Absent);
    assert_eq!(
        check(&nobody),
        Ok(()),
        "what everybody may read needs no credentials"
    );
    let custom = Secret::Custom {
        scheme: "x".to_owned(),
        values: vec![],
    };
    assert_eq!(
        check(&nobody.clone().secret(custom)).unwrap_err().code(),
        ErrorCode::InvalidArgument
    );
    let other = FakeHost::new(|_| Answer::json("{}")).secret(basic());
    assert_eq!(check(&other).unwrap_err().code(), ErrorCode::ServerError);
}

#[test]
fn settings_are_checked() {
    use appflow_connector::description::Scope;
    let check = |settings: &[(&str, &str)]| {
        let settings: Settings = settings.iter().copied().collect();
        let errors = Kinto::validate_settings(Scope::Profile, &settings, None).unwrap();
        errors
            .into_iter()
            .map(|error| error.key)
            .collect::<Vec<_>>()
    };
    assert!(check(&[("serverUrl", ORIGIN), ("bucket", "main")]).is_empty());
    assert_eq!(
        check(&[("serverUrl", "http://x.example"), ("bucket", "a/b")]),
        ["serverUrl", "bucket"]
    );
}
