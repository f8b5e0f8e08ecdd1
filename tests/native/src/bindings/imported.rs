//! What connectors import: the SDK's types, and the traits that Wasmtime generates from the same text for the host's side.

use appflow_connector::__bindings::{host::appflow::connector as sdk, types};
use wasmtime::Result as OrTrap;
use wasmtime::component::Resource;

use super::state::HeldResponse;

pub(super) mod common {
    pub(crate) use super::types::appflow::connector::common::*;

    pub(crate) trait Host {
        fn convert_error(&mut self, error: crate::Error) -> super::OrTrap<Error>;
    }
}

pub(super) mod http {
    use super::{HeldResponse, OrTrap, Resource};
    use crate::Error;
    use crate::bindings::imported::common::Pairs;

    pub(crate) use super::sdk::http::{Body, Credential, Placement, Request};

    pub(crate) trait Host {
        async fn send(&mut self, request: Request) -> Result<Resource<HeldResponse>, Error>;
    }

    pub(crate) trait HostResponse {
        fn status(&mut self, response: Resource<HeldResponse>) -> OrTrap<u16>;
        fn header(
            &mut self,
            response: Resource<HeldResponse>,
            name: String,
        ) -> OrTrap<Option<String>>;
        fn headers(&mut self, response: Resource<HeldResponse>) -> OrTrap<Pairs>;
        fn ensure_ok(&mut self, response: Resource<HeldResponse>) -> Result<(), Error>;
        fn text(&mut self, response: Resource<HeldResponse>) -> Result<String, Error>;
        fn data(&mut self, response: Resource<HeldResponse>) -> Result<Vec<u8>, Error>;
        fn json_at(
            &mut self,
            response: Resource<HeldResponse>,
            pointer: String,
        ) -> Result<Option<String>, Error>;
        fn text_at(
            &mut self,
            response: Resource<HeldResponse>,
            pointer: String,
        ) -> Result<Option<String>, Error>;
        fn drop(&mut self, response: Resource<HeldResponse>) -> OrTrap<()>;
    }
}

pub(super) mod page {
    use super::{HeldResponse, OrTrap, Resource};
    use crate::Error;

    pub(crate) use super::sdk::page::{Emitted, FieldPick, Space};

    pub(crate) trait Host {
        fn emit(&mut self, json: String) -> Result<bool, Error>;
        fn emit_batch(&mut self, text: String, ends: Vec<u32>) -> Result<u32, Error>;
        fn emit_json(
            &mut self,
            response: Resource<HeldResponse>,
            pointer: String,
            picks: Vec<FieldPick>,
            skip: u32,
        ) -> Result<Emitted, Error>;
        fn room(&mut self) -> OrTrap<Space>;
    }
}

pub(super) mod invocation {
    use super::OrTrap;
    use crate::bindings::imported::common::EntityDefinition;

    pub(crate) use super::sdk::invocation::Details;

    pub(crate) trait Host {
        fn current(&mut self) -> OrTrap<Details>;
        fn entity(&mut self) -> OrTrap<Option<EntityDefinition>>;
        fn entity_json(&mut self) -> OrTrap<Option<String>>;
        fn millis_left(&mut self) -> OrTrap<u32>;
    }
}

pub(super) mod credentials {
    use crate::Error;

    pub(crate) use super::sdk::credentials::{ApiKey, Basic, Custom, Secret};

    pub(crate) trait Host {
        fn get(&mut self) -> Result<Secret, Error>;
    }
}

pub(super) mod log {
    use super::OrTrap;
    use crate::bindings::imported::common::Pairs;

    pub(crate) use super::sdk::log::Level;

    pub(crate) trait Host {
        fn write(&mut self, level: Level, message: String, fields: Pairs) -> OrTrap<()>;
    }
}
