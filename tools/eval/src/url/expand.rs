//! Words that a simple regular expression matches: one for each alternative, with every optional part left out and every
//! repeated class by one of its characters.

/// Words of a pattern with groups, alternatives, classes, `?`, `*` and `+`.
pub(super) fn expansions(pattern: &str) -> Vec<String> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut at = 0;
    let mut words = alternatives(&chars, &mut at);
    words.sort();
    words.dedup();
    words
}

fn alternatives(chars: &[char], at: &mut usize) -> Vec<String> {
    let mut all = Vec::new();
    let mut words = vec![String::new()];
    while let Some(&c) = chars.get(*at) {
        *at += 1;
        let piece = match c {
            ')' => break,
            '|' => {
                all.append(&mut words);
                words = vec![String::new()];
                continue;
            }
            '(' => {
                if chars.get(*at) == Some(&'?') {
                    *at += 2;
                }
                alternatives(chars, at)
            }
            '[' => vec![class(chars, at)],
            '^' | '$' => continue,
            '.' => vec!["x".to_owned()],
            '\\' => {
                *at += 1;
                match chars.get(*at - 1) {
                    Some('d') => vec!["7".to_owned()],
                    Some('w') => vec!["x".to_owned()],
                    other => vec![other.map_or_else(String::new, char::to_string)],
                }
            }
            c => vec![c.to_string()],
        };
        let piece = match chars.get(*at) {
            Some('?' | '*') => {
                *at += 1;
                // What follows a fixed beginning, as in `utm_[a-z]*`, is what matters.
                if c == '[' { piece } else { vec![String::new()] }
            }
            Some('+') => {
                *at += 1;
                piece
            }
            Some('{') => {
                *at += chars.iter().skip(*at).position(|c| *c == '}').map_or(0, |end| end + 1);
                piece
            }
            _ => piece,
        };
        // A lazy quantifier.
        if chars.get(*at) == Some(&'?') && matches!(chars.get(*at - 1), Some('*' | '+' | '?')) {
            *at += 1;
        }
        words = words.iter().flat_map(|word| piece.iter().map(move |piece| format!("{word}{piece}"))).collect();
    }
    all.append(&mut words);
    all
}

/// A letter of a class, or else its first character.
fn class(chars: &[char], at: &mut usize) -> String {
    let start = *at;
    *at += chars.iter().skip(start).position(|c| *c == ']').unwrap_or(0) + 1;
    let members = chars.get(start..*at - 1).unwrap_or_default();
    members.iter().find(|c| c.is_ascii_alphabetic()).or(members.first()).map_or_else(String::new, char::to_string)
}

/// A host that a pattern of URLs matches.
pub(super) fn host(pattern: &str) -> String {
    let word = expansions(pattern).into_iter().next().unwrap_or_default();
    let host = word.split_once("//").map_or(word.as_str(), |(_, rest)| rest).split('/').next().unwrap_or_default();
    host.trim_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_alternative_is_a_word() {
        assert_eq!(expansions("(?:%3F)?one_(?:a|b)"), ["one_a", "one_b"]);
        assert_eq!(expansions("two[a-z_]*"), ["twoa"]);
        assert_eq!(expansions("x\\.y"), ["x.y"]);
    }

    #[test]
    fn a_pattern_of_urls_gives_a_host() {
        assert_eq!(host("^https?:\\/\\/(?:[a-z0-9-]+\\.)*?example\\.org"), "example.org");
        assert_eq!(host("^https?:\\/\\/(?:[a-z0-9-]+\\.)*?example(?:\\.[a-z]{2,}){1,}"), "example.a");
    }
}
