//! `train-tagger`: trains the tagger and writes its model file. Equal inputs give equal bytes.

use anyhow::Context;
use clap::Parser;
use std::path::PathBuf;
use train_tagger::{Material, Plan};

/// Trains the tagger and writes its model file; equal inputs give equal bytes.
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
}

fn main() -> anyhow::Result<()> {
    let Arguments { corpora, data, output } = Arguments::parse();
    let plan = Plan::default();
    let material = Material::read(&corpora, &data, plan)
        .with_context(|| format!("reading {} and {}", corpora.display(), data.display()))?;
    std::fs::write(&output, material.train(plan, "")).with_context(|| format!("writing {}", output.display()))
}
