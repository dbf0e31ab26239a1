//! Stopping: a signal asks, a drain waits, and says which of the two happened.

use futures_util::stream::{FuturesUnordered, StreamExt};
use std::{
    future::Future,
    io,
    pin::pin,
    time::{Duration, Instant},
};
use tokio::signal::unix::{Signal, SignalKind, signal};
pub use tokio_util::sync::CancellationToken;

/// Cancels the token that it returns at the first SIGTERM or SIGINT; a second one ends the process at once, with the
/// status that a shell would show (128 and the signal's number).
///
/// Must be called within a tokio runtime.
///
/// # Errors
/// Where the system refuses a signal handler.
pub fn on_signals() -> io::Result<CancellationToken> {
    let shutdown = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let token = shutdown.clone();
    tokio::spawn(async move {
        let (name, _) = either(&mut terminate, &mut interrupt).await;
        tracing::info!(signal = name, "asked to stop: finishing what is under way; a second signal ends at once");
        token.cancel();
        let (name, number) = either(&mut terminate, &mut interrupt).await;
        tracing::warn!(signal = name, "a second signal: ending at once");
        std::process::exit(128 + number);
    });
    Ok(shutdown)
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) -> (&'static str, i32) {
    tokio::select! {
        _ = terminate.recv() => ("SIGTERM", 15),
        _ = interrupt.recv() => ("SIGINT", 2),
    }
}

/// How a drain ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Drain<T> {
    /// Everything ended in time: results in the order in which they came.
    Drained {
        /// What each future gave.
        results: Vec<T>,
        /// From the request to stop (or from the start, where all ended unasked) to the last end.
        took: Duration,
    },
    /// The deadline passed; what had not ended was dropped.
    DeadlinePassed {
        /// What had ended by then.
        results: Vec<T>,
        /// How many had not.
        left: usize,
    },
}

/// Runs `futures` together until all have ended. From the moment that `stop` is cancelled they have `deadline` to end.
///
/// Says in the log which of the two happened.
pub async fn drain<F: Future>(
    shutdown: &CancellationToken,
    deadline: Duration,
    futures: impl IntoIterator<Item = F>,
) -> Drain<F::Output> {
    let mut running: FuturesUnordered<F> = futures.into_iter().collect();
    let mut results = Vec::with_capacity(running.len());
    let mut asked = Instant::now();
    let mut stopping = false;
    let mut over = pin!(tokio::time::sleep(deadline));
    loop {
        tokio::select! {
            biased;
            ended = running.next() => match ended {
                Some(result) => results.push(result),
                None => break,
            },
            () = shutdown.cancelled(), if !stopping => {
                stopping = true;
                asked = Instant::now();
                over.as_mut().reset(tokio::time::Instant::now() + deadline);
            }
            () = &mut over, if stopping => {
                let left = running.len();
                let deadline_s = deadline.as_secs_f64();
                tracing::warn!(left, deadline_s, "the deadline passed: what has not ended is dropped");
                return Drain::DeadlinePassed { results, left };
            }
        }
    }
    let took = asked.elapsed();
    if stopping {
        tracing::info!(took_s = took.as_secs_f64(), "drained: everything ended in time");
    }
    Drain::Drained { results, took }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::FutureExt;

    #[tokio::test(start_paused = true)]
    async fn what_ends_in_time_is_drained() {
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
    async fn what_hangs_is_left_behind() {
        let shutdown = CancellationToken::new();
        shutdown.cancel();
        let futures = [std::future::pending::<u8>().boxed(), std::future::ready(1).boxed()];
        let ended = drain(&shutdown, Duration::from_secs(5), futures).await;
        assert_eq!(ended, Drain::DeadlinePassed { results: vec![1], left: 1 });
    }

    /// The deadline runs from the request to stop, not from the start.
    #[tokio::test(start_paused = true)]
    async fn before_a_stop_there_is_no_deadline() {
        let shutdown = CancellationToken::new();
        let ended =
            drain(&shutdown, Duration::from_secs(1), [tokio::time::sleep(Duration::from_secs(3_600)).map(|()| 1)])
                .await;
        assert!(matches!(ended, Drain::Drained { results, .. } if results == [1]));
    }
}
