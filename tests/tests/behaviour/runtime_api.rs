//! The emulated Runtime API keeps Lambda's rules, whatever the function does.

use std::time::Duration;

use appflow_testkit::runtime_api::{FunctionConfig, Lambda, PAYLOAD_LIMIT_BYTES};

fn fake() -> FunctionConfig {
    FunctionConfig::new(env!("CARGO_BIN_EXE_fake-runtime")).timeout(Duration::from_secs(20))
}

fn lambda() -> Lambda {
    Lambda::start(fake()).unwrap()
}

fn error_type(lambda: &Lambda, event: &str) -> String {
    lambda
        .invoke(event.as_bytes())
        .unwrap()
        .function_error
        .expect("a function error")
        .error_type
}

#[test]
fn an_event_goes_in_and_its_answer_comes_out() {
    let lambda = lambda();
    let first = lambda.invoke(b"echo hello").unwrap();
    assert_eq!(first.payload, b"hello");
    assert_eq!(first.function_error, None);
    assert!(
        first.init_duration.is_some(),
        "the first invocation starts the process"
    );
    assert_eq!(first.log, ["starting"]);
    let second = lambda.invoke(b"echo again").unwrap();
    assert_eq!(second.payload, b"again");
    assert!(
        second.init_duration.is_none(),
        "the second one finds it running"
    );
    assert_eq!(lambda.starts(), 1);
    assert_ne!(first.request_id, second.request_id);
    assert!(second.max_memory_kib > 0);
}

#[test]
fn what_is_logged_after_the_answer_still_belongs_to_the_invocation() {
    let lambda = lambda();
    lambda.invoke(b"echo warm").unwrap();
    for round in 0..50 {
        let invoked = lambda
            .invoke(format!("log line-{round}").as_bytes())
            .unwrap();
        assert_eq!(
            invoked.log,
            [format!("line-{round}"), format!("line-{round} again")]
        );
    }
    assert_eq!(lambda.logs().unwrap().len(), 101);
}

#[test]
fn headers_name_request_deadline_and_function() {
    let invoked = lambda().invoke(b"headers").unwrap();
    let text = String::from_utf8(invoked.payload).unwrap();
    let deadline: u128 = text
        .lines()
        .find_map(|line| line.strip_prefix("lambda-runtime-deadline-ms: "))
        .expect("a deadline")
        .parse()
        .unwrap();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis();
    assert!(
        deadline > now && deadline <= now + 20_000,
        "a point in time within the timeout: {deadline}, now {now}"
    );
    assert!(text.contains(&format!(
        "lambda-runtime-aws-request-id: {}",
        invoked.request_id
    )));
    assert!(text.contains("lambda-runtime-invoked-function-arn: arn:aws:lambda:"));
}

#[test]
fn an_answer_over_the_limit_is_a_function_error_and_the_process_lives_on() {
    let lambda = lambda();
    let fits = lambda
        .invoke(format!("large {PAYLOAD_LIMIT_BYTES}").as_bytes())
        .unwrap();
    assert_eq!(
        (fits.payload.len(), fits.function_error),
        (PAYLOAD_LIMIT_BYTES, None)
    );
    let event = format!("large {}", PAYLOAD_LIMIT_BYTES + 1);
    assert_eq!(error_type(&lambda, &event), "Function.ResponseSizeTooLarge");
    assert_eq!(lambda.invoke(b"echo on").unwrap().payload, b"on");
    assert_eq!(lambda.starts(), 1);
}

#[test]
fn an_event_over_the_limit_never_reaches_the_function() {
    let lambda = lambda();
    let error = lambda
        .invoke(&vec![b' '; PAYLOAD_LIMIT_BYTES + 1])
        .unwrap_err();
    assert!(
        error.to_string().contains("RequestEntityTooLarge"),
        "{error}"
    );
    assert_eq!(lambda.starts(), 0);
}

#[test]
fn a_function_that_hangs_is_killed_at_its_deadline_and_started_again() {
    let lambda = Lambda::start(fake().timeout(Duration::from_millis(300))).unwrap();
    let invoked = lambda.invoke(b"hang").unwrap();
    let error = invoked.function_error.expect("a function error");
    assert_eq!(error.error_type, "Sandbox.Timedout");
    assert_eq!(error.message, "Task timed out after 0.30 seconds");
    assert!(invoked.duration >= Duration::from_millis(300));
    let next = lambda.invoke(b"echo on").unwrap();
    assert_eq!(next.payload, b"on");
    assert!(next.init_duration.is_some());
    assert_eq!(lambda.starts(), 2);
}

#[test]
fn a_function_that_exits_is_reported_and_started_again() {
    let lambda = lambda();
    let invoked = lambda.invoke(b"exit 5").unwrap();
    let error = invoked.function_error.expect("a function error");
    assert_eq!(error.error_type, "Runtime.ExitError");
    assert!(error.message.contains("exit status 5"), "{}", error.message);
    assert_eq!(lambda.invoke(b"echo on").unwrap().payload, b"on");
    assert_eq!(lambda.starts(), 2);
}

#[test]
fn an_answer_given_before_the_exit_counts() {
    let lambda = lambda();
    for round in 1..=20 {
        let invoked = lambda.invoke(b"answer-exit").unwrap();
        assert_eq!(invoked.payload, b"last words");
        assert_eq!(invoked.function_error, None);
        assert_eq!(lambda.starts(), round);
    }
}

#[test]
fn a_reported_error_keeps_its_type() {
    let lambda = lambda();
    assert_eq!(error_type(&lambda, "fail Handler.Broken"), "Handler.Broken");
    assert_eq!(lambda.invoke(b"echo on").unwrap().payload, b"on");
    assert_eq!(lambda.starts(), 1);
}

#[test]
fn a_second_answer_is_refused() {
    let invoked = lambda().invoke(b"twice").unwrap();
    assert_eq!(invoked.payload, b"first");
    assert!(
        invoked
            .log
            .contains(&"second answer: HTTP/1.1 400 Bad Request".to_owned()),
        "{:?}",
        invoked.log
    );
}

#[test]
fn a_start_that_fails_is_a_function_error() {
    let ended = Lambda::start(fake().env("FAKE_INIT", "exit")).unwrap();
    assert_eq!(error_type(&ended, "echo"), "Runtime.ExitError");
    let reported = Lambda::start(fake().env("FAKE_INIT", "error")).unwrap();
    assert_eq!(error_type(&reported, "echo"), "Init.Broken");
}

#[test]
fn a_function_that_outgrows_its_memory_is_killed() {
    let lambda = Lambda::start(fake().memory_mb(64)).unwrap();
    assert_eq!(error_type(&lambda, "grow 512"), "Runtime.OutOfMemory");
    assert_eq!(lambda.invoke(b"echo on").unwrap().payload, b"on");
}

#[test]
fn nothing_of_our_own_environment_reaches_the_function() {
    let lambda = Lambda::start(fake().env("GIVEN", "yes")).unwrap();
    let value = |name: &str| {
        String::from_utf8(
            lambda
                .invoke(format!("env {name}").as_bytes())
                .unwrap()
                .payload,
        )
        .unwrap()
    };
    assert_eq!(value("GIVEN"), "yes");
    assert_eq!(value("CARGO_MANIFEST_DIR"), "");
    assert_eq!(value("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), "512");
    assert_eq!(
        value("AWS_LAMBDA_INITIALIZATION_TYPE"),
        "",
        "the mark of real Lambda, where local switches are refused"
    );
}

#[test]
fn a_function_that_leaks_a_planted_value_is_caught_in_any_test() {
    for value in ["CANARY-TOKEN-1", "Q0FOQVJZLVRPS0VOLTE=", "43414e4152592d31"] {
        let lambda = lambda();
        let error = lambda
            .invoke(format!("log {value}").as_bytes())
            .unwrap_err();
        let report = format!("{error:#}");
        assert!(report.contains("planted value"), "{report}");
        assert!(!report.contains(value), "{report}");
        // Told once: the environment is dropped without a panic.
        lambda.invoke(b"echo on").unwrap();
    }
}

#[test]
fn a_function_that_leaks_while_it_ends_is_caught_too() {
    let dropped = std::panic::catch_unwind(|| {
        let lambda = lambda();
        lambda.invoke(b"later CANARY-TOKEN-1").unwrap();
        while lambda.logs().unwrap().len() < 2 {
            std::thread::yield_now();
        }
    });
    assert!(dropped.is_err(), "nobody noticed");
}
