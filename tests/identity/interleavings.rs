//! Two feeds of a publisher and one of a stranger, polled by two pollers, in any order: aborted transactions, restarts, days
//! between polls. What the stages decide is plain functions, so the topics are a model here.

use jiff::{SignedDuration, Timestamp};
use normaliser::{Normalised, normalise, revision::Delivery};
use poller::{
    diff::Part,
    document::Context,
    fetch::Response,
    identity::{self, SeenEntry},
    parse,
    poll::{Body, PollResult, PollUpdate, apply},
};
use proptest::prelude::*;
use proto::{
    v1::{ArticleState, Feed, FeedEntries, FeedState, RawItem},
    wire::{self, Encoding::Protobuf, Message},
};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use test_support::publisher::{Item, rss};
use url::Url;

const FEEDS: [(&str, &str); 3] = [
    ("https://news.example/feed", ""),
    // On another domain than the site; the operator names the site.
    ("https://carrier.example/news", "https://news.example/"),
    ("https://stranger.example/feed", ""),
];
const STRANGER: usize = 2;
const STORIES: usize = 4;
const RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What happens next.
#[derive(Debug, Clone)]
struct Step {
    feed: usize,
    /// The versions of the stories that the document shows.
    shown: Vec<(usize, u8)>,
    /// How a document writes guids and links.
    form: u8,
    /// The response: a document, 304, or an error.
    response: u8,
    /// Another poller has taken over: the transaction is aborted, and the other polls again.
    aborts: bool,
    /// Raw items that the normaliser processes then, and whether its transaction is aborted.
    processes: usize,
    normaliser_aborts: bool,
    /// Days until the next step. All feeds are polled in between.
    days: i64,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let shown = prop::collection::vec((0..STORIES, 0..4_u8), 0..5);
    let work = (0..20_usize, any::<bool>(), prop_oneof![4 => Just(0), 1 => 1..9_i64]);
    let step = (0..FEEDS.len(), shown, 0..4_u8, 0..6_u8, any::<bool>(), work);
    let step = step.prop_map(|(feed, shown, form, response, aborts, (processes, normaliser_aborts, days))| Step {
        feed,
        shown,
        form,
        response,
        aborts,
        processes,
        normaliser_aborts,
        days,
    });
    prop::collection::vec(step, 1..14)
}

/// The topics.
#[derive(Default)]
struct Topics {
    now: Timestamp,
    /// By feed: state and entries, encoded.
    feeds: HashMap<usize, (Vec<u8>, Option<Vec<u8>>)>,
    raw: VecDeque<RawItem>,
    /// By article: state, encoded, and when it was written.
    articles: HashMap<String, (Vec<u8>, Timestamp)>,
    /// Title and text of each revision.
    published: BTreeMap<(String, i32), String>,
    ids: HashMap<usize, HashSet<String>>,
    /// Latest version of each story that a feed of the publisher has shown.
    own: HashMap<usize, u8>,
}

fn encode<M: Message>(message: &M) -> Vec<u8> {
    Protobuf.encode(message).unwrap()
}

fn decode<M: Message>(bytes: &[u8]) -> M {
    wire::decode(Some(Protobuf.content_type()), bytes).unwrap()
}

impl Topics {
    fn poll(&self, number: usize, result: &PollResult) -> PollUpdate {
        let (url, site_url) = FEEDS[number];
        let feed = Feed {
            feed_id: proto::id::feed_id(url),
            url: url.into(),
            site_url: site_url.into(),
            backfill: "all".into(),
            ..Feed::default()
        };
        let stored = self.feeds.get(&number);
        let state: Option<FeedState> = stored.map(|(state, _)| decode(state));
        let generation = state.as_ref().map_or(0, |state| state.entries_generation);
        let entries = || -> Option<Vec<SeenEntry>> {
            let entries: FeedEntries = decode(stored?.1.as_ref()?);
            assert_eq!(entries.generation, generation);
            identity::unpack(&entries.packed).ok()
        };
        apply(&feed, state, entries, result, Part::WHOLE, SignedDuration::from_mins(5))
    }

    /// Commits a poll: all records of its transaction.
    fn commit(&mut self, number: usize, update: PollUpdate) {
        let PollUpdate { publish, renew, state, entries, .. } = update;
        let generation = state.entries_generation;
        let stored = self.feeds.entry(number).or_default();
        stored.0 = encode(&state);
        if let Some(entries) = entries {
            let packed = identity::pack(&entries);
            stored.1 = Some(encode(&FeedEntries { feed_id: state.feed_id, generation, packed }));
        }
        for one in publish.into_iter().chain(renew) {
            if let Some((_, story)) = one.item.title.split_once(' ') {
                self.ids.entry(story.parse().unwrap()).or_default().insert(one.item.article_id.clone());
            }
            self.raw.push_back(one.item);
        }
    }

    fn result(&self, number: usize, step: Option<&Step>) -> PollResult {
        let url: Url = FEEDS[number].0.parse().unwrap();
        let (status, body) = match step {
            Some(step) if step.response > 1 => (200, self.document(&url, step)),
            Some(step) if step.response == 0 => (500, Body::None),
            _ => (304, Body::None),
        };
        let response = Ok((Response::bare(&url, status), body));
        PollResult {
            number: 1,
            feed_id: proto::id::feed_id(url.as_str()),
            url,
            at: self.now,
            duration_ms: 0,
            bytes: 0,
            response,
        }
    }

    fn document(&self, url: &Url, step: &Step) -> Body {
        let items: Vec<Item> = step.shown.iter().map(|(story, version)| item(step, *story, *version)).collect();
        let bytes = rss("News", "https://news.example/", &items);
        let document = parse::read(bytes.as_bytes(), &Context::new(url.as_str())).unwrap();
        let fingerprints = identity::fingerprints(&document);
        let hash = proto::id::digest(&[bytes.as_bytes()]);
        Body::Document { document: Box::new(document), fingerprints, hash }
    }

    /// Processes raw items in one transaction.
    fn process(&mut self, most: usize, aborts: bool) -> Result<(), TestCaseError> {
        let items: Vec<RawItem> = self.raw.iter().take(most).cloned().collect();
        let (mut articles, mut published) = (self.articles.clone(), self.published.clone());
        for raw in &items {
            let state = articles.get(&raw.article_id);
            let state = state.filter(|(_, written)| self.now.duration_since(*written) <= RETENTION);
            let state: Option<ArticleState> = state.map(|(state, _)| decode(state));
            let before = state.as_ref().map_or(0, |state| state.revision);
            match normalise(raw, state.as_ref(), Delivery::at(self.now)).unwrap() {
                Normalised::Article(one) => {
                    let (id, revision) = (one.article.article_id.clone(), one.article.revision);
                    prop_assert_eq!(revision, before + 1, "the state is never lost");
                    let text = format!("{} {}", one.article.title, one.article.body);
                    prop_assert!(published.insert((id.clone(), revision), text).is_none(), "a revision twice");
                    articles.insert(id, (encode(&one.state), self.now));
                }
                Normalised::Duplicate(Some(state)) => {
                    articles.insert(raw.article_id.clone(), (encode(&*state), self.now));
                }
                Normalised::Duplicate(None) => {}
                Normalised::Dropped(reason) => prop_assert!(false, "dropped: {}", reason),
                Normalised::Requested(_) => prop_assert!(false, "no page is fetched"),
            }
        }
        if !aborts {
            (self.articles, self.published) = (articles, published);
            self.raw.drain(..items.len());
        }
        Ok(())
    }
}

/// A story as a feed writes it. The publisher dates each version later than the one before; the stranger dates his latest.
fn item(step: &Step, story: usize, version: u8) -> Item {
    let page = format!("https://news.example/story-{story}");
    let (guid, link) = match step.form {
        0 => (format!("guid {story}"), page),
        1 => (format!("guid {story}"), format!("{page}?utm_source=rss#xtor=RSS-{version}")),
        2 => (page.clone(), page),
        _ => (String::new(), page.replace("https", "http")),
    };
    let (who, hours) = if step.feed == STRANGER { ("strange", 50) } else { ("own", i64::from(version)) };
    Item {
        guid,
        link,
        title: format!("Story {story}"),
        body: format!("<p>The {who} text of version {version}.</p>"),
        published: start() + SignedDuration::from_hours(hours - 100),
    }
}

fn start() -> Timestamp {
    "2026-11-28T12:00:00Z".parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn ids_are_one_own_text_stands_and_each_revision_has_one_content(steps in steps()) {
        let mut topics = Topics { now: start(), ..Topics::default() };
        for step in &steps {
            topics.now += SignedDuration::from_mins(7);
            let result = topics.result(step.feed, Some(step));
            let mut update = topics.poll(step.feed, &result);
            if step.aborts {
                // The other poller reads the same state.
                let again = topics.poll(step.feed, &result);
                prop_assert_eq!(&again, &update);
                update = again;
            }
            prop_assert!(!update.entries_were_lost);
            topics.commit(step.feed, update);
            // Of two items of one story in a document, the first counts.
            let mut first: HashSet<usize> = HashSet::new();
            for (story, version) in step.shown.iter().filter(|(story, _)| first.insert(*story)) {
                if step.feed != STRANGER && step.response > 1 {
                    let newest = topics.own.entry(*story).or_default();
                    *newest = (*version).max(*newest);
                }
            }
            topics.process(step.processes, step.normaliser_aborts)?;
            // A quiet time: each feed is polled every day, and answers 304 or fails.
            for _ in 0..step.days {
                topics.now += SignedDuration::from_hours(24);
                for feed in 0..FEEDS.len() {
                    let result = topics.result(feed, None);
                    let update = topics.poll(feed, &result);
                    prop_assert!(update.publish.is_empty());
                    topics.commit(feed, update);
                }
                topics.process(usize::MAX, false)?;
            }
        }
        topics.process(usize::MAX, false)?;
        for (story, ids) in &topics.ids {
            let id = proto::id::article_id(&format!("https://news.example/story-{story}"));
            prop_assert_eq!(ids, &HashSet::from([id.clone()]));
            let (_, last) = topics.published.range((id.clone(), 0)..=(id, i32::MAX)).next_back().unwrap();
            match topics.own.get(story) {
                Some(newest) => prop_assert_eq!(last, &format!("Story {story} The own text of version {newest}.")),
                None => prop_assert!(last.contains("strange")),
            }
        }
    }
}
