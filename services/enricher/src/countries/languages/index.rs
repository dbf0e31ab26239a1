//! Finds the forms of a language's names in a text.

use super::{
    fold::fold,
    inflection::{Grammar, grammar, is_form},
    names::{Entry, Form},
};
use crate::{
    document::Field,
    gazetteer::{
        Kind,
        words::{self, Separator, Word},
    },
};
use std::{borrow::Cow, collections::HashMap};

/// First letters of a word by which forms are looked up.
const KEY: usize = 3;
/// The same of forms that are longer than this; a shorter one may change its fourth letter as it is inflected.
const LONG_KEY: usize = 4;
/// Longest first word of a form, in letters, that is looked up by [`KEY`].
const SHORT: usize = 6;
/// Fewest letters of a word of a country's or a capital's name that counts in a text without capitals.
const LOWER: usize = 5;
/// Most letters after a stem.
const ENDING: usize = 5;
/// Languages whose genitive is a bare `s`.
const GENITIVE: [&str; 7] = ["da", "de", "nl", "no", "nb", "nn", "sv"];
/// First syllables of the Korean particles that follow a name without a space.
const PARTICLES: &str = "은는이가을를의와과도에로으만서부까인측계군";

/// The forms of a language.
#[derive(Debug, Default)]
pub(super) struct Index {
    entries: Vec<Entry>,
    /// Forms in words, by the first letters of their first word; the longest first.
    spaced: HashMap<String, Vec<Spaced>>,
    /// Forms in scripts without spaces, by their first character; the longest first.
    dense: HashMap<char, Vec<(String, usize)>>,
    grammar: Grammar,
    /// Letters that are written together with the word after them, and an article behind them.
    clitics: &'static str,
    article: &'static str,
    genitive: bool,
    /// Accents distinguish words.
    exact: bool,
}

#[derive(Debug)]
struct Spaced {
    parts: Vec<Part>,
    entry: usize,
}

/// A word of a form.
#[derive(Debug)]
struct Part {
    text: String,
    /// It matches words that begin with it, too.
    stem: bool,
    /// It matches capitalised words only.
    capital: bool,
    /// In a text without capitals it matches without one.
    lower: bool,
    /// Initials match in capitals only: in some languages `SAD` is a country and `sad` means `now`.
    initials: bool,
}

/// A field, and whether it has no capitals.
#[derive(Clone, Copy)]
struct Text<'f, 't> {
    field: &'f Field<'t>,
    lower: bool,
}

/// Forms of one place in the text.
#[derive(Debug)]
pub(super) struct Found<'i> {
    /// First byte.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
    /// First word, and one past the last one; equal in a script without spaces.
    pub(super) words: (usize, usize),
    /// What the form may name.
    pub(super) entries: Vec<&'i Entry>,
}

fn hangul(c: char) -> bool {
    ('가'..='힣').contains(&c)
}

/// Whether a character is of a script without spaces; Hangul, whose particles have no space before them, counts as one.
pub(super) fn is_dense(c: char) -> bool {
    hangul(c)
        || matches!(u32::from(c), 0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x3400..=0x9FFF)
}

/// Whether a text begins with the form and, in Korean, not with a longer word.
fn whole(text: &str, form: &str) -> bool {
    text.strip_prefix(form).is_some_and(|behind| {
        let next = behind.chars().next();
        // A Thai vowel or tone mark belongs to the character before it.
        let mark = next.is_some_and(|c| matches!(c, '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}'));
        let korean = next.filter(|_| form.ends_with(hangul));
        !mark && korean.is_none_or(|next| !hangul(next) || PARTICLES.contains(next))
    })
}

impl Index {
    /// The index of the forms of a language, by its base tag (ISO 639).
    pub(super) fn new(base: &str, forms: &[Form<'_>]) -> Index {
        let (clitics, article) = match base {
            "he" => ("ובלמהשכ", ""),
            "ar" => ("وبلفك", "ال"),
            _ => ("", ""),
        };
        let mut index = Index {
            grammar: grammar(base),
            clitics,
            article,
            genitive: GENITIVE.contains(&base),
            exact: base == "vi",
            ..Index::default()
        };
        for form in forms {
            index.add(form);
        }
        for forms in index.spaced.values_mut() {
            let letters = |form: &Spaced| form.parts.iter().map(|part| part.text.len()).sum::<usize>();
            forms.sort_by(|a, b| b.parts.len().cmp(&a.parts.len()).then_with(|| letters(b).cmp(&letters(a))));
        }
        for forms in index.dense.values_mut() {
            forms.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
        }
        index
    }

    fn add(&mut self, form: &Form<'_>) {
        let number = self.entries.len();
        if let Some(first) = form.text.chars().next().filter(|c| is_dense(*c)) {
            // A single character is too ambiguous.
            let text = form.text.trim_end_matches('*');
            if text.chars().count() >= 2 {
                self.dense.entry(first).or_default().push((text.to_owned(), number));
                self.entries.push(form.entry.clone());
            }
            return;
        }
        let cased = form.entry.kind != Kind::Demonym;
        let mut parts = Vec::new();
        for token in form.text.split_whitespace() {
            let stem = token.ends_with('*');
            let token = token.trim_end_matches('*');
            let found = words::words(token);
            let last = found.len().saturating_sub(1);
            for (at, word) in found.iter().enumerate() {
                let text = token.get(word.start..word.end).unwrap_or("");
                let upper = text.chars().filter(|c| c.is_uppercase()).count();
                let initials = upper > 1 && !text.chars().any(char::is_lowercase) && form.entry.kind == Kind::Name;
                parts.push(Part {
                    text: if initials { text.to_owned() } else { fold(text, self.exact) },
                    stem: stem && at == last,
                    capital: cased && text.starts_with(char::is_uppercase),
                    lower: matches!(form.entry.kind, Kind::Name | Kind::Capital) && text.chars().count() >= LOWER,
                    initials,
                });
            }
        }
        if let Some(first) = parts.first().filter(|first| !first.text.is_empty()) {
            let text = fold(&first.text, self.exact);
            let long = text.chars().count() > SHORT;
            let key = beginning(&text, if long { LONG_KEY } else { KEY }).to_owned();
            self.spaced.entry(key).or_default().push(Spaced { parts, entry: number });
            self.entries.push(form.entry.clone());
        }
    }

    /// The forms in a field, the longest at each place, in the order of the text. `count` is called with the number of forms
    /// that are compared.
    pub(super) fn find<'i>(&'i self, field: &Field<'_>, mut count: impl FnMut(usize) -> bool) -> Vec<Found<'i>> {
        let text = Text { field, lower: !field.text.chars().any(char::is_uppercase) };
        let mut found = Vec::new();
        if !self.dense.is_empty() {
            self.find_dense(field, &mut count, &mut found);
        }
        let mut at = 0;
        while let Some(word) = field.words.get(at) {
            at += 1;
            if word.address || word.start < field.from || word.end - word.start > words::LONGEST {
                continue;
            }
            let folded = fold(field.slice(word.start, word.end), self.exact);
            for (off, rest) in self.readings(&folded) {
                let of = |letters| self.spaced.get(beginning(&rest, letters)).map_or(&[][..], Vec::as_slice);
                // A word of three letters has one beginning.
                let long = if rest.chars().count() > KEY { of(LONG_KEY) } else { &[] };
                let short = of(KEY);
                if !count(long.len() + short.len()) {
                    return found;
                }
                let fits = |form: &Spaced| self.fits(form, &text, at - 1, &rest, off > 0);
                // Of each list the forms of most words.
                let longest = |forms: &'i [Spaced]| -> Vec<(&'i Spaced, Fit)> {
                    let mut fitting = forms.iter().filter_map(|form| Some((form, fits(form)?))).peekable();
                    let length = fitting.peek().map(|(form, _)| form.parts.len());
                    fitting.take_while(|(form, _)| Some(form.parts.len()) == length).collect()
                };
                let (mut same, short) = (longest(long), longest(short));
                let words = |forms: &[(&Spaced, Fit)]| forms.first().map_or(0, |(form, _)| form.parts.len());
                let length = words(&same).max(words(&short));
                if length == 0 {
                    continue;
                }
                same.extend(short);
                same.retain(|(form, _)| form.parts.len() == length);
                // A form as it is written comes before one that is inflected by rule: `Нигера` is not of `Нигерия`.
                let best = same.iter().map(|(_, fit)| *fit).min();
                let best = same.iter().filter(|(_, fit)| Some(*fit) == best);
                let entries = best.filter_map(|(form, _)| self.entries.get(form.entry)).collect();
                let last = field.words.get(at + length - 2).map_or(word.end, |last| last.end);
                // The clitics' letters have as many bytes as in the folded word.
                found.push(Found { start: word.start + off, end: last, words: (at - 1, at - 1 + length), entries });
                at += length - 1;
                break;
            }
        }
        found
    }

    fn find_dense<'i>(&'i self, field: &Field<'_>, count: &mut impl FnMut(usize) -> bool, found: &mut Vec<Found<'i>>) {
        let mut skip_to = field.from;
        let mut previous = ' ';
        for (at, c) in field.text.char_indices() {
            let before = std::mem::replace(&mut previous, c);
            if at < skip_to || !is_dense(c) || hangul(before) && hangul(c) {
                continue;
            }
            let rest = field.text.get(at..).unwrap_or("");
            let forms = self.dense.get(&c).map_or(&[][..], Vec::as_slice);
            if !count(forms.len()) {
                return;
            }
            let Some((longest, _)) = forms.iter().find(|(form, _)| whole(rest, form)) else { continue };
            let same = forms.iter().filter(|(form, _)| form == longest);
            let entries = same.filter_map(|(_, entry)| self.entries.get(*entry)).collect();
            found.push(Found { start: at, end: at + longest.len(), words: (0, 0), entries });
            skip_to = at + longest.len();
        }
    }

    /// A folded word, and the word without the clitics and the article before it, with the number of bytes that are left out.
    fn readings<'w>(&self, word: &'w str) -> Vec<(usize, Cow<'w, str>)> {
        let mut readings = vec![(0, Cow::Borrowed(word))];
        if self.clitics.is_empty() {
            return readings;
        }
        let mut rest = word;
        // At most two: `and in`.
        for step in 0..3 {
            for stripped in
                [Some(rest), rest.strip_prefix(self.article).filter(|_| !self.article.is_empty())].into_iter().flatten()
            {
                if stripped.len() < word.len() && stripped.chars().count() >= KEY {
                    readings.push((word.len() - stripped.len(), Cow::Borrowed(stripped)));
                }
            }
            // `لل` is a clitic and the article in one.
            if let Some(stripped) = rest.strip_prefix("لل").filter(|rest| rest.chars().count() >= KEY) {
                readings.push((word.len() - stripped.len(), Cow::Borrowed(stripped)));
                readings.push((word.len() - stripped.len(), Cow::Owned(format!("{}{stripped}", self.article))));
            }
            let Some(next) = rest.strip_prefix(|c| self.clitics.contains(c)).filter(|_| step < 2) else { break };
            rest = next;
        }
        readings
    }

    /// How a form is at word `at` of a field, whose folded text is `first`; none if it is not.
    fn fits(&self, form: &Spaced, text: &Text<'_, '_>, at: usize, first: &str, clitic: bool) -> Option<Fit> {
        let Text { field, lower } = *text;
        let span = field.words.get(at..at + form.parts.len())?;
        let joined = |(before, word): (&Word, &Word)| match word.separator {
            Separator::Space | Separator::Hyphen | Separator::Apostrophe | Separator::Ampersand => true,
            Separator::Stop => before.end - before.start <= 3,
            // Hebrew initials (`ארה״ב`), and the parts of a Persian word.
            _ => matches!(field.slice(before.end, word.start), "\"" | "״" | "׳" | "\u{200c}"),
        };
        if !span.iter().zip(span.iter().skip(1)).all(joined) {
            return None;
        }
        let mut worst = Fit::Written;
        for (number, (word, part)) in span.iter().zip(&form.parts).enumerate() {
            if part.capital && !word.capitalised && !(lower && part.lower) {
                return None;
            }
            let written = field.slice(word.start, word.end);
            let fit = if part.initials {
                let bare = written.strip_suffix('s').filter(|_| self.genitive);
                (!clitic && (written == part.text || bare == Some(part.text.as_str()))).then_some(Fit::Written)
            } else if number == 0 {
                self.fit(first, part, form)
            } else {
                self.fit(&fold(written, self.exact), part, form)
            };
            worst = worst.max(fit?);
        }
        Some(worst)
    }

    /// How a folded word is a form of a part.
    fn fit(&self, word: &str, part: &Part, form: &Spaced) -> Option<Fit> {
        if word == part.text {
            return Some(Fit::Written);
        }
        if part.stem {
            let ending = word.strip_prefix(part.text.as_str())?;
            return (ending.chars().count() <= ENDING).then_some(Fit::Stem);
        }
        if self.entries.get(form.entry).is_none_or(|entry| matches!(entry.kind, Kind::Demonym | Kind::NotAPlace)) {
            return None;
        }
        let genitive = self.genitive && word.strip_suffix('s') == Some(part.text.as_str());
        (genitive || self.grammar != Grammar::None && is_form(self.grammar, word, &part.text)).then_some(Fit::Inflected)
    }
}

/// How a word fits a form, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// It is written so.
    Written,
    /// It begins with the form's stem.
    Stem,
    /// It is an inflected form by the rules of the language.
    Inflected,
}

/// The first letters of a folded word.
fn beginning(word: &str, letters: usize) -> &str {
    word.char_indices().nth(letters).map_or(word, |(end, _)| &word[..end])
}
