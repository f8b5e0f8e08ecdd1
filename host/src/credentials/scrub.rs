//! Finding values in what comes back, and putting something else in their place: in whole bodies and in streams.
//!
//! All forms of all values are looked for in one pass with the vector code of [`aho_corasick::packed`], which reads a body
//! several times faster than its JSON is read later. A body without a find is handed on as it is, without a copy.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use aho_corasick::Span;
use aho_corasick::packed::{Config, MatchKind, Searcher};
use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use memchr::{memchr_iter, memmem};
use zeroize::Zeroizing;

/// Most needles of one pass: the vector code sorts them into eight or sixteen buckets, and looks closer where a bucket may
/// have a find.
const MOST_AT_ONCE: usize = 32;
/// Most finds in one text. An answer that holds values more often was made to fill the host's memory with placeholders: what
/// follows is replaced as a whole.
const MOST_FINDS: usize = 10_000;

/// A text to look for, and the text to put in its place.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    pub(super) needle: Zeroizing<Vec<u8>>,
    pub(super) replacement: Arc<str>,
}

/// Looks for needles, all at once.
#[derive(Debug, Default)]
pub(super) struct Finder {
    patterns: Vec<Pattern>,
    /// A searcher for each [`MOST_AT_ONCE`] of the patterns, in their order. It has a copy of the needles of its own. There is
    /// none on processors without the vector instructions it needs, where the patterns are looked for one after the other.
    searchers: Vec<Option<Searcher>>,
}

impl Finder {
    /// Makes a finder. No needle may be empty.
    pub(super) fn new(mut patterns: Vec<Pattern>) -> Self {
        patterns.retain(|pattern| !pattern.needle.is_empty());
        let mut config = Config::new();
        config
            .match_kind(MatchKind::LeftmostLongest)
            .heuristic_pattern_limits(false);
        let searchers = patterns
            .chunks(MOST_AT_ONCE)
            .map(|chunk| {
                let needles = chunk.iter().map(|pattern| pattern.needle.as_slice());
                config.builder().extend(needles).build()
            })
            .collect();
        Self {
            patterns,
            searchers,
        }
    }

    /// The text with every find replaced; `None` if there is none. Finds that overlap are replaced as one, as no part of any of
    /// them may stay: a connector that has texts of its own captured could otherwise place one over half of a value.
    pub(super) fn replaced(&self, text: &[u8]) -> Option<Vec<u8>> {
        written(text, &self.finds(text))
    }

    /// The same for the body of an answer. A find that is a number of JSON, as a member's value, is replaced as a whole and by a
    /// text, so that the body stays JSON.
    pub(super) fn replaced_in_body(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut finds = Vec::new();
        for mut find in self.finds(text) {
            find.widen(text);
            merge(&mut finds, find);
        }
        written(text, &finds)
    }

    /// Finds in order, those that overlap merged into one.
    fn finds(&self, text: &[u8]) -> Vec<Find<'_>> {
        let mut finds = Vec::new();
        let chunks = self.patterns.chunks(MOST_AT_ONCE);
        for (searcher, patterns) in self.searchers.iter().zip(chunks) {
            match searcher {
                Some(searcher) => each(&mut finds, |from| {
                    let span = Span::from(from.min(text.len())..text.len());
                    let found = searcher.find_in(text, span)?;
                    let pattern = patterns.get(found.pattern().as_usize())?;
                    Some(Find::new(found.start(), pattern))
                }),
                None => {
                    for pattern in patterns {
                        each(&mut finds, |from| {
                            let rest = text.get(from..)?;
                            let at = memmem::find(rest, &pattern.needle)?;
                            Some(Find::new(from + at, pattern))
                        });
                    }
                }
            }
        }
        // One searcher finds in order.
        if !matches!(self.searchers.as_slice(), [] | [Some(_)]) {
            finds.sort_by_key(|find| (find.start, std::cmp::Reverse(find.end)));
            let mut merged = Vec::with_capacity(finds.len());
            for find in finds {
                merge(&mut merged, find);
            }
            finds = merged;
        }
        if finds.len() > MOST_FINDS {
            finds.truncate(MOST_FINDS);
            if let Some(last) = finds.last_mut() {
                last.end = text.len();
            }
        }
        finds
    }

    /// Where the end of the text begins that may be the beginning of a find: the length of the text if there is none.
    fn open_end(&self, text: &[u8]) -> usize {
        let mut open = text.len();
        for pattern in &self.patterns {
            let Some(first) = pattern.needle.first() else {
                continue;
            };
            let from = text.len().saturating_sub(pattern.needle.len() - 1);
            let tail = text.get(from..).unwrap_or_default();
            let begin = memchr_iter(*first, tail).find(|at| {
                tail.get(*at..)
                    .is_some_and(|end| pattern.needle.starts_with(end))
            });
            if let Some(at) = begin {
                open = open.min(from + at);
            }
        }
        open
    }
}

struct Find<'f> {
    start: usize,
    end: usize,
    replacement: &'f str,
    /// Whether the replacement stands in quotes.
    quoted: bool,
}

impl<'f> Find<'f> {
    fn new(start: usize, pattern: &'f Pattern) -> Self {
        Self {
            start,
            end: start + pattern.needle.len(),
            replacement: &pattern.replacement,
            quoted: false,
        }
    }

    /// Makes the find the whole number that it lies in, if that is the value of a member of a JSON object.
    fn widen(&mut self, text: &[u8]) {
        let of_number = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
        let space = |byte: &&u8| !byte.is_ascii_whitespace();
        let (before, rest) = text.split_at(self.start.min(text.len()));
        let (found, after) = rest.split_at((self.end - self.start).min(rest.len()));
        if !found.iter().all(of_number) {
            return;
        }
        let head = before
            .iter()
            .rev()
            .take_while(|byte| of_number(byte))
            .count();
        let tail = after.iter().take_while(|byte| of_number(byte)).count();
        let mut before = before.iter().rev().skip(head).filter(space);
        let named = before.next() == Some(&b':')
            && before.next() == Some(&b'"')
            && before.next() != Some(&b'\\');
        let ends = after.iter().skip(tail).find(space);
        if named && matches!(ends, None | Some(b',' | b'}')) {
            self.start -= head;
            self.end += tail;
            self.quoted = true;
        }
    }
}

/// Adds each find that `next` gives, asked for the first one from a place on. The one after a find is looked for behind the
/// find's first byte and not behind its end, because another may begin within it.
fn each<'f>(finds: &mut Vec<Find<'f>>, next: impl Fn(usize) -> Option<Find<'f>>) {
    let own = finds.len();
    let mut from = 0;
    while let Some(find) = next(from) {
        from = find.start + 1;
        if finds.len() == own {
            finds.push(find);
        } else {
            merge(finds, find);
        }
        if finds.len() > own + MOST_FINDS {
            return;
        }
    }
}

/// Adds a find that begins at or behind the beginning of the last one, to the last one if they overlap.
fn merge<'f>(finds: &mut Vec<Find<'f>>, find: Find<'f>) {
    match finds.last_mut() {
        Some(last) if find.start < last.end => last.end = last.end.max(find.end),
        _ => finds.push(find),
    }
}

/// The text with its finds replaced; `None` if there is none.
fn written(text: &[u8], finds: &[Find<'_>]) -> Option<Vec<u8>> {
    if finds.is_empty() {
        return None;
    }
    let mut out = Vec::with_capacity(text.len());
    let rest = copy(text, finds, text.len(), &mut out);
    out.extend_from_slice(text.get(rest..).unwrap_or_default());
    Some(out)
}

/// Copies the text up to `until`, or to the end of the last find that begins before; returns where it stopped.
fn copy(text: &[u8], finds: &[Find<'_>], until: usize, out: &mut Vec<u8>) -> usize {
    let mut done = 0;
    for find in finds.iter().take_while(|find| find.start < until) {
        out.extend_from_slice(text.get(done..find.start).unwrap_or_default());
        let quote: &[u8] = if find.quoted { b"\"" } else { b"" };
        out.extend_from_slice(quote);
        out.extend_from_slice(find.replacement.as_bytes());
        out.extend_from_slice(quote);
        done = find.end;
    }
    if done < until {
        out.extend_from_slice(text.get(done..until).unwrap_or_default());
        done = until;
    }
    done
}

/// Where a stream gets what it looks for. Asked for each frame, as values may be added meanwhile.
pub(super) trait Patterns: Send {
    /// What is looked for now.
    fn finder(&self) -> Arc<Finder>;
    /// Hears that something was replaced.
    fn replaced(&self);
    /// Replaces in headers that come at the end.
    fn trailers(&self, trailers: &mut http::HeaderMap);
}

/// A body in which values are replaced as it passes. What may be the beginning of a value waits for its continuation;
/// nothing else does.
pub(super) struct Scrubbed<B, P> {
    body: B,
    patterns: P,
    held: BytesMut,
    ended: bool,
    /// What came after the data, kept until the data is out.
    last: Option<Frame<Bytes>>,
}

impl<B, P> Scrubbed<B, P> {
    pub(super) fn new(body: B, patterns: P) -> Self {
        Self {
            body,
            patterns,
            held: BytesMut::new(),
            ended: false,
            last: None,
        }
    }
}

impl<B, P: Patterns> Scrubbed<B, P> {
    /// What can go on now, of what is held and came; all of it at the end.
    fn pass(&mut self, data: Bytes) -> Bytes {
        let whole = if self.held.is_empty() {
            data
        } else {
            self.held.extend_from_slice(&data);
            self.held.split().freeze()
        };
        let finder = self.patterns.finder();
        let finds = finder.finds(&whole);
        let mut until = match self.ended {
            true => whole.len(),
            false => finder.open_end(&whole),
        };
        // A find that something may overlap is not finished yet.
        while let Some(find) = finds
            .iter()
            .find(|find| find.start < until && until < find.end)
        {
            until = find.start;
        }
        let (out, rest, any) = if finds.is_empty() {
            (whole.slice(..until), until, false)
        } else {
            let mut out = Vec::with_capacity(whole.len());
            let rest = copy(&whole, &finds, until, &mut out);
            (Bytes::from(out), rest, true)
        };
        if any {
            self.patterns.replaced();
        }
        self.held
            .extend_from_slice(whole.get(rest..).unwrap_or_default());
        out
    }
}

impl<B, P> Body for Scrubbed<B, P>
where
    B: Body<Data = Bytes> + Unpin,
    P: Patterns + Unpin,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = &mut *self;
        loop {
            if this.ended {
                return Poll::Ready(this.last.take().map(Ok));
            }
            let out = match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => this.pass(data),
                    Err(mut frame) => {
                        if let Some(trailers) = frame.trailers_mut() {
                            this.patterns.trailers(trailers);
                        }
                        this.last = Some(frame);
                        this.ended = true;
                        this.pass(Bytes::new())
                    }
                },
                None => {
                    this.ended = true;
                    this.pass(Bytes::new())
                }
            };
            if !out.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(out))));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && self.last.is_none() && (self.ended || self.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        // A placeholder is longer or shorter than what it stands for.
        SizeHint::default()
    }
}

#[cfg(test)]
#[path = "scrub_tests.rs"]
mod tests;
