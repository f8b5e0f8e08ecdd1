//! What becomes of time and memory when pages become longer, and more.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Bench, describe_request};
use crate::contender::Contender;
use crate::data::FEW_FIELDS;
use crate::report::{Bar, Row, Unit};
use crate::stats::Stats;
use crate::turns::{From, Turns};

pub(super) fn growth(bench: &Bench) -> Result<Vec<Row>> {
    let mut rows = by_size(bench)?;
    rows.extend(memory_by_size(bench)?);
    rows.extend(by_pages(bench)?);
    Ok(rows)
}

/// Memory of one record in pages of several sizes: what a fresh process holds at most, above one that answers ten records.
fn memory_by_size(bench: &Bench) -> Result<Vec<Row>> {
    let peaks = |count: usize| -> Result<BTreeMap<Contender, f64>> {
        let data = bench.data(count, count, &FEW_FIELDS, 0)?;
        let peaks = Turns {
            programs: &bench.programs,
            contenders: &Contender::RUST,
            guest: None,
            upstream: &data.upstream,
            event: &|contender| data.query(contender, None),
            records: Some(count),
            runs: bench.runs(5),
        }
        .memory()?;
        let median = |kib: Vec<f64>| Stats::of(&kib).map(|stats| stats.median * 1_024.0);
        Ok(peaks
            .into_iter()
            .filter_map(|(contender, kib)| Some((contender, median(kib)?)))
            .collect())
    };
    let ten = peaks(10)?;
    let mut rows = Vec::new();
    let mut before = None;
    for count in [1_000, 5_000, 20_000] {
        let mut row = Row::new(format!("memory of a record, {count} a page"), Unit::Bytes);
        #[expect(clippy::cast_precision_loss, reason = "some thousand")]
        let more = (count - 10) as f64;
        for (contender, peak) in peaks(count)? {
            let least = ten.get(&contender).context("no peak of ten records")?;
            row = row.with(contender, Some(Stats::one((peak - least) / more)));
        }
        if let Some(before) = before {
            row = row.bar(Bar::AtMost(before));
        }
        // A tenth for pages of the kernel, which are more than a record.
        before = before.or(row.ours.map(|ours| ours.median * 1.1));
        rows.push(row);
    }
    Ok(rows)
}

/// Time of one record in pages of several sizes.
fn by_size(bench: &Bench) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut at_thousand = None;
    for (count, runs) in [(10, 100), (100, 60), (1_000, 40), (5_000, 20), (20_000, 15)] {
        let data = bench.data(count, count, &FEW_FIELDS, 0)?;
        let times = Turns {
            programs: &bench.programs,
            contenders: &Contender::RUST,
            guest: None,
            upstream: &data.upstream,
            event: &|contender| data.query(contender, None),
            records: Some(count),
            runs: bench.runs(runs),
        }
        .warm(From::Upstream)?;
        #[expect(clippy::cast_precision_loss, reason = "some thousand")]
        let micros = 1e3 / count as f64;
        let scaled = |contender| {
            let times = times.get(&contender)?;
            let each: Vec<f64> = times.millis.iter().map(|time| time * micros).collect();
            Stats::of(&each)
        };
        let mut row = Row::new(format!("time of a record, {count} a page"), Unit::Micros)
            .with(Contender::Ours, scaled(Contender::Ours))
            .with(Contender::Native, scaled(Contender::Native));
        if count == 1_000 {
            at_thousand = row.ours;
        }
        if let Some(thousand) = at_thousand.filter(|_| count > 1_000) {
            // A tenth for what the machine does meanwhile.
            row = row.bar(Bar::AtMost(thousand.median * 1.1));
        }
        if count == 10 {
            row = row.note("what an invocation costs at all is a tenth of it for each of ten records, natively too");
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Time of a page and memory over a run of two hundred of them.
fn by_pages(bench: &Bench) -> Result<Vec<Row>> {
    const PAGES: usize = 200;
    const PART: usize = 50;
    let data = bench.data(200, 200 * PAGES, &FEW_FIELDS, 0)?;
    let mut time = Row::new(
        "page 151 to 200 of a run: time, as a multiple of page 1 to 50",
        Unit::Times,
    );
    let mut memory = Row::new(
        "the same: memory after page 200, above that after page 50",
        Unit::Mebibytes,
    );
    for contender in Contender::RUST {
        let mut environment =
            bench
                .programs
                .start(contender, None, &data.upstream, &describe_request())?;
        environment.first()?;
        // Once unmeasured, so that the application answers from memory.
        for measured in [false, true] {
            let mut token: Option<String> = None;
            let mut millis = Vec::new();
            let mut after = 0;
            for page in 1..=PAGES {
                data.upstream.sent();
                let answered = environment.invoke(&data.query(contender, token.as_deref()))?;
                let began = data
                    .upstream
                    .sent()
                    .context("the application was not asked")?;
                millis.push(crate::stats::millis(
                    answered.at.saturating_duration_since(began),
                ));
                let answer: Value = serde_json::from_slice(&answered.body)?;
                token = answer["nextToken"].as_str().map(str::to_owned);
                ensure!(
                    token.is_some() || page == PAGES,
                    "page {page} has no next token: {}",
                    answer["errorDetails"]
                );
                if page == PART {
                    after = environment.memory_kib()?;
                }
            }
            if measured {
                let median =
                    |part: Option<&[f64]>| part.and_then(Stats::of).map(|stats| stats.median);
                let first = median(millis.get(..PART)).context("pages")?;
                let last = median(millis.get(PAGES - PART..)).context("pages")?;
                time = time.with(contender, Some(Stats::one(last / first)));
                #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
                let grown = environment.memory_kib()? as f64 - after as f64;
                memory = memory.with(contender, Some(Stats::one(grown.max(0.0) / 1_024.0)));
            }
        }
    }
    Ok(vec![
        time.bar(Bar::AtMost(1.1)),
        memory.bar(Bar::AtMost(1.0)),
    ])
}
