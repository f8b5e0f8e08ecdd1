//! Lists and definitions that break AppFlow's rules, chosen by the path of the list and the entity described.

use crate::bindings::appflow::connector::common::{
    Bounds, Constraints, Context, DataType, Entity, EntityDefinition, Error, Field, Operator,
    ReadProperties, WriteOperations, WriteProperties,
};
use crate::bindings::exports::appflow::connector::metadata::{
    EntityDescription, EntityPage, ListRequest,
};

/// Performs the behaviour named by the path.
pub(crate) fn list(
    behaviour: &str,
    context: &Context,
    request: &ListRequest,
) -> Result<EntityPage, Error> {
    let page = |entities: Vec<Entity>| EntityPage {
        entities,
        next_token: None,
        cache_seconds: None,
    };
    Ok(match behaviour {
        "good" => page(vec![entity("good")]),
        "more-than-asked-for" => page(
            (0..=request.limit)
                .map(|number| entity(&format!("e{number}")))
                .collect(),
        ),
        "twice" => page(vec![entity("same"), entity("same")]),
        "no-identifier" => page(vec![entity("")]),
        "identifier-with-spaces" => page(vec![entity("two words")]),
        "identifier-too-long" => page(vec![entity(&"x".repeat(129))]),
        "list-too-large" => page(
            (0..request.limit)
                .map(|number| Entity {
                    description: Some("x".repeat(20_000)),
                    ..entity(&format!("e{number}"))
                })
                .collect(),
        ),
        "list-token-spaces" => EntityPage {
            next_token: Some("a b".to_owned()),
            ..page(vec![entity("good")])
        },
        "list-token-loop" => EntityPage {
            next_token: Some("again".to_owned()),
            ..page(vec![entity("good")])
        },
        "list-circle" => EntityPage {
            next_token: Some(format!("{}x", request.token.as_deref().unwrap_or_default())),
            ..page(vec![entity("good")])
        },
        "list-pages" => EntityPage {
            next_token: request.token.is_none().then(|| "2".to_owned()),
            ..page(vec![entity(if request.token.is_none() {
                "one"
            } else {
                "two"
            })])
        },
        "cached-too-short" => EntityPage {
            cache_seconds: Some(1),
            ..page(vec![entity("good")])
        },
        other => {
            crate::perform(other, &context.settings, request.token.as_deref())?;
            page(Vec::new())
        }
    })
}

/// Performs the behaviour named by the entity.
pub(crate) fn describe(behaviour: &str, context: &Context) -> Result<EntityDescription, Error> {
    let fields = match behaviour {
        "good" => vec![Field {
            primary_key: true,
            ..field("id", DataType::Integer)
        }],
        "no-fields" => Vec::new(),
        "field-twice" => vec![field("id", DataType::Integer), field("id", DataType::Text)],
        "field-without-name" => vec![field("", DataType::Text)],
        "field-with-spaces" => vec![field("two words", DataType::Text)],
        // The contract keeps these two for definitions that come back.
        "unknown-type" => vec![field("id", DataType::Other)],
        "unknown-operator" => {
            vec![Field {
                filter_operators: Some(vec![Operator::Other]),
                ..field("id", DataType::Text)
            }]
        }
        "incremental-text" => vec![Field {
            read: ReadProperties::INCREMENTAL,
            ..field("id", DataType::Text)
        }],
        "bounds-not-numbers" => vec![bounded("ten", "1,000")],
        "bounds-with-code" => vec![bounded("0", "1},\"isPrimaryKey\":true,\"x\":{")],
        "bounds-exact" => vec![bounded("-12345678901234567890.123456789", "1e3")],
        other => {
            crate::perform(other, &context.settings, None)?;
            Vec::new()
        }
    };
    let definition = EntityDefinition {
        entity: entity(behaviour),
        fields,
        properties: Vec::new(),
    };
    Ok(EntityDescription {
        definition,
        cache_seconds: None,
    })
}

fn entity(id: &str) -> Entity {
    Entity {
        id: id.to_owned(),
        label: None,
        description: None,
        has_nested: false,
        writable: true,
        properties: Vec::new(),
    }
}

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
        read: ReadProperties::empty(),
        write: WriteProperties::empty(),
        id_for: WriteOperations::empty(),
        filter_operators: None,
        properties: Vec::new(),
    }
}

fn bounded(min: &str, max: &str) -> Field {
    let value = Bounds {
        min: min.to_owned(),
        max: max.to_owned(),
    };
    let constraints = Constraints {
        length: None,
        value: Some(value),
        allowed_values: Vec::new(),
        pattern: None,
        date_format: None,
    };
    Field {
        constraints: Some(constraints),
        ..field("amount", DataType::BigDecimal)
    }
}
