//! The measures, one function for each group of rows. They share nothing but the programs.

mod growth;
mod guests;
mod held;
mod shape;
mod speed;

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::contender::{Contender, Programs};
use crate::data::{Data, ENTITY, FEW_FIELDS};
use crate::report::{Row, Unit};
use crate::turns::ByContender;

/// Bytes of a large record.
const RECORD_BYTES: usize = 1_000;

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
pub(crate) const MEASURES: [Measure; 10] = [
    Measure {
        name: "start",
        about: "process start to first answer: describe, and a page of 2,000 records",
        run: speed::start,
    },
    Measure {
        name: "warm",
        about: "what the sandbox adds to an invocation of a warm process",
        run: speed::warm,
    },
    Measure {
        name: "page",
        about: "a page of 1 MB and 5 MB from the application's answer to ours, and the processor time it takes",
        run: speed::page,
    },
    Measure {
        name: "parsed",
        about: "the same page, its fields picked by the host and by the guest itself",
        run: guests::parsed,
    },
    Measure {
        name: "languages",
        about: "the same page through connectors in other languages",
        run: guests::languages,
    },
    Measure {
        name: "memory",
        about: "most memory of a process that answers one page of 5 MB",
        run: shape::memory,
    },
    Measure {
        name: "held",
        about: "how often the body of a page is in memory at once: sent with its length, in chunks, as gzip",
        run: held::held,
    },
    Measure {
        name: "size",
        about: "bytes of what is shipped",
        run: shape::size,
    },
    Measure {
        name: "large",
        about: "a page of the application that does not fit into one answer",
        run: shape::large,
    },
    Measure {
        name: "growth",
        about: "time and memory from 10 to 20,000 records a page, and over 200 pages",
        run: growth::growth,
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

fn describe_request() -> Vec<u8> {
    br#"{"type":"DescribeConnectorConfigurationRequest"}"#.to_vec()
}
