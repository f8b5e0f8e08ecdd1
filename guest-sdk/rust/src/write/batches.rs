//! Writing batch by batch, with the contract's rule about failures in one place.

use super::{WriteRequest, WriteResults};
#[cfg(test)]
use crate::Error;
use crate::{Result, invocation};

/// Milliseconds below which no further batch is sent, so that the results of those before still reach AppFlow.
const MIN_MILLIS: u32 = 5000;

/// A record that is fit to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Ready<T> {
    /// Its place among the records of the request, from 0.
    pub index: usize,
    /// Identifier it came with; empty if none.
    pub id: String,
    /// What to send.
    pub body: T,
}

/// Records sent so many at a time, as applications take them.
///
/// An error is for when nothing was written; once something may have been, every record has a result of its own. So the
/// failure of the first batch is that of the whole, a later one leaves the results there are, tells the records of its
/// batch that nobody knows about them, and the others that they were not sent.
///
/// With `allOrNone`, which few applications can promise, records go one by one, none after the first that failed, and
/// none at all if one of them was not fit to be sent.
///
/// ```no_run
/// use appflow_connector::prelude::*;
/// use appflow_connector::write::{Batches, Ready};
///
/// fn write(request: &WriteRequest) -> Result<WriteResults> {
///     let mut results = request.results();
///     let mut ready = Vec::new();
///     for (index, record) in request.records.iter().enumerate() {
///         ready.push(Ready { index, id: String::new(), body: record });
///     }
///     Batches::of(request, 25).send(&ready, &mut results, |batch, results| {
///         let bodies: Vec<&str> = batch.iter().map(|record| record.body.as_str()).collect();
///         let answer = http::post("https://api.example.com/items")
///             .json(format!("[{}]", bodies.join(",")))
///             .bearer()
///             .send()?
///             .ensure_ok()?;
///         for (place, record) in batch.iter().enumerate() {
///             match answer.text_at(&format!("/{place}/id"))? {
///                 Some(id) => results.written(record.index, id),
///                 None => results.failed(record.index, &record.id, "the application refused the record"),
///             }
///         }
///         Ok(0)
///     })?;
///     Ok(results)
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Batches {
    size: usize,
    stop: bool,
}

impl Batches {
    /// Batches of at most so many records, 1 or more.
    pub fn of(request: &WriteRequest, most: usize) -> Self {
        Self {
            size: if request.all_or_none { 1 } else { most.max(1) },
            stop: request.all_or_none,
        }
    }

    /// Sends them. The function sends one batch and sets the result of each of its records; it returns how many seconds the
    /// application asks to be left alone before the next one, mostly 0.
    ///
    /// # Errors
    /// Those of the first batch, if it set no result.
    pub fn send<T>(
        self,
        ready: &[Ready<T>],
        results: &mut WriteResults,
        mut send: impl FnMut(&[Ready<T>], &mut WriteResults) -> Result<u32>,
    ) -> Result<()> {
        let mut ended = (self.stop && results.any_failed())
            .then(|| "not sent, because another record failed".to_owned());
        let mut pause = 0;
        for (number, batch) in ready.chunks(self.size).enumerate() {
            if number > 0 && ended.is_none() {
                ended = hindrance(pause);
            }
            if let Some(why) = &ended {
                fail(results, batch, why);
                continue;
            }
            match send(batch, results) {
                Ok(seconds) => pause = seconds,
                Err(error) if !ready.iter().any(|record| results.is_set(record.index)) => {
                    return Err(error);
                }
                Err(error) => {
                    let message = error.message();
                    fail(
                        results,
                        batch,
                        &format!("not known to be written: {message}"),
                    );
                    ended = Some(format!(
                        "not sent, because an earlier request failed: {message}"
                    ));
                }
            }
            if self.stop && results.any_failed() {
                ended.get_or_insert_with(|| "not sent, because another record failed".to_owned());
            }
        }
        Ok(())
    }
}

/// Why no further batch can be sent now.
fn hindrance(pause: u32) -> Option<String> {
    if !invocation::wait(pause) {
        return Some(format!(
            "not sent, because the application asks to wait {pause} seconds"
        ));
    }
    (invocation::millis_left() < MIN_MILLIS)
        .then(|| "not sent, because the time was nearly over".to_owned())
}

/// Sets the result of those records of a batch that have none yet.
fn fail<T>(results: &mut WriteResults, batch: &[Ready<T>], why: &str) {
    for record in batch {
        if !results.is_set(record.index) {
            results.failed(record.index, &record.id, why);
        }
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;
    use crate::testing::{Answer, FakeHost};
    use crate::write::{Operation, WriteResult};

    /// Sends records in batches of 2 with 20 seconds of time; `send` gets the number of the batch.
    fn send(
        count: usize,
        all_or_none: bool,
        send: impl Fn(usize, &[Ready<()>], &mut WriteResults) -> Result<u32>,
    ) -> (Result<Vec<WriteResult>>, usize, u32) {
        let mut request = WriteRequest::new("e", Operation::Insert, vec!["{}"; count]);
        request.all_or_none = all_or_none;
        let ready: Vec<_> = (0..count)
            .map(|index| Ready {
                index,
                id: format!("id-{index}"),
                body: (),
            })
            .collect();
        let mut sent = 0;
        let run = FakeHost::new(|_| Answer::status(404))
            .time(20_000, 0)
            .run(|| {
                let mut results = request.results();
                Batches::of(&request, 2).send(&ready, &mut results, |batch, results| {
                    sent += 1;
                    send(sent, batch, results)
                })?;
                Ok(results.into_results())
            });
        (run.result, sent, run.waited_millis)
    }

    fn all(batch: &[Ready<()>], results: &mut WriteResults) {
        for record in batch {
            results.written(record.index, &record.id);
        }
    }

    /// The beginning of each error; `ok` where there is none.
    fn errors(results: &[WriteResult]) -> Vec<String> {
        let error = |result: &WriteResult| result.error.clone().unwrap_or_else(|| "ok".to_owned());
        results
            .iter()
            .map(|result| error(result).chars().take(23).collect())
            .collect()
    }

    #[test]
    fn the_failure_of_the_first_batch_is_that_of_the_whole() {
        let (result, sent, _) = send(5, false, |_, _, _| Err(Error::rate_limit_exceeded("slow")));
        assert_eq!((result.unwrap_err().message(), sent), ("slow", 1));
    }

    #[test]
    fn a_later_failure_keeps_the_results_there_are() {
        let (result, sent, _) = send(5, false, |number, batch, results| {
            if number == 2 {
                results.written(2, "id-2");
                return Err(Error::server_error("gone"));
            }
            all(batch, results);
            Ok(0)
        });
        let expected = [
            "ok",
            "ok",
            "ok",
            "not known to be written",
            "not sent, because an ea",
        ];
        assert_eq!(
            (errors(&result.unwrap()), sent),
            (expected.map(str::to_owned).to_vec(), 2)
        );
    }

    #[test]
    fn the_first_batch_may_have_written_something_before_it_failed() {
        let (result, _, _) = send(3, false, |_, _, results| {
            results.written(0, "id-0");
            Err(Error::server_error("gone"))
        });
        let expected = ["ok", "not known to be written", "not sent, because an ea"];
        assert_eq!(errors(&result.unwrap()), expected);
    }

    #[test]
    fn all_or_none_stops_at_the_first_record_that_failed() {
        let (result, sent, _) = send(4, true, |number, batch, results| {
            match number {
                2 => results.failed(1, "id-1", "refused"),
                _ => all(batch, results),
            }
            Ok(0)
        });
        let expected = [
            "ok",
            "refused",
            "not sent, because anoth",
            "not sent, because anoth",
        ];
        assert_eq!(
            (errors(&result.unwrap()), sent),
            (expected.map(str::to_owned).to_vec(), 2)
        );
    }

    #[test]
    fn a_wait_that_is_asked_for_is_kept_or_the_rest_is_not_sent() {
        let every = |seconds| {
            move |_: usize, batch: &[Ready<()>], results: &mut WriteResults| {
                all(batch, results);
                Ok(seconds)
            }
        };
        let (result, sent, waited) = send(6, false, every(3));
        assert_eq!(
            (errors(&result.unwrap()), sent),
            (vec!["ok".to_owned(); 6], 3)
        );
        assert_eq!(waited, 6000);
        let (result, sent, waited) = send(4, false, every(16));
        let expected = [
            "ok",
            "ok",
            "not sent, because the a",
            "not sent, because the a",
        ];
        assert_eq!(
            (errors(&result.unwrap()), sent),
            (expected.map(str::to_owned).to_vec(), 1)
        );
        assert_eq!(waited, 0);
    }
}
