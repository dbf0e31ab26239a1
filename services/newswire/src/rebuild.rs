//! `newswire topics rebuild-state`: rebuilds the normaliser's state of each article from the published articles.
//!
//! It joins the normaliser's group and writes once it owns every partition. A running normaliser could otherwise write a
//! later revision in between, which the rebuilt state would then replace with an earlier one.
//!
//! Where the topic of withdrawals is empty, the rows of the articles whose last record is WITHDRAWN are written, too.

mod state;

use crate::{
    answer::{self, Answer},
    exclusive::ExclusiveMember,
    feeds,
    output::{Out, OutputArgs},
    progress::Progress,
};
use normaliser::STAGE;
use proto::{
    partition,
    topic::{InTopic, Topic},
    v1::{Article, ArticleState, Feed, Withdrawal},
    wire,
};
use serde_json::json;
use state::Rebuilt;
use std::{
    collections::{BTreeMap, HashMap},
    io::Write,
    ops::ControlFlow,
    time::Duration,
};
use stream::{Log, LogConfig, MemberSpec, Outgoing, Start, Table, Transaction};

/// Rows of one transaction, and articles read between two polls of the group.
const ROWS: usize = 1_000;

/// Time limit for reading all articles.
const DEADLINE: Duration = Duration::from_secs(3_600);

const STATE: Table<ArticleState> = Table::new(Topic::ArticleState.suffix());
const WITHDRAWALS: Table<Withdrawal> = Table::new(Topic::Withdrawals.suffix());

/// The command, with its flags checked.
pub fn command(config: LogConfig, dry_run: bool, output: OutputArgs) -> Answer {
    Box::new(move |out| rebuild(out, &config, dry_run, output))
}

fn rebuild(out: &mut Out, config: &LogConfig, dry_run: bool, output: OutputArgs) -> anyhow::Result<()> {
    let log = answer::ready(config)?;
    let mut member = take_over(&*log, config)?;
    // Read once all partitions are assigned: from here on no normaliser publishes an article.
    let feeds = feeds::known(&*log, &config.names.of(Topic::Feeds))?;
    let found = published(&*log, &config.names.of(Topic::Articles), &feeds, &mut member)?;
    // If the topic has records, an article without a row was restored, and waits for its next copy.
    let are_withdrawals_lost = log.ends(&config.names.of(Topic::Withdrawals))?.values().all(|end| *end == 0);
    let count = log.partitions(&config.names.of(Topic::ArticleState))?;
    let mut transaction = Transaction::default();
    let (mut missing, mut older, mut withdrawn) = (0_usize, 0_usize, 0_usize);
    let progress = Progress::new("articles");
    progress.expect(found.len());
    for Rebuilt { state, withdrawn_at, .. } in found.values() {
        progress.add(1);
        let id = state.article_id.as_str();
        let number = partition::of(id.as_bytes(), count);
        if state.withdrawn && are_withdrawals_lost {
            withdrawn += 1;
            if !dry_run {
                let row = Withdrawal { article_id: id.to_owned(), withdrawn_at: *withdrawn_at };
                transaction.put(&member.session, &WITHDRAWALS, outgoing(config, number, id, state.revision, &row)?)?;
            }
        }
        let is_missing =
            match member.session.tables().get(&STATE, &transaction, number, &Topic::ArticleState.key(id)?)? {
                Some(row) if row.revision >= state.revision => None,
                Some(_) => Some(false),
                None => Some(true),
            };
        match is_missing {
            Some(true) => missing += 1,
            Some(false) => older += 1,
            None => {}
        }
        if is_missing.is_some() && !dry_run {
            transaction.put(&member.session, &STATE, outgoing(config, number, id, state.revision, state)?)?;
        }
        if transaction.len() >= ROWS {
            member.commit(std::mem::take(&mut transaction))?;
            member.keep_alive()?;
        }
    }
    if !transaction.is_empty() {
        member.commit(transaction)?;
    }
    drop(progress);
    if output.json {
        return Ok(out.json(&json!({
            "articles": found.len(), "missing": missing, "earlier": older, "withdrawals": withdrawn, "written": !dry_run,
        }))?);
    }
    let done = if dry_run { "would be written" } else { "written" };
    let topic = config.names.of(Topic::ArticleState);
    writeln!(out, "{} articles published, {} states {done} to {topic}", found.len(), missing + older)?;
    writeln!(out, "  {missing} were missing, {older} of an earlier revision")?;
    if withdrawn > 0 {
        writeln!(out, "{withdrawn} withdrawals {done} to {}", config.names.of(Topic::Withdrawals))?;
    }
    Ok(())
}

/// A member of the normaliser's group that owns every partition.
fn take_over(log: &dyn Log, config: &LogConfig) -> anyhow::Result<ExclusiveMember> {
    let names = &config.names;
    let spec = MemberSpec {
        stage: STAGE.to_owned(),
        group: names.group(STAGE),
        replica: "rebuild-state".to_owned(),
        source: names.of(Topic::Raw),
        tables: vec![STATE.spec(&names.of(Topic::ArticleState)), WITHDRAWALS.spec(&names.of(Topic::Withdrawals))],
        recovery: stream::Recovery::default(),
    };
    ExclusiveMember::join(log, config, &spec, "a normaliser")
}

fn outgoing<M: InTopic>(config: &LogConfig, number: i32, id: &str, revision: i32, row: &M) -> anyhow::Result<Outgoing> {
    let event = wire::Attributes {
        id: &format!("rebuilt/{id}/{revision}"),
        event_type: M::TYPE,
        source: "newswire/rebuild-state",
        time: jiff::Timestamp::now(),
    };
    let encoding = M::TOPIC.encoding(config.encoding);
    Ok(Outgoing {
        topic: config.names.of(M::TOPIC),
        partition: number,
        key: M::TOPIC.key(id)?,
        value: Some(encoding.encode(row)?),
        headers: wire::headers(encoding, &event, None),
    })
}

/// The state of every article that the topic still holds, by its id.
fn published(
    log: &dyn Log,
    topic: &str,
    feeds: &BTreeMap<String, Feed>,
    member: &mut ExclusiveMember,
) -> anyhow::Result<HashMap<String, Rebuilt>> {
    let mut states: HashMap<String, Rebuilt> = HashMap::new();
    let (mut read, mut kept) = (0_usize, Ok(()));
    let progress = Progress::new("records read");
    // Waits for open transactions, such as that of a normaliser that was killed.
    log.settled_ends(topic)?;
    stream::scan(log, topic, Start::Beginning, DEADLINE, |record| {
        // Other records are not the normaliser's, and have no state.
        if let Ok(article) = record.decode::<Article>()
            && record.key == article.article_id.as_bytes()
            && Topic::ArticleState.key(&article.article_id).is_ok()
        {
            states.entry(article.article_id.clone()).or_default().add(article, feeds);
        }
        read += 1;
        progress.add(1);
        if read.is_multiple_of(ROWS) {
            kept = member.keep_alive();
        }
        if kept.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    kept.and_then(|()| member.keep_alive())?;
    Ok(states)
}
