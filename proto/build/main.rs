//! Compiles `news/v1/*.proto` without protoc (protox) into prost types with proto3 JSON (pbjson), and into JSON Schemas.

#![expect(clippy::print_stdout, reason = "cargo reads instructions there")]

mod schema;

use prost_types::FileDescriptorSet;
use std::{env, error::Error, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=news");
    println!("cargo:rerun-if-changed=build");
    let mut files = Vec::new();
    for file in std::fs::read_dir("news/v1")? {
        files.push(file?.path());
    }
    files.sort();
    let descriptors: FileDescriptorSet = protox::compile(files, ["."])?;
    let encoded = encode(&descriptors);
    let output = PathBuf::from(env::var("OUT_DIR")?);
    std::fs::write(output.join("descriptors.bin"), &encoded)?;
    std::fs::write(output.join("schemas.json"), serde_json::to_vec(&schema::of_messages(&descriptors)?)?)?;

    prost_build::Config::new()
        .compile_well_known_types()
        .extern_path(".google.protobuf", "::pbjson_types")
        .compile_fds(descriptors)?;
    pbjson_build::Builder::new()
        .register_descriptors(&encoded)?
        .preserve_proto_field_names()
        .emit_fields()
        .ignore_unknown_fields()
        .build(&[".news.v1"])?;
    Ok(())
}

fn encode(descriptors: &FileDescriptorSet) -> Vec<u8> {
    prost::Message::encode_to_vec(descriptors)
}
