//! The schedule of the stories: which publisher publishes which story at what time.

use super::PUBLISHERS;
use jiff::{SignedDuration, Timestamp};

/// Templates of the stories: `== SECTION | AUTHOR`, title, paragraphs. Braces enclose alternatives.
const STORIES: &str = include_str!("stories.txt");
/// Publication of story number 0 in seconds since 1970: 2026-01-01T00:00:00Z.
const START: i64 = 1_767_225_600;
/// Most entries of a feed.
const FEED_LENGTH: usize = 12;
/// One story in this many is corrected.
const CORRECTION_INTERVAL: i64 = 9;
/// A correction is published this many stories later.
const CORRECTION_DELAY: i64 = 12;

/// A function of time and seed: it determines which stories have been published at a time.
#[derive(Debug)]
pub struct StorySchedule {
    templates: Vec<Template>,
    seed: u64,
    every_s: i64,
}

/// A story with alternatives in its paragraphs.
#[derive(Debug)]
struct Template {
    section: &'static str,
    author: &'static str,
    title: &'static str,
    paragraphs: Vec<&'static str>,
}

/// A published story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// Number, over all publishers.
    pub number: i64,
    /// Section.
    pub section: String,
    /// Author.
    pub author: String,
    /// Title.
    pub title: String,
    /// Paragraphs, as plain text.
    pub paragraphs: Vec<String>,
    /// Time of publication.
    pub published: Timestamp,
    /// Time of the last change.
    pub updated: Timestamp,
}

impl StorySchedule {
    /// A schedule with a story every `every_s` seconds (at least 1), over all publishers.
    #[must_use]
    pub fn new(seed: u64, every_s: i64) -> Self {
        StorySchedule { templates: templates(), seed, every_s: every_s.max(1) }
    }

    /// The stories in a feed of the publisher at index `publisher` at `now`, newest first; of one section, if it is given.
    #[must_use]
    pub fn newest(&self, publisher: usize, section: Option<&str>, now: Timestamp) -> Vec<Story> {
        let last = (now.as_second() - START).div_euclid(self.every_s);
        let publishers = i64::try_from(PUBLISHERS.len()).unwrap_or(1);
        let publisher = i64::try_from(publisher).unwrap_or(0);
        // This many rounds contain enough of every section.
        let span = publishers * i64::try_from(FEED_LENGTH).unwrap_or(1) * 20;
        (0..span)
            .map(|back| last - back)
            .take_while(|number| *number >= 0)
            .filter(|number| number % publishers == publisher)
            .filter_map(|number| self.story(number, now))
            .filter(|story| section.is_none_or(|section| story.section == section))
            .take(FEED_LENGTH)
            .collect()
    }

    /// The story with this number at `now`; `None` if it has not been published yet.
    #[must_use]
    pub fn story(&self, number: i64, now: Timestamp) -> Option<Story> {
        let published = self.time_of(number)?;
        if number < 0 || published > now || self.templates.is_empty() {
            return None;
        }
        let count = i64::try_from(self.templates.len()).ok()?;
        // Each cycle through the templates has an order of its own.
        let mut order: Vec<&Template> = self.templates.iter().collect();
        self.random(number / count).shuffle(&mut order);
        let template = order.get(usize::try_from(number % count).ok()?)?;
        let mut random = self.random(-1 - number);
        let mut paragraphs: Vec<String> =
            template.paragraphs.iter().map(|paragraph| choose(paragraph, &mut random)).collect();
        let mut updated = published;
        if number % CORRECTION_INTERVAL == 4
            && let Some(correction) = self.time_of(number + CORRECTION_DELAY).filter(|at| *at <= now)
        {
            paragraphs.push("Correction: an earlier version of this story gave a wrong name for a street.".to_owned());
            updated = correction;
        }
        Some(Story {
            number,
            section: template.section.to_owned(),
            author: template.author.to_owned(),
            title: template.title.to_owned(),
            paragraphs,
            published,
            updated,
        })
    }

    fn time_of(&self, number: i64) -> Option<Timestamp> {
        let after = SignedDuration::from_secs(number.checked_mul(self.every_s)?);
        Timestamp::from_second(START).ok()?.checked_add(after).ok()
    }

    fn random(&self, stream: i64) -> fastrand::Rng {
        fastrand::Rng::with_seed(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ stream.cast_unsigned())
    }
}

/// Replaces each pair of braces by one of its alternatives.
fn choose(text: &str, random: &mut fastrand::Rng) -> String {
    let mut chosen = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (alternatives, after) = after.split_once('}').unwrap_or((after, ""));
        chosen.push_str(before);
        let alternatives: Vec<&str> = alternatives.split('|').collect();
        chosen.push_str(alternatives.get(random.usize(..alternatives.len())).unwrap_or(&""));
        rest = after;
    }
    chosen.push_str(rest);
    chosen
}

fn templates() -> Vec<Template> {
    let each = STORIES.split("\n\n").filter_map(|block| {
        let mut lines = block.lines().filter(|line| !line.is_empty());
        let (section, author) = lines.next()?.strip_prefix("== ")?.split_once(" | ")?;
        Some(Template { section, author, title: lines.next()?, paragraphs: lines.collect() })
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn every_template_is_complete() {
        let templates = templates();
        assert_eq!(templates.len(), STORIES.matches("== ").count());
        assert!(templates.len() >= 40, "{}", templates.len());
        for template in templates {
            assert!(template.paragraphs.len() >= 3, "{}", template.title);
            let text = choose(&template.paragraphs.join("\n"), &mut fastrand::Rng::with_seed(1));
            assert!(!text.contains(['{', '|', '}']), "{text}");
        }
    }

    #[test]
    fn published_stories_stay_published() {
        let schedule = StorySchedule::new(7, 6);
        let later = noon() + SignedDuration::from_secs(30);
        let (before, after) = (schedule.newest(1, None, noon()), schedule.newest(1, None, later));
        assert_eq!(before.len(), FEED_LENGTH);
        assert!(after[0].number > before[0].number);
        let kept: Vec<&Story> = after.iter().filter(|story| story.published <= noon()).collect();
        let known: Vec<i64> = before.iter().map(|story| story.number).collect();
        assert!(!kept.is_empty() && kept.iter().all(|story| known.contains(&story.number)));
    }

    #[test]
    fn publishers_share_no_story() {
        let schedule = StorySchedule::new(7, 6);
        let mut numbers: Vec<i64> = (0..PUBLISHERS.len())
            .flat_map(|publisher| schedule.newest(publisher, None, noon()))
            .map(|story| story.number)
            .collect();
        let all = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), all);
    }

    #[test]
    fn a_section_feed_lists_one_section() {
        let schedule = StorySchedule::new(7, 6);
        let world = schedule.newest(0, Some("World"), noon());
        assert!(world.len() > 3 && world.iter().all(|story| story.section == "World"));
    }

    #[test]
    fn a_correction_changes_the_text_later() {
        let schedule = StorySchedule::new(7, 6);
        let first = schedule.time_of(4).unwrap();
        let (early, late) = (schedule.story(4, first).unwrap(), schedule.story(4, noon()).unwrap());
        assert_eq!(early.updated, early.published);
        assert!(late.updated > early.updated && late.paragraphs.len() == early.paragraphs.len() + 1);
    }
}
