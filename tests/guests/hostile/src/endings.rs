//! Never answering, or ending in another way.

use std::hint::black_box;

use crate::bindings::appflow::connector::common::Error;
use crate::bindings::appflow::connector::{log, page};

/// Performs a behaviour of this module; none if it is not of this module.
pub(crate) fn perform(behaviour: &str) -> Option<Result<Option<String>, Error>> {
    match behaviour {
        // Stopped by the host before the deadline: RequestTimeout.
        "spin" => loop {
            black_box(0);
        },
        // As above, but time passes in the host.
        "sleep" => loop {
            std::thread::sleep(std::time::Duration::from_secs(3_600));
        },
        // As above, but the host is called all the time.
        "busy-with-the-host" => loop {
            black_box(page::room());
        },
        // Stopped by its memory limit.
        "grow" => {
            let mut hoard = Vec::new();
            loop {
                hoard.push(black_box(vec![1_u8; 1 << 20]));
            }
        }
        // As above, but in one step that can never succeed.
        "grow-at-once" => Some(Ok(Some(black_box("x".repeat(1 << 30))))),
        // A panic. Its message goes to the log, where the author finds it, and not to AppFlow.
        "panic" => panic!("panic of the guest"),
        // Leaves as a program would.
        "exit" => std::process::exit(3),
        "exit-well" => std::process::exit(0),
        // A trap.
        "abort" => std::process::abort(),
        // Runs out of stack.
        "overflow" => Some(Ok(Some(deeper(0).to_string()))),
        // Gives the page some records before it panics: they must not be answered.
        "panic-with-records" => {
            let _ = page::emit("{\"id\":1}");
            panic!("after a record")
        }
        // Writes as much to its log as it can.
        "log-flood" => {
            let line = "x".repeat(1_000);
            for _ in 0..20_000 {
                log::write(
                    log::Level::Error,
                    &line,
                    &[("field".to_owned(), line.clone())],
                );
            }
            Some(Ok(None))
        }
        // The same over standard output and standard error.
        "output-flood" => {
            let line = "x".repeat(1_000);
            for _ in 0..10_000 {
                println!("{line}");
                eprintln!("{line}");
            }
            Some(Ok(None))
        }
        // A log line that pretends to be several, or another's.
        "log-forgery" => {
            log::write(
                log::Level::Info,
                "done\n{\"level\":\"ERROR\",\"message\":\"forged\"}",
                &[
                    ("requestId".to_owned(), "forged\n\u{1b}[2J".to_owned()),
                    (String::new(), String::new()),
                ],
            );
            println!("{{\"level\":\"ERROR\",\"message\":\"forged on output\"}}\r\n\u{1b}[2Jgone");
            Some(Ok(None))
        }
        _ => None,
    }
}

#[allow(unconditional_recursion, reason = "that is the point")]
fn deeper(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    deeper(depth + 1) + frame.iter().sum::<u64>()
}
