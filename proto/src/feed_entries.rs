//! The generation of a `FeedEntries`, read without its entries.

use prost::Message;

/// The fields of `FeedEntries` that are read; the others are skipped.
#[derive(Clone, PartialEq, Message)]
struct Head {
    #[prost(int32, tag = "2")]
    generation: i32,
}

/// The generation of a `FeedEntries` in Protobuf. The entries are neither copied nor decoded.
///
/// # Errors
/// If the bytes are not Protobuf.
pub fn generation(value: &[u8]) -> Result<i32, prost::DecodeError> {
    Ok(Head::decode(value)?.generation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::FeedEntries;

    #[test]
    fn the_generation_is_that_of_the_whole_message() {
        for generation in [0, 1, 17, i32::MAX] {
            let entries = FeedEntries { feed_id: "f".repeat(32), generation, packed: vec![7; 480] };
            assert_eq!(super::generation(&entries.encode_to_vec()), Ok(generation));
        }
        assert!(generation(&[0xff; 4]).is_err());
    }
}
