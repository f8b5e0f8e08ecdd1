//! What travels in a token beside the connector's own: enough to notice that a run goes in circles.
//!
//! Three signs are looked for when a page has a next token:
//!
//! * **The connector's token came before.** Brent's algorithm finds a cycle of any length with one remembered token: at
//!   each page whose number is a power of two the token is remembered, and every later one compared with it.
//! * **The page is the page before.** The same records, byte for byte, can be right: of one selected column, many rows may
//!   be alike. They are wrong at once where they hold the entity's key fields, or were taken whole from answers to the same
//!   GET requests as before. Where the connector sent the same requests but took the records out of the answers itself,
//!   it may be on its way through one long answer, so some more such pages are let pass.
//! * **Nothing but empty pages.** An empty page with a token is not the end, but a thousand in a row are no progress.

use thiserror::Error;

/// Most empty pages in a row, each with a next token. A filter that an application applies after paging may leave many
/// pages empty; with pages of 1,000 this is a million records without a single match.
pub const MAX_EMPTY_PAGES: u16 = 1000;

/// Most pages alike in a row, made by the same requests, of a connector that takes the records out of the answers itself.
pub const MAX_SAME_PAGES: u16 = 100;

/// What a run has shown so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Pages answered with a next token.
    pages: u32,
    /// Fingerprint of the token that is remembered.
    mark: u64,
    /// Fingerprint of the last page's records; 0 for an empty page.
    page: u64,
    /// Fingerprint of its requests; 0 if they are not known.
    requests: u64,
    /// Pages like this one, by the same requests, that came before it without a break.
    same: u16,
    /// Empty pages up to now without a break.
    empty: u16,
}

/// A page that has a next token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PageFacts {
    /// Fingerprint of the connector's token.
    pub token: u64,
    /// Fingerprint of the records; 0 if there are none.
    pub page: u64,
    /// Fingerprint of the requests that the connector sent; 0 if it sent none or they are not known.
    pub requests: u64,
    /// Every record holds all key fields of the entity.
    pub keyed: bool,
    /// All records were taken from whole arrays of answers to GET requests.
    pub whole: bool,
}

/// A run that goes in circles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Loop {
    /// The connector's token is one that it returned before.
    #[error(
        "its next token is one that it returned before, so the flow would never end; look at how the connector makes the token from the application's answer"
    )]
    Token,
    /// The page holds the records of the page before.
    #[error(
        "it holds the very records of the page before, so the flow would never end; look at whether the token reaches the connector's request to the application"
    )]
    Page,
    /// There were too many empty pages.
    #[error(
        "it is empty, as were the {MAX_EMPTY_PAGES} pages before, and still has a next token; look at how the connector knows the last page"
    )]
    Empty,
}

impl Progress {
    /// Bytes of its form in a token.
    pub(super) const BYTES: usize = 4 + 3 * 8 + 2 * 2;

    /// The progress after one more page.
    ///
    /// # Errors
    ///
    /// [`Loop`] if the run goes in circles.
    pub fn after(self, page: &PageFacts) -> Result<Self, Loop> {
        use crate::mechanism::off;
        let pages = self.pages.saturating_add(1);
        if self.pages > 0 && page.token == self.mark && !off("answers.token-cycle") {
            return Err(Loop::Token);
        }
        let empty = if page.page == 0 {
            self.empty.saturating_add(1)
        } else {
            0
        };
        if empty > MAX_EMPTY_PAGES && !off("answers.empty-pages") {
            return Err(Loop::Empty);
        }
        let alike = page.page != 0 && page.page == self.page && !off("answers.same-page");
        let by_the_same = page.requests != 0 && page.requests == self.requests;
        let same = if alike && by_the_same {
            self.same.saturating_add(1)
        } else {
            0
        };
        if alike && (page.keyed || (by_the_same && page.whole)) || same >= MAX_SAME_PAGES {
            return Err(Loop::Page);
        }
        Ok(Self {
            pages,
            mark: if pages.is_power_of_two() {
                page.token
            } else {
                self.mark
            },
            page: page.page,
            requests: page.requests,
            same,
            empty,
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.pages.to_be_bytes());
        for number in [self.mark, self.page, self.requests] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        for number in [self.same, self.empty] {
            out.extend_from_slice(&number.to_be_bytes());
        }
    }

    /// What [`Self::write`] wrote, and what follows it.
    pub(super) fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (pages, bytes) = bytes.split_first_chunk()?;
        let (mark, bytes) = bytes.split_first_chunk()?;
        let (page, bytes) = bytes.split_first_chunk()?;
        let (requests, bytes) = bytes.split_first_chunk()?;
        let (same, bytes) = bytes.split_first_chunk()?;
        let (empty, rest) = bytes.split_first_chunk()?;
        let progress = Self {
            pages: u32::from_be_bytes(*pages),
            mark: u64::from_be_bytes(*mark),
            page: u64::from_be_bytes(*page),
            requests: u64::from_be_bytes(*requests),
            same: u16::from_be_bytes(*same),
            empty: u16::from_be_bytes(*empty),
        };
        Some((progress, rest))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// Pages until a run of these is stopped, and why; none if it comes to its end.
    fn stopped(run: impl IntoIterator<Item = PageFacts>) -> Option<(usize, Loop)> {
        let mut progress = Progress::default();
        for (number, page) in run.into_iter().enumerate() {
            match progress.after(&page) {
                Ok(next) => progress = next,
                Err(reason) => return Some((number, reason)),
            }
        }
        None
    }

    fn page(number: u64) -> PageFacts {
        PageFacts {
            token: number,
            page: number,
            requests: number,
            keyed: true,
            whole: true,
        }
    }

    #[test]
    fn a_run_that_goes_on_is_let_go_on() {
        assert_eq!(stopped((1..100_000).map(page)), None);
    }

    #[test]
    fn a_cycle_of_tokens_is_found_whatever_its_length_and_beginning() {
        for before in [0, 1, 2, 5, 100] {
            for length in [1, 2, 3, 7, 64, 1000] {
                let run = (0..).map(|number: u64| PageFacts {
                    token: if number < before {
                        number
                    } else {
                        before + (number - before) % length
                    },
                    ..page(number + 1)
                });
                let (number, reason) = stopped(run).unwrap();
                assert_eq!(reason, Loop::Token, "{before} {length}");
                let most = 4 * (before + length) + 2;
                assert!(number as u64 <= most, "{before} {length}: {number}");
            }
        }
    }

    #[test]
    fn the_same_page_twice_is_wrong_where_it_has_keys_or_comes_whole_from_the_same_requests() {
        let run = |keyed, whole, requests: [u64; 2]| {
            stopped((0..2).map(|number: usize| PageFacts {
                page: 7,
                keyed,
                whole,
                requests: requests[number],
                ..page(number as u64 + 1)
            }))
        };
        assert_eq!(run(true, false, [1, 2]), Some((1, Loop::Page)));
        assert_eq!(run(false, true, [1, 1]), Some((1, Loop::Page)));
        assert_eq!(run(false, true, [1, 2]), None);
        assert_eq!(run(false, true, [0, 0]), None);
        assert_eq!(run(false, false, [1, 1]), None);
    }

    #[test]
    fn pages_alike_by_the_same_requests_end_after_a_while() {
        let alike = |number: u64| PageFacts {
            token: number,
            page: 7,
            requests: 7,
            keyed: false,
            whole: false,
        };
        assert_eq!(
            stopped((0..).map(alike)),
            Some((usize::from(MAX_SAME_PAGES), Loop::Page))
        );
        // One other page in between, and it counts anew.
        let broken = (0..500).map(|number| match number % 90 {
            0 => page(number + 1000),
            _ => alike(number),
        });
        assert_eq!(stopped(broken), None);
    }

    #[test]
    fn empty_pages_are_no_end_but_a_thousand_are_no_progress() {
        let empty = |number: u64| PageFacts {
            page: 0,
            ..page(number)
        };
        let most = u64::from(MAX_EMPTY_PAGES);
        assert_eq!(stopped((1..=most).map(empty)), None);
        assert_eq!(
            stopped((1..).map(empty)),
            Some((usize::from(MAX_EMPTY_PAGES), Loop::Empty))
        );
        let now_and_then = (1..5 * most).map(|number| {
            if number % 900 == 0 {
                page(number)
            } else {
                empty(number)
            }
        });
        assert_eq!(stopped(now_and_then), None);
    }
}
