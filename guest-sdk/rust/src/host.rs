//! The one place that talks to the host, so that tests can stand in for it.
//!
//! In a component these are the contract's imports. Natively they are the fake of [`testing`](crate::testing), or what
//! the hidden feature `native` links, or, without either, an error, since calling the generated stubs would abort the
//! process.

#[cfg(target_arch = "wasm32")]
mod component {
    use crate::bindings::wit_common::EntityDefinition;
    use crate::bindings::wit_host::{http, invocation, log, page};
    use crate::credentials::Secret;
    use crate::{Error, Result};

    /// An answer's body on the host; dropping it frees the body.
    pub(crate) struct Response(http::Response);

    impl Response {
        pub(crate) fn status(&self) -> u16 {
            self.0.status()
        }

        pub(crate) fn header(&self, name: &str) -> Option<String> {
            self.0.header(name)
        }

        pub(crate) fn headers(&self) -> Vec<(String, String)> {
            self.0.headers()
        }

        pub(crate) fn ensure_ok(&self) -> Result<()> {
            self.0.ensure_ok().map_err(Error::from)
        }

        pub(crate) fn text(&self) -> Result<String> {
            self.0.text().map_err(Error::from)
        }

        pub(crate) fn data(&self) -> Result<Vec<u8>> {
            self.0.data().map_err(Error::from)
        }

        pub(crate) fn json_at(&self, pointer: &str) -> Result<Option<String>> {
            self.0.json_at(pointer).map_err(Error::from)
        }

        pub(crate) fn text_at(&self, pointer: &str) -> Result<Option<String>> {
            self.0.text_at(pointer).map_err(Error::from)
        }
    }

    pub(crate) fn send(request: &http::Request) -> Result<Response> {
        http::send(request).map(Response).map_err(Error::from)
    }

    pub(crate) fn emit(json: &str) -> Result<bool> {
        page::emit(json).map_err(Error::from)
    }

    pub(crate) fn emit_batch(text: &str, ends: &[u32]) -> Result<u32> {
        page::emit_batch(text, ends).map_err(Error::from)
    }

    pub(crate) fn emit_json(
        response: &Response,
        pointer: &str,
        picks: &[page::FieldPick],
        skip: u32,
    ) -> Result<page::Emitted> {
        page::emit_json(&response.0, pointer, picks, skip).map_err(Error::from)
    }

    pub(crate) fn room() -> page::Space {
        page::room()
    }

    pub(crate) fn current() -> invocation::Details {
        invocation::current()
    }

    pub(crate) fn entity() -> Option<EntityDefinition> {
        invocation::entity()
    }

    pub(crate) fn entity_json() -> Option<String> {
        invocation::entity_json()
    }

    pub(crate) fn millis_left() -> u32 {
        invocation::millis_left()
    }

    pub(crate) fn sleep(millis: u32) {
        std::thread::sleep(std::time::Duration::from_millis(u64::from(millis)));
    }

    pub(crate) fn credentials() -> Result<Secret> {
        let secret = crate::bindings::wit_host::credentials::get();
        secret.map(Secret::from).map_err(Error::from)
    }

    pub(crate) fn log(level: log::Level, message: &str, fields: &[(String, String)]) {
        log::write(level, message, fields);
    }
}

#[cfg(all(
    not(target_arch = "wasm32"),
    not(feature = "testing"),
    not(feature = "native")
))]
mod nowhere {
    use crate::bindings::wit_common::EntityDefinition;
    use crate::bindings::wit_host::{http, invocation, log, page};
    use crate::credentials::Secret;
    use crate::{Error, Result};

    fn nowhere<T>() -> Result<T> {
        Err(Error::unknown(
            "there is no host here: run as a component, or test with the feature `testing`",
        ))
    }

    /// Never made.
    pub(crate) enum Response {}

    impl Response {
        pub(crate) fn status(&self) -> u16 {
            match *self {}
        }

        pub(crate) fn header(&self, _name: &str) -> Option<String> {
            match *self {}
        }

        pub(crate) fn headers(&self) -> Vec<(String, String)> {
            match *self {}
        }

        pub(crate) fn ensure_ok(&self) -> Result<()> {
            match *self {}
        }

        pub(crate) fn text(&self) -> Result<String> {
            match *self {}
        }

        pub(crate) fn data(&self) -> Result<Vec<u8>> {
            match *self {}
        }

        pub(crate) fn json_at(&self, _pointer: &str) -> Result<Option<String>> {
            match *self {}
        }

        pub(crate) fn text_at(&self, _pointer: &str) -> Result<Option<String>> {
            match *self {}
        }
    }

    pub(crate) fn send(_request: &http::Request) -> Result<Response> {
        nowhere()
    }

    pub(crate) fn emit(_json: &str) -> Result<bool> {
        nowhere()
    }

    pub(crate) fn emit_batch(_text: &str, _ends: &[u32]) -> Result<u32> {
        nowhere()
    }

    pub(crate) fn emit_json(
        response: &Response,
        _pointer: &str,
        _picks: &[page::FieldPick],
        _skip: u32,
    ) -> Result<page::Emitted> {
        match *response {}
    }

    pub(crate) fn room() -> page::Space {
        page::Space {
            records_left: 0,
            bytes_left: 0,
            millis_left: 0,
        }
    }

    pub(crate) fn current() -> invocation::Details {
        invocation::Details {
            request_id: String::new(),
            flow_name: None,
            execution_id: None,
            profile_label: None,
        }
    }

    pub(crate) fn entity() -> Option<EntityDefinition> {
        None
    }

    pub(crate) fn entity_json() -> Option<String> {
        None
    }

    pub(crate) fn millis_left() -> u32 {
        0
    }

    pub(crate) fn sleep(_millis: u32) {}

    pub(crate) fn credentials() -> Result<Secret> {
        nowhere()
    }

    pub(crate) fn log(_level: log::Level, _message: &str, _fields: &[(String, String)]) {}
}

#[cfg(target_arch = "wasm32")]
pub(crate) use component::*;
#[cfg(all(
    not(target_arch = "wasm32"),
    not(feature = "testing"),
    not(feature = "native")
))]
pub(crate) use nowhere::*;

#[cfg(all(
    not(target_arch = "wasm32"),
    not(feature = "testing"),
    feature = "native"
))]
pub(crate) use crate::native::imports::*;
#[cfg(all(not(target_arch = "wasm32"), feature = "testing"))]
pub(crate) use crate::testing::imports::*;
