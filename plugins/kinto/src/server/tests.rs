use super::*;

#[test]
fn addresses_are_taken_with_or_without_the_version() {
    for (given, expected) in [
        ("https://kinto.example.com", "https://kinto.example.com/v1"),
        ("HTTPS://kinto.example.com/", "https://kinto.example.com/v1"),
        (
            "https://kinto.example.com/v1/",
            "https://kinto.example.com/v1",
        ),
        (
            "https://kinto.example.com:8443/a/v1",
            "https://kinto.example.com:8443/a/v1",
        ),
        ("http://127.0.0.1:8888/v1", "http://127.0.0.1:8888/v1"),
    ] {
        assert_eq!(base(given).as_deref(), Ok(expected), "{given}");
    }
    for given in [
        "",
        "kinto.example.com",
        "http://kinto.example.com",
        "http://127.0.0.1.evil.example",
        "ftp://kinto.example.com",
        "https://",
        "https:///v1",
        "https://user@kinto.example.com",
        "https://kinto.example.com?x",
        "https://kinto.example.com#x",
        "https://kinto.example.com\\x",
        "https://kinto.example.com/../x",
        "https://kinto.example.com/%2e%2e/x",
        "https://kinto example.com",
        "https://kinto.example.com\n",
    ] {
        assert!(base(given).is_err(), "{given}");
    }
}

#[test]
fn entities_are_a_bucket_and_a_collection() {
    let collection = Collection::parse("main/2024_news-eu");
    assert_eq!(
        collection.map(|it| it.records().join("/")).as_deref(),
        Ok("buckets/main/collections/2024_news-eu/records")
    );
    for bad in [
        "", "main", "/", "a/", "/b", "a/b/c", "a/..", "../b", "a/b?c", "a/b%2f", "-a/b", "a/_b",
        "a/ö", "a b/c", "a/b\n",
    ] {
        assert!(Collection::parse(bad).is_err(), "{bad}");
    }
}
