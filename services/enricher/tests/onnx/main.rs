//! An ONNX token-classification model in place of the shipped tagger: the names that it finds, folders that are refused,
//! and articles on which it fails.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

mod refusals;

use enricher::{Knowledge, enrich};
use proto::{
    v1::{Article, EnrichedArticle},
    wire::Encoding,
};
use std::{path::Path, sync::Arc};
use tagger::{
    Label, Recogniser, Tagger,
    onnx::{OnnxError, OnnxModel, WORDS},
    tokens,
};
use test_support::onnx::Tiny;

fn open(folder: &Path) -> Result<Recogniser, OnnxError> {
    OnnxModel::open(folder, Tagger::shipped().unwrap()).map(|model| Recogniser::Onnx(Arc::new(model)))
}

fn model(tiny: &Tiny) -> Recogniser {
    let folder = tempfile::tempdir().unwrap();
    tiny.write(folder.path());
    open(folder.path()).unwrap()
}

fn found(recogniser: &Recogniser, text: &str) -> Vec<(String, Label)> {
    let found = recogniser.recognise(&[text], &[tokens::tokenise(text)]).unwrap();
    found.spans.iter().map(|span| (text[span.start..span.end].to_owned(), span.label)).collect()
}

fn names(names: &[(&str, Label)]) -> Vec<(String, Label)> {
    names.iter().map(|(name, label)| ((*name).to_owned(), *label)).collect()
}

fn run(recogniser: &Recogniser, body: &str) -> EnrichedArticle {
    let article = Article { body: body.to_owned(), language: "en".to_owned(), ..Article::default() };
    enrich(&article, &Knowledge::with(recogniser.clone()).unwrap(), jiff::Timestamp::UNIX_EPOCH).unwrap()
}

#[test]
fn names_are_found_by_the_first_pieces_of_their_words() {
    let recogniser = model(&Tiny::default());
    let text = "Zoranna Quillfeather went to Norvik. Vexa Works went to Żółw, a Zembian town.";
    let expected = [
        ("Zoranna Quillfeather", Label::Person),
        ("Norvik", Label::Loc),
        ("Vexa Works", Label::Org),
        ("Żółw", Label::Loc),
        ("Zembian", Label::Norp),
    ];
    assert_eq!(found(&recogniser, text), names(&expected));
    // The document pass: a surname alone takes the type of its full name.
    assert!(found(&recogniser, "Zoranna Norvik went. Norvik went.").contains(&("Norvik".to_owned(), Label::Loc)));
    assert_eq!(found(&recogniser, ""), []);
    assert_eq!(found(&recogniser, "went to . ."), []);
}

#[test]
fn mentions_are_in_code_points_after_characters_that_the_tokenizer_drops() {
    let recogniser = model(&Tiny::default());
    // Beyond the basic plane, combining, control characters that the tokenizer drops, another script.
    for before in ["𝒜🙂 ", "e\u{301}\u{301} ", "\u{0} \u{7f}\u{200b} ", "東京は ", "\u{fffd}\u{202e} "] {
        let body = format!("{before}Zoranna went to Norvik.");
        let enriched = run(&recogniser, &body);
        let mut mentions: Vec<_> = enriched.entities.iter().flat_map(|entity| &entity.mentions).collect();
        mentions.sort_by_key(|mention| mention.start);
        let texts: Vec<&str> = mentions.iter().map(|mention| mention.text.as_str()).collect();
        assert_eq!(texts, ["Zoranna", "Norvik"], "{body:?}");
        for mention in mentions {
            let (start, end) = (usize::try_from(mention.start).unwrap(), usize::try_from(mention.end).unwrap());
            assert_eq!(body.chars().skip(start).take(end - start).collect::<String>(), mention.text, "{body:?}");
        }
    }
}

#[test]
fn every_name_of_a_sentence_longer_than_the_window_is_found_once() {
    // A window that is longer than the model's positions would fail.
    for positions in [8, 9, 16, 64] {
        let recogniser = model(&Tiny { positions, claimed: positions, ..Tiny::default() });
        let text = "Zoranna Quillfeather went to Norvik to ".repeat(300);
        let expected = names(&[("Zoranna Quillfeather", Label::Person), ("Norvik", Label::Loc)].repeat(300));
        assert_eq!(found(&recogniser, &text), expected, "{positions} positions");
    }
}

#[test]
fn a_word_of_more_pieces_than_a_window_is_read() {
    let recogniser = model(&Tiny { positions: 8, claimed: 8, ..Tiny::default() });
    let many = format!("Zor{} went to Norvik.", "anna".repeat(12));
    assert_eq!(found(&recogniser, &many).last().unwrap().0, "Norvik");
}

#[test]
fn an_overlong_word_and_an_overlong_gap_are_skipped() {
    let recogniser = model(&Tiny { positions: 8, claimed: 8, ..Tiny::default() });
    let huge = format!("Zoranna {} Norvik{}Vexa Works", "Zor".repeat(100_000), " ".repeat(100_000));
    let expected = [("Zoranna", Label::Person), ("Norvik", Label::Loc), ("Vexa Works", Label::Org)];
    assert_eq!(found(&recogniser, &huge), names(&expected));
}

#[test]
fn the_inputs_may_be_fewer_and_in_another_order() {
    let text = "Zoranna Quillfeather went to Norvik.";
    let expected = names(&[("Zoranna Quillfeather", Label::Person), ("Norvik", Label::Loc)]);
    for inputs in [vec!["input_ids"], vec!["attention_mask", "input_ids"]] {
        assert_eq!(found(&model(&Tiny { inputs, ..Tiny::default() }), text), expected);
    }
}

#[test]
fn labels_of_other_schemes_are_mapped() {
    let text = "Zoranna Quillfeather went to Norvik.";
    let expected = names(&[("Zoranna Quillfeather", Label::Person), ("Norvik", Label::Loc)]);
    let folder = tempfile::tempdir().unwrap();
    let tiny = Tiny::default();
    tiny.write(folder.path());
    let renamed = tiny.config().to_string().replace("-PER", "-PERSON").replace("-LOC", "-GPE");
    std::fs::write(folder.path().join("config.json"), renamed).unwrap();
    assert_eq!(found(&open(folder.path()).unwrap(), text), expected);
    let dates = tiny.config().to_string().replace("-PER", "-DATE");
    std::fs::write(folder.path().join("config.json"), dates).unwrap();
    assert_eq!(found(&open(folder.path()).unwrap(), text), names(&[("Norvik", Label::Loc)]));
}

#[test]
fn equal_models_give_equal_bytes_and_different_models_have_different_versions() {
    let tiny = Tiny::default();
    let (one, two) = (model(&tiny), model(&tiny));
    let body = "Zoranna Quillfeather of Vexa Works went to Norvik. Quillfeather went to Żółw. ".repeat(20);
    let bytes = |recogniser: &Recogniser| Encoding::Json.encode(&run(recogniser, &body)).unwrap();
    assert_eq!(bytes(&one), bytes(&two));
    assert_eq!(one.version(), two.version());
    let other = model(&Tiny { positions: 65, ..tiny });
    assert_ne!(one.version(), other.version());
    let enriched = run(&one, "Zoranna went.");
    assert_eq!(enriched.model_version, one.version());
    assert!(one.version().starts_with("onnx-") && one.version().len() == 21, "{}", one.version());
    let shipped = Knowledge::shipped().unwrap();
    assert_ne!(shipped.model_version(), one.version());
}

#[test]
fn confidence_is_the_probability_of_the_model() {
    let text = "Zoranna went.";
    let confidence = |logit: f32| {
        let recogniser = model(&Tiny { logit, ..Tiny::default() });
        recogniser.recognise(&[text], &[tokens::tokenise(text)]).unwrap().spans[0].confidence
    };
    // Of nine labels two stand for a person, one of them with logit 2.
    let expected = (2_f32.exp() + 1.0) / (2_f32.exp() + 8.0);
    assert!((confidence(2.0) - expected).abs() < 0.002, "{} instead of {expected}", confidence(2.0));
    assert!((confidence(20.0) - 0.99).abs() < 1e-6, "confidence is at most 0.99");
}

#[test]
fn an_overlong_article_is_read_up_to_the_word_limit_with_a_warning() {
    let recogniser = model(&Tiny::default());
    let body = format!("{}. ", "Zoranna went to Norvik ".repeat(6)).repeat(WORDS / 25 + 10);
    let enriched = run(&recogniser, &body);
    assert_eq!(enriched.warnings, [proto::Warning::NamesCut]);
    let tokens = [tokens::tokenise(&body)];
    let last = recogniser.recognise(&[&body], &tokens).unwrap().spans.last().unwrap().end;
    let left = body.len() - last;
    assert!((9 * 140..11 * 145).contains(&left), "{left} bytes left");
}

#[test]
fn a_failure_on_one_text_does_not_affect_the_next() {
    // It declares more positions than it has.
    let recogniser = model(&Tiny { positions: 10, claimed: 64, ..Tiny::default() });
    let text = "Zoranna went to Norvik ".repeat(5);
    let failed = recogniser.recognise(&[&text], &[tokens::tokenise(&text)]).unwrap_err();
    assert!(failed.to_string().starts_with("the model failed: "), "{failed}");
    assert!(failed.to_string().len() < 400, "{failed}");
    assert_eq!(found(&recogniser, "Zoranna went."), names(&[("Zoranna", Label::Person)]));
}
