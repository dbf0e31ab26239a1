use super::*;
use crate::window::CountryUse;
use proto::v1::{Country, EnrichedArticle};

/// Half past an hour.
const NOW: i64 = 500_000 * HOUR_MS + HOUR_MS / 2;

/// An article about a country.
struct News {
    subjects: Subjects,
    at_ms: i64,
    backfill: bool,
}

impl News {
    fn count(&self, trends: &mut Trends) {
        trends.add(&self.subjects, self.at_ms, self.backfill, NOW);
    }
}

fn answer(trends: &Trends, only_rising: bool) -> Vec<Trend> {
    trends.counts().answer(&question(only_rising), NOW)
}

fn news(code: &str, hours_ago: i64, backfill: bool) -> News {
    let country = Country { code: code.into(), name: code.into(), ..Country::default() };
    let article = EnrichedArticle {
        countries: vec![country],
        language: "en".into(),
        publisher_domain: "a.example".into(),
        ..EnrichedArticle::default()
    };
    News { subjects: Subjects::of(&article), at_ms: NOW - hours_ago * HOUR_MS, backfill }
}

fn question(only_rising: bool) -> Question {
    Question { of: Of::Country, types: vec![], keys: vec![], hours: 24, recent: 3, limit: 10, only_rising }
}

/// Counts with the same news each hour of four days: ten about FR and one about KE.
fn steady() -> Trends {
    let mut trends = Trends::default();
    for hour in 1..96 {
        for number in 0..11 {
            let code = if number == 0 { "KE" } else { "FR" };
            news(code, hour, false).count(&mut trends);
        }
    }
    trends
}

#[test]
fn what_is_more_frequent_than_on_earlier_days_rises() {
    let mut trends = steady();
    assert_eq!(answer(&trends, true), []);
    for _ in 0..12 {
        news("KE", 0, false).count(&mut trends);
    }
    let rising = answer(&trends, true);
    let keys: Vec<_> = rising.iter().map(|trend| trend.key.key.as_str()).collect();
    assert_eq!(keys, ["KE"]);
    assert_eq!((rising[0].recent, rising[0].counts[23], rising[0].counts[22]), (14, 12, 1));
    assert!(rising[0].expected > 2.0 && rising[0].expected < 5.0, "{}", rising[0].expected);
}

#[test]
fn backfill_counts_in_the_past_and_never_rises() {
    let mut trends = steady();
    for _ in 0..50 {
        news("KE", 0, true).count(&mut trends);
    }
    assert_eq!(answer(&trends, true), []);
    let listed = answer(&trends, false);
    let kenya = listed.iter().find(|trend| trend.key.key == "KE").unwrap();
    assert_eq!((kenya.counts[23], kenya.recent), (50, 2));
}

/// Twice the articles of everything is no rise of anything.
#[test]
fn a_new_feed_makes_nothing_rise() {
    let mut trends = steady();
    for hour in 0..3 {
        for number in 0..11 {
            let code = if number == 0 { "KE" } else { "FR" };
            news(code, hour, false).count(&mut trends);
        }
    }
    assert_eq!(answer(&trends, true), []);
}

#[test]
fn nothing_rises_without_an_earlier_day() {
    let mut trends = Trends::default();
    for _ in 0..40 {
        news("KE", 0, false).count(&mut trends);
    }
    assert_eq!(answer(&trends, true), []);
    assert_eq!(answer(&trends, false)[0].recent, 40);
}

#[test]
fn an_article_that_is_replaced_counts_once_and_what_is_empty_is_forgotten() {
    let mut trends = Trends::default();
    let first = news("KE", 0, false);
    first.count(&mut trends);
    trends.remove(&Counted {
        at_ms: first.at_ms,
        is_backfill: false,
        countries: vec!["KE".into()],
        entities: vec![],
        publisher: "a.example".into(),
        language: "en".into(),
    });
    news("FR", 0, false).count(&mut trends);
    let listed = answer(&trends, false);
    assert_eq!(listed.iter().map(|trend| trend.key.key.as_str()).collect::<Vec<_>>(), ["FR"]);
    news("KE", 0, false).count(&mut trends);
    trends.expire(NOW.div_euclid(HOUR_MS) + HOURS);
    assert_eq!((trends.hours.len(), trends.keys.len()), (0, 0));
}

#[test]
fn an_hour_counts_a_limited_number_of_keys() {
    let mut trends = Trends::default();
    let mut many = news("KE", 0, false);
    let country = many.subjects.countries[0].clone();
    let other = |number: usize| CountryUse { code: number.to_string(), ..country.clone() };
    many.subjects.countries = (0..MAX_KEYS + 10).map(other).collect();
    many.count(&mut trends);
    assert_eq!(trends.keys.len(), MAX_KEYS);
    assert!(trends.overflow() >= 10);
}

#[test]
fn counts_that_are_read_stay_as_they_were_while_counting_goes_on() {
    let mut trends = steady();
    let before = trends.counts();
    news("KE", 0, false).count(&mut trends);
    let recent = |counts: &Counts| {
        let listed = counts.answer(&question(false), NOW);
        listed.iter().find(|trend| trend.key.key == "KE").unwrap().recent
    };
    assert_eq!((recent(&before), recent(&trends.counts())), (2, 3));
}
