//! The rows of one partition of a table, in little memory: there are millions of them.

mod pack;

use crate::{Row, table::ContentType};
use hashbrown::HashTable;
use std::{
    borrow::Cow,
    hash::{BuildHasher, RandomState},
};

/// In the byte of the content type: the value is packed.
const PACKED: u8 = 0x80;
const MINUTE_MS: i64 = 60_000;

/// The rows of one partition of a table by key, encoded. Each is one allocation of seven bytes, the key, and the value with its
/// ids [packed](pack).
#[derive(Default)]
pub struct Rows {
    table: HashTable<Box<[u8]>>,
    hasher: RandomState,
    /// In which a row is built.
    buffer: Vec<u8>,
}

/// The parts of a packed row.
struct Parts<'a> {
    content_type: u8,
    minute: u32,
    key: &'a [u8],
    value: &'a [u8],
}

fn parts(packed: &[u8]) -> Option<Parts<'_>> {
    let (length, rest) = packed.split_first_chunk::<2>()?;
    let (content_type, rest) = rest.split_first()?;
    let (minute, rest) = rest.split_first_chunk::<4>()?;
    let (key, value) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    Some(Parts { content_type: *content_type, minute: u32::from_le_bytes(*minute), key, value })
}

fn key(packed: &[u8]) -> &[u8] {
    parts(packed).map_or(&[], |parts| parts.key)
}

fn minute(ms: i64) -> u32 {
    u32::try_from(ms.max(0) / MINUTE_MS).unwrap_or(u32::MAX)
}

fn row<'a>(parts: &Parts<'a>) -> Row<'a> {
    let value = if parts.content_type & PACKED == 0 {
        Cow::Borrowed(parts.value)
    } else {
        pack::unpack(parts.key, parts.value)
    };
    Row { content_type: ContentType::of_number(parts.content_type & !PACKED), value }
}

impl Rows {
    /// No rows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a row that was written at `written_ms`, in milliseconds since 1970. A key longer than 65,535 bytes is not kept: a
    /// row's key is an id.
    pub fn insert(&mut self, key: &[u8], new: &Row<'_>, written_ms: i64) {
        let Ok(length) = u16::try_from(key.len()) else { return };
        let [low, high] = length.to_le_bytes();
        let buffer = &mut self.buffer;
        buffer.clear();
        buffer.extend_from_slice(&[low, high, new.content_type.number()]);
        buffer.extend_from_slice(&minute(written_ms).to_le_bytes());
        buffer.extend_from_slice(key);
        if pack::pack(key, &new.value, buffer) {
            buffer.iter_mut().skip(2).take(1).for_each(|content_type| *content_type |= PACKED);
        } else {
            buffer.extend_from_slice(&new.value);
        }
        let packed = Box::from(buffer.as_slice());
        let hasher = &self.hasher;
        let hash = hasher.hash_one(key);
        match self.table.find_mut(hash, |other| self::key(other) == key) {
            Some(old) => *old = packed,
            None => {
                self.table.insert_unique(hash, packed, |other| hasher.hash_one(self::key(other)));
            }
        }
    }

    /// Deletes a row.
    pub fn remove(&mut self, key: &[u8]) {
        let hash = self.hasher.hash_one(key);
        if let Ok(entry) = self.table.find_entry(hash, |other| self::key(other) == key) {
            entry.remove();
        }
    }

    /// The row of a key, unless it was written before `oldest_ms`, in milliseconds since 1970.
    #[must_use]
    pub fn get(&self, key: &[u8], oldest_ms: i64) -> Option<Row<'_>> {
        let packed = self.table.find(self.hasher.hash_one(key), |other| self::key(other) == key)?;
        parts(packed).filter(|parts| parts.minute >= minute(oldest_ms)).map(|parts| row(&parts))
    }

    /// All rows that were not written before `oldest_ms`, with their keys.
    pub fn iter(&self, oldest_ms: i64) -> impl Iterator<Item = (&[u8], Row<'_>)> {
        let all = self.table.iter().filter_map(|packed| parts(packed));
        all.filter(move |parts| parts.minute >= minute(oldest_ms)).map(|parts| (parts.key, row(&parts)))
    }

    /// Deletes the rows that were written before `oldest_ms`, and returns their number.
    pub fn forget(&mut self, oldest_ms: i64) -> usize {
        let before = self.table.len();
        let oldest = minute(oldest_ms);
        self.table.retain(|packed| parts(packed).is_some_and(|parts| parts.minute >= oldest));
        before - self.table.len()
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// True if there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} rows", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn json(value: &[u8]) -> Row<'_> {
        Row { content_type: ContentType::Json, value: value.into() }
    }

    proptest! {
        /// As a map of vectors.
        #[test]
        fn rows_are_a_map(changes in proptest::collection::vec((0_u8..20, proptest::option::of(any::<Vec<u8>>())), 0..200)) {
            let (mut rows, mut model) = (Rows::new(), HashMap::new());
            for (key, value) in changes {
                let key = vec![key; usize::from(key)];
                match value {
                    Some(value) => {
                        rows.insert(&key, &json(&value), 0);
                        model.insert(key, value);
                    }
                    None => {
                        rows.remove(&key);
                        model.remove(&key);
                    }
                }
            }
            let found: HashMap<Vec<u8>, Vec<u8>> =
                rows.iter(0).map(|(key, row)| (key.to_vec(), row.value.to_vec())).collect();
            prop_assert_eq!(&found, &model);
            prop_assert!(model.iter().all(|(key, value)| rows.get(key, 0) == Some(json(value))));
        }
    }

    #[test]
    fn a_row_is_forgotten_by_the_time_of_its_last_writing() {
        let mut rows = Rows::new();
        rows.insert(b"old", &json(b"1"), 10 * MINUTE_MS);
        rows.insert(b"new", &json(b"1"), 10 * MINUTE_MS);
        rows.insert(b"new", &json(b"2"), 20 * MINUTE_MS);
        assert_eq!(rows.get(b"old", 10 * MINUTE_MS), Some(json(b"1")));
        assert_eq!(rows.get(b"old", 11 * MINUTE_MS), None);
        assert_eq!(rows.iter(11 * MINUTE_MS).count(), 1);
        assert_eq!((rows.forget(11 * MINUTE_MS), rows.len()), (1, 1));
        assert_eq!(rows.get(b"new", 11 * MINUTE_MS), Some(json(b"2")));
    }
}
