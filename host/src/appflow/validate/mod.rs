//! Checks answers that were made from a component's words, before AppFlow sees them.
//!
//! AppFlow reports an answer that it cannot decode by one generic sentence, so the true reason must be found here.

mod configuration;
mod entity;
#[cfg(test)]
mod tests;

use super::{Answer, MAX_ANSWER_BYTES, query_overhead_bytes, retrieve_overhead_bytes};
use std::fmt;

/// How bad a [`Problem`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// AppFlow could not decode the answer, would refuse it, or the connector could not be used: the answer must not be
    /// sent.
    Error,
    /// Beyond a limit that AppFlow documents but does not enforce everywhere: something may not be shown or not be
    /// usable.
    Warning,
}

/// Something wrong in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad.
    pub severity: Severity,
    /// Which property of the answer, such as `entityDefinition.fields[3].fieldName`.
    pub path: String,
    /// What is wrong with it, without its value.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// Everything that is wrong in an answer, errors and warnings, in the order of its properties. A list of many alike
/// problems is not shortened.
///
/// The form of records is not looked at, only their size: whoever makes [`Records`](super::Records) answers for it.
#[must_use]
pub fn validate(answer: &Answer) -> Vec<Problem> {
    let mut report = Report::default();
    match answer {
        Answer::DescribeConnectorConfiguration(configuration) => {
            configuration::check(configuration, &mut report)
        }
        Answer::ListEntities(answer) => {
            entity::check_list(&answer.entities, &mut report);
            report.token(answer.next_token.as_deref());
            entity::check_cache(answer.cache_control, &mut report);
        }
        Answer::DescribeEntity(answer) => {
            report.within("entityDefinition", |report| {
                entity::check_definition(&answer.entity_definition, report)
            });
            entity::check_cache(answer.cache_control, &mut report);
        }
        Answer::QueryData(answer) => {
            let token = answer.next_token.as_deref();
            report.token(token);
            report.size(answer.records.len() + query_overhead_bytes(token));
        }
        Answer::RetrieveData(answer) => {
            report.size(answer.records.len() + retrieve_overhead_bytes())
        }
        Answer::ValidateConnectorRuntimeSettings(_)
        | Answer::ValidateCredentials
        | Answer::WriteData(_) => {}
    }
    report.problems
}

/// Collects problems and knows where it is.
#[derive(Default)]
struct Report {
    path: String,
    problems: Vec<Problem>,
}

impl Report {
    /// Goes into a property; an empty name stays where it is.
    fn within(&mut self, name: &str, check: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        if length > 0 && !name.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(name);
        check(self);
        self.path.truncate(length);
    }

    /// Goes into the items of a list.
    fn each<'i, T>(&mut self, name: &str, items: &'i [T], mut check: impl FnMut(&mut Self, &'i T)) {
        self.within(name, |report| {
            for (index, item) in items.iter().enumerate() {
                let length = report.path.len();
                report.path.push_str(&format!("[{index}]"));
                check(report, item);
                report.path.truncate(length);
            }
        });
    }

    fn add(&mut self, severity: Severity, name: &str, message: impl Into<String>) {
        let message = message.into();
        self.within(name, |report| {
            let path = report.path.clone();
            report.problems.push(Problem {
                severity,
                path,
                message,
            });
        });
    }

    fn error(&mut self, name: &str, message: impl Into<String>) {
        self.add(Severity::Error, name, message);
    }

    fn warning(&mut self, name: &str, message: impl Into<String>) {
        self.add(Severity::Warning, name, message);
    }

    fn error_if(&mut self, wrong: bool, name: &str, message: &str) {
        if wrong {
            self.error(name, message);
        }
    }

    fn warning_if(&mut self, wrong: bool, name: &str, message: &str) {
        if wrong {
            self.warning(name, message);
        }
    }

    /// Must hold something; should not be longer than this many characters.
    fn filled(&mut self, name: &str, text: &str, max_chars: usize) {
        self.error_if(text.trim().is_empty(), name, "must not be blank");
        self.length(name, text, max_chars);
    }

    fn length(&mut self, name: &str, text: &str, max_chars: usize) {
        if text.chars().count() > max_chars {
            self.warning(
                name,
                format!("longer than the {max_chars} characters of AppFlow's API"),
            );
        }
    }

    fn optional_length(&mut self, name: &str, text: Option<&str>, max_chars: usize) {
        if let Some(text) = text {
            self.length(name, text, max_chars);
        }
    }

    /// Must hold something; should have no white space, nor be longer than this many characters.
    fn identifier(&mut self, name: &str, text: &str, max_chars: usize) {
        self.filled(name, text, max_chars);
        let white = !text.trim().is_empty() && text.contains(char::is_whitespace);
        self.warning_if(
            white,
            name,
            "has white space, which AppFlow's API does not take",
        );
    }

    /// Must be usable as the key of a map that users fill in: `\w+`, at most 128 characters.
    fn key(&mut self, name: &str, text: &str) {
        let word = !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        self.error_if(
            !word,
            name,
            "must be letters, digits and underscores, since users could not fill it in otherwise",
        );
        self.error_if(
            text.len() > 128,
            name,
            "longer than 128 characters, so users could not fill it in",
        );
    }

    /// Label and description of something users fill in: required, so never left out, but may be poor.
    fn explained(&mut self, label: &str, description: &str) {
        self.warning_if(
            label.trim().is_empty(),
            "label",
            "is blank, so users do not see what this is",
        );
        self.length("label", label, 128);
        self.length("description", description, 1024);
    }

    fn https(&mut self, name: &str, address: &str) {
        let rest = address
            .get(..8)
            .filter(|scheme| scheme.eq_ignore_ascii_case("https://"))
            .and(address.get(8..));
        let host = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#']));
        let odd = address.contains(|c: char| c.is_whitespace() || c.is_control());
        self.error_if(!host || odd, name, "must be an https address");
        self.length(name, address, 256);
    }

    fn token(&mut self, token: Option<&str>) {
        let Some(token) = token else { return };
        self.error_if(
            token.is_empty(),
            "nextToken",
            "is empty, which does not say whether there is another page",
        );
        self.error_if(
            token.chars().count() > 2048,
            "nextToken",
            "longer than 2048 characters",
        );
        let odd = token.contains(|c: char| c.is_whitespace() || c.is_control());
        self.error_if(odd, "nextToken", "has white space");
    }

    fn size(&mut self, bytes: usize) {
        if bytes > MAX_ANSWER_BYTES {
            self.error(
                "records",
                format!("make the answer larger than {MAX_ANSWER_BYTES} bytes"),
            );
        }
    }
}
