//! Paging: from the application's pages to AppFlow's.
//!
//! The two are never the same size. AppFlow's page ends by a number of records, by bytes or by time, perhaps in the
//! middle of a page of the application. [`Paging`] asks page after page, hands each to the host, and when the page is
//! full answers with a token that says where the application's page begins, how large it was, and how many of its
//! records were taken. The token is self-contained: nothing is kept between calls.

mod next;
mod state;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use self::state::State;
use crate::http::Response;
use crate::page::{self, Batch, Pick, Record, Space};
use crate::{Error, QueryRequest, Result, http, invocation, log, token};

pub use self::next::Next;

/// Page size asked for where the connector names none.
const DEFAULT_PAGE_SIZE: u32 = 1000;

/// Milliseconds that must be left for a further request, beside twice the time of the slowest one so far.
const TIME_RESERVE_MILLIS: u32 = 1000;

/// Reads an entity page by page.
///
/// ```no_run
/// use appflow_connector::prelude::*;
///
/// fn query(request: &QueryRequest) -> Result<Option<String>> {
///     Paging::new(request)
///         .page_size(200)
///         .records("/data")
///         .picks(request.picks(["id", "name"]))
///         .follow(Next::cursor("/next_cursor"), |at| {
///             http::get("https://api.example.com/items")
///                 .query("limit", at.size())
///                 .query_if("cursor", at.cursor())
///                 .bearer()
///                 .send()
///         })
/// }
/// ```
#[must_use = "nothing is read until `follow` or `emit`"]
pub struct Paging<'a> {
    request: &'a QueryRequest,
    page_size: u32,
    pointer: String,
    picks: Vec<Pick>,
    filtered: bool,
    each: Option<Each<'a>>,
    backoff: Option<String>,
}

/// What makes a record of the page of one of the application's, both as JSON text.
type Each<'a> = Box<dyn FnMut(&str) -> Result<Option<String>> + 'a>;

impl std::fmt::Debug for Paging<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Paging")
            .field("page_size", &self.page_size)
            .field("pointer", &self.pointer)
            .finish_non_exhaustive()
    }
}

/// What became of the records of an answer.
struct Handed {
    /// Records done with, from the first that was not passed over.
    done: u32,
    /// Of these, the ones in the page.
    emitted: u32,
    /// Records that found no room, or were not looked at.
    left: u32,
    /// All records of the answer.
    total: u32,
}

impl<'a> Paging<'a> {
    /// For a request. Records are the whole body, taken as they are, in pages of 1,000, unless said otherwise.
    pub fn new(request: &'a QueryRequest) -> Self {
        Self {
            request,
            page_size: DEFAULT_PAGE_SIZE,
            pointer: String::new(),
            picks: Vec::new(),
            filtered: false,
            each: None,
            backoff: None,
        }
    }

    /// Largest page of the application, at least 1. Smaller ones are asked for where fewer records are wanted.
    pub fn page_size(self, most: u32) -> Self {
        Self {
            page_size: most.max(1),
            ..self
        }
    }

    /// Where the array of records is: a JSON pointer (RFC 6901) such as `/data`.
    pub fn records(self, pointer: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            ..self
        }
    }

    /// Fields of the records; without it, or for an empty list, they stay as they are. See [`QueryRequest::picks`].
    pub fn picks(self, picks: Vec<Pick>) -> Self {
        Self { picks, ..self }
    }

    /// Says that the records meet the request's condition: the requests ask the application for such records only, or
    /// the records given to [`emit`](Self::emit) were checked. Without it a request with a condition is refused, since
    /// ignoring one would read too many records.
    pub fn filtered(self) -> Self {
        Self {
            filtered: true,
            ..self
        }
    }

    /// Makes each record by a function, from the application's as JSON text: another form, or none for a record that is
    /// not wanted, such as one that does not meet what the application could not filter by. [`picks`](Self::picks) mean
    /// nothing then, and the records come through the connector: without need, it is slower than without it.
    #[cfg(feature = "json")]
    pub fn filter_map(self, each: impl FnMut(&str) -> Result<Option<String>> + 'a) -> Self {
        Self {
            each: Some(Box::new(each)),
            ..self
        }
    }

    /// A header by which an answer asks to be left alone for some seconds, although it is a success, such as `Backoff`.
    /// The next request of this call waits so long; where there is no time for that, the page ends.
    pub fn backoff(self, header: impl Into<String>) -> Self {
        Self {
            backoff: Some(header.into()),
            ..self
        }
    }

    fn refuse_condition(&self) -> Result<()> {
        if self.filtered || self.request.condition().is_none() {
            return Ok(());
        }
        Err(Error::unsupported(format!(
            "filtering '{}'",
            self.request.entity
        )))
    }

    /// Reads until AppFlow's page is full or the application has no more; returns the token of the next page.
    ///
    /// `fetch` sends the request for the place it is given. A status other than 2xx ends the reading with that error;
    /// 204 is an empty last page.
    ///
    /// # Errors
    /// Those of `fetch`; [`Error::Unsupported`] for a condition (see [`Paging::filtered`]); `InvalidArgument` for a token that is not of this entity and way of paging; `ServerError` if
    /// the application's next page is one already read; `RequestTimeout` if not even one record could be taken.
    pub fn follow(
        mut self,
        next: Next,
        mut fetch: impl FnMut(&At) -> Result<Response>,
    ) -> Result<Option<String>> {
        self.refuse_condition()?;
        let mut state = State::resume(self.request, &next, self.page_size)?;
        let mut seen = BTreeSet::new();
        let mut slowest = 0;
        let mut progress = false;
        loop {
            let before = page::room();
            let Some(size) = state.size_to_ask(&next, &before, self.each.is_some()) else {
                return Ok(None);
            };
            let at = At {
                place: state.place.clone(),
                size,
                first: next.first(),
            };
            if !seen.insert(at.place.clone()) {
                return Err(Error::server_error(
                    "the application's next page is one that was read already; stopped, as it would never end",
                ));
            }
            let (ahead, handed, pause) = {
                // In a scope of its own: the host holds the body until the answer is dropped.
                let response = fetch(&at)?;
                response.check_ok()?;
                if response.status() == 204 {
                    return Ok(None);
                }
                (
                    next.look_ahead(&response, &at)?,
                    self.hand_over(&response, &state)?,
                    self.pause(&response),
                )
            };
            state.done = state.done.saturating_add(u64::from(handed.emitted));
            let after = page::room();

            if state.wanted() == Some(0) {
                return Ok(None);
            }
            if handed.left > 0 {
                if handed.done == 0 && !progress {
                    return Err(no_progress());
                }
                // Too many bytes for one answer: ask for no more than did fit next time.
                if after.records_left > 0 && after.millis_left > 0 && !progress {
                    state.cap = Some(handed.done.max(1));
                }
                state.cut(&next, size, handed.done);
                return state.token(self.request, &next).map(Some);
            }
            progress = true;
            match next.after(&at, ahead, handed.total) {
                None => return Ok(None),
                Some(place) => state.go_to(place, size),
            }
            slowest = slowest.max(before.millis_left.saturating_sub(after.millis_left));
            let end = !worth_another(&next, &before, &after, handed.total, slowest);
            if end || !wait(pause) {
                if seen.contains(&state.place) {
                    continue; // The guard above refuses it.
                }
                return state.token(self.request, &next).map(Some);
            }
        }
    }

    /// Emits records that are all at hand, of an application that does not page or does not speak JSON. Each call makes
    /// them again, in the same order, and goes on after the ones that came before.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a condition (see [`Paging::filtered`]); `InvalidArgument` for a token that is not of this entity, or a record that is not one JSON object.
    pub fn emit<R: AsRef<str>>(
        self,
        records: impl IntoIterator<Item = R>,
    ) -> Result<Option<String>> {
        const KIND: &str = "all";
        self.refuse_condition()?;
        let done: usize = match &self.request.token {
            None => 0,
            Some(text) => match token::decode(text)?.as_slice() {
                [kind, entity, done] if kind == KIND && *entity == self.request.entity => {
                    done.parse().map_err(|_| token::invalid())?
                }
                _ => return Err(token::invalid()),
            },
        };
        let limit = match self.request.total_limit() {
            Some(limit) => usize::try_from(limit)?,
            None => usize::MAX,
        };
        let mut batch = Batch::new();
        let mut pushed: usize = 0;
        for record in records.into_iter().take(limit).skip(done) {
            if !batch.push(record)? {
                break;
            }
            pushed += 1;
        }
        let taken = usize::try_from(batch.finish()?)?;
        if taken == pushed {
            // Nothing was refused, so there were no more.
            return Ok(None);
        }
        if taken == 0 {
            return Err(no_progress());
        }
        token::encode(&[KIND, &self.request.entity, &(done + taken).to_string()]).map(Some)
    }

    /// Seconds that an answer asks to wait.
    fn pause(&self, response: &Response) -> u32 {
        let header = self.backoff.as_deref();
        header
            .and_then(|name| response.header(name))
            .and_then(|seconds| seconds.trim().parse().ok())
            .unwrap_or(0)
    }

    /// Hands the records of an answer to the host, but no more of them than a filter's LIMIT still allows.
    fn hand_over(&mut self, response: &Response, state: &State) -> Result<Handed> {
        #[cfg(feature = "json")]
        if let Some(each) = &mut self.each {
            return hand_over_each(each, response, &self.pointer, state);
        }
        let end = state
            .wanted()
            .and_then(|wanted| u32::try_from(wanted).ok()?.checked_add(state.skip));
        if let Some(end) = end
            && response
                .json_at(&format!("{}/{end}", self.pointer))?
                .is_some()
        {
            return self.hand_over_some(response, state.skip, end);
        }
        let emitted = page::emit_json_from(response, &self.pointer, &self.picks, state.skip)?;
        Ok(Handed {
            done: emitted.taken,
            emitted: emitted.taken,
            left: emitted.left,
            total: emitted.total,
        })
    }

    /// Emits the records of an answer from one place to another, one by one.
    fn hand_over_some(&self, response: &Response, skip: u32, end: u32) -> Result<Handed> {
        let mut taken = 0;
        for index in skip..end {
            let place = format!("{}/{index}", self.pointer);
            let missing = || Error::server_error("a record of the application's answer is missing");
            let record = if self.picks.is_empty() {
                response.json_at(&place)?.ok_or_else(missing)?
            } else {
                let mut record = Record::new();
                for pick in &self.picks {
                    if let Some(value) = response.json_at(&format!("{place}{}", pick.pointer()))? {
                        record = record.json(&pick.name, &value);
                    }
                }
                record.into()
            };
            if !page::emit(record)? {
                break;
            }
            taken += 1;
        }
        Ok(Handed {
            done: taken,
            emitted: taken,
            left: end - skip - taken,
            total: end,
        })
    }
}

/// Makes the records of an answer one by one and emits them.
#[cfg(feature = "json")]
fn hand_over_each(
    each: &mut Each,
    response: &Response,
    pointer: &str,
    state: &State,
) -> Result<Handed> {
    let no_array = || Error::server_error("the application's answer has no array of records");
    let array = response.json_at(pointer)?.ok_or_else(no_array)?;
    let records: Vec<&serde_json::value::RawValue> =
        serde_json::from_str(&array).map_err(|_| no_array())?;
    let total = u32::try_from(records.len())?;
    let wanted = state.wanted().unwrap_or(u64::MAX);
    let mut batch = Batch::new();
    // Where in the array the records lie that were pushed: what counts is how many of them find room.
    let mut places = Vec::new();
    let mut done = 0;
    for (place, record) in (0..total).zip(&records).skip(usize::try_from(state.skip)?) {
        if u64::try_from(places.len())? == wanted {
            break;
        }
        if let Some(record) = each(record.get())? {
            places.push(place);
            if !batch.push(record)? {
                break;
            }
        }
        done += 1;
    }
    let emitted = batch.finish()?;
    if let Some(refused) = places.get(usize::try_from(emitted)?) {
        done = refused - state.skip;
    }
    Ok(Handed {
        done,
        emitted,
        left: total.saturating_sub(state.skip).saturating_sub(done),
        total,
    })
}

/// Waits as an answer asked for; false if there is no time.
fn wait(seconds: u32) -> bool {
    let waited = invocation::wait(seconds);
    if !waited {
        let seconds = seconds.to_string();
        log::info(
            "the page ends here, as the application asks to wait longer than there is time",
            &[("seconds", &seconds)],
        );
    }
    waited
}

fn no_progress() -> Error {
    Error::request_timeout("no record could be taken in the time there was")
}

/// Whether the page has room for one more page of the application, as far as the last one tells.
fn worth_another(next: &Next, before: &Space, after: &Space, total: u32, slowest: u32) -> bool {
    if after.records_left == 0 || after.bytes_left == 0 {
        return false;
    }
    if after.millis_left
        < slowest
            .saturating_mul(2)
            .saturating_add(TIME_RESERVE_MILLIS)
    {
        return false;
    }
    // A page that will be cut is fetched again by the next call, so rather end the page early.
    if next.has_fixed_size() && after.records_left < total {
        return false;
    }
    after.bytes_left >= before.bytes_left.saturating_sub(after.bytes_left)
}

/// Where to read: what `fetch` is told.
#[derive(Clone, Debug)]
pub struct At {
    place: Place,
    size: u32,
    first: u64,
}

/// A place in the application's data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// Links and cursors; none at the beginning.
    Text(Option<String>),
    /// Offsets and page numbers.
    Number(u64),
}

impl At {
    /// Records to ask for.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// The cursor of the page, none for the first one.
    pub fn cursor(&self) -> Option<&str> {
        match &self.place {
            Place::Text(text) => text.as_deref(),
            Place::Number(_) => None,
        }
    }

    /// The address of the page: the link as the application gave it, resolved against the first page's address, which
    /// is the one given here. For the first page it is that address.
    pub fn url(&self, first: &str) -> String {
        match self.cursor() {
            Some(link) => http::resolve(first, link),
            None => first.to_owned(),
        }
    }

    /// The offset of the page's first record, or the page's number.
    pub fn number(&self) -> u64 {
        match self.place {
            Place::Number(number) => number,
            Place::Text(_) => 0,
        }
    }

    /// Whether this is the first page.
    pub fn is_first(&self) -> bool {
        self.place == Place::Text(None) || self.place == Place::Number(self.first)
    }
}
