//! The main content of invented pages.

use page::extract;

const FIRST: &str = "The harbour council decided on Tuesday to widen the northern quay and to move the fish market to the old customs hall.";
const SECOND: &str = "Traders had asked for more space since spring, and a first plan was refused because it closed the road to the lighthouse.";
const THIRD: &str = "Work begins in March and ends, if the winter is mild, before the herring season of the year after next, the council says.";
const FOURTH: &str = "Fishers are glad of the plan but fear for their mornings: the new hall stands an hour of wind and rain away from the boats.";
const FIFTH: &str = "A last reading of the plan is due before the year ends, and anyone may still write to the council about noise and traffic.";

fn page(article: &str) -> String {
    format!(
        "<!doctype html><html><head><title>Quay widened - The Example</title></head><body><header><nav><ul><li><a href=/>Home</a>\
         <li><a href=/sport>Sport</a></ul></nav></header><main><article><h1>Quay widened</h1>{article}</article></main>\
         <aside class=related><p><a href=/a>Another long headline of another story that leads away from here</a></p></aside>\
         <footer><p>Copyright The Example. All rights reserved, and no part may be copied.</p></footer></body></html>"
    )
}

fn paragraphs(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("<p>{text}</p>")).collect()
}

#[test]
fn paragraphs_of_the_article_are_separated_by_an_empty_line() {
    let html = page(&paragraphs(&[FIRST, SECOND, THIRD]));
    assert_eq!(extract(&html, None).text, [FIRST, SECOND, THIRD].join("\n\n"));
}

#[test]
fn html_keeps_the_markup_of_the_article() {
    let html = page(&format!("<p>{FIRST}</p><h2>Traders wait</h2><p>{SECOND}</p><p><em>{THIRD}</em></p>"));
    let main = extract(&html, Some("https://news.example.org/a"));
    assert!(main.html.contains("<h2>Traders wait</h2>"), "{}", main.html);
    assert!(main.html.contains(&format!("<em>{THIRD}</em>")), "{}", main.html);
}

#[test]
fn captions_widgets_and_links_to_other_stories_are_left_out() {
    let html = page(&format!(
        "<figure><img src=a.jpg><figcaption>The quay, seen from the sea on a morning in May. Photo: A. Person</figcaption></figure>\
         <p>{FIRST}</p><div class=\"share-bar\"><p>Share this story with your friends</p></div><p>{SECOND}</p>\
         <p><a href=/b>Read more: the fish market that never closed its doors in ninety years</a></p>\
         <div class=\"newsletter-signup\"><p>Get our newsletter each morning, with all that matters in the harbour.</p></div><p>{THIRD}</p>"
    ));
    assert_eq!(extract(&html, None).text, [FIRST, SECOND, THIRD].join("\n\n"));
}

#[test]
fn the_summary_above_the_article_is_kept() {
    let lead = "More space for ships and for fish: the northern quay will be wider in two years.";
    let html = format!(
        "<html><head><meta name=description content=\"{lead}\"></head><body><div class=top><h1>Quay widened</h1><p class=standfirst>{lead}</p>\
         </div><div class=gallery><img src=a.jpg></div><article>{}</article></body></html>",
        paragraphs(&[FIRST, SECOND, THIRD])
    );
    assert!(extract(&html, None).text.starts_with(&format!("{lead}\n\n{FIRST}")));
}

#[test]
fn the_article_body_of_json_ld_says_which_lines_are_the_article() {
    let body = [FIRST, SECOND, THIRD, FOURTH, FIFTH].join(" ");
    let other =
        "This long paragraph of the page is about the paper itself, its owners and its history, and is on every page.";
    let script = format!(
        "<script type=\"application/ld+json\">{{\"@type\":\"NewsArticle\",\"articleBody\":\"{body}\"}}</script>"
    );
    let html = page(&format!(
        "{script}<p>{FIRST}</p><p>{other}</p><p>{SECOND}</p><h3>What is next</h3><p>{THIRD}</p><p>{FOURTH}</p><p>{FIFTH}</p><p>{other}</p>"
    ));
    assert_eq!(extract(&html, None).text, [FIRST, SECOND, "What is next", THIRD, FOURTH, FIFTH].join("\n\n"));
}

#[test]
fn an_article_body_that_is_only_the_beginning_is_not_followed() {
    let script = format!(
        "<script type=\"application/ld+json\">{{\"@type\":\"NewsArticle\",\"articleBody\":\"{FIRST}\"}}</script>"
    );
    let html = page(&format!("{script}{}", paragraphs(&[FIRST, SECOND, THIRD])));
    assert_eq!(extract(&html, None).text, [FIRST, SECOND, THIRD].join("\n\n"));
}

#[test]
fn content_that_is_marked_as_behind_a_paywall_is_content() {
    let html = page(&format!("<p>{FIRST}</p><div class=paywall><p>{SECOND}</p><p>{THIRD}</p></div>"));
    assert_eq!(extract(&html, None).text, [FIRST, SECOND, THIRD].join("\n\n"));
}

#[test]
fn languages_without_spaces_are_read() {
    let chinese = [
        "港务委员会星期二决定拓宽北码头，并将鱼市场迁往旧海关大楼，以便为更多船只提供停泊空间。",
        "商贩们自春天以来一直要求更多空间，第一份方案因为会封闭通往灯塔的道路而被否决。",
        "工程将于三月开工，如果冬季温和，预计在后年鲱鱼季之前完工，委员会表示。",
    ];
    let japanese = [
        "港湾評議会は火曜日、北埠頭を拡張し、魚市場を旧税関庁舎に移すことを決めた。",
        "業者らは春から場所の拡大を求めており、灯台への道を閉ざす最初の計画は退けられていた。",
        "工事は三月に始まり、冬が穏やかであれば再来年のニシン漁の前に終わると評議会は述べた。",
    ];
    let korean = [
        "항만위원회는 화요일 북쪽 부두를 넓히고 어시장을 옛 세관 건물로 옮기기로 결정했다고 밝혔다.",
        "상인들은 봄부터 더 넓은 공간을 요구해 왔으며 등대로 가는 길을 막는 첫 계획은 거부되었다.",
        "공사는 삼월에 시작되며 겨울이 온화하면 내후년 청어철 이전에 끝날 것이라고 위원회는 말했다.",
    ];
    for texts in [chinese, japanese, korean] {
        assert_eq!(extract(&page(&paragraphs(&texts)), None).text, texts.join("\n\n"));
    }
}

#[test]
fn a_page_without_an_article_gives_nothing() {
    assert_eq!(extract("", None).text, "");
    assert_eq!(extract("<html><body><nav><a href=/>Home</a></nav></body></html>", None).text, "");
}

#[test]
fn addresses_that_are_not_absolute_do_no_harm() {
    let html = page(&paragraphs(&[FIRST, SECOND, THIRD]));
    for url in ["", "/a", "ftp://example.org", "http://"] {
        assert!(extract(&html, Some(url)).text.contains(FIRST), "{url}");
    }
}
