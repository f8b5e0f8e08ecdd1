//! Records and the results of a write against what was asked for.

use std::collections::HashMap;

use serde_json::Value;

use super::rules::Rules;
use super::shape::{describe, join};
use super::{Problem, json};

impl Rules<'_> {
    pub(super) fn records(&mut self) {
        if self.succeeded() && !self.answer["records"].is_array() {
            self.problem("records", "missing from a success");
        }
        let selected: Option<Vec<&str>> = self.request["selectedFieldNames"]
            .as_array()
            .filter(|names| !names.is_empty())
            .map(|names| names.iter().filter_map(Value::as_str).collect());
        let definition = &self.request["connectorContext"]["entityDefinition"];
        let types: HashMap<&str, &str> = definition["fields"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|field| Some((field["fieldName"].as_str()?, field["dataType"].as_str()?)))
            .collect();
        for (index, record) in self.list("records").iter().enumerate() {
            let path = format!("records[{index}]");
            let Some(text) = record.as_str() else {
                continue;
            };
            let object = match json::parse(text.as_bytes()) {
                Ok(Value::Object(object)) => object,
                Ok(other) => {
                    self.problems.push(Problem::new(
                        path,
                        format!("{} instead of an object", describe(&other)),
                    ));
                    continue;
                }
                Err(message) => {
                    self.problems.push(Problem::new(path, message));
                    continue;
                }
            };
            for (name, value) in &object {
                let place = join(&path, name);
                if selected
                    .as_ref()
                    .is_some_and(|selected| !selected.contains(&name.as_str()))
                {
                    self.problems
                        .push(Problem::new(place, "a field that was not selected"));
                } else if let Some(data_type) = types.get(name.as_str()) {
                    if let Some(expected) = wrong_form(data_type, value) {
                        let message =
                            format!("{} instead of {expected} ({data_type})", describe(value));
                        self.problems.push(Problem::new(place, message));
                    }
                } else if !types.is_empty() {
                    self.problems.push(Problem::new(
                        place,
                        "a field that is not in the entity's definition",
                    ));
                }
            }
        }
    }

    pub(super) fn results(&mut self) {
        let answer = self.answer;
        let Some(results) = answer["writeRecordResults"].as_array() else {
            let empty = self.request["records"].as_array().is_none_or(Vec::is_empty);
            if self.succeeded() && !empty {
                self.problem("writeRecordResults", "missing from a success");
            }
            if answer["errorDetails"]["errorCode"] == "PartialWriteFailure" {
                self.problem(
                    "writeRecordResults",
                    "a failure in part must say which records failed",
                );
            }
            return;
        };
        let records = self.request["records"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        if results.len() != records.len() {
            let message = format!("{} results for {} records", results.len(), records.len());
            self.problem("writeRecordResults", message);
        }
        let failed = results
            .iter()
            .filter(|result| result["isSuccess"] == false)
            .count();
        if self.succeeded() && failed > 0 {
            self.problem(
                "isSuccess",
                format!("a success, though {failed} records failed"),
            );
        }
        if !self.succeeded() && failed == 0 && !results.is_empty() {
            self.problem(
                "writeRecordResults",
                "a failure, though every record was written",
            );
        }
        for (index, result) in results.iter().enumerate() {
            let path = format!("writeRecordResults[{index}].errorMessage");
            match result["errorMessage"].as_str() {
                Some(_) if result["isSuccess"] == true => {
                    self.problem(path, "a written record with an error")
                }
                Some(message) => self.message(&path, message),
                None if result["isSuccess"] == false => {
                    self.problem(path, "a failed record that does not say why")
                }
                None => {}
            }
        }
        self.order(records, results);
    }

    /// A result that carries the identifier of an input record must stand where that record stood.
    fn order(&mut self, records: &[Value], results: &[Value]) {
        let keys: Vec<&str> = self.request["idFieldNames"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let [key] = keys.as_slice() else { return };
        let identifiers: Vec<Option<String>> = records
            .iter()
            .map(|record| {
                let record: Value = serde_json::from_str(record.as_str()?).ok()?;
                match record.get(key)? {
                    Value::String(text) => Some(text.clone()),
                    Value::Number(number) => Some(number.to_string()),
                    _ => None,
                }
            })
            .collect();
        for (index, result) in results.iter().enumerate() {
            let Some(id) = result["recordId"].as_str().filter(|id| !id.is_empty()) else {
                continue;
            };
            let own = identifiers.get(index).and_then(Option::as_deref) == Some(id);
            if !own && identifiers.iter().any(|other| other.as_deref() == Some(id)) {
                self.problem(
                    format!("writeRecordResults[{index}].recordId"),
                    "the identifier of another record",
                );
            }
        }
    }
}

/// What a value of this type should look like, if it does not.
fn wrong_form(data_type: &str, value: &Value) -> Option<&'static str> {
    if value.is_null() {
        return None;
    }
    let integer = |low: i128, high: i128| {
        let number = value
            .as_i64()
            .map(i128::from)
            .or_else(|| value.as_u64().map(i128::from));
        number.is_some_and(|number| (low..=high).contains(&number))
    };
    let (good, form) = match data_type {
        "String" => (value.is_string(), "a string"),
        "Short" => (
            integer(i16::MIN.into(), i16::MAX.into()),
            "an integer of 16 bits",
        ),
        "Integer" => (
            integer(i32::MIN.into(), i32::MAX.into()),
            "an integer of 32 bits",
        ),
        "Long" => (
            integer(i64::MIN.into(), i64::MAX.into()),
            "an integer of 64 bits",
        ),
        "BigInteger" => (value.is_number(), "an integer"),
        "Float" | "Double" | "BigDecimal" => (value.is_number(), "a number"),
        "Boolean" => (value.is_boolean(), "true or false"),
        "ByteArray" => (value.as_str().is_some_and(is_base64), "a string of base64"),
        "Date" => (value.as_str().is_some_and(is_date), "a string YYYY-MM-DD"),
        "DateTime" => (
            value.as_str().is_some_and(is_date_time),
            "a string of ISO 8601",
        ),
        "Struct" | "Map" => (value.is_object(), "an object"),
        "List" => (value.is_array(), "a list"),
        _ => return None,
    };
    (!good).then_some(form)
}

fn is_base64(text: &str) -> bool {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .is_ok()
}

fn is_date(text: &str) -> bool {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    text.len() == 10 && time::Date::parse(text, &format).is_ok()
}

/// ISO 8601 with seconds, and no offset, `Z`, or one with a colon.
fn is_date_time(text: &str) -> bool {
    let Some((date, rest)) = text.split_once('T') else {
        return false;
    };
    let (clock, offset) = rest
        .find(['Z', '+', '-'])
        .map_or((rest, ""), |at| rest.split_at(at));
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = |text: &str, count: usize| {
        let parts: Vec<&str> = text.split(':').collect();
        parts.len() == count && parts.iter().all(|part| part.len() == 2 && digits(part))
    };
    let zone = match offset.strip_prefix(['+', '-']) {
        Some(offset) => parts(offset, 2),
        None => offset.is_empty() || offset == "Z",
    };
    is_date(date) && parts(clock, 3) && digits(fraction) && zone
}
