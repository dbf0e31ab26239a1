//! Running stories: persons and organisations that several publishers write about for some hours, part by part.

use super::{
    PUBLISHERS,
    publisher::Condition,
    source::{START, Source},
    story::Story,
    template::{Kind, Template},
};
use jiff::{SignedDuration, Timestamp};

/// The running stories, in the order in which they take turns.
pub(super) const NAMES: [&str; 6] = ["volcano", "bank", "ferry", "mine", "port", "probe"];
/// Seconds from the start of one running story to that of the next. With six of them a story returns after a day and a half, so
/// that it is not in the news at the same hour of the days before.
const INTERVAL_S: i64 = 6 * 3600;
/// Seconds that it lasts, but for the delay of the last part.
const LENGTH_S: i64 = 9 * 3600;
/// Most seconds by which a publisher is later than the first.
const DELAY_S: i64 = 45 * 60;
/// A part's later version appears after so many seconds.
const LATER_S: i64 = 20 * 60;
/// Of a hundred publishers that could publish a part, so many do.
const PERCENT: u64 = 65;

/// The parts that a publisher has published by `now`, since `from`.
pub(super) fn published(source: &Source, publisher: usize, from: Timestamp, now: Timestamp) -> Vec<Story> {
    let of = |at: Timestamp| (at.as_second() - START).div_euclid(INTERVAL_S);
    // One that started before `from` may have a part after it.
    let turns = of(from) - 2..=of(now);
    let parts = turns.flat_map(|turn| (0..parts(source, turn, publisher).len()).map(move |part| (turn, part)));
    let stories = parts.filter_map(|(turn, part)| story(source, publisher, turn, part, now));
    stories.filter(|story| story.published >= from).collect()
}

/// The part with this id (`r31e2`: part 2 of turn 31), if the publisher has published it by `now`.
pub(super) fn find(source: &Source, publisher: usize, id: &str, now: Timestamp) -> Option<Story> {
    let (turn, part) = id.strip_prefix('r')?.split_once('e')?;
    story(source, publisher, turn.parse().ok()?, part.parse().ok()?, now)
}

fn parts(source: &Source, turn: i64, publisher: usize) -> Vec<&Template> {
    let name = usize::try_from(turn.rem_euclid(6)).ok().and_then(|number| NAMES.get(number).copied());
    let publisher = PUBLISHERS.get(publisher).filter(|publisher| publisher.condition == Condition::Publishes);
    let (Some(name), Some(publisher)) = (name, publisher) else { return Vec::new() };
    let of_language = source.templates_in(publisher.language);
    of_language.filter(|template| template.kind == Kind::Running(name)).collect()
}

fn story(source: &Source, publisher: usize, turn: i64, part: usize, now: Timestamp) -> Option<Story> {
    let parts = parts(source, turn, publisher);
    let template = parts.get(part)?;
    let number = i64::try_from(part).ok()?;
    let mut random = source.random(&[1, turn, number, i64::try_from(publisher).ok()?]);
    if random.u64(..100) >= PERCENT {
        return None;
    }
    // The parts follow each other ever faster: what is talked about rises.
    let share = ((part + 1) as f64 / (parts.len() + 1) as f64).powf(0.6);
    let after = (share * LENGTH_S as f64) as i64 + random.i64(0..DELAY_S);
    let start = turn.checked_mul(INTERVAL_S)?.checked_add(START)?;
    let published = Timestamp::from_second(start.checked_add(after)?).ok()?;
    let later = published.checked_add(SignedDuration::from_secs(LATER_S)).ok()?;
    (published <= now).then(|| {
        let id = format!("r{turn}e{part}");
        Story::of(template, id, published, later, now, |inside, count| source.choice(inside, count, &[turn, number]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-06-01T12:00:00Z";

    #[test]
    fn every_running_story_has_parts_in_english_and_another_language() {
        let source = Source::new(1);
        for name in NAMES {
            let count = |language: &str| {
                source.templates_in(language).filter(|template| template.kind == Kind::Running(name)).count()
            };
            let others: usize = ["ar", "de", "es", "fr", "hi", "id", "pt"].into_iter().map(count).sum();
            assert!(count("en") >= 3 && others >= 2, "{name}: {} and {others}", count("en"));
        }
        let known = |template: &Template| match template.kind {
            Kind::Running(name) => NAMES.contains(&name),
            _ => true,
        };
        assert!(source.templates().iter().all(known));
    }

    #[test]
    fn a_person_is_in_the_news_for_hours_and_was_not_a_day_before() {
        let source = Source::new(1);
        let now: Timestamp = NOW.parse().unwrap();
        let hours = |hours: i64| SignedDuration::from_hours(hours);
        for start in 0..36 {
            let now = now + hours(start);
            let about = |name: &str, from: i64, to: i64| -> usize {
                let part = |story: &Story| story.paragraphs.iter().any(|paragraph| paragraph.contains(name));
                let all = (0..PUBLISHERS.len())
                    .flat_map(|publisher| published(&source, publisher, now - hours(from), now - hours(to)));
                all.filter(part).count()
            };
            let names = ["Wulandari", "Prado Sampaio", "Odhiambo", "Elvira Montaño", "Vosskuhl", "Meera Raghunandan"];
            let rises = |name: &&str| about(name, 6, 0) >= 3 && about(name, 30, 24) == 0;
            assert!(names.iter().any(rises), "{now}");
        }
    }

    #[test]
    fn a_part_is_found_by_its_id_on_its_publisher() {
        let (source, now) = (Source::new(1), NOW.parse().unwrap());
        let from = now - SignedDuration::from_hours(50);
        let stories = published(&source, 0, from, now);
        assert!(!stories.is_empty());
        for story in stories {
            assert_eq!(find(&source, 0, &story.id, now), Some(story));
        }
        assert_eq!(find(&source, 0, "r1e99", now), None);
        assert_eq!(find(&source, 99, "r1e0", now), None);
    }
}
