//! GUM's CoNLL-U: which of its mentions are names.
//!
//! GUM annotates every noun phrase. The `Entity=` field of a token opens and closes mentions, as in
//! `(7-organization-new-sssss-cf2-2,3,5-coref-Kupfer_Trust(8-place-..)` and `8)7)`. The comment
//! `# global.Entity` gives the order of the parts. A closing bracket with a group number closes the
//! innermost open mention of that group. `minspan` lists the head words, counted from the first word
//! of the mention. `-`, `(` and `)` within a part are escaped (`%2D`, `%28`).

use std::collections::HashMap;

use crate::titles::is_title;
use tagger::Label;

/// A sentence of GUM and its names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct GumSentence {
    /// Whether it is the first sentence of a document.
    pub opens_document: bool,
    /// Its words.
    pub words: Vec<String>,
    /// Names in order, without overlap: words `start..end` and the type.
    pub names: Vec<(usize, usize, Label)>,
    /// For each word, whether it is or may be part of a name of another type (event, work, people).
    pub other: Vec<bool>,
    /// For each word, whether it is a proper noun that no mention explains.
    pub doubtful: Vec<bool>,
}

/// Positions of the parts of an `Entity=` field.
struct Fields {
    group: usize,
    kind: usize,
    min_span: usize,
    count: usize,
}

impl Fields {
    /// Reads the value of the comment `# global.Entity`, such as `GRP-etype-..`.
    fn read(order: &str) -> Fields {
        let parts: Vec<&str> = order.trim().split('-').collect();
        let index = |name: &str, default: usize| parts.iter().position(|part| *part == name).unwrap_or(default);
        Fields { group: index("GRP", 0), kind: index("etype", 1), min_span: index("minspan", 5), count: parts.len() }
    }
}

/// A mention: words `start..end`, and the indices of its head words.
struct Mention<'t> {
    start: usize,
    end: usize,
    kind: &'t str,
    heads: Vec<usize>,
    /// Whether GUM links it to Wikipedia.
    linked: bool,
}

/// The columns of a token that are used.
struct Row<'t> {
    word: &'t str,
    upos: &'t str,
    xpos: &'t str,
    misc: &'t str,
}

impl Row<'_> {
    fn is_proper_noun(&self) -> bool {
        self.upos == "PROPN"
    }

    /// A title alone, such as `President`, is not a name.
    fn is_title(&self) -> bool {
        is_title(self.word)
    }

    fn is_capitalised(&self) -> bool {
        self.word.chars().next().is_some_and(|first| first.is_uppercase() || first.is_numeric())
    }
}

/// The sentences of a GUM file.
pub fn sentences(text: &str) -> Vec<GumSentence> {
    let mut sentences = Vec::new();
    let mut fields = Fields { group: 0, kind: 1, min_span: 5, count: 8 };
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut opens_document = true;
    for line in text.lines().chain([""]) {
        if let Some(comment) = line.strip_prefix('#') {
            let comment = comment.trim_start();
            if let Some(order) = comment.strip_prefix("global.Entity") {
                fields = Fields::read(order.trim_start().trim_start_matches('='));
            }
            opens_document |= comment.starts_with("newdoc");
        } else if line.is_empty() {
            if !rows.is_empty() {
                sentences.push(GumSentence { opens_document, ..sentence(&rows, &fields) });
                opens_document = false;
            }
            rows.clear();
        } else {
            let columns: Vec<&str> = line.split('\t').collect();
            // Multiword tokens (`1-2`) and empty nodes (`1.1`) are skipped.
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
        doubtful: rows.iter().map(|row| row.is_proper_noun() && !row.is_title()).collect(),
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
    // Of overlapping names the longest counts: `Kupferstadt` in `University of Kupferstadt` is not a place.
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

/// The mentions that are opened and closed within the sentence.
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
                let numbers = part(fields.min_span).split(',').filter_map(|number| number.parse::<usize>().ok());
                let heads = numbers.filter(|number| *number > 0).map(|number| at + number - 1).collect();
                let linked = fields.count > fields.min_span + 2 && parts.len() == fields.count;
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

/// The name in a mention: the longest run of proper nouns that ends with its last head word.
/// `a Wikinews reporter` has none; that of `Paris, France` is `Paris`. A person's name contains
/// no title and no other mention: that of `Texas student Ann Lee` is `Ann Lee`.
fn name(mention: &Mention<'_>, mentions: &[Mention<'_>], rows: &[Row<'_>]) -> Option<(usize, usize)> {
    let is_named = |at: usize| {
        rows[at].is_proper_noun() || (mention.linked && rows[at].is_capitalised() && rows[at].upos != "PRON")
    };
    let in_other_mention = |at: &usize| {
        let holds = |other: &&Mention<'_>| other.kind != mention.kind && (other.start..other.end).contains(at);
        mentions.iter().filter(holds).any(|other| mention.start <= other.start && other.end <= mention.end)
    };
    let fits =
        |at: &usize| is_named(*at) && (mention.kind != "person" || !(rows[*at].is_title() || in_other_mention(at)));
    let between = |before: usize, after: usize| &rows[before + 1..after];
    let is_separator = |row: &Row<'_>| matches!(row.word, "," | "(" | "/" | ";" | ":");
    let mut heads: Vec<usize> = Vec::new();
    for at in mention.heads.iter().copied().filter(|at| (mention.start..mention.end).contains(at)) {
        if heads.last().is_some_and(|before| is_named(*before) && between(*before, at).iter().any(is_separator)) {
            break;
        }
        heads.push(at);
    }
    let last = heads.pop().filter(fits)?;
    let mut first = last;
    for at in heads.into_iter().rev() {
        if !fits(&at) || between(at, first).iter().any(|row| !may_join(row.word) && !row.is_capitalised()) {
            break;
        }
        first = at;
    }
    Some((first, last + 1))
}

/// Whether a word may stand within a name although GUM does not count it among the head words.
fn may_join(word: &str) -> bool {
    let lower = word.to_lowercase();
    ["of", "the", "for", "and", "&", "'s", "\u{2019}s", "'", "-", ".", "de", "la", "al"].contains(&lower.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIXTURE: &str = include_str!("fixtures/gum-minimal-spans-of-nested-mentions.conllu");

    fn named_in(sentence: &GumSentence) -> Vec<(String, Label)> {
        sentence.names.iter().map(|(start, end, kind)| (sentence.words[*start..*end].join(" "), *kind)).collect()
    }

    #[test]
    fn nested_mentions_give_names_by_their_minimal_spans() {
        let read = sentences(FIXTURE);
        let named = |at: usize| named_in(&read[at]);
        assert_eq!(named(0), [("Ostland".to_owned(), Label::Loc), ("Mira Dal Koss".to_owned(), Label::Person)]);
        assert_eq!(
            named(1),
            [
                ("Anton Kupfer Trust for the Arts".to_owned(), Label::Org),
                ("Kupferstadt".to_owned(), Label::Loc),
                ("Ostland".to_owned(), Label::Loc),
            ]
        );
        assert_eq!(named(2), [("Wirewatch".to_owned(), Label::Org)], "a people, a day and a feast are not names");
        assert!(read[2].other[4] && read[2].other[7] && read[2].other[8]);
        assert!(read[2].doubtful[10] && !read[2].doubtful[9]);
        assert_eq!(read.iter().map(|sentence| sentence.opens_document).collect::<Vec<_>>(), [true, false, true]);
    }

    #[test]
    fn parts_are_read_in_the_order_that_the_file_declares() {
        let text = "# global.Entity = GRP-etype-minspan\n\
            1\tKoss\tKoss\tPROPN\tNNP\t_\t0\troot\t_\tEntity=(e12-person-1\n\
            2\tsaid\tsay\tVERB\tVBD\t_\t1\tx\t_\tEntity=e12)\n";
        assert_eq!(named_in(&sentences(text)[0]), [("Koss".to_owned(), Label::Person)]);
    }

    #[test]
    fn a_broken_entity_field_gives_no_name() {
        for misc in [
            "Entity=(",
            "Entity=)",
            "Entity=4)4)",
            "Entity=(1-person-new-s-c-9-coref)",
            "Entity=(1-person-new-s-c-0,x-coref)",
        ] {
            let text = format!("1\tKoss\tKoss\tPROPN\tNNP\t_\t0\troot\t_\t{misc}\n");
            assert_eq!(named_in(&sentences(&text)[0]), [], "{misc}");
        }
    }
}
