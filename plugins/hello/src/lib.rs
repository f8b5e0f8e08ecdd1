//! The smallest connector: greetings made up on the spot, from no application at all.

use appflow_connector::{prelude::*, token};

/// The connector.
pub struct Hello;
appflow_connector::export!(Hello: source);

const NAMES: [&str; 5] = ["Ada", "Barbara", "Grace", "Hedy", "Karen"];

impl Configuration for Hello {
    fn describe(_locale: &str) -> Result<Description> {
        Ok(Description::new(
            "Example Ltd",
            "Hello",
            env!("CARGO_PKG_VERSION"),
        ))
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
        Ok(Entity::new(entity)
            .with_fields([Field::integer("id").primary_key(), Field::text("text")])
            .into())
    }
}

impl Source for Hello {
    fn query(_context: &Context, request: QueryRequest) -> Result<Option<String>> {
        let start: usize = request.token.map_or(Ok(0), |text| {
            token::decode(&text)?.concat().parse().map_err(Error::from)
        })?;
        for (id, name) in NAMES.iter().enumerate().skip(start) {
            if !page::emit(
                Record::new()
                    .integer("id", id as u32)
                    .text("text", &format!("Hello, {name}!")),
            )? {
                return token::encode(&[id.to_string()]).map(Some);
            }
        }
        Ok(None)
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
    fn a_foreign_token_is_refused() {
        let host = FakeHost::new(|_| Answer::status(404));
        let error = host
            .run(|| query(1, Some("rubbish".to_owned())))
            .result
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidArgument);
    }
}
