//! GUM's CoNLL-U: which of its mentions are names.
//!
//! GUM marks every noun phrase. The `Entity=` field of a token opens and closes mentions, as in
//! `(7-organization-new-sssss-cf2-2,3,5-coref-Kupfer_Trust(8-place-..)` and `8)7)`; the order of
//! the parts is given by the line `# global.Entity`. A mention is closed by its group, and the
//! innermost open one of that group is meant. `minspan` numbers its head words from the
//! mention's own first word. Parts hold no `-`, `(` or `)` of their own (`%2D`, `%28`).

use std::collections::HashMap;

use crate::titles::is_title;
use tagger::Label;

/// A sentence of GUM and what is named in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct GumSentence {
    /// Whether a document begins with it.
    pub opens_document: bool,
    /// Its words.
    pub words: Vec<String>,
    /// Names that do not overlap, in order: words `start..end`, and what of.
    pub names: Vec<(usize, usize, Label)>,
    /// Words of names of another kind (events, works, peoples) or that may be some.
    pub other: Vec<bool>,
    /// Proper nouns about which the mentions say nothing.
    pub doubtful: Vec<bool>,
}

/// Where the parts of an `Entity=` field stand.
struct Fields {
    group: usize,
    kind: usize,
    minimal: usize,
    count: usize,
}

impl Fields {
    /// From the line `# global.Entity = GRP-etype-..`.
    fn read(order: &str) -> Fields {
        let parts: Vec<&str> = order.trim().split('-').collect();
        let place = |name: &str, usual: usize| parts.iter().position(|part| *part == name).unwrap_or(usual);
        Fields { group: place("GRP", 0), kind: place("etype", 1), minimal: place("minspan", 5), count: parts.len() }
    }
}

/// A mention as it stands: words `start..end`, and the positions of its head words.
struct Mention<'t> {
    start: usize,
    end: usize,
    kind: &'t str,
    heads: Vec<usize>,
    linked: bool,
}

/// One token's columns that matter.
struct Row<'t> {
    word: &'t str,
    upos: &'t str,
    xpos: &'t str,
    misc: &'t str,
}

impl Row<'_> {
    fn proper(&self) -> bool {
        self.upos == "PROPN"
    }

    /// `President` alone is not a name.
    fn title(&self) -> bool {
        is_title(self.word)
    }

    fn capital(&self) -> bool {
        self.word.chars().next().is_some_and(|first| first.is_uppercase() || first.is_numeric())
    }
}

/// Reads a file of GUM.
pub fn sentences(text: &str) -> Vec<GumSentence> {
    let mut sentences = Vec::new();
    let mut fields = Fields { group: 0, kind: 1, minimal: 5, count: 8 };
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut opens_document = true;
    for line in text.lines().chain([""]) {
        if let Some(remark) = line.strip_prefix('#') {
            let remark = remark.trim_start();
            if let Some(order) = remark.strip_prefix("global.Entity") {
                fields = Fields::read(order.trim_start().trim_start_matches('='));
            }
            opens_document |= remark.starts_with("newdoc");
        } else if line.is_empty() {
            if !rows.is_empty() {
                sentences.push(GumSentence { opens_document, ..sentence(&rows, &fields) });
                opens_document = false;
            }
            rows.clear();
        } else {
            let columns: Vec<&str> = line.split('\t').collect();
            // Words that are written as one (`1-2`) and words that are not written (`1.1`) are none.
            if let [number, word, _, upos, xpos, _, _, _, _, misc] = columns[..]
                && number.bytes().all(|byte| byte.is_ascii_digit())
            {
                rows.push(Row { word, upos, xpos, misc });
            }
        }
    }
    sentences
}

fn sentence(rows: &[Row<'_>], fields: &Fields) -> GumSentence {
    let mut sentence = GumSentence {
        words: rows.iter().map(|row| row.word.to_owned()).collect(),
        other: vec![false; rows.len()],
        doubtful: rows.iter().map(|row| row.proper() && !row.title()).collect(),
        ..GumSentence::default()
    };
    let mentions = mentions(rows, fields);
    let mut names = Vec::new();
    for mention in &mentions {
        let kind = match mention.kind {
            "person" => Some(Label::Person),
            "organization" => Some(Label::Org),
            "place" => Some(Label::Loc),
            "time" => {
                sentence.doubtful[mention.start..mention.end].fill(false);
                continue;
            }
            _ => None,
        };
        let Some((start, end)) = name(mention, &mentions, rows) else { continue };
        // `Kuwaitis`, `Democrats`: a people or a party's members.
        let members = kind == Some(Label::Person) && end - start == 1 && rows[start].xpos == "NNPS";
        names.push((start, end, kind.filter(|_| !members)));
    }
    // The longest of names that overlap stands: `University of Kupferstadt` is no place.
    names.sort_by_key(|(start, end, _)| (std::cmp::Reverse(end - start), *start));
    let mut taken = vec![false; rows.len()];
    for (start, end, kind) in names {
        if taken[start..end].contains(&true) {
            continue;
        }
        taken[start..end].fill(true);
        sentence.doubtful[start..end].fill(false);
        match kind {
            Some(kind) => sentence.names.push((start, end, kind)),
            None => sentence.other[start..end].fill(true),
        }
    }
    sentence.names.sort_unstable_by_key(|(start, ..)| *start);
    sentence
}

/// All mentions that are opened and closed in the sentence.
fn mentions<'t>(rows: &[Row<'t>], fields: &Fields) -> Vec<Mention<'t>> {
    let mut mentions = Vec::new();
    let mut open: HashMap<&str, Vec<Mention<'t>>> = HashMap::new();
    for (at, row) in rows.iter().enumerate() {
        let mut rest = row.misc.split('|').find_map(|field| field.strip_prefix("Entity=")).unwrap_or("");
        while !rest.is_empty() {
            let (group, closes);
            if let Some(inner) = rest.strip_prefix('(') {
                let end = inner.find(['(', ')']).unwrap_or(inner.len());
                let parts: Vec<&str> = inner[..end].splitn(fields.count.max(2), '-').collect();
                let part = |index: usize| parts.get(index).copied().unwrap_or("");
                let numbers = part(fields.minimal).split(',').filter_map(|number| number.parse::<usize>().ok());
                let heads = numbers.filter(|number| *number > 0).map(|number| at + number - 1).collect();
                let linked = fields.count > fields.minimal + 2 && parts.len() == fields.count;
                group = part(fields.group);
                let mention = Mention { start: at, end: at, kind: part(fields.kind), heads, linked };
                open.entry(group).or_default().push(mention);
                closes = inner[end..].starts_with(')');
                rest = &inner[end + usize::from(closes)..];
            } else {
                let end = rest.find(['(', ')']).unwrap_or(rest.len());
                group = &rest[..end];
                closes = rest[end..].starts_with(')');
                rest = &rest[end + usize::from(closes)..];
            }
            if closes && let Some(mention) = open.get_mut(group).and_then(Vec::pop) {
                mentions.push(Mention { end: at + 1, ..mention });
            }
        }
    }
    mentions
}

/// The name in a mention: its last head words, as far back as they are proper. What stands last
/// names the thing: `a Wikinews reporter` names no reporter, and `Paris, France` is Paris. A
/// person's name holds no title and no other thing: `Texas student Ann Lee` is Ann Lee.
fn name(mention: &Mention<'_>, mentions: &[Mention<'_>], rows: &[Row<'_>]) -> Option<(usize, usize)> {
    let named = |at: usize| rows[at].proper() || (mention.linked && rows[at].capital() && rows[at].upos != "PRON");
    let other = |at: &usize| {
        let holds = |other: &&Mention<'_>| other.kind != mention.kind && (other.start..other.end).contains(at);
        mentions.iter().filter(holds).any(|other| mention.start <= other.start && other.end <= mention.end)
    };
    let fits = |at: &usize| named(*at) && (mention.kind != "person" || !(rows[*at].title() || other(at)));
    let between = |before: usize, after: usize| &rows[before + 1..after];
    let parts = |row: &Row<'_>| matches!(row.word, "," | "(" | "/" | ";" | ":");
    let mut heads: Vec<usize> = Vec::new();
    for at in mention.heads.iter().copied().filter(|at| (mention.start..mention.end).contains(at)) {
        if heads.last().is_some_and(|before| named(*before) && between(*before, at).iter().any(parts)) {
            break;
        }
        heads.push(at);
    }
    let last = heads.pop().filter(fits)?;
    let mut first = last;
    for at in heads.into_iter().rev() {
        if !fits(&at) || between(at, first).iter().any(|row| !bridges(row.word) && !row.capital()) {
            break;
        }
        first = at;
    }
    Some((first, last + 1))
}

/// Words within a name that GUM does not count among its head words.
fn bridges(word: &str) -> bool {
    let lower = word.to_lowercase();
    ["of", "the", "for", "and", "&", "'s", "\u{2019}s", "'", "-", ".", "de", "la", "al"].contains(&lower.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &str = include_str!("fixtures/gum-minimal-spans-of-nested-mentions.conllu");

    fn shown(sentence: &GumSentence) -> Vec<(String, Label)> {
        sentence.names.iter().map(|(start, end, kind)| (sentence.words[*start..*end].join(" "), *kind)).collect()
    }

    #[test]
    fn names_of_nested_mentions_by_their_minimal_spans() {
        let read = sentences(FIELDS);
        let named = |at: usize| shown(&read[at]);
        assert_eq!(named(0), [("Ostland".to_owned(), Label::Loc), ("Mira Dal Koss".to_owned(), Label::Person)]);
        assert_eq!(
            named(1),
            [
                ("Anton Kupfer Trust for the Arts".to_owned(), Label::Org),
                ("Kupferstadt".to_owned(), Label::Loc),
                ("Ostland".to_owned(), Label::Loc),
            ]
        );
        assert_eq!(named(2), [("Wirewatch".to_owned(), Label::Org)], "a people, a day and a feast are no names here");
        assert!(read[2].other[4] && read[2].other[7] && read[2].other[8]);
        assert!(read[2].doubtful[10] && !read[2].doubtful[9]);
        assert_eq!(read.iter().map(|sentence| sentence.opens_document).collect::<Vec<_>>(), [true, false, true]);
    }

    #[test]
    fn the_order_of_the_parts_is_the_files_own() {
        let text = "# global.Entity = GRP-etype-minspan\n\
            1\tKoss\tKoss\tPROPN\tNNP\t_\t0\troot\t_\tEntity=(e12-person-1\n\
            2\tsaid\tsay\tVERB\tVBD\t_\t1\tx\t_\tEntity=e12)\n";
        assert_eq!(shown(&sentences(text)[0]), [("Koss".to_owned(), Label::Person)]);
    }

    #[test]
    fn what_is_broken_is_no_name() {
        for misc in [
            "Entity=(",
            "Entity=)",
            "Entity=4)4)",
            "Entity=(1-person-new-s-c-9-coref)",
            "Entity=(1-person-new-s-c-0,x-coref)",
        ] {
            let text = format!("1\tKoss\tKoss\tPROPN\tNNP\t_\t0\troot\t_\t{misc}\n");
            assert_eq!(shown(&sentences(&text)[0]), [], "{misc}");
        }
    }
}
