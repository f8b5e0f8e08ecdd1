//! Characters to tokens: the longest match counts, and for equal lengths keywords come before names.

use time::{Date, Month};

/// What a token is. Slices are of the expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    And,
    Or,
    Not,
    True,
    False,
    Null,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    Contains,
    Between,
    In,
    Limit,
    Open,
    Close,
    Comma,
    Name(&'a str),
    Number(&'a str),
    /// What stands between the quotes, not unescaped.
    Text(&'a str),
    Date(&'a str),
    DateTime(&'a str),
    /// Not a token, and why.
    Bad(String),
    End,
}

/// A token and where it begins, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) start: usize,
}

/// Takes tokens off a text, one by one. After [`Kind::Bad`] there is no use in going on.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next token; [`Kind::End`] again and again at the end.
    pub(super) fn next(&mut self) -> Token<'a> {
        let white = |c: &char| matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{c}');
        self.at += self.rest().chars().take_while(white).count();
        let start = self.at;
        let (kind, length) = token(self.rest());
        self.at += length;
        Token { kind, start }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }
}

/// The token at the beginning of a text, and its length in bytes.
fn token(text: &str) -> (Kind<'_>, usize) {
    let mut characters = text.chars();
    let Some(first) = characters.next() else {
        return (Kind::End, 0);
    };
    let second = characters.next();
    match (first, second) {
        ('>', Some('=')) => (Kind::GreaterOrEqual, 2),
        ('<', Some('=')) => (Kind::LessOrEqual, 2),
        ('!', Some('=')) => (Kind::NotEqual, 2),
        ('>', _) => (Kind::Greater, 1),
        ('<', _) => (Kind::Less, 1),
        ('=', _) => (Kind::Equal, 1),
        ('(', _) => (Kind::Open, 1),
        (')', _) => (Kind::Close, 1),
        (',', _) => (Kind::Comma, 1),
        ('\'' | '"', _) => quoted(text, first),
        ('a'..='z' | 'A'..='Z', _) => word(text),
        ('0'..='9', _) | ('-', Some('0'..='9')) => date_or_number(text),
        _ => (Kind::Bad(odd_character(first)), first.len_utf8()),
    }
}

fn odd_character(c: char) -> String {
    if c.is_ascii_graphic() || c.is_alphabetic() {
        format!("the character `{c}` is not allowed here")
    } else {
        format!("the character U+{:04X} is not allowed here", u32::from(c))
    }
}

fn word(text: &str) -> (Kind<'_>, usize) {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let length = text.bytes().take_while(is_part).count();
    let word = text.get(..length).unwrap_or_default();
    let kind = match word {
        "AND" | "and" => Kind::And,
        "OR" | "or" => Kind::Or,
        "NOT" | "not" => Kind::Not,
        "TRUE" | "True" | "true" => Kind::True,
        "FALSE" | "False" | "false" => Kind::False,
        "CONTAINS" | "contains" => Kind::Contains,
        "BETWEEN" | "between" => Kind::Between,
        "null" => Kind::Null,
        "IN" | "in" => Kind::In,
        "LIMIT" | "limit" => Kind::Limit,
        _ => Kind::Name(word),
    };
    (kind, length)
}

/// A text with its quotes. It ends at the first quote that is not behind a backslash, or where there is none, at the
/// last quote at all: that is the longest match.
fn quoted(text: &str, quote: char) -> (Kind<'_>, usize) {
    let inside = text.get(1..).unwrap_or_default();
    let mut end = None;
    for (at, _) in inside.match_indices(quote) {
        end = Some(at);
        if !inside
            .get(..at)
            .is_some_and(|before| before.ends_with('\\'))
        {
            break;
        }
    }
    match end {
        Some(end) => (Kind::Text(inside.get(..end).unwrap_or_default()), end + 2),
        None => (
            Kind::Bad("the text that begins here has no end".to_owned()),
            text.len(),
        ),
    }
}

/// What the escapes in the inside of a text stand for.
pub(super) fn unescape(inside: &str) -> String {
    let mut text = String::with_capacity(inside.len());
    let mut characters = inside.chars();
    while let Some(c) = characters.next() {
        let mut ahead = characters.clone();
        let replaced = match (c, ahead.next()) {
            ('\\', Some(escaped @ ('\'' | '"' | '\\'))) => Some(escaped),
            ('\\', Some('t')) => Some('\t'),
            ('\\', Some('n')) => Some('\n'),
            ('\\', Some('r')) => Some('\r'),
            _ => None,
        };
        if replaced.is_some() {
            characters = ahead;
        }
        text.push(replaced.unwrap_or(c));
    }
    text
}

fn date_or_number(text: &str) -> (Kind<'_>, usize) {
    let bytes = text.as_bytes();
    let Some(date) = date_length(bytes) else {
        return number(text);
    };
    let (length, has_time) = match bytes.get(date) {
        // Whatever begins with T is a name, and none may follow a value: so this is meant as a time.
        Some(b'T') => match time_length(bytes.get(date + 1..).unwrap_or_default()) {
            Some(time) => (date + 1 + time, true),
            None => {
                let message =
                    "a date-time must have the form YYYY-MM-DDThh:mm:ssZ, with seconds and in UTC";
                return (Kind::Bad(message.to_owned()), date);
            }
        },
        _ => (date, false),
    };
    let token = text.get(..length).unwrap_or_default();
    if let Err(message) = check_calendar(token, has_time) {
        return (Kind::Bad(message.to_owned()), length);
    }
    (
        if has_time {
            Kind::DateTime(token)
        } else {
            Kind::Date(token)
        },
        length,
    )
}

fn number(text: &str) -> (Kind<'_>, usize) {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        bytes
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let sign = usize::from(bytes.first() == Some(&b'-'));
    let mut length = sign + digits(sign);
    if bytes.get(length) == Some(&b'.') && digits(length + 1) > 0 {
        length += 1 + digits(length + 1);
    }
    // A number right behind a number has no meaning: this is meant as a date.
    if bytes.get(length) == Some(&b'-') && digits(length + 1) > 0 {
        let message = "a date must have the form YYYY-MM-DD, with a month from 01 to 12 and a day from 01 to 31";
        return (Kind::Bad(message.to_owned()), length);
    }
    (Kind::Number(text.get(..length).unwrap_or_default()), length)
}

/// Two digits as a number, if they are within the bounds.
fn two_digits(bytes: &[u8], at: usize, low: u8, high: u8) -> Option<u8> {
    match bytes.get(at..at + 2)? {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
            let number = (tens - b'0') * 10 + (ones - b'0');
            (low..=high).contains(&number).then_some(number)
        }
        _ => None,
    }
}

/// Length of the date at the beginning, by the grammar: month 01 to 12, day 00 to 31.
fn date_length(bytes: &[u8]) -> Option<usize> {
    let year = bytes.get(..4)?.iter().all(u8::is_ascii_digit);
    let hyphens = bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-');
    two_digits(bytes, 5, 1, 12)?;
    two_digits(bytes, 8, 0, 31)?;
    (year && hyphens).then_some(10)
}

/// Length of the time of day at the beginning, by the grammar: hour 00 to 24.
fn time_length(bytes: &[u8]) -> Option<usize> {
    two_digits(bytes, 0, 0, 24)?;
    two_digits(bytes, 3, 0, 59)?;
    two_digits(bytes, 6, 0, 59)?;
    let colons = bytes.get(2) == Some(&b':') && bytes.get(5) == Some(&b':');
    let mut length = 8;
    if bytes.get(length) == Some(&b'.') {
        let digits = bytes
            .get(9..)?
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        length += if digits > 0 { 1 + digits } else { return None };
    }
    (colons && bytes.get(length) == Some(&b'Z')).then_some(length + 1)
}

fn check_calendar(token: &str, has_time: bool) -> Result<(), &'static str> {
    let bytes = token.as_bytes();
    let exists = || {
        let year = token.get(..4)?.parse().ok()?;
        let month = Month::try_from(two_digits(bytes, 5, 1, 12)?).ok()?;
        Date::from_calendar_date(year, month, two_digits(bytes, 8, 0, 31)?).ok()
    };
    if exists().is_none() {
        return Err("there is no such day in the calendar");
    }
    if has_time && two_digits(bytes, 11, 0, 23).is_none() {
        return Err("there is no hour 24; midnight is hour 00 of the next day");
    }
    Ok(())
}
