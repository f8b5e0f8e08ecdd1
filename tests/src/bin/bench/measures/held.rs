//! How often the body of a page is in memory at once, by each way in which an application may send it.

use std::io::Write as _;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Bench;
use super::guests::{guest_page, guest_query};
use crate::contender::Contender;
use crate::data::Data;
use crate::report::{Bar, Row, Unit};
use crate::stats::Stats;

/// Bytes of a chunk, as servers like to send them.
const CHUNK: usize = 16 * 1024;

/// A way of sending a body: its name, and the bytes of the whole answer.
type Way = (&'static str, &'static str, fn(&[u8]) -> Result<Vec<u8>>);

const WAYS: [Way; 3] = [
    ("with its length", "/with-length", with_length),
    ("in chunks", "/in-chunks", in_chunks),
    ("as gzip", "/as-gzip", as_gzip),
];

pub(super) fn held(bench: &Bench) -> Result<Vec<Row>> {
    let small = guest_page(bench, 10)?;
    let large = guest_page(bench, 5_000)?;
    let body = large.upstream.last_body();
    for data in [&small, &large] {
        let body = data.upstream.last_body();
        for (_, path, send) in WAYS {
            data.upstream.keep_as_sent(path, &send(&body)?);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let size = body.len() as f64;
    let mut rows = Vec::new();
    for (way, path, _) in WAYS {
        let mut row = Row::new(
            format!("bodies of 5 MB in memory at once beside the answer, sent {way}"),
            Unit::Times,
        );
        for contender in Contender::RUST {
            let mut held = Vec::new();
            for _ in 0..bench.runs(5) {
                let (least, least_answer) = peak(bench, contender, &small, path)?;
                let (most, answer) = peak(bench, contender, &large, path)?;
                held.push((most - least - (answer - least_answer)) / size);
            }
            row = row.with(contender, Stats::of(&held));
        }
        rows.push(row.bar(Bar::AtMost(2.0)));
    }
    if let Some(last) = rows.last_mut() {
        "most memory of a process with a page of 5 MB, less that of one with ten records, less the answer's bytes; in bodies"
            .clone_into(&mut last.note);
    }
    Ok(rows)
}

/// Most memory of a process that answers one page, and bytes of its answer.
fn peak(bench: &Bench, contender: Contender, data: &Data, path: &str) -> Result<(f64, f64)> {
    let event = guest_query(path, "host", data.per_page);
    let mut environment =
        bench
            .programs
            .start(contender, Some("bench-rust"), &data.upstream, &event)?;
    let answered = environment.first()?;
    let answer: Value = serde_json::from_slice(&answered.body)?;
    let records = answer["records"].as_array().context("no records")?.len();
    ensure!(
        records == data.per_page,
        "{contender:?} answered {records} of {} records: {}",
        data.per_page,
        answer["errorDetails"]
    );
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let bytes = (
        environment.peak_memory_kib()? as f64 * 1_024.0,
        answered.body.len() as f64,
    );
    Ok(bytes)
}

fn head(lines: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{lines}\r\n").into_bytes()
}

fn with_length(body: &[u8]) -> Result<Vec<u8>> {
    let mut answer = head(&format!("content-length: {}\r\n", body.len()));
    answer.extend_from_slice(body);
    Ok(answer)
}

fn in_chunks(body: &[u8]) -> Result<Vec<u8>> {
    let mut answer = head("transfer-encoding: chunked\r\n");
    for chunk in body.chunks(CHUNK) {
        write!(answer, "{:x}\r\n", chunk.len())?;
        answer.extend_from_slice(chunk);
        answer.extend_from_slice(b"\r\n");
    }
    answer.extend_from_slice(b"0\r\n\r\n");
    Ok(answer)
}

fn as_gzip(body: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(body)?;
    let coded = encoder.finish()?;
    let mut answer = head(&format!(
        "content-encoding: gzip\r\ncontent-length: {}\r\n",
        coded.len()
    ));
    answer.extend_from_slice(&coded);
    Ok(answer)
}
