use super::HOUSES;
use jiff::{SignedDuration, Timestamp};

/// The stories that the project wrote: `== SECTION | AUTHOR`, title, paragraphs. Braces hold alternatives.
const STORIES: &str = include_str!("stories.txt");
/// When story number 0 was published: 2026-01-01T00:00:00Z.
const FIRST: i64 = 1_767_225_600;
/// Stories that a feed shows.
const SHOWN: usize = 12;
/// Every so many stories one is corrected, so many stories later.
const CORRECTED: (i64, i64) = (9, 12);

/// Which story is published when.
#[derive(Debug)]
pub struct Newsroom {
    drafts: Vec<Draft>,
    seed: u64,
    every_s: i64,
}

/// A story as it was written.
#[derive(Debug)]
struct Draft {
    section: &'static str,
    author: &'static str,
    title: &'static str,
    paragraphs: Vec<&'static str>,
}

/// A story as it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// Its number, over all publishers.
    pub number: i64,
    /// Its section.
    pub section: String,
    /// Who wrote it.
    pub author: String,
    /// Its title.
    pub title: String,
    /// Its paragraphs, plain.
    pub paragraphs: Vec<String>,
    /// When it was published.
    pub published: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
}

impl Newsroom {
    /// A newsroom that publishes a story every so many seconds, at least one.
    #[must_use]
    pub fn new(seed: u64, every_s: i64) -> Self {
        Newsroom { drafts: drafts(), seed, every_s: every_s.max(1) }
    }

    /// The newest stories of a house at `now`, newest first; of one section only, where that is asked for.
    #[must_use]
    pub fn newest(&self, house: usize, section: Option<&str>, now: Timestamp) -> Vec<Story> {
        let last = (now.as_second() - FIRST).div_euclid(self.every_s);
        let houses = i64::try_from(HOUSES.len()).unwrap_or(1);
        let house = i64::try_from(house).unwrap_or(0);
        // Twenty rounds hold enough of every section; a feed may also be shorter.
        let span = houses * i64::try_from(SHOWN).unwrap_or(1) * 20;
        (0..span)
            .map(|back| last - back)
            .take_while(|number| *number >= 0)
            .filter(|number| number % houses == house)
            .filter_map(|number| self.story(number, now))
            .filter(|story| section.is_none_or(|section| story.section == section))
            .take(SHOWN)
            .collect()
    }

    /// A story as it stands at `now`; none where it has not been published yet.
    #[must_use]
    pub fn story(&self, number: i64, now: Timestamp) -> Option<Story> {
        let published = self.time_of(number)?;
        if number < 0 || published > now || self.drafts.is_empty() {
            return None;
        }
        let count = i64::try_from(self.drafts.len()).ok()?;
        // All stories in an order of their own in each cycle.
        let mut order: Vec<&Draft> = self.drafts.iter().collect();
        self.random(number / count).shuffle(&mut order);
        let draft = order.get(usize::try_from(number % count).ok()?)?;
        let mut random = self.random(-1 - number);
        let mut paragraphs: Vec<String> =
            draft.paragraphs.iter().map(|paragraph| choose(paragraph, &mut random)).collect();
        let mut updated = published;
        let (of, later) = CORRECTED;
        if number % of == 4
            && let Some(correction) = self.time_of(number + later).filter(|at| *at <= now)
        {
            paragraphs.push("Correction: an earlier version of this story gave a wrong name for a street.".to_owned());
            updated = correction;
        }
        Some(Story {
            number,
            section: draft.section.to_owned(),
            author: draft.author.to_owned(),
            title: draft.title.to_owned(),
            paragraphs,
            published,
            updated,
        })
    }

    fn time_of(&self, number: i64) -> Option<Timestamp> {
        let after = SignedDuration::from_secs(number.checked_mul(self.every_s)?);
        Timestamp::from_second(FIRST).ok()?.checked_add(after).ok()
    }

    fn random(&self, of: i64) -> fastrand::Rng {
        fastrand::Rng::with_seed(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ of.cast_unsigned())
    }
}

/// Takes one of each brace's alternatives.
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

fn drafts() -> Vec<Draft> {
    let each = STORIES.split("\n\n").filter_map(|block| {
        let mut lines = block.lines().filter(|line| !line.is_empty());
        let (section, author) = lines.next()?.strip_prefix("== ")?.split_once(" | ")?;
        Some(Draft { section, author, title: lines.next()?, paragraphs: lines.collect() })
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
    fn every_story_is_whole() {
        let drafts = drafts();
        assert_eq!(drafts.len(), STORIES.matches("== ").count());
        assert!(drafts.len() >= 40, "{}", drafts.len());
        for draft in drafts {
            assert!(draft.paragraphs.len() >= 3, "{}", draft.title);
            let text = choose(&draft.paragraphs.join("\n"), &mut fastrand::Rng::with_seed(1));
            assert!(!text.contains(['{', '|', '}']), "{text}");
        }
    }

    #[test]
    fn what_was_published_stays_published() {
        let newsroom = Newsroom::new(7, 6);
        let later = noon() + SignedDuration::from_secs(30);
        let (before, after) = (newsroom.newest(1, None, noon()), newsroom.newest(1, None, later));
        assert_eq!(before.len(), SHOWN);
        assert!(after[0].number > before[0].number);
        let kept: Vec<&Story> = after.iter().filter(|story| story.published <= noon()).collect();
        let known: Vec<i64> = before.iter().map(|story| story.number).collect();
        assert!(!kept.is_empty() && kept.iter().all(|story| known.contains(&story.number)));
    }

    #[test]
    fn a_house_publishes_its_own_stories() {
        let newsroom = Newsroom::new(7, 6);
        let mut numbers: Vec<i64> =
            (0..HOUSES.len()).flat_map(|house| newsroom.newest(house, None, noon())).map(|one| one.number).collect();
        let all = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), all);
    }

    #[test]
    fn a_section_is_part_of_the_whole() {
        let newsroom = Newsroom::new(7, 6);
        let world = newsroom.newest(0, Some("World"), noon());
        assert!(world.len() > 3 && world.iter().all(|story| story.section == "World"));
    }

    #[test]
    fn a_correction_comes_later_and_changes_the_text() {
        let newsroom = Newsroom::new(7, 6);
        let first = newsroom.time_of(4).unwrap();
        let (early, late) = (newsroom.story(4, first).unwrap(), newsroom.story(4, noon()).unwrap());
        assert_eq!(early.updated, early.published);
        assert!(late.updated > early.updated && late.paragraphs.len() == early.paragraphs.len() + 1);
    }
}
