//! Starts, warm invocations and pages.

use anyhow::Result;

use super::{Bench, RECORD_BYTES, describe_request, row};
use crate::contender::Contender;
use crate::data::{ALL_FIELDS, FEW_FIELDS};
use crate::report::{Bar, Row, Unit};
use crate::stats::Stats;
use crate::turns::{ByContender, From, Turns};

/// Lambda's memory with one processor, in GB as it is billed.
const ONE_PROCESSOR_GB: f64 = 1_769.0 / 1_024.0;

pub(super) fn start(bench: &Bench) -> Result<Vec<Row>> {
    let data = bench.data(2_000, 2_000, &FEW_FIELDS, 0)?;
    let turns = |event: &dyn Fn(Contender) -> Vec<u8>, records| {
        Turns {
            programs: &bench.programs,
            contenders: &Contender::ALL,
            guest: None,
            upstream: &data.upstream,
            event,
            records,
            runs: bench.runs(31),
        }
        .cold()
    };
    let describe = turns(&|_| describe_request(), None)?;
    let query = turns(&|contender| data.query(contender, None), Some(2_000))?;
    Ok(vec![
        row(
            "process start to first answer: describe",
            Unit::Millis,
            &describe,
        )
        .bar(Bar::AtMost(8.0))
        .bar(Bar::OfNative(1.5))
        .bar(Bar::OfPython(1.0 / 20.0)),
        row(
            "process start to first answer: query, 2,000 records",
            Unit::Millis,
            &query,
        )
        .bar(Bar::OfNative(1.5))
        .bar(Bar::OfPython(1.0 / 12.0)),
    ])
}

pub(super) fn warm(bench: &Bench) -> Result<Vec<Row>> {
    let data = bench.data(10, 10, &FEW_FIELDS, 0)?;
    let turns = |event: &dyn Fn(Contender) -> Vec<u8>, records, runs| {
        let times = Turns {
            programs: &bench.programs,
            contenders: &Contender::ALL,
            guest: None,
            upstream: &data.upstream,
            event,
            records,
            runs: bench.runs(runs),
        }
        .warm(From::Event);
        times.map(in_micros)
    };
    let describe = turns(&|_| describe_request(), None, 300)?;
    let query = turns(&|contender| data.query(contender, None), Some(10), 150)?;
    Ok(vec![
        row("warm invocation: describe", Unit::Micros, &describe).bar(Bar::OverNative(100.0)),
        row("warm invocation: query, 10 records", Unit::Micros, &query).bar(Bar::OverNative(100.0)),
    ])
}

fn in_micros(mut times: ByContender) -> ByContender {
    for times in times.values_mut() {
        times.millis.iter_mut().for_each(|time| *time *= 1e3);
    }
    times
}

pub(super) fn page(bench: &Bench) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (name, count) in [("1 MB", 1_000), ("5 MB", 5_000)] {
        let data = bench.data(count, count, &ALL_FIELDS, RECORD_BYTES)?;
        let times = Turns {
            programs: &bench.programs,
            contenders: &Contender::ALL,
            guest: None,
            upstream: &data.upstream,
            event: &|contender| data.query(contender, None),
            records: Some(count),
            runs: bench.runs(25),
        }
        .warm(From::Upstream)?;
        let note = format!(
            "{count} records, {} bytes from the application, all sixteen fields of each",
            data.upstream.bytes()
        );
        rows.push(
            row(format!("page of {name}, emit-json"), Unit::Millis, &times)
                .bar(Bar::OfNative(1.10))
                .bar(Bar::OfPython(1.0 / 6.0))
                .note(note),
        );
        if count == 5_000 {
            rows.push(processor(bench, &times, count));
        }
    }
    Ok(rows)
}

/// Processor time of a million records, and what Lambda asks for it where a processor is 1,769 MB.
fn processor(bench: &Bench, times: &ByContender, records: usize) -> Row {
    #[expect(clippy::cast_precision_loss, reason = "some thousand")]
    let pages = 1e6 / records as f64;
    let mut row =
        Row::new("processor time of a million records", Unit::Seconds).bar(Bar::OfNative(1.15));
    let mut costs = Vec::new();
    for (contender, times) in times {
        let seconds = times.processor_millis / 1e3 * pages;
        row = row.with(*contender, Some(Stats::one(seconds)));
        let [x86, arm] = bench.prices.map(|price| seconds * ONE_PROCESSOR_GB * price);
        costs.push(format!(
            "{contender:?} ${x86:.7} on x86, ${arm:.7} on arm64"
        ));
    }
    row.note(format!(
        "pages of 5 MB; at 1,769 MB of memory, which is one processor, and ${} and ${} for a GB-second, a million records cost, in \
         time of this machine's processor: {}",
        bench.prices[0],
        bench.prices[1],
        costs.join("; ")
    ))
}
