//! What a feed, a server or a page declares as the language, and in which scripts a language is written.

use super::{model, script::Script};
use proto::v1::RawItem;

/// A declared language, as a BCP 47 tag. It may be empty or wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint<'a> {
    /// By the page: `lang` of HTML, `inLanguage` of JSON-LD.
    Page(&'a str),
    /// By the feed or the entry: `language` of RSS, `xml:lang`.
    Feed(&'a str),
    /// By the server: the header `Content-Language`, which is often that of the server and not of the text.
    Header(&'a str),
}

/// What an item declares:
///
/// | hint | of an entry | of a page with its entry |
/// | --- | --- | --- |
/// | feed | entry, feed; where neither says it, the response of the feed (the poller) | the same |
/// | page | | `lang` of the page |
/// | header | | `Content-Language` of the page's response |
#[must_use]
pub fn of(raw: &RawItem) -> [Hint<'_>; 3] {
    let (page, fetch) = (raw.page.as_ref(), raw.fetch.as_ref().filter(|_| raw.page.is_some()));
    [
        Hint::Feed(&raw.language),
        Hint::Page(page.map_or("", |page| &page.language)),
        Hint::Header(fetch.map_or("", |fetch| &fetch.content_language)),
    ]
}

/// A hint that names a language.
#[derive(Debug, PartialEq)]
pub(super) struct Declared {
    /// Primary language subtag.
    pub code: String,
    /// How much more probable the language is by this: the logarithm of a factor.
    pub weight: f32,
}

/// Of feeds that declare a language other than English, nearly all are in that language; but templates declare `en-US`
/// for texts of any language: ln(.9 / .01) and ln(.9 / .1).
const WEIGHT: f32 = 4.5;
const WEIGHT_OF_ENGLISH: f32 = 2.2;

/// The hints that name a language, the strongest first.
pub(super) fn read(hints: &[Hint<'_>]) -> Vec<Declared> {
    let mut out: Vec<Declared> = hints.iter().filter_map(Hint::read).collect();
    out.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    out
}

impl Hint<'_> {
    fn read(&self) -> Option<Declared> {
        let (Self::Page(tag) | Self::Feed(tag) | Self::Header(tag)) = self;
        let code = primary(tag)?;
        let factor = if matches!(self, Self::Header(_)) { 0.5 } else { 1.0 };
        let weight = if code == "en" { WEIGHT_OF_ENGLISH } else { WEIGHT };
        Some(Declared { code, weight: weight * factor })
    }
}

/// The primary subtag, `pt` of `pt-BR`, by the code that is used here; `None` if `tag` names no language.
fn primary(tag: &str) -> Option<String> {
    if tag.contains(',') {
        // A header for readers of several languages (RFC 9110 section 8.5) names none of the text.
        return None;
    }
    let first = tag.trim().split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let code = match first.as_str() {
        "und" | "mul" | "mis" | "zxx" => return None,
        "iw" => "he",
        "in" => "id",
        "ji" => "yi",
        "no" | "nn" => "nb",
        "tl" | "tgl" => "fil",
        "cmn" => "zh",
        // Codes of three letters: individual languages whose code of two letters belongs to their macrolanguage, and
        // languages that have a code of two letters.
        "pes" | "prs" => "fa",
        "arb" => "ar",
        "swh" => "sw",
        "zsm" => "ms",
        "ekk" => "et",
        "lvs" => "lv",
        other => match other.len() {
            2 => isolang::Language::from_639_1(other)?.to_639_1()?,
            3 => {
                let language = isolang::Language::from_639_3(other)?;
                language.to_639_1().unwrap_or_else(|| language.to_639_3())
            }
            _ => return None,
        },
    };
    Some(code.to_owned())
}

/// Languages of the scripts that few languages are written in, other than the one that uses it most.
const ALSO: [(Script, &[&str]); 9] = [
    (Script::Han, &["zh", "ja", "yue", "wuu", "nan", "hak", "lzh"]),
    (Script::Kana, &["ja"]),
    (Script::Hangul, &["ko"]),
    (Script::Of("bn"), &["as", "mni"]),
    (Script::Of("he"), &["yi", "lad"]),
    (Script::Of("am"), &["ti", "tig"]),
    (Script::Of("bo"), &["dz"]),
    (Script::Of("my"), &["shn", "mnw", "kar", "ksw"]),
    (Script::Of("ka"), &["xmf", "lzz"]),
];

/// Languages without a model that are written in a script other than Latin. Those in both are in both lists.
const WITHOUT_MODEL: [(Script, &[&str]); 3] = [
    (
        Script::Cyrillic,
        &["ky", "tg", "tt", "uz", "ba", "cv", "ce", "os", "ab", "kv", "sah", "tyv", "bua", "xal", "av", "rue"],
    ),
    (Script::Arabic, &["ps", "ku", "ckb", "sd", "ug", "pnb", "azb", "ks", "bal", "glk", "mzn", "lrc", "arz", "ary"]),
    (Script::Devanagari, &["ne", "bho", "mai", "sa", "gom", "kok", "doi", "new", "awa", "mag", "brx", "sd", "ks"]),
];
/// Of those, the ones that are also written in Latin letters.
const ALSO_LATIN: [&str; 3] = ["uz", "ku", "gom"];
/// Languages of a script of their own.
const OWN_SCRIPT: [&str; 22] = [
    "el", "hy", "he", "dv", "bn", "pa", "gu", "or", "ta", "te", "kn", "ml", "si", "th", "lo", "bo", "my", "ka", "am",
    "km", "ko", "zh",
];

/// True if texts in the language `code` are in `script`.
pub(super) fn is_written_in(code: &str, script: Script) -> bool {
    if let Script::Of(main) = script
        && main == code
    {
        return true;
    }
    let listed =
        |lists: &[(Script, &[&str])], of: Script| lists.iter().any(|(s, codes)| *s == of && codes.contains(&code));
    let any = |lists: &[(Script, &[&str])]| lists.iter().any(|(_, codes)| codes.contains(&code));
    let in_model = |of: Script| model::of(of).is_some_and(|model| model.languages.contains(&code));
    let other_scripts = [Script::Cyrillic, Script::Arabic, Script::Devanagari];
    in_model(script)
        || listed(&ALSO, script)
        || listed(&WITHOUT_MODEL, script)
        || script == Script::Latin
            && (ALSO_LATIN.contains(&code)
                || !any(&WITHOUT_MODEL)
                    && !any(&ALSO)
                    && !OWN_SCRIPT.contains(&code)
                    && !other_scripts.into_iter().any(in_model))
}
