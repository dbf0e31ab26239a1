//! The topics and their messages: one table, from which names, keys, settings, message types, golden tests, the JSON
//! view and the table in the README come.

use crate::{key::KeyError, v1, wire};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Partitions of a pipeline topic by default.
pub const PARTITIONS: i32 = 24;

/// How long a topic keeps its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// The last record of each key, forever.
    Compact,
    /// The last record of each key, unless it is older than these milliseconds.
    CompactDelete(i64),
    /// Every record that is not older than these milliseconds.
    Delete(i64),
}

/// What a topic is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A public stream of records: JSON by default, ids as text in the keys.
    Stream,
    /// A public table: as a stream, but compacted and restored by members.
    Table,
    /// The state of one stage: as a table, but always in Protobuf and keyed by the 16 bytes of an id.
    State,
}

/// What the key of a topic's records is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A feed's id.
    Feed,
    /// An article's id.
    Article,
    /// The key of another topic's record.
    Original,
    /// A digest of what the record is about.
    Digest,
}

/// What decides the partition of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionedBy {
    /// The host of the feed's or page's URL: [`crate::partition::of_host`].
    Host,
    /// The id: [`crate::partition::of`].
    Id,
    /// The topic has one partition, regardless of the pipeline's number.
    Nothing,
}

/// Everything that is set for a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The part of the name after the prefix: `raw.v1`.
    pub suffix: &'static str,
    /// What it is used for.
    pub kind: Kind,
    /// What its keys are.
    pub key: Key,
    /// What decides the partition of a record.
    pub partitioned_by: PartitionedBy,
    /// How long it keeps its records by default.
    pub retention: Retention,
    /// False if no service writes it yet: then it is not created.
    pub is_created: bool,
    /// Types of its messages, without package.
    pub messages: &'static [&'static str],
    /// What it holds, as a sentence.
    pub description: &'static str,
}

/// Declares the topics. Each row is complete, or the crate does not compile.
macro_rules! topics {
    ($($(#[doc = $doc:literal])+ $topic:ident {
        suffix: $suffix:literal,
        messages: [$($message:ident),*],
        kind: $kind:ident,
        key: $key:ident,
        partitioned_by: $by:ident,
        retention: $retention:expr,
        is_created: $created:literal $(,)?
    })+) => {
        /// A topic of the pipeline.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Topic {
            $($(#[doc = $doc])+ $topic,)+
        }

        impl Topic {
            /// Every topic, in the order of the flow.
            pub const ALL: &'static [Topic] = &[$(Topic::$topic),+];

            /// Its row of the table.
            #[must_use]
            pub const fn settings(self) -> Settings {
                match self {
                    $(Topic::$topic => Settings {
                        suffix: $suffix,
                        kind: Kind::$kind,
                        key: Key::$key,
                        partitioned_by: PartitionedBy::$by,
                        retention: $retention,
                        is_created: $created,
                        messages: &[$(stringify!($message)),*],
                        description: concat!($($doc),+).trim_ascii(),
                    },)+
                }
            }
        }

        $($(impl wire::Message for v1::$message {
            const NAME: &'static str = stringify!($message);
            const TYPE: &'static str = concat!("news.v1.", stringify!($message));
        }
        impl InTopic for v1::$message {
            const TOPIC: Topic = Topic::$topic;
        })*)+

        /// The JSON of a value whose type is `event_type` (`ce_type`) and whose encoding is `content_type`; `None` if
        /// the type is not in the contract.
        ///
        /// # Errors
        /// If the value cannot be decoded.
        pub fn json(
            event_type: &str,
            content_type: Option<&str>,
            value: &[u8],
        ) -> Option<Result<serde_json::Value, wire::DecodeError>> {
            $($(if event_type == <v1::$message as wire::Message>::TYPE {
                return Some(wire::json::<v1::$message>(content_type, value));
            })*)+
            None
        }

        #[cfg(test)]
        pub(crate) fn check_golden_records() {
            $($(crate::golden::check::<v1::$message>();)*)+
        }

        #[cfg(test)]
        pub(crate) fn check_previous_version() {
            $($(crate::previous::check::<v1::$message>();)*)+
        }
    };
}

topics! {
    /// The feeds that operators want polled.
    Feeds {
        suffix: "feeds.v1",
        messages: [Feed],
        kind: Table,
        key: Feed,
        partitioned_by: Host,
        retention: Retention::Compact,
        is_created: true,
    }
    /// The poller's state of each feed.
    FeedState {
        suffix: "feed-state.v1",
        messages: [FeedState, FeedEntries],
        kind: State,
        key: Feed,
        partitioned_by: Host,
        retention: Retention::Compact,
        is_created: true,
    }
    /// Requests to fetch the pages of articles.
    PageRequests {
        suffix: "page-requests.v1",
        messages: [PageRequest],
        kind: Stream,
        key: Article,
        partitioned_by: Host,
        retention: Retention::Delete(3 * DAY_MS),
        is_created: true,
    }
    /// The pages that the poller has still to fetch.
    PageState {
        suffix: "page-state.v1",
        messages: [PageState],
        kind: State,
        key: Article,
        partitioned_by: Host,
        retention: Retention::CompactDelete(3 * DAY_MS),
        is_created: true,
    }
    /// WebSub pushes.
    Pushes {
        suffix: "pushes.v1",
        messages: [Push],
        kind: Stream,
        key: Feed,
        partitioned_by: Host,
        retention: Retention::Delete(DAY_MS),
        is_created: false,
    }
    /// Entries and pages as fetched.
    Raw {
        suffix: "raw.v1",
        messages: [RawItem],
        kind: Stream,
        key: Article,
        partitioned_by: Id,
        retention: Retention::Delete(7 * DAY_MS),
        is_created: true,
    }
    /// The normaliser's state of each article.
    ArticleState {
        suffix: "article-state.v1",
        messages: [ArticleState],
        kind: State,
        key: Article,
        partitioned_by: Id,
        retention: Retention::CompactDelete(30 * DAY_MS),
        is_created: true,
    }
    /// Articles that operators have withdrawn.
    Withdrawals {
        suffix: "withdrawals.v1",
        messages: [Withdrawal],
        kind: State,
        key: Article,
        partitioned_by: Id,
        retention: Retention::Compact,
        is_created: true,
    }
    /// Clean, dated articles.
    Articles {
        suffix: "articles.v1",
        messages: [Article],
        kind: Stream,
        key: Article,
        partitioned_by: Id,
        retention: Retention::Delete(30 * DAY_MS),
        is_created: true,
    }
    /// Articles with entities and countries.
    Enriched {
        suffix: "enriched.v1",
        messages: [EnrichedArticle],
        kind: Stream,
        key: Article,
        partitioned_by: Id,
        retention: Retention::Delete(30 * DAY_MS),
        is_created: true,
    }
    /// Signatures by which near-duplicates are found.
    Signatures {
        suffix: "signatures.v1",
        messages: [Signature],
        kind: Stream,
        key: Article,
        partitioned_by: Nothing,
        retention: Retention::Delete(3 * DAY_MS),
        is_created: true,
    }
    /// The story of each article.
    Stories {
        suffix: "stories.v1",
        messages: [StoryLabel],
        kind: Stream,
        key: Article,
        partitioned_by: Id,
        retention: Retention::CompactDelete(30 * DAY_MS),
        is_created: false,
    }
    /// The health of each feed.
    FeedHealth {
        suffix: "feed-health.v1",
        messages: [FeedHealth],
        kind: Table,
        key: Feed,
        partitioned_by: Host,
        retention: Retention::Compact,
        is_created: true,
    }
    /// Articles by hour, country, entity, publisher and language, as each gateway counts them.
    Trends {
        suffix: "trends.v1",
        messages: [TrendHour, TrendState],
        kind: State,
        key: Digest,
        partitioned_by: Nothing,
        retention: Retention::CompactDelete(10 * DAY_MS),
        is_created: true,
    }
    /// Records that a stage refused: the original value and key, the reason in the headers.
    DeadLetter {
        suffix: "dead-letter.v1",
        messages: [],
        kind: Stream,
        key: Original,
        partitioned_by: Id,
        retention: Retention::Delete(30 * DAY_MS),
        is_created: true,
    }
}

/// The topic of a message. Implemented by the table.
pub trait InTopic: wire::Message {
    /// The topic that holds it.
    const TOPIC: Topic;
}

impl Topic {
    /// The topics that newswire creates, in the order of the flow.
    pub fn created() -> impl Iterator<Item = Topic> {
        Topic::ALL.iter().copied().filter(|topic| topic.settings().is_created)
    }

    /// The topic whose name without prefix and version is `name`: `dead-letter`.
    #[must_use]
    pub fn from_short_name(name: &str) -> Option<Topic> {
        Topic::ALL.iter().copied().find(|topic| topic.short_name() == name)
    }

    /// Its name without prefix and version: `dead-letter`.
    #[must_use]
    pub fn short_name(self) -> &'static str {
        let suffix = self.suffix();
        suffix.split_once('.').map_or(suffix, |(name, _)| name)
    }

    /// The part of its name after the prefix: `dead-letter.v1`.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        self.settings().suffix
    }

    /// Its retention by default.
    #[must_use]
    pub const fn retention(self) -> Retention {
        self.settings().retention
    }

    /// True for a topic that members restore tables from: small segments, compacted eagerly.
    #[must_use]
    pub const fn is_table(self) -> bool {
        matches!(self.settings().kind, Kind::Table | Kind::State)
    }

    /// Number of its partitions in a pipeline with `partitions`.
    #[must_use]
    pub const fn partitions(self, partitions: i32) -> i32 {
        match self.settings().partitioned_by {
            PartitionedBy::Nothing => 1,
            PartitionedBy::Host | PartitionedBy::Id => partitions,
        }
    }

    /// How its values are written if public topics are written in `public`.
    #[must_use]
    pub const fn encoding(self, public: wire::Encoding) -> wire::Encoding {
        match self.settings().kind {
            Kind::State => wire::Encoding::Protobuf,
            Kind::Stream | Kind::Table => public,
        }
    }

    /// The key of the record of `id`: the text of the id, or its 16 bytes in a state topic.
    ///
    /// # Errors
    /// If the topic is a state topic and `id` is not 32 hex digits.
    pub fn key(self, id: &str) -> Result<Vec<u8>, KeyError> {
        match self.settings().kind {
            Kind::State => crate::key::to_bytes(id).map(Vec::from),
            Kind::Stream | Kind::Table => Ok(id.as_bytes().to_vec()),
        }
    }

    /// A key of this topic as text, for people: ids in hex.
    #[must_use]
    pub fn key_text(self, key: &[u8]) -> String {
        match self.settings().kind {
            Kind::State => crate::key::to_hex(key),
            Kind::Stream | Kind::Table => String::from_utf8_lossy(key).into_owned(),
        }
    }
}

/// Retention times that replace the defaults, as an operator sets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionOverride {
    /// A topic whose retention is [`Retention::Delete`].
    pub topic: Topic,
    /// Milliseconds.
    pub ms: i64,
}

impl std::str::FromStr for RetentionOverride {
    type Err = String;

    /// Reads `dead-letter=60d`: a topic without prefix and version, and a time from one hour to ten years.
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, time) = text.split_once('=').ok_or("the form is TOPIC=TIME, for example dead-letter=60d")?;
        let is_settable = |topic: Topic| matches!(topic.retention(), Retention::Delete(_));
        let topic = Topic::from_short_name(name).filter(|topic| is_settable(*topic)).ok_or_else(|| {
            let names: Vec<_> = Topic::created().filter(|topic| is_settable(*topic)).map(Topic::short_name).collect();
            format!("{name:?} is not one of {}", names.join(", "))
        })?;
        let span: jiff::Span = time.parse().map_err(|_| format!("{time:?} is not a time such as 12h or 60d"))?;
        let ms = span
            .total((jiff::Unit::Millisecond, jiff::SpanRelativeTo::days_are_24_hours()))
            .map_err(|_| format!("{time:?} is not in weeks, days, hours, minutes or seconds"))?;
        if !(3_600_000.0..=3_650.0 * 86_400_000.0).contains(&ms) {
            return Err(format!("{time:?} is not between 1h and 3650d"));
        }
        #[expect(clippy::cast_possible_truncation, reason = "in range")]
        Ok(RetentionOverride { topic, ms: ms as i64 })
    }
}

/// Names of the topics under a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    prefix: String,
}

impl Default for Names {
    fn default() -> Self {
        Names { prefix: "news.".to_owned() }
    }
}

impl Names {
    /// Names that begin with `prefix`, which includes its separator (`news.`).
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        Names { prefix: prefix.to_owned() }
    }

    /// Full name of a topic.
    #[must_use]
    pub fn of(&self, topic: Topic) -> String {
        format!("{}{}", self.prefix, topic.suffix())
    }

    /// The topic with this full name.
    #[must_use]
    pub fn topic(&self, name: &str) -> Option<Topic> {
        let suffix = name.strip_prefix(&self.prefix)?;
        Topic::ALL.iter().copied().find(|topic| topic.suffix() == suffix)
    }

    /// Name of a stage's consumer group: `news.normaliser`.
    #[must_use]
    pub fn group(&self, stage: &str) -> String {
        format!("{}{stage}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retention_names_its_topic() {
        let read = |text: &str| text.parse::<RetentionOverride>();
        assert_eq!(read("dead-letter=60d"), Ok(RetentionOverride { topic: Topic::DeadLetter, ms: 60 * DAY_MS }));
        assert_eq!(read("raw=36h").unwrap().ms, DAY_MS * 3 / 2);
        for wrong in ["raw", "feeds=1d", "nonsense=1d", "raw=soon", "raw=1s", "raw=1mo", "raw=-2d"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn state_is_written_in_protobuf_under_binary_keys() {
        let id = crate::id::article_id("https://example.org/a");
        assert_eq!(Topic::ArticleState.encoding(wire::Encoding::Json), wire::Encoding::Protobuf);
        let key = Topic::ArticleState.key(&id).unwrap();
        assert_eq!((key.len(), Topic::ArticleState.key_text(&key)), (16, id.clone()));
        assert_eq!(Topic::Articles.key(&id).unwrap(), id.as_bytes());
    }
}
