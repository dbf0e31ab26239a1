//! One attempt: indexes what is on the topics, then replays the articles up to their end at the start.

use super::{
    Plan, STAGE,
    index::{ArticleIndex, Skip, Versions},
    report::Report,
};
use crate::{exclusive::ExclusiveMember, progress::Progress};
use enricher::Knowledge;
use proto::{
    partition,
    topic::Topic,
    v1::{Article, EnrichedArticle},
    vocab::change,
    wire::{self, Message},
};
use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};
use stream::{Log, LogError, MemberSpec, Outgoing, Record, Start, Tail, TopicSpec};

/// Most articles in one transaction.
const BATCH: u32 = 200;
/// Most records of one poll when indexing.
const INDEX_BATCH: usize = 1_000;

/// Replays the articles from `plan.from` to their current end.
pub fn run(log: &dyn Log, plan: &Plan, report: &mut Report) -> anyhow::Result<()> {
    let knowledge = Knowledge::with(plan.finder.clone())?;
    let versions = Versions::in_use(&knowledge);
    report.versions = versions.to_string();
    report.skipped.clear();
    let names = &plan.log.names;
    let articles = names.of(Topic::Articles);
    let mut member = None;
    if !plan.dry_run {
        ensure_target(log, plan)?;
        // Joining fences an earlier replay, so nothing that is read below changes because of it.
        let spec = MemberSpec {
            stage: STAGE.to_owned(),
            group: names.group(STAGE),
            replica: "single".to_owned(),
            source: articles.clone(),
            tables: Vec::new(),
            recovery: stream::Recovery::default(),
        };
        member = Some(ExclusiveMember::join(log, &plan.log, &spec, "another replay")?);
    }
    let ends = log.settled_ends(&articles)?;
    let progress = Progress::new("records read for the index");
    let mut index = TopicIndex::open(log, plan, versions, &mut member, &progress)?;
    drop(progress);
    let mut reader = log.tail(&articles, plan.from.clone())?;
    let mut offsets: HashMap<i32, i64> = HashMap::new();
    let progress = Progress::new("articles");
    let started = Instant::now();
    let (mut written, mut last) = (0_u64, false);
    while !last {
        let mut records = reader.poll(usize::try_from(plan.rate.min(BATCH))?, Duration::from_millis(200))?;
        for record in &records {
            offsets.insert(record.partition, record.offset + 1);
        }
        last = reader.caught_up() || ends.iter().all(|(number, end)| offsets.get(number) >= Some(end));
        records.retain(|record| ends.get(&record.partition).is_none_or(|end| record.offset < *end));
        progress.add(records.len());
        index.update()?;
        let batch = batch(log, plan, &knowledge, &mut index.articles, &records, report)?;
        if let Some(member) = &mut member {
            member.keep_alive()?;
            if last || !batch.outputs.is_empty() {
                member.write(&batch.outputs, &offsets)?;
            }
        }
        let count = u64::try_from(batch.outputs.len())?;
        report.enriched += count;
        report.differing += batch.differing;
        written += count;
        if let Some(member) = &mut member {
            let due = started + Duration::from_secs_f64(written as f64 / f64::from(plan.rate));
            member.wait(due.saturating_duration_since(Instant::now()))?;
        }
    }
    Ok(())
}

/// Creates a target topic that does not exist, with the settings of the enricher's topic.
fn ensure_target(log: &dyn Log, plan: &Plan) -> Result<(), LogError> {
    match log.partitions(&plan.to) {
        Err(LogError::NoTopic(_)) => log.ensure_topics(&[TopicSpec {
            name: plan.to.clone(),
            partitions: plan.log.partitions,
            retention: Topic::Enriched.retention(),
            is_state: false,
        }]),
        other => other.map(|_| ()),
    }
}

/// The index of the articles, kept up to date with what is published while the replay runs.
struct TopicIndex {
    articles: ArticleIndex,
    tails: Vec<(Source, Box<dyn Tail>)>,
}

/// The records that a tail reads.
#[derive(Clone, Copy)]
enum Source {
    Articles,
    Enriched { is_target: bool },
}

impl TopicIndex {
    /// Reads the topics to their ends, after waiting for open transactions.
    fn open(
        log: &dyn Log,
        plan: &Plan,
        versions: Versions,
        member: &mut Option<ExclusiveMember>,
        progress: &Progress,
    ) -> anyhow::Result<Self> {
        let names = &plan.log.names;
        let enriched = names.of(Topic::Enriched);
        let mut topics =
            vec![(Source::Enriched { is_target: plan.to == enriched }, enriched.clone(), Start::Beginning)];
        // A later revision comes after an earlier one.
        topics.push((Source::Articles, names.of(Topic::Articles), plan.from.clone()));
        if plan.to != enriched && !matches!(log.partitions(&plan.to), Err(LogError::NoTopic(_))) {
            topics.push((Source::Enriched { is_target: true }, plan.to.clone(), Start::Beginning));
        }
        let mut index = TopicIndex { articles: ArticleIndex::new(versions), tails: Vec::new() };
        for (source, topic, from) in topics {
            log.settled_ends(&topic)?;
            let mut tail = log.tail(&topic, from)?;
            while !tail.caught_up() {
                let records = tail.poll(INDEX_BATCH, Duration::from_millis(200))?;
                records.iter().for_each(|record| index.articles.add(source, record));
                progress.add(records.len());
                if let Some(member) = member {
                    member.keep_alive()?;
                }
            }
            index.tails.push((source, tail));
        }
        Ok(index)
    }

    /// Adds records that were written since.
    fn update(&mut self) -> Result<(), LogError> {
        for (source, tail) in &mut self.tails {
            // At most one batch. An article whose update is read too late is enriched unnecessarily, and ranks below the update.
            for record in tail.poll(INDEX_BATCH, Duration::ZERO)? {
                self.articles.add(*source, &record);
            }
        }
        Ok(())
    }
}

impl ArticleIndex {
    fn add(&mut self, source: Source, record: &Record) {
        match source {
            Source::Articles => {
                if let Ok(article) = record.decode::<Article>() {
                    self.add_article(&article);
                }
            }
            Source::Enriched { is_target } => {
                if let Ok(enriched) = record.decode::<EnrichedArticle>() {
                    self.add_enriched(&enriched, is_target);
                }
            }
        }
    }
}

#[derive(Default)]
struct Batch {
    outputs: Vec<Outgoing>,
    differing: u64,
}

/// Enriches articles. Their results are added to the index at once; if they cannot be written, the attempt ends.
fn batch(
    log: &dyn Log,
    plan: &Plan,
    knowledge: &Knowledge,
    index: &mut ArticleIndex,
    records: &[Record],
    report: &mut Report,
) -> anyhow::Result<Batch> {
    let mut batch = Batch::default();
    // A dry run may name a topic that does not exist yet.
    let partitions = if plan.dry_run { plan.log.partitions } else { log.partitions(&plan.to)? };
    for record in records {
        match enrich(plan, knowledge, index, record, partitions, log.max_record_bytes()) {
            Ok((enriched, output)) => {
                batch.differing += u64::from(index.differs(&enriched));
                index.add_enriched(&enriched, true);
                batch.outputs.push(output);
            }
            Err(reason) => report.skip(reason),
        }
    }
    Ok(batch)
}

fn enrich(
    plan: &Plan,
    knowledge: &Knowledge,
    index: &ArticleIndex,
    record: &Record,
    partitions: i32,
    limit: usize,
) -> Result<(EnrichedArticle, Outgoing), Skip> {
    let article: Article = record.decode().map_err(|_| Skip::Undecodable)?;
    let enrichment = index.next_enrichment(&article)?;
    let now = jiff::Timestamp::now();
    let enriched = catch_unwind(AssertUnwindSafe(|| enricher::enrich(&article, knowledge, now)));
    let mut enriched = enriched.map_err(|_| Skip::Panic)?.map_err(|_| Skip::ModelFailed)?;
    enriched.change = change::REENRICHED.to_owned();
    enriched.enrichment = enrichment;
    let id = enriched.article_id.as_str();
    let event = wire::Attributes {
        id: &format!("{}/{}/{}/replay/{enrichment}", record.topic, record.partition, record.offset),
        event_type: EnrichedArticle::TYPE,
        source: wire::SOURCE_REPLAY,
        time: now,
    };
    let output = Outgoing {
        topic: plan.to.clone(),
        partition: partition::of(id.as_bytes(), partitions),
        key: id.as_bytes().to_vec(),
        value: Some(plan.log.encoding.encode(&enriched).map_err(|_| Skip::Undecodable)?),
        headers: wire::headers(plan.log.encoding, &event, record.header(wire::TRACEPARENT)),
    };
    if output.size() > limit {
        return Err(Skip::TooLarge);
    }
    Ok((enriched, output))
}
