use super::*;
use crate::load::Course;
use serde_json::json;

/// A checker without a broker: kcat starts, and reads nothing.
fn checker() -> Checker {
    Checker::follow("127.0.0.1:1", "none.")
}

fn violations(records: &[(i64, i64, &str, &str)]) -> (usize, usize) {
    let mut checker = checker();
    for (revision, enrichment, change, model) in records {
        let record = json!({
            "article_id": "a", "url": "u", "revision": revision, "enrichment": enrichment, "change": change,
            "model_version": model,
        });
        checker.add_enriched(&record, |_| false);
    }
    (checker.repeated.len(), checker.disorder.len())
}

#[test]
fn a_replay_is_in_order_after_its_revision_and_under_a_higher_number() {
    let (new, updated) = ((1, 0, "NEW", "m1"), (2, 0, "UPDATED", "m1"));
    let again = |revision, enrichment, model| (revision, enrichment, "REENRICHED", model);
    assert_eq!(violations(&[new, again(1, 1, "m2"), updated, again(2, 1, "m2"), again(1, 2, "m3")]), (0, 0));
    assert_eq!(violations(&[new, again(1, 1, "m1")]), (1, 0), "by the same versions");
    assert_eq!(violations(&[new, again(1, 0, "m2")]), (0, 1), "under the same number");
    assert_eq!(violations(&[new, again(2, 1, "m2")]), (0, 1), "before its revision");
    assert_eq!(violations(&[new, again(1, 1, "m2"), (3, 0, "UPDATED", "m1")]), (0, 1), "a revision was left out");
}

/// Records of the link `u` by id, change and title, in order.
fn read(records: &[(&str, &str, &str, &str)], is_restored: bool) -> Checker {
    let mut checker = checker();
    for (revision, (id, url, change, title)) in records.iter().enumerate() {
        let record = json!({"article_id": id, "url": url, "revision": revision + 1, "change": change, "title": title});
        checker.add_enriched(&record, |_| is_restored);
    }
    checker
}

#[test]
fn a_withdrawn_article_is_shown_only_after_the_restore() {
    let (new, withdrawn, again) =
        (("a", "u", "NEW", "t"), ("a", "u", "WITHDRAWN", ""), ("a", "u", "UPDATED", "t, again"));
    assert!(read(&[new, withdrawn], false).shown.is_empty());
    assert_eq!(read(&[new, withdrawn, again], false).shown.len(), 1);
    assert!(read(&[new, withdrawn, again], true).shown.is_empty());
    assert_eq!(read(&[new, ("a", "u", "WITHDRAWN", "t")], false).shown.len(), 1, "a withdrawal has no text");
}

fn identity(records: &[(&str, &str, &str, &str)], story: &Story) -> (usize, usize) {
    let mut report = Report::new(&crate::scenario::Scenario::chaos(1, 1, 1.0));
    read(records, false).check_identity("u", story, &mut report);
    (report.split.len(), report.replaced.len())
}

#[test]
fn a_corrected_story_with_two_ids_is_split() {
    let story = Story { links: vec!["u".into(), "u/corrected".into()], ..Story::new(Course::Corrected, "u".into()) };
    let first = ("a", "u", "NEW", "t");
    assert_eq!(identity(&[first], &story), (0, 0));
    assert_eq!(identity(&[first, ("b", "u/corrected", "NEW", "t")], &story), (1, 0));
}

#[test]
fn a_copy_after_the_publishers_own_text_replaces_it() {
    let story = Story {
        titles: vec!["own".into(), "own, changed".into()],
        copy: Some("copy".into()),
        ..Story::new(Course::CopiedLater, "u".into())
    };
    let (own, copy) = (("a", "u", "NEW", "own"), ("a", "u", "UPDATED", "copy"));
    assert_eq!(identity(&[copy, own], &story), (0, 0));
    assert_eq!(identity(&[own, copy, ("a", "u", "UPDATED", "own, changed")], &story), (0, 1));
}
