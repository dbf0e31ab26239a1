//! The rules of `rules/*.txt`: one file for a language or for languages that are written alike.
//!
//! `script` names the script of a file's lines: only lines in it are compared with its rules; `any` are all. A section
//! `[PLACE NAME]` begins a list of rules, one a line: regular expressions that match a whole line. `end` rules hold at the end of
//! a text, `ends` at both ends, `anywhere` in it, too. A line is compared without marks and case and without the punctuation around
//! it, and so are the rules: they are written as the language is, without capitals and without `\W`, `\S` and the like.
//!
//! | in a rule | means |
//! | --- | --- |
//! | `{next}` | an arrow or an ellipsis at the end of the line |
//! | `{sign}` | an arrow or a bullet at its start |
//! | `{who}` | a network on which readers share |
//! | `{agency}` | an agency or an archive that sells pictures |

use super::set::Set;
use std::sync::OnceLock;
use text::fold;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        /// The files, by name.
        pub(super) const FILES: &[(&str, &str)] = &[$(($name, include_str!(concat!("rules/", $name, ".txt")))),*];
    };
}

files!(
    "common",
    "en",
    "es",
    "pt",
    "fr",
    "de",
    "it",
    "nl",
    "nordic",
    "fi",
    "pl",
    "cs_sk",
    "hu",
    "ro",
    "tr",
    "id_ms",
    "vi",
    "hr_sl",
    "baltic",
    "sq",
    "ca",
    "sw",
    "tl",
    "cyrillic",
    "el",
    "arabic",
    "he",
    "indic",
    "pa_gu",
    "dravidian",
    "si",
    "th",
    "lo",
    "my",
    "km",
    "cjk",
    "hy",
    "ka",
    "am",
);

/// Scripts, by the name that the files have for them, with the first and the last of their characters.
const SCRIPTS: [(&str, &[(char, char)]); 14] = [
    ("latin", &[]),
    ("cyrillic", &[('\u{400}', '\u{52f}')]),
    ("greek", &[('\u{370}', '\u{3ff}'), ('\u{1f00}', '\u{1fff}')]),
    ("arabic", &[('\u{600}', '\u{77f}'), ('\u{8a0}', '\u{8ff}'), ('\u{fb50}', '\u{fdff}'), ('\u{fe70}', '\u{fefc}')]),
    ("hebrew", &[('\u{590}', '\u{5ff}')]),
    ("indic", &[('\u{900}', '\u{dff}')]),
    ("thai", &[('\u{e00}', '\u{e7f}')]),
    ("cjk", &[('\u{1100}', '\u{11ff}'), ('\u{3040}', '\u{30ff}'), ('\u{3400}', '\u{9fff}'), ('\u{ac00}', '\u{d7af}')]),
    ("armenian", &[('\u{530}', '\u{58f}')]),
    ("georgian", &[('\u{10a0}', '\u{10ff}'), ('\u{1c90}', '\u{1cbf}')]),
    ("ethiopic", &[('\u{1200}', '\u{139f}')]),
    ("lao", &[('\u{e80}', '\u{eff}')]),
    ("burmese", &[('\u{1000}', '\u{109f}')]),
    ("khmer", &[('\u{1780}', '\u{17ff}')]),
];

const NEXT: &str = "(?: →)";
const SIGN: &str = "→ ";
const WHO: &str = "(?:facebook|twitter|x|whatsapp|telegram|linkedin|reddit|pinterest|e-?mail|messenger|viber|vk|instagram|tumblr|\
    threads|bluesky|mastodon|line|weibo|wechat|youtube|tiktok|flipboard|signal|google news)";
const AGENCY: &str = "(?:reuters|thomson reuters|associated press|ap|ap photo|ap images|afp|agence france-presse|getty|getty images|\
    afp via getty images|bloomberg|epa|epa-efe|pa media|pa wire|pa images|press association|anadolu|anadolu agency|nurphoto|\
    upi|picture alliance|sipa|sipa usa|zuma press|shutterstock|imago|the canadian press|aap|pti|ani|yonhap|kyodo|xinhua|via reuters)";

/// Where a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// At the end of a text.
    End,
    /// At its start.
    Start,
    /// In it.
    Anywhere,
}

/// A rule as its file has it.
pub(super) struct Rule {
    /// The file's name and the section's, with a slash between them.
    pub name: String,
    /// `end`, `ends` or `anywhere`.
    pub place: &'static str,
    pub script: &'static str,
    pub pattern: &'static str,
}

/// The rules of all files.
pub(super) fn rules() -> Vec<Rule> {
    let mut rules = Vec::new();
    for (file, text) in FILES {
        let (mut script, mut section, mut place) = ("any", String::new(), "");
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix("script ") {
                script = name;
            } else if let Some((at, name)) =
                line.strip_prefix('[').and_then(|line| line.strip_suffix(']')).and_then(|line| line.split_once(' '))
                && !name.contains(['[', '|'])
            {
                (place, section) = (at, format!("{file}/{name}"));
            } else {
                rules.push(Rule { name: section.clone(), place, script, pattern: line });
            }
        }
    }
    rules
}

/// The rules of a script that hold at a place. None, if an expression is invalid, which a test excludes.
fn set_of(script: &str, at: At) -> Option<Set> {
    let holds = |rule: &Rule| match at {
        At::End => rule.place != "anywhere",
        At::Start => rule.place == "ends",
        At::Anywhere => rule.place == "anywhere",
    };
    let chosen = rules().into_iter().filter(|rule| (rule.script == script || rule.script == "any") && holds(rule));
    Set::new(chosen.map(|rule| (rule.name, expanded(rule.pattern, bytes_of(script)))).collect()).ok()
}

/// Bytes of most characters of a script.
fn bytes_of(script: &str) -> usize {
    match script {
        "latin" | "any" => 1,
        "indic" | "thai" | "cjk" | "georgian" | "ethiopic" | "lao" | "burmese" | "khmer" => 3,
        _ => 2,
    }
}

/// A rule as a regular expression of a whole line. A repetition of any character is one of bytes, `width` for each character:
/// a hundred times the same set of characters would take a hundred times the states.
pub(super) fn expanded(pattern: &str, width: usize) -> String {
    let sign = if pattern.contains("{sign}") { "" } else { "(?:→ )?" };
    let pattern = fold::base_letters(pattern)
        .replace("{next}", NEXT)
        .replace("{sign}", SIGN)
        .replace("{who}", WHO)
        .replace("{agency}", AGENCY);
    let mut parts = pattern.split(".{");
    let mut bytes = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (bounds, rest) = part.split_once('}').unwrap_or((part, ""));
        let (least, most) = bounds.split_once(',').unwrap_or((bounds, bounds));
        let most = most.parse::<usize>().map_or_else(|_| most.to_owned(), |most| (most * width).to_string());
        bytes.push_str(&format!("(?-u:[^\\n]){{{least},{most}}}{rest}"));
    }
    format!("^{sign}(?:{bytes})$")
}

/// The sets by script and place, each made when it is first needed.
static SETS: [[OnceLock<Option<Set>>; 3]; SCRIPTS.len()] = [const { [const { OnceLock::new() }; 3] }; SCRIPTS.len()];

/// The name of the rule that a line matches there: a line of text without the whitespace around it.
#[must_use]
pub fn matching(line: &str, at: At) -> Option<&'static str> {
    let bare = line.trim_matches(|c: char| !c.is_alphanumeric() && c != '\u{a9}');
    if bare.is_empty() {
        // A rule or an ellipsis.
        return (at != At::Anywhere).then_some("rule");
    }
    let script = script(bare);
    let set = SETS.get(script)?.get(at as usize)?;
    let set = set.get_or_init(|| set_of(SCRIPTS.get(script).map_or("", |(name, _)| name), at));
    set.as_ref()?.first(folded(line, bare).as_bytes())
}

/// The index of a line's script: that of the first character which is not Latin.
fn script(line: &str) -> usize {
    let of =
        |c: char| SCRIPTS.iter().position(|(_, ranges)| ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)));
    if line.is_ascii() { 0 } else { line.chars().filter(|c| *c > '\u{36f}').find_map(of).unwrap_or(0) }
}

/// A line in the form in which it is compared, with an arrow at its ends for any sign that leads elsewhere.
fn folded(line: &str, bare: &str) -> String {
    let bare = if bare.is_ascii() { bare.to_ascii_lowercase() } else { fold::base_letters(bare) };
    let bare = bare.replace(['\u{2019}', '\u{2018}', '`', '\u{2bc}'], "'").replace(['\u{a0}', '\u{202f}'], " ");
    let line = line.trim();
    let begins =
        line.starts_with(['\u{2192}', '\u{bb}', '\u{203a}', '>', '\u{25b6}', '\u{25ba}', '\u{2022}', '*', '\u{1f449}']);
    let ends = line.ends_with(['\u{2192}', '\u{bb}', '\u{203a}', '\u{2026}', '>', ']']) || line.ends_with("...");
    format!("{}{bare}{}", if begins { SIGN } else { "" }, if ends { " →" } else { "" })
}
