//! Folders that are not such a model are refused; the error names the file and the reason.

use super::open;
use std::path::Path;
use test_support::onnx::{
    Tiny,
    protobuf::{floats, network, node},
    tokenizer,
};

/// The error for a folder after `change`.
fn refused(change: impl FnOnce(&Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    Tiny::default().write(folder.path());
    change(folder.path());
    open(folder.path()).unwrap_err().to_string()
}

fn with(file: &'static str, bytes: impl AsRef<[u8]>) -> String {
    refused(|folder| std::fs::write(folder.join(file), bytes).unwrap())
}

#[test]
fn a_missing_file_is_named() {
    for file in ["model.onnx", "tokenizer.json", "config.json"] {
        let error = refused(|folder| std::fs::remove_file(folder.join(file)).unwrap());
        assert_eq!(error, format!("{file}: no such file"));
    }
    assert_eq!(open(Path::new("/nowhere/at/all")).unwrap_err().to_string(), "config.json: no such file");
}

#[test]
fn an_invalid_file_is_named() {
    for junk in ["", "{}", "null", "\u{0}\u{1}", "{\"model\": {\"type\": \"WordPiece\"}}"] {
        let error = with("tokenizer.json", junk);
        assert!(error.starts_with("tokenizer.json: not a tokenizer: "), "{error}");
    }
    for junk in [&b""[..], b"{}", b"\x08\x08", &[0xff; 64], b"not a network at all, but a text"] {
        let error = with("model.onnx", junk);
        assert!(error.starts_with("model.onnx: "), "{error}");
        assert!(error.len() < 400, "{error}");
    }
    assert!(with("config.json", "{").starts_with("config.json: EOF"));
    assert!(with("config.json", "{}").contains("id2label is missing"));
    assert!(with("config.json", r#"{"id2label": {"0": "LABEL_0"}}"#).contains("LABEL_0"));
    let few = Tiny { claimed: 4, ..Tiny::default() }.config().to_string();
    assert!(with("config.json", few).contains("a window of 4 pieces is too short"));
}

#[test]
fn a_truncated_network_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    Tiny::default().write(folder.path());
    let file = folder.path().join("model.onnx");
    let whole = std::fs::read(&file).unwrap();
    for length in (0..whole.len()).step_by(whole.len() / 40) {
        std::fs::write(&file, &whole[..length]).unwrap();
        assert!(open(folder.path()).is_err(), "{length} of {} bytes", whole.len());
    }
}

#[test]
fn another_number_of_labels_than_the_network_has_is_refused() {
    let mut tiny = Tiny::default();
    tiny.labels.push("B-EVENT");
    let error = with("config.json", tiny.config().to_string());
    assert!(error.contains("output of shape [1, 3, 9] for 3 pieces and 10 labels"), "{error}");
}

#[test]
fn networks_for_other_tasks_are_refused() {
    let words = floats("words", &[16, 9], &[0.0; 16 * 9]);
    let gather = |input: &str| node("Gather", &["words", input], "logits", None);
    let vision = network(&["pixel_values"], std::slice::from_ref(&words), &[gather("pixel_values")], "logits", 9);
    assert!(with("model.onnx", vision).contains("\"pixel_values\""));
    let mask = network(&["attention_mask"], std::slice::from_ref(&words), &[gather("attention_mask")], "logits", 9);
    assert!(with("model.onnx", mask).contains("no input input_ids"));
    // One output per text, as from a classifier of whole texts.
    let nodes = [gather("input_ids"), node("ReduceMax", &["logits"], "pooled", Some(("keepdims", 0)))];
    let pooled = network(&["input_ids"], &[words], &nodes, "pooled", 9);
    assert!(with("model.onnx", pooled).contains("output of shape []"));
}

#[test]
fn an_id_that_the_network_does_not_have_fails_the_article() {
    // The tokenizer has a larger vocabulary than the network.
    let folder = tempfile::tempdir().unwrap();
    Tiny::default().write(folder.path());
    let larger = tokenizer().to_string().replace("\"Norvik\":8", "\"Norvik\":800");
    std::fs::write(folder.path().join("tokenizer.json"), larger).unwrap();
    let recogniser = open(folder.path()).unwrap();
    let text = "Zoranna went to Norvik.";
    assert!(recogniser.recognise(&[text], &[tagger::tokens::tokenise(text)]).is_err());
}
