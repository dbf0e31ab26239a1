//! Synthetic text: sentences from a grammar of templates, and corpus sentences in other casings.
//!
//! The grammar is `data/sources/templates.grammar`. A line `@name` or `@name:TYPE` defines `{name}`, with
//! alternatives separated by ` | `; with a type, the expansion is one name of that type. Every other line is
//! a sentence, its tokens separated by spaces; one that begins with `^` is written in capitals. `#` stands for
//! a digit, `§` for a capital letter. `{name}` without a definition is replaced by a line of the list `name`.

use std::collections::BTreeMap;

use crate::corpus::Sentence;
use crate::lists::Lists;
use crate::random::random;
use tagger::training::{OUTSIDE, from_bio};

/// Maximum nesting of definitions; a deeper one expands to nothing.
const DEPTH: u32 = 8;

struct Grammar<'t> {
    symbols: BTreeMap<&'t str, Symbol<'t>>,
    sentences: Vec<&'t str>,
    /// Given names and surnames of each region.
    people: Vec<(Vec<&'t str>, Vec<&'t str>)>,
}

#[derive(Default)]
struct Symbol<'t> {
    kind: Option<&'t str>,
    alternatives: Vec<&'t str>,
}

/// A sequence of pseudo-random numbers.
struct Rng(u64);

impl Rng {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(1);
        (random(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)) % limit.max(1) as u64) as usize
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}

/// Words with their labels.
#[derive(Default)]
struct Draft {
    words: Vec<String>,
    labels: Vec<u8>,
}

impl Draft {
    fn push(&mut self, word: &str, name: Option<(&str, usize)>) {
        let label = name.map_or(OUTSIDE, |(kind, start)| {
            let position = if self.words.len() > start { "I-" } else { "B-" };
            from_bio(&format!("{position}{kind}"))
        });
        self.words.push(word.to_owned());
        self.labels.push(label);
    }
}

/// At most `count` sentences; equal lists and templates give equal sentences.
pub fn sentences(lists: &Lists, templates: &str, count: usize) -> Vec<Sentence> {
    let grammar = Grammar::read(lists, templates);
    let mut made = Vec::with_capacity(count);
    if grammar.sentences.is_empty() {
        return made;
    }
    for index in 0..count {
        let mut rng = Rng(random(index as u64 ^ 0x6d61_6465));
        let template = grammar.sentences[index % grammar.sentences.len()];
        let (capitals, template) = template.strip_prefix("^ ").map_or((false, template), |rest| (true, rest));
        let mut draft = Draft::default();
        let mut region = None;
        grammar.expand(template, None, lists, &mut rng, &mut region, 0, &mut draft);
        if draft.words.is_empty() {
            continue;
        }
        let draw = rng.below(100);
        if capitals || draw < 4 {
            draft.words.iter_mut().for_each(|word| *word = word.to_uppercase());
        } else if draw < 6 {
            draft.words.iter_mut().for_each(|word| *word = word.to_lowercase());
        }
        made.push(Sentence::new(draft.words, &draft.labels));
    }
    made
}

/// Copies of some sentences in capitals, in lower case, and with every word capitalised.
pub fn recased(sentences: &[Sentence]) -> Vec<Sentence> {
    let mut copies = Vec::new();
    for (index, sentence) in sentences.iter().enumerate() {
        let draw = random(index as u64 ^ 0x6361_7365) % 100;
        let case: fn(&String) -> String = match draw {
            0..8 => |word| word.to_uppercase(),
            8..12 => |word| word.to_lowercase(),
            12..18 => |word| capitalised(word),
            _ => continue,
        };
        let words = sentence.words.iter().map(case).collect();
        copies.push(Sentence { words, ..sentence.clone() });
    }
    copies
}

/// Capitalises a word as in a headline: words of up to three bytes stay as they are.
fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) if word.len() > 3 => first.to_uppercase().chain(letters).collect(),
        _ => word.to_owned(),
    }
}

impl<'t> Grammar<'t> {
    fn read(lists: &'t Lists, templates: &'t str) -> Grammar<'t> {
        let mut grammar = Grammar { symbols: BTreeMap::new(), sentences: Vec::new(), people: Vec::new() };
        for line in templates.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("# ")) {
            let Some(definition) = line.strip_prefix('@') else {
                grammar.sentences.push(line);
                continue;
            };
            let (name, rest) = definition.split_once(' ').unwrap_or((definition, ""));
            let (name, kind) = name.split_once(':').map_or((name, None), |(name, kind)| (name, Some(kind)));
            let symbol: &mut Symbol<'t> = grammar.symbols.entry(name).or_default();
            symbol.kind = kind.or(symbol.kind);
            symbol.alternatives.extend(rest.split(" | ").map(str::trim));
        }
        for line in lists.list("people").iter().chain(lists.list("people-more")) {
            let mut fields = line.split('\t').skip(1).map(|field| field.split('|').collect());
            if let (Some(given), Some(family)) = (fields.next(), fields.next()) {
                grammar.people.push((given, family));
            }
        }
        grammar
    }

    /// Expands a template into the draft; `name` is the type and first word of the name that it is part of.
    #[expect(clippy::too_many_arguments, reason = "one recursive walk; a struct would only rename them")]
    fn expand<'n>(
        &'n self,
        template: &'n str,
        name: Option<(&'n str, usize)>,
        lists: &'n Lists,
        rng: &mut Rng,
        region: &mut Option<usize>,
        depth: u32,
        draft: &mut Draft,
    ) {
        if depth > DEPTH {
            return;
        }
        for part in template.split(' ').filter(|part| !part.is_empty()) {
            let slot = part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let Some(slot) = slot else {
                let word: String = part.chars().enumerate().map(|(at, sign)| placeholder(sign, at, rng)).collect();
                draft.push(&word, name);
                continue;
            };
            if slot == "given" || slot == "family" {
                // A surname after a given name comes from the same region.
                let at = match (slot, region.take()) {
                    ("family", Some(at)) => at,
                    _ => rng.below(self.people.len()),
                };
                let Some((given, family)) = self.people.get(at) else { continue };
                let pool = if slot == "given" { given } else { family };
                if slot == "given" {
                    *region = Some(at);
                }
                if let Some(words) = rng.pick(pool) {
                    words.split(' ').for_each(|word| draft.push(word, name));
                }
                continue;
            }
            if let Some(symbol) = self.symbols.get(slot) {
                let name = name.or_else(|| symbol.kind.map(|kind| (kind, draft.words.len())));
                if let Some(alternative) = rng.pick(&symbol.alternatives) {
                    self.expand(alternative, name, lists, rng, region, depth + 1, draft);
                }
            } else if let Some(line) = rng.pick(lists.list(slot)) {
                let tokens = tagger::tokens::tokenise(line);
                tokens.tokens.iter().for_each(|token| draft.push(token.text(line), name));
            }
        }
    }
}

/// Replaces a placeholder by a digit or letter; the first digit of a word is not 0.
fn placeholder(sign: char, at: usize, rng: &mut Rng) -> char {
    if sign == '§' {
        return char::from(b'A' + rng.below(26) as u8);
    }
    if sign != '#' {
        return sign;
    }
    let least = usize::from(at == 0);
    char::from(b'0' + (least + rng.below(10 - least)) as u8)
}
