//! Tracking parameters of query strings, listed in `tracking_parameters.txt`.

use percent_encoding::percent_decode_str;
use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::parse(include_str!("tracking_parameters.txt")));

#[derive(Default)]
struct Table {
    everywhere: Rules,
    /// By host in lower case; they apply to its subdomains, too.
    by_host: HashMap<&'static str, Rules>,
}

#[derive(Default)]
struct Rules {
    names: HashSet<&'static str>,
    /// Patterns of the name and the value.
    patterns: Vec<(Pattern, Pattern)>,
}

#[derive(Clone, Copy)]
enum Pattern {
    Any,
    Exactly(&'static str),
    /// `prefix*`
    Prefix(&'static str),
    /// `prefix#`: the prefix and one digit or more.
    Numbered(&'static str),
}

impl Pattern {
    fn parse(text: &'static str) -> Self {
        if let Some(prefix) = text.strip_suffix('*') {
            Self::Prefix(prefix)
        } else if let Some(prefix) = text.strip_suffix('#') {
            Self::Numbered(prefix)
        } else {
            Self::Exactly(text)
        }
    }

    fn fits(self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(other) => text == other,
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::Numbered(prefix) => text
                .strip_prefix(prefix)
                .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit())),
        }
    }
}

impl Table {
    fn parse(text: &'static str) -> Self {
        let mut table = Table::default();
        for line in lines(text) {
            let (rules, rule) = match line.split_once(": ") {
                Some((host, rule)) => (table.by_host.entry(host).or_default(), rule),
                None => (&mut table.everywhere, line),
            };
            match (rule.split_once('='), Pattern::parse(rule)) {
                (Some((name, value)), _) => rules.patterns.push((Pattern::parse(name), Pattern::parse(value))),
                (None, Pattern::Exactly(name)) => drop(rules.names.insert(name)),
                (None, pattern) => rules.patterns.push((pattern, Pattern::Any)),
            }
        }
        table
    }

    /// `host` is in lower case, as a parsed URL has it.
    fn contains(&self, host: &str, name: &str, value: &str) -> bool {
        self.everywhere.contains(name, value)
            || parents(host).filter_map(|host| self.by_host.get(host)).any(|rules| rules.contains(name, value))
    }
}

impl Rules {
    fn contains(&self, name: &str, value: &str) -> bool {
        self.names.contains(name) || self.patterns.iter().any(|(n, v)| n.fits(name) && v.fits(value))
    }
}

/// A host and the domains above it: `a.b.org`, `b.org`, `org`.
fn parents(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(host), |host| host.split_once('.').map(|(_, parent)| parent))
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// True for a part of a query on `host`, `name` or `name=value` as written, that only tracks. Case is ignored, and so is an
/// `amp;` or a `?` before the name: they remain of an ampersand that was escaped twice, and of a second query that was
/// appended to the first.
pub(super) fn is_tracking(host: &str, pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().to_ascii_lowercase();
    let name = decode(name);
    let name = name.trim_start_matches('?');
    TABLE.contains(host, name.strip_prefix("amp;").unwrap_or(name), &decode(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = include_str!("tracking_parameters.txt");

    /// A host and a part of a query for a line of the list.
    fn example(line: &str) -> (&str, String) {
        let (host, rule) = line.split_once(": ").unwrap_or(("news.example.org", line));
        let filled = rule.replace('*', "x").replace('#', "12");
        (host, if rule.contains('=') { filled } else { format!("{filled}=1") })
    }

    #[test]
    fn every_listed_parameter_is_recognised_in_any_case() {
        for line in lines(LIST) {
            let (host, pair) = example(line);
            assert!(is_tracking(host, &pair) && is_tracking(host, &pair.to_ascii_uppercase()), "{line}");
            assert!(is_tracking(host, &format!("amp;{pair}")), "{line}");
            assert!(is_tracking(host, &format!("%3F{pair}")), "{line}");
        }
    }

    #[test]
    fn a_listed_value_does_not_make_the_name_tracking() {
        for (name, _) in lines(LIST).filter(|line| !line.contains(": ")).filter_map(|line| line.split_once('=')) {
            assert!(!is_tracking("e.org", &format!("{name}=42")), "{name}");
        }
    }

    #[test]
    fn a_parameter_of_one_host_is_kept_elsewhere() {
        for (host, pair) in lines(LIST).filter(|line| line.contains(": ")).map(example) {
            assert!(is_tracking(&format!("www.{host}"), &pair), "{host} {pair}");
        }
        for (host, pair) in [("e.org", "t=1"), ("notx.com", "t=1"), ("x.com.example.org", "s=2"), ("e.org", "module=7")]
        {
            assert!(!is_tracking(host, pair), "{host} {pair}");
        }
    }

    #[test]
    fn a_numbered_name_needs_its_number() {
        assert!(is_tracking("e.org", "sf123456=1"));
        for pair in ["sf=1", "sf12x=1", "sf123456=2"] {
            assert!(!is_tracking("e.org", pair), "{pair}");
        }
    }

    #[test]
    fn parameters_that_select_content_are_kept() {
        let names = "id p page article story lang v q s t sort tag cat category item section date year month issue ed edition \
            doc aid sid nid pid cid tid postid newsid articleid storyid video view type format mode option task file path \
            title name slug url u ref src source from mod module action feed rss topic region city query search start offset";
        for name in names.split_whitespace() {
            assert!(!is_tracking("news.example.org", &format!("{name}=42")), "{name}");
        }
    }

    #[test]
    fn lines_are_lower_case_and_unique() {
        let mut seen = HashSet::new();
        for line in lines(LIST) {
            assert_eq!(line, line.to_ascii_lowercase());
            assert!(seen.insert(line), "{line} is listed twice");
        }
    }
}
