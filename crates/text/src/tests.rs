use crate::{Document, Form, Typed, plain};
use proptest::prelude::*;

#[test]
fn blocks_are_paragraphs_and_br_items_and_rows_are_lines() {
    let source = "<h2>Head</h2><p>One<br>two<br/><br/>three</p><ul><li>a</li><li>b</ul>\
        <table><tr><td>x</td><td>y</td></tr><tr><td>z</td></tr></table>tail";
    insta::assert_snapshot!(plain(source), @r"
    Head

    One
    two

    three

    a
    b

    x y
    z

    tail
    ");
}

#[test]
fn scripts_styles_comments_and_frames_are_removed() {
    let source = "<p>Before<script>if (a < b) { x('</p>') }</script><style>p > a {}</style><!-- no --> after</p>\
        <iframe src='x'/>rest<svg><text>no</text></svg>";
    assert_eq!(plain(source), "Before after\n\nrest");
}

#[test]
fn character_references_and_whitespace() {
    assert_eq!(plain("<p>Caf\u{e9}&nbsp;&amp;&#160;bar &hellip; &rsquo;s</p>"), "Caf\u{e9} & bar \u{2026} \u{2019}s");
    assert_eq!(plain("Tom &amp; Jerry"), "Tom & Jerry");
    assert_eq!(plain("AT&T and R&D"), "AT&T and R&D");
}

#[test]
fn a_less_than_sign_does_not_make_a_text_html() {
    for text in ["5 < 6 and 7 > 3", "List<String> in Java", "a <b and c", "x<y", "<3 this"] {
        assert_eq!(plain(text), text);
    }
}

#[test]
fn a_text_that_mentions_tags_is_text() {
    for text in [
        "The <video> element arrives at ten.",
        "How <script> blocks rendering.",
        "The <p> and <div> elements are blocks.",
        "Put it between <head> and </head>.",
        "when i <b and x> 4, stop",
    ] {
        assert_eq!(plain(text), text);
    }
    assert_eq!(plain("One. <p>Two.<p>Three."), "One.\n\nTwo.\n\nThree.");
    assert_eq!(plain("One<br>two"), "One\ntwo");
}

#[test]
fn what_is_not_closed_does_not_hide_the_rest() {
    for (source, text) in [
        ("<p>One.</p><script>two<p>Three.</p>", "One.\n\ntwo\n\nThree."),
        ("<p>The <script> element.</p><p>Two.</p>", "The <script> element.\n\nTwo."),
        ("<p>The <video> element.</p><p>Two.</p>", "The <video> element.\n\nTwo."),
        ("<p>One.</p><!-- two <p>Three.</p>", "One.\n\ntwo\n\nThree."),
        ("<p>One.</p><style>.a{}<p>Two.</p>", "One.\n\n.a{}\n\nTwo."),
        ("<p>One.</p><textarea><p>Two.</p>", "One.\n\nTwo."),
        ("<p>a <b and c</p><p>Two.</p>", "a <b and c\n\nTwo."),
    ] {
        assert_eq!(plain(source), text, "{source}");
    }
}

#[test]
fn what_is_not_closed_does_not_hide_the_rest_where_the_same_element_is_closed_later() {
    for (source, text) in [
        (
            "<p>The <video> element.</p><p>Two.</p><video src=x>no</video><p>Three.</p>",
            "The <video> element.\n\nTwo.\n\nThree.",
        ),
        ("<p>One.</p><audio src=x><p>Two.</p><audio src=y></audio><p>Three.</p>", "One.\n\nTwo.\n\nThree."),
        ("<p>One.</p><svg><p>Two.</p><svg><text>no</text></svg><p>Three.</p>", "One.\n\nTwo.\n\nThree."),
        ("<p>One.</p><iframe src=x><p>Two.</p><iframe src=y></iframe><p>Three.</p>", "One.\n\nTwo.\n\nThree."),
        (
            "<p>How <script> blocks.</p><p>Two.</p><script>x()</script><p>Three.</p>",
            "How <script> blocks.\n\nTwo.\n\nThree.",
        ),
        ("<p>The <STYLE> tag.</p><style>.a{}</style><p>Two.</p>", "The <STYLE> tag.\n\nTwo."),
        ("<p>One.</p><object><object>no</object>no</object><p>Two.</p>", "One.\n\nTwo."),
    ] {
        assert_eq!(plain(source), text, "{source}");
    }
}

#[test]
fn markup_in_a_section_of_cdata_counts_and_its_marks_are_removed() {
    for (source, text) in [
        ("<![CDATA[<p>One.</p><p>Two.</p>]]>", "One.\n\nTwo."),
        ("<p>One.</p><![CDATA[<p>Two &amp; <b>three</b>.</p>]]><p>Four.</p>", "One.\n\nTwo & three.\n\nFour."),
        ("<![CDATA[One.]]>", "One."),
        ("<div><![CDATA[One<br>two</div>", "One\ntwo"),
        ("<![CDATA[<p>One <![CDATA[two]]>.</p>]]>", "One two."),
        ("<p>One</p><scr<![CDATA[ipt>no</script>", "One"),
        ("&lt;![CDATA[&lt;p&gt;One.&lt;/p&gt;]]&gt;", "One."),
    ] {
        assert_eq!(plain(source), text, "{source}");
    }
    assert_eq!(Document::parse("<![CDATA[<p>One.</p>]]>").markup(), Some("<p>One.</p>"));
}

#[test]
fn typed_text_is_verbatim() {
    for text in ["<p>One</p> &amp; two", "a <b>c</b>", "&lt;p&gt;", "<script>x"] {
        let document = Document::parse_as(text, Typed::Text);
        assert_eq!((document.text(), document.markup()), (text, None));
    }
    assert_eq!(Document::parse_as("One.\n\nTwo.", Typed::Text).text(), "One.\n\nTwo.");
}

#[test]
fn references_to_surrogates_are_one_character_or_nothing() {
    let source = "Wink &#55357;&#56841; and &#xD83D;&#xDE09; and a lone &#xDE09;.";
    assert_eq!(plain(source), "Wink \u{1f609} and \u{1f609} and a lone .");
    assert_eq!(plain(&format!("<p>{source}</p>")), "Wink \u{1f609} and \u{1f609} and a lone .");
}

#[test]
fn html_escaped_twice_is_html_and_a_text_about_html_is_text() {
    assert_eq!(plain("&lt;p&gt;One &amp;amp; two&lt;/p&gt;&lt;p&gt;three&lt;/p&gt;"), "One & two\n\nthree");
    assert_eq!(plain("Use the &lt;b&gt; tag"), "Use the <b> tag");
    assert_eq!(Document::parse("&lt;p&gt;One&lt;/p&gt;").form(), Form::Escaped);
}

#[test]
fn control_and_bidi_characters_are_removed_and_joiners_stay() {
    assert_eq!(plain("a\u{202e}b\u{2066}c\u{7}d\u{200b}e\u{ad}f"), "abcdef");
    assert_eq!(plain("\u{645}\u{6cc}\u{200c}\u{62e}"), "\u{645}\u{6cc}\u{200c}\u{62e}");
}

#[test]
fn text_wrapped_by_hand_is_unwrapped_and_long_lines_are_paragraphs() {
    assert_eq!(plain("The minister Wei\nFenghe came.\n\nHe left."), "The minister Wei Fenghe came.\n\nHe left.");
    let long = "word ".repeat(40);
    assert_eq!(plain(&format!("{long}\n{long}")).matches("\n\n").count(), 1);
}

#[test]
fn each_line_is_a_paragraph_where_lines_end_sentences() {
    for (source, text) in [
        (
            "The harbour opens.\nShips wait in the north.\nFees rise.",
            "The harbour opens.\n\nShips wait in the north.\n\nFees rise.",
        ),
        ("The harbour opens.\nRead more", "The harbour opens.\n\nRead more"),
        (
            "He asked: \"Why?\"\n(No one knew.)\nThe ships left!",
            "He asked: \"Why?\"\n\n(No one knew.)\n\nThe ships left!",
        ),
        ("港口今天重新开放。\n船只在北方等待。\n阅读全文", "港口今天重新开放。\n\n船只在北方等待。\n\n阅读全文"),
        ("「港は開いている」\n市長は述べた。", "「港は開いている」\n\n市長は述べた。"),
        ("항구가 열렸다.\n배가 기다린다.", "항구가 열렸다.\n\n배가 기다린다."),
        ("हम आए।\nवे गए।", "हम आए।\n\nवे गए।"),
    ] {
        assert_eq!(plain(source), text, "{source}");
    }
    let long = "港".repeat(61);
    assert_eq!(plain(&format!("{long}\n{long}")), format!("{long}\n\n{long}"));
}

#[test]
fn a_sentence_that_ends_with_a_wrapped_line_is_no_paragraph() {
    let lines = [
        "The harbour in the north opened again on Monday after a storm had closed",
        "it for nine days, and the first ships left in the evening of that day.",
        "More of them wait outside, and the harbour master expects that the last",
        "will leave by Friday.",
    ];
    assert_eq!(plain(&lines.join("\n")), lines.join(" "));
    assert_eq!(plain("The ships left at 5 p.m.\nand came back."), "The ships left at 5 p.m. and came back.");
}

#[test]
fn a_short_line_ends_a_paragraph_of_a_wrapped_text() {
    let source = "The harbour in the north opened again on Monday after a storm had closed\nit for nine days.\n\
        More ships wait outside, and the harbour master expects that the last of\nthem will leave by Friday.";
    let text = plain(source);
    let paragraphs: Vec<&str> = text.split("\n\n").collect();
    assert_eq!(paragraphs.len(), 2, "{text}");
    assert!(paragraphs.iter().all(|paragraph| !paragraph.contains('\n')), "{text}");
    assert!(paragraphs.first().is_some_and(|first| first.ends_with("had closed it for nine days.")), "{text}");
}

#[test]
fn items_of_a_list_and_indented_lines_are_paragraphs() {
    for (source, text) in [
        ("Fees\n\u{2022} one harbour\n\u{2022} two ships", "Fees\n\n\u{2022} one harbour\n\n\u{2022} two ships"),
        ("- one\n- two", "- one\n\n- two"),
        ("1. One\n2. Two", "1. One\n\n2. Two"),
        ("The master \u{2013} a sailor\n\u{2013} came.", "The master \u{2013} a sailor \u{2013} came."),
        (
            "\u{3000}\u{3000}港口今天重新开放，船\n只等待。\n\u{3000}\u{3000}费用上涨。",
            "港口今天重新开放，船只等待。\n\n费用上涨。",
        ),
    ] {
        assert_eq!(plain(source), text, "{source}");
    }
}

#[test]
fn lines_of_chinese_and_japanese_are_joined_without_a_space() {
    for (source, text) in [
        ("港口今天重新开放，船只\n在北方等待，费用再次上\n涨。", "港口今天重新开放，船只在北方等待，费用再次上涨。"),
        ("港は今日また開き、船は\n北で待っている。", "港は今日また開き、船は北で待っている。"),
        ("港は 2026\n年に開く。", "港は 2026年に開く。"),
        ("항구는 오늘 다시\n열렸다.", "항구는 오늘 다시 열렸다."),
        ("港\nharbour", "港 harbour"),
    ] {
        assert_eq!(plain(source), text, "{source}");
        assert_eq!(plain(&format!("<p>{source}</p>")), text, "{source}");
    }
    assert_eq!(plain("<p><a href=x>港口</a>\n<a href=y>船只</a></p>"), "港口 船只");
    assert_eq!(plain("<table><tr><td>港口</td>\n<td>船只</td></tr></table>"), "港口 船只");
    assert_eq!(plain("<p>港口 船只\u{3000}\n费用</p>"), "港口 船只 费用");
}

#[test]
fn twenty_thousand_nested_divs_are_one_paragraph() {
    let source = format!("{}deep{}", "<div>".repeat(20_000), "</div>".repeat(20_000));
    assert_eq!(plain(&source), "deep");
    assert!(Document::parse(&source).is_too_deep());
}

#[test]
fn a_tag_with_a_hundred_thousand_attributes_is_removed_and_its_text_stays() {
    let attributes: String = (0..100_000).map(|n| format!(" a{n}")).collect();
    assert_eq!(plain(&format!("<p>before</p><p{attributes}>deep</p><b{attributes}")), "before\n\ndeep");
    assert_eq!(plain(&format!("&lt;b&gt; <zz{attributes}>")).len(), 8 + attributes.len());
}

#[test]
fn thousands_of_unclosed_drawings_are_skipped() {
    assert_eq!(plain(&format!("<p>x</p>{}{}", "<svg>".repeat(50_000), "</math>".repeat(50_000))), "x");
}

#[test]
fn many_paragraphs_are_not_deep_and_unclosed_formatting_is() {
    let is_too_deep = |piece: &str| Document::parse(&piece.repeat(1_000)).is_too_deep();
    assert!(!is_too_deep("<p>one<li>two"));
    assert!(!is_too_deep("<div><p>x</p></div>"));
    assert!(is_too_deep("<p><b>x"));
}

proptest! {
    #[test]
    fn paragraphs_of_plain_text_are_stable_when_read_again(source in "([A-Za-z .!港は한\u{2022}\u{3000}。\n-]|\n| [a-z]{4}){0,80}") {
        let text = crate::paragraphs::of(&source);
        prop_assert_eq!(crate::paragraphs::of(&text), text.as_str());
        prop_assert!(!text.contains("\n\n\n") && !text.contains("  "));
    }

    #[test]
    fn text_has_no_whitespace_at_its_ends_and_at_most_one_empty_line(source in "([a-z <>/&;#\n\u{a0}]|<p>|</div>|<br>|&lt;|<pre>){0,60}") {
        let text = plain(&source);
        prop_assert_eq!(text.trim(), text.as_str());
        prop_assert!(!text.contains("\n\n\n") && !text.contains("  ") && !text.contains(" \n"));
    }
}

#[test]
fn nesting_counts_within_elements_that_are_skipped() {
    for name in ["math", "object", "svg", "select", "template", "ruby", "rt"] {
        let source = format!("<p>x</p>{}", format!("<{name}><b>").repeat(20_000));
        assert!(Document::parse(&source).is_too_deep(), "{name}");
    }
}
