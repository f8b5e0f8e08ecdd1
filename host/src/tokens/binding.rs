//! What a token is good for, and nothing else.

use crate::appflow::Request;
use crate::manifest::Manifest;

/// The request a token belongs to: everything that is the same for all pages of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding<'a> {
    /// Name of the connector in its manifest.
    pub connector: &'a str,
    /// Version of the connector in its manifest.
    pub version: String,
    /// Name of the operation.
    pub operation: &'static str,
    /// Identifier of the entity, or path of the list.
    pub place: &'a str,
    /// Filter expression as text.
    pub filter: Option<&'a str>,
    /// Fields selected, in AppFlow's order; empty for all.
    pub fields: &'a [String],
    /// API version the user picked.
    pub api_version: &'a str,
    /// The buyer's account, as far as it is known.
    pub account: Option<&'a str>,
    /// ARN of the connection's secret; none for a connection without credentials.
    pub connection: Option<&'a str>,
}

impl<'a> Binding<'a> {
    /// The binding of a request that has pages; none for any other.
    #[must_use]
    pub fn of(
        request: &'a Request,
        manifest: &'a Manifest,
        account: Option<&'a str>,
    ) -> Option<Self> {
        let (place, filter, fields) = match request {
            Request::QueryData(query) => (
                query.entity_identifier.as_str(),
                query.filter_expression.as_deref(),
                query.selected_field_names.as_deref().unwrap_or_default(),
            ),
            Request::ListEntities(list) => (
                list.entities_path.as_deref().unwrap_or_default(),
                None,
                &[][..],
            ),
            _ => return None,
        };
        let connection = request
            .credentials()
            .and_then(|reference| reference.secret_arn.as_deref());
        Some(Self {
            connector: &manifest.name,
            version: manifest.version.to_string(),
            operation: request.operation().name(),
            place,
            filter,
            fields,
            api_version: &request.context()?.api_version,
            account,
            connection,
        })
    }

    /// Writes all parts, each with its length before it, so that no two bindings are written alike.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for part in [
            Some(self.connector),
            Some(&self.version),
            Some(self.operation),
            Some(self.place),
            self.filter,
            Some(self.api_version),
            self.account,
            self.connection,
        ] {
            write_part(part, out);
        }
        for field in self.fields {
            write_part(Some(field), out);
        }
    }
}

/// A text with its length; absent ones have a length that no text has.
pub(super) fn write_part(part: Option<&str>, out: &mut Vec<u8>) {
    let length = part.map_or(u64::MAX, |part| part.len() as u64);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(part.unwrap_or_default().as_bytes());
}
