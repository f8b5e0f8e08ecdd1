//! What one call hands to the next.

use super::next::Style;
use super::{Next, Place};
use crate::page::Space;
use crate::{QueryRequest, Result, token};

/// What a token carries.
#[derive(Debug)]
pub(super) struct State {
    pub(super) place: Place,
    /// Records of the application's page at `place` that were taken before.
    pub(super) skip: u32,
    /// Size of that page, if it must be asked for in the same size: when it was cut, or pages are numbered.
    size: Option<u32>,
    /// Largest page worth asking for, learnt from one that was cut by bytes.
    pub(super) cap: Option<u32>,
    /// Records taken in all calls, for a filter's LIMIT.
    pub(super) done: u64,
    page_size: u32,
    total_limit: Option<u32>,
}

impl State {
    pub(super) fn resume(request: &QueryRequest, next: &Next, page_size: u32) -> Result<Self> {
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

    pub(super) fn token(&self, request: &QueryRequest, next: &Next) -> Result<String> {
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

    /// Records to ask for; none if all that are wanted have been read. Where not each record read is wanted, their
    /// number says nothing of how many to ask for.
    pub(super) fn size_to_ask(&mut self, next: &Next, room: &Space, some: bool) -> Option<u32> {
        let wanted = self.wanted().unwrap_or(u64::MAX);
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
        let size = match u32::try_from(wanted) {
            Ok(wanted) if !some => most.min(wanted),
            _ => most,
        };
        if matches!(next.style, Style::Number(_)) {
            // Numbered pages begin at multiples of their size.
            self.size = Some(size);
        }
        Some(size)
    }

    /// Records still wanted, where a filter's LIMIT says so.
    pub(super) fn wanted(&self) -> Option<u64> {
        let limit = self.total_limit?;
        Some(u64::from(limit).saturating_sub(self.done))
    }

    /// The page at the place was cut after some more records.
    pub(super) fn cut(&mut self, next: &Next, size: u32, taken: u32) {
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
    pub(super) fn go_to(&mut self, place: Place, size: u32) {
        self.skip = 0;
        self.size = match place {
            Place::Number(_) => self.size.map(|_| size),
            Place::Text(_) => None,
        };
        self.place = place;
    }
}
