//! Compiles `news/v1/*.proto` without protoc (protox) into prost types with proto3 JSON (pbjson).
use prost_types::FileDescriptorSet;
use std::{env, error::Error, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=news");
    let mut files = Vec::new();
    for file in std::fs::read_dir("news/v1")? {
        files.push(file?.path());
    }
    files.sort();
    let descriptors: FileDescriptorSet = protox::compile(files, ["."])?;
    let encoded = encode(&descriptors);
    let path = PathBuf::from(env::var("OUT_DIR")?).join("descriptors.bin");
    std::fs::write(path, &encoded)?;

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
