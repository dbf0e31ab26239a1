//! Retention while the wall clock is wrong.

use crate::help;
use proto::topic::Retention;
use std::sync::atomic::{AtomicI64, Ordering};
use stream::{
    Admin, Log,
    embedded::{Embedded, Options},
};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;
const START: i64 = 1_000_000 * HOUR;

/// A log with a wall clock and the time that passes; each test has its own.
macro_rules! clocks {
    ($($name:ident)*) => {$(
        mod $name {
            use super::*;
            static WALL: AtomicI64 = AtomicI64::new(START);
            static PASSED: AtomicI64 = AtomicI64::new(0);

            #[test]
            fn test() {
                let options = Options {
                    clock: || WALL.load(Ordering::SeqCst),
                    elapsed: || PASSED.load(Ordering::SeqCst),
                    sweep_every: std::time::Duration::from_secs(3_600),
                    ..Options::default()
                };
                super::$name(&Clocks { wall: &WALL, passed: &PASSED, options });
            }
        }
    )*};
}

struct Clocks {
    wall: &'static AtomicI64,
    passed: &'static AtomicI64,
    options: Options,
}

impl Clocks {
    fn open(&self, folder: &tempfile::TempDir) -> Embedded {
        let log = Embedded::open_with(folder.path(), self.options.clone()).unwrap();
        log.ensure_topics(&[
            help::topic("news", Retention::Delete(3 * DAY)),
            help::topic("state", Retention::CompactDelete(3 * DAY)),
        ])
        .unwrap();
        log
    }

    /// Sets the wall clock.
    fn jump(&self, ms: i64) {
        self.wall.fetch_add(ms, Ordering::SeqCst);
    }

    /// Time passes, on both clocks.
    fn pass(&self, ms: i64) {
        self.jump(ms);
        self.passed.fetch_add(ms, Ordering::SeqCst);
    }
}

clocks! {
    a_wrong_clock_deletes_nothing
    a_wrong_clock_at_a_start_deletes_nothing
    a_record_is_kept_for_its_retention_and_no_longer
}

const JUMPS: [i64; 6] = [-HOUR, HOUR, DAY, -DAY, YEAR, -YEAR];

fn write(log: &Embedded, key: &str) {
    log.append(vec![help::record("news", key, Some("1")), help::record("state", key, Some("1"))]).unwrap();
}

fn a_wrong_clock_deletes_nothing(clocks: &Clocks) {
    let folder = tempfile::tempdir().unwrap();
    let log = clocks.open(&folder);
    for (count, jump) in JUMPS.into_iter().enumerate() {
        write(&log, &count.to_string());
        clocks.jump(jump);
        assert_eq!(log.sweep().unwrap(), 0, "after a jump by {jump} ms");
        write(&log, &format!("after {count}"));
        assert_eq!(log.sweep().unwrap(), 0, "after a jump by {jump} ms");
    }
    // None of them is kept for longer, either.
    clocks.pass(3 * DAY + 1);
    assert_eq!(log.sweep().unwrap(), 4 * JUMPS.len());
}

fn a_wrong_clock_at_a_start_deletes_nothing(clocks: &Clocks) {
    let folder = tempfile::tempdir().unwrap();
    for (count, jump) in JUMPS.into_iter().enumerate() {
        let log = clocks.open(&folder);
        write(&log, &count.to_string());
        drop(log);
        clocks.jump(jump);
        let log = clocks.open(&folder);
        assert_eq!(log.sweep().unwrap(), 0, "after a start with the clock moved by {jump} ms");
        assert_eq!(help::all(&log, "news").len(), count + 1);
    }
}

fn a_record_is_kept_for_its_retention_and_no_longer(clocks: &Clocks) {
    let folder = tempfile::tempdir().unwrap();
    let mut log = clocks.open(&folder);
    write(&log, "k");
    for _ in 0..71 {
        clocks.pass(HOUR);
        assert_eq!(log.sweep().unwrap(), 0);
        drop(log);
        log = clocks.open(&folder);
    }
    clocks.pass(HOUR + 1);
    assert_eq!(log.sweep().unwrap(), 2);
}

#[test]
fn a_time_is_found_although_the_clock_was_put_back() {
    static WALL: AtomicI64 = AtomicI64::new(START);
    let options = Options { clock: || WALL.load(Ordering::SeqCst), ..Options::default() };
    let folder = tempfile::tempdir().unwrap();
    let log = Embedded::open_with(folder.path(), options).unwrap();
    log.ensure_topics(&[help::topic("news", Retention::Delete(DAY))]).unwrap();
    for (key, jump) in [("a", YEAR), ("b", -YEAR), ("c", HOUR), ("d", 0)] {
        log.append(vec![help::record("news", key, Some("1"))]).unwrap();
        WALL.fetch_add(jump, Ordering::SeqCst);
    }
    let first = |at: i64| {
        let mut tail = log.tail("news", stream::Start::Time(at)).unwrap();
        tail.poll(1, std::time::Duration::ZERO).unwrap()[0].key.clone()
    };
    assert_eq!(first(START), b"a");
    assert_eq!(first(START + 1), b"b", "Kafka, too, starts at the first record that is not earlier");
}
