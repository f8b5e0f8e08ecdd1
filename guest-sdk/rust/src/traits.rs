//! One trait for each interface of the contract.

use crate::description::{AuthenticationType, Description, Scope, SettingError};
use crate::schema::{EntityDescription, EntityPage, ListRequest};
use crate::write::{WriteRequest, WriteResults};
use crate::{Context, Error, QueryRequest, Result, RetrieveRequest, Settings};

/// What the connector is and what it needs.
pub trait Configuration {
    /// Tells what the connector is. AppFlow asks when the connector is registered, without settings or credentials, so
    /// requests cannot be made here. `locale`, such as `en-US`, is the language of labels.
    ///
    /// # Errors
    /// Hardly any.
    fn describe(locale: &str) -> Result<Description>;

    /// Checks the settings of one scope; an empty list means they are good, which is what it says unless overridden.
    /// The host has checked that required ones are there and that values are of their kind.
    ///
    /// # Errors
    /// If they cannot be checked; a setting that is wrong is a result.
    fn validate_settings(
        scope: Scope,
        settings: &Settings,
        authentication: Option<AuthenticationType>,
    ) -> Result<Vec<SettingError>> {
        let _ = (scope, settings, authentication);
        Ok(Vec::new())
    }

    /// Checks that the application accepts the credentials, by a small request that needs them.
    ///
    /// # Errors
    /// `InvalidCredentials` if it does not.
    fn validate_credentials(settings: &Settings) -> Result<()>;
}

/// What can be read and written.
pub trait Metadata {
    /// Lists entities.
    ///
    /// # Errors
    /// If the application cannot be asked.
    fn list_entities(context: &Context, request: ListRequest) -> Result<EntityPage>;

    /// Describes one entity.
    ///
    /// # Errors
    /// `InvalidArgument` if there is no such entity.
    fn describe_entity(context: &Context, entity: &str) -> Result<EntityDescription>;
}

/// Reading. Records go out through [`page`](crate::page), not as a result.
pub trait Source {
    /// Reads one page; returns the token of the next one, none at the end. See [`Paging`](crate::page::Paging).
    ///
    /// # Errors
    /// If the page cannot be read.
    fn query(context: &Context, request: QueryRequest) -> Result<Option<String>>;

    /// Fetches the records whose `id_field` has one of these values. There are no further pages: all of them, or an
    /// error. An identifier that no record has is left out. Unsupported unless overridden.
    ///
    /// # Errors
    /// If the records cannot be fetched.
    fn retrieve(context: &Context, request: RetrieveRequest) -> Result<()> {
        let _ = (context, request);
        Err(Error::unsupported("retrieving records by identifier"))
    }
}

/// Writing.
pub trait Destination {
    /// Writes records. [`WriteRequest::results`] has the place for the result of each.
    ///
    /// # Errors
    /// If nothing was written, or nobody can know what was; records that failed while others did not are results.
    fn write(context: &Context, request: WriteRequest) -> Result<WriteResults>;
}
