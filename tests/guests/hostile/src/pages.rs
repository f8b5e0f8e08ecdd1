//! Records and tokens that are none.

use crate::bindings::appflow::connector::common::Error;
use crate::bindings::appflow::connector::page;

/// Performs a behaviour of this module; none if it is not of this module.
pub(crate) fn perform(
    behaviour: &str,
    token: Option<&str>,
) -> Option<Result<Option<String>, Error>> {
    let emit = |record: &str| Some(page::emit(record).map(|_| None));
    let batch = |text: &str, ends: &[u32]| Some(page::emit_batch(text, ends).map(|_| None));
    let then = |token: &str| Some(page::emit("{\"id\":1}").map(|_| Some(token.to_owned())));
    match behaviour {
        // Records that are no JSON object: the call fails, and the guest passes the error on.
        "not-json" => emit("{\"id\":"),
        "not-an-object" => emit("[1,2]"),
        "a-number" => emit("5"),
        "two-objects" => emit("{\"id\":1}{\"id\":2}"),
        "empty-record" => emit(""),
        "control-characters" => emit("{\"id\":\"a\nb\"}"),
        "not-utf-8" => emit(&invalid_utf8()),
        "unpaired-surrogate" => emit("{\"id\":\"\\ud800\"}"),
        "deeply-nested" => emit(&format!(
            "{{\"id\":{}{}}}",
            "[".repeat(200_000),
            "]".repeat(200_000)
        )),
        "larger-than-a-page" => emit(&format!("{{\"id\":\"{}\"}}", "x".repeat(7 << 20))),
        // Small as text, but twice as large once it is a string in JSON.
        "larger-once-escaped" => emit(&format!("{{\"id\":\"{}\"}}", "\\\"".repeat(2 << 20))),
        // Batches whose ends do not fit their text.
        "batch-beyond-the-end" => batch("{}{}", &[2, 400]),
        "batch-backwards" => batch("{}{}", &[4, 2]),
        "batch-within-a-character" => batch("{\"é\":1}", &[3, 8]),
        "batch-short" => batch("{}{}", &[2]),
        // The guest goes on until it is told to stop, by false or by nothing at all.
        "endless" => {
            let record = format!("{{\"text\":\"{}\"}}", "x".repeat(100_000));
            let mut taken = 0;
            loop {
                match page::emit(&record) {
                    Ok(true) => taken += 1,
                    Ok(false) => return Some(Ok(Some(format!("after-{taken}")))),
                    Err(error) => return Some(Err(error)),
                }
            }
        }
        "deaf" => loop {
            if let Err(error) = page::emit("{\"id\":1}") {
                return Some(Err(error));
            }
        },
        // Swallows the error of a bad record and goes on: the good ones count.
        "carries-on" => {
            let _ = page::emit("{\"id\":");
            emit("{\"id\":1}")
        }
        // Tokens.
        "pages" => {
            let number: u32 = token.and_then(|token| token.parse().ok()).unwrap_or(1);
            let _ = page::emit(&format!("{{\"id\":{number}}}"));
            Some(Ok((number < 3).then(|| (number + 1).to_string())))
        }
        // The same token for ever: refused when it comes back. Other odd tokens are fine: the host seals them.
        "token-loop" => then("again"),
        "token-empty" => then(""),
        "token-spaces" => then("a b"),
        "token-lines" => then("a\nb"),
        "token-long" => then(&"x".repeat(10_000)),
        "token-huge" => then(&"x".repeat(20 << 20)),
        "token-longest" => then(&"x".repeat(1_475)),
        "token-too-long" => then(&"x".repeat(1_476)),
        _ => None,
    }
}

/// Text that breaks the promise of its type, which only reaches the host.
#[allow(unsafe_code, invalid_from_utf8_unchecked, reason = "that is the point")]
fn invalid_utf8() -> String {
    // SAFETY: none; the host must find out.
    unsafe { String::from_utf8_unchecked(b"{\"id\":\"\xff\xfe\"}".to_vec()) }
}
