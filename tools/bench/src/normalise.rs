//! `bench normalise [DATA]`: articles a second on one core from the text of feeds, whole and by step, compared with the same steps in
//! Python (lxml, w3lib, py3langid). Both work on the same items, one after the other.

use std::{fs, hint::black_box, io::Write as _, path::Path, process::Command, time::Instant};

use anyhow::Context as _;
use jiff::Timestamp;
use normaliser::{
    Normalised, boilerplate, date, html,
    language::{self, Hint},
    normalise, publisher,
    revision::Delivery,
    signature, size, title,
};
use poller::document::Context;
use proto::{
    v1::{Article, RawItem},
    wire::Encoding,
};
use serde_json::{Map, Value, json};
use text::{Document, characters};
use url::Url;

use crate::broker;

/// Number of turns; the best one of each step counts.
const TURNS: usize = 7;

/// Prints a table unless `json` is set, and returns `{"articles", "bytes", "articles_per_s", "steps": {NAME: microseconds an
/// article}, "python": {"articles_per_s", "steps"} or null, "to_python"}`. `data` is a folder of captured feeds, or one
/// that has such a folder `publishers`. Without items there, items are made.
///
/// # Errors
/// A document cannot be read, or an item cannot be normalised.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
#[expect(clippy::cast_precision_loss, reason = "counts of articles and bytes")]
pub fn run(data: &Path, json: bool) -> anyhow::Result<Value> {
    let items = items(data)?;
    let bytes: usize = items.iter().map(|item| item.title.len() + item.summary.len() + item.content.len()).sum();
    let mut best = [f64::MAX; STEPS.len()];
    let mut whole = f64::MAX;
    for _ in 0..TURNS {
        let started = Instant::now();
        for item in &items {
            black_box(article(item)?);
        }
        whole = whole.min(started.elapsed().as_secs_f64());
        for (best, seconds) in best.iter_mut().zip(steps(&items)?) {
            *best = best.min(seconds);
        }
    }
    let count = items.len() as f64;
    let python = python(&items);
    let micros: Map<String, Value> = STEPS
        .iter()
        .zip(best)
        .map(|(name, seconds)| ((*name).to_owned(), json!(round(seconds * 1e6 / count))))
        .collect();
    let rate = count / whole;
    let to_python =
        python.as_ref().ok().and_then(|python| python["articles_per_s"].as_f64()).map(|python| rate / python);
    if !json {
        println!("{} articles, {:.0} bytes of text each, best of {TURNS} turns", items.len(), bytes as f64 / count);
        println!("{:<12} {:>10} {:>10}", "step", "newswire", "Python");
        for name in STEPS {
            let other = python.as_ref().map_or(&Value::Null, |python| &python["steps"][name]);
            println!("{name:<12} {:>7} us {:>7} us", micros[name], other);
        }
        println!("whole        {rate:>7.0}/s");
        match &python {
            Ok(python) => println!("Python       {:>7}/s", python["articles_per_s"]),
            Err(error) => println!("Python       not measured: {error:#}"),
        }
        if let Some(ratio) = to_python {
            println!("{ratio:.1} times as fast as Python");
        }
    }
    Ok(json!({
        "articles": items.len(), "bytes": bytes, "articles_per_s": rate.round(), "steps": micros,
        "python": python.ok(), "to_python": to_python.map(round),
    }))
}

const STEPS: [&str; 8] = ["parse", "boilerplate", "title", "date", "language", "sanitise", "signature", "encode"];

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// The whole stage, and the record in JSON.
fn article(item: &RawItem) -> anyhow::Result<(Article, Vec<u8>)> {
    let delivery = Delivery::at(Timestamp::UNIX_EPOCH);
    match normalise(item, None, delivery) {
        Ok(Normalised::Article(published)) => {
            let record = Encoding::Json.encode(&published.article)?;
            Ok((published.article, record))
        }
        other => anyhow::bail!("no article of {}: {other:?}", item.url),
    }
}

/// Seconds of each step over all items. A step gets what the steps before it made, so that only its own work is timed.
fn steps(items: &[RawItem]) -> anyhow::Result<[f64; STEPS.len()]> {
    let timed = |work: &mut dyn FnMut()| {
        let started = Instant::now();
        work();
        started.elapsed().as_secs_f64()
    };
    let content =
        |item: &RawItem| if item.content.trim().is_empty() { item.summary.clone() } else { item.content.clone() };
    let sources: Vec<(String, String)> = items.iter().map(|item| (item.title.clone(), content(item))).collect();
    let mut parsed = Vec::new();
    let parse = timed(&mut || {
        let parse = |(title, content)| {
            (characters::collapse_whitespace(Document::parse(title).text()), Document::parse(content))
        };
        parsed = sources.iter().map(|(title, content)| parse((title, content))).collect();
    });
    let mut bodies = Vec::new();
    let boilerplate =
        timed(&mut || bodies = parsed.iter().map(|(_, content)| boilerplate::strip(content.text(), &[])).collect());
    let title = timed(&mut || {
        for (item, (title, _)) in items.iter().zip(&parsed) {
            let domain = publisher::domain(&item.url);
            let name = publisher::name("", &item.feed_title, &domain);
            black_box(title::strip_site(title, &[&name, &item.feed_title, &domain]));
        }
    });
    let date = timed(&mut || {
        for item in items {
            black_box(date::published(item, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH));
        }
    });
    let language = timed(&mut || {
        for ((item, (title, _)), body) in items.iter().zip(&parsed).zip(&bodies) {
            black_box(language::detect(&format!("{title}\n{}", body.text), &[Hint::Feed(&item.language)]));
        }
    });
    let sanitise = timed(&mut || {
        for ((item, (_, content)), body) in items.iter().zip(&parsed).zip(&bodies) {
            let trailing: Vec<String> = body.trailing.iter().map(|cut| cut.line.clone()).collect();
            let lines: Vec<&str> = body.leading.iter().chain(&body.inner).map(|cut| cut.line.as_str()).collect();
            black_box(html::sanitise_without(content, Url::parse(&item.url).ok().as_ref(), &lines, &trailing));
        }
    });
    let signature = timed(&mut || {
        for ((title, _), body) in parsed.iter().zip(&bodies) {
            black_box(signature::minhash(title, &body.text));
        }
    });
    let mut articles =
        items.iter().map(|item| article(item).map(|(article, _)| article)).collect::<Result<Vec<_>, _>>()?;
    let encode = timed(&mut || {
        for article in &mut articles {
            black_box(size::fit(article));
            black_box(Encoding::Json.encode(article).ok());
        }
    });
    Ok([parse, boilerplate, title, date, language, sanitise, signature, encode])
}

/// Items of the captured feeds that have a title and a text, in the order of the files' names.
fn items(data: &Path) -> anyhow::Result<Vec<RawItem>> {
    let inner = data.join("publishers");
    let folder = if inner.is_dir() { inner } else { data.to_owned() };
    let mut paths: Vec<_> = match fs::read_dir(&folder) {
        Ok(entries) => entries.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?,
        Err(_) => Vec::new(),
    };
    paths.sort();
    let mut items = Vec::new();
    for path in paths.into_iter().filter(|path| path.is_file() && path.extension().is_none_or(|e| e != "json")) {
        let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
        let Ok(document) = poller::parse::read(&bytes, &Context::new("https://news.example.org/feed")) else {
            continue;
        };
        for entry in document.entries {
            if entry.title.is_empty() || entry.summary.is_empty() && entry.content.is_empty() {
                continue;
            }
            items.push(RawItem {
                article_id: format!("{:032x}", items.len()),
                url: entry.link,
                guid: entry.guid,
                title: entry.title,
                summary: entry.summary,
                content: entry.content,
                feed_title: document.title.clone(),
                language: document.language.clone(),
                authors: entry.authors,
                categories: entry.categories,
                published_text: entry.published_text,
                ..RawItem::default()
            });
        }
    }
    if items.is_empty() {
        items = (0..1_000).map(made).collect();
    }
    Ok(items)
}

fn made(number: usize) -> RawItem {
    let paragraph = format!(
        "<p>The harbour of town {number} opens its <a href=\"/bridge?n={number}\">second bridge</a> on Monday, the council said, \
         after {} years of work. <em>Traffic</em> &amp; trade are to follow.</p>",
        number % 9 + 2
    );
    RawItem {
        article_id: format!("{number:032x}"),
        url: format!("https://news.example.org/{number}"),
        title: format!("Bridge {number} opens - Example News"),
        content: paragraph.repeat(number % 12 + 1),
        feed_title: "Example News".to_owned(),
        language: "en".to_owned(),
        ..RawItem::default()
    }
}

/// The same steps in Python on the same items. The script measures the time.
fn python(items: &[RawItem]) -> anyhow::Result<Value> {
    let mut file = tempfile::NamedTempFile::new()?;
    for item in items {
        let content = if item.content.trim().is_empty() { &item.summary } else { &item.content };
        let row = json!({
            "url": item.url, "title": item.title, "content": content, "site": item.feed_title, "published": item.published_text,
        });
        writeln!(file, "{row}")?;
    }
    file.flush()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("normalise.py");
    let output = Command::new(broker::python()?).arg(script).arg(file.path()).output()?;
    anyhow::ensure!(output.status.success(), "normalise.py: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}
