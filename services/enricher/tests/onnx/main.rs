//! A token-classification model in ONNX in place of the tagger that ships: what it finds, what is refused, and what
//! becomes of an article that it cannot read.

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
fn names_are_found_where_they_stand_by_their_first_pieces() {
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
    // The pass over the document: a surname alone takes its full name's type, wherever it stands.
    assert!(found(&recogniser, "Zoranna Norvik went. Norvik went.").contains(&("Norvik".to_owned(), Label::Loc)));
    assert_eq!(found(&recogniser, ""), []);
    assert_eq!(found(&recogniser, "went to . ."), []);
}

#[test]
fn mentions_are_counted_in_code_points_and_what_no_tokenizer_knows_is_passed_over() {
    let recogniser = model(&Tiny::default());
    // Beyond the basic plane, combining, control characters that the tokenizer leaves out, another script.
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
fn a_long_sentence_is_read_in_windows_no_longer_than_the_model_and_nothing_is_lost_or_doubled() {
    // A window of one piece more than it has positions would fail.
    for positions in [8, 9, 16, 64] {
        let recogniser = model(&Tiny { positions, claimed: positions, ..Tiny::default() });
        let text = "Zoranna Quillfeather went to Norvik to ".repeat(300);
        let expected = names(&[("Zoranna Quillfeather", Label::Person), ("Norvik", Label::Loc)].repeat(300));
        assert_eq!(found(&recogniser, &text), expected, "{positions} positions");
    }
}

#[test]
fn words_that_are_many_pieces_and_words_that_are_no_words() {
    let recogniser = model(&Tiny { positions: 8, claimed: 8, ..Tiny::default() });
    // Twelve pieces of one word, of which the first counts.
    let many = format!("Zor{} went to Norvik.", "anna".repeat(12));
    assert_eq!(found(&recogniser, &many).last().unwrap().0, "Norvik");
    // Longer than any name, and blanks without end.
    let huge = format!("Zoranna {} Norvik{}Vexa Works", "Zor".repeat(100_000), " ".repeat(100_000));
    let expected = [("Zoranna", Label::Person), ("Norvik", Label::Loc), ("Vexa Works", Label::Org)];
    assert_eq!(found(&recogniser, &huge), names(&expected));
}

#[test]
fn other_schemes_and_other_inputs_say_the_same() {
    let text = "Zoranna Quillfeather went to Norvik.";
    let expected = names(&[("Zoranna Quillfeather", Label::Person), ("Norvik", Label::Loc)]);
    for inputs in [vec!["input_ids"], vec!["attention_mask", "input_ids"]] {
        assert_eq!(found(&model(&Tiny { inputs, ..Tiny::default() }), text), expected);
    }
    // The same numbers under the names of OntoNotes, and in another order than the alphabet's.
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
fn the_same_model_gives_the_same_bytes_and_another_has_another_version() {
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
fn confidence_is_the_models_own_probability() {
    let text = "Zoranna went.";
    let confidence = |logit: f32| {
        let recogniser = model(&Tiny { logit, ..Tiny::default() });
        recogniser.recognise(&[text], &[tokens::tokenise(text)]).unwrap().spans[0].confidence
    };
    // Of nine labels two are a person's, the one of logit 2.
    let expected = (2_f32.exp() + 1.0) / (2_f32.exp() + 8.0);
    assert!((confidence(2.0) - expected).abs() < 0.002, "{} beside {expected}", confidence(2.0));
    assert!((confidence(20.0) - 0.99).abs() < 1e-6, "nothing is certain");
}

#[test]
fn an_article_without_end_is_read_up_to_a_number_of_words() {
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
fn a_model_that_fails_on_a_text_says_so_and_reads_the_next() {
    // It says that it has more positions than it has.
    let recogniser = model(&Tiny { positions: 10, claimed: 64, ..Tiny::default() });
    let text = "Zoranna went to Norvik ".repeat(5);
    let failed = recogniser.recognise(&[&text], &[tokens::tokenise(&text)]).unwrap_err();
    assert!(failed.to_string().starts_with("the model failed: "), "{failed}");
    assert!(failed.to_string().len() < 400, "{failed}");
    assert_eq!(found(&recogniser, "Zoranna went."), names(&[("Zoranna", Label::Person)]));
}
