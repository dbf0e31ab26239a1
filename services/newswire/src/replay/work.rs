//! One attempt: look at what is there, then read articles to what was their end at the start.

use super::{
    Plan, STAGE,
    known::{Known, Skip, Versions},
    report::Report,
};
use crate::exclusive::ExclusiveMember;
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
    io::Write,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};
use stream::{Log, LogError, MemberSpec, Outgoing, Record, Start, Tail, TopicSpec};

/// Most articles in one transaction.
const BATCH: u32 = 200;
/// Time between two lines that say how far it is.
const TELL_EVERY: Duration = Duration::from_secs(10);
/// Records of one read where only their numbers matter.
const ROWS: usize = 1_000;

/// Runs from what is there to the end of the articles.
pub fn attempt(log: &dyn Log, plan: &Plan, report: &mut Report, out: &mut dyn Write) -> anyhow::Result<()> {
    let knowledge = Knowledge::with(plan.finder.clone())?;
    let versions = Versions::in_use(&knowledge);
    report.versions = versions.to_string();
    report.skipped.clear();
    let names = &plan.log.names;
    let articles = names.of(Topic::Articles);
    let mut alone = None;
    if !plan.dry_run {
        ensure_target(log, plan)?;
        // First the fence: from here on no earlier replay writes.
        let spec = MemberSpec {
            stage: STAGE.to_owned(),
            group: names.group(STAGE),
            replica: "sole".to_owned(),
            source: articles.clone(),
            tables: Vec::new(),
        };
        alone = Some(ExclusiveMember::take(log, &plan.log, &spec, "another replay")?);
    }
    let ends = log.settled_ends(&articles)?;
    let mut watch = Watch::open(log, plan, versions, &mut alone)?;
    let mut reader = log.tail(&articles, plan.from.clone())?;
    let mut offsets: HashMap<i32, i64> = HashMap::new();
    let (began, mut told) = (Instant::now(), Instant::now());
    let (mut written, mut last) = (0_u64, false);
    while !last {
        let mut records = reader.poll(usize::try_from(plan.rate.min(BATCH))?, Duration::from_millis(200))?;
        for record in &records {
            offsets.insert(record.partition, record.offset + 1);
        }
        last = reader.caught_up() || ends.iter().all(|(number, end)| offsets.get(number) >= Some(end));
        records.retain(|record| ends.get(&record.partition).is_none_or(|end| record.offset < *end));
        watch.look()?;
        let batch = batch(log, plan, &knowledge, &mut watch.known, &records, report)?;
        if let Some(alone) = &mut alone {
            alone.keep()?;
            if last || !batch.outputs.is_empty() {
                alone.write(&batch.outputs, &offsets)?;
            }
        }
        let count = u64::try_from(batch.outputs.len())?;
        report.enriched += count;
        report.differing += batch.differing;
        written += count;
        if let Some(alone) = &mut alone {
            let due = began + Duration::from_secs_f64(written as f64 / f64::from(plan.rate));
            alone.wait(due.saturating_duration_since(Instant::now()))?;
            if told.elapsed() >= TELL_EVERY {
                told = Instant::now();
                writeln!(out, "{} enriched again so far", report.enriched)?;
                out.flush()?;
            }
        }
    }
    Ok(())
}

/// A topic of the user's own is made as the enricher's is.
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

/// Follows what others publish while a replay runs.
struct Watch {
    known: Known,
    /// What each tail reads.
    tails: Vec<(Reads, Box<dyn Tail>)>,
}

#[derive(Clone, Copy)]
enum Reads {
    Articles,
    Enriched { is_target: bool },
}

impl Watch {
    /// Reads everything that is there, also what stands behind a transaction that is still open.
    fn open(
        log: &dyn Log,
        plan: &Plan,
        versions: Versions,
        alone: &mut Option<ExclusiveMember>,
    ) -> anyhow::Result<Self> {
        let names = &plan.log.names;
        let enriched = names.of(Topic::Enriched);
        let mut topics = vec![(Reads::Enriched { is_target: plan.to == enriched }, enriched.clone(), Start::Beginning)];
        // A later revision stands behind an earlier one.
        topics.push((Reads::Articles, names.of(Topic::Articles), plan.from.clone()));
        if plan.to != enriched && !matches!(log.partitions(&plan.to), Err(LogError::NoTopic(_))) {
            topics.push((Reads::Enriched { is_target: true }, plan.to.clone(), Start::Beginning));
        }
        let mut watch = Watch { known: Known::new(versions), tails: Vec::new() };
        for (reads, topic, from) in topics {
            log.settled_ends(&topic)?;
            let mut tail = log.tail(&topic, from)?;
            while !tail.caught_up() {
                for record in tail.poll(ROWS, Duration::from_millis(200))? {
                    watch.known.learn(reads, &record);
                }
                if let Some(alone) = alone {
                    alone.keep()?;
                }
            }
            watch.tails.push((reads, tail));
        }
        Ok(watch)
    }

    /// Takes in what has come since.
    fn look(&mut self) -> Result<(), LogError> {
        for (reads, tail) in &mut self.tails {
            // A bounded look: who is seen too late was enriched for nothing, and ranks below what came.
            for record in tail.poll(ROWS, Duration::ZERO)? {
                self.known.learn(*reads, &record);
            }
        }
        Ok(())
    }
}

impl Known {
    fn learn(&mut self, reads: Reads, record: &Record) {
        match reads {
            Reads::Articles => {
                if let Ok(article) = record.decode::<Article>() {
                    self.published(&article);
                }
            }
            Reads::Enriched { is_target } => {
                if let Ok(enriched) = record.decode::<EnrichedArticle>() {
                    self.enriched(&enriched, is_target);
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

/// What is written for some articles. What is staged counts as known at once: where it cannot be written, the attempt
/// ends.
fn batch(
    log: &dyn Log,
    plan: &Plan,
    knowledge: &Knowledge,
    known: &mut Known,
    records: &[Record],
    report: &mut Report,
) -> anyhow::Result<Batch> {
    let mut batch = Batch::default();
    // A dry run may name a topic that is not there yet.
    let partitions = if plan.dry_run { plan.log.partitions } else { log.partitions(&plan.to)? };
    for record in records {
        match one(plan, knowledge, known, record, partitions, log.max_record_bytes()) {
            Ok((enriched, output)) => {
                batch.differing += u64::from(known.differs(&enriched));
                known.enriched(&enriched, true);
                batch.outputs.push(output);
            }
            Err(why) => report.skip(why),
        }
    }
    Ok(batch)
}

fn one(
    plan: &Plan,
    knowledge: &Knowledge,
    known: &Known,
    record: &Record,
    partitions: i32,
    limit: usize,
) -> Result<(EnrichedArticle, Outgoing), Skip> {
    let article: Article = record.decode().map_err(|_| Skip::Undecodable)?;
    let enrichment = known.next(&article)?;
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
