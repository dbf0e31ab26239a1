//! Copies of one article by two feeds of its publisher and two of others, polled by two pollers, in any order.

use super::*;
use proto::wire::{Encoding, decode};
use std::collections::HashMap;

/// A copy as it reaches the normaliser.
#[derive(Debug, Clone)]
struct Arrival {
    /// 0 and 1 are the publisher's feeds, 2 and 3 those of others.
    feed: u8,
    /// The n-th text that the feed's source has written.
    version: u8,
    /// How long after the text it was fetched: seconds of the publisher's feeds, minutes of the others, which may show a text
    /// long after the publisher has changed it.
    late: u8,
    /// The date that another source claims; the publisher's texts are dated truly, where they are dated.
    claims: Option<i64>,
    known: bool,
    replayed: bool,
    /// The normaliser restarts before it: the state is read from the topic.
    restart: bool,
}

impl Arrival {
    fn is_own(&self) -> bool {
        self.feed < 2
    }

    fn raw(&self, own_is_dated: bool) -> RawItem {
        let written = i64::from(self.version) * 1_000;
        let dated = if self.is_own() { own_is_dated.then_some(written) } else { self.claims };
        let site = if self.is_own() { "example.com" } else { "aggregator.example" };
        let late = i64::from(self.late) * if self.is_own() { 1 } else { 60 };
        RawItem {
            canonical_url: "https://example.com/a".into(),
            feed_url: format!("https://{site}/rss{}", self.feed),
            known: self.known,
            ..copy(&format!("f{}", self.feed), dated, written + late)
        }
    }

    /// Others copy the publisher's texts or write their own.
    fn hash(&self) -> String {
        if self.is_own() || self.feed == 2 {
            format!("own {}", self.version)
        } else {
            format!("other {}", self.version)
        }
    }
}

fn arrivals() -> impl Strategy<Value = Vec<Arrival>> {
    let claims = proptest::option::of(0..20_000i64);
    let one = (0..4u8, 0..6u8, any::<u8>(), claims, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(feed, version, late, claims, known, replayed, restart)| Arrival {
            feed,
            version,
            late,
            claims,
            known,
            replayed,
            restart,
        },
    );
    // Copies are repeated: a sequence goes through the log once or twice.
    (proptest::collection::vec(one, 1..40), any::<bool>())
        .prop_map(|(once, repeat)| if repeat { [once.clone(), once].concat() } else { once })
}

proptest! {
    #[test]
    fn own_text_stands_in_the_end_and_each_revision_has_one_content(arrivals in arrivals(), own_is_dated in any::<bool>()) {
        let mut state: Option<ArticleState> = None;
        let mut published: HashMap<i32, String> = HashMap::new();
        let mut last = 0;
        let mut own: Vec<&Arrival> = Vec::new();
        for (n, arrival) in arrivals.iter().enumerate() {
            if arrival.restart {
                state = state.map(|state| decode(None, &Encoding::Json.encode(&state).unwrap()).unwrap());
            }
            let now = at(100_000 + i64::try_from(n).unwrap());
            let (raw, hash) = (arrival.raw(own_is_dated), arrival.hash());
            let revision = deliver(&mut state, &raw, &hash, Delivery { replayed: arrival.replayed, ..Delivery::at(now) });
            if let Some(revision) = revision {
                prop_assert!(revision > last, "revision {} after {}", revision, last);
                prop_assert!(published.insert(revision, hash.clone()).is_none());
                prop_assert!(arrival.is_own() || own.is_empty(), "another source changed the publisher's text");
                last = revision;
            }
            if arrival.is_own() {
                own.push(arrival);
            }
            let state = state.as_ref().unwrap();
            prop_assert_eq!(&state.content_hash, &published[&last], "the state is that of the last revision");
            prop_assert_eq!(state.revision, last);
            prop_assert!(state.feed_ids.contains(&raw.feed_id));
            if own.is_empty() {
                prop_assert_eq!(&state.source_rank, "OTHER");
            } else {
                prop_assert_eq!(&state.source_rank, "OWN");
                prop_assert!(own.iter().any(|own| own.hash() == state.content_hash), "no feed of the publisher showed this");
            }
        }
        // Where the publisher dates its texts, the newest that was delivered stands, in whatever order they came.
        if own_is_dated && let Some(newest) = own.iter().max_by_key(|own| own.version) {
            prop_assert_eq!(state.unwrap().content_hash, newest.hash());
        }
    }
}
