//! A blocking loop on an operating-system thread of its own, awaited like a task.
//!
//! A stage's loop blocks for as long as the process runs, and a transactional call may block for seconds. Such a loop
//! must not occupy a worker of the runtime, nor one of its blocking threads forever.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};
use tokio::sync::oneshot;

/// A thread that returned no result.
#[derive(Debug, thiserror::Error)]
pub enum ThreadError {
    /// The operating system could not start a thread.
    #[error("the thread {name} could not be started: {source}")]
    NotStarted {
        /// The thread's name.
        name: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// It panicked.
    #[error("the thread {name} panicked: {message}")]
    Panicked {
        /// The thread's name.
        name: String,
        /// The panic's message, or a placeholder if it is not text.
        message: String,
    },
}

/// Runs `f` on a thread of its own, named `name` (Linux shows its first 15 bytes).
///
/// Dropping the future does not stop the thread, so `f` needs a token of its own to stop on.
///
/// # Errors
/// The thread could not be started, or it panicked.
pub async fn run<T: Send + 'static>(name: &str, f: impl FnOnce() -> T + Send + 'static) -> Result<T, ThreadError> {
    let (sender, receiver) = oneshot::channel();
    let span = tracing::Span::current();
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let _entered = span.entered();
            // The closure is consumed here, so nothing observes state that a panic left inconsistent.
            let result = catch_unwind(AssertUnwindSafe(f)).map_err(|panic| message(panic.as_ref()));
            // Fails if the future was dropped; then no one waits for the result.
            let _ = sender.send(result);
        })
        .map_err(|source| ThreadError::NotStarted { name: name.to_owned(), source })?;
    match receiver.await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(message)) => Err(ThreadError::Panicked { name: name.to_owned(), message }),
        Err(_) => Err(ThreadError::Panicked { name: name.to_owned(), message: "it ended without a result".to_owned() }),
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "the panic carries no text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_closure_runs_on_a_thread_of_that_name() {
        let name = run("normaliser", || std::thread::current().name().map(str::to_owned)).await.unwrap();
        assert_eq!(name.as_deref(), Some("normaliser"));
    }

    #[tokio::test]
    async fn a_panic_is_an_error_with_its_message() {
        let number = 7;
        let result: Result<(), ThreadError> = run("enricher", move || panic!("no batch {number}")).await;
        assert_eq!(result.unwrap_err().to_string(), "the thread enricher panicked: no batch 7");
    }

    #[tokio::test]
    async fn the_runtime_runs_other_tasks_while_the_thread_blocks() {
        let (sender, receiver) = std::sync::mpsc::channel();
        let blocked = run("blocked", move || receiver.recv());
        let other = async { sender.send("from the same worker") };
        let (received, sent) = tokio::join!(blocked, other);
        sent.unwrap();
        assert_eq!(received.unwrap().unwrap(), "from the same worker");
    }
}
