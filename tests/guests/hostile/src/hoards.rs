//! Taking what the host has, piece by piece: each thing is small, and there is no end of them.
//!
//! What a guest makes the host hold is not in the guest's own memory, so its memory limit does not see it. Contained
//! means: a limit of the host ends it, the process stays small, and the next invocation finds everything free again.

use std::hint::black_box;
use std::mem::forget;

use crate::bindings::appflow::connector::common::Error;
use crate::bindings::appflow::connector::page;
use crate::bindings::exports::appflow::hostile::sins;
use crate::bindings::wasi::clocks::monotonic_clock;
use crate::bindings::wasi::http::types::{Fields, OutgoingBody, OutgoingRequest};
use crate::bindings::wasi::random::random;
use crate::network::{request, send};

/// An hour in nanoseconds.
const HOUR: u64 = 3_600_000_000_000;

/// Performs a behaviour of this module; none if it is not of this module.
pub(crate) fn perform(behaviour: &str, upstream: &str) -> Option<Result<Option<String>, Error>> {
    match behaviour {
        // Objects of `wasi:http` without end: the table of resources is full at some point, which ends the guest.
        "hoard-fields" => loop {
            forget(Fields::new());
        },
        // As above, each filled with about as much as the host takes.
        "hoard-filled-fields" => hoard_fields(31 << 10),
        // More than it takes: the first one ends the guest.
        "hoard-overfull-fields" => hoard_fields(120 << 10),
        // Timers without end.
        "hoard-timers" => loop {
            forget(monotonic_clock::subscribe_duration(HOUR));
        },
        // Requests that are never sent, with as much body in each as the host takes.
        "hoard-bodies" => loop {
            forget(unsent());
        },
        // Resources of the guest's own: handles are the host's to keep.
        "hoard-handles" => loop {
            forget(sins::Thing::new(Thing { falls: false }));
        },
        // Random bytes cost the host memory before the guest has room for them.
        "hoard-random" => loop {
            black_box(random::get_random_bytes(64 << 20));
        },
        "hoard-random-at-once" => {
            black_box(random::get_random_bytes(u64::MAX));
            Some(Ok(None))
        }
        // Answers without end, all of them kept: the call fails, and the guest passes the error on.
        "hoard-answers" => {
            let mut held = Vec::new();
            loop {
                match send(request(&format!("{upstream}/small"))) {
                    Ok(response) => held.push(response),
                    Err(error) => return Some(Err(error)),
                }
            }
        }
        // All memory there is, and not a byte more: that is allowed.
        "hoard-memory-politely" => {
            let mut hoard: Vec<Vec<u8>> = Vec::new();
            loop {
                let mut piece = Vec::new();
                if piece.try_reserve_exact(1 << 20).is_err() {
                    break;
                }
                piece.resize(1 << 20, 1);
                hoard.push(black_box(piece));
            }
            let megabytes = hoard.len();
            drop(hoard);
            let enough = megabytes > 40;
            Some(page::emit(&format!("{{\"enough\":{enough}}}")).map(|_| None))
        }
        // A destructor that panics, run by the host when the guest lets go of its handle.
        "destructor" => {
            drop(sins::Thing::new(Thing { falls: true }));
            Some(Ok(None))
        }
        _ => None,
    }
}

/// Headers without end, of so many bytes each.
fn hoard_fields(bytes: usize) -> ! {
    let entries = [("x-filler".to_owned(), vec![b'x'; bytes])];
    loop {
        forget(Fields::from_list(&entries));
    }
}

/// A request whose body holds all that the host takes before somebody reads it.
fn unsent() -> OutgoingRequest {
    let request = OutgoingRequest::new(Fields::new());
    let Ok(body) = request.body() else {
        return request;
    };
    let Ok(stream) = body.write() else {
        return request;
    };
    let filler = vec![b'x'; 1 << 20];
    while let Ok(room) = stream.check_write() {
        let length = filler
            .len()
            .min(usize::try_from(room).unwrap_or(usize::MAX));
        if length == 0 || stream.write(&filler[..length]).is_err() {
            break;
        }
    }
    // Children go before their parents; what was written stays with the request.
    drop(stream);
    drop::<OutgoingBody>(body);
    request
}

/// One of them.
pub(crate) struct Thing {
    falls: bool,
}

impl sins::Guest for crate::Hostile {
    type Thing = Thing;
}

impl sins::GuestThing for Thing {
    fn new() -> Self {
        Self { falls: false }
    }
}

impl Drop for Thing {
    fn drop(&mut self) {
        assert!(!self.falls, "a destructor that panics");
    }
}
