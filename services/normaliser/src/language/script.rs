//! Scripts, by Unicode block. Own code: it runs on every character, and a match on blocks is ten times faster than a
//! search in the property table.

/// A script that decides a language, or for which there is a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// Latin, with the marks that combine with its letters.
    Latin,
    /// Cyrillic.
    Cyrillic,
    /// Arabic.
    Arabic,
    /// Devanagari.
    Devanagari,
    /// Han characters, of Chinese and Japanese.
    Han,
    /// Hiragana and Katakana.
    Kana,
    /// Hangul.
    Hangul,
    /// A script of few languages, by the language that uses it most.
    Of(&'static str),
}

/// The script of a letter; `None` for other characters.
#[must_use]
pub fn script(c: char) -> Option<Script> {
    if c.is_ascii() {
        return c.is_ascii_alphabetic().then_some(Script::Latin);
    }
    Some(match c {
        '\u{aa}' | '\u{ba}' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2af}' => Script::Latin,
        '\u{2bb}' | '\u{2bc}' | '\u{300}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}' | '\u{ff21}'..='\u{ff5a}' => {
            Script::Latin
        }
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Script::Of("el"),
        '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' => Script::Cyrillic,
        '\u{531}'..='\u{556}' | '\u{561}'..='\u{587}' => Script::Of("hy"),
        '\u{5d0}'..='\u{5f2}' => Script::Of("he"),
        '\u{620}'..='\u{65f}' | '\u{66e}'..='\u{6d3}' | '\u{6d5}'..='\u{6ef}' | '\u{6fa}'..='\u{6ff}' => Script::Arabic,
        '\u{750}'..='\u{77f}' | '\u{8a0}'..='\u{8ff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' => {
            Script::Arabic
        }
        '\u{780}'..='\u{7b1}' => Script::Of("dv"),
        '\u{900}'..='\u{963}' | '\u{970}'..='\u{97f}' => Script::Devanagari,
        '\u{980}'..='\u{9e3}' | '\u{9f0}' | '\u{9f1}' => Script::Of("bn"),
        '\u{a01}'..='\u{a75}' => Script::Of("pa"),
        '\u{a81}'..='\u{af9}' => Script::Of("gu"),
        '\u{b01}'..='\u{b71}' => Script::Of("or"),
        '\u{b82}'..='\u{bd7}' => Script::Of("ta"),
        '\u{c00}'..='\u{c63}' => Script::Of("te"),
        '\u{c80}'..='\u{ce3}' => Script::Of("kn"),
        '\u{d00}'..='\u{d63}' => Script::Of("ml"),
        '\u{d80}'..='\u{ddf}' => Script::Of("si"),
        '\u{e01}'..='\u{e4e}' => Script::Of("th"),
        '\u{e81}'..='\u{ecd}' => Script::Of("lo"),
        '\u{f00}'..='\u{fbc}' => Script::Of("bo"),
        '\u{1000}'..='\u{103f}' => Script::Of("my"),
        '\u{10a0}'..='\u{10ff}' | '\u{1c90}'..='\u{1cbf}' => Script::Of("ka"),
        '\u{1200}'..='\u{139f}' => Script::Of("am"),
        '\u{1780}'..='\u{17d3}' => Script::Of("km"),
        '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7a3}' => Script::Hangul,
        '\u{3041}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9d}' => Script::Kana,
        '\u{3005}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3134f}' => Script::Han,
        _ => return None,
    })
}

/// The script that most of a text is written in, and how many of its letters are: a syllable or word sign counts as three
/// letters.
#[must_use]
pub fn dominant(text: &str) -> Option<(Script, usize)> {
    let mut counts: Vec<(Script, usize)> = Vec::new();
    for found in text.chars().filter_map(script) {
        let weight = if matches!(found, Script::Han | Script::Kana | Script::Hangul) { 3 } else { 1 };
        match counts.iter_mut().find(|(script, _)| *script == found) {
            Some((_, count)) => *count += weight,
            None => counts.push((found, weight)),
        }
    }
    let of = |wanted| counts.iter().find(|(script, _)| *script == wanted).map_or(0, |(_, count)| *count);
    let (kana, han, hangul) = (of(Script::Kana), of(Script::Han), of(Script::Hangul));
    // Japanese mixes both; a Japanese name in Chinese text has a kana at most here and there.
    let written = if hangul * 2 > han + kana {
        (Script::Hangul, hangul + han)
    } else if kana * 10 > han {
        (Script::Kana, kana + han)
    } else {
        (Script::Han, han + kana)
    };
    let others = counts.iter().filter(|(script, _)| !matches!(script, Script::Han | Script::Kana | Script::Hangul));
    others.copied().chain([written]).filter(|(_, count)| *count > 0).max_by_key(|(_, count)| *count)
}
