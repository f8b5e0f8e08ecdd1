//! A connector that asks and writes without a thought for what could go wrong: no retry, no wait, no reading of headers.
//!
//! The entity is the path at the application. A query is one GET whose answer holds the records at `/records`. A write is
//! one POST for each record, with an `Idempotency-Key` if the entity is `keyed`. The cases of `tests/cases/resilience` show
//! what the host makes of that when the application fails for a moment, or for longer.

use appflow_connector::prelude::*;

struct Plain;
appflow_connector::export!(Plain: source + destination);

impl Configuration for Plain {
    fn describe(_locale: &str) -> Result<Description> {
        Ok(Description::new("Tests", "Plain", "0.1.0"))
    }

    fn validate_credentials(settings: &Settings) -> Result<()> {
        let url = http::join(settings.require("upstream")?, ["me"]);
        http::get(url).send()?.ensure_ok().map(drop)
    }
}

impl Metadata for Plain {
    fn list_entities(_context: &Context, _request: ListRequest) -> Result<EntityPage> {
        Ok([Entity::new("items")].into())
    }

    fn describe_entity(_context: &Context, entity: &str) -> Result<EntityDescription> {
        let fields = [Field::long("id").primary_key()];
        Ok(Entity::new(entity)
            .with_fields(fields)
            .without_filters()
            .into())
    }
}

impl Source for Plain {
    fn query(context: &Context, request: QueryRequest) -> Result<Option<String>> {
        let url = http::join(context.setting("upstream")?, [&request.entity]);
        let answer = http::get(url).send()?.ensure_ok()?;
        page::emit_json(&answer, "/records", &[])?;
        Ok(None)
    }
}

impl Destination for Plain {
    fn write(context: &Context, request: WriteRequest) -> Result<WriteResults> {
        let url = http::join(context.setting("upstream")?, [&request.entity]);
        let mut results = request.results();
        for (index, record) in request.records.iter().enumerate() {
            let mut post = http::post(&url).json(record);
            if request.entity == "keyed" {
                post = post.header("Idempotency-Key", format!("record-{index}"));
            }
            let answer = post.send()?.ensure_ok()?;
            results.written(index, answer.text_at("/id")?.unwrap_or_default());
        }
        Ok(results)
    }
}
