//! An item whose texts were read, and the article that it becomes.

use super::{NO_TEXT, Published};
use crate::{
    boilerplate, date, html, language,
    publisher::{self, Origin},
    signature, size,
    title::{self, Title},
    trace::Trace,
    withheld,
};
use jiff::Timestamp;
use proto::{
    Warning,
    time::{from_wire, to_wire},
    v1::{Article, ArticleState, Media, RawItem, Signature},
    vocab::kind,
};
use std::collections::{BTreeSet, HashSet};
use stream::ProcessError;
use text::{Document, Form, Typed};
use unicode_segmentation::UnicodeSegmentation;
use url::Url;

/// Most authors or categories that are read of one item.
const MAX_LIST: usize = 1_000;

/// An item whose texts were read.
pub(super) struct Item<'a> {
    raw: &'a RawItem,
    source: Source<'a>,
    /// What the body is made of.
    pub(super) content: Document<'a>,
    pub(super) texts: Texts,
    /// Content hash of what may be published.
    pub(super) hash: String,
}

impl<'a> Item<'a> {
    /// Refuses items with neither title nor text.
    pub(super) fn read(raw: &'a RawItem) -> Result<Self, ProcessError> {
        let source = Source::of(raw);
        let (content, is_summary) = content(raw);
        let texts = Texts::of(raw, &source, &content, is_summary)?;
        let hash = withheld::content_hash(&raw.publish_text, &texts.title.text, &texts.summary, &texts.body.text);
        Ok(Item { raw, source, content, texts, hash })
    }

    /// The article, with what is written with it.
    pub(super) fn publish(self, state: ArticleState, change: &str, body_source: &str, now: Timestamp) -> Published {
        let Item { raw, source, content, mut texts, hash } = self;
        let fetched_at =
            raw.fetch.as_ref().and_then(|fetch| fetch.fetched_at.as_ref()).and_then(from_wire).unwrap_or(now);
        let first_seen_at = state.first_seen_at.as_ref().and_then(from_wire).unwrap_or(fetched_at);
        let published = date::published(raw, fetched_at, first_seen_at);
        let sample = format!("{}\n{}{}", texts.title.text, texts.body.text, texts.withheld);
        let language = language::detect(&sample, &language::hints(raw));
        let has_body = !texts.body.text.is_empty();
        let body_html =
            if has_body { body_html(&content, &texts.body, source.base(raw).as_ref()) } else { String::new() };

        let boilerplate_lines = texts.body.lines();
        let trace = Trace { origin: source.origin.clone(), ..std::mem::take(&mut texts.trace) };
        let mut warnings = Vec::new();
        warnings.extend((content.form() == Form::Escaped).then_some(Warning::DoubleEscaped));
        warnings.extend(published.warning);
        warnings.extend(content.is_too_deep().then_some(Warning::HtmlTooDeep));
        let mut article = Article {
            article_id: raw.article_id.clone(),
            revision: state.revision,
            change: change.to_owned(),
            content_hash: hash,
            url: address(source.url),
            canonical_url: address(source.canonical_url),
            guid: raw.guid.clone(),
            feed_ids: state.feed_ids.clone(),
            feed_tags: raw.feed_tags.clone(),
            backfill: raw.backfill,
            published_at: Some(published.at),
            published_at_source: published.source,
            published_at_precision: published.precision,
            published_text: published.text,
            updated_at: date::updated(raw.updated_at, fetched_at),
            first_seen_at: state.first_seen_at,
            fetched_at: Some(to_wire(fetched_at)),
            publisher_domain: source.origin.domain,
            publisher_name: source.origin.name,
            carrier: source.origin.carrier,
            publisher_country: raw.publisher_country.clone(),
            feed_title: source.feed_title,
            rights: raw.rights.clone(),
            title: texts.title.text,
            summary: texts.summary,
            body_source: if has_body { body_source.to_owned() } else { String::new() },
            body: texts.body.text,
            body_html,
            language: language.code,
            language_confidence: language.confidence,
            authors: unique_lines(&raw.authors),
            categories: unique_lines(&raw.categories),
            media: media(&raw.media),
            schema_version: proto::SCHEMA_VERSION.to_owned(),
            ..Article::default()
        };
        let mut steps = content.steps() + texts.steps;
        steps += article.body.len() + article.body_html.len();
        warnings.extend(size::fit(&mut article));
        article.word_count = i32::try_from(article.body.unicode_words().count()).unwrap_or(i32::MAX);
        article.warnings = all_warnings(raw, &warnings);
        Published {
            signature: signature(&article),
            article,
            state,
            request: None,
            boilerplate_lines,
            site_removed: texts.title.site_removed,
            trace,
            warnings,
            steps,
        }
    }
}

/// Who published an item, and where.
struct Source<'a> {
    url: &'a str,
    canonical_url: &'a str,
    feed_title: String,
    origin: Origin,
}

impl<'a> Source<'a> {
    fn of(raw: &'a RawItem) -> Self {
        let url = if raw.url.is_empty() { &raw.canonical_url } else { &raw.url };
        let canonical_url = if raw.canonical_url.is_empty() { url } else { &raw.canonical_url };
        let feed_title = text::title(&raw.feed_title, Typed::Unknown);
        let origin = publisher::origin(raw, canonical_url, &feed_title);
        Source { url, canonical_url, feed_title, origin }
    }

    /// The URL against which relative links are resolved: a page's own; an entry's article, whose link may be a carrier's.
    fn base(&self, raw: &RawItem) -> Option<Url> {
        let final_url = raw.fetch.as_ref().map_or("", |fetch| fetch.final_url.as_str());
        let page = if raw.kind == kind::PAGE { final_url } else { "" };
        let is_web = |url: &Url| matches!(url.scheme(), "http" | "https");
        let urls = [page, self.canonical_url, self.url, final_url].into_iter();
        urls.filter_map(|url| Url::parse(url).ok()).find(is_web)
    }
}

/// The plain texts of an item.
pub(super) struct Texts {
    title: Title,
    summary: String,
    pub(super) body: boilerplate::Stripped,
    /// What may not be published, of which no more than its language is.
    withheld: String,
    trace: Trace,
    /// Work of the title and the summary.
    steps: usize,
}

impl Texts {
    /// Refuses items with neither title nor text, or none that may be published.
    fn of(raw: &RawItem, source: &Source<'_>, content: &Document<'_>, is_summary: bool) -> Result<Self, ProcessError> {
        let names: Vec<&str> = source.origin.in_title.iter().map(String::as_str).collect();
        let mut steps = raw.title.len();
        let full_title = text::title(&raw.title, Typed::named(&raw.title_form));
        let title = title::strip_site(&full_title, &names);
        let mut body = boilerplate::strip(content.text(), &raw.repeated_lines);
        boilerplate::clear_title(&mut body, &title.text, &raw.source_name);
        let full_summary = if is_summary {
            body.text.clone()
        } else {
            let summary = Document::parse_as(&raw.summary, Typed::named(&raw.summary_form));
            steps += summary.steps();
            boilerplate::strip(summary.text(), &raw.repeated_lines).text
        };
        let is_withheld = withheld::withholds(&raw.publish_text) && !(full_summary.is_empty() && body.text.is_empty());
        let body_from = if is_summary { "summary" } else { "content" };
        let cuts = body.cuts().cloned().collect();
        let trace = Trace { title: full_title, body_from, cuts, is_withheld, ..Trace::default() };
        let withheld = if is_withheld { format!("{full_summary}\n{}", body.text) } else { String::new() };
        let summary;
        (summary, body.text) = withheld::permitted(&raw.publish_text, full_summary, body.text);
        if title.text.is_empty() && body.text.is_empty() && summary.is_empty() {
            return Err(ProcessError::poison(NO_TEXT, format!("{} has neither title nor text", source.url)));
        }
        Ok(Texts { title, summary, body, withheld, trace, steps })
    }
}

/// Longest content that may be nothing but boilerplate, in bytes.
const SHORT_TEXT: usize = 500;

/// True for text that stands for none: a template's missing value, or the short code of a gallery (`[gallery ids="1"]`).
fn is_placeholder(text: &str) -> bool {
    let code = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_code = |code: &str| code.starts_with(|c: char| c.is_ascii_lowercase()) && !code.contains(['[', ']']);
    ["null", "undefined", "nan", "n/a"].iter().any(|word| text.eq_ignore_ascii_case(word))
        || code.is_some_and(|code| code.len() <= SHORT_TEXT && is_code(code))
}

/// The content of an item, parsed; its summary if the content has no text of its own (an image, an empty element, `Read more`). True
/// if it is the summary.
fn content(raw: &RawItem) -> (Document<'_>, bool) {
    let content = Document::parse_as(&raw.content, Typed::named(&raw.content_form));
    let has_text = !content.text().is_empty()
        && !is_placeholder(content.text())
        && (content.text().len() > SHORT_TEXT
            || !boilerplate::strip(content.text(), &raw.repeated_lines).text.is_empty());
    if has_text || raw.summary.trim().is_empty() {
        return (content, false);
    }
    (Document::parse_as(&raw.summary, Typed::named(&raw.summary_form)), true)
}

/// The sanitised HTML of a body, without the boilerplate at its end as far as it stands in elements of its own.
fn body_html(content: &Document<'_>, body: &boilerplate::Stripped, base: Option<&Url>) -> String {
    if content.is_too_deep() {
        return html::paragraphs(&body.text);
    }
    let trailing: Vec<String> = body.trailing.iter().map(|cut| cut.line.clone()).collect();
    let lines: Vec<&str> = body.leading.iter().chain(&body.inner).map(|cut| cut.line.as_str()).collect();
    html::sanitise_without(content, base, &lines, &trailing)
}

/// Each text as one line of plain text, without repetitions, in the given order.
fn unique_lines(texts: &[String]) -> Vec<String> {
    let lines =
        texts.iter().take(MAX_LIST).map(|text| text::title(text, Typed::Unknown)).filter(|line| !line.is_empty());
    let mut seen = HashSet::new();
    lines.filter(|line| seen.insert(line.clone())).collect()
}

/// The URL of an article: http or https, or the name that the poller gives to an entry without link.
fn address(url: &str) -> String {
    if url.starts_with("urn:newswire:") { url.to_owned() } else { html::web_url(url) }
}

/// The files with an http or https URL, with their titles as plain text.
fn media(files: &[Media]) -> Vec<Media> {
    let files = files.iter().take(MAX_LIST).map(|file| Media {
        url: html::web_url(&file.url),
        r#type: text::line(&file.r#type),
        title: text::line(&file.title),
        ..file.clone()
    });
    files.filter(|file| !file.url.is_empty()).collect()
}

/// The warnings of the raw item and of the normaliser, sorted, each once.
fn all_warnings(raw: &RawItem, own: &[Warning]) -> Vec<String> {
    let all: BTreeSet<&str> =
        raw.warnings.iter().map(String::as_str).chain(own.iter().map(|warning| warning.as_str())).collect();
    all.into_iter().map(str::to_owned).collect()
}

fn signature(article: &Article) -> Option<Signature> {
    Some(Signature {
        article_id: article.article_id.clone(),
        revision: article.revision,
        language: article.language.clone(),
        publisher_domain: article.publisher_domain.clone(),
        published_at: article.published_at,
        minhashes: signature::minhash(&article.title, &article.body)?,
        word_count: article.word_count,
    })
}
