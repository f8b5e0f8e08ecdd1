//! The way through a body to its array of records, and through that.
//!
//! Everything is done in one walk: a body of 5 MB does not stay in the processor's cache until another one. So records are taken
//! before it is known that the rest of the body is JSON, and taken back if it is not, or if the same name comes again, as
//! of equal names the last one counts.

use super::check::Tally;
use super::picker::Picker;
use super::scan::{Broken, Key, Scanner};
use super::{Page, PageError};

/// Bytes walked through between two looks at the clock. They take some microseconds.
const LONG_BYTES: usize = 16 * 1024;

/// What a page can be taken back to.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) bytes: usize,
    pub(super) count: usize,
    pub(super) full: bool,
    pub(super) tally: Tally,
}

/// What a walk is made of.
pub(super) struct Walk<'p, 'f, 't> {
    pub(super) page: &'p mut Page,
    pub(super) picker: Option<Picker<'f, 't>>,
    pub(super) skip: usize,
}

/// What a walk came to.
#[derive(Default)]
pub(super) struct Walked {
    /// Whether there is an array.
    pub(super) found: bool,
    /// Elements of it.
    pub(super) seen: usize,
    /// Those that were taken.
    pub(super) taken: usize,
    /// The first record that was refused. None is taken behind it.
    pub(super) refused: Option<PageError>,
    /// The other values of the body, as an object.
    pub(super) rest: String,
}

struct State<'w, 'p, 'f, 't> {
    walk: &'w mut Walk<'p, 'f, 't>,
    walked: Walked,
    before: Mark,
    /// Where the clock was looked at.
    looked: Option<usize>,
}

impl<'t> Walk<'_, '_, 't> {
    /// Takes the records of the array to which the keys lead.
    ///
    /// # Errors
    ///
    /// [`Broken`] if the body is not JSON. The page is as it was before.
    pub(super) fn through(&mut self, body: &'t str, keys: &[String]) -> Result<Walked, Broken> {
        let before = self.page.mark();
        let mut state = State {
            walk: self,
            walked: Walked::default(),
            before,
            looked: None,
        };
        let mut scanner = Scanner::new(body);
        match state.body(&mut scanner, keys) {
            Ok(()) => Ok(state.walked),
            Err(Broken) => {
                state.start_over();
                Err(Broken)
            }
        }
    }
}

impl<'t> State<'_, '_, '_, 't> {
    fn body(&mut self, scanner: &mut Scanner<'t>, keys: &[String]) -> Result<(), Broken> {
        self.walked.rest.push('{');
        match keys.split_first() {
            None => self.array(scanner)?,
            Some((first, deeper)) if scanner.peek() == Some(b'{') => {
                scanner.object(|scanner, key| {
                    let name = key.name()?;
                    if name == first.as_str() {
                        self.start_over();
                        return self.follow(scanner, deeper);
                    }
                    let value = scanner.value()?;
                    self.keep(key, &name, value.text)
                })?;
            }
            Some(_) => drop(scanner.value()?),
        }
        self.walked.rest.push('}');
        scanner.end()
    }

    /// Keeps a value that stands beside the array.
    fn keep(&mut self, key: Key<'t>, name: &str, value: &str) -> Result<(), Broken> {
        let rest = &mut self.walked.rest;
        if rest.len() > 1 {
            rest.push(',');
        }
        match name == key.text {
            // It was written without a backslash, so it can be again.
            true => {
                rest.push('"');
                rest.push_str(name);
                rest.push('"');
            }
            false => rest.push_str(&serde_json::to_string(name).map_err(|_| Broken)?),
        }
        rest.push(':');
        rest.push_str(value);
        Ok(())
    }

    /// Goes to the array inside of the value that stands here.
    fn follow(&mut self, scanner: &mut Scanner<'t>, keys: &[String]) -> Result<(), Broken> {
        let Some((key, deeper)) = keys.split_first() else {
            return self.array(scanner);
        };
        match scanner.peek() {
            Some(b'{') => scanner.object(|scanner, name| {
                if name.name()? == key.as_str() {
                    self.start_over();
                    self.follow(scanner, deeper)
                } else {
                    scanner.value().map(drop)
                }
            }),
            Some(b'[') => {
                let wanted = key.parse::<usize>().ok();
                let mut index = 0;
                scanner.array(|scanner| {
                    let here = wanted == Some(index);
                    index += 1;
                    if here {
                        self.follow(scanner, deeper)
                    } else {
                        scanner.value().map(drop)
                    }
                })
            }
            _ => scanner.value().map(drop),
        }
    }

    /// Forgets everything that was found.
    fn start_over(&mut self) {
        if self.walked.found {
            self.walk.page.back_to(&self.before);
            let rest = std::mem::take(&mut self.walked.rest);
            self.walked = Walked {
                rest,
                ..Walked::default()
            };
        }
    }

    fn array(&mut self, scanner: &mut Scanner<'t>) -> Result<(), Broken> {
        if scanner.peek() != Some(b'[') {
            return scanner.value().map(drop);
        }
        self.walked.found = true;
        scanner.array(|scanner| self.element(scanner))
    }

    fn element(&mut self, scanner: &mut Scanner<'t>) -> Result<(), Broken> {
        let walked = &mut self.walked;
        let page = &mut *self.walk.page;
        walked.seen += 1;
        let mut passed = walked.seen <= self.walk.skip || page.full || walked.refused.is_some();
        if !passed {
            // An empty page is never late.
            let looks = page.count > 0
                && self
                    .looked
                    .is_none_or(|looked| scanner.at() - looked >= LONG_BYTES);
            if looks {
                self.looked = Some(scanner.at());
            }
            passed = page.is_over(looks);
        }
        if passed {
            return scanner.value().map(drop);
        }
        if scanner.peek() != Some(b'{') {
            walked.refused = Some(page.another_kind());
            return scanner.value().map(drop);
        }
        let taken = match &mut self.walk.picker {
            Some(picker) => {
                picker.read(scanner)?;
                page.push_picked(picker)
            }
            None => {
                let record = scanner.value()?.text;
                let taken = page.push(record);
                if matches!(taken, Ok(true)) {
                    page.look_at(record);
                }
                taken
            }
        };
        match taken {
            Ok(taken) => walked.taken += usize::from(taken),
            Err(error) => walked.refused = Some(error),
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::super::{JsonError, Pick};
    use super::*;

    fn picks(names: &[&str]) -> Vec<Pick> {
        let pick = |name: &&str| Pick {
            name: (*name).to_owned(),
            path: (*name).to_owned(),
        };
        names.iter().map(pick).collect()
    }

    fn inside(page: &Page) -> &str {
        std::str::from_utf8(page.bytes()).unwrap()
    }

    fn texts(page: &Page) -> Vec<String> {
        serde_json::from_str(&format!("[{}]", inside(page))).unwrap()
    }

    #[test]
    fn nothing_stays_of_a_body_that_turns_out_to_be_broken() {
        for end in [
            "",
            "}",
            "]",
            "],",
            "],}",
            "]}x",
            "],\"a\":}",
            "],\"a\":\"\u{1}\"}",
        ] {
            for picks in [picks(&[]), picks(&["id"])] {
                let mut page = Page::new(2, 1000);
                assert!(page.emit("{\"id\":0}").unwrap());
                let body = format!("{{\"items\":[{{\"id\":1}},{{\"id\":2}}{end}");
                let error = page.emit_json(body.as_bytes(), "/items", &picks, 0);
                let refused = matches!(error, Err(PageError::Json(JsonError::NotJson(_))));
                assert!(refused, "{body}: {error:?}");
                assert_eq!(texts(&page), ["{\"id\":0}"], "{body}");
                assert_eq!((page.count(), page.turned_away()), (1, false), "{body}");
            }
        }
    }

    #[test]
    fn a_broken_body_is_told_by_its_place() {
        let mut page = Page::new(10, 1000);
        let error = page.emit_json(b"{\"items\":[{}],\n\"a\":?}", "/items", &[], 0);
        let error = error.unwrap_err().to_string();
        assert!(
            error.ends_with("unexpected text at line 2, column 5"),
            "{error}"
        );
        let error = page.emit_json(b"{\"items\":[{}]", "/items", &[], 0);
        let error = error.unwrap_err().to_string();
        assert!(error.contains("it ends too early at line 1"), "{error}");
        let error = page.emit_json(br#"[{"\ud800":1}]"#, "", &picks(&["id"]), 0);
        let error = error.unwrap_err().to_string();
        assert!(
            error.ends_with("the name of a member holds what no text can"),
            "{error}"
        );
    }

    #[test]
    fn of_equal_names_the_last_one_counts() {
        let taken = |body: &str, pointer| {
            let mut page = Page::new(10, 1000);
            let emitted = page.emit_json(body.as_bytes(), pointer, &picks(&["a"]), 1);
            emitted.map(|emitted| (emitted.total, emitted.rest, texts(&page)))
        };
        let two = r#"{"i":[{},{"a":1},{"a":2}],"x":0,"i":[{},{"a":3}]}"#;
        let three = (2, r#"{"x":0}"#.to_owned(), vec![r#"{"a":3}"#.to_owned()]);
        assert_eq!(taken(two, "/i"), Ok(three));
        let inner = r#"{"d":{"i":[{},{"a":1}],"i":[{},{"a":2,"a":4}]}}"#;
        assert_eq!(
            taken(inner, "/d/i"),
            Ok((2, "{}".to_owned(), vec![r#"{"a":4}"#.to_owned()]))
        );
        for none in [
            r#"{"i":[{},{"a":1}],"i":7}"#,
            r#"{"i":[{},{"a":1}],"i":{}}"#,
        ] {
            assert!(matches!(
                taken(none, "/i"),
                Err(PageError::Json(JsonError::NoArray(_)))
            ));
        }
    }

    #[test]
    fn the_array_is_found_behind_keys_and_numbers() {
        let body = br#"{"a":[0,{"b":{"c d":[{"x":1}]}}],"next":"n"}"#;
        let mut page = Page::new(10, 1000);
        let emitted = page.emit_json(body, "/a/1/b/c d", &[], 0).unwrap();
        assert_eq!(
            (emitted.taken, emitted.rest.as_str()),
            (1, r#"{"next":"n"}"#)
        );
        for absent in ["/a", "/a/2", "/a/x/b", "/a/0/b", "/next", "/a/1/b", "/"] {
            let error = page.emit_json(body, absent, &[], 0).unwrap_err();
            let absent = matches!(error, PageError::Json(JsonError::NoArray(_)));
            assert!(
                absent || error.to_string().contains("not one JSON object"),
                "{error}"
            );
        }
        assert_eq!(page.count(), 1);
    }

    #[test]
    fn records_before_a_refused_one_stay_and_none_behind_it() {
        let body = br#"[{"a":1},2,{"a":3}]"#;
        let mut page = Page::new(10, 1000);
        let error = page.emit_json(body, "", &[], 0);
        assert!(matches!(
            error,
            Err(PageError::NotAnObject { index: 1, .. })
        ));
        assert_eq!(texts(&page), [r#"{"a":1}"#]);
    }

    #[test]
    fn names_in_another_order_are_found_all_the_same() {
        let body = br#"[{"a":1,"b":2,"x":0},{"b":2,"a":1},{"x":0,"\u0061":1,"b":2},{"b":2},{"a":1,"b":2,"x":0}]"#;
        let mut page = Page::new(10, 1000);
        page.emit_json(body, "", &picks(&["b", "a"]), 0).unwrap();
        let both = r#"{"b":2,"a":1}"#;
        assert_eq!(texts(&page), [both, both, both, r#"{"b":2}"#, both]);
    }

    #[test]
    fn long_texts_are_escaped_in_pieces_as_in_one() {
        // Two bytes each, so that a piece would end in the middle of one.
        let long = "x".to_owned() + &"é\\n\u{e9}\\\"".repeat(40_000);
        let record = format!(r#"{{"a":"{long}","b":{{"c":"{long}"}}}}"#);
        let body = format!("[{record}]");
        let mut page = Page::new(10, 6_000_000);
        page.emit_json(body.as_bytes(), "", &picks(&["a", "b"]), 0)
            .unwrap();
        page.emit(&record).unwrap();
        assert_eq!(texts(&page), [record.as_str(), &record]);
    }

    proptest! {
        #[test]
        fn records_are_escaped_as_serde_json_does(
            key in any::<String>(), text in any::<String>(), control in "[\\x00-\\x1f\"\\\\/\\x7f\u{80}\u{2028}]{0,40}"
        ) {
            let record = serde_json::json!({ &key: text, "": [control, { "n": null }], "f": -1.5e-7 });
            let json = serde_json::to_string(&record).unwrap();
            let body = format!("[{json}]");
            let expected = serde_json::to_string(&json).unwrap();
            let mut emitted = Page::new(1, 1 << 20);
            emitted.emit(&json).unwrap();
            prop_assert_eq!(inside(&emitted), &expected);
            let mut whole = Page::new(1, 1 << 20);
            whole.emit_json(body.as_bytes(), "", &[], 0).unwrap();
            prop_assert_eq!(inside(&whole), &expected);
            // Of the names that mean something in a path, none is picked by itself.
            prop_assume!(!key.starts_with('/'));
            let Value::Object(members) = &record else { return Ok(()) };
            let names: Vec<&str> = members.keys().map(String::as_str).collect();
            let mut picked = Page::new(1, 1 << 20);
            picked.emit_json(body.as_bytes(), "", &picks(&names), 0).unwrap();
            prop_assert_eq!(inside(&picked), &expected);
        }
    }
}
