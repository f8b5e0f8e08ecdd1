//! The gate through any sequence of checks, answers and oddities of time.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Check,
    Advance(u32),
    Freeze(u32),
    SetBack(u32),
    Answer(Verdict),
}

fn step() -> impl Strategy<Value = Step> {
    let seconds = prop_oneof![0..120_u32, 0..8_000_u32, 0..100_000_u32];
    prop_oneof![
        4 => Just(Step::Check),
        2 => seconds.clone().prop_map(Step::Advance),
        1 => seconds.clone().prop_map(Step::Freeze),
        1 => seconds.prop_map(Step::SetBack),
        3 => prop_oneof![
            Just(YES),
            Just(Verdict::NotEntitled),
            Just(Verdict::NotAllowedToAsk { action: "a" }),
            Just(Verdict::Misconfigured("m".into())),
            Just(Verdict::CouldNotAsk("c".into())),
        ].prop_map(Step::Answer),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever happens in whatever order: nobody passes without a yes that is within grace, a no is never passed by once
    /// known, a refusal fits the last answer, and never are two questions under way.
    #[test]
    fn any_sequence_keeps_the_rules(steps in proptest::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async move {
            let bench = Bench::new(FakeBackEnd::new(Verdict::CouldNotAsk("c".into())));
            // The answer that the gate heard last, and when it last heard a yes.
            let mut heard: Option<Verdict> = None;
            let mut yes: Option<Moment> = None;
            let mut asked = 0;
            for step in steps {
                match step {
                    Step::Advance(seconds) => bench.clock.advance(Duration::from_secs(seconds.into())),
                    Step::Freeze(seconds) => bench.clock.freeze(Duration::from_secs(seconds.into())),
                    Step::SetBack(seconds) => bench.clock.set_back(Duration::from_secs(seconds.into())),
                    Step::Answer(answer) => bench.back_end.set(answer),
                    Step::Check => {
                        let now = bench.clock.now();
                        let had_grace = yes.is_some_and(|yes| now.since(&yes) < Settings::default().grace());
                        let result = bench.check_and_settle().await;
                        if bench.back_end.asked() > asked {
                            assert_eq!(bench.back_end.asked(), asked + 1);
                            asked += 1;
                            let answer = bench.back_end.answer.lock().unwrap().clone();
                            match &answer {
                                Verdict::Entitled { .. } => yes = Some(now),
                                Verdict::CouldNotAsk(_) => {}
                                _ => yes = None,
                            }
                            heard = Some(answer);
                        }
                        match (result.map_err(|refusal| refusal.kind), heard.clone().unwrap()) {
                            (Ok(()), Verdict::Entitled { .. }) => {}
                            (Ok(()), _) => assert!(had_grace, "passed with nothing to go on with"),
                            (Err(RefusalKind::AccessDenied), Verdict::NotEntitled | Verdict::NotAllowedToAsk { .. })
                            | (Err(RefusalKind::ClientError), Verdict::Misconfigured(_)) => {}
                            (Err(RefusalKind::ServiceUnavailable), Verdict::CouldNotAsk(_)) => {
                                assert!(!had_grace, "an outage refused within grace");
                            }
                            (result, heard) => unreachable!("{result:?} after {heard:?}"),
                        }
                    }
                }
            }
            assert!(bench.back_end.most_at_once.load(Ordering::SeqCst) <= 1);
        });
    }
}

#[tokio::test]
async fn a_question_belongs_to_the_trace_of_the_invocation_that_asked_it() {
    let bench = Bench::new(FakeBackEnd::new(Verdict::CouldNotAsk("down".into())));
    let trace = telemetry::TraceId::parse("Root=1-0-1;Sampled=1");
    bench.gate.start();
    settle().await;
    bench.clock.advance(HOUR);
    let _ = telemetry::within(trace.clone(), bench.check()).await;
    assert_eq!(*bench.back_end.traces.lock().unwrap(), [None, trace]);
}
