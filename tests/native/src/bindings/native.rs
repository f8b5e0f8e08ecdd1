//! The imports of the SDK, answered by the host's own implementations of them.

use std::cell::RefCell;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use appflow_connector::native::{self, Error as Told, invocation::Details, page::Space};
use wasmtime::component::Resource;

use super::host_calls::count;
use super::imported::common::{EntityDefinition, Host as _};
use super::imported::http::{Host as _, HostResponse as _, Request};
use super::imported::log::Level;
use super::imported::page::{Emitted, FieldPick, Host as _};
use super::imported::{credentials, invocation, log};
use super::state::{HeldResponse, HostState};
use crate::Error;

thread_local! {
    /// Who wakes the invocation that runs on this thread.
    static WAKER: RefCell<Waker> = RefCell::new(Waker::noop().clone());
}

/// Runs a connector until it ends or waits; what it waits for wakes `waker`.
pub(super) fn woken_by<T>(waker: &Waker, run: impl FnOnce() -> T) -> T {
    WAKER.with_borrow_mut(|own| own.clone_from(waker));
    run()
}

/// Waits, and leaves the connector's stack meanwhile.
#[expect(
    deprecated,
    reason = "its successor wants a value handed down through the connector's own code"
)]
fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        let waker = WAKER.with_borrow(Clone::clone);
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => generator::yield_with(()),
        }
    }
}

/// The state of one invocation while the connector runs.
pub(super) struct Running(pub(super) RefCell<HostState>);

impl Running {
    /// Does something with the state, and turns its error into what a connector is told.
    fn ask<T>(&self, ask: impl FnOnce(&mut HostState) -> Result<T, Error>) -> Result<T, Told> {
        let mut state = self.0.borrow_mut();
        ask(&mut state).map_err(|error| told(&mut state, error))
    }

    /// The same with what cannot fail unless the connector breaks the component model, which a native one cannot.
    fn get<T: Default>(&self, get: impl FnOnce(&mut HostState) -> wasmtime::Result<T>) -> T {
        get(&mut self.0.borrow_mut()).unwrap_or_default()
    }
}

fn told(state: &mut HostState, error: Error) -> Told {
    state
        .convert_error(error)
        .unwrap_or_else(|error| Told::Unsupported(error.to_string()))
}

fn held(number: u32) -> Resource<HeldResponse> {
    Resource::new_borrow(number)
}

impl native::Host for Running {
    fn send(&self, request: &Request) -> Result<u32, Told> {
        let sent = self.ask(|state| wait(state.send(request.clone())));
        sent.map(|response| response.rep())
    }

    fn status(&self, response: u32) -> u16 {
        self.get(|state| state.status(held(response)))
    }

    fn header(&self, response: u32, name: &str) -> Option<String> {
        self.get(|state| state.header(held(response), name.to_owned()))
    }

    fn headers(&self, response: u32) -> Vec<(String, String)> {
        self.get(|state| state.headers(held(response)))
    }

    fn ensure_ok(&self, response: u32) -> Result<(), Told> {
        self.ask(|state| state.ensure_ok(held(response)))
    }

    fn text(&self, response: u32) -> Result<String, Told> {
        self.ask(|state| Ok(state.body(&held(response))?.text()?.to_string()))
    }

    fn data(&self, response: u32) -> Result<Vec<u8>, Told> {
        self.ask(|state| Ok(state.body(&held(response))?.data().to_vec()))
    }

    fn json_at(&self, response: u32, pointer: &str) -> Result<Option<String>, Told> {
        self.ask(|state| state.json_at(held(response), pointer.to_owned()))
    }

    fn text_at(&self, response: u32, pointer: &str) -> Result<Option<String>, Told> {
        self.ask(|state| state.text_at(held(response), pointer.to_owned()))
    }

    fn release(&self, response: u32) {
        self.get(|state| state.drop(Resource::new_own(response)));
    }

    fn emit(&self, record: &str) -> Result<bool, Told> {
        // As the host does it in place of the generated function.
        self.ask(|state| {
            count(&mut state.calls.page);
            Ok(state.page.emit(record)?)
        })
    }

    fn emit_batch(&self, text: &str, ends: &[u32]) -> Result<u32, Told> {
        self.ask(|state| {
            count(&mut state.calls.page);
            let taken = state.page.emit_batch(text, ends)?;
            Ok(u32::try_from(taken).unwrap_or(u32::MAX))
        })
    }

    fn emit_json(
        &self,
        response: u32,
        pointer: &str,
        picks: &[FieldPick],
        skip: u32,
    ) -> Result<Emitted, Told> {
        self.ask(|state| state.emit_json(held(response), pointer.to_owned(), picks.to_vec(), skip))
    }

    fn room(&self) -> Space {
        let room = self.0.borrow_mut().room();
        room.unwrap_or(Space {
            records_left: 0,
            bytes_left: 0,
            millis_left: 0,
        })
    }

    fn current(&self) -> Details {
        let current = invocation::Host::current(&mut *self.0.borrow_mut());
        current.unwrap_or_else(|_| Details {
            request_id: String::new(),
            flow_name: None,
            execution_id: None,
            profile_label: None,
        })
    }

    fn entity(&self) -> Option<EntityDefinition> {
        self.get(invocation::Host::entity)
    }

    fn entity_json(&self) -> Option<String> {
        self.get(invocation::Host::entity_json)
    }

    fn millis_left(&self) -> u32 {
        self.get(invocation::Host::millis_left)
    }

    fn credentials(&self) -> Result<credentials::Secret, Told> {
        self.ask(credentials::Host::get)
    }

    fn log(&self, level: Level, message: &str, fields: &[(String, String)]) {
        self.get(|state| log::Host::write(state, level, message.to_owned(), fields.to_vec()));
    }
}
