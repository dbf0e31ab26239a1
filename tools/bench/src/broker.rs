//! What measurements on a broker share: the broker, a runtime with topics of its own, articles to write, processes.

use anyhow::Context as _;
use proto::{
    partition,
    topic::{Names, Topic},
    v1::{Fetch, RawItem},
    vocab, wire,
};
use serde_json::Value;
use std::{
    fmt::Write as _,
    path::Path,
    process::{Command, Stdio},
};
use stream::{CancellationToken, LogConfig, LogKind, Outgoing, Runtime, kafka::KafkaConfig};
use test_support::{corpora, kafka, process};

/// Partitions of each topic, as by default.
pub const PARTITIONS: i32 = 24;

/// A broker: the one that `NEWSWIRE_TEST_KAFKA` names, or one of this run, which ends with it and whose data is removed.
pub struct Server {
    /// `host:port`
    pub address: String,
    _own: Option<kafka::Broker>,
}

impl Server {
    /// # Errors
    /// No broker can be started.
    pub fn start() -> anyhow::Result<Self> {
        if let Ok(address) = std::env::var("NEWSWIRE_TEST_KAFKA") {
            return Ok(Server { address, _own: None });
        }
        let own = kafka::start().context("this needs a broker: `make setup`, or set NEWSWIRE_TEST_KAFKA")?;
        Ok(Server { address: own.address.clone(), _own: Some(own) })
    }
}

/// A prefix of names of topics that no other run has.
#[must_use]
pub fn prefix() -> String {
    format!("bench{}.", jiff::Timestamp::now().as_nanosecond())
}

/// What the services of one replica run on. Creates the topics that are missing.
///
/// # Errors
/// The log cannot be opened.
pub fn runtime(kind: LogKind, prefix: &str, replica: &str) -> anyhow::Result<Runtime> {
    let config = LogConfig {
        kind,
        names: Names::new(prefix),
        partitions: PARTITIONS,
        retention: Vec::new(),
        encoding: wire::Encoding::Json,
        replica: replica.to_owned(),
    };
    Ok(config.start(&prometheus::Registry::new(), &CancellationToken::new(), &|_| {})?)
}

/// As [`runtime`], on Kafka.
///
/// # Errors
/// As [`runtime`].
pub fn on_kafka(address: &str, prefix: &str, replica: &str) -> anyhow::Result<Runtime> {
    runtime(LogKind::Kafka(Box::new(KafkaConfig::new(address))), prefix, replica)
}

/// Runs a hidden command of this program in a process of its own, whose memory and processor time are those of the
/// measurement alone, and returns what it prints.
///
/// # Errors
/// The process cannot be started, or fails.
pub fn in_process<T: serde::de::DeserializeOwned>(arguments: &[&str]) -> anyhow::Result<T> {
    let output = Command::new(std::env::current_exe()?).args(arguments).stderr(Stdio::inherit()).output()?;
    anyhow::ensure!(output.status.success(), "{arguments:?}: {}", output.status);
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Texts of news from which articles are made.
pub struct Texts(Vec<String>);

impl Texts {
    /// Sentences of the corpora of countries; invented ones if they are absent.
    #[must_use]
    pub fn read() -> Self {
        let mut sentences = Vec::new();
        for name in ["tr_news.jsonl", "lgl.jsonl"] {
            let text = std::fs::read_to_string(corpora::folder().join("countries").join(name)).unwrap_or_default();
            for line in text.lines() {
                let article: Value = serde_json::from_str(line).unwrap_or_default();
                let text = article["text"].as_str().unwrap_or_default();
                sentences.extend(text.split(". ").filter(|one| one.len() > 20).map(|one| format!("{one}. ")));
            }
        }
        if sentences.is_empty() {
            let places = ["Berlin", "Lagos", "Lima", "Osaka", "Paris", "Tunis"];
            let invented =
                |(number, place)| format!("The mayor of {place} said that {number} roads reopen on Monday. ");
            sentences = places.iter().enumerate().map(invented).collect();
        }
        Texts(sentences)
    }

    /// HTML of at least `bytes` bytes of text in paragraphs. Each number has another text.
    #[must_use]
    pub fn html(&self, number: usize, bytes: usize) -> String {
        let mut html = format!("<p>Report {number}: ");
        let mut at = number.wrapping_mul(7);
        while html.len() < bytes {
            at += 1;
            html.push_str(&test_support::publisher::xml(&self.0[at % self.0.len()]));
            if at.is_multiple_of(4) {
                html.push_str("</p><p>");
            }
        }
        html.push_str("</p>");
        html
    }

    /// The title of that article.
    #[must_use]
    pub fn title(&self, number: usize) -> String {
        let sentence = &self.0[number.wrapping_mul(7) % self.0.len()];
        format!("{} ({number})", &sentence[..sentence.floor_char_boundary(70)])
    }
}

/// A raw item as the poller writes it, with a text of about `bytes` bytes.
///
/// # Errors
/// It cannot be encoded.
pub fn raw_item(runtime: &Runtime, texts: &Texts, number: usize, bytes: usize) -> anyhow::Result<Outgoing> {
    let host = number % 500;
    let url = format!("https://www.news-{host}.example/world/2026/11/{number}/report");
    let id = proto::id::article_id(&url);
    let mut feed = String::new();
    let _ = write!(feed, "{host:032x}");
    let now = jiff::Timestamp::now();
    let at = Some(proto::time::to_wire(now));
    let item = RawItem {
        article_id: id.clone(),
        kind: vocab::kind::ENTRY.to_owned(),
        feed_id: feed,
        feed_url: format!("https://www.news-{host}.example/feed"),
        feed_title: format!("News {host}"),
        guid: url.clone(),
        url: url.clone(),
        canonical_url: url.clone(),
        title: texts.title(number),
        content: texts.html(number, bytes),
        language: "en".to_owned(),
        published_at: at,
        published_at_source: "FEED".to_owned(),
        published_at_precision: "SECOND".to_owned(),
        title_form: "TEXT".to_owned(),
        content_form: "HTML".to_owned(),
        fetch: Some(Fetch {
            fetched_at: at,
            final_url: format!("https://www.news-{host}.example/feed"),
            http_status: 200,
            content_type: "application/rss+xml".to_owned(),
            ..Fetch::default()
        }),
        ..RawItem::default()
    };
    let event = wire::Attributes {
        id: &format!("bench/{number}"),
        event_type: <RawItem as wire::Message>::TYPE,
        source: "newswire/poller",
        time: now,
    };
    Ok(Outgoing {
        topic: runtime.names.of(Topic::Raw),
        partition: partition::of(id.as_bytes(), PARTITIONS),
        key: id.into_bytes(),
        value: Some(runtime.encoding.encode(&item)?),
        headers: wire::headers(runtime.encoding, &event, None),
    })
}

/// Memory of this process.
#[derive(Debug, Clone, Copy)]
pub enum Memory {
    /// At present.
    Now,
    /// At most so far.
    Peak,
}

/// Resident memory of this process, in bytes.
///
/// # Errors
/// The system does not say.
pub fn resident_bytes(memory: Memory) -> anyhow::Result<u64> {
    let field = match memory {
        Memory::Now => "VmRSS",
        Memory::Peak => "VmHWM",
    };
    process::memory("self", field).with_context(|| format!("no {field} in /proc/self/status"))
}

/// Processor seconds of this process so far.
///
/// # Errors
/// The system refuses.
#[expect(clippy::cast_precision_loss, reason = "seconds")]
pub fn processor_seconds() -> anyhow::Result<f64> {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF)?;
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}

/// The Python that has the programs to compare with: that of `NEWSWIRE_PYTHON`, or of `EVAL=1 make setup`.
///
/// # Errors
/// There is none.
pub fn python() -> anyhow::Result<std::path::PathBuf> {
    if let Some(path) = std::env::var_os("NEWSWIRE_PYTHON") {
        return Ok(path.into());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = [".tools/venv/bin/python", ".tools/eval/bin/python"].iter().map(|path| root.join(path));
    python.into_iter().find(|path| path.exists()).context("no Python in .tools: `EVAL=1 make setup`")
}
