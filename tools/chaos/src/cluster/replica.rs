//! One process of a service.

use crate::{counters, fault::FaultKind};
use std::{path::PathBuf, time::Instant};
use test_support::{http, process::Process};

/// A service without transactions: it can be killed and frozen, but has no failpoints and no counters of a stage.
pub(super) const GATEWAY: &str = "gateway";

pub(super) struct Replica {
    pub service: &'static str,
    pub number: usize,
    /// Port of `/metrics`.
    pub admin_port: u16,
    pub process: Process,
    /// The fault whose failpoint it has not reached yet.
    pub armed: Option<FaultKind>,
    /// When a frozen process is continued.
    pub frozen_until: Option<Instant>,
    /// File with the offset of its wall clock, in milliseconds.
    pub clock: PathBuf,
    /// When its wall clock is right again.
    pub clock_until: Option<Instant>,
    /// When it was killed; cleared by the first commit after that.
    pub killed_at: Option<Instant>,
}

impl Replica {
    pub fn name(&self) -> String {
        name(self.service, self.number)
    }

    pub fn is_gateway(&self) -> bool {
        self.service == GATEWAY
    }

    /// Whether a new fault may hit it: it runs and waits for no other fault.
    pub fn is_eligible(&self) -> bool {
        self.frozen_until.is_none() && self.armed.is_none()
    }

    pub fn set_clock_right(&mut self) {
        if self.clock_until.take().is_some() {
            std::fs::write(&self.clock, "0").unwrap();
        }
    }

    pub fn metrics(&self) -> Option<String> {
        http::get(&format!("127.0.0.1:{}", self.admin_port), "/metrics")
    }

    /// Whether a counter has counted since the process started.
    pub fn has_counted(&self, metric: &str) -> bool {
        counters::sum(&self.metrics().unwrap_or_default(), metric) > 0.0
    }
}

/// Name of a replica in messages and of its log file.
pub(super) fn name(service: &str, number: usize) -> String {
    format!("{service}-{number}")
}
