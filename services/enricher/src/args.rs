//! The enricher's flags.

use std::path::{Path, PathBuf};
use tagger::Recogniser;

/// What a build that cannot read models says to one.
#[cfg(not(feature = "onnx"))]
const UNSUPPORTED: &str = "--model: this program was built without the feature `onnx`, which reads models; build it with \
    `cargo build --release --features onnx -p newswire` (or `-p enricher`)";

/// The enricher's flags.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "enricher")]
#[command(next_help_heading = "Enricher")]
pub struct Args {
    /// Most articles in one transaction.
    #[arg(long, env = "NEWSWIRE_ENRICHER_BATCH", value_name = "N", default_value_t = 200)]
    pub enricher_batch: usize,
    #[command(flatten)]
    model: ModelArgs,
}

/// Which model finds names, for whoever enriches.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "enricher-model")]
#[command(next_help_heading = "Enricher")]
pub struct ModelArgs {
    /// Folder of an ONNX token-classification model that finds names in place of the one that ships: model.onnx,
    /// tokenizer.json and config.json, as Hugging Face exports it.
    #[arg(long, env = "NEWSWIRE_MODEL", value_name = "FOLDER")]
    model: Option<PathBuf>,
}

/// The flags, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Most articles in one transaction.
    pub batch: usize,
    /// What finds names.
    pub recogniser: Recogniser,
}

impl Args {
    /// Checks the flags, and reads the model that they name.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong.
    pub fn check(&self) -> Result<Config, Vec<String>> {
        let recogniser = self.model.check();
        if (1..=10_000).contains(&self.enricher_batch) {
            return Ok(Config { batch: self.enricher_batch, recogniser: recogniser? });
        }
        let mut problems = recogniser.err().unwrap_or_default();
        problems.push(format!("--enricher-batch is 1 to 10000, not {}", self.enricher_batch));
        Err(problems)
    }
}

impl ModelArgs {
    /// Reads the model that is named, or that which ships.
    ///
    /// # Errors
    /// A sentence that says what is missing or wrong.
    pub fn check(&self) -> Result<Recogniser, Vec<String>> {
        match &self.model {
            Some(folder) => open(folder).map_err(|problem| vec![problem]),
            None => Recogniser::shipped().map_err(|error| vec![format!("the model that ships: {error}")]),
        }
    }
}

#[cfg(feature = "onnx")]
fn open(folder: &Path) -> Result<Recogniser, String> {
    let tagger = tagger::Tagger::shipped().map_err(|error| format!("the model that ships: {error}"))?;
    let model = tagger::onnx::OnnxModel::open(folder, tagger);
    let model = model.map_err(|unusable| format!("--model {}: {unusable}", folder.display()))?;
    Ok(Recogniser::Onnx(std::sync::Arc::new(model)))
}

#[cfg(not(feature = "onnx"))]
fn open(_folder: &Path) -> Result<Recogniser, String> {
    Err(UNSUPPORTED.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        enricher: Args,
    }

    fn check(flags: &[&str]) -> Result<Config, Vec<String>> {
        Flags::try_parse_from(["enricher"].iter().chain(flags)).unwrap().enricher.check()
    }

    #[test]
    fn without_a_model_the_one_that_ships_finds_names() {
        let config = check(&["--enricher-batch", "7"]).unwrap();
        assert_eq!(config.batch, 7);
        assert!(config.recogniser.version().starts_with("perceptron-"));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let wrong = check(&["--enricher-batch", "0", "--model", "/nowhere"]).unwrap_err();
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        assert!(wrong[0].starts_with("--model"), "{wrong:?}");
    }
}
