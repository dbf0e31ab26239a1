//! Budgets of a batch, and one record that must not cost the others.

use crate::{harness, help};
use proto::{topic::Topic, v1, wire::Encoding};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use stream::{
    Batch, CancellationToken, DeadLetter, LogError, Member, Outcome, ProcessError, Record, Runtime, StageSpec,
    embedded::Embedded, faults::ScriptedCommits,
};
use test_support::wait::eventually;

/// What a stage runs on, over an embedded log whose commits are scripted.
fn runtime(
    folder: &tempfile::TempDir,
    commit: impl Fn(&mut dyn Member, Batch) -> Result<(), LogError> + Send + Sync + 'static,
) -> Runtime {
    let log = Arc::new(ScriptedCommits::new(Embedded::open(folder.path()).unwrap(), commit));
    let runtime = harness::runtime(log, proto::topic::Names::new("t."));
    runtime.ensure_topics().unwrap();
    runtime
}

fn commits(member: &mut dyn Member, batch: Batch) -> Result<(), LogError> {
    member.commit(batch)
}

fn spec(runtime: &Runtime) -> StageSpec {
    runtime.stage("count", Topic::Raw, &[Topic::ArticleState], &[Topic::Articles])
}

/// Writes an item of each of these feeds, all on partition 0. The title tells the step what to do.
fn feed(runtime: &Runtime, items: impl IntoIterator<Item = (String, String)>) {
    let raw = runtime.names.of(Topic::Raw);
    let item = |(number, (feed, title)): (usize, (String, String))| {
        let item = v1::RawItem {
            article_id: format!("{number:03}"),
            feed_url: format!("https://{feed}.example/feed"),
            feed_id: feed,
            title,
            ..Default::default()
        };
        let value = Some(Encoding::Json.encode(&item).unwrap());
        stream::Outgoing { partition: 0, value, headers: Vec::new(), ..help::plain(&raw, &format!("{number:03}"), "") }
    };
    runtime.log.append(items.into_iter().enumerate().map(item).collect()).unwrap();
}

fn titles(titles: &[&str]) -> Vec<(String, String)> {
    titles.iter().map(|title| ("one".to_owned(), (*title).to_owned())).collect()
}

/// Runs a stage until `until` holds. It publishes each item, works too long on the title `slow` and refuses the title `poison`.
fn run(runtime: &Runtime, spec: &StageSpec, until: impl FnMut() -> bool) {
    let articles = runtime.names.of(Topic::Articles);
    std::thread::scope(|scope| {
        let shutdown = CancellationToken::new();
        let worker = scope.spawn({
            let shutdown = shutdown.clone();
            move || {
                stream::run::<v1::RawItem>(&*runtime.log, spec, &shutdown, &runtime.metrics, |input, context| {
                    let id = input.message.article_id.as_str();
                    context.get(&help::STATE, id)?;
                    context.emit(&articles, id, &v1::Article { article_id: id.to_owned(), ..Default::default() })?;
                    match input.message.title.as_str() {
                        "slow" => {
                            let started = Instant::now();
                            let limit = spec.record_limit;
                            eventually(help::DEADLINE, "the limit has passed", || started.elapsed() >= limit);
                        }
                        "poison" => return Err(ProcessError::poison("no-title", "it says so itself")),
                        _ => {}
                    }
                    Ok(Outcome::Out)
                })
            }
        });
        let mut until = until;
        eventually(help::DEADLINE, "the stage has done its work", || until() || worker.is_finished());
        shutdown.cancel();
        worker.join().unwrap().unwrap();
    });
}

/// Ids of the results, sorted.
fn published(runtime: &Runtime) -> Vec<String> {
    let key = |record: Record| String::from_utf8(record.key).unwrap();
    let mut ids: Vec<_> = help::all(&*runtime.log, &runtime.names.of(Topic::Articles)).into_iter().map(key).collect();
    ids.sort();
    ids
}

/// Key and reason of each dead letter.
fn refused(runtime: &Runtime) -> BTreeMap<String, String> {
    let dead_letters = help::all(&*runtime.log, &runtime.names.of(Topic::DeadLetter));
    let read = |record: &Record| {
        let dead_letter = DeadLetter::from_record(record).unwrap();
        (String::from_utf8(dead_letter.record.key).unwrap(), dead_letter.reason)
    };
    dead_letters.iter().map(read).collect()
}

fn done(runtime: &Runtime, count: i64) -> bool {
    let committed = runtime.log.committed(&runtime.names.group("count"), &runtime.names.of(Topic::Raw)).unwrap();
    committed.get(&0) == Some(&count)
}

fn only(key: &str, reason: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(key.to_owned(), reason.to_owned())])
}

#[test]
fn a_batch_that_is_not_committed_comes_back_halved() {
    let folder = tempfile::tempdir().unwrap();
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let seen = sizes.clone();
    let runtime = runtime(&folder, move |member, batch| {
        let mut sizes = seen.lock().unwrap();
        sizes.push(batch.outputs.len());
        if sizes.len() <= 2 {
            member.rewind()?;
            return Err(LogError::Aborted("it took too long".into()));
        }
        member.commit(batch)
    });
    feed(&runtime, titles(&[""; 20]));
    let spec = StageSpec { max_batch: 8, ..spec(&runtime) };
    run(&runtime, &spec, || done(&runtime, 20));
    assert_eq!(*sizes.lock().unwrap(), [8, 4, 2, 4, 8, 6]);
    assert_eq!(published(&runtime).len(), 20);
}

#[test]
fn work_ends_a_batch_and_the_rest_comes_next() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = runtime(&folder, commits);
    feed(&runtime, titles(&[""; 7]));
    let spec = StageSpec { work_limit: Duration::ZERO, ..spec(&runtime) };
    run(&runtime, &spec, || done(&runtime, 7));
    assert_eq!(runtime.metrics.committed.with_label_values(&["count"]).get(), 7);
    assert_eq!(published(&runtime), ["000", "001", "002", "003", "004", "005", "006"]);
}

#[test]
fn a_record_whose_work_took_too_long_to_commit_is_refused_and_the_others_are_not() {
    let folder = tempfile::tempdir().unwrap();
    // As a broker does with a member that was silent for too long.
    let runtime = runtime(&folder, move |member, batch| {
        let is_slow = |output: &stream::Outgoing| output.topic == "t.articles.v1" && output.key == b"003";
        if batch.outputs.iter().any(is_slow) {
            return Err(LogError::Lost("no longer a member".into()));
        }
        member.commit(batch)
    });
    feed(&runtime, titles(&["", "", "", "slow", ""]));
    let spec = StageSpec { record_limit: Duration::from_secs(1), ..spec(&runtime) };
    run(&runtime, &spec, || done(&runtime, 5));
    assert_eq!(refused(&runtime), only("003", "too-slow"));
    assert_eq!(published(&runtime), ["000", "001", "002", "004"]);
}

#[test]
fn a_record_whose_outputs_the_log_does_not_take_is_refused_and_the_others_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = runtime(&folder, |member, batch| {
        let is_large = |output: &&stream::Outgoing| output.topic == "t.articles.v1" && output.key == b"003";
        match batch.outputs.iter().find(is_large) {
            Some(one) => Err(LogError::TooLarge { topic: one.topic.clone(), key: "003".into(), bytes: 9, limit: 0 }),
            None => member.commit(batch),
        }
    });
    feed(&runtime, titles(&[""; 6]));
    run(&runtime, &spec(&runtime), || done(&runtime, 6));
    assert_eq!(refused(&runtime), only("003", "too-large"));
    assert_eq!(published(&runtime), ["000", "001", "002", "004", "005"]);
}

#[test]
fn a_row_that_cannot_be_decoded_costs_its_own_record() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = runtime(&folder, commits);
    let state = runtime.names.of(Topic::ArticleState);
    let garbage = stream::Outgoing { partition: 0, ..help::plain(&state, "001", "\u{1}no state") };
    runtime.log.append(vec![garbage]).unwrap();
    feed(&runtime, titles(&[""; 3]));
    run(&runtime, &spec(&runtime), || done(&runtime, 3));
    assert_eq!(refused(&runtime), only("001", "undecodable-state"));
    assert_eq!(published(&runtime), ["000", "002"]);
}

#[test]
fn a_stage_that_refuses_what_many_feeds_write_stops_and_one_feed_does_not_stop_it() {
    let poison = |feeds: usize| (0..60).map(move |n| (format!("feed{}", n % feeds), "poison".to_owned()));
    let folder = tempfile::tempdir().unwrap();
    let runtime_of_one = runtime(&folder, commits);
    feed(&runtime_of_one, poison(1));
    run(&runtime_of_one, &spec(&runtime_of_one), || done(&runtime_of_one, 60));
    assert_eq!(refused(&runtime_of_one).len(), 60);

    let folder = tempfile::tempdir().unwrap();
    let runtime_of_content = runtime(&folder, commits);
    feed(&runtime_of_content, poison(60));
    let mut ignoring = spec(&runtime_of_content);
    ignoring.refusal_limit.ignored = &["no-title"];
    run(&runtime_of_content, &ignoring, || done(&runtime_of_content, 60));
    assert_eq!(refused(&runtime_of_content).len(), 60, "a reason that publishers can give");

    let folder = tempfile::tempdir().unwrap();
    let runtime = runtime(&folder, commits);
    feed(&runtime, poison(60));
    let halted = runtime.metrics.halted.with_label_values(&["count"]);
    run(&runtime, &spec(&runtime), || halted.get() == 1);
    assert!(refused(&runtime).is_empty(), "what it refused is still its work");
    let faults: Vec<String> =
        (runtime.metrics.readiness())().into_iter().filter_map(|(name, fault)| fault.map(|_| name)).collect();
    assert_eq!(faults, ["count-refusals"]);
}
