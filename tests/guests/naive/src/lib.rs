//! A connector as somebody in a hurry writes it: it never looks at a status, takes what is missing for nothing, follows
//! whatever the answer calls the next page, and reports every record as written without reading what the application
//! said. Over a host that keeps its promises none of this may become a wrong success: what must happen under each fault
//! is in `tests/tests/behaviour/faults`.

use appflow_connector::prelude::*;
use appflow_connector::write::{WriteRequest, WriteResults};
use serde_json::Value;

struct Naive;
appflow_connector::export!(Naive: source + destination);

fn get(settings: &Settings, path: &str) -> Result<http::Response> {
    let base = settings.get("instanceUrl").unwrap_or_default();
    http::get(format!("{base}{path}")).bearer().send()
}

fn list(answer: &http::Response, pointer: &str) -> Result<Vec<Value>> {
    let text = answer.json_at(pointer)?.unwrap_or_default();
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

impl Configuration for Naive {
    fn describe(_locale: &str) -> Result<Description> {
        Ok(Description::new("Example", "Naive", "0.1.0"))
    }
    fn validate_credentials(settings: &Settings) -> Result<()> {
        get(settings, "/services/oauth2/userinfo").map(drop)
    }
}

impl Metadata for Naive {
    fn list_entities(context: &Context, _request: ListRequest) -> Result<EntityPage> {
        let answer = get(&context.settings, "/services/data/v60.0/sobjects")?;
        let names = list(&answer, "/sobjects")?;
        let names = names.iter().map(|object| object["name"].as_str());
        let entities: Vec<Entity> = names
            .map(|name| Entity::new(name.unwrap_or_default()))
            .collect();
        Ok(entities.into())
    }
    fn describe_entity(_context: &Context, entity: &str) -> Result<EntityDescription> {
        let fields = [Field::text("Id").primary_key(), Field::text("Name")];
        Ok(Entity::new(entity)
            .with_fields(fields)
            .without_filters()
            .into())
    }
}

impl Source for Naive {
    fn query(context: &Context, request: QueryRequest) -> Result<Option<String>> {
        let first = format!(
            "/services/data/v60.0/query?q=SELECT+Id,Name+FROM+{}",
            request.entity
        );
        let answer = get(&context.settings, &request.token.unwrap_or(first))?;
        for record in list(&answer, "/records")? {
            page::emit(
                serde_json::json!({"Id": record["Id"], "Name": record["Name"]}).to_string(),
            )?;
        }
        answer.text_at("/nextRecordsUrl")
    }
}

impl Destination for Naive {
    fn write(context: &Context, request: WriteRequest) -> Result<WriteResults> {
        let mut results = request.results();
        for (index, record) in request.records.iter().enumerate() {
            let fields = record.trim_start_matches('{');
            let body = format!(
                "{{\"records\":[{{\"attributes\":{{\"type\":\"{}\"}},{fields}]}}",
                request.entity
            );
            let base = context.settings.get("instanceUrl").unwrap_or_default();
            let url = format!("{base}/services/data/v60.0/composite/sobjects");
            http::post(url).bearer().json(body).send()?;
            results.written(index, "");
        }
        Ok(results)
    }
}
