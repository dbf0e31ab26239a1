//! JSON Schemas of the messages, for the documents that describe the topics (AsyncAPI) and the API (OpenAPI).

use serde_json::Value;

/// Schemas (JSON Schema 2020-12) of every message as its JSON looks on the wire, by name of the message: the object
/// `components.schemas` of an OpenAPI 3.1 or AsyncAPI 3.0 document. Nested messages are references such as
/// `#/components/schemas/Media`. Every field is required but times and nested messages, which are absent if they are
/// unknown. Fields that the schema does not name are allowed, since fields are only ever added. The descriptions are the
/// comments of the `.proto` files.
///
/// # Errors
/// If the text that the build wrote is not JSON. A test shows that it is.
pub fn of_messages() -> serde_json::Result<Value> {
    serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/schemas.json")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A document with the schemas where their references point to, and a check of a value against one of them.
    fn check(name: &str, value: &Value) -> Result<(), String> {
        let mut schemas = boon::Schemas::new();
        let mut compiler = boon::Compiler::new();
        compiler.set_default_draft(boon::Draft::V2020_12);
        compiler.enable_format_assertions();
        let document = json!({"components": {"schemas": of_messages().unwrap()}});
        compiler.add_resource("http://localhost/contract.json", document).unwrap();
        let index = compiler
            .compile(&format!("http://localhost/contract.json#/components/schemas/{name}"), &mut schemas)
            .unwrap();
        schemas.validate(value, index).map_err(|error| error.to_string())
    }

    fn examples() -> Vec<(String, Value)> {
        let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/v1")).unwrap();
        let examples: Vec<_> = files
            .map(|file| {
                let path = file.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap().split('.').next().unwrap().to_owned();
                (name, serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap())
            })
            .collect();
        assert!(examples.len() >= 28, "{}", examples.len());
        examples
    }

    #[test]
    fn every_golden_record_is_as_its_schema_says() {
        for (name, example) in examples() {
            check(&name, &example).unwrap_or_else(|error| panic!("{name}: {error}\n{example:#}"));
        }
    }

    /// Otherwise a schema could allow anything.
    #[test]
    fn a_schema_names_and_describes_every_field() {
        let schemas = of_messages().unwrap();
        for (name, schema) in schemas.as_object().unwrap() {
            assert!(schema["description"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
            for (field, schema) in schema["properties"].as_object().unwrap() {
                assert!(schema["description"].as_str().is_some_and(|text| !text.is_empty()), "{name}.{field}");
            }
        }
        for (name, example) in examples() {
            for field in example.as_object().unwrap().keys() {
                assert!(schemas[&name]["properties"][field].is_object(), "{name}.{field}");
            }
        }
    }

    #[test]
    fn a_record_with_a_wrong_or_missing_field_is_not_valid() {
        let article: Value = serde_json::from_str(include_str!("../examples/v1/EnrichedArticle.json")).unwrap();
        let wrong = |field: &str, value: Value| {
            let mut article = article.clone();
            article[field] = value;
            check("EnrichedArticle", &article)
        };
        assert!(wrong("a_field_of_tomorrow", json!(1)).is_ok());
        assert!(wrong("revision", json!("2")).is_err());
        assert!(wrong("published_at", json!("yesterday")).is_err());
        assert!(wrong("media", json!([{"url": 1}])).is_err());
        let mut without = article.clone();
        without.as_object_mut().unwrap().remove("title");
        assert!(check("EnrichedArticle", &without).is_err());
    }
}
