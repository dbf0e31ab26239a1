//! The story that is withdrawn soon after the start, as an operator withdraws an article: the page shows what a withdrawal looks
//! like.

use crate::articles;
use std::{sync::Arc, time::Duration};
use stream::{CancellationToken, Log, LogConfig};

/// Time for which it is shown before.
const SHOWN: Duration = Duration::from_secs(20);
/// Time between two attempts, while it has not been published.
const PAUSE: Duration = Duration::from_secs(5);
const ATTEMPTS: usize = 60;

/// Withdraws the article of `url`. A failure is logged: the sample goes on without it.
pub async fn withdraw(url: String, log: Arc<dyn Log>, config: LogConfig, shutdown: CancellationToken) {
    let mut wait = SHOWN;
    for _ in 0..ATTEMPTS {
        if shutdown.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            return;
        }
        wait = PAUSE;
        let (url, log, config) = (url.clone(), Arc::clone(&log), config.clone());
        let of_thread = url.clone();
        let done = chassis::thread::run("sample-withdrawal", move || {
            articles::withdraw_published(&*log, &config, &of_thread).map_err(|error| format!("{error:#}"))
        });
        match done.await.map_err(|error| error.to_string()).flatten() {
            Ok(true) => return tracing::info!(url, "the sample withdrew an article"),
            Ok(false) => {}
            Err(error) => tracing::warn!(url, error, "the sample could not withdraw an article"),
        }
    }
}
