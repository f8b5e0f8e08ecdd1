//! More of everything than anybody needs: records, log lines, headers, requests at once, answers nobody reads.

use crate::bindings::appflow::connector::common::{Error, ErrorCode};
use crate::bindings::appflow::connector::http::Request;
use crate::bindings::appflow::connector::{log, page};
use crate::bindings::wasi::clocks::monotonic_clock;
use crate::bindings::wasi::http::outgoing_handler;
use crate::bindings::wasi::http::types::{
    Fields, FutureIncomingResponse, IncomingResponse, OutgoingRequest, Scheme,
};
use crate::bindings::wasi::io::streams::StreamError;
use crate::failed;
use crate::network::{request, send};

/// Performs a behaviour of this module; none if it is not of this module.
pub(crate) fn perform(behaviour: &str, upstream: &str) -> Option<Result<Option<String>, Error>> {
    let count = |name: &str, number: usize| {
        Some(page::emit(&format!("{{\"{name}\":{number}}}")).map(|_| None))
    };
    match behaviour {
        // A gigabyte of records in pieces of a megabyte, whatever the page says: what found no room is not kept.
        "emit-gigabyte" => {
            let record = format!("{{\"text\":\"{}\"}}", "x".repeat(1 << 20));
            for _ in 0..1_000 {
                if let Err(error) = page::emit(&record) {
                    return Some(Err(error));
                }
            }
            Some(Ok(Some("more".to_owned())))
        }
        // Log lines, and lines of standard output, until the guest is stopped.
        "log-endless" => loop {
            log::write(log::Level::Info, "again", &[]);
        },
        "output-endless" => loop {
            println!("again");
        },
        // Headers without end in a request: InvalidArgument, and nothing is sent.
        "headers-many" => Some(
            send(with_headers(
                upstream,
                (0..5_000).map(|number| (format!("x-{number}"), "1".to_owned())),
            ))
            .map(|_| None),
        ),
        "headers-same" => Some(
            send(with_headers(
                upstream,
                (0..100_000).map(|_| ("x-same".to_owned(), "1".to_owned())),
            ))
            .map(|_| None),
        ),
        "headers-long" => Some(
            send(with_headers(
                upstream,
                [("x-long".to_owned(), "x".repeat(1 << 20))],
            ))
            .map(|_| None),
        ),
        // The other way out takes no more than a header list of ordinary size either: the guest is ended.
        "headers-wasi-http" => {
            let fields = Fields::new();
            let mut bytes = 0;
            while fields.append("x-filler", &[b'x'; 1_000]).is_ok() && bytes < (1 << 20) {
                bytes += 1_000;
            }
            let bounded = bytes < (64 << 10);
            Some(page::emit(&format!("{{\"bounded\":{bounded}}}")).map(|_| None))
        }
        "address-long" => {
            Some(send(request(&format!("{upstream}/{}", "x".repeat(1 << 20)))).map(|_| None))
        }
        // Headers without end in an answer: an error, not an answer.
        "answer-headers" => Some(send(request(&format!("{upstream}/flood"))).map(|_| None)),
        // A thousand requests at once: each gets its answer or an error, a few at a time.
        "parallel" => {
            let started: Vec<_> = (0..1_000).map(|_| start(upstream, "/small")).collect();
            let answered = started
                .into_iter()
                .filter_map(Result::ok)
                .filter_map(|answer| wait(&answer))
                .count();
            count("answered", answered)
        }
        // Answers whose bodies are never read, more of them than the host lets out at once.
        "unread" => {
            let mut held = Vec::new();
            for _ in 0..200 {
                let answer = start(upstream, "/large")
                    .ok()
                    .and_then(|answer| wait(&answer));
                match answer {
                    Some(answer) => held.push(answer),
                    None => return Some(Err(failed(ErrorCode::ServerError, "no more answers"))),
                }
            }
            count("held", held.len())
        }
        // A body held in hand until the time is over.
        "unread-until-the-end" => {
            let _held = start(upstream, "/large")
                .ok()
                .and_then(|answer| wait(&answer));
            loop {
                monotonic_clock::subscribe_duration(3_600_000_000_000).block();
            }
        }
        // A body that stops coming in the middle, read until the time is over.
        "read-stalled" => {
            let answer = start(upstream, "/stalled")
                .ok()
                .and_then(|answer| wait(&answer));
            let body = answer.and_then(|answer| answer.consume().ok());
            let Some(stream) = body.as_ref().and_then(|body| body.stream().ok()) else {
                return Some(Err(failed(ErrorCode::ServerError, "no body")));
            };
            loop {
                match stream.blocking_read(65_536) {
                    Ok(_) => {}
                    Err(StreamError::Closed) => return Some(Ok(None)),
                    Err(StreamError::LastOperationFailed(_)) => {
                        return Some(Err(failed(ErrorCode::RequestTimeout, "the body broke off")));
                    }
                }
            }
        }
        // Work begun and not waited for: it ends with the answer.
        "abandons-requests" => {
            for _ in 0..8 {
                std::mem::forget(start(upstream, "/hang"));
            }
            // Their connections are made while the guest waits for one that is answered.
            let last = start(upstream, "/small")
                .ok()
                .and_then(|answer| wait(&answer));
            count("answered", usize::from(last.is_some()))
        }
        // A request whose body the guest begins, and never ends.
        "abandons-a-body" => {
            let request = outgoing(upstream, "/small");
            let body = request.body().ok();
            let stream = body.as_ref().and_then(|body| body.write().ok());
            let answer = outgoing_handler::handle(request, None);
            if let Some(stream) = &stream {
                let _ = stream.blocking_write_and_flush(b"begun");
            }
            std::mem::forget((answer, stream, body));
            count("begun", 1)
        }
        // Everything that hangs together let go of in an order nobody would choose.
        "odd-order" => {
            let Some(answer) = start(upstream, "/large")
                .ok()
                .and_then(|answer| wait(&answer))
            else {
                return Some(Err(failed(ErrorCode::ServerError, "no answer")));
            };
            let headers = answer.headers();
            let body = answer.consume().ok();
            let stream = body.as_ref().and_then(|body| body.stream().ok());
            drop(answer);
            drop(body);
            drop(stream);
            drop(headers);
            count("dropped", 1)
        }
        _ => None,
    }
}

fn with_headers(upstream: &str, headers: impl IntoIterator<Item = (String, String)>) -> Request {
    Request {
        headers: headers.into_iter().collect(),
        ..request(&format!("{upstream}/small"))
    }
}

fn outgoing(upstream: &str, path: &str) -> OutgoingRequest {
    let request = OutgoingRequest::new(Fields::new());
    let authority = upstream.strip_prefix("http://").unwrap_or(upstream);
    let _ = request.set_scheme(Some(&Scheme::Http));
    let _ = request.set_authority(Some(authority));
    let _ = request.set_path_with_query(Some(path));
    request
}

/// Begins a request over `wasi:http`.
fn start(upstream: &str, path: &str) -> Result<FutureIncomingResponse, ()> {
    outgoing_handler::handle(outgoing(upstream, path), None).map_err(drop)
}

/// Waits for its answer; none if there is none.
fn wait(answer: &FutureIncomingResponse) -> Option<IncomingResponse> {
    answer.subscribe().block();
    answer.get()?.ok()?.ok()
}
