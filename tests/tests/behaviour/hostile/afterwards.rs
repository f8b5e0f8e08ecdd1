//! What is left of an invocation when it has been answered: nothing.

use std::time::{Duration, Instant};

use appflow_testkit::runtime_api::Lambda;
use appflow_testkit::upstream::{Script, Upstream};
use serde_json::json;

use crate::support::{ask, code, function, good_records};

use super::query;

/// Time for the application to hear that a connection was closed.
const PATIENCE: Duration = Duration::from_secs(10);

fn application() -> Upstream {
    let script: Script = toml::from_str(
        "[[exchange]]\npath = '/small'\nbody = '{}'\n\
         [[exchange]]\npath = '/large'\nbody-bytes = 4000000\n\
         [[exchange]]\npath = '/hang'\nfault = 'hang'\n",
    )
    .unwrap();
    Upstream::start(script, std::path::Path::new(".")).unwrap()
}

fn start(application: &Upstream) -> Lambda {
    let config = function("hostile").env("APPFLOW_LOCAL_TARGETS", application.url());
    let lambda = Lambda::start(config).unwrap();
    good(&lambda, application);
    lambda
}

fn good(lambda: &Lambda, application: &Upstream) {
    let (answer, _) = ask(
        lambda,
        &query("good", json!({"upstream": application.url()})),
    );
    assert_eq!(answer["records"], good_records());
}

fn behave(lambda: &Lambda, application: &Upstream, behaviour: &str) -> serde_json::Value {
    ask(
        lambda,
        &query(behaviour, json!({"upstream": application.url()})),
    )
    .0
}

/// Waits until the application has no more connections than so many; the idle ones of the pool may stay.
fn connections_fall_to(application: &Upstream, most: usize) {
    let began = Instant::now();
    while application.connections() > most {
        assert!(
            began.elapsed() < PATIENCE,
            "{} connections stay open",
            application.connections()
        );
        std::thread::yield_now();
    }
}

#[test]
fn requests_nobody_waits_for_end_with_the_answer() {
    let application = application();
    let lambda = start(&application);
    let answer = behave(&lambda, &application, "abandons-requests");
    assert_eq!(answer["records"], json!(["{\"answered\":1}"]), "{answer}");
    good(&lambda, &application);
    // Eight requests hang at the application: their connections were closed under them.
    connections_fall_to(&application, 1);
    let before = application.requests().len();
    good(&lambda, &application);
    assert_eq!(
        application.requests().len(),
        before,
        "work went on after the answer"
    );
}

#[test]
fn a_thousand_requests_at_once_are_let_out_a_few_at_a_time() {
    let application = application();
    let lambda = start(&application);
    let answer = behave(&lambda, &application, "parallel");
    assert_eq!(
        answer["records"],
        json!(["{\"answered\":1000}"]),
        "{answer}"
    );
    assert_eq!(application.requests().len(), 1_000);
    assert!(
        application.most_connections() <= 64,
        "{} connections at once",
        application.most_connections()
    );
    good(&lambda, &application);
    assert_eq!(lambda.starts(), 1);
}

#[test]
fn answers_nobody_reads_are_bounded_and_let_go() {
    let application = application();
    let mut config = function("hostile").env("APPFLOW_LOCAL_TARGETS", application.url());
    config.timeout = Duration::from_secs(4);
    let lambda = Lambda::start(config).unwrap();
    good(&lambda, &application);
    let answer = behave(&lambda, &application, "unread");
    assert!(
        ["RequestTimeout", "ServerError"].contains(&code(&answer)),
        "{answer}"
    );
    assert!(
        application.most_connections() <= 64,
        "{} connections at once",
        application.most_connections()
    );
    good(&lambda, &application);
    connections_fall_to(&application, 16);
}

/// Every sin once, in one process, three times over: in the last round the process holds no more than in the one before.
/// Memory is compared by its peaks, since an allocator gives back what is free when it pleases.
#[test]
fn files_threads_and_memory_do_not_grow_with_the_sins() {
    let application = application();
    let mut config = function("hostile").env("APPFLOW_LOCAL_TARGETS", application.url());
    config.timeout = Duration::from_secs(3);
    let lambda = Lambda::start(config).unwrap();
    let round = || {
        for behaviour in [
            "panic",
            "exit",
            "overflow",
            "grow",
            "destructor",
            "hoard-fields",
            "hoard-filled-fields",
            "hoard-timers",
            "hoard-bodies",
            "hoard-handles",
            "handle-unknown",
            "pointer-outside",
            "bytes-as-log",
            "not-utf-8",
            "endless",
            "log-flood",
            "abandons-requests",
            "abandons-a-body",
            "odd-order",
        ] {
            behave(&lambda, &application, behaviour);
            good(&lambda, &application);
        }
        lambda.held().unwrap()
    };
    round();
    let before = round();
    connections_fall_to(&application, 16);
    let after = round();
    assert_eq!(lambda.starts(), 1, "the process ended");
    assert!(
        after.open_files <= before.open_files + 2 && after.threads <= before.threads,
        "{before:?}, then {after:?}"
    );
    assert!(
        after.peak_memory_kib <= before.peak_memory_kib + (8 << 10),
        "{before:?}, then {after:?}"
    );
    assert!(after.peak_memory_kib < (160 << 10), "{after:?}");
}
