//! Follows cursors, with credentials. `c-cursor`, `js-cursor`, `qjs-cursor` and `python-cursor` are the same connector in other
//! languages: each goes on where another stopped, in the middle of a page of the application if need be, as the SDKs write the
//! same tokens.

use appflow_connector::prelude::*;

struct Cursor;
appflow_connector::export!(Cursor: source);

impl Configuration for Cursor {
    fn describe(_locale: &str) -> Result<Description> {
        let description = Description::new("Tests", "Cursor", "0.1.0");
        Ok(description.authentication(Authentication::ApiKey))
    }

    fn validate_credentials(_settings: &Settings) -> Result<()> {
        Ok(())
    }
}

impl Metadata for Cursor {
    fn list_entities(_context: &Context, _request: ListRequest) -> Result<EntityPage> {
        Ok([Entity::new("items")].into())
    }

    fn describe_entity(_context: &Context, entity: &str) -> Result<EntityDescription> {
        let fields = [Field::long("id").primary_key(), Field::text("city")];
        let items = Entity::new(entity).with_fields(fields);
        Ok(items.without_filters().into())
    }
}

impl Source for Cursor {
    fn query(context: &Context, request: QueryRequest) -> Result<Option<String>> {
        let url = http::join(context.setting("upstream")?, [&request.entity]);
        Paging::new(&request)
            .records("/items")
            .picks(vec![Pick::new("id", "id"), Pick::new("city", "/home/city")])
            .follow(Next::cursor("/next"), |at| {
                let page = http::get(&url).query("limit", at.size());
                page.query_if("cursor", at.cursor()).bearer().send()
            })
    }
}
