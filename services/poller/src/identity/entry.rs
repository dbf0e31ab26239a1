//! The key that tells an entry from the others of its feed, and its article id.

use super::{
    Fingerprint, LinkHash, SeenEntry,
    canonical::{CanonicalLink, canonical_link, schemeless},
    canonical_url, carriers,
    fragments::{self, Linked},
    seen_entry::{number, upper_32, upper_64},
};
use crate::document::{Date, Document, Entry};
use proto::{id, vocab::precision};
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

/// What identifies an entry: see [`IdentifiedEntry`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    key: u64,
    canonical_url: String,
    article_id: u128,
}

/// An entry with its identity.
#[derive(Debug, Clone, PartialEq)]
pub struct IdentifiedEntry<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// Hash of the guid, else of the link, else of title and text.
    pub key: u64,
    /// The canonical link, with the fragment if that names an article of its own. An entry without a link of its own has
    /// a `urn:newswire:` name, the same at every poll.
    pub canonical_url: String,
    /// Article id, as a number: that of `canonical_url`, unless the feed's state knows the entry under another.
    pub article_id: u128,
    /// Hash of the plain text; see [`Fingerprint::text`].
    pub text: u64,
    /// Words of the text; see [`Fingerprint::words`].
    pub words: usize,
    /// Hash of the link.
    pub link: LinkHash,
    /// Hash of the publication date; 0 if there is none with a time.
    pub date: u32,
}

impl IdentifiedEntry<'_> {
    /// The article id, in 32 hexadecimal digits.
    #[must_use]
    pub fn article_id(&self) -> String {
        format!("{:032x}", self.article_id)
    }

    /// Its identity alone.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity { key: self.key, canonical_url: self.canonical_url.clone(), article_id: self.article_id }
    }

    /// Takes the identity that it was given before.
    pub fn set_identity(&mut self, identity: &Identity) {
        (self.key, self.article_id) = (identity.key, identity.article_id);
        self.canonical_url.clone_from(&identity.canonical_url);
    }
}

/// The entries of a document with their identities, in document order. `fingerprints` are those of the document,
/// `remembered` the entries that the feed has shown before.
///
/// A guid that several entries with different links share is combined with the link. A home page or root URL that is the
/// link of several different entries is not used as a link. An entry whose key is remembered keeps its article id, unless
/// the guid was given to another story: another link, another text and another date. Of entries with one key the first
/// counts.
#[must_use]
pub fn identify<'a>(
    feed_url: &str,
    document: &'a Document,
    fingerprints: &[Fingerprint],
    remembered: &[SeenEntry],
) -> Vec<IdentifiedEntry<'a>> {
    let home = canonical_url(&document.site_url);
    let links: Vec<Option<CanonicalLink>> =
        document.entries.iter().map(|entry| canonical_link(&carriers::article_link(entry))).collect();
    let guids: Vec<Cow<'_, str>> = document.entries.iter().map(|entry| canonical_guid(&entry.guid)).collect();

    let mut pages_of_guid: HashMap<&str, HashSet<&str>> = HashMap::new();
    // Entries by guid, else by title.
    let mut entries_of_page: HashMap<&str, HashSet<&str>> = HashMap::new();
    for ((entry, link), guid) in document.entries.iter().zip(&links).zip(&guids) {
        if let Some(link) = link {
            let page = schemeless(&link.page);
            pages_of_guid.entry(guid).or_default().insert(page);
            let item = if guid.is_empty() { &entry.title } else { &**guid };
            entries_of_page.entry(page).or_default().insert(item);
        }
    }
    let several = |map: &HashMap<&str, HashSet<&str>>, key: &str| map.get(key).is_some_and(|others| others.len() > 1);
    let is_home = |page: &str| is_root(page) || home.as_deref().map(schemeless) == Some(schemeless(page));
    let is_shared_home = |page: &str| is_home(page) && several(&entries_of_page, schemeless(page));

    let digest_of = |at: usize| fingerprints.get(at).map_or("", |fingerprint| fingerprint.digest.as_str());
    let linked: Vec<Linked<'_>> = document
        .entries
        .iter()
        .enumerate()
        .zip(&links)
        .zip(&guids)
        .map(|(((at, entry), link), guid)| {
            let page = link.as_ref().map(|link| link.page.as_str()).filter(|page| !is_shared_home(page));
            let key = match page.map(schemeless) {
                Some(page) if guid.is_empty() => id::digest(&[b"link", page.as_bytes()]),
                None if guid.is_empty() => id::digest(&[b"text", text_name(entry, digest_of(at)).as_bytes()]),
                Some(page) if several(&pages_of_guid, guid) => {
                    id::digest(&[b"guid+link", guid.as_bytes(), page.as_bytes()])
                }
                _ => id::digest(&[b"guid", guid.as_bytes()]),
            };
            Linked {
                entry,
                guid,
                key: upper_64(&key),
                link: link.as_ref(),
                hash: link.as_ref().map_or(LinkHash::default(), LinkHash::of),
                is_home: link.as_ref().is_some_and(|link| is_home(&link.page)),
            }
        })
        .collect();
    let own_urls = fragments::own_urls(&linked, remembered);

    let feed_id = id::feed_id(feed_url);
    let known: HashMap<u64, &SeenEntry> = remembered.iter().map(|seen| (seen.key, seen)).collect();
    let mut first: HashMap<u64, u128> = HashMap::new();
    let mut identified = Vec::with_capacity(linked.len());
    for (at, ((one, own_url), entry)) in linked.into_iter().zip(own_urls).zip(&document.entries).enumerate() {
        let page = one.link.map(|link| &link.page).filter(|page| !is_shared_home(page));
        let canonical_url = own_url.or_else(|| page.cloned()).unwrap_or_else(|| {
            if one.guid.is_empty() {
                format!("urn:newswire:text:{feed_id}:{}", text_name(entry, digest_of(at)))
            } else {
                format!("urn:newswire:guid:{feed_id}:{}", id::digest(&[one.guid.as_bytes()]))
            }
        });
        let mut identity = IdentifiedEntry {
            entry,
            key: one.key,
            article_id: number(&id::article_id(&canonical_url)),
            canonical_url,
            text: fingerprints.get(at).map_or(0, |fingerprint| fingerprint.text),
            words: fingerprints.get(at).map_or(0, |fingerprint| fingerprint.words),
            link: one.hash,
            date: entry.published.or(entry.updated).map_or(0, date_hash),
        };
        if let Some(seen) = known.get(&identity.key).filter(|seen| !is_another_story(seen, &identity)) {
            identity.article_id = seen.article_id;
        }
        identity.article_id = *first.entry(identity.key).or_insert(identity.article_id);
        identified.push(identity);
    }
    identified
}

/// True if a guid was given to another story. The date must be that of publication: one of the last change says nothing, and
/// the ids of Atom, where it often stands without the other, are never given again (RFC 4287 section 4.2.6).
fn is_another_story(seen: &SeenEntry, now: &IdentifiedEntry<'_>) -> bool {
    let other_page = seen.link.page() != 0 && now.link.page() != 0 && seen.link.page() != now.link.page();
    other_page
        && now.entry.published.is_some()
        && seen.text != now.text
        && seen.date != 0
        && now.date != 0
        && seen.date != now.date
}

/// What names an entry without guid and link: the digest of its plain text, else of its markup.
fn text_name<'d>(entry: &Entry, digest: &'d str) -> Cow<'d, str> {
    let has_text = [&entry.title, &entry.summary, &entry.content].iter().any(|source| !text::line(source).is_empty());
    if has_text {
        return digest.into();
    }
    id::digest(&[entry.title.as_bytes(), entry.summary.as_bytes(), entry.content.as_bytes()]).into()
}

/// Hash of a date; 0 if it has no time.
fn date_hash(date: Date) -> u32 {
    if !matches!(date.precision, precision::SECOND | precision::MINUTE) {
        return 0;
    }
    upper_32(&id::digest(&[date.at.as_second().to_string().as_bytes()])).max(1)
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
    use crate::identity::fingerprints;

    fn entry(guid: &str, link: &str, title: &str) -> Entry {
        Entry { guid: guid.into(), link: link.into(), title: title.into(), ..Entry::default() }
    }

    fn identified<'a>(feed_url: &str, document: &'a Document) -> Vec<IdentifiedEntry<'a>> {
        identify(feed_url, document, &fingerprints(document), &[])
    }

    fn ids(entries: Vec<Entry>) -> Vec<(u64, u128)> {
        let document = Document { entries, site_url: "https://e.org/news".into(), ..Document::default() };
        identified("https://e.org/feed", &document).into_iter().map(|one| (one.key, one.article_id)).collect()
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
        let keys: HashSet<u64> = ids(vec![entry("g", "https://e.org/a", "a"), entry("g", "https://e.org/b", "b")])
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
    fn an_entry_with_only_a_date_of_change_is_edited_not_replaced() {
        let at = |second: i64| Date {
            at: jiff::Timestamp::from_second(second).unwrap(),
            precision: precision::SECOND,
            assumed_zone: None,
            repaired: false,
        };
        let document = |slug: &str, title: &str, published: Option<i64>, updated: i64| {
            let entry = entry("tag:e.org,2026:1", &format!("https://e.org/{slug}"), title);
            let entry = Entry { published: published.map(at), updated: Some(at(updated)), ..entry };
            Document { entries: vec![entry], ..Document::default() }
        };
        let is_kept = |first: Option<i64>, second: Option<i64>| {
            let (before, after) = (document("a", "One", first, 1_000), document("b", "Two", second, 2_000));
            let one = &identified("https://e.org/feed", &before)[0];
            let seen = SeenEntry {
                key: one.key,
                article_id: one.article_id,
                text: one.text,
                link: one.link,
                seen_min: 1,
                renewed_min: 1,
                date: one.date,
            };
            let later = identify("https://e.org/feed", &after, &fingerprints(&after), &[seen]);
            later[0].article_id == one.article_id
        };
        assert!(is_kept(None, None), "only the date of the last change");
        assert!(is_kept(Some(500), Some(500)), "an edit of the link and the text");
        assert!(!is_kept(Some(500), Some(1_500)), "published again");
    }

    #[test]
    fn a_urn_is_specific_to_its_feed() {
        let document = Document { entries: vec![entry("7", "", "a")], ..Document::default() };
        let one = identified("https://a.org/feed", &document);
        let other = identified("https://b.org/feed", &document);
        assert_ne!(one.first().map(|e| &e.article_id), other.first().map(|e| &e.article_id));
    }
}
