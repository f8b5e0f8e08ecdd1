//! A guest dials every address that may not be reached, in every spelling, over both ways out.
//!
//! None of these addresses is granted, so that the grants alone refuse them: these tests would pass without the check of
//! addresses behind them. That one is shown by unit tests of the host: `egress::tests::names` for granted names
//! that lead to such an address, `egress::address` and `egress::host` for the addresses and their spellings.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

use appflow_testkit::addresses::{Target, forbidden, spellings_of_port};
use appflow_testkit::runtime_api::Lambda;
use appflow_testkit::upstream::{Script, Upstream};
use serde_json::{Value, json};

use crate::support::{ask, function};

use super::query;

/// Targets of one request: their records fit one page.
const AT_ONCE: usize = 500;

/// How often the way out refused a request, as the log says.
fn refusals(log: &[String]) -> u64 {
    log.iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["message"] == "invocation")
        .filter_map(|line| line["refused"].as_u64())
        .sum()
}

/// Has a guest dial all targets; fails at the first that was not refused.
fn dial(lambda: &Lambda, targets: &[Target]) {
    for part in targets.chunks(AT_ONCE) {
        let lines: Vec<String> = part
            .iter()
            .map(|target| format!("{} {}", target.scheme, target.authority))
            .collect();
        let mut request = query("dial", json!({"targets": lines.join("\n")}));
        request["maxResults"] = json!(AT_ONCE);
        let (answer, invoked) = ask(lambda, &request);
        assert_eq!(answer["isSuccess"], true, "{answer}");
        let records = answer["records"].as_array().unwrap();
        assert_eq!(records.len(), part.len());
        let mut counted = 0;
        for (record, target) in records.iter().zip(part) {
            let record: Value = serde_json::from_str(record.as_str().unwrap()).unwrap();
            let (http, wasi) = (&record["http"], &record["wasi"]);
            let refused =
                ["AccessDenied", "InvalidArgument"].map(|code| format!("ErrorCode::{code}"));
            let http = http.as_str().unwrap();
            assert!(
                refused.iter().any(|code| code == http),
                "http.send to {target:?}: {record}"
            );
            let wasi = wasi.as_str().unwrap();
            // Another scheme than these two is no business of HTTP's, and ends before any policy is asked.
            let other = !["http", "https"].contains(&target.scheme);
            assert!(
                ["Denied", "Malformed", "NoAuthority", "NoScheme"].contains(&wasi)
                    || other && wasi == "ErrorCode::HttpProtocolError",
                "wasi:http to {target:?}: {record}"
            );
            counted += 1 + u64::from(wasi == "Denied");
        }
        let refused = refusals(&invoked.log);
        assert!(
            refused >= counted,
            "{refused} refusals were counted of {counted}"
        );
    }
}

#[test]
fn no_forbidden_address_is_reached_in_any_spelling() {
    let lambda = Lambda::start(function("hostile")).unwrap();
    dial(&lambda, &forbidden());
    assert_eq!(lambda.starts(), 1);
}

/// Where one can listen, nobody comes: on this machine's own addresses, and on the Runtime API's port.
#[test]
fn nothing_that_listens_on_this_machine_is_connected_to() {
    let v4 = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let port = v4.local_addr().unwrap().port();
    let v6 = TcpListener::bind((Ipv6Addr::LOCALHOST, port));
    let lambda = Lambda::start(function("hostile")).unwrap();
    let targets = spellings_of_port(port);
    dial(&lambda, &targets);
    for listener in [Some(v4), v6.ok()].into_iter().flatten() {
        listener.set_nonblocking(true).unwrap();
        let came = listener.accept();
        assert!(came.is_err(), "somebody connected: {came:?}");
    }
    let address = lambda.runtime_api().unwrap();
    let runtime_api: u16 = address.rsplit(':').next().unwrap().parse().unwrap();
    dial(&lambda, &spellings_of_port(runtime_api));
    assert_eq!(lambda.starts(), 1);
}

/// A stand-in on this machine, as tests and demonstrations have it, lets a connector go there and nowhere else.
#[test]
fn a_local_target_opens_no_other_address_of_this_machine() {
    let script: Script = toml::from_str("[[exchange]]\npath = '/small'").unwrap();
    let upstream = Upstream::start(script, std::path::Path::new(".")).unwrap();
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = function("hostile").env("APPFLOW_LOCAL_TARGETS", upstream.url());
    let lambda = Lambda::start(config).unwrap();
    dial(&lambda, &spellings_of_port(port));
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err());
    assert_eq!(upstream.requests(), Vec::new());
    // The stand-in itself is there, so that the test would notice if nothing at all were reached.
    let (answer, _) = ask(
        &lambda,
        &query("parallel", json!({"upstream": upstream.url()})),
    );
    assert_eq!(answer["isSuccess"], true, "{answer}");
    assert!(!upstream.requests().is_empty());
}
