//! Articles of 230,000 characters of ordinary news: each arrives whole, or cut by rule with a warning, and none is refused.

use crate::newswire::{Log, Newswire};
use std::time::Duration;
use test_support::publisher::{Item, Publisher, opml, rss};

/// Characters of a text.
const LENGTH: usize = 230_000;
/// Limit for all of them: a test build takes seconds of a processor for each.
const WITHIN: Duration = Duration::from_secs(600);
/// Warnings of what is cut by rule.
const CUTS: [&str; 6] = ["body-cut", "body-html-cut", "content-cut", "entities-cut", "text-cut", "work-cut"];

crate::on_both_logs! {
    long_articles_of_news_arrive
}

/// A kind of article, its language and its sentences, of which each takes its number for `#`.
const KINDS: &[(&str, &str, &[&str])] = &[
    (
        "English",
        "en",
        &[
            "The council met on day # of the talks, and the mayor said that the harbour would stay open.",
            "Anna Berg#, who led the inquiry, said in Oslo that Norway and Sweden had agreed on # of the points.",
            "Prices rose by # per cent, the Bank of England said on Tuesday.",
        ],
    ),
    (
        "names",
        "en",
        &[
            "John Smith# of Acme# Corp. met President Maria Lopez# in Paris, France.",
            "Minister Peter Kowalski# flew from Warsaw to Berlin with Li Wei# and Ivan Petrov#.",
        ],
    ),
    (
        "Chinese",
        "zh",
        &["第#天，中国和法国的代表在北京会面，讨论了贸易和气候问题。", "德国总理说，第#项协议已经签署。"],
    ),
    (
        "Hindi",
        "hi",
        &["दिन # को भारत और नेपाल के नेताओं ने दिल्ली में बातचीत की।", "मंत्री ने कहा कि समझौता # पर हस्ताक्षर हो गए हैं।"],
    ),
    ("Thai", "th", &["วันที่ # ผู้นำของไทยและเวียดนามพบกันที่กรุงเทพฯ เพื่อหารือเรื่องการค้า"]),
    ("Arabic", "ar", &["في اليوم # التقى وفدا مصر وفرنسا في القاهرة لبحث التجارة والمناخ."]),
    (
        "Russian",
        "ru",
        &["На # день переговоров делегации России и Китая встретились в Москве.", "Цены выросли на # процентов."],
    ),
];

/// Sentences of about [`LENGTH`] characters.
fn sentences(patterns: &[&str]) -> Vec<String> {
    let (mut all, mut length) = (Vec::new(), 0);
    for (number, pattern) in patterns.iter().cycle().enumerate() {
        let sentence = pattern.replace('#', &number.to_string());
        length += sentence.chars().count() + 1;
        all.push(sentence);
        if length >= LENGTH {
            return all;
        }
    }
    all
}

/// Paragraphs of plain HTML, or of HTML with as much markup as text.
fn html(sentences: &[String], is_rich: bool) -> String {
    let rich = |(at, sentence): (usize, &String)| match at % 4 {
        0 => format!("<h2 class=\"sub\">{sentence}</h2>"),
        1 => format!(
            "<p style=\"margin:0\"><a href=\"https://news.example/story/{at}?a=b\"><strong>{sentence}</strong></a></p>"
        ),
        2 => format!("<blockquote><p>{sentence} <em>({at})</em><br></p></blockquote>"),
        _ => format!("<figure><img src=\"https://news.example/{at}.jpg\" alt=\"\"></figure><p>{sentence}</p>"),
    };
    match is_rich {
        true => sentences.iter().enumerate().map(rich).collect(),
        false => sentences.chunks(4).map(|some| format!("<p>{}</p>", some.join(" "))).collect(),
    }
}

fn long_articles_of_news_arrive(log: &Log) {
    let publisher = Publisher::start(1);
    let base = publisher.base(0);
    let mut expected = Vec::new();
    let mut feeds = Vec::new();
    for (number, (kind, language, patterns)) in KINDS.iter().enumerate() {
        // Markup is the same in every language: the first two kinds come with much of it, too.
        for is_rich in [false, true].into_iter().take(if number < 2 { 2 } else { 1 }) {
            let sentences = sentences(patterns);
            let at = expected.len();
            let item = Item {
                guid: format!("long-{at}"),
                link: format!("{base}/long/{at}"),
                title: sentences[0].clone(),
                body: html(&sentences, is_rich),
                published: jiff::Timestamp::now(),
            };
            let document = rss("Long reads", &base, [&item]).replace(">en<", &format!(">{language}<"));
            publisher.put(&format!("/feed/{at}"), "application/rss+xml", document);
            feeds.push((String::new(), format!("{base}/feed/{at}")));
            expected.push((format!("{kind}, rich: {is_rich}"), item.link, sentences));
        }
    }
    let mut newswire = Newswire::new(log, &opml(&feeds));
    newswire.start();
    let records = newswire.wait_longer(expected.len(), WITHIN);
    for (kind, link, sentences) in &expected {
        let found: Vec<_> = records.iter().filter(|record| record["url"] == link.as_str()).collect();
        assert_eq!(found.len(), 1, "{kind}");
        let warnings: Vec<&str> =
            found[0]["warnings"].as_array().into_iter().flatten().filter_map(|one| one.as_str()).collect();
        let body = found[0]["body"].as_str().unwrap();
        let (first, last) = (sentences.get(1).unwrap(), sentences.last().unwrap());
        eprintln!(
            "{kind}: {} bytes of text, {} of HTML, {warnings:?}",
            body.len(),
            found[0]["body_html"].as_str().unwrap_or_default().len()
        );
        assert!(body.contains(first.as_str()), "{kind}: {}", &body[..body.floor_char_boundary(500)]);
        let is_whole = body.contains(last.as_str());
        assert!(is_whole || warnings.contains(&"body-cut"), "{kind}: the text is cut without a warning: {warnings:?}");
        let has_html = !found[0]["body_html"].as_str().unwrap_or_default().is_empty();
        assert!(has_html || warnings.iter().any(|one| CUTS.contains(one)), "{kind}: no HTML and no warning");
    }
    assert_eq!(newswire.read("dead-letter.v1"), Vec::<serde_json::Value>::new());
    newswire.stop();
}
