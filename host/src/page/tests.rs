use bytes::Bytes;

use super::*;

fn records(page: Page) -> Vec<String> {
    let mut text = b"[".to_vec();
    text.extend(page.bytes());
    text.push(b']');
    serde_json::from_slice(&text).unwrap()
}

/// The fields of a definition.
fn fields(list: &str) -> SharedFields {
    let text = format!(
        r#"{{"entity":{{"entityIdentifier":"e","hasNestedEntities":false}},"fields":{list}}}"#
    );
    let definition = crate::appflow::EntityDefinitionText(text.into());
    let definition = definition.decode().unwrap();
    std::sync::Arc::new(std::sync::LazyLock::new(Box::new(move || {
        Some(Fields::new(definition.fields, &[]))
    })))
}

#[test]
fn records_come_back_as_they_were() {
    let mut page = Page::new(10, 1000);
    let hard = "{\"a\":\"quote \\\" back\\\\slash \\u0000 é 🦀\"}";
    assert!(page.emit(hard).unwrap());
    assert!(page.emit("{}").unwrap());
    assert_eq!(records(page), [hard, "{}"]);
}

#[test]
fn what_is_no_object_is_refused_without_being_shown() {
    let mut page = Page::new(10, 1000);
    for text in [
        "",
        "SECRET",
        "[1]",
        "\"SECRET\"",
        "{\"a\":1} {\"b\":2}",
        "{\"a\":SECRET}",
        "{\"a\":1",
        "null",
    ] {
        let error = page.emit(text).unwrap_err().to_string();
        assert!(error.contains("record 0"), "{error}");
        assert!(!error.contains("SECRET"), "{error}");
    }
    assert_eq!(page.count(), 0);
}

#[test]
fn a_full_page_takes_nothing_more() {
    let mut page = Page::new(2, 1000);
    assert!(page.emit("{}").unwrap());
    assert!(page.emit("{}").unwrap());
    assert!(!page.turned_away());
    assert!(!page.emit("{}").unwrap());
    assert!(page.turned_away());
    assert_eq!(
        (page.count(), page.records_left(), page.bytes_left()),
        (2, 0, 0)
    );
}

#[test]
fn bytes_are_counted_after_escaping() {
    // `"{\"a\":1}"` has 11 bytes, and a comma stands before the second.
    let mut page = Page::new(10, 23);
    assert!(page.emit("{\"a\":1}").unwrap());
    assert!(page.emit("{\"a\":1}").unwrap());
    assert_eq!(page.bytes_left(), 0);
    let mut page = Page::new(10, 22);
    assert!(page.emit("{\"a\":1}").unwrap());
    assert!(!page.emit("{\"a\":1}").unwrap());
    assert_eq!(records(page), ["{\"a\":1}"]);
}

#[test]
fn a_record_larger_than_a_page_is_an_error() {
    let mut page = Page::new(10, 10);
    assert!(matches!(
        page.emit("{\"a\":1}"),
        Err(PageError::RecordTooLarge {
            bytes: 11,
            limit: 10,
            ..
        })
    ));
    assert_eq!(page.count(), 0);
}

#[test]
fn batches_are_divided_or_refused_as_a_whole() {
    let mut page = Page::new(2, 1000);
    assert_eq!(page.emit_batch("{}{\"é\":1}{}", &[2, 10, 12]).unwrap(), 2);
    for (text, ends) in [
        ("{}{}", &[4u32, 2][..]),
        ("{}", &[3]),
        ("{\"é\":1}", &[3, 8]),
        ("{}{}", &[2]),
    ] {
        let mut page = Page::new(10, 1000);
        assert!(
            matches!(page.emit_batch(text, ends), Err(PageError::Offsets(_))),
            "{text} {ends:?}"
        );
        assert_eq!(page.count(), 0);
    }
}

#[test]
fn an_array_is_picked_renamed_skipped_and_cut() {
    let body = Bytes::from_static(
        br#"{"next":"x","items":[{"a":1,"b":{"c":"u"}},{"b":{"c":null},"a":2,"z":[1, 2]},{"a":3}],"n":3}"#,
    );
    let picks = [
        Pick {
            name: "A".into(),
            path: "a".into(),
        },
        Pick {
            name: "c".into(),
            path: "/b/c".into(),
        },
    ];
    let mut page = Page::new(10, 1000);
    let all = page.emit_json(&body, "/items", &picks, 0).unwrap();
    assert_eq!(
        all,
        Emitted {
            taken: 3,
            left: 0,
            total: 3,
            rest: r#"{"next":"x","n":3}"#.into()
        }
    );
    assert_eq!(
        records(page),
        [r#"{"A":1,"c":"u"}"#, r#"{"A":2,"c":null}"#, r#"{"A":3}"#]
    );

    let mut page = Page::new(1, 1000);
    let some = page.emit_json(&body, "/items", &[], 1).unwrap();
    assert_eq!((some.taken, some.left, some.total), (1, 1, 3));
    assert_eq!(records(page), [r#"{"b":{"c":null},"a":2,"z":[1, 2]}"#]);

    let mut page = Page::new(10, 1000);
    let none = page.emit_json(&body, "/items", &[], 7).unwrap();
    assert_eq!((none.taken, none.left, none.total), (0, 0, 3));
}

#[test]
fn picked_points_in_time_get_the_colon_of_their_offset() {
    let mut page = Page::new(10, 1000);
    let body = Bytes::from_static(
        br#"[{"at":"2025-01-31T12:00:00.000+0000","text":"on 2025-01-31T12:00:00+0000"}]"#,
    );
    let picks = ["at", "text"].map(|name| Pick {
        name: name.to_owned(),
        path: name.to_owned(),
    });
    page.emit_json(&body, "", &picks, 0).unwrap();
    assert_eq!(
        records(page),
        [r#"{"at":"2025-01-31T12:00:00.000+00:00","text":"on 2025-01-31T12:00:00+0000"}"#]
    );
}

#[test]
fn a_text_that_looks_like_a_point_in_time_stays_as_it_is_where_the_entity_says_text() {
    let body = Bytes::from_static(
        br#"[{"at":"2025-01-31T12:00:00+0000","name":"2025-01-31T12:00:00+0000"}]"#,
    );
    let picks = ["at", "name"].map(|name| Pick {
        name: name.to_owned(),
        path: name.to_owned(),
    });
    let mut page =
        Page::new(10, 1000).with_fields(fields(r#"[{"fieldName":"name","dataType":"String"}]"#));
    page.emit_json(&body, "", &picks, 0).unwrap();
    assert_eq!(
        records(page),
        [r#"{"at":"2025-01-31T12:00:00+00:00","name":"2025-01-31T12:00:00+0000"}"#]
    );
}

#[test]
fn bodies_without_an_array_there_are_refused() {
    for (body, pointer) in [
        (&b"{\"items\":1}"[..], "/items"),
        (b"{\"a\":[]}", "/items"),
        (b"<html>SECRET</html>", "/items"),
        (b"{\"items\":[{}", "/items"),
        (b"{\"items\":[{}]", "/items"),
        (b"", ""),
        (b"{\"items\":[1]}", "/items"),
        (b"{\"items\":[\"\xff\"]}", "/items"),
        (b"[]", "items"),
    ] {
        let mut page = Page::new(10, 1000);
        let error = page
            .emit_json(&Bytes::from_static(body), pointer, &[], 0)
            .unwrap_err()
            .to_string();
        assert!(!error.contains("SECRET"), "{error}");
    }
}

#[test]
fn operations_without_records_refuse_them() {
    assert_eq!(Page::closed().emit("{}"), Err(PageError::NotAllowed));
}

#[test]
fn one_value_picked_often_does_not_grow_beyond_a_page() {
    let body = Bytes::from(format!("[{{\"a\":\"{}\"}}]", "x".repeat(600)));
    let picks: Vec<Pick> = (0..1000)
        .map(|number| Pick {
            name: number.to_string(),
            path: "a".to_owned(),
        })
        .collect();
    let mut page = Page::new(10, 1000);
    let error = page.emit_json(&body, "", &picks, 0).unwrap_err();
    assert!(
        matches!(error, PageError::RecordTooLarge { bytes, .. } if bytes < 2000),
        "{error}"
    );
}

#[test]
fn more_keys_and_picks_than_anybody_needs_are_refused() {
    let body = Bytes::from_static(b"[]");
    let mut page = Page::new(10, 1000);
    let deep = "/0".repeat(1000);
    assert!(matches!(
        page.emit_json(&body, &deep, &[], 0),
        Err(PageError::Json(JsonError::TooMuch(_)))
    ));
    let many = vec![
        Pick {
            name: "a".to_owned(),
            path: "a".to_owned(),
        };
        5000
    ];
    assert!(matches!(
        page.emit_json(&body, "", &many, 0),
        Err(PageError::Json(JsonError::TooMuch(_)))
    ));
}

#[test]
fn a_page_that_is_late_closes_once_it_holds_something() {
    let mut page = Page::new(10, 1000).closing_at(Instant::now(), Instant::now());
    assert!(
        page.emit("{}").unwrap(),
        "an empty page takes one record however late it is"
    );
    assert!(!page.emit("{}").unwrap());
    assert!(page.turned_away());
    let body = Bytes::from_static(b"[{},{},{}]");
    let mut page = Page::new(10, 1000).closing_at(Instant::now(), Instant::now());
    let some = page.emit_json(&body, "", &[], 1).unwrap();
    assert_eq!((some.taken, some.left, some.total), (1, 1, 3));
}

#[test]
fn picking_deep_inside_of_large_values_ends_with_the_time() {
    let body = Bytes::from(format!("[{{\"a\":{{\"b\":\"{}\"}}}}]", "x".repeat(100_000)));
    let picks = [Pick {
        name: "b".to_owned(),
        path: "/a/b".to_owned(),
    }];
    let mut page = Page::new(10, 1_000_000).closing_at(Instant::now(), Instant::now());
    assert_eq!(page.emit_json(&body, "", &picks, 0), Err(PageError::Late));
    let later = Instant::now() + std::time::Duration::from_secs(3600);
    let mut page = Page::new(10, 1_000_000).closing_at(later, later);
    assert_eq!(page.emit_json(&body, "", &picks, 0).unwrap().taken, 1);
}

#[test]
fn picking_deep_inside_of_many_small_values_ends_with_the_time() {
    let record = format!("{{\"a\":{{\"b\":\"{}\"}}}}", "x".repeat(10_000));
    let body = Bytes::from(format!("[{}]", [record.as_str(); 5].join(",")));
    let picks = ["one", "two"].map(|name| Pick {
        name: name.to_owned(),
        path: "/a/b".to_owned(),
    });
    // Ten walks of 10,000 bytes, none of them long, over five records.
    let mut page = Page::new(10, 1_000_000).closing_at(
        Instant::now() + std::time::Duration::from_secs(3600),
        Instant::now(),
    );
    assert_eq!(page.emit_json(&body, "", &picks, 0), Err(PageError::Late));
}

const KEYED: &str = r#"[{"fieldName":"id","dataType":"Integer","isPrimaryKey":true},
    {"fieldName":"at","dataType":"DateTime"},{"fieldName":"name","dataType":"String"}]"#;

#[test]
fn records_are_held_against_the_definition_whichever_way_they_come() {
    let body = Bytes::from_static(
        br#"[{"id":1,"at":"2025-01-31T12:00:00+0000"},{"id":"2","at":5,"other":1}]"#,
    );
    let picks = ["id", "at", "other"].map(|name| Pick {
        name: name.to_owned(),
        path: name.to_owned(),
    });
    let told = |page: &Page| -> Vec<String> {
        page.deviations()
            .iter()
            .map(|one| format!("{} {one}", one.count))
            .collect()
    };
    let mut picked = Page::new(10, 1000).with_fields(fields(KEYED));
    picked.emit_json(&body, "", &picks, 0).unwrap();
    let expected = [
        "1 field \"id\" as text where Integer is declared",
        "1 field \"at\" as an integer where DateTime is declared",
        "1 a field that the entity's definition does not have",
    ];
    assert_eq!(told(&picked), expected);

    // Only picking adds the colon.
    let expected = [
        expected[0],
        expected[1],
        "1 field \"at\" as text of another form where DateTime is declared",
        expected[2],
    ];
    let mut whole = Page::new(10, 1000).with_fields(fields(KEYED));
    whole.emit_json(&body, "", &[], 0).unwrap();
    assert_eq!(told(&whole), expected);
    let mut single = Page::new(10, 1000).with_fields(fields(KEYED));
    single
        .emit(r#" {"id":1,"at":"2025-01-31T12:00:00+0000"} "#)
        .unwrap();
    single.emit(r#"{"id":"2","at":5,"other":1}"#).unwrap();
    assert_eq!(told(&single), expected);

    let mut unknown = Page::new(10, 1000);
    unknown.emit_json(&body, "", &[], 0).unwrap();
    assert_eq!(told(&unknown), [""; 0]);
}

#[test]
fn a_page_knows_whether_it_holds_the_keys_and_whole_arrays() {
    let body = Bytes::from_static(br#"[{"id":1,"name":"a"},{"id":2,"name":"b"}]"#);
    let name = [Pick {
        name: "name".to_owned(),
        path: "name".to_owned(),
    }];
    let page = |most, skip, picks: &[Pick]| {
        let mut page = Page::new(most, 1000).with_fields(fields(KEYED));
        page.emit_json(&body, "", picks, skip).unwrap();
        (page.is_keyed(), page.is_whole())
    };
    assert_eq!(page(10, 0, &[]), (true, true));
    assert_eq!(page(10, 0, &name), (false, true));
    assert_eq!(page(10, 1, &[]), (true, false));
    assert_eq!(page(1, 0, &[]), (true, false));
    let mut single = Page::new(10, 1000).with_fields(fields(KEYED));
    assert!(!single.is_keyed() && !single.is_whole());
    single.emit(r#"{"id":1}"#).unwrap();
    assert!(single.is_keyed() && !single.is_whole());
}

#[test]
fn records_as_they_come_are_sampled_unless_all_are_asked_for() {
    let record = |index: u32| match index {
        155 => r#"{"id":"155"}"#.to_owned(),
        _ => format!(r#"{{"id":{index}}}"#),
    };
    for (all, found) in [(false, 0), (true, 1)] {
        let mut page = Page::new(1000, 100_000)
            .looking_at_all(all)
            .with_fields(fields(KEYED));
        for index in 0..200 {
            assert!(page.emit(&record(index)).unwrap());
        }
        assert_eq!(page.deviations().len(), found, "{all}");
    }
}
