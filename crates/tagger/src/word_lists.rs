//! Word-list files: the format in which this crate and its users keep word lists.
//!
//! UTF-8, one list per line: its name, a tab, its words separated by spaces. A line that begins with `# ` is a comment;
//! the first describes the file and the origin of the words.

/// The words of this crate.
pub(crate) static WORDS: &str = include_str!("../data/words.tsv");

/// The words of the list `name` in the text of a word-list file, in their order; empty if there is no such list.
pub fn words<'t>(file: &'t str, name: &str) -> impl Iterator<Item = &'t str> {
    line(file, name).split_ascii_whitespace()
}

/// The content of the list `name` as one string, for lists whose entries contain spaces.
#[must_use]
pub fn line<'t>(file: &'t str, name: &str) -> &'t str {
    let lines = file.lines().filter(|line| !line.starts_with("# ")).filter_map(|line| line.split_once('\t'));
    lines.into_iter().find(|(list, _)| *list == name).map_or("", |(_, words)| words)
}

/// The names of the lists in a file, in their order.
pub fn names(file: &str) -> impl Iterator<Item = &str> {
    file.lines().filter(|line| !line.starts_with("# ")).filter_map(|line| line.split_once('\t')).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_of_this_crate_has_words() {
        assert_eq!(names(WORDS).count(), 6);
        assert!(names(WORDS).all(|name| words(WORDS, name).next().is_some()));
    }

    #[test]
    fn a_list_is_found_by_its_name() {
        let file = "# A comment.\nwater\tsea lake\nroads\tstreet\n";
        assert_eq!(words(file, "water").collect::<Vec<_>>(), ["sea", "lake"]);
        assert_eq!(words(file, "hills").count(), 0);
        assert_eq!(names(file).collect::<Vec<_>>(), ["water", "roads"]);
    }
}
