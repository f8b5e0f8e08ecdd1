#![doc = include_str!("../README.md")]

#[doc(hidden)]
pub mod __bindings {
    pub use crate::bindings::{configuration, destination, metadata, source};
    #[cfg(all(feature = "native", not(target_arch = "wasm32")))]
    pub use crate::bindings::{host, types};
}

mod bindings;
pub mod credentials;
pub mod description;
mod error;
mod evaluate;
mod export;
pub mod filter;
mod fit;
mod host;
pub mod http;
pub mod invocation;
pub mod log;
#[cfg(all(feature = "native", not(target_arch = "wasm32")))]
#[doc(hidden)]
pub mod native;
pub mod page;
mod paging;
mod record;
mod requests;
pub mod schema;
mod settings;
mod signature;
#[cfg(all(feature = "testing", not(target_arch = "wasm32")))]
pub mod testing;
pub mod time;
pub mod token;
mod traits;
mod url;
pub mod write;

pub use error::{Error, ErrorCode, Failure, HttpFailure, Result};
pub use requests::{QueryRequest, RetrieveRequest};
pub use settings::{Context, Settings};
pub use traits::{Configuration, Destination, Metadata, Source};

/// What most connectors use: `use appflow_connector::prelude::*;`.
pub mod prelude {
    pub use crate::description::{
        Authentication, AuthenticationType, Description, OAuth2, Scope, Setting, SettingError,
    };
    pub use crate::filter::{Comparator, Condition, Filter, Literal};
    pub use crate::page::{Next, Paging, Pick, Record};
    pub use crate::schema::{
        Entity, EntityDefinition, EntityDescription, EntityPage, Field, ListRequest, Operator,
        WriteOperations,
    };
    pub use crate::write::{Operation, WriteRequest, WriteResults};
    pub use crate::{
        Configuration, Context, Destination, Error, ErrorCode, Metadata, QueryRequest, Result,
        RetrieveRequest, Settings, Source, http, log, page,
    };
}
