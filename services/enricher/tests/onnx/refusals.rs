//! Folders that are no model of this kind: each refused with the file and what is wrong with it.

use super::open;
use std::path::Path;
use test_support::onnx::{
    Tiny,
    protobuf::{floats, network, node},
    tokenizer,
};

/// What is said of a folder after something was done to it.
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
fn what_is_missing_is_named() {
    for file in ["model.onnx", "tokenizer.json", "config.json"] {
        let said = refused(|folder| std::fs::remove_file(folder.join(file)).unwrap());
        assert_eq!(said, format!("{file}: no such file"));
    }
    assert_eq!(open(Path::new("/nowhere/at/all")).unwrap_err().to_string(), "config.json: no such file");
}

#[test]
fn what_is_no_such_file_is_named() {
    for junk in ["", "{}", "null", "\u{0}\u{1}", "{\"model\": {\"type\": \"WordPiece\"}}"] {
        let said = with("tokenizer.json", junk);
        assert!(said.starts_with("tokenizer.json: no tokenizer: "), "{said}");
    }
    for junk in [&b""[..], b"{}", b"\x08\x08", &[0xff; 64], b"not a network at all, but a text"] {
        let said = with("model.onnx", junk);
        assert!(said.starts_with("model.onnx: "), "{said}");
        assert!(said.len() < 400, "{said}");
    }
    assert!(with("config.json", "{").starts_with("config.json: EOF"));
    assert!(with("config.json", "{}").contains("no id2label"));
    assert!(with("config.json", r#"{"id2label": {"0": "LABEL_0"}}"#).contains("LABEL_0"));
    let few = Tiny { claimed: 4, ..Tiny::default() }.config().to_string();
    assert!(with("config.json", few).contains("4 pieces are too few"));
}

#[test]
fn a_network_cut_off_at_any_place_is_refused() {
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
fn labels_that_are_not_those_of_the_network() {
    let mut tiny = Tiny::default();
    tiny.labels.push("B-EVENT");
    let said = with("config.json", tiny.config().to_string());
    assert!(said.contains("an answer of shape [1, 3, 9] to 3 pieces, with 10 labels"), "{said}");
}

#[test]
fn networks_for_other_ends() {
    let words = floats("words", &[16, 9], &[0.0; 16 * 9]);
    let gather = |input: &str| node("Gather", &["words", input], "logits", None);
    let vision = network(&["pixel_values"], std::slice::from_ref(&words), &[gather("pixel_values")], "logits", 9);
    assert!(with("model.onnx", vision).contains("\"pixel_values\""));
    let mask = network(&["attention_mask"], std::slice::from_ref(&words), &[gather("attention_mask")], "logits", 9);
    assert!(with("model.onnx", mask).contains("does not ask for input_ids"));
    // One answer a text, as classifiers of whole texts give.
    let nodes = [gather("input_ids"), node("ReduceMax", &["logits"], "pooled", Some(("keepdims", 0)))];
    let pooled = network(&["input_ids"], &[words], &nodes, "pooled", 9);
    assert!(with("model.onnx", pooled).contains("an answer of shape []"));
}

#[test]
fn fewer_words_than_the_tokenizer_has_are_found_out_by_the_article() {
    // A vocabulary of its own, larger than the network's: numbers that it has no row for.
    let folder = tempfile::tempdir().unwrap();
    Tiny::default().write(folder.path());
    let larger = tokenizer().to_string().replace("\"Norvik\":8", "\"Norvik\":800");
    std::fs::write(folder.path().join("tokenizer.json"), larger).unwrap();
    let recogniser = open(folder.path()).unwrap();
    let text = "Zoranna went to Norvik.";
    assert!(recogniser.recognise(&[text], &[tagger::tokens::tokenise(text)]).is_err());
}
