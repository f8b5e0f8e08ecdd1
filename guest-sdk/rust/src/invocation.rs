//! The request being served: what few connectors need, on demand.

use crate::bindings::wit_host::invocation as wit;
use crate::host;
use crate::schema::EntityDefinition;

#[doc(inline)]
pub use wit::Details;

/// Names for logs and caches.
pub fn current() -> Details {
    host::current()
}

/// The entity as the connector last described it, if AppFlow sent it along.
pub fn entity() -> Option<EntityDefinition> {
    host::entity()
}

/// The same as the JSON text AppFlow sent, with whatever the contract has no place for.
pub fn entity_json() -> Option<String> {
    host::entity_json()
}

/// Milliseconds left to answer, 0 if none.
pub fn millis_left() -> u32 {
    host::millis_left()
}
