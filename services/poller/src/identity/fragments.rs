//! When the fragment of a link names an article of its own.
//!
//! Most fragments name a place in a page, and the page is the article. Release notes and live blogs have several articles on
//! one page. A feed shows that it does so by two guids on one page under different fragments.

use super::{
    canonical::{CanonicalLink, schemeless},
    seen_entry::{LinkHash, SeenEntry, number},
};
use crate::document::Entry;
use proto::id;
use std::collections::{HashMap, HashSet};

/// An entry as far as fragments go.
pub(super) struct Linked<'a> {
    pub entry: &'a Entry,
    /// The guid in the form in which guids are compared.
    pub guid: &'a str,
    pub key: u64,
    pub link: Option<&'a CanonicalLink>,
    pub hash: LinkHash,
    /// True if the page is a home page.
    pub is_home: bool,
}

/// The canonical URL of each entry whose fragment names an article of its own, in document order; `None` for every other entry.
///
/// On a page where fragments count, an entry that the state knows has its fragment if its article id says so. A link without
/// fragment owns the page's own id, else the remembered entry that has it, else the oldest of the document that the state does
/// not know. A home page has no owner.
pub(super) fn own_urls(entries: &[Linked<'_>], remembered: &[SeenEntry]) -> Vec<Option<String>> {
    let mut urls = vec![None; entries.len()];
    let mut pages: HashMap<&str, Vec<(usize, &Linked<'_>, &CanonicalLink)>> = HashMap::new();
    for (at, one) in entries.iter().enumerate() {
        if let Some(link) = one.link {
            pages.entry(schemeless(&link.page)).or_default().push((at, one, link));
        }
    }
    pages.retain(|_, group| group.iter().any(|(_, one, link)| link.fragment.is_some() && !one.guid.is_empty()));
    if pages.is_empty() {
        return urls;
    }
    let by_key: HashMap<u64, &SeenEntry> = remembered.iter().map(|seen| (seen.key, seen)).collect();
    // Of entries of one article the first is the one that was published.
    let mut by_id: HashMap<u128, &SeenEntry> = HashMap::new();
    for seen in remembered {
        by_id.entry(seen.article_id).or_insert(seen);
    }
    let mut on_page: HashMap<u32, Vec<&SeenEntry>> = HashMap::new();
    for seen in remembered {
        on_page.entry(seen.link.page()).or_default().push(seen);
    }
    for group in pages.values() {
        let Some((_, first, link)) = group.first() else { continue };
        let seen_here = on_page.get(&first.hash.page()).map_or(&[][..], Vec::as_slice);
        if !count(group, seen_here) {
            continue;
        }
        let page_owner = by_id.get(&number(&id::article_id(&link.page)));
        let is_owned = page_owner.is_some() || first.is_home || group.iter().any(|(.., link)| link.fragment.is_none());
        let unknown = group.iter().filter(|(_, one, _)| !by_key.contains_key(&one.key));
        let oldest = if is_owned { None } else { oldest(unknown.map(|(at, one, _)| (*at, one.entry))) };
        for (at, one, link) in group {
            let Some(fragment) = link.fragment.as_deref().filter(|_| !one.guid.is_empty()) else { continue };
            let url = format!("{}#{fragment}", link.page);
            let owns_page = match by_key.get(&one.key) {
                Some(seen) => seen.article_id != number(&id::article_id(&url)),
                None => oldest == Some(*at) || page_owner.is_some_and(|owner| owner.link == one.hash),
            };
            if let Some(own) = urls.get_mut(*at).filter(|_| !owns_page) {
                *own = Some(url);
            }
        }
    }
    urls
}

/// True if two guids were shown on a page under different fragments: both in the document, or one of them before.
fn count(group: &[(usize, &Linked<'_>, &CanonicalLink)], seen_here: &[&SeenEntry]) -> bool {
    let with_guid = || group.iter().filter(|(_, one, _)| !one.guid.is_empty());
    let guids: HashSet<&str> = with_guid().map(|(_, one, _)| one.guid).collect();
    let fragments: HashSet<Option<&str>> = with_guid().map(|(.., link)| link.fragment.as_deref()).collect();
    // With two of each there are two entries that differ in both.
    if guids.len() > 1 && fragments.len() > 1 {
        return true;
    }
    with_guid().any(|(_, one, _)| {
        seen_here.iter().any(|seen| seen.key != one.key && seen.link.fragment() != one.hash.fragment())
    })
}

/// The entry that was published first if all have a date, else the last of the document.
fn oldest<'a>(entries: impl Iterator<Item = (usize, &'a Entry)>) -> Option<usize> {
    let entries: Vec<(usize, &Entry)> = entries.collect();
    let dated: Option<Vec<_>> =
        entries.iter().map(|(at, entry)| Some((entry.published.or(entry.updated)?.at, *at))).collect();
    match dated {
        // Of two with one date, the later of the document.
        Some(dated) => dated.into_iter().min_by_key(|(date, at)| (*date, std::cmp::Reverse(*at))).map(|(_, at)| at),
        None => entries.last().map(|(at, _)| *at),
    }
}
