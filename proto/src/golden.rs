//! Golden records: `examples/v1/NAME.json` and `NAME.empty.json` are what a consumer sees. They round-trip through the
//! types in JSON and in Protobuf, and a changed shape fails here first.

use crate::{v1, wire};

fn check<M: wire::Message + std::fmt::Debug>() {
    let name = M::TYPE.trim_start_matches("news.v1.");
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

macro_rules! golden {
    ($($test:ident $message:ident),* $(,)?) => {
        $(#[test] fn $test() { check::<v1::$message>(); })*
    };
}
golden!(
    feed Feed,
    feed_state FeedState,
    feed_entries FeedEntries,
    feed_health FeedHealth,
    raw_item RawItem,
    page_request PageRequest,
    push Push,
    article Article,
    article_state ArticleState,
    enriched_article EnrichedArticle,
    signature Signature,
    story_label StoryLabel,
);

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
