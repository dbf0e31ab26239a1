//! The stage: from a raw item and what is remembered of its article to an article.

use crate::{admit, boilerplate, date, html, language, publisher, signature, size, text, title};
use proto::{
    time::{from_wire, to_wire},
    v1::{Article, ArticleState, RawItem, Signature},
    vocab::{body_source, change, kind},
};
use std::collections::BTreeSet;
use stream::ProcessError;
use unicode_segmentation::UnicodeSegmentation;
use url::Url;

/// A content or a summary was HTML that had been escaped twice.
pub const DOUBLE_ESCAPED: &str = "double-escaped";
/// The HTML was nested too deep to be parsed; `body_html` is made of the body's paragraphs.
pub const HTML_TOO_DEEP: &str = "html-too-deep";

/// What became of a raw item.
#[derive(Debug, Clone, PartialEq)]
pub enum Normalised {
    /// To be published, with the state that it leaves.
    Article(Box<Published>),
    /// Nothing new; the state is to be written where there is one.
    Duplicate(Option<Box<ArticleState>>),
}

/// What is published of a raw item.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The article.
    pub article: Article,
    /// What the normaliser remembers of it.
    pub state: ArticleState,
    /// What near-duplicates are found by; `None` where the text is too short.
    pub signature: Option<Signature>,
    /// Lines of boilerplate that were cut off.
    pub boilerplate_lines: usize,
    /// True where the site's name was cut off the title.
    pub site_cut: bool,
    /// What the normaliser warned of, beside the raw item's own warnings.
    pub warnings: Vec<&'static str>,
}

/// Normalises an item; `now` stands in where the item does not say when it was fetched.
///
/// # Errors
/// Poison, by name: `no-article-id`; `unknown-kind`; `no-text` (neither title nor text).
pub fn normalise(
    raw: &RawItem,
    state: Option<&ArticleState>,
    now: jiff::Timestamp,
) -> Result<Normalised, ProcessError> {
    if raw.article_id.is_empty() {
        return Err(ProcessError::poison("no-article-id", format!("an item of {} has no article id", raw.feed_url)));
    }
    let origin = match raw.kind.as_str() {
        kind::PAGE => body_source::PAGE,
        kind::ENTRY | "" => body_source::FEED,
        other => return Err(ProcessError::poison("unknown-kind", format!("{other:?} is neither ENTRY nor PAGE"))),
    };
    let mut warnings: Vec<&'static str> = Vec::new();
    let url = if raw.url.is_empty() { &raw.canonical_url } else { &raw.url };
    let canonical = if raw.canonical_url.is_empty() { url } else { &raw.canonical_url };
    let domain = publisher::domain(canonical);
    let feed_title = text::line(&raw.feed_title);
    let publisher_name = publisher::name(&raw.publisher_name, &feed_title, &domain);
    let title = title::without_site(&text::line(&raw.title), &[&publisher_name, &feed_title, &domain]);

    let source = if raw.content.trim().is_empty() { &raw.summary } else { &raw.content };
    if text::form(source) == text::Form::Escaped {
        warnings.push(DOUBLE_ESCAPED);
    }
    let body = boilerplate::cut(&text::plain(source));
    let summary = boilerplate::cut(&text::plain(&raw.summary));
    if title.text.is_empty() && body.text.is_empty() {
        return Err(ProcessError::poison("no-text", format!("{url} has neither title nor text")));
    }

    let content_hash = proto::id::digest(&[title.text.as_bytes(), body.text.as_bytes()]);
    let (state, what) = match admit::admit(raw, state, &content_hash, now) {
        admit::Admission::New(state) => (state, change::NEW),
        admit::Admission::Updated(state) => (state, change::UPDATED),
        admit::Admission::Duplicate(state) => return Ok(Normalised::Duplicate(state.map(Box::new))),
    };

    let fetch = raw.fetch.as_ref();
    let fetched_at = fetch.and_then(|fetch| fetch.fetched_at.as_ref()).and_then(from_wire).unwrap_or(now);
    let first_seen_at = state.first_seen_at.as_ref().and_then(from_wire).unwrap_or(fetched_at);
    let dated = date::published(raw, fetched_at, first_seen_at);
    warnings.extend(dated.warning);

    let base = [url.as_str(), canonical, fetch.map_or("", |fetch| &fetch.final_url)];
    let base = base.iter().find_map(|url| Url::parse(url).ok());
    let markup = markup(source, base.as_ref(), &body, &mut warnings);
    let language = language::detect(&format!("{}\n{}", title.text, body.text), &raw.language);

    let mut article = Article {
        article_id: raw.article_id.clone(),
        revision: state.revision,
        change: what.to_owned(),
        content_hash,
        url: url.clone(),
        canonical_url: canonical.clone(),
        same_as: String::new(),
        guid: raw.guid.clone(),
        feed_ids: state.feed_ids.clone(),
        feed_tags: raw.feed_tags.clone(),
        backfill: raw.backfill,
        published_at: Some(dated.at),
        published_at_source: dated.source,
        published_at_precision: dated.precision,
        updated_at: date::changed(raw.updated_at, fetched_at),
        first_seen_at: state.first_seen_at,
        fetched_at: Some(to_wire(fetched_at)),
        publisher_domain: domain,
        publisher_name,
        publisher_country: raw.publisher_country.clone(),
        feed_title,
        rights: raw.rights.clone(),
        title: title.text,
        summary: summary.text,
        body_source: if body.text.is_empty() { String::new() } else { origin.to_owned() },
        body_html: if body.text.is_empty() { String::new() } else { markup },
        word_count: 0,
        body: body.text.clone(),
        language: language.code,
        language_confidence: language.confidence,
        authors: plain_list(&raw.authors),
        categories: plain_list(&raw.categories),
        media: raw.media.clone(),
        schema_version: proto::SCHEMA_VERSION.to_owned(),
        warnings: Vec::new(),
        ..Article::default()
    };
    warnings.extend(size::fit(&mut article));
    article.word_count = i32::try_from(article.body.unicode_words().count()).unwrap_or(i32::MAX);
    let all: BTreeSet<&str> = raw.warnings.iter().map(String::as_str).chain(warnings.iter().copied()).collect();
    article.warnings = all.into_iter().map(str::to_owned).collect();
    Ok(Normalised::Article(Box::new(Published {
        signature: signature_of(&article),
        article,
        state,
        boilerplate_lines: body.lines(),
        site_cut: title.cut,
        warnings,
    })))
}

/// The sanitised HTML without the lines that were cut off the body's end, as far as they are elements of their own.
fn markup(source: &str, base: Option<&Url>, body: &boilerplate::Cut, warnings: &mut Vec<&'static str>) -> String {
    let clean = html::sanitise(source, base);
    if clean.too_deep {
        warnings.push(HTML_TOO_DEEP);
        return html::paragraphs(&body.text);
    }
    body.end
        .iter()
        .try_fold(clean.html, |html, line| html::without_last(&html, line).ok_or(html))
        .unwrap_or_else(|kept| kept)
}

/// Names as plain lines, each once, in their order.
fn plain_list(list: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(list.len().min(100));
    for text in list.iter().take(1_000).map(|text| text::line(text)).filter(|text| !text.is_empty()) {
        if !out.contains(&text) {
            out.push(text);
        }
    }
    out
}

fn signature_of(article: &Article) -> Option<Signature> {
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
