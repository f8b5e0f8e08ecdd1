//! Runs that never end, pages alike that are right, and failures nobody looks at.

use crate::bindings::appflow::connector::common::Error;
use crate::bindings::appflow::connector::http::{self, Request, Response};
use crate::bindings::appflow::connector::page;

/// Performs a behaviour of this module; none if it is not of this module.
pub(crate) fn perform(
    behaviour: &str,
    upstream: &str,
    token: Option<&str>,
) -> Option<Result<Option<String>, Error>> {
    let number: u32 = token.and_then(|token| token.parse().ok()).unwrap_or(0);
    let next = (number + 1).to_string();
    let emit = |record: &str| page::emit(record).map(|_| Some(next.clone()));
    Some(match behaviour {
        // Tokens 1 to 7 over and over, with another record each time.
        "circle-of-tokens" => {
            page::emit(&format!("{{\"id\":{number}}}")).map(|_| Some((number % 7 + 1).to_string()))
        }
        // The same record for ever, each time with another token: wrong where the key is in it.
        "circle-of-pages" => emit("{\"id\":1,\"country\":\"DE\"}"),
        // The same five pages, but of a column in which they are alike.
        "pages-alike" => emit("{\"country\":\"DE\"}").map(|token| token.filter(|_| number < 5)),
        // Never minds its own token: the same request and the same whole answer for ever.
        "circle-of-requests" => send("GET", upstream, "/records").and_then(|response| {
            page::emit_json(&response, "/records", &[], 0).map(|_| Some(next.clone()))
        }),
        // The same, but the records are taken out of the answer one by one, as a slice of it would be.
        "slices-of-an-answer" => send("GET", upstream, "/records")
            .and_then(|response| response.json_at("/records/0"))
            .and_then(|record| emit(&record.unwrap_or_default())),
        "circle-of-nothing" => Ok(Some(next)),
        // An empty list of records and the end after that.
        "empty-then-records" => match number {
            0..3 => Ok(Some(next)),
            _ => page::emit("{\"id\":1}").map(|_| None),
        },
        // Nobody looks at the status of an answer that is a failure, each in another way.
        "unseen-text" => unseen(upstream, |response| response.text().map(drop)),
        "unseen-data" => unseen(upstream, |response| response.data().map(drop)),
        "unseen-json" => unseen(upstream, |response| response.json_at("/records").map(drop)),
        "unseen-header" => unseen(upstream, |response| {
            response.header("content-type");
            Ok(())
        }),
        "unseen-at-all" => unseen(upstream, |_| Ok(())),
        // It is looked at, and taken for good: that is the connector's to say.
        "seen-status" => unseen(upstream, |response| {
            response.status();
            Ok(())
        }),
        "seen-and-swallowed" => unseen(upstream, |response| {
            let _ = response.ensure_ok();
            Ok(())
        }),
        "seen-by-emit-json" => unseen(upstream, |response| {
            let _ = page::emit_json(response, "", &[], 0);
            Ok(())
        }),
        // Types other than those declared.
        "wrong-types" => page::emit("{\"id\":\"CANARY-RECORD-7\",\"country\":7,\"more\":1}")
            .and_then(|_| page::emit("{\"id\":2}"))
            .map(|_| None),
        _ => return None,
    })
}

/// Asks the application, looks at the answer as told, and emits a record as if all were well.
fn unseen(
    upstream: &str,
    look: impl Fn(&Response) -> Result<(), Error>,
) -> Result<Option<String>, Error> {
    let response = send("GET", upstream, "/records")?;
    look(&response)?;
    drop(response);
    page::emit("{\"id\":1}").map(|_| None)
}

pub(crate) fn send(method: &str, upstream: &str, path: &str) -> Result<Response, Error> {
    http::send(&Request {
        method: method.to_owned(),
        url: format!("{upstream}{path}"),
        headers: Vec::new(),
        credential: None,
        body: None,
    })
}
