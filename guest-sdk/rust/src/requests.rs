//! What the operations are asked.

use crate::bindings::wit_source as wit;
use crate::filter::{Condition, Filter};
use crate::page::{Pick, Record};
use crate::{Error, Result};

#[doc(inline)]
pub use wit::RetrieveRequest;

/// What to read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryRequest {
    /// Identifier of the entity.
    pub entity: String,
    /// Fields wanted; empty for all. A record must not have others.
    pub fields: Vec<String>,
    /// What records to read; none for all of them.
    pub filter: Option<Filter>,
    /// Most records AppFlow takes in this page, 1 or more. [`page`](crate::page) keeps to it; ask the application for
    /// no more.
    pub limit: u32,
    /// Token the connector returned for the page before; none for the first page.
    pub token: Option<String>,
}

impl QueryRequest {
    /// A request for the first page of 1,000 records, for tests.
    pub fn new(entity: impl Into<String>) -> Self {
        Self {
            entity: entity.into(),
            limit: 1000,
            ..Self::default()
        }
    }

    /// Fields wanted, for tests.
    #[must_use]
    pub fn fields<F: Into<String>>(self, fields: impl IntoIterator<Item = F>) -> Self {
        Self {
            fields: fields.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    /// A condition, for tests.
    #[must_use]
    pub fn filter(self, condition: Condition) -> Self {
        Self {
            filter: Some(Filter {
                condition: Some(condition),
                ..Filter::default()
            }),
            ..self
        }
    }

    /// Most records of the page, for tests.
    #[must_use]
    pub fn limit(self, limit: u32) -> Self {
        Self { limit, ..self }
    }

    /// Token of the page before, for tests.
    #[must_use]
    pub fn token(self, token: Option<String>) -> Self {
        Self { token, ..self }
    }

    /// The condition, if there is one.
    pub fn condition(&self) -> Option<&Condition> {
        self.filter.as_ref()?.condition.as_ref()
    }

    /// Most records in all, over all pages, if the filter says so.
    pub fn total_limit(&self) -> Option<u32> {
        self.filter.as_ref()?.limit
    }

    /// A record to fill in, which leaves out the fields that are not wanted.
    pub fn record(&self) -> Record<'_> {
        Record::only(&self.fields)
    }

    /// Picks for the fields wanted, under the same key in both; of `all` of them where AppFlow names none.
    pub fn picks<S: AsRef<str>>(&self, all: impl IntoIterator<Item = S>) -> Vec<Pick> {
        if self.fields.is_empty() {
            Pick::same(all)
        } else {
            Pick::same(&self.fields)
        }
    }
}

impl TryFrom<wit::QueryRequest> for QueryRequest {
    type Error = Error;

    fn try_from(request: wit::QueryRequest) -> Result<Self> {
        Ok(Self {
            entity: request.entity,
            fields: request.fields,
            filter: request.filter.map(Filter::try_from).transpose()?,
            limit: request.limit,
            // An empty token counts as none.
            token: request.token.filter(|token| !token.is_empty()),
        })
    }
}

impl RetrieveRequest {
    /// A record to fill in, which leaves out the fields that are not wanted.
    pub fn record(&self) -> Record<'_> {
        Record::only(&self.fields)
    }

    /// Picks for the fields wanted, see [`QueryRequest::picks`].
    pub fn picks<S: AsRef<str>>(&self, all: impl IntoIterator<Item = S>) -> Vec<Pick> {
        if self.fields.is_empty() {
            Pick::same(all)
        } else {
            Pick::same(&self.fields)
        }
    }

    /// A request for records by the entity's key field, for tests.
    pub fn new<I: Into<String>>(
        entity: impl Into<String>,
        ids: impl IntoIterator<Item = I>,
    ) -> Self {
        Self {
            entity: entity.into(),
            fields: Vec::new(),
            id_field: None,
            ids: ids.into_iter().map(Into::into).collect(),
        }
    }
}
