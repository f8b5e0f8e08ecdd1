//! Looking around in the sandbox. Each gives one record with what was found.

use std::io::Read;

use crate::bindings::appflow::connector::common::Error;
use crate::bindings::appflow::connector::page;

/// Left behind for the next invocation, which must not see it.
static VISITS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

/// Performs a behaviour of this module; none if it is not of this module.
pub(crate) fn perform(behaviour: &str) -> Option<Result<Option<String>, Error>> {
    let found = match behaviour {
        "environment" => format!(
            "{{\"variables\":{},\"arguments\":{}}}",
            std::env::vars().count(),
            std::env::args().count()
        ),
        "files" => {
            let opened = [
                "/etc/passwd",
                "/proc/self/environ",
                "/",
                ".",
                "/tmp/x",
                "/dev/null",
            ]
            .iter()
            .filter(|path| std::fs::File::open(path).is_ok() || std::fs::write(path, b"x").is_ok())
            .count();
            format!("{{\"opened\":{opened}}}")
        }
        "input" => {
            let mut text = String::new();
            let read = std::io::stdin()
                .read_to_string(&mut text)
                .unwrap_or_default();
            format!("{{\"read\":{read}}}")
        }
        "memory-of-before" => {
            let visits = VISITS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            format!("{{\"visits\":{visits}}}")
        }
        _ => return None,
    };
    Some(page::emit(&found).map(|_| None))
}
