//! Which source wins for each field: the table of the README, row by row, on invented pages.
#![expect(clippy::unwrap_used, reason = "tests")]

use page::{Metadata, metadata};
use url::Url;

fn of(head: &str) -> Metadata {
    metadata(head, &Url::parse("https://news.example.org/2026/quay?utm=1").unwrap())
}

fn json(fields: &str) -> String {
    format!(
        r#"<script type="application/ld+json">{{"@context":"https://schema.org","@type":"NewsArticle",{fields}}}</script>"#
    )
}

#[test]
fn json_ld_wins_over_open_graph_and_that_over_the_title() {
    let og =
        r#"<title>Quay | The Example</title><meta property="og:title" content="Quay &amp; market"><h1>Heading</h1>"#;
    assert_eq!(of(&(og.to_owned() + &json(r#""headline":"Quay widened at last""#))).title, "Quay widened at last");
    assert_eq!(of(og).title, "Quay & market");
    assert_eq!(
        of("<title>Quay widened - The Example</title><meta property=og:site_name content='The Example'>").title,
        "Quay widened"
    );
}

#[test]
fn the_name_of_the_site_is_no_title() {
    let head = r#"<meta property="og:site_name" content="The Example"><meta property="og:title" content="The Example"><h1>Quay widened</h1>"#;
    assert_eq!(of(head).title, "Quay widened");
}

#[test]
fn a_title_about_markup_stays_whole() {
    assert_eq!(of("<title>What the <video> element does</title>").title, "What the <video> element does");
    assert_eq!(of(r#"<meta property="og:title" content="What &lt;script&gt; does">"#).title, "What <script> does");
}

#[test]
fn articles_are_found_in_graphs_lists_and_broken_blocks() {
    let graph = r#"<script type="application/ld+json">{"@graph":[{"@type":"WebPage","name":"no"},{"@type":["Article","ReportageNewsArticle"],
        "headline":"A","author":{"@id":"p1"}},{"@type":"Person","@id":"p1","name":"Ana Sol","url":"/ana"}]}</script>"#;
    let found = of(graph);
    assert_eq!((found.title.as_str(), found.authors), ("A", vec!["Ana Sol".to_owned()]));
    let list = r#"<script type='application/ld+json'>[{"@type":"BreadcrumbList"},{"@type":"LiveBlogPosting","headline":"B"}]</script>"#;
    assert_eq!(of(list).title, "B");
    let broken = "<script type='application/ld+json'>/*<![CDATA[*/</script><script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"headline\":\"C\nD\",}</script>";
    assert_eq!(of(broken).title, "C D");
}

#[test]
fn news_wins_over_other_articles() {
    let head = r#"<script type="application/ld+json">[{"@type":"Article","headline":"Other"},{"@type":"NewsArticle","headline":"News"}]</script>"#;
    assert_eq!(of(head).title, "News");
}

#[test]
fn dates_are_given_as_written() {
    let metas = r#"<meta property="article:published_time" content="2026-11-24T08:00:00+01:00"><meta property="article:modified_time" content="2026-11-25">"#;
    let found = of(metas);
    assert_eq!(
        (found.published_text.as_str(), found.modified_text.as_str()),
        ("2026-11-24T08:00:00+01:00", "2026-11-25")
    );
    let both = metas.to_owned() + &json(r#""datePublished":"2026-11-23T10:00:00Z""#);
    assert_eq!(of(&both).published_text, "2026-11-23T10:00:00Z");
    assert_eq!(of(r#"<time class="entry-date" datetime="2026-11-20">Friday</time>"#).published_text, "2026-11-20");
    assert_eq!(of("<time>20 November 2026</time>").published_text, "20 November 2026");
    assert_eq!(of(r#"<meta name="dcterms.issued" content="2026-11-19">"#).published_text, "2026-11-19");
}

#[test]
fn authors_are_names_each_once() {
    let names = |head: &str| of(head).authors;
    assert_eq!(
        names(&json(r#""author":[{"@type":"Person","name":"Ana Sol"},{"name":"Bo Lind"},{"name":"ana sol"}]"#)),
        ["Ana Sol", "Bo Lind"]
    );
    assert_eq!(names(&json(r#""author":"By Ana Sol and Bo Lind""#)), ["Ana Sol", "Bo Lind"]);
    assert_eq!(names(r#"<meta name="author" content="Ana Sol, Bo Lind">"#), ["Ana Sol", "Bo Lind"]);
    assert_eq!(
        names(
            r#"<meta property="article:author" content="https://social.example/ana"><a rel="author" href="/ana">Ana Sol</a>"#
        ),
        ["Ana Sol"]
    );
    assert_eq!(names(r#"<p class="article__byline">Von <a href="/b">Bo Lind</a></p>"#), ["Bo Lind"]);
    assert_eq!(names(r#"<meta name="author" content="佐藤花子、鈴木一郎">"#), ["佐藤花子", "鈴木一郎"]);
    assert!(names(r#"<meta name="author" content="admin">"#).is_empty());
}

#[test]
fn a_person_wins_over_the_site_as_author() {
    let head = json(r#""author":{"@type":"Organization","name":"The Example"},"publisher":{"name":"The Example"}"#)
        + r#"<div class="byline">By Ana Sol</div>"#;
    assert_eq!(of(&head).authors, ["Ana Sol"]);
    let alone = json(r#""author":{"@type":"Organization","name":"The Example"},"publisher":{"name":"The Example"}"#);
    assert_eq!(of(&alone).authors, ["The Example"]);
}

#[test]
fn addresses_are_absolute_and_of_the_web() {
    let found =
        of(r#"<link rel="canonical" href="/2026/quay"><meta property="og:image" content="//img.example.org/a.jpg">"#);
    assert_eq!(found.canonical_url, "https://news.example.org/2026/quay");
    assert_eq!(found.image, "https://img.example.org/a.jpg");
    let found = of(
        r#"<base href="https://m.example.org/x/"><link rel="amphtml canonical" href="quay"><meta property="og:image" content="data:image/png,x">"#,
    );
    assert_eq!((found.canonical_url.as_str(), found.image.as_str()), ("https://m.example.org/x/quay", ""));
    assert_eq!(of(r#"<meta property="og:url" content="javascript:x">"#).canonical_url, "");
}

#[test]
fn other_fields_are_read() {
    let head = r#"<html lang="pt-BR"><meta property="og:site_name" content="O Exemplo"><meta name="description" content="Short">
        <meta property="og:description" content="Longer"><meta property="article:section" content="Porto">
        <meta property="article:tag" content="cais"><meta property="article:tag" content="peixe">"#;
    let found = of(head);
    assert_eq!((found.language.as_str(), found.site_name.as_str()), ("pt-BR", "O Exemplo"));
    assert_eq!((found.description.as_str(), found.section.as_str()), ("Longer", "Porto"));
    assert_eq!(found.keywords, ["cais", "peixe"]);
    assert_eq!(of(r#"<meta property="og:locale" content="de_AT">"#).language, "de-AT");
    assert_eq!(of(r#"<meta name="news_keywords" content="quay, market, quay">"#).keywords, ["quay", "market"]);
}

#[test]
fn opt_outs_are_those_for_all_and_for_newswire() {
    let head = r#"<meta name="robots" content="NOINDEX, max-image-preview:large"><meta name="newswire" content="noai">
        <meta name="otherbot" content="noarchive"><meta name="tdm-reservation" content="1">"#;
    assert_eq!(of(head).opt_outs, ["noai", "noindex", "tdm-reservation"]);
    assert_eq!(of(r#"<meta name="robots" content="none">"#).opt_outs, ["nofollow", "noindex"]);
    assert_eq!(
        of(r#"<meta name="robots" content="index,follow,max-snippet:-1"><meta name="tdm-reservation" content="0">"#)
            .opt_outs,
        [""; 0]
    );
}

#[test]
fn what_is_not_free_is_said_so() {
    for value in ["false", "\"False\"", "\"http://schema.org/False\""] {
        assert!(of(&json(&format!("\"isAccessibleForFree\":{value}"))).paywalled, "{value}");
    }
    assert!(!of(&json("\"isAccessibleForFree\":true")).paywalled);
    assert!(of(r#"<meta property="article:content_tier" content="locked">"#).paywalled);
    assert!(!of(r#"<meta property="article:content_tier" content="metered">"#).paywalled);
}

#[test]
fn a_page_without_metadata_has_none() {
    assert_eq!(of("<p>text</p>"), Metadata::default());
}
