//! The key that tells an entry from the others of its feed, and its article id.

use super::{
    canonical::{CanonicalLink, canonical_link},
    canonical_url,
};
use crate::document::{Document, Entry};
use proto::id;
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

/// An entry with its identity.
#[derive(Debug, Clone, PartialEq)]
pub struct IdentifiedEntry<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// Hash of the guid, else of the link, else of title and text, in hexadecimal.
    pub key: String,
    /// The canonical link. An entry without a link of its own has a `urn:newswire:` name, the same at every poll.
    pub canonical_url: String,
    /// Article id of `canonical_url`. Where the feed's state knows the key, the state's article id takes precedence.
    pub article_id: String,
    /// Hash of title, summary, content and canonical URL, 16 hexadecimal digits. Dates are left out: many feeds give the
    /// time of the poll.
    pub fingerprint: String,
}

/// The entries of a document with their identities, in document order.
///
/// A guid that several entries with different links share is combined with the link. A home page or root URL that is the
/// link of several different entries is not used as a link.
#[must_use]
pub fn identify<'a>(feed_url: &str, document: &'a Document) -> Vec<IdentifiedEntry<'a>> {
    let home = canonical_url(&document.site_url);
    let links: Vec<Option<String>> = document.entries.iter().map(|entry| canonical_url(&entry.link)).collect();
    let guids: Vec<Cow<'_, str>> = document.entries.iter().map(|entry| canonical_guid(&entry.guid)).collect();

    let mut links_of_guid: HashMap<&str, HashSet<&str>> = HashMap::new();
    // Entries by guid, else by title.
    let mut entries_of_link: HashMap<&str, HashSet<&str>> = HashMap::new();
    for ((entry, link), guid) in document.entries.iter().zip(&links).zip(&guids) {
        if let Some(link) = link {
            let link = schemeless(link);
            links_of_guid.entry(guid).or_default().insert(link);
            let item = if guid.is_empty() { &entry.title } else { &**guid };
            entries_of_link.entry(link).or_default().insert(item);
        }
    }
    let several = |map: &HashMap<&str, HashSet<&str>>, key: &str| map.get(key).is_some_and(|others| others.len() > 1);

    let is_home = |link: &str| is_root(link) || home.as_deref().map(schemeless) == Some(schemeless(link));
    let feed_id = id::feed_id(feed_url);
    document
        .entries
        .iter()
        .zip(&links)
        .zip(&guids)
        .map(|((entry, link), guid)| {
            let own = link.as_deref().filter(|link| !(is_home(link) && several(&entries_of_link, schemeless(link))));
            let text = || id::digest(&[entry.title.as_bytes(), entry.summary.as_bytes(), entry.content.as_bytes()]);
            let (key, urn) = if guid.is_empty() {
                match own {
                    Some(link) => (id::digest(&[b"link", schemeless(link).as_bytes()]), String::new()),
                    None => {
                        let text = text();
                        (id::digest(&[b"text", text.as_bytes()]), format!("urn:newswire:text:{feed_id}:{text}"))
                    }
                }
            } else {
                let key = match own {
                    Some(link) if several(&links_of_guid, guid) => {
                        id::digest(&[b"guid+link", guid.as_bytes(), schemeless(link).as_bytes()])
                    }
                    _ => id::digest(&[b"guid", guid.as_bytes()]),
                };
                (key, format!("urn:newswire:guid:{feed_id}:{}", id::digest(&[guid.as_bytes()])))
            };
            let canonical_url = own.map_or(urn, str::to_owned);
            let mut fingerprint = id::digest(&[
                entry.title.as_bytes(),
                entry.summary.as_bytes(),
                entry.content.as_bytes(),
                canonical_url.as_bytes(),
            ]);
            // It is only compared with the fingerprint of the same entry: 64 bits are enough, and keep the state small.
            fingerprint.truncate(16);
            IdentifiedEntry { entry, key, article_id: id::article_id(&canonical_url), canonical_url, fingerprint }
        })
        .collect()
}

/// A canonical link without http or https, in which links are compared.
fn schemeless(link: &str) -> &str {
    link.split_once("://").map_or(link, |(_, rest)| rest)
}

/// The form in which guids are compared. Of an absolute http or https URL it is the canonical form with the scheme https and
/// the fragment, unless that only tracks; of anything else the guid itself.
fn canonical_guid(guid: &str) -> Cow<'_, str> {
    let is_url = ["http://", "https://"]
        .iter()
        .any(|scheme| guid.trim_start().get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    match is_url.then(|| canonical_link(guid)).flatten() {
        None => guid.into(),
        Some(CanonicalLink { page, fragment: None }) => id::as_https(&page).into_owned().into(),
        Some(CanonicalLink { page, fragment: Some(fragment) }) => format!("{}#{fragment}", id::as_https(&page)).into(),
    }
}

fn is_root(link: &str) -> bool {
    url::Url::parse(link).is_ok_and(|url| url.path() == "/" && url.query().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(guid: &str, link: &str, title: &str) -> Entry {
        Entry { guid: guid.into(), link: link.into(), title: title.into(), ..Entry::default() }
    }

    fn ids(entries: Vec<Entry>) -> Vec<(String, String)> {
        let document = Document { entries, site_url: "https://e.org/news".into(), ..Document::default() };
        identify("https://e.org/feed", &document).into_iter().map(|one| (one.key, one.article_id)).collect()
    }

    fn distinct(entries: Vec<Entry>) -> usize {
        ids(entries).into_iter().map(|(_, id)| id).collect::<HashSet<_>>().len()
    }

    #[test]
    fn a_changed_link_keeps_the_key_of_its_guid() {
        let first = ids(vec![entry("g", "https://e.org/a", "t")]);
        let later = ids(vec![entry("g", "https://e.org/b", "t")]);
        assert_eq!(first.first().map(|one| &one.0), later.first().map(|one| &one.0));
        assert_ne!(first, later);
    }

    #[test]
    fn guids_and_links_that_differ_in_scheme_or_tracking_give_one_identity() {
        let one = ids(vec![entry("http://e.org/?p=9", "http://e.org/a", "t")]);
        for (guid, link) in [
            ("https://e.org/?p=9", "https://e.org/a"),
            ("HTTPS://E.org:443/?p=9&utm_source=rss", "https://e.org/a?utm_medium=feed"),
            ("http://e.org/?p=9#xtor=RSS-1", "http://e.org/a#xtor=RSS-1"),
        ] {
            assert_eq!(ids(vec![entry(guid, link, "t")]), one, "{guid}");
            assert_eq!(distinct(vec![entry(guid, link, "t"), entry("http://e.org/?p=9", "http://e.org/a", "t")]), 1);
        }
        assert_ne!(ids(vec![entry("http://e.org/?p=9#part", "http://e.org/a", "t")]).pop().unwrap().0, one[0].0);
        let bare = ids(vec![entry("", "http://e.org/a", "t")]);
        assert_eq!(ids(vec![entry("", "https://e.org/a", "t")]), bare);
    }

    #[test]
    fn entries_that_share_a_guid_keep_apart_by_link() {
        assert_eq!(distinct(vec![entry("g", "https://e.org/a", "a"), entry("g", "https://e.org/b", "b")]), 2);
        let keys: HashSet<String> = ids(vec![entry("g", "https://e.org/a", "a"), entry("g", "https://e.org/b", "b")])
            .into_iter()
            .map(|one| one.0)
            .collect();
        assert_eq!(keys.len(), 2);
    }

    #[test]
    fn entries_that_all_link_to_the_home_page_keep_apart() {
        assert_eq!(distinct(vec![entry("1", "https://e.org/news", "a"), entry("2", "https://e.org/news", "b")]), 2);
        assert_eq!(distinct(vec![entry("1", "https://e.org/", "a"), entry("2", "https://e.org/", "b")]), 2);
        assert_eq!(distinct(vec![entry("", "https://e.org/", "a"), entry("", "https://e.org/", "b")]), 2);
        assert_eq!(distinct(vec![entry("1", "https://e.org/a", "a"), entry("2", "https://e.org/a", "b")]), 1);
    }

    #[test]
    fn an_entry_without_guid_and_link_is_identified_by_its_text() {
        let once = ids(vec![entry("", "", "a"), entry("", "", "b"), entry("", "", "a")]);
        assert_eq!(once, ids(vec![entry("", "", "a"), entry("", "", "b"), entry("", "", "a")]));
        assert_eq!(once.iter().collect::<HashSet<_>>().len(), 2);
    }

    #[test]
    fn a_urn_is_specific_to_its_feed() {
        let document = Document { entries: vec![entry("7", "", "a")], ..Document::default() };
        let one = identify("https://a.org/feed", &document);
        let other = identify("https://b.org/feed", &document);
        assert_ne!(one.first().map(|e| &e.article_id), other.first().map(|e| &e.article_id));
    }
}
