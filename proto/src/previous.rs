//! The two sets of golden records: `examples/v1` of this version, and `examples/previous` of the one before, whose contract
//! is `baseline/v1.txtpb`. Each version reads the records of the other, in JSON and in Protobuf, so that a release can be
//! rolled back. The previous version is represented by its descriptors and by its rule: unknown fields are ignored.

use crate::wire;
use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DeserializeOptions, DynamicMessage, Kind, MessageDescriptor, ReflectMessage as _, SerializeOptions,
    prost_types::FileDescriptorSet,
};
use serde_json::Value;

/// The contract of the previous version.
fn previous() -> DescriptorPool {
    // A buf image is a set of file descriptors with extensions of its own.
    let (mut text, mut is_extension) = (String::new(), false);
    for line in include_str!("../baseline/v1.txtpb").lines() {
        is_extension |= line == "  buf_extension: {";
        if !is_extension {
            text.push_str(line);
            text.push('\n');
        }
        is_extension &= line != "  }";
    }
    let set = FileDescriptorSet::default().descriptor();
    let set = DynamicMessage::parse_text_format(set, &text).unwrap().transcode_to::<FileDescriptorSet>().unwrap();
    DescriptorPool::from_file_descriptor_set(set).unwrap()
}

/// A message that the previous version does not have is not read by it.
pub(crate) fn check<M: wire::Message + std::fmt::Debug>() {
    if let Some(descriptor) = previous().get_message_by_name(M::TYPE) {
        for name in [M::NAME.to_owned(), format!("{}.empty", M::NAME)] {
            this_version_reads_the_previous_record::<M>(&descriptor, &example("previous", &name));
            the_previous_version_reads_this_record::<M>(&descriptor, &example("v1", &name));
        }
    }
}

fn example(set: &str, name: &str) -> String {
    let path = format!("{}/examples/{set}/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn this_version_reads_the_previous_record<M: wire::Message + std::fmt::Debug>(old: &MessageDescriptor, text: &str) {
    let written = of_json(old, text, true).encode_to_vec();
    let of_json: M = wire::decode(None, text.as_bytes()).unwrap();
    let of_binary: M = wire::decode(Some("application/protobuf"), &written).unwrap();
    assert_eq!(of_json, of_binary);
    // Nothing that the previous version has written is lost.
    let read = |value: &[u8]| DynamicMessage::decode(old.clone(), value).unwrap();
    assert!(read(&of_binary.encode_to_vec()) == read(&written), "{}", M::NAME);
}

fn the_previous_version_reads_this_record<M: wire::Message + std::fmt::Debug>(old: &MessageDescriptor, text: &str) {
    let written: M = wire::decode(None, text.as_bytes()).unwrap();
    let mut known: Value = serde_json::from_str(text).unwrap();
    keep_fields(&mut known, old);
    let known: M = wire::decode(None, known.to_string().as_bytes()).unwrap();
    let of_json = of_json(old, text, false);
    let of_binary = DynamicMessage::decode(old.clone(), written.encode_to_vec().as_slice()).unwrap();
    for read in [of_json, of_binary] {
        let options = SerializeOptions::new().use_proto_field_name(true);
        let mut json = Vec::new();
        read.serialize_with_options(&mut serde_json::Serializer::new(&mut json), &options).unwrap();
        assert_eq!(wire::decode::<M>(None, &json).unwrap(), known, "{}", M::NAME);
    }
}

fn of_json(descriptor: &MessageDescriptor, text: &str, is_strict: bool) -> DynamicMessage {
    let options = DeserializeOptions::new().deny_unknown_fields(is_strict);
    let mut json = serde_json::Deserializer::from_str(text);
    DynamicMessage::deserialize_with_options(descriptor.clone(), &mut json, &options).unwrap()
}

/// Leaves the fields that a message of this descriptor has.
fn keep_fields(value: &mut Value, descriptor: &MessageDescriptor) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| keep_fields(item, descriptor)),
        Value::Object(fields) => {
            fields.retain(|name, _| descriptor.get_field_by_name(name).is_some());
            for (name, value) in fields {
                if let Some(Kind::Message(inner)) = descriptor.get_field_by_name(name).map(|field| field.kind()) {
                    keep_fields(value, &inner);
                }
            }
        }
        // A time, which is a message in Protobuf only.
        _ => {}
    }
}

#[test]
fn each_version_reads_the_records_of_the_other() {
    crate::topic::check_previous_version();
}
