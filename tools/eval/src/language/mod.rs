//! `eval language DATA..`: how often the language of a short text is found, without a hint, with the right one and with
//! wrong ones, compared with whatlang and whichlang. DATA are folders of annotated text in columns, a folder a language:
//! [`read::samples`].

mod read;

use std::{collections::BTreeMap, hint::black_box, path::PathBuf, time::Instant};

use normaliser::language::{Hint, detect};
use read::{LENGTHS, Sample, samples};
use serde_json::{Value, json};

/// A detector: the name, and the language of a sample's text.
type Detector = (&'static str, fn(&Sample) -> String);

const DETECTORS: [Detector; 6] = [
    ("ours", |sample| detect(&sample.text, &[]).code),
    ("ours, right hint", |sample| detect(&sample.text, &[Hint::Feed(&sample.language)]).code),
    ("ours, wrong hint", |sample| detect(&sample.text, &[Hint::Feed(wrong(&sample.language))]).code),
    ("ours, hint of another script", |sample| {
        detect(&sample.text, &[Hint::Feed(of_another_script(&sample.language))]).code
    }),
    ("whatlang", |sample| whatlang::detect(&sample.text).map_or("und", |info| subtag(info.lang().code())).to_owned()),
    ("whichlang", |sample| subtag(whichlang::detect_language(&sample.text).three_letter_code()).to_owned()),
];

/// Prints a table unless `json` is set, and returns `{"samples", "languages", "detectors": {NAME: {"mean": [..], "us": [..],
/// "by_language": {TAG: [..]}}}}`: percent right and microseconds a text, by length of the text.
///
/// # Errors
/// A file cannot be read, or there are no sentences.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
pub fn run(data: &[PathBuf], json: bool) -> anyhow::Result<Value> {
    let mut all = Vec::new();
    for folder in data {
        all.extend(samples(folder)?);
    }
    let mut detectors = serde_json::Map::new();
    for (name, detector) in DETECTORS {
        let result = measure(&all, detector);
        if !json {
            let means: Vec<String> = LENGTHS
                .iter()
                .zip(&result.means)
                .map(|((from, to), mean)| format!("{from}-{to}: {mean:.1} %"))
                .collect();
            let times: Vec<String> = result.micros.iter().map(|us| format!("{us:.1}")).collect();
            println!("{name:<30} {}; {} µs a text", means.join(", "), times.join(", "));
            let row = |(language, shares): (&String, &Vec<f64>)| {
                let shares: Vec<String> = shares.iter().map(|share| format!("{share:.0}")).collect();
                format!("{language} {}", shares.join(" "))
            };
            println!("  {}", result.by_language.iter().map(row).collect::<Vec<_>>().join("; "));
        }
        detectors.insert(
            name.to_owned(),
            json!({"mean": result.means, "us": result.micros, "by_language": result.by_language}),
        );
    }
    let languages: std::collections::BTreeSet<&str> = all.iter().map(|sample| norwegian(&sample.language)).collect();
    Ok(json!({"samples": all.len(), "languages": languages.len(), "detectors": detectors}))
}

struct Measured {
    /// Mean of the languages' percentages, by length.
    means: Vec<f64>,
    micros: Vec<f64>,
    by_language: BTreeMap<String, Vec<f64>>,
}

fn measure(samples: &[Sample], detector: fn(&Sample) -> String) -> Measured {
    // Models are read at the first use.
    samples.iter().take(200).for_each(|sample| drop(black_box(detector(sample))));
    let mut counts: BTreeMap<(String, usize), (u32, u32)> = BTreeMap::new();
    let mut times = [(0.0, 0.0); LENGTHS.len()];
    for sample in samples {
        let start = Instant::now();
        let found = black_box(detector(sample));
        if let Some((sum, count)) = times.get_mut(sample.length) {
            *sum += start.elapsed().as_secs_f64() * 1e6;
            *count += 1.0;
        }
        let (right, all) = counts.entry((norwegian(&sample.language).to_owned(), sample.length)).or_default();
        *right += u32::from(norwegian(&found) == norwegian(&sample.language));
        *all += 1;
    }
    let mut by_language: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut shares: Vec<Vec<f64>> = vec![Vec::new(); LENGTHS.len()];
    for ((language, length), (right, all)) in counts {
        let share = 100.0 * f64::from(right) / f64::from(all);
        by_language.entry(language).or_default().push(share);
        if let Some(shares) = shares.get_mut(length) {
            shares.push(share);
        }
    }
    let mean = |shares: &Vec<f64>| shares.iter().sum::<f64>() / shares.iter().map(|_| 1.0).sum::<f64>();
    Measured {
        means: shares.iter().map(mean).collect(),
        micros: times.iter().map(|(sum, count)| sum / f64::max(*count, 1.0)).collect(),
        by_language,
    }
}

/// What a template declares: English, whatever the language.
fn wrong(language: &str) -> &'static str {
    if language == "en" { "de" } else { "en-US" }
}

fn of_another_script(language: &str) -> &'static str {
    if matches!(language, "ar" | "fa" | "ur") { "ru" } else { "fa" }
}

/// Nynorsk counts as Norwegian.
fn norwegian(language: &str) -> &str {
    if matches!(language, "nn" | "no") { "nb" } else { language }
}

/// The subtag of two letters of an ISO 639-3 code, by that of the languages' names in use here.
fn subtag(code: &str) -> &str {
    match code {
        "cmn" => "zh",
        "pes" => "fa",
        "ara" => "ar",
        "est" => "et",
        "lav" => "lv",
        "nob" => "nb",
        code => isolang::Language::from_639_3(code).and_then(|language| language.to_639_1()).unwrap_or(code),
    }
}
