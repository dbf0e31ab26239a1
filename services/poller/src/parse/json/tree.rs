//! Reads JSON into a tree. Members that JSON Feed does not define, and array elements beyond the limit, are skipped and take
//! no memory.

use std::cell::Cell;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The members of JSON Feed 1.0 and 1.1 that are read.
const KNOWN: &[&str] = &[
    "attachments",
    "author",
    "authors",
    "banner_image",
    "content_html",
    "content_text",
    "date_modified",
    "date_published",
    "description",
    "expired",
    "external_url",
    "feed_url",
    "home_page_url",
    "hubs",
    "id",
    "image",
    "items",
    "language",
    "mime_type",
    "name",
    "next_url",
    "size_in_bytes",
    "summary",
    "tags",
    "title",
    "url",
    "version",
];

/// Values of one document that are kept, 32 bytes each and more. Those beyond are skipped.
const MAX_VALUES: usize = 500_000;

/// Reads `text`, and of each array at most `max` elements and one more. serde_json limits nesting to 128.
///
/// # Errors
/// Invalid JSON.
pub fn read(text: &str, max: usize) -> serde_json::Result<Value> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let left = Cell::new(MAX_VALUES);
    let value = Tree { max, left: &left }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

#[derive(Clone, Copy)]
struct Tree<'l> {
    max: usize,
    /// Values that may still be kept.
    left: &'l Cell<usize>,
}

impl Tree<'_> {
    /// True if another value may be kept; counts it.
    fn may_keep(self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Value;

    fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while all.len() <= self.max && self.may_keep() {
            match seq.next_element_seed(self)? {
                Some(value) => all.push(value),
                None => return Ok(all.into()),
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(all.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if KNOWN.binary_search(&key.as_str()).is_ok() && self.may_keep() {
                all.insert(key, map.next_value_seed(self)?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(all.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_members_and_elements_over_the_limit_are_skipped() {
        assert!(KNOWN.is_sorted());
        let text = r#"{"id":1,"x":{"y":[1,{}]},"tags":["a",null,true,1.5,-1],"items":[1,2,3,4]}"#;
        let value = read(text, 2).unwrap();
        assert_eq!(value.to_string(), r#"{"id":1,"items":[1,2,3],"tags":["a",null,true]}"#);
        let many = format!("[{}0]", "[1,1,1,1,1,1,1,1,1],".repeat(MAX_VALUES / 5));
        let kept = read(&many, usize::MAX - 1).unwrap();
        let values: usize =
            kept.as_array().unwrap().iter().map(|inner| inner.as_array().map_or(1, |all| all.len() + 1)).sum();
        assert!(values <= MAX_VALUES, "{values}");
        assert!(read("{} x", 2).is_err() && read(&"[".repeat(100_000), 2).is_err());
    }
}
