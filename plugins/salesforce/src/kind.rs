//! Salesforce's field types.

use appflow_connector::schema::{DataType, Field, Operator};

/// Property of a field in which its Salesforce type comes back to us.
pub(crate) const TYPE_PROPERTY: &str = "salesforceType";

/// How a Salesforce type is read, filtered and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Keys: equality only, and literals must have the form of a key.
    Id,
    /// Everything quoted and searchable.
    Text,
    /// Several picklist values joined by `;`.
    MultiPicklist,
    /// Text without `LIKE`, such as an encrypted one.
    Opaque,
    /// True or false, never null.
    Boolean,
    /// Whole number.
    Whole,
    /// Number with a fraction.
    Decimal,
    /// Day.
    Date,
    /// Point in time.
    DateTime,
    /// Time of day.
    Time,
    /// Bytes.
    Bytes,
    /// Address, location and other compounds.
    Compound,
}

impl Kind {
    /// The kind of a Salesforce type. Types newer than this connector count as text that cannot be searched.
    pub(crate) fn of_type(name: &str) -> Self {
        match name {
            "id" | "reference" => Self::Id,
            "string" | "picklist" | "combobox" | "email" | "phone" | "url" | "textarea" => {
                Self::Text
            }
            "multipicklist" => Self::MultiPicklist,
            "boolean" => Self::Boolean,
            "int" | "long" => Self::Whole,
            "double" | "currency" | "percent" => Self::Decimal,
            "date" => Self::Date,
            "datetime" => Self::DateTime,
            "time" => Self::Time,
            "base64" => Self::Bytes,
            "address" | "location" | "complexvalue" | "json" => Self::Compound,
            _ => Self::Opaque,
        }
    }

    /// The kind of a field in a definition: by our remark, else by AppFlow's type.
    pub(crate) fn of_field(field: &Field) -> Self {
        let remark = field
            .properties
            .iter()
            .find(|(key, _)| key == TYPE_PROPERTY)
            .map(|(_, value)| value.as_str());
        if let Some(name) = remark.or(field.type_label.as_deref())
            && !matches!(Self::of_type(name), Self::Opaque)
        {
            return Self::of_type(name);
        }
        match field.data_type {
            DataType::Integer | DataType::Long | DataType::Short | DataType::BigInteger => {
                Self::Whole
            }
            DataType::Float | DataType::Double | DataType::BigDecimal => Self::Decimal,
            DataType::Boolean => Self::Boolean,
            DataType::Date => Self::Date,
            DataType::DateTime => Self::DateTime,
            DataType::ByteArray => Self::Bytes,
            DataType::Object | DataType::Mapping | DataType::Array => Self::Compound,
            // Without a remark it is a definition of someone else's making, and a text is what it says.
            DataType::Text | DataType::Other if remark.is_none() => Self::Text,
            DataType::Text | DataType::Other => Self::Opaque,
        }
    }

    /// AppFlow's type.
    pub(crate) fn data_type(self, salesforce_type: &str) -> DataType {
        match self {
            Self::Id | Self::Text | Self::MultiPicklist | Self::Opaque | Self::Time => {
                DataType::Text
            }
            Self::Boolean => DataType::Boolean,
            Self::Whole if salesforce_type == "long" => DataType::Long,
            Self::Whole => DataType::Integer,
            // 18 digits do not fit a binary number.
            Self::Decimal if salesforce_type == "currency" => DataType::BigDecimal,
            Self::Decimal => DataType::Double,
            Self::Date => DataType::Date,
            Self::DateTime => DataType::DateTime,
            Self::Bytes => DataType::ByteArray,
            Self::Compound => DataType::Object,
        }
    }

    /// What AppFlow can filter it by.
    pub(crate) fn operators(self) -> &'static [Operator] {
        use Operator as O;
        match self {
            Self::Text => &[O::Contains, O::EqualTo, O::NotEqualTo],
            Self::MultiPicklist => &[O::Contains, O::EqualTo, O::NotEqualTo],
            Self::Id | Self::Opaque | Self::Boolean => &[O::EqualTo, O::NotEqualTo],
            Self::Whole | Self::Decimal | Self::Date | Self::DateTime | Self::Time => &[
                O::EqualTo,
                O::NotEqualTo,
                O::LessThan,
                O::LessThanOrEqualTo,
                O::GreaterThan,
                O::GreaterThanOrEqualTo,
                O::Between,
            ],
            Self::Bytes | Self::Compound => &[],
        }
    }
}
