//! The schedule of the stories: which publisher has published which story at a time.

use super::{PUBLISHERS, breaking, publisher::Condition, running, silent, slots::Slots, source::Source, story::Story};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// The newest stories that a feed lists; the kept and the running ones come in addition.
const NEWEST: usize = 8;
/// Some stories stay listed for so long, and the running ones.
const KEPT: SignedDuration = SignedDuration::from_hours(50);

/// Most stories of a template among the newest ones and among the others, three in all, since lines that four entries of a document
/// have count as boilerplate.
const ALIKE: (usize, usize) = (1, 2);

/// A function of time and seed: it determines which stories have been published at a time.
#[derive(Debug)]
pub struct StorySchedule {
    source: Source,
    slots: Slots,
    start: Option<Timestamp>,
}

impl StorySchedule {
    /// A schedule with a slot every `every_s` seconds (at least 1), over all publishers.
    #[must_use]
    pub fn new(seed: u64, every_s: i64) -> Self {
        StorySchedule { source: Source::new(seed), slots: Slots::new(every_s), start: None }
    }

    /// Also what happens after the publishers' start at `start`.
    #[must_use]
    pub fn starting_at(self, start: Timestamp) -> Self {
        StorySchedule { start: Some(start), ..self }
    }

    /// The stories in a feed of the publisher at index `publisher` at `now`, newest first; of one section, if it is given.
    #[must_use]
    pub fn listed(&self, publisher: usize, section: Option<&str>, now: Timestamp) -> Vec<Story> {
        let is_listed = |story: &Story| section.is_none_or(|section| story.section == section);
        let mut stories: Vec<Story> = match PUBLISHERS.get(publisher).map(|publisher| publisher.condition) {
            None | Some(Condition::Fails) => Vec::new(),
            Some(Condition::IsSilent) => silent::published(&self.source, publisher, now),
            Some(Condition::Publishes) => {
                let from = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
                let story = |slot| self.slots.story(&self.source, slot, publisher, now);
                let newest = self.slots.before(now).filter_map(story).filter(is_listed).take(NEWEST).collect();
                let kept = self.slots.kept(from, now).filter_map(story);
                let breaking = self
                    .start
                    .map(|start| breaking::published(&self.source, publisher, start, now))
                    .unwrap_or_default();
                let kept = kept.chain(running::published(&self.source, publisher, from, now)).chain(breaking).collect();
                [at_most(ALIKE.0, newest), at_most(ALIKE.1, kept)].concat()
            }
        };
        stories.retain(is_listed);
        sort(&mut stories);
        stories.dedup_by(|a, b| a.id == b.id);
        stories
    }

    /// The story with this id, if the publisher has published it by `now`.
    #[must_use]
    pub fn find(&self, publisher: usize, id: &str, now: Timestamp) -> Option<Story> {
        match PUBLISHERS.get(publisher)?.condition {
            Condition::Fails => None,
            Condition::IsSilent => silent::find(&self.source, publisher, id, now),
            Condition::Publishes => match id.parse() {
                Ok(slot) => self.slots.story(&self.source, slot, publisher, now),
                Err(_) if id.starts_with('b') => breaking::find(&self.source, publisher, id, now),
                Err(_) => running::find(&self.source, publisher, id, now),
            },
        }
    }
}

/// Newest first.
fn sort(stories: &mut [Story]) {
    stories.sort_by(|a, b| (b.published, &b.id).cmp(&(a.published, &a.id)));
}

/// The newest of each template, so many at most. What is left out does not come back when time goes on.
fn at_most(alike: usize, mut stories: Vec<Story>) -> Vec<Story> {
    sort(&mut stories);
    let mut seen: HashMap<&str, usize> = HashMap::new();
    stories.retain(|story| {
        let number = seen.entry(story.subject).or_default();
        *number += 1;
        *number <= alike
    });
    stories
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn everything(schedule: &StorySchedule, now: Timestamp) -> Vec<(usize, Story)> {
        let listed = |publisher| schedule.listed(publisher, None, now).into_iter().map(move |story| (publisher, story));
        (0..PUBLISHERS.len()).filter(|at| PUBLISHERS[*at].condition == Condition::Publishes).flat_map(listed).collect()
    }

    #[test]
    fn published_stories_stay_published() {
        let schedule = StorySchedule::new(7, 6);
        let before = everything(&schedule, noon());
        for later in [SignedDuration::from_mins(5), SignedDuration::from_hours(30)] {
            let now = noon() + later;
            let after = everything(&schedule, now);
            let newest = |all: &[(usize, Story)]| all.iter().map(|(_, story)| story.published).max();
            assert!(newest(&after) > newest(&before));
            for (publisher, story) in after.iter().filter(|(_, story)| story.published <= noon()) {
                let known = before.iter().any(|(by, known)| by == publisher && known.id == story.id);
                assert!(known || later.as_hours() > 0, "{story:?} was not published before");
            }
            for (publisher, story) in &before {
                let found = schedule.find(*publisher, &story.id, now).unwrap();
                assert_eq!((found.published, found.first_title), (story.published, story.first_title.clone()));
            }
        }
    }

    #[test]
    fn a_feed_lists_the_newest_stories_and_fifty_hours() {
        for hour in 0..24 {
            let now = noon() + SignedDuration::from_hours(hour);
            let schedule = StorySchedule::new(1, 6);
            let all = everything(&schedule, now);
            assert!((200..=400).contains(&all.len()), "{}", all.len());
            let oldest = all.iter().map(|(_, story)| story.published).min().unwrap();
            assert!((48..=50).contains(&now.duration_since(oldest).as_hours()), "{oldest}");
            let live = all.iter().filter(|(_, story)| now.duration_since(story.published).as_mins() < 15).count();
            assert!((15..=90).contains(&live), "{live} in the last quarter of an hour");
        }
    }

    #[test]
    fn publishers_share_only_what_an_agency_or_a_running_story_has() {
        let schedule = StorySchedule::new(7, 6);
        let mut by_id: HashMap<String, HashSet<usize>> = HashMap::new();
        let mut titles: HashMap<String, String> = HashMap::new();
        for (publisher, story) in everything(&schedule, noon()) {
            let former = titles.insert(story.id.clone(), story.first_title.clone());
            let is_same = former.is_none_or(|former| former == story.first_title);
            assert!(is_same || story.id.starts_with('r'), "{story:?}");
            by_id.entry(story.id).or_default().insert(publisher);
        }
        let copied = by_id.iter().filter(|(id, publishers)| !id.starts_with('r') && publishers.len() > 1).count();
        assert!(copied > 5, "{copied}");
    }

    #[test]
    fn a_section_feed_lists_one_section() {
        let schedule = StorySchedule::new(7, 6);
        let world = schedule.listed(0, Some("World"), noon());
        assert!(world.len() > 10 && world.iter().all(|story| story.section == "World"));
    }

    #[test]
    fn a_later_version_has_another_title_and_text() {
        let schedule = StorySchedule::new(7, 6);
        let all = everything(&schedule, noon());
        let (publisher, later) = all.iter().find(|(_, story)| story.updated > story.published).unwrap();
        let first = schedule.find(*publisher, &later.id, later.published).unwrap();
        assert_eq!((&first.title, first.updated), (&later.first_title, first.published));
        assert!(first.title != later.title && later.paragraphs.len() > first.paragraphs.len());
        assert!(later.paragraphs.ends_with(&first.paragraphs));
    }
}
