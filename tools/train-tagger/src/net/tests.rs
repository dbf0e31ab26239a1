use super::tables::{exp, rows};
use super::*;
use std::collections::BTreeMap;
use tagger::training::{LABELS, Vector, Vectors, hash_word};

/// A different vector for each word.
fn vectors(words: &[&str]) -> Vectors {
    let vector = |hash: u32| -> Vector { std::array::from_fn(|at| (hash.rotate_left(at as u32) % 15) as i8 - 7) };
    let words: BTreeMap<u32, Vector> =
        words.iter().map(|word| hash_word(word)).map(|hash| (hash, vector(hash))).collect();
    Vectors::from_bytes(&Vectors::encode(&words)).unwrap()
}

fn tiny() -> (Vec<Sentence>, Lists) {
    let rows: [(&str, &[u8]); 4] = [
        ("Ann visited Paris .", &[1, 0, 5, 0]),
        ("Bob left London .", &[1, 0, 5, 0]),
        ("Ann of London said no .", &[1, 0, 5, 0, 0, 0]),
        ("It rained in Rome .", &[0, 0, 0, 5, 0]),
    ];
    let words = |text: &str| text.split(' ').map(str::to_owned).collect();
    let vectors = vectors(&["ann", "bob", "paris", "london", "rome", "visited", "left", "it"]);
    let sentences = rows.repeat(8).into_iter().map(|(text, labels)| Sentence::new(words(text), labels)).collect();
    (sentences, Lists { vectors, ..Lists::default() })
}

fn all(sentences: &[Sentence]) -> Vec<&Sentence> {
    sentences.iter().collect()
}

fn plan() -> Plan {
    // Few steps: one takes a tenth of a second without optimisation.
    Plan { epochs: 10, batch: 24, rate: 5e-3, synthetic: 100, ..Plan::default() }
}

#[test]
fn training_is_reproducible() {
    let (sentences, lists) = tiny();
    let first = fit(&all(&sentences), &lists, plan()).unwrap();
    assert!(first == fit(&all(&sentences), &lists, plan()).unwrap(), "two trainings differ");
    assert!(first != fit(&all(&sentences), &lists, Plan { seed: 2, ..plan() }).unwrap(), "the seed has no effect");
}

#[test]
fn without_vectors_there_is_no_net() {
    assert_eq!(fit(&all(&tiny().0), &Lists::default(), plan()), None);
}

#[test]
fn the_net_learns_its_training_text() {
    let (sentences, lists) = tiny();
    let net = fit(&all(&sentences), &lists, plan()).unwrap();
    for (sentence, input) in sentences.iter().zip(inputs(&all(&sentences), &lists)) {
        let mut scores = vec![[0; LABELS]; sentence.words.len()];
        net.add(&input, &mut scores);
        for (scores, allowed) in scores.iter().zip(&sentence.allowed) {
            let best = (0..LABELS).max_by_key(|label| (scores[*label], LABELS - label)).unwrap();
            assert!(allowed >> best & 1 == 1, "{scores:?} for {}", sentence.show());
        }
    }
}

#[test]
fn rounding_preserves_the_log_odds() {
    let (sentences, lists) = tiny();
    let inputs = inputs(&all(&sentences), &lists);
    let example = Example { input: &inputs[0], query: &inputs[0].queries[0], allowed: 2, sentence: 0 };
    let mut training = Training::new(Plan { batch: 1, ..Plan::default() });
    for seed in 0..20 {
        training.learn(&example, seed);
        training.step(100.0);
    }
    let mut found = Vec::new();
    rows(&example, 0, 0, &mut found);
    let probabilities = training.tables.probabilities(&training.tables.hidden(&found).map(|unit| unit.max(0.0)));
    let mut points = vec![[0; LABELS]; 4];
    training.finish(&[example], &lists.vectors).add(&inputs[0], &mut points);
    let exact = f64::from(Plan::default().points) * (f64::from(probabilities[1]) / f64::from(probabilities[0])).ln();
    let near = f64::from(points[0][1]);
    assert!((exact - near).abs() < 0.02 * exact.abs() + 5.0, "{near} points for {exact}");
    assert!(exact > 500.0, "nothing was learned: {exact}");
}

#[test]
fn the_exponential_is_accurate() {
    for tenth in 0..800 {
        let x = -(tenth as f32) / 10.0;
        let right = f64::from(x).exp();
        assert!((f64::from(exp(x)) - right).abs() <= 1e-5 * right + 1e-30, "{x}");
    }
}
