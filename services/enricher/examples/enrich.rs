//! Reads JSON lines of `{"title", "text", "language"?, "feed_title"?, "publisher_name"?}` from standard input and prints
//! the enriched articles as JSON lines.
#![expect(clippy::print_stdout, reason = "the articles go to standard output")]

use enricher::{Knowledge, enrich};
use std::io::BufRead;

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Line {
    title: String,
    text: String,
    language: String,
    feed_title: String,
    publisher_name: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let knowledge = Knowledge::shipped()?;
    for line in std::io::stdin().lock().lines() {
        let line: Line = serde_json::from_str(&line?)?;
        let article = proto::v1::Article {
            title: line.title,
            body: line.text,
            language: if line.language.is_empty() { "en".to_owned() } else { line.language },
            feed_title: line.feed_title,
            publisher_name: line.publisher_name,
            ..Default::default()
        };
        println!("{}", serde_json::to_string(&enrich(&article, &knowledge, jiff::Timestamp::UNIX_EPOCH)?)?);
    }
    Ok(())
}
