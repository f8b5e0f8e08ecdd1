//! The objects of every stand-in.

use super::schema::{Field, FieldType, Object};

fn system_fields() -> Vec<Field> {
    use FieldType as T;
    vec![
        Field::new("CreatedDate", T::DateTime).read_only(),
        Field::new("LastModifiedDate", T::DateTime).read_only(),
        Field::new("SystemModstamp", T::DateTime).read_only(),
        Field::new("IsDeleted", T::Boolean).read_only(),
        Field::new("OwnerId", T::Reference).to("User", "Owner"),
    ]
}

fn object(name: &str, key_prefix: &'static str, writable: bool, mut fields: Vec<Field>) -> Object {
    fields.insert(0, Field::new("Id", FieldType::Id));
    fields.extend(system_fields());
    if !writable {
        fields = fields
            .into_iter()
            .map(|mut field| {
                field.createable = false;
                field.updateable = false;
                field
            })
            .collect();
    }
    Object {
        name: name.to_owned(),
        key_prefix,
        writable,
        fields,
    }
}

/// The objects of every stand-in: `Account`, `Contact`, `Opportunity`, `Everything__c` with a field of each type, and
/// `User`, which is only read.
#[must_use]
pub fn objects() -> Vec<Object> {
    use FieldType as T;
    vec![
        object(
            "Account",
            "001",
            true,
            vec![
                Field::new("Name", T::String).required(),
                Field::new("Type", T::Picklist).choices(&[
                    "Prospect",
                    "Customer - Direct",
                    "Customer - Channel",
                    "Other",
                ]),
                Field::new("Industry", T::Combobox),
                Field::new("Phone", T::Phone),
                Field::new("Website", T::Url),
                Field::new("NumberOfEmployees", T::Int),
                Field::new("AnnualRevenue", T::Currency),
                Field::new("Description", T::TextArea),
                Field::new("BillingAddress", T::Address).read_only(),
                Field::new("ParentId", T::Reference).to("Account", "Parent"),
                Field::new("ExternalKey__c", T::String).external(),
            ],
        ),
        object(
            "Contact",
            "003",
            true,
            vec![
                Field::new("LastName", T::String).required(),
                Field::new("FirstName", T::String),
                Field::new("Email", T::Email),
                Field::new("Phone", T::Phone),
                Field::new("Birthdate", T::Date),
                Field::new("DoNotCall", T::Boolean),
                Field::new("AccountId", T::Reference).to("Account", "Account"),
                Field::new("ExternalKey__c", T::String).external(),
            ],
        ),
        object(
            "Opportunity",
            "006",
            true,
            vec![
                Field::new("Name", T::String).required(),
                Field::new("StageName", T::Picklist)
                    .choices(&["Prospecting", "Qualification", "Closed Won", "Closed Lost"])
                    .required(),
                Field::new("CloseDate", T::Date).required(),
                Field::new("Amount", T::Currency),
                Field::new("Probability", T::Percent),
                Field::new("IsPrivate", T::Boolean),
                Field::new("AccountId", T::Reference).to("Account", "Account"),
            ],
        ),
        object(
            "Everything__c",
            "a00",
            true,
            vec![
                Field::new("Name", T::String).required(),
                Field::new("Text__c", T::String),
                Field::new("Long_Text__c", T::TextArea),
                Field::new("Email__c", T::Email),
                Field::new("Phone__c", T::Phone),
                Field::new("Url__c", T::Url),
                Field::new("Picklist__c", T::Picklist).choices(&["red", "green", "blue", "it's"]),
                Field::new("Multi__c", T::MultiPicklist).choices(&["red", "green", "blue"]),
                Field::new("Combo__c", T::Combobox),
                Field::new("Secret__c", T::EncryptedString),
                Field::new("Flag__c", T::Boolean),
                Field::new("Int__c", T::Int),
                Field::new("Long__c", T::Long),
                Field::new("Double__c", T::Double),
                Field::new("Currency__c", T::Currency),
                Field::new("Percent__c", T::Percent),
                Field::new("Date__c", T::Date),
                Field::new("DateTime__c", T::DateTime),
                Field::new("Time__c", T::Time),
                Field::new("Body__c", T::Base64),
                Field::new("Address__c", T::Address).read_only(),
                Field::new("Location__c", T::Location).read_only(),
                Field::new("Account__c", T::Reference).to("Account", "Account__r"),
                Field::new("Number_Key__c", T::Double).external(),
                Field::new("ExternalKey__c", T::String).external(),
            ],
        ),
        object(
            "User",
            "005",
            false,
            vec![
                Field::new("Name", T::String),
                Field::new("Email", T::Email),
                Field::new("IsActive", T::Boolean),
            ],
        ),
    ]
}
