#![expect(clippy::unwrap_used, reason = "tests")]
//! Values in texts, bodies and streams.

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
        ("cxsec", "<C>"),
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
fn no_part_of_a_value_stays_where_finds_overlap() {
    let pattern = |(needle, replacement): (&str, &str)| Pattern {
        needle: Zeroizing::new(needle.as_bytes().to_vec()),
        replacement: replacement.into(),
    };
    let own = [
        ("Bearer s3cr", "<own>"),
        ("s3cr3t-value", "<S>"),
        ("value\"}", "<end>"),
    ];
    let many = (0..40).map(|number| format!("needle-{number:03}"));
    let patterns: Vec<Pattern> = own.into_iter().map(pattern).collect();
    let text = "{\"Authorization\":\"Bearer s3cr3t-value\"}, aaaaaaa";
    for finder in [
        Finder::new(patterns.clone()),
        Finder::new(
            many.map(|needle| pattern((&needle, "-")))
                .chain(patterns.clone())
                .collect(),
        ),
        Finder {
            searchers: vec![None],
            patterns,
        },
    ] {
        let out = finder.replaced(text.as_bytes()).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"Authorization\":\"<own>, aaaaaaa"
        );
    }
}

#[test]
fn a_number_that_is_a_value_leaves_a_body_json() {
    let finder = Finder::new(vec![Pattern {
        needle: Zeroizing::new(b"7654321".to_vec()),
        replacement: "<N>".into(),
    }]);
    let text = r#"{"id": 7654321 ,"at":1.76543215e3,"s":"7654321","t":"a\":7654321,"}"#;
    let out = finder.replaced_in_body(text.as_bytes()).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        r#"{"id": "<N>" ,"at":"<N>","s":"<N>","t":"a\":<N>,"}"#
    );
    assert_eq!(finder.replaced_in_body(b"{}"), None);
}

#[test]
fn an_answer_full_of_values_does_not_grow_without_end() {
    let text = "secret,".repeat(MOST_FINDS * 2);
    let out = finder().replaced(text.as_bytes()).unwrap();
    assert_eq!(out.len(), MOST_FINDS * "<S>,".len() - 1);
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
