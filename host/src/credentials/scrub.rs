//! Finding values in what comes back, and putting something else in their place: in whole bodies and in streams.
//!
//! All forms of all values are looked for in one pass with the vector code of [`aho_corasick::packed`], which reads a body
//! several times faster than its JSON is read later. A body without a find is handed on as it is, without a copy.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use aho_corasick::packed::{Config, MatchKind, Searcher};
use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use memchr::{memchr_iter, memmem};
use zeroize::Zeroizing;

/// Most needles of one pass: the vector code sorts them into eight or sixteen buckets, and looks closer where a bucket may
/// have a find.
const MOST_AT_ONCE: usize = 32;

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

    /// The text with every find replaced; `None` if there is none. Where finds overlap, the one that begins first counts, and
    /// of those the longest.
    pub(super) fn replaced(&self, text: &[u8]) -> Option<Vec<u8>> {
        let finds = self.finds(text);
        if finds.is_empty() {
            return None;
        }
        let mut out = Vec::with_capacity(text.len());
        let rest = copy(text, &finds, text.len(), &mut out);
        out.extend_from_slice(text.get(rest..).unwrap_or_default());
        Some(out)
    }

    /// Finds without overlaps, in order.
    fn finds(&self, text: &[u8]) -> Vec<Find<'_>> {
        let mut finds = Vec::new();
        let chunks = self.patterns.chunks(MOST_AT_ONCE);
        for (searcher, patterns) in self.searchers.iter().zip(chunks) {
            match searcher {
                Some(searcher) => {
                    finds.extend(searcher.find_iter(text).filter_map(|found| {
                        let pattern = patterns.get(found.pattern().as_usize())?;
                        Some(Find::new(found.start(), pattern))
                    }));
                }
                None => {
                    for pattern in patterns {
                        let starts = memmem::find_iter(text, &*pattern.needle);
                        finds.extend(starts.map(|start| Find::new(start, pattern)));
                    }
                }
            }
        }
        // One searcher finds in order and without overlaps.
        if !matches!(self.searchers.as_slice(), [] | [Some(_)]) {
            finds.sort_by_key(|find| (find.start, std::cmp::Reverse(find.end)));
            let mut end = 0;
            finds.retain(|find| {
                let free = find.start >= end;
                if free {
                    end = find.end;
                }
                free
            });
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
}

impl<'f> Find<'f> {
    fn new(start: usize, pattern: &'f Pattern) -> Self {
        Self {
            start,
            end: start + pattern.needle.len(),
            replacement: &pattern.replacement,
        }
    }
}

/// Copies the text up to `until`, or to the end of the last find that begins before; returns where it stopped.
fn copy(text: &[u8], finds: &[Find<'_>], until: usize, out: &mut Vec<u8>) -> usize {
    let mut done = 0;
    for find in finds.iter().take_while(|find| find.start < until) {
        out.extend_from_slice(text.get(done..find.start).unwrap_or_default());
        out.extend_from_slice(find.replacement.as_bytes());
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
        // What begins within a find is no beginning of its own.
        while let Some(find) = finds
            .iter()
            .find(|find| find.start < until && until < find.end)
        {
            let after = whole.get(find.end..).unwrap_or_default();
            until = find.end + finder.open_end(after);
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
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::convert::Infallible;

    use http_body_util::{BodyExt as _, StreamBody};
    use proptest::prelude::*;

    use super::*;

    fn finder() -> Finder {
        let pattern = |(needle, replacement): (&str, &str)| Pattern {
            needle: Zeroizing::new(needle.as_bytes().to_vec()),
            replacement: replacement.into(),
        };
        let patterns = [
            ("secret-and-more", "<LONG>"),
            ("secret", "<S>"),
            ("ababc", "<AB>"),
        ];
        Finder::new(patterns.into_iter().map(pattern).collect())
    }

    struct Fixed(Arc<Finder>);

    impl Patterns for Fixed {
        fn finder(&self) -> Arc<Finder> {
            Arc::clone(&self.0)
        }

        fn replaced(&self) {}

        fn trailers(&self, trailers: &mut http::HeaderMap) {
            trailers.clear();
        }
    }

    fn stream(
        frames: Vec<Frame<Bytes>>,
    ) -> Scrubbed<impl Body<Data = Bytes, Error = Infallible> + Unpin, Fixed> {
        Scrubbed::new(
            StreamBody::new(futures::stream::iter(frames.into_iter().map(Ok))),
            Fixed(Arc::new(finder())),
        )
    }

    async fn collected(parts: &[&str]) -> String {
        let frames = parts
            .iter()
            .map(|part| Frame::data(Bytes::copy_from_slice(part.as_bytes())))
            .collect();
        let bytes = stream(frames).collect().await.unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn the_longest_find_counts_and_nothing_is_copied_without_one() {
        let text = |text: &str| {
            finder()
                .replaced(text.as_bytes())
                .map(|bytes| String::from_utf8(bytes).unwrap())
        };
        assert_eq!(text("nothing"), None);
        assert_eq!(
            text("a secret-and-more, secret-and-mor, secretsecret abababc").as_deref(),
            Some("a <LONG>, <S>-and-mor, <S><S> ab<AB>")
        );
    }

    #[test]
    fn many_needles_are_found_in_more_than_one_pass() {
        let pattern = |number: usize| Pattern {
            needle: Zeroizing::new(format!("needle-{number:03}").into_bytes()),
            replacement: format!("<{number}>").into(),
        };
        let longer = Pattern {
            needle: Zeroizing::new(b"needle-001-and-more".to_vec()),
            replacement: "<long>".into(),
        };
        let finder = Finder::new((0..100).map(pattern).chain([longer]).collect());
        let text = "needle-099 needle-000 needle-001-and-more needle-001-";
        let out = finder.replaced(text.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "<99> <0> <long> <1>-");
        // As on a processor without vector instructions.
        let searchers = finder.searchers.iter().map(|_| None).collect();
        let slow = Finder {
            searchers,
            patterns: finder.patterns,
        };
        let out = slow.replaced(text.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "<99> <0> <long> <1>-");
    }

    #[tokio::test]
    async fn a_value_over_two_frames_is_found() {
        assert_eq!(collected(&["a sec", "ret b"]).await, "a <S> b");
        assert_eq!(
            collected(&["s", "e", "c", "ret-and-", "more"]).await,
            "<LONG>"
        );
        assert_eq!(collected(&["secret-and-", "less"]).await, "<S>-and-less");
        assert_eq!(collected(&["secret", "-and-more"]).await, "<LONG>");
        assert_eq!(collected(&["ab", "ab", "abc"]).await, "ab<AB>");
        assert_eq!(collected(&["it ends in sec"]).await, "it ends in sec");
    }

    #[tokio::test]
    async fn only_what_may_be_a_beginning_waits() {
        let mut body = stream(
            ["first", "then sec", "ond"]
                .map(|part| Frame::data(Bytes::from_static(part.as_bytes())))
                .into(),
        );
        let mut frames = Vec::new();
        while let Some(frame) = body.frame().await {
            frames.push(String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap());
        }
        assert_eq!(frames, ["first", "then ", "second"]);
    }

    #[tokio::test]
    async fn trailers_come_after_all_data() {
        let mut trailers = http::HeaderMap::new();
        trailers.insert("x-end", http::HeaderValue::from_static("secret"));
        let body = stream(vec![
            Frame::data(Bytes::from_static(b"sec")),
            Frame::trailers(trailers),
        ]);
        let collected = body.collect().await.unwrap();
        assert_eq!(collected.trailers().unwrap().len(), 0);
        assert_eq!(collected.to_bytes(), "sec");
    }

    proptest! {
        #[test]
        fn a_stream_cut_anywhere_reads_as_the_whole(
            text in "(secret|-and-|more|sec|ret|ab|abc|c|x){0,12}",
            cuts in proptest::collection::vec(0_usize..200, 0..6),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.sort_unstable();
            let mut parts = Vec::new();
            let mut from = 0;
            for cut in cuts.into_iter().chain([text.len()]) {
                parts.push(&text[from..cut]);
                from = cut;
            }
            let whole = finder().replaced(text.as_bytes())
                .map_or(text.clone(), |bytes| String::from_utf8(bytes).unwrap());
            let streamed = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(collected(&parts));
            prop_assert_eq!(streamed, whole);
        }
    }
}
