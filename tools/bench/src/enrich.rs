//! `bench enrich [DATA]`: enrichment speed on one core, compared with spaCy-sm on the same texts in the same run; time and
//! memory that the gazetteer and the model take; and the cost of an article by its length.
//!
//! DATA is a file or folder in the format of `eval countries`. Tokens are those of the enricher's tokeniser.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::broker::{Memory, python, resident_bytes};
use anyhow::Context as _;
use enricher::{Knowledge, enrich};
use proto::v1::Article;
use serde_json::{Value, json};
use tagger::tokens;

/// Prints a table unless `json` is set, and returns `{"articles_per_s", "tokens_per_s", "spacy_tokens_per_s",
/// "ratio", "ready_ms", "memory_mb", "per_length": [[bytes, ns a byte], ..], "repeats": [[text, ns a byte at 10 KB, at
/// 100 KB], ..]}`.
///
/// # Errors
/// DATA cannot be read.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
#[expect(clippy::cast_precision_loss, reason = "counts of tokens and bytes")]
pub fn run(data: &Path, json: bool) -> anyhow::Result<Value> {
    let before = resident_bytes(Memory::Now)?;
    let start = Instant::now();
    let knowledge = Knowledge::shipped()?;
    let ready_ms = start.elapsed().as_secs_f64() * 1000.0;
    let memory_mb = resident_bytes(Memory::Now)?.saturating_sub(before) as f64 / f64::from(1 << 20);
    let articles = articles(data)?;
    anyhow::ensure!(!articles.is_empty(), "no articles in {}", data.display());
    let tokens: usize = articles
        .iter()
        .map(|one| tokens::tokenise(&one.title).tokens.len() + tokens::tokenise(&one.body).tokens.len())
        .sum();
    let mut rounds = 0_u32;
    let start = Instant::now();
    while rounds == 0 || start.elapsed().as_secs_f64() < 3.0 {
        for article in &articles {
            std::hint::black_box(enrich(article, &knowledge, jiff::Timestamp::UNIX_EPOCH)?);
        }
        rounds += 1;
    }
    let seconds = start.elapsed().as_secs_f64() / f64::from(rounds);
    let tokens_per_s = tokens as f64 / seconds;
    let spacy = spacy(&articles);
    let per_length = lengths(&articles, &knowledge)?;
    let repeats = repeats(&knowledge)?;
    let spacy_per_s = spacy.as_ref().ok().map(|seconds| tokens as f64 / seconds);
    if !json {
        println!("{} articles, {tokens} tokens; ready in {ready_ms:.0} ms, {memory_mb:.0} MB", articles.len());
        println!("newswire  {:>9.0} tokens/s  {:>7.0} articles/s", tokens_per_s, articles.len() as f64 / seconds);
        match &spacy {
            Ok(seconds) => println!(
                "spaCy-sm  {:>9.0} tokens/s  {:>7.0} articles/s  (newswire is {:.0} times as fast)",
                tokens as f64 / seconds,
                articles.len() as f64 / seconds,
                tokens_per_s * seconds / tokens as f64
            ),
            Err(error) => println!("spaCy-sm  not measured: {error}"),
        }
        for (bytes, ns) in &per_length {
            println!("an article of {bytes:>9} bytes: {ns:6.0} ns a byte");
        }
        for (text, short, long) in &repeats {
            println!("{short:6.0} ns a byte at 10 KB, {long:6.0} at 100 KB of {text:?}");
        }
    }
    Ok(json!({
        "articles_per_s": (articles.len() as f64 / seconds).round(), "tokens_per_s": tokens_per_s.round(),
        "spacy_tokens_per_s": spacy_per_s, "ratio": spacy_per_s.map(|other| tokens_per_s / other),
        "ready_ms": ready_ms, "memory_mb": memory_mb, "per_length": per_length,
        "repeats": repeats,
    }))
}

/// Nanoseconds per byte for bodies of growing length. The enricher cuts bodies at its limit, so the last value is lower.
fn lengths(articles: &[Article], knowledge: &Knowledge) -> anyhow::Result<Vec<(usize, f64)>> {
    let text: String = articles.iter().map(|one| one.body.as_str()).collect::<Vec<_>>().join("\n\n");
    let mut rows = Vec::new();
    for bytes in [10_000, 100_000, 1_000_000, 10_000_000] {
        let mut body = text.repeat(bytes / text.len().max(1) + 1);
        while !body.is_char_boundary(bytes) {
            body.insert(0, ' ');
        }
        body.truncate(bytes);
        rows.push((bytes, ns_a_byte(body, "en", knowledge)?));
    }
    Ok(rows)
}

#[expect(clippy::cast_precision_loss, reason = "bytes")]
fn ns_a_byte(body: String, language: &str, knowledge: &Knowledge) -> anyhow::Result<f64> {
    let bytes = body.len() as f64;
    let article = Article { body, language: language.to_owned(), ..Article::default() };
    let start = Instant::now();
    let mut rounds = 0_u32;
    while rounds == 0 || start.elapsed().as_secs_f64() < 0.5 {
        std::hint::black_box(enrich(&article, knowledge, jiff::Timestamp::UNIX_EPOCH)?);
        rounds += 1;
    }
    Ok(start.elapsed().as_secs_f64() * 1e9 / f64::from(rounds) / bytes)
}

/// Texts on which a rule searches the context at every repetition: leaders, saints, relatives, acronyms, capitals, other
/// languages. A quadratic rule costs ten times as much a byte in the longer text.
const REPEATED: [(&str, &str); 7] = [
    ("en", "President Macron met Volodomyr Zelensky and Erdogan. "),
    ("en", "St. Mark and "),
    ("en", "her sons Austin, Chad and Jordan, "),
    ("en", "World Health Organization (WHO) and Paris, Texas, "),
    ("en", "CHINA US GEORGIA "),
    ("pl", "Niemiec i Polsce, Ameryki "),
    ("ja", "日本タイムスアメリカ"),
];

/// Nanoseconds per byte for 10 KB and 100 KB of each of [`REPEATED`].
fn repeats(knowledge: &Knowledge) -> anyhow::Result<Vec<(&'static str, f64, f64)>> {
    let cost = |language, text: &str, bytes: usize| ns_a_byte(text.repeat(bytes / text.len()), language, knowledge);
    REPEATED
        .iter()
        .map(|(language, text)| Ok((*text, cost(language, text, 10_000)?, cost(language, text, 100_000)?)))
        .collect()
}

fn articles(data: &Path) -> anyhow::Result<Vec<Article>> {
    let files: Vec<PathBuf> = if data.is_dir() {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(data)?.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
        files.sort();
        files
    } else {
        vec![data.to_owned()]
    };
    let mut articles = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).with_context(|| file.display().to_string())?;
            let field = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
            articles.push(Article {
                title: field("title"),
                body: field("text"),
                language: "en".to_owned(),
                ..Article::default()
            });
        }
    }
    Ok(articles)
}

/// Seconds that the pipeline of spaCy-sm takes for the same texts, measured by the script of `eval names`.
fn spacy(articles: &[Article]) -> anyhow::Result<f64> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut child = Command::new(python()?)
        .arg(root.join("tools/eval/spacy_names.py"))
        .env("OMP_NUM_THREADS", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().context("the process has no standard input")?;
    let texts: Vec<String> = articles
        .iter()
        .map(|article| serde_json::to_string(&format!("{}\n\n{}", article.title, article.body)))
        .collect::<Result<_, _>>()?;
    let writer = std::thread::spawn(move || texts.iter().try_for_each(|text| writeln!(input, "{text}")));
    let output = child.wait_with_output()?;
    anyhow::ensure!(output.status.success(), "tools/eval/spacy_names.py failed");
    writer.join().map_err(|_| anyhow::anyhow!("the writing thread panicked"))??;
    let last = String::from_utf8_lossy(&output.stdout);
    let last: Value = serde_json::from_str(last.trim_end().lines().next_back().unwrap_or_default())?;
    last["seconds"].as_f64().context("tools/eval/spacy_names.py printed no seconds")
}
