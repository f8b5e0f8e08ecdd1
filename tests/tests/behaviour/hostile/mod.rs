//! What a hostile connector tries that one request and one answer cannot show: tables of thousands of addresses, what
//! the process holds afterwards, what one invocation sees of another.

mod afterwards;
mod dialing;
mod interleaved;
mod numbers;
mod secrets;
mod volume;

use serde_json::Value;

/// A query without credentials, which need no store then.
fn query(entity: &str, settings: Value) -> Value {
    let mut request = crate::support::query(entity, settings);
    if let Some(context) = request["connectorContext"].as_object_mut() {
        context.remove("credentials");
    }
    request
}
