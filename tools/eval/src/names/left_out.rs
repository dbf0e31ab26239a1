//! `eval left-out DATA`: how good the tagger is on text of a kind that it was not trained on.
//!
//! DATA is the folder of the corpora that the shipped model is trained on. For each set a model is
//! trained without any of its parts, and measured on it; all else is as `make model` has it. So
//! the figures are of models that were never shipped, and say what the plan, the features and the
//! made text are worth.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::Context as _;
use serde_json::{Map, Value, json};
use tagger::Tagger;
use train_tagger::{Material, Plan};

use super::{documents, score, spans};

/// The sets, what of them is measured on, and whether the mean counts them. Of sets with a
/// development part that part, which is what others are measured on; of the posts the news.
const SETS: [(&str, &str, bool); 7] = [
    ("wikigold", "wikigold/all.conll", true),
    ("uner_pud", "uner_pud/test.conll", true),
    ("uner_ewt", "uner_ewt/dev.conll", true),
    ("crossner_politics", "crossner_politics/dev.conll", true),
    ("gum_news", "gum_news", true),
    ("wnut17", "wnut17/dev.conll", true),
    ("btc", "btc/h.conll", false),
];

/// Trains and measures, two sets at a time, and prints a table, or with `json` nothing. Returns
/// `{"SET": {"strict", "overlap"}, .., "mean": {..}}` in the shape of `eval names`; the mean is of
/// the F1 of all sets but the posts.
///
/// # Errors
/// Where a corpus, a list or the templates cannot be read.
#[expect(clippy::print_stdout, reason = "the table is the answer to the command")]
pub fn run(ner: &Path, json: bool, plan: Plan) -> anyhow::Result<Value> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../train-tagger/data");
    let material = Material::read(ner, &data, plan).with_context(|| ner.display().to_string())?;
    let waiting = Mutex::new(SETS.iter());
    let answers: Vec<anyhow::Result<Vec<(&str, Value)>>> = std::thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            loop {
                // A worker that ended by an error leaves the lock as it was.
                let next = waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
                let Some((set, file, _)) = next else { return Ok(done) };
                done.push((*set, measure(&material, plan, set, ner.join(file))?));
            }
        };
        let workers = [(); 2].map(|()| scope.spawn(work));
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| anyhow::bail!("a worker ended"))).collect()
    });
    let mut found = Map::new();
    for answer in answers {
        found.extend(answer?.into_iter().map(|(set, value)| (set.to_owned(), value)));
    }
    let f1 = |set: &str, way: &str, key: &str| found[set][way][key]["f1"].as_f64().unwrap_or(0.0);
    let mean = |way: &str, key: &str| {
        let counted: Vec<f64> = SETS.iter().filter(|(.., counts)| *counts).map(|(set, ..)| f1(set, way, key)).collect();
        counted.iter().sum::<f64>() / counted.len() as f64
    };
    let keys = ["micro", "PER", "ORG", "LOC"];
    let means =
        |way: &str| keys.iter().map(|key| ((*key).to_owned(), json!({"f1": mean(way, key)}))).collect::<Map<_, _>>();
    let means = json!({"strict": means("strict"), "overlap": means("overlap")});
    found.insert("mean".to_owned(), means);
    if !json {
        println!("{:<18} F1 strict (overlap), each by a model trained without the set", "left out");
        for name in SETS.iter().map(|(set, ..)| *set).chain(["mean"]) {
            let of = |way: &str, key: &str| found[name][way][key]["f1"].as_f64().unwrap_or(0.0) * 100.0;
            let cell = |key: &str| format!("{key} {:5.1} ({:5.1})", of("strict", key), of("overlap", key));
            println!("{name:<18} {}", keys.map(cell).join("  "));
        }
    }
    Ok(Value::Object(found))
}

fn measure(material: &Material, plan: Plan, set: &str, data: PathBuf) -> anyhow::Result<Value> {
    let tagger = Tagger::from_bytes(&material.train(plan, set))?;
    let documents = documents(&[data])?;
    anyhow::ensure!(!documents.is_empty(), "no tokens in {set}");
    let (strict, overlap) = score(&documents, documents.iter().map(|document| spans(&tagger, document)));
    Ok(json!({"strict": strict, "overlap": overlap}))
}
