//! Memory, sizes, and what becomes of a page that is too large.

use std::path::PathBuf;

use anyhow::{Context, Result};
use appflow_testkit::measure::Ended;
use serde_json::Value;

use super::{Bench, RECORD_BYTES, describe_request};
use crate::contender::{CERTIFICATES, Contender};
use crate::data::ALL_FIELDS;
use crate::report::{Bar, Row, Unit};
use crate::stats::Stats;
use crate::turns::Turns;

pub(super) fn memory(bench: &Bench) -> Result<Vec<Row>> {
    let data = bench.data(5_000, 5_000, &ALL_FIELDS, RECORD_BYTES)?;
    let peaks = Turns {
        programs: &bench.programs,
        contenders: &Contender::ALL,
        guest: None,
        upstream: &data.upstream,
        event: &|contender| data.query(contender, None),
        records: Some(5_000),
        runs: bench.runs(5),
    }
    .memory()?;
    let row = peaks.into_iter().fold(
        Row::new("most memory, one page of 5 MB", Unit::Mebibytes),
        |row, (contender, kib)| {
            let mib: Vec<f64> = kib.into_iter().map(|kib| kib / 1_024.0).collect();
            row.with(contender, Stats::of(&mib))
        },
    );
    Ok(vec![
        row.bar(Bar::AtMost(32.0)).bar(Bar::OfPython(0.5)).note(
            "VmHWM of the kernel: pages of the program's files count as soon as they are touched",
        ),
    ])
}

pub(super) fn size(bench: &Bench) -> Result<Vec<Row>> {
    let bytes = |path: &std::path::Path| -> Result<Option<Stats>> {
        let length = std::fs::metadata(path)
            .with_context(|| format!("no {}", path.display()))?
            .len();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        Ok(Some(Stats::one(length as f64 / 1e6)))
    };
    let mut shipped = vec![bench.programs.bootstrap(), bench.programs.component()];
    // Some systems keep them elsewhere.
    shipped.extend(Some(CERTIFICATES.into()).filter(|path: &PathBuf| path.is_file()));
    let host = bytes(&bench.programs.bootstrap())?;
    let component = bytes(&bench.programs.component())?;
    Ok(vec![
        Row::new("host binary, stripped", Unit::Megabytes)
            .with(Contender::Ours, host)
            .with(Contender::Native, bytes(&bench.programs.native)?)
            .bar(Bar::AtMost(14.0)),
        Row::new("compiled Salesforce connector", Unit::Megabytes).with(Contender::Ours, component),
        Row::new(
            "host, connector and certificates, compressed as in an image",
            Unit::Megabytes,
        )
        .with(
            Contender::Ours,
            Some(Stats::one(compressed_megabytes(&shipped)?)),
        )
        .bar(Bar::AtMost(7.0))
        .note("gzip -9 of the three files; `cargo xtask image-test` has the layers themselves"),
    ])
}

fn compressed_megabytes(files: &[std::path::PathBuf]) -> Result<f64> {
    let mut bytes = 0;
    for file in files {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::copy(&mut std::fs::File::open(file)?, &mut encoder)?;
        bytes += encoder.finish()?.len();
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    Ok(bytes as f64 / 1e6)
}

pub(super) fn large(bench: &Bench) -> Result<Vec<Row>> {
    // The first is too large for Python alone, which writes its answer with more spaces and escapes; the second for all.
    [(5_680, "5.68 MB"), (8_000, "8 MB")]
        .into_iter()
        .map(|(count, name)| too_large(bench, count, name))
        .collect()
}

fn records(answer: &Value) -> usize {
    answer["records"].as_array().map_or(0, Vec::len)
}

fn too_large(bench: &Bench, count: usize, name: &str) -> Result<Row> {
    let data = bench.data(count, count, &ALL_FIELDS, RECORD_BYTES)?;
    let mut row = Row::new(format!("page of {name} from the application"), Unit::Millis);
    let mut notes = Vec::new();
    for contender in Contender::ALL {
        let event = data.query(contender, None);
        let mut environment =
            bench
                .programs
                .start(contender, None, &data.upstream, &describe_request())?;
        environment.first()?;
        let note = match environment.try_invoke(&event)? {
            Ended::Answer(answered) => {
                let began = data
                    .upstream
                    .sent()
                    .context("the application was not asked")?;
                let took = answered.at.saturating_duration_since(began);
                row = row.with(contender, Some(Stats::one(crate::stats::millis(took))));
                let mut answer: Value = serde_json::from_slice(&answered.body)?;
                let mut counts = vec![records(&answer)];
                while let Some(token) = answer["nextToken"].as_str() {
                    // A token that leads nowhere would lead there for ever.
                    if counts.len() > count {
                        break;
                    }
                    let next = environment.invoke(&data.query(contender, Some(token)))?;
                    answer = serde_json::from_slice(&next.body)?;
                    counts.push(records(&answer));
                }
                if contender == Contender::Ours {
                    row = row.bar(Bar::Whole(counts.iter().sum::<usize>() == count));
                }
                let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
                format!(
                    "answered {} of {} records",
                    counts.join(", by its token "),
                    data.per_page
                )
            }
            Ended::Without(why) => {
                let alive = environment.is_alive_after(&describe_request());
                let then = if alive {
                    "and the process went on"
                } else {
                    "and the process was gone"
                };
                format!("no answer: {why}, {then}")
            }
        };
        notes.push(format!("{contender:?} {note}"));
    }
    let note = format!("{} bytes; {}", data.upstream.bytes(), notes.join("; "));
    Ok(row.note(note))
}
