//! Reads JSON objects property by property, and knows where it is.
//!
//! An object is cut into the raw texts of its properties; each is looked at only when asked for. So unknown properties
//! cost one pass, however deep they are nested: `serde_json` skips raw values without recursion, and what is known is at
//! most eight levels deep. Numbers keep their text.

use crate::appflow::{Decimal, OrUnknown, Pairs, WireEnum};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Longest text taken where a name is expected, in characters. AppFlow's public API has no name longer than 2,048.
const MAX_NAME_CHARS: usize = 2048;

/// Most items of a list and entries of a map: keeps a request of many tiny items from growing to a multiple of its size.
const MAX_ITEMS: usize = 500_000;

/// Where in a request.
#[derive(Clone, Copy)]
pub(super) enum Path<'a> {
    /// The whole, and what it is called.
    Root(&'static str),
    /// A property.
    Property(&'a Path<'a>, &'a str),
    /// An item of a list.
    Item(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root(whole) => f.write_str(whole),
            Path::Property(Path::Root(_), name) => f.write_str(name),
            Path::Property(parent, name) => write!(f, "{parent}.{name}"),
            Path::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// Why a property cannot be read: one line without values.
#[derive(Debug)]
pub(super) struct Fault(pub(super) String);

impl Fault {
    pub(super) fn new(path: &Path<'_>, problem: impl fmt::Display) -> Self {
        Self(format!("{path}: {problem}"))
    }
}

/// The properties of one object, in their order.
pub(super) struct Properties<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Properties<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Properties<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut properties = Vec::new();
                while let Some(Key(key)) = map.next_key()? {
                    if properties.len() == MAX_ITEMS {
                        return Err(serde::de::Error::custom("too many properties"));
                    }
                    properties.push((key, map.next_value()?));
                }
                Ok(Properties(properties))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// The items of a list.
struct Items<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Items<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Items<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    if items.len() == MAX_ITEMS {
                        // The rest is skipped so that the error is not one of syntax.
                        while list.next_element::<IgnoredAny>()?.is_some() {}
                        return Err(serde::de::Error::custom("too many items"));
                    }
                    items.push(item);
                }
                Ok(Items(items))
            }
        }
        deserializer.deserialize_seq(Reader)
    }
}

/// What a raw value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Object,
    List,
    Text,
    Number,
    Boolean,
    Null,
}

impl Kind {
    fn of(raw: &RawValue) -> Self {
        match raw.get().as_bytes().first() {
            Some(b'{') => Self::Object,
            Some(b'[') => Self::List,
            Some(b'"') => Self::Text,
            Some(b't' | b'f') => Self::Boolean,
            Some(b'n') => Self::Null,
            _ => Self::Number,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::List => "a list",
            Self::Text => "a string",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Null => "null",
        }
    }
}

fn unexpected(path: &Path<'_>, expected: &str, raw: &RawValue) -> Fault {
    Fault::new(
        path,
        format_args!("expected {expected}, found {}", Kind::of(raw).name()),
    )
}

/// An object and its place.
pub(super) struct Object<'a, 'p> {
    properties: Properties<'a>,
    path: &'p Path<'p>,
}

impl<'a, 'p> Object<'a, 'p> {
    pub(super) fn new(properties: Properties<'a>, path: &'p Path<'p>) -> Self {
        Self { properties, path }
    }

    fn from_raw(raw: &'a RawValue, path: &'p Path<'p>) -> Result<Self, Fault> {
        if Kind::of(raw) != Kind::Object {
            return Err(unexpected(path, "an object", raw));
        }
        let properties = serde_json::from_str(raw.get()).map_err(|_| {
            Fault::new(
                path,
                format_args!("has a name that is not Unicode, or more than {MAX_ITEMS} properties"),
            )
        })?;
        Ok(Self { properties, path })
    }

    /// The raw value of a property; none if missing or null. Where it comes twice the last one counts.
    fn raw(&self, name: &str) -> Option<&'a RawValue> {
        let found = self.properties.0.iter().rev().find(|(key, _)| key == name);
        found
            .map(|(_, raw)| *raw)
            .filter(|raw| Kind::of(raw) != Kind::Null)
    }

    fn at<'n>(&self, name: &'n str) -> Path<'n>
    where
        'p: 'n,
    {
        Path::Property(self.path, name)
    }

    /// A fault of one property.
    pub(super) fn fault(&self, name: &str, problem: &str) -> Fault {
        Fault::new(&self.at(name), problem)
    }

    pub(super) fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, Fault> {
        value.ok_or_else(|| Fault::new(&self.at(name), "required"))
    }

    /// Text of any length.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Fault> {
        self.raw(name)
            .map(|raw| text(raw, &self.at(name)))
            .transpose()
    }

    /// Text of any length; none if there is only white space in it.
    pub(super) fn text_unless_blank(&self, name: &str) -> Result<Option<String>, Fault> {
        Ok(self.text(name)?.filter(|text| !text.trim().is_empty()))
    }

    /// Text of at most [`MAX_NAME_CHARS`].
    pub(super) fn name(&self, name: &str) -> Result<Option<String>, Fault> {
        let Some(value) = self.text(name)? else {
            return Ok(None);
        };
        if value.len() > MAX_NAME_CHARS && value.chars().count() > MAX_NAME_CHARS {
            return Err(Fault::new(
                &self.at(name),
                format_args!("longer than {MAX_NAME_CHARS} characters"),
            ));
        }
        Ok(Some(value))
    }

    pub(super) fn name_unless_blank(&self, name: &str) -> Result<Option<String>, Fault> {
        Ok(self.name(name)?.filter(|text| !text.trim().is_empty()))
    }

    pub(super) fn required_name(&self, name: &str) -> Result<String, Fault> {
        self.required(name, self.name(name)?)
    }

    /// A name with something besides white space.
    pub(super) fn identifier(&self, name: &str) -> Result<String, Fault> {
        let value = self.required_name(name)?;
        if value.trim().is_empty() {
            return Err(Fault::new(&self.at(name), "must not be blank"));
        }
        Ok(value)
    }

    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, Fault> {
        let Some(raw) = self.raw(name) else {
            return Ok(None);
        };
        match raw.get() {
            "true" | r#""true""# | r#""True""# | r#""TRUE""# => Ok(Some(true)),
            "false" | r#""false""# | r#""False""# | r#""FALSE""# => Ok(Some(false)),
            _ => Err(unexpected(&self.at(name), "true or false", raw)),
        }
    }

    /// The most to return: 1 to 2^31-1; 1,000 if missing, null or blank. A larger number is cut; a fraction is dropped,
    /// as Jackson does.
    pub(super) fn page_size(&self, name: &str) -> Result<u32, Fault> {
        const DEFAULT: u32 = 1000;
        const MAX: u32 = i32::MAX.cast_unsigned();
        let Some(raw) = self.raw(name) else {
            return Ok(DEFAULT);
        };
        let path = self.at(name);
        let digits: Cow<'_, str> = match Kind::of(raw) {
            Kind::Number => raw.get().into(),
            Kind::Text => text(raw, &path)?.into(),
            _ => return Err(unexpected(&path, "a number", raw)),
        };
        let digits = digits.trim();
        if digits.is_empty() {
            return Ok(DEFAULT);
        }
        let number = match digits.parse::<i128>() {
            Ok(number) => number,
            // The cast drops the fraction and saturates.
            Err(_) => match Decimal::parse(digits)
                .and_then(|number| number.as_str().parse::<f64>().ok())
            {
                Some(number) => number as i128,
                None => return Err(Fault::new(&path, "expected a whole number")),
            },
        };
        if number < 1 {
            return Err(Fault::new(&path, "must be at least 1"));
        }
        Ok(u32::try_from(number).unwrap_or(MAX).min(MAX))
    }

    pub(super) fn required_decimal(&self, name: &str) -> Result<Decimal, Fault> {
        let path = self.at(name);
        let raw = self.required(name, self.raw(name))?;
        let digits: Cow<'_, str> = match Kind::of(raw) {
            Kind::Number => raw.get().into(),
            Kind::Text => text(raw, &path)?.into(),
            _ => return Err(unexpected(&path, "a number", raw)),
        };
        Decimal::parse(digits.trim()).ok_or_else(|| {
            Fault::new(
                &path,
                format_args!(
                    "expected a decimal number of at most {} characters",
                    Decimal::MAX_CHARS
                ),
            )
        })
    }

    /// A value that only describes something.
    pub(super) fn described<T: WireEnum>(&self, name: &str) -> Result<Option<OrUnknown<T>>, Fault> {
        self.raw(name)
            .map(|raw| described(raw, &self.at(name)))
            .transpose()
    }

    pub(super) fn required_described<T: WireEnum>(
        &self,
        name: &str,
    ) -> Result<OrUnknown<T>, Fault> {
        self.required(name, self.described(name)?)
    }

    /// A value that must be known.
    pub(super) fn choice<T: WireEnum>(&self, name: &str) -> Result<Option<T>, Fault> {
        let path = self.at(name);
        self.raw(name).map(|raw| choice(raw, &path)).transpose()
    }

    pub(super) fn required_choice<T: WireEnum>(&self, name: &str) -> Result<T, Fault> {
        self.required(name, self.choice(name)?)
    }

    pub(super) fn choices<T: WireEnum>(&self, name: &str) -> Result<Option<Vec<T>>, Fault> {
        self.list(name, choice)
    }

    /// A whole number as it is.
    pub(super) fn integer<T: FromStr>(&self, name: &str) -> Result<Option<T>, Fault> {
        let Some(raw) = self.raw(name) else {
            return Ok(None);
        };
        let number = raw.get().parse();
        number
            .map(Some)
            .map_err(|_| self.fault(name, "expected a whole number"))
    }

    /// A list; none if missing or null. `read` gets each item and its place.
    pub(super) fn list<T>(
        &self,
        name: &str,
        mut read: impl FnMut(&'a RawValue, &Path<'_>) -> Result<T, Fault>,
    ) -> Result<Option<Vec<T>>, Fault> {
        let Some(raw) = self.raw(name) else {
            return Ok(None);
        };
        let path = self.at(name);
        if Kind::of(raw) != Kind::List {
            return Err(unexpected(&path, "a list", raw));
        }
        let Items(items) = serde_json::from_str(raw.get())
            .map_err(|_| Fault::new(&path, format_args!("more than {MAX_ITEMS} items")))?;
        let items = items.into_iter().enumerate().map(|(index, item)| {
            let path = Path::Item(&path, index);
            if Kind::of(item) == Kind::Null {
                return Err(Fault::new(&path, "null is not allowed in a list"));
            }
            read(item, &path)
        });
        items.collect::<Result<Vec<T>, Fault>>().map(Some)
    }

    pub(super) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Fault> {
        self.list(name, text)
    }

    pub(super) fn described_list<T: WireEnum>(
        &self,
        name: &str,
    ) -> Result<Option<Vec<OrUnknown<T>>>, Fault> {
        self.list(name, described)
    }

    /// A list of objects.
    pub(super) fn objects<T>(
        &self,
        name: &str,
        read: impl Fn(Object<'_, '_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        Ok(self
            .list(name, |item, path| read(Object::from_raw(item, path)?))?
            .unwrap_or_default())
    }

    /// An object.
    pub(super) fn object<T>(
        &self,
        name: &str,
        read: impl FnOnce(Object<'_, '_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        let Some(raw) = self.raw(name) else {
            return Ok(None);
        };
        let path = self.at(name);
        read(Object::from_raw(raw, &path)?).map(Some)
    }

    pub(super) fn required_object<T>(
        &self,
        name: &str,
        read: impl FnOnce(Object<'_, '_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.required(name, self.object(name, read)?)
    }

    /// The JSON text of an object.
    pub(super) fn object_text(&self, name: &str) -> Result<Option<String>, Fault> {
        match self.raw(name) {
            Some(raw) if Kind::of(raw) != Kind::Object => {
                Err(unexpected(&self.at(name), "an object", raw))
            }
            raw => Ok(raw.map(|raw| raw.get().to_owned())),
        }
    }

    /// A map of strings; empty if missing or null. An entry that is null counts as absent.
    pub(super) fn pairs(&self, name: &str) -> Result<Pairs, Fault> {
        let pairs = self.object(name, |object| {
            let entries = object
                .properties
                .0
                .iter()
                .filter(|(_, raw)| Kind::of(raw) != Kind::Null);
            let entries = entries.map(|(key, raw)| {
                // The key is the request's, not ours: it is named only if it looks like one.
                let path = object.at(if is_plain_key(key) { key } else { "(a key)" });
                Ok((key.clone().into_owned(), text(raw, &path)?))
            });
            entries.collect::<Result<Pairs, Fault>>()
        })?;
        Ok(pairs.unwrap_or_default())
    }
}

/// Keys of settings are `\w+` of at most 128 characters in AppFlow's public API; `.` and `-` harm nobody.
fn is_plain_key(key: &str) -> bool {
    (1..=128).contains(&key.len())
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

/// A string, or the text of a number or boolean.
fn text(raw: &RawValue, path: &Path<'_>) -> Result<String, Fault> {
    match Kind::of(raw) {
        Kind::Text => serde_json::from_str(raw.get()).map_err(|_| {
            Fault::new(
                path,
                "the string is not Unicode: half of a surrogate pair is missing",
            )
        }),
        Kind::Number | Kind::Boolean => Ok(raw.get().to_owned()),
        _ => Err(unexpected(path, "a string", raw)),
    }
}

fn described<T: WireEnum>(raw: &RawValue, path: &Path<'_>) -> Result<OrUnknown<T>, Fault> {
    if Kind::of(raw) != Kind::Text {
        return Err(unexpected(path, "a string", raw));
    }
    text(raw, path).map(|text| OrUnknown::from_wire(&text))
}

fn choice<T: WireEnum>(raw: &RawValue, path: &Path<'_>) -> Result<T, Fault> {
    described::<T>(raw, path)?.known().ok_or_else(|| {
        let values: Vec<&str> = T::ALL.iter().map(|value| value.as_str()).collect();
        Fault::new(path, format_args!("expected one of {}", values.join(", ")))
    })
}
