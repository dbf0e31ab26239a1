//! Hostile documents, each of about the requested size. Each function is deterministic.

use super::Hostile;

/// All kinds of hostile document, grouped by what they attack.
pub const ALL: &[Hostile] = &[
    // Recursion.
    ("elements in an item, nested without limit", |n| rss(&format!("<item>{}", "<media:group>".repeat(n / 13)))),
    ("elements in a channel, nested without limit", |n| rss(&"<a>".repeat(n / 3))),
    ("nested roots", |n| "<rss>".repeat(n / 5).into()),
    ("nested items", |n| rss(&"<item><title>x</title>".repeat(n / 22))),
    ("markup in a text, nested without limit", |n| item(&format!("<description>{}", "<div>".repeat(n / 5)))),
    ("closed XHTML nested to the maximum depth", |n| item(&nested("div", 190).repeat(n / 2_090 + 1))),
    ("a well-formed feed nested to the maximum depth", |n| {
        let group = nested("media:group", 190);
        let group = format!("<item><title>x</title>{group}</item>").repeat(n / (group.len() + 30) + 1);
        whole(&group).into()
    }),
    ("unmatched end tags at the maximum depth", |n| rss(&format!("<item>{}{}", opened(190), "</x>".repeat(n / 4)))),
    ("unmatched end tags in a text at the maximum depth", |n| {
        rss(&format!("<item>{}<title>{}", opened(190), "</x>".repeat(n / 4)))
    }),
    ("long names that differ in their last character", |n| {
        let name = "x".repeat(n / 400);
        rss(&format!("<item>{}{}", format!("<{name}a>").repeat(190), format!("</{name}b>").repeat(200)))
    }),
    // Unclosed quotes, brackets and sections.
    ("an unclosed quote", |n| rss(&format!("<item><a b=\"{}", "x".repeat(n)))),
    ("unclosed quotes of alternating kinds", |n| rss(&"<a b=\"><a b='>".repeat(n / 14))),
    ("an unclosed tag", |n| rss(&format!("<item {}", "x ".repeat(n / 2)))),
    ("unclosed start tags", |n| rss(&"<a ".repeat(n / 3))),
    ("unclosed end tags", |n| rss(&"</a ".repeat(n / 4))),
    ("only brackets", |n| rss(&"<".repeat(n))),
    ("brackets and exclamation marks", |n| rss(&"<!".repeat(n / 2))),
    ("an unclosed CDATA section", |n| item(&format!("<title><![CDATA[{}", "x".repeat(n)))),
    ("nested CDATA sections", |n| item(&format!("<title>{}", "<![CDATA[".repeat(n / 9)))),
    ("very many CDATA sections", |n| item(&format!("<title>{}", "<![CDATA[x]]>".repeat(n / 13)))),
    ("an unclosed comment", |n| rss(&"<!-- ".repeat(n / 5))),
    ("unclosed processing instructions", |n| rss(&"<?x ".repeat(n / 4))),
    ("unclosed doctypes", |n| "<!DOCTYPE a [".repeat(n / 13).into()),
    ("doctypes with unclosed quotes", |n| "<!DOCTYPE a '><!DOCTYPE b \">".repeat(n / 28).into()),
    // Attributes and namespaces.
    ("a million attributes", |n| rss(&format!("<item {}>", "a=''\n".repeat(n / 5)))),
    ("a million different attributes", |n| {
        let all: String = (0..n / 12).map(|i| format!("a{i}='' ")).collect();
        whole(&format!("<item><title>x</title><enclosure url='https://a.example/' {all}/></item>")).into()
    }),
    ("a million attributes of the root", |n| {
        let all: String = (0..n / 12).map(|i| format!("a{i}='' ")).collect();
        format!("<rss version='2.0' {all}><channel><item><title>x</title></item></channel></rss>").into()
    }),
    ("very many namespaces, and elements that look them up", |n| {
        let all: String = (0..n / 32).map(|i| format!(" xmlns:a{i}='b'")).collect();
        let items = "<item><title>x</title></item>".repeat(n / 58);
        format!("<rss version='2.0'{all}><channel>{items}</channel></rss>").into()
    }),
    ("namespaces declared at every depth", |n| {
        let all: String = (0..n / 190 / 16).map(|i| format!(" xmlns:a{i}='b'")).collect();
        let inner: String = (0..190).map(|_| format!("<media:group{all}>")).collect();
        whole(&format!("<item>{inner}{}</item>", "</media:group>".repeat(190))).into()
    }),
    ("unknown prefixes among many namespaces", |n| {
        let all: String = (0..300).map(|i| format!(" xmlns:a{i}='b'")).collect();
        format!("<rss version='2.0'{all}><channel><item>{}", "<b:c/>".repeat(n / 6)).into()
    }),
    ("nested bases", |n| {
        let depth = 190;
        let base = format!("<a xml:base='{}/'>", "x".repeat(n / depth));
        rss(&format!("<item>{}<link>y</link>", base.repeat(depth)))
    }),
    ("a long base for very many links", |n| {
        let item = format!("<item>{}</item>", "<enclosure url='1'/>".replace('1', "12").repeat(60));
        format!(
            "<rss version='2.0' xml:base='https://a.example/{}/'><channel>{}",
            "x".repeat(2_000),
            item.repeat(n / 1_273)
        )
        .into()
    }),
    ("a base on every element", |n| rss(&format!("<item>{}", "<a xml:base='b/'/>".repeat(n / 18)))),
    // References.
    ("billion laughs", |n| {
        let mut text = String::from("<!DOCTYPE rss [<!ENTITY l0 'ha'>");
        for i in 1..60 {
            text += &format!("<!ENTITY l{i} '{}'>", format!("&l{};", i - 1).repeat(10));
        }
        format!("{text}]><rss version='2.0'><channel><title>{}", "&l59;".repeat(n / 5)).into()
    }),
    ("quadratic blow-up", |n| {
        let value = "x".repeat(1_000);
        format!("<!DOCTYPE rss [<!ENTITY l '{value}'>]><rss><channel><title>{}", "&l;".repeat(n / 3)).into()
    }),
    ("recursive entities", |n| {
        let text = "<!DOCTYPE rss [<!ENTITY a '&b;'><!ENTITY b '&a;'>]><rss><channel><title>";
        format!("{text}{}", "&a;".repeat(n / 3)).into()
    }),
    ("external entities and parameter entities", |n| {
        let text = "<!DOCTYPE rss [<!ENTITY a SYSTEM 'file:///etc/passwd'><!ENTITY % p 'x'> %p;]><rss><channel><title>";
        format!("{text}{}", "&a;%p;".repeat(n / 6)).into()
    }),
    ("very many declared entities", |n| {
        let all: String = (0..n / 40).map(|i| format!("<!ENTITY a{i} 'x'>")).collect();
        format!("<!DOCTYPE rss [{all}]><rss><channel><title>{}", "&zz;".repeat(n / 8)).into()
    }),
    ("only ampersands", |n| item(&format!("<title>{}", "&".repeat(n)))),
    ("unknown entities", |n| item(&format!("<title>{}", "&abcdefghijk;".repeat(n / 13)))),
    ("an endless character reference", |n| item(&format!("<title>&#{}", "1".repeat(n)))),
    // Lists that grow.
    ("very many items", |n| rss(&"<item><title>x</title></item>".repeat(n / 29))),
    ("very many empty items", |n| rss(&format!("<item>{}", "<item/>".repeat(n / 7)))),
    ("very many categories", |n| {
        let all: String = (0..n / 30).map(|i| format!("<category>{i}</category>")).collect();
        whole(&format!("<item><title>x</title>{all}</item>")).into()
    }),
    ("very many keywords", |n| item(&format!("<media:keywords>{}", "a,b,".repeat(n / 4)))),
    ("very many authors", |n| atom(&format!("<entry>{}", "<author><name>x</name></author>".repeat(n / 31)))),
    ("a long name of an author that all entries inherit", |n| {
        let entries = "<entry><title>x</title></entry>".repeat(n / 62);
        atom(&format!("<author><name>{}</name></author>{entries}</feed>", "x".repeat(n / 2)))
    }),
    ("many authors that all entries inherit", |n| {
        let all: String = (0..n / 80).map(|i| format!("<author><name>name {i}</name></author>")).collect();
        atom(&format!("{all}{}</feed>", "<entry><title>x</title></entry>".repeat(n / 62)))
    }),
    ("very many enclosures", |n| {
        let all: String = (0..n / 60).map(|i| format!("<enclosure url='https://a.example/{i}' type='a/b'/>")).collect();
        whole(&format!("<item><title>x</title>{all}</item>")).into()
    }),
    ("a long title for every file of a media group", |n| {
        let title = "x".repeat(n / 2);
        let files = "<media:content url='https://a.example/x'/>".repeat(n / 84);
        whole(&format!("<item><media:group><media:title>{title}</media:title>{files}</media:group></item>")).into()
    }),
    ("a long link", |n| item(&format!("<link>https://a.example/{}</link>", "x".repeat(n)))),
    ("invalid dates", |n| item(&"<pubDate>1 2 3 4 5 6 7 8 9 Jan 10:00 GMT</pubDate>".repeat(n / 53))),
    ("an endless date", |n| item(&format!("<pubDate>{}</pubDate>", "1 Jan ".repeat(n / 6)))),
    ("an author made of brackets", |n| item(&format!("<author>{}</author>", "(@".repeat(n / 2)))),
    ("very many adjacent XHTML elements", |n| {
        let all = "<div/></div><div>".repeat(n / 17);
        atom(&format!("<entry><content type='xhtml'><div>{all}</div></content></entry></feed>"))
    }),
    ("base64", |n| atom(&format!("<entry><content type='image/png'>{}", "QUJD".repeat(n / 4)))),
    ("unclosed text elements", |n| rss(&format!("<item>{}", "<title>".repeat(n / 7)))),
    ("unclosed text elements of alternating kinds", |n| {
        rss(&format!("<item>{}", "<title><link><guid>".repeat(n / 19)))
    }),
    // Characters and encodings.
    ("zero bytes", |n| rss(&format!("<item><title>x{}", "\0".repeat(n)))),
    ("only zero bytes", |n| vec![0; n]),
    ("control characters", |n| item(&format!("<title>{}", "\u{1}x".repeat(n / 2)))),
    ("C1 characters", |n| item(&format!("<title>{}", "\u{93}x\u{94}".repeat(n / 5)))),
    ("doubly encoded characters", |n| item(&format!("<title>{}", "Ã©Ã".repeat(n / 6)))),
    ("repeated byte order marks", |n| "\u{feff}".repeat(n / 3).into()),
    ("invalid UTF-8", |n| [rss("<item><title>"), vec![0xFF; n]].concat()),
    ("truncated UTF-8 sequences", |n| [rss("<item><title>"), [0xE4, b'x'].repeat(n / 2)].concat()),
    ("bytes of every value", |n| (0..n).map(|i| (i * 7 % 256) as u8).collect()),
    ("spaces", |n| " ".repeat(n).into()),
    // JSON.
    ("arrays nested without limit", |n| format!("{{\"items\":{}", "[".repeat(n)).into()),
    ("nested arrays that are closed", |n| {
        format!(
            "{{\"version\":\"https://jsonfeed.org/version/1\",\"items\":{}{}}}",
            "[".repeat(n / 2),
            "]".repeat(n / 2)
        )
        .into()
    }),
    ("objects nested without limit", |n| "{\"items\":".repeat(n / 9).into()),
    ("very many JSON items", |n| json(&"{\"id\":\"1\"},".repeat(n / 11))),
    ("JSON items that are not objects", |n| json(&"1,".repeat(n / 2))),
    ("an item with very many arrays", |n| json(&format!("{{\"tags\":[{}1]}},", "[],".repeat(n / 3)))),
    ("an item with very many keys", |n| {
        let all: String = (0..n / 13).map(|i| format!("\"{}\":0,", (i * 7_919) % 1_000_003)).collect();
        json(&format!("{{{all}\"id\":1}},"))
    }),
    ("an unclosed JSON string", |n| json(&format!("{{\"id\":\"{}", "\\\"".repeat(n / 2)))),
    ("an endless JSON number", |n| json(&format!("{{\"id\":{}}},", "1".repeat(n)))),
    ("a long name of an author that all items inherit", |n| {
        let items = "{\"id\":\"1\"},".repeat(n / 22);
        let name = "x".repeat(n / 2);
        format!("{{\"title\":\"x\",\"feed_url\":\"x\",\"authors\":[{{\"name\":\"{name}\"}}],\"items\":[{items}0]}}")
            .into()
    }),
];

/// An unclosed feed.
fn rss(inside: &str) -> Vec<u8> {
    format!("<rss version='2.0'><channel><title>t</title>{inside}").into()
}

/// An unclosed feed with `inside` in its first item.
fn item(inside: &str) -> Vec<u8> {
    rss(&format!("<item><guid>g</guid>{inside}"))
}

fn atom(inside: &str) -> Vec<u8> {
    format!("<feed xmlns='http://www.w3.org/2005/Atom'>{inside}").into()
}

/// A well-formed feed, so that feed-rs parses it.
fn whole(items: &str) -> String {
    format!(
        "<rss version='2.0' xmlns:media='http://search.yahoo.com/mrss/'><channel><title>t</title>{items}</channel></rss>"
    )
}

fn json(items: &str) -> Vec<u8> {
    format!("{{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"t\",\"items\":[{items}{{\"id\":\"2\"}}]}}")
        .into()
}

fn nested(name: &str, depth: usize) -> String {
    format!("{}{}", format!("<{name}>").repeat(depth), format!("</{name}>").repeat(depth))
}

/// Start tags with different names.
fn opened(depth: usize) -> String {
    (0..depth).map(|i| format!("<{}>", char::from(b'a' + (i % 20) as u8))).collect()
}
