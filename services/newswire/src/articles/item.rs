//! The raw item of a command.

use super::{Action, known::Known};
use proto::{
    time::to_wire,
    v1::{Article, Fetch, RawItem},
    vocab::{date_source, form, kind, publish_text},
};

/// The item: ids, URLs and date; for RESTORE also the text that was last published.
pub fn of(action: Action, known: &Known, now: jiff::Timestamp) -> RawItem {
    let last = known.last.clone().unwrap_or_default();
    let url = |published: &str| if published.is_empty() { known.url.clone() } else { published.to_owned() };
    let mut feed_ids = known.feed_ids.iter();
    let mut item = RawItem {
        article_id: known.id.clone(),
        // The normaliser knows the others, and which of several gave the text.
        feed_id: feed_ids.next().filter(|_| known.feed_ids.len() == 1).cloned().unwrap_or_default(),
        url: url(&last.url),
        canonical_url: url(&last.canonical_url),
        guid: last.guid.clone(),
        backfill: last.backfill,
        fetch: Some(Fetch { fetched_at: Some(to_wire(now)), ..Fetch::default() }),
        ..RawItem::default()
    };
    // An inferred date is inferred again, from the same state.
    if last.published_at_source != date_source::INFERRED {
        item.published_at = last.published_at;
        item.published_at_source.clone_from(&last.published_at_source);
        item.published_at_precision.clone_from(&last.published_at_precision);
    }
    match action {
        Action::Withdraw => RawItem { kind: kind::WITHDRAW.to_owned(), ..item },
        Action::Restore => RawItem { kind: kind::RESTORE.to_owned(), ..with_text(item, last) },
    }
}

/// The item with the text and the names of a published article.
fn with_text(item: RawItem, last: Article) -> RawItem {
    let fetched_at = last.fetched_at;
    let content = if last.body_html.is_empty() { normaliser::html::paragraphs(&last.body) } else { last.body_html };
    // An article without content has its body as the summary, too.
    let summary = if last.summary == last.body { String::new() } else { last.summary };
    RawItem {
        feed_title: escaped(&last.feed_title),
        feed_tags: last.feed_tags,
        title: last.title,
        title_form: form::TEXT.to_owned(),
        summary,
        summary_form: form::TEXT.to_owned(),
        content_form: form::HTML.to_owned(),
        // A body that was withheld is not made up from the summary.
        publish_text: if last.body.is_empty() { publish_text::SUMMARY.to_owned() } else { String::new() },
        content,
        language: if last.language == "und" { String::new() } else { last.language },
        authors: last.authors.iter().map(|author| escaped(author)).collect(),
        categories: last.categories.iter().map(|category| escaped(category)).collect(),
        media: last.media,
        published_text: last.published_text,
        updated_at: last.updated_at,
        publisher_name: last.publisher_name,
        publisher_country: last.publisher_country,
        rights: last.rights,
        warnings: last.warnings,
        fetch: fetched_at.map(|at| Fetch { fetched_at: Some(at), ..Fetch::default() }).or(item.fetch.clone()),
        ..item
    }
}

/// Plain text as HTML: the normaliser reads a text without a form as HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use normaliser::{Normalised, normalise, revision::Delivery, withdrawal};
    use proto::v1::ArticleState;

    /// What the normaliser publishes for a feed's entry, with the state after it.
    fn published(raw: &RawItem, now: jiff::Timestamp) -> (Article, ArticleState) {
        match normalise(raw, None, Delivery::at(now)).unwrap() {
            Normalised::Article(published) => (published.article, published.state),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_restored_article_is_the_article_that_was_withdrawn() {
        let now: jiff::Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        for (content, dated) in [
            ("<p>The dam opened &amp; <b>closed</b>.</p><p>2 &lt; 3</p>", true),
            ("<p>One paragraph.</p>", false),
            ("", true),
        ] {
            let raw = RawItem {
                article_id: proto::id::article_id("https://www.example.com/a"),
                kind: kind::ENTRY.into(),
                feed_id: "f".into(),
                feed_title: "Example &amp; Post".into(),
                url: "https://www.example.com/a?utm_source=rss".into(),
                canonical_url: "https://www.example.com/a".into(),
                guid: "1".into(),
                title: "AT&amp;T opens a dam".into(),
                content: content.into(),
                authors: vec!["A. Writer".into()],
                published_at: dated.then(|| to_wire(now - jiff::SignedDuration::from_hours(5))),
                published_at_source: "FEED".into(),
                published_at_precision: "MINUTE".into(),
                fetch: Some(Fetch { fetched_at: Some(to_wire(now)), ..Fetch::default() }),
                ..RawItem::default()
            };
            let (article, state) = published(&raw, now);
            let known = Known {
                id: article.article_id.clone(),
                feed_ids: state.feed_ids.iter().cloned().collect(),
                last: Some(article.clone()),
                ..Known::default()
            };
            let later = now + jiff::SignedDuration::from_hours(100);
            let effect = withdrawal::decide(&of(Action::Withdraw, &known, later), Some(&state), false, later).unwrap();
            let withdrawal::Effect::Withdrawn(withdrawn) = effect else { panic!("{effect:?}") };
            let restore = of(Action::Restore, &known, later);
            let effect = withdrawal::decide(&restore, Some(&withdrawn.state), true, later).unwrap();
            let withdrawal::Effect::Restored(restored) = effect else { panic!("{effect:?}") };
            // The language that was found is the item's declaration now.
            let language_confidence = restored.article.language_confidence;
            let expected = Article { revision: 3, change: "UPDATED".into(), language_confidence, ..article };
            assert_eq!(restored.article, expected);
            assert_eq!(restored.state, ArticleState { revision: 3, ..state });
        }
    }
}
