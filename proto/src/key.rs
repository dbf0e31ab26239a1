//! Keys of state topics: the 16 bytes of an id. Public topics have the 32 hex digits as text.

pub use crate::id::to_hex;

/// An id that is not 32 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an id of 32 hex digits")]
pub struct KeyError(String);

/// Stands in [`VALUES`] for bytes that are no digit.
const NONE: u8 = 0xff;

/// The value of each byte as a digit of an id.
const VALUES: [u8; 256] = {
    let (mut values, mut digits, mut value) = ([NONE; 256], b"0123456789abcdef".as_slice(), 0);
    while let [digit, rest @ ..] = digits {
        values[*digit as usize] = value;
        (digits, value) = (rest, value + 1);
    }
    values
};

fn value(byte: u8) -> u8 {
    VALUES.get(usize::from(byte)).copied().unwrap_or(NONE)
}

/// True for the hex digits of ids, which are lower-case.
#[must_use]
pub fn is_digit(byte: u8) -> bool {
    value(byte) != NONE
}

/// The 16 bytes of an id.
///
/// # Errors
/// If `id` is not 32 lower-case hex digits.
pub fn to_bytes(id: &str) -> Result<[u8; 16], KeyError> {
    let digits: Option<&[u8; crate::id::DIGITS]> = id.as_bytes().try_into().ok();
    let bytes = digits.filter(|digits| digits.iter().all(|byte| is_digit(*byte))).map(|digits| {
        let mut bytes = [0; 16];
        for (byte, [high, low]) in bytes.iter_mut().zip(digits.as_chunks().0) {
            *byte = (value(*high) << 4) | value(*low);
        }
        bytes
    });
    bytes.ok_or_else(|| KeyError(id.chars().take(64).collect()))
}

/// The key of a feed's `FeedEntries`: 16 bytes that differ from the key of its `FeedState`.
///
/// # Errors
/// As [`to_bytes`].
pub fn of_entries(feed_id: &str) -> Result<[u8; 16], KeyError> {
    to_bytes(feed_id)?;
    to_bytes(&crate::id::digest(&[b"entries", feed_id.as_bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_round_trips_through_bytes() {
        let id = crate::id::feed_id("https://example.org/feed");
        assert_eq!(to_hex(&to_bytes(&id).unwrap()), id);
        assert_ne!(of_entries(&id).unwrap(), to_bytes(&id).unwrap());
    }

    #[test]
    fn only_ids_are_keys() {
        for wrong in
            ["", "x", "856D31b5508e061aa32b519868d34c4d", "856d31b5508e061aa32b519868d34c4", "ééééééééééééééééé"]
        {
            assert!(to_bytes(wrong).is_err(), "{wrong}");
        }
    }
}
