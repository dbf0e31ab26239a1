//! The stories of slots. Time is divided into slots of some seconds, which the publishers take in turn. A slot is used or stays
//! empty: by the hour of the publisher's day, and by how much the subject of its story is in the news.

use super::{
    PUBLISHERS, Publisher,
    publisher::Condition,
    source::{START, Source, hash},
    story::Story,
    template::{Kind, Template},
};
use jiff::{SignedDuration, Timestamp};

/// Seconds between two slots of a publisher whose stories stay listed.
const KEPT_EVERY_S: i64 = 5_500;
/// Slots back from the present, for each publisher, in which its newest stories are looked for: enough for a night.
const LOOKED_BACK: i64 = 500;
/// A later version appears so many slots after the first.
const LATER: i64 = 50;
/// A copy appears so many slots after the first publication, at least and at most.
const COPY_AFTER: (i64, i64) = (3, 40);
/// Of a hundred publishers that could copy a story, so many do.
const COPIED_PERCENT: u64 = 45;
/// Of a hundred slots, so many are used in each hour of the publisher's day.
const DAY: [i64; 24] = [15, 10, 8, 8, 10, 20, 45, 70, 85, 95, 100, 95, 85, 80, 80, 85, 90, 95, 90, 75, 60, 45, 35, 22];
/// Languages with few templates use fewer slots, in per cent, so that they repeat themselves less.
const FEW_TEMPLATES_PERCENT: i64 = 70;
/// Seconds from one peak of a subject's coverage to the next. It does not divide a day, so that days differ.
const SUBJECT_PERIOD_S: i64 = 17 * 3600;
/// Of a hundred slots, so many are used when a subject is least in the news.
const SUBJECT_LEAST_PERCENT: i64 = 40;

/// The slots.
#[derive(Debug)]
pub(super) struct Slots {
    every_s: i64,
}

impl Slots {
    /// A slot every `every_s` seconds (at least 1), over all publishers.
    pub(super) fn new(every_s: i64) -> Self {
        Slots { every_s: every_s.max(1) }
    }

    /// The slots that have begun, from the last one back, as far as the newest stories are looked for.
    pub(super) fn before(&self, now: Timestamp) -> impl Iterator<Item = i64> + use<> {
        let last = (now.as_second() - START).div_euclid(self.every_s);
        (0..LOOKED_BACK * count()).map(move |back| last - back).take_while(|slot| *slot >= 0)
    }

    /// The slots whose stories stay listed: one in so many of each publisher.
    pub(super) fn kept(&self, from: Timestamp, now: Timestamp) -> impl Iterator<Item = i64> + use<> {
        let turn_s = self.every_s * count();
        let step = (KEPT_EVERY_S / turn_s).max(1);
        let turn = move |at: Timestamp| (at.as_second() - START).div_euclid(turn_s).max(0);
        let turns = turn(from)..=turn(now);
        turns.flat_map(move |turn| {
            // Each publisher at another time, so that the hours differ little.
            let is_kept = move |publisher: &i64| (turn + publisher * step / count()) % step == 0;
            (0..count()).filter(is_kept).map(move |publisher| turn * count() + publisher)
        })
    }

    /// The story that the publisher has published by `now` because of a slot: its own, or its copy of another publisher's.
    pub(super) fn story(&self, source: &Source, slot: i64, publisher: usize, now: Timestamp) -> Option<Story> {
        let owner = usize::try_from(slot).ok()? % PUBLISHERS.len();
        let (of, by) = (PUBLISHERS.get(owner)?, PUBLISHERS.get(publisher)?);
        if of.language != by.language || of.condition != Condition::Publishes {
            return None;
        }
        let template = self.template_of(source, slot, owner)?;
        let mut published = self.time_of(slot)?;
        if owner != publisher {
            let mut random = source.random(&[2, slot, i64::try_from(publisher).ok()?]);
            if template.kind != Kind::Wire || random.u64(..100) >= COPIED_PERCENT {
                return None;
            }
            published = self.time_of(slot.checked_add(random.i64(COPY_AFTER.0..=COPY_AFTER.1))?)?;
        }
        let later = published.checked_add(self.slots(LATER)?).ok()?;
        let choice = |inside: &str, count: usize| source.choice(inside, count, &[slot]);
        (published <= now).then(|| Story::of(template, slot.to_string(), published, later, now, choice))
    }

    /// The template of a slot, if the slot is used.
    fn template_of<'a>(&self, source: &'a Source, slot: i64, owner: usize) -> Option<&'a Template> {
        let publisher: &Publisher = PUBLISHERS.get(owner)?;
        let mut templates: Vec<(usize, &Template)> = source.templates_in(publisher.language).enumerate().collect();
        templates.retain(|(_, template)| !matches!(template.kind, Kind::Running(_) | Kind::Breaking));
        let few = if publisher.language == "en" { 100 } else { FEW_TEMPLATES_PERCENT };
        let turn = slot / count();
        let number = i64::try_from(templates.len()).ok().filter(|number| *number > 0)?;
        // Each cycle through the templates has an order of its own.
        source.random(&[3, i64::try_from(owner).ok()?, turn / number]).shuffle(&mut templates);
        let (subject, template) = templates.get(usize::try_from(turn % number).ok()?)?;
        let at_s = self.time_of(slot)?.as_second();
        let hour = usize::try_from((at_s / 3600 + publisher.utc_offset_h).rem_euclid(24)).ok()?;
        let used = DAY.get(hour)? * coverage(source, *subject, publisher.language, at_s) * few;
        (source.random(&[4, slot]).i64(0..1_000_000) < used).then_some(*template)
    }

    fn time_of(&self, slot: i64) -> Option<Timestamp> {
        Timestamp::from_second(START).ok()?.checked_add(self.slots(slot)?).ok()
    }

    fn slots(&self, slots: i64) -> Option<SignedDuration> {
        Some(SignedDuration::from_secs(slots.checked_mul(self.every_s)?))
    }
}

/// How much a subject is in the news, in per cent: it rises and falls steadily.
fn coverage(source: &Source, subject: usize, language: &str, at_s: i64) -> i64 {
    let peak = source.random(&[5, i64::try_from(subject).unwrap_or(0), hash(language)]).i64(0..SUBJECT_PERIOD_S);
    let since = (at_s + peak).rem_euclid(SUBJECT_PERIOD_S);
    let from_peak = since.min(SUBJECT_PERIOD_S - since) * 2;
    100 - (100 - SUBJECT_LEAST_PERCENT) * from_peak / SUBJECT_PERIOD_S
}

/// Number of publishers.
fn count() -> i64 {
    i64::try_from(PUBLISHERS.len()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_published_by_day() {
        let (source, slots) = (Source::new(1), Slots::new(6));
        let in_hour = |hour: i64| {
            let now = "2026-06-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hour);
            let numbers = slots.before(now + SignedDuration::from_hours(1)).take(600);
            numbers.filter_map(|slot| slots.story(&source, slot, 0, now + SignedDuration::from_hours(1))).count()
        };
        assert!(in_hour(10) > 3 * in_hour(3), "{} and {}", in_hour(10), in_hour(3));
    }
}
