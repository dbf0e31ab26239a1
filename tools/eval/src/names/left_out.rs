//! `eval left-out DATA`: the tagger's quality on a kind of text that it was not trained on.
//!
//! DATA is the folder of the training corpora. For each corpus, a model is trained without it and
//! measured on it, with the settings of `make model`. The figures measure hyperparameters, features
//! and synthetic text; the models are not shipped.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::Context as _;
use serde_json::{Map, Value, json};
use tagger::Tagger;
use train_tagger::{Material, Plan};

use super::{documents, score, spans};

/// The corpora, the part that is measured on, and whether the mean includes it. If there is a
/// development part, it is that part; of the Twitter corpus (btc) it is the news.
const SETS: [(&str, &str, bool); 7] = [
    ("wikigold", "wikigold/all.conll", true),
    ("uner_pud", "uner_pud/test.conll", true),
    ("uner_ewt", "uner_ewt/dev.conll", true),
    ("crossner_politics", "crossner_politics/dev.conll", true),
    ("gum_news", "gum_news", true),
    ("wnut17", "wnut17/dev.conll", true),
    ("btc", "btc/h.conll", false),
];

/// Trains and measures, two corpora at a time. Prints a table unless `json` is set, and returns
/// `{"SET": {"strict", "overlap"}, .., "mean": {..}}` with the fields of `eval names`; the mean is
/// that of the F1 of all corpora except btc.
///
/// # Errors
/// A corpus, a list or the templates cannot be read.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
pub fn run(ner: &Path, json: bool, plan: Plan) -> anyhow::Result<Value> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../train-tagger/data");
    let material = Material::read(ner, &data, plan).with_context(|| ner.display().to_string())?;
    let waiting = Mutex::new(SETS.iter());
    let answers: Vec<anyhow::Result<Vec<(&str, Value)>>> = std::thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            loop {
                // The iterator is valid even if a worker panicked.
                let next = waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
                let Some((set, file, _)) = next else { return Ok(done) };
                done.push((*set, measure(&material, plan, set, ner.join(file))?));
            }
        };
        let workers = [(); 2].map(|()| scope.spawn(work));
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| anyhow::bail!("a worker panicked"))).collect()
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
