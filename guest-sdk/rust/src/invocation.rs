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

/// Milliseconds that must be left behind a wait, for a request and the answer.
const AFTER_A_WAIT_MILLIS: u32 = 5000;

/// Waits some seconds before the next request, as applications ask for by headers such as `Backoff`, if that leaves time
/// for it; false, at once, if it does not. Waits after failed requests are the host's.
#[must_use = "false means that there is no time to wait"]
pub fn wait(seconds: u32) -> bool {
    if seconds == 0 {
        return true;
    }
    let millis = seconds.saturating_mul(1000);
    if host::millis_left() < millis.saturating_add(AFTER_A_WAIT_MILLIS) {
        return false;
    }
    host::sleep(millis);
    true
}
