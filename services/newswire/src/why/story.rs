//! A story: the feeds that list it, its state, and where it was published.

use super::{Subject, dead_letter_json, dead_letters, place, position, print_dead_letter, time};
use crate::answer::{each, message};
use chassis::terminal::line;
use poller::credentials::Credentials;
use proto::{
    topic::{InTopic, Topic},
    v1::{Article, ArticleState, EnrichedArticle, FeedEntries, FeedState, PageState, RawItem, Withdrawal},
    vocab::{body_source, change, kind},
    wire::Message,
};
use serde_json::{Value, json};
use std::{collections::HashMap, io::Write};
use stream::{DeadLetter, Log, LogConfig, Record};

/// What the topics hold of one story, oldest first in each.
#[derive(Default)]
pub(super) struct Story {
    id: String,
    /// How far it has come.
    summary: String,
    /// Feeds that listed it, and when they last did.
    feeds: Vec<(String, String)>,
    raw: Vec<(Record, RawItem)>,
    state: Option<ArticleState>,
    articles: Vec<(Record, Article)>,
    enriched: Vec<(Record, EnrichedArticle)>,
    refused: Vec<(Record, DeadLetter)>,
    /// Its page, while it is still to be fetched.
    page: Option<PageState>,
    withdrawal: Option<Withdrawal>,
}

/// What the topics hold of a story, in the order of the topics, secrets masked; `None` if that is nothing.
pub(super) fn read(
    log: &dyn Log,
    config: &LogConfig,
    subject: &Subject,
    secrets: &Credentials,
) -> anyhow::Result<Option<Story>> {
    let names = &config.names;
    let id = id_of(log, config, subject)?;
    let mut story = Story { id: id.clone(), raw: records(log, config, &id)?, ..Story::default() };
    story.articles = records(log, config, &id)?;
    story.enriched = records(log, config, &id)?;
    story.state = records(log, config, &id)?.pop().map(|(_, state)| state);
    let withdrawals = Topic::Withdrawals.key(&id)?;
    each(log, &names.of(Topic::Withdrawals), |record| {
        if record.key == withdrawals {
            // A restored article has a tombstone.
            story.withdrawal = record.decode().ok();
        }
    })?;
    let pages = Topic::PageState.key(&id)?;
    each(log, &names.of(Topic::PageState), |record| {
        if record.key == pages {
            // A page that was answered has a tombstone.
            story.page = record.decode().ok();
        }
    })?;
    story.feeds = feeds(log, &names.of(Topic::FeedState), &id)?;
    for (url, _) in &mut story.feeds {
        *url = secrets.parameters.masked(url);
    }
    for topic in [Topic::Raw, Topic::PageRequests, Topic::Articles] {
        story.refused.extend(dead_letters(log, config, &names.of(topic), &id)?);
    }
    let nothing = story.raw.is_empty() && story.articles.is_empty() && story.enriched.is_empty();
    let is_unknown = story.state.is_none() && story.withdrawal.is_none();
    if nothing && story.feeds.is_empty() && story.refused.is_empty() && is_unknown {
        return Ok(None);
    }
    for (_, raw) in &mut story.raw {
        raw.feed_url = secrets.parameters.masked(&raw.feed_url);
    }
    let committed = |stage: &str, topic: Topic| log.committed(&names.group(stage), &names.of(topic));
    let normalised = committed(normaliser::STAGE, Topic::Raw)?;
    let enriched = committed(enricher::STAGE, Topic::Articles)?;
    story.summary = summary(&story, &normalised, &enriched);
    Ok(Some(story))
}

/// The feeds whose state holds the article: URL, and when they last listed it, which may be up to a day early.
fn feeds(log: &dyn Log, topic: &str, article_id: &str) -> anyhow::Result<Vec<(String, String)>> {
    let mut urls: HashMap<String, String> = HashMap::new();
    let mut listed: HashMap<String, u32> = HashMap::new();
    let mut read = |feed_id: String, packed: &[u8]| {
        // Entries that cannot be unpacked are skipped.
        let entries = poller::identity::unpack(packed).unwrap_or_default();
        match entries.iter().find(|entry| format!("{:032x}", entry.article_id) == article_id) {
            Some(entry) => listed.insert(feed_id, entry.seen_min),
            None => listed.remove(&feed_id),
        };
    };
    each(log, topic, |record| match record.header("ce_type") {
        Some(FeedState::TYPE) => {
            let Ok(state) = record.decode::<FeedState>() else { return };
            urls.insert(state.feed_id.clone(), state.url);
            // Of an earlier version, which had one record a feed.
            if state.entries_generation == 0 {
                read(state.feed_id, &state.packed_entries);
            }
        }
        Some(FeedEntries::TYPE) => {
            let Ok(entries) = record.decode::<FeedEntries>() else { return };
            read(entries.feed_id, &entries.packed);
        }
        // The tombstone of a feed that was removed.
        _ => drop(urls.remove(&Topic::FeedState.key_text(&record.key))),
    })?;
    let time = |minutes: u32| jiff::Timestamp::from_second(i64::from(minutes) * 60).unwrap_or_default();
    let listed = listed.into_iter().filter_map(|(id, minutes)| Some((urls.remove(&id)?, minutes)));
    let mut feeds: Vec<_> = listed.map(|(url, minutes)| (url, format!("{:.0}", time(minutes)))).collect();
    feeds.sort();
    Ok(feeds)
}

/// The article id. A story keeps its id when its URL changes, so the raw items are searched for the URL.
fn id_of(log: &dyn Log, config: &LogConfig, subject: &Subject) -> anyhow::Result<String> {
    let mut id = subject.article_id.clone();
    let Some(canonical) = &subject.canonical else { return Ok(id) };
    each(log, &config.names.of(Topic::Raw), |record| {
        if let Ok(item) = record.decode::<RawItem>()
            && (item.url == subject.given || item.canonical_url == *canonical)
        {
            id = item.article_id;
        }
    })?;
    Ok(id)
}

impl Story {
    /// Its last title. A WITHDRAWN record has none.
    fn title(&self) -> &str {
        let mut titles = self.articles.iter().rev().map(|(_, article)| article.title.as_str());
        let title = titles.find(|title| !title.is_empty());
        title.or_else(|| self.raw.last().map(|(_, raw)| raw.title.as_str())).unwrap_or_default()
    }

    /// As JSON: the records without their texts, which `newswire tail` prints.
    pub(super) fn json(&self) -> anyhow::Result<Value> {
        let feeds: Vec<Value> = self.feeds.iter().map(|(url, at)| json!({ "url": url, "last_seen_at": at })).collect();
        let raw = self.raw.iter().map(|(record, raw)| {
            json!({
                "at": place(record), "kind": raw.kind, "feed_url": raw.feed_url, "page_failure": raw.page_failure,
                "is_replay": record.header("dl-attempt").is_some(), "is_backfill": raw.backfill,
            })
        });
        let articles = self.articles.iter().map(|(record, article)| {
            json!({
                "at": place(record), "revision": article.revision, "change": article.change,
                "body_source": article.body_source,
            })
        });
        let enriched = self.enriched.iter().map(|(record, article)| {
            let countries: Vec<&str> = article.countries.iter().map(|country| country.code.as_str()).collect();
            json!({
                "at": place(record), "revision": article.revision, "enrichment": article.enrichment,
                "change": article.change, "countries": countries,
            })
        });
        let refused = self.refused.iter().map(|(record, refused)| dead_letter_json(record, refused));
        Ok(json!({
            "article_id": self.id,
            "title": self.title(),
            "summary": self.summary,
            "feeds": feeds,
            "raw": raw.collect::<Vec<_>>(),
            "state": self.state.as_ref().map(message).transpose()?,
            "articles": articles.collect::<Vec<_>>(),
            "page": self.page.as_ref().map(message).transpose()?,
            "refused": refused.collect::<Vec<_>>(),
            "withdrawal": self.withdrawal.as_ref().map(message).transpose()?,
            "enriched": enriched.collect::<Vec<_>>(),
        }))
    }

    /// For people.
    pub(super) fn print(&self, out: &mut dyn Write) -> std::io::Result<()> {
        write(out, self)?;
        writeln!(out, "  {}", self.summary)
    }
}

fn write(out: &mut dyn Write, story: &Story) -> std::io::Result<()> {
    writeln!(out, "story {} {}", story.id, line(story.title()))?;
    for (url, at) in &story.feeds {
        writeln!(out, "  in the feed {url}, last seen {at}")?;
    }
    for (record, raw) in &story.raw {
        let again = record.header("dl-attempt").map(|_| " (a replay)").unwrap_or_default();
        if [kind::WITHDRAW, kind::RESTORE].contains(&raw.kind.as_str()) {
            writeln!(out, "  {} by an operator{again}: {}", raw.kind, position(record))?;
            continue;
        }
        if raw.kind == kind::PAGE {
            let page = if raw.page_failure.is_empty() {
                format!("fetched from {}", line(raw.fetch.as_ref().map_or(&raw.url, |fetch| &fetch.final_url)))
            } else {
                format!("not fetched: {}", line(&raw.page_failure))
            };
            writeln!(out, "  page{again}: {}, {page}", position(record))?;
            continue;
        }
        writeln!(out, "  polled{again}: {}, from {}{}", position(record), line(&raw.feed_url), backfill(raw.backfill))?;
    }
    if let Some(state) = &story.state {
        let (first, last) = (time(state.first_seen_at.as_ref()), time(state.last_seen_at.as_ref()));
        let feeds = state.feed_ids.len();
        writeln!(
            out,
            "  admitted: revision {}, first seen {first}, last {last}, through {feeds} feeds",
            state.revision
        )?;
    }
    for (record, article) in &story.articles {
        let body = if article.body_source == body_source::PAGE { ", with the text of its page" } else { "" };
        writeln!(out, "  {} revision {}: {}{body}", article.change, article.revision, position(record))?;
    }
    if let Some(page) = &story.page {
        let (attempts, at) = (page.attempts, time(page.next_at.as_ref()));
        let error =
            if page.error.is_empty() { String::new() } else { format!("; the last one: {}", line(&page.error)) };
        writeln!(out, "  waiting for its page: {attempts} attempts failed, the next is due {at}{error}")?;
    }
    for (record, dead_letter) in &story.refused {
        print_dead_letter(out, record, dead_letter)?;
    }
    if let Some(withdrawal) = &story.withdrawal {
        writeln!(out, "  withdrawn since {}", time(withdrawal.withdrawn_at.as_ref()))?;
    }
    for (record, enriched) in &story.enriched {
        let countries: Vec<&str> = enriched.countries.iter().map(|country| country.code.as_str()).collect();
        let (revision, countries) = (enriched.revision, countries.join(" "));
        let again = match enriched.enrichment {
            0 => String::new(),
            times => format!(" again ({times})"),
        };
        writeln!(out, "  enriched revision {revision}{again}: {}, countries {countries}", position(record))?;
    }
    Ok(())
}

fn backfill(is_backfill: bool) -> &'static str {
    if is_backfill { ", published before the feed's first poll" } else { "" }
}

/// How far the story has come, in one sentence.
fn summary(story: &Story, normalised: &HashMap<i32, i64>, enriched: &HashMap<i32, i64>) -> String {
    let is_waiting = |record: &Record, committed: &HashMap<i32, i64>| {
        committed.get(&record.partition).is_none_or(|next| *next <= record.offset)
    };
    if let Some((record, _)) = story.raw.last()
        && is_waiting(record, normalised)
    {
        return "waiting for the normaliser".to_owned();
    }
    if let Some((record, article)) = story.articles.last() {
        if is_waiting(record, enriched) {
            return "waiting for the enricher".to_owned();
        }
        // A replay may write an earlier revision after a later one, so the highest counts.
        if let Some((record, last)) =
            story.enriched.iter().max_by_key(|(_, article)| (article.revision, article.enrichment))
            && last.revision >= article.revision
        {
            if last.change == change::WITHDRAWN {
                let next = match story.withdrawal {
                    Some(_) => "`newswire articles restore` publishes it again",
                    None => "restored without text: its next copy is published",
                };
                return format!("withdrawn: {}; {next}", position(record));
            }
            let copies = story.raw.len().saturating_sub(story.articles.len() + story.refused.len());
            let repeated = match copies {
                0 => String::new(),
                1 => "; another copy was a duplicate".to_owned(),
                _ => format!("; {copies} more copies were duplicates"),
            };
            return format!("published: {}{repeated}", position(record));
        }
    }
    if let Some((_, dead_letter)) = story.refused.last() {
        return format!(
            "refused by the {}: {}; `newswire dead-letter replay` submits it again",
            dead_letter.stage, dead_letter.reason
        );
    }
    match (story.enriched.last(), &story.state, story.raw.is_empty()) {
        (Some((record, _)), ..) => format!("published: {}", position(record)),
        (None, Some(_), _) => "published once; the topics no longer hold it".to_owned(),
        (None, None, false) => "processed by the normaliser, which published no article".to_owned(),
        (None, None, true) => {
            "seen by the poller and not published: older than the feed's backfill includes".to_owned()
        }
    }
}

/// The records of an article in the topic of `M`, oldest first in each partition.
fn records<M: InTopic>(log: &dyn Log, config: &LogConfig, id: &str) -> anyhow::Result<Vec<(Record, M)>> {
    let key = M::TOPIC.key(id)?;
    let mut found = Vec::new();
    each(log, &config.names.of(M::TOPIC), |record| {
        if record.key == key
            && let Ok(message) = record.decode()
        {
            found.push((record, message));
        }
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(topic: &str, offset: i64) -> Record {
        Record {
            topic: topic.into(),
            partition: 0,
            offset,
            timestamp_ms: 0,
            key: b"k".to_vec(),
            value: None,
            headers: Vec::new(),
        }
    }

    #[test]
    fn the_summary_follows_a_story_from_stage_to_stage() {
        let next = |offset| HashMap::from([(0, offset)]);
        let mut story = Story { feeds: vec![("f".into(), "t".into())], ..Story::default() };
        assert!(summary(&story, &next(0), &next(0)).contains("backfill"));
        story.raw.push((at("raw", 4), RawItem::default()));
        assert_eq!(summary(&story, &next(4), &next(0)), "waiting for the normaliser");
        assert!(summary(&story, &next(5), &next(0)).contains("no article"));
        let dead_letter = DeadLetter::new("normaliser", "no-title", "", at("raw", 4), jiff::Timestamp::UNIX_EPOCH);
        story.refused.push((at("dead", 0), dead_letter));
        assert!(summary(&story, &next(5), &next(0)).starts_with("refused by the normaliser: no-title"));
        story.articles.push((at("articles", 2), Article { revision: 1, ..Article::default() }));
        assert_eq!(summary(&story, &next(5), &next(2)), "waiting for the enricher");
        story.enriched.push((at("enriched", 7), EnrichedArticle { revision: 1, ..EnrichedArticle::default() }));
        assert!(summary(&story, &next(5), &next(3)).starts_with("published: enriched[0]@7"));
    }
}
