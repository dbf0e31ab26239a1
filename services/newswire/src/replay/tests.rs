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
    for at in 0..count {
        publish(&log, &plan, &article(at, 1), "enricher-0.0.1", 0);
    }
    (log, plan)
}

fn article(at: usize, revision: i32) -> Article {
    Article {
        article_id: format!("a{at}"),
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

/// An article, and what a version of the enricher made of it.
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
    let mut out = Vec::new();
    super::again(&mut out, plan, |attempt| attempt(log)).unwrap();
    String::from_utf8(out).unwrap()
}

/// (revision, enrichment) of every REENRICHED record, by article; none may be there twice by the same versions.
fn again(log: &dyn Log, topic: &str) -> BTreeMap<String, Vec<(i32, i32)>> {
    let mut found: BTreeMap<String, Vec<(i32, i32)>> = BTreeMap::new();
    let mut keys = std::collections::HashSet::new();
    stream::scan(log, topic, Start::Beginning, Duration::from_secs(60), |record| {
        let one: EnrichedArticle = record.decode().unwrap();
        let key = (one.article_id.clone(), one.revision, one.enricher_version.clone(), one.model_version.clone());
        assert!(keys.insert(key.clone()), "{key:?} is there twice");
        if one.change == change::REENRICHED {
            found.entry(one.article_id).or_default().push((one.revision, one.enrichment));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    found
}

/// The process that held the log has ended, and its socket with it.
#[test]
fn a_log_that_was_gone_is_opened_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (log, plan) = seeded(folder.path(), 3);
    let (mut out, mut opened) = (Vec::new(), 0);
    let on_the_second = |attempt: &mut dyn FnMut(&dyn Log) -> anyhow::Result<()>| {
        opened += 1;
        if opened == 1 { Err(LogError::Unavailable("no socket".to_owned()).into()) } else { attempt(&log) }
    };
    super::again(&mut out, &plan, on_the_second).unwrap();
    assert!(String::from_utf8(out).unwrap().starts_with("3 articles read, 3 enriched again"));
    let mut refused = 0;
    let never = |_: &mut dyn FnMut(&dyn Log) -> anyhow::Result<()>| {
        refused += 1;
        Err(LogError::Unavailable("no socket".to_owned()).into())
    };
    assert!(super::again(&mut Vec::new(), &plan, never).is_err());
    assert_eq!(refused, ATTEMPTS);
}

#[test]
fn replays_one_after_another_and_an_update_in_between() {
    let folder = tempfile::tempdir().unwrap();
    let (log, plan) = seeded(folder.path(), 3);
    let enriched = plan.log.names.of(Topic::Enriched);
    // Never enriched: the enricher has yet to do it. Taken back: it must stay away.
    log.append(vec![outgoing(&plan.log.names.of(Topic::Articles), "a9", &article(9, 1))]).unwrap();
    publish(&log, &plan, &Article { change: change::WITHDRAWN.into(), ..article(8, 1) }, "enricher-0.0.1", 0);

    let dry = Plan { dry_run: true, ..plan.clone() };
    assert!(replay(&log, &dry).starts_with("5 articles read, 3 would be enriched again"));
    assert!(again(&log, &enriched).is_empty());

    let said = replay(&log, &plan);
    assert!(said.starts_with("5 articles read, 3 enriched again to news.enriched.v1 by enricher-"), "{said}");
    assert!(said.contains("1 skipped: withdrawn") && said.contains("1 skipped: not-enriched"), "{said}");
    // An earlier version, late, and an update by an earlier version.
    publish(&log, &plan, &article(1, 2), "enricher-0.0.1", 0);
    let said = replay(&log, &plan);
    assert!(said.contains(", 1 enriched again") && said.contains("1 skipped: superseded"), "{said}");
    assert!(said.contains("2 skipped: up-to-date"), "{said}");
    assert_eq!(again(&log, &enriched)["a1"], [(1, 1), (2, 1)]);
    assert!(replay(&log, &plan).ends_with("nothing to do\n"));

    // Another version in between counts on, and so does the next replay.
    publish(&log, &plan, &article(0, 1), "enricher-0.0.2", 2);
    assert!(replay(&log, &plan).ends_with("nothing to do\n"), "the present versions have done it");
    assert_eq!(again(&log, &enriched).len(), 3);

    let other = Plan { to: "trial".into(), ..plan.clone() };
    assert!(replay(&log, &other).contains(", 3 enriched again to trial"));
    assert_eq!(again(&log, "trial")["a0"], [(1, 3)]);
    assert!(replay(&log, &other).ends_with("nothing to do\n"));
}

/// The outcome of a commit that was done is not told: the member is lost, and the replay begins again.
#[test]
fn a_commit_with_unknown_outcome_is_not_repeated() {
    for is_done in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let (log, plan) = seeded(folder.path(), 20);
        let commits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&commits);
        // The second commit is done, or not, and then reported as lost.
        let log = ScriptedCommits::new(log, move |member, batch| {
            let is_unsure = counted.fetch_add(1, Ordering::SeqCst) == 1;
            if !is_unsure || is_done {
                member.commit(batch)?;
            }
            if is_unsure { Err(LogError::Lost("by the test".to_owned())) } else { Ok(()) }
        });
        let said = replay(&log, &Plan { rate: 5, ..plan.clone() });
        assert!(commits.load(Ordering::SeqCst) > 2);
        let found = again(&log, &plan.log.names.of(Topic::Enriched));
        assert_eq!(found.len(), 20, "{said}");
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
        replica: "sole".into(),
        source: plan.log.names.of(Topic::Articles),
        tables: Vec::new(),
    };
    let mut first = ExclusiveMember::take(&log, &plan.log, &spec, "another replay").unwrap();
    replay(&log, &plan);
    let late = outgoing(&plan.to, "a0", &EnrichedArticle::default());
    let fenced = first.write(&[late], &HashMap::new()).unwrap_err();
    assert!(matches!(fenced.downcast_ref(), Some(LogError::Fenced(_))), "{fenced}");
    assert_eq!(again(&log, &plan.to).len(), 1);
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let flags = ["--topic", "raw", "--to", "raw"];
    let wrong = checked(folder.path(), &flags).unwrap_err();
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    let flags = ["replay", "--from", "20", "--rate", "0"];
    assert_eq!(Flags::try_parse_from(flags).unwrap().args.plan().unwrap_err().len(), 2);
}

/// Another model has another version: what it has not enriched is done, once, and the one that ships does it after it.
#[cfg(feature = "onnx")]
#[test]
fn a_replay_knows_what_was_done_by_the_model_that_it_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let (log, plan) = seeded(&folder.path().join("data"), 2);
    let model = folder.path().join("model");
    std::fs::create_dir(&model).unwrap();
    test_support::onnx::Tiny { positions: 20, ..Default::default() }.write(&model);
    let named = Article { title: "Zoranna Quillfeather went to Norvik".into(), ..article(7, 1) };
    publish(&log, &plan, &named, "enricher-0.0.1", 0);
    // More words than the model has positions, of which it says that it has more.
    let long = Article { body: "Zoranna went to ".repeat(40), ..article(8, 1) };
    publish(&log, &plan, &long, "enricher-0.0.1", 0);

    let by_model = checked(folder.path(), &["--model", model.to_str().unwrap()]).unwrap();
    let by_model = Plan { finder: by_model.finder, ..plan.clone() };
    let said = replay(&log, &by_model);
    assert!(said.starts_with("4 articles read, 3 enriched again"), "{said}");
    assert!(said.contains(by_model.finder.version()), "{said}");
    assert!(said.contains("1 skipped: model-failed"), "{said}");
    assert!(replay(&log, &by_model).ends_with("nothing to do\n"));

    assert!(replay(&log, &plan).starts_with("4 articles read, 4 enriched again"));
    let enriched = plan.log.names.of(Topic::Enriched);
    assert_eq!(again(&log, &enriched)["a7"], [(1, 1), (1, 2)]);
    let mut persons = Vec::new();
    stream::scan(&log, &enriched, Start::Beginning, Duration::from_secs(60), |record| {
        let one: EnrichedArticle = record.decode().unwrap();
        if one.model_version == by_model.finder.version() {
            persons.extend(one.entities.into_iter().filter(|entity| entity.r#type == "PERSON").map(|one| one.name));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(persons, ["Zoranna Quillfeather"]);
}
