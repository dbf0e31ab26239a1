//! What is removed before a page is published, and what stays.

use page::{decode, strip};

#[test]
fn scripts_styles_and_comments_go_and_json_ld_stays() {
    let html = r#"<head><style>p{}</style><script src="a.js"></script><script type='application/ld+json'>{"a":"b"}</script>
<link rel="stylesheet" href="a.css"><link rel=canonical href="/a"><meta name="author" content="A"><title>One < two</title></head><body
><!-- hidden --><p onclick="x()" class="lead">Text</p><script>document.write("<p>no</p>")</script></body>"#;
    let expected = r#"<head><script type='application/ld+json'>{"a":"b"}</script>
<link rel=canonical href="/a"><meta name="author" content="A"><title>One < two</title></head><body><p class="lead">Text</p></body>"#;
    assert_eq!(strip(html), expected);
}

#[test]
fn svg_templates_and_frames_go_with_their_content() {
    let html = "<p>a<svg><g><svg/><path d='M0'/></g><text>no</text></svg>b</p><template><p>no</p></template><iframe src=x><p>no</iframe>c";
    assert_eq!(strip(html), "<p>ab</p>c");
}

#[test]
fn an_unclosed_svg_ends_where_html_begins() {
    assert_eq!(strip("<div><svg><path><p>text</p></div>"), "<div><p>text</p></div>");
}

#[test]
fn the_content_of_a_declarative_shadow_root_stays() {
    assert_eq!(strip("<x-a><template shadowrootmode=open><p>text</p></template></x-a>"), "<x-a><p>text</p></x-a>");
}

#[test]
fn data_uris_go_wherever_they_are() {
    let html = r#"<img alt="A bridge" src="data:image/png;base64,QUJD"><a href=" data:text/html,x">x</a>
<div style="background:url(data:image/gif;base64,R0lG)">y</div><script type="application/ld+json">{"image":"data:image/png;base64,QUJD","name":"N"}</script>"#;
    let expected = r#"<img alt="A bridge"><a>x</a>
<div>y</div><script type="application/ld+json">{"image":"","name":"N"}</script>"#;
    assert_eq!(strip(html), expected);
}

#[test]
fn text_about_data_stays() {
    let html = r#"<p title="The data: all of it">The data: it, and more.</p>"#;
    assert_eq!(strip(html), html);
}

#[test]
fn a_run_of_base64_in_text_goes() {
    assert_eq!(strip(&format!("<p>before {} after</p>", "QUJD".repeat(500))), "<p>before  after</p>");
}

#[test]
fn an_article_of_megabytes_of_inline_image_keeps_its_text() {
    let image = format!("<img src=\"data:image/jpeg;base64,{}\">", "QUJD".repeat(1_250_000));
    assert_eq!(strip(&format!("<p>before</p>{image}<p>after</p>")), "<p>before</p><img><p>after</p>");
}

#[test]
fn text_with_angle_brackets_stays() {
    let html = "<p>1 < 2 and 3 > 2, with love <3</p>";
    assert_eq!(strip(html), html);
}

#[test]
fn what_is_stripped_stays_the_same_when_it_is_stripped_again() {
    let html = "<div class=a id='b' hidden><img src=x.png srcset='data:,x' /><br/>text</div><ul><li>x";
    for html in [
        html,
        "a <<!-- x -->script>y",
        "</<!-- -->p>",
        "<a href=\"x",
        "<p>a<b class='x",
        "<svg><p>x<",
        "<a x='1'y=2 z>t",
    ] {
        let once = strip(html);
        assert_eq!(strip(&once), once, "{html}");
    }
}

#[test]
fn the_encoding_is_found_as_the_html_standard_says() {
    let latin = b"<meta charset=iso-8859-1><p>caf\xe9";
    assert!(decode(latin, None).ends_with("café"));
    assert!(decode(b"<p>\xcf\xf0\xe8\xe2\xe5\xf2", Some("text/html; charset=\"windows-1251\"")).ends_with("Привет"));
    assert!(
        decode(b"<meta http-equiv=Content-Type content='text/html; charset=shift_jis'><p>\x93\xfa\x96\x7b", None)
            .ends_with("日本")
    );
    assert_eq!(decode(b"\xff\xfeh\x00i\x00", Some("text/html; charset=utf-8")), "hi");
    assert_eq!(decode(b"caf\xe9", None), "café");
}

#[test]
fn valid_utf8_is_utf8_whatever_is_declared() {
    assert!(
        decode("<meta charset=iso-8859-15><p>sanción".as_bytes(), Some("text/html; charset=iso-8859-1"))
            .ends_with("sanción")
    );
}
