//! Looks up the articles that a command names in the log.

use super::Action;
use crate::answer::each;
use proto::{
    key::to_hex,
    topic::{InTopic, Topic},
    v1::{Article, ArticleState, Withdrawal},
    vocab::change,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use stream::{Log, LogConfig};

/// The articles that a command is about.
#[derive(Debug)]
pub enum Selection {
    /// The articles that the operator named.
    Articles(Vec<Target>),
    /// Those that only the feed with this id has shown.
    Feed(String),
}

/// An article as the operator names it.
#[derive(Debug, PartialEq)]
pub struct Target {
    /// The id, or that of the URL.
    pub id: String,
    /// URL as given, and canonical; `None` if an id was given.
    urls: Option<(String, String)>,
}

impl Target {
    /// `None` if `text` is neither an id nor an http or https URL.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(id) = super::id(text) {
            return Some(Target { id, urls: None });
        }
        // The poller assigns the same id.
        let canonical = poller::identity::canonical_url(text)?;
        Some(Target { id: proto::id::article_id(&canonical), urls: Some((text.to_owned(), canonical)) })
    }
}

/// An article and what the log holds about it.
#[derive(Debug, Default)]
pub struct Known {
    pub id: String,
    /// The URL that the operator gave, canonical; empty if an id was given.
    pub url: String,
    /// The feeds that have shown it.
    pub feed_ids: BTreeSet<String>,
    /// Its last revision with text. For a withdrawal, without summary and body.
    pub last: Option<Article>,
    /// True if the normaliser has state for it.
    pub is_on_log: bool,
    pub is_withdrawn: bool,
}

/// Reads what the log holds of the selected articles. Of a feed's articles only those that the action changes.
pub fn read(log: &dyn Log, config: &LogConfig, selection: &Selection, action: Action) -> anyhow::Result<Vec<Known>> {
    let mut reader =
        Reader { selection, action, known: BTreeMap::new(), moved: HashMap::new(), fragments: HashMap::new() };
    let topic = |topic: Topic| config.names.of(topic);
    each(log, &topic(ArticleState::TOPIC), |record| {
        if let Ok(state) = record.decode::<ArticleState>() {
            reader.add_state(state);
        }
    })?;
    each(log, &topic(Article::TOPIC), |record| {
        if let Ok(article) = record.decode::<Article>() {
            reader.add_article(article);
        }
    })?;
    let mut withdrawn: HashSet<String> = HashSet::new();
    each(log, &topic(Withdrawal::TOPIC), |record| {
        let id = to_hex(&record.key);
        if record.value.is_some() {
            withdrawn.insert(id)
        } else {
            withdrawn.remove(&id)
        };
    })?;
    Ok(reader.finish(&withdrawn))
}

struct Reader<'a> {
    selection: &'a Selection,
    action: Action,
    known: BTreeMap<String, Known>,
    /// Ids of articles by a URL that the operator gave, canonical: an article keeps its id when its URL changes.
    moved: HashMap<String, String>,
    /// Ids of articles by a URL that the operator gave, as given: of several articles on one page each has a fragment.
    fragments: HashMap<String, String>,
}

impl Reader<'_> {
    fn add_state(&mut self, state: ArticleState) {
        if self.selects(&state.article_id, &state.feed_ids) {
            let known = self.entry(state.article_id);
            known.feed_ids.extend(state.feed_ids);
        }
    }

    fn add_article(&mut self, mut article: Article) {
        if let Selection::Articles(targets) = self.selection {
            for (given, canonical) in targets.iter().filter_map(|target| target.urls.as_ref()) {
                if article.url == *given || article.canonical_url == *canonical {
                    self.moved.insert(canonical.clone(), article.article_id.clone());
                }
                // Only an article whose id is made from the fragment has it in its canonical URL.
                if article.canonical_url.contains('#') && [&article.url, &article.canonical_url].contains(&given) {
                    self.fragments.insert(given.clone(), article.article_id.clone());
                }
            }
        }
        let is_moved = self.moved.values().chain(self.fragments.values()).any(|id| *id == article.article_id);
        if !is_moved && !self.selects(&article.article_id, &article.feed_ids) {
            return;
        }
        if self.action == Action::Withdraw {
            (article.summary, article.body, article.body_html) = Default::default();
        }
        let known = self.entry(article.article_id.clone());
        known.feed_ids.extend(article.feed_ids.iter().cloned());
        let is_later = known.last.as_ref().is_none_or(|last| article.revision >= last.revision);
        if article.change != change::WITHDRAWN && is_later {
            known.last = Some(article);
        }
    }

    fn selects(&self, id: &str, feed_ids: &[String]) -> bool {
        match self.selection {
            Selection::Articles(targets) => targets.iter().any(|target| target.id == id),
            Selection::Feed(feed) => feed_ids.contains(feed) || self.known.contains_key(id),
        }
    }

    fn entry(&mut self, id: String) -> &mut Known {
        let known = self.known.entry(id.clone()).or_default();
        (known.id, known.is_on_log) = (id, true);
        known
    }

    fn finish(mut self, withdrawn: &HashSet<String>) -> Vec<Known> {
        let mut found: Vec<Known> = match self.selection {
            Selection::Articles(targets) => targets.iter().map(|target| self.target(target)).collect(),
            Selection::Feed(_) => self.known.into_values().filter(|known| known.feed_ids.len() == 1).collect(),
        };
        found.iter_mut().for_each(|known| known.is_withdrawn = withdrawn.contains(&known.id));
        if matches!(self.selection, Selection::Feed(_)) {
            found.retain(|known| known.is_withdrawn == (self.action == Action::Restore));
        }
        let mut ids = HashSet::new();
        found.retain(|known| ids.insert(known.id.clone()));
        found
    }

    fn target(&mut self, target: &Target) -> Known {
        let (given, url) = target.urls.clone().unwrap_or_default();
        let moved = if self.known.contains_key(&target.id) { None } else { self.moved.get(&url) };
        let id = self.fragments.get(&given).or(moved).unwrap_or(&target.id).clone();
        Known { url, ..self.known.remove(&id).unwrap_or(Known { id, ..Known::default() }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_the_id_that_the_poller_assigns() {
        let target = Target::parse(" https://Example.org/a?utm_source=rss#top ").unwrap();
        assert_eq!(target.id, proto::id::article_id("https://example.org/a"));
        assert_eq!(Target::parse(&target.id.to_uppercase()), Some(Target { id: target.id, urls: None }));
        for wrong in ["", "856d31", "ftp://example.org/a", "/a"] {
            assert_eq!(Target::parse(wrong), None, "{wrong}");
        }
    }

    fn found(article_urls: &[(&str, &str, &str)], given: &str) -> String {
        let selection = Selection::Articles(vec![Target::parse(given).unwrap()]);
        let (known, moved, fragments) = Default::default();
        let mut reader = Reader { selection: &selection, action: Action::Withdraw, known, moved, fragments };
        for (id, url, canonical_url) in article_urls {
            reader.add_article(Article {
                article_id: proto::id::article_id(id),
                url: (*url).into(),
                canonical_url: (*canonical_url).into(),
                ..Article::default()
            });
        }
        reader.finish(&HashSet::new()).pop().unwrap().id
    }

    #[test]
    fn a_url_finds_the_article_of_its_fragment_and_one_that_has_moved() {
        let (page, part, old) = ("https://example.org/live", "https://example.org/live#b", "https://example.org/old");
        let articles = [
            (page, "https://example.org/live#a", page),
            (part, part, part),
            (old, "https://example.org/new", "https://example.org/new"),
        ];
        let id = proto::id::article_id;
        assert_eq!(found(&articles, page), id(page));
        assert_eq!(found(&articles, "https://example.org/live#a"), id(page));
        assert_eq!(found(&articles, part), id(part));
        assert_eq!(found(&articles, "https://example.org/new?utm_source=x"), id(old));
        assert_eq!(found(&articles, "https://example.org/other"), id("https://example.org/other"));
    }
}
