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
/// belongs to it, too.
#[must_use]
pub fn of(host: &str, path: &str) -> Option<Carrier> {
    let mut rest = host.trim_end_matches('.');
    loop {
        let entries = LIST.get(rest).map_or(&[][..], Vec::as_slice);
        if let Some((_, carrier)) = entries.iter().find(|(below, _)| is_below(path, below)) {
            return Some(*carrier);
        }
        (_, rest) = rest.split_once('.')?;
    }
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
    }

    #[test]
    fn other_hosts_and_paths_are_none() {
        for (host, path) in [("example.org", "/"), ("notfeedburner.com", "/"), ("www.google.com", "/alertsx"), ("", "")]
        {
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
