//! The enricher's flags.

use std::path::{Path, PathBuf};
use tagger::Recogniser;

/// Error of `--model` in a build that cannot read models.
#[cfg(not(feature = "onnx"))]
const UNSUPPORTED: &str = "--model: this program was built without the feature `onnx`, which reads models; build it with \
    `cargo build --release --features onnx -p newswire` (or `-p enricher`)";

/// Most articles in one transaction, by default.
pub const DEFAULT_BATCH: u32 = 200;

/// The enricher's flags.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "enricher")]
#[command(next_help_heading = "Enricher")]
pub struct Args {
    /// Most articles in one transaction.
    #[arg(
        long,
        env = "NEWSWIRE_ENRICHER_BATCH",
        value_name = "N",
        default_value_t = DEFAULT_BATCH,
        value_parser = clap::value_parser!(u32).range(1..=10_000)
    )]
    pub enricher_batch: u32,
    #[command(flatten)]
    model: ModelArgs,
}

/// The flag that selects the model, for every command that enriches.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "enricher-model")]
#[command(next_help_heading = "Enricher")]
pub struct ModelArgs {
    /// Folder of an ONNX token-classification model that finds names in place of the shipped one: model.onnx,
    /// tokenizer.json and config.json, as Hugging Face exports it.
    #[arg(long, env = "NEWSWIRE_MODEL", value_name = "FOLDER")]
    model: Option<PathBuf>,
}

/// The checked flags.
#[derive(Debug, Clone)]
pub struct Config {
    /// Most articles in one transaction, 1 to 10,000.
    pub batch: usize,
    /// The model that finds names.
    pub recogniser: Recogniser,
}

impl Args {
    /// Reads the model that the flags name.
    ///
    /// # Errors
    /// One line per error: the model's file and what is wrong with it.
    pub fn check(&self) -> Result<Config, Vec<String>> {
        let batch = usize::try_from(self.enricher_batch).unwrap_or(usize::MAX);
        Ok(Config { batch, recogniser: self.model.check()? })
    }
}

impl ModelArgs {
    /// Reads the model that `--model` names, or the shipped one.
    ///
    /// # Errors
    /// One line: the model's file and what is missing or wrong.
    pub fn check(&self) -> Result<Recogniser, Vec<String>> {
        match &self.model {
            Some(folder) => open(folder).map_err(|error| vec![error]),
            None => Recogniser::shipped().map_err(|error| vec![format!("the shipped model: {error}")]),
        }
    }
}

#[cfg(feature = "onnx")]
fn open(folder: &Path) -> Result<Recogniser, String> {
    let tagger = tagger::Tagger::shipped().map_err(|error| format!("the shipped model: {error}"))?;
    let model = tagger::onnx::OnnxModel::open(folder, tagger);
    let model = model.map_err(|error| format!("--model {}: {error}", folder.display()))?;
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
    fn the_shipped_model_is_the_default() {
        let config = check(&["--enricher-batch", "7"]).unwrap();
        assert_eq!(config.batch, 7);
        assert!(config.recogniser.version().starts_with("perceptron-"));
    }

    #[test]
    fn a_model_that_cannot_be_read_is_an_error() {
        let errors = check(&["--model", "/nowhere"]).unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].starts_with("--model"), "{errors:?}");
    }

    #[test]
    fn a_batch_out_of_range_is_refused() {
        assert!(Flags::try_parse_from(["enricher", "--enricher-batch", "0"]).is_err());
        assert!(Flags::try_parse_from(["enricher", "--enricher-batch", "10001"]).is_err());
    }
}
