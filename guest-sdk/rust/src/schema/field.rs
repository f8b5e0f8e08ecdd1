//! Builders of fields.

use super::{
    Bounds, Constraints, DataType, Field, Operator, ReadProperties, WriteOperations,
    WriteProperties,
};

macro_rules! field_constructors {
    ($($(#[$doc:meta])* $name:ident => $data_type:ident,)*) => {
        $($(#[$doc])*
        pub fn $name(name: impl Into<String>) -> Self {
            Self::new(name, DataType::$data_type)
        })*
    };
}

/// Builders. A field is retrievable, can be null, and can be named in filters, unless its type or its name forbids
/// that: AppFlow has no filters for bytes, objects, mappings and arrays, nor for names other than a letter followed by
/// letters, digits, `_`, `.` and `-`. It cannot be written until [`writable`](Field::writable) or a method beside it
/// says so.
///
/// ```
/// use appflow_connector::schema::{Field, ReadProperties};
///
/// let id = Field::text("id").primary_key();
/// assert_eq!(id.read, ReadProperties::RETRIEVABLE | ReadProperties::QUERYABLE);
/// let changed = Field::date_time("updatedAt").label("Last change").incremental();
/// assert!(changed.read.contains(ReadProperties::INCREMENTAL));
/// ```
impl Field {
    field_constructors! {
        /// A text.
        text => Text,
        /// A 32-bit integer.
        integer => Integer,
        /// A single-precision number.
        float => Float,
        /// A double-precision number.
        double => Double,
        /// A 64-bit integer.
        long => Long,
        /// A 16-bit integer.
        short => Short,
        /// An integer without bounds.
        big_integer => BigInteger,
        /// A decimal without bounds.
        big_decimal => BigDecimal,
        /// Bytes as Base64 text.
        byte_array => ByteArray,
        /// True or false.
        boolean => Boolean,
        /// A calendar day.
        date => Date,
        /// A point in time.
        date_time => DateTime,
        /// A JSON object (AppFlow's Struct).
        object => Object,
        /// A JSON object with free keys (AppFlow's Map).
        mapping => Mapping,
        /// A JSON array (AppFlow's List).
        array => Array,
    }

    /// A field of any type.
    pub fn new(name: impl Into<String>, data_type: DataType) -> Self {
        let name = name.into();
        let mut read = ReadProperties::RETRIEVABLE | ReadProperties::NULLABLE;
        let plain = !matches!(
            data_type,
            DataType::ByteArray | DataType::Object | DataType::Mapping | DataType::Array
        );
        if plain && can_be_filtered(&name) {
            read |= ReadProperties::QUERYABLE;
        }
        Self {
            name,
            data_type,
            type_label: None,
            label: None,
            description: None,
            primary_key: false,
            deprecated: false,
            default_value: None,
            constraints: None,
            read,
            write: WriteProperties::empty(),
            id_for: WriteOperations::empty(),
            filter_operators: None,
            properties: Vec::new(),
        }
    }

    /// A key field, which is never null.
    #[must_use]
    pub fn primary_key(self) -> Self {
        Self {
            primary_key: true,
            ..self
        }
        .not_nullable()
    }

    /// Name for the user.
    #[must_use]
    pub fn label(self, label: impl Into<String>) -> Self {
        Self {
            label: Some(label.into()),
            ..self
        }
    }

    /// Sentence for the user.
    #[must_use]
    pub fn description(self, description: impl Into<String>) -> Self {
        Self {
            description: Some(description.into()),
            ..self
        }
    }

    /// The application's name of the type.
    #[must_use]
    pub fn type_label(self, label: impl Into<String>) -> Self {
        Self {
            type_label: Some(label.into()),
            ..self
        }
    }

    /// It should no longer be used.
    #[must_use]
    pub fn deprecated(self) -> Self {
        Self {
            deprecated: true,
            ..self
        }
    }

    /// Value used when none is given.
    #[must_use]
    pub fn default_value(self, value: impl Into<String>) -> Self {
        Self {
            default_value: Some(value.into()),
            ..self
        }
    }

    /// Sets what reading may do with it, in place of the defaults.
    #[must_use]
    pub fn read(self, read: ReadProperties) -> Self {
        Self { read, ..self }
    }

    /// It is never null when read.
    #[must_use]
    pub fn not_nullable(self) -> Self {
        let read = self.read.difference(ReadProperties::NULLABLE);
        self.read(read)
    }

    /// It cannot be named in filters.
    #[must_use]
    pub fn not_queryable(self) -> Self {
        let read = self.read.difference(ReadProperties::QUERYABLE);
        self.read(read)
    }

    /// It cannot be read, only written.
    #[must_use]
    pub fn not_retrievable(self) -> Self {
        let read = self.read.difference(ReadProperties::RETRIEVABLE);
        self.read(read)
    }

    /// It can drive incremental flows: a date or a point in time that grows with each change of the record.
    #[must_use]
    pub fn incremental(self) -> Self {
        let read = self.read | ReadProperties::INCREMENTAL;
        self.read(read)
    }

    /// Sets what writing may do with it.
    #[must_use]
    pub fn write(self, write: WriteProperties) -> Self {
        Self { write, ..self }
    }

    /// It can be set in an insert, an update and an upsert.
    #[must_use]
    pub fn writable(self) -> Self {
        let write = self.write
            | WriteProperties::CREATABLE
            | WriteProperties::UPDATABLE
            | WriteProperties::UPSERTABLE;
        self.write(write)
    }

    /// It can be set in an insert.
    #[must_use]
    pub fn creatable(self) -> Self {
        let write = self.write | WriteProperties::CREATABLE;
        self.write(write)
    }

    /// It can be set in an update.
    #[must_use]
    pub fn updatable(self) -> Self {
        let write = self.write | WriteProperties::UPDATABLE;
        self.write(write)
    }

    /// It can be set in an upsert.
    #[must_use]
    pub fn upsertable(self) -> Self {
        let write = self.write | WriteProperties::UPSERTABLE;
        self.write(write)
    }

    /// It can be set to null.
    #[must_use]
    pub fn null_writable(self) -> Self {
        let write = self.write | WriteProperties::NULLABLE;
        self.write(write)
    }

    /// The application sets it in an insert that leaves it out.
    #[must_use]
    pub fn defaulted_on_create(self) -> Self {
        let write = self.write | WriteProperties::DEFAULTED_ON_CREATE;
        self.write(write)
    }

    /// It may identify the record in these operations.
    #[must_use]
    pub fn id_for(self, operations: WriteOperations) -> Self {
        Self {
            id_for: operations,
            ..self
        }
    }

    /// Operators in filters, in place of those usual for the type; none at all for an empty list.
    #[must_use]
    pub fn filter_operators(self, operators: impl IntoIterator<Item = Operator>) -> Self {
        Self {
            filter_operators: Some(operators.into_iter().collect()),
            ..self
        }
    }

    /// Shortest and longest text, in characters.
    #[must_use]
    pub fn length(self, min: u64, max: u64) -> Self {
        self.constrained(|limits| {
            limits.length = Some(Bounds {
                min: min.to_string(),
                max: max.to_string(),
            })
        })
    }

    /// Smallest and largest value. Numbers are written as in JSON, so that decimals of any length stay exact.
    #[must_use]
    pub fn between(self, min: impl ToString, max: impl ToString) -> Self {
        self.constrained(|limits| {
            limits.value = Some(Bounds {
                min: min.to_string(),
                max: max.to_string(),
            })
        })
    }

    /// The only values allowed.
    #[must_use]
    pub fn allowed_values<V: Into<String>>(self, values: impl IntoIterator<Item = V>) -> Self {
        self.constrained(|limits| {
            limits.allowed_values = values.into_iter().map(Into::into).collect()
        })
    }

    /// Regular expression its values match.
    #[must_use]
    pub fn pattern(self, pattern: impl Into<String>) -> Self {
        self.constrained(|limits| limits.pattern = Some(pattern.into()))
    }

    /// Format of its dates.
    #[must_use]
    pub fn date_format(self, format: impl Into<String>) -> Self {
        self.constrained(|limits| limits.date_format = Some(format.into()))
    }

    /// A remark of the connector's own, handed back later.
    #[must_use]
    pub fn property(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.push((key.into(), value.into()));
        self
    }

    fn constrained(mut self, change: impl FnOnce(&mut Constraints)) -> Self {
        change(self.constraints.get_or_insert_with(|| Constraints {
            length: None,
            value: None,
            allowed_values: Vec::new(),
            pattern: None,
            date_format: None,
        }));
        self
    }
}

/// Whether AppFlow's filter language can name a field so.
fn can_be_filtered(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fields_that_filters_can_name_are_queryable() {
        for (name, queryable) in [
            ("Id", true),
            ("a.b-c_1", true),
            ("1a", false),
            ("größe", false),
            ("", false),
        ] {
            assert_eq!(
                Field::text(name).read.contains(ReadProperties::QUERYABLE),
                queryable,
                "{name}"
            );
        }
        assert!(!Field::object("o").read.contains(ReadProperties::QUERYABLE));
        assert!(
            !Field::text("t")
                .not_queryable()
                .read
                .contains(ReadProperties::QUERYABLE)
        );
    }

    #[test]
    fn constraints_add_up() {
        let field = Field::text("t")
            .length(1, 80)
            .pattern("a+")
            .allowed_values(["x"])
            .writable()
            .null_writable();
        let limits = field.constraints.as_ref();
        assert_eq!(
            limits
                .and_then(|limits| limits.length.clone())
                .map(|bounds| bounds.max),
            Some("80".to_owned())
        );
        assert_eq!(
            limits.and_then(|limits| limits.pattern.as_deref()),
            Some("a+")
        );
        assert!(
            field
                .write
                .contains(WriteProperties::UPSERTABLE | WriteProperties::NULLABLE)
        );
        assert!(!field.write.contains(WriteProperties::DEFAULTED_ON_CREATE));
    }
}
