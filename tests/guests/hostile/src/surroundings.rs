//! Looking around in the sandbox. Each gives one record with what was found.

use std::io::Read;

use crate::bindings::appflow::connector::common::Error;
use crate::bindings::appflow::connector::page;
use crate::bindings::wasi::random::random;

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
        // Clocks and random numbers are granted: libraries cannot do without. What they show is the time and nothing else.
        "clocks" => {
            let now = std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap_or_default();
            let (first, second) = (std::time::Instant::now(), std::time::Instant::now());
            format!(
                "{{\"this-century\":{},\"forwards\":{}}}",
                now.as_secs() > 1_700_000_000,
                second >= first
            )
        }
        "random" => {
            let (first, second) = (random::get_random_u64(), random::get_random_u64());
            format!("{{\"differ\":{}}}", first != second)
        }
        "memory-of-before" => {
            let visits = VISITS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            format!("{{\"visits\":{visits}}}")
        }
        _ => return None,
    };
    Some(page::emit(&found).map(|_| None))
}
