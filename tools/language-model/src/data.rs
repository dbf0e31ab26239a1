//! Reads the language models of lingua and the texts that come with them.

use fst::Streamer as _;
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{features::LONGEST, script::Script};

/// Names of lingua's crates, `lingua-NAME-language-model`, by tag.
const NAMES: [(&str, &[&str]); 52] = [
    ("af", &["afrikaans"]),
    ("ar", &["arabic"]),
    ("az", &["azerbaijani"]),
    ("be", &["belarusian"]),
    ("bg", &["bulgarian"]),
    ("bs", &["bosnian"]),
    ("ca", &["catalan"]),
    ("cs", &["czech"]),
    ("cy", &["welsh"]),
    ("da", &["danish"]),
    ("de", &["german"]),
    ("en", &["english"]),
    ("es", &["spanish"]),
    ("et", &["estonian"]),
    ("eu", &["basque"]),
    ("fa", &["persian"]),
    ("fi", &["finnish"]),
    ("fil", &["tagalog"]),
    ("fr", &["french"]),
    ("ga", &["irish"]),
    ("hi", &["hindi"]),
    ("hr", &["croatian"]),
    ("hu", &["hungarian"]),
    ("id", &["indonesian"]),
    ("is", &["icelandic"]),
    ("it", &["italian"]),
    ("kk", &["kazakh"]),
    ("lt", &["lithuanian"]),
    ("lv", &["latvian"]),
    ("mk", &["macedonian"]),
    ("mn", &["mongolian"]),
    ("mr", &["marathi"]),
    ("ms", &["malay"]),
    ("nb", &["bokmal", "nynorsk"]),
    ("nl", &["dutch"]),
    ("pl", &["polish"]),
    ("pt", &["portuguese"]),
    ("ro", &["romanian"]),
    ("ru", &["russian"]),
    ("sk", &["slovak"]),
    ("sl", &["slovene"]),
    ("so", &["somali"]),
    ("sq", &["albanian"]),
    ("sr", &["serbian"]),
    ("sv", &["swedish"]),
    ("sw", &["swahili"]),
    ("tr", &["turkish"]),
    ("uk", &["ukrainian"]),
    ("ur", &["urdu"]),
    ("vi", &["vietnamese"]),
    ("yo", &["yoruba"]),
    ("zu", &["zulu"]),
];

/// What is known of a language.
pub struct Language {
    /// Letter sequences with their share among the sequences of the same length.
    pub sequences: Vec<(String, f64)>,
    /// Texts to train on: whole ones are not cut.
    pub texts: Vec<(String, bool)>,
}

impl Language {
    /// Serbian is in Cyrillic letters in lingua, and becomes Latin by its one-to-one transliteration.
    pub fn read(models: &Path, tag: &str, script: Script) -> Self {
        let (_, names) = NAMES.into_iter().find(|(known, _)| *known == tag).expect("the tag is listed");
        let latin = tag == "sr" && script == Script::Latin;
        let write = |text: &str| if latin { to_latin(text) } else { text.to_owned() };
        let mut language = Self { sequences: Vec::new(), texts: Vec::new() };
        for name in names {
            let folder = folder(models, name);
            let share = 1.0 / names.len() as f64;
            let read = sequences(&folder.join("models/ngrams.fst"));
            let written = read.into_iter().map(|(text, value)| (write(&text), value * share));
            language.sequences.extend(written.filter(|(text, _)| text.chars().count() <= LONGEST));
            for (file, whole) in [("sentences", false), ("word-pairs", true)] {
                let text = fs::read_to_string(folder.join(format!("testdata/{file}.txt"))).expect("lingua has texts");
                let lines = text.lines().filter(|line| !line.trim().is_empty());
                language.texts.extend(lines.map(|line| (write(line), whole)));
            }
        }
        language
    }
}

fn folder(models: &Path, name: &str) -> PathBuf {
    let wanted = format!("lingua-{name}-language-model-");
    let entries = fs::read_dir(models).expect("MODELS is a folder").flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> =
        entries.filter(|path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(&wanted))).collect();
    found.sort();
    found.pop().unwrap_or_else(|| panic!("no {wanted} in {}", models.display()))
}

/// The model has the logarithm of each letter's probability after the letters before it.
fn sequences(file: &Path) -> Vec<(String, f64)> {
    let map = fst::Map::new(fs::read(file).expect("lingua has a model")).expect("the model is an FST");
    let mut by_length: Vec<Vec<(String, f64)>> = vec![Vec::new(); LONGEST + 1];
    let mut stream = map.stream();
    while let Some((key, value)) = stream.next() {
        let text = String::from_utf8_lossy(key).into_owned();
        if let Some(list) = by_length.get_mut(text.chars().count()) {
            list.push((text, f64::from_bits(value).exp()));
        }
    }
    let mut joint: HashMap<String, f64> = HashMap::from([(String::new(), 1.0)]);
    let mut out = Vec::new();
    for (text, value) in by_length.into_iter().flatten() {
        let before: String = text.chars().take(text.chars().count() - 1).collect();
        let share = value * joint.get(&before).copied().unwrap_or(0.0);
        joint.insert(text.clone(), share);
        out.push((text, share));
    }
    out
}

/// Serbian in Latin letters.
fn to_latin(text: &str) -> String {
    const LETTERS: [(char, &str); 30] = [
        ('а', "a"),
        ('б', "b"),
        ('в', "v"),
        ('г', "g"),
        ('д', "d"),
        ('ђ', "đ"),
        ('е', "e"),
        ('ж', "ž"),
        ('з', "z"),
        ('и', "i"),
        ('ј', "j"),
        ('к', "k"),
        ('л', "l"),
        ('љ', "lj"),
        ('м', "m"),
        ('н', "n"),
        ('њ', "nj"),
        ('о', "o"),
        ('п', "p"),
        ('р', "r"),
        ('с', "s"),
        ('т', "t"),
        ('ћ', "ć"),
        ('у', "u"),
        ('ф', "f"),
        ('х', "h"),
        ('ц', "c"),
        ('ч', "č"),
        ('џ', "dž"),
        ('ш', "š"),
    ];
    let mut out = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        match LETTERS.iter().find(|(letter, _)| *letter == c) {
            Some((_, latin)) => out.push_str(latin),
            None => out.push(c),
        }
    }
    out
}
