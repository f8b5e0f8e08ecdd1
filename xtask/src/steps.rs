//! Progress of a task in steps: what is done now, how long each took, which one failed.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

/// A task on its way through a known number of steps.
pub(crate) struct Steps {
    total: usize,
    started: Instant,
    done: Vec<(&'static str, Duration)>,
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
        self.done.push((name, started.elapsed()));
        eprintln!("      done in {}", shown(started.elapsed()));
        Ok(result)
    }

    /// Time since the first step.
    pub(crate) fn elapsed(&self) -> String {
        shown(self.started.elapsed())
    }

    /// The steps done and their times.
    pub(crate) fn table(&self) -> String {
        let width = self
            .done
            .iter()
            .map(|(name, _)| name.len())
            .max()
            .unwrap_or(0);
        self.done
            .iter()
            .fold(String::new(), |mut table, (name, time)| {
                // Writing to a string cannot fail.
                let _ = writeln!(table, "  {name:width$}  {:>8}", shown(*time));
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
    fn times_are_shown_in_one_unit_or_two() {
        assert_eq!(shown(Duration::from_millis(1_230)), "1.2 s");
        assert_eq!(shown(Duration::from_secs(125)), "2 min 05 s");
    }
}
