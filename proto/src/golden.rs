//! Golden records: `examples/v1/NAME.json` and `NAME.empty.json` are what a consumer sees. They round-trip through the
//! types in JSON and in Protobuf. `NEWSWIRE_GOLDEN=1` writes the empty ones.

use crate::{
    topic::{Key, Kind, PartitionedBy, Retention, Settings, Topic},
    v1, wire,
};
use std::collections::BTreeSet;

pub(crate) fn check<M: wire::Message + std::fmt::Debug>() {
    let name = M::NAME;
    let folder = format!("{}/examples/v1", env!("CARGO_MANIFEST_DIR"));

    let empty = serde_json::to_string_pretty(&M::default()).unwrap() + "\n";
    let path = format!("{folder}/{name}.empty.json");
    if std::env::var_os("NEWSWIRE_GOLDEN").is_some() {
        std::fs::write(&path, &empty).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), empty, "{path}");

    let path = format!("{folder}/{name}.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let message: M = wire::decode(None, text.as_bytes()).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(serde_json::to_string_pretty(&message).unwrap() + "\n", text, "{path} does not round-trip");

    // The example shows every field: nothing in it is as in the empty record.
    let full: serde_json::Value = serde_json::from_str(&text).unwrap();
    let blank: serde_json::Value = serde_json::from_str(&empty).unwrap();
    for (field, value) in full.as_object().unwrap() {
        let booleans_and_chosen_zeros = value.is_boolean() || field == "enrichment" || field == "same_as";
        assert!(booleans_and_chosen_zeros || *value != blank[field], "{path}: {field} is empty");
    }

    let binary = wire::Encoding::Protobuf.encode(&message).unwrap();
    assert_eq!(wire::decode::<M>(Some("application/protobuf"), &binary).unwrap(), message);
}

#[test]
fn every_message_has_its_golden_records() {
    crate::topic::check_golden_records();
}

#[test]
fn every_message_that_is_not_a_part_of_another_has_a_topic() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/news/v1");
    let mut declared = BTreeSet::new();
    let mut parts = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        for line in std::fs::read_to_string(file.unwrap().path()).unwrap().lines() {
            match line.split_whitespace().collect::<Vec<_>>().as_slice() {
                ["message", name, "{"] => drop(declared.insert((*name).to_owned())),
                ["repeated", name, _, "=", ..] | [name, _, "=", ..] => drop(parts.insert((*name).to_owned())),
                _ => {}
            }
        }
    }
    let in_topics: BTreeSet<String> =
        Topic::ALL.iter().flat_map(|topic| topic.settings().messages).map(|name| (*name).to_owned()).collect();
    let missing: Vec<_> = declared.iter().filter(|name| !parts.contains(*name) && !in_topics.contains(*name)).collect();
    assert!(missing.is_empty(), "no topic in proto/src/topic.rs holds {missing:?}");
}

/// The table of topics in the README; `NEWSWIRE_GOLDEN=1` rewrites it.
#[test]
fn the_readme_lists_the_topics() {
    let mut table = "| topic | messages | key | partitioned by | encoding | kept | holds |
"
    .to_owned();
    table += "| --- | --- | --- | --- | --- | --- | --- |
";
    for topic in Topic::ALL {
        let Settings { suffix, kind, key, partitioned_by, retention, is_created, messages, description } =
            topic.settings();
        let days = |ms: i64| format!("{} days", ms / 86_400_000).replace("1 days", "1 day");
        table += &format!(
            "| `news.{suffix}`{} | {} | {} | {} | {} | {} | {} |
",
            if is_created { "" } else { " (not written yet)" },
            messages.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
            match (key, kind) {
                (Key::Feed, Kind::State) => "feed id, 16 bytes",
                (Key::Article, Kind::State) => "article id, 16 bytes",
                (Key::Feed, _) => "feed id, hex",
                (Key::Article, _) => "article id, hex",
                (Key::Digest, _) => "digest, 16 bytes",
                (Key::Original, _) => "that of the refused record",
            },
            match partitioned_by {
                PartitionedBy::Host => "host",
                PartitionedBy::Id => "key",
                PartitionedBy::Nothing => "one partition",
            },
            match (kind, messages) {
                (_, []) => "as refused",
                (Kind::State, _) => "Protobuf",
                _ => "`--encoding`",
            },
            match retention {
                Retention::Compact => "last of each key".to_owned(),
                Retention::CompactDelete(ms) => format!("last of each key, {}", days(ms)),
                Retention::Delete(ms) => days(ms),
            },
            description,
        );
    }
    check_readme("topics", &table);
}

/// Compares the part of the README between `<!-- name -->` and `<!-- end of name -->` with `table`.
pub(crate) fn check_readme(name: &str, table: &str) {
    // Tests run in parallel, and each may rewrite its table.
    static README: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _guard = README.lock();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (before, rest) = readme
        .split_once(&format!(
            "<!-- {name} -->
"
        ))
        .unwrap();
    let (found, after) = rest.split_once(&format!("<!-- end of {name} -->")).unwrap();
    if std::env::var_os("NEWSWIRE_GOLDEN").is_some() {
        std::fs::write(
            path,
            format!(
                "{before}<!-- {name} -->
{table}<!-- end of {name} -->{after}"
            ),
        )
        .unwrap();
        return;
    }
    assert_eq!(found, table, "{path}: the table of {name}; NEWSWIRE_GOLDEN=1 rewrites it");
}

#[test]
fn an_enriched_article_repeats_every_field_of_the_article() {
    let text = include_str!("../examples/v1/Article.json");
    let article: v1::Article = wire::decode(None, text.as_bytes()).unwrap();
    // Only fields with the same number and type survive this.
    let binary = wire::Encoding::Protobuf.encode(&article).unwrap();
    let enriched: v1::EnrichedArticle = wire::decode(Some("application/protobuf"), &binary).unwrap();
    let enriched = serde_json::to_value(&enriched).unwrap();
    for (field, value) in serde_json::to_value(&article).unwrap().as_object().unwrap() {
        assert_eq!(enriched[field], *value, "{field}");
    }
}

#[test]
fn unknown_fields_are_ignored() {
    let state: v1::ArticleState = wire::decode(None, br#"{"article_id":"a","a_field_of_tomorrow":[1]}"#).unwrap();
    assert_eq!(state.article_id, "a");
}

#[test]
fn an_unknown_content_type_is_an_error() {
    let error = wire::decode::<v1::Feed>(Some("text/xml"), b"<feed/>").unwrap_err();
    insta::assert_snapshot!(error, @r#"content-type "text/xml" is neither application/json nor application/protobuf"#);
}
