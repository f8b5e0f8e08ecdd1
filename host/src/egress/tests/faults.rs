//! What faults on purpose do to requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::server::answer;
use super::*;

const BODY: &str = "{\"records\":[{\"id\":1},{\"id\":2}]}";

/// An application that counts its requests, and a way to it with faults.
async fn faulty(plan: &str) -> (Server, Egress, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let server = Server::start(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        answer("200 OK", "content-type: application/json\r\n", BODY)
    })
    .await;
    let egress = Egress::new(
        vec![],
        vec![],
        EgressOptions {
            local: LocalTargets::parse(&server.url()).unwrap(),
            faults: FaultPlan::parse(plan).unwrap(),
            ..quick()
        },
    );
    (server, egress, count)
}

/// A POST, which nothing repeats.
async fn post(egress: &Egress, server: &Server) -> Result<OutboundResponse, EgressError> {
    let policy = egress.policy(&[]);
    let sent = egress.send(&policy, request("POST", &server.url()), soon(), LIMITS);
    sent.await
}

#[tokio::test]
async fn each_fault_of_a_connection_is_the_error_it_stands_for() {
    for (fault, reaches, said) in [
        ("dns", 0, "its name was not found"),
        ("connect-refused", 0, "connection refused"),
        ("tls", 0, "certificate is not valid (expired)"),
        ("reset-before", 0, "incomplete"),
        ("reset-after", 1, "incomplete"),
        ("truncate:5", 1, "incomplete"),
        ("truncate:9999", 1, "incomplete"),
        ("wrong-length", 1, "incomplete"),
    ] {
        let (server, egress, count) = faulty(&format!("1-={fault}")).await;
        let error = post(&egress, &server).await.unwrap_err();
        assert!(error.to_string().contains(said), "{fault}: {error}");
        assert_eq!(count.load(Ordering::SeqCst), reaches, "{fault}");
        // A host cannot know that a connection ended before the request was read.
        let may = reaches > 0 || fault == "reset-before";
        assert_eq!(error.may_have_been_sent(), may, "{fault}");
    }
}

#[tokio::test]
async fn made_answers_replace_the_real_one_before_or_after_it_was_given() {
    for (fault, reaches) in [("status", 0), ("status-after", 1)] {
        let plan = format!("1={fault}:418,x-a=b,body=short");
        let (server, egress, count) = faulty(&plan).await;
        let answer = post(&egress, &server).await.unwrap();
        assert_eq!(answer.status, 418, "{fault}");
        assert_eq!(answer.headers["x-a"], "b");
        assert_eq!(answer.body, "short");
        assert_eq!(count.load(Ordering::SeqCst), reaches, "{fault}");
        assert_eq!(post(&egress, &server).await.unwrap().body, BODY);
    }
}

#[tokio::test]
async fn malformed_bodies_reach_the_caller_as_they_are() {
    let half = &BODY.as_bytes()[..BODY.len() / 2];
    let marked = [&b"\xef\xbb\xbf"[..], BODY.as_bytes()].concat();
    for (fault, expected) in [
        ("cut", Some(half)),
        ("empty", Some(&b""[..])),
        ("bom", Some(&marked[..])),
        ("type", Some(BODY.as_bytes())),
        ("html", None),
        ("not-utf8", None),
    ] {
        let (server, egress, count) = faulty(&format!("1=malformed:{fault}")).await;
        let answer = post(&egress, &server).await.unwrap();
        assert_eq!(answer.status, 200, "{fault}");
        let html = answer.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html");
        assert_eq!(html, ["html", "type"].contains(&fault), "{fault}");
        match expected {
            Some(body) => assert_eq!(answer.body, body, "{fault}"),
            None if fault == "html" => assert!(answer.body.starts_with(b"<!DOCTYPE html>")),
            None => assert!(std::str::from_utf8(&answer.body).is_err()),
        }
        assert_eq!(count.load(Ordering::SeqCst), 1, "{fault}");
    }
}

#[tokio::test]
async fn slow_and_dripping_answers_come_late_and_whole() {
    for fault in ["slow:30", "drip:30"] {
        let (server, egress, _) = faulty(&format!("1={fault}")).await;
        let start = Instant::now();
        assert_eq!(post(&egress, &server).await.unwrap().body, BODY, "{fault}");
        assert!(start.elapsed() >= Duration::from_millis(30), "{fault}");
    }
}

#[tokio::test]
async fn a_slow_answer_ends_at_the_deadline_though_the_application_has_worked() {
    let (server, egress, count) = faulty("1=slow:60000").await;
    let error = egress
        .send(
            &egress.policy(&[]),
            request("POST", &server.url()),
            Instant::now() + Duration::from_millis(200),
            LIMITS,
        )
        .await
        .unwrap_err();
    assert!(matches!(error, EgressError::Timeout { .. }), "{error}");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn each_request_counts_whatever_its_policy() {
    let (server, egress, _) = faulty("2=status:500").await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(post(&egress, &server).await.unwrap().status.as_u16());
    }
    assert_eq!(statuses, [200, 500, 200]);
}

#[tokio::test]
async fn what_may_have_changed_something_is_counted() {
    for (method, plan, expected) in [
        ("GET", "9=dns", 0),
        ("POST", "9=dns", 1),
        ("DELETE", "9=dns", 1),
        ("POST", "1-=dns", 0),
        ("POST", "1-=status:401", 0),
        ("POST", "1-=status:303", 1),
        ("POST", "1-=status:500", 1),
        ("POST", "1-=reset-after", 1),
    ] {
        let (server, egress, _) = faulty(plan).await;
        let policy = egress.policy(&[]);
        let sent = egress.send(&policy, request(method, &server.url()), soon(), LIMITS);
        let _ = sent.await;
        assert_eq!(policy.stats().changes(), expected, "{method} {plan}");
    }
}

#[tokio::test]
async fn a_change_counts_though_nobody_waits_for_its_answer() {
    let (server, egress, _) = faulty("1=slow:60000").await;
    let policy = egress.policy(&[]);
    let sent = egress.send(&policy, request("POST", &server.url()), soon(), LIMITS);
    let given_up = tokio::time::timeout(Duration::from_millis(200), sent).await;
    assert!(given_up.is_err());
    assert_eq!(policy.stats().changes(), 1);
}

#[tokio::test]
async fn a_request_for_a_token_changes_nothing() {
    let (server, egress, _) = faulty("9=dns").await;
    let policy = egress.policy(&[]);
    let mut asking = request("POST", &server.url());
    asking.extensions_mut().insert(AsksForToken);
    egress.send(&policy, asking, soon(), LIMITS).await.unwrap();
    assert_eq!(policy.stats().changes(), 0);
}
