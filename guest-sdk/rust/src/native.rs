//! A host that is linked with the connector: no component, no sandbox.
//!
//! For measuring only. A program that holds connector and host in one process shows what the sandbox costs; `tests/native`
//! of the repository is one. Not part of the SDK's promises: connectors never see it.

use std::cell::RefCell;
use std::rc::Rc;

pub use crate::bindings::wit_common::{EntityDefinition, Error};
pub use crate::bindings::wit_host::{credentials, http, invocation, log, page};

/// What the imports of the contract are natively. An answer of the application is a number, valid until it is released.
pub trait Host {
    /// `http.send`
    fn send(&self, request: &http::Request) -> Result<u32, Error>;
    /// `http.response.status`
    fn status(&self, response: u32) -> u16;
    /// `http.response.header`
    fn header(&self, response: u32, name: &str) -> Option<String>;
    /// `http.response.headers`
    fn headers(&self, response: u32) -> Vec<(String, String)>;
    /// `http.response.ensure-ok`
    fn ensure_ok(&self, response: u32) -> Result<(), Error>;
    /// `http.response.text`
    fn text(&self, response: u32) -> Result<String, Error>;
    /// `http.response.data`
    fn data(&self, response: u32) -> Result<Vec<u8>, Error>;
    /// `http.response.json-at`
    fn json_at(&self, response: u32, pointer: &str) -> Result<Option<String>, Error>;
    /// `http.response.text-at`
    fn text_at(&self, response: u32, pointer: &str) -> Result<Option<String>, Error>;
    /// The connector has let go of an answer.
    fn release(&self, response: u32);
    /// `page.emit`
    fn emit(&self, record: &str) -> Result<bool, Error>;
    /// `page.emit-batch`
    fn emit_batch(&self, text: &str, ends: &[u32]) -> Result<u32, Error>;
    /// `page.emit-json`
    fn emit_json(
        &self,
        response: u32,
        pointer: &str,
        picks: &[page::FieldPick],
        skip: u32,
    ) -> Result<page::Emitted, Error>;
    /// `page.room`
    fn room(&self) -> page::Space;
    /// `invocation.current`
    fn current(&self) -> invocation::Details;
    /// `invocation.entity`
    fn entity(&self) -> Option<EntityDefinition>;
    /// `invocation.entity-json`
    fn entity_json(&self) -> Option<String>;
    /// `invocation.millis-left`
    fn millis_left(&self) -> u32;
    /// `credentials.get`
    fn credentials(&self) -> Result<credentials::Secret, Error>;
    /// `log.write`
    fn log(&self, level: log::Level, message: &str, fields: &[(String, String)]);
}

thread_local! {
    /// The host of the call that runs on this thread.
    static HOST: RefCell<Option<Rc<dyn Host>>> = const { RefCell::new(None) };
}

/// Makes one call of a connector, whose imports are answered by `host`.
pub fn with<T>(host: Rc<dyn Host>, call: impl FnOnce() -> T) -> T {
    /// Takes the host away even if the connector panics.
    struct Away;
    impl Drop for Away {
        fn drop(&mut self) {
            HOST.set(None);
        }
    }
    HOST.set(Some(host));
    let _away = Away;
    call()
}

#[cfg(not(feature = "testing"))]
pub(crate) mod imports {
    use std::rc::Rc;

    use super::{EntityDefinition, HOST, Host, http, invocation, log, page};
    use crate::credentials::Secret;
    use crate::{Error, Result};

    fn host() -> Result<Rc<dyn Host>> {
        HOST.with_borrow(Clone::clone)
            .ok_or_else(|| Error::unknown("there is no host here: call inside of `native::with`"))
    }

    /// An answer's body on the host; dropping it frees the body.
    pub(crate) struct Response {
        host: Rc<dyn Host>,
        number: u32,
    }

    impl Drop for Response {
        fn drop(&mut self) {
            self.host.release(self.number);
        }
    }

    impl Response {
        pub(crate) fn status(&self) -> u16 {
            self.host.status(self.number)
        }

        pub(crate) fn header(&self, name: &str) -> Option<String> {
            self.host.header(self.number, name)
        }

        pub(crate) fn headers(&self) -> Vec<(String, String)> {
            self.host.headers(self.number)
        }

        pub(crate) fn ensure_ok(&self) -> Result<()> {
            self.host.ensure_ok(self.number).map_err(Error::from)
        }

        pub(crate) fn text(&self) -> Result<String> {
            self.host.text(self.number).map_err(Error::from)
        }

        pub(crate) fn data(&self) -> Result<Vec<u8>> {
            self.host.data(self.number).map_err(Error::from)
        }

        pub(crate) fn json_at(&self, pointer: &str) -> Result<Option<String>> {
            self.host.json_at(self.number, pointer).map_err(Error::from)
        }

        pub(crate) fn text_at(&self, pointer: &str) -> Result<Option<String>> {
            self.host.text_at(self.number, pointer).map_err(Error::from)
        }
    }

    pub(crate) fn send(request: &http::Request) -> Result<Response> {
        let host = host()?;
        let number = host.send(request).map_err(Error::from)?;
        Ok(Response { host, number })
    }

    pub(crate) fn emit(json: &str) -> Result<bool> {
        host()?.emit(json).map_err(Error::from)
    }

    pub(crate) fn emit_batch(text: &str, ends: &[u32]) -> Result<u32> {
        host()?.emit_batch(text, ends).map_err(Error::from)
    }

    pub(crate) fn emit_json(
        response: &Response,
        pointer: &str,
        picks: &[page::FieldPick],
        skip: u32,
    ) -> Result<page::Emitted> {
        let emitted = response
            .host
            .emit_json(response.number, pointer, picks, skip);
        emitted.map_err(Error::from)
    }

    pub(crate) fn room() -> page::Space {
        host().map_or(
            page::Space {
                records_left: 0,
                bytes_left: 0,
                millis_left: 0,
            },
            |host| host.room(),
        )
    }

    pub(crate) fn current() -> invocation::Details {
        host().map_or_else(
            |_| invocation::Details {
                request_id: String::new(),
                flow_name: None,
                execution_id: None,
                profile_label: None,
            },
            |host| host.current(),
        )
    }

    pub(crate) fn entity() -> Option<EntityDefinition> {
        host().ok()?.entity()
    }

    pub(crate) fn entity_json() -> Option<String> {
        host().ok()?.entity_json()
    }

    pub(crate) fn millis_left() -> u32 {
        host().map_or(0, |host| host.millis_left())
    }

    pub(crate) fn sleep(millis: u32) {
        std::thread::sleep(std::time::Duration::from_millis(u64::from(millis)));
    }

    pub(crate) fn credentials() -> Result<Secret> {
        let secret = host()?.credentials();
        secret.map(Secret::from).map_err(Error::from)
    }

    pub(crate) fn log(level: log::Level, message: &str, fields: &[(String, String)]) {
        if let Ok(host) = host() {
            host.log(level, message, fields);
        }
    }
}
