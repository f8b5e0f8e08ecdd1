//! JSON Schema (draft 2020-12), for tests that hold what is written against what is documented.

use anyhow::{Result, anyhow};
use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

/// A schema ready for use.
pub struct JsonSchema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl JsonSchema {
    /// Reads a schema.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn new(schema: Value) -> Result<Self> {
        const NAME: &str = "schema.json";
        let mut schemas = Schemas::new();
        let mut compiler = Compiler::new();
        let told = |error: &dyn std::fmt::Display| anyhow!("this is no JSON Schema: {error}");
        compiler
            .add_resource(NAME, schema)
            .map_err(|error| told(&error))?;
        let index = compiler
            .compile(NAME, &mut schemas)
            .map_err(|error| told(&error))?;
        Ok(Self { schemas, index })
    }

    /// What is wrong with a value, if something is.
    #[must_use]
    pub fn problem(&self, value: &Value) -> Option<String> {
        let refusal = self.schemas.validate(value, self.index).err()?;
        Some(refusal.to_string())
    }
}

impl std::fmt::Debug for JsonSchema {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("JsonSchema").finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_that_do_not_fit_are_told_with_their_place() {
        let schema =
            json!({"type": "object", "properties": {"a": {"type": "integer", "maximum": 3}}});
        let schema = JsonSchema::new(schema).unwrap();
        assert_eq!(schema.problem(&json!({"a": 3})), None);
        assert!(schema.problem(&json!({"a": 4})).unwrap().contains("/a"));
        assert!(JsonSchema::new(json!({"type": "nothing"})).is_err());
    }
}
