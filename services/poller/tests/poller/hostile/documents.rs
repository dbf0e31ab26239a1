//! Documents built to hurt: each of about the size that is asked for, the same at every call.

/// A document's name, and how to make it, in about as many bytes as asked for.
pub type Hostile = (&'static str, fn(usize) -> Vec<u8>);

/// Every kind that one could think of. What a kind is after stands before it where its name does not say.
pub const ALL: &[Hostile] = &[
    // The stack.
    ("elements in an item, nested without end", |n| rss(&format!("<item>{}", "<media:group>".repeat(n / 13)))),
    ("elements in a channel, nested without end", |n| rss(&"<a>".repeat(n / 3))),
    ("roots in roots", |n| "<rss>".repeat(n / 5).into()),
    ("items in items", |n| rss(&"<item><title>x</title>".repeat(n / 22))),
    ("markup in a text, nested without end", |n| item(&format!("<description>{}", "<div>".repeat(n / 5)))),
    ("xhtml nested as deep as is taken, and closed", |n| item(&nested("div", 190).repeat(n / 2_090 + 1))),
    ("a clean feed as deep as is taken", |n| {
        let group = nested("media:group", 190);
        let group = format!("<item><title>x</title>{group}</item>").repeat(n / (group.len() + 30) + 1);
        whole(&group).into()
    }),
    ("an end tag for nothing, at the greatest depth", |n| {
        rss(&format!("<item>{}{}", opened(190), "</x>".repeat(n / 4)))
    }),
    ("an end tag for nothing, in a text at the greatest depth", |n| {
        rss(&format!("<item>{}<title>{}", opened(190), "</x>".repeat(n / 4)))
    }),
    ("long names that differ in their last letter", |n| {
        let name = "x".repeat(n / 400);
        rss(&format!("<item>{}{}", format!("<{name}a>").repeat(190), format!("</{name}b>").repeat(200)))
    }),
    // Quotes, brackets, sections that are not closed.
    ("a quote that is never closed", |n| rss(&format!("<item><a b=\"{}", "x".repeat(n)))),
    ("quotes that are never closed, in turn", |n| rss(&"<a b=\"><a b='>".repeat(n / 14))),
    ("a tag that is never closed", |n| rss(&format!("<item {}", "x ".repeat(n / 2)))),
    ("start tags that are never closed", |n| rss(&"<a ".repeat(n / 3))),
    ("end tags that are never closed", |n| rss(&"</a ".repeat(n / 4))),
    ("brackets alone", |n| rss(&"<".repeat(n))),
    ("brackets and exclamation marks", |n| rss(&"<!".repeat(n / 2))),
    ("a character section that is never closed", |n| item(&format!("<title><![CDATA[{}", "x".repeat(n)))),
    ("character sections within one another", |n| item(&format!("<title>{}", "<![CDATA[".repeat(n / 9)))),
    ("character sections without end", |n| item(&format!("<title>{}", "<![CDATA[x]]>".repeat(n / 13)))),
    ("a comment that is never closed", |n| rss(&"<!-- ".repeat(n / 5))),
    ("instructions that are never closed", |n| rss(&"<?x ".repeat(n / 4))),
    ("doctypes that are never closed", |n| "<!DOCTYPE a [".repeat(n / 13).into()),
    ("doctypes with quotes that are never closed", |n| "<!DOCTYPE a '><!DOCTYPE b \">".repeat(n / 28).into()),
    // Attributes and namespaces.
    ("a million attributes", |n| rss(&format!("<item {}>", "a=''\n".repeat(n / 5)))),
    ("a million different attributes", |n| {
        let all: String = (0..n / 12).map(|i| format!("a{i}='' ")).collect();
        whole(&format!("<item><title>x</title><enclosure url='https://a.example/' {all}/></item>")).into()
    }),
    ("a million attributes of a root", |n| {
        let all: String = (0..n / 12).map(|i| format!("a{i}='' ")).collect();
        format!("<rss version='2.0' {all}><channel><item><title>x</title></item></channel></rss>").into()
    }),
    ("namespaces without end, and elements to look them up", |n| {
        let all: String = (0..n / 32).map(|i| format!(" xmlns:a{i}='b'")).collect();
        let items = "<item><title>x</title></item>".repeat(n / 58);
        format!("<rss version='2.0'{all}><channel>{items}</channel></rss>").into()
    }),
    ("namespaces at every depth", |n| {
        let all: String = (0..n / 190 / 16).map(|i| format!(" xmlns:a{i}='b'")).collect();
        let inner: String = (0..190).map(|_| format!("<media:group{all}>")).collect();
        whole(&format!("<item>{inner}{}</item>", "</media:group>".repeat(190))).into()
    }),
    ("prefixes that are looked up in vain", |n| {
        let all: String = (0..300).map(|i| format!(" xmlns:a{i}='b'")).collect();
        format!("<rss version='2.0'{all}><channel><item>{}", "<b:c/>".repeat(n / 6)).into()
    }),
    ("bases within bases", |n| {
        let depth = 190;
        let base = format!("<a xml:base='{}/'>", "x".repeat(n / depth));
        rss(&format!("<item>{}<link>y</link>", base.repeat(depth)))
    }),
    ("a base that every link grows by", |n| {
        let item = format!("<item>{}</item>", "<enclosure url='1'/>".replace('1', "12").repeat(60));
        format!(
            "<rss version='2.0' xml:base='https://a.example/{}/'><channel>{}",
            "x".repeat(2_000),
            item.repeat(n / 1_273)
        )
        .into()
    }),
    ("a base at every element", |n| rss(&format!("<item>{}", "<a xml:base='b/'/>".repeat(n / 18)))),
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
    ("entities that name themselves", |n| {
        let text = "<!DOCTYPE rss [<!ENTITY a '&b;'><!ENTITY b '&a;'>]><rss><channel><title>";
        format!("{text}{}", "&a;".repeat(n / 3)).into()
    }),
    ("entities of a file and of parameters", |n| {
        let text = "<!DOCTYPE rss [<!ENTITY a SYSTEM 'file:///etc/passwd'><!ENTITY % p 'x'> %p;]><rss><channel><title>";
        format!("{text}{}", "&a;%p;".repeat(n / 6)).into()
    }),
    ("declared entities without end", |n| {
        let all: String = (0..n / 40).map(|i| format!("<!ENTITY a{i} 'x'>")).collect();
        format!("<!DOCTYPE rss [{all}]><rss><channel><title>{}", "&zz;".repeat(n / 8)).into()
    }),
    ("ampersands alone", |n| item(&format!("<title>{}", "&".repeat(n)))),
    ("names of entities that are none", |n| item(&format!("<title>{}", "&abcdefghijk;".repeat(n / 13)))),
    ("numbers of characters without end", |n| item(&format!("<title>&#{}", "1".repeat(n)))),
    // What is collected.
    ("items without end", |n| rss(&"<item><title>x</title></item>".repeat(n / 29))),
    ("empty items without end", |n| rss(&format!("<item>{}", "<item/>".repeat(n / 7)))),
    ("categories without end", |n| {
        let all: String = (0..n / 30).map(|i| format!("<category>{i}</category>")).collect();
        whole(&format!("<item><title>x</title>{all}</item>")).into()
    }),
    ("keywords without end", |n| item(&format!("<media:keywords>{}", "a,b,".repeat(n / 4)))),
    ("persons without end", |n| atom(&format!("<entry>{}", "<author><name>x</name></author>".repeat(n / 31)))),
    ("a long name of an author that all entries inherit", |n| {
        let entries = "<entry><title>x</title></entry>".repeat(n / 62);
        atom(&format!("<author><name>{}</name></author>{entries}</feed>", "x".repeat(n / 2)))
    }),
    ("many authors that all entries inherit", |n| {
        let all: String = (0..n / 80).map(|i| format!("<author><name>name {i}</name></author>")).collect();
        atom(&format!("{all}{}</feed>", "<entry><title>x</title></entry>".repeat(n / 62)))
    }),
    ("files without end", |n| {
        let all: String = (0..n / 60).map(|i| format!("<enclosure url='https://a.example/{i}' type='a/b'/>")).collect();
        whole(&format!("<item><title>x</title>{all}</item>")).into()
    }),
    ("a long title for every file of a group", |n| {
        let title = "x".repeat(n / 2);
        let files = "<media:content url='https://a.example/x'/>".repeat(n / 84);
        whole(&format!("<item><media:group><media:title>{title}</media:title>{files}</media:group></item>")).into()
    }),
    ("a long link", |n| item(&format!("<link>https://a.example/{}</link>", "x".repeat(n)))),
    ("dates that are none", |n| item(&"<pubDate>1 2 3 4 5 6 7 8 9 Jan 10:00 GMT</pubDate>".repeat(n / 53))),
    ("a date without end", |n| item(&format!("<pubDate>{}</pubDate>", "1 Jan ".repeat(n / 6)))),
    ("brackets around an author", |n| item(&format!("<author>{}</author>", "(@".repeat(n / 2)))),
    ("xhtml side by side", |n| {
        let all = "<div/></div><div>".repeat(n / 17);
        atom(&format!("<entry><content type='xhtml'><div>{all}</div></content></entry></feed>"))
    }),
    ("base64", |n| atom(&format!("<entry><content type='image/png'>{}", "QUJD".repeat(n / 4)))),
    ("texts that begin and never end", |n| rss(&format!("<item>{}", "<title>".repeat(n / 7)))),
    ("texts in turn", |n| rss(&format!("<item>{}", "<title><link><guid>".repeat(n / 19)))),
    // Characters and encodings.
    ("zero bytes", |n| rss(&format!("<item><title>x{}", "\0".repeat(n)))),
    ("zero bytes alone", |n| vec![0; n]),
    ("control characters", |n| item(&format!("<title>{}", "\u{1}x".repeat(n / 2)))),
    ("C1 characters", |n| item(&format!("<title>{}", "\u{93}x\u{94}".repeat(n / 5)))),
    ("characters encoded twice", |n| item(&format!("<title>{}", "Ã©Ã".repeat(n / 6)))),
    ("a mark of bytes, over and over", |n| "\u{feff}".repeat(n / 3).into()),
    ("bytes that are no UTF-8", |n| [rss("<item><title>"), vec![0xFF; n]].concat()),
    ("first bytes of characters alone", |n| [rss("<item><title>"), [0xE4, b'x'].repeat(n / 2)].concat()),
    ("bytes of every value", |n| (0..n).map(|i| (i * 7 % 256) as u8).collect()),
    ("spaces", |n| " ".repeat(n).into()),
    // JSON.
    ("arrays nested without end", |n| format!("{{\"items\":{}", "[".repeat(n)).into()),
    ("arrays nested and closed", |n| {
        format!(
            "{{\"version\":\"https://jsonfeed.org/version/1\",\"items\":{}{}}}",
            "[".repeat(n / 2),
            "]".repeat(n / 2)
        )
        .into()
    }),
    ("objects nested without end", |n| "{\"items\":".repeat(n / 9).into()),
    ("items of JSON without end", |n| json(&"{\"id\":\"1\"},".repeat(n / 11))),
    ("items of JSON that are none", |n| json(&"1,".repeat(n / 2))),
    ("an item of arrays", |n| json(&format!("{{\"tags\":[{}1]}},", "[],".repeat(n / 3)))),
    ("an item of different keys", |n| {
        let all: String = (0..n / 13).map(|i| format!("\"{}\":0,", (i * 7_919) % 1_000_003)).collect();
        json(&format!("{{{all}\"id\":1}},"))
    }),
    ("a text of JSON that is never closed", |n| json(&format!("{{\"id\":\"{}", "\\\"".repeat(n / 2)))),
    ("a number of JSON without end", |n| json(&format!("{{\"id\":{}}},", "1".repeat(n)))),
    ("a long name of an author that all items inherit", |n| {
        let items = "{\"id\":\"1\"},".repeat(n / 22);
        let name = "x".repeat(n / 2);
        format!("{{\"title\":\"x\",\"feed_url\":\"x\",\"authors\":[{{\"name\":\"{name}\"}}],\"items\":[{items}0]}}")
            .into()
    }),
];

/// A feed that is not closed.
fn rss(inside: &str) -> Vec<u8> {
    format!("<rss version='2.0'><channel><title>t</title>{inside}").into()
}

/// A feed that is not closed, in its first item.
fn item(inside: &str) -> Vec<u8> {
    rss(&format!("<item><guid>g</guid>{inside}"))
}

fn atom(inside: &str) -> Vec<u8> {
    format!("<feed xmlns='http://www.w3.org/2005/Atom'>{inside}").into()
}

/// A feed that is closed and declares what it uses, so that feed-rs may be asked.
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

/// Elements of different names, opened.
fn opened(depth: usize) -> String {
    (0..depth).map(|i| format!("<{}>", char::from(b'a' + (i % 20) as u8))).collect()
}
