//! Tracking parameters of query strings, listed in `tracking_parameters.txt`.

use percent_encoding::percent_decode_str;
use std::{collections::HashSet, sync::LazyLock};

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::parse(include_str!("tracking_parameters.txt")));

#[derive(Default)]
struct Table {
    names: HashSet<&'static str>,
    prefixes: Vec<&'static str>,
    pairs: HashSet<(&'static str, &'static str)>,
}

impl Table {
    fn parse(text: &'static str) -> Self {
        let mut table = Table::default();
        for line in lines(text) {
            if let Some(prefix) = line.strip_suffix('*') {
                table.prefixes.push(prefix);
            } else if let Some(pair) = line.split_once('=') {
                table.pairs.insert(pair);
            } else {
                table.names.insert(line);
            }
        }
        table
    }

    fn contains(&self, name: &str, value: &str) -> bool {
        self.names.contains(name)
            || self.prefixes.iter().any(|prefix| name.starts_with(prefix))
            || self.pairs.contains(&(name, value))
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// True for a part of a query, `name` or `name=value` as written, that only tracks. Case is ignored, and so is an `amp;`
/// before the name, which remains of an ampersand that was escaped twice.
pub(super) fn is_tracking(pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let name = percent_decode_str(name).decode_utf8_lossy().to_ascii_lowercase();
    let name = name.strip_prefix("amp;").unwrap_or(&name);
    TABLE.contains(name, &value.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = include_str!("tracking_parameters.txt");

    #[test]
    fn every_listed_parameter_is_recognised_in_any_case() {
        for line in lines(LIST) {
            let pair = match line.strip_suffix('*') {
                Some(prefix) => format!("{prefix}x=1"),
                None if line.contains('=') => line.to_owned(),
                None => format!("{line}=1"),
            };
            assert!(is_tracking(&pair) && is_tracking(&pair.to_ascii_uppercase()), "{line}");
            assert!(is_tracking(&format!("amp;{pair}")), "{line}");
        }
    }

    #[test]
    fn a_listed_value_does_not_make_the_name_tracking() {
        for (name, _) in lines(LIST).filter_map(|line| line.split_once('=')) {
            assert!(!is_tracking(&format!("{name}=42")), "{name}");
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
