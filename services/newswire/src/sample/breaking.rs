//! What happens when the publishers start: several of them write about one person within minutes. The articles come while the feeds
//! are polled, so they are news and no backfill, and what they are about rises.

use super::{
    PUBLISHERS,
    publisher::Condition,
    source::Source,
    story::Story,
    template::{Kind, Template},
};
use jiff::{SignedDuration, Timestamp};

/// Seconds from the start to the first part: the feeds have been polled by then.
const FIRST_S: i64 = 20;
/// Seconds from one part to the next.
const PART_S: i64 = 40;
/// Seconds from one publisher to the next.
const PUBLISHER_S: i64 = 5;
const DAY_S: i64 = 24 * 3600;

/// The parts that the publisher has published by `now`, of what began at `start`.
pub(super) fn published(source: &Source, publisher: usize, start: Timestamp, now: Timestamp) -> Vec<Story> {
    let count = parts(source, publisher).len();
    (0..count).filter_map(|part| story(source, publisher, start, part, now)).collect()
}

/// The part with this id (`b1780315200e2`: part 2 of what began at that second), if the publisher has published it by `now`. Those
/// of earlier starts are found, too.
pub(super) fn find(source: &Source, publisher: usize, id: &str, now: Timestamp) -> Option<Story> {
    let (start, part) = id.strip_prefix('b')?.split_once('e')?;
    story(source, publisher, Timestamp::from_second(start.parse().ok()?).ok()?, part.parse().ok()?, now)
}

fn parts(source: &Source, publisher: usize) -> Vec<&Template> {
    let publisher = PUBLISHERS.get(publisher).filter(|publisher| publisher.condition == Condition::Publishes);
    let of_language = publisher.into_iter().flat_map(|publisher| source.templates_in(publisher.language));
    of_language.filter(|template| template.kind == Kind::Breaking).collect()
}

fn story(source: &Source, publisher: usize, start: Timestamp, part: usize, now: Timestamp) -> Option<Story> {
    let template = *parts(source, publisher).get(part)?;
    let (number, by) = (i64::try_from(part).ok()?, i64::try_from(publisher).ok()?);
    let after = FIRST_S.checked_add(number.checked_mul(PART_S)?)?.checked_add(by.checked_mul(PUBLISHER_S)?)?;
    let published = start.checked_add(SignedDuration::from_secs(after)).ok()?;
    // Another person each day: who was in the news yesterday rises less.
    let day = usize::try_from(start.as_second().div_euclid(DAY_S)).ok()?;
    let id = format!("b{}e{part}", start.as_second());
    (published <= now).then(|| {
        Story::of(template, id, published, Timestamp::MAX, now, |_, count| day.checked_rem(count).unwrap_or(0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_is_in_the_news_within_minutes_and_another_one_the_next_day() {
        let (source, start) = (Source::new(1), "2026-06-01T12:00:00Z".parse::<Timestamp>().unwrap());
        let about = |name: &str, start: Timestamp, after_s: i64| {
            let now = start + SignedDuration::from_secs(after_s);
            let all = (0..PUBLISHERS.len()).flat_map(|publisher| published(&source, publisher, start, now));
            all.filter(|story| story.paragraphs.iter().any(|text| text.contains(name))).count()
        };
        let tomorrow = start + SignedDuration::from_secs(DAY_S);
        let names = ["Helga Sigurdson", "Anna Thorvald", "Marta Einarsen", "Edda Magnusson"];
        let at = |start: Timestamp| names.map(|name| about(name, start, 180));
        assert_eq!(at(start).iter().filter(|count| **count >= 3).count(), 1, "{:?}", at(start));
        assert_ne!(at(start), at(tomorrow));
        assert_eq!(names.map(|name| about(name, start, FIRST_S - 1)), [0; 4]);
    }

    #[test]
    fn a_part_is_found_by_its_id_after_another_start() {
        let (source, start) = (Source::new(1), "2026-06-01T12:00:00Z".parse::<Timestamp>().unwrap());
        let later = start + SignedDuration::from_hours(3);
        let stories = published(&source, 0, start, later);
        assert!(stories.len() >= 3);
        for story in stories {
            assert_eq!(find(&source, 0, &story.id, later), Some(story));
        }
        assert_eq!(find(&source, 0, "b1e99", later), None);
    }
}
