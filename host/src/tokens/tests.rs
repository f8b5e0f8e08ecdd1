use proptest::prelude::*;

use super::*;

const ARN: &str =
    "arn:aws:secretsmanager:us-east-1:111122223333:secret:appflow!111122223333-x-y-AbCdEf";

fn binding<'a>() -> Binding<'a> {
    Binding {
        connector: "shop",
        version: "1.2.3".to_owned(),
        operation: "QueryData",
        place: "orders",
        filter: Some("a = 1"),
        fields: &[],
        api_version: "v1",
        account: Some("111122223333"),
        connection: Some(ARN),
    }
}

fn basic(password: &str) -> Credentials {
    Credentials::Basic {
        username: Secret::new("user".to_owned()),
        password: Secret::new(password.to_owned()),
    }
}

fn sealer(binding: &Binding<'_>, credentials: &Credentials) -> Sealer {
    Sealer::new(binding, credentials, None).unwrap()
}

fn token_of(sealer: &Sealer) -> String {
    sealer.seal(&Progress::default(), "cursor-7").unwrap()
}

proptest! {
    #[test]
    fn what_is_sealed_is_opened_and_always_sealed_alike(text in ".{0,300}") {
        let sealer = sealer(&binding(), &basic("hunter2"));
        let sealed = sealer.seal(&Progress::default(), &text).unwrap();
        prop_assert!(sealed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        prop_assert_eq!(&sealer.seal(&Progress::default(), &text).unwrap(), &sealed);
        prop_assert_eq!(sealer.open(&sealed), Ok((Progress::default(), text)));
    }

    #[test]
    fn rubbish_is_refused(text in ".{0,2100}") {
        let sealer = sealer(&binding(), &basic("hunter2"));
        prop_assert_eq!(sealer.open(&text), Err(TokenError::Foreign));
    }

    #[test]
    fn a_changed_character_is_noticed_wherever_it_is(place in any::<prop::sample::Index>(), to in "[A-Za-z0-9_-]") {
        let sealer = sealer(&binding(), &basic("hunter2"));
        let sealed = token_of(&sealer);
        let place = place.index(sealed.len());
        let mut changed = sealed.clone();
        changed.replace_range(place..=place, &to);
        prop_assume!(changed != sealed);
        prop_assert_eq!(sealer.open(&changed), Err(TokenError::Foreign));
    }
}

#[test]
fn a_cut_or_lengthened_token_is_refused() {
    let sealer = sealer(&binding(), &basic("hunter2"));
    let sealed = token_of(&sealer);
    for length in 0..sealed.len() {
        assert_eq!(sealer.open(&sealed[..length]), Err(TokenError::Foreign));
    }
    for more in ["A", "AAAA", "="] {
        assert_eq!(
            sealer.open(&format!("{sealed}{more}")),
            Err(TokenError::Foreign)
        );
    }
}

#[test]
fn a_token_is_good_for_its_own_request_only() {
    let credentials = basic("hunter2");
    let sealed = token_of(&sealer(&binding(), &credentials));
    let fields = ["a".to_owned(), "b".to_owned()];
    let joined = ["ab".to_owned()];
    for (what, other) in [
        (
            "connector",
            Binding {
                connector: "shop2",
                ..binding()
            },
        ),
        (
            "version",
            Binding {
                version: "1.2.4".to_owned(),
                ..binding()
            },
        ),
        (
            "operation",
            Binding {
                operation: "ListEntities",
                ..binding()
            },
        ),
        (
            "entity",
            Binding {
                place: "users",
                ..binding()
            },
        ),
        (
            "filter",
            Binding {
                filter: Some("a = 2"),
                ..binding()
            },
        ),
        (
            "no filter",
            Binding {
                filter: None,
                ..binding()
            },
        ),
        (
            "fields",
            Binding {
                fields: &fields,
                ..binding()
            },
        ),
        (
            "API version",
            Binding {
                api_version: "v2",
                ..binding()
            },
        ),
        (
            "account",
            Binding {
                account: Some("999988887777"),
                ..binding()
            },
        ),
        (
            "no account",
            Binding {
                account: None,
                ..binding()
            },
        ),
        (
            "connection",
            Binding {
                connection: Some("arn:other"),
                ..binding()
            },
        ),
        (
            "no connection",
            Binding {
                connection: None,
                ..binding()
            },
        ),
    ] {
        assert_eq!(
            sealer(&other, &credentials).open(&sealed),
            Err(TokenError::Foreign),
            "{what}"
        );
    }
    // Parts do not run into each other.
    let divided = Binding {
        fields: &fields,
        ..binding()
    };
    let sealed = token_of(&sealer(&divided, &credentials));
    let together = Binding {
        fields: &joined,
        ..binding()
    };
    assert_eq!(
        sealer(&together, &credentials).open(&sealed),
        Err(TokenError::Foreign)
    );
}

#[test]
fn the_parts_of_a_secret_that_stay_make_the_key() {
    let sealed = token_of(&sealer(&binding(), &basic("hunter2")));
    assert!(sealer(&binding(), &basic("hunter2")).open(&sealed).is_ok());
    for other in [basic("hunter3"), Credentials::Absent] {
        assert_eq!(
            sealer(&binding(), &other).open(&sealed),
            Err(TokenError::Foreign)
        );
    }
    // AppFlow replaces an access token in the middle of a run.
    let oauth2 = |token: &str| Credentials::OAuth2 {
        access_token: Secret::new(token.to_owned()),
    };
    let sealed = token_of(&sealer(&binding(), &oauth2("first")));
    assert!(sealer(&binding(), &oauth2("second")).open(&sealed).is_ok());
    let custom = |value: &str| Credentials::Custom {
        scheme: "own".to_owned(),
        values: vec![("region".to_owned(), Secret::new(value.to_owned()))],
    };
    let sealed = token_of(&sealer(&binding(), &custom("eu")));
    assert!(sealer(&binding(), &custom("us")).open(&sealed).is_err());
}

#[test]
fn the_operators_key_counts() {
    let key = |text: &str| Secret::new(text.to_owned());
    let with = |operator: Option<&Secret>| {
        Sealer::new(&binding(), &Credentials::Absent, operator).unwrap()
    };
    let (one, two) = (key("1".repeat(32).as_str()), key("2".repeat(32).as_str()));
    let sealed = token_of(&with(Some(&one)));
    assert!(with(Some(&one)).open(&sealed).is_ok());
    assert!(with(Some(&two)).open(&sealed).is_err());
    assert!(with(None).open(&sealed).is_err());
}

#[test]
fn the_longest_token_of_a_connector_fits_into_appflows() {
    let sealer = sealer(&binding(), &basic("hunter2"));
    let longest = "x".repeat(MAX_TOKEN_BYTES);
    let sealed = sealer.seal(&Progress::default(), &longest).unwrap();
    assert_eq!(sealed.len(), MAX_SEALED_CHARS);
    assert_eq!(sealer.open(&sealed).unwrap().1, longest);
    let error = sealer
        .seal(&Progress::default(), &format!("{longest}y"))
        .unwrap_err();
    assert_eq!(error, TokenError::TooLong(MAX_TOKEN_BYTES + 1));
    // Told to authors in `wit/source.wit`, the SDK and the README.
    assert_eq!(MAX_TOKEN_BYTES, 1475);
}

#[test]
fn nothing_of_the_content_or_the_secret_shows() {
    let sealer = sealer(&binding(), &basic("hunter2"));
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token_of(&sealer)).unwrap();
    for text in ["cursor-7", "hunter2", "orders"] {
        assert!(
            !bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes()),
            "{text}"
        );
    }
    assert_eq!(format!("{sealer:?}"), "Sealer(..)");
}

#[test]
fn fingerprints_tell_texts_apart_and_connections_too() {
    let one = sealer(&binding(), &basic("hunter2"));
    assert_eq!(one.fingerprint(b"page"), one.fingerprint(b"page"));
    assert_ne!(one.fingerprint(b"page"), one.fingerprint(b"Page"));
    assert_ne!(one.fingerprint(b""), 0);
    let other = sealer(&binding(), &basic("hunter3"));
    assert_ne!(one.fingerprint(b"page"), other.fingerprint(b"page"));
}
