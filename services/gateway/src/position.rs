//! A position in the enriched topic, which clients resume from.

use std::{collections::BTreeMap, fmt};

/// Most partitions of a position that a client sends.
const MAX_PARTITIONS: usize = 10_000;

/// The last offset read of each partition. As text: `0:17,3:2`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position(BTreeMap<i32, i64>);

impl Position {
    /// True if the record at this offset has been read.
    #[must_use]
    pub fn includes(&self, partition: i32, offset: i64) -> bool {
        self.last(partition).is_some_and(|last| last >= offset)
    }

    /// Sets the last offset of a partition.
    pub fn set(&mut self, partition: i32, offset: i64) {
        self.0.insert(partition, offset);
    }

    /// Last offset of a partition.
    #[must_use]
    pub fn last(&self, partition: i32) -> Option<i64> {
        self.0.get(&partition).copied()
    }

    /// Removes a partition, whose offsets have started again.
    pub fn forget(&mut self, partition: i32) {
        self.0.remove(&partition);
    }

    /// The partitions that the position covers.
    pub fn partitions(&self) -> impl Iterator<Item = i32> {
        self.0.keys().copied()
    }

    /// Parses the text form. `None` if it is malformed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut position = Position::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (partition, offset) = part.split_once(':')?;
            let (partition, offset) = (partition.parse().ok()?, offset.parse().ok()?);
            if partition < 0 || offset < 0 || position.0.len() > MAX_PARTITIONS {
                return None;
            }
            position.set(partition, offset);
        }
        Some(position)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (partition, offset)) in self.0.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(f, "{comma}{partition}:{offset}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_position_parses_back(parts in proptest::collection::btree_map(0..100_i32, 0..1_000_000_i64, 0..20)) {
            let mut position = Position::default();
            for (partition, offset) in parts {
                position.set(partition, offset);
            }
            proptest::prop_assert_eq!(Position::parse(&position.to_string()), Some(position));
        }

        #[test]
        fn parsing_accepts_any_text_without_a_panic(text in "[0-9:,-]{0,20}|\\PC{0,10}") {
            let _ = Position::parse(&text);
        }
    }
}
