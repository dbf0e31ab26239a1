//! The status of a feed, as its health and the metrics show it.

use crate::schedule::Arrivals;
use jiff::Timestamp;
use proto::{
    time,
    v1::{Feed, FeedState},
};

/// Documents in a row of nothing but new entries from which a feed is churning.
const CHURNING_POLLS: i32 = 3;

/// The status of a feed: the first of these that applies, from the last to the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Status {
    /// None of the others.
    #[default]
    Ok,
    /// It has shown nothing new for longer than its history explains.
    Silent,
    /// Every entry of the last documents was new, so that the entries' identities cannot be trusted.
    Churning,
    /// The last poll failed.
    Failing,
    /// It answered 410, which was confirmed: it is no longer polled.
    Gone,
    /// The operator has paused it.
    Paused,
}

impl Status {
    /// All of them, in their order.
    pub(super) const ALL: [Status; 6] =
        [Status::Ok, Status::Silent, Status::Churning, Status::Failing, Status::Gone, Status::Paused];

    /// The word in health records and metrics.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Status::Ok => "OK",
            Status::Silent => "SILENT",
            Status::Churning => "CHURNING",
            Status::Failing => "FAILING",
            Status::Gone => "GONE",
            Status::Paused => "PAUSED",
        }
    }
}

/// A status, and since when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) status: Status,
    /// Seconds since 1970: the last success of a feed that fails, the last entry of one that is silent, else the last poll.
    pub(super) since_s: i64,
}

impl Condition {
    /// The condition of a feed after its last poll, at `now`.
    pub(super) fn of(feed: &Feed, state: &FeedState, now: Timestamp) -> Self {
        let arrivals = || state.arrivals.as_ref().map(Arrivals::from_wire).unwrap_or_default();
        let status = if feed.paused {
            Status::Paused
        } else if state.gone {
            Status::Gone
        } else if state.failures > 0 {
            Status::Failing
        } else if state.churning_polls >= CHURNING_POLLS {
            Status::Churning
        } else if arrivals().is_silent(now) {
            Status::Silent
        } else {
            Status::Ok
        };
        let at = |stored: Option<&proto::Timestamp>| stored.and_then(time::from_wire);
        let polled = at(state.last_polled_at.as_ref());
        let since = match status {
            Status::Failing => at(state.last_success_at.as_ref()).or(at(feed.added_at.as_ref())),
            Status::Silent => arrivals().last_at(),
            _ => None,
        };
        Condition { status, since_s: since.or(polled).unwrap_or(now).as_second() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn now() -> Timestamp {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    /// The condition of a feed that published every hour until so many days ago.
    fn silent_for(days: i64) -> Condition {
        let last = now() - SignedDuration::from_hours(24 * days);
        let published: Vec<Timestamp> = (0..300).map(|hour| last - SignedDuration::from_hours(hour)).collect();
        let mut arrivals = Arrivals::of_document(&published, last);
        arrivals.observe(now());
        let state = FeedState { arrivals: Some(arrivals.to_wire()), ..FeedState::default() };
        Condition::of(&Feed::default(), &state, now())
    }

    #[test]
    fn a_feed_is_silent_when_its_history_does_not_explain_it() {
        assert_eq!((silent_for(0).status, silent_for(3).status), (Status::Ok, Status::Silent));
        assert_eq!(silent_for(3).since_s, (now() - SignedDuration::from_hours(72)).as_second());
    }

    #[test]
    fn the_worst_status_is_shown_and_how_long_it_lasts() {
        let at = |hours| Some(time::to_wire(now() - SignedDuration::from_hours(hours)));
        let state = FeedState { failures: 3, churning_polls: 5, last_success_at: at(9), ..FeedState::default() };
        let failing = Condition::of(&Feed::default(), &state, now());
        let since_s = (now() - SignedDuration::from_hours(9)).as_second();
        assert_eq!(failing, Condition { status: Status::Failing, since_s });
        let paused = Feed { paused: true, ..Feed::default() };
        assert_eq!(Condition::of(&paused, &state, now()).status, Status::Paused);
        let gone = FeedState { gone: true, ..state };
        assert_eq!(Condition::of(&Feed::default(), &gone, now()).status, Status::Gone);
    }
}
