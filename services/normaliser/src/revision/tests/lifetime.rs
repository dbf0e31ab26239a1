//! State that expires, and the SEEN items that keep it.

use super::*;
use proto::wire::{Encoding, decode};

const DAY_S: i64 = 24 * 3_600;
/// Retention of the topic, from the last write.
const RETENTION_S: i64 = 30 * DAY_S;

/// The article's row in the state topic.
#[derive(Default)]
struct Row {
    state: Option<ArticleState>,
    written: i64,
}

impl Row {
    /// The state that the topic still holds, read again as after a restart where `restart` is set.
    fn load(&mut self, now: i64, restart: bool) -> Option<ArticleState> {
        if now - self.written > RETENTION_S {
            self.state = None;
        }
        let state = self.state.clone()?;
        Some(if restart { decode(None, &Encoding::Json.encode(&state).unwrap()).unwrap() } else { state })
    }

    fn write(&mut self, state: ArticleState, now: i64) {
        *self = Row { state: Some(state), written: now };
    }

    /// Shows an entry at a time in seconds. Returns what is published: revision, and whether it is NEW.
    fn show(&mut self, known: bool, hash: &str, now: i64, restart: bool) -> Option<(i32, bool)> {
        let raw = RawItem { known, ..copy("f", None, now) };
        let state = self.load(now, restart);
        let (next, published) = match decide(&raw, state.as_ref(), hash, Delivery::at(at(now))) {
            Revision::New(next) => (Some(next), Some(true)),
            Revision::Updated(next) => (Some(next), Some(false)),
            Revision::Duplicate(next) => (next, None),
        };
        let revision = next.as_ref().map_or(0, |next| next.revision);
        if let Some(next) = next {
            self.write(next, now);
        }
        published.map(|is_new| (revision, is_new))
    }

    fn seen(&mut self, now: i64, restart: bool) {
        if let Some(state) = self.load(now, restart) {
            self.write(renewed(&copy("f", None, now), &state, at(now)), now);
        }
    }
}

fn minutes(now: i64) -> i32 {
    i32::try_from(at(now).as_second() / 60).unwrap()
}

#[test]
fn a_known_entry_whose_state_has_expired_is_an_update_with_a_revision_that_was_never_used() {
    for days in [31, 400] {
        for restart in [false, true] {
            let mut row = Row::default();
            assert_eq!(row.show(false, "one", 0, restart), Some((1, true)));
            assert_eq!(row.show(true, "two", DAY_S, restart), Some((2, false)));
            let edited = (1 + days) * DAY_S;
            assert_eq!(row.show(true, "three", edited, restart), Some((minutes(edited), false)), "{days} {restart}");
            // The revisions continue from there, within the same minute too.
            assert_eq!(row.show(true, "four", edited + 1, restart), Some((minutes(edited) + 1, false)));
            assert_eq!(row.show(true, "four", edited + 2, restart), None);
            // They stay below the next one of this kind.
            let again = edited + days * DAY_S;
            assert_eq!(row.show(true, "five", again, restart), Some((minutes(again), false)));
        }
    }
}

#[test]
fn seen_items_every_ten_days_keep_the_state_for_as_long_as_they_come() {
    for days in [30, 400] {
        for restart in [false, true] {
            let mut row = Row::default();
            row.show(false, "one", 0, restart);
            for day in (10..=days).step_by(10) {
                row.seen(day * DAY_S, restart);
            }
            assert_eq!(row.show(true, "one", days * DAY_S + 1, restart), None, "{days} {restart}");
            assert_eq!(row.show(true, "two", days * DAY_S + 2, restart), Some((2, false)), "{days} {restart}");
        }
    }
}

#[test]
fn a_seen_item_comes_too_late_once_the_state_has_expired() {
    let mut row = Row::default();
    row.show(false, "one", 0, false);
    row.seen(31 * DAY_S, false);
    assert!(row.state.is_none());
}

#[test]
fn a_seen_item_changes_nothing_but_the_feeds_and_the_time_of_last_sight() {
    let mut state = None;
    step(&mut state, &copy("g", Some(0), 0), "one");
    let state = state.unwrap();
    let renewed_state = renewed(&copy("f", None, DAY_S), &state, at(2 * DAY_S));
    let expected = ArticleState {
        feed_ids: vec!["f".into(), "g".into()],
        last_seen_at: Some(proto::time::to_wire(at(DAY_S))),
        ..state.clone()
    };
    assert_eq!(renewed_state, expected);
    // One that was written earlier than the last sight does not set it back.
    assert_eq!(renewed(&copy("g", None, -DAY_S), &state, at(0)), state);
}
