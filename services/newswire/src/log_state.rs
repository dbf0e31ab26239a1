//! What `newswire run` reports of its log: readiness and metrics.

use chassis::admin::Condition;
use prometheus::IntGauge;
use std::time::{Duration, Instant};
use stream::Runtime;

/// Pause between two looks at whether the log can be written.
const PAUSE: Duration = Duration::from_millis(100);
/// Pause between two measurements of its size.
const MEASURE: Duration = Duration::from_secs(10);

metrics::metrics! {
    /// Metrics of the embedded log. On Kafka they stay at their first values.
    struct LogMetrics {
        /// 1 while the log can be written, 0 while its disk is full or fails.
        writable: IntGauge = "newswire_log_writable",
        /// Bytes of the file.
        file_bytes: IntGauge = "newswire_log_file_bytes",
        /// Bytes of key, value and headers of the records in the file.
        kept_bytes: IntGauge = "newswire_log_kept_bytes",
        /// Records that groups without a running member have not read: retention keeps them.
        unread_by_absent: IntGauge = "newswire_log_unread_by_absent_groups",
    }
}

/// Keeps the condition `log-writable` and the metrics up to date until the shutdown.
///
/// # Errors
/// If the metrics cannot be registered.
pub async fn report(runtime: Runtime, condition: Condition) -> Result<(), String> {
    let metrics = LogMetrics::new(&runtime.registry).map_err(|error| error.to_string())?;
    let mut due = Instant::now();
    while !runtime.shutdown.is_cancelled() {
        match runtime.log.trouble() {
            None => condition.met(),
            Some(why) => condition.not_met(why),
        }
        metrics.writable.set(runtime.log.trouble().is_none().into());
        if Instant::now() >= due {
            due = Instant::now() + MEASURE;
            measure(&runtime, &metrics).await;
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = runtime.shutdown.cancelled() => {}
        }
    }
    Ok(())
}

async fn measure(runtime: &Runtime, metrics: &LogMetrics) {
    let log = runtime.log.clone();
    match chassis::thread::run("log-size", move || log.on_disk()).await {
        Ok(Ok(Some(sizes))) => {
            let set = |gauge: &IntGauge, bytes: u64| gauge.set(i64::try_from(bytes).unwrap_or(i64::MAX));
            set(&metrics.file_bytes, sizes.file_bytes);
            set(&metrics.kept_bytes, sizes.kept_bytes);
            metrics.unread_by_absent.set(sizes.unread_by_absent);
        }
        Ok(Ok(None)) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the log could not be measured"),
        Err(error) => tracing::warn!(%error, "the log could not be measured"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chassis::admin::Readiness;
    use proto::{topic::Names, wire::Encoding};
    use std::{
        io::{Error, ErrorKind},
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
    };
    use stream::{
        CancellationToken, LogConfig, LogKind, Metrics,
        embedded::{Embedded, Options, WriteFault},
    };

    async fn until(what: &str, mut holds: impl FnMut() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !holds() {
            assert!(Instant::now() < deadline, "{what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_full_disk_makes_the_process_not_ready_until_there_is_space() {
        let folder = tempfile::tempdir().unwrap();
        let is_full = Arc::new(AtomicBool::new(false));
        let full = is_full.clone();
        let fault = WriteFault(Arc::new(move |_| match full.load(Ordering::SeqCst) {
            true => Err(Error::from(ErrorKind::StorageFull)),
            false => Ok(()),
        }));
        let sweep_every = Duration::from_millis(20);
        let options = Options { fault: Some(fault), sweep_every, ..Options::default() };
        let log = Arc::new(Embedded::open_with(folder.path(), options).unwrap());
        let (registry, shutdown, readiness) =
            (prometheus::Registry::new(), CancellationToken::new(), Readiness::default());
        let config = LogConfig {
            kind: LogKind::Embedded(folder.path().to_owned()),
            names: Names::default(),
            partitions: 1,
            retention: Vec::new(),
            encoding: Encoding::Json,
            replica: "0".to_owned(),
        };
        let metrics = Metrics::new(&registry).unwrap();
        let runtime = config.runtime(log, metrics, registry.clone(), shutdown.clone());
        let reporting = tokio::spawn(report(runtime.clone(), readiness.add("log-writable")));
        until("ready", || readiness.is_ready()).await;

        is_full.store(true, Ordering::SeqCst);
        let ensured = runtime.clone();
        let refused = tokio::task::spawn_blocking(move || ensured.ensure_topics()).await.unwrap().unwrap_err();
        assert!(refused.to_string().contains("no space left"), "{refused}");
        until("not ready", || !readiness.is_ready()).await;
        assert!(readiness.conditions()[0].detail.contains("no space left"));
        let value = |name: &str| {
            let all = registry.gather();
            let found = all.iter().find(|family| family.name() == name).unwrap();
            found.get_metric()[0].get_gauge().get_value()
        };
        until("the metric says so", || value("newswire_log_writable") < 0.5).await;

        is_full.store(false, Ordering::SeqCst);
        until("ready without a restart", || readiness.is_ready()).await;
        let ensured = runtime.clone();
        tokio::task::spawn_blocking(move || ensured.ensure_topics()).await.unwrap().unwrap();
        shutdown.cancel();
        reporting.await.unwrap().unwrap();
    }
}
