//! The calls that carry whole pages, without a copy in between.
//!
//! What `bindgen!` generates makes a `String` of every text that comes from a guest, and wants one for every text that goes to it.
//! Here records are read where they lie in the guest's memory, and bodies are written into it from where the host holds them. The
//! functions take the places of the generated ones in the linker.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, WasmList, WasmStr};

use super::convert;
use super::host_calls::count;
use super::imported::common;
use super::imports::to_u32;
use super::state::{HeldBody, HeldResponse, HostState};
use crate::Error;
use crate::mechanism;
use crate::page::{Page, PageError};

/// Most bytes of records in one call. A page has 6 MB; what is more keeps the host from looking whether the guest's time is over.
const MOST_BYTES: usize = 32 << 20;

/// What the guest gets of a call.
type Answer<T> = wasmtime::Result<(Result<T, common::Error>,)>;

fn answer<T>(outcome: Result<T, Error>) -> Answer<T> {
    Ok((outcome.map_err(|error| convert::error_to_guest(&error)),))
}

/// Puts the functions into the places of the generated ones.
pub(super) fn add_to_linker(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let mut page = linker.instance("appflow:connector/page@0.1.0")?;
    page.func_wrap("emit", |store: Store<'_>, (json,): (WasmStr,)| {
        emit(store, |page, store| {
            let json = json.to_str(store)?;
            within_bounds(json.len())?;
            Ok(page.emit(&json))
        })
    })?;
    page.func_wrap(
        "emit-batch",
        |store: Store<'_>, (text, ends): (WasmStr, WasmList<u32>)| {
            emit(store, |page, store| {
                let text = text.to_str(store)?;
                let ends = ends.as_le_slice(store);
                within_bounds(text.len() + size_of_val(ends))?;
                let taken = page.emit_batch(&text, ends);
                Ok(taken.map(to_u32))
            })
        },
    )?;
    let mut http = linker.instance("appflow:connector/http@0.1.0")?;
    http.func_wrap(
        "[method]response.text",
        |mut store: Store<'_>, (response,): (Resource<HeldResponse>,)| {
            answer(store.data_mut().body(&response).and_then(HeldBody::text))
        },
    )?;
    http.func_wrap(
        "[method]response.data",
        |mut store: Store<'_>, (response,): (Resource<HeldResponse>,)| {
            answer(store.data_mut().body(&response).map(HeldBody::data))
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

type Store<'s> = StoreContextMut<'s, HostState>;

/// Calls `with` with the page, which is out of the store meanwhile, so that the guest's memory can be looked at. An error of
/// `with` itself ends the guest.
fn emit<T>(
    mut store: Store<'_>,
    with: impl FnOnce(&mut Page, &Store<'_>) -> wasmtime::Result<Result<T, PageError>>,
) -> Answer<T> {
    let state = store.data_mut();
    count(&mut state.calls.page);
    let mut page = std::mem::replace(&mut state.page, Page::closed());
    let outcome = with(&mut page, &store);
    store.data_mut().page = page;
    answer(outcome?.map_err(Error::from))
}

fn within_bounds(bytes: usize) -> wasmtime::Result<()> {
    if bytes > MOST_BYTES && !mechanism::off("limits.handed-over") {
        return Err(wasmtime::Error::msg(
            "the connector hands over more than 32 MiB at once",
        ));
    }
    Ok(())
}
