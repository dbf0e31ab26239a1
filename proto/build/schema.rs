//! JSON Schemas of the messages as their JSON looks on the wire (proto3 JSON with the names of the `.proto` files).

use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    field_descriptor_proto::{Label, Type},
};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

const PACKAGE: &str = ".news.v1.";
/// Field numbers in `google/protobuf/descriptor.proto`, of which the paths of comments are made.
const MESSAGES_OF_A_FILE: i32 = 4;
const FIELDS_OF_A_MESSAGE: i32 = 2;
/// A message that repeats the fields of another without their comments.
const REPEATS: (&str, &str) = ("EnrichedArticle", "Article");

/// The schemas by name of the message, `{"Article": {"type": "object", ..}, ..}`.
///
/// # Errors
/// If a message uses something whose JSON this does not know: an enum, a group, a message within a message, or another
/// well-known type.
pub fn of_messages(descriptors: &FileDescriptorSet) -> Result<Value, String> {
    let files = || descriptors.file.iter().filter(|file| format!(".{}.", file.package()) == PACKAGE);
    let comments: HashMap<(String, String), String> = files().flat_map(comments_of).collect();
    let mut schemas = Map::new();
    for message in files().flat_map(|file| &file.message_type) {
        schemas.insert(message.name().to_owned(), of_message(message, &comments)?);
    }
    Ok(schemas.into())
}

/// Comments by message and field; that of the message itself by an empty field.
fn comments_of(file: &FileDescriptorProto) -> Vec<((String, String), String)> {
    let locations = file.source_code_info.iter().flat_map(|info| &info.location);
    let comments = locations.filter_map(|location| {
        // Lines of one sentence become one line.
        let comment = location.leading_comments().split_whitespace().collect::<Vec<_>>().join(" ");
        let index = |number: i32| usize::try_from(number).ok();
        let (message, field) = match *location.path.as_slice() {
            [MESSAGES_OF_A_FILE, message] => (file.message_type.get(index(message)?)?, ""),
            [MESSAGES_OF_A_FILE, message, FIELDS_OF_A_MESSAGE, field] => {
                let message = file.message_type.get(index(message)?)?;
                (message, message.field.get(index(field)?)?.name())
            }
            _ => return None,
        };
        (!comment.is_empty()).then(|| ((message.name().to_owned(), field.to_owned()), comment))
    });
    comments.collect()
}

fn of_message(message: &DescriptorProto, comments: &HashMap<(String, String), String>) -> Result<Value, String> {
    let comment = |message: &str, field: &str| comments.get(&(message.to_owned(), field.to_owned()));
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in &message.field {
        let unknown = |what: &str| format!("the JSON of {what} is not known: {}.{}", message.name(), field.name());
        // A map is a list of entries, which are a message within this one.
        let is_entry = |nested: &&DescriptorProto| field.type_name().ends_with(&format!(".{}", nested.name()));
        let entry = message.nested_type.iter().filter(|nested| nested.options.as_ref().is_some_and(|o| o.map_entry()));
        let value = entry.filter(is_entry).find_map(|entry| entry.field.iter().find(|field| field.name() == "value"));
        let mut schema = of_type(value.unwrap_or(field)).ok_or_else(|| unknown(field.type_name()))?;
        let is_list = field.label() == Label::Repeated;
        if value.is_some() {
            schema = json!({"type": "object", "additionalProperties": schema});
        } else if is_list {
            schema = json!({"type": "array", "items": schema});
        }
        let repeated = || (message.name() == REPEATS.0).then(|| comment(REPEATS.1, field.name())).flatten();
        if let Some(comment) = comment(message.name(), field.name()).or_else(repeated) {
            schema["description"] = comment.as_str().into();
        }
        // A message that is not set is absent; every other field is written.
        if is_list || field.r#type() != Type::Message {
            required.push(field.name());
        }
        properties.insert(field.name().to_owned(), schema);
    }
    Ok(json!({
        "type": "object",
        "description": comment(message.name(), "").map_or("", String::as_str),
        "properties": properties,
        "required": required,
    }))
}

/// Schema of one value of the field. Formats are those of the OpenAPI format registry.
fn of_type(field: &FieldDescriptorProto) -> Option<Value> {
    Some(match field.r#type() {
        Type::String => json!({"type": "string"}),
        Type::Bool => json!({"type": "boolean"}),
        Type::Int32 | Type::Sint32 | Type::Sfixed32 => json!({"type": "integer", "format": "int32"}),
        Type::Uint32 | Type::Fixed32 => json!({"type": "integer", "format": "uint32", "minimum": 0}),
        Type::Int64 | Type::Sint64 | Type::Sfixed64 => json!({"type": "string", "pattern": "^-?[0-9]+$"}),
        Type::Uint64 | Type::Fixed64 => json!({"type": "string", "pattern": "^[0-9]+$"}),
        Type::Double => json!({"type": "number", "format": "double"}),
        Type::Float => json!({"type": "number", "format": "float"}),
        Type::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
        Type::Message => match field.type_name() {
            ".google.protobuf.Timestamp" => json!({"type": "string", "format": "date-time"}),
            ".google.protobuf.Duration" => json!({"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]{1,9})?s$"}),
            name => {
                let name = name.strip_prefix(PACKAGE).filter(|name| !name.contains('.'))?;
                json!({"$ref": format!("#/components/schemas/{name}")})
            }
        },
        Type::Enum | Type::Group => return None,
    })
}
