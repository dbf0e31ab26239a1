//! Reads annotated text in columns.
//!
//! Columns are separated by tabs, or by spaces if a line has no tab. The columns of tokens and tags
//! are detected for each file, because schemes differ: CoNLL-2003 has `token pos chunk tag`,
//! Universal NER `index token tag - -` and comments with `#`, others only tag and token. CoNLL-U
//! with GUM's entities and CoNLL-2012 are recognised by their comments. A document begins at
//! `-DOCSTART-` (with or without further columns), `# newdoc` and `#begin document`.

use train_tagger::gum;

use super::label::{Name, is_tag, names, parts, type_of};

/// A document for a tagger, with its annotated names.
#[derive(Debug, Default)]
pub struct Document {
    /// Tokens joined by spaces, sentences by blank lines.
    pub text: String,
    /// The words of `text`.
    pub words: Vec<String>,
    /// Byte ranges of the words in `text`.
    pub places: Vec<(usize, usize)>,
    /// Annotated names of the types that are counted.
    pub names: Vec<Name>,
}

impl Document {
    /// Adds a sentence; its names are ranges of its own words.
    fn push<'w>(&mut self, words: impl Iterator<Item = &'w str>, names: impl Iterator<Item = Name>) {
        let first = self.words.len();
        for word in words {
            if !self.text.is_empty() {
                self.text.push_str(if self.words.len() == first { "\n\n" } else { " " });
            }
            let from = self.text.len();
            self.text.push_str(word);
            self.places.push((from, self.text.len()));
            self.words.push(word.to_owned());
        }
        self.names.extend(names.map(|(start, end, kind)| (first + start, first + end, kind)));
    }
}

/// The documents of a file that have words.
pub fn read(text: &str) -> Vec<Document> {
    let text = text.trim_start_matches('\u{feff}');
    let mut documents = if text.lines().take(2_000).any(|line| line.contains("global.Entity")) {
        gum_documents(text)
    } else if text.lines().any(|line| line.starts_with("#begin document")) {
        brackets(text)
    } else {
        columns(text)
    };
    documents.retain(|document| !document.words.is_empty());
    documents
}

fn gum_documents(text: &str) -> Vec<Document> {
    let mut documents = vec![Document::default()];
    for sentence in gum::sentences(text) {
        if sentence.opens_document {
            documents.push(Document::default());
        }
        let found = sentence.names.iter().filter_map(|(start, end, kind)| Some((*start, *end, type_of(kind.conll())?)));
        if let Some(document) = documents.last_mut() {
            document.push(sentence.words.iter().map(String::as_str), found);
        }
    }
    documents
}

/// The columns of a line.
fn split(line: &str) -> Vec<&str> {
    if line.contains('\t') {
        line.trim_end_matches(['\r', '\n', '\t', ' ']).split('\t').map(|field| field.trim_matches(' ')).collect()
    } else {
        line.split_ascii_whitespace().collect()
    }
}

/// The columns of a file.
#[derive(Debug, PartialEq, Eq)]
struct Layout {
    /// Number of columns of most lines.
    usual: usize,
    /// Whether the first column is the index of the token.
    indexed: bool,
    token: usize,
    tag: usize,
    /// Whether tags have positions.
    positions: bool,
}

/// Whether a row is a multiword token (`1-2`) or an empty node (`1.1`) of CoNLL-U.
fn is_not_a_word(row: &[&str]) -> bool {
    let parts = row.first().and_then(|index| index.split_once(['-', '.']));
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    row.len() > 2 && parts.is_some_and(|(from, to)| number(from) && number(to))
}

fn opens_document(line: &str) -> bool {
    line.contains("-DOCSTART-")
        || line.strip_prefix('#').is_some_and(|comment| comment.trim_start().starts_with("newdoc"))
}

impl Layout {
    fn of(text: &str) -> Layout {
        let lines = text.lines().filter(|line| !line.starts_with("# ") && !opens_document(line));
        let rows: Vec<Vec<&str>> = lines.map(split).filter(|row| !row.is_empty() && !is_not_a_word(row)).collect();
        let mut lengths: Vec<usize> = rows.iter().map(Vec::len).collect();
        lengths.sort_unstable();
        let usual = (0..=lengths.last().copied().unwrap_or(0))
            .max_by_key(|length| lengths.partition_point(|l| l <= length) - lengths.partition_point(|l| l < length))
            .unwrap_or(0);
        let rows: Vec<&Vec<&str>> = rows.iter().filter(|row| row.len() == usual).collect();
        let most = |count: usize| count * 100 >= rows.len() * 98;
        let count = |column: usize, holds: &dyn Fn(&str) -> bool| rows.iter().filter(|row| holds(row[column])).count();
        let number = |field: &str| field.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'.'));
        let indexed = usual > 2 && most(count(0, &number)) && count(0, &|field| field == "1" || field == "0") > 0;
        // Of the columns of tags, the one with the most names of known types; chunks have none.
        let known = |column: usize| count(column, &|field| parts(field).is_some_and(|(_, l)| type_of(l).is_some()));
        let tags = (usize::from(indexed)..usual).filter(|column| most(count(*column, &is_tag)));
        let tag = tags.max_by_key(|column| (known(*column), *column));
        // Without positions: of the columns that are mostly O, the one with the most names.
        let plain = || {
            let columns =
                (usize::from(indexed)..usual).filter(|column| count(*column, &|field| field == "O") * 2 > rows.len());
            columns.max_by_key(|column| (known(*column), *column))
        };
        let positions = tag.is_some();
        let tag = tag.or_else(plain).unwrap_or(usual.saturating_sub(1).max(1));
        let first = usize::from(indexed);
        let token = if tag == first { first + 1 } else { first };
        Layout { usual, indexed, token, tag, positions }
    }

    /// The token and tag of a line; none if the line is not a token.
    fn fields<'t>(&self, row: &[&'t str]) -> Option<(&'t str, &'t str)> {
        let index = |column: usize| {
            // If a token contains a space, the columns after it are counted from the end.
            if column > self.token { (row.len() + column).checked_sub(self.usual) } else { Some(column) }
        };
        if self.indexed && is_not_a_word(row) {
            return None;
        }
        let token = row.get(self.token).filter(|token| !token.is_empty())?;
        let tag = index(self.tag).and_then(|at| row.get(at)).copied().unwrap_or("O");
        Some((token, if self.positions && !is_tag(tag) { "O" } else { tag }))
    }
}

fn columns(text: &str) -> Vec<Document> {
    let layout = Layout::of(text);
    let mut documents = vec![Document::default()];
    let (mut words, mut tags) = (Vec::new(), Vec::new());
    for line in text.lines().chain([""]) {
        let row = split(line);
        let opens = opens_document(line);
        if opens || row.is_empty() || row == [""] {
            if let Some(document) = documents.last_mut()
                && !words.is_empty()
            {
                let found = names(&tags).into_iter().filter_map(|(start, end, l)| Some((start, end, type_of(l)?)));
                document.push(words.drain(..), found.collect::<Vec<_>>().into_iter());
                tags.clear();
            }
            if opens {
                documents.push(Document::default());
            }
        } else if line.starts_with("# ") && (row.len() != layout.usual || layout.indexed || !layout.is_row(&row)) {
            // A comment.
        } else if let Some((word, tag)) = layout.fields(&row) {
            words.push(word);
            tags.push(tag);
        }
    }
    documents
}

impl Layout {
    /// Whether a line that begins like a comment is a token: `# # B-NP O`.
    fn is_row(&self, row: &[&str]) -> bool {
        row.get(self.tag)
            .is_some_and(|tag| if self.positions { is_tag(tag) } else { *tag == "O" || type_of(tag).is_some() })
    }
}

/// CoNLL-2012: the fourth column is the token, and the eleventh has names in brackets.
fn brackets(text: &str) -> Vec<Document> {
    let mut documents = vec![Document::default()];
    let (mut words, mut found): (Vec<&str>, Vec<Name>) = (Vec::new(), Vec::new());
    let mut open: Option<(usize, &str)> = None;
    for line in text.lines().chain([""]) {
        let row = split(line);
        if let (Some(word), Some(name), false) = (row.get(3), row.get(10), line.starts_with('#')) {
            if let Some(label) = name.strip_prefix('(') {
                open = Some((words.len(), label.trim_end_matches(['*', ')'])));
            }
            words.push(word);
            if name.ends_with(')')
                && let Some((start, label)) = open.take()
                && let Some(kind) = type_of(label)
            {
                found.push((start, words.len(), kind));
            }
            continue;
        }
        if let Some(document) = documents.last_mut() {
            document.push(words.drain(..), found.drain(..));
        }
        open = None;
        if line.starts_with("#begin document") {
            documents.push(Document::default());
        }
    }
    documents
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of each document with its names in brackets.
    fn shown(text: &str) -> Vec<String> {
        read(text)
            .iter()
            .map(|document| {
                let mut shown = document.text.replace("\n\n", " / ");
                for (start, end, kind) in document.names.iter().rev() {
                    let (from, to) = (document.places[*start].0, document.places[end - 1].1);
                    // A break between sentences is one byte longer here than in `text`.
                    let breaks = |at: usize| document.text[..at].matches("\n\n").count();
                    shown.insert_str(to + breaks(to), &format!("]{kind}"));
                    shown.insert(from + breaks(from), '[');
                }
                shown
            })
            .collect()
    }

    #[test]
    fn conll_2003_is_read() {
        let text = "-DOCSTART- -X- -X- O\n\nKUPFERSTADT NNP I-NP I-LOC\n1996-08-30 CD I-NP O\n\n\
            # # I-NP O\nKoss NNP I-NP I-PER\nWirth NNP B-NP B-PER\n's POS B-NP O\n\n-DOCSTART- -X- O O\n\nOstland NNP I-NP I-LOC\n";
        assert_eq!(shown(text), ["[KUPFERSTADT]LOC 1996-08-30 / # [Koss]PER [Wirth]PER 's", "[Ostland]LOC"]);
    }

    #[test]
    fn universal_ner_is_read() {
        let text = "# newdoc id = a\n# sent_id = a-1\n# text = Koss left Ostland\n1\tKoss\tB-PER\t-\tann\n2\tleft\tO\t-\tann\n\
            3\tOstland\tB-LOC\t-\tann\n\n# newdoc id = b\n# text = 1 B-LOC\n1-2\tdel\t_\t-\tann\n1\tde\tO\t-\tann\n2\tKupfer\tB-OTHER\t-\tann\n";
        assert_eq!(shown(text), ["[Koss]PER left [Ostland]LOC", "de Kupfer"]);
    }

    #[test]
    fn a_comment_with_as_many_fields_as_a_row_is_skipped() {
        let text = "# id 7 domain=train\nKoss _ _ B-GRP\nWirth _ _ I-GRP\nsang _ _ O\n";
        assert_eq!(shown(text), ["[Koss Wirth]ORG sang"]);
    }

    #[test]
    fn two_columns_are_read_with_labels_of_any_scheme() {
        assert_eq!(
            shown(
                "#hashtag\tO\nKoss\tB-politician\nand\tO\n\u{a0}\tO\nRed\tB-politicalparty\nUnion\tI-politicalparty\n\nWar\tB-creative-work\n"
            ),
            ["#hashtag [Koss]PER and \u{a0} [Red Union]ORG / War"]
        );
    }

    #[test]
    fn the_tag_may_come_first() {
        assert_eq!(shown("O\tin\nU-GPE\tOstland\nO\tto-day\n"), ["in [Ostland]LOC to-day"]);
    }

    #[test]
    fn labels_may_have_no_positions() {
        assert_eq!(shown("Koss\tperson-actor\nOlm\tperson-actor\nin\tO\nto\tO\nit\tO\n"), ["[Koss Olm]PER in to it"]);
    }

    #[test]
    fn conll_2012_is_read() {
        let row = |word: &str, name: &str| format!("wb/a 0 0 {word} NN (S* - - - - {name} -\n");
        let text = format!(
            "#begin document (wb/a); part 000\n{}{}{}\n{}#end document\n",
            row("Mira", "(PERSON*"),
            row("Koss", "*)"),
            row("spoke", "*"),
            row("Ostland", "(GPE)")
        );
        assert_eq!(shown(&text), ["[Mira Koss]PER spoke / [Ostland]LOC"]);
    }

    #[test]
    fn gum_is_read() {
        let text = "# newdoc id = a\n# global.Entity = GRP-etype-infstat-salience-centering-minspan-link-identity\n\
            1\tMira\tMira\tPROPN\tNNP\t_\t0\troot\t_\tEntity=(1-person-new-n-cf1-1,2-sgl\n\
            2\tKoss\tKoss\tPROPN\tNNP\t_\t1\tflat\t_\tEntity=1)\n3\tspoke\tspeak\tVERB\tVBD\t_\t1\tx\t_\t_\n\n";
        assert_eq!(shown(text), ["[Mira Koss]PER spoke"]);
    }

    #[test]
    fn text_without_tokens_has_no_documents() {
        assert!(read("").is_empty());
        assert!(read("\n\n# a comment\n\n-DOCSTART-\n").is_empty());
        assert_eq!(shown("only\nwords\n"), ["only words"], "words without tags are a document");
    }
}
