//! Hostile OPML lists, each of about the requested size.

use super::Hostile;

/// All kinds of hostile list.
pub const ALL: &[Hostile] = &[
    ("folders nested without limit", |n| opml(&"<outline text='a'>".repeat(n / 18))),
    ("folders nested to the maximum depth", |n| {
        let folders = |i: usize| format!("{}{}", "<outline text='a'>".repeat(90), feed(i));
        opml(&(0..n / 2_800).map(|i| format!("{}{}", folders(i), "</outline>".repeat(90))).collect::<String>())
    }),
    ("one feed in every folder", |n| {
        opml(&(0..n / 90).map(|i| format!("<outline text='f{i}'>{}</outline>", feed(1))).collect::<String>())
    }),
    ("a feed with very many categories", |n| {
        let categories: String = (0..n / 7).map(|i| format!("{i},")).collect();
        opml(&format!("<outline xmlUrl='https://a.example/' category='{categories}'/>"))
    }),
    ("very many feeds", |n| opml(&(0..n / 60).map(feed).collect::<String>())),
    ("a million attributes", |n| {
        let attributes: String = (0..n / 12).map(|i| format!("a{i}='' ")).collect();
        opml(&format!("<outline {attributes} xmlUrl='https://a.example/'/>"))
    }),
    ("invalid URLs", |n| opml(&"<outline text='t' xmlUrl='x'/>".repeat(n / 30))),
    ("an unclosed quote", |n| opml(&format!("<outline text='{}", "x".repeat(n)))),
    ("unclosed quotes", |n| opml(&"<outline text='>".repeat(n / 16))),
    ("recursive entities", |n| {
        format!(
            "<!DOCTYPE opml [<!ENTITY a '&a;&a;'>]>{}",
            String::from_utf8_lossy(&opml(&"<outline text='&a;'/>".repeat(n / 21)))
        )
        .into()
    }),
    ("end tags without start tags", |n| opml(&"</outline>".repeat(n / 10))),
    ("zero bytes", |n| vec![0; n]),
    ("bytes of every value", |n| (0..n).map(|i| (i * 7 % 256) as u8).collect()),
];

fn opml(inside: &str) -> Vec<u8> {
    format!("<opml version='2.0'><body>{inside}</body></opml>").into()
}

fn feed(number: usize) -> String {
    format!("<outline text='t' xmlUrl='https://a.example/{number}'/>")
}
