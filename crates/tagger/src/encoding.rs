//! Numbers of the model and vector files: LEB128 varints, zigzag for signed weights.

/// Why bytes are not a model, or not word vectors.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum ModelError {
    /// The magic number or the format version is another one.
    #[error("not a tagger file of a format that this program reads")]
    Format,
    /// The bytes end within a value.
    #[error("the tagger file is truncated")]
    Short,
    /// A value is out of range; the text names it.
    #[error("the tagger file is corrupt: {0}")]
    Corrupt(&'static str),
}

/// Appends an unsigned number as a varint of one to five bytes.
pub(crate) fn write_varint(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Takes `count` bytes off the front.
pub(crate) fn take<'b>(bytes: &mut &'b [u8], count: usize) -> Result<&'b [u8], ModelError> {
    let (head, tail) = bytes.split_at_checked(count).ok_or(ModelError::Short)?;
    *bytes = tail;
    Ok(head)
}

/// Takes a varint off the front.
pub(crate) fn read_varint(bytes: &mut &[u8]) -> Result<u32, ModelError> {
    let mut value = 0_u32;
    for shift in [0, 7, 14, 21, 28] {
        let byte = take(bytes, 1)?[0];
        value |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(ModelError::Corrupt("number"))
}

/// Appends a signed weight, zigzag-encoded.
pub(crate) fn write_weight(bytes: &mut Vec<u8>, weight: i16) {
    let weight = i32::from(weight);
    write_varint(bytes, (weight << 1 ^ weight >> 31) as u32);
}

/// Takes a signed weight off the front.
pub(crate) fn read_weight(bytes: &mut &[u8]) -> Result<i16, ModelError> {
    let value = read_varint(bytes)?;
    let signed = (value >> 1) as i32 ^ -((value & 1) as i32);
    i16::try_from(signed).map_err(|_| ModelError::Corrupt("weight"))
}
