//! How many records the stages behind have not read. Counted by a thread of its own: it reads the log.

use super::pace::Pace;
use proto::topic::Topic;
use std::{
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::JoinHandle,
    time::{Duration, Instant},
};
use stream::{LogError, Runtime};

/// The groups behind, by their stages' names, and what they read.
pub const READERS: [(&str, Topic); 2] = [("normaliser", Topic::Raw), ("enricher", Topic::Articles)];
/// The names of those groups' stages.
pub const WATCHED: [&str; 2] = [READERS[0].0, READERS[1].0];
/// Shortest time between two counts.
const EVERY: Duration = Duration::from_millis(100);
/// How many times as long as a count took is waited for the next.
const REST: u32 = 10;

/// What was counted.
struct Count {
    /// Records that are not read; `None` if it could not be counted.
    unread: Option<u64>,
    /// Bytes that were written before.
    total: u64,
    took: Duration,
}

struct Thread {
    ask: SyncSender<u64>,
    counted: Receiver<Count>,
    handle: JoinHandle<()>,
}

/// Counts when it is asked to.
pub(super) struct Backlog {
    /// `None` without a thread, which the system may refuse: then it is never known.
    thread: Option<Thread>,
    is_asked: bool,
    next: Instant,
}

impl Backlog {
    /// Starts the thread. If a stage has not read anything after `start_within`, nothing is known. Dropping this waits for its
    /// end, so that nothing holds the log after it.
    pub(super) fn start(runtime: Runtime, start_within: Duration, now: Instant) -> Self {
        let (ask, asked) = sync_channel::<u64>(1);
        let (tell, counted) = sync_channel(1);
        let spawned = std::thread::Builder::new().name("poller-backlog".to_owned()).spawn(move || {
            for total in asked {
                let began = Instant::now();
                let unread = unread(&runtime, began.duration_since(now) < start_within)
                    .inspect_err(|error| tracing::debug!(%error, "the backlog of the stages cannot be counted"));
                if tell.send(Count { unread: unread.ok().flatten(), total, took: began.elapsed() }).is_err() {
                    break;
                }
            }
        });
        let spawned = spawned.inspect_err(|error| tracing::warn!(%error, "the backlog is not counted: no thread"));
        let thread = spawned.ok().map(|handle| Thread { ask, counted, handle });
        Backlog { thread, is_asked: false, next: now }
    }

    /// Tells `pace` what was counted, and asks for the next count.
    pub(super) fn update(&mut self, pace: &mut Pace, now: Instant) {
        if !pace.is_kept() {
            return;
        }
        let Some(Thread { ask, counted, .. }) = &self.thread else {
            if now >= self.next {
                pace.observe(None, pace.total(), now);
                self.next = now + EVERY;
            }
            return;
        };
        if let Ok(Count { unread, total, took }) = counted.try_recv() {
            pace.observe(unread, total, now);
            self.is_asked = false;
            self.next = now + EVERY.max(took * REST);
        }
        if !self.is_asked && now >= self.next {
            self.is_asked = ask.try_send(pace.total()).is_ok();
        }
    }
}

impl Drop for Backlog {
    fn drop(&mut self) {
        if let Some(Thread { ask, counted, handle }) = self.thread.take() {
            drop((ask, counted));
            drop(handle.join());
        }
    }
}

/// Records that the stages have not read. Those of a stage that has never read any count if `are_starting`; else `None`.
fn unread(runtime: &Runtime, are_starting: bool) -> Result<Option<u64>, LogError> {
    let mut all = 0;
    for (stage, topic) in READERS {
        let topic = runtime.names.of(topic);
        let committed = runtime.log.committed(&runtime.names.group(stage), &topic)?;
        let ends = runtime.log.ends(&topic)?;
        if committed.is_empty() && !are_starting && ends.values().any(|end| *end > 0) {
            return Ok(None);
        }
        for (partition, end) in ends {
            let next = committed.get(&partition).copied().unwrap_or_default();
            all += u64::try_from(end - next).unwrap_or_default();
        }
    }
    Ok(Some(all))
}
