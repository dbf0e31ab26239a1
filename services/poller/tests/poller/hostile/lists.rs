//! Lists of feeds built to hurt: each of about the size that is asked for.

use super::documents::Hostile;

/// Every kind that one could think of.
pub const ALL: &[Hostile] = &[
    ("folders nested without end", |n| opml(&"<outline text='a'>".repeat(n / 18))),
    ("folders nested as deep as is taken", |n| {
        let folders = |i: usize| format!("{}{}", "<outline text='a'>".repeat(90), feed(i));
        opml(&(0..n / 2_800).map(|i| format!("{}{}", folders(i), "</outline>".repeat(90))).collect::<String>())
    }),
    ("one feed in every folder", |n| {
        opml(&(0..n / 90).map(|i| format!("<outline text='f{i}'>{}</outline>", feed(1))).collect::<String>())
    }),
    ("a feed of categories without end", |n| {
        let all: String = (0..n / 7).map(|i| format!("{i},")).collect();
        opml(&format!("<outline xmlUrl='https://a.example/' category='{all}'/>"))
    }),
    ("feeds without end", |n| opml(&(0..n / 60).map(feed).collect::<String>())),
    ("a million attributes", |n| {
        let all: String = (0..n / 12).map(|i| format!("a{i}='' ")).collect();
        opml(&format!("<outline {all} xmlUrl='https://a.example/'/>"))
    }),
    ("addresses that are none", |n| opml(&"<outline text='t' xmlUrl='x'/>".repeat(n / 30))),
    ("a quote that is never closed", |n| opml(&format!("<outline text='{}", "x".repeat(n)))),
    ("quotes that are never closed", |n| opml(&"<outline text='>".repeat(n / 16))),
    ("entities that name themselves", |n| {
        format!(
            "<!DOCTYPE opml [<!ENTITY a '&a;&a;'>]>{}",
            String::from_utf8_lossy(&opml(&"<outline text='&a;'/>".repeat(n / 21)))
        )
        .into()
    }),
    ("ends of folders that nothing began", |n| opml(&"</outline>".repeat(n / 10))),
    ("zero bytes", |n| vec![0; n]),
    ("bytes of every value", |n| (0..n).map(|i| (i * 7 % 256) as u8).collect()),
];

fn opml(inside: &str) -> Vec<u8> {
    format!("<opml version='2.0'><body>{inside}</body></opml>").into()
}

fn feed(number: usize) -> String {
    format!("<outline text='t' xmlUrl='https://a.example/{number}'/>")
}
