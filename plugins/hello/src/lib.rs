//! The smallest connector: greetings made up on the spot, from no application at all.

use appflow_connector::prelude::*;

/// The connector.
pub struct Hello;
appflow_connector::export!(Hello: source);
const NAMES: [&str; 5] = ["Ada", "Barbara", "Grace", "Hedy", "Karen"];

impl Configuration for Hello {
    fn describe(_locale: &str) -> Result<Description> {
        Ok(Description::new("Example", "Hello", "0.1.0"))
    }
    fn validate_credentials(_settings: &Settings) -> Result<()> {
        Ok(())
    }
}

impl Metadata for Hello {
    fn list_entities(_context: &Context, _request: ListRequest) -> Result<EntityPage> {
        Ok([Entity::new("greeting").label("Greetings")].into())
    }
    fn describe_entity(_context: &Context, entity: &str) -> Result<EntityDescription> {
        let fields = [Field::long("id").primary_key(), Field::text("text")];
        let greeting = Entity::new(entity).with_fields(fields);
        Ok(greeting.without_filters().into())
    }
}

impl Source for Hello {
    fn query(_context: &Context, request: QueryRequest) -> Result<Option<String>> {
        let greeting = |(id, name): (usize, &&str)| {
            let record = request.record().integer("id", id as i64);
            record.text("text", &format!("Hello, {name}!"))
        };
        Paging::new(&request).emit(NAMES.iter().enumerate().map(greeting))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;
    use appflow_connector::testing::{Answer, FakeHost};

    fn query(limit: u32, token: Option<String>) -> Result<Option<String>> {
        let request = QueryRequest::new("greeting").limit(limit).token(token);
        Hello::query(&Context::default(), request)
    }

    #[test]
    fn greetings_come_page_by_page() {
        for limit in 1..=6 {
            let host = FakeHost::new(|_| Answer::status(404)).limit(limit);
            let pages = host.pages(|token| query(limit, token)).unwrap();
            let records: Vec<String> = pages.into_iter().flat_map(|page| page.records).collect();
            assert_eq!(records.len(), NAMES.len(), "{limit}");
            assert_eq!(records[1], r#"{"id":1,"text":"Hello, Barbara!"}"#);
        }
    }

    #[test]
    fn only_wanted_fields_are_in_a_record() {
        let host = FakeHost::new(|_| Answer::status(404));
        let request = QueryRequest::new("greeting").fields(["text"]);
        let run = host.run(|| Hello::query(&Context::default(), request));
        assert_eq!(run.records[0], r#"{"text":"Hello, Ada!"}"#);
    }

    #[test]
    fn a_foreign_token_is_refused() {
        let host = FakeHost::new(|_| Answer::status(404));
        let error = host
            .run(|| query(1, Some("rubbish".to_owned())))
            .result
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidArgument);
    }
}
