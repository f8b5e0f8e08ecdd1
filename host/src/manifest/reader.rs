//! Reading tables of TOML key by key, so that every problem has its line and no key is left unread.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::ManifestError;
use super::keys::{ROOT, Section};
use crate::mechanism;

/// Longest text that is repeated in a message, in characters.
const MAX_SHOWN: usize = 60;

/// The whole file.
pub(super) struct Source<'a> {
    text: &'a str,
}

impl<'a> Source<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text }
    }

    pub(super) fn root(&self) -> Result<Spanned<DeTable<'a>>, ManifestError> {
        DeTable::parse(self.text).map_err(|error| {
            let problem = error.message().lines().collect::<Vec<_>>().join(", ");
            self.error(
                error.span().unwrap_or(0..0),
                format!("it is not TOML: {problem}"),
                "",
            )
        })
    }

    pub(super) fn error(
        &self,
        span: Range<usize>,
        problem: String,
        accepted: &str,
    ) -> ManifestError {
        let before = self.text.as_bytes().get(..span.start).unwrap_or_default();
        let line = 1 + before.iter().filter(|b| **b == b'\n').count();
        ManifestError {
            line,
            problem,
            accepted: accepted.to_owned(),
            hint: None,
        }
    }
}

/// One table while it is read.
pub(super) struct Table<'s, 'a, 't> {
    source: &'s Source<'a>,
    section: &'static Section,
    span: Range<usize>,
    entries: Option<&'t DeTable<'a>>,
    /// Keys that were asked for: all of the section's in the end, or one would be accepted and ignored.
    asked: BTreeSet<&'static str>,
}

/// A value, its key and place.
pub(super) struct Found<'t, 'a> {
    pub(super) key: &'static str,
    pub(super) span: Range<usize>,
    pub(super) value: &'t DeValue<'a>,
}

impl<'s, 'a, 't> Table<'s, 'a, 't> {
    pub(super) fn root(source: &'s Source<'a>, table: &'t Spanned<DeTable<'a>>) -> Self {
        Self::new(source, &ROOT, table.span(), Some(table.get_ref()))
    }

    fn new(
        source: &'s Source<'a>,
        section: &'static Section,
        span: Range<usize>,
        entries: Option<&'t DeTable<'a>>,
    ) -> Self {
        Self {
            source,
            section,
            span,
            entries,
            asked: BTreeSet::new(),
        }
    }

    /// The section this is.
    pub(super) fn section(&self) -> &'static Section {
        self.section
    }

    /// A table below this one; an empty one if it is absent.
    pub(super) fn table(
        &mut self,
        section: &'static Section,
    ) -> Result<Table<'s, 'a, 't>, ManifestError> {
        let key = section.name;
        match self.find(key) {
            None => Ok(Table::new(self.source, section, self.span.clone(), None)),
            Some(found) => match found.value {
                DeValue::Table(entries) => {
                    Ok(Table::new(self.source, section, found.span, Some(entries)))
                }
                _ => Err(self.source.error(
                    found.span,
                    format!("`{key}` is not a section"),
                    &format!("[{key}]"),
                )),
            },
        }
    }

    /// The tables of an array of tables.
    pub(super) fn tables(
        &mut self,
        key: &'static str,
        section: &'static Section,
    ) -> Result<Vec<Table<'s, 'a, 't>>, ManifestError> {
        let Some(found) = self.find(key) else {
            return Ok(Vec::new());
        };
        let wrong = |span| {
            self.source.error(
                span,
                format!("`{key}` is not a list of sections"),
                &format!("[[{}]]", section.name),
            )
        };
        let DeValue::Array(items) = found.value else {
            return Err(wrong(found.span));
        };
        let table = |item: &'t Spanned<DeValue<'a>>| match item.get_ref() {
            DeValue::Table(entries) => {
                Ok(Table::new(self.source, section, item.span(), Some(entries)))
            }
            _ => Err(wrong(item.span())),
        };
        items.iter().map(table).collect()
    }

    /// Whether something stands at a key.
    pub(super) fn has(&mut self, key: &'static str) -> bool {
        self.find(key).is_some()
    }

    pub(super) fn text(
        &mut self,
        key: &'static str,
        accepted: &str,
    ) -> Result<Option<(String, Found<'t, 'a>)>, ManifestError> {
        let Some(found) = self.find(key) else {
            return Ok(None);
        };
        match found.value {
            DeValue::String(text) => Ok(Some((text.to_string(), found))),
            _ => Err(self.wrong_type(&found, "a text in quotes", accepted)),
        }
    }

    pub(super) fn required_text(
        &mut self,
        key: &'static str,
        accepted: &str,
    ) -> Result<(String, Found<'t, 'a>), ManifestError> {
        match self.text(key, accepted)? {
            Some(found) => Ok(found),
            None => {
                let problem = format!("`{key}` is missing in [{}]", self.section.name);
                Err(self.misspelt(key, self.source.error(self.span.clone(), problem, accepted)))
            }
        }
    }

    pub(super) fn texts(
        &mut self,
        key: &'static str,
        accepted: &str,
    ) -> Result<Vec<(String, Range<usize>)>, ManifestError> {
        let Some(found) = self.find(key) else {
            return Ok(Vec::new());
        };
        let DeValue::Array(items) = found.value else {
            return Err(self.wrong_type(&found, "a list", accepted));
        };
        let text = |item: &Spanned<DeValue<'a>>| match item.get_ref() {
            DeValue::String(text) => Ok((text.to_string(), item.span())),
            other => Err(self.source.error(
                item.span(),
                format!("`{key}` has {} in it", article(other)),
                accepted,
            )),
        };
        items.iter().map(text).collect()
    }

    pub(super) fn boolean(&mut self, key: &'static str) -> Result<Option<bool>, ManifestError> {
        let Some(found) = self.find(key) else {
            return Ok(None);
        };
        match found.value {
            DeValue::Boolean(value) => Ok(Some(*value)),
            _ => Err(self.wrong_type(&found, "true or false", "true or false")),
        }
    }

    /// A whole number within bounds.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        range: &std::ops::RangeInclusive<u64>,
    ) -> Result<Option<u64>, ManifestError> {
        let Some(found) = self.find(key) else {
            return Ok(None);
        };
        let accepted = format!("a whole number from {} to {}", range.start(), range.end());
        let DeValue::Integer(digits) = found.value else {
            return Err(self.wrong_type(&found, "a whole number", &accepted));
        };
        match u64::from_str_radix(digits.as_str(), digits.radix()) {
            Ok(value) if range.contains(&value) => Ok(Some(value)),
            _ => Err(self
                .source
                .error(found.span, format!("`{key}` is out of range"), &accepted)),
        }
    }

    pub(super) fn invalid(
        &self,
        found: &Found<'t, 'a>,
        problem: &str,
        accepted: &str,
    ) -> ManifestError {
        self.source.error(
            found.span.clone(),
            format!("`{}` {problem}", found.key),
            accepted,
        )
    }

    pub(super) fn invalid_at(
        &self,
        span: Range<usize>,
        problem: String,
        accepted: &str,
    ) -> ManifestError {
        self.source.error(span, problem, accepted)
    }

    pub(super) fn invalid_key(
        &mut self,
        key: &'static str,
        problem: String,
        accepted: &str,
    ) -> ManifestError {
        let span = self.find(key).map_or(self.span.clone(), |found| found.span);
        self.source.error(span, problem, accepted)
    }

    /// Refuses what the section does not have.
    pub(super) fn finish(self) -> Result<(), ManifestError> {
        let known = self.section.names();
        debug_assert!(
            known.iter().all(|key| self.asked.contains(key)),
            "a key of [{}] is never read",
            self.section.name
        );
        let Some(entries) = self.entries else {
            return Ok(());
        };
        // In the order of the file, so that the first line is reported first.
        let unknown = entries
            .keys()
            .filter(|key| !known.contains(&key.get_ref().as_ref()));
        let Some(key) = unknown.min_by_key(|key| key.span().start) else {
            return Ok(());
        };
        if mechanism::off("manifest.unknown-keys") {
            return Ok(());
        }
        let (what, place) = match self.section.name {
            "" => ("section", String::new()),
            name => ("key", format!(" in [{name}]")),
        };
        let accepted = known
            .iter()
            .map(|known| format!("`{known}`"))
            .collect::<Vec<_>>()
            .join(", ");
        let problem = format!("unknown {what} `{}`{place}", shown(key.get_ref()));
        let mut error = self.source.error(key.span(), problem, &accepted);
        error.hint = likely(key.get_ref(), &known).map(|known| format!("did you mean `{known}`?"));
        Err(error)
    }

    fn find(&mut self, key: &'static str) -> Option<Found<'t, 'a>> {
        debug_assert!(
            self.section.keys.iter().any(|known| known.name == key),
            "`{key}` is not in the table of keys"
        );
        self.asked.insert(key);
        let (_, value) = self
            .entries?
            .iter()
            .find(|(name, _)| name.get_ref().as_ref() == key)?;
        Some(Found {
            key,
            span: value.span(),
            value: value.get_ref(),
        })
    }

    fn wrong_type(&self, found: &Found<'t, 'a>, wanted: &str, accepted: &str) -> ManifestError {
        let problem = format!("`{}` is {}, not {wanted}", found.key, article(found.value));
        self.source.error(found.span.clone(), problem, accepted)
    }

    /// If a required key is missing and one like it is there, that one is the likely cause.
    fn misspelt(&self, wanted: &'static str, mut error: ManifestError) -> ManifestError {
        let close =
            |key: &&Spanned<toml::de::DeString<'a>>| likely(key.get_ref(), &[wanted]).is_some();
        if let Some(key) = self.entries.and_then(|entries| entries.keys().find(close)) {
            error.line = self.source.error(key.span(), String::new(), "").line;
            error.hint = Some(format!("`{}` should be `{wanted}`", shown(key.get_ref())));
        }
        error
    }
}

fn article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A text from the file, short and on one line.
pub(super) fn shown(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut short: String = text.chars().take(MAX_SHOWN).map(plain).collect();
    if text.chars().count() > MAX_SHOWN {
        short.push('…');
    }
    short
}

/// The accepted word that was probably meant.
pub(super) fn likely<'k>(written: &str, accepted: &[&'k str]) -> Option<&'k str> {
    if written.chars().count() > MAX_SHOWN {
        return None;
    }
    let folded = written.to_lowercase().replace(['_', ' '], "-");
    let close = |known: &&&str| {
        let distance = strsim::damerau_levenshtein(&folded, known);
        (distance <= 1 + known.len() / 4
            || known.starts_with(&folded)
            || folded.starts_with(**known))
        .then_some(distance)
    };
    accepted
        .iter()
        .filter_map(|known| close(&known).map(|distance| (distance, *known)))
        .min()
        .map(|(_, known)| known)
}
