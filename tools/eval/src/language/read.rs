//! Sentences whose language is known: annotated text in columns, by folder, written again as it stands in print.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Context as _;

/// A text of a known language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Primary language subtag.
    pub language: String,
    /// Index into [`LENGTHS`].
    pub length: usize,
    /// The text.
    pub text: String,
}

/// Lengths in characters, from and to (exclusive).
pub const LENGTHS: [(usize, usize); 3] = [(20, 40), (40, 80), (80, 200)];
/// Most samples of a language and a length.
const MOST: usize = 150;
/// Most bytes of a file that are read: samples come from its beginning.
const MOST_BYTES: usize = 3_000_000;

/// Samples of each language in `data`, in an order that does not depend on the file system. A folder whose name is a
/// language tag of two letters holds that language; files in other folders are English, as in `shared/ner`.
///
/// # Errors
/// A file cannot be read, or there is no text.
pub fn samples(data: &Path) -> anyhow::Result<Vec<Sample>> {
    let mut by_language: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for folder in sorted(data)?.into_iter().filter(|path| path.is_dir()) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let language = if name.len() == 2 { name } else { "en".to_owned() };
        for file in sorted(&folder)? {
            if file.extension().is_some_and(|e| e == "conll") {
                let bytes = fs::read(&file).with_context(|| file.display().to_string())?;
                let text = String::from_utf8_lossy(bytes.get(..MOST_BYTES).unwrap_or(&bytes)).into_owned();
                by_language.entry(language.clone()).or_default().extend(sentences(&text, &language));
            }
        }
    }
    let mut out = Vec::new();
    for (language, mut sentences) in by_language {
        sentences.sort_by_key(|text| (hash(text), text.len()));
        sentences.dedup();
        for (length, (from, to)) in LENGTHS.into_iter().enumerate() {
            let fit = sentences.iter().filter(|text| (from..to).contains(&text.chars().count()));
            out.extend(fit.take(MOST).map(|text| Sample { language: language.clone(), length, text: text.clone() }));
        }
    }
    anyhow::ensure!(!out.is_empty(), "no sentences in {}", data.display());
    Ok(out)
}

fn sorted(folder: &Path) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries.map(|entry| entry.map(|e| e.path())).collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    Ok(paths)
}

/// The sentences of a file, with at least half of their characters letters and without a URL.
fn sentences(text: &str, language: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    for line in text.lines().chain([""]) {
        let word = line.split('\t').next().unwrap_or_default().trim();
        if !word.is_empty() && !word.starts_with("-DOCSTART-") && !line.starts_with('#') {
            words.push(word);
            continue;
        }
        let sentence = written(&words, language);
        words.clear();
        let letters = sentence.chars().filter(|c| c.is_alphabetic()).count();
        if letters * 2 >= sentence.chars().count() && !sentence.is_empty() && !sentence.contains("://") {
            out.push(sentence);
        }
    }
    out
}

/// Tokens as text: no space before closing punctuation or after opening one, and none in languages without spaces.
fn written(words: &[&str], language: &str) -> String {
    let spaced = !matches!(language, "zh" | "ja" | "th");
    let mut out = String::new();
    for word in words {
        let closes = word.chars().all(|c| ".,;:!?)]}%…»”’।،؟".contains(c));
        let follows_opening = out.ends_with(['(', '[', '{', '«', '„', '“', '#', '@']);
        let latin =
            word.starts_with(|c: char| c.is_ascii_alphanumeric()) && out.ends_with(|c: char| c.is_ascii_alphanumeric());
        if !out.is_empty() && !closes && !follows_opening && (spaced || latin) {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// FNV-1a: an order that stays the same in every release.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_written_as_in_print() {
        assert_eq!(
            written(&["Two", "ministers", "(", "and", "a", "clerk", ")", "met", "."], "en"),
            "Two ministers (and a clerk) met."
        );
        assert_eq!(written(&["大臣", "は", "会談", "した", "。"], "ja"), "大臣は会談した。");
    }

    #[test]
    fn a_blank_line_ends_a_sentence() {
        let text = "-DOCSTART-\tO\n\nOne\tO\ntown\tO\n\nTwo\tO\n";
        assert_eq!(sentences(text, "en"), ["One town", "Two"]);
    }
}
