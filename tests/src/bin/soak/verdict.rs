//! What was seen, as tables, and whether it is good.
//!
//! Memory is judged by its floor, the lowest of what was seen in a window: an allocator keeps what a large answer needed
//! and gives it back later, so that single looks differ by megabytes while nothing grows; what leaks stays in the floor.
//!
//! Latency is judged by the medians of the first warm window and the last one, and generously: it is the machine's as much
//! as the host's, and a machine that has something else to do meanwhile slows half of the answers down. What the host could
//! do wrong over thousands of invocations, a list that is searched from its beginning, grows without an end.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::watch::Sample;

/// After so many invocations a process has met everything once: caches are full, the allocator has its pools.
const WARM: u32 = 500;
/// Invocations in a window.
const WINDOW: u32 = 1_000;
/// How much memory may differ from the first warm window to the last one, in percent.
const FLAT_PERCENT: u64 = 5;
/// Of the looks at memory in a window, so many of a hundred lie below its floor.
const FLOOR: usize = 2;
/// Less than this is no growth, in KiB. The host holds half a MiB between two invocations, of which 5 % would be less than what
/// an allocator loses between its blocks; a leak of a third of a KiB in each of 10,000 invocations is more.
const FLAT_KIB: u64 = 3_072;
/// The median latency of the last window may be so much of that of the first warm one, in percent, ...
const STEADY_PERCENT: u32 = 150;
/// ... and so much more: most answers take a millisecond or two, of which a half is nothing.
const STEADY: Duration = Duration::from_millis(2);

/// A run so far.
pub(crate) struct Run {
    name: &'static str,
    /// Invocations to be made, or made when the run was broken off.
    pub(crate) invocations: u32,
    /// Before the first request to the application.
    before: Sample,
    /// After the last one, when nothing happened any more.
    pub(crate) after: Sample,
    /// Looks at the process, by the number of requests before.
    pub(crate) samples: Vec<(u32, Sample)>,
    /// Requests that reached the application.
    pub(crate) exchanges: usize,
    /// From the first request to the last answer.
    pub(crate) took: Duration,
    /// What is wrong.
    pub(crate) problems: Vec<String>,
    answers: BTreeMap<(&'static str, String), u32>,
    latencies: Vec<Duration>,
}

impl Run {
    pub(crate) fn new(name: &'static str, invocations: u32, before: Sample) -> Self {
        Self {
            name,
            invocations,
            before,
            after: Sample::default(),
            samples: Vec::new(),
            exchanges: 0,
            took: Duration::ZERO,
            problems: Vec::new(),
            answers: BTreeMap::new(),
            latencies: Vec::new(),
        }
    }

    /// Counts an answer.
    pub(crate) fn answered(&mut self, kind: &'static str, code: &str, took: Duration) {
        *self.answers.entry((kind, code.to_owned())).or_default() += 1;
        self.latencies.push(took);
    }

    /// One line on the way.
    pub(crate) fn progress(&self, number: u32) -> String {
        let last = self.samples.last().map(|(_, sample)| *sample);
        let last = last.unwrap_or_default();
        format!(
            "  {number:>6} of {}, memory {} MiB, {} descriptors, {} threads, {} wrong",
            self.invocations,
            mib(last.memory_kib),
            last.descriptors,
            last.threads,
            self.problems.len()
        )
    }

    /// Whether nothing was found wrong.
    pub(crate) fn is_good(&self) -> bool {
        self.problems.is_empty() && self.judgements().iter().all(|(good, _)| *good)
    }

    /// Windows of requests: the cold ones, the first warm ones, the middle, the last.
    fn windows(&self) -> Vec<(String, u32, u32)> {
        let end = self.invocations;
        // A short run has shorter windows, but none that overlap.
        let length = WINDOW.min(end.saturating_sub(WARM) / 2);
        let mut windows = vec![("first".to_owned(), 0, WARM.min(end))];
        if length > 0 {
            windows.push(("warm".to_owned(), WARM, WARM + length));
            let middle = (WARM + end) / 2;
            if middle > WARM + length && middle + length < end - length {
                windows.push(("middle".to_owned(), middle, middle + length));
            }
            windows.push(("last".to_owned(), end - length, end));
        }
        windows
    }

    /// The value below which so many of a hundred looks in a window were.
    fn share(&self, percent: usize, from: u32, to: u32, of: impl Fn(&Sample) -> u64) -> u64 {
        let samples = self.samples.iter();
        let inside = samples.filter(|(number, _)| (from + 1..=to).contains(number));
        let mut values: Vec<u64> = inside.map(|(_, sample)| of(sample)).collect();
        values.sort_unstable();
        let place = values.len().saturating_sub(1) * percent / 100;
        values.get(place).copied().unwrap_or_default()
    }

    fn latency(&self, from: u32, to: u32) -> (Duration, Duration) {
        // Pages of one request are answers of their own; the shares are the same.
        let place = |number: u32| {
            let share = f64::from(number) / f64::from(self.invocations.max(1));
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a place in a list of some thousands"
            )]
            let place = (share * self.latencies.len() as f64) as usize;
            place.min(self.latencies.len())
        };
        let mut part = self
            .latencies
            .get(place(from)..place(to))
            .unwrap_or_default()
            .to_vec();
        part.sort();
        let at = |percent: usize| {
            let index = part.len().saturating_sub(1) * percent / 100;
            part.get(index).copied().unwrap_or_default()
        };
        (at(50), at(99))
    }

    /// Each promise, and whether it was kept.
    fn judgements(&self) -> Vec<(bool, String)> {
        let windows = self.windows();
        let mut judgements = Vec::new();
        if let (Some((_, from, to)), Some((_, last_from, last_to))) =
            (windows.get(1), windows.last())
        {
            let floor = |from, to| self.share(FLOOR, from, to, |sample| sample.memory_kib);
            let (early, late) = (floor(*from, *to), floor(*last_from, *last_to));
            let allowed = (early * FLAT_PERCENT / 100).max(FLAT_KIB);
            judgements.push((
                late <= early + allowed,
                format!(
                    "floor of memory after the first {WARM}: {} MiB, at the end {} MiB, which is {} %; {FLAT_PERCENT} % or {} MiB are allowed, here {} %",
                    mib(early),
                    mib(late),
                    change(early, late),
                    mib(FLAT_KIB),
                    change(early, early + allowed),
                ),
            ));
            let (early, _) = self.latency(*from, *to);
            let (late, _) = self.latency(*last_from, *last_to);
            let most = early * STEADY_PERCENT / 100 + STEADY;
            judgements.push((
                late <= most,
                format!(
                    "median latency after the first {WARM}: {:.1} ms, at the end {:.1} ms; {:.1} ms are allowed",
                    early.as_secs_f64() * 1e3,
                    late.as_secs_f64() * 1e3,
                    most.as_secs_f64() * 1e3,
                ),
            ));
            let most = |from, to| self.share(100, from, to, |sample| sample.threads);
            let (early, late) = (most(*from, *to), most(*last_from, *last_to));
            judgements.push((
                late <= early,
                format!("most threads after the first {WARM}: {early}, at the end {late}"),
            ));
        }
        let (before, after) = (self.before, self.after);
        judgements.push((
            after.sockets <= before.sockets,
            format!(
                "connections once the application is gone: {}, as before the first request: {}",
                after.sockets, before.sockets
            ),
        ));
        judgements.push((
            after.descriptors <= before.descriptors,
            format!(
                "descriptors likewise: {}, before {}",
                after.descriptors, before.descriptors
            ),
        ));
        judgements.push((
            after.threads <= before.threads,
            format!(
                "threads likewise: {}, before {}",
                after.threads, before.threads
            ),
        ));
        judgements.push((
            self.problems.is_empty(),
            format!("answers that are wrong: {}", self.problems.len()),
        ));
        judgements
    }

    /// Everything, for people.
    pub(crate) fn report(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "\n{}: {} answers in {:.0} s, {} requests reached the application\n",
            self.name,
            self.latencies.len(),
            self.took.as_secs_f64(),
            self.exchanges
        );
        self.windows_table(&mut text);
        self.answers_table(&mut text);
        for problem in &self.problems {
            let _ = writeln!(text, "  wrong: {problem}");
        }
        for (good, judgement) in self.judgements() {
            let _ = writeln!(text, "  {} {judgement}", if good { "ok  " } else { "FAIL" });
        }
        text
    }

    fn windows_table(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "  {:<22}{:>9}{:>13}{:>9}{:>13}{:>11}{:>11}",
            "requests (medians)",
            "MiB",
            "descriptors",
            "threads",
            "connections",
            "median ms",
            "99 % ms"
        );
        let windows = self.windows();
        for (name, from, to) in &windows {
            let of = |percent, field: fn(&Sample) -> u64| self.share(percent, *from, *to, field);
            let memory = |percent| mib(of(percent, |sample| sample.memory_kib));
            let (middle, worst) = self.latency(*from, *to);
            let _ = writeln!(
                text,
                "  {:<18}{:>10}{:>10}{:>10}{:>13}{:>9}{:>13}{:>8.1}{:>8.1}",
                format!("{name} {}-{to}", from + 1),
                memory(FLOOR),
                memory(50),
                memory(100),
                of(50, |sample| sample.descriptors),
                of(50, |sample| sample.threads),
                of(50, |sample| sample.sockets),
                middle.as_secs_f64() * 1e3,
                worst.as_secs_f64() * 1e3,
            );
        }
        for (name, sample) in [("before", self.before), ("after, all quiet", self.after)] {
            let _ = writeln!(
                text,
                "  {name:<18}{:>10}{:>33}{:>9}{:>13}",
                mib(sample.memory_kib),
                sample.descriptors,
                sample.threads,
                sample.sockets
            );
        }
        if let (Some((_, from, to)), Some((_, last_from, last_to))) =
            (windows.get(1), windows.last())
        {
            let early = self.latency(*from, *to).0.as_secs_f64();
            let late = self.latency(*last_from, *last_to).0.as_secs_f64();
            let _ = writeln!(
                text,
                "  median latency, last to first warm window: {:.2}\n",
                late / early.max(1e-6)
            );
        }
    }

    fn answers_table(&self, text: &mut String) {
        let mut by_code: BTreeMap<&str, u32> = BTreeMap::new();
        let mut by_kind: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
        for ((kind, code), count) in &self.answers {
            *by_code.entry(code).or_default() += count;
            let (all, good) = by_kind.entry(kind).or_default();
            *all += count;
            *good += if code == "success" { *count } else { 0 };
        }
        let kinds: Vec<String> = by_kind
            .iter()
            .map(|(kind, (all, good))| format!("{kind} {good}/{all}"))
            .collect();
        let codes: Vec<String> = by_code
            .iter()
            .map(|(code, count)| format!("{code} {count}"))
            .collect();
        let _ = writeln!(text, "  successes of all: {}", kinds.join(", "));
        let _ = writeln!(text, "  outcomes: {}\n", codes.join(", "));
    }
}

/// By how much of a hundred something grew, with its sign and one decimal place.
fn change(early: u64, late: u64) -> String {
    #[allow(
        clippy::cast_precision_loss,
        reason = "memory of a process, in KiB, for people"
    )]
    let (early, late) = (early.max(1) as f64, late as f64);
    format!("{:+.1}", (late / early - 1.0) * 100.0)
}

fn mib(kib: u64) -> String {
    format!("{}.{}", kib / 1024, kib % 1024 * 10 / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(memory_kib: u64) -> Sample {
        Sample {
            memory_kib,
            descriptors: 9,
            sockets: 2,
            threads: 4,
        }
    }

    fn run(memory: impl Fn(u32) -> u64) -> Run {
        timed(memory, |_| 3_000)
    }

    /// With so many microseconds for each answer.
    fn timed(memory: impl Fn(u32) -> u64, micros: impl Fn(u32) -> u64) -> Run {
        let mut run = Run::new("x", 4_000, sample(0));
        run.after = sample(0);
        for number in (10..=4_000).step_by(10) {
            run.samples.push((number, sample(memory(number))));
            run.answered("query", "success", Duration::from_micros(micros(number)));
        }
        run
    }

    #[test]
    fn a_process_that_stays_as_it_is_is_good() {
        let flat = run(|number| {
            if number < 500 {
                20_000
            } else {
                30_000 + u64::from(number % 70)
            }
        });
        assert!(flat.is_good(), "{}", flat.report());
    }

    #[test]
    fn growth_and_leftovers_are_found() {
        let growing = run(|number| 30_000 + 2 * u64::from(number));
        assert!(!growing.is_good() && growing.report().contains("FAIL floor of memory"));
        for leave in [
            |sample: &mut Sample| sample.sockets += 1,
            |sample: &mut Sample| sample.descriptors += 1,
            |sample: &mut Sample| sample.threads += 1,
        ] {
            let mut run = run(|_| 30_000);
            leave(&mut run.after);
            assert!(!run.is_good());
        }
        let mut wrong = run(|_| 30_000);
        wrong.problems.push("a record was lost".to_owned());
        assert!(!wrong.is_good());
    }

    #[test]
    fn a_slowdown_is_found_and_noise_is_none() {
        let flat = |_: u32| 30_000_u64;
        let slower = timed(flat, |number| 3_000 + 2 * u64::from(number));
        assert!(!slower.is_good() && slower.report().contains("FAIL median latency"));
        let slow_at_last = timed(flat, |number| if number > 3_000 { 7_000 } else { 3_000 });
        assert!(!slow_at_last.is_good());
        // The first ones, which nobody judges, some that take long, and a machine with other things to do.
        for noise in [
            |number: u32| if number < 500 { 90_000_u64 } else { 3_000 },
            |number: u32| {
                if number.is_multiple_of(50) {
                    900_000_u64
                } else {
                    3_000
                }
            },
            |number: u32| if number > 3_000 { 6_000 } else { 3_000 },
            |number: u32| if number < 2_000 { 9_000 } else { 3_000 },
            |number: u32| if number > 3_000 { 1_900 } else { 100 },
        ] {
            let noisy = timed(flat, noise);
            assert!(noisy.is_good(), "{}", noisy.report());
        }
    }

    #[test]
    fn the_percentage_of_growth_is_told_with_what_is_allowed() {
        let text = run(|number| if number < 2_000 { 20_480 } else { 20_992 }).report();
        assert!(text.contains("which is +2.5 %"), "{text}");
        assert!(text.contains("here +15.0 %"), "{text}");
    }

    #[test]
    fn windows_do_not_overlap() {
        for invocations in [100, 600, 2_000, 3_000, 10_000] {
            let run = Run::new("x", invocations, sample(0));
            let windows = run.windows();
            for pair in windows.windows(2) {
                if let [(_, _, end), (_, start, _)] = pair {
                    assert!(end <= start, "{invocations}: {windows:?}");
                }
            }
        }
    }
}
