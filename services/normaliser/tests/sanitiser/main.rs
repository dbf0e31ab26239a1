//! No script, handler or scheme that runs one reaches a consumer, whichever field it comes in.
#![expect(clippy::panic, reason = "clippy exempts test functions, not the functions that they call")]

mod vectors;

use std::cell::RefCell;

use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use normaliser::{Normalised, html, normalise, revision::Delivery};
use proto::v1::{Article, Media, RawItem};
use url::Url;

/// The elements that may remain.
const ELEMENTS: &str = "a abbr acronym area article aside b bdi bdo blockquote br caption center cite code col colgroup data dd del \
    details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins kbd li map mark nav ol p pre q rp rt \
    rtc ruby s samp small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr";
/// The attributes that may remain.
const ATTRIBUTES: &str = "align alt char charoff colspan datetime dir headers height href hreflang lang rel rowspan scope size span src \
    start summary title width";

/// What must not be in HTML. No element that remains changes how the text after it is read, so tags suffice: a parser finds
/// the same ones.
#[derive(Default)]
struct Faults(RefCell<Vec<String>>);

impl Faults {
    fn of(markup: &str) -> Vec<String> {
        let input = BufferQueue::default();
        input.push_back(markup.into());
        let tokenizer = Tokenizer::new(Self::default(), TokenizerOpts::default());
        let _ = tokenizer.feed(&input);
        tokenizer.end();
        tokenizer.sink.0.into_inner()
    }

    fn add(&self, tag: &Tag) {
        let mut faults = self.0.borrow_mut();
        if !ELEMENTS.split_whitespace().any(|name| name == &*tag.name) {
            faults.push(format!("<{}>", tag.name));
        }
        for attribute in &tag.attrs {
            let (name, value) = (&*attribute.name.local, &*attribute.value);
            let is_link = matches!(name, "href" | "src");
            let scheme = Url::parse(value).map(|url| url.scheme().to_owned()).unwrap_or_default();
            if !ATTRIBUTES.split_whitespace().any(|known| known == name)
                || is_link && !matches!(scheme.as_str(), "http" | "https" | "mailto")
            {
                faults.push(format!("{name}={value}"));
            }
        }
    }
}

impl TokenSink for Faults {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => self.add(&tag),
            Token::CommentToken(_) | Token::DoctypeToken(_) => self.0.borrow_mut().push("comment".to_owned()),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// True if a text has a start tag with attributes: nothing that a sentence about HTML has, such as `<video>`. Those of an end tag
/// have no effect.
fn has_markup(text: &str) -> bool {
    #[derive(Default)]
    struct Found(RefCell<bool>);
    impl TokenSink for Found {
        type Handle = ();

        fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
            if let Token::TagToken(tag) = token
                && tag.kind == TagKind::StartTag
                && !tag.attrs.is_empty()
            {
                *self.0.borrow_mut() = true;
            }
            TokenSinkResult::Continue
        }
    }
    let input = BufferQueue::default();
    input.push_back(text.into());
    let tokenizer = Tokenizer::new(Found::default(), TokenizerOpts::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

fn article(item: &RawItem) -> Article {
    match normalise(item, None, Delivery::at(jiff::Timestamp::UNIX_EPOCH)) {
        Ok(Normalised::Article(published)) => published.article,
        other => panic!("no article: {other:?}"),
    }
}

/// An item with `text` in each field.
fn item(text: &str) -> RawItem {
    let text = format!("<p>The harbour opens on Monday.</p> {text} <p>More is to follow.</p>");
    RawItem {
        article_id: "a".into(),
        url: "https://news.example.org/a/b".into(),
        canonical_url: "https://news.example.org/a/b".into(),
        title: text.clone(),
        summary: text.clone(),
        content: text.clone(),
        feed_title: text.clone(),
        publisher_name: text.clone(),
        authors: vec![text.clone()],
        categories: vec![text.clone()],
        media: vec![Media { url: "https://news.example.org/i.png".into(), title: text, ..Media::default() }],
        ..RawItem::default()
    }
}

#[test]
fn no_vector_survives_in_html() {
    let mut survived = Vec::new();
    for (category, vector) in vectors::ALL {
        let article = article(&item(vector));
        let faults = Faults::of(&article.body_html);
        if !faults.is_empty() {
            survived.push(format!("{category}: {faults:?} in {}", article.body_html));
        }
    }
    assert!(survived.is_empty(), "{}", survived.join("\n"));
}

#[test]
fn what_the_marks_of_cdata_divide_is_sanitised_as_a_whole() {
    for vector in [
        "<img src=x on<![CDATA[error=run(1)>",
        "<p on<![CDATA[click]]>=run(1)>x</p>",
        "<a hr<![CDATA[ef=javasc]]>ript:run(1)>x</a>",
        "<ifr<![CDATA[ame srcdoc=\"<script>run(1)</script>\">x</iframe>",
    ] {
        let article = article(&item(vector));
        assert_eq!(Faults::of(&article.body_html), Vec::<String>::new(), "{vector}");
    }
}

#[test]
fn no_vector_survives_in_a_text() {
    let mut survived = Vec::new();
    // An escaped tag is text: the article is about HTML.
    for (category, vector) in vectors::ALL.iter().filter(|(_, vector)| !vector.contains("&lt;")) {
        let article = article(&item(vector));
        let media = article.media.iter().map(|file| &file.title);
        let texts = [&article.title, &article.summary, &article.body, &article.feed_title, &article.publisher_name];
        let all = texts.into_iter().chain(&article.authors).chain(&article.categories).chain(media);
        survived.extend(all.filter(|text| has_markup(text)).map(|text| format!("{category}: {text}")));
    }
    assert!(survived.is_empty(), "{}", survived.join("\n"));
}

#[test]
fn urls_are_http_or_https() {
    for url in vectors::URLS {
        let media = vec![Media { url: (*url).into(), ..Media::default() }];
        let item = RawItem { url: (*url).into(), canonical_url: (*url).into(), media, ..item("") };
        let article = article(&item);
        assert_eq!((article.url.as_str(), article.canonical_url.as_str()), ("", ""), "{url}");
        assert_eq!(article.media, [], "{url}");
    }
}

#[test]
fn a_link_or_image_in_html_is_http_or_https() {
    for url in vectors::URLS.iter().filter(|url| url.contains(':')) {
        let attribute = url.replace('<', "&lt;").replace('"', "&quot;");
        let markup = format!("<p>x <a href=\"{attribute}\">y</a> <img src=\"{attribute}\" width=300></p>");
        assert_eq!(Faults::of(&html::sanitise_markup(&markup, None)), Vec::<String>::new(), "{url}");
    }
}

#[test]
fn sanitising_again_changes_nothing() {
    let base = Url::parse("https://news.example.org/a/b").unwrap();
    for (category, vector) in vectors::ALL {
        let once = html::sanitise_markup(vector, Some(&base));
        assert_eq!(html::sanitise_markup(&once, Some(&base)), once, "{category}");
    }
}

#[test]
fn the_check_finds_what_must_not_be_there() {
    for bad in [
        "<script>",
        "<p onclick=x>",
        "<a href=javascript:x>",
        "<img src=data:x>",
        "<p style=x>",
        "<!-- x -->",
        "<q cite=x>",
    ] {
        assert!(!Faults::of(bad).is_empty(), "{bad}");
    }
    assert!(has_markup("a <img src=x> b") && !has_markup("the <video> element, 5 < 7"));
}
