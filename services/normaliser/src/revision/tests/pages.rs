//! Entries and pages of one article in any order: each text is published once, and the newest entry's page stands in the end.

use super::*;
use proto::vocab::body_source;
use std::collections::{HashMap, VecDeque};

/// The article of one feed, with what is asked of the poller and not answered yet.
#[derive(Default)]
struct Article {
    state: Option<ArticleState>,
    asked: VecDeque<u8>,
    published: Vec<(i32, String)>,
    now: i64,
}

fn entry(fetched: i64) -> RawItem {
    RawItem {
        canonical_url: "https://example.com/a".into(),
        feed_url: "https://example.com/rss".into(),
        ..copy("f", None, fetched)
    }
}

fn feed_text(version: u8) -> String {
    format!("feed {version}")
}

impl Article {
    fn publish(&mut self, next: ArticleState) {
        self.published.push((next.revision, next.content_hash.clone()));
        self.state = Some(next);
    }

    fn delivery(&mut self) -> Delivery {
        self.now += 60;
        Delivery::at(at(self.now))
    }

    /// An entry arrives. `asks`: its page is fetched.
    fn entry(&mut self, version: u8, asks: bool) {
        let delivery = self.delivery();
        let raw = entry(self.now);
        match decide_entry(&raw, self.state.as_ref(), &feed_text(version), asks, delivery) {
            EntryRevision::Decided(Revision::New(next) | Revision::Updated(next)) => {
                self.publish(next);
                self.asked.extend(asks.then_some(version));
            }
            EntryRevision::Decided(Revision::Duplicate(next)) => self.state = next.or(self.state.take()),
            EntryRevision::Deferred(next) => {
                self.state = Some(next);
                self.asked.push_back(version);
            }
        }
    }

    /// The page that the entry `version` asked for arrives, or why there is none.
    fn page(&mut self, version: u8, text: Option<&str>) {
        let delivery = self.delivery();
        let (raw, hash) = (entry(self.now), feed_text(version));
        if self.state.as_ref().is_some_and(|state| !state.feed_hash.is_empty() && state.feed_hash != hash) {
            return;
        }
        let revision = match text {
            Some(text) => {
                let page = RawItem { kind: proto::vocab::kind::PAGE.into(), ..raw.clone() };
                let both = format!("{text} of feed {version}");
                with_page(&page, &raw, self.state.as_ref(), &both, &hash, delivery)
            }
            None => match without_page(&raw, self.state.as_ref(), &hash, delivery) {
                Some(next) => Revision::Updated(next),
                None => Revision::Duplicate(None),
            },
        };
        match revision {
            Revision::New(next) | Revision::Updated(next) => self.publish(next),
            Revision::Duplicate(next) => self.state = next.or(self.state.take()),
        }
    }

    fn texts(&self) -> Vec<&str> {
        self.published.iter().map(|(_, text)| text.as_str()).collect()
    }
}

#[test]
fn the_feeds_text_goes_out_at_once_and_the_page_is_the_next_revision() {
    let mut article = Article::default();
    article.entry(1, true);
    article.page(1, Some("page"));
    assert_eq!(article.texts(), ["feed 1", "page of feed 1"]);
    assert_eq!(article.state.unwrap().body_source, body_source::PAGE);
}

#[test]
fn a_changed_entry_waits_for_its_page() {
    let mut article = Article::default();
    article.entry(1, true);
    article.page(1, Some("page"));
    article.entry(2, true);
    assert_eq!((article.texts().len(), &article.asked), (2, &VecDeque::from([1, 2])));
    article.entry(2, true);
    assert_eq!(article.asked.len(), 2, "the same entry again asks for nothing");
    article.page(2, Some("page"));
    assert_eq!(article.texts().last(), Some(&"page of feed 2"));
}

#[test]
fn a_changed_entry_without_page_is_published() {
    let mut article = Article::default();
    article.entry(1, true);
    article.page(1, Some("page"));
    article.entry(2, true);
    article.page(2, None);
    assert_eq!(article.texts(), ["feed 1", "page of feed 1", "feed 2"]);
    article.page(2, None);
    article.entry(2, true);
    assert_eq!(article.texts().len(), 3);
}

#[test]
fn a_first_entry_without_page_stays_as_it_is() {
    let mut article = Article::default();
    article.entry(1, true);
    article.page(1, None);
    assert_eq!(article.texts(), ["feed 1"]);
}

#[test]
fn the_page_of_an_entry_that_has_changed_since_is_dropped() {
    let mut article = Article::default();
    article.entry(1, true);
    article.entry(2, true);
    article.page(1, Some("page"));
    assert_eq!(article.texts(), ["feed 1", "feed 2"]);
    article.page(2, Some("page"));
    article.page(1, Some("page"));
    assert_eq!(article.texts(), ["feed 1", "feed 2", "page of feed 2"]);
}

#[test]
fn a_page_that_is_delivered_again_is_a_duplicate() {
    let mut article = Article::default();
    article.entry(1, true);
    article.page(1, Some("page"));
    article.page(1, Some("page"));
    article.page(1, Some("another page"));
    article.page(1, Some("page"));
    assert_eq!(article.texts(), ["feed 1", "page of feed 1", "another page of feed 1"]);
}

#[test]
fn an_entry_is_published_again_once_pages_are_no_longer_fetched() {
    let mut article = Article::default();
    article.entry(1, true);
    article.page(1, Some("page"));
    article.entry(1, false);
    assert_eq!(article.texts().len(), 2, "the entry is the same");
    article.entry(2, false);
    assert_eq!(article.texts(), ["feed 1", "page of feed 1", "feed 2"]);
}

#[test]
fn the_page_of_the_publisher_replaces_the_text_of_a_copy_elsewhere() {
    let elsewhere = RawItem { feed_url: "https://aggregator.example/rss".into(), ..entry(0) };
    let delivery = Delivery::at(at(0));
    let EntryRevision::Decided(Revision::New(state)) = decide_entry(&elsewhere, None, "copy", true, delivery) else {
        panic!("no first revision")
    };
    assert_eq!(state.source_rank, "OTHER");
    let page = RawItem { kind: proto::vocab::kind::PAGE.into(), ..elsewhere.clone() };
    let Revision::Updated(state) = with_page(&page, &elsewhere, Some(&state), "page", "copy", delivery) else {
        panic!("no second revision")
    };
    assert_eq!((state.source_rank.as_str(), state.revision), ("OWN", 2));
}

#[test]
fn a_page_that_a_second_feed_asked_for_leaves_the_article_to_the_first() {
    let first =
        ArticleState { feed_id: "f".into(), content_hash: "text".into(), revision: 1, ..ArticleState::default() };
    let second = RawItem { feed_id: "g".into(), ..entry(60) };
    let page = RawItem { kind: proto::vocab::kind::PAGE.into(), ..second.clone() };
    let delivery = Delivery::at(at(120));
    let Revision::Updated(state) = with_page(&page, &second, Some(&first), "page", "text", delivery) else { panic!() };
    assert_eq!((state.feed_id.as_str(), state.revision), ("f", 2));
    assert_eq!(state.feed_ids, ["g"]);
}

#[derive(Debug, Clone)]
enum Step {
    Entry {
        version: u8,
        asks: bool,
    },
    /// The n-th of the pages that were asked for, again where it was delivered before; without a text if it failed.
    Page {
        nth: usize,
        text: Option<u8>,
    },
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let entry = (0..4u8, any::<bool>()).prop_map(|(version, asks)| Step::Entry { version, asks });
    let page = (0..8usize, proptest::option::of(0..3u8)).prop_map(|(nth, text)| Step::Page { nth, text });
    proptest::collection::vec(prop_oneof![3 => entry, 4 => page, 1 => Just(Step::Restart)], 1..40)
}

proptest! {
    #[test]
    fn in_any_order_each_text_has_one_revision_and_the_last_entry_is_not_lost(steps in steps()) {
        let mut article = Article::default();
        let mut last = None;
        for step in steps {
            match step {
                Step::Entry { version, asks } => {
                    // A feed that shows an earlier text again does not revert it: only new ones count.
                    if last.is_none_or(|last| version > last) {
                        last = Some(version);
                    }
                    article.entry(version, asks);
                }
                Step::Page { nth, text } => {
                    if let Some(version) = article.asked.get(nth).copied() {
                        article.page(version, text.map(|text| format!("page {text}")).as_deref());
                    }
                }
                Step::Restart => {
                    article.state = article.state.map(|state| {
                        proto::wire::decode(None, &proto::wire::Encoding::Protobuf.encode(&state).unwrap()).unwrap_or(state)
                    });
                }
            }
        }
        // Each request is answered in the end.
        for version in article.asked.clone() {
            article.page(version, None);
        }
        let mut revisions = HashMap::new();
        for (number, (revision, text)) in article.published.iter().enumerate() {
            prop_assert_eq!(*revision, i32::try_from(number).unwrap() + 1);
            prop_assert!(revisions.insert(text.clone(), *revision).is_none(), "{} twice: {:?}", text, article.published);
        }
        if let Some(state) = &article.state {
            prop_assert_eq!(&state.content_hash, &article.published.last().unwrap().1);
            let shown = state.feed_hash.clone();
            prop_assert!(article.published.iter().any(|(_, text)| text.ends_with(&shown)), "{} is lost", shown);
        }
    }
}
