//! The contract in Rust: the one module that knows types generated from `wit/`.
//!
//! [`HostState`] is what a store holds, one per invocation, and the `Host` implementations are what a guest can call. The
//! generated module stays private; conversions to the protocol's types are in `convert`.

mod calls;
mod convert;
mod entity;
mod filter;
mod host_calls;
mod imports;
mod in_place;
mod outgoing;
mod state;
mod stdio;
#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests;
mod trail;
mod usage;

pub use calls::{Guest, check_types};
pub use host_calls::HostCalls;
pub use state::{HostState, InvocationInfo, Parts};
pub use trail::{Failure, RequestTrail};
pub use usage::{FailedStart, Usage};

use wasmtime::component::{HasSelf, Linker};

#[allow(clippy::all, clippy::pedantic, reason = "generated code")]
mod generated {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "appflow:connector/connector",
        imports: {
            "appflow:connector/http.send": async | trappable,
            default: trappable,
        },
        exports: { default: async },
        with: {
            "appflow:connector/http.response": super::state::HeldResponse,
        },
        trappable_error_type: {
            "appflow:connector/common.error" => crate::Error,
        },
        require_store_data_send: true,
    });
}

use generated::appflow::connector as imported;
use generated::exports::appflow::connector as exported;

pub(crate) use exported::configuration::GuestIndices as ConfigurationIndices;
pub(crate) use exported::destination::GuestIndices as DestinationIndices;
pub(crate) use exported::metadata::GuestIndices as MetadataIndices;
pub(crate) use exported::source::GuestIndices as SourceIndices;

/// Links everything a guest may import: the contract's interfaces, `wasi:http`, and those WASI interfaces that language
/// runtimes need to start. They get no files, no environment, no arguments and no sockets.
///
/// `wasi:http` is more than a third of all that is linked, and most connectors have no use for it: it is left out for
/// those that do not import it, since each cold start waits for this.
pub(crate) fn add_to_linker(
    linker: &mut Linker<HostState>,
    imports_wasi_http: bool,
) -> wasmtime::Result<()> {
    imported::http::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    imported::page::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    imported::invocation::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    imported::credentials::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    imported::log::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    imported::common::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    in_place::add_to_linker(linker)?;
    if imports_wasi_http {
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
    }
    wasi(linker)
}

fn wasi(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    use wasmtime_wasi::WasiView as _;
    use wasmtime_wasi::cli::{WasiCli, WasiCliView as _};
    use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView as _};
    use wasmtime_wasi::p2::bindings::{cli, filesystem, random};
    use wasmtime_wasi::random::WasiRandom;

    wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(linker)?;
    // Standard libraries import these whether a program uses them or not. The context they see is empty.
    filesystem::types::add_to_linker::<HostState, WasiFilesystem>(linker, HostState::filesystem)?;
    filesystem::preopens::add_to_linker::<HostState, WasiFilesystem>(
        linker,
        HostState::filesystem,
    )?;
    cli::environment::add_to_linker::<HostState, WasiCli>(linker, HostState::cli)?;
    cli::exit::add_to_linker::<HostState, WasiCli>(linker, HostState::cli)?;
    cli::terminal_input::add_to_linker::<HostState, WasiCli>(linker, HostState::cli)?;
    cli::terminal_output::add_to_linker::<HostState, WasiCli>(linker, HostState::cli)?;
    cli::terminal_stdin::add_to_linker::<HostState, WasiCli>(linker, HostState::cli)?;
    cli::terminal_stdout::add_to_linker::<HostState, WasiCli>(linker, HostState::cli)?;
    cli::terminal_stderr::add_to_linker::<HostState, WasiCli>(linker, HostState::cli)?;
    random::insecure::add_to_linker::<HostState, WasiRandom>(linker, |state| {
        state.ctx().ctx.random()
    })?;
    random::insecure_seed::add_to_linker::<HostState, WasiRandom>(linker, |state| {
        state.ctx().ctx.random()
    })?;
    Ok(())
}
