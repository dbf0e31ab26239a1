use super::*;
use crate::trends::{Of, Question};
use proto::{Timestamp, wire};

const NOW_MS: i64 = 1_800_000_000_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn state() -> GatewayState {
    let metrics = Metrics::new(&::metrics::Registry::new()).unwrap();
    GatewayState::new(&Config::default(), metrics, CancellationToken::new())
}

/// A record of article `id`, first seen at `seen_ms`.
fn record(offset: i64, id: &str, revision: i32, seen_ms: i64) -> Record {
    let article = EnrichedArticle {
        article_id: id.into(),
        revision,
        change: change::NEW.into(),
        language: "en".into(),
        first_seen_at: Some(Timestamp { seconds: seen_ms / 1_000, nanos: 0 }),
        ..EnrichedArticle::default()
    };
    Record {
        topic: "t".into(),
        partition: 0,
        offset,
        timestamp_ms: seen_ms,
        key: id.into(),
        value: Some(wire::Encoding::Json.encode(&article).unwrap()),
        headers: vec![(wire::CONTENT_TYPE.to_owned(), b"application/json".to_vec())],
    }
}

/// Articles by language, of two days.
fn counted(state: &GatewayState) -> u64 {
    let question =
        Question { of: Of::Language, types: vec![], keys: vec![], hours: 48, recent: 6, limit: 10, only_rising: false };
    let answer = state.trends().counts().answer(&question, NOW_MS);
    answer.iter().flat_map(|trend| &trend.counts).sum()
}

#[test]
fn a_record_that_the_window_refuses_is_not_made_ready_for_it() {
    let state = state();
    state.apply(&[record(0, "a", 2, NOW_MS)], NOW_MS);
    let take = |record: &Record| state.take(record, NOW_MS);
    assert!(matches!(take(&record(1, "a", 1, NOW_MS)), Taken::Superseded));
    assert!(matches!(take(&record(2, "b", 1, NOW_MS - DAY_MS - 1_000)), Taken::Outside(_)));
    assert!(matches!(take(&record(3, "c", 1, NOW_MS)), Taken::Ready(_)));
}

#[test]
fn an_article_from_before_the_window_counts_and_is_neither_kept_nor_sent() {
    let state = state();
    state.apply(&[record(0, "a", 1, NOW_MS - DAY_MS - 1_000)], NOW_MS);
    assert_eq!((counted(&state), state.window().len(), state.events().next()), (1, 0, 0));
    assert!(state.position().includes(0, 0));
}

#[test]
fn records_are_applied_while_an_answer_of_trends_is_made() {
    let state = state();
    let counts = state.trends().counts();
    state.apply(&[record(0, "a", 1, NOW_MS)], NOW_MS);
    assert_eq!((counts.first_ms(), counted(&state)), (None, 1));
}
