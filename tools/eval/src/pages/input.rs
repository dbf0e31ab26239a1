//! Pages and what is right about them, in the formats of article-extraction-benchmark and of fundus.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use flate2::read::GzDecoder;
use serde::Deserialize;

/// Longest page, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// The set that a page is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// article-extraction-benchmark: text only.
    Aeb,
    /// fundus: text, title, authors and date.
    Fundus,
}

/// A page and the truth about it; a field is empty if the set does not say it.
pub struct Page {
    /// The name of the page within the set.
    pub key: String,
    /// The set.
    pub set: Set,
    /// The address of the page.
    pub url: String,
    /// The page as served.
    pub bytes: Vec<u8>,
    /// The text of the article.
    pub text: String,
    /// The title.
    pub title: String,
    /// `2024-11-22 06:57:50+00:00`, or without an offset.
    pub date: String,
    /// The names of the authors.
    pub authors: Vec<String>,
    /// Most of the text is in Chinese, Japanese or Korean.
    pub is_cjk: bool,
}

#[derive(Deserialize)]
struct AebRow {
    #[serde(rename = "articleBody")]
    article_body: String,
    #[serde(default)]
    url: String,
}

#[derive(Deserialize)]
struct FundusRow {
    file: String,
    #[serde(default)]
    url: String,
    title: Option<String>,
    authors: Option<Vec<String>>,
    date: Option<String>,
    text: String,
}

/// Reads the pages of the sets that are in `data`.
///
/// # Errors
/// A file is missing or cannot be read, or there are no pages.
pub fn read(data: &Path) -> anyhow::Result<Vec<Page>> {
    // DATA is the folder of pages, or the corpus that has it.
    let inner = data.join("html");
    let data = if inner.is_dir() { inner } else { data.to_owned() };
    let mut pages = Vec::new();
    let folder = data.join("article-extraction-benchmark");
    if folder.is_dir() {
        let truth = folder.join("ground-truth.json");
        let text = fs::read_to_string(&truth).with_context(|| truth.display().to_string())?;
        let rows: BTreeMap<String, AebRow> = serde_json::from_str(&text)?;
        for (key, row) in rows {
            let bytes = unpacked(&folder.join("html").join(format!("{key}.html.gz")))?;
            pages.push(page(key, Set::Aeb, row.url, bytes, row.article_body));
        }
    }
    let folder = data.join("fundus");
    if folder.is_dir() {
        let truth = folder.join("truth.jsonl");
        let text = fs::read_to_string(&truth).with_context(|| truth.display().to_string())?;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let row: FundusRow = serde_json::from_str(line)?;
            let bytes = unpacked(&folder.join(&row.file))?;
            let mut page = page(row.file, Set::Fundus, row.url, bytes, row.text);
            page.title = row.title.unwrap_or_default();
            page.date = row.date.unwrap_or_default();
            page.authors = row.authors.unwrap_or_default();
            pages.push(page);
        }
    }
    anyhow::ensure!(!pages.is_empty(), "no pages in {}", data.display());
    Ok(pages)
}

fn page(key: String, set: Set, url: String, bytes: Vec<u8>, text: String) -> Page {
    let letters = text.chars().filter(|c| c.is_alphabetic());
    let (all, cjk) = letters.fold((0, 0), |(all, cjk), c| (all + 1, cjk + usize::from(c > '\u{2e80}')));
    let is_cjk = cjk * 2 > all;
    Page { key, set, url, bytes, text, title: String::new(), date: String::new(), authors: Vec::new(), is_cjk }
}

fn unpacked(path: &Path) -> anyhow::Result<Vec<u8>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let mut bytes = Vec::new();
    GzDecoder::new(file).take(MAX_BYTES).read_to_end(&mut bytes).with_context(|| path.display().to_string())?;
    Ok(bytes)
}
