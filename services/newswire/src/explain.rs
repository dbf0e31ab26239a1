//! `newswire explain`: what the normaliser makes of a story's last raw record, and by which rules. Reads what the topic still holds,
//! and runs this version's normaliser on it.

use crate::{
    answer::{self, Answer},
    output::OutputArgs,
};
use anyhow::{Context, bail};
use chassis::terminal::line;
use normaliser::{Normalised, Published, boilerplate, normalise, revision::Delivery};
use poller::credentials::{Credentials, SecretArgs};
use proto::{topic::Topic, v1::RawItem, vocab::kind};
use serde_json::{Value, json};
use std::io::Write;
use stream::{LogArgs, LogConfig, ProcessError};

/// Flags of `newswire explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// URL of a story, or its article id.
    #[arg(value_name = "URL or ID")]
    subject: String,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    secrets: SecretArgs,
    #[command(flatten)]
    log: LogArgs,
}

impl Args {
    /// Checks the flags.
    ///
    /// # Errors
    /// One message for each invalid flag.
    pub fn check(&self) -> Result<Answer, Vec<String>> {
        let (config, given, json, secrets) =
            (self.log.check()?, self.subject.trim().to_owned(), self.output.json, self.secrets.credentials());
        if id(&given).is_none() && poller::identity::canonical_url(&given).is_none() {
            return Err(vec![format!("{:?} is neither a URL nor an id", secrets.parameters.masked(&given))]);
        }
        Ok(Box::new(move |out| explain(out, &config, &given, json, &secrets)))
    }
}

/// The article id that `text` is, in lower case.
fn id(text: &str) -> Option<String> {
    let is_id = text.len() == proto::id::DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| text.to_ascii_lowercase())
}

fn explain(
    out: &mut dyn Write,
    config: &LogConfig,
    given: &str,
    json: bool,
    secrets: &Credentials,
) -> anyhow::Result<()> {
    let shown = secrets.parameters.masked(given);
    let Some((place, mut raw)) = last(config, given, &shown)? else {
        bail!("{} holds no text of {shown}", config.names.of(Topic::Raw));
    };
    raw.feed_url = secrets.parameters.masked(&raw.feed_url);
    let fetched = raw.fetch.as_ref().and_then(|fetch| fetch.fetched_at.as_ref()).and_then(proto::time::from_wire);
    // Without state: whether the text is new to the pipeline is not the question.
    let delivery = Delivery::at(fetched.unwrap_or_else(jiff::Timestamp::now));
    let published = match normalise(&raw, None, delivery) {
        Ok(Normalised::Article(published)) => published,
        Ok(Normalised::Dropped(reason)) => bail!("the page at {place} changes nothing: {reason}"),
        Ok(_) => bail!("the record at {place} has no text"),
        Err(ProcessError::Poison { reason, detail }) => {
            bail!("the normaliser refuses the record at {place}: {reason}: {detail}")
        }
        Err(error) => return Err(error).context(place),
    };
    // What the feed says of a page is in the entry that asked for it.
    let (kind, feed_url) = (raw.kind.clone(), raw.feed_url.clone());
    let given = RawItem { kind, feed_url, ..raw.entry.take().map_or(raw, |entry| *entry) };
    if json {
        return Ok(writeln!(out, "{}", as_json(&place, &given, &published))?);
    }
    Ok(print(out, &place, &given, &published)?)
}

/// The last raw record with the text of a story, and its place.
fn last(config: &LogConfig, given: &str, shown: &str) -> anyhow::Result<Option<(String, RawItem)>> {
    let log = answer::reach(config)?;
    let article_id = id(given);
    let canonical = [given, shown].map(poller::identity::canonical_url);
    let mut found: Option<(String, RawItem)> = None;
    answer::each(&*log, &config.names.of(Topic::Raw), |record| {
        let Ok(item) = record.decode::<RawItem>() else { return };
        let is_meant = match &article_id {
            Some(id) => item.article_id == *id,
            None => {
                [given, shown].contains(&item.url.as_str())
                    || canonical.iter().flatten().any(|url| *url == item.canonical_url)
            }
        };
        let has_text = matches!(item.kind.as_str(), kind::ENTRY | kind::PAGE | "") && item.page_failure.is_empty();
        if is_meant && has_text {
            found = Some((format!("{}[{}]@{}", record.topic, record.partition, record.offset), item));
        }
    })?;
    Ok(found)
}

fn place_name(at: boilerplate::At) -> &'static str {
    match at {
        boilerplate::At::Start => "start",
        boilerplate::At::Anywhere => "within",
        boilerplate::At::End => "end",
    }
}

fn form(form: &str) -> &str {
    if form.is_empty() { "not recorded" } else { form }
}

fn as_json(place: &str, raw: &RawItem, published: &Published) -> Value {
    let (article, trace) = (&published.article, &published.trace);
    let cuts: Vec<Value> =
        trace.cuts.iter().map(|cut| json!({ "line": cut.line, "rule": cut.rule, "at": place_name(cut.at) })).collect();
    json!({
        "article_id": article.article_id,
        "record": place,
        "kind": raw.kind,
        "feed_url": raw.feed_url,
        "url": article.url,
        "canonical_url": article.canonical_url,
        "title": {
            "before": raw.title,
            "form": raw.title_form,
            "text": trace.title,
            "after": article.title,
            "site_removed": published.site_removed,
        },
        "body": {
            "from": trace.body_from,
            "words": article.word_count,
            "cut": cuts,
            "publish_text": raw.publish_text,
            "withheld": trace.is_withheld,
        },
        "publisher": {
            "name": article.publisher_name,
            "name_by": trace.origin.name_by,
            "domain": article.publisher_domain,
            "domain_by": trace.origin.domain_by,
            "carrier": article.carrier,
            "carrier_by": trace.origin.carrier_by,
            "source_name": raw.source_name,
            "source_url": raw.source_url,
        },
        "language": { "declared": raw.language, "code": article.language, "confidence": article.language_confidence },
        "warnings": article.warnings,
    })
}

fn print(out: &mut dyn Write, place: &str, raw: &RawItem, published: &Published) -> std::io::Result<()> {
    let (article, trace) = (&published.article, &published.trace);
    writeln!(out, "story {} {}", article.article_id, line(&article.title))?;
    let raw_kind = if raw.kind.is_empty() { kind::ENTRY } else { &raw.kind };
    writeln!(out, "  record: {place}, {raw_kind} of {}", line(&raw.feed_url))?;
    writeln!(out, "  title as given ({}): {}", form(&raw.title_form), line(&raw.title))?;
    writeln!(out, "  title as text: {}", line(&trace.title))?;
    if published.site_removed {
        writeln!(out, "  title without the name of the site: {}", line(&article.title))?;
    }
    let form = form(if trace.body_from == "content" { &raw.content_form } else { &raw.summary_form });
    writeln!(out, "  body from the {} ({form}): {} words", trace.body_from, article.word_count)?;
    for cut in &trace.cuts {
        writeln!(out, "    cut ({}, {}): {}", place_name(cut.at), cut.rule, line(&cut.line))?;
    }
    if trace.is_withheld {
        writeln!(out, "  withheld: the definition of the feed says publish_text {}", line(&raw.publish_text))?;
    }
    let origin = &trace.origin;
    let by = |rule: &str| if rule.is_empty() { String::new() } else { format!(" (by the {rule})") };
    let (name, domain) = (line(&article.publisher_name), line(&article.publisher_domain));
    writeln!(out, "  publisher: {name}{}, domain {domain}{}", by(origin.name_by), by(origin.domain_by))?;
    if !article.carrier.is_empty() {
        writeln!(out, "  carrier: {}{}", line(&article.carrier), by(origin.carrier_by))?;
    }
    let declared = if raw.language.is_empty() { "nothing".to_owned() } else { line(&raw.language).to_string() };
    writeln!(out, "  language: {} ({:.2}); declared: {declared}", article.language, article.language_confidence)?;
    if !article.warnings.is_empty() {
        writeln!(out, "  warnings: {}", article.warnings.join(", "))?;
    }
    Ok(())
}
