use super::{Format, House, Story};
use jiff::fmt::rfc2822;
use serde_json::json;
use std::fmt::Write;

/// A feed's content type and text.
#[must_use]
pub fn feed(format: Format, house: &House, base: &str, stories: &[Story]) -> (&'static str, String) {
    match format {
        Format::Rss2 => ("application/rss+xml; charset=utf-8", rss2(house, base, stories)),
        Format::Rss1 => ("application/rdf+xml; charset=utf-8", rss1(house, base, stories)),
        Format::Atom => ("application/atom+xml; charset=utf-8", atom(house, base, stories)),
        Format::Json => ("application/feed+json; charset=utf-8", json_feed(house, base, stories)),
    }
}

/// A story's page.
#[must_use]
pub fn page(house: &House, story: &Story) -> String {
    let Story { author, section, published, .. } = story;
    let (title, name) = (xml(&story.title), house.name);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} - {name}</title>\
         <meta property=\"article:published_time\" content=\"{published}\"></head>\n<body><header><a href=\"/\">{name}\
         </a></header>\n<article><h1>{title}</h1><p class=\"byline\">{author}, {section}</p>\n{}\n</article></body>\
         </html>\n",
        html(story)
    )
}

/// A publisher's home page.
#[must_use]
pub fn home(house: &House, base: &str, stories: &[Story]) -> String {
    let name = house.name;
    let mut text = format!("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{name}</title>\n");
    for offer in house.offers {
        let kind = feed(offer.format, house, base, &[]).0.split(';').next().unwrap_or_default();
        let _ = writeln!(text, "<link rel=\"alternate\" type=\"{kind}\" href=\"{}\">", offer.path);
    }
    let _ = writeln!(text, "</head><body><h1>{name}</h1><p>Invented news, made by newswire.</p><ul>");
    for story in stories {
        let _ = writeln!(text, "<li><a href=\"{}\">{}</a></li>", link(base, story), xml(&story.title));
    }
    text.push_str("</ul></body></html>\n");
    text
}

fn rss2(house: &House, base: &str, stories: &[Story]) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\
         <channel>\n<title>{}</title><link>{base}/</link><description>Invented news</description>\
         <language>en</language>\n",
        house.name
    );
    for story in stories {
        let date = rfc2822::DateTimePrinter::new().timestamp_to_string(&story.published).unwrap_or_default();
        let _ = writeln!(
            text,
            "<item><title>{}</title><link>{}</link><guid isPermaLink=\"false\">{}</guid><pubDate>{date}</pubDate>\
             <dc:creator>{}</dc:creator><category>{}</category><description>{}</description>\
             <content:encoded><![CDATA[{}]]></content:encoded></item>",
            xml(&story.title),
            link(base, story),
            id(house, story),
            story.author,
            story.section,
            xml(summary(story)),
            html(story)
        );
    }
    text.push_str("</channel></rss>\n");
    text
}

fn rss1(house: &House, base: &str, stories: &[Story]) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rdf:RDF xmlns=\"http://purl.org/rss/1.0/\" \
         xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\">\n<channel rdf:about=\"{base}/\"><title>{}</title>\
         <link>{base}/</link><description>Invented news</description><dc:language>en</dc:language>\n<items><rdf:Seq>",
        house.name
    );
    for story in stories {
        let _ = write!(text, "<rdf:li rdf:resource=\"{}\"/>", link(base, story));
    }
    text.push_str("</rdf:Seq></items></channel>\n");
    for story in stories {
        let link = link(base, story);
        let _ = writeln!(
            text,
            "<item rdf:about=\"{link}\"><title>{}</title><link>{link}</link><dc:date>{}</dc:date>\
             <dc:creator>{}</dc:creator><dc:subject>{}</dc:subject><description>{}</description>\
             <content:encoded><![CDATA[{}]]></content:encoded></item>",
            xml(&story.title),
            story.published,
            story.author,
            story.section,
            xml(summary(story)),
            html(story)
        );
    }
    text.push_str("</rdf:RDF>\n");
    text
}

fn atom(house: &House, base: &str, stories: &[Story]) -> String {
    let updated = stories.iter().map(|story| story.updated).max().unwrap_or_default();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\">\n\
         <title>{}</title><id>tag:{}.invalid,2026:feed</id><updated>{updated}</updated>\
         <link href=\"{base}/\"/><link rel=\"self\" href=\"{base}/atom.xml\"/>\n",
        house.name, house.slug
    );
    for story in stories {
        let _ = writeln!(
            text,
            "<entry><title>{}</title><id>tag:{}.invalid,2026:{}</id><link href=\"{}\"/><published>{}</published>\
             <updated>{}</updated><author><name>{}</name></author><category term=\"{}\"/><summary>{}</summary>\
             <content type=\"html\">{}</content></entry>",
            xml(&story.title),
            house.slug,
            story.number,
            link(base, story),
            story.published,
            story.updated,
            story.author,
            story.section,
            xml(summary(story)),
            xml(&html(story))
        );
    }
    text.push_str("</feed>\n");
    text
}

fn json_feed(house: &House, base: &str, stories: &[Story]) -> String {
    let items: Vec<_> = stories
        .iter()
        .map(|story| {
            json!({
                "id": id(house, story),
                "url": link(base, story),
                "title": story.title,
                "summary": summary(story),
                "content_html": html(story),
                "date_published": story.published.to_string(),
                "date_modified": story.updated.to_string(),
                "authors": [{"name": story.author}],
                "tags": [story.section],
            })
        })
        .collect();
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": house.name,
        "home_page_url": format!("{base}/"),
        "feed_url": format!("{base}/feed.json"),
        "language": "en",
        "items": items,
    });
    feed.to_string()
}

fn id(house: &House, story: &Story) -> String {
    format!("{}-{}", house.slug, story.number)
}

fn link(base: &str, story: &Story) -> String {
    let mut slug = String::new();
    for word in story.title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).take(6) {
        slug.push('-');
        slug.extend(word.chars().filter(char::is_ascii).map(|c| c.to_ascii_lowercase()));
    }
    format!("{base}/story/{}{slug}", story.number)
}

fn summary(story: &Story) -> &str {
    story.paragraphs.first().map_or("", String::as_str)
}

fn html(story: &Story) -> String {
    story.paragraphs.iter().fold(String::new(), |mut text, paragraph| {
        let _ = write!(text, "<p>{}</p>", xml(paragraph));
        text
    })
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::{HOUSES, Newsroom};
    use super::*;

    /// Whoever tests a reader with these feeds must be able to trust them.
    #[test]
    fn every_format_is_read_by_another_parser() {
        let now = "2026-06-01T12:00:00Z".parse().unwrap();
        let newsroom = Newsroom::new(3, 6);
        for (number, house) in HOUSES.iter().enumerate() {
            for offer in house.offers {
                let stories = newsroom.newest(number, offer.section, now);
                let (_, text) = feed(offer.format, house, "http://127.0.0.2:1", &stories);
                let read = feed_rs::parser::parse(text.as_bytes()).unwrap();
                assert_eq!(read.title.unwrap().content, house.name);
                let titles: Vec<String> = read.entries.iter().map(|one| one.title.clone().unwrap().content).collect();
                let wanted: Vec<String> = stories.iter().map(|story| story.title.clone()).collect();
                assert_eq!(titles, wanted, "{}", offer.path);
                for (entry, story) in read.entries.iter().zip(&stories) {
                    assert_eq!(entry.published.unwrap().timestamp(), story.published.as_second());
                    assert_eq!(entry.links[0].href, link("http://127.0.0.2:1", story));
                }
            }
        }
    }
}
