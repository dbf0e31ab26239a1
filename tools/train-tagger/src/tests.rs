use crate::{
    Material, Plan,
    corpus::{self, Sentence},
    lists::Lists,
    synthetic,
};
use std::path::Path;
use tagger::{
    Label, Tagger,
    training::{Lexicon, Word, flag, phrase_hash},
};

fn train(sentences: &[Sentence], plan: Plan) -> Vec<u8> {
    Material::new(sentences.to_vec(), Lists::default(), plan).train(plan, "")
}

fn tiny() -> Vec<Sentence> {
    let rows: [(&str, &[u8]); 4] = [
        ("Ann Smith visited Paris .", &[1, 2, 0, 5, 0]),
        ("Bob Jones left London .", &[1, 2, 0, 5, 0]),
        ("The Acme Corp said no .", &[0, 3, 4, 0, 0, 0]),
        ("It rained in Rome .", &[0, 0, 0, 5, 0]),
    ];
    rows.map(|(text, labels)| Sentence::new(text.split(' ').map(str::to_owned).collect(), labels)).to_vec()
}

fn plan() -> Plan {
    Plan { epochs: 12, bits: 14, ..Plan::default() }
}

#[test]
fn training_is_reproducible() {
    let first = train(&tiny(), plan());
    let second = train(&tiny(), plan());
    assert!(first == second, "two trainings differ");
    assert!(first.len() > 200, "nothing was learned");
    let other = train(&tiny()[..3], plan());
    assert!(first != other, "the training text has no effect");
}

#[test]
fn a_trained_model_tags_new_combinations_of_its_training_names() {
    let tagger = Tagger::from_bytes(&train(&tiny(), plan())).unwrap();
    let text = "Bob Smith visited London .";
    let found: Vec<_> = tagger.tag(&[text]).iter().map(|span| (&text[span.start..span.end], span.label)).collect();
    assert_eq!(found, [("Bob Smith", Label::Person), ("London", Label::Loc)]);
}

fn synthetic() -> Vec<Sentence> {
    let templates = "@who:PER Ann {last} | Bob\n{who} met {who} in {place} .\n@place:LOC New York\n^ {place} ##";
    synthetic::sentences(&Lists::default(), templates, 40)
}

#[test]
fn synthetic_sentences_are_reproducible() {
    assert_eq!(synthetic(), synthetic());
}

#[test]
fn every_word_of_a_synthetic_name_is_labelled() {
    let synthetic = synthetic();
    assert!(synthetic.iter().any(|sentence| sentence.show().contains("New/B-LOC York/I-LOC .")));
    assert!(synthetic.iter().any(|sentence| sentence.show().starts_with("NEW/B-LOC YORK/I-LOC ")));
}

#[test]
fn a_country_annotated_as_an_organisation_may_be_a_place() {
    let flags = Word { cluster: 0, flags: flag::STARTS };
    let hash = |words: &[&str]| phrase_hash(words.iter().copied());
    let lexicon = Lexicon::new([(hash(&["New"]), flags)], [(hash(&["New", "Zealand"]), 1)], Vec::new());
    let words = "New Zealand and Acme".split(' ').map(str::to_owned).collect();
    let mut sentences = [Sentence::new(words, &[3, 4, 0, 3])];
    corpus::allow_loc_for_countries(&mut sentences, &lexicon);
    assert_eq!(sentences[0].allowed, [1 << 3 | 1 << 5, 1 << 4 | 1 << 6, 1, 1 << 3]);
}

#[test]
fn make_model_reproduces_the_shipped_model() {
    if cfg!(debug_assertions) {
        test_support::skip("the model's bytes", "slow without optimisation: `cargo test --release -p train-tagger`");
        return;
    }
    let Some(corpora) = test_support::corpora::find("ner") else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let plan = Plan::default();
    let trained = Material::read(&corpora, &root.join("data"), plan).unwrap().train(plan, "");
    assert!(trained == std::fs::read(root.join("../../crates/tagger/model/tagger.bin")).unwrap());
}
