//! Values of rows with their ids packed: state holds many ids as 32 hex digits, often the row's key or twice the same.

use proto::{id::DIGITS, key};
use std::borrow::Cow;

/// Bytes of an id.
const ID: usize = DIGITS / 2;
/// What follows a stretch of other bytes: an id that was not seen before, and its bytes; the row's key; or, from `SEEN` on, the
/// number of an id among those that were not seen before.
const NEW: u8 = 0;
const KEY: u8 = 1;
const SEEN: u8 = 2;
/// Most ids of a row that are packed.
const MAX_IDS: usize = (u8::MAX - SEEN) as usize;

/// Appends `value` to `packed`, as stretches of other bytes, each behind its length and all but the last before an id. Returns
/// false, and appends nothing, if the value has no id.
pub(super) fn pack(key: &[u8], value: &[u8], packed: &mut Vec<u8>) -> bool {
    let (mut ids, mut from, mut at): (Vec<[u8; ID]>, _, _) = (Vec::new(), 0, 0);
    let mut has_id = false;
    while let Some(digits) = value.get(at..at + DIGITS) {
        if let Some(last) = digits.iter().rposition(|byte| !key::is_digit(*byte)) {
            at += last + 1;
            continue;
        }
        let (begin, end) = (at, at + DIGITS);
        at = end;
        let (Some(stretch), Some(id)) = (value.get(from..begin), id(digits)) else { continue };
        let seen = ids.iter().position(|one| *one == id);
        if id != key && seen.is_none() && ids.len() == MAX_IDS {
            continue;
        }
        append(stretch, packed);
        match (id == key, seen.and_then(|number| u8::try_from(number).ok())) {
            (true, _) => packed.push(KEY),
            (false, Some(number)) => packed.push(SEEN + number),
            (false, None) => {
                packed.push(NEW);
                packed.extend_from_slice(&id);
                ids.push(id);
            }
        }
        (from, has_id) = (end, true);
    }
    if has_id {
        append(value.get(from..).unwrap_or_default(), packed);
    }
    has_id
}

/// The value that was packed. What [`pack`] has not written has no defined value.
pub(super) fn unpack<'a>(key: &[u8], mut packed: &'a [u8]) -> Cow<'a, [u8]> {
    let mut value = Vec::with_capacity(packed.len() * 2);
    let mut ids: Vec<&[u8]> = Vec::new();
    while let Some(stretch) = take_stretch(&mut packed) {
        value.extend_from_slice(stretch);
        let Some((what, rest)) = packed.split_first() else { break };
        packed = rest;
        let id = match *what {
            KEY => Some(key),
            NEW => packed.split_at_checked(ID).map(|(id, rest)| {
                packed = rest;
                ids.push(id);
                id
            }),
            number => ids.get(usize::from(number - SEEN)).copied(),
        };
        let Some(id) = id.and_then(|id| <&[u8; ID]>::try_from(id).ok()) else { break };
        value.extend_from_slice(key::to_hex(id).as_bytes());
    }
    value.into()
}

fn id(digits: &[u8]) -> Option<[u8; ID]> {
    key::to_bytes(std::str::from_utf8(digits).ok()?).ok()
}

/// Length in groups of seven bits, then the bytes.
fn append(stretch: &[u8], packed: &mut Vec<u8>) {
    let mut length = stretch.len();
    loop {
        let [low, ..] = length.to_le_bytes();
        length >>= 7;
        if length == 0 {
            packed.push(low & 0x7f);
            break;
        }
        packed.push(low | 0x80);
    }
    packed.extend_from_slice(stretch);
}

fn take_stretch<'a>(packed: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (mut length, mut shift) = (0_usize, 0);
    loop {
        let (byte, rest) = packed.split_first()?;
        *packed = rest;
        length |= usize::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    let (stretch, rest) = packed.split_at_checked(length)?;
    *packed = rest;
    Some(stretch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packed(key: &[u8], value: &[u8]) -> Option<Vec<u8>> {
        let mut packed = Vec::new();
        pack(key, value, &mut packed).then_some(packed)
    }

    #[test]
    fn ids_take_their_bytes_once() {
        let (key, other) = ([0xab; ID], [0x12; ID]);
        let [key_text, other_text] = [key, other].map(|id| key::to_hex(&id));
        let value = format!("x{key_text}, {other_text}; {other_text}0");
        let packed = packed(&key, value.as_bytes()).unwrap();
        // Stretches with their lengths: 2 + 3 + 3 + 2. What stands for an id: 1 + 1 + 16 + 1.
        assert_eq!(packed.len(), 10 + 19);
        assert_eq!(unpack(&key, &packed), value.as_bytes());
    }

    proptest! {
        #[test]
        fn values_round_trip(
            parts in proptest::collection::vec(prop_oneof!["[0-9a-f]{0,70}", "(0{32}){1,3}", ".{0,5}", "x{120,300}"], 0..12),
            key in prop_oneof![Just(vec![0; ID]), proptest::collection::vec(any::<u8>(), 0..20)],
        ) {
            let value = parts.concat();
            let has_id = value.as_bytes().split(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'f')).any(|run| run.len() >= DIGITS);
            let packed = packed(&key, value.as_bytes());
            prop_assert_eq!(packed.is_some(), has_id);
            if let Some(packed) = packed {
                prop_assert_eq!(unpack(&key, &packed), value.as_bytes());
            }
        }
    }

    #[test]
    fn more_ids_than_have_numbers_round_trip() {
        let value: String = (0..300_u128).chain(0..300).map(|number| key::to_hex(&number.to_be_bytes())).collect();
        let packed = packed(b"", value.as_bytes()).unwrap();
        assert_eq!(unpack(b"", &packed), value.as_bytes());
    }
}
