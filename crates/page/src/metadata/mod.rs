//! What a page says about itself. Which source wins is the table in the README.

mod authors;
pub(crate) mod collect;
pub(crate) mod json_ld;
mod title;

use serde_json::{Map, Value};
use url::Url;

use collect::{Collected, TimeKind, collect, decoded, line};
use json_ld::{JsonLd, strings};

/// Longest text of a field, in bytes.
const MAX_FIELD: usize = 2_000;
/// Most keywords.
const MAX_KEYWORDS: usize = 50;

/// What a page says about itself; empty where it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The headline, without the name of the site.
    pub title: String,
    /// A summary.
    pub description: String,
    /// The address that the page calls its own; absolute, `http` or `https`.
    pub canonical_url: String,
    /// The name of the site.
    pub site_name: String,
    /// The language as written: a BCP 47 tag or an OpenGraph locale with its underscore as a hyphen.
    pub language: String,
    /// The address of the main image; absolute, `http` or `https`.
    pub image: String,
    /// The section of the site.
    pub section: String,
    /// Names of authors, in order, each once.
    pub authors: Vec<String>,
    /// Keywords, in order, each once.
    pub keywords: Vec<String>,
    /// The date of publication as written.
    pub published_text: String,
    /// The date of the last change as written.
    pub modified_text: String,
    /// What the page forbids: `noindex`, `noarchive`, `nosnippet`, `noai`, `noimageai`, `notranslate` and the like in lower
    /// case from the robots metas for all and for newswire, and `tdm-reservation` (W3C TDMRep, section 6.3). Sorted.
    pub opt_outs: Vec<String>,
    /// True if the page says that its article is not free (schema.org `isAccessibleForFree`, `article:content_tier`).
    pub paywalled: bool,
}

/// Reads the metadata of a page at `url`.
#[must_use]
pub fn metadata(html: &str, url: &Url) -> Metadata {
    let page = collect(html);
    let json = JsonLd::read(&page.json_ld);
    let base = url.join(&page.base).ok().filter(|_| !page.base.is_empty());
    Sources { article: json.article(), json: &json, page: &page, base: base.as_ref().unwrap_or(url) }.metadata()
}

/// Where values come from.
struct Sources<'a> {
    page: &'a Collected,
    json: &'a JsonLd,
    article: Option<&'a Map<String, Value>>,
    base: &'a Url,
}

impl Sources<'_> {
    fn metadata(&self) -> Metadata {
        let site_name = self.first(&[&self.meta(&["og:site_name"]), &self.publisher(), &self.meta(SITE)]);
        let (published_text, modified_text) = self.dates();
        Metadata {
            title: title::title(
                self.page,
                &self.json_text("headline"),
                &self.meta(&["og:title"]),
                &site_name,
                &self.titles(),
            ),
            description: self.first(&[
                &self.meta(&["og:description"]),
                &self.meta(&["description"]),
                &self.json_text("description"),
                &self.meta(DESCRIPTION),
            ]),
            canonical_url: self.canonical(),
            language: self.language(),
            image: self.image(),
            section: self.first(&[
                &self.json_text("articleSection"),
                &self.meta(&["article:section"]),
                &self.meta(SECTION),
            ]),
            authors: authors::authors(self.page, &self.json_authors(), &site_name),
            keywords: self.keywords(),
            published_text,
            modified_text,
            opt_outs: self.opt_outs(),
            paywalled: self.paywalled(),
            site_name,
        }
    }

    /// The first that is not empty, on one line.
    fn first(&self, values: &[&str]) -> String {
        let value = values.iter().map(|value| plain(value)).find(|value| !value.is_empty()).unwrap_or_default();
        cut(value)
    }

    /// The value of the first of these metas that has one, as written.
    fn meta(&self, keys: &[&str]) -> String {
        let found = keys.iter().find_map(|key| self.metas(key).next());
        found.unwrap_or_default().to_owned()
    }

    fn metas<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.page.metas.iter().filter(move |(k, _)| k == key).map(|(_, value)| value.trim())
    }

    fn json_text(&self, key: &str) -> String {
        let value = self.article.and_then(|article| article.get(key));
        value.and_then(|value| strings(value).into_iter().next()).unwrap_or_default()
    }

    fn json_authors(&self) -> Vec<String> {
        let of = |key| self.article.and_then(|article| article.get(key)).map(|value| self.json.names(value));
        of("author").filter(|names| !names.is_empty()).or_else(|| of("creator")).unwrap_or_default()
    }

    fn publisher(&self) -> String {
        let publisher = self.article.and_then(|article| article.get("publisher"));
        publisher.and_then(|value| self.json.names(value).into_iter().next()).unwrap_or_default()
    }

    fn titles(&self) -> Vec<String> {
        vec![self.meta(TITLE), self.json_text("name")]
    }

    fn absolute(&self, address: &str) -> Option<String> {
        let address = self.base.join(address.trim()).ok()?;
        (matches!(address.scheme(), "http" | "https") && address.as_str().len() <= MAX_FIELD).then(|| address.into())
    }

    fn canonical(&self) -> String {
        let has_word = |rel: &str| rel.split_ascii_whitespace().any(|word| word == "canonical");
        let link = self.page.links.iter().find(|(rel, _)| has_word(rel)).map(|(_, href)| href.clone());
        let of_article = || {
            let value = self.article.and_then(|article| article.get("mainEntityOfPage").or(article.get("url")))?;
            self.json.address(value)
        };
        let og = || Some(self.meta(&["og:url"])).filter(|url| !url.is_empty());
        link.or_else(og).or_else(of_article).and_then(|address| self.absolute(&address)).unwrap_or_default()
    }

    fn image(&self) -> String {
        let og = self.meta(&["og:image:secure_url", "og:image", "og:image:url"]);
        let of_article = || self.article.and_then(|article| article.get("image").or(article.get("thumbnailUrl")));
        let candidates = [
            Some(og),
            of_article().and_then(|value| self.json.address(value)),
            Some(self.meta(&[
                "twitter:image",
                "twitter:image:src",
                "parsely-image-url",
                "sailthru.image.full",
                "thumbnail",
            ])),
        ];
        let given = candidates.into_iter().flatten().filter(|address| !address.is_empty());
        given.filter_map(|address| self.absolute(&address)).next().unwrap_or_default()
    }

    fn language(&self) -> String {
        let is_language = |text: &str| {
            let primary = text.split(['-', '_']).next().unwrap_or_default();
            (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_alphabetic())
        };
        let candidates = [
            self.page.language.clone(),
            self.json_text("inLanguage"),
            self.meta(&["og:locale", "content-language", "language", "dc.language", "dcterms.language"]),
        ];
        let found = candidates.iter().map(|text| text.trim()).find(|text| is_language(text)).unwrap_or_default();
        found.split([',', ';', ' ']).next().unwrap_or_default().replace('_', "-")
    }

    /// Published and modified. A `time` element counts where nothing else says it.
    fn dates(&self) -> (String, String) {
        let page = |key: &str| {
            let value = self.json.page().and_then(|page| page.get(key)).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        let time = |kind| {
            let mut times = self.page.times.iter().filter(|time| time.kind == kind).map(|time| time.value.as_str());
            times.find(|value| value.bytes().any(|b| b.is_ascii_digit())).unwrap_or_default().to_owned()
        };
        let published = [
            self.json_text("datePublished"),
            self.meta(PUBLISHED),
            self.json_text("dateCreated"),
            time(TimeKind::Published),
            self.meta(PUBLISHED_LESS_SURE),
            page("datePublished"),
            self.json_text("uploadDate"),
            time(TimeKind::Unknown),
        ];
        let modified =
            [self.json_text("dateModified"), self.meta(MODIFIED), time(TimeKind::Modified), page("dateModified")];
        let is_date = |value: &&String| {
            value.bytes().filter(u8::is_ascii_digit).count() >= 3
                || value.chars().any(|c| c.is_numeric() && !c.is_ascii())
        };
        let first = |values: &[String]| values.iter().find(is_date).map(|value| cut(line(value))).unwrap_or_default();
        let (published, modified) = (first(&published), first(&modified));
        (if published.is_empty() { modified.clone() } else { published }, modified)
    }

    fn keywords(&self) -> Vec<String> {
        let of_article = self.article.and_then(|article| article.get("keywords")).map(strings).unwrap_or_default();
        let tags: Vec<String> = self.metas("article:tag").map(str::to_owned).collect();
        let metas = self.meta(&["news_keywords", "keywords", "parsely-tags", "sailthru.tags", "dc.subject"]);
        let lists = [of_article, tags, vec![metas]];
        let list = lists.into_iter().find(|list| list.iter().any(|word| !word.trim().is_empty())).unwrap_or_default();
        let mut keywords: Vec<String> = Vec::new();
        let separator = if list.len() == 1 && list.iter().any(|text| text.contains(';')) { ';' } else { ',' };
        for word in list.iter().flat_map(|text| text.split(separator)).map(plain) {
            if !word.is_empty() && word.len() <= 100 && keywords.len() < MAX_KEYWORDS && !keywords.contains(&word) {
                keywords.push(word);
            }
        }
        keywords
    }

    fn opt_outs(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for value in self.metas("robots").chain(self.metas("newswire")) {
            for word in value.split([',', ' ', ';']).map(|word| word.trim().to_ascii_lowercase()) {
                match word.as_str() {
                    "none" => found.extend(["nofollow".to_owned(), "noindex".to_owned()]),
                    "max-snippet:0" => found.push("nosnippet".to_owned()),
                    word if word.starts_with("no") && word.len() <= 20 => found.push(word.to_owned()),
                    _ => {}
                }
            }
        }
        if self.metas("tdm-reservation").any(|value| value == "1") {
            found.push("tdm-reservation".to_owned());
        }
        found.sort();
        found.dedup();
        found
    }

    fn paywalled(&self) -> bool {
        let is_no = |value: &Value| match value {
            Value::Bool(free) => !free,
            Value::String(text) => {
                let last = text.rsplit('/').next().unwrap_or_default();
                ["false", "no", "0"].iter().any(|no| no.eq_ignore_ascii_case(last.trim()))
            }
            Value::Number(number) => number.as_u64() == Some(0),
            _ => false,
        };
        let value = self.article.and_then(|article| article.get("isAccessibleForFree"));
        value.is_some_and(is_no) || self.metas("article:content_tier").any(|tier| tier.eq_ignore_ascii_case("locked"))
    }
}

const SITE: &[&str] =
    &["application-name", "dc.publisher", "dcterms.publisher", "article:publisher_name", "twitter:app:name:iphone"];
const DESCRIPTION: &[&str] = &["twitter:description", "dc.description", "dcterms.description", "sailthru.description"];
const TITLE: &[&str] =
    &["twitter:title", "parsely-title", "sailthru.title", "dc.title", "dcterms.title", "headline", "title"];
const SECTION: &[&str] =
    &["parsely-section", "section", "sailthru.section", "dcsext.section", "category", "article.section"];
const PUBLISHED: &[&str] = &[
    "article:published_time",
    "og:published_time",
    "og:article:published_time",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "dcterms.issued",
    "dc.date.issued",
    "publish-date",
    "published_time",
    "published_at",
    "publish_date",
    "publishdate",
    "pubdate",
    "article.published",
    "article_date_original",
    "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime",
];
const PUBLISHED_LESS_SURE: &[&str] = &[
    "dcterms.created",
    "dc.date.created",
    "dcterms.date",
    "dc.date",
    "date",
    "datecreated",
    "article:date",
    "og:pubdate",
    "og:regdate",
    "citation_publication_date",
    "citation_date",
];
const MODIFIED: &[&str] = &[
    "article:modified_time",
    "og:updated_time",
    "og:article:modified_time",
    "datemodified",
    "dcterms.modified",
    "dc.date.modified",
    "last-modified",
    "lastmod",
    "article.updated",
    "revised",
];

/// Text of a field on one line: references decoded, which JSON-LD has none of by its rules but often in fact, and inline tags off.
pub(crate) fn plain(value: &str) -> String {
    let decoded = if value.contains('&') { decoded(value) } else { value.into() };
    if decoded.contains("</") || decoded.contains("<br") { text::line(&decoded) } else { line(&decoded) }
}

fn cut(mut value: String) -> String {
    value.truncate(value.floor_char_boundary(MAX_FIELD));
    value
}
