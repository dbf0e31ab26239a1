//! Topics: names, policies, and which stage owns which.

/// How long a topic keeps its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// The last record of each key, for ever.
    Compact,
    /// The last record of each key, and none older than these milliseconds.
    CompactDelete(i64),
    /// None older than these milliseconds.
    Delete(i64),
}

/// A topic of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// `Feed`, keyed by feed id, partitioned by host.
    Feeds,
    /// `FeedState`, keyed by feed id, same partition as the feed.
    FeedState,
    /// `PageRequest`, keyed by article id, partitioned by host.
    PageRequests,
    /// `Push`, keyed by feed id, partitioned by host.
    Pushes,
    /// `RawItem`, keyed by article id.
    Raw,
    /// `ArticleState`, keyed by article id, same partition as the raw item.
    ArticleState,
    /// `Article`, keyed by article id.
    Articles,
    /// `EnrichedArticle`, keyed by article id.
    Enriched,
    /// `Signature`, keyed by article id, one partition.
    Signatures,
    /// `StoryLabel`, keyed by article id.
    Stories,
    /// `FeedHealth`, keyed by feed id, same partition as the feed.
    FeedHealth,
    /// What a stage refused: the original bytes under the original key, the reason in the headers.
    DeadLetter,
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl Topic {
    /// Every topic, in the order of the flow.
    pub const ALL: [Topic; 12] = [
        Topic::Feeds,
        Topic::FeedState,
        Topic::PageRequests,
        Topic::Pushes,
        Topic::Raw,
        Topic::ArticleState,
        Topic::Articles,
        Topic::Enriched,
        Topic::Signatures,
        Topic::Stories,
        Topic::FeedHealth,
        Topic::DeadLetter,
    ];

    /// The part of the name behind the prefix.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Topic::Feeds => "feeds.v1",
            Topic::FeedState => "feed-state.v1",
            Topic::PageRequests => "page-requests.v1",
            Topic::Pushes => "pushes.v1",
            Topic::Raw => "raw.v1",
            Topic::ArticleState => "article-state.v1",
            Topic::Articles => "articles.v1",
            Topic::Enriched => "enriched.v1",
            Topic::Signatures => "signatures.v1",
            Topic::Stories => "stories.v1",
            Topic::FeedHealth => "feed-health.v1",
            Topic::DeadLetter => "dead-letter.v1",
        }
    }

    /// Retention by default; configuration may change the times.
    #[must_use]
    pub const fn retention(self) -> Retention {
        match self {
            Topic::Feeds | Topic::FeedState | Topic::FeedHealth => Retention::Compact,
            Topic::PageRequests | Topic::Pushes => Retention::Delete(DAY_MS),
            Topic::Raw => Retention::Delete(7 * DAY_MS),
            Topic::ArticleState | Topic::Stories => Retention::CompactDelete(30 * DAY_MS),
            Topic::Articles | Topic::Enriched | Topic::DeadLetter => Retention::Delete(30 * DAY_MS),
            Topic::Signatures => Retention::Delete(3 * DAY_MS),
        }
    }

    /// True for a changelog that a stage restores itself from: small segments, compacted eagerly.
    #[must_use]
    pub const fn is_state(self) -> bool {
        matches!(self, Topic::Feeds | Topic::FeedState | Topic::FeedHealth | Topic::ArticleState)
    }

    /// True where the topic has one partition, whatever the pipeline's number is.
    #[must_use]
    pub const fn is_single(self) -> bool {
        matches!(self, Topic::Signatures)
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
    /// Names that begin with `prefix`, which holds its own separator (`news.`).
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        Names { prefix: prefix.to_owned() }
    }

    /// Full name of a topic.
    #[must_use]
    pub fn of(&self, topic: Topic) -> String {
        format!("{}{}", self.prefix, topic.suffix())
    }

    /// Name of a stage's consumer group: `news.normaliser`.
    #[must_use]
    pub fn group(&self, stage: &str) -> String {
        format!("{}{stage}", self.prefix)
    }
}

/// Partitions of a pipeline topic by default.
pub const PARTITIONS: i32 = 24;
