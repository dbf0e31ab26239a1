//! The stories of a publisher that has gone silent: one every two hours until three days before the week's turn.

use super::{
    PUBLISHERS,
    source::{START, Source},
    story::Story,
    template::Kind,
};
use jiff::{SignedDuration, Timestamp};

/// Seconds from one story to the next.
const EVERY_S: i64 = 2 * 3600;
const WEEK_S: i64 = 7 * 24 * 3600;
/// What the poller takes for silence after stories at such an interval.
const SILENCE: SignedDuration = SignedDuration::from_hours(3 * 24);
/// Stories that its feed lists: ten days, so that every day of the week has some.
const LISTED: i64 = 120;

/// The stories in its feed, in no order.
pub(super) fn published(source: &Source, publisher: usize, now: Timestamp) -> Vec<Story> {
    let Some(last) = newest(now) else { return Vec::new() };
    (0..LISTED).filter_map(|back| story(source, publisher, last - back)).collect()
}

/// The story with this id: the time of its publication in intervals since 1970.
pub(super) fn find(source: &Source, publisher: usize, id: &str, now: Timestamp) -> Option<Story> {
    let number = id.parse().ok().filter(|number| newest(now).is_some_and(|last| *number <= last))?;
    story(source, publisher, number)
}

fn newest(now: Timestamp) -> Option<i64> {
    let turn = now.as_second() - (now.as_second() - START).rem_euclid(WEEK_S);
    let last = Timestamp::from_second(turn).ok()?.checked_sub(SILENCE).ok()?;
    Some(last.as_second().div_euclid(EVERY_S))
}

fn story(source: &Source, publisher: usize, number: i64) -> Option<Story> {
    let language = PUBLISHERS.get(publisher)?.language;
    let templates: Vec<_> = source.templates_in(language).filter(|template| template.kind == Kind::Own).collect();
    let template = usize::try_from(number).ok()?.checked_rem(templates.len())?;
    let published = Timestamp::from_second(number.checked_mul(EVERY_S)?).ok()?;
    let choice = |inside: &str, count: usize| source.choice(inside, count, &[number]);
    Some(Story::of(templates.get(template)?, number.to_string(), published, published, published, choice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::publisher::Condition;
    use poller::schedule::Arrivals;

    #[test]
    fn the_poller_finds_it_silent_on_every_day_of_the_week() {
        let source = Source::new(1);
        let publisher = PUBLISHERS.iter().position(|publisher| publisher.condition == Condition::IsSilent).unwrap();
        for day in 0..9 {
            let now = "2026-11-30T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * day);
            let mut stories = published(&source, publisher, now);
            stories.sort_by_key(|story| std::cmp::Reverse(story.published));
            assert_eq!(stories.len(), 120);
            let times: Vec<Timestamp> = stories.iter().map(|story| story.published).collect();
            assert!(Arrivals::of_document(&times, now).is_silent(now), "{now}");
            let found = find(&source, publisher, &stories[0].id, now);
            assert_eq!(found.as_ref(), Some(&stories[0]));
        }
    }
}
