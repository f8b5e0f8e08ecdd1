//! One page through the benchmark's own guests: who parses it, and in what language they are written.

use anyhow::{Context, Result};
use serde_json::json;

use super::{Bench, RECORD_BYTES, row};
use crate::contender::{Contender, SERVICE};
use crate::data::{ALL_FIELDS, Data, SOME_FIELDS};
use crate::report::{Bar, Row, Unit};
use crate::stats::Stats;
use crate::turns::{ByContender, From, Turns};

pub(super) fn parsed(bench: &Bench) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (name, count) in [("1 MB", 1_000), ("5 MB", 5_000)] {
        let data = guest_page(bench, count)?;
        for (parse, how, bar) in [
            ("host", "eleven fields by emit-json", 1.10),
            ("own", "eleven fields parsed by the guest", 1.25),
        ] {
            let times = guest_turns(bench, &data, &Contender::RUST, "bench-rust", parse)?;
            rows.push(
                row(format!("page of {name}, {how}"), Unit::Millis, &times).bar(Bar::OfNative(bar)),
            );
        }
    }
    Ok(rows)
}

pub(super) fn languages(bench: &Bench) -> Result<Vec<Row>> {
    let data = guest_page(bench, 5_000)?;
    let mut rows = Vec::new();
    for (language, guest) in [
        ("JavaScript (StarlingMonkey)", "bench-js"),
        ("JavaScript (QuickJS)", "bench-qjs"),
        ("Python", "bench-python"),
    ] {
        let name = format!(
            "page of 5 MB, emit-json, guest in {language}; in place of native, the one in Rust"
        );
        if !bench
            .programs
            .guests
            .join(format!("{guest}.cwasm"))
            .is_file()
        {
            rows.push(
                Row::new(name, Unit::Millis)
                    .bar(Bar::OfNative(1.3))
                    .note(format!(
                        "there is no guest {guest} in {}",
                        bench.programs.guests.display()
                    )),
            );
            continue;
        }
        // In turns of one measurement each, as one process at a time has the machine.
        let mut rust = Vec::new();
        let mut other = Vec::new();
        for _ in 0..3 {
            for (guest, times) in [("bench-rust", &mut rust), (guest, &mut other)] {
                let measured = guest_turns(bench, &data, &[Contender::Ours], guest, "host")?;
                let measured = measured.get(&Contender::Ours).context("one contender")?;
                times.extend_from_slice(&measured.millis);
            }
        }
        rows.push(
            Row::new(name, Unit::Millis)
                .with(Contender::Ours, Stats::of(&other))
                .with(Contender::Native, Stats::of(&rust))
                .bar(Bar::OfNative(1.3)),
        );
    }
    Ok(rows)
}

/// Where the page of the benchmark's own guests lies.
pub(super) const RECORDS: &str = "/records";

/// A page that the benchmark's own guests read.
pub(super) fn guest_page(bench: &Bench, count: usize) -> Result<Data> {
    let data = bench.data(count, count, &ALL_FIELDS, RECORD_BYTES)?;
    // What Salesforce would answer, at an address without a query.
    let event = data.query(Contender::Native, None);
    let mut environment = bench
        .programs
        .start(Contender::Native, None, &data.upstream, &event)?;
    environment.first()?;
    data.upstream.keep_last_as(RECORDS);
    Ok(data)
}

pub(super) fn guest_query(path: &str, parse: &str, count: usize) -> Vec<u8> {
    json!({
        "type": "QueryDataRequest", "entityIdentifier": "records", "maxResults": count,
        "selectedFieldNames": SOME_FIELDS,
        "connectorContext": {
            "apiVersion": "v1",
            "connectorRuntimeSettings": {"url": format!("https://{SERVICE}{path}"), "parse": parse},
            "credentials": {"secretArn": appflow_testkit::setup::SECRET_ARN, "authenticationType": "OAuth2"},
        },
    })
    .to_string()
    .into_bytes()
}

/// A guest reads a page: `parse` is who reads its JSON, "host" or "own".
fn guest_turns(
    bench: &Bench,
    data: &Data,
    contenders: &[Contender],
    guest: &str,
    parse: &str,
) -> Result<ByContender> {
    Turns {
        programs: &bench.programs,
        contenders,
        guest: Some(guest),
        upstream: &data.upstream,
        event: &|_| guest_query(RECORDS, parse, data.per_page),
        records: Some(data.per_page),
        runs: bench.runs(25),
    }
    .warm(From::Upstream)
}
