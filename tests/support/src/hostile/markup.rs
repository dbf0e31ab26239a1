//! Hostile HTML of articles: what makes a parser of HTML, or what follows it, do more than its share.

/// A kind of HTML, and a function that makes it in about `n` bytes.
pub type Markup = (&'static str, fn(usize) -> String);

/// All kinds of hostile HTML.
pub const ALL: &[Markup] = &[
    // Nesting.
    ("nested divisions", |n| "<div>".repeat(n / 5)),
    ("nested divisions that are closed", |n| format!("{}x{}", "<div>".repeat(n / 11), "</div>".repeat(n / 11))),
    ("divisions that close themselves", |n| "<div/>x".repeat(n / 7)),
    ("spans that close themselves", |n| "<span/>x".repeat(n / 8)),
    ("divisions that are closed within a cell", |n| "<div><table><tr><td></div>".repeat(n / 26)),
    ("spans that are closed within a division", |n| "<span><div></span>".repeat(n / 18)),
    ("forms around divisions", |n| "<form><div></form>".repeat(n / 18)),
    ("bodies around divisions", |n| "<body><div></body>".repeat(n / 18)),
    ("formatting closed within a table", |n| "<b><table></b></table>".repeat(n / 22)),
    ("items and definitions in each other", |n| "<td><dd><li><td><dd>".repeat(n / 20)),
    ("lists in lists", |n| "<ul><li>".repeat(n / 8)),
    ("tables in tables", |n| "<table><tr><td>".repeat(n / 15)),
    ("quotes in quotes", |n| "<blockquote>x".repeat(n / 13)),
    ("buttons", |n| "<button>x".repeat(n / 9)),
    ("templates", |n| "<template>x".repeat(n / 11)),
    ("drawings", |n| "<svg><g><title>x".repeat(n / 16)),
    ("formulas", |n| "<math><mi>x<annotation-xml encoding='text/html'>".repeat(n / 48)),
    // Formatting that is opened again, and nodes that move.
    ("unclosed formatting", |n| "<p><b>x".repeat(n / 7)),
    ("formatting that every paragraph opens again", |n| {
        format!("<p>{}</p>{}", opened(150), "<p>x</p>".repeat(n.saturating_sub(1_500) / 8))
    }),
    ("a few formats that every paragraph opens again", |n| {
        format!("<p>{}</p>{}", opened(30), "<p>x</p>".repeat(n / 8))
    }),
    ("crossed formatting", |n| "<b><i></b></i><a><p></a>".repeat(n / 24)),
    ("links in links", |n| "<a href=x>y".repeat(n / 11)),
    ("formatting around blocks", |n| "<b><p>x</b>y</p>".repeat(n / 16)),
    ("many paragraphs in one format", |n| format!("<b>{}</b>", "<p>x".repeat(n / 4))),
    ("images that a table moves before itself", |n| format!("<table>{}", "<img src=x>".repeat(n / 11))),
    ("texts that a table moves before itself", |n| format!("<table>{}", "x<tr>".repeat(n / 5))),
    ("formats that a table moves before itself", |n| format!("<table>{}", "<b>x</b>".repeat(n / 8))),
    ("options with a copy of the selected one", |n| {
        format!("<select><button><selectedcontent></selectedcontent></button>{}", "<option selected>x".repeat(n / 18))
    }),
    ("forms and inputs", |n| "<form><input type=hidden value=x>".repeat(n / 33)),
    // Attributes.
    ("different attributes", |n| format!("<p {}>x", (0..n / 8).map(|i| format!("a{i} ")).collect::<String>())),
    ("attributes with brackets in their values", |n| {
        format!("<p {}>x", (0..n / 12).map(|i| format!("a{i}=\"<\" ")).collect::<String>())
    }),
    ("attributes with closing brackets in their values", |n| {
        format!("<p {}>x", (0..n / 12).map(|i| format!("a{i}='>' ")).collect::<String>())
    }),
    ("attributes without spaces", |n| format!("<p {}>x", "a=''".repeat(n / 4))),
    ("attributes behind a comment", |n| {
        format!("<!-- <a b=\" --><p {}>x", (0..n / 12).map(|i| format!("a{i}=\"<\" ")).collect::<String>())
    }),
    ("tags with hundreds of attributes", |n| {
        let attributes: String = (0..150).map(|i| format!(" a{i}")).collect();
        format!("<p{attributes}>x").repeat(n / 700)
    }),
    ("a long attribute", |n| format!("<img src='data:image/png;base64,{}'>x", "QUJD".repeat(n / 4))),
    ("unclosed quotes", |n| "<a b=\"><a b='>".repeat(n / 14)),
    ("styles", |n| format!("<p style='{}'>x", "color:red;".repeat(n / 10))),
    ("classes", |n| format!("<p class='{}'>x", "a b c ".repeat(n / 6))),
    // Links and images.
    ("thousands of links", |n| (0..n / 40).map(|i| format!("<a href='/news/{i}'>x</a> ")).collect()),
    ("a long link", |n| format!("<a href='/{}'>x</a>", "x/".repeat(n / 2))),
    ("links of dots", |n| format!("<a href='{}'>x</a>", "../".repeat(n / 3))),
    ("thousands of images", |n| (0..n / 30).map(|i| format!("<img src='/i/{i}.png'>")).collect()),
    ("pixels", |n| "<img width=1 height=1 src=//a.example/p>".repeat(n / 40)),
    ("invalid addresses", |n| "<a href='http://[::'>x</a>".repeat(n / 26)),
    ("scripts in addresses", |n| "<a href='java\nscript:x'>x</a>".repeat(n / 29)),
    // Comments, references, sections.
    ("unclosed comments", |n| "<!-- ".repeat(n / 5)),
    ("comments", |n| "<!-- x -->y".repeat(n / 11)),
    ("comments in comments", |n| "<!--<!-->--!>".repeat(n / 13)),
    ("sections", |n| "<![CDATA[x]]>".repeat(n / 13)),
    ("declarations", |n| "<!x><?y>".repeat(n / 8)),
    ("ampersands", |n| format!("<p>{}", "&".repeat(n))),
    ("named references", |n| format!("<p>{}", "&hellip;&notin;&nosuchthing;".repeat(n / 28))),
    ("a reference without an end", |n| format!("<p>&{}", "a".repeat(n))),
    ("references to no character", |n| format!("<p>{}", "&#0;&#xd800;&#1114112;".repeat(n / 22))),
    ("numeric references", |n| format!("<p>{}", "&#x1F600;&#78;".repeat(n / 14))),
    ("surrogates as references", |n| format!("<p>{}", "&#xd83d;&#xde00;".repeat(n / 16))),
    ("markup escaped twice", |n| "&lt;p&gt;x&lt;/p&gt;".repeat(n / 20)),
    ("markup escaped three times", |n| "&amp;lt;p&amp;gt;x".repeat(n / 18)),
    // Raw text.
    ("scripts", |n| "<script>if (a < b) x</script>y".repeat(n / 30)),
    ("an unclosed script", |n| format!("x<script>{}", "<!--<script>".repeat(n / 12))),
    ("styles that are not closed", |n| format!("x<style>{}", "p > a {} ".repeat(n / 9))),
    ("frames", |n| "<iframe src=x>y</iframe>".repeat(n / 24)),
    ("text areas", |n| "<textarea><p>x</textarea>".repeat(n / 25)),
    ("plain text without an end", |n| format!("<plaintext>{}", "<p>x".repeat(n / 4))),
    // Blocks of nothing.
    ("empty paragraphs", |n| "<p></p>".repeat(n / 7)),
    ("paragraphs of one character", |n| "<p>x".repeat(n / 4)),
    ("line breaks", |n| "x<br>".repeat(n / 5)),
    ("unknown elements", |n| (0..n / 10).map(|i| format!("<x{i}>y")).collect()),
    ("unmatched end tags", |n| format!("{}{}", opened(150), "</x>".repeat(n / 4))),
    ("brackets", |n| format!("<p>{}", "<".repeat(n))),
    ("paragraphs of boilerplate", |n| format!("<p>x</p>{}", "<p>Read more</p>".repeat(n / 16))),
    ("empty elements behind boilerplate", |n| format!("<p>Read more</p>{}", "<p></p>".repeat(n / 7))),
    ("nested headings", |n| "<h1><h2>x".repeat(n / 9)),
    ("rulers", |n| "<hr>".repeat(n / 4)),
    ("preformatted lines", |n| format!("<pre>{}", "x\n".repeat(n / 2))),
];

/// Formatting elements that differ in an attribute, not closed.
fn opened(count: usize) -> String {
    (0..count).map(|i| format!("<b a={i}>")).collect()
}
