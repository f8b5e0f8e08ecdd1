//! Handles, pointers and values that are none, handed to the host past everything that generated code checks.
//!
//! Contained means: the guest is ended where it breaks a rule of the component model, as `UnknownError`, before the host
//! has done anything with what it was given; a text that is no UTF-8 never becomes one of the host's.

use crate::bindings::appflow::connector::common::{Error, ErrorCode};
use crate::bindings::appflow::connector::http::Request;
use crate::bindings::appflow::connector::{log, page};
use crate::bindings::wasi::http::types::{Fields, OutgoingRequest};
use crate::failed;
use crate::network::{request, send};

#[allow(unsafe_code, reason = "that is the point")]
mod raw {
    #[link(wasm_import_module = "appflow:connector/http@0.1.0")]
    unsafe extern "C" {
        #[link_name = "[method]response.status"]
        pub(super) fn status(handle: u32) -> u32;
        #[link_name = "[resource-drop]response"]
        pub(super) fn drop_response(handle: u32);
    }
    #[link(wasm_import_module = "appflow:connector/page@0.1.0")]
    unsafe extern "C" {
        #[link_name = "emit"]
        pub(super) fn emit(text: usize, length: usize, answer: usize);
    }
    #[link(wasm_import_module = "appflow:connector/log@0.1.0")]
    unsafe extern "C" {
        #[link_name = "write"]
        pub(super) fn write(level: u32, text: usize, length: usize, fields: usize, count: usize);
    }
}

/// Performs a behaviour of this module; none if it is not of this module.
#[allow(unsafe_code, reason = "that is the point")]
pub(crate) fn perform(behaviour: &str, upstream: &str) -> Option<Result<Option<String>, Error>> {
    let mut area = [0_u64; 16];
    let area = (&raw mut area).addr();
    let record = "{\"id\":1}";
    let text = record.as_ptr().addr();
    // SAFETY of everything below: none; the host must find out.
    match behaviour {
        // Handles nobody gave out.
        "handle-unknown" => told(unsafe { raw::status(12_345) }),
        "handle-zero" => told(unsafe { raw::status(0) }),
        "handle-largest" => told(unsafe { raw::status(u32::MAX) }),
        "handle-drop-unknown" => {
            unsafe { raw::drop_response(12_345) };
            told(0)
        }
        // A handle that was given back.
        "handle-dropped" => with_answer(upstream, |handle| unsafe {
            raw::drop_response(handle);
            raw::status(handle)
        }),
        "handle-dropped-twice" => with_answer(upstream, |handle| unsafe {
            raw::drop_response(handle);
            raw::drop_response(handle);
            0
        }),
        // A handle of something else: headers taken for an answer.
        "handle-foreign" => {
            let fields = Fields::new();
            told(unsafe { raw::status(fields.handle()) })
        }
        "handle-foreign-dropped" => {
            let fields = Fields::new();
            unsafe { raw::drop_response(fields.handle()) };
            told(0)
        }
        // A parent let go of before its child.
        "handle-parent-first" => {
            let request = OutgoingRequest::new(Fields::new());
            let (Ok(body), mut stream) = (request.body(), None) else {
                return told(0);
            };
            stream = body.write().ok().or(stream);
            drop(body);
            drop(stream);
            told(0)
        }
        // Text outside of the guest's memory, or longer than it.
        "pointer-outside" => told_nothing(unsafe { raw::emit(0xffff_0000, 8, area) }),
        "pointer-too-long" => told_nothing(unsafe { raw::emit(text, usize::MAX, area) }),
        // An answer wanted where there is no memory, or where none may lie.
        "pointer-for-the-answer" => {
            told_nothing(unsafe { raw::emit(text, record.len(), 0xffff_fff0) })
        }
        "pointer-unaligned" => told_nothing(unsafe { raw::emit(text, record.len(), area + 1) }),
        // A list of fields that claims to hold a billion.
        "pointer-list" => told_nothing(unsafe { raw::write(1, text, 2, area, 1 << 30) }),
        // A list that is there, of nothing but empty texts: sixteen bytes of each pair here are three times as many there.
        "list-of-nothing" => {
            let nothing = vec![0_u64; 3 << 20];
            told_nothing(unsafe { raw::write(1, text, 2, nothing.as_ptr().addr(), 1_500_000) })
        }
        // A value that the type does not have.
        "value-unknown" => told_nothing(unsafe { raw::write(77, text, 2, area, 0) }),
        // Text that is no UTF-8, everywhere text goes.
        "bytes-as-address" => Some(send(request(&no_text())).map(|_| None)),
        "bytes-as-header" => {
            let headers = vec![("x-test".to_owned(), no_text())];
            Some(
                send(Request {
                    headers,
                    ..request(upstream)
                })
                .map(|_| None),
            )
        }
        "bytes-as-log" => {
            log::write(log::Level::Error, &no_text(), &[]);
            Some(Ok(None))
        }
        "bytes-as-message" => Some(Err(failed(ErrorCode::ClientError, no_text()))),
        "bytes-as-token" => Some(page::emit(record).map(|_| Some(no_text()))),
        "bytes-as-pointer" => Some(
            send(request(&format!("{upstream}/records")))
                .and_then(|response| response.json_at(&no_text()))
                .map(|_| None),
        ),
        _ => None,
    }
}

/// Something done with the handle of an answer.
fn with_answer(
    upstream: &str,
    act: impl FnOnce(u32) -> u32,
) -> Option<Result<Option<String>, Error>> {
    Some(
        send(request(&format!("{upstream}/small"))).and_then(|response| {
            let handle = response.handle();
            std::mem::forget(response);
            told(act(handle)).unwrap_or(Ok(None))
        }),
    )
}

/// The guest got further than it may.
fn told(status: u32) -> Option<Result<Option<String>, Error>> {
    Some(page::emit(&format!("{{\"went-on\":{status}}}")).map(|_| None))
}

fn told_nothing((): ()) -> Option<Result<Option<String>, Error>> {
    told(0)
}

/// Text that breaks the promise of its type, which only reaches the host.
#[allow(unsafe_code, invalid_from_utf8_unchecked, reason = "that is the point")]
pub(crate) fn no_text() -> String {
    // SAFETY: none; the host must find out.
    unsafe { String::from_utf8_unchecked(b"http://\xff\xfe/".to_vec()) }
}
