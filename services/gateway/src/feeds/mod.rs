//! The feeds with their health, and what stages refused: from `news.feeds.v1`, `news.feed-health.v1` and `news.dead-letter.v1`.

mod dropped;
mod reader;

pub use dropped::{Dropped, DroppedReason, HOURS as DROPPED_HOURS};
pub(crate) use reader::run;

use proto::v1::{Feed, FeedHealth};
use std::collections::{BTreeMap, HashMap};

/// Most feeds that are kept; further ones are counted only.
const MAX_FEEDS: usize = 500_000;
/// Last polls of a feed that are kept.
const MAX_POLLS: usize = 3;

/// The state of a feed, the worst first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// It answered 410.
    Gone,
    /// Its last poll failed.
    Failing,
    /// It has had no new entry for longer than its history explains.
    Silent,
    /// Nearly all entries are new at each poll.
    Churning,
    /// It was not polled yet.
    Unknown,
    /// It is polled as it should be.
    Ok,
    /// An operator has paused it.
    Paused,
}

impl Status {
    /// All, the worst first.
    pub const ALL: [Status; 7] =
        [Status::Gone, Status::Failing, Status::Silent, Status::Churning, Status::Unknown, Status::Ok, Status::Paused];

    /// Its name in records and requests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Status::Gone => "GONE",
            Status::Failing => "FAILING",
            Status::Silent => "SILENT",
            Status::Churning => "CHURNING",
            Status::Unknown => "UNKNOWN",
            Status::Ok => "OK",
            Status::Paused => "PAUSED",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// A feed as operators have defined it, and its health.
#[derive(Debug, Default, Clone)]
pub struct FeedRow {
    /// Its definition; absent if only its health was read.
    pub feed: Option<Feed>,
    /// Its health; absent if it was never polled.
    pub health: Option<FeedHealth>,
}

impl FeedRow {
    /// Its state.
    #[must_use]
    pub fn status(&self) -> Status {
        if self.feed.as_ref().is_some_and(|feed| feed.paused) {
            return Status::Paused;
        }
        self.health.as_ref().and_then(|health| Status::parse(&health.status)).unwrap_or(Status::Unknown)
    }

    /// Its publisher's country; empty if unknown.
    #[must_use]
    pub fn country(&self) -> &str {
        self.feed.as_ref().map_or("", |feed| feed.publisher_country.as_str())
    }

    /// Since when it has had no success, in seconds since 1970: the least comes first among feeds of one state.
    fn since(&self) -> i64 {
        let at = self.health.as_ref().and_then(|health| match self.status() {
            Status::Silent => health.last_entry_at.as_ref(),
            _ => health.last_success_at.as_ref(),
        });
        at.map_or(0, |at| at.seconds)
    }
}

/// All feeds.
#[derive(Default)]
pub struct Feeds {
    rows: HashMap<String, FeedRow>,
    /// What stages refused.
    pub dropped: Dropped,
    /// True once the topics have been read to their ends.
    pub is_caught_up: bool,
    /// Feeds beyond the limit.
    overflow: u64,
}

/// Feeds of a country.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sources {
    /// All of them that are not paused.
    pub feeds: u64,
    /// Those that are polled with success and are not silent.
    pub living: u64,
}

/// Where a page of the list starts: after this feed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeedCursor {
    status: Status,
    since: i64,
    id: String,
}

impl FeedCursor {
    /// Its text form.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}.{}.{}", self.status.name(), self.since, self.id)
    }

    /// Parses the text form. `None` if it is malformed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let (status, since, id) = (parts.next()?, parts.next()?, parts.next()?);
        Some(FeedCursor { status: Status::parse(status)?, since: since.parse().ok()?, id: id.to_owned() })
    }
}

impl Feeds {
    /// Sets or removes the definition of a feed.
    pub fn define(&mut self, id: &str, feed: Option<Feed>) {
        match feed {
            Some(feed) => self.update(id, |row| row.feed = Some(feed)),
            None => drop(self.rows.remove(id)),
        }
    }

    /// Sets or removes the health of a feed.
    pub fn set_health(&mut self, id: &str, health: Option<FeedHealth>) {
        match health {
            Some(mut health) => {
                health.polls.truncate(MAX_POLLS);
                self.update(id, |row| row.health = Some(health));
            }
            None => {
                if let Some(row) = self.rows.get_mut(id) {
                    row.health = None;
                }
            }
        }
    }

    fn update(&mut self, id: &str, change: impl FnOnce(&mut FeedRow)) {
        if let Some(row) = self.rows.get_mut(id) {
            change(row);
        } else if self.rows.len() < MAX_FEEDS {
            change(self.rows.entry(id.to_owned()).or_default());
        } else {
            self.overflow += 1;
        }
    }

    /// The feeds that operators want polled: health of others is left over.
    fn defined(&self) -> impl Iterator<Item = (&String, &FeedRow)> {
        self.rows.iter().filter(|(_, row)| row.feed.is_some())
    }

    /// Feeds beyond the limit, which are not kept.
    #[must_use]
    pub fn overflow(&self) -> u64 {
        self.overflow
    }

    /// Forgets all feeds, before they are read again.
    pub fn clear(&mut self) {
        *self = Feeds::default();
    }

    /// Feeds of these states (of all if there are none) and countries (likewise), the worst first, and where the next page starts.
    #[must_use]
    pub fn page(
        &self,
        statuses: &[Status],
        countries: &[String],
        after: Option<&FeedCursor>,
        limit: usize,
    ) -> (Vec<(String, FeedRow)>, Option<FeedCursor>) {
        let wanted = self.defined().filter(|(_, row)| {
            (statuses.is_empty() || statuses.contains(&row.status()))
                && (countries.is_empty() || countries.iter().any(|code| code == row.country()))
        });
        let keyed = wanted.map(|(id, row)| FeedCursor { status: row.status(), since: row.since(), id: id.clone() });
        let mut keys: Vec<FeedCursor> = keyed.filter(|key| after.is_none_or(|after| key > after)).collect();
        if keys.len() > limit + 1 {
            keys.select_nth_unstable(limit + 1);
            keys.truncate(limit + 1);
        }
        keys.sort_unstable();
        let has_more = keys.len() > limit;
        keys.truncate(limit);
        let next = keys.last().filter(|_| has_more).cloned();
        let row = |key: FeedCursor| self.rows.get(&key.id).map(|row| (key.id.clone(), row.clone()));
        (keys.into_iter().filter_map(row).collect(), next)
    }

    /// Number of feeds in each state.
    #[must_use]
    pub fn totals(&self) -> BTreeMap<&'static str, u64> {
        let mut totals: BTreeMap<&'static str, u64> = Status::ALL.iter().map(|status| (status.name(), 0)).collect();
        for (_, row) in self.defined() {
            *totals.entry(row.status().name()).or_default() += 1;
        }
        totals
    }

    /// Feeds by their publisher's country.
    #[must_use]
    pub fn by_country(&self) -> BTreeMap<String, Sources> {
        let mut countries: BTreeMap<String, Sources> = BTreeMap::new();
        for (_, row) in self.defined() {
            let status = row.status();
            if row.country().is_empty() || status == Status::Paused {
                continue;
            }
            let sources = countries.entry(row.country().to_uppercase()).or_default();
            sources.feeds += 1;
            sources.living += u64::from(matches!(status, Status::Ok | Status::Churning));
        }
        countries
    }

    /// Ids of the feeds that are silent, longest first, at most `limit`.
    #[must_use]
    pub fn silent(&self, limit: usize) -> Vec<String> {
        self.page(&[Status::Silent], &[], None, limit).0.into_iter().map(|(id, _)| id).collect()
    }
}
