//! robots.txt (RFC 9309). Own code because the crates for it have had no release for years and compile a regular expression
//! for each rule, so that a hostile file is expensive. This matcher compiles nothing and keeps one backtracking position.

use percent_encoding::percent_decode_str;
use std::time::Duration;

/// Bytes of a file that are read (at least 500 KiB by RFC 9309 section 2.5).
pub const MAX_BYTES: usize = 512 * 1024;
/// Rules of a file that are kept.
const MAX_RULES: usize = 5_000;
/// Rules of more bytes are ignored.
const MAX_RULE_BYTES: usize = 2_000;

/// The longest Crawl-delay that is kept.
const MAX_CRAWL_DELAY: Duration = Duration::from_secs(60);

/// Which groups of a robots.txt a request obeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Obey {
    /// Those that name newswire. For a feed that an operator listed: many sites forbid their feeds to search engines, and
    /// offer them to feed readers.
    Named,
    /// Those that name newswire, else those for everyone (RFC 9309). For pages, and for addresses that are not on the list.
    All,
}

/// The rules of one origin for one user agent. The default allows everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Robots {
    /// Of the groups that name the agent; `None` if there is none.
    named: Option<Group>,
    /// Of the groups for everyone.
    any: Group,
}

/// What applies to a user agent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Group {
    rules: Vec<Rule>,
    /// Not part of RFC 9309, but common.
    crawl_delay: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    allow: bool,
    pattern: Vec<u8>,
}

impl Robots {
    /// Disallows everything: the meaning of a server error on robots.txt (RFC 9309 section 2.3.1.4).
    #[must_use]
    pub fn disallow_all() -> Self {
        let rules = vec![Rule { allow: false, pattern: b"/".to_vec() }];
        Robots { named: None, any: Group { rules, crawl_delay: None } }
    }

    /// Rules for everyone from another file: whether a path is allowed, and its pattern.
    #[must_use]
    pub fn of_rules(rules: Vec<(bool, String)>) -> Self {
        let kept = rules.into_iter().filter(|(_, pattern)| !pattern.is_empty() && pattern.len() <= MAX_RULE_BYTES);
        let rule = |(allow, pattern): (bool, String)| Rule { allow, pattern: percent_decoded(&pattern) };
        Robots { named: None, any: Group { rules: kept.take(MAX_RULES).map(rule).collect(), crawl_delay: None } }
    }

    /// Parses a file for `agent`, a product token in any case. All groups that name the agent apply together; the groups for
    /// `*` apply if none does. Other lines are ignored.
    #[must_use]
    pub fn parse(bytes: &[u8], agent: &str) -> Self {
        let text = String::from_utf8_lossy(bytes.get(..MAX_BYTES).unwrap_or(bytes));
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let agent = agent.to_ascii_lowercase();
        let (mut own, mut any) = (Group::default(), Group::default());
        let (mut named, mut starred, mut found) = (false, false, false);
        // True within the user-agent lines that start a group.
        let mut heading = false;
        for line in text.split(['\n', '\r']) {
            let line = line.split('#').next().unwrap_or_default();
            let Some((field, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            let allow = match field.trim().to_ascii_lowercase().as_str() {
                "user-agent" | "useragent" | "user agent" => {
                    if !heading {
                        (named, starred) = (false, false);
                    }
                    heading = true;
                    let name: String =
                        value.chars().take_while(|c| c.is_ascii_alphabetic() || matches!(c, '-' | '_')).collect();
                    named |= name.to_ascii_lowercase() == agent;
                    starred |= value.starts_with('*');
                    found |= named;
                    continue;
                }
                "allow" => true,
                "disallow" => false,
                "crawl-delay" => {
                    heading = false;
                    let delay = value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
                    let delay = delay.map(|delay| delay.min(MAX_CRAWL_DELAY));
                    if named {
                        own.crawl_delay = own.crawl_delay.max(delay);
                    }
                    if starred {
                        any.crawl_delay = any.crawl_delay.max(delay);
                    }
                    continue;
                }
                // Sitemap neither belongs to a group nor ends one.
                _ => continue,
            };
            heading = false;
            if value.is_empty() || value.len() > MAX_RULE_BYTES {
                continue;
            }
            let rule = Rule { allow, pattern: percent_decoded(value) };
            if named && own.rules.len() < MAX_RULES {
                own.rules.push(rule);
            } else if starred && any.rules.len() < MAX_RULES {
                any.rules.push(rule);
            }
        }
        // With a group of its own, that for everyone does not apply.
        if found { Robots { named: Some(own), any: Group::default() } } else { Robots { named: None, any } }
    }

    fn group(&self, obey: Obey) -> Option<&Group> {
        self.named.as_ref().or((obey == Obey::All).then_some(&self.any))
    }

    /// The time between two requests that the file asks for, at most a minute.
    #[must_use]
    pub fn crawl_delay(&self, obey: Obey) -> Option<Duration> {
        self.group(obey)?.crawl_delay
    }

    /// Bytes that the rules take, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let groups = self.named.iter().chain([&self.any]);
        groups.flat_map(|group| &group.rules).map(|rule| rule.pattern.len() + size_of::<Rule>()).sum()
    }

    /// True if a path with its query may be fetched. The longest matching rule decides; of two equally long ones, the one
    /// that allows (RFC 9309 section 2.2.2). `/robots.txt` is always allowed.
    #[must_use]
    pub fn allows(&self, path_and_query: &str, obey: Obey) -> bool {
        let Some(group) = self.group(obey) else { return true };
        if path_and_query == "/robots.txt" || group.rules.is_empty() {
            return true;
        }
        let path = percent_decoded(path_and_query);
        group
            .rules
            .iter()
            .filter(|rule| matches(&rule.pattern, &path))
            .max_by_key(|rule| (rule.pattern.len(), rule.allow))
            .is_none_or(|rule| rule.allow)
    }
}

/// Decodes percent-encodings, except those of characters with a meaning in a pattern or a path: `$ * / ? % #`.
fn percent_decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for (at, part) in text.split('%').enumerate() {
        if at == 0 {
            out.extend_from_slice(part.as_bytes());
            continue;
        }
        let code = part.get(..2).map(str::to_ascii_uppercase);
        match code.as_deref() {
            Some(code) if !matches!(code, "24" | "2A" | "2F" | "3F" | "25" | "23") => {
                out.extend(percent_decode_str(&format!("%{code}")));
                out.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
            }
            Some(code) => {
                out.push(b'%');
                out.extend_from_slice(code.as_bytes());
                out.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
            }
            None => {
                out.push(b'%');
                out.extend_from_slice(part.as_bytes());
            }
        }
    }
    out
}

/// Matches a prefix of `path`: `*` is any number of characters, a final `$` is the end. Keeps one backtracking position.
fn matches(pattern: &[u8], path: &[u8]) -> bool {
    let (pattern, anchored) = match pattern.strip_suffix(b"$") {
        Some(rest) => (rest, true),
        None => (pattern, false),
    };
    let (mut p, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        if p == pattern.len() && (!anchored || t == path.len()) {
            return true;
        }
        match (pattern.get(p), path.get(t)) {
            (Some(b'*'), _) => {
                p += 1;
                back = Some((p, t));
                continue;
            }
            (Some(a), Some(b)) if a == b => {
                p += 1;
                t += 1;
                continue;
            }
            _ => {}
        }
        match back {
            Some((star, from)) if from < path.len() => {
                back = Some((star, from + 1));
                p = star;
                t = from + 1;
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn allows(file: &str, path: &str) -> bool {
        Robots::parse(file.as_bytes(), "newswire").allows(path, Obey::All)
    }

    #[test]
    fn the_examples_of_rfc_9309() {
        let file = "User-Agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/\n\n\
                    User-Agent: foobot\nDisallow:/\nAllow:/example/page.html\nAllow:/example/allowed.gif\n\n\
                    User-Agent: barbot\nUser-Agent: bazbot\nDisallow: /example/page.html\n\nUser-Agent: quxbot\n";
        let may = |agent: &str, path: &str| Robots::parse(file.as_bytes(), agent).allows(path, Obey::All);
        assert!(!may("newswire", "/example/x") && may("newswire", "/publications/x") && !may("newswire", "/a.gif"));
        assert!(may("newswire", "/a.gif?x"));
        assert!(may("FooBot", "/example/page.html") && !may("foobot", "/example/x"));
        assert!(!may("bazbot", "/example/page.html") && may("barbot", "/example/x"));
        assert!(may("quxbot", "/example/page.html"));
    }

    #[test]
    fn the_longest_rule_decides_and_allow_wins_a_tie() {
        assert!(allows("User-agent: *\nDisallow: /a\nAllow: /a/feed", "/a/feed.xml"));
        assert!(allows("User-agent: *\nDisallow: /a\nAllow: /a", "/a"));
        assert!(!allows("User-agent: *\nAllow: /a\nDisallow: /a*feed", "/a/feed"));
    }

    #[test]
    fn the_group_of_the_agent_replaces_the_group_of_the_star() {
        assert!(allows("User-agent: *\nDisallow: /\n\nUser-agent: NewsWire/2.0\nDisallow: /private", "/feed"));
        assert!(!allows("User-agent: *\nDisallow:\n\nUser-agent: newswire\nDisallow: /", "/feed"));
        assert!(allows("User-agent: newswire-other\nDisallow: /", "/feed"));
    }

    #[test]
    fn a_listed_feed_obeys_a_group_that_names_newswire_and_no_other() {
        let named = |file: &str| Robots::parse(file.as_bytes(), "newswire").allows("/feed/", Obey::Named);
        assert!(named("User-agent: *\nDisallow: /feed/"));
        assert!(!named("User-agent: *\nDisallow:\n\nUser-agent: newswire\nDisallow: /feed/"));
        assert!(!named("User-agent: otherbot\nUser-agent: Newswire\nDisallow: /"));
        assert!(Robots::disallow_all().allows("/feed/", Obey::Named));
    }

    #[test]
    fn a_crawl_delay_ends_the_lines_that_name_whom_a_group_is_for() {
        let file = "User-agent: *\nCrawl-delay: 10\n\nUser-agent: BadBot\nDisallow: /";
        let robots = Robots::parse(file.as_bytes(), "newswire");
        assert!(robots.allows("/a", Obey::All));
        assert_eq!(robots.crawl_delay(Obey::All), Some(Duration::from_secs(10)));
    }

    #[test]
    fn the_crawl_delay_is_that_of_the_group_that_applies() {
        let delay = |file: &str, obey| Robots::parse(file.as_bytes(), "newswire").crawl_delay(obey);
        let both = "User-agent: *\nCrawl-delay: 5\nDisallow:\n\nUser-agent: newswire\nCrawl-delay: 2.5\n";
        assert_eq!(delay(both, Obey::All), Some(Duration::from_millis(2_500)));
        let any = "User-agent: *\nCrawl-delay: 86400\n";
        assert_eq!((delay(any, Obey::All), delay(any, Obey::Named)), (Some(MAX_CRAWL_DELAY), None));
        assert_eq!(delay("User-agent: *\nCrawl-delay: -1\nCrawl-delay: soon", Obey::All), None);
    }

    #[test]
    fn malformed_files_are_read_leniently() {
        assert!(!allows("\u{feff}User-agent: *\r\nDisallow: /feed # all of them\r\n", "/feed"));
        assert!(allows("User-agent: *\nDisallow:", "/feed"));
        assert!(allows("<html>not found</html>", "/feed"));
        assert!(!allows("User-agent: *\nCrawl-delay: 10\nDisallow: /feed", "/feed"));
        assert!(!allows("User-agent: *\nDisallow: /caf%C3%A9", "/café"));
        assert!(!allows("User-agent: *\nDisallow: /*?print=", "/a?print=1"));
        assert!(
            !Robots::disallow_all().allows("/feed", Obey::All)
                && Robots::disallow_all().allows("/robots.txt", Obey::All)
        );
    }

    #[test]
    fn a_pattern_of_many_stars_is_matched_in_bounded_time() {
        let file = format!("User-agent: *\nDisallow: /{}b$", "*a".repeat(900));
        let path = format!("/{}", "a".repeat(4_000));
        assert!(allows(&file, &path));
    }

    proptest! {
        #[test]
        fn matching_agrees_with_a_regular_expression(pattern in "/[ab*]{0,8}\\$?", path in "/[ab]{0,8}") {
            let body = pattern.strip_suffix('$').unwrap_or(&pattern).replace('*', ".*");
            let expected = simple(&body, &path, pattern.ends_with('$'));
            prop_assert_eq!(matches(pattern.as_bytes(), path.as_bytes()), expected);
        }

        #[test]
        fn no_file_and_no_path_panics(file in any::<Vec<u8>>(), path in any::<String>()) {
            let _ = Robots::parse(&file, "newswire").allows(&path, Obey::All);
        }
    }

    /// A slow reference implementation that tries every way to match.
    fn simple(pattern: &str, path: &str, anchored: bool) -> bool {
        fn at(p: &[u8], t: &[u8], anchored: bool) -> bool {
            match p {
                [] => !anchored || t.is_empty(),
                [b'.', b'*', rest @ ..] => (0..=t.len()).any(|skip| at(rest, &t[skip..], anchored)),
                [c, rest @ ..] => t.first() == Some(c) && at(rest, &t[1..], anchored),
            }
        }
        at(pattern.as_bytes(), path.as_bytes(), anchored)
    }
}
