//! Maps the labels of annotation schemes to the types that are counted.

/// The types that are counted.
pub const TYPES: [&str; 3] = ["PER", "ORG", "LOC"];

/// A name: tokens `start..end` of a document, and its type.
pub type Name = (usize, usize, &'static str);

/// Labels of people: CoNLL, OntoNotes, WNUT, HIPE, and the finer ones of CrossNER and MultiCoNER.
const PEOPLE: &[&str] = &[
    "per",
    "pers",
    "person",
    "people",
    "politician",
    "researcher",
    "scientist",
    "writer",
    "musicalartist",
    "musicartist",
    "artist",
    "athlete",
    "cleric",
    "sportsmanager",
    "otherper",
];

/// Labels of organisations. In CoNLL, parties, universities, bands and teams are ORG; journals
/// and magazines are works and are not counted.
const ORGANISATIONS: &[&str] = &[
    "org",
    "organization",
    "organisation",
    "corporation",
    "corp",
    "company",
    "group",
    "grp",
    "politicalparty",
    "university",
    "band",
    "sportsteam",
    "government",
    "media",
    "publiccorp",
    "privatecorp",
    "sportsgrp",
    "musicalgrp",
    "carmanufacturer",
    "aerospacemanufacturer",
];

/// Labels of places. FAC of OntoNotes (buildings, airports) is LOC in CoNLL.
const PLACES: &[&str] = &[
    "loc",
    "location",
    "place",
    "gpe",
    "geo",
    "fac",
    "facility",
    "country",
    "city",
    "state",
    "geo-loc",
    "building",
    "humansettlement",
    "station",
    "otherloc",
];

/// The type of a label, in any case, with `-`, `_` or a space between words; none for labels of
/// other types (NORP, MISC, dates, works, events). Of a label with levels (`person-actor`,
/// `pers.ind`) the first level counts.
pub fn type_of(label: &str) -> Option<&'static str> {
    let lower = label.to_lowercase().replace(['_', ' '], "-");
    let whole = lower.replace('-', "");
    let kinds = [(PEOPLE, "PER"), (ORGANISATIONS, "ORG"), (PLACES, "LOC")];
    let find = |name: &str| kinds.iter().find(|(names, _)| names.contains(&name)).map(|(_, kind)| *kind);
    let first = lower.split(['-', '/', '.']).next().unwrap_or("");
    // Only labels that schemes with levels use: `group-work` is not a group.
    let levels = ["person", "pers", "organization", "org", "location", "loc", "building"].contains(&first);
    find(&lower).or_else(|| find(&whole)).or_else(|| levels.then(|| find(first)).flatten())
}

/// A tag's position (`B`, `I`, ..) and label; none for a tag outside names.
pub fn parts(tag: &str) -> Option<(char, &str)> {
    if matches!(tag, "O" | "o" | "OUT" | "_" | "-" | "") {
        return None;
    }
    let mut letters = tag.chars();
    let position = letters.next().map(|letter| letter.to_ascii_uppercase());
    match (position, letters.next()) {
        (Some(position @ ('B' | 'I' | 'E' | 'L' | 'M' | 'S' | 'U' | 'W')), Some('-' | '_')) => {
            Some((position, letters.as_str()))
        }
        // Without positions, equal adjacent labels are one name.
        _ => Some(('I', tag)),
    }
}

/// Whether a field is a tag of BIO, IOB1, BILOU, IOBES or a similar scheme.
pub fn is_tag(field: &str) -> bool {
    field == "O"
        || field.split_once('-').is_some_and(|(before, label)| {
            before.len() == 1 && !label.is_empty() && parts(field).is_some_and(|(_, rest)| rest == label)
        })
}

/// The names of one sentence, as tokens `start..end` and the label as written. A name begins at B,
/// S or U, after the end of another (E, L, S, U), and where the label changes. This covers IOB1,
/// which writes B only between adjacent names.
pub fn names<'t>(tags: &[&'t str]) -> Vec<(usize, usize, &'t str)> {
    let mut names: Vec<(usize, usize, &'t str)> = Vec::new();
    let mut open = false;
    for (at, tag) in tags.iter().enumerate() {
        let Some((position, label)) = parts(tag) else {
            open = false;
            continue;
        };
        match names.last_mut() {
            Some((_, end, before)) if open && *before == label && !matches!(position, 'B' | 'S' | 'U' | 'W') => {
                *end = at + 1;
            }
            _ => names.push((at, at + 1, label)),
        }
        open = !matches!(position, 'E' | 'L' | 'S' | 'U' | 'W');
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tags: &str) -> Vec<(usize, usize, &str)> {
        names(&tags.split(' ').collect::<Vec<_>>())
    }

    #[test]
    fn all_schemes_of_positions_give_the_same_names() {
        let two = [(0, 2, "PER"), (2, 3, "PER"), (4, 5, "LOC")];
        assert_eq!(read("I-PER I-PER B-PER O I-LOC"), two, "IOB1: B only between adjacent names");
        assert_eq!(read("B-PER I-PER B-PER O B-LOC"), two, "IOB2");
        assert_eq!(read("B-PER L-PER U-PER O U-LOC"), two, "BILOU");
        assert_eq!(read("B-PER E-PER S-PER O S-LOC"), two, "IOBES");
        assert_eq!(read("B-PER E-PER I-PER O I-LOC"), two, "a tag after an end begins a name");
        assert_eq!(read("person person O LOC"), [(0, 2, "person"), (3, 4, "LOC")], "no positions");
        assert_eq!(read("I-LOC I-PER O O"), [(0, 1, "LOC"), (1, 2, "PER")], "another label begins a name");
    }

    #[test]
    fn labels_of_common_schemes_have_a_type() {
        for (label, kind) in [
            ("PER", Some("PER")),
            ("PERSON", Some("PER")),
            ("politician", Some("PER")),
            ("ORG", Some("ORG")),
            ("political_party", Some("ORG")),
            ("politicalparty", Some("ORG")),
            ("corporation", Some("ORG")),
            ("group", Some("ORG")),
            ("GPE", Some("LOC")),
            ("FAC", Some("LOC")),
            ("country", Some("LOC")),
            ("geo-loc", Some("LOC")),
            ("person-actor", Some("PER")),
            ("location-GPE", Some("LOC")),
            ("building-hotel", Some("LOC")),
            ("pers.ind", Some("PER")),
            ("loc.adm.town", Some("LOC")),
            ("GRP", Some("ORG")),
            ("HumanSettlement", Some("LOC")),
            ("NORP", None),
            ("MISC", None),
            ("creative-work", None),
            ("election", None),
            ("ORDINAL", None),
            ("personal", None),
        ] {
            assert_eq!(type_of(label), kind, "{label}");
        }
    }

    #[test]
    fn a_word_with_a_hyphen_is_not_a_tag() {
        assert!(is_tag("B-PER") && is_tag("O") && is_tag("I-creative-work") && is_tag("b-person"));
        assert!(!is_tag("X-ray") && !is_tag("co-op") && !is_tag("-X-") && !is_tag("NNP") && !is_tag("I-"));
    }
}
