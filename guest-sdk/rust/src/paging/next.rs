//! How applications say where their next page is.

use super::{At, Place};
use crate::http::Response;
use crate::{Result, url};

type LookAhead = Box<dyn Fn(&Response, &At) -> Result<Option<String>>>;

pub(super) enum Style {
    Link(String),
    LinkHeader,
    Header(String),
    Cursor(String),
    Custom(LookAhead),
    Offset,
    Number(u64),
}

/// How the application says where its next page is.
#[must_use]
pub struct Next {
    pub(super) style: Style,
    parameter: Option<String>,
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
pub(super) struct Ahead {
    text: Option<String>,
    /// What the application says outright.
    more: Option<bool>,
    total: Option<u64>,
}

impl Next {
    fn new(style: Style) -> Self {
        Self {
            style,
            parameter: None,
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

    /// A link, or a cursor, that is all a header of the application's own has, such as `Next-Page`; absent at the end.
    pub fn header(name: impl Into<String>) -> Self {
        Self::new(Style::Header(name.into()))
    }

    /// Of a link, only the value of this query parameter counts, and is the cursor, for [`At::cursor`]. Links of
    /// applications behind proxies name hosts that are not theirs, and long ones do not fit into a token.
    ///
    /// ```
    /// # use appflow_connector::page::Next;
    /// let next = Next::header("Next-Page").parameter("_token");
    /// ```
    pub fn parameter(self, name: impl Into<String>) -> Self {
        Self {
            parameter: Some(name.into()),
            ..self
        }
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

    pub(super) fn kind(&self) -> &'static str {
        match self.style {
            Style::Link(_) => "link",
            Style::LinkHeader => "header",
            Style::Header(_) => "own-header",
            Style::Cursor(_) => "cursor",
            Style::Custom(_) => "custom",
            Style::Offset => "offset",
            Style::Number(_) => "number",
        }
    }

    /// Whether the size of the next page is that of this one, whatever is asked for: it stands in the link.
    pub(super) fn has_fixed_size(&self) -> bool {
        match self.style {
            Style::Link(_) | Style::LinkHeader | Style::Header(_) => self.parameter.is_none(),
            Style::Number(_) => true,
            Style::Cursor(_) | Style::Custom(_) | Style::Offset => false,
        }
    }

    pub(super) fn first(&self) -> u64 {
        match self.style {
            Style::Number(first) => first,
            _ => 0,
        }
    }

    pub(super) fn first_place(&self) -> Place {
        match self.style {
            Style::Offset | Style::Number(_) => Place::Number(self.first()),
            Style::Link(_)
            | Style::LinkHeader
            | Style::Header(_)
            | Style::Cursor(_)
            | Style::Custom(_) => Place::Text(None),
        }
    }

    pub(super) fn look_ahead(&self, response: &Response, at: &At) -> Result<Ahead> {
        let text = match &self.style {
            Style::Link(pointer) | Style::Cursor(pointer) => response.text_at(pointer)?,
            Style::LinkHeader => response
                .header("link")
                .as_deref()
                .and_then(url::next_of_link_header),
            Style::Header(name) => response.header(name),
            Style::Custom(find) => find(response, at)?,
            Style::Offset | Style::Number(_) => None,
        };
        let text = match (text, &self.parameter) {
            (Some(link), Some(name)) if !link.is_empty() => {
                // A link without it would be taken for the end, and records be lost.
                let value = url::parameter(&link, name);
                Some(value.filter(|value| !value.is_empty()).ok_or_else(|| {
                    crate::Error::server_error(format!(
                        "the application's link to the next page has no parameter '{name}'"
                    ))
                })?)
            }
            (text, _) => text,
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
    pub(super) fn after(&self, at: &At, ahead: Ahead, count: u32) -> Option<Place> {
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
            Style::Link(_)
            | Style::LinkHeader
            | Style::Header(_)
            | Style::Cursor(_)
            | Style::Custom(_) => {
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
