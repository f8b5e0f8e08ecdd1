//! A connector that opens sockets, which the host does not offer.
//!
//! Contained means: it is not compiled, with a message that says what to use instead. It has no manifest, so that it is
//! not compiled with the other guests.

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

struct Socketed;

bindings::export!(Socketed with_types_in bindings);

impl Configuration for Socketed {
    fn describe(_locale: String) -> Result<Description, Error> {
        Ok(Description {
            owner: "Tests".to_owned(),
            name: "Socketed".to_owned(),
            version: "0.1.0".to_owned(),
            api_versions: vec!["v1".to_owned()],
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

impl Metadata for Socketed {
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

impl Source for Socketed {
    fn query(_context: Context, _request: QueryRequest) -> Result<Option<String>, Error> {
        std::net::TcpStream::connect("127.0.0.1:9")
            .map_err(|_| Error::Unsupported("sockets".to_owned()))?;
        Ok(None)
    }

    fn retrieve(_context: Context, _request: RetrieveRequest) -> Result<(), Error> {
        Ok(())
    }
}
