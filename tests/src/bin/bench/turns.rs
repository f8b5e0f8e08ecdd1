//! Taking turns: every contender once, then every contender again, so that what else the machine does hits all alike. Each
//! time another one begins, since whoever comes after Python finds other caches than whoever comes after a small program.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use appflow_testkit::measure::{Answered, Environment, Upstream};
use serde_json::Value;

use crate::contender::{Contender, Programs};
use crate::stats::{Stats, millis};

/// Invocations of a fresh process that are not measured: caches fill, connections open.
const WARM_UP: usize = 3;

/// What is asked, of whom, and how often.
pub(crate) struct Turns<'a> {
    /// The programs.
    pub(crate) programs: &'a Programs,
    /// Who takes part.
    pub(crate) contenders: &'a [Contender],
    /// Another connector than Salesforce.
    pub(crate) guest: Option<&'a str>,
    /// The application.
    pub(crate) upstream: &'a Upstream,
    /// AppFlow's request.
    pub(crate) event: &'a dyn Fn(Contender) -> Vec<u8>,
    /// Records that an answer must have; none where it has none at all.
    pub(crate) records: Option<usize>,
    /// Measurements of each contender.
    pub(crate) runs: usize,
}

/// Where the clock starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// When the event leaves for the process.
    Event,
    /// When the application's answer leaves for the process.
    Upstream,
}

/// What was measured of one contender.
#[derive(Debug, Default)]
pub(crate) struct Times {
    /// Milliseconds of each invocation.
    pub(crate) millis: Vec<f64>,
    /// Processor time of an invocation, of all of them together, in milliseconds.
    pub(crate) processor_millis: f64,
}

impl Times {
    /// Of the times.
    pub(crate) fn stats(&self) -> Option<Stats> {
        Stats::of(&self.millis)
    }
}

/// What was measured of each.
pub(crate) type ByContender = BTreeMap<Contender, Times>;

/// All of them, beginning with another one in each run.
fn rotated<T>(all: &[T], run: usize) -> impl Iterator<Item = &T> {
    all.iter()
        .cycle()
        .skip(run % all.len().max(1))
        .take(all.len())
}

impl Turns<'_> {
    fn start(&self, contender: Contender) -> Result<(Environment, Answered)> {
        let event = (self.event)(contender);
        let mut environment = self
            .programs
            .start(contender, self.guest, self.upstream, &event)?;
        let answered = environment
            .first()
            .with_context(|| format!("{contender:?}"))?;
        Ok((environment, answered))
    }

    fn check(&self, contender: Contender, answered: &Answered) -> Result<()> {
        let answer: Value = serde_json::from_slice(&answered.body)?;
        let records = answer["records"].as_array().map(Vec::len);
        let is_right = match self.records {
            None => answer["isSuccess"] == true,
            Some(_) => records == self.records,
        };
        if is_right {
            return Ok(());
        }
        bail!(
            "{contender:?} answered {records:?} records where {:?} were expected: {}",
            self.records,
            answer["errorDetails"]
        )
    }

    /// From the start of a process to its first answer.
    pub(crate) fn cold(&self) -> Result<ByContender> {
        let mut times = ByContender::new();
        for run in 0..=self.runs {
            for &contender in rotated(self.contenders, run) {
                let (environment, answered) = self.start(contender)?;
                drop(environment);
                if run == 0 {
                    // Files come from the disk, the application's answer from the stand-in.
                    self.check(contender, &answered)?;
                    continue;
                }
                let took = answered.took();
                times
                    .entry(contender)
                    .or_default()
                    .millis
                    .push(millis(took));
            }
        }
        Ok(times)
    }

    /// Invocations of processes that run.
    pub(crate) fn warm(&self, from: From) -> Result<ByContender> {
        let mut running = Vec::new();
        for &contender in self.contenders {
            let (mut environment, answered) = self.start(contender)?;
            self.check(contender, &answered)?;
            let event = (self.event)(contender);
            for _ in 0..WARM_UP {
                environment.invoke(&event)?;
            }
            let before = environment.processor_time()?;
            running.push((contender, environment, event, before));
        }
        let mut times = ByContender::new();
        for _ in 0..self.runs {
            // Another one begins in the next round.
            running.rotate_left(1);
            for (contender, environment, event, _) in &mut running {
                self.upstream.sent();
                let answered = environment.invoke(event)?;
                let began = match from {
                    From::Event => answered.handed_out,
                    From::Upstream => self
                        .upstream
                        .sent()
                        .with_context(|| format!("{contender:?} did not ask the application"))?,
                };
                let took = answered.at.saturating_duration_since(began);
                times
                    .entry(*contender)
                    .or_default()
                    .millis
                    .push(millis(took));
            }
        }
        for (contender, environment, _, before) in running {
            let spent = environment.processor_time()?.saturating_sub(before);
            let each = spent / u32::try_from(self.runs.max(1)).unwrap_or(u32::MAX);
            times.entry(contender).or_default().processor_millis = millis(each);
        }
        Ok(times)
    }

    /// Most resident memory of a fresh process with one invocation, in KiB, of each contender some times.
    pub(crate) fn memory(&self) -> Result<BTreeMap<Contender, Vec<f64>>> {
        let mut peaks: BTreeMap<Contender, Vec<f64>> = BTreeMap::new();
        for _ in 0..self.runs {
            for &contender in self.contenders {
                let (environment, answered) = self.start(contender)?;
                self.check(contender, &answered)?;
                let peak = environment.peak_memory_kib()?;
                #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
                peaks.entry(contender).or_default().push(peak as f64);
            }
        }
        Ok(peaks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_a_turn_in_each_run_and_begins_in_one() {
        let order = |run| rotated(&["a", "b", "c"], run).copied().collect::<String>();
        assert_eq!(
            ["abc", "bca", "cab", "abc"],
            [0, 1, 2, 3].map(order).each_ref().map(String::as_str)
        );
        assert_eq!(rotated::<u8>(&[], 3).count(), 0);
    }
}
