//! Paging: from the application's pages to AppFlow's.
//!
//! The two are never the same size. AppFlow's page ends by a number of records, by bytes or by time, perhaps in the
//! middle of a page of the application. [`Paging`] asks page after page, hands each to the host, and when the page is
//! full answers with a token that says where the application's page begins, how large it was, and how many of its
//! records were taken. The token is self-contained: nothing is kept between calls.

use std::collections::HashSet;

use crate::http::Response;
use crate::page::{self, Pick, Space};
use crate::{Error, QueryRequest, Result, http, token, url};

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
#[derive(Debug)]
#[must_use = "nothing is read until `follow`"]
pub struct Paging<'a> {
    request: &'a QueryRequest,
    page_size: u32,
    pointer: String,
    picks: Vec<Pick>,
}

impl<'a> Paging<'a> {
    /// For a request. Records are the whole body, taken as they are, in pages of 1,000, unless said otherwise.
    pub fn new(request: &'a QueryRequest) -> Self {
        Self {
            request,
            page_size: DEFAULT_PAGE_SIZE,
            pointer: String::new(),
            picks: Vec::new(),
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

    /// Reads until AppFlow's page is full or the application has no more; returns the token of the next page.
    ///
    /// `fetch` sends the request for the place it is given. A status other than 2xx ends the reading with that error;
    /// 204 is an empty last page.
    ///
    /// # Errors
    /// Those of `fetch`; `InvalidArgument` for a token that is not of this entity and way of paging; `ServerError` if
    /// the application's next page is one already read; `RequestTimeout` if not even one record could be taken.
    pub fn follow(
        self,
        next: Next,
        mut fetch: impl FnMut(&At) -> Result<Response>,
    ) -> Result<Option<String>> {
        let mut state = State::resume(self.request, &next, self.page_size)?;
        let mut seen = HashSet::new();
        let mut slowest = 0;
        let mut progress = false;
        loop {
            let before = page::room();
            let Some(size) = state.size_to_ask(&next, &before) else {
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
            let response = fetch(&at)?;
            response.check_ok()?;
            if response.status() == 204 {
                return Ok(None);
            }
            let ahead = next.look_ahead(&response, &at)?;
            let emitted = page::emit_json_from(&response, &self.pointer, &self.picks, state.skip)?;
            drop(response);
            state.done = state.done.saturating_add(u64::from(emitted.taken));
            let after = page::room();

            if state.is_done(self.request) {
                return Ok(None);
            }
            if emitted.left > 0 {
                if emitted.taken == 0 && !progress {
                    return Err(Error::request_timeout(
                        "no record could be taken in the time there was",
                    ));
                }
                // Cut by bytes or time on its own: so many fit into one answer, ask for no more next time.
                if after.records_left > 0 && !progress {
                    state.cap = Some(emitted.taken.max(1));
                }
                state.cut(&next, size, emitted.taken);
                return state.token(self.request, &next).map(Some);
            }
            progress = true;
            match next.after(&at, ahead, emitted.total) {
                None => return Ok(None),
                Some(place) => state.go_to(place, size),
            }
            slowest = slowest.max(before.millis_left.saturating_sub(after.millis_left));
            if !worth_another(&next, &before, &after, emitted.total, slowest) {
                if seen.contains(&state.place) {
                    continue; // The guard above refuses it.
                }
                return state.token(self.request, &next).map(Some);
            }
        }
    }
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
    let fixed_size = matches!(
        next.style,
        Style::Link(_) | Style::LinkHeader | Style::Number(_)
    );
    if fixed_size && after.records_left < total {
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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

type LookAhead = Box<dyn Fn(&Response, &At) -> Result<Option<String>>>;

enum Style {
    Link(String),
    LinkHeader,
    Cursor(String),
    Custom(LookAhead),
    Offset,
    Number(u64),
}

/// How the application says where its next page is.
#[must_use]
pub struct Next {
    style: Style,
    more_at: Option<String>,
    total_at: Option<String>,
    short_page_ends: bool,
}

impl std::fmt::Debug for Next {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Next").field(&self.kind()).finish()
    }
}

/// What an answer says about the pages after it, read before its records, which use it up.
#[derive(Default)]
struct Ahead {
    text: Option<String>,
    /// What the application says outright.
    more: Option<bool>,
    total: Option<u64>,
}

impl Next {
    fn new(style: Style) -> Self {
        Self {
            style,
            more_at: None,
            total_at: None,
            short_page_ends: false,
        }
    }

    /// A link at a JSON pointer, absolute or relative, for [`At::url`]; absent, null or empty at the end.
    pub fn link(pointer: impl Into<String>) -> Self {
        Self::new(Style::Link(pointer.into()))
    }

    /// The link with `rel="next"` in the `Link` header (RFC 8288), for [`At::url`].
    pub fn link_header() -> Self {
        Self::new(Style::LinkHeader)
    }

    /// A cursor at a JSON pointer, for [`At::cursor`]; absent, null or empty at the end.
    pub fn cursor(pointer: impl Into<String>) -> Self {
        Self::new(Style::Cursor(pointer.into()))
    }

    /// A cursor or link of any other kind, found by a function, such as the identifier of a page's last record.
    pub fn with(find: impl Fn(&Response, &At) -> Result<Option<String>> + 'static) -> Self {
        Self::new(Style::Custom(Box::new(find)))
    }

    /// An offset, for [`At::number`]: it ends at the total if the application tells one (see [`Next::total_at`]), or
    /// else at an empty page.
    pub fn offset() -> Self {
        Self::new(Style::Offset)
    }

    /// A page number, for [`At::number`], beginning with `first`; it ends as [`Next::offset`] does. The page size stays
    /// the same over all pages.
    pub fn page_number(first: u64) -> Self {
        Self::new(Style::Number(first))
    }

    /// There are more pages only while the value at a JSON pointer is `true`.
    pub fn more_at(self, pointer: impl Into<String>) -> Self {
        Self {
            more_at: Some(pointer.into()),
            ..self
        }
    }

    /// The number of all records is at a JSON pointer.
    pub fn total_at(self, pointer: impl Into<String>) -> Self {
        Self {
            total_at: Some(pointer.into()),
            ..self
        }
    }

    /// A page with fewer records than asked for is the last one. Say so only of an application that never caps pages:
    /// where it does, records would be missed.
    pub fn short_page_ends(self) -> Self {
        Self {
            short_page_ends: true,
            ..self
        }
    }

    fn kind(&self) -> &'static str {
        match self.style {
            Style::Link(_) => "link",
            Style::LinkHeader => "header",
            Style::Cursor(_) => "cursor",
            Style::Custom(_) => "custom",
            Style::Offset => "offset",
            Style::Number(_) => "number",
        }
    }

    fn first(&self) -> u64 {
        match self.style {
            Style::Number(first) => first,
            _ => 0,
        }
    }

    fn first_place(&self) -> Place {
        match self.style {
            Style::Offset | Style::Number(_) => Place::Number(self.first()),
            Style::Link(_) | Style::LinkHeader | Style::Cursor(_) | Style::Custom(_) => {
                Place::Text(None)
            }
        }
    }

    fn look_ahead(&self, response: &Response, at: &At) -> Result<Ahead> {
        let text = match &self.style {
            Style::Link(pointer) | Style::Cursor(pointer) => response.text_at(pointer)?,
            Style::LinkHeader => response
                .header("link")
                .as_deref()
                .and_then(url::next_of_link_header),
            Style::Custom(find) => find(response, at)?,
            Style::Offset | Style::Number(_) => None,
        };
        let more = match &self.more_at {
            Some(pointer) => Some(
                response
                    .text_at(pointer)?
                    .is_some_and(|more| more == "true"),
            ),
            None => None,
        };
        let total = match &self.total_at {
            Some(pointer) => response
                .text_at(pointer)?
                .and_then(|total| total.parse().ok()),
            None => None,
        };
        Ok(Ahead {
            text: text.filter(|text| !text.is_empty()),
            more,
            total,
        })
    }

    /// The place of the page after one that was taken to its end; `count` is the number of records on it.
    fn after(&self, at: &At, ahead: Ahead, count: u32) -> Option<Place> {
        if ahead.more == Some(false) || (self.short_page_ends && count < at.size) {
            return None;
        }
        let number = at.number();
        let (place, records_before) = match self.style {
            Style::Offset => {
                let offset = number.saturating_add(u64::from(count));
                (Place::Number(offset), offset)
            }
            Style::Number(first) => {
                let following = number.saturating_add(1);
                (
                    Place::Number(following),
                    following
                        .saturating_sub(first)
                        .saturating_mul(u64::from(at.size)),
                )
            }
            Style::Link(_) | Style::LinkHeader | Style::Cursor(_) | Style::Custom(_) => {
                return ahead.text.map(|text| Place::Text(Some(text)));
            }
        };
        match ahead.total {
            Some(total) if records_before >= total => None,
            // An application that says there is more, or how many there are, and gives none would be asked for ever.
            _ if count == 0 => None,
            _ => Some(place),
        }
    }
}

/// What a token carries.
#[derive(Debug)]
struct State {
    place: Place,
    /// Records of the application's page at `place` that were taken before.
    skip: u32,
    /// Size of that page, if it must be asked for in the same size: when it was cut, or pages are numbered.
    size: Option<u32>,
    /// Largest page worth asking for, learnt from one that was cut by bytes.
    cap: Option<u32>,
    /// Records taken in all calls, for a filter's LIMIT.
    done: u64,
    page_size: u32,
    total_limit: Option<u32>,
}

impl State {
    fn resume(request: &QueryRequest, next: &Next, page_size: u32) -> Result<Self> {
        let mut state = Self {
            place: next.first_place(),
            skip: 0,
            size: None,
            cap: None,
            done: 0,
            page_size,
            total_limit: request.total_limit(),
        };
        if let Some(text) = &request.token {
            let parts = token::decode(text)?;
            state
                .read(&parts, request, next)
                .ok_or_else(token::invalid)?;
        }
        Ok(state)
    }

    fn read(&mut self, parts: &[String], request: &QueryRequest, next: &Next) -> Option<()> {
        let [kind, entity, place, skip, size, cap, done] = parts else {
            return None;
        };
        if kind != next.kind() || *entity != request.entity {
            return None;
        }
        let optional = |text: &str| -> Option<Option<u32>> {
            if text.is_empty() {
                Some(None)
            } else {
                text.parse().ok().filter(|number| *number > 0).map(Some)
            }
        };
        self.place = match next.first_place() {
            Place::Text(_) => Place::Text(Some(place.clone()).filter(|place| !place.is_empty())),
            Place::Number(_) => Place::Number(place.parse().ok()?),
        };
        self.skip = skip.parse().ok()?;
        self.size = optional(size)?;
        self.cap = optional(cap)?;
        self.done = done.parse().ok()?;
        Some(())
    }

    fn token(&self, request: &QueryRequest, next: &Next) -> Result<String> {
        let optional =
            |number: Option<u32>| number.map_or_else(String::new, |number| number.to_string());
        let place = match &self.place {
            Place::Text(text) => text.clone().unwrap_or_default(),
            Place::Number(number) => number.to_string(),
        };
        token::encode(&[
            next.kind(),
            &request.entity,
            &place,
            &self.skip.to_string(),
            &optional(self.size),
            &optional(self.cap),
            &self.done.to_string(),
        ])
    }

    /// Records to ask for; none if all that are wanted have been read.
    fn size_to_ask(&mut self, next: &Next, room: &Space) -> Option<u32> {
        let wanted = match self.total_limit {
            None => u64::MAX,
            Some(limit) => u64::from(limit).saturating_sub(self.done),
        };
        if wanted == 0 {
            return None;
        }
        if let Some(size) = self.size {
            return Some(size);
        }
        let most = self
            .page_size
            .min(self.cap.unwrap_or(u32::MAX))
            .min(room.records_left.max(1));
        let size = u32::try_from(wanted).map_or(most, |wanted| most.min(wanted));
        if matches!(next.style, Style::Number(_)) {
            // Numbered pages begin at multiples of their size.
            self.size = Some(size);
        }
        Some(size)
    }

    fn is_done(&self, request: &QueryRequest) -> bool {
        request
            .total_limit()
            .is_some_and(|limit| self.done >= u64::from(limit))
    }

    /// The page at the place was cut after some more records.
    fn cut(&mut self, next: &Next, size: u32, taken: u32) {
        match (&next.style, &mut self.place) {
            (Style::Offset, Place::Number(offset)) => {
                *offset = offset.saturating_add(u64::from(taken))
            }
            _ => {
                self.skip = self.skip.saturating_add(taken);
                self.size = Some(size);
            }
        }
    }

    /// The page at the place was read to its end.
    fn go_to(&mut self, place: Place, size: u32) {
        self.skip = 0;
        self.size = match place {
            Place::Number(_) => self.size.map(|_| size),
            Place::Text(_) => None,
        };
        self.place = place;
    }
}
