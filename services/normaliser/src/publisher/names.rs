//! Domains and names of publishers.

use crate::title::key;
use url::{Host, Url};

/// Words that describe what a feed contains, not who publishes it.
const SECTIONS: &[&str] = &[
    "a",
    "africa",
    "all",
    "americas",
    "and",
    "articles",
    "asia",
    "atom",
    "blog",
    "breaking",
    "business",
    "content",
    "culture",
    "daily",
    "edition",
    "entertainment",
    "europe",
    "feed",
    "feeds",
    "for",
    "front",
    "from",
    "general",
    "headlines",
    "health",
    "home",
    "homepage",
    "in",
    "international",
    "last",
    "latest",
    "live",
    "local",
    "main",
    "most",
    "national",
    "new",
    "news",
    "of",
    "online",
    "opinion",
    "page",
    "pages",
    "politics",
    "posts",
    "recent",
    "region",
    "regional",
    "rss",
    "rss2",
    "science",
    "section",
    "sport",
    "sports",
    "stories",
    "story",
    "tech",
    "technology",
    "the",
    "today",
    "top",
    "uk",
    "update",
    "updates",
    "us",
    "video",
    "videos",
    "world",
    "xml",
    "economy",
    "middle",
    "east",
    // Spanish, Portuguese, French, German, Italian, Dutch, Turkish, Indonesian, Russian.
    "actualidad",
    "inicio",
    "internacional",
    "mundo",
    "noticias",
    "portada",
    "titulares",
    "ultimas",
    "\u{fa}ltimas",
    "not\u{ed}cias",
    "actualit\u{e9}s",
    "accueil",
    "monde",
    "une",
    "\u{e0}",
    "la",
    "le",
    "les",
    "aktuell",
    "nachrichten",
    "startseite",
    "welt",
    "notizie",
    "ultime",
    "nieuws",
    "haberler",
    "son",
    "dakika",
    "berita",
    "terkini",
    "\u{43d}\u{43e}\u{432}\u{43e}\u{441}\u{442}\u{438}",
    "\u{433}\u{43b}\u{430}\u{432}\u{43d}\u{44b}\u{435}",
];
/// Words that describe the kind of file or list where they follow a name.
const FILE_WORDS: [&str; 9] = ["rss", "rss2", "feed", "feeds", "atom", "xml", "articles", "headlines", "latest"];
/// Separators between a publisher's name and a section in the title of a feed.
const SEPARATORS: [&str; 14] = [
    "\u{ff5c}",
    " - ",
    " | ",
    " \u{2013} ",
    " \u{2014} ",
    " : ",
    " \u{b7} ",
    " \u{bb} ",
    " \u{2022} ",
    " :: ",
    " / ",
    " // ",
    " > ",
    ": ",
];

/// Registrable domain of a URL's host by the Public Suffix List with its private section (`a.github.io` and `b.github.io`
/// are two), in lower case; the host if it has none (an address, `localhost`, a bare suffix); empty if the URL has no host.
#[must_use]
pub fn domain(url: &str) -> String {
    let Ok(url) = Url::parse(url) else { return String::new() };
    match url.host() {
        Some(Host::Domain(host)) => {
            let host = host.trim_end_matches('.').to_ascii_lowercase();
            psl::domain_str(&host).map_or(host.clone(), str::to_owned)
        }
        Some(address) => address.to_string(),
        None => String::new(),
    }
}

/// The publisher's name: the one that the feed's definition gives, else the feed's title without sections and file words,
/// else the domain.
#[must_use]
pub fn name(defined: &str, feed_title: &str, domain: &str) -> String {
    if !defined.trim().is_empty() {
        return defined.trim().to_owned();
    }
    let label = key(domain.split('.').next().unwrap_or_default());
    let mut parts: Vec<&str> = vec![feed_title.trim()];
    for mark in SEPARATORS {
        parts = parts.into_iter().flat_map(|part| part.split(mark)).map(str::trim).collect();
    }
    let names: Vec<&str> = parts.into_iter().map(without_file_words).filter(|part| !is_section(part)).collect();
    // A part that the domain confirms wins over the first one: `World report | Example Post` on examplepost.com.
    let confirmed = names.iter().filter(|part| {
        let part = key(part);
        label.len() >= 3 && part.len() >= 3 && label.contains(&part)
    });
    let best = confirmed.max_by_key(|part| part.len()).or_else(|| names.first());
    best.map_or_else(|| domain.to_owned(), |part| (*part).to_owned())
}

fn without_file_words(part: &str) -> &str {
    let mut rest = part.trim();
    while let Some((before, last)) = rest.rsplit_once(' ') {
        let bare = last.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        if !FILE_WORDS.contains(&bare.as_str()) {
            break;
        }
        rest = before.trim();
    }
    rest
}

/// Words that many publishers' names have.
const COMMON: &[&str] = &["herald", "journal", "mail", "media", "planet", "post", "press", "times", "wire"];

/// True for a label of a domain that names no publisher: a word for what feeds contain, or one that many names have.
pub(super) fn is_common(label: &str) -> bool {
    is_section(label) || COMMON.contains(&label)
}

fn is_section(part: &str) -> bool {
    part.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .all(|word| SECTIONS.contains(&word.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_is_the_registrable_one() {
        for (url, expected) in [
            ("https://www.news.example.co.uk/a", "example.co.uk"),
            ("https://EXAMPLE.org.", "example.org"),
            ("http://127.0.0.1:8080/", "127.0.0.1"),
            ("http://localhost/", "localhost"),
            ("https://b\u{fc}cher.example/", "xn--bcher-kva.example"),
            ("https://someone.github.io/x", "someone.github.io"),
            ("mailto:a@example.org", ""),
            ("no url", ""),
        ] {
            assert_eq!(domain(url), expected, "{url}");
        }
    }

    /// The test data of the Public Suffix List.
    #[test]
    fn the_domain_is_that_of_the_lists_own_tests() {
        let Some(file) = test_support::corpora::find("corpora/url/psl_tests/tests.txt") else { return };
        let mut count = 0;
        for line in std::fs::read_to_string(file).unwrap().lines().filter(|line| !line.starts_with("//")) {
            let Some((host, expected)) = line.split_once(' ') else { continue };
            // No URL has such a host.
            if host == "null" || host.starts_with('.') {
                continue;
            }
            let url = Url::parse(&format!("https://{host}/")).unwrap();
            let host = url.host_str().unwrap();
            let expected = match expected {
                "null" => host.to_owned(),
                expected => Url::parse(&format!("https://{expected}/")).unwrap().host_str().unwrap().to_owned(),
            };
            assert_eq!(domain(url.as_str()), expected, "{host}");
            count += 1;
        }
        assert!(count > 60, "{count}");
    }

    #[test]
    fn the_name_is_the_feeds_title_without_sections_and_file_words() {
        for (title, domain, expected) in [
            ("HowPakistan", "example.com", "HowPakistan"),
            ("Example Post - World News", "x.com", "Example Post"),
            ("World news | The Example", "x.com", "The Example"),
            ("Example Post RSS Feed", "x.com", "Example Post"),
            ("Harbour report | Example Post", "examplepost.com", "Example Post"),
            ("EP > Top Stories", "x.com", "EP"),
            ("World News", "example.com", "example.com"),
            ("", "example.com", "example.com"),
            ("El Peri\u{f3}dico Ejemplo - Ejemplo", "elperiodicoejemplo.com", "El Peri\u{f3}dico Ejemplo"),
            ("Example Times latest articles", "x.com", "Example Times"),
            ("Portada // elejemplo", "elejemplo.es", "elejemplo"),
            ("El Ejemplo: \u{da}ltimas noticias", "x.es", "El Ejemplo"),
        ] {
            assert_eq!(name("", title, domain), expected, "{title}");
        }
    }

    #[test]
    fn the_name_of_the_definition_comes_first() {
        assert_eq!(name("Example News", "Something - World", "x.com"), "Example News");
    }
}
