//! The two logs. Each test has a prefix of its own.

use proto::{topic::Names, wire::Encoding};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};
use stream::{
    CancellationToken, Log, Metrics, Runtime,
    embedded::Embedded,
    kafka::{Kafka, KafkaConfig},
};

/// Partitions of every topic.
pub const PARTITIONS: i32 = 4;

/// A log to run a test on.
pub struct Harness {
    place: Place,
    prefix: String,
    log: Option<Arc<dyn Log>>,
    /// Removed at the end of the test.
    _folder: Option<tempfile::TempDir>,
}

/// Where a log is, for a child process.
#[derive(Clone)]
pub enum Place {
    Embedded(PathBuf),
    Kafka(String),
}

impl Place {
    fn open(&self) -> Arc<dyn Log> {
        match self {
            Place::Embedded(folder) => Arc::new(Embedded::open(folder).unwrap()),
            Place::Kafka(address) => Arc::new(Kafka::new(KafkaConfig::new(address)).unwrap()),
        }
    }
}

impl Harness {
    pub fn embedded() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::new(Place::Embedded(folder.path().to_owned()), Some(folder))
    }

    /// `None`, after one visible line, if there is no broker; with `NEWSWIRE_REQUIRE_KAFKA` that is a failure.
    pub fn kafka() -> Option<Self> {
        let address = test_support::kafka::named("a case of the conformance suite on Kafka")?;
        Some(Self::new(Place::Kafka(address), None))
    }

    fn new(place: Place, folder: Option<tempfile::TempDir>) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("t{}-{}-{number}.", std::process::id(), jiff::Timestamp::now().as_millisecond());
        let mut harness = Harness { place, prefix, log: None, _folder: folder };
        harness.runtime().ensure_topics().unwrap();
        harness
    }

    /// The log, in the role of a child process.
    pub fn of_parent() -> Option<Self> {
        let prefix = std::env::var("CONFORMANCE_PREFIX").ok()?;
        let at = std::env::var("CONFORMANCE_AT").unwrap();
        let place = match std::env::var("CONFORMANCE_LOG").unwrap().as_str() {
            "kafka" => Place::Kafka(at),
            _ => Place::Embedded(at.into()),
        };
        Some(Harness { place, prefix, log: None, _folder: None })
    }

    /// What a child process needs to find this log.
    pub fn environment(&self) -> [(&'static str, String); 3] {
        let (log, at) = match &self.place {
            Place::Embedded(folder) => ("embedded", folder.to_string_lossy().into_owned()),
            Place::Kafka(address) => ("kafka", address.clone()),
        };
        [("CONFORMANCE_LOG", log.to_owned()), ("CONFORMANCE_AT", at), ("CONFORMANCE_PREFIX", self.prefix.clone())]
    }

    /// The log; opens it if it is closed.
    pub fn log(&mut self) -> Arc<dyn Log> {
        self.log.get_or_insert_with(|| self.place.open()).clone()
    }

    /// Closes the log, as the end of a process does. The test must hold no other reference to it.
    pub fn close(&mut self) {
        if let Some(log) = self.log.take() {
            assert_eq!(Arc::strong_count(&log), 1, "the test still holds the log");
        }
    }

    pub fn names(&self) -> Names {
        Names::new(&self.prefix)
    }

    /// What a service runs on, with new metrics.
    pub fn runtime(&mut self) -> Runtime {
        runtime(self.log(), self.names())
    }
}

/// Makes two tests of each function, one on each log.
macro_rules! on_both_logs {
    ($($case:ident)*) => {
        mod on_embedded {
            $(#[test] fn $case() { super::$case(&mut $crate::harness::Harness::embedded()); })*
        }
        mod on_kafka {
            $(#[test] fn $case() {
                if let Some(mut harness) = $crate::harness::Harness::kafka() {
                    super::$case(&mut harness);
                }
            })*
        }
    };
}
pub(crate) use on_both_logs;

/// What a service runs on, with new metrics.
pub fn runtime(log: Arc<dyn Log>, names: Names) -> Runtime {
    let registry = prometheus::Registry::new();
    Runtime {
        log,
        names,
        partitions: PARTITIONS,
        retention: Vec::new(),
        encoding: Encoding::Json,
        replica: "0".to_owned(),
        metrics: Metrics::new(&registry).unwrap(),
        registry,
        shutdown: CancellationToken::new(),
    }
}
