//! One pass over a page collects what may be metadata.

use std::borrow::Cow;

use crate::scan::{Piece, Scanner, Tag, is_void};

/// Most values of a kind that are kept, and their longest text in bytes.
const MAX_VALUES: usize = 200;
const MAX_TEXT: usize = 4_000;
/// Most bytes of JSON-LD that are read.
const MAX_JSON: usize = 2 << 20;
/// Elements whose text is collected at one time.
const MAX_OPEN: usize = 8;

/// What a page says about itself, in its order.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    /// Key in lower case and value of `meta`: `name`, `property`, `itemprop` or `http-equiv`, and `content`.
    pub metas: Vec<(String, String)>,
    /// Words of `rel` in lower case and address of `link`.
    pub links: Vec<(String, String)>,
    pub language: String,
    pub base: String,
    pub title: String,
    pub h1: Vec<String>,
    pub times: Vec<Time>,
    /// Text of elements that name an author, the surest first when sorted.
    pub authors: Vec<(Byline, String)>,
    /// Text of JSON-LD blocks.
    pub json_ld: Vec<String>,
}

/// A `time` element, or a date by microdata.
#[derive(Debug, Default)]
pub(crate) struct Time {
    pub value: String,
    pub kind: TimeKind,
}

/// What a time stands for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeKind {
    Published,
    Modified,
    #[default]
    Unknown,
}

/// How an element names an author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Byline {
    /// `itemprop="author"` or the name in it.
    Microdata,
    /// `rel="author"`.
    Relation,
    /// A class such as `author` or `byline`.
    Class,
}

enum Use {
    H1,
    Author(Byline),
    Time(TimeKind),
}

struct Open {
    name: String,
    depth: usize,
    text: String,
    usage: Use,
}

/// Collects from `html`.
pub(crate) fn collect(html: &str) -> Collected {
    let mut page = Collected::default();
    let mut open: Vec<Open> = Vec::new();
    let mut raw = "";
    let mut json = 0;
    for piece in Scanner::new(html) {
        match piece {
            Piece::Start(tag) => {
                raw = raw_kind(&tag);
                for element in open.iter_mut().filter(|e| tag.is(&e.name)) {
                    element.depth += 1;
                }
                if tag.is("br") || tag.is("p") || tag.is("div") || tag.is("li") {
                    open.iter_mut().for_each(|element| element.text.push('\n'));
                }
                if let Some(usage) = page.start(&tag)
                    && open.len() < MAX_OPEN
                    && !is_void(tag.name)
                {
                    open.push(Open { name: tag.name.to_ascii_lowercase(), depth: 1, text: String::new(), usage });
                }
            }
            Piece::Raw(text) => match raw {
                "json" if json + text.len() <= MAX_JSON => {
                    json += text.len();
                    page.json_ld.push(text.to_owned());
                }
                "title" if page.title.is_empty() => page.title = line(&decoded(text)),
                _ => {}
            },
            Piece::Text(text) => {
                for element in open.iter_mut().filter(|e| e.text.len() < MAX_TEXT) {
                    element.text.push_str(text);
                }
            }
            Piece::End(name, _) => {
                for element in open.iter_mut().filter(|e| e.name.eq_ignore_ascii_case(name)) {
                    element.depth = element.depth.saturating_sub(1);
                }
                if open.iter().any(|e| e.depth == 0) {
                    let (done, rest) = open.into_iter().partition(|e| e.depth == 0);
                    open = rest;
                    done_with(&mut page, done);
                }
            }
            Piece::Comment | Piece::Doctype(_) => {}
        }
    }
    page
}

fn raw_kind(tag: &Tag<'_>) -> &'static str {
    if tag.is("title") {
        "title"
    } else if tag.is("script") && tag.attribute("type").is_some_and(|t| t.to_ascii_lowercase().contains("ld+json")) {
        "json"
    } else {
        ""
    }
}

fn done_with(page: &mut Collected, done: Vec<Open>) {
    for element in done {
        let text = decoded(&element.text);
        match element.usage {
            Use::H1 if page.h1.len() < 5 => page.h1.push(line(&text)),
            Use::Author(byline) if page.authors.len() < MAX_VALUES => {
                let text = text.trim();
                if !text.is_empty() && text.len() < 500 {
                    page.authors.push((byline, text.to_owned()));
                }
            }
            Use::Time(kind) if page.times.len() < MAX_VALUES => page.times.push(Time { value: line(&text), kind }),
            _ => {}
        }
    }
}

impl Collected {
    /// Takes what the attributes say; `Some` if the text of the element matters.
    fn start(&mut self, tag: &Tag<'_>) -> Option<Use> {
        let name = tag.name.to_ascii_lowercase();
        let property = tag.attribute("itemprop").unwrap_or_default().to_ascii_lowercase();
        match name.as_str() {
            "html" if self.language.is_empty() => {
                self.language = value(tag, "lang").or_else(|| value(tag, "xml:lang")).unwrap_or_default();
            }
            "base" if self.base.is_empty() => self.base = value(tag, "href").unwrap_or_default(),
            "meta" if self.metas.len() < MAX_VALUES * 2 => {
                let content = value(tag, "content")?;
                for key in ["name", "property", "itemprop", "http-equiv"] {
                    for key in tag.attribute(key).unwrap_or_default().split_ascii_whitespace() {
                        self.metas.push((key.to_ascii_lowercase(), content.clone()));
                    }
                }
                return None;
            }
            "link" if self.links.len() < MAX_VALUES * 2 => {
                if let (Some(rel), Some(href)) = (tag.attribute("rel"), value(tag, "href")) {
                    self.links.push((rel.to_ascii_lowercase(), href));
                } else if let (false, Some(href)) = (property.is_empty(), value(tag, "href")) {
                    self.metas.push((property, href));
                }
                return None;
            }
            "h1" => return Some(Use::H1),
            _ => {}
        }
        if let Some(kind) = time_kind(tag, &name, &property) {
            let given = value(tag, "datetime").or_else(|| value(tag, "content"));
            return match given {
                Some(value) if self.times.len() < MAX_VALUES => {
                    self.times.push(Time { value, kind });
                    None
                }
                Some(_) => None,
                None => Some(Use::Time(kind)),
            };
        }
        byline(tag, &name, &property).map(Use::Author)
    }
}

fn time_kind(tag: &Tag<'_>, name: &str, property: &str) -> Option<TimeKind> {
    if property.contains("datepublished") || property.contains("datecreated") {
        return Some(TimeKind::Published);
    }
    if property.contains("datemodified") {
        return Some(TimeKind::Modified);
    }
    if name != "time" {
        return None;
    }
    let class = tag.attribute("class").unwrap_or_default().to_ascii_lowercase();
    if ["updated", "modified", "update"].iter().any(|word| class.contains(word)) {
        Some(TimeKind::Modified)
    } else if tag.attribute("pubdate").is_some()
        || ["publish", "entry-date", "pubdate"].iter().any(|w| class.contains(w))
    {
        Some(TimeKind::Published)
    } else {
        Some(TimeKind::Unknown)
    }
}

fn byline(tag: &Tag<'_>, name: &str, property: &str) -> Option<Byline> {
    if property == "author" || property == "creator" {
        return Some(Byline::Microdata);
    }
    if name == "a" && tag.attribute("rel").is_some_and(|rel| rel.split_ascii_whitespace().any(|w| w == "author")) {
        return Some(Byline::Relation);
    }
    let class = tag.attribute("class")?;
    // The last part of a name in block-element style names the element: `article__author-name`, `byline`.
    let names_author = class.split_ascii_whitespace().any(|word| {
        let word = word.to_ascii_lowercase();
        let part = word.rsplit("__").next().unwrap_or(&word);
        let part = part.split("--").next().unwrap_or(part);
        matches!(
            part,
            "author"
                | "authors"
                | "byline"
                | "author-name"
                | "author_name"
                | "authorname"
                | "article-author"
                | "byline-name"
                | "byline-author"
                | "entry-author"
                | "post-author"
                | "story-author"
                | "article-authors"
                | "author-link"
                | "author-names"
                | "article-byline"
                | "meta-author"
        )
    });
    (names_author && matches!(name, "a" | "span" | "p" | "div" | "address" | "strong" | "li" | "b" | "em" | "cite"))
        .then_some(Byline::Class)
}

/// The decoded value of an attribute; `None` if it is empty or very long.
fn value(tag: &Tag<'_>, name: &str) -> Option<String> {
    let value = tag.attribute(name)?;
    let value = htmlize::unescape_attribute(value);
    let value = value.trim();
    (!value.is_empty() && value.len() <= MAX_TEXT).then(|| value.to_owned())
}

/// Text with its character references decoded.
pub(crate) fn decoded(text: &str) -> Cow<'_, str> {
    htmlize::unescape(text)
}

/// Text on one line, without spaces at its ends and invisible characters.
pub(crate) fn line(text: &str) -> String {
    text::characters::collapse_whitespace(&text::characters::clean(text))
}
