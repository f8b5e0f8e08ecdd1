//! The grammar; what each fault does to a request is tested in `egress::tests::faults`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed assumption fails the test"
)]

use super::*;

fn faults(text: &str) -> Faults {
    Faults::start(FaultPlan::parse(text).unwrap()).unwrap()
}

/// Numbers of the requests that meet a fault, of the first `count`.
fn due(text: &str, count: u64) -> Vec<u64> {
    let faults = faults(text);
    (1..=count)
        .filter(|_| faults.next("api.example").is_some())
        .collect()
}

#[test]
fn rules_are_due_at_their_turn() {
    for (text, expected) in [
        ("2=dns", vec![2]),
        ("2-4=dns", vec![2, 3, 4]),
        ("4-=dns", vec![4, 5, 6]),
        ("*=dns", vec![1, 2, 3, 4, 5, 6]),
        ("*/3=dns", vec![3, 6]),
        ("0%=dns", vec![]),
        ("100%=dns", vec![1, 2, 3, 4, 5, 6]),
        ("2@api.example=dns", vec![2]),
        ("2@API.example = dns", vec![2]),
        ("2@other.example=dns", vec![]),
        ("1=dns;;3=tls;", vec![1, 3]),
    ] {
        assert_eq!(due(text, 6), expected, "{text}");
    }
}

#[test]
fn the_first_rule_that_is_due_decides() {
    let faults = faults("1=dns;*=tls");
    assert_eq!(faults.next("h"), Some(&Kind::Dns));
    assert_eq!(faults.next("h"), Some(&Kind::Tls));
}

#[test]
fn chance_keeps_to_its_share_and_comes_again_by_its_seed() {
    let text = "20%=reset-after|status:503|truncate:10,seed=7";
    let met = due(text, 10_000);
    assert!((1_800..2_200).contains(&met.len()), "{}", met.len());
    assert_eq!(met, due(text, 10_000));
    assert_ne!(met, due("20%=dns,seed=8", 10_000));
    let faults = faults(text);
    let mut kinds = [0; 3];
    for kind in (0..10_000).filter_map(|_| faults.next("h")) {
        kinds[match kind {
            Kind::ResetAfter => 0,
            Kind::Status { .. } => 1,
            _ => 2,
        }] += 1;
    }
    assert!(kinds.iter().all(|count| *count > 500), "{kinds:?}");
}

#[test]
fn answers_have_the_headers_and_the_body_that_were_written() {
    let plan =
        FaultPlan::parse("1=status:429,retry-after=1,x-a=b%2Cc,body=%7B%22a%22:+1%7D").unwrap();
    let Kind::Status { answer, after } = &plan.rules[0].kinds[0] else {
        panic!("{plan:?}")
    };
    assert_eq!((answer.status.as_u16(), *after), (429, false));
    assert_eq!(answer.headers["retry-after"], "1");
    assert_eq!(answer.headers["x-a"], "b,c");
    assert_eq!(answer.body, "{\"a\":+1}");
}

#[test]
fn a_plan_that_is_none_is_refused_with_the_rule_and_what_could_stand_there() {
    for (text, rule, says) in [
        ("dns", 1, "WHEN=WHAT"),
        ("1=dns;2", 2, "WHEN=WHAT"),
        ("x=dns", 1, "NUMBER"),
        ("0=dns", 1, "NUMBER"),
        ("3-2=dns", 1, "NUMBER"),
        ("*/0=dns", 1, "counts from 0"),
        ("101%=dns", 1, "0 to 100"),
        ("1@=dns", 1, "no host"),
        ("1=reset", 1, "reset-before"),
        ("1=dns:1", 1, "names none"),
        ("1=status:99", 1, "200 to 599"),
        ("1=status:OK", 1, "200 to 599"),
        ("1=slow:soon", 1, "number"),
        ("1=truncate:-1", 1, "number"),
        ("1=clock:60", 1, "clock:+"),
        ("1=malformed:odd", 1, "malformed:("),
        ("1=dns,seed=1", 1, "chance"),
        ("1=dns|tls", 1, "chance"),
        ("1=dns,retry-after=1", 1, "status"),
        ("1=status:500,a b=c", 1, "header"),
        ("1=status:500,x", 1, "NAME=VALUE"),
        ("1=kill:3", 1, "names none"),
        ("kill:0", 1, "counts from 0"),
        ("kill:1;kill:2", 2, "second"),
    ] {
        let error = FaultPlan::parse(text).unwrap_err();
        assert_eq!(error.rule, rule, "{text}: {error}");
        assert!(error.to_string().contains(says), "{text}: {error}");
    }
}

#[test]
fn nothing_is_at_work_without_a_plan() {
    assert!(Faults::start(FaultPlan::parse(" ; ").unwrap()).is_none());
}
