//! What a query finds.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::compare::{check_literal, compare, order_values, text_of};
use super::parser::{Comparison, Condition, Literal, OrderBy, Query, parse};
use crate::salesforce::data::Record;
use crate::salesforce::schema::{Field, FieldType, Object};

/// An error of the service: code and message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// `errorCode`.
    pub code: &'static str,
    /// `message`.
    pub message: String,
}

pub(super) fn problem<T>(code: &'static str, message: impl Into<String>) -> Result<T, Problem> {
    Err(Problem {
        code,
        message: message.into(),
    })
}

/// What a query found.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// Records in Salesforce's JSON form, `attributes` included.
    pub records: Vec<Value>,
    /// Their keys, in the same order.
    pub ids: Vec<String>,
}

struct World<'a> {
    objects: &'a [Object],
    records: &'a BTreeMap<String, Vec<Record>>,
    version: &'a str,
}

/// Runs a query over records by object name.
///
/// # Errors
/// As the service: `MALFORMED_QUERY`, `INVALID_TYPE`, `INVALID_FIELD`, `INVALID_QUERY_FILTER_OPERATOR`.
pub fn run(
    text: &str,
    objects: &[Object],
    records: &BTreeMap<String, Vec<Record>>,
    version: &str,
) -> Result<Evaluated, Problem> {
    let query = match parse(text) {
        Ok(query) => query,
        Err(message) => return problem("MALFORMED_QUERY", message),
    };
    let world = World {
        objects,
        records,
        version,
    };
    world.run(&query)
}

impl World<'_> {
    fn run(&self, query: &Query) -> Result<Evaluated, Problem> {
        let Some(object) = self.object(&query.object) else {
            return problem(
                "INVALID_TYPE",
                format!("sObject type '{}' is not supported.", query.object),
            );
        };
        let mut seen = Vec::new();
        for field in &query.fields {
            self.resolve(object, field)?;
            if seen.contains(&field.to_ascii_lowercase()) {
                return problem(
                    "MALFORMED_QUERY",
                    format!("duplicate field selected: {field}"),
                );
            }
            seen.push(field.to_ascii_lowercase());
        }
        if let Some(condition) = &query.condition {
            self.check(object, condition)?;
        }
        for order in &query.order {
            if !self.resolve(object, &order.field)?.filterable() {
                return problem(
                    "MALFORMED_QUERY",
                    format!("field '{}' can not be sorted in a query call", order.field),
                );
            }
        }
        let empty = Vec::new();
        let mut found = Vec::new();
        for record in self.records.get(&object.name).unwrap_or(&empty) {
            let meets = match &query.condition {
                Some(condition) => self.meets(object, record, condition)?,
                None => true,
            };
            if meets {
                found.push(record);
            }
        }
        self.sort(object, &mut found, &query.order)?;
        found.truncate(query.limit.unwrap_or(usize::MAX));
        let ids = found
            .iter()
            .map(|record| text_of(record.get("Id")))
            .collect();
        let records = found
            .iter()
            .map(|record| self.output(object, record, &query.fields))
            .collect::<Result<_, _>>()?;
        Ok(Evaluated { records, ids })
    }

    fn object(&self, name: &str) -> Option<&Object> {
        self.objects
            .iter()
            .find(|object| object.name.eq_ignore_ascii_case(name))
    }

    /// The field at the end of a dotted path.
    fn resolve(&self, object: &Object, path: &str) -> Result<&Field, Problem> {
        let missing = || Problem {
            code: "INVALID_FIELD",
            message: format!("No such column '{path}' on entity '{}'.", object.name),
        };
        let mut object = self.object(&object.name).ok_or_else(missing)?;
        let mut parts: Vec<&str> = path.split('.').collect();
        let last = parts.pop().ok_or_else(missing)?;
        if parts.len() > 5 {
            return problem("INVALID_FIELD", "SOQL allows five levels of relationships");
        }
        for part in parts {
            let (target, _) = object
                .relationship(part)
                .and_then(|field| field.refers_to)
                .ok_or_else(missing)?;
            object = self.object(target).ok_or_else(missing)?;
        }
        object.field(last).ok_or_else(missing)
    }

    /// The record a relationship leads to.
    fn related(
        &self,
        object: &Object,
        record: &Record,
        relationship: &str,
    ) -> Option<(&Object, &Record)> {
        let field = object.relationship(relationship)?;
        let (target, _) = field.refers_to?;
        let id = record.get(&field.name)?.as_str()?;
        let target = self.object(target)?;
        let related = self
            .records
            .get(&target.name)?
            .iter()
            .find(|other| other.get("Id").and_then(Value::as_str) == Some(id))?;
        Some((target, related))
    }

    fn value(&self, object: &Object, record: &Record, path: &str) -> Value {
        match path.split_once('.') {
            None => object
                .field(path)
                .and_then(|field| record.get(&field.name))
                .cloned()
                .unwrap_or(Value::Null),
            Some((relationship, rest)) => match self.related(object, record, relationship) {
                Some((target, related)) => self.value(target, related, rest),
                None => Value::Null,
            },
        }
    }

    fn check(&self, object: &Object, condition: &Condition) -> Result<(), Problem> {
        let filterable = |name: &str| -> Result<&Field, Problem> {
            let field = self.resolve(object, name)?;
            if field.filterable() {
                Ok(field)
            } else {
                problem(
                    "INVALID_FIELD",
                    format!("field '{name}' can not be filtered in a query call"),
                )
            }
        };
        match condition {
            Condition::And(parts) | Condition::Or(parts) => {
                parts.iter().try_for_each(|part| self.check(object, part))
            }
            Condition::Not(part) => self.check(object, part),
            Condition::Compare(name, comparison, literal) => {
                let field = filterable(name)?;
                let allowed = match comparison {
                    Comparison::Equal | Comparison::NotEqual => true,
                    Comparison::Like => {
                        field.kind.takes_like() && matches!(literal, Literal::Text(_))
                    }
                    _ => field.kind.is_ordered() && *literal != Literal::Null,
                };
                if !allowed {
                    return problem(
                        "INVALID_QUERY_FILTER_OPERATOR",
                        format!("invalid operator on {} field", field.kind.name()),
                    );
                }
                if *comparison == Comparison::Like {
                    Ok(())
                } else {
                    check_literal(field, literal)
                }
            }
            Condition::In(name, _, literals) => {
                let field = filterable(name)?;
                literals
                    .iter()
                    .try_for_each(|literal| check_literal(field, literal))
            }
            Condition::Includes(name, _, literals) => {
                let field = filterable(name)?;
                if field.kind != FieldType::MultiPicklist {
                    return problem(
                        "INVALID_QUERY_FILTER_OPERATOR",
                        "includes and excludes are for multi-select picklists",
                    );
                }
                literals
                    .iter()
                    .try_for_each(|literal| check_literal(field, literal))
            }
        }
    }

    fn meets(
        &self,
        object: &Object,
        record: &Record,
        condition: &Condition,
    ) -> Result<bool, Problem> {
        Ok(match condition {
            Condition::And(parts) => {
                for part in parts {
                    if !self.meets(object, record, part)? {
                        return Ok(false);
                    }
                }
                true
            }
            Condition::Or(parts) => {
                for part in parts {
                    if self.meets(object, record, part)? {
                        return Ok(true);
                    }
                }
                false
            }
            Condition::Not(part) => !self.meets(object, record, part)?,
            Condition::Compare(name, comparison, literal) => {
                let kind = self.resolve(object, name)?.kind;
                compare(
                    kind,
                    &self.value(object, record, name),
                    *comparison,
                    literal,
                )
            }
            Condition::In(name, wanted, literals) => {
                let kind = self.resolve(object, name)?.kind;
                let value = self.value(object, record, name);
                literals
                    .iter()
                    .any(|literal| compare(kind, &value, Comparison::Equal, literal))
                    == *wanted
            }
            Condition::Includes(name, wanted, literals) => {
                let value = text_of(Some(&self.value(object, record, name))).to_lowercase();
                let has: Vec<&str> = value.split(';').collect();
                let found = literals.iter().any(|literal| match literal {
                    Literal::Text(text) => text
                        .text()
                        .to_lowercase()
                        .split(';')
                        .all(|one| has.contains(&one)),
                    _ => false,
                });
                found == *wanted
            }
        })
    }

    fn sort(
        &self,
        object: &Object,
        found: &mut [&Record],
        order: &[OrderBy],
    ) -> Result<(), Problem> {
        let kinds = order
            .iter()
            .map(|by| self.resolve(object, &by.field).map(|field| field.kind))
            .collect::<Result<Vec<_>, _>>()?;
        found.sort_by(|a, b| {
            for (by, kind) in order.iter().zip(&kinds) {
                let (a, b) = (
                    self.value(object, a, &by.field),
                    self.value(object, b, &by.field),
                );
                // Nulls first, as the service sorts them unless told otherwise.
                let ordering = match (a.is_null(), b.is_null()) {
                    (true, true) => Ordering::Equal,
                    (true, false) => Ordering::Less,
                    (false, true) => Ordering::Greater,
                    (false, false) => order_values(*kind, &a, &b).unwrap_or(Ordering::Equal),
                };
                let ordering = if by.descending {
                    ordering.reverse()
                } else {
                    ordering
                };
                if ordering != Ordering::Equal {
                    return ordering;
                }
            }
            Ordering::Equal
        });
        Ok(())
    }

    fn output(
        &self,
        object: &Object,
        record: &Record,
        fields: &[String],
    ) -> Result<Value, Problem> {
        let id = text_of(record.get("Id"));
        let mut out = Map::new();
        out.insert(
            "attributes".to_owned(),
            json!({
                "type": object.name,
                "url": format!("/services/data/{}/sobjects/{}/{id}", self.version, object.name),
            }),
        );
        let mut nested: Vec<(String, Vec<String>)> = Vec::new();
        for path in fields {
            match path.split_once('.') {
                None => {
                    let field = self.resolve(object, path)?;
                    out.insert(
                        field.name.clone(),
                        record.get(&field.name).cloned().unwrap_or(Value::Null),
                    );
                }
                Some((relationship, rest)) => match nested
                    .iter_mut()
                    .find(|(name, _)| name.eq_ignore_ascii_case(relationship))
                {
                    Some((_, rests)) => rests.push(rest.to_owned()),
                    None => nested.push((relationship.to_owned(), vec![rest.to_owned()])),
                },
            }
        }
        for (relationship, rests) in nested {
            let name = object
                .relationship(&relationship)
                .and_then(|field| field.refers_to)
                .map_or(relationship.clone(), |(_, name)| name.to_owned());
            let value = match self.related(object, record, &relationship) {
                Some((target, related)) => self.output(target, related, &rests)?,
                None => Value::Null,
            };
            out.insert(name, value);
        }
        Ok(Value::Object(out))
    }
}
