//! The log's own clock, by which retention tells how old a record is.
//!
//! The wall clock of a machine may be wrong by an hour or a year, and be put right while records are kept. The log's clock
//! advances by the time that passes while a process has the log open, and at each opening by the time since it was last
//! written, at most an hour. It never goes back, and it never jumps, so a wrong wall clock makes no record look old. What
//! it misses (a stop of a week counts as an hour) keeps records longer, never shorter.

use super::{Options, tables::Clock as Row, tables::Now};
use std::sync::{
    OnceLock,
    atomic::{AtomicI64, Ordering},
};
use std::time::Instant;

/// Most milliseconds that the time between two openings counts for.
const LONGEST_STOP_MS: i64 = 60 * 60 * 1_000;

/// The clock of an open log.
pub(super) struct Clock {
    wall: fn() -> i64,
    elapsed: fn() -> i64,
    /// Age at the opening.
    age: i64,
    /// What `elapsed` was then.
    from: i64,
    /// Age when a transaction last wrote the clock.
    written: AtomicI64,
}

impl Clock {
    /// Continues from the clock that the file holds; a new file starts with the wall clock's time.
    pub(super) fn start(options: &Options, row: Option<Row>) -> Self {
        let wall = (options.clock)();
        let age = row.map_or(wall, |row| row.age + (wall - row.wall).clamp(0, LONGEST_STOP_MS));
        let (wall, elapsed) = (options.clock, options.elapsed);
        Clock { wall, elapsed, age, from: elapsed(), written: AtomicI64::new(row.map_or(i64::MIN, |row| row.age)) }
    }

    /// The time of both clocks.
    pub(super) fn now(&self) -> Now {
        let passed = (self.elapsed)() - self.from;
        Now { time: (self.wall)(), age: self.age + passed.max(0) }
    }

    /// Notes that a transaction has written the clock.
    pub(super) fn wrote(&self, now: Now) {
        self.written.store(now.age, Ordering::Relaxed);
    }

    /// True if the clock should be written although nothing else is, so that a restart continues from here.
    pub(super) fn is_due(&self, now: Now) -> bool {
        now.age.saturating_sub(self.written.load(Ordering::Relaxed)) >= 60_000
    }
}

/// Milliseconds that this process has run, of a clock that is never set.
pub(super) fn elapsed() -> i64 {
    static START: OnceLock<Instant> = OnceLock::new();
    i64::try_from(START.get_or_init(Instant::now).elapsed().as_millis()).unwrap_or(i64::MAX)
}
