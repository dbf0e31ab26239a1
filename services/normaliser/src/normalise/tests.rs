use super::*;
use crate::size;
use proto::time::to_wire;

fn delivered() -> Delivery {
    Delivery::at("2026-11-24T12:00:00Z".parse().unwrap())
}

fn raw(title: &str, content: &str) -> RawItem {
    RawItem {
        article_id: proto::id::article_id("https://www.example.com/a"),
        kind: kind::ENTRY.into(),
        feed_id: "f".into(),
        feed_title: "Example Post".into(),
        url: "https://www.example.com/a?utm_source=rss".into(),
        canonical_url: "https://www.example.com/a".into(),
        title: title.into(),
        content: content.into(),
        ..Default::default()
    }
}

fn publish(raw: &RawItem) -> Published {
    match normalise(raw, None, delivered()).unwrap() {
        Normalised::Article(published) => *published,
        other => panic!("no state, and {other:?}"),
    }
}

fn refused(raw: &RawItem) -> &'static str {
    match normalise(raw, None, delivered()) {
        Err(ProcessError::Poison { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

/// The example of the contract, as an entry that was never seen before.
#[test]
fn the_golden_raw_item() {
    let path = format!("{}/../../proto/examples/v1/RawItem.json", env!("CARGO_MANIFEST_DIR"));
    let raw: RawItem = proto::wire::decode(None, std::fs::read_to_string(path).unwrap().as_bytes()).unwrap();
    let published = publish(&RawItem { known: false, ..raw });
    insta::assert_snapshot!(serde_json::to_string_pretty(&published.article).unwrap());
    assert_eq!((published.boilerplate_lines, published.site_removed), (1, true));
}

#[test]
fn a_new_article_then_a_duplicate_then_an_update() {
    let mut item = raw("Dam opens - Example Post", "<p>The dam opened.</p><p>Post a Comment</p>");
    let first = publish(&item);
    assert_eq!((first.article.change.as_str(), first.article.revision), ("NEW", 1));
    item.title = "Dam opens".into();
    item.feed_id = "e".into();
    let again = normalise(&item, Some(&first.state), delivered()).unwrap();
    let Normalised::Duplicate(Some(state)) = again else { panic!("{again:?}") };
    assert_eq!(state.feed_ids, ["e", "f"]);
    item.feed_id = "f".into();
    item.content = "<p>The dam opened late.</p>".into();
    let Normalised::Article(second) = normalise(&item, Some(&state), delivered()).unwrap() else { panic!() };
    assert_eq!((second.article.change.as_str(), second.article.revision), ("UPDATED", 2));
    assert_eq!(second.article.feed_ids, ["e", "f"]);
    assert_eq!(second.article.first_seen_at, first.article.first_seen_at);
}

#[test]
fn the_first_feed_whose_pages_are_fetched_asks_for_the_page_of_a_text_that_another_gave() {
    let text = raw("Dam opens", "<p>The dam opened.</p>");
    let never = publish(&RawItem { full_text: "NEVER".into(), ..text.clone() });
    assert!(never.request.is_none() && !never.state.page_requested);
    let of_feed = |feed: &str| RawItem { feed_id: feed.into(), full_text: "AUTO".into(), ..text.clone() };
    let asked = normalise(&of_feed("g"), Some(&never.state), delivered()).unwrap();
    let Normalised::Requested(asked) = asked else { panic!("{asked:?}") };
    assert_eq!(asked.request.feed_id, "g");
    assert_eq!(asked.state.feed_ids, ["f", "g"]);
    let third = normalise(&of_feed("h"), Some(&asked.state), delivered()).unwrap();
    assert!(matches!(third, Normalised::Duplicate(Some(_))), "{third:?}");
    let copy = RawItem { feed_url: "https://copies.example/rss".into(), ..of_feed("c") };
    let own = ArticleState { source_rank: "OWN".into(), ..never.state };
    let copied = normalise(&copy, Some(&own), delivered()).unwrap();
    assert!(matches!(copied, Normalised::Duplicate(_)), "the publisher's own feed asks for no page: {copied:?}");
    let changed = RawItem { content: "<p>The dam opened late.</p>".into(), ..text };
    let Normalised::Article(changed) = normalise(&changed, Some(&asked.state), delivered()).unwrap() else { panic!() };
    assert!(!changed.state.page_requested, "the page of the earlier text was requested");
}

#[test]
fn an_item_without_id_or_text_or_of_an_unknown_kind_is_refused() {
    assert_eq!(refused(&RawItem { article_id: String::new(), ..raw("T", "") }), "no-article-id");
    assert_eq!(refused(&raw(" ", "<p>&nbsp;</p><script>x</script>")), "no-text");
    assert_eq!(refused(&RawItem { kind: "VIDEO".into(), ..raw("T", "") }), "unknown-kind");
}

#[test]
fn a_seen_item_renews_the_state_or_is_dropped_without_one() {
    let item = raw("Dam", "<p>The dam opened.</p>");
    let seen = RawItem {
        article_id: item.article_id.clone(),
        kind: kind::SEEN.into(),
        feed_id: "f".into(),
        ..RawItem::default()
    };
    assert_eq!(normalise(&seen, None, delivered()).unwrap(), Normalised::Dropped("no-state"));
    let state = publish(&item).state;
    let later = Delivery::at(delivered().now + jiff::SignedDuration::from_hours(240));
    let renewed = ArticleState { last_seen_at: Some(to_wire(later.now)), ..state.clone() };
    assert_eq!(normalise(&seen, Some(&state), later).unwrap(), Normalised::Duplicate(Some(Box::new(renewed))));
}

#[test]
fn an_entry_that_the_poller_knew_and_the_normaliser_does_not_is_an_update() {
    let article = publish(&RawItem { known: true, ..raw("Dam", "<p>The dam opened.</p>") }).article;
    assert_eq!((article.change.as_str(), article.revision), ("UPDATED", 29_925_360));
}

#[test]
fn a_title_alone_is_an_article_without_a_body() {
    let article = publish(&raw("Dam <b>opens</b> &amp; closes", "")).article;
    insta::assert_snapshot!(format!("{}|{}|{}|{}", article.title, article.body, article.body_source, article.body_html), @"Dam opens & closes|||");
}

#[test]
fn the_summary_is_the_body_where_the_content_is_missing() {
    let article = publish(&RawItem { summary: "<p>The dam opened.</p>".into(), ..raw("Dam", " ") }).article;
    assert_eq!(
        (article.body.as_str(), article.summary.as_str(), article.body_source.as_str()),
        ("The dam opened.", "The dam opened.", "FEED")
    );
}

#[test]
fn content_that_stands_for_none_does_not_hide_the_summary() {
    for content in ["null", "<p>undefined</p>", "N/A", "[gallery ids=\"1,2\"]", "<p>&nbsp;</p>", "<img src=\"/a.jpg\">"]
    {
        let item = RawItem { summary: "The dam opened.".into(), ..raw("Dam opens", content) };
        assert_eq!(publish(&item).article.body, "The dam opened.", "{content}");
    }
}

#[test]
fn the_language_of_a_text_that_is_not_published_is_known() {
    let text =
        "Presiden mengatakan bahwa bendungan baru itu akan dibuka untuk warga desa pada hari Senin pagi. ".repeat(3);
    for policy in ["SUMMARY", "NONE"] {
        let published = publish(&RawItem { publish_text: policy.into(), ..raw("Dam", &text) });
        assert_eq!((published.article.language.as_str(), published.article.body.as_str()), ("id", ""), "{policy}");
    }
}

#[test]
fn relative_links_are_resolved_on_the_article_and_not_on_a_carriers_link() {
    let carried = RawItem {
        url: "https://carrier.example/go?to=https%3A%2F%2Fwww.example.com%2Fa%2Fb".into(),
        canonical_url: "https://www.example.com/a/b".into(),
        ..raw("Dam opens", "<p>The dam <a href=\"c\">opened</a>.</p>")
    };
    assert!(publish(&carried).article.body_html.contains("https://www.example.com/a/c"));
}

#[test]
fn warnings_of_the_raw_item_are_kept_sorted_and_unique() {
    let mut item = raw("Dam", "&lt;p&gt;The dam opened.&lt;/p&gt;");
    item.warnings = vec!["named-entities-decoded".into(), "date-absurd".into()];
    item.published_at = Some(proto::time::to_wire("1970-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!(publish(&item).article.warnings, ["date-absurd", "double-escaped", "named-entities-decoded"]);
}

#[test]
fn the_html_has_no_boilerplate_and_absolute_links() {
    let item =
        raw("Dam", "<div><p>See <a href='/b'>b</a>.</p><p>Share this:</p><p><a href='#c'>Post a Comment</a></p></div>");
    insta::assert_snapshot!(publish(&item).article.body_html, @r#"<div><p>See <a href="https://www.example.com/b" rel="noopener noreferrer">b</a>.</p></div>"#);
}

#[test]
fn an_item_of_five_megabytes_is_cut_to_the_size_of_a_record() {
    let item = raw("Dam", &"<p>The dam opened &amp; \"closed\" again.</p>".repeat(120_000));
    let article = publish(&item).article;
    assert!(serde_json::to_vec(&article).unwrap().len() <= size::MAX_BYTES);
    assert!(article.warnings.contains(&Warning::BodyCut.into()));
}

#[test]
fn html_that_is_too_deep_becomes_paragraphs() {
    let item = raw("Dam", &format!("{}deep{}", "<div>".repeat(20_000), "</div>".repeat(20_000)));
    let article = publish(&item).article;
    assert_eq!((article.body.as_str(), article.body_html.as_str()), ("deep", "<p>deep</p>"));
    assert_eq!(article.warnings, [Warning::HtmlTooDeep]);
}

/// The seed article, as a feed serves it.
#[test]
fn the_seed_article() {
    let Some(file) = test_support::corpora::find("seed-article.txt") else { return };
    let text = std::fs::read_to_string(file).unwrap();
    let (title, body) = text.split_once('\n').unwrap();
    let content: String = body.lines().filter(|line| !line.is_empty()).map(|line| format!("<p>{line}</p>\n")).collect();
    let mut item = raw(title, &content);
    item.feed_title = "HowPakistan".into();
    let article = publish(&item).article;
    assert_eq!(article.title, "Iran Seeks To Strengthen Military Ties With China");
    assert_eq!(article.publisher_name, "HowPakistan");
    assert!(!article.body.contains("Post a Comment") && !article.body_html.contains("Post a Comment"));
    assert!(article.body.ends_with("withdrew from the Iran nuclear deal."));
    assert_eq!(article.language, "en");
}

proptest::proptest! {
    /// Any item gives an article or is refused, and an article that was published is a duplicate when seen again.
    #[test]
    fn any_item_is_an_article_or_refused(
        title in ".{0,40}",
        content in "(.|<p>|<div>|</div>|<svg>|<script>|<!--|<table><tr><td>|&lt;|&#x|&amp;|<img src=\"|\n|Read more){0,80}",
        seconds in proptest::prelude::any::<i64>(),
        language in ".{0,6}",
    ) {
        let mut item = raw(&title, &content);
        item.language = language;
        item.published_at = Some(proto::Timestamp { seconds, nanos: 0 });
        match normalise(&item, None, delivered()) {
            Ok(Normalised::Article(published)) => {
                let article = published.article;
                proptest::prop_assert!(article.published_at.is_some());
                proptest::prop_assert!(!article.title.is_empty() || !article.body.is_empty());
                let again = normalise(&item, Some(&published.state), delivered()).unwrap();
                proptest::prop_assert_eq!(again, Normalised::Duplicate(None));
            }
            Ok(_) => proptest::prop_assert!(false),
            Err(ProcessError::Poison { reason, .. }) => proptest::prop_assert_eq!(reason, "no-text"),
            Err(other) => proptest::prop_assert!(false, "{}", other),
        }
    }
}
