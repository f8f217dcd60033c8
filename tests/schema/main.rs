//! The JSON Schemas against what reads and writes the formats, and against the examples of the documents.

mod documents;
mod inventories;
mod policies;
mod texts;

use jsonschema::Validator;
use serde_json::Value;

/// A schema, ready to validate by. Formats count.
fn validator(schema: &Value) -> Validator {
    jsonschema::draft202012::meta::validate(schema).expect("a schema is one of its draft");
    jsonschema::draft202012::options().should_validate_formats(true).build(schema).expect("a schema is one")
}

/// All that a schema has against a value.
fn against(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}
