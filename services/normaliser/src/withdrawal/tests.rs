use super::*;

const MINUTES: i32 = 29_833_333;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(i64::from(MINUTES) * 60 + second).unwrap()
}

fn raw(kind: &str, body: &str) -> RawItem {
    RawItem {
        article_id: proto::id::article_id("https://www.example.com/a"),
        kind: kind.into(),
        feed_id: "f".into(),
        url: "https://www.example.com/a?utm_source=rss".into(),
        canonical_url: "https://www.example.com/a".into(),
        title: if body.is_empty() { String::new() } else { "Dam opens".into() },
        content: body.into(),
        fetch: Some(proto::v1::Fetch { fetched_at: Some(to_wire(at(0))), ..Default::default() }),
        ..Default::default()
    }
}

/// What the stage keeps of one article.
#[derive(Default)]
struct Stage {
    state: Option<ArticleState>,
    is_withdrawn: bool,
}

impl Stage {
    /// Processes an item as the stage does. Returns change, revision and body of what is published.
    fn step(&mut self, raw: &RawItem) -> Option<(String, i32, String)> {
        let shown = |article: &Article| (article.change.clone(), article.revision, article.body.clone());
        match decide(raw, self.state.as_ref(), self.is_withdrawn, at(0)).unwrap() {
            Effect::None => match normalise(raw, self.state.as_ref(), Delivery::at(at(0))).unwrap() {
                Normalised::Article(published) => {
                    self.state = Some(published.state);
                    Some(shown(&published.article))
                }
                Normalised::Dropped(_) | Normalised::Requested(_) => None,
                Normalised::Duplicate(state) => {
                    self.state = state.map(|state| *state).or(self.state.take());
                    None
                }
            },
            Effect::Duplicate => None,
            Effect::Dropped(state) => {
                self.state = state.map(|state| *state).or(self.state.take());
                None
            }
            Effect::Withdrawn(withdrawn) => {
                (self.state, self.is_withdrawn) = (Some(withdrawn.state), true);
                Some(shown(&withdrawn.article))
            }
            Effect::Restored(published) => {
                (self.state, self.is_withdrawn) = (Some(published.state), false);
                Some(shown(&published.article))
            }
            Effect::RestoredWithoutText(state) => {
                (self.state, self.is_withdrawn) = (Some(*state), false);
                None
            }
        }
    }
}

fn published(change: &str, revision: i32, body: &str) -> Option<(String, i32, String)> {
    Some((change.to_owned(), revision, body.to_owned()))
}

#[test]
fn a_withdrawn_article_stays_withdrawn_until_it_is_restored() {
    let mut stage = Stage::default();
    assert_eq!(stage.step(&raw(kind::ENTRY, "One.")), published(change::NEW, 1, "One."));
    assert_eq!(stage.step(&raw(kind::WITHDRAW, "")), published(change::WITHDRAWN, 2, ""));
    assert_eq!(stage.step(&raw(kind::WITHDRAW, "")), None);
    let other_feed = RawItem { feed_id: "g".into(), ..raw(kind::ENTRY, "Two.") };
    assert_eq!(stage.step(&other_feed), None);
    assert_eq!(stage.step(&raw(kind::PAGE, "Three.")), None);
    assert_eq!(stage.state.as_ref().unwrap().feed_ids, ["f", "g"]);
    assert_eq!(stage.step(&raw(kind::RESTORE, "One.")), published(change::UPDATED, 3, "One."));
    assert_eq!(stage.step(&raw(kind::RESTORE, "One.")), None);
    let state = stage.state.as_ref().unwrap();
    assert!(!state.withdrawn && state.earlier_hashes.is_empty() && state.feed_ids == ["f", "g"]);
    // Then as before: the same text is a duplicate, another one an update.
    assert_eq!(stage.step(&raw(kind::ENTRY, "One.")), None);
    assert_eq!(stage.step(&raw(kind::ENTRY, "Two.")), published(change::UPDATED, 4, "Two."));
}

#[test]
fn an_article_that_is_restored_without_text_is_published_with_its_next_copy() {
    let mut stage = Stage::default();
    stage.step(&raw(kind::ENTRY, "One."));
    stage.step(&raw(kind::WITHDRAW, ""));
    assert_eq!(stage.step(&raw(kind::RESTORE, "")), None);
    assert_eq!(stage.step(&raw(kind::ENTRY, "One.")), published(change::UPDATED, 3, "One."));
}

#[test]
fn an_unknown_article_is_withdrawn_before_it_is_seen() {
    let mut stage = Stage::default();
    assert_eq!(stage.step(&raw(kind::WITHDRAW, "")), published(change::WITHDRAWN, MINUTES, ""));
    assert_eq!(stage.step(&raw(kind::ENTRY, "One.")), None);
    // The state has expired meanwhile.
    stage.state = None;
    assert_eq!(stage.step(&raw(kind::ENTRY, "One.")), None);
    assert_eq!(stage.step(&raw(kind::RESTORE, "One.")), published(change::UPDATED, MINUTES, "One."));
}

#[test]
fn a_revision_without_state_is_the_minutes_since_1970_also_with_the_next_copy() {
    let mut stage = Stage { is_withdrawn: true, state: None };
    assert_eq!(stage.step(&raw(kind::RESTORE, "")), None);
    assert_eq!(stage.step(&raw(kind::ENTRY, "One.")), published(change::UPDATED, MINUTES, "One."));
}

#[test]
fn a_withdrawn_record_has_ids_urls_and_times_and_no_text() {
    let mut stage = Stage::default();
    stage.step(&raw(kind::ENTRY, "One."));
    let item = RawItem { guid: "1".into(), ..raw(kind::WITHDRAW, "") };
    let effect = decide(&item, stage.state.as_ref(), false, at(60)).unwrap();
    let Effect::Withdrawn(withdrawn) = effect else { panic!("{effect:?}") };
    assert_eq!(withdrawn.row.withdrawn_at, Some(to_wire(at(60))));
    assert!(withdrawn.state.withdrawn && withdrawn.state.content_hash.is_empty());
    let seen = Some(to_wire(at(0)));
    let expected = Article {
        article_id: item.article_id.clone(),
        revision: 2,
        change: change::WITHDRAWN.into(),
        url: item.url.clone(),
        canonical_url: item.canonical_url.clone(),
        guid: "1".into(),
        feed_ids: vec!["f".into()],
        published_at: seen,
        published_at_source: "INFERRED".into(),
        published_at_precision: "SECOND".into(),
        first_seen_at: seen,
        fetched_at: seen,
        language: "und".into(),
        schema_version: proto::SCHEMA_VERSION.into(),
        ..Article::default()
    };
    assert_eq!(withdrawn.article, expected);
}

#[test]
fn a_restored_article_keeps_feed_and_rank_of_its_text() {
    let mut stage = Stage::default();
    stage.step(&raw(kind::ENTRY, "One."));
    stage.state.as_mut().unwrap().source_rank = "OWN".into();
    stage.step(&raw(kind::WITHDRAW, ""));
    stage.step(&RawItem { feed_id: String::new(), ..raw(kind::RESTORE, "One.") });
    let state = stage.state.unwrap();
    assert_eq!((state.feed_id.as_str(), state.source_rank.as_str()), ("f", "OWN"));
}

#[test]
fn a_copy_of_another_source_does_not_stand_in_for_the_publishers_restored_text() {
    let own = |body: &str| RawItem { feed_url: "https://feeds.example.com/rss".into(), ..raw(kind::ENTRY, body) };
    let mut stage = Stage::default();
    stage.step(&own("One."));
    stage.step(&raw(kind::WITHDRAW, ""));
    stage.step(&raw(kind::RESTORE, ""));
    assert_eq!(
        stage.step(&RawItem { feed_url: "https://other.example/rss".into(), ..raw(kind::ENTRY, "Fake.") }),
        None
    );
    assert_eq!(stage.step(&own("One.")), published(change::UPDATED, 3, "One."));
}

#[test]
fn the_state_of_a_withdrawn_article_is_written_once_a_day() {
    let mut stage = Stage::default();
    stage.step(&raw(kind::ENTRY, "One."));
    stage.step(&raw(kind::WITHDRAW, ""));
    let shown_at = |second| {
        let mut copy = raw(kind::ENTRY, "One.");
        copy.fetch.as_mut().unwrap().fetched_at = Some(to_wire(at(second)));
        match decide(&copy, stage.state.as_ref(), true, at(second)).unwrap() {
            Effect::Dropped(state) => state.is_some(),
            other => panic!("{other:?}"),
        }
    };
    assert!(!shown_at(3_600));
    assert!(shown_at(REFRESH_H * 3_600));
}

#[test]
fn an_item_of_another_kind_is_left_to_the_rules_of_revisions() {
    assert_eq!(decide(&raw(kind::SEEN, ""), None, true, at(0)).unwrap(), Effect::None);
    assert_eq!(decide(&raw("VIDEO", ""), None, true, at(0)).unwrap(), Effect::None);
}
