//! The rows of one partition of a table, in little memory: there are millions of them.

mod pack;

use crate::{LogError, Row, table::ContentType};
use hashbrown::HashTable;
use std::{
    borrow::Cow,
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

/// In the byte of the content type: the value is packed.
const PACKED: u8 = 0x80;
/// In the byte of the content type: the value is in the log only.
const IN_LOG: u8 = 0x40;
/// Values of more bytes stay in the log, where it can be read by key.
const MAX_KEPT: usize = 1_024;
const MINUTE_MS: i64 = 60_000;

/// Reads the last record of a key from the log: `None` if there is none, or it deletes the row.
pub type ReadRow = Arc<dyn Fn(&[u8]) -> Result<Option<Row<'static>>, LogError> + Send + Sync>;

/// The rows of one partition of a table by key, encoded. Each is one allocation of seven bytes, the key, and the value with its
/// ids [packed](pack). Where the log can be read by key, values over 1 KiB stay there.
#[derive(Default)]
pub struct Rows {
    table: HashTable<Box<[u8]>>,
    /// `None` for a log that cannot be read by key.
    log: Option<ReadRow>,
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

/// The row of a key; a value that stays in the log is read there.
fn read<'a>(parts: &Parts<'a>, log: Option<&ReadRow>) -> Result<Option<Row<'a>>, LogError> {
    match log {
        Some(log) if parts.content_type & IN_LOG != 0 => log(parts.key),
        _ => Ok(Some(row(parts))),
    }
}

impl Rows {
    /// No rows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No rows, of a log that `log` reads by key. A row is to be in the log before it is inserted here.
    #[must_use]
    pub fn with_log(log: ReadRow) -> Self {
        Rows { log: Some(log), ..Self::default() }
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
        if self.log.is_some() && new.value.len() > MAX_KEPT {
            buffer.iter_mut().skip(2).take(1).for_each(|content_type| *content_type |= IN_LOG);
        } else if pack::pack(key, &new.value, buffer) {
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
    ///
    /// # Errors
    /// Those of the log, where the value is read there.
    pub fn get(&self, key: &[u8], oldest_ms: i64) -> Result<Option<Row<'_>>, LogError> {
        let packed = self.table.find(self.hasher.hash_one(key), |other| self::key(other) == key);
        let parts = packed.and_then(|packed| parts(packed)).filter(|parts| parts.minute >= minute(oldest_ms));
        parts.map_or(Ok(None), |parts| read(&parts, self.log.as_ref()))
    }

    /// All rows that were not written before `oldest_ms`, with their keys, each with the errors of [`Rows::get`].
    pub fn iter(&self, oldest_ms: i64) -> impl Iterator<Item = Result<(&[u8], Row<'_>), LogError>> {
        let all = self.table.iter().filter_map(|packed| parts(packed));
        let recent = all.filter(move |parts| parts.minute >= minute(oldest_ms));
        recent.filter_map(|parts| Some(read(&parts, self.log.as_ref()).transpose()?.map(|row| (parts.key, row))))
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
                rows.iter(0).map(|row| row.map(|(key, row)| (key.to_vec(), row.value.to_vec())).unwrap()).collect();
            prop_assert_eq!(&found, &model);
            prop_assert!(model.iter().all(|(key, value)| rows.get(key, 0).unwrap() == Some(json(value))));
        }
    }

    #[test]
    fn a_row_is_forgotten_by_the_time_of_its_last_writing() {
        let mut rows = Rows::new();
        rows.insert(b"old", &json(b"1"), 10 * MINUTE_MS);
        rows.insert(b"new", &json(b"1"), 10 * MINUTE_MS);
        rows.insert(b"new", &json(b"2"), 20 * MINUTE_MS);
        assert_eq!(rows.get(b"old", 10 * MINUTE_MS).unwrap(), Some(json(b"1")));
        assert_eq!(rows.get(b"old", 11 * MINUTE_MS).unwrap(), None);
        assert_eq!(rows.iter(11 * MINUTE_MS).count(), 1);
        assert_eq!((rows.forget(11 * MINUTE_MS), rows.len()), (1, 1));
        assert_eq!(rows.get(b"new", 11 * MINUTE_MS).unwrap(), Some(json(b"2")));
    }

    #[test]
    fn long_values_stay_in_a_log_that_is_read_by_key() {
        let long = vec![b'7'; MAX_KEPT + 1];
        let in_log = long.clone();
        let mut rows = Rows::with_log(Arc::new(move |key| match key {
            b"long" => Ok(Some(Row { content_type: ContentType::Json, value: in_log.clone().into() })),
            _ => Err(LogError::Unavailable("a disk".to_owned())),
        }));
        for (key, value) in [(&b"short"[..], &b"1"[..]), (b"long", &long), (b"broken", &long)] {
            rows.insert(key, &json(value), 10 * MINUTE_MS);
        }
        assert_eq!(rows.get(b"short", 0).unwrap(), Some(json(b"1")));
        assert_eq!(rows.get(b"long", 0).unwrap(), Some(json(&long)));
        assert_eq!(rows.get(b"long", 11 * MINUTE_MS).unwrap(), None);
        assert!(rows.get(b"broken", 0).is_err());
        assert_eq!(rows.iter(0).filter(Result::is_ok).count(), 2);
        rows.insert(b"broken", &json(b"2"), 10 * MINUTE_MS);
        assert_eq!(rows.get(b"broken", 0).unwrap(), Some(json(b"2")));
        let kept: usize = rows.table.iter().map(|packed| packed.len()).sum();
        assert!(kept < 100, "{kept} bytes");
    }
}
