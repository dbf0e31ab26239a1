//! `eval names DATA..`: names found in annotated text, strict and by overlap.
//!
//! DATA are CoNLL column files (token first, BIO tag last, `-DOCSTART-` between documents) or
//! folders of them. Tokens are joined by spaces and sentences by blank lines; the text goes
//! through the enricher's own tagger as an article's body would, and what it finds is laid over
//! the tokens again. Leading articles and closing possessives are stripped alike on both sides.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::Context as _;
use serde_json::{Value, json};

/// The types that are counted.
const TYPES: [&str; 3] = ["PER", "ORG", "LOC"];

/// A name: tokens `start..end` of a document, and its type.
type Name = (usize, usize, &'static str);

/// A document as it goes to a tagger, and what annotators found in it.
#[derive(Default)]
struct Document {
    text: String,
    /// Words and where they stand in `text`, in bytes.
    words: Vec<String>,
    places: Vec<(usize, usize)>,
    /// Tags, and whether a sentence begins.
    tags: Vec<(String, bool)>,
}

/// Right ones, found ones that are not, and missed ones.
#[derive(Clone, Copy, Default)]
struct Count {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Count {
    fn json(self) -> Value {
        let share = |of: usize| if of == 0 { 0.0 } else { self.right as f64 / of as f64 };
        let (p, r) = (share(self.right + self.wrong), share(self.right + self.missed));
        let f1 = if p + r == 0.0 { 0.0 } else { 2.0 * p * r / (p + r) };
        json!({"p": p, "r": r, "f1": f1})
    }
}

/// Prints a table, with spaCy's `en_core_web_sm` beside where `.tools/venv` has it, or with
/// `json` nothing, and returns `{"strict": {"micro", "PER", "ORG", "LOC"}, "overlap": {..},
/// "tokens_per_s"}`, each score as `{"p", "r", "f1"}` from 0 to 1; the speed is of tokenising
/// and tagging on one core.
///
/// # Errors
/// Files that cannot be read, or hold no tokens.
#[expect(clippy::print_stdout, reason = "the table is the answer to the command")]
pub fn run(data: &[PathBuf], json: bool) -> anyhow::Result<Value> {
    let mut documents = Vec::new();
    for path in data {
        for file in files(path)? {
            documents.extend(read(&fs::read_to_string(&file).with_context(|| file.display().to_string())?));
        }
    }
    let tokens: usize = documents.iter().map(|document| document.words.len()).sum();
    anyhow::ensure!(tokens > 0, "no tokens in the data");
    let tagger = enricher::tagger::Tagger::shipped()?;
    let start = Instant::now();
    let found: Vec<_> = documents.iter().map(|document| tagger.tag(&[&document.text])).collect();
    let tokens_per_s = (tokens as f64 / start.elapsed().as_secs_f64()).round();
    let spans = |spans: Vec<enricher::tagger::Span>| {
        spans.into_iter().map(|span| (span.start, span.end, span.label.conll().to_owned())).collect()
    };
    let ours = score(&documents, found.into_iter().map(spans));
    let result = json!({"strict": ours.0, "overlap": ours.1, "tokens_per_s": tokens_per_s});
    if !json {
        println!("{} documents, {tokens} tokens; F1 strict (overlap)", documents.len());
        row("newswire", &ours, tokens_per_s);
        match spacy(&documents) {
            Ok((found, seconds)) => row("spaCy-sm", &score(&documents, found.into_iter()), tokens as f64 / seconds),
            Err(error) => println!("{:<10} not run: {error}", "spaCy-sm"),
        }
    }
    Ok(result)
}

#[expect(clippy::print_stdout, reason = "a row of the table")]
fn row(name: &str, scores: &(Value, Value), speed: f64) {
    let f1 = |scores: &Value, key: &str| scores[key]["f1"].as_f64().unwrap_or(0.0) * 100.0;
    let cell = |key: &str| format!("{key} {:5.1} ({:5.1})", f1(&scores.0, key), f1(&scores.1, key));
    let cells = ["micro", "PER", "ORG", "LOC"].map(cell).join("  ");
    println!("{name:<10} {cells}  {:>9.0} tokens/s", speed);
}

/// A file, or the column files of a folder in the order of their names.
fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).with_context(|| path.display().to_string())?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else if path
            .extension()
            .is_some_and(|e| ["conll", "txt", "bio", "iob", "tsv"].iter().any(|known| e == *known))
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(text: &str) -> Vec<Document> {
    let mut documents = vec![Document::default()];
    let mut fresh = true;
    for line in text.lines() {
        // Columns are parted by tabs or spaces; a token itself never holds either.
        let mut columns = line.split_whitespace();
        let (word, tag) = (columns.next(), columns.next_back());
        let Some(document) = documents.last_mut() else { break };
        match (word, tag) {
            (Some("-DOCSTART-"), _) => {
                documents.push(Document::default());
                fresh = true;
            }
            (Some(word), Some(tag)) if !(word == "#" && line.starts_with("# ")) => {
                if !document.text.is_empty() {
                    document.text.push_str(if fresh { "\n\n" } else { " " });
                }
                let from = document.text.len();
                document.text.push_str(word);
                document.places.push((from, document.text.len()));
                document.words.push(word.to_owned());
                // The Universal NER's and others' names of the same types.
                let tag = tag.replace("PERSON", "PER").replace("GPE", "LOC");
                document.tags.push((tag, fresh));
                fresh = false;
            }
            _ => fresh = true,
        }
    }
    documents.retain(|document| !document.words.is_empty());
    documents
}

/// Takes leading articles and closing possessives off.
fn strip(words: &[String], mut start: usize, mut end: usize) -> (usize, usize) {
    while start + 1 < end && ["the", "a", "an"].contains(&words[start].to_lowercase().as_str()) {
        start += 1;
    }
    while end > start + 1 && ["'s", "\u{2019}s", "'", "\u{2019}", "'S"].contains(&words[end - 1].as_str()) {
        end -= 1;
    }
    (start, end)
}

fn type_of(label: &str) -> Option<&'static str> {
    TYPES.into_iter().find(|known| *known == label)
}

impl Document {
    /// What annotators found.
    fn gold(&self) -> BTreeSet<Name> {
        let mut names = BTreeSet::new();
        let mut at = 0;
        while at < self.tags.len() {
            let (position, label) = self.tags[at].0.split_once('-').unwrap_or(("O", ""));
            let mut end = at + 1;
            if position != "O" {
                let inside = format!("I-{label}");
                while end < self.tags.len() && self.tags[end].0 == inside && !self.tags[end].1 {
                    end += 1;
                }
                if let Some(known) = type_of(label) {
                    let (start, end) = strip(&self.words, at, end);
                    names.insert((start, end, known));
                }
            }
            at = end;
        }
        names
    }

    /// Spans of bytes as names: every token that a span touches is in it.
    fn lay(&self, spans: &[(usize, usize, String)]) -> BTreeSet<Name> {
        let mut names = BTreeSet::new();
        for (start, end, label) in spans {
            let first = self.places.partition_point(|(_, to)| to <= start);
            let last = self.places.partition_point(|(from, _)| from < end);
            if let Some(label) = type_of(label)
                && first < last
            {
                let (start, end) = strip(&self.words, first, last);
                names.insert((start, end, label));
            }
        }
        names
    }
}

/// Strict and overlap scores by type and micro.
fn score(documents: &[Document], found: impl Iterator<Item = Vec<(usize, usize, String)>>) -> (Value, Value) {
    let mut strict: BTreeMap<&str, Count> = BTreeMap::new();
    let mut overlap: BTreeMap<&str, Count> = BTreeMap::new();
    for (document, spans) in documents.iter().zip(found) {
        let (gold, found) = (document.gold(), document.lay(&spans));
        for (all, loose) in [(&mut strict, false), (&mut overlap, true)] {
            let meets = |a: &Name, b: &Name| if loose { a.2 == b.2 && a.0 < b.1 && b.0 < a.1 } else { a == b };
            // One name answers for one at most.
            let mut free: Vec<&Name> = gold.iter().collect();
            for name in &found {
                let count = all.entry(name.2).or_default();
                match free.iter().position(|other| meets(name, other)) {
                    Some(at) => {
                        free.remove(at);
                        count.right += 1;
                    }
                    None => count.wrong += 1,
                }
            }
            free.iter().for_each(|name| all.entry(name.2).or_default().missed += 1);
        }
    }
    (table(&strict), table(&overlap))
}

fn table(counts: &BTreeMap<&str, Count>) -> Value {
    let of = |kind: &str| counts.get(kind).copied().unwrap_or_default();
    let micro = TYPES.into_iter().map(of).fold(Count::default(), |sum, count| Count {
        right: sum.right + count.right,
        wrong: sum.wrong + count.wrong,
        missed: sum.missed + count.missed,
    });
    json!({
        "micro": micro.json(), "PER": of("PER").json(), "ORG": of("ORG").json(), "LOC": of("LOC").json(),
    })
}

/// The same texts through spaCy: spans in bytes, and the seconds that its pipeline took.
type Found = (Vec<Vec<(usize, usize, String)>>, f64);

fn spacy(documents: &[Document]) -> anyhow::Result<Found> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let python = root.join(".tools/venv/bin/python");
    anyhow::ensure!(python.exists(), "no .tools/venv");
    let mut child = Command::new(python)
        .arg(root.join("tests/eval/spacy_names.py"))
        .env("OMP_NUM_THREADS", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut input = String::new();
    for document in documents {
        input.push_str(&serde_json::to_string(&document.text)?);
        input.push('\n');
    }
    // The script reads all before it writes.
    child.stdin.take().context("no pipe")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    anyhow::ensure!(output.status.success(), "spaCy or its model is not installed");
    let output = String::from_utf8(output.stdout)?;
    let mut lines: Vec<&str> = output.lines().collect();
    let summary: Value = serde_json::from_str(lines.pop().context("no answer")?)?;
    let mut found = Vec::new();
    for (line, document) in lines.into_iter().zip(documents) {
        let answer: Value = serde_json::from_str(line)?;
        let mut bytes: Vec<usize> = document.text.char_indices().map(|(at, _)| at).collect();
        bytes.push(document.text.len());
        let place = |value: &Value| value.as_u64().and_then(|at| bytes.get(at as usize).copied());
        let mut spans = Vec::new();
        for span in answer["spans"].as_array().into_iter().flatten() {
            let label = match span[2].as_str().unwrap_or("") {
                "PERSON" => "PER",
                "ORG" => "ORG",
                "GPE" | "LOC" | "FAC" => "LOC",
                _ => continue,
            };
            if let (Some(start), Some(end)) = (place(&span[0]), place(&span[1])) {
                spans.push((start, end, label.to_owned()));
            }
        }
        found.push(spans);
    }
    Ok((found, summary["seconds"].as_f64().unwrap_or(f64::INFINITY)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "-DOCSTART- -X- O O\n\nThe DT B-ORG\nU.N. NNP I-ORG\n's POS I-ORG\nAnnan NNP B-PER\n\nParis NNP B-LOC\n";

    #[test]
    fn columns_articles_and_possessives() {
        let documents = read(TEXT);
        assert_eq!(documents.len(), 1);
        assert_eq!(documents[0].text, "The U.N. 's Annan\n\nParis");
        let gold: Vec<Name> = documents[0].gold().into_iter().collect();
        assert_eq!(gold, [(1, 2, "ORG"), (3, 4, "PER"), (4, 5, "LOC")]);
    }

    #[test]
    fn strict_wants_the_same_tokens_and_overlap_one_of_them() {
        let documents = read(TEXT);
        let spans = vec![(4, 8, "ORG".to_owned()), (9, 17, "PER".to_owned()), (19, 24, "PER".to_owned())];
        let (strict, overlap) = score(&documents, [spans].into_iter());
        assert_eq!(strict["ORG"], json!({"p": 1.0, "r": 1.0, "f1": 1.0}));
        assert_eq!(strict["PER"]["r"], 0.0);
        assert_eq!(overlap["PER"], json!({"p": 0.5, "r": 1.0, "f1": 2.0 / 3.0}));
        assert_eq!(overlap["LOC"]["r"], 0.0);
    }
}
