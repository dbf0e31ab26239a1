//! The number of a dead letter.

use std::{fmt, str::FromStr};
use stream::Record;

/// Partition and offset of a dead letter, as text `3/41`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    partition: i32,
    offset: i64,
}

impl Number {
    pub fn of(record: &Record) -> Self {
        Number { partition: record.partition, offset: record.offset }
    }
}

impl FromStr for Number {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(partition, offset)| {
            Some(Number { partition: partition.parse().ok()?, offset: offset.parse().ok()? })
        });
        parsed.ok_or_else(|| "expected PARTITION/OFFSET, such as 3/41".to_owned())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.partition, self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_partition_and_offset() {
        let number: Number = "3/41".parse().unwrap();
        assert_eq!((number.partition, number.offset, number.to_string().as_str()), (3, 41, "3/41"));
        assert!("3".parse::<Number>().is_err() && "a/b".parse::<Number>().is_err());
    }
}
