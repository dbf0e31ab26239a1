//! Shutdown: a signal requests it, a drain waits for the work to end or for a deadline.

use futures_util::stream::{FuturesUnordered, StreamExt};
use std::{
    future::Future,
    io,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::signal::unix::{Signal, SignalKind, signal};
pub use tokio_util::sync::CancellationToken;

/// Signals that follow the first one within this time are the same request: `timeout` and some supervisors send SIGTERM to
/// the process and to its group.
pub const SECOND_SIGNAL: Duration = Duration::from_secs(1);

/// The handlers of SIGTERM, SIGINT and SIGHUP.
#[derive(Debug, Clone)]
pub struct Signals {
    shutdown: CancellationToken,
    started: Arc<AtomicBool>,
}

impl Signals {
    /// Installs the handlers. Until [`Signals::start`] a signal ends the process with status 0: there is nothing to drain.
    ///
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// A signal handler could not be installed.
    pub fn install() -> io::Result<Self> {
        let signals = Signals { shutdown: CancellationToken::new(), started: Arc::default() };
        let handlers = Handlers {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        };
        tokio::spawn(signals.clone().wait(handlers));
        Ok(signals)
    }

    /// From now on the first signal cancels the token that this returns. A second signal, [`SECOND_SIGNAL`] or more later,
    /// ends the process at once, with the status that a shell reports (128 plus the signal's number).
    #[must_use]
    pub fn start(&self) -> CancellationToken {
        self.started.store(true, Ordering::SeqCst);
        self.shutdown.clone()
    }

    async fn wait(self, mut handlers: Handlers) {
        let (name, _) = handlers.next().await;
        if !self.started.load(Ordering::SeqCst) {
            std::process::exit(0);
        }
        tracing::info!(signal = name, "shutting down; a second signal ends the process at once");
        self.shutdown.cancel();
        let first = Instant::now();
        loop {
            let (name, number) = handlers.next().await;
            if first.elapsed() >= SECOND_SIGNAL {
                tracing::warn!(signal = name, "second signal; ending at once");
                std::process::exit(128 + number);
            }
        }
    }
}

struct Handlers {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Handlers {
    async fn next(&mut self) -> (&'static str, i32) {
        tokio::select! {
            _ = self.terminate.recv() => ("SIGTERM", 15),
            _ = self.interrupt.recv() => ("SIGINT", 2),
            _ = self.hang_up.recv() => ("SIGHUP", 1),
        }
    }
}

/// How a drain ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Drain<T> {
    /// All futures ended in time.
    Drained {
        /// Their results, in the order in which they ended.
        results: Vec<T>,
        /// Time from shutdown to the last end. Without a shutdown, time from the start.
        took: Duration,
    },
    /// The deadline passed; the futures that had not ended were dropped.
    DeadlinePassed {
        /// The results of those that had ended.
        results: Vec<T>,
        /// Number of futures dropped.
        left: usize,
    },
}

/// Runs `futures` concurrently until all have ended. Once `shutdown` is cancelled they have `deadline` to end. Logs how
/// the drain ended.
pub async fn drain<F: Future>(
    shutdown: &CancellationToken,
    deadline: Duration,
    futures: impl IntoIterator<Item = F>,
) -> Drain<F::Output> {
    let mut running: FuturesUnordered<F> = futures.into_iter().collect();
    let mut results = Vec::with_capacity(running.len());
    let mut since = Instant::now();
    let mut stopping = false;
    let mut expired = pin!(tokio::time::sleep(deadline));
    loop {
        tokio::select! {
            biased;
            ended = running.next() => match ended {
                Some(result) => results.push(result),
                None => break,
            },
            () = shutdown.cancelled(), if !stopping => {
                stopping = true;
                since = Instant::now();
                expired.as_mut().reset(tokio::time::Instant::now() + deadline);
            }
            () = &mut expired, if stopping => {
                let left = running.len();
                let deadline_s = deadline.as_secs_f64();
                tracing::warn!(left, deadline_s, "the drain deadline passed; dropping what has not ended");
                return Drain::DeadlinePassed { results, left };
            }
        }
    }
    let took = since.elapsed();
    if stopping {
        tracing::info!(took_s = took.as_secs_f64(), "drained");
    }
    Drain::Drained { results, took }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::FutureExt;

    #[tokio::test(start_paused = true)]
    async fn a_drain_waits_for_all_futures() {
        let shutdown = CancellationToken::new();
        let work = |n: u64| {
            let shutdown = shutdown.clone();
            async move {
                shutdown.cancelled().await;
                tokio::time::sleep(Duration::from_secs(n)).await;
                n
            }
            .boxed()
        };
        let futures = [work(3), work(1)];
        shutdown.cancel();
        let Drain::Drained { results, .. } = drain(&shutdown, Duration::from_secs(5), futures).await else {
            panic!("the deadline passed")
        };
        assert_eq!(results, [1, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_future_that_hangs_is_dropped_at_the_deadline() {
        let shutdown = CancellationToken::new();
        shutdown.cancel();
        let futures = [std::future::pending::<u8>().boxed(), std::future::ready(1).boxed()];
        let ended = drain(&shutdown, Duration::from_secs(5), futures).await;
        assert_eq!(ended, Drain::DeadlinePassed { results: vec![1], left: 1 });
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_no_deadline_before_shutdown() {
        let shutdown = CancellationToken::new();
        let ended =
            drain(&shutdown, Duration::from_secs(1), [tokio::time::sleep(Duration::from_secs(3_600)).map(|()| 1)])
                .await;
        assert!(matches!(ended, Drain::Drained { results, .. } if results == [1]));
    }
}
