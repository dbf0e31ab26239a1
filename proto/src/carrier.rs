//! Carriers: services that transport the articles of other publishers. `carriers.txt` lists them.

use std::{collections::HashMap, sync::LazyLock};

/// A carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carrier {
    /// Its name, as `Article.carrier` shows it.
    pub name: &'static str,
    /// True if a feed of it mixes publishers.
    pub mixes: bool,
}

/// A host's entries, each with the path below which it holds (empty: all of them).
type Entries = Vec<(&'static str, Carrier)>;

static LIST: LazyLock<HashMap<&'static str, Entries>> = LazyLock::new(|| {
    let mut hosts: HashMap<&'static str, Entries> = HashMap::new();
    for (place, carrier) in lines() {
        let (host, path) = place.find('/').map_or((place, ""), |at| place.split_at(at));
        hosts.entry(host).or_default().push((path, carrier));
    }
    hosts
});

fn lines() -> impl Iterator<Item = (&'static str, Carrier)> {
    let lines = include_str!("carriers.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut columns = line.split('\t');
        Some((columns.next()?, Carrier { name: columns.next()?, mixes: columns.next() == Some("many") }))
    })
}

/// The carrier that a host in lower case and a path belong to; `None` if it is none that is listed. A host below a listed one
/// belongs to it, too; `.*` at the end of a listed one is the domain of any country.
#[must_use]
pub fn of(host: &str, path: &str) -> Option<Carrier> {
    let host = host.trim_end_matches('.');
    let parents = std::iter::successors(Some(host), |host| host.split_once('.').map(|(_, parent)| parent));
    // `www.google.co.uk` is listed as `www.google.*`.
    let mut labels = host.splitn(3, '.');
    let any_country = labels.next().zip(labels.next()).map(|(one, two)| format!("{one}.{two}.*"));
    parents.chain(any_country.as_deref()).find_map(|host| listed(host, path))
}

/// The carrier of the entries of this host that the path is below.
fn listed(host: &str, path: &str) -> Option<Carrier> {
    let entries = LIST.get(host)?;
    entries.iter().find(|(below, _)| is_below(path, below)).map(|(_, carrier)| *carrier)
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| folder.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_host_and_those_below_it_are_carriers() {
        let name = |host, path| of(host, path).map(|carrier| (carrier.name, carrier.mixes));
        assert_eq!(name("feeds.feedburner.com", "/example"), Some(("FeedBurner", false)));
        assert_eq!(name("rss.feedspot.com", "/"), Some(("Feedspot", true)));
        assert_eq!(name("www.google.com", "/alerts/feeds/1/2"), Some(("Google Alerts", true)));
        assert_eq!(name("news.google.com.", "/rss"), Some(("Google News", true)));
        assert_eq!(name("dzen.ru", "/news/story/a"), Some(("Dzen News", true)));
        assert_eq!(name("tracking.feedpress.it", "/link/1/2/a"), Some(("FeedPress", false)));
        assert_eq!(name("apple.news", "/A5vHgPPmQSvuIxPjeXLTdGQ"), Some(("Apple News", true)));
        assert_eq!(name("hubs.ly", "/H02TfJ60"), Some(("HubSpot", false)));
    }

    #[test]
    fn a_host_may_be_listed_for_the_domains_of_all_countries() {
        let name = |host, path| of(host, path).map(|carrier| (carrier.name, carrier.mixes));
        assert_eq!(name("www.google.co.uk", "/alerts/feeds/1/2"), Some(("Google Alerts", true)));
        assert_eq!(name("www.google.de.", "/url"), Some(("Google", true)));
        assert_eq!(name("www.google.fr", "/amp/s/example.org/a"), Some(("Google", true)));
        assert_eq!(name("news.google.co.uk", "/news"), Some(("Google News", true)));
        assert_eq!(name("news.yandex.com.tr", "/yandsearch"), Some(("Yandex News", true)));
    }

    #[test]
    fn other_hosts_and_paths_are_none() {
        for (host, path) in [
            ("example.org", "/"),
            ("notfeedburner.com", "/"),
            ("www.google.com", "/alertsx"),
            ("www.google.co.uk", "/search"),
            ("www.google.example.org", "/"),
            ("my.www.google.de", "/url"),
            ("dzen.ru", "/a/b"),
            ("www.theregister.com", "/"),
            ("", ""),
        ] {
            assert_eq!(of(host, path), None, "{host}{path}");
        }
    }

    #[test]
    fn lines_are_places_in_lower_case_with_a_name_each_once() {
        let mut seen = std::collections::HashSet::new();
        for line in include_str!("carriers.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            assert!(line.split_once('\t').is_some_and(|(_, name)| !name.trim().is_empty()), "{line}");
        }
        for (place, _) in lines() {
            assert_eq!(place, place.to_ascii_lowercase());
            assert!(seen.insert(place), "{place} is listed twice");
        }
    }
}
