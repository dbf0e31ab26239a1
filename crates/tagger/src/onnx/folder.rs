//! Reads the folder of a model as Hugging Face exports it.

use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, io::Read, path::Path};
use tokenizers::Tokenizer;

/// A folder that is not a model, or one that this program cannot run.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct OnnxError {
    /// The file that is missing or invalid.
    pub file: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

/// The contents of a folder.
pub(super) struct Folder {
    /// The bytes of model.onnx.
    pub(super) network: Vec<u8>,
    pub(super) tokenizer: Tokenizer,
    /// Names of the labels by id.
    pub(super) id2label: BTreeMap<String, String>,
    /// Longest window, in word pieces including special tokens.
    pub(super) pieces: usize,
    /// Id of the padding piece.
    pub(super) pad: u32,
    /// First eight bytes of the SHA-256 of all files, in hex.
    pub(super) hash: String,
}

const NETWORK: &str = "model.onnx";
const TOKENIZER: &str = "tokenizer.json";
const CONFIG: &str = "config.json";
/// Optional: not every export has it.
const TOKENIZER_CONFIG: &str = "tokenizer_config.json";
/// Longest window even if the model accepts longer ones: cost grows with the square of the length.
const MAX_PIECES: usize = 512;
/// A shorter window cannot hold a name and its context.
const MIN_PIECES: usize = 8;

/// The fields of config.json that are used.
#[derive(serde::Deserialize)]
struct Config {
    id2label: Option<BTreeMap<String, String>>,
    model_type: Option<String>,
    max_position_embeddings: Option<usize>,
    pad_token_id: Option<u32>,
}

/// The fields of tokenizer_config.json that are used.
#[derive(Default, serde::Deserialize)]
struct TokenizerConfig {
    /// Exports without a limit write a number such as 1e30, which no integer type holds.
    model_max_length: Option<f64>,
}

impl Folder {
    /// Reads the files of a folder, each up to a size limit.
    ///
    /// # Errors
    /// [`OnnxError`] for the first file that is missing or invalid.
    pub(super) fn read(folder: &Path) -> Result<Folder, OnnxError> {
        let mut hash = Sha256::new();
        let mut read = |file: &'static str, limit: u64| -> Result<Vec<u8>, OnnxError> {
            let bytes = bytes(&folder.join(file), limit).map_err(|reason| OnnxError { file, reason })?;
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
        // The largest message of Protobuf.
        let network = read(NETWORK, 2 << 30)?;
        let mut tokenizer = Tokenizer::from_bytes(&tokenizer)
            .map_err(|error| OnnxError { file: TOKENIZER, reason: format!("not a tokenizer: {error}") })?;
        // `windows` splits long sentences, and `graph` pads.
        tokenizer.with_padding(None);
        let truncation = tokenizer.with_truncation(None);
        truncation.map_err(|error| OnnxError { file: TOKENIZER, reason: error.to_string() })?;
        let pieces = pieces(&config, &tokenizer_config);
        if pieces < MIN_PIECES {
            return Err(OnnxError { file: CONFIG, reason: format!("a window of {pieces} pieces is too short") });
        }
        let reason = "id2label is missing";
        let id2label = config.id2label.ok_or_else(|| OnnxError { file: CONFIG, reason: reason.to_owned() })?;
        let pad = config.pad_token_id.unwrap_or(0);
        let digest = hash.finalize();
        let hash = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(Folder { network, tokenizer, id2label, pieces, pad, hash })
    }
}

/// The longest window that the configuration allows.
fn pieces(config: &Config, tokenizer: &TokenizerConfig) -> usize {
    let mut positions = config.max_position_embeddings.unwrap_or(MAX_PIECES);
    // RoBERTa and its relatives number positions from the padding id plus one.
    if matches!(config.model_type.as_deref(), Some("roberta" | "xlm-roberta" | "camembert" | "longformer" | "mpnet")) {
        positions = positions.saturating_sub(config.pad_token_id.map_or(2, |pad| pad as usize + 1));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating, as intended")]
    let length = tokenizer.model_max_length.map_or(MAX_PIECES, |length| length as usize);
    positions.min(length).min(MAX_PIECES)
}

fn bytes(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let file = std::fs::File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        _ => error.to_string(),
    })?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > limit { Err(format!("larger than {} MiB", limit >> 20)) } else { Ok(bytes) }
}

fn parse<T: serde::de::DeserializeOwned>(file: &'static str, bytes: &[u8]) -> Result<T, OnnxError> {
    serde_json::from_slice(bytes).map_err(|error| OnnxError { file, reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn longest(config: &str, tokenizer: &str) -> usize {
        pieces(&serde_json::from_str(config).unwrap(), &serde_json::from_str(tokenizer).unwrap())
    }

    #[test]
    fn a_window_has_at_most_the_configured_length() {
        assert_eq!(longest("{}", "{}"), 512);
        assert_eq!(longest(r#"{"max_position_embeddings": 128}"#, "{}"), 128);
        assert_eq!(longest(r#"{"max_position_embeddings": 8192}"#, r#"{"model_max_length": 1e30}"#), 512);
        assert_eq!(longest(r#"{"max_position_embeddings": 512}"#, r#"{"model_max_length": 256}"#), 256);
        let roberta = r#"{"model_type": "roberta", "max_position_embeddings": 130, "pad_token_id": 1}"#;
        assert_eq!(longest(roberta, "{}"), 128);
    }
}
