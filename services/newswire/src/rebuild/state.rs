//! The state of an article, from its published revisions.

use normaliser::revision::{MAX_EARLIER_HASHES, rank};
use proto::{
    time::from_wire,
    v1::{Article, ArticleState, Feed},
    vocab::{body_source, change, date_source, source_rank},
};
use std::collections::BTreeMap;

/// What the articles say of one of them.
#[derive(Default)]
pub(super) struct Rebuilt {
    pub(super) state: ArticleState,
    /// When it was last withdrawn.
    pub(super) withdrawn_at: Option<proto::Timestamp>,
    /// The last revision whose body is the feed's.
    feed_revision: i32,
}

impl Rebuilt {
    /// Adds a published revision. The revisions may come in any order.
    pub(super) fn add(&mut self, article: Article, feeds: &BTreeMap<String, Feed>) {
        if article.change == change::WITHDRAWN {
            self.withdrawn_at = latest(self.withdrawn_at, article.fetched_at);
        }
        self.note_body(&article);
        let rank = rank_of(&article, feeds);
        apply(&mut self.state, article, rank);
    }

    /// Notes whose text a revision has.
    fn note_body(&mut self, article: &Article) {
        if article.revision > self.state.revision {
            self.state.body_source.clone_from(&article.body_source);
        }
        if article.body_source != body_source::PAGE && article.revision > self.feed_revision {
            self.feed_revision = article.revision;
            self.state.feed_hash.clone_from(&article.content_hash);
        }
    }
}

/// Rank of a revision: `OWN` if its body is the page's, or if one of its feeds is the publisher's own by the present
/// definitions. The publisher's copy would have replaced any other text, so a revision that such a feed has shown is its own.
fn rank_of(article: &Article, feeds: &BTreeMap<String, Feed>) -> &'static str {
    let link = if article.canonical_url.is_empty() { &article.url } else { &article.canonical_url };
    let mut shown_by = article.feed_ids.iter().filter_map(|id| feeds.get(id));
    let is_own = article.body_source == body_source::PAGE
        || shown_by.any(|feed| rank::of_feed(link, &feed.url, &feed.site_url) == source_rank::OWN);
    if is_own { source_rank::OWN } else { source_rank::OTHER }
}

/// Adds a published revision of this rank to the state of its article.
///
/// Four fields of the state are not published. Whether a page was requested, and its text, are not known: a feed may ask again. The feed
/// of the current revision is known only if a single feed has listed the article; otherwise it stays empty, and the feed of the
/// next change takes its place. The publisher's date of the text is the date of change, else the feed's own date of publication.
/// Dates and texts of other sources do not count once the publisher's own text was published. A WITHDRAWN record has the times of
/// the operator's command, and no rank.
fn apply(state: &mut ArticleState, article: Article, rank: &str) {
    let is_withdrawal = article.change == change::WITHDRAWN;
    let rank = if is_withdrawal { state.source_rank.clone() } else { rank.to_owned() };
    if rank == source_rank::OWN && state.source_rank != source_rank::OWN {
        state.updated_at = None;
        state.earlier_hashes.clear();
        state.content_hash.clear();
    }
    let counts = rank == source_rank::OWN || state.source_rank != source_rank::OWN;
    let dated = (article.published_at_source == date_source::FEED).then_some(article.published_at).flatten();
    if counts && !is_withdrawal {
        state.updated_at = latest(state.updated_at, article.updated_at.or(dated));
    }
    if !is_withdrawal || state.last_seen_at.is_none() {
        state.last_seen_at = latest(state.last_seen_at, article.fetched_at);
    }
    state.feed_ids.extend(article.feed_ids);
    state.feed_ids.sort();
    state.feed_ids.dedup();
    let hash = if article.revision > state.revision {
        state.article_id = article.article_id;
        state.revision = article.revision;
        state.first_seen_at = article.first_seen_at;
        state.withdrawn = article.change == change::WITHDRAWN;
        state.url = article.url;
        if !is_withdrawal {
            state.revised_at = article.fetched_at;
        }
        state.source_rank = rank;
        std::mem::replace(&mut state.content_hash, article.content_hash)
    } else {
        article.content_hash
    };
    state.feed_id = if let [only] = state.feed_ids.as_slice() { only.clone() } else { String::new() };
    if counts && !hash.is_empty() {
        state.earlier_hashes.retain(|known| *known != hash);
        state.earlier_hashes.insert(0, hash);
    }
    state.earlier_hashes.retain(|known| *known != state.content_hash);
    state.earlier_hashes.truncate(MAX_EARLIER_HASHES);
}

fn latest(a: Option<proto::Timestamp>, b: Option<proto::Timestamp>) -> Option<proto::Timestamp> {
    match (a.as_ref().and_then(from_wire), b.as_ref().and_then(from_wire)) {
        (Some(before), Some(after)) if after > before => b,
        (Some(_), _) => a,
        (None, _) => b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use normaliser::{
        revision::{Delivery, Revision, decide},
        withdrawal,
    };
    use proto::v1::{Fetch, RawItem};

    fn raw(feed: &str, minute: i64) -> RawItem {
        let at = |second| Some(proto::time::to_wire(jiff::Timestamp::from_second(1_800_000_000 + second).unwrap()));
        RawItem {
            article_id: "a".into(),
            feed_id: feed.into(),
            url: format!("https://example.org/{minute}"),
            published_at: at(0),
            updated_at: at(minute * 60),
            fetch: Some(Fetch { fetched_at: at(minute * 60 + 5), ..Fetch::default() }),
            ..RawItem::default()
        }
    }

    /// The article that the normaliser publishes for a copy that is not a duplicate.
    fn article(raw: &RawItem, state: &ArticleState) -> Article {
        Article {
            article_id: state.article_id.clone(),
            revision: state.revision,
            content_hash: state.content_hash.clone(),
            feed_ids: state.feed_ids.clone(),
            url: raw.url.clone(),
            published_at: raw.published_at,
            published_at_source: date_source::FEED.into(),
            updated_at: raw.updated_at,
            first_seen_at: state.first_seen_at,
            fetched_at: raw.fetch.as_ref().and_then(|fetch| fetch.fetched_at),
            ..Article::default()
        }
    }

    /// The normaliser's state after these copies, and the articles that it published.
    fn history(copies: &[(&str, i64, String)]) -> (ArticleState, Vec<Article>) {
        let (mut state, mut articles) = (None, Vec::new());
        let delivery = Delivery::at(jiff::Timestamp::UNIX_EPOCH);
        for (feed, minute, hash) in copies {
            let raw = raw(feed, *minute);
            match decide(&raw, state.as_ref(), hash, delivery) {
                Revision::New(next) | Revision::Updated(next) => {
                    articles.push(article(&raw, &next));
                    state = Some(next);
                }
                Revision::Duplicate(next) => state = next.or(state),
            }
        }
        (state.unwrap(), articles)
    }

    fn rebuilt(articles: impl IntoIterator<Item = Article>) -> ArticleState {
        let mut state = ArticleState::default();
        articles.into_iter().for_each(|article| apply(&mut state, article, source_rank::OTHER));
        state
    }

    #[test]
    fn articles_of_one_feed_give_the_normalisers_own_state() {
        for revisions in [1, 2, 20] {
            let copies: Vec<_> = (0..revisions).map(|minute| ("f", minute, format!("h{minute}"))).collect();
            let (state, articles) = history(&copies);
            assert_eq!(rebuilt(articles), state, "{revisions}");
        }
    }

    #[test]
    fn a_revision_that_a_feed_of_the_publisher_has_shown_is_the_publishers_own() {
        let feed = |url: &str, site: &str| Feed { url: url.into(), site_url: site.into(), ..Feed::default() };
        let feeds = BTreeMap::from([
            ("own".to_owned(), feed("https://feeds.example.org/rss", "")),
            ("named".to_owned(), feed("https://feeds.feedburner.com/x", "https://example.org/")),
            ("other".to_owned(), feed("https://aggregator.example/rss", "")),
        ]);
        let rank = |feed_ids: &[&str], body_source: &str| {
            let feed_ids = feed_ids.iter().map(|&id| id.to_owned()).collect();
            let url = "https://www.example.org/a".to_owned();
            rank_of(&Article { url, feed_ids, body_source: body_source.to_owned(), ..Article::default() }, &feeds)
        };
        assert_eq!((rank(&["other", "own"], ""), rank(&["named"], "FEED")), (source_rank::OWN, source_rank::OWN));
        assert_eq!(
            (rank(&["other", "gone"], "FEED"), rank(&["other"], "PAGE")),
            (source_rank::OTHER, source_rank::OWN)
        );
    }

    #[test]
    fn dates_and_texts_of_other_sources_do_not_count_after_the_publishers_own() {
        let copies: Vec<_> =
            [(9, "fake"), (11, "own"), (12, "later")].map(|(minute, hash)| ("f", minute, hash.into())).into();
        let (_, articles) = history(&copies);
        let ranks = [source_rank::OTHER, source_rank::OWN, source_rank::OWN];
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1]] {
            let mut state = ArticleState::default();
            order.into_iter().for_each(|n| apply(&mut state, articles[n].clone(), ranks[n]));
            assert_eq!((state.content_hash.as_str(), state.source_rank.as_str()), ("later", source_rank::OWN));
            assert_eq!(state.earlier_hashes, ["own"], "{order:?}");
        }
    }

    #[test]
    fn a_text_that_was_restored_is_not_an_earlier_one() {
        let copies = [("f", 0, "a".to_owned()), ("f", 1, "b".to_owned()), ("f", 2, "a".to_owned())];
        let (state, articles) = history(&copies);
        assert_eq!((state.revision, &state.earlier_hashes), (3, &vec!["b".to_owned()]));
        assert_eq!(rebuilt(articles), state);
    }

    #[test]
    fn a_withdrawn_article_has_the_normalisers_own_state_before_and_after_its_restoration() {
        let (state, mut articles) = history(&[("f", 0, "a".to_owned()), ("f", 1, "b".to_owned())]);
        let now = jiff::Timestamp::from_second(1_800_010_000).unwrap();
        let withdraw = RawItem { kind: "WITHDRAW".into(), fetch: None, ..raw("f", 1) };
        let effect = withdrawal::decide(&withdraw, Some(&state), false, now).unwrap();
        let withdrawal::Effect::Withdrawn(withdrawn) = effect else { panic!("{effect:?}") };
        articles.push(withdrawn.article);
        let delivery = Delivery::at(now);
        assert_eq!(rebuilt(articles.clone()), withdrawn.state);
        let Revision::Updated(restored) = decide(&raw("f", 1), Some(&withdrawn.state), "b", delivery) else { panic!() };
        articles.push(article(&raw("f", 1), &restored));
        assert_eq!(rebuilt(articles), restored);
    }

    #[test]
    fn with_two_feeds_the_feed_of_the_current_revision_is_unknown() {
        let copies = [("f", 0, "a".to_owned()), ("g", 1, "b".to_owned())];
        let (state, articles) = history(&copies);
        let rebuilt = rebuilt(articles);
        assert_eq!((rebuilt.feed_id.as_str(), state.feed_id.as_str()), ("", "g"));
        assert_eq!(ArticleState { feed_id: "g".into(), ..rebuilt }, state);
    }

    #[test]
    fn revisions_in_another_order_give_the_same_revision_and_texts() {
        let copies: Vec<_> = (0..5).map(|minute| ("f", minute, format!("h{minute}"))).collect();
        let (state, articles) = history(&copies);
        let mut rebuilt = rebuilt(articles.into_iter().rev());
        rebuilt.earlier_hashes.sort_by(|a, b| b.cmp(a));
        assert_eq!(rebuilt, state);
    }
}
