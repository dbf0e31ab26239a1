//! The work on a batch, without a log.

use super::*;
use crate::{MemberSpec, Recovery, RefusalLimit};
use prometheus::{IntCounter, IntGauge};
use proto::{v1, wire::Encoding};

fn spec(work_limit: Duration) -> StageSpec {
    let member = MemberSpec {
        stage: "test".into(),
        group: "group".into(),
        replica: "0".into(),
        source: "source".into(),
        tables: Vec::new(),
        recovery: Recovery::default(),
    };
    StageSpec {
        member,
        outputs: vec!["results".into()],
        dead_letters: "refused".into(),
        encoding: Encoding::Json,
        max_batch: 500,
        work_limit,
        record_limit: StageSpec::RECORD_LIMIT,
        refusal_limit: RefusalLimit::default(),
    }
}

/// Records with these keys; the value's title is the key.
fn records(keys: impl IntoIterator<Item = String>) -> Vec<Record> {
    let record = |(offset, key): (usize, String)| {
        let item = v1::RawItem { article_id: key.clone(), title: key.clone(), ..Default::default() };
        Record {
            topic: "source".into(),
            partition: 0,
            offset: i64::try_from(offset).unwrap(),
            key: key.into_bytes(),
            value: Some(Encoding::Json.encode(&item).unwrap()),
            headers: vec![("content-type".into(), b"application/json".to_vec())],
            timestamp_ms: 0,
        }
    };
    keys.into_iter().enumerate().map(record).collect()
}

fn numbered(count: usize) -> Vec<Record> {
    records((0..count).map(|number| format!("k{number}")))
}

/// Runs a step on `threads` threads.
fn run<F>(records: &[Record], threads: usize, work_limit: Duration, step: F) -> Vec<Done>
where
    F: Fn(&Input<'_, v1::RawItem>, &mut ProcessContext<'_>) -> Result<Outcome, ProcessError> + Sync,
{
    let gauge = IntGauge::new("g", "g").unwrap();
    let work = Work {
        spec: &spec(work_limit),
        now: jiff::Timestamp::UNIX_EPOCH,
        started: Instant::now(),
        tables: &Tables::new(Vec::new(), || 0),
        max_record_bytes: crate::MAX_RECORD_BYTES,
        partitions: &HashMap::from([("results".to_owned(), 3)]),
        slow: &HashMap::new(),
        watchdog: &Watchdog::start("test", gauge, IntCounter::new("c", "c").unwrap()),
        step: &step,
    };
    work.run(records, &Transaction::default(), threads)
}

/// Emits an article of the record's id; refuses the ids that end in 7.
fn emit(input: &Input<'_, v1::RawItem>, context: &mut ProcessContext<'_>) -> Result<Outcome, ProcessError> {
    let id = input.message.article_id.as_str();
    context.emit("results", id, &v1::Article { article_id: id.to_owned(), ..Default::default() })?;
    if id.ends_with('7') { Err(ProcessError::poison("seven", id)) } else { Ok(Outcome::Out) }
}

/// What a transaction would write, in its order.
fn written(done: Vec<Done>) -> String {
    let mut transaction = Transaction::default();
    let refused: Vec<String> = done
        .into_iter()
        .filter_map(|done| done.result.map(|(_, effects)| effects.move_to(&mut transaction)).err())
        .map(|error| error.to_string())
        .collect();
    format!("{refused:?} {transaction:?}")
}

#[test]
fn the_effects_are_the_same_for_any_number_of_threads() {
    let records = numbered(100);
    let one = written(run(&records, 1, StageSpec::WORK_LIMIT, emit));
    assert!(one.contains("seven: k97"), "{one}");
    for threads in 2..=MAX_THREADS {
        assert_eq!(written(run(&records, threads, StageSpec::WORK_LIMIT, emit)), one);
    }
}

#[test]
fn records_of_different_keys_are_in_work_at_the_same_time() {
    let begun = AtomicUsize::new(0);
    let done = run(&numbered(2 * RECORDS_PER_THREAD), 2, Duration::from_secs(60), |input, _| {
        begun.fetch_add(1, Ordering::Relaxed);
        let deadline = Instant::now() + Duration::from_secs(30);
        while input.record.offset == 0 && begun.load(Ordering::Relaxed) < 2 {
            assert!(Instant::now() < deadline, "no other record is taken");
            thread::yield_now();
        }
        Ok(Outcome::Out)
    });
    assert!(done.iter().all(|done| done.result.is_ok()));
}

#[test]
fn when_the_time_is_over_the_first_records_are_done() {
    for threads in [1, 3] {
        let seen = AtomicUsize::new(0);
        let done = run(&numbered(50), threads, Duration::ZERO, |_, _| {
            seen.fetch_add(1, Ordering::Relaxed);
            Ok(Outcome::Out)
        });
        assert_eq!(done.len(), seen.load(Ordering::Relaxed));
        assert!((1..=threads).contains(&done.len()), "{}", done.len());
    }
}

#[test]
fn a_panic_refuses_its_record_alone() {
    let done = run(&numbered(20), 2, StageSpec::WORK_LIMIT, |input, context| match input.record.offset {
        5 => panic!("a mistake in a step"),
        _ => emit(input, context),
    });
    let reason = |done: &Done| match &done.result {
        Err(ProcessError::Poison { reason, .. }) => Some(*reason),
        _ => None,
    };
    let refused: Vec<_> = done.iter().map(reason).enumerate().filter_map(|(at, reason)| Some((at, reason?))).collect();
    assert_eq!(refused, [(5, "panic"), (7, "seven"), (17, "seven")]);
}

#[test]
fn a_key_that_comes_again_waits_for_the_first() {
    let keys = |keys: &str| records(keys.chars().map(String::from));
    assert_eq!(distinct(&keys("abcad")), 3);
    assert_eq!(distinct(&keys("aab")), 1);
    assert_eq!(distinct(&keys("abc")), 3);
    assert_eq!(distinct(&[]), 0);
}
