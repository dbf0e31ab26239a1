//! Hostile feeds: every kind of document, of text and of HTML as a feed that a server can send.

use super::{answers, answers::Answer, documents, markup, texts};
use crate::publisher::xml;
use std::fmt::Write;

/// Bytes of the text of one item.
const ITEM: usize = 60_000;

/// A feed, by what its server sends.
#[derive(Debug, Clone)]
pub enum Served {
    /// A document.
    Document(Vec<u8>),
    /// An answer that is hostile itself.
    Answer(Answer),
}

/// Number of kinds.
#[must_use]
pub fn count() -> usize {
    documents::ALL.len() + texts::ALL.len() + markup::ALL.len() + answers::ALL.len()
}

/// The kind with a number below [`count`]: its name, and what is served, of about `size` bytes. `salt` makes other articles
/// of the same texts.
#[must_use]
pub fn make(kind: usize, size: usize, salt: u64) -> (&'static str, Served) {
    let mut at = kind;
    if let Some((name, make)) = documents::ALL.get(at) {
        return (name, Served::Document(make(size)));
    }
    at -= documents::ALL.len();
    if let Some((name, language, make)) = texts::ALL.get(at) {
        let items = size.div_ceil(ITEM);
        return (name, Served::Document(feed(language, items, salt, || xml(&make(size / items)))));
    }
    at -= texts::ALL.len();
    if let Some((name, make)) = markup::ALL.get(at) {
        let items = size.div_ceil(ITEM);
        return (name, Served::Document(feed("en", items, salt, || xml(&make(size / items)))));
    }
    at -= markup::ALL.len();
    let (name, answer) = answers::ALL[at % answers::ALL.len()];
    (name, Served::Answer(answer))
}

/// A kind by chance: as it is, mixed with another one, or damaged. It is another one for another seed.
#[must_use]
pub fn random(random: &mut fastrand::Rng, max: usize) -> Served {
    // Mostly small, now and then as large as the limit allows.
    let size = max >> random.u32(0..10);
    let mut one = || make(random.usize(..count()), size, random.u64(..)).1;
    let first = match (one(), one()) {
        (Served::Document(mut first), Served::Document(second)) if random.u8(..) < 60 => {
            let (at, from) = (random.usize(..=first.len()), random.usize(..=second.len()));
            first.splice(at..at, second[from..].iter().copied());
            first
        }
        (Served::Document(first), _) => first,
        (answer, _) => return answer,
    };
    Served::Document(if random.bool() { damaged(random, first) } else { first })
}

/// Changes a few bytes and stretches, anywhere.
fn damaged(random: &mut fastrand::Rng, mut bytes: Vec<u8>) -> Vec<u8> {
    const PIECES: [&[u8]; 8] = [b"<", b"&", b"]]>", b"<!--", b"</item>", b"\0", b"\"", b"\xff"];
    for _ in 0..random.usize(1..20) {
        let Some(last) = bytes.len().checked_sub(1) else { break };
        let at = random.usize(..=last);
        let to = at + random.usize(..=(last - at).min(2_000));
        match random.u8(..5) {
            0 => bytes[at] = random.u8(..),
            1 => drop(bytes.drain(at..to)),
            2 => {
                let copy = bytes[at..to].to_vec();
                let there = random.usize(..=last);
                bytes.splice(there..there, copy);
            }
            3 => drop(bytes.splice(at..at, random.choice(PIECES).unwrap_or(b"").iter().copied())),
            _ if random.u8(..) < 20 => bytes.truncate(at),
            _ => bytes[at..to].reverse(),
        }
    }
    bytes
}

/// A feed whose items have this text.
fn feed(language: &str, items: usize, salt: u64, text: impl Fn() -> String) -> Vec<u8> {
    let mut all =
        format!("<?xml version='1.0'?><rss version='2.0'><channel><title>t</title><language>{language}</language>");
    for item in 0..items {
        let text = text();
        let title: String = text.chars().take(200).collect();
        // An escaped character must not be cut.
        let title = title.rsplit_once('&').map_or(title.as_str(), |(whole, _)| whole);
        let _ = write!(
            all,
            "<item><guid isPermaLink='false'>{salt}-{item}</guid><title>{title}</title><description>{text}</description></item>"
        );
    }
    all.push_str("</channel></rss>");
    all.into_bytes()
}
