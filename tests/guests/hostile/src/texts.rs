//! Records and values exactly as the request or the application has them, for tests that compare every byte.

use crate::bindings::appflow::connector::common::{Error, Pairs};
use crate::bindings::appflow::connector::http::{Credential, Request};
use crate::bindings::appflow::connector::page::{self, FieldPick};
use crate::bindings::appflow::connector::{credentials, log};
use crate::network::{request, send};
use crate::setting;

/// Performs a behaviour of this module; none if it is not of this module.
pub(crate) fn perform(
    behaviour: &str,
    settings: &Pairs,
    upstream: &str,
) -> Option<Result<Option<String>, Error>> {
    let given = |key: &str| setting(settings, key).unwrap_or_default();
    Some(match behaviour {
        // The record in the setting `record`, as it stands.
        "emit-given" => page::emit(given("record")).map(|_| None),
        // The application's records, whole.
        "emit-answer" => send(request(&format!("{upstream}/odd"))).and_then(|response| {
            page::emit_json(&response, "/records", &[], 0)?;
            Ok(None)
        }),
        // One value of each of the application's records, by the path in the setting `pick`.
        "pick-answer" => send(request(&format!("{upstream}/odd"))).and_then(|response| {
            let pick = FieldPick {
                name: "value".to_owned(),
                path: given("pick").to_owned(),
            };
            page::emit_json(&response, "/records", &[pick], 0)?;
            Ok(None)
        }),
        // A value of the application's answer as JSON text, put into a record.
        "value-of-answer" => send(request(&format!("{upstream}/odd"))).and_then(|response| {
            let value = response.json_at(given("pick"))?;
            page::emit(&format!("{{\"value\":{}}}", value.unwrap_or_default()))?;
            Ok(None)
        }),
        // A value of the application's answer as text, which must be one.
        "text-of-answer" => send(request(&format!("{upstream}/odd"))).and_then(|response| {
            let value = response.text_at(given("pick"))?;
            page::emit(&format!(
                "{{\"length\":{}}}",
                value.unwrap_or_default().len()
            ))?;
            Ok(None)
        }),
        // What identifies this invocation, through everything that might be shared with another: a request with its
        // credentials and settings, a record, a log line.
        "who-am-i" => who(given("name"), upstream),
        // What the guest is given as its credentials, as a record, a log line and on standard output.
        "credentials-everywhere" => {
            let secret = format!("{:?}", credentials::get()).replace(['"', '\\'], "'");
            log::write(
                log::Level::Error,
                &secret,
                &[("secret".to_owned(), secret.clone())],
            );
            println!("{secret}");
            page::emit(&format!("{{\"secret\":\"{secret}\"}}")).map(|_| None)
        }
        // Placeholders nobody gave out, each one character away from one that was.
        "guesses" => guesses(upstream),
        _ => return None,
    })
}

fn who(name: &str, upstream: &str) -> Result<Option<String>, Error> {
    log::write(
        log::Level::Info,
        "who",
        &[("name".to_owned(), name.to_owned())],
    );
    println!("printed by {name}");
    let response = send(Request {
        headers: vec![("x-name".to_owned(), name.to_owned())],
        credential: Some(Credential::Bearer),
        ..request(&format!("{upstream}/who?name={name}"))
    })?;
    response.ensure_ok()?;
    page::emit(&format!(
        "{{\"name\":\"{name}\",\"status\":{}}}",
        response.status()
    ))?;
    Ok(Some(format!("after-{name}")))
}

/// A thousand guesses in headers and query, all of which must arrive as they were sent.
fn guesses(upstream: &str) -> Result<Option<String>, Error> {
    let given = match credentials::get()? {
        credentials::Secret::Oauth2(placeholder) => placeholder,
        _ => String::new(),
    };
    let mut wrong = 0;
    let letters: Vec<char> = given.chars().collect();
    for round in 0..50 {
        let mut headers = Vec::new();
        for place in 0..20 {
            let mut guess = letters.clone();
            // Another letter of the same kind, so that the guess has the right form.
            if let Some(letter) = guess.get_mut((round * 20 + place) % letters.len().max(1)) {
                *letter = if *letter == 'a' { 'b' } else { 'a' };
            }
            let guess: String = guess.into_iter().collect();
            headers.push((format!("x-guess-{place}"), guess));
        }
        let sent = headers.clone();
        let response = send(Request {
            headers,
            ..request(&format!("{upstream}/echo-headers"))
        })?;
        // The application repeats the headers, one a line.
        let text = response.text()?;
        wrong += sent
            .iter()
            .filter(|(name, value)| !text.contains(&format!("{name}: {value}\n")))
            .count();
    }
    page::emit(&format!("{{\"guesses\":1000,\"changed\":{wrong}}}"))?;
    Ok(None)
}
