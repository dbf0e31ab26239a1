//! Whether a fenced member was replaced.
//!
//! A broker fences a producer for two reasons: another producer took its transactional id, or the transaction timed out, and
//! the broker raised the epoch when it aborted it. librdkafka reports both as one fatal error. In the second case the member
//! rejoins; in the first that would fence the successor, so the process ends. The group tells which it is: a successor joins
//! under the same `group.instance.id` and gets a member id of its own. The `client.id` names the incarnation for operators, but
//! does not decide: a broker keeps that of the first member of an instance id.

use super::client::{QuietContext, guard};
use crate::LogError;
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::{
    collections::HashMap,
    sync::{Mutex, OnceLock},
    time::{Duration, Instant},
};

/// Lengths of the part that a broker adds to the instance id: a UUID in base64 or in hex.
const ID_LENGTHS: [usize; 2] = [22, 36];
/// Longest wait for the members of the group.
const LIST_TIMEOUT: Duration = Duration::from_secs(2);
/// Time between two looks at the group. A successor fences first and joins then.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// This process's part of the `client.id`: no other process has it.
pub(super) fn incarnation() -> &'static str {
    static INCARNATION: OnceLock<String> = OnceLock::new();
    INCARNATION.get_or_init(|| format!("{}-{:x}", std::process::id(), jiff::Timestamp::now().as_nanosecond()))
}

/// What this process knows of its transactional ids.
#[derive(Default)]
pub(super) struct Fencings {
    /// When each was last fenced.
    last: Mutex<HashMap<String, Instant>>,
    /// The id that its member had in the group when it last got partitions.
    members: Mutex<HashMap<String, String>>,
}

impl Fencings {
    /// Notes a fencing; true if there was another within `time`.
    fn is_repeated(&self, id: &str, time: Duration) -> bool {
        let before = guard(&self.last).insert(id.to_owned(), Instant::now());
        before.is_some_and(|before| before.elapsed() < time)
    }

    /// Notes the id of the member that has got partitions; `None` if the group cannot be asked.
    pub(super) fn joined(&self, instance: &str, member: Option<&str>) {
        let mut members = guard(&self.members);
        match member {
            Some(member) => members.insert(instance.to_owned(), member.to_owned()),
            None => members.remove(instance),
        };
    }

    /// Whether a member that was lost may join again: [`LogError::Fenced`] if another process has taken its place meanwhile,
    /// which joining would fence. Without an answer it may. `ask` returns the id that the group now has for the instance id.
    pub(super) fn may_rejoin(&self, instance: &str, ask: impl Fn() -> Option<String>) -> Result<(), LogError> {
        // Asked once: a member that was lost before it got partitions may be the one that the group now has.
        let Some(known) = guard(&self.members).remove(instance) else { return Ok(()) };
        match ask() {
            Some(now) if now != known => Err(LogError::Fenced(format!("the group's member is now {now}"))),
            _ => Ok(()),
        }
    }

    /// What a fencing of the member means. `known` is the id that it had in its group; none if it never had partitions. `ask`
    /// returns the id that the group now has for the instance id.
    ///
    /// Waits up to half a session for a successor to join.
    pub(super) fn judge(
        &self,
        instance: &str,
        known: Option<&str>,
        session: Duration,
        reason: &str,
        ask: impl Fn() -> Option<String>,
    ) -> LogError {
        if self.is_repeated(instance, session) {
            return LogError::Fenced(format!("{reason}; fenced twice within {session:?}"));
        }
        let end = Instant::now() + session / 2;
        loop {
            if let Some(id) = ask()
                && known != Some(id.as_str())
            {
                return LogError::Fenced(format!("{reason}; the group's member is now {id}"));
            }
            if Instant::now() >= end {
                return LogError::Lost(format!("{reason}; no other member has taken its place"));
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

/// The id of the member with this instance id; `None` if the group has none, or cannot be asked.
pub(super) fn member_id(reader: &BaseConsumer<QuietContext>, group: &str, instance: &str) -> Option<String> {
    let list = reader.fetch_group_list(Some(group), LIST_TIMEOUT).ok()?;
    let members = list.groups().iter().filter(|one| one.name() == group).flat_map(|one| one.members());
    members.map(rdkafka::groups::GroupMemberInfo::id).find(|id| is_of(id, instance)).map(str::to_owned)
}

/// True if a broker made this member id of the instance id.
fn is_of(member: &str, instance: &str) -> bool {
    let added = member.strip_prefix(instance).and_then(|rest| rest.strip_prefix('-'));
    added.is_some_and(|added| ID_LENGTHS.contains(&added.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_member_id_names_its_instance() {
        assert!(is_of("news.count.0-3vxZC0YmQ0a8X9m8-_QYkA", "news.count.0"));
        assert!(is_of("news.count.0-1b4e28ba-2fa1-11d2-883f-0016d3cca427", "news.count.0"));
        assert!(!is_of("news.count.0-b-3vxZC0YmQ0a8X9m8-_QYkA", "news.count.0"), "replica 0-b");
        assert!(!is_of("news.count.01-3vxZC0YmQ0a8X9m8-_QYkA", "news.count.0"));
    }

    /// What a fencing of member `ours` means, if the group has these members when it is asked, and then the last of them.
    fn judged(session: Duration, members: &[Option<&str>]) -> LogError {
        let asked = AtomicUsize::new(0);
        let last = members.len() - 1;
        let ask = || members[asked.fetch_add(1, Ordering::Relaxed).min(last)].map(str::to_owned);
        Fencings::default().judge("news.count.0", Some("ours"), session, "fenced", ask)
    }

    #[test]
    fn a_fenced_member_that_is_still_the_groups_is_lost_and_not_replaced() {
        for members in [&[Some("ours")], &[None]] {
            assert!(matches!(judged(Duration::ZERO, members), LogError::Lost(_)), "{members:?}");
        }
    }

    #[test]
    fn a_fenced_member_is_replaced_by_one_that_has_joined_or_joins_within_half_a_session() {
        let hour = Duration::from_secs(3_600);
        for members in [&[Some("theirs")][..], &[Some("ours"), Some("theirs")], &[None, None, Some("theirs")]] {
            assert!(matches!(judged(hour, members), LogError::Fenced(_)), "{members:?}");
        }
    }

    #[test]
    fn a_second_fencing_within_a_session_ends_the_process() {
        let fencings = Fencings::default();
        let judge = |session| fencings.judge("a", Some("ours"), session, "fenced", || Some("ours".to_owned()));
        assert!(matches!(judge(Duration::ZERO), LogError::Lost(_)));
        assert!(matches!(judge(Duration::ZERO), LogError::Lost(_)), "the first is longer ago than a session");
        assert!(matches!(judge(Duration::from_secs(3_600)), LogError::Fenced(_)));
    }

    #[test]
    fn a_lost_member_rejoins_unless_another_has_its_place() {
        let fencings = Fencings::default();
        let rejoin = |now: Option<&str>| {
            fencings.joined("a", Some("ours"));
            fencings.may_rejoin("a", || now.map(str::to_owned))
        };
        assert!(rejoin(Some("ours")).is_ok());
        assert!(rejoin(None).is_ok(), "the group has no such member, or does not answer");
        assert!(matches!(rejoin(Some("theirs")), Err(LogError::Fenced(_))));
        assert!(fencings.may_rejoin("a", || Some("theirs".to_owned())).is_ok(), "asked once");
    }

    #[test]
    fn a_second_fencing_within_the_time_is_repeated() {
        let fencings = Fencings::default();
        assert!(!fencings.is_repeated("a", Duration::from_secs(60)));
        assert!(!fencings.is_repeated("b", Duration::from_secs(60)));
        assert!(fencings.is_repeated("a", Duration::from_secs(60)));
        assert!(!fencings.is_repeated("a", Duration::ZERO));
    }
}
