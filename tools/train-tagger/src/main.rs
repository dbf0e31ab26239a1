//! `train-tagger`: trains the tagger and writes its model file. Equal inputs give equal bytes.

use anyhow::Context;
use clap::Parser;
use std::path::{Path, PathBuf};
use train_tagger::{
    Material, Plan,
    languages::{self, LANGUAGES, Language},
};

/// Trains the tagger and writes its model file; equal inputs give equal bytes.
///
/// With `--languages` it trains the models of other languages, and prints their F1 on the development parts.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Folder of the annotated corpora.
    #[arg(long, value_name = "FOLDER", default_value = "../shared/ner")]
    corpora: PathBuf,
    /// Folder of the word lists and templates.
    #[arg(long, value_name = "FOLDER", default_value = "tools/train-tagger/data")]
    data: PathBuf,
    /// The model file to write.
    #[arg(long, value_name = "FILE", default_value = "crates/tagger/model/tagger.bin")]
    output: PathBuf,
    /// Train these languages, by tag and separated by commas, or `all`; `--corpora` is then the folder of their corpora and
    /// `--output` the folder of their models.
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    languages: Vec<String>,
}

/// Mean F1, in per cent, on the development parts below which a language's model is not written.
const LEAST: f64 = 60.0;

fn main() -> anyhow::Result<()> {
    let Arguments { corpora, data, output, languages } = Arguments::parse();
    if !languages.is_empty() {
        return train_languages(&languages, &corpora, &data, &output);
    }
    let plan = Plan::default();
    let material = Material::read(&corpora, &data, plan)
        .with_context(|| format!("reading {} and {}", corpora.display(), data.display()))?;
    std::fs::write(&output, material.train(plan, "")).with_context(|| format!("writing {}", output.display()))
}

/// Trains the languages on two threads.
fn train_languages(tags: &[String], corpora: &Path, data: &Path, output: &Path) -> anyhow::Result<()> {
    let chosen = |language: &&Language| tags.iter().any(|tag| tag == "all" || tag == language.tag);
    let wanted: Vec<&Language> = LANGUAGES.iter().filter(chosen).collect();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || -> anyhow::Result<()> {
        while let Some(language) = wanted.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
            train_language(language, corpora, data, output)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(work);
        work()?;
        other.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?
    })
}

#[expect(clippy::print_stdout, reason = "the result goes to standard output")]
fn train_language(language: &Language, corpora: &Path, data: &Path, output: &Path) -> anyhow::Result<()> {
    let model = languages::train(language, corpora, data, languages::plan(language)).context(language.tag)?;
    let packed = zstd::bulk::compress(&model, 19)?;
    let tagger = tagger::training::of_language(&model, language.style, language.tag)?;
    let scores = languages::score(&tagger, language, corpora)?;
    for score in &scores {
        let [all, person, org, place] = score.f1();
        println!(
            "{:<22} {all:5.1}  PER {person:5.1}  ORG {org:5.1}  LOC {place:5.1}  {} bytes",
            score.set,
            packed.len()
        );
    }
    let mean = scores.iter().map(|score| score.f1()[0]).sum::<f64>() / scores.len().max(1) as f64;
    if mean < LEAST {
        println!("{:<22} mean {mean:.1}: not written", language.tag);
        return Ok(());
    }
    let path = output.join(format!("{}.bin", language.tag));
    std::fs::write(&path, packed).with_context(|| format!("writing {}", path.display()))
}
