//! Runs spaCy on the same texts, if `.tools/venv` has it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context as _;
use serde_json::Value;

use super::label::type_of;
use super::read::Document;

/// Byte spans of each document, and the time of the pipeline in seconds.
pub type Found = (Vec<Vec<(usize, usize, String)>>, f64);

/// The names that a model of spaCy finds; none for that of English.
///
/// # Errors
/// Python, spaCy or its model is missing or fails.
pub fn spacy(documents: &[Document], model: Option<&str>) -> anyhow::Result<Found> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = root.join(".tools/venv/bin/python");
    anyhow::ensure!(python.exists(), "no .tools/venv");
    let mut child = Command::new(python)
        .arg(root.join("tools/eval/spacy_names.py"))
        .args(model)
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
    // The script reads all its input before it writes.
    child.stdin.take().context("the process has no standard input")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    anyhow::ensure!(output.status.success(), "spaCy or its model is not installed");
    let output = String::from_utf8(output.stdout)?;
    let mut lines: Vec<&str> = output.lines().collect();
    let summary: Value = serde_json::from_str(lines.pop().context("the script printed nothing")?)?;
    let mut found = Vec::new();
    for (line, document) in lines.into_iter().zip(documents) {
        let answer: Value = serde_json::from_str(line)?;
        let mut bytes: Vec<usize> = document.text.char_indices().map(|(at, _)| at).collect();
        bytes.push(document.text.len());
        let place = |value: &Value| value.as_u64().and_then(|at| bytes.get(at as usize).copied());
        let mut spans = Vec::new();
        for span in answer["spans"].as_array().into_iter().flatten() {
            let Some(label) = type_of(span[2].as_str().unwrap_or("")) else { continue };
            if let (Some(start), Some(end)) = (place(&span[0]), place(&span[1])) {
                spans.push((start, end, label.to_owned()));
            }
        }
        found.push(spans);
    }
    Ok((found, summary["seconds"].as_f64().unwrap_or(f64::INFINITY)))
}
