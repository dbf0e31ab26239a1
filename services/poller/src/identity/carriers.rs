//! Links of carriers: wrappers that name the page they lead to, and entries that name the publisher's page apart from the link.
//! `wrappers.txt` lists the wrappers, [`proto::carrier`] the carriers.

use crate::document::Entry;
use base64::{
    Engine as _,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use percent_encoding::percent_decode_str;
use prost::Message as _;
use proto::carrier;
use std::{borrow::Cow, collections::HashMap, sync::LazyLock};
use url::Url;

/// Wrappers around wrappers that are followed.
const MAX_DEPTH: usize = 4;

/// A wrapper: the path that its links begin with, and where the page's URL stands.
type Wrapper = (&'static str, Place);

#[derive(Debug, Clone, Copy)]
enum Place {
    Query(&'static str),
    Path,
    AmpPath,
    PathParameter(&'static str),
    AfterAsterisk,
    GoogleNewsId,
}

/// An id of Google News, which its own feeds write in base64url. Field 4 was the page's URL until July 2024; since then it is a
/// token that only Google resolves. The form has no page: <https://github.com/searxng/searxng/pull/2306> has found it.
#[derive(Clone, PartialEq, prost::Message)]
struct GoogleNewsId {
    #[prost(string, tag = "4")]
    page: String,
}

/// Base64url, padded or not, and with any bits behind the last byte.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The wrappers by host as listed.
static WRAPPERS: LazyLock<HashMap<&'static str, Vec<Wrapper>>> = LazyLock::new(|| {
    let mut all: HashMap<&'static str, Vec<Wrapper>> = HashMap::new();
    for line in include_str!("wrappers.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let (Some(host), Some(path), Some(place)) = (columns.next(), columns.next(), columns.next()) else { continue };
        let place = match (place, place.strip_prefix('?')) {
            (_, Some(name)) => Place::Query(name),
            ("/", _) => Place::Path,
            ("/s/", _) => Place::AmpPath,
            ("*", _) => Place::AfterAsterisk,
            ("id", _) => Place::GoogleNewsId,
            (name, _) => Place::PathParameter(name),
        };
        all.entry(host).or_default().push((path, place));
    }
    all
});

/// The page that a link leads to by its own words; the link itself if it is no wrapper.
pub(super) fn unwrapped(link: Url) -> Url {
    let mut url = link;
    for _ in 0..MAX_DEPTH {
        match target(&url) {
            Some(page) => url = page,
            None => break,
        }
    }
    url
}

fn target(url: &Url) -> Option<Url> {
    let host = url.host_str()?.trim_end_matches('.');
    let below = host.split_once('.').map(|(_, parent)| format!("*.{parent}"));
    // `www.google.co.uk` is listed as `www.google.*`.
    let mut labels = host.splitn(3, '.');
    let any_country = labels.next().zip(labels.next()).map(|(one, two)| format!("{one}.{two}.*"));
    let listed = [Some(host.to_owned()), below, any_country].into_iter().flatten();
    let wrappers = listed.filter_map(|host| WRAPPERS.get(host.as_str())).flatten();
    wrappers.filter(|(path, _)| url.path().starts_with(path)).find_map(|(path, place)| page(url, path, *place))
}

fn page(url: &Url, path: &str, place: Place) -> Option<Url> {
    let text = match place {
        Place::Query(name) => {
            let pairs = url.query()?.split('&').filter_map(|pair| pair.split_once('='));
            let value = pairs.into_iter().find(|(key, _)| *key == name)?.1;
            with_scheme(percent_decode_str(value).decode_utf8().ok()?.trim())
        }
        Place::Path => in_path(url, "https", url.path().get(path.len()..)?)?,
        Place::AmpPath => {
            let rest = url.path().get(path.len()..)?;
            let (scheme, rest) = rest.strip_prefix("s/").map_or(("http", rest), |rest| ("https", rest));
            in_path(url, scheme, rest)?
        }
        Place::PathParameter(name) => {
            let value = url.path().split('/').find_map(|part| part.strip_prefix(name))?;
            percent_decode_str(value).decode_utf8().ok()?.into_owned()
        }
        Place::AfterAsterisk => url.as_str().split_once("/*")?.1.to_owned(),
        Place::GoogleNewsId => {
            let id = url.path().get(path.len()..)?.split('/').next()?;
            GoogleNewsId::decode(BASE64.decode(id).ok()?.as_slice()).ok()?.page
        }
    };
    let page = Url::parse(text.trim()).ok()?;
    (matches!(page.scheme(), "http" | "https") && page.host_str().is_some_and(|host| host.contains('.')))
        .then_some(page)
}

/// An address with its scheme, which Yandex leaves out. Any other text stays.
fn with_scheme(text: &str) -> String {
    let host = text.split(['/', '?', '#']).next().unwrap_or_default();
    // What ends in a number is no name.
    let is_name =
        host.rsplit_once('.').is_some_and(|(name, top)| !name.is_empty() && top.starts_with(char::is_alphabetic));
    let is_host = is_name && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
    if is_host { format!("https://{text}") } else { text.to_owned() }
}

/// The address that `rest`, the end of the path of `url`, is without its scheme.
fn in_path(url: &Url, scheme: &str, rest: &str) -> Option<String> {
    // A path that begins with no host is no address of a page.
    rest.split('/').next().filter(|host| host.contains('.'))?;
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    Some(format!("{scheme}://{rest}{query}"))
}

/// The link by which an entry is identified: the publisher's page where the entry names it apart from the link.
///
/// That is `origLink`; a guid that is an address, if the link is a carrier's; and an address on the site of the entry's `source` in
/// the guid or in a parameter of the link, if the link leads to another site.
pub(super) fn article_link(entry: &Entry) -> Cow<'_, str> {
    if is_page(&entry.original_link) {
        return Cow::Borrowed(&entry.original_link);
    }
    let Ok(link) = Url::parse(entry.link.trim()) else { return Cow::Borrowed(&entry.link) };
    let link = unwrapped(link);
    let has_named_guid = || is_page(&entry.guid) && is_on_site(&entry.guid, &entry.source.url);
    let is_elsewhere = !entry.source.url.is_empty() && !is_on_site(link.as_str(), &entry.source.url);
    if is_carriers(&link) && is_page(&entry.guid) || is_elsewhere && has_named_guid() {
        return Cow::Borrowed(&entry.guid);
    }
    let named = is_elsewhere.then(|| named_in_query(&link, &entry.source.url)).flatten();
    named.map_or(Cow::Borrowed(&entry.link), Cow::Owned)
}

/// The address on `site` that a parameter of `link` holds.
fn named_in_query(link: &Url, site: &str) -> Option<String> {
    let values = link.query()?.split('&').filter_map(|pair| pair.split_once('=')).take(MAX_PARAMETERS);
    let decoded = values.filter_map(|(_, value)| percent_decode_str(value).decode_utf8().ok());
    decoded.map(Cow::into_owned).find(|value| is_page(value) && is_on_site(value, site))
}

/// Parameters of a link that are looked at.
const MAX_PARAMETERS: usize = 50;

/// True if the host of `url` is that of `site`, or one is below the other.
fn is_on_site(url: &str, site: &str) -> bool {
    let host = |url: &str| {
        let host = Url::parse(url.trim()).ok()?.host_str()?.to_owned();
        Some(host.strip_prefix("www.").map_or(host.clone(), str::to_owned))
    };
    let (Some(one), Some(other)) = (host(url), host(site)) else { return false };
    let is_below =
        |one: &str, other: &str| one.strip_suffix(other).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    is_below(&one, &other) || is_below(&other, &one)
}

/// True for the address of a page that is not a carrier's.
fn is_page(text: &str) -> bool {
    let Ok(url) = Url::parse(text.trim()) else { return false };
    let url = unwrapped(url);
    let is_root = url.path() == "/" && url.query().is_none();
    matches!(url.scheme(), "http" | "https") && !is_root && !is_carriers(&url)
}

fn is_carriers(url: &Url) -> bool {
    url.host_str().is_some_and(|host| carrier::of(host, url.path()).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::canonical_url;

    #[test]
    fn a_wrapper_leads_to_the_page_that_it_names() {
        let page = "https://example.org/a?id=7";
        for link in [
            "https://www.google.com/url?rct=j&sa=t&url=https://example.org/a%3Fid%3D7&ct=ga",
            "https://www.google.co.uk/url?q=https%3A%2F%2Fexample.org%2Fa%3Fid%3D7&sa=U",
            "http://www.bing.com/news/apiclick.aspx?ref=FexRss&aid=&tid=1&url=https%3a%2f%2fexample.org%2fa%3fid%3d7&c=1",
            "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fa%3Fid%3D7%26fbclid%3Dx&h=AT1",
            "https://t.umblr.com/redirect?z=https%3A%2F%2Fexample.org%2Fa%3Fid%3D7&t=x",
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2Fa%3Fid%3D7&data=05",
            "https://example-org.cdn.ampproject.org/c/s/example.org/a?id=7",
            "https://www.google.com/amp/s/example.org/a?id=7",
            "https://r.search.yahoo.com/_ylt=A0/RV=2/RE=1/RO=10/RU=https%3a%2f%2fexample.org%2fa%3fid%3d7/RK=2/RS=x-",
            "http://us.rd.yahoo.com/dailynews/rss/world/*https://example.org/a?id=7",
            "https://news.yandex.ru/yandsearch?cl4url=example.org%2Fa%3Fid%3D7&from=rss",
            "https://news.yandex.com.tr/yandsearch?lang=tr&cl4url=example.org/a%3Fid%3D7",
            "https://redir.folha.com.br/redir/online/mundo/rss091/*https://example.org/a?id=7",
            "https://go.theregister.com/feed/example.org/a?id=7",
            "https://out.reddit.com/t3_x?url=https%3A%2F%2Fwww.google.com%2Furl%3Fq%3Dhttps%253A%252F%252Fexample.org%252Fa%253Fid%253D7",
        ] {
            assert_eq!(canonical_url(link).as_deref(), Some(page), "{link}");
        }
    }

    /// An id of Google News: a number, what it has for a page, and the same for its AMP page.
    fn google_news_id(page: &str) -> String {
        let field = |tag: &[u8], text: &str| [tag, &[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
        let amp = field(&[0xd2, 0x01], "https://amp.example.org/a");
        BASE64.encode([&[0x08, 0x13][..], &field(&[0x22], page), &amp].concat())
    }

    #[test]
    fn an_id_of_google_news_leads_to_the_page_that_it_holds() {
        let page = "https://example.org/a?id=7";
        let id = google_news_id(page);
        for id in [id.as_str(), id.trim_end_matches('=')] {
            for path in ["rss/articles", "articles", "read", "__i/rss/rd/articles"] {
                let link = format!("https://news.google.com/{path}/{id}?oc=5&hl=en-US");
                assert_eq!(canonical_url(&link).as_deref(), Some(page), "{link}");
            }
        }
        for other in ["AU_yqLM14jUFi6_aBWWl", "javascript:alert(1)", "https://news/", ""] {
            let link = format!("https://news.google.com/rss/articles/{}", google_news_id(other).trim_end_matches('='));
            assert_eq!(canonical_url(&link).as_deref(), Some(link.as_str()), "{other}");
        }
    }

    #[test]
    fn a_link_that_names_no_page_stays() {
        for link in [
            "https://www.google.com/search?q=https://example.org/",
            "https://www.google.com/url?sa=t",
            "https://www.google.com/url?q=javascript:alert(1)",
            "https://www.bing.com/news/search?q=harbour",
            "https://example.org/url?q=https://example.com/",
            "https://news.google.com/rss/articles/CBMi?oc=5",
            "https://www.google.com/amp/about",
            "https://www.google.com/url?q=mailto:a@example.org",
            "https://www.google.com/url?q=/search",
            "https://news.yandex.ru/yandsearch?cl4url=3d576a43465c69f4acd5347a231afee7",
            "https://news.yandex.ru/yandsearch?cl4url=1.5",
            "https://news.yandex.ru/yandsearch?text=example.org",
            "https://redir.folha.com.br/redir/online/mundo/rss091/",
            "https://go.theregister.com/feed/about",
        ] {
            assert_eq!(canonical_url(link).as_deref(), Some(link));
        }
    }

    #[test]
    fn the_publishers_page_comes_before_a_carriers_link() {
        let link = |link: &str, original_link: &str, guid: &str| {
            let (link, original_link, guid) = (link.to_owned(), original_link.to_owned(), guid.to_owned());
            article_link(&Entry { link, original_link, guid, ..Entry::default() }).into_owned()
        };
        let (carried, page) = ("http://feedproxy.google.com/~r/ExamplePost/~3/x/", "https://example.org/a");
        assert_eq!(link(carried, page, "1"), page);
        assert_eq!(link(carried, "", page), page);
        assert_eq!(link(carried, "", "https://example.org/"), carried);
        assert_eq!(link(carried, "", "tag:example.org,2026:1"), carried);
        assert_eq!(link(carried, carried, carried), carried);
        assert_eq!(link("https://feeds.example.org/~r/x", page, "1"), page);
        assert_eq!(link("https://feedpress.me/link/24028/17255561/a", "", page), page);
        assert_eq!(link("https://apple.news/A5vHgPPmQSvuIxPjeXLTdGQ", "", page), page);
        assert_eq!(link("https://ht.ly/a1b2", "", page), page);
        assert_eq!(link("https://www.google.co.uk/url?sa=t", "", page), page);
        assert_eq!(link("https://dzen.ru/news/story/a", "", page), page);
        assert_eq!(link(page, "", "https://example.com/c"), page);
        assert_eq!(link("/relative", "", page), "/relative");
    }

    #[test]
    fn an_address_on_the_site_of_the_source_comes_before_an_aggregators_link() {
        let link = |link: &str, guid: &str, source: &str| {
            let source = crate::document::Source { name: "Example".into(), url: source.into() };
            let entry = Entry { link: link.into(), guid: guid.into(), source, ..Entry::default() };
            article_link(&entry).into_owned()
        };
        let (site, page) = ("https://www.example.org", "https://news.example.org/a");
        let wrapped = "https://aggregator.example/go?id=1&to=https%3A%2F%2Fnews.example.org%2Fa";
        assert_eq!(link("https://aggregator.example/1", page, site), page);
        assert_eq!(link(wrapped, "1", site), page);
        assert_eq!(link(wrapped, "1", "https://example.com/"), wrapped);
        assert_eq!(link(wrapped, "1", ""), wrapped);
        assert_eq!(link(page, "https://example.org/?p=1", site), page);
        assert_eq!(
            link("https://aggregator.example/1", "https://other.example/a", site),
            "https://aggregator.example/1"
        );
    }
}
