//! The measures, one function for each group of rows. They share nothing but the programs.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::contender::{Contender, Programs, SERVICE};
use crate::data::{ALL_FIELDS, Data, ENTITY, FEW_FIELDS, SOME_FIELDS};
use crate::lambda::Ended;
use crate::report::{Bar, Row, Unit};
use crate::stats::Stats;
use crate::turns::{ByContender, From, Turns};

/// Bytes of a large record.
const RECORD_BYTES: usize = 1_000;
/// Lambda's memory with one processor, in GB as it is billed.
const ONE_PROCESSOR_GB: f64 = 1_769.0 / 1_024.0;

/// What all measures need.
pub(crate) struct Bench {
    /// Who is measured.
    pub(crate) programs: Programs,
    /// Measurements of each contender in place of a measure's own number.
    pub(crate) runs: Option<usize>,
    /// Dollars for a GB-second, x86 and arm64.
    pub(crate) prices: [f64; 2],
    /// The entity's definition, as the connector describes it.
    pub(crate) definition: Value,
}

/// A group of rows.
pub(crate) struct Measure {
    /// Its name for `--only`.
    pub(crate) name: &'static str,
    /// What it measures.
    pub(crate) about: &'static str,
    /// Measures it.
    pub(crate) run: fn(&Bench) -> Result<Vec<Row>>,
}

/// All of them, in the order of the table.
pub(crate) const MEASURES: [Measure; 9] = [
    Measure {
        name: "start",
        about: "process start to first answer: describe, and a page of 2,000 records",
        run: start,
    },
    Measure {
        name: "warm",
        about: "what the sandbox adds to an invocation of a warm process",
        run: warm,
    },
    Measure {
        name: "page",
        about: "a page of 1 MB and 5 MB from the application's answer to ours, and the processor time it takes",
        run: page,
    },
    Measure {
        name: "parsed",
        about: "the same page, its fields picked by the host and by the guest itself",
        run: parsed,
    },
    Measure {
        name: "languages",
        about: "the same page through connectors in other languages",
        run: languages,
    },
    Measure {
        name: "memory",
        about: "most memory of a process that answers one page of 5 MB",
        run: memory,
    },
    Measure {
        name: "size",
        about: "bytes of what is shipped",
        run: size,
    },
    Measure {
        name: "large",
        about: "a page of the application that does not fit into one answer",
        run: large,
    },
    Measure {
        name: "growth",
        about: "time and memory from 10 to 20,000 records a page, and over 200 pages",
        run: growth,
    },
];

impl Bench {
    fn runs(&self, usual: usize) -> usize {
        self.runs.unwrap_or(usual)
    }

    fn data(
        &self,
        per_page: usize,
        total: usize,
        fields: &[&'static str],
        bytes: usize,
    ) -> Result<Data> {
        Ok(Data::new(per_page, total, fields, bytes)?.defined(&self.definition))
    }

    /// Asks our own connector for the entity's definition, which AppFlow sends along with every query.
    pub(crate) fn describe(&mut self) -> Result<()> {
        let data = Data::new(1, 1, &FEW_FIELDS, 0)?;
        let event = data.describe(Contender::Ours);
        let mut environment = self
            .programs
            .start(Contender::Ours, None, &data.upstream, &event)?;
        let answer: Value = serde_json::from_slice(&environment.first()?.body)?;
        ensure!(
            answer["entityDefinition"].is_object(),
            "the connector does not describe {ENTITY}: {}",
            answer["errorDetails"]
        );
        self.definition = answer["entityDefinition"].clone();
        Ok(())
    }
}

fn row(name: impl Into<String>, unit: Unit, times: &ByContender) -> Row {
    times
        .iter()
        .fold(Row::new(name, unit), |row, (contender, times)| {
            row.with(*contender, times.stats())
        })
}

fn start(bench: &Bench) -> Result<Vec<Row>> {
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

fn describe_request() -> Vec<u8> {
    br#"{"type":"DescribeConnectorConfigurationRequest"}"#.to_vec()
}

fn warm(bench: &Bench) -> Result<Vec<Row>> {
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

fn page(bench: &Bench) -> Result<Vec<Row>> {
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
            "{contender:?} ${x86:.5} on x86, ${arm:.5} on arm64"
        ));
    }
    row.note(format!(
        "pages of 5 MB; at 1,769 MB of memory, which is one processor, and ${} and ${} for a GB-second, that costs: {}",
        bench.prices[0],
        bench.prices[1],
        costs.join("; ")
    ))
}

/// A page that the benchmark's own guests read.
fn guest_page(bench: &Bench, count: usize) -> Result<Data> {
    let data = bench.data(count, count, &ALL_FIELDS, RECORD_BYTES)?;
    // What Salesforce would answer, at an address without a query.
    let event = data.query(Contender::Native, None);
    let mut environment = bench
        .programs
        .start(Contender::Native, None, &data.upstream, &event)?;
    environment.first()?;
    data.upstream.keep_last_as("/records");
    Ok(data)
}

fn guest_query(parse: &str, count: usize) -> Vec<u8> {
    json!({
        "type": "QueryDataRequest", "entityIdentifier": "records", "maxResults": count,
        "selectedFieldNames": SOME_FIELDS,
        "connectorContext": {
            "apiVersion": "v1",
            "connectorRuntimeSettings": {"url": format!("https://{SERVICE}/records"), "parse": parse},
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
        event: &|_| guest_query(parse, data.per_page),
        records: Some(data.per_page),
        runs: bench.runs(25),
    }
    .warm(From::Upstream)
}

fn parsed(bench: &Bench) -> Result<Vec<Row>> {
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

fn languages(bench: &Bench) -> Result<Vec<Row>> {
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

fn memory(bench: &Bench) -> Result<Vec<Row>> {
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

fn size(bench: &Bench) -> Result<Vec<Row>> {
    let bytes = |path: &std::path::Path| -> Result<Option<Stats>> {
        let length = std::fs::metadata(path)
            .with_context(|| format!("no {}", path.display()))?
            .len();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        Ok(Some(Stats::one(length as f64 / 1e6)))
    };
    let host = bytes(&bench.programs.bootstrap())?;
    let component = bytes(&bench.programs.component())?;
    Ok(vec![
        Row::new("host binary, stripped", Unit::Megabytes)
            .with(Contender::Ours, host)
            .with(Contender::Native, bytes(&bench.programs.native)?)
            .bar(Bar::AtMost(14.0)),
        Row::new("compiled Salesforce connector", Unit::Megabytes).with(Contender::Ours, component),
        Row::new("both compressed, as in an image", Unit::Megabytes)
            .with(Contender::Ours, Some(Stats::one(compressed_megabytes(&[
                bench.programs.bootstrap(),
                bench.programs.component(),
            ])?)))
            .bar(Bar::AtMost(7.0))
            .note("gzip -9 of the two files; certificates add 0.2 MB; `cargo xtask image-test` has the layers themselves"),
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

fn large(bench: &Bench) -> Result<Vec<Row>> {
    // 5.68 MB from the application are more than 6 MB as an answer: every quotation mark takes two characters there.
    let data = bench.data(5_680, 5_680, &ALL_FIELDS, RECORD_BYTES)?;
    let mut row = Row::new("page of 5.68 MB from the application", Unit::Millis);
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
                let answer: Value = serde_json::from_slice(&answered.body)?;
                let records = answer["records"].as_array().map_or(0, Vec::len);
                let token = if answer["nextToken"].is_string() {
                    "a"
                } else {
                    "no"
                };
                format!(
                    "answered {records} of {} records, with {token} next token",
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
    Ok(vec![row.note(note)])
}

fn growth(bench: &Bench) -> Result<Vec<Row>> {
    let mut rows = by_size(bench)?;
    rows.extend(by_pages(bench)?);
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
