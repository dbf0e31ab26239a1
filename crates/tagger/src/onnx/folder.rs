//! A model's folder, as Hugging Face exports it: which files are read, and what is wrong with them.

use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, io::Read, path::Path};
use tokenizers::Tokenizer;

/// A folder that is no model, or one that this program cannot run.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {why}")]
pub struct OnnxError {
    /// The file.
    pub file: &'static str,
    /// What is missing or wrong.
    pub why: String,
}

/// What a folder holds.
pub(super) struct Folder {
    /// Bytes of the network.
    pub(super) network: Vec<u8>,
    pub(super) tokenizer: Tokenizer,
    /// Names of the labels by their numbers.
    pub(super) id2label: BTreeMap<String, String>,
    /// Most pieces of a window, with those that the tokenizer adds.
    pub(super) pieces: usize,
    /// The piece that fills up.
    pub(super) pad: u32,
    /// Hash of all files that were read.
    pub(super) hash: String,
}

const NETWORK: &str = "model.onnx";
const TOKENIZER: &str = "tokenizer.json";
const CONFIG: &str = "config.json";
/// Not every export has it.
const TOKENIZER_CONFIG: &str = "tokenizer_config.json";
/// Most pieces of a window, whatever a model could take: cost grows with the square.
const MOST_PIECES: usize = 512;
/// Fewer hold no name with what is around it.
const FEWEST_PIECES: usize = 8;

/// What is read of config.json.
#[derive(serde::Deserialize)]
struct Config {
    id2label: Option<BTreeMap<String, String>>,
    model_type: Option<String>,
    max_position_embeddings: Option<usize>,
    pad_token_id: Option<u32>,
}

/// What is read of tokenizer_config.json.
#[derive(Default, serde::Deserialize)]
struct TokenizerConfig {
    /// Where no limit is meant a number far beyond whole ones.
    model_max_length: Option<f64>,
}

impl Folder {
    /// Reads the files of a folder, each up to a size that no such file has.
    ///
    /// # Errors
    /// [`OnnxError`], naming the first file that is missing or not understood.
    pub(super) fn read(folder: &Path) -> Result<Folder, OnnxError> {
        let mut hash = Sha256::new();
        let mut read = |file: &'static str, most: u64| -> Result<Vec<u8>, OnnxError> {
            let bytes = bytes(&folder.join(file), most).map_err(|why| OnnxError { file, why })?;
            hash.update(file.as_bytes());
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(&bytes);
            Ok(bytes)
        };
        let config: Config = parse(CONFIG, &read(CONFIG, 4 << 20)?)?;
        let tokenizer = read(TOKENIZER, 256 << 20)?;
        let tokenizer_config = match folder.join(TOKENIZER_CONFIG).exists() {
            true => parse(TOKENIZER_CONFIG, &read(TOKENIZER_CONFIG, 16 << 20)?)?,
            false => TokenizerConfig::default(),
        };
        // Protobuf has no larger messages.
        let network = read(NETWORK, 2 << 30)?;
        let mut tokenizer = Tokenizer::from_bytes(&tokenizer)
            .map_err(|error| OnnxError { file: TOKENIZER, why: format!("no tokenizer: {error}") })?;
        // Windows are cut here, and nothing is filled up.
        tokenizer.with_padding(None);
        let truncation = tokenizer.with_truncation(None);
        truncation.map_err(|error| OnnxError { file: TOKENIZER, why: error.to_string() })?;
        let pieces = pieces(&config, &tokenizer_config);
        if pieces < FEWEST_PIECES {
            return Err(OnnxError { file: CONFIG, why: format!("{pieces} pieces are too few to find names in") });
        }
        let why = "no id2label, which says what its labels mean";
        let id2label = config.id2label.ok_or_else(|| OnnxError { file: CONFIG, why: why.to_owned() })?;
        let pad = config.pad_token_id.unwrap_or(0);
        let digest = hash.finalize();
        let hash = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(Folder { network, tokenizer, id2label, pieces, pad, hash })
    }
}

/// Most pieces that the model was made for, as far as it says so.
fn pieces(config: &Config, tokenizer: &TokenizerConfig) -> usize {
    let mut positions = config.max_position_embeddings.unwrap_or(MOST_PIECES);
    // Positions of RoBERTa and its kin begin behind that of the padding.
    if matches!(config.model_type.as_deref(), Some("roberta" | "xlm-roberta" | "camembert" | "longformer" | "mpnet")) {
        positions = positions.saturating_sub(config.pad_token_id.map_or(2, |pad| pad as usize + 1));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating, which is what is meant")]
    let length = tokenizer.model_max_length.map_or(MOST_PIECES, |length| length as usize);
    positions.min(length).min(MOST_PIECES)
}

fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let file = std::fs::File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        _ => error.to_string(),
    })?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > most { Err(format!("over {} MiB", most >> 20)) } else { Ok(bytes) }
}

fn parse<T: serde::de::DeserializeOwned>(file: &'static str, bytes: &[u8]) -> Result<T, OnnxError> {
    serde_json::from_slice(bytes).map_err(|error| OnnxError { file, why: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(config: &str, tokenizer: &str) -> usize {
        pieces(&serde_json::from_str(config).unwrap(), &serde_json::from_str(tokenizer).unwrap())
    }

    #[test]
    fn windows_are_as_long_as_the_model_was_made_for() {
        assert_eq!(limit("{}", "{}"), 512);
        assert_eq!(limit(r#"{"max_position_embeddings": 128}"#, "{}"), 128);
        assert_eq!(limit(r#"{"max_position_embeddings": 8192}"#, r#"{"model_max_length": 1e30}"#), 512);
        assert_eq!(limit(r#"{"max_position_embeddings": 512}"#, r#"{"model_max_length": 256}"#), 256);
        let roberta = r#"{"model_type": "roberta", "max_position_embeddings": 130, "pad_token_id": 1}"#;
        assert_eq!(limit(roberta, "{}"), 128);
    }
}
