//! A blocking loop on an operating-system thread of its own, awaited like a task.
//!
//! A stage's loop blocks for as long as the process runs, and a transactional call may block for seconds: neither
//! may hold a worker of the runtime, nor one of its pool of blocking threads for ever.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};
use tokio::sync::oneshot;

/// A thread that gave no result.
#[derive(Debug, thiserror::Error)]
pub enum ThreadError {
    /// The operating system gave no thread.
    #[error("no thread for {name}: {source}")]
    NotStarted {
        /// The thread's name.
        name: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It panicked.
    #[error("the thread {name} panicked: {message}")]
    Panicked {
        /// The thread's name.
        name: String,
        /// The panic's message, where it is text.
        message: String,
    },
}

/// Runs `f` on a thread of its own, named `name` (Linux shows its first 15 bytes).
///
/// Dropping the future does not stop the thread: what runs there must watch a token of its own.
///
/// # Errors
/// See [`ThreadError`].
pub async fn run<T: Send + 'static>(name: &str, f: impl FnOnce() -> T + Send + 'static) -> Result<T, ThreadError> {
    let (tell, told) = oneshot::channel();
    let span = tracing::Span::current();
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let _entered = span.entered();
            // The closure is used up here, so no one sees what a panic left half done.
            let result = catch_unwind(AssertUnwindSafe(f)).map_err(|panic| message(panic.as_ref()));
            // Whoever waited may have gone: then the result is nobody's.
            let _ = tell.send(result);
        })
        .map_err(|source| ThreadError::NotStarted { name: name.to_owned(), source })?;
    match told.await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(message)) => Err(ThreadError::Panicked { name: name.to_owned(), message }),
        Err(_) => Err(ThreadError::Panicked { name: name.to_owned(), message: "ended without a result".to_owned() }),
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "not a text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_result_comes_back_from_a_thread_of_that_name() {
        let name = run("normaliser", || std::thread::current().name().map(str::to_owned)).await.unwrap();
        assert_eq!(name.as_deref(), Some("normaliser"));
    }

    #[tokio::test]
    async fn a_panic_is_an_error_that_says_what() {
        let number = 7;
        let result: Result<(), ThreadError> = run("enricher", move || panic!("no batch {number}")).await;
        let died = result.unwrap_err();
        assert_eq!(died.to_string(), "the thread enricher panicked: no batch 7");
    }

    #[tokio::test]
    async fn the_runtime_goes_on_while_the_thread_blocks() {
        let (tell, told) = std::sync::mpsc::channel();
        let blocked = run("blocked", move || told.recv());
        let other = async { tell.send("from the same worker") };
        let (got, sent) = tokio::join!(blocked, other);
        sent.unwrap();
        assert_eq!(got.unwrap().unwrap(), "from the same worker");
    }
}
