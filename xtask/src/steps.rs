//! Progress of a task in steps: what is done now, how long each took, which one failed.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

/// A task on its way through a known number of steps.
pub(crate) struct Steps {
    total: usize,
    started: Instant,
    done: Vec<(&'static str, Outcome)>,
}

/// What became of a step that did not fail.
enum Outcome {
    Took(Duration),
    /// Why it cannot be done on this machine.
    LeftOut(String),
}

impl Steps {
    pub(crate) fn new(total: usize) -> Self {
        Self {
            total,
            started: Instant::now(),
            done: Vec::new(),
        }
    }

    /// Does the next step. `remark` tells the user what to expect, and may be empty.
    pub(crate) fn run<T>(
        &mut self,
        name: &'static str,
        remark: &str,
        step: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let remark = if remark.is_empty() {
            String::new()
        } else {
            format!(", {remark}")
        };
        eprintln!("[{}/{}] {name}{remark}", self.done.len() + 1, self.total);
        let started = Instant::now();
        let result = step().with_context(|| {
            format!("step \"{name}\" failed after {}", shown(started.elapsed()))
        })?;
        self.done.push((name, Outcome::Took(started.elapsed())));
        eprintln!("      done in {}", shown(started.elapsed()));
        Ok(result)
    }

    /// Does the next step unless this machine has an `obstacle`, which is then told here and in the table.
    pub(crate) fn run_unless(
        &mut self,
        obstacle: Option<String>,
        name: &'static str,
        remark: &str,
        step: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        let Some(obstacle) = obstacle else {
            return self.run(name, remark, step);
        };
        let number = self.done.len() + 1;
        eprintln!("[{number}/{}] {name}, left out: {obstacle}", self.total);
        self.done.push((name, Outcome::LeftOut(obstacle)));
        Ok(())
    }

    /// What was left out, to be told beside a count of what passed; empty if nothing was.
    pub(crate) fn left_out(&self) -> String {
        let names: Vec<&str> = self
            .done
            .iter()
            .filter(|(_, outcome)| matches!(outcome, Outcome::LeftOut(_)))
            .map(|(name, _)| *name)
            .collect();
        if names.is_empty() {
            return String::new();
        }
        format!("; left out: {}, see the table", names.join(", "))
    }

    /// Time since the first step.
    pub(crate) fn elapsed(&self) -> String {
        shown(self.started.elapsed())
    }

    /// The steps done and their times, or why they were left out.
    pub(crate) fn table(&self) -> String {
        let width = self
            .done
            .iter()
            .map(|(name, _)| name.len())
            .max()
            .unwrap_or(0);
        self.done
            .iter()
            .fold(String::new(), |mut table, (name, outcome)| {
                // Writing to a string cannot fail.
                let _ = match outcome {
                    Outcome::Took(time) => writeln!(table, "  {name:width$}  {:>8}", shown(*time)),
                    Outcome::LeftOut(why) => writeln!(table, "  {name:width$}  left out: {why}"),
                };
                table
            })
    }
}

fn shown(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 60.. => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_step_is_named() {
        let mut steps = Steps::new(2);
        assert!(steps.run("one", "", || Ok(())).is_ok());
        let error = steps.run("two", "long", || -> Result<()> { anyhow::bail!("no disk") });
        let message = error
            .err()
            .map(|error| format!("{error:#}"))
            .unwrap_or_default();
        assert!(
            message.starts_with("step \"two\" failed after") && message.ends_with("no disk"),
            "{message}"
        );
        assert!(steps.table().contains("one") && !steps.table().contains("two"));
    }

    #[test]
    fn what_is_left_out_is_told_with_its_reason() {
        let mut steps = Steps::new(3);
        let fail = || anyhow::bail!("was done all the same");
        assert!(steps.run("one", "", || Ok(())).is_ok());
        assert!(steps.run_unless(None, "two", "", || Ok(())).is_ok());
        assert_eq!(steps.left_out(), "");
        assert!(
            steps
                .run_unless(Some("no root".to_owned()), "three", "", fail)
                .is_ok()
        );
        assert_eq!(steps.left_out(), "; left out: three, see the table");
        let table = steps.table();
        assert!(table.ends_with("  three  left out: no root\n"), "{table}");
        assert!(!table.contains("two    left out"), "{table}");
    }

    #[test]
    fn times_are_shown_in_one_unit_or_two() {
        assert_eq!(shown(Duration::from_millis(1_230)), "1.2 s");
        assert_eq!(shown(Duration::from_secs(125)), "2 min 05 s");
    }
}
