//! A connector whose description AWS's own rules forbid: its name begins with a name of AWS.
//!
//! Contained means: describing it is answered with an error that names what is wrong, and the answer still has the three
//! properties without which AppFlow cannot decode it. It exports no destination, so writing is answered as not supported.

mod bindings {
    wit_bindgen::generate!({ path: "../../../wit", world: "appflow:connector/source-connector", generate_all });
}

use bindings::appflow::connector::common::{Context, Error, Pairs, WriteOperations};
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

struct Misdescribed;

bindings::export!(Misdescribed with_types_in bindings);

impl Configuration for Misdescribed {
    fn describe(_locale: String) -> Result<Description, Error> {
        Ok(Description {
            owner: "Tests".to_owned(),
            name: "awsome connector".to_owned(),
            version: "0 1".to_owned(),
            api_versions: Vec::new(),
            settings: Vec::new(),
            authentication: Vec::new(),
            operators: None,
            triggers: Triggers::empty(),
            frequencies: Frequencies::empty(),
            write_operations: WriteOperations::empty(),
            logo_url: Some("http://example.com/logo.png".to_owned()),
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

impl Metadata for Misdescribed {
    fn list_entities(_context: Context, _request: ListRequest) -> Result<EntityPage, Error> {
        Ok(EntityPage {
            entities: Vec::new(),
            next_token: None,
            cache_seconds: None,
        })
    }

    fn describe_entity(_context: Context, _entity: String) -> Result<EntityDescription, Error> {
        Err(Error::Unsupported("describing".to_owned()))
    }
}

impl Source for Misdescribed {
    fn query(_context: Context, _request: QueryRequest) -> Result<Option<String>, Error> {
        Ok(None)
    }

    fn retrieve(_context: Context, _request: RetrieveRequest) -> Result<(), Error> {
        Ok(())
    }
}
