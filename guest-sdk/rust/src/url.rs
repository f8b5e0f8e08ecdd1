//! Percent-encoding and the little of RFC 3986 that paging needs.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Percent-encodes a text as one piece of a path, a query or a form.
///
/// ```
/// assert_eq!(appflow_connector::http::encode("a/b c=é"), "a%2Fb%20c%3D%C3%A9");
/// ```
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Puts path segments behind an address, each encoded, so that no value can change the path.
///
/// The segments `.` and `..`, which no encoding can make plain, come out as `%2E` with a trailing `%20`, a name that
/// no application has.
///
/// ```
/// use appflow_connector::http::join;
///
/// assert_eq!(join("https://a.example/v1/", ["items", "x/y"]), "https://a.example/v1/items/x%2Fy");
/// ```
pub fn join<S: AsRef<str>>(base: &str, segments: impl IntoIterator<Item = S>) -> String {
    let mut url = base.trim_end_matches('/').to_owned();
    for segment in segments {
        url.push('/');
        match segment.as_ref() {
            dots @ ("." | "..") => {
                url.push_str(&"%2E".repeat(dots.len()));
                url.push_str("%20");
            }
            segment => url.push_str(&encode(segment)),
        }
    }
    url
}

/// Resolves a link found in an answer: absolute, `//host/path`, `/path`, `?query`, or relative to the last `/`.
///
/// ```
/// use appflow_connector::http::resolve;
///
/// assert_eq!(resolve("https://a.example/v1/items?x=1", "/v1/items?page=2"), "https://a.example/v1/items?page=2");
/// assert_eq!(resolve("https://a.example/v1/items?x=1", "?page=2"), "https://a.example/v1/items?page=2");
/// assert_eq!(resolve("https://a.example/v1/items", "https://b.example/"), "https://b.example/");
/// ```
pub fn resolve(base: &str, link: &str) -> String {
    if has_scheme(link) {
        return link.to_owned();
    }
    let base = &base[..base.find(['?', '#']).unwrap_or(base.len())];
    let authority = base.find("://").map_or(0, |at| at + 3);
    let path = base[authority..]
        .find('/')
        .map_or(base.len(), |at| authority + at);
    if let Some(rest) = link.strip_prefix("//") {
        return format!("{}//{rest}", &base[..authority.saturating_sub(2)]);
    }
    if link.starts_with('/') {
        return format!("{}{link}", &base[..path]);
    }
    if link.is_empty() || link.starts_with('?') {
        return format!("{base}{link}");
    }
    match base[path..].rfind('/') {
        Some(at) => format!("{}{link}", &base[..=path + at]),
        None => format!("{base}/{link}"),
    }
}

fn has_scheme(link: &str) -> bool {
    link.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}

/// Adds a query parameter; a fragment, which is never sent, goes.
pub(crate) fn push_query(url: &mut String, name: &str, value: &str) {
    if let Some(at) = url.find('#') {
        url.truncate(at);
    }
    match url.find('?') {
        None => url.push('?'),
        Some(_) if url.ends_with(['?', '&']) => {}
        Some(_) => url.push('&'),
    }
    url.push_str(&encode(name));
    url.push('=');
    url.push_str(&encode(value));
}

/// The value of a query parameter of a link, decoded; the first if there are more.
///
/// ```
/// use appflow_connector::http::parameter;
///
/// assert_eq!(parameter("https://a.example/items?_limit=2&_token=a%3D", "_token").as_deref(), Some("a="));
/// ```
pub fn parameter(link: &str, name: &str) -> Option<String> {
    let link = link.split('#').next()?;
    let (_, query) = link.split_once('?')?;
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .find_map(|(key, value)| (decode(key) == name).then(|| decode(value)))
}

/// The target of `rel="next"` in a `Link` header (RFC 8288).
pub(crate) fn next_of_link_header(header: &str) -> Option<String> {
    let mut rest = header;
    while let Some(start) = rest.find('<') {
        let (target, tail) = rest[start + 1..].split_once('>')?;
        let (is_next, tail) = parameters(tail);
        if is_next {
            return Some(target.trim().to_owned());
        }
        rest = tail;
    }
    None
}

/// Whether the parameters before the next `,` outside quotes have the relation `next`, and what comes after them.
fn parameters(text: &str) -> (bool, &str) {
    let mut quoted = false;
    let end = text.find(|c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    let (own, tail) = text.split_at(end.unwrap_or(text.len()));
    let is_next = own
        .split(';')
        .filter_map(|parameter| parameter.split_once('='))
        .any(|(name, value)| {
            name.trim().eq_ignore_ascii_case("rel")
                && value
                    .trim()
                    .trim_matches('"')
                    .split_whitespace()
                    .any(|rel| rel.eq_ignore_ascii_case("next"))
        });
    (is_next, tail)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn queries_are_added_and_encoded() {
        let mut url = "https://a.example/x#here".to_owned();
        push_query(&mut url, "q", "a b&c");
        push_query(&mut url, "ü", "");
        assert_eq!(url, "https://a.example/x?q=a%20b%26c&%C3%BC=");
        let mut url = "https://a.example/x?".to_owned();
        push_query(&mut url, "q", "1");
        assert_eq!(url, "https://a.example/x?q=1");
    }

    #[test]
    fn no_segment_leaves_its_place() {
        for hostile in ["..", ".", "a/../b", "a?b", "a#b", "%2e%2e", "\\", "é\n"] {
            let url = join("https://a.example/v1", [hostile, "z"]);
            assert_eq!(url.matches('/').count(), 5, "{url}");
            assert!(
                !url.contains(['?', '#', '\\', '\n'])
                    && !url.contains("/../")
                    && !url.contains("%2E/"),
                "{url}"
            );
        }
    }

    #[test]
    fn links_are_resolved() {
        for (base, link, whole) in [
            (
                "https://a.example/v1/items?x=1",
                "more?p=2",
                "https://a.example/v1/more?p=2",
            ),
            ("https://a.example", "more", "https://a.example/more"),
            ("https://a.example", "/more", "https://a.example/more"),
            (
                "https://a.example/v1",
                "//b.example/x",
                "https://b.example/x",
            ),
            ("https://a.example/v1?q=a/b", "", "https://a.example/v1"),
        ] {
            assert_eq!(resolve(base, link), whole, "{base} {link}");
        }
    }

    #[test]
    fn the_next_link_is_found() {
        for (header, next) in [
            (
                r#"<https://a/1>; rel="prev", <https://a/3>; rel="next""#,
                Some("https://a/3"),
            ),
            (
                r#"<https://a/3>; title="a, b"; REL=next"#,
                Some("https://a/3"),
            ),
            (r#"<https://a/3>; rel="last next""#, Some("https://a/3")),
            (r#"<https://a/3>; rel="nextish""#, None),
            (r#"<https://a/3; rel="next""#, None),
            ("", None),
        ] {
            assert_eq!(next_of_link_header(header).as_deref(), next, "{header}");
        }
    }

    #[test]
    fn parameters_are_found_and_decoded() {
        for (link, value) in [
            (
                "https://a.example/x?y=1&at=a%2Fb+c%C3%A9&at=2#at=3",
                Some("a/b cé"),
            ),
            ("?at=", Some("")),
            ("/x?at", Some("")),
            ("/x?%61t=1", Some("1")),
            ("/x?chat=1", None),
            ("/at=1", None),
            ("/x#?at=1", None),
        ] {
            assert_eq!(parameter(link, "at").as_deref(), value, "{link}");
        }
    }

    proptest! {
        #[test]
        fn nothing_here_panics(a in "[a-z:/?#.<>;=\", é]{0,30}", b in "[a-z:/?#.<>;=\", é]{0,30}") {
            resolve(&a, &b);
            next_of_link_header(&a);
            parameter(&a, &b);
            join(&a, [&b]);
        }
    }
}
