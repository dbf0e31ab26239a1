//! Serbian in Cyrillic letters, as it is written in Latin ones: each Cyrillic letter has one Latin letter or digraph.

use std::borrow::Cow;

/// The word in Latin letters; unchanged if it has no Cyrillic letter. A digraph's second letter is a capital only in a word in
/// capitals.
#[must_use]
pub fn serbian(word: &str) -> Cow<'_, str> {
    if !word.chars().any(|c| ('\u{400}'..='\u{45f}').contains(&c)) {
        return Cow::Borrowed(word);
    }
    let capitals = !word.chars().any(char::is_lowercase) && word.chars().count() > 1;
    let mut latin = String::with_capacity(word.len());
    for letter in word.chars() {
        let Some(written) = letter.to_lowercase().next().and_then(of_letter) else {
            latin.push(letter);
            continue;
        };
        if capitals {
            latin.push_str(&written.to_uppercase());
        } else if letter.is_uppercase() {
            let mut letters = written.chars();
            latin.extend(letters.next().into_iter().flat_map(char::to_uppercase));
            latin.push_str(letters.as_str());
        } else {
            latin.push_str(written);
        }
    }
    Cow::Owned(latin)
}

fn of_letter(letter: char) -> Option<&'static str> {
    const LETTERS: [(char, &str); 30] = [
        ('а', "a"),
        ('б', "b"),
        ('в', "v"),
        ('г', "g"),
        ('д', "d"),
        ('ђ', "đ"),
        ('е', "e"),
        ('ж', "ž"),
        ('з', "z"),
        ('и', "i"),
        ('ј', "j"),
        ('к', "k"),
        ('л', "l"),
        ('љ', "lj"),
        ('м', "m"),
        ('н', "n"),
        ('њ', "nj"),
        ('о', "o"),
        ('п', "p"),
        ('р', "r"),
        ('с', "s"),
        ('т', "t"),
        ('ћ', "ć"),
        ('у', "u"),
        ('ф', "f"),
        ('х', "h"),
        ('ц', "c"),
        ('ч', "č"),
        ('џ', "dž"),
        ('ш', "š"),
    ];
    LETTERS.iter().find(|(cyrillic, _)| *cyrillic == letter).map(|(_, latin)| *latin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cyrillic_words_are_written_in_latin_letters() {
        assert_eq!(serbian("Љубљана"), "Ljubljana");
        assert_eq!(serbian("НАТО"), "NATO");
        assert_eq!(serbian("Beograd"), "Beograd");
        assert_eq!(serbian("Џорџ-а"), "Džordž-a");
    }
}
