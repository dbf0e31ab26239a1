//! What each service does on the log. Its stages are made from this, and so are the rights that it needs on Kafka.

use proto::topic::Topic;

/// A stage: a member of a group of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageTopics {
    /// Name of the stage and of its group.
    pub name: &'static str,
    /// What the group reads.
    pub source: Topic,
    /// The changelogs of its tables, which it reads and writes.
    pub tables: &'static [Topic],
    /// What else it writes. Dead letters are not named: every stage writes them.
    pub outputs: &'static [Topic],
}

/// All that a service does on the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// Name of the service.
    pub service: &'static str,
    /// Its stages.
    pub stages: &'static [StageTopics],
    /// Topics that it reads without a group.
    pub reads: &'static [Topic],
    /// Topics that it writes outside its stages.
    pub appends: &'static [Topic],
    /// Stages of other services whose positions it asks for.
    pub watches: &'static [&'static str],
}

impl Access {
    /// Topics that it reads, in the order of the flow.
    #[must_use]
    pub fn read(&self) -> Vec<Topic> {
        let of_stages = self.stages.iter().flat_map(|stage| std::iter::once(&stage.source).chain(stage.tables));
        in_order(of_stages.chain(self.reads).copied())
    }

    /// Topics that it writes, in the order of the flow.
    #[must_use]
    pub fn written(&self) -> Vec<Topic> {
        let of_stages = self
            .stages
            .iter()
            .flat_map(|stage| stage.tables.iter().chain(stage.outputs).chain(std::iter::once(&Topic::DeadLetter)));
        in_order(of_stages.chain(self.appends).copied())
    }
}

fn in_order(topics: impl Iterator<Item = Topic>) -> Vec<Topic> {
    let mut topics: Vec<Topic> = topics.collect();
    topics.sort_unstable();
    topics.dedup();
    topics
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_reads_and_writes_its_tables_and_writes_dead_letters() {
        const STAGE: StageTopics = StageTopics {
            name: "normaliser",
            source: Topic::Raw,
            tables: &[Topic::ArticleState],
            outputs: &[Topic::Articles],
        };
        let access =
            Access { service: "s", stages: &[STAGE], reads: &[Topic::Feeds], appends: &[Topic::Raw], watches: &[] };
        assert_eq!(access.read(), [Topic::Feeds, Topic::Raw, Topic::ArticleState]);
        assert_eq!(access.written(), [Topic::Raw, Topic::ArticleState, Topic::Articles, Topic::DeadLetter]);
    }
}
