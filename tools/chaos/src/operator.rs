//! An operator who withdraws stories and restores some of them, with the product's own command.

use crate::{
    load::{Operated, Operations},
    report::Report,
};
use std::{
    collections::HashSet,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, Sender, channel},
    time::{Duration, Instant},
};
use test_support::process::binary;

/// Most stories of one command.
const BATCH: usize = 20;

/// Fewest withdrawals of a run. Every second one is restored.
const MIN_BATCHES: usize = 2;

/// How long a story stays withdrawn before it is restored: its feed shows it again meanwhile, and is polled.
const WITHDRAWN_FOR: Duration = Duration::from_secs(15);

/// Limit for a command to succeed after the end of the load.
const FINISHES_WITHIN: Duration = Duration::from_secs(60);

/// Runs `newswire articles`, one command at a time.
pub struct Operator {
    flags: Vec<String>,
    requests: Receiver<String>,
    done: Sender<Operated>,
    /// Stories that are to be withdrawn.
    waiting: Vec<String>,
    /// Those that are to be restored, and when.
    restores: Vec<(Instant, Vec<String>)>,
    running: Option<Running>,
    /// Time between two withdrawals: a command reads whole topics.
    interval: Duration,
    next_at: Instant,
    batches: usize,
    /// Commands that did not succeed.
    failures: usize,
    withdrawn: HashSet<String>,
    restored: HashSet<String>,
}

struct Running {
    action: &'static str,
    links: Vec<String>,
    process: Child,
}

impl Operator {
    /// With the flags of the log, for a run of this duration; and the load's end of the channels.
    #[must_use]
    pub fn new(flags: Vec<String>, duration: Duration) -> (Self, Operations) {
        let ((request, requests), (done, operated)) = (channel(), channel());
        let operator = Operator {
            flags,
            requests,
            done,
            waiting: Vec::new(),
            restores: Vec::new(),
            running: None,
            interval: (duration / 40).max(Duration::from_secs(5)),
            next_at: Instant::now(),
            batches: 0,
            failures: 0,
            withdrawn: HashSet::new(),
            restored: HashSet::new(),
        };
        (operator, Operations { requests: request, done: operated })
    }

    /// Whether a command that withdraws this story has been started.
    #[must_use]
    pub fn has_withdrawn(&self, link: &str) -> bool {
        self.withdrawn.contains(link)
    }

    /// Whether a command that restores this story has been started.
    #[must_use]
    pub fn has_restored(&self, link: &str) -> bool {
        self.restored.contains(link)
    }

    /// Stories withdrawn, and those of them restored.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.withdrawn.len(), self.restored.len())
    }

    /// Whether it has more to do after the load has ended: it withdraws twice at least, and restores what it must.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.running.is_some() || !self.restores.is_empty() || (self.batches < MIN_BATCHES && !self.waiting.is_empty())
    }

    /// Starts the command that is due, or takes note of the end of the running one. `is_published` says whether an article
    /// has been read from the enriched topic: only such stories are withdrawn. `is_over` if the load has ended.
    pub fn supervise(&mut self, report: &mut Report, is_over: bool, is_published: impl Fn(&str) -> bool) {
        self.waiting.extend(self.requests.try_iter());
        if self.running.is_some() {
            self.check_running(report);
            return;
        }
        let now = Instant::now();
        if let Some(due) = self.restores.iter().position(|(at, _)| *at <= now) {
            let (_, links) = self.restores.remove(due);
            self.restored.extend(links.iter().cloned());
            self.start("restore", links);
        } else if now >= self.next_at && (!is_over || self.batches < MIN_BATCHES) {
            // The newest ones: the others may be about to leave their feeds.
            let ready = self.waiting.iter().rev().filter(|link| is_published(link));
            let links: Vec<String> = ready.take(BATCH).cloned().collect();
            if !links.is_empty() {
                // Some are kept for the next one.
                self.waiting.retain(|link| !links.contains(link));
                self.waiting.drain(..self.waiting.len().saturating_sub(BATCH));
                self.next_at = now + self.interval;
                self.withdrawn.extend(links.iter().cloned());
                self.start("withdraw", links);
            }
        }
    }

    fn start(&mut self, action: &'static str, links: Vec<String>) {
        let process = Command::new(binary("newswire"))
            .args(["articles", action])
            .args(&links)
            .args(&self.flags)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.running = Some(Running { action, links, process });
    }

    /// A command that fails is repeated: withdrawing and restoring twice is the same as once.
    fn check_running(&mut self, report: &mut Report) {
        let Some(mut running) = self.running.take() else { return };
        let Some(status) = running.process.try_wait().unwrap() else {
            self.running = Some(running);
            return;
        };
        if !status.success() {
            self.failures += 1;
            if self.failures.is_power_of_two() {
                let (action, failures) = (running.action, self.failures);
                report.note(format!("newswire articles {action} ended with {status}, failure {failures}; repeated"));
            }
            self.start(running.action, running.links);
            return;
        }
        let is_restore = running.action == "restore";
        for link in &running.links {
            let operated = if is_restore { Operated::Restored } else { Operated::Withdrawn };
            // The load may have ended.
            drop(self.done.send(operated(link.clone())));
        }
        if !is_restore {
            self.batches += 1;
            if self.batches.is_multiple_of(2) {
                self.restores.push((Instant::now() + WITHDRAWN_FOR, running.links));
            }
        }
    }

    /// Waits for the running command. No other is started.
    pub fn finish(&mut self, report: &mut Report) {
        let deadline = Instant::now() + FINISHES_WITHIN;
        while self.running.is_some() {
            self.check_running(report);
            if Instant::now() > deadline {
                report.crashed.push("newswire articles does not succeed".to_owned());
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        if let Some(running) = &mut self.running {
            drop(running.process.kill());
            drop(running.process.wait());
        }
    }
}
