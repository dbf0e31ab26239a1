//! The documents of the index that a filter selects.

use super::{filter::Filter, index::Index};
use roaring::RoaringBitmap;

/// The documents that meet all conditions but those on the time; `None` if there are no such conditions.
pub fn search(filter: &Filter, index: &Index) -> Option<RoaringBitmap> {
    let mut parts: Vec<RoaringBitmap> = filter.patterns.iter().map(|any| index.any(any)).collect();
    for wanted in &filter.entities {
        let mut found = RoaringBitmap::new();
        for id in index.aliases(wanted) {
            found |= index.documents(id);
        }
        parts.push(found);
    }
    // The smallest first: what is left only shrinks.
    parts.sort_by_key(RoaringBitmap::len);
    let mut parts = parts.into_iter();
    let first = parts.next()?;
    Some(parts.fold(first, |left, part| left & part))
}
