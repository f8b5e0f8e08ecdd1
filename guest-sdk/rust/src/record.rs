//! Records without a JSON library.

use std::fmt::Write as _;

/// The text of a JSON object, put together field by field.
///
/// ```
/// use appflow_connector::page::Record;
///
/// let record = Record::new().text("name", "A \"quoted\" name").integer("age", 7).null("email");
/// assert_eq!(record.as_ref(), r#"{"name":"A \"quoted\" name","age":7,"email":null}"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    text: String,
    wanted: &'a [String],
}

impl Default for Record<'_> {
    fn default() -> Self {
        Self::only(&[])
    }
}

impl<'a> Record<'a> {
    /// An object without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// An object that keeps, of the fields added, only those wanted; all for an empty list. See
    /// [`QueryRequest::record`](crate::QueryRequest::record).
    pub fn only(wanted: &'a [String]) -> Self {
        Self {
            text: "{}".to_owned(),
            wanted,
        }
    }

    /// Adds a text.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.field(name, |text| push_quoted(text, value))
    }

    /// Adds a whole number.
    #[must_use]
    pub fn integer(self, name: &str, value: impl Into<i128>) -> Self {
        let value = value.into();
        self.field(name, |text| text.push_str(&value.to_string()))
    }

    /// Adds a number; null if it is not finite, since JSON has no such numbers.
    #[must_use]
    pub fn number(self, name: &str, value: f64) -> Self {
        if !value.is_finite() {
            return self.null(name);
        }
        self.field(name, |text| text.push_str(&value.to_string()))
    }

    /// Adds true or false.
    #[must_use]
    pub fn boolean(self, name: &str, value: bool) -> Self {
        self.field(name, |text| {
            text.push_str(if value { "true" } else { "false" })
        })
    }

    /// Adds null.
    #[must_use]
    pub fn null(self, name: &str) -> Self {
        self.field(name, |text| text.push_str("null"))
    }

    /// Adds a value that is JSON text already, such as one of [`Response::json_at`](crate::http::Response::json_at).
    #[must_use]
    pub fn json(self, name: &str, value: &str) -> Self {
        self.field(name, |text| text.push_str(value))
    }

    fn field(mut self, name: &str, value: impl FnOnce(&mut String)) -> Self {
        if !self.wanted.is_empty() && !self.wanted.iter().any(|wanted| wanted == name) {
            return self;
        }
        let text = &mut self.text;
        text.pop();
        if text.len() > 1 {
            text.push(',');
        }
        push_quoted(text, name);
        text.push(':');
        value(text);
        text.push('}');
        self
    }
}

impl AsRef<str> for Record<'_> {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl From<Record<'_>> for String {
    fn from(record: Record<'_>) -> Self {
        record.text
    }
}

fn push_quoted(text: &mut String, value: &str) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if c < ' ' => {
                // Writing to a text cannot fail.
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text.push('"');
}

#[cfg(all(test, feature = "json"))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_read_back(name in any::<String>(), value in any::<String>(), number in any::<i64>()) {
            prop_assume!(name != "n");
            let record = Record::new().text(&name, &value).integer("n", number);
            let read: serde_json::Value = serde_json::from_str(record.as_ref())?;
            prop_assert_eq!(&read[&name], &value);
            prop_assert_eq!(&read["n"], number);
        }

        #[test]
        fn any_number_is_read_back(number in any::<f64>()) {
            let record = Record::new().json("j", "[1]").boolean("b", true).number("n", number);
            let text = record.as_ref();
            prop_assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{}", text);
            let written = text.rsplit_once(':').map(|(_, number)| number.trim_end_matches('}'));
            match written {
                Some("null") => prop_assert!(!number.is_finite()),
                written => prop_assert_eq!(written.and_then(|number| number.parse().ok()), Some(number)),
            }
        }
    }
}
