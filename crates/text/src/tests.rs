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
