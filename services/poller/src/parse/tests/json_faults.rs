//! JSON that was put together by hand, or cut within a character.

use super::*;

/// The feed with `items`, which is no valid JSON and is repaired.
fn repaired(items: &str) -> Document {
    let text = format!(r#"{{"version":"https://jsonfeed.org/version/1.1","title":"Quay Post","items":[{items}]}}"#);
    let document = read(text.as_bytes(), &cx()).unwrap();
    assert_eq!(document.warnings, ["json-types-repaired"], "{items}");
    assert!(!document.is_cut, "{items}");
    document
}

fn titles(document: &Document) -> Vec<&str> {
    document.entries.iter().map(|entry| entry.title.as_str()).collect()
}

#[test]
fn a_faulty_string_costs_no_more_than_a_character() {
    for (title, expected) in [
        (r"Thanks \ud83d", "Thanks"),
        (r"\uDE00 Ferry late", "Ferry late"),
        (r"a\ud83d\ud83d\ude00b", "a\u{1f600}b"),
        (r"caf\u00", "caf"),
        (r"It\'s late", "It's late"),
        (r"C:\users", "C:users"),
        ("one\ttwo", "one\ttwo"),
    ] {
        let document = repaired(&format!(r#"{{"id":"1","title":"{title}"}},{{"id":"2","title":"Snow"}}"#));
        assert_eq!(titles(&document), [expected, "Snow"], "{title}");
    }
}

#[test]
fn commas_and_numbers_that_json_does_not_have_cost_nothing() {
    for item in [
        r#"{"id":"1","title":"Ferry late",}"#,
        r#"{"id":"1","title":"Ferry late"},"#,
        r#",{"id":"1","title":"Ferry late","tags":["a" , ]}"#,
        r#"{"id":"1","title":"Ferry late","rank":NaN}"#,
        r#"{"id":"1","title":"Ferry late","attachments":[{"size_in_bytes":Infinity}]}"#,
    ] {
        assert_eq!(titles(&repaired(item)), ["Ferry late"], "{item}");
    }
}

#[test]
fn what_follows_a_json_feed_is_ignored() {
    for end in [";", "}", "\n<!-- from the cache -->"] {
        let text = format!(r#"{{"items":[{{"id":"1"}}],"feed_url":"/f","title":"Quay Post"}}{end}"#);
        let document = read(text.as_bytes(), &cx()).unwrap();
        assert_eq!((document.title.as_str(), document.entries.len()), ("Quay Post", 1), "{end}");
        assert!(!document.is_cut, "{end}");
    }
}

#[test]
fn a_valid_json_feed_is_read_as_written() {
    let item = r#"{"id":"1","title":"\ud83d\ude00 [1,] \\' \"NaN\""}"#;
    let text = format!("\u{feff}{{\"title\":\"Quay Post\",\"feed_url\":\"/f\",\"items\":[{item}]}}");
    let document = read(text.as_bytes(), &cx()).unwrap();
    assert_eq!(titles(&document), ["\u{1f600} [1,] \\' \"NaN\""]);
    assert!(document.warnings.is_empty());
}

#[test]
fn a_json_feed_with_a_fault_that_ends_early_gives_its_whole_items() {
    let text = r#"{"title":"Quay Post","feed_url":"/f","items":[{"id":"1","title":"It\'s late"},{"id":"2","ti"#;
    let document = read(text.as_bytes(), &cx()).unwrap();
    assert_eq!((titles(&document), document.is_cut), (vec!["It's late"], true));
    assert_eq!(document.warnings, ["json-types-repaired"]);
}
