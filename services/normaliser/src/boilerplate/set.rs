//! Rules that a line is compared with at once.
//!
//! A set of regular expressions has a state for each of their combinations, and prose meets new ones with almost every line. So a line
//! meets the expressions only if it begins, or ends, as one of their lines can.

use regex::bytes::{RegexSet, RegexSetBuilder};
use regex_syntax::{
    ParserBuilder,
    hir::literal::{ExtractKind, Extractor},
};

/// Bytes of a compiled set, and of its cache while it is searched.
pub(super) const MAX_SET_BYTES: usize = 64 << 20;
const MAX_CACHE_BYTES: usize = 8 << 20;

/// The rules of one script that hold at one place.
pub(super) struct Set {
    groups: Vec<Group>,
}

/// Rules whose lines are known by their beginning, rules whose lines are known by their end, or the others.
struct Group {
    known: Option<Known>,
    patterns: RegexSet,
    /// Of each pattern: the rule's number in the set, and its name.
    rules: Vec<(usize, String)>,
}

/// How lines begin or end.
struct Known {
    kind: ExtractKind,
    /// In order, from the line's start or from its end. None begins with another.
    texts: Vec<Vec<u8>>,
    /// Bytes of the longest.
    longest: usize,
}

impl Set {
    /// Of the names of rules and their expressions.
    ///
    /// # Errors
    /// An expression is invalid or too large, which a test excludes.
    pub(super) fn new(rules: Vec<(String, String)>) -> Result<Self, regex::Error> {
        let mut groups =
            [Some(ExtractKind::Prefix), Some(ExtractKind::Suffix), None].map(|kind| (kind, Vec::new(), Vec::new()));
        for (number, (name, pattern)) in rules.into_iter().enumerate() {
            for (kind, texts, members) in &mut groups {
                let Some(found) = kind.as_ref().map_or(Some(Vec::new()), |kind| texts_of(&pattern, kind)) else {
                    continue;
                };
                texts.extend(found);
                members.push((number, name, pattern));
                break;
            }
        }
        let groups = groups.into_iter().filter(|(.., members)| !members.is_empty()).map(|(kind, texts, members)| {
            let patterns = members.iter().map(|(.., pattern)| pattern);
            let patterns =
                RegexSetBuilder::new(patterns).size_limit(MAX_SET_BYTES).dfa_size_limit(MAX_CACHE_BYTES).build()?;
            let rules = members.into_iter().map(|(number, name, _)| (number, name)).collect();
            Ok(Group { known: kind.map(|kind| Known::new(kind, texts)), patterns, rules })
        });
        Ok(Set { groups: groups.collect::<Result<_, _>>()? })
    }

    /// The name of the first rule that matches.
    pub(super) fn first(&self, line: &[u8]) -> Option<&str> {
        let groups = self.groups.iter().filter(|group| group.known.as_ref().is_none_or(|known| known.admits(line)));
        let matching = groups.filter(|group| group.patterns.is_match(line));
        let rules = matching.filter_map(|group| group.rules.get(group.patterns.matches(line).iter().next()?));
        rules.min_by_key(|(number, _)| *number).map(|(_, name)| name.as_str())
    }
}

/// Texts of which one begins or ends each line that matches; `None` if there are no such texts.
fn texts_of(pattern: &str, kind: &ExtractKind) -> Option<Vec<Vec<u8>>> {
    let pattern = ParserBuilder::new().utf8(false).build().parse(pattern).ok()?;
    let texts = Extractor::new().kind(kind.clone()).extract(&pattern);
    let texts: Vec<Vec<u8>> = texts.literals()?.iter().map(|text| text.as_bytes().to_vec()).collect();
    texts.iter().all(|text| text.len() > 1).then_some(texts)
}

impl Known {
    fn new(kind: ExtractKind, mut texts: Vec<Vec<u8>>) -> Self {
        if matches!(kind, ExtractKind::Suffix) {
            texts.iter_mut().for_each(|text| text.reverse());
        }
        texts.sort();
        // In this order a text follows those that begin it.
        texts.dedup_by(|text, before| text.starts_with(before));
        let longest = texts.iter().map(Vec::len).max().unwrap_or(0);
        Known { kind, texts, longest }
    }

    fn admits(&self, line: &[u8]) -> bool {
        let reversed: Vec<u8>;
        let line = match self.kind {
            ExtractKind::Suffix => {
                reversed = line.iter().rev().take(self.longest).copied().collect();
                reversed.as_slice()
            }
            _ => line,
        };
        // If one of the texts begins the line, no other is between it and the line.
        let after = self.texts.partition_point(|text| text.as_slice() <= line);
        after.checked_sub(1).and_then(|at| self.texts.get(at)).is_some_and(|text| line.starts_with(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boilerplate::rules::{expanded, rules};
    use proptest::{
        strategy::{Strategy as _, ValueTree as _},
        test_runner::TestRunner,
    };

    fn set(patterns: &[&str]) -> Set {
        Set::new(patterns.iter().map(|pattern| ((*pattern).to_owned(), format!("^(?:{pattern})$"))).collect()).unwrap()
    }

    #[test]
    fn rules_are_known_by_beginning_or_end_or_neither() {
        let set = set(&["read more", "by .+", ".+ on facebook", "[a-z]+"]);
        let known: Vec<_> = set.groups.iter().map(|group| (group.known.is_some(), group.rules.len())).collect();
        assert_eq!(known, [(true, 2), (true, 1), (false, 1)]);
    }

    #[test]
    fn the_first_rule_in_order_matches() {
        let set = set(&["x .+", ".+ y", "x y", "[a-z] [a-z]"]);
        let first = |line: &str| set.first(line.as_bytes()).map(str::to_owned);
        assert_eq!(first("x y").as_deref(), Some("x .+"));
        assert_eq!(first("z y").as_deref(), Some(".+ y"));
        assert_eq!(first("a b").as_deref(), Some("[a-z] [a-z]"));
        assert_eq!(first("xy"), None);
    }

    /// Lines are made from the expressions of all rules, but for those with an assertion.
    #[test]
    fn no_rule_misses_a_line_for_its_beginning_or_end() {
        let patterns: Vec<(String, String)> =
            rules().into_iter().map(|rule| (rule.name, expanded(rule.pattern, 2))).collect();
        let set = Set::new(patterns.clone()).unwrap();
        let mut runner = TestRunner::deterministic();
        let mut made = 0;
        for (name, pattern) in &patterns {
            let bare = pattern.trim_start_matches('^').trim_end_matches('$');
            let Ok(lines) = proptest::string::bytes_regex(bare) else { continue };
            for _ in 0..5 {
                let line = lines.new_tree(&mut runner).unwrap().current();
                assert!(set.first(&line).is_some(), "{name}: {pattern}: {}", String::from_utf8_lossy(&line));
                made += 1;
            }
        }
        assert!(made > patterns.len() * 4, "{made} lines of {} rules", patterns.len());
    }

    #[test]
    fn a_text_within_another_does_not_hide_it() {
        let known =
            Known::new(ExtractKind::Prefix, ["read", "read more", "reach", "ab"].map(|text| text.into()).into());
        for (line, admitted) in
            [("read", true), ("read less", true), ("reader", true), ("rea", false), ("zz", false), ("", false)]
        {
            assert_eq!(known.admits(line.as_bytes()), admitted, "{line}");
        }
    }
}
