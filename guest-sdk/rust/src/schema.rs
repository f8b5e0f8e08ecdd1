//! Entities and their fields, with builders whose defaults are what most fields need.

mod field;
#[cfg(feature = "json")]
mod infer;

use crate::bindings::wit_common as wit;
use crate::bindings::wit_metadata;

#[cfg(feature = "json")]
#[doc(inline)]
pub use infer::sampled;
#[doc(inline)]
pub use wit::{
    Bounds, Constraints, DataType, Entity, EntityDefinition, Field, Operator, ReadProperties,
    WriteOperations, WriteProperties,
};
#[doc(inline)]
pub use wit_metadata::{EntityDescription, EntityPage, ListRequest};

impl Entity {
    /// An entity with records, for reading only. `id` has no spaces and at most 128 characters.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            label: None,
            description: None,
            has_nested: false,
            writable: false,
            properties: Vec::new(),
        }
    }

    /// A category of entities: AppFlow lists again with its identifier as [`ListRequest::path`].
    pub fn category(id: impl Into<String>) -> Self {
        Self {
            has_nested: true,
            ..Self::new(id)
        }
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

    /// AppFlow may write here.
    #[must_use]
    pub fn writable(self) -> Self {
        Self {
            writable: true,
            ..self
        }
    }

    /// A remark of the connector's own, handed back later.
    #[must_use]
    pub fn property(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.push((key.into(), value.into()));
        self
    }

    /// The entity with its fields.
    pub fn with_fields(self, fields: impl IntoIterator<Item = Field>) -> EntityDefinition {
        EntityDefinition {
            entity: self,
            fields: fields.into_iter().collect(),
            properties: Vec::new(),
        }
    }
}

impl EntityDefinition {
    /// A remark of the connector's own, handed back later.
    #[must_use]
    pub fn property(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.push((key.into(), value.into()));
        self
    }

    /// No field can be named in filters, for an application, or a connector, that does not filter.
    #[must_use]
    pub fn without_filters(mut self) -> Self {
        let fields = self.fields.into_iter();
        self.fields = fields
            .map(|field| field.not_queryable().filter_operators([]))
            .collect();
        self
    }

    /// The definition as an answer that AppFlow may keep for some seconds, 600 or more.
    pub fn cache_for(self, seconds: u32) -> EntityDescription {
        EntityDescription {
            definition: self,
            cache_seconds: Some(seconds),
        }
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl From<EntityDefinition> for EntityDescription {
    fn from(definition: EntityDefinition) -> Self {
        Self {
            definition,
            cache_seconds: None,
        }
    }
}

impl EntityPage {
    /// All entities there are.
    pub fn new(entities: impl IntoIterator<Item = Entity>) -> Self {
        Self {
            entities: entities.into_iter().collect(),
            next_token: None,
            cache_seconds: None,
        }
    }

    /// There are more entities; the next call gets this token.
    #[must_use]
    pub fn next_token(self, token: Option<String>) -> Self {
        Self {
            next_token: token,
            ..self
        }
    }

    /// AppFlow may keep the answer for some seconds, 600 or more.
    #[must_use]
    pub fn cache_for(self, seconds: u32) -> Self {
        Self {
            cache_seconds: Some(seconds),
            ..self
        }
    }
}

impl From<Vec<Entity>> for EntityPage {
    fn from(entities: Vec<Entity>) -> Self {
        Self::new(entities)
    }
}

impl<const N: usize> From<[Entity; N]> for EntityPage {
    fn from(entities: [Entity; N]) -> Self {
        Self::new(entities)
    }
}
