//! Keys of state topics: the 16 bytes of an id. Public topics have the 32 hex digits as text.

pub use crate::id::to_hex;

/// An id that is not 32 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an id of 32 hex digits")]
pub struct KeyError(String);

/// The 16 bytes of an id.
///
/// # Errors
/// If `id` is not 32 lower-case hex digits.
pub fn to_bytes(id: &str) -> Result<[u8; 16], KeyError> {
    let error = || KeyError(id.chars().take(64).collect());
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(error()),
    };
    let digits: &[u8; crate::id::DIGITS] = id.as_bytes().try_into().map_err(|_| error())?;
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        if let [high, low] = pair {
            *byte = (digit(*high)? << 4) | digit(*low)?;
        }
    }
    Ok(bytes)
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
