//! A story: seen in which feeds, admitted or not, published where.

use super::{Asked, place, refusals, refused, time};
use crate::answer::DEADLINE;
use proto::{
    topic::Topic,
    v1::{Article, ArticleState, EnrichedArticle, FeedState, RawItem},
    wire,
};
use std::{collections::HashMap, io::Write, ops::ControlFlow};
use stream::{DeadLetter, Log, LogConfig, Record, Start};

/// What the topics hold of one story, oldest first in each.
#[derive(Default)]
struct Found {
    /// Feeds whose last documents showed it, and when they last did.
    feeds: Vec<(String, String)>,
    raw: Vec<(Record, RawItem)>,
    state: Option<ArticleState>,
    articles: Vec<(Record, Article)>,
    enriched: Vec<(Record, EnrichedArticle)>,
    refused: Vec<(Record, DeadLetter)>,
}

/// Tells where a story is; false where nothing is known of it.
pub fn tell(out: &mut dyn Write, log: &dyn Log, config: &LogConfig, asked: &Asked) -> anyhow::Result<bool> {
    let names = &config.names;
    let id = id_of(log, config, asked)?;
    let mut found = Found { raw: records(log, config, &id)?, ..Found::default() };
    found.articles = records(log, config, &id)?;
    found.enriched = records(log, config, &id)?;
    found.state = records(log, config, &id)?.pop().map(|(_, state)| state);
    each(log, &names.of(Topic::FeedState), |record| {
        let Ok(mut state) = record.decode::<FeedState>() else { return };
        // Where a feed has many entries they are packed. What the poller itself could not unpack tells nothing.
        if poller::diff::unpack(&mut state).is_err() {
            return;
        }
        let minutes = state.entries.iter().find(|entry| entry.article_id == id).map(|entry| entry.last_seen_min);
        found.feeds.retain(|(url, _)| *url != state.url);
        if let Some(minutes) = minutes {
            let at = jiff::Timestamp::from_second(i64::from(minutes) * 60).unwrap_or_default();
            found.feeds.push((state.url, format!("{at:.0}")));
        }
    })?;
    found.feeds.sort();
    for topic in [Topic::Raw, Topic::Articles] {
        found.refused.extend(refusals(log, config, &names.of(topic), &id)?);
    }
    let nothing = found.raw.is_empty() && found.articles.is_empty() && found.enriched.is_empty();
    if nothing && found.feeds.is_empty() && found.refused.is_empty() && found.state.is_none() {
        return Ok(false);
    }
    write(out, &id, &found)?;
    let committed = |stage: &str, topic: Topic| log.committed(&names.group(stage), &names.of(topic));
    let normalised = committed(normaliser::STAGE, Topic::Raw)?;
    let enriched = committed(enricher::STAGE, Topic::Articles)?;
    writeln!(out, "  {}", verdict(&found, &normalised, &enriched))?;
    Ok(true)
}

/// The article id: what was asked for, or, where a story kept its id under a changed address, what its entry was given.
fn id_of(log: &dyn Log, config: &LogConfig, asked: &Asked) -> anyhow::Result<String> {
    let mut id = asked.article_id.clone();
    let Some(canonical) = &asked.canonical else { return Ok(id) };
    each(log, &config.names.of(Topic::Raw), |record| {
        if let Ok(item) = record.decode::<RawItem>()
            && (item.url == asked.text || item.canonical_url == *canonical)
        {
            id = item.article_id;
        }
    })?;
    Ok(id)
}

fn write(out: &mut dyn Write, id: &str, found: &Found) -> std::io::Result<()> {
    let title = found.articles.last().map(|(_, article)| article.title.as_str());
    let title = title.or_else(|| found.raw.last().map(|(_, raw)| raw.title.as_str())).unwrap_or_default();
    writeln!(out, "story {id} {title}")?;
    for (url, at) in &found.feeds {
        writeln!(out, "  in the feed {url}, last seen {at}")?;
    }
    for (record, raw) in &found.raw {
        let again = record.header("dl-attempt").map(|_| " (a replay)").unwrap_or_default();
        writeln!(out, "  polled{again}: {}, from {}{}", place(record), raw.feed_url, backfill(raw.backfill))?;
    }
    if let Some(state) = &found.state {
        let (first, last) = (time(state.first_seen_at.as_ref()), time(state.last_seen_at.as_ref()));
        let feeds = state.feed_ids.len();
        writeln!(
            out,
            "  admitted: revision {}, first seen {first}, last {last}, through {feeds} feeds",
            state.revision
        )?;
    }
    for (record, article) in &found.articles {
        writeln!(out, "  {} revision {}: {}", article.change, article.revision, place(record))?;
    }
    for (record, letter) in &found.refused {
        refused(out, record, letter)?;
    }
    for (record, enriched) in &found.enriched {
        let countries: Vec<&str> = enriched.countries.iter().map(|country| country.code.as_str()).collect();
        let (revision, countries) = (enriched.revision, countries.join(" "));
        let again = match enriched.enrichment {
            0 => String::new(),
            times => format!(" again ({times})"),
        };
        writeln!(out, "  enriched revision {revision}{again}: {}, countries {countries}", place(record))?;
    }
    Ok(())
}

fn backfill(is: bool) -> &'static str {
    if is { ", old already at the feed's first poll" } else { "" }
}

/// Where it stands, in one sentence.
fn verdict(found: &Found, normalised: &HashMap<i32, i64>, enriched: &HashMap<i32, i64>) -> String {
    let waits = |record: &Record, committed: &HashMap<i32, i64>| {
        committed.get(&record.partition).is_none_or(|next| *next <= record.offset)
    };
    if let Some((record, _)) = found.raw.last()
        && waits(record, normalised)
    {
        return "waiting for the normaliser".to_owned();
    }
    if let Some((record, article)) = found.articles.last() {
        if waits(record, enriched) {
            return "waiting for the enricher".to_owned();
        }
        // A replay may write an earlier revision once more behind a later one: the highest counts.
        if let Some((record, last)) = found.enriched.iter().max_by_key(|(_, one)| (one.revision, one.enrichment))
            && last.revision >= article.revision
        {
            let copies = found.raw.len().saturating_sub(found.articles.len() + found.refused.len());
            let repeated = match copies {
                0 => String::new(),
                1 => "; another copy was a duplicate".to_owned(),
                _ => format!("; {copies} more copies were duplicates"),
            };
            return format!("published: {}{repeated}", place(record));
        }
    }
    if let Some((_, letter)) = found.refused.last() {
        return format!(
            "refused by the {}: {}; `newswire dead-letter replay` hands it back",
            letter.stage, letter.reason
        );
    }
    match (found.enriched.last(), &found.state, found.raw.is_empty()) {
        (Some((record, _)), ..) => format!("published: {}", place(record)),
        (None, Some(_), _) => "published once; the topics no longer hold it".to_owned(),
        (None, None, false) => "read by the normaliser, which made no article of it".to_owned(),
        (None, None, true) => "seen by the poller and not published: older than the backfill policy takes".to_owned(),
    }
}

/// The records of an article in the topic of `M`, oldest first in each partition.
fn records<M: wire::Message>(log: &dyn Log, config: &LogConfig, id: &str) -> anyhow::Result<Vec<(Record, M)>> {
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

fn each(log: &dyn Log, topic: &str, mut take: impl FnMut(Record)) -> anyhow::Result<()> {
    stream::scan(log, topic, Start::Beginning, DEADLINE, |record| {
        take(record);
        ControlFlow::Continue(())
    })?;
    Ok(())
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
    fn a_story_is_told_from_each_place_it_can_be_in() {
        let next = |offset| HashMap::from([(0, offset)]);
        let mut found = Found { feeds: vec![("f".into(), "t".into())], ..Found::default() };
        assert!(verdict(&found, &next(0), &next(0)).contains("backfill"));
        found.raw.push((at("raw", 4), RawItem::default()));
        assert_eq!(verdict(&found, &next(4), &next(0)), "waiting for the normaliser");
        assert!(verdict(&found, &next(5), &next(0)).contains("no article"));
        let letter = DeadLetter::new("normaliser", "no-title", "", at("raw", 4), jiff::Timestamp::UNIX_EPOCH);
        found.refused.push((at("dead", 0), letter));
        assert!(verdict(&found, &next(5), &next(0)).starts_with("refused by the normaliser: no-title"));
        found.articles.push((at("articles", 2), Article { revision: 1, ..Article::default() }));
        assert_eq!(verdict(&found, &next(5), &next(2)), "waiting for the enricher");
        found.enriched.push((at("enriched", 7), EnrichedArticle { revision: 1, ..EnrichedArticle::default() }));
        assert!(verdict(&found, &next(5), &next(3)).starts_with("published: enriched[0]@7"));
    }
}
