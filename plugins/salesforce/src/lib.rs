//! Amazon AppFlow connector for Salesforce.
#![doc = ""]
#![doc = include_str!("../README.md")]

mod columns;
mod describe;
mod failure;
mod instance;
mod kind;
mod query;
mod soql;
mod write;

use appflow_connector::description::{
    AuthenticationType, Description, OAuth2, Scope, Setting, SettingError,
};
use appflow_connector::schema::{EntityDescription, EntityPage, ListRequest, WriteOperations};
use appflow_connector::write::{WriteRequest, WriteResults};
use appflow_connector::{
    Configuration, Context, Destination, Metadata, QueryRequest, Result, RetrieveRequest, Settings,
    Source,
};

use instance::{INSTANCE_URL, Instance, SANDBOX};

/// Newest and oldest version of Salesforce's API offered. Collections came with v42.0 and upserts of them with v46.0; the
/// oldest is that of AWS's example connectors, so that flows can be moved.
const API_VERSIONS: std::ops::RangeInclusive<u32> = 51..=65;

/// The connector.
#[derive(Debug, Clone, Copy)]
pub struct Salesforce;

appflow_connector::export!(Salesforce: source + destination);

impl Configuration for Salesforce {
    fn describe(_locale: &str) -> Result<Description> {
        let oauth2 = OAuth2::new("https://login.salesforce.com/services/oauth2/token")
            .token_url("https://test.salesforce.com/services/oauth2/token")
            .auth_url("https://login.salesforce.com/services/oauth2/authorize")
            .auth_url("https://test.salesforce.com/services/oauth2/authorize")
            .scopes(["api", "refresh_token"]);
        Ok(Description::new("Wasm connectors", "Salesforce", env!("CARGO_PKG_VERSION"))
            .api_versions(API_VERSIONS.rev().map(|version| format!("v{version}.0")))
            .setting(
                Setting::url(INSTANCE_URL, "Instance URL")
                    .description("Address of the organisation, such as https://example.my.salesforce.com")
                    .required(),
            )
            .setting(
                Setting::boolean(SANDBOX[0], "Sandbox")
                    .description("True if the organisation is a sandbox, false if it is not. Only checked against the address"),
            )
            .authentication(oauth2)
            .write_operations(WriteOperations::INSERT | WriteOperations::UPDATE | WriteOperations::UPSERT | WriteOperations::DELETE))
    }

    fn validate_settings(
        scope: Scope,
        settings: &Settings,
        _: Option<AuthenticationType>,
    ) -> Result<Vec<SettingError>> {
        let mut errors = Vec::new();
        // Other scopes have no settings of ours; AppFlow may send those of the connection along.
        if let Some(url) = settings.get(INSTANCE_URL) {
            if let Err(why) = instance::origin(url) {
                errors.push(SettingError::new(INSTANCE_URL, why));
            } else if instance::sandbox(settings) == Ok(Some(false))
                && url
                    .to_ascii_lowercase()
                    .contains(".sandbox.my.salesforce.com")
            {
                errors.push(SettingError::new(
                    INSTANCE_URL,
                    "is the address of a sandbox, but the sandbox flag is false",
                ));
            }
        } else if scope == Scope::Profile {
            errors.push(SettingError::new(INSTANCE_URL, "is missing"));
        }
        for key in SANDBOX {
            if let Err(error) = settings.flag(key) {
                errors.push(SettingError::new(key, error.message()));
            }
        }
        Ok(errors)
    }

    fn validate_credentials(settings: &Settings) -> Result<()> {
        // The oldest version offered is one that every organisation has. Listing its resources needs a token and the
        // permission to use the API, and reads no data.
        let instance = Instance::new(settings, &format!("v{}.0", API_VERSIONS.start()))?;
        instance::sandbox(settings)?;
        failure::send(instance.get(&[]), "checking the credentials").map(drop)
    }
}

impl Metadata for Salesforce {
    fn list_entities(context: &Context, request: ListRequest) -> Result<EntityPage> {
        describe::list(&Instance::of(context)?, &request)
    }

    fn describe_entity(context: &Context, entity: &str) -> Result<EntityDescription> {
        Ok(describe::describe(&Instance::of(context)?, entity)?
            .cache_for(describe::cache_seconds()))
    }
}

impl Source for Salesforce {
    fn query(context: &Context, request: QueryRequest) -> Result<Option<String>> {
        query::query(context, &request)
    }

    fn retrieve(context: &Context, request: RetrieveRequest) -> Result<()> {
        query::retrieve(context, &request)
    }
}

impl Destination for Salesforce {
    fn write(context: &Context, request: WriteRequest) -> Result<WriteResults> {
        write::write(context, &request)
    }
}
