//! A small ONNX model in the layout of a Hugging Face export. It labels a few invented words: embeddings as in BERT (words,
//! types, positions), then a linear layer that maps each word piece to its label.

pub mod protobuf;

use protobuf::{floats, ints, network, node};
use serde_json::{Map, Value, json};
use std::path::Path;

/// The word pieces, each with the label that the network predicts. `##` continues a word.
pub const PIECES: [(&str, &str); 16] = [
    ("[PAD]", "O"),
    ("[UNK]", "O"),
    ("[CLS]", "B-PER"),
    ("[SEP]", "B-LOC"),
    ("Zor", "B-PER"),
    // Only the first piece of a word counts, so these labels must be ignored.
    ("##anna", "B-ORG"),
    ("Quill", "I-PER"),
    ("##feather", "B-LOC"),
    ("Norvik", "B-LOC"),
    ("Vexa", "B-ORG"),
    ("Works", "I-ORG"),
    ("Zembian", "B-NORP"),
    ("went", "O"),
    ("to", "O"),
    (".", "O"),
    ("Żółw", "B-LOC"),
];

/// Describes the model to write.
#[derive(Clone)]
pub struct Tiny {
    /// Labels by id.
    pub labels: Vec<&'static str>,
    /// Names of the network's inputs.
    pub inputs: Vec<&'static str>,
    /// Length of the network's position embedding.
    pub positions: usize,
    /// `max_position_embeddings` of config.json.
    pub claimed: usize,
    /// Logit of a piece's label; the other labels have 0.
    pub logit: f32,
}

impl Default for Tiny {
    fn default() -> Self {
        Tiny {
            labels: vec!["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-NORP", "I-NORP"],
            inputs: vec!["input_ids", "attention_mask", "token_type_ids"],
            positions: 64,
            claimed: 64,
            logit: 8.0,
        }
    }
}

impl Tiny {
    /// Writes the three files.
    pub fn write(&self, folder: &Path) {
        std::fs::write(folder.join("model.onnx"), self.network()).unwrap();
        std::fs::write(folder.join("tokenizer.json"), tokenizer().to_string()).unwrap();
        std::fs::write(folder.join("config.json"), self.config().to_string()).unwrap();
    }

    /// The content of config.json.
    pub fn config(&self) -> Value {
        let labels = self.labels.iter().enumerate().map(|(id, name)| (id.to_string(), json!(name)));
        let labels: Map<String, Value> = labels.collect();
        json!({ "model_type": "bert", "id2label": labels, "max_position_embeddings": self.claimed })
    }

    /// The content of model.onnx.
    pub fn network(&self) -> Vec<u8> {
        let (width, labels) = (PIECES.len(), self.labels.len());
        // The embedding is one-hot, and the linear layer maps each piece to its label.
        let one = |at: usize, length: usize, value: f32| (0..length).map(move |to| if to == at { value } else { 0.0 });
        let words: Vec<f32> = (0..width).flat_map(|piece| one(piece, width, 2.0)).collect();
        let layer = PIECES.iter().flat_map(|(_, label)| {
            one(self.labels.iter().position(|name| name == label).unwrap_or(0), labels, self.logit / 2.0)
                .collect::<Vec<_>>()
        });
        let constants = [
            floats("words", &[width, width], &words),
            floats("types", &[2, width], &vec![0.0; 2 * width]),
            floats("positions", &[self.positions, width], &vec![0.0; self.positions * width]),
            floats("layer", &[width, labels], &layer.collect::<Vec<_>>()),
            floats("bias", &[labels], &vec![0.25; labels]),
            ints("zero", &[], &[0]),
            ints("one", &[], &[1]),
            ints("last", &[1], &[2]),
        ];
        let mut nodes = vec![
            node("Shape", &["input_ids"], "shape", None),
            node("Gather", &["shape", "one"], "length", None),
            node("Range", &["zero", "length", "one"], "indices", None),
            node("Gather", &["positions", "indices"], "position", None),
            node("Gather", &["words", "input_ids"], "word", None),
            node("Add", &["word", "position"], "sum", None),
        ];
        let mut hidden = "sum";
        if self.inputs.contains(&"token_type_ids") {
            nodes.push(node("Gather", &["types", "token_type_ids"], "type", None));
            nodes.push(node("Add", &[hidden, "type"], "embedded", None));
            hidden = "embedded";
        }
        if self.inputs.contains(&"attention_mask") {
            nodes.push(node("Cast", &["attention_mask"], "cast", Some(("to", 1))));
            nodes.push(node("Unsqueeze", &["cast", "last"], "mask", None));
            nodes.push(node("Mul", &[hidden, "mask"], "masked", None));
            hidden = "masked";
        }
        nodes.push(node("MatMul", &[hidden, "layer"], "product", None));
        nodes.push(node("Add", &["product", "bias"], "logits", None));
        network(&self.inputs, &constants, &nodes, "logits", labels)
    }
}

/// The content of tokenizer.json, as in BERT: word pieces between `[CLS]` and `[SEP]`.
pub fn tokenizer() -> Value {
    let vocabulary: Map<String, Value> =
        PIECES.iter().enumerate().map(|(id, (piece, _))| ((*piece).to_owned(), json!(id))).collect();
    let added: Vec<Value> = (0..4)
        .map(|id| {
            json!({ "id": id, "content": PIECES[id].0, "special": true, "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false })
        })
        .collect();
    let special = |piece: &str, id: usize| json!({ "id": piece, "ids": [id], "tokens": [piece] });
    let sequence = |input: &str| json!({ "Sequence": { "id": input, "type_id": 0 } });
    let around = |piece: &str| json!({ "SpecialToken": { "id": piece, "type_id": 0 } });
    json!({
        "version": "1.0",
        // An export may have these settings. The enricher ignores them and makes its own windows.
        "truncation": { "direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0 },
        "padding": { "strategy": { "Fixed": 32 }, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
            "pad_type_id": 0, "pad_token": "[PAD]" },
        "added_tokens": added,
        "normalizer": { "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": null, "lowercase": false },
        "pre_tokenizer": { "type": "BertPreTokenizer" },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [around("[CLS]"), sequence("A"), around("[SEP]")],
            "pair": [around("[CLS]"), sequence("A"), around("[SEP]"), sequence("B"), around("[SEP]")],
            "special_tokens": { "[CLS]": special("[CLS]", 2), "[SEP]": special("[SEP]", 3) },
        },
        "decoder": null,
        "model": { "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocabulary },
    })
}
