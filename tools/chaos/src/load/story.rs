//! The history of a story: what its publisher, other publishers and an operator have done.

use std::{collections::BTreeSet, time::Instant};

/// What happens to a story after it was first served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// Nothing.
    Unchanged,
    /// Its title changes.
    Changed,
    /// Its link and guid change, its text does not.
    Corrected,
    /// A feed of another publisher shows it first, with its own text.
    CopiedFirst,
    /// Another publisher's feed shows it later, with its own text and a later date.
    CopiedLater,
    /// As `CopiedLater`, after its publisher has changed it.
    CopiedAfterChange,
    /// An operator withdraws it, and its feed then shows it again, changed. Some are restored.
    Withdrawn,
}

/// The share of the stories that take each course; the others stay unchanged.
#[derive(Debug, Clone, Copy)]
pub struct Shares {
    /// Of [`Course::Changed`].
    pub changed: f64,
    /// Of [`Course::Corrected`].
    pub corrected: f64,
    /// Of the three courses with a copy, together.
    pub copied: f64,
    /// Of [`Course::Withdrawn`]. An operator withdraws some of them.
    pub withdrawn: f64,
}

impl Shares {
    /// Draws the course of a story.
    pub(super) fn draw(self, random: &mut fastrand::Rng) -> Course {
        let copied = [Course::CopiedFirst, Course::CopiedLater, Course::CopiedAfterChange];
        let order = copied.get(random.usize(..copied.len())).copied().unwrap_or(Course::CopiedLater);
        let courses = [
            (self.changed, Course::Changed),
            (self.corrected, Course::Corrected),
            (self.copied, order),
            (self.withdrawn, Course::Withdrawn),
        ];
        let mut at = random.f64();
        for (share, course) in courses {
            if at < share {
                return course;
            }
            at -= share;
        }
        Course::Unchanged
    }
}

/// What was served of a story.
#[derive(Debug, Clone)]
pub struct Story {
    /// What happens to it.
    pub course: Course,
    /// Its links, in order: all of them name one article.
    pub links: Vec<String>,
    /// The titles that its publisher has served, in order, without [`Story::shown_withdrawn`].
    pub titles: Vec<String>,
    /// The title that another publisher's feed has served.
    pub copy: Option<String>,
    /// The title that its publisher has served while it was withdrawn.
    pub shown_withdrawn: Option<String>,
    /// Whether its publisher has changed it since it was restored.
    pub is_changed_since_restored: bool,
    /// URLs of the feeds that have shown it.
    pub feeds: BTreeSet<String>,
    /// When a feed showed it first.
    pub served_at: Option<Instant>,
}

impl Story {
    /// Nothing served yet.
    pub(crate) fn new(course: Course, link: String) -> Self {
        Story {
            course,
            links: vec![link],
            titles: Vec::new(),
            copy: None,
            shown_withdrawn: None,
            is_changed_since_restored: false,
            feeds: BTreeSet::new(),
            served_at: None,
        }
    }

    /// The title that was served while it was withdrawn, if no other was served after it.
    #[must_use]
    pub fn shown_withdrawn_last(&self) -> Option<&str> {
        self.shown_withdrawn.as_deref().filter(|_| !self.is_changed_since_restored)
    }

    /// Whether `title` is text of its publisher.
    #[must_use]
    pub fn is_own(&self, title: &str) -> bool {
        self.titles.iter().chain(&self.shown_withdrawn).any(|own| own == title)
    }

    /// Whether a raw item with this title may give no article: it is a copy, or it was shown while the story was withdrawn.
    #[must_use]
    pub fn may_be_dropped(&self, title: &str) -> bool {
        self.copy.iter().chain(&self.shown_withdrawn).any(|one| one == title)
    }

    /// Whether `title` may stand in the end, if the story is not withdrawn: the last one that its publisher has served. A
    /// copy gives the text as long as there is none of the publisher's.
    #[must_use]
    pub fn may_end_as(&self, title: &str, is_restored: bool) -> bool {
        // A poller may see a title that was served while the story was withdrawn only after the restore.
        let is_shown = is_restored && !self.is_changed_since_restored && self.shown_withdrawn.as_deref() == Some(title);
        is_shown || self.titles.last().or(self.copy.as_ref()).is_some_and(|last| last == title)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story(titles: &[&str], copy: Option<&str>) -> Story {
        let titles = titles.iter().map(|title| (*title).to_owned()).collect();
        Story { titles, copy: copy.map(str::to_owned), ..Story::new(Course::CopiedFirst, "l".to_owned()) }
    }

    #[test]
    fn a_copy_stands_only_while_the_publisher_has_shown_nothing() {
        assert!(story(&[], Some("copy")).may_end_as("copy", false));
        assert!(!story(&["own"], Some("copy")).may_end_as("copy", false));
        assert!(story(&["own", "own, changed"], Some("copy")).may_end_as("own, changed", false));
        assert!(!story(&["own", "own, changed"], None).may_end_as("own", false));
    }

    #[test]
    fn a_title_shown_while_withdrawn_may_stand_only_after_the_restore_and_before_the_next_change() {
        let shown = Story { shown_withdrawn: Some("own, again".to_owned()), ..story(&["own"], None) };
        assert!(!shown.may_end_as("own, again", false));
        assert!(shown.may_end_as("own, again", true) && shown.may_end_as("own", true));
        let changed = Story { is_changed_since_restored: true, ..shown };
        assert!(!changed.may_end_as("own, again", true));
    }

    #[test]
    fn stories_take_the_courses_in_their_shares() {
        let shares = Shares { changed: 0.2, corrected: 0.1, copied: 0.3, withdrawn: 0.1 };
        let mut random = fastrand::Rng::with_seed(1);
        let drawn: Vec<Course> = (0..10_000).map(|_| shares.draw(&mut random)).collect();
        let share = |course: Course| drawn.iter().filter(|one| **one == course).count() as f64 / 10_000.0;
        for (course, expected) in [
            (Course::Changed, 0.2),
            (Course::Corrected, 0.1),
            (Course::CopiedFirst, 0.1),
            (Course::CopiedAfterChange, 0.1),
            (Course::Withdrawn, 0.1),
            (Course::Unchanged, 0.3),
        ] {
            assert!((share(course) - expected).abs() < 0.02, "{course:?}: {}", share(course));
        }
    }
}
