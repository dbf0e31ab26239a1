use super::*;
use crate::exclusive::ExclusiveMember;
use clap::Parser;
use proto::{
    partition,
    v1::{Article, EnrichedArticle},
    vocab::change,
    wire::{Encoding, Message},
};
use std::{
    collections::{BTreeMap, HashMap},
    ops::ControlFlow,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use stream::{MemberSpec, Outgoing, embedded::Embedded, faults::ScriptedCommits};

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    args: Args,
}

fn checked(data: &Path, flags: &[&str]) -> Result<Plan, Vec<String>> {
    let data = data.to_string_lossy();
    let own = ["replay", "--from", "beginning", "--partitions", "3", "--rate", "100000", "--data", &data];
    Flags::try_parse_from(own.iter().chain(flags)).unwrap().args.plan()
}

/// A log on which an earlier version has enriched `count` articles.
fn seeded(data: &Path, count: usize) -> (Embedded, Plan) {
    let plan = checked(data, &[]).unwrap();
    drop(answer::ready(&plan.log).unwrap());
    let log = Embedded::open(data).unwrap();
    for number in 0..count {
        publish(&log, &plan, &article(number, 1), "enricher-0.0.1", 0);
    }
    (log, plan)
}

fn article(number: usize, revision: i32) -> Article {
    Article {
        article_id: format!("a{number}"),
        revision,
        change: if revision == 1 { change::NEW } else { change::UPDATED }.into(),
        title: "A ferry from Tunisia has come to Malta".into(),
        language: "en".into(),
        ..Article::default()
    }
}

fn outgoing<M: Message>(topic: &str, id: &str, message: &M) -> Outgoing {
    Outgoing {
        topic: topic.to_owned(),
        partition: partition::of(id.as_bytes(), 3),
        key: id.as_bytes().to_vec(),
        value: Some(Encoding::Json.encode(message).unwrap()),
        headers: Vec::new(),
    }
}

/// Writes an article, and its enrichment by a version of the enricher.
fn publish(log: &dyn Log, plan: &Plan, article: &Article, version: &str, enrichment: i32) {
    let enriched = EnrichedArticle {
        article_id: article.article_id.clone(),
        revision: article.revision,
        change: article.change.clone(),
        enricher_version: version.to_owned(),
        enrichment,
        ..EnrichedArticle::default()
    };
    let (names, id) = (&plan.log.names, article.article_id.as_str());
    log.append(vec![
        outgoing(&names.of(Topic::Articles), id, article),
        outgoing(&names.of(Topic::Enriched), id, &enriched),
    ])
    .unwrap();
}

fn replay(log: &dyn Log, plan: &Plan) -> String {
    super::retry(plan, |attempt| attempt(log)).unwrap().text(plan)
}

/// (revision, enrichment) of every REENRICHED record, by article. No revision may occur twice with the same versions.
fn reenriched(log: &dyn Log, topic: &str) -> BTreeMap<String, Vec<(i32, i32)>> {
    let mut found: BTreeMap<String, Vec<(i32, i32)>> = BTreeMap::new();
    let mut keys = std::collections::HashSet::new();
    stream::scan(log, topic, Start::Beginning, Duration::from_secs(60), |record| {
        let article: EnrichedArticle = record.decode().unwrap();
        let versions = (article.enricher_version.clone(), article.model_version.clone());
        let key = (article.article_id.clone(), article.revision, versions);
        assert!(keys.insert(key.clone()), "{key:?} occurs twice");
        if article.change == change::REENRICHED {
            found.entry(article.article_id).or_default().push((article.revision, article.enrichment));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    found
}

#[test]
fn an_unavailable_log_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let (log, plan) = seeded(folder.path(), 3);
    let mut opened = 0;
    let second_time = |attempt: &mut dyn FnMut(&dyn Log) -> anyhow::Result<()>| {
        opened += 1;
        if opened == 1 { Err(LogError::Unavailable("no socket".to_owned()).into()) } else { attempt(&log) }
    };
    let report = super::retry(&plan, second_time).unwrap();
    assert!(report.text(&plan).starts_with("3 articles read, 3 enriched again"));
    assert_eq!((report.json(&plan)["read"].as_u64(), report.json(&plan)["enriched"].as_u64()), (Some(3), Some(3)));
    let mut attempts = 0;
    let never = |_: &mut dyn FnMut(&dyn Log) -> anyhow::Result<()>| {
        attempts += 1;
        Err(LogError::Unavailable("no socket".to_owned()).into())
    };
    assert!(super::retry(&plan, never).is_err());
    assert_eq!(attempts, ATTEMPTS);
}

#[test]
fn each_replay_does_only_what_is_left_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (log, plan) = seeded(folder.path(), 3);
    let enriched = plan.log.names.of(Topic::Enriched);
    // a9 was never enriched, which is left to the enricher; a8 was withdrawn.
    log.append(vec![outgoing(&plan.log.names.of(Topic::Articles), "a9", &article(9, 1))]).unwrap();
    publish(&log, &plan, &Article { change: change::WITHDRAWN.into(), ..article(8, 1) }, "enricher-0.0.1", 0);

    let dry = Plan { dry_run: true, ..plan.clone() };
    assert!(replay(&log, &dry).starts_with("5 articles read, 3 would be enriched again"));
    assert!(reenriched(&log, &enriched).is_empty());

    let report = replay(&log, &plan);
    assert!(report.starts_with("5 articles read, 3 enriched again to news.enriched.v1 by enricher-"), "{report}");
    assert!(report.contains("1 skipped: withdrawn") && report.contains("1 skipped: not-enriched"), "{report}");
    // An update that an earlier version has enriched.
    publish(&log, &plan, &article(1, 2), "enricher-0.0.1", 0);
    let report = replay(&log, &plan);
    assert!(report.contains(", 1 enriched again") && report.contains("1 skipped: superseded"), "{report}");
    assert!(report.contains("2 skipped: up-to-date"), "{report}");
    assert_eq!(reenriched(&log, &enriched)["a1"], [(1, 1), (2, 1)]);
    assert!(replay(&log, &plan).ends_with("nothing to do\n"));

    // Another version increments the enrichment, and so does the next replay.
    publish(&log, &plan, &article(0, 1), "enricher-0.0.2", 2);
    assert!(replay(&log, &plan).ends_with("nothing to do\n"), "the current versions have enriched it");
    assert_eq!(reenriched(&log, &enriched).len(), 3);

    let other = Plan { to: "trial".into(), ..plan.clone() };
    assert!(replay(&log, &other).contains(", 3 enriched again to trial"));
    assert_eq!(reenriched(&log, "trial")["a0"], [(1, 3)]);
    assert!(replay(&log, &other).ends_with("nothing to do\n"));
}

#[test]
fn a_commit_with_unknown_outcome_is_not_repeated() {
    for succeeds in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let (log, plan) = seeded(folder.path(), 20);
        let commits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&commits);
        // The second commit succeeds or not, and is then reported as lost.
        let log = ScriptedCommits::new(log, move |member, batch| {
            let is_lost = counted.fetch_add(1, Ordering::SeqCst) == 1;
            if !is_lost || succeeds {
                member.commit(batch)?;
            }
            if is_lost { Err(LogError::Lost("by the test".to_owned())) } else { Ok(()) }
        });
        let report = replay(&log, &Plan { rate: 5, ..plan.clone() });
        assert!(commits.load(Ordering::SeqCst) > 2);
        let found = reenriched(&log, &plan.log.names.of(Topic::Enriched));
        assert_eq!(found.len(), 20, "{report}");
        assert!(found.values().all(|ranks| ranks == &[(1, 1)]), "{found:?}");
    }
}

#[test]
fn a_second_replay_fences_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let (log, plan) = seeded(folder.path(), 1);
    let spec = MemberSpec {
        stage: STAGE.into(),
        group: plan.log.names.group(STAGE),
        replica: "single".into(),
        source: plan.log.names.of(Topic::Articles),
        tables: Vec::new(),
        recovery: stream::Recovery::default(),
    };
    let mut first = ExclusiveMember::join(&log, &plan.log, &spec, "another replay").unwrap();
    replay(&log, &plan);
    let late = outgoing(&plan.to, "a0", &EnrichedArticle::default());
    let fenced = first.write(&[late], &HashMap::new()).unwrap_err();
    assert!(matches!(fenced.downcast_ref(), Some(LogError::Fenced(_))), "{fenced}");
    assert_eq!(reenriched(&log, &plan.to).len(), 1);
}

#[test]
fn all_invalid_flags_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let flags = ["--topic", "raw", "--to", "raw"];
    let errors = checked(folder.path(), &flags).unwrap_err();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(Flags::try_parse_from(["replay", "--from", "beginning", "--rate", "0"]).is_err());
    let invalid = Flags::try_parse_from(["replay", "--from", "20"]).unwrap();
    assert_eq!(invalid.args.plan().unwrap_err().len(), 1);
}

#[cfg(feature = "onnx")]
#[test]
fn a_replay_enriches_once_with_each_model() {
    let folder = tempfile::tempdir().unwrap();
    let (log, plan) = seeded(&folder.path().join("data"), 2);
    let model = folder.path().join("model");
    std::fs::create_dir(&model).unwrap();
    test_support::onnx::Tiny { positions: 20, ..Default::default() }.write(&model);
    let named = Article { title: "Zoranna Quillfeather went to Norvik".into(), ..article(7, 1) };
    publish(&log, &plan, &named, "enricher-0.0.1", 0);
    // Longer than the model's positions, of which it claims to have more.
    let long = Article { body: "Zoranna went to ".repeat(40), ..article(8, 1) };
    publish(&log, &plan, &long, "enricher-0.0.1", 0);

    let by_model = checked(folder.path(), &["--model", model.to_str().unwrap()]).unwrap();
    let by_model = Plan { finder: by_model.finder, ..plan.clone() };
    let report = replay(&log, &by_model);
    assert!(report.starts_with("4 articles read, 3 enriched again"), "{report}");
    assert!(report.contains(by_model.finder.version()), "{report}");
    assert!(report.contains("1 skipped: model-failed"), "{report}");
    assert!(replay(&log, &by_model).ends_with("nothing to do\n"));

    assert!(replay(&log, &plan).starts_with("4 articles read, 4 enriched again"));
    let enriched = plan.log.names.of(Topic::Enriched);
    assert_eq!(reenriched(&log, &enriched)["a7"], [(1, 1), (1, 2)]);
    let mut persons = Vec::new();
    stream::scan(&log, &enriched, Start::Beginning, Duration::from_secs(60), |record| {
        let article: EnrichedArticle = record.decode().unwrap();
        if article.model_version == by_model.finder.version() {
            let persons_of = article.entities.into_iter().filter(|entity| entity.r#type == "PERSON");
            persons.extend(persons_of.map(|entity| entity.name));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(persons, ["Zoranna Quillfeather"]);
}
