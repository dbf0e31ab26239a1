//! The stage as a plain function: a raw item and the state of its article in, an article out.

use crate::{
    boilerplate, date, html,
    language::{self, Hint},
    publisher,
    revision::{self, Delivery, Revision},
    signature, size,
    title::{self, Title},
};
use proto::{
    Warning,
    time::{from_wire, to_wire},
    v1::{Article, ArticleState, Media, RawItem, Signature},
    vocab::{body_source, change, kind},
};
use std::collections::{BTreeSet, HashSet};
use stream::ProcessError;
use text::{Document, Form, characters};
use unicode_segmentation::UnicodeSegmentation;
use url::Url;

/// Reason for which an item with neither title nor text is refused.
pub(crate) const NO_TEXT: &str = "no-text";

/// Most authors or categories that are read of one item.
const MAX_LIST: usize = 1_000;

/// The outcome of a raw item.
#[derive(Debug, Clone, PartialEq)]
pub enum Normalised {
    /// An article to be published.
    Article(Box<Published>),
    /// Nothing to be published. The state is to be written if there is one.
    Duplicate(Option<Box<ArticleState>>),
    /// Nothing to be published or written, for a countable reason: `no-state` (a SEEN item of an article without state).
    Dropped(&'static str),
}

/// An article and what is written with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The article.
    pub article: Article,
    /// The new state of the article.
    pub state: ArticleState,
    /// The signature by which near-duplicates are found; `None` if the text is too short.
    pub signature: Option<Signature>,
    /// Number of boilerplate lines that were removed from the body.
    pub boilerplate_lines: usize,
    /// True if the site's name was removed from the title.
    pub site_removed: bool,
    /// Warnings of the normaliser, without those of the raw item.
    pub warnings: Vec<Warning>,
    /// Work of reading the item's texts: [`Document::steps`].
    pub steps: usize,
}

/// Normalises a raw item.
///
/// # Errors
/// [`ProcessError::Poison`], by reason: `no-article-id`; `unknown-kind`; `no-text` (neither title nor text).
pub fn normalise(raw: &RawItem, state: Option<&ArticleState>, delivery: Delivery) -> Result<Normalised, ProcessError> {
    let now = delivery.now;
    if raw.kind == kind::SEEN {
        return Ok(state.map_or(Normalised::Dropped("no-state"), |state| {
            Normalised::Duplicate(Some(Box::new(revision::renewed(raw, state, now))))
        }));
    }
    let body_source = body_source(raw)?;
    let source = Source::of(raw);
    let content = if raw.content.trim().is_empty() { &raw.summary } else { &raw.content };
    let content = Document::parse(content);
    let texts = Texts::of(raw, &source, &content)?;

    let content_hash = proto::id::digest(&[texts.title.text.as_bytes(), texts.body.text.as_bytes()]);
    let (state, change) = match revision::decide(raw, state, &content_hash, delivery) {
        Revision::New(state) => (state, change::NEW),
        Revision::Updated(state) => (state, change::UPDATED),
        Revision::Duplicate(state) => return Ok(Normalised::Duplicate(state.map(Box::new))),
    };

    let fetched_at = raw.fetch.as_ref().and_then(|fetch| fetch.fetched_at.as_ref()).and_then(from_wire).unwrap_or(now);
    let first_seen_at = state.first_seen_at.as_ref().and_then(from_wire).unwrap_or(fetched_at);
    let published = date::published(raw, fetched_at, first_seen_at);
    let hints = [Hint::Feed(&raw.language)];
    let language = language::detect(&format!("{}\n{}", texts.title.text, texts.body.text), &hints);
    let has_body = !texts.body.text.is_empty();
    let body_html = if has_body { body_html(&content, &texts.body, source.base(raw).as_ref()) } else { String::new() };

    let boilerplate_lines = texts.body.lines();
    let mut warnings = Vec::new();
    warnings.extend((content.form() == Form::Escaped).then_some(Warning::DoubleEscaped));
    warnings.extend(published.warning);
    warnings.extend(content.is_too_deep().then_some(Warning::HtmlTooDeep));
    let mut article = Article {
        article_id: raw.article_id.clone(),
        revision: state.revision,
        change: change.to_owned(),
        content_hash,
        url: html::web_url(source.url),
        canonical_url: html::web_url(source.canonical_url),
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
        publisher_domain: source.domain,
        publisher_name: source.publisher_name,
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
    Ok(Normalised::Article(Box::new(Published {
        signature: signature(&article),
        article,
        state,
        boilerplate_lines,
        site_removed: texts.title.site_removed,
        warnings,
        steps,
    })))
}

/// Where the body comes from. Refuses items without identity or of an unknown kind.
fn body_source(raw: &RawItem) -> Result<&'static str, ProcessError> {
    if raw.article_id.is_empty() {
        return Err(ProcessError::poison("no-article-id", format!("an item of {} has no article id", raw.feed_url)));
    }
    match raw.kind.as_str() {
        kind::PAGE => Ok(body_source::PAGE),
        kind::ENTRY | "" => Ok(body_source::FEED),
        other => Err(ProcessError::poison("unknown-kind", format!("{other:?} is neither ENTRY, PAGE nor SEEN"))),
    }
}

/// Who published an item, and where.
struct Source<'a> {
    url: &'a str,
    canonical_url: &'a str,
    domain: String,
    feed_title: String,
    publisher_name: String,
}

impl<'a> Source<'a> {
    fn of(raw: &'a RawItem) -> Self {
        let url = if raw.url.is_empty() { &raw.canonical_url } else { &raw.url };
        let canonical_url = if raw.canonical_url.is_empty() { url } else { &raw.canonical_url };
        let domain = publisher::domain(canonical_url);
        let feed_title = text::line(&raw.feed_title);
        let publisher_name = publisher::name(&text::line(&raw.publisher_name), &feed_title, &domain);
        Source { url, canonical_url, domain, feed_title, publisher_name }
    }

    /// The URL against which relative links are resolved.
    fn base(&self, raw: &RawItem) -> Option<Url> {
        let final_url = raw.fetch.as_ref().map_or("", |fetch| fetch.final_url.as_str());
        [self.url, self.canonical_url, final_url].into_iter().find_map(|url| Url::parse(url).ok())
    }
}

/// The plain texts of an item.
struct Texts {
    title: Title,
    summary: String,
    body: boilerplate::Stripped,
    /// Work of the title and the summary.
    steps: usize,
}

impl Texts {
    /// Refuses items with neither title nor text.
    fn of(raw: &RawItem, source: &Source<'_>, content: &Document<'_>) -> Result<Self, ProcessError> {
        let names = [source.publisher_name.as_str(), &source.feed_title, &source.domain];
        let line = Document::parse(&raw.title);
        let mut steps = line.steps();
        let title = title::strip_site(&characters::collapse_whitespace(line.text()), &names);
        let body = boilerplate::strip(content.text());
        if title.text.is_empty() && body.text.is_empty() {
            return Err(ProcessError::poison(NO_TEXT, format!("{} has neither title nor text", source.url)));
        }
        // An item without content has its summary as the content.
        let summary = if raw.content.trim().is_empty() {
            body.text.clone()
        } else {
            let summary = Document::parse(&raw.summary);
            steps += summary.steps();
            boilerplate::strip(summary.text()).text
        };
        Ok(Texts { title, summary, body, steps })
    }
}

/// The sanitised HTML of a body, without the boilerplate at its end as far as it stands in elements of its own.
fn body_html(content: &Document<'_>, body: &boilerplate::Stripped, base: Option<&Url>) -> String {
    if content.is_too_deep() {
        return html::paragraphs(&body.text);
    }
    html::sanitise(content, base, &body.trailing)
}

/// Each text as one line of plain text, without repetitions, in the given order.
fn unique_lines(texts: &[String]) -> Vec<String> {
    let lines = texts.iter().take(MAX_LIST).map(|text| text::line(text)).filter(|line| !line.is_empty());
    let mut seen = HashSet::new();
    lines.filter(|line| seen.insert(line.clone())).collect()
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

#[cfg(test)]
mod tests;
