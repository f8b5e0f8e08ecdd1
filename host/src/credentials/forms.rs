//! The forms in which an application may give a value back, and how a value is written into each place of a request.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

/// Shorter values and forms are not looked for: replacing every "a" of a text helps nobody.
pub(super) const SHORTEST: usize = 6;

/// RFC 3986: all but these are percent-encoded.
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// What JavaScript's `encodeURIComponent` leaves as it is beside those.
const COMPONENT: AsciiSet = UNRESERVED
    .remove(b'!')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*');

/// How a value is written where a placeholder stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// As it is.
    Raw,
    /// Percent-encoded, for queries and forms.
    Percent,
    /// The inside of a JSON string.
    Json,
    /// Text or attribute of XML.
    Xml,
}

impl Encoding {
    /// That of a body, by its `content-type`.
    pub(super) fn of_content(content_type: Option<&str>) -> Self {
        let kind = content_type.unwrap_or_default();
        let kind = kind
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let subtype = kind.split_once('/').map_or("", |(_, subtype)| subtype);
        if subtype == "x-www-form-urlencoded" {
            Self::Percent
        } else if subtype.contains("json") {
            Self::Json
        } else if subtype == "xml" || subtype.ends_with("+xml") {
            Self::Xml
        } else {
            Self::Raw
        }
    }

    /// Appends the value.
    pub(super) fn write(self, value: &str, out: &mut Vec<u8>) {
        match self {
            Self::Raw => out.extend_from_slice(value.as_bytes()),
            Self::Percent => {
                for part in utf8_percent_encode(value, &UNRESERVED) {
                    out.extend_from_slice(part.as_bytes());
                }
            }
            Self::Json => out.extend_from_slice(json(value).as_bytes()),
            Self::Xml => out.extend_from_slice(markup(value, "&#39;").as_bytes()),
        }
    }
}

/// The inside of the JSON string of a text.
fn json(value: &str) -> Zeroizing<String> {
    // Writing a string cannot fail.
    let quoted = Zeroizing::new(serde_json::to_string(value).unwrap_or_default());
    let inside = quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or_default();
    Zeroizing::new(inside.to_owned())
}

fn markup(value: &str, apostrophe: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str(apostrophe),
            other => out.push(other),
        }
    }
    out
}

/// JSON text with some characters as `\uXXXX`, as writers do that keep to ASCII or think of HTML.
fn with_code_units(json: &str, escaped: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if escaped(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(character);
        }
    }
    out
}

/// The texts by which a value is recognised in what an application or a connector says, longest first: as it is,
/// percent-encoded, escaped for JSON and HTML, and as Base64 at each of the three offsets it can have within a longer text.
pub(super) fn of_value(value: &str) -> Vec<Zeroizing<Vec<u8>>> {
    let mut forms = vec![value.to_owned()];
    for set in [&UNRESERVED, &COMPONENT] {
        let upper = utf8_percent_encode(value, set).to_string();
        forms.push(lower_escapes(&upper));
        forms.push(upper);
    }
    let plus: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    forms.push(lower_escapes(&plus));
    forms.push(plus);
    let json = json(value);
    forms.push(json.replace('/', "\\/"));
    forms.push(with_code_units(&json, |c| matches!(c, '<' | '>' | '&')));
    forms.push(with_code_units(&json, |c| {
        matches!(c, '<' | '>' | '&' | '\'' | '=')
    }));
    forms.push(with_code_units(&json, |c| !c.is_ascii()));
    forms.push(json.to_string());
    for apostrophe in ["&#39;", "&#039;", "&#x27;", "&apos;"] {
        forms.push(markup(value, apostrophe));
    }
    forms.extend(base64_within(value));
    sorted(forms)
}

/// The texts by which a user name with its password is recognised: `user:password` as Base64.
pub(super) fn of_pair(username: &str, password: &str) -> Vec<Zeroizing<Vec<u8>>> {
    let pair = Zeroizing::new(format!("{username}:{password}"));
    sorted(base64_within(&pair))
}

/// The part of the Base64 of any text with the value in it that depends on the value alone; and the Base64 of the value.
fn base64_within(value: &str) -> Vec<String> {
    // Offset in the three bytes of a group, and the characters at the front that depend on the bytes before.
    const FRONT: [usize; 3] = [0, 2, 3];
    let mut forms = vec![
        STANDARD.encode(value),
        STANDARD_NO_PAD.encode(value),
        URL_SAFE_NO_PAD.encode(value),
    ];
    for (offset, front) in FRONT.into_iter().enumerate() {
        let mut bytes = Zeroizing::new(vec![0; offset]);
        bytes.extend_from_slice(value.as_bytes());
        // The last character of an open group depends on the bytes after as well.
        let back = usize::from(!bytes.len().is_multiple_of(3));
        for encoded in [
            STANDARD_NO_PAD.encode(&bytes),
            URL_SAFE_NO_PAD.encode(&bytes),
        ] {
            let inner = encoded.get(front..encoded.len().saturating_sub(back));
            forms.push(inner.unwrap_or_default().to_owned());
        }
    }
    forms
}

fn lower_escapes(encoded: &str) -> String {
    let mut out = String::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        out.push('%');
        let (code, after) = after.split_at_checked(2).unwrap_or((after, ""));
        out.push_str(&code.to_ascii_lowercase());
        rest = after;
    }
    out.push_str(rest);
    out
}

fn sorted(mut forms: Vec<String>) -> Vec<Zeroizing<Vec<u8>>> {
    forms.retain(|form| form.len() >= SHORTEST);
    forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    forms.dedup();
    forms
        .into_iter()
        .map(|form| Zeroizing::new(form.into_bytes()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(value: &str) -> Vec<String> {
        of_value(value)
            .iter()
            .map(|form| String::from_utf8_lossy(form).into_owned())
            .collect()
    }

    #[test]
    fn forms_cover_what_applications_do_to_a_value() {
        let forms = texts("a/b<c>&'=\"+ é%");
        for form in [
            "a/b<c>&'=\"+ é%",
            "a%2Fb%3Cc%3E%26%27%3D%22%2B%20%C3%A9%25",
            "a%2fb%3cc%3e%26%27%3d%22%2b%20%c3%a9%25",
            "a%2Fb%3Cc%3E%26'%3D%22%2B%20%C3%A9%25",
            "a%2Fb%3Cc%3E%26%27%3D%22%2B+%C3%A9%25",
            "a\\/b<c>&'=\\\"+ é%",
            "a/b\\u003cc\\u003e\\u0026'=\\\"+ é%",
            "a/b\\u003cc\\u003e\\u0026\\u0027\\u003d\\\"+ é%",
            "a/b<c>&'=\\\"+ \\u00e9%",
            "a/b&lt;c&gt;&amp;&#39;=&quot;+ é%",
        ] {
            assert!(forms.iter().any(|found| found == form), "{form} {forms:#?}");
        }
        assert!(forms.is_sorted_by_key(|form| std::cmp::Reverse(form.len())));
    }

    #[test]
    fn base64_of_any_text_around_a_value_holds_one_of_its_forms() {
        for value in ["secret", "hunter2-and-more", "a>b?c~d\u{e9}\u{fc}"] {
            let forms = texts(value);
            for before in ["", "x", "xy", "xyz", "user:"] {
                for after in ["", "y", ":more"] {
                    let text = format!("{before}{value}{after}");
                    for encoded in [STANDARD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                        assert!(
                            forms.iter().any(|form| encoded.contains(form)),
                            "{text} {encoded} {forms:#?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn short_values_have_no_forms_worth_looking_for() {
        assert!(texts("abc").iter().all(|form| form.len() >= SHORTEST));
        assert!(texts("").is_empty());
    }

    #[test]
    fn bodies_are_encoded_by_their_type() {
        for (kind, expected) in [
            (Some("application/json; charset=utf-8"), Encoding::Json),
            (Some("application/vnd.api+JSON"), Encoding::Json),
            (Some("application/x-ndjson"), Encoding::Json),
            (Some("application/x-www-form-urlencoded"), Encoding::Percent),
            (Some("text/xml"), Encoding::Xml),
            (Some("application/soap+xml; charset=utf-8"), Encoding::Xml),
            (Some("text/plain"), Encoding::Raw),
            (Some("multipart/form-data; boundary=json"), Encoding::Raw),
            (None, Encoding::Raw),
        ] {
            assert_eq!(Encoding::of_content(kind), expected, "{kind:?}");
        }
        let written = |encoding: Encoding| {
            let mut out = Vec::new();
            encoding.write("a\"b&c <d>'\n/", &mut out);
            String::from_utf8_lossy(&out).into_owned()
        };
        assert_eq!(written(Encoding::Raw), "a\"b&c <d>'\n/");
        assert_eq!(written(Encoding::Percent), "a%22b%26c%20%3Cd%3E%27%0A%2F");
        assert_eq!(written(Encoding::Json), "a\\\"b&c <d>'\\n/");
        assert_eq!(written(Encoding::Xml), "a&quot;b&amp;c &lt;d&gt;&#39;\n/");
    }
}
