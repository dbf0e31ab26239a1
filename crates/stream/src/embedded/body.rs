//! The stored form of a record: compressed, with a checksum, cut into pieces that fill the pages of the file.
//!
//! Each piece says what it is, so that the records of a damaged file are found without the trees that lead to them.

use crate::{Headers, LogError, Outgoing};
use serde::{Deserialize, Serialize};

/// First byte of a record's first piece.
const FIRST: u8 = 0xb1;
/// First byte of its other pieces.
const NEXT: u8 = 0xb2;
/// Bytes that one piece takes in a page besides its own: its key and the end of its value.
const PIECE_COST: usize = 8 + 4;
/// Bytes of a page for pieces.
pub(super) const PAGE_SPACE: usize = super::pages::PAGE - 4;
/// A piece that would be shorter starts a new page.
const SHORTEST: usize = 128;
/// Values shorter than this are not compressed.
const COMPRESSED_FROM: usize = 64;
const LEVEL: i32 = 3;
/// Largest record, decompressed. The largest that is written is a dead letter of 1,200,000 bytes.
const MAX_PLAIN: usize = 4 * 1024 * 1024;

/// Begins as the records do that the pipeline writes most, so that short ones compress, too. It is part of the format.
const DICTIONARY: &[u8] = include_bytes!("dictionary.bin");

/// What stands before the bytes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub topic: u32,
    pub partition: i32,
    pub offset: i64,
    /// Time of writing by the wall clock, milliseconds since 1970.
    pub time: i64,
    /// Time of writing by the log's clock, milliseconds.
    pub age: i64,
    /// Bytes before compression; 0 if the record is not compressed.
    plain: u32,
    /// Bytes as stored.
    stored: u32,
}

#[derive(Serialize, Deserialize)]
struct Content<'a> {
    #[serde(borrow)]
    key: &'a [u8],
    #[serde(borrow)]
    value: Option<&'a [u8]>,
    #[serde(borrow)]
    headers: Vec<(&'a str, &'a [u8])>,
}

/// Key, value and headers.
pub(super) type Parts = (Vec<u8>, Option<Vec<u8>>, Headers);

/// Compresses and expands records.
pub(super) struct Codec {
    compressor: zstd::bulk::Compressor<'static>,
}

impl Codec {
    pub(super) fn new() -> Result<Self, LogError> {
        let compressor = zstd::bulk::Compressor::with_dictionary(LEVEL, DICTIONARY);
        Ok(Codec { compressor: compressor.map_err(|error| LogError::Unavailable(error.to_string()))? })
    }

    /// The record as it is stored, before it is cut.
    pub(super) fn encode(&mut self, mut head: Head, output: &Outgoing) -> Result<Vec<u8>, LogError> {
        let headers = output.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        let content = Content { key: &output.key, value: output.value.as_deref(), headers };
        let failed = |error: &dyn std::fmt::Display| LogError::Config(format!("a record cannot be encoded: {error}"));
        let plain = postcard::to_allocvec(&content).map_err(|error| failed(&error))?;
        let packed = match plain.len() {
            ..COMPRESSED_FROM => None,
            _ => Some(self.compressor.compress(&plain).map_err(|error| failed(&error))?),
        };
        let packed = packed.filter(|packed| packed.len() < plain.len());
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        head.plain = if packed.is_some() { length(&plain) } else { 0 };
        let data = packed.unwrap_or(plain);
        head.stored = length(&data);
        let head = postcard::to_allocvec(&head).map_err(|error| failed(&error))?;
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&head);
        hasher.update(&data);
        Ok([&hasher.finalize().to_le_bytes()[..], &head, &data].concat())
    }
}

impl Head {
    pub(super) fn new(topic: u32, partition: i32, offset: i64, time: i64, age: i64) -> Self {
        Head { topic, partition, offset, time, age, plain: 0, stored: 0 }
    }
}

/// Cuts an encoded record: the first piece fills what is left of the last page (`space`, in bytes), the others fill pages.
pub(super) fn pieces(encoded: &[u8], space: &mut usize) -> Vec<Vec<u8>> {
    let (mut pieces, mut rest) = (Vec::new(), encoded);
    while !rest.is_empty() {
        let needed = PIECE_COST + 1 + rest.len().min(SHORTEST);
        if *space < needed {
            *space = PAGE_SPACE;
        }
        let (piece, after) = rest.split_at(rest.len().min(*space - PIECE_COST - 1));
        let mark = if pieces.is_empty() { FIRST } else { NEXT };
        pieces.push([&[mark], piece].concat());
        *space -= PIECE_COST + 1 + piece.len();
        rest = after;
    }
    pieces
}

/// Puts the pieces of a record together. `next` returns the pieces in their order.
///
/// # Errors
/// What is wrong with the record, if it is not whole.
pub(super) fn decode<'p>(mut next: impl FnMut() -> Option<&'p [u8]>) -> Result<(Head, Parts), String> {
    let mut bytes = Vec::new();
    let first = next().and_then(|piece| piece.strip_prefix(&[FIRST])).ok_or("its first piece is missing")?;
    bytes.extend_from_slice(first);
    let head = head(&bytes).ok_or("its head cannot be read")?;
    let whole = 4 + head.1 + usize::try_from(head.0.stored).unwrap_or(usize::MAX);
    while bytes.len() < whole {
        let piece = next().and_then(|piece| piece.strip_prefix(&[NEXT])).ok_or("a piece of it is missing")?;
        bytes.extend_from_slice(piece);
    }
    finish(&bytes, head)
}

/// The head of a record in its first piece, and the bytes that it takes.
fn head(bytes: &[u8]) -> Option<(Head, usize)> {
    let after = bytes.get(4..)?;
    let (head, rest) = postcard::take_from_bytes::<Head>(after).ok()?;
    Some((head, after.len() - rest.len()))
}

/// As [`head`], of a piece; `None` if it is not the first of a record.
pub(super) fn head_of(piece: &[u8]) -> Option<Head> {
    head(piece.strip_prefix(&[FIRST])?).map(|(head, _)| head)
}

/// True if the bytes may be a piece.
pub(super) fn is_piece(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(&(FIRST | NEXT)))
}

fn finish(bytes: &[u8], (head, taken): (Head, usize)) -> Result<(Head, Parts), String> {
    let (sum, summed) = bytes.split_at_checked(4).ok_or("it is too short")?;
    let sum = sum.try_into().map_or(0, u32::from_le_bytes);
    if crc32fast::hash(summed) != sum {
        return Err("it does not match its checksum".to_owned());
    }
    let data = summed.get(taken..).ok_or("it is too short")?;
    let plain = usize::try_from(head.plain).unwrap_or(usize::MAX);
    let expanded = match plain {
        0 => None,
        1..=MAX_PLAIN => Some(expand(data, plain).map_err(|error| format!("it cannot be expanded: {error}"))?),
        _ => return Err(format!("it claims {plain} bytes")),
    };
    let content: Content<'_> =
        postcard::from_bytes(expanded.as_deref().unwrap_or(data)).map_err(|error| error.to_string())?;
    let headers = content.headers.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect();
    Ok((head, (content.key.to_vec(), content.value.map(<[u8]>::to_vec), headers)))
}

thread_local! {
    static EXPANDER: std::cell::RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { std::cell::RefCell::new(None) };
}

fn expand(data: &[u8], plain: usize) -> std::io::Result<Vec<u8>> {
    EXPANDER.with_borrow_mut(|expander| {
        let expander = match expander {
            Some(expander) => expander,
            None => expander.insert(zstd::bulk::Decompressor::with_dictionary(DICTIONARY)?),
        };
        expander.decompress(data, plain)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn outgoing(key: Vec<u8>, value: Option<Vec<u8>>, headers: Headers) -> Outgoing {
        Outgoing { topic: "t".into(), partition: 3, key, value, headers }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_record_is_read_as_it_was_written_and_any_changed_byte_is_noticed(
            value in prop::option::of(prop::collection::vec(any::<u8>(), 0..9_000)),
            space in 0..PAGE_SPACE,
            flip in any::<prop::sample::Index>(),
        ) {
            let output = outgoing(b"key".to_vec(), value, vec![("ce_type".into(), b"news.v1.Article".to_vec())]);
            let encoded = Codec::new().unwrap().encode(Head::new(7, 3, 41, 1_000, 2_000), &output).unwrap();
            let mut left = space;
            let cut = pieces(&encoded, &mut left);
            prop_assert!(cut.iter().all(|piece| piece.len() + PIECE_COST <= PAGE_SPACE));
            let mut of = cut.iter().map(Vec::as_slice);
            let (head, parts) = decode(|| of.next()).unwrap();
            prop_assert_eq!((head.topic, head.partition, head.offset, head.time, head.age), (7, 3, 41, 1_000, 2_000));
            prop_assert_eq!(parts, (output.key.clone(), output.value.clone(), output.headers.clone()));

            let mut changed = encoded.clone();
            let at = flip.index(changed.len());
            changed[at] ^= 0x10;
            let cut = pieces(&changed, &mut PAGE_SPACE.clone());
            let mut of = cut.iter().map(Vec::as_slice);
            prop_assert!(decode(|| of.next()).is_err(), "byte {} changed", at);
        }
    }
}
