//! Sanitises any bytes as HTML: what remains has only the elements, attributes and schemes that may remain, and sanitising it
//! again changes nothing.
#![no_main]

use html5ever::tokenizer::{BufferQueue, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use libfuzzer_sys::fuzz_target;
use normaliser::html;
use text::Document;
use url::Url;

const ELEMENTS: &str = "a abbr acronym area article aside b bdi bdo blockquote br caption center cite code col colgroup data dd del \
    details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins kbd li map mark nav ol p pre q rp rt \
    rtc ruby s samp small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr";
const ATTRIBUTES: &str = "align alt char charoff colspan datetime dir headers height href hreflang lang rel rowspan scope size span src \
    start summary title width";

struct Checked;

impl TokenSink for Checked {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => {
                assert!(ELEMENTS.split_whitespace().any(|name| name == &*tag.name), "<{}>", tag.name);
                for attribute in &tag.attrs {
                    let (name, value) = (&*attribute.name.local, &*attribute.value);
                    assert!(ATTRIBUTES.split_whitespace().any(|known| known == name), "{name}");
                    if matches!(name, "href" | "src") {
                        let url = Url::parse(value).expect("links are absolute");
                        assert!(matches!(url.scheme(), "http" | "https" | "mailto"), "{value}");
                    }
                }
            }
            Token::CommentToken(_) | Token::DoctypeToken(_) => panic!("a comment"),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

fn check(markup: &str) {
    let input = BufferQueue::default();
    input.push_back(markup.into());
    let tokenizer = Tokenizer::new(Checked, TokenizerOpts::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
}

fuzz_target!(|bytes: &[u8]| {
    let source = String::from_utf8_lossy(bytes);
    let document = Document::parse(&source);
    let base = Url::parse("https://news.example.org/a/b").expect("a URL");
    let once = html::sanitise(&document, Some(&base), &[]);
    check(&once);
    let again = html::sanitise_markup(&once, Some(&base));
    check(&again);
    assert_eq!(again, once);
});
