//! Injecting faults, and ending them.

use super::{Cluster, FENCED, SERVICES};
use crate::{
    fault::{Fault, FaultKind},
    report::Report,
};
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};
use test_support::{kafka::Broker, port, process::Process, wait};

/// Limit for the end of a displaced process after SIGCONT. It learns of its successor at its next transaction, or from
/// its group.
const DISPLACED_ENDS_WITHIN: Duration = Duration::from_secs(40);

/// Limit for the start of a process, until it serves its metrics.
const STARTS_WITHIN: Duration = Duration::from_secs(30);

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
    /// Injects a fault; nothing if no process is eligible. Faults at failpoints are reported once they have happened.
    ///
    /// # Panics
    /// If the broker does not restart, or a service does not end after SIGTERM.
    pub fn inject(&mut self, fault: &Fault, broker: &mut Broker, report: &mut Report) {
        match fault.kind {
            FaultKind::BounceClean => {
                broker.stop();
                broker.restart();
                report.count(fault.kind);
            }
            FaultKind::BounceHard => {
                broker.kill();
                broker.restart();
                report.count(fault.kind);
            }
            FaultKind::Scale => self.scale(fault, report),
            FaultKind::Kill => self.kill(fault, report),
            FaultKind::Freeze => self.freeze(fault, report),
            FaultKind::Displace => self.displace(fault),
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

    /// Restarts a process with a failpoint armed. Armed from its start, it acts at the same hit for the same seed.
    fn arm(&mut self, fault: &Fault, report: &mut Report) {
        let Some(index) = self.victim(fault) else { return };
        let replica = &mut self.replicas[index];
        // A process that is still starting has no signal handler yet and would end by the signal.
        wait::within(STARTS_WITHIN, || replica.metrics().is_some());
        let status = replica.process.stop(STOPS_WITHIN);
        if !status.success() && status.code() != Some(FENCED) {
            report.crashed.push(format!("{} ended after SIGTERM with {status}", replica.name()));
        }
        self.restart(index, Some((fault.kind, fault.nth)));
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
                let mut replica = self.replicas.remove(index);
                replica.process.signal(Signal::SIGCONT);
                let status = replica.process.stop(STOPS_WITHIN);
                report.note(format!("{} removed: {status}", replica.name()));
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

fn select<T: Copy>(among: &[T], choice: u64) -> Option<T> {
    let count = u64::try_from(among.len()).ok().filter(|count| *count > 0)?;
    among.get(usize::try_from(choice % count).ok()?).copied()
}
