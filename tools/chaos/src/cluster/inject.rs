//! Injecting faults, and ending them.

use super::{Cluster, FENCED, LATE, SERVICES};
use crate::{
    brokers::select,
    fault::{Fault, FaultKind},
    report::Report,
};
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};
use test_support::{port, process::Process, wait};

/// Limit for the end of a displaced process after SIGCONT. It learns of its successor at its next transaction, or from
/// its group.
const DISPLACED_ENDS_WITHIN: Duration = Duration::from_secs(90);

/// Limit for the start of a process, until it serves its metrics.
const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// Least and most milliseconds by which a wall clock is moved.
const MIN_CLOCK_MS: i64 = 5_000;
const MAX_CLOCK_MS: i64 = 600_000;

/// How long a wall clock stays wrong.
const CLOCK_MOVED_FOR: Duration = Duration::from_secs(20);

/// Limit for the end of a process after SIGTERM.
const STOPS_WITHIN: Duration = Duration::from_secs(30);

/// A process whose replica's name another process has taken.
pub(super) struct Displaced {
    process: Process,
    is_frozen: bool,
    /// When it is continued, or once continued, when it must have ended.
    due: Instant,
}

impl Cluster {
    /// Injects a fault of the services; nothing if no process is eligible. Faults at failpoints are reported once they have happened.
    pub fn inject(&mut self, fault: &Fault, report: &mut Report) {
        match fault.kind {
            FaultKind::Scale => self.scale(fault, report),
            FaultKind::Kill => self.kill(fault, report),
            FaultKind::Freeze => self.freeze(fault, report),
            FaultKind::Displace => self.displace(fault),
            FaultKind::MoveClock => self.move_clock(fault, report),
            _ => self.arm(fault, report),
        }
    }

    /// The replica that a fault hits. The gateway can only be killed and frozen.
    fn victim(&self, fault: &Fault) -> Option<usize> {
        let needs_transactions = !matches!(fault.kind, FaultKind::Kill | FaultKind::Freeze);
        let eligible: Vec<usize> = (0..self.replicas.len())
            .filter(|index| {
                let replica = &self.replicas[*index];
                replica.is_eligible()
                    && self.only_service.is_none_or(|service| service == replica.service)
                    && !(needs_transactions && replica.is_gateway())
            })
            .collect();
        select(&eligible, fault.choice)
    }

    fn kill(&mut self, fault: &Fault, report: &mut Report) {
        let Some(index) = self.victim(fault) else { return };
        let replica = &mut self.replicas[index];
        replica.process.kill();
        if !replica.is_gateway() {
            replica.killed_at = Some(Instant::now());
        }
        report.count(fault.kind);
        self.restart(index, None);
    }

    fn freeze(&mut self, fault: &Fault, report: &mut Report) {
        let Some(index) = self.victim(fault) else { return };
        let until = Instant::now() + self.freeze_for();
        let replica = &mut self.replicas[index];
        replica.process.signal(Signal::SIGSTOP);
        replica.frozen_until = Some(until);
        report.count(fault.kind);
    }

    /// Sets the wall clock of a replica forward or back.
    fn move_clock(&mut self, fault: &Fault, report: &mut Report) {
        let Some(index) = self.victim(fault) else { return };
        let mut random = fastrand::Rng::with_seed(fault.choice);
        let offset_ms = random.i64(MIN_CLOCK_MS..MAX_CLOCK_MS) * if random.bool() { 1 } else { -1 };
        let replica = &mut self.replicas[index];
        replica.clock_until = Some(Instant::now() + CLOCK_MOVED_FOR);
        std::fs::write(&replica.clock, offset_ms.to_string()).unwrap();
        report.count(fault.kind);
    }

    /// Restarts a process with a failpoint armed. Armed from its start, it acts at the same hit for the same seed.
    fn arm(&mut self, fault: &Fault, report: &mut Report) {
        let Some(index) = self.victim(fault) else { return };
        self.stop(index, report);
        self.restart(index, Some((fault.kind, fault.nth)));
    }

    /// SIGTERM, and waits for the end; SIGKILL if that takes too long. What must not happen goes into the report.
    fn stop(&mut self, index: usize, report: &mut Report) {
        let replica = &mut self.replicas[index];
        // A process that is still starting has no signal handler yet and would end by the signal.
        wait::within(STARTS_WITHIN, || replica.metrics().is_some());
        match replica.process.try_stop(STOPS_WITHIN) {
            Ok(status) if status.success() || status.code() == Some(FENCED) => {}
            Ok(status) if status.code() == Some(LATE) && self.may_be_late => {
                report.note(format!("{} did not drain in time after SIGTERM", replica.name()));
            }
            Ok(status) => report.crashed.push(format!("{} ended after SIGTERM with {status}", replica.name())),
            Err(message) => {
                replica.process.kill();
                report.crashed.push(message);
            }
        }
    }

    /// Freezes a process and starts another under its replica's name, on a new port.
    fn displace(&mut self, fault: &Fault) {
        let Some(index) = self.victim(fault) else { return };
        let due = Instant::now() + self.freeze_for();
        let replica = &self.replicas[index];
        replica.process.signal(Signal::SIGSTOP);
        let admin_port = port::free();
        let successor = self.spawn(replica.service, replica.number, admin_port, None);
        let replica = &mut self.replicas[index];
        replica.admin_port = admin_port;
        let process = std::mem::replace(&mut replica.process, successor);
        self.displaced.push(Displaced { process, is_frozen: true, due });
    }

    /// Continues displaced processes, and checks that they end as fenced.
    pub(super) fn supervise_displaced(&mut self, report: &mut Report) {
        self.displaced.retain_mut(|displaced| {
            if displaced.is_frozen {
                if Instant::now() < displaced.due {
                    return true;
                }
                displaced.process.signal(Signal::SIGCONT);
                displaced.is_frozen = false;
                displaced.due = Instant::now() + DISPLACED_ENDS_WITHIN;
            }
            match displaced.process.ended() {
                Some(status) if status.code() == Some(FENCED) => report.count(FaultKind::Displace),
                Some(status) => {
                    report.crashed.push(format!("{}, displaced, ended with {status}", displaced.process.name));
                }
                None if Instant::now() > displaced.due => {
                    report.crashed.push(format!("{}, displaced, runs alongside its successor", displaced.process.name));
                }
                None => return true,
            }
            false
        });
    }

    /// Removes the extra replica of a service, or adds one.
    fn scale(&mut self, fault: &Fault, report: &mut Report) {
        let Some((service, count)) = select(&SERVICES, fault.choice) else { return };
        report.count(fault.kind);
        let extra = |replica: &super::Replica| replica.service == service && replica.number >= count;
        match self.replicas.iter().position(extra) {
            Some(index) => {
                let replica = &mut self.replicas[index];
                replica.set_clock_right();
                replica.process.signal(Signal::SIGCONT);
                if replica.armed.is_some() {
                    // Its failpoint may freeze or kill it while it ends.
                    replica.process.kill();
                } else {
                    self.stop(index, report);
                }
                self.replicas.remove(index);
            }
            None => self.add(service, count),
        }
    }

    /// Ends all faults: frozen processes are continued, and armed ones are restarted without their fault.
    pub fn recover(&mut self, report: &mut Report) {
        for index in 0..self.replicas.len() {
            let replica = &mut self.replicas[index];
            replica.process.signal(Signal::SIGCONT);
            replica.frozen_until = None;
            replica.set_clock_right();
            if replica.armed.is_some() {
                replica.process.kill();
                self.restart(index, None);
            }
        }
        for displaced in self.displaced.iter_mut().filter(|displaced| displaced.is_frozen) {
            displaced.due = Instant::now();
        }
        self.supervise(report);
    }
}
