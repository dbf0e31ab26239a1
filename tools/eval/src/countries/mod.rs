//! `eval countries DATA..`: countries of articles, as a set and by the first one.
//!
//! DATA are files of JSON lines with `title`, `text` and `countries` (alpha-2 to number of mentions), or of a variant that
//! `input` accepts. *Primary* is the share of the articles with countries whose `primary` country is first in the result;
//! without `primary`, one of the most mentioned countries must be. Articles are enriched as those of a feed are.

mod input;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use anyhow::Context as _;
use input::Line;
use proto::v1::Article;
use serde_json::{Value, json};

use crate::python;

/// Prints a table for each file unless `json` is set, compared with spaCy and flashgeotext if they are installed, and
/// returns `{"p", "r", "f1", "primary", "articles_per_s"}` of all files together, the first four from 0
/// to 1.
///
/// # Errors
/// A file cannot be read or is of another format.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
pub fn run(data: &[PathBuf], json: bool) -> anyhow::Result<Value> {
    let knowledge = enricher::Knowledge::shipped()?;
    let gazetteer = enricher::gazetteer::Gazetteer::shipped()?;
    let mut all = Score::default();
    for file in files(data)? {
        let read = input::read(&file, gazetteer)?;
        let lines = read.lines;
        let start = Instant::now();
        let found = lines.iter().map(|line| countries(line, &knowledge)).collect::<Result<Vec<_>, _>>()?;
        let seconds = start.elapsed().as_secs_f64();
        let score = Score::of(&lines, &found, seconds);
        all.add(&score);
        if !json {
            println!("{}: {} articles", file.display(), lines.len());
            if read.unscored > 0 {
                println!("  {} more have no text or no countries and are not scored", read.unscored);
            }
            if !read.unknown.is_empty() {
                println!("  not in ISO 3166-1, counted as missed: {}", read.unknown.join(", "));
            }
            row("newswire", &score.json());
            match others(&lines) {
                Ok(rows) => {
                    rows.iter().for_each(|(name, found, seconds)| row(name, &Score::of(&lines, found, *seconds).json()))
                }
                Err(error) => println!("  spaCy-sm, flashgeotext: not run: {error}"),
            }
        }
    }
    anyhow::ensure!(all.articles > 0, "no articles in the data");
    Ok(all.json())
}

fn countries(line: &Line, knowledge: &enricher::Knowledge) -> anyhow::Result<Vec<String>> {
    let article = Article {
        title: line.title.clone(),
        body: line.text.clone(),
        language: line.language.clone(),
        publisher_name: line.publisher.clone(),
        ..Article::default()
    };
    let enriched = enricher::enrich(&article, knowledge, jiff::Timestamp::UNIX_EPOCH)?;
    Ok(enriched.countries.into_iter().map(|country| country.code).collect())
}

#[derive(Default)]
struct Score {
    articles: usize,
    right: usize,
    wrong: usize,
    missed: usize,
    with_country: usize,
    primary: usize,
    seconds: f64,
}

impl Score {
    fn of(lines: &[Line], found: &[Vec<String>], seconds: f64) -> Score {
        let mut score = Score { articles: lines.len(), seconds, ..Score::default() };
        for (line, found) in lines.iter().zip(found) {
            let gold: BTreeSet<&str> = line.countries.keys().map(String::as_str).collect();
            let ours: BTreeSet<&str> = found.iter().map(String::as_str).collect();
            score.right += gold.intersection(&ours).count();
            score.wrong += ours.difference(&gold).count();
            score.missed += gold.difference(&ours).count();
            let most = line.countries.values().copied().max_by(f64::total_cmp);
            let first = found.first();
            if let Some(primary) = &line.primary {
                score.with_country += 1;
                score.primary += usize::from(first == Some(primary));
            } else if let Some(most) = most {
                score.with_country += 1;
                let first = first.and_then(|first| line.countries.get(first));
                score.primary += usize::from(first.is_some_and(|count| *count >= most));
            }
        }
        score
    }

    fn add(&mut self, other: &Score) {
        self.articles += other.articles;
        self.right += other.right;
        self.wrong += other.wrong;
        self.missed += other.missed;
        self.with_country += other.with_country;
        self.primary += other.primary;
        self.seconds += other.seconds;
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of articles")]
    fn json(&self) -> Value {
        let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        let (p, r) = (share(self.right, self.right + self.wrong), share(self.right, self.right + self.missed));
        let f1 = if p + r == 0.0 { 0.0 } else { 2.0 * p * r / (p + r) };
        let primary = share(self.primary, self.with_country);
        let speed = (self.articles as f64 / self.seconds.max(f64::MIN_POSITIVE)).round();
        json!({"p": p, "r": r, "f1": f1, "primary": primary, "articles_per_s": speed})
    }
}

#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
fn row(name: &str, score: &Value) {
    let cell = |key: &str| score[key].as_f64().unwrap_or(0.0) * 100.0;
    println!(
        "  {name:<22} P {:5.1}  R {:5.1}  F1 {:5.1}  primary {:5.1}  {:>7.0} articles/s",
        cell("p"),
        cell("r"),
        cell("f1"),
        cell("primary"),
        score["articles_per_s"].as_f64().unwrap_or(0.0),
    );
}

fn files(data: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in data {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        for entry in fs::read_dir(path).with_context(|| path.display().to_string())? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| ["jsonl", "ndjson", "json"].iter().any(|one| extension == *one))
            {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Name of another tool, its countries for each article, and its time in seconds.
type Others = Vec<(String, Vec<Vec<String>>, f64)>;

/// Runs `tools/eval/countries.py` with the project's Python on the same titles and texts.
fn others(lines: &[Line]) -> anyhow::Result<Others> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut child = python::script("countries.py")?
        .arg(root.join("services/enricher/data/sources/gazetteer"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().context("no standard input")?;
    let texts: Vec<String> =
        lines.iter().map(|line| json!({"title": line.title, "text": line.text}).to_string()).collect();
    let writer = std::thread::spawn(move || texts.iter().try_for_each(|text| writeln!(input, "{text}")));
    let child = child.wait_with_output()?;
    if !child.status.success() {
        let _ = std::io::stderr().write_all(&child.stderr);
        anyhow::bail!("tools/eval/countries.py failed");
    }
    writer.join().map_err(|_| anyhow::anyhow!("the writing thread panicked"))??;
    let rows: Vec<Value> = serde_json::from_slice(&child.stdout)?;
    let mut others = Others::new();
    for row in rows {
        let name = row["name"].as_str().unwrap_or_default().to_owned();
        let seconds = row["seconds"].as_f64().unwrap_or(f64::MAX);
        others.push((name, serde_json::from_value(row["countries"].clone())?, seconds));
    }
    Ok(others)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(countries: &[(&str, f64)], primary: Option<&str>) -> Line {
        Line {
            title: String::new(),
            text: "x".to_owned(),
            language: "en".to_owned(),
            publisher: String::new(),
            countries: countries.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect(),
            primary: primary.map(str::to_owned),
        }
    }

    #[test]
    fn sets_and_primaries_are_scored() {
        let lines = [
            line(&[("NO", 2.0), ("SE", 1.0)], None),
            line(&[("FR", 1.0), ("DE", 1.0)], None),
            line(&[("US", 5.0), ("GB", 1.0)], Some("GB")),
            line(&[], None),
        ];
        let found = [vec!["SE", "NO"], vec!["DE"], vec!["GB"], vec!["CL"]];
        let found: Vec<Vec<String>> = found.map(|all| all.into_iter().map(str::to_owned).collect()).into();
        let score = Score::of(&lines, &found, 1.0);
        assert_eq!((score.right, score.wrong, score.missed), (4, 1, 2));
        assert_eq!((score.primary, score.with_country), (2, 3));
    }
}
