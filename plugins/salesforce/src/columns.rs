//! Which fields there are, and under which names they are asked for.

use appflow_connector::page::Pick;
use appflow_connector::schema::{EntityDefinition, Field, Operator, ReadProperties};
use appflow_connector::{Error, Result};

use crate::describe::{RELATIONSHIP_PROPERTY, UNSORTABLE_PROPERTY};
use crate::kind::Kind;

/// Most relationships in one name, as SOQL allows.
const MAX_RELATIONSHIPS: usize = 5;

/// A field of a query.
#[derive(Debug)]
pub(crate) struct Column<'a> {
    /// Name for SOQL.
    pub(crate) path: String,
    /// Its field, if it is one of the entity's own and the entity is known.
    field: Option<&'a Field>,
}

impl Column<'_> {
    /// Its kind, if known.
    pub(crate) fn kind(&self) -> Option<Kind> {
        self.field.map(Kind::of_field)
    }

    /// Whether filters may use this operator. Of a field that is not known Salesforce decides.
    pub(crate) fn check(&self, operator: Operator) -> Result<()> {
        let Some(field) = self.field else {
            return Ok(());
        };
        let hidden = !field.read.is_empty() && !field.read.contains(ReadProperties::QUERYABLE);
        let own = Kind::of_field(field).operators();
        let allowed = own.contains(&operator)
            && field.filter_operators.as_ref().is_none_or(|operators| {
                // BETWEEN is two comparisons.
                operators.contains(&operator)
                    || (operator == Operator::Between
                        && operators.contains(&Operator::GreaterThanOrEqualTo)
                        && operators.contains(&Operator::LessThanOrEqualTo))
            });
        if hidden || own.is_empty() || field.filter_operators.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::invalid_argument(format!(
                "the field '{}' cannot be used in filters",
                self.path
            )));
        }
        if allowed {
            Ok(())
        } else {
            Err(Error::invalid_argument(format!(
                "the field '{}' cannot be filtered by {}",
                self.path,
                operator_name(operator)
            )))
        }
    }
}

fn operator_name(operator: Operator) -> &'static str {
    match operator {
        Operator::EqualTo => "= or in",
        Operator::NotEqualTo => "!=",
        Operator::LessThan => "<",
        Operator::LessThanOrEqualTo => "<=",
        Operator::GreaterThan => ">",
        Operator::GreaterThanOrEqualTo => ">=",
        Operator::Between => "between",
        Operator::Contains => "contains",
        _ => "this operator",
    }
}

/// The fields of an entity, where they are known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns<'a>(pub(crate) Option<&'a EntityDefinition>);

impl<'a> Columns<'a> {
    /// The field of a name: of the entity itself, or of another record as in `Owner.Name`.
    pub(crate) fn column(&self, name: &str) -> Result<Column<'a>> {
        check_path(name)?;
        let unknown = || Error::invalid_argument(format!("the entity has no field '{name}'"));
        let Some(definition) = self.0 else {
            return Ok(Column {
                path: name.to_owned(),
                field: None,
            });
        };
        match name.split_once('.') {
            None => {
                let field = definition
                    .field(name)
                    .or_else(|| {
                        definition
                            .fields
                            .iter()
                            .find(|field| field.name.eq_ignore_ascii_case(name))
                    })
                    .ok_or_else(unknown)?;
                // The name comes from AppFlow's copy of the definition: it goes into the query, so it is checked too.
                check_path(&field.name)?;
                Ok(Column {
                    path: field.name.clone(),
                    field: Some(field),
                })
            }
            Some((relationship, rest)) => {
                let own = definition
                    .fields
                    .iter()
                    .flat_map(|field| &field.properties)
                    .find(|(key, value)| {
                        key == RELATIONSHIP_PROPERTY && value.eq_ignore_ascii_case(relationship)
                    });
                let (_, relationship) = own.ok_or_else(unknown)?;
                let path = format!("{relationship}.{rest}");
                check_path(&path)?;
                Ok(Column { path, field: None })
            }
        }
    }

    /// What to select and how to take it out of the answer: the fields named, or all that can be retrieved.
    pub(crate) fn selection(&self, names: &[String]) -> Result<(Vec<String>, Vec<Pick>)> {
        let mut paths: Vec<String> = Vec::new();
        let mut picks: Vec<Pick> = Vec::new();
        let mut add = |name: &str, path: String| {
            // SOQL refuses a field that is selected twice; the record can hold it under both spellings.
            if picks.iter().all(|pick| pick.name != name) {
                let pointer = if path.contains('.') {
                    format!("/{}", path.replace('.', "/"))
                } else {
                    path.clone()
                };
                picks.push(Pick::new(name, pointer));
            }
            if !paths.iter().any(|other| other.eq_ignore_ascii_case(&path)) {
                paths.push(path);
            }
        };
        for name in names {
            let column = self.column(name)?;
            if column.field.is_some_and(|field| !is_retrievable(field)) {
                return Err(Error::invalid_argument(format!(
                    "the field '{name}' cannot be read by queries"
                )));
            }
            add(name, column.path);
        }
        if names.is_empty() {
            for field in self
                .0
                .into_iter()
                .flat_map(|definition| &definition.fields)
                .filter(|field| is_retrievable(field))
            {
                check_path(&field.name)?;
                add(&field.name, field.name.clone());
            }
        }
        if paths.is_empty() {
            return Err(Error::invalid_argument(
                "the entity has no field that can be read",
            ));
        }
        Ok((paths, picks))
    }

    /// Name of the key field, if records can be sorted by it. Without a definition it is taken to be there, which is true
    /// of all but external objects.
    pub(crate) fn sortable_key(&self, entity: &str) -> Option<&'static str> {
        match self.0 {
            None => (!entity.ends_with("__x")).then_some("Id"),
            Some(definition) => {
                let key = definition
                    .field("Id")
                    .filter(|field| Kind::of_field(field) == Kind::Id || field.primary_key)?;
                key.properties
                    .iter()
                    .all(|(name, _)| name != UNSORTABLE_PROPERTY)
                    .then_some("Id")
            }
        }
    }
}

fn is_retrievable(field: &Field) -> bool {
    // Nothing said is left to AppFlow, which takes the field as readable.
    (field.read.is_empty() || field.read.contains(ReadProperties::RETRIEVABLE))
        && Kind::of_field(field) != Kind::Bytes
}

/// Names go into queries unquoted: words of letters, digits and underscores, joined by dots, and nothing else.
fn check_path(name: &str) -> Result<()> {
    let word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_alphabetic())
            && word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let fits = name.len() <= 300
        && name.split('.').count() <= MAX_RELATIONSHIPS + 1
        && name.split('.').all(word);
    if fits {
        Ok(())
    } else {
        Err(Error::invalid_argument(
            "a field's name is not one that Salesforce has: letters, digits, underscores, and dots between relationships",
        ))
    }
}
