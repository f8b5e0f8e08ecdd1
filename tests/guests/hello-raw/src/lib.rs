//! The connector of `plugins/hello` once more, written on the bare contract, without the SDK.
//!
//! AppFlow must not be able to tell the two apart, but for the name that it tells: what a connector is made with is its own
//! business, and one may take the place of the other between two pages. So the manifest names the same connector in the
//! same version, which is what the host binds its tokens to, and the connector's own tokens are those of the SDK too.

mod bindings {
    wit_bindgen::generate!({ path: "../../../wit", world: "appflow:connector/source-connector", generate_all });
}

use bindings::appflow::connector::common::{
    Context, DataType, Entity, EntityDefinition, Error, ErrorCode, Failure, Field, Pairs,
    ReadProperties, WriteOperations, WriteProperties,
};
use bindings::appflow::connector::page;
use bindings::exports::appflow::connector::configuration::{
    AuthenticationType, Description, Frequencies, Guest as Configuration, Scope, SettingError,
    Triggers,
};
use bindings::exports::appflow::connector::metadata::{
    EntityDescription, EntityPage, Guest as Metadata, ListRequest,
};
use bindings::exports::appflow::connector::source::{
    Guest as Source, QueryRequest, RetrieveRequest,
};

const NAMES: [&str; 5] = ["Ada", "Barbara", "Grace", "Hedy", "Karen"];

struct HelloRaw;

bindings::export!(HelloRaw with_types_in bindings);

impl Configuration for HelloRaw {
    fn describe(_locale: String) -> Result<Description, Error> {
        Ok(Description {
            owner: "Example".to_owned(),
            name: "Hello raw".to_owned(),
            version: "0.1.0".to_owned(),
            api_versions: vec!["v1.0".to_owned()],
            settings: Vec::new(),
            authentication: Vec::new(),
            operators: None,
            triggers: Triggers::empty(),
            frequencies: Frequencies::empty(),
            write_operations: WriteOperations::empty(),
            logo_url: None,
        })
    }

    fn validate_settings(
        _scope: Scope,
        _settings: Pairs,
        _authentication: Option<AuthenticationType>,
    ) -> Result<Vec<SettingError>, Error> {
        Ok(Vec::new())
    }

    fn validate_credentials(_settings: Pairs) -> Result<(), Error> {
        Ok(())
    }
}

impl Metadata for HelloRaw {
    fn list_entities(_context: Context, _request: ListRequest) -> Result<EntityPage, Error> {
        Ok(EntityPage {
            entities: vec![entity("greeting", Some("Greetings"))],
            next_token: None,
            cache_seconds: None,
        })
    }

    fn describe_entity(_context: Context, id: String) -> Result<EntityDescription, Error> {
        let key = Field {
            primary_key: true,
            read: ReadProperties::RETRIEVABLE,
            ..field("id", DataType::Long)
        };
        Ok(EntityDescription {
            definition: EntityDefinition {
                entity: entity(&id, None),
                fields: vec![key, field("text", DataType::Text)],
                properties: Vec::new(),
            },
            cache_seconds: None,
        })
    }
}

impl Source for HelloRaw {
    fn query(_context: Context, request: QueryRequest) -> Result<Option<String>, Error> {
        let mut total = NAMES.len();
        if let Some(filter) = &request.filter {
            if !filter.nodes.is_empty() {
                return Err(Error::Unsupported(format!(
                    "filtering '{}'",
                    request.entity
                )));
            }
            total = filter
                .limit
                .map_or(total, |limit| total.min(limit as usize));
        }
        let done = match &request.token {
            Some(token) => place(token, &request.entity).ok_or_else(foreign)?,
            None => 0,
        };
        for (id, name) in NAMES.iter().enumerate().take(total).skip(done) {
            if !page::emit(&record(id, name, &request.fields))? {
                return Ok(Some(token(&request.entity, id)));
            }
        }
        Ok(None)
    }

    fn retrieve(_context: Context, _request: RetrieveRequest) -> Result<(), Error> {
        Err(Error::Unsupported(
            "retrieving records by identifier".to_owned(),
        ))
    }
}

/// A greeting with the fields wanted.
fn record(id: usize, name: &str, wanted: &[String]) -> String {
    let all = [
        ("id", id.to_string()),
        ("text", format!("\"Hello, {name}!\"")),
    ];
    let fields: Vec<String> = all
        .iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name))
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    format!("{{{}}}", fields.join(","))
}

/// A token as the SDK makes it: lengths and texts, with a checksum (FNV-1a) before them. The host seals it.
fn token(entity: &str, done: usize) -> String {
    let mut body = String::new();
    for part in ["all", entity, &done.to_string()] {
        body.push_str(&format!("{}:{part}", part.len()));
    }
    let checksum = body.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("{checksum:08x}{body}")
}

/// Records that came before a token; none if it is not one of this entity. There are few places, so they are tried.
fn place(text: &str, entity: &str) -> Option<usize> {
    (0..=NAMES.len()).find(|done| token(entity, *done) == text)
}

fn foreign() -> Error {
    Error::Failed(Failure {
        code: ErrorCode::InvalidArgument,
        message: "the next token is not one that this connector made".to_owned(),
        retry_after_seconds: None,
    })
}

fn entity(id: &str, label: Option<&str>) -> Entity {
    Entity {
        id: id.to_owned(),
        label: label.map(str::to_owned),
        description: None,
        has_nested: false,
        writable: false,
        properties: Vec::new(),
    }
}

/// A field that may be null and cannot be in a filter.
fn field(name: &str, data_type: DataType) -> Field {
    Field {
        name: name.to_owned(),
        data_type,
        type_label: None,
        label: None,
        description: None,
        primary_key: false,
        deprecated: false,
        default_value: None,
        constraints: None,
        read: ReadProperties::RETRIEVABLE | ReadProperties::NULLABLE,
        write: WriteProperties::empty(),
        id_for: WriteOperations::empty(),
        filter_operators: Some(Vec::new()),
        properties: Vec::new(),
    }
}
