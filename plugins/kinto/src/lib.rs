//! Amazon AppFlow connector for Kinto.
#![doc = ""]
#![doc = include_str!("../README.md")]

mod describe;
mod filter;
mod query;
mod server;
mod write;

use appflow_connector::description::AuthenticationType;
use appflow_connector::prelude::*;

use server::{BUCKET, Collection, REPLACE, SERVER_URL, Server, TOMBSTONES};

/// The connector.
#[derive(Debug, Clone, Copy)]
pub struct Kinto;

appflow_connector::export!(Kinto: source + destination);

impl Configuration for Kinto {
    fn describe(_locale: &str) -> Result<Description> {
        let operations = WriteOperations::INSERT
            | WriteOperations::UPDATE
            | WriteOperations::UPSERT
            | WriteOperations::DELETE;
        Ok(
            Description::new("Wasm connectors", "Kinto", env!("CARGO_PKG_VERSION"))
                .api_versions(["v1"])
                .setting(
                    Setting::url(SERVER_URL, "Server URL")
                        .description("Address of the Kinto server, such as https://kinto.example.com")
                        .required(),
                )
                .setting(
                    Setting::text(BUCKET, "Bucket")
                        .description("The only bucket to list, for users who may not list buckets"),
                )
                .setting(
                    Setting::boolean(TOMBSTONES, "Deleted records")
                        .description("True if incremental flows get records that were deleted, with the field deleted")
                        .scope(Scope::Source),
                )
                .setting(
                    Setting::boolean(REPLACE, "Replace records")
                        .description("True if updates and upserts drop the fields that a flow does not map")
                        .scope(Scope::Destination),
                )
                .authentication(Authentication::Basic)
                .authentication(Authentication::ApiKey)
                .write_operations(operations),
        )
    }

    fn validate_settings(
        _scope: Scope,
        settings: &Settings,
        _: Option<AuthenticationType>,
    ) -> Result<Vec<SettingError>> {
        let mut errors = Vec::new();
        if let Some(Err(why)) = settings.get(SERVER_URL).map(server::base) {
            errors.push(SettingError::new(SERVER_URL, why));
        }
        if settings.get(BUCKET).is_some_and(|id| !server::is_id(id)) {
            let why = "must be letters, digits, - and _";
            errors.push(SettingError::new(BUCKET, why));
        }
        Ok(errors)
    }

    fn validate_credentials(settings: &Settings) -> Result<()> {
        Server::of(settings)?.welcome().map(drop)
    }
}

impl Metadata for Kinto {
    fn list_entities(context: &Context, request: ListRequest) -> Result<EntityPage> {
        let bucket = context.settings.get(BUCKET);
        describe::list(&Server::of(&context.settings)?, &request, bucket)
    }

    fn describe_entity(context: &Context, entity: &str) -> Result<EntityDescription> {
        let server = Server::of(&context.settings)?;
        let tombstones = context.settings.flag(TOMBSTONES)?;
        let definition = describe::describe(&server, &Collection::parse(entity)?, tombstones)?;
        Ok(definition.cache_for(describe::CACHE_SECONDS))
    }
}

impl Source for Kinto {
    fn query(context: &Context, request: QueryRequest) -> Result<Option<String>> {
        query::query(context, &request)
    }

    fn retrieve(context: &Context, request: RetrieveRequest) -> Result<()> {
        query::retrieve(context, &request)
    }
}

impl Destination for Kinto {
    fn write(context: &Context, request: WriteRequest) -> Result<WriteResults> {
        write::write(context, &request)
    }
}
