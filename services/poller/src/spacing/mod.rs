//! One request at a time to a host, and a pause between two. A host that says 429 or 503 with Retry-After is left alone
//! altogether. Every request of the poller goes through one [`Gate`]: feeds, robots.txt, and each hop of a redirect.

mod hosts;

pub use hosts::{Answer, Hosts};

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// The politeness domain of a URL: its host in lower case without `www.`, as in `proto::partition::of_host`, so that one
/// replica owns all feeds of a host and no two space their requests apart.
#[must_use]
pub fn host_of(url: &url::Url) -> String {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    host.strip_prefix("www.").unwrap_or(&host).trim_end_matches('.').to_owned()
}

/// See the module. Cloned freely: all clones are one gate.
#[derive(Clone)]
pub struct Gate(Arc<Shared>);

struct Shared {
    hosts: Mutex<Hosts>,
    /// Woken whenever a request ends.
    left: Notify,
}

/// A host that asked to be left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the host asked to be left alone for {} more seconds", .0.as_secs())]
pub struct Closed(pub Duration);

impl Gate {
    /// A gate that keeps `spacing` between the end of one request to a host and the start of the next.
    #[must_use]
    pub fn new(spacing: Duration) -> Self {
        Gate(Arc::new(Shared { hosts: Mutex::new(Hosts::new(spacing)), left: Notify::new() }))
    }

    fn hosts(&self) -> MutexGuard<'_, Hosts> {
        self.0.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the host may be asked.
    ///
    /// # Errors
    /// Where the host asked to be left alone: that is not waited for.
    pub async fn enter(&self, host: &str) -> Result<Pass, Closed> {
        loop {
            let left = self.0.left.notified();
            tokio::pin!(left);
            left.as_mut().enable();
            let answer = self.hosts().enter(host, Instant::now().into_std());
            match answer {
                Answer::Go => return Ok(Pass { gate: self.clone(), host: host.to_owned() }),
                Answer::Wait(pause) => tokio::time::sleep(pause).await,
                Answer::Busy => left.await,
                Answer::Closed(rest) => return Err(Closed(rest)),
            }
        }
    }

    /// Leaves a host alone for `wait` from now.
    pub fn close(&self, host: &str, wait: Duration) {
        self.hosts().close(host, Instant::now().into_std(), wait);
    }

    /// How long until the host may be asked, as it looks now; zero where it may. A host that is busy counts as free.
    #[must_use]
    pub fn wait(&self, host: &str) -> Duration {
        self.hosts().wait(host, Instant::now().into_std())
    }

    /// Hosts that are being asked or waited for.
    #[must_use]
    pub fn open(&self) -> usize {
        self.hosts().len()
    }
}

/// The right to ask a host; dropping it starts the pause.
pub struct Pass {
    gate: Gate,
    host: String,
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.gate.hosts().leave(&self.host, Instant::now().into_std());
        self.gate.0.left.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_at_a_time_and_a_second_apart() {
        let gate = Gate::new(Duration::from_secs(1));
        let start = Instant::now();
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let gate = gate.clone();
                tokio::spawn(async move {
                    let pass = gate.enter("e.org").await.unwrap();
                    let began = start.elapsed();
                    tokio::time::sleep(Duration::from_millis(500)).await;
                    drop(pass);
                    began
                })
            })
            .collect();
        let mut began = Vec::new();
        for task in tasks {
            began.push(task.await.unwrap().as_millis());
        }
        began.sort_unstable();
        for (at, expected) in began.iter().zip([0, 1_500, 3_000, 4_500]) {
            assert!(at.abs_diff(expected) <= 5, "{began:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn hosts_do_not_wait_for_each_other() {
        let gate = Gate::new(Duration::from_secs(60));
        let _busy = gate.enter("a.org").await.unwrap();
        let start = Instant::now();
        let _other = gate.enter("b.org").await.unwrap();
        assert!(start.elapsed() < Duration::from_millis(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_host_refuses_until_its_time_is_over() {
        let gate = Gate::new(Duration::from_secs(1));
        gate.close("e.org", Duration::from_secs(120));
        assert_eq!(gate.enter("e.org").await.err(), Some(Closed(Duration::from_secs(120))));
        tokio::time::advance(Duration::from_secs(121)).await;
        assert!(gate.enter("e.org").await.is_ok());
    }

    #[test]
    fn a_host_is_one_whatever_its_case_or_www() {
        let host = |url: &str| host_of(&url.parse().unwrap());
        assert_eq!(host("https://WWW.Example.org:8443/a"), "example.org");
        assert_eq!(host("http://example.org./"), "example.org");
    }
}
