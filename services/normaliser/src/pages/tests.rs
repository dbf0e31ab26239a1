use super::*;
use crate::{Normalised, normalise, revision::Delivery};
use proto::{
    v1::{Article, ArticleState, Fetch},
    vocab::{body_source, kind},
};

const ARTICLE: &str = "<html><head><title>Ferry</title></head><body><article><h1>Ferry returns</h1>";

fn paragraphs(count: usize) -> String {
    let one = "<p>The ferry between the two ports sails again from Monday, the harbour office said, after two years of work on the pier \
               and on the road that leads to it through the old town.</p>";
    format!("{ARTICLE}{}</article></body></html>", one.repeat(count))
}

fn entry(summary: &str) -> RawItem {
    RawItem {
        article_id: proto::id::article_id("https://www.example.com/ferry"),
        kind: kind::ENTRY.into(),
        feed_id: "f".into(),
        feed_url: "https://www.example.com/rss".into(),
        url: "https://www.example.com/ferry".into(),
        canonical_url: "https://www.example.com/ferry".into(),
        title: "Ferry returns".into(),
        summary: format!("<p>{summary}</p>"),
        full_text: "AUTO".into(),
        ..RawItem::default()
    }
}

fn page(entry: &RawItem, html: &str) -> RawItem {
    RawItem {
        article_id: entry.article_id.clone(),
        kind: kind::PAGE.into(),
        url: entry.url.clone(),
        canonical_url: entry.canonical_url.clone(),
        content: html.into(),
        page: Some(PageMetadata::default()),
        fetch: Some(Fetch { final_url: entry.url.clone(), ..Fetch::default() }),
        entry: Some(Box::new(entry.clone())),
        ..RawItem::default()
    }
}

fn failed(entry: &RawItem, reason: &str) -> RawItem {
    RawItem { page_failure: reason.into(), ..page(entry, "") }
}

/// The normaliser's state of one article.
#[derive(Default)]
struct Stage(Option<ArticleState>);

impl Stage {
    /// The article that an item publishes, or the name of what else becomes of it.
    fn take(&mut self, raw: &RawItem) -> Result<Article, &'static str> {
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        match normalise(raw, self.0.as_ref(), Delivery::at(now)).unwrap() {
            Normalised::Article(published) => {
                self.0 = Some(published.state);
                Ok(published.article)
            }
            Normalised::Requested(requested) => {
                self.0 = Some(requested.state);
                Err("requested")
            }
            Normalised::Duplicate(state) => {
                self.0 = state.map(|state| *state).or(self.0.take());
                Err("duplicate")
            }
            Normalised::Dropped(reason) => Err(reason),
        }
    }
}

#[test]
fn an_entry_with_a_summary_goes_out_and_asks_for_its_page() {
    let now = "2026-11-24T12:00:00Z".parse().unwrap();
    let entry = entry("It sails again.");
    let Normalised::Article(published) = normalise(&entry, None, Delivery::at(now)).unwrap() else {
        panic!("no article")
    };
    let request = published.request.unwrap();
    assert_eq!((request.reason.as_str(), request.revision), ("BODY_SHORT", 1));
    assert_eq!(request.entry.as_ref(), Some(&entry));
    let never = RawItem { full_text: "NEVER".into(), ..entry };
    let Normalised::Article(published) = normalise(&never, None, Delivery::at(now)).unwrap() else {
        panic!("no article")
    };
    assert_eq!(published.request, None);
}

#[test]
fn the_page_is_the_next_revision_with_the_feeds_title_and_the_pages_text() {
    let (mut stage, entry) = (Stage::default(), entry("It sails again."));
    assert_eq!(stage.take(&entry).unwrap().body_source, body_source::FEED);
    let metadata = PageMetadata {
        title: "Ferry returns | Example".into(),
        canonical_url: "https://www.example.com/2026/ferry".into(),
        section: "Harbour".into(),
        image: "https://www.example.com/ferry.jpg".into(),
        authors: vec!["Ann Author".into()],
        published_at: Some(proto::time::to_wire("2026-11-24T08:00:00Z".parse().unwrap())),
        published_at_precision: "SECOND".into(),
        ..PageMetadata::default()
    };
    let article = stage.take(&RawItem { page: Some(metadata), ..page(&entry, &paragraphs(6)) }).unwrap();
    assert_eq!((article.revision, article.change.as_str(), article.body_source.as_str()), (2, "UPDATED", "PAGE"));
    assert_eq!((article.title.as_str(), article.summary.as_str()), ("Ferry returns", "It sails again."));
    assert!(article.word_count >= 150, "{}", article.word_count);
    assert_eq!(
        (article.section.as_str(), article.authors.as_slice()),
        ("Harbour", ["Ann Author".to_owned()].as_slice())
    );
    assert_eq!(article.same_as, "https://www.example.com/2026/ferry");
    assert_eq!(
        (article.published_at_source.as_str(), article.image.as_str()),
        ("PAGE", "https://www.example.com/ferry.jpg")
    );
}

#[test]
fn a_page_that_is_no_article_changes_nothing_and_is_counted() {
    let (mut stage, entry) = (Stage::default(), entry("It sails again."));
    stage.take(&entry).unwrap();
    assert_eq!(stage.take(&failed(&entry, "robots")), Err("page-robots"));
    assert_eq!(stage.take(&failed(&entry, "a later reason")), Err("page-failed"));
    assert_eq!(stage.take(&page(&entry, "<p>Loading</p>")), Err("page-empty"));
    let redirected = RawItem {
        fetch: Some(Fetch { final_url: "https://other.example/".into(), ..Fetch::default() }),
        ..page(&entry, &paragraphs(6))
    };
    assert_eq!(stage.take(&redirected), Err("page-elsewhere"));
    assert_eq!(stage.take(&page(&entry, &paragraphs(6))).unwrap().revision, 2);
}

#[test]
fn a_page_that_says_little_more_than_the_feed_changes_nothing() {
    let text = paragraphs(6);
    let (mut stage, entry) =
        (Stage::default(), RawItem { content: text.clone(), full_text: "ALWAYS".into(), ..entry("") });
    stage.take(&entry).unwrap();
    assert_eq!(stage.take(&page(&entry, &text)), Err("page-not-longer"));
}

/// An entry with the whole text, whose page is fetched for it anyway.
fn whole_entry() -> RawItem {
    RawItem { content: paragraphs(6), full_text: "ALWAYS".into(), ..entry("") }
}

fn dated_page(entry: &RawItem) -> RawItem {
    let published_at = Some(proto::time::to_wire("2026-11-24T08:00:00Z".parse().unwrap()));
    let metadata = PageMetadata { published_at, published_at_precision: "SECOND".into(), ..PageMetadata::default() };
    RawItem { page: Some(metadata), ..page(entry, &entry.content) }
}

#[test]
fn a_page_that_says_little_more_gives_its_date_to_an_entry_without_one_and_once() {
    let (mut stage, entry) = (Stage::default(), whole_entry());
    assert_eq!(stage.take(&entry).unwrap().published_at_source, "INFERRED");
    let article = stage.take(&dated_page(&entry)).unwrap();
    assert_eq!((article.revision, article.published_at_source.as_str()), (2, "PAGE"));
    assert_eq!(proto::time::from_wire(&article.published_at.unwrap()).unwrap().to_string(), "2026-11-24T08:00:00Z");
    assert_eq!(article.body_source, body_source::FEED);
    assert_eq!(stage.take(&dated_page(&entry)), Err(NOT_LONGER));
    let changed = RawItem { title: "Ferry returns on Monday".into(), ..entry };
    stage.take(&changed).unwrap();
    assert_eq!(stage.take(&dated_page(&changed)).unwrap().published_at_source, "PAGE");
}

#[test]
fn an_entry_with_a_date_keeps_it() {
    let entry = RawItem { updated_at: dated_page(&whole_entry()).page.unwrap().published_at, ..whole_entry() };
    let mut stage = Stage::default();
    stage.take(&entry).unwrap();
    assert_eq!(stage.take(&dated_page(&entry)), Err(NOT_LONGER));
}

#[test]
fn a_text_whose_page_was_fetched_does_not_ask_for_it_again_from_another_feed() {
    let at = |time: &str| Some(proto::time::to_wire(time.parse().unwrap()));
    let entry = RawItem { updated_at: at("2026-11-24T09:00:00Z"), ..entry("It sails again.") };
    let mut stage = Stage::default();
    stage.take(&entry).unwrap();
    let article = stage.take(&page(&entry, &paragraphs(6))).unwrap();
    let later = at("2026-11-24T11:00:00Z");
    for feed_url in ["https://www.example.com/sport", "https://elsewhere.example/rss"] {
        let second =
            RawItem { feed_id: feed_url.into(), feed_url: feed_url.into(), updated_at: later, ..entry.clone() };
        assert_eq!(stage.take(&second), Err("duplicate"), "the summary, by {feed_url}");
        let whole = RawItem {
            content: article.body_html.clone(),
            full_text: "ALWAYS".into(),
            updated_at: at("2026-11-24T11:30:00Z"),
            ..second
        };
        assert_eq!(stage.take(&whole), Err("duplicate"), "the page's text, by {feed_url}");
    }
    assert_eq!(stage.0.unwrap().feed_ids.len(), 3);
}

#[test]
fn the_page_and_its_server_declare_the_language() {
    let text = "<p>D'Ministere hu sech en Dënschdeg zu engem Gespréich getraff. </p>".repeat(6);
    let entry = RawItem { title: "Gespréich vun de Ministeren".into(), ..entry("Gespréich.") };
    let language = |lang: &str, header: &str| {
        let mut stage = Stage::default();
        stage.take(&entry).unwrap();
        let metadata = PageMetadata { language: lang.into(), ..PageMetadata::default() };
        let fetch = Fetch { final_url: entry.url.clone(), content_language: header.into(), ..Fetch::default() };
        let page = page(&entry, &format!("<article>{text}</article>"));
        stage.take(&RawItem { page: Some(metadata), fetch: Some(fetch), ..page }).unwrap().language
    };
    assert_ne!(language("", ""), "lb");
    assert_eq!((language("lb", ""), language("", "lb-LU")), ("lb".to_owned(), "lb".to_owned()));
    assert_eq!(language("", "lb, fr"), language("", ""), "it is for readers of both");
}

#[test]
fn a_changed_entry_waits_for_its_page_and_is_published_if_there_is_none() {
    let (mut stage, first, second) = (Stage::default(), entry("It sails again."), entry("It sails again on Tuesday."));
    stage.take(&first).unwrap();
    stage.take(&page(&first, &paragraphs(6))).unwrap();
    assert_eq!(stage.take(&second), Err("requested"));
    assert_eq!(stage.take(&page(&first, &paragraphs(7))), Err(SUPERSEDED));
    let article = stage.take(&failed(&second, "expired")).unwrap();
    assert_eq!((article.revision, article.body_source.as_str()), (3, "FEED"));
    assert_eq!(article.body, "It sails again on Tuesday.");
}

#[test]
fn a_page_without_its_entry_is_refused() {
    let raw = RawItem { entry: None, ..page(&entry("x"), "") };
    let refused = normalise(&raw, None, Delivery::at(jiff::Timestamp::UNIX_EPOCH));
    assert!(matches!(refused, Err(stream::ProcessError::Poison { reason: "no-entry", .. })));
}

#[test]
fn an_entry_without_title_gets_the_pages() {
    let entry = RawItem { title: String::new(), ..entry("It sails again.") };
    let metadata = PageMetadata { title: "Ferry returns".into(), ..PageMetadata::default() };
    let merged = merge(&RawItem { page: Some(metadata), ..page(&entry, "") }, &entry, "<p>x</p>".into());
    assert_eq!(merged.title, "Ferry returns");
}
