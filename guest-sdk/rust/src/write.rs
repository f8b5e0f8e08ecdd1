//! Writing: one result for each record, in the order of the records.

mod batches;

use crate::bindings::wit_destination as wit;

#[doc(inline)]
pub use batches::{Batches, Ready};
#[doc(inline)]
pub use wit::{Operation, WriteRequest, WriteResult};

impl WriteRequest {
    /// A request for tests.
    pub fn new<R: Into<String>>(
        entity: impl Into<String>,
        operation: Operation,
        records: impl IntoIterator<Item = R>,
    ) -> Self {
        Self {
            entity: entity.into(),
            operation,
            id_fields: Vec::new(),
            records: records.into_iter().map(Into::into).collect(),
            all_or_none: false,
        }
    }

    /// A place for the result of each record.
    pub fn results(&self) -> WriteResults {
        WriteResults(vec![None; self.records.len()])
    }

    /// The records as types of yours, in order. One that is not of that type is an error of that record alone.
    ///
    /// ```
    /// use appflow_connector::write::{Operation, WriteRequest};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Contact { name: String }
    ///
    /// let request = WriteRequest::new("contact", Operation::Insert, [r#"{"name":"Ada"}"#, r#"{"name":7}"#]);
    /// let names: Vec<_> = request.parse::<Contact>().map(|contact| contact.map(|contact| contact.name)).collect();
    /// assert_eq!(names[0].as_deref(), Ok("Ada"));
    /// assert!(names[1].is_err());
    /// ```
    #[cfg(feature = "json")]
    pub fn parse<'a, T: serde::Deserialize<'a>>(
        &'a self,
    ) -> impl ExactSizeIterator<Item = crate::Result<T>> + 'a {
        self.records.iter().map(|record| {
            serde_json::from_str(record).map_err(|error| {
                crate::Error::invalid_argument(crate::Error::from(error).message())
            })
        })
    }
}

/// The result of each record.
///
/// A connector answers with this collector and so cannot mix up or forget records: results are set by the place of the
/// record, in any order, the last one counts, and a record whose result was never set is reported as not written. A
/// result without a record, as of an application that answers with too many, is dropped: a panic here would lose the
/// results of records that were written.
///
/// ```
/// use appflow_connector::write::{Operation, WriteRequest};
///
/// let request = WriteRequest::new("contact", Operation::Insert, ["{}", "{}", "{}"]);
/// let mut results = request.results();
/// results.written(1, "id-2");
/// results.failed(0, "", "the name is missing");
/// assert!(!results.all_written());
/// let list = results.into_results();
/// assert_eq!(list[1].record_id, "id-2");
/// assert_eq!(list[2].error.as_deref(), Some("the record was not written"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct WriteResults(Vec<Option<WriteResult>>);

impl WriteResults {
    /// The record at this place, from 0, was written and has this identifier in the application.
    pub fn written(&mut self, index: usize, record_id: impl Into<String>) {
        self.set(
            index,
            WriteResult {
                record_id: record_id.into(),
                error: None,
            },
        );
    }

    /// The record at this place, from 0, was not written. The identifier is the one it came with, empty if unknown.
    pub fn failed(&mut self, index: usize, record_id: impl Into<String>, why: impl ToString) {
        self.set(
            index,
            WriteResult {
                record_id: record_id.into(),
                error: Some(why.to_string()),
            },
        );
    }

    fn set(&mut self, index: usize, result: WriteResult) {
        if let Some(place) = self.0.get_mut(index) {
            *place = Some(result);
        }
    }

    /// Sets the result of all records that have none yet: with `allOrNone`, say that they were rolled back or not tried.
    pub fn fail_rest(&mut self, why: &str) {
        for place in self.0.iter_mut().filter(|place| place.is_none()) {
            *place = Some(WriteResult {
                record_id: String::new(),
                error: Some(why.to_owned()),
            });
        }
    }

    /// Whether the record at this place has a result.
    pub fn is_set(&self, index: usize) -> bool {
        self.0.get(index).is_some_and(Option::is_some)
    }

    /// Whether a record has a result that says that it was not written.
    pub fn any_failed(&self) -> bool {
        let mut set = self.0.iter().flatten();
        set.any(|result| result.error.is_some())
    }

    /// Whether each record was written.
    pub fn all_written(&self) -> bool {
        self.0
            .iter()
            .all(|place| place.as_ref().is_some_and(|result| result.error.is_none()))
    }

    /// The list for AppFlow, one result for each record in order.
    pub fn into_results(mut self) -> Vec<WriteResult> {
        self.fail_rest("the record was not written");
        self.0.into_iter().flatten().collect()
    }
}
