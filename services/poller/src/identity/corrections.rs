//! Entries whose link and guid were corrected.

use super::{IdentifiedEntry, SeenEntry};
use std::collections::{HashMap, HashSet};

/// Words that a text must have for two entries with it to be one article.
const MIN_WORDS: usize = 20;

/// Gives an entry that is new, and says what a remembered one said, the article id of that. Returns the keys of the remembered
/// entries that are replaced.
///
/// Title, text of [`MIN_WORDS`] words or more, and date with time must be equal, the remembered entry must have been in the
/// feed's last document and in this one no more, and no other entry may fit on either side. The document must be complete.
pub(crate) fn join_corrected(entries: &mut [IdentifiedEntry<'_>], remembered: &[SeenEntry]) -> HashSet<u64> {
    let Some(last_document) = remembered.iter().map(|seen| seen.seen_min).max() else { return HashSet::new() };
    let keys: HashSet<u64> = remembered.iter().map(|seen| seen.key).collect();
    let ids: HashSet<u128> = remembered.iter().map(|seen| seen.article_id).collect();
    let is_new = |one: &IdentifiedEntry<'_>| !keys.contains(&one.key) && !ids.contains(&one.article_id);

    let mut new: HashMap<(u64, u32), HashSet<u128>> = HashMap::new();
    for one in entries.iter().filter(|one| one.words >= MIN_WORDS && one.date != 0 && is_new(one)) {
        new.entry((one.text, one.date)).or_default().insert(one.article_id);
    }
    if new.is_empty() {
        return HashSet::new();
    }
    let shown_keys: HashSet<u64> = entries.iter().map(|one| one.key).collect();
    let shown_ids: HashSet<u128> = entries.iter().map(|one| one.article_id).collect();
    let mut gone: HashMap<(u64, u32), Vec<&SeenEntry>> = HashMap::new();
    for seen in remembered.iter().filter(|seen| seen.seen_min == last_document) {
        if !shown_keys.contains(&seen.key) && !shown_ids.contains(&seen.article_id) {
            gone.entry((seen.text, seen.date)).or_default().push(seen);
        }
    }
    let mut replaced = HashSet::new();
    for one in entries.iter_mut() {
        let what = (one.text, one.date);
        if !new.get(&what).is_some_and(|ids| ids.len() == 1 && ids.contains(&one.article_id)) {
            continue;
        }
        if let Some([seen]) = gone.get(&what).map(Vec::as_slice) {
            one.article_id = seen.article_id;
            replaced.insert(seen.key);
        }
    }
    replaced
}
