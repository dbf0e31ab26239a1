//! Which entries of a feed are one article: the cases of docs/identity.md that one feed decides.
#![expect(clippy::unwrap_used, reason = "clippy exempts test functions, not the functions that they call")]

use jiff::{SignedDuration, Timestamp};
use poller::{
    diff::{self, Diff, Remembered},
    document::{Context, Document},
    identity, parse,
};
use proptest::prelude::*;
use proto::v1::{Feed, Fetch};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

const URL: &str = "https://news.example/feed";

/// One feed and what its state remembers. Each poll is a minute after the one before.
struct Polled {
    feed: Feed,
    remembered: Remembered,
    polls: i64,
}

impl Polled {
    fn new(url: &str) -> Self {
        let feed =
            Feed { feed_id: proto::id::feed_id(url), url: url.into(), backfill: "all".into(), ..Feed::default() };
        Polled { feed, remembered: Remembered::default(), polls: 0 }
    }

    fn now(&self) -> Timestamp {
        let start: Timestamp = "2026-11-28T12:00:00Z".parse().unwrap();
        start.checked_add(SignedDuration::from_mins(self.polls)).unwrap()
    }

    /// The comparison with the state, which is not changed: a transaction that was aborted.
    fn compare(&self, document: &Document) -> Diff {
        let fingerprints = identity::fingerprints(document);
        diff::diff(
            &self.feed,
            &self.remembered,
            document,
            &fingerprints,
            true,
            &Fetch::default(),
            diff::Part::WHOLE,
            self.now(),
        )
    }

    fn poll(&mut self, items: &[Item]) -> Diff {
        self.poll_bytes(rss(items).as_bytes())
    }

    fn poll_bytes(&mut self, bytes: &[u8]) -> Diff {
        let document = parse::read(bytes, &Context::new(&self.feed.url)).unwrap();
        self.polls += 1;
        let diff = self.compare(&document);
        self.remembered.first_polled_at.get_or_insert(self.now());
        self.remembered.entries.clone_from(&diff.entries);
        diff
    }

    /// Reads the entries back from their packed form, as after a restart.
    fn restart(&mut self) {
        self.remembered.entries = identity::unpack(&identity::pack(&self.remembered.entries)).unwrap();
    }
}

#[derive(Clone, Default)]
struct Item {
    guid: String,
    link: String,
    title: String,
    text: String,
    date: String,
}

/// An item with a date of 9:00 and a text of three words.
fn item(guid: &str, link: &str) -> Item {
    Item {
        guid: guid.into(),
        link: link.into(),
        title: format!("About {guid}"),
        text: "A short text.".into(),
        date: "Sat, 28 Nov 2026 09:00:00 GMT".into(),
    }
}

/// Twenty words of text.
const LONG: &str = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen \
    eighteen nineteen twenty";

fn rss(items: &[Item]) -> String {
    let mut out = "<rss version=\"2.0\"><channel><title>N</title><link>https://news.example/</link>".to_owned();
    for Item { guid, link, title, text, date } in items {
        write!(out, "<item><title>{title}</title><link>{link}</link><description><![CDATA[{text}]]></description>")
            .unwrap();
        if !guid.is_empty() {
            write!(out, "<guid isPermaLink=\"false\">{guid}</guid>").unwrap();
        }
        if !date.is_empty() {
            write!(out, "<pubDate>{date}</pubDate>").unwrap();
        }
        out.push_str("</item>");
    }
    out + "</channel></rss>"
}

/// New, changed, unchanged and dropped entries.
fn counts(diff: &Diff) -> (usize, usize, usize, usize) {
    (diff.counts.new, diff.counts.changed, diff.counts.unchanged, diff.counts.dropped())
}

/// Article ids by canonical URL of the published items.
fn published(diff: &Diff) -> BTreeMap<String, String> {
    diff.publish.iter().map(|one| (one.item.canonical_url.clone(), one.item.article_id.clone())).collect()
}

fn of_url(url: &str) -> String {
    proto::id::article_id(url)
}

/// The report of this name; `None` if the corpora are not installed.
fn report(name: &str) -> Option<Vec<u8>> {
    std::fs::read(test_support::corpora::find("reports")?.join(name)).ok()
}

#[test]
fn a_changed_guid_is_the_same_article() {
    let mut feed = Polled::new(URL);
    feed.poll(&[item("1", "https://news.example/a")]);
    let renamed = Item { title: "About 1".into(), ..item("2", "https://news.example/a") };
    assert_eq!(counts(&feed.poll(std::slice::from_ref(&renamed))), (0, 0, 1, 0));
    let changed = feed.poll(&[Item { text: "Another text.".into(), ..renamed }]);
    assert_eq!(published(&changed), [("https://news.example/a".into(), of_url("https://news.example/a"))].into());
    assert!(changed.publish.iter().all(|one| one.item.known));
}

#[test]
fn a_changed_link_alone_publishes_nothing_and_is_remembered() {
    let mut feed = Polled::new(URL);
    let first = feed.poll(&[item("1", "https://news.example/a")]);
    assert!(first.publish.iter().all(|one| !one.item.known));
    let before = feed.remembered.entries[0];
    assert_eq!(counts(&feed.poll(&[item("1", "https://news.example/b")])), (0, 0, 1, 0));
    assert_ne!(before.link, feed.remembered.entries[0].link);
    let edited = feed.poll(&[Item { text: "Edited.".into(), ..item("1", "https://news.example/b") }]);
    assert_eq!(published(&edited), [("https://news.example/b".into(), of_url("https://news.example/a"))].into());
}

#[test]
fn a_token_in_the_address_of_an_image_publishes_nothing() {
    let mut feed = Polled::new(URL);
    let with = |token: &str| Item {
        text: format!("<p>The text.</p><img src=\"https://cdn.example/i.jpg?token={token}\">"),
        ..item("1", "https://news.example/a")
    };
    feed.poll(&[with("a")]);
    for token in ["b", "c"] {
        assert_eq!(counts(&feed.poll(&[with(token)])), (0, 0, 1, 0));
    }
}

#[test]
fn an_entry_without_guid_and_link_keeps_its_id_under_another_markup() {
    let mut feed = Polled::new(URL);
    let with = |token: &str| Item { text: format!("<p>Text</p><img src=\"/i?{token}\">"), ..Item::default() };
    feed.poll(&[with("a")]);
    assert_eq!(counts(&feed.poll(&[with("b")])), (0, 0, 1, 0));
}

#[test]
fn a_reused_guid_is_another_story() {
    let mut feed = Polled::new(URL);
    let later = "Sat, 28 Nov 2026 11:00:00 GMT";
    let story = Item { title: "Another".into(), date: later.into(), ..item("1", "https://news.example/b") };
    for (same, is_another) in [
        (story.clone(), true),
        (Item { link: "https://news.example/a".into(), ..story.clone() }, false),
        (Item { title: "About 1".into(), ..story.clone() }, false),
        (Item { date: item("", "").date, ..story.clone() }, false),
        (Item { date: "28 Nov 2026".into(), ..story.clone() }, false),
        (Item { date: String::new(), ..story.clone() }, false),
    ] {
        feed.remembered = Remembered::default();
        feed.poll(&[item("1", "https://news.example/a")]);
        let second = feed.poll(std::slice::from_ref(&same));
        let id = of_url(if is_another { "https://news.example/b" } else { "https://news.example/a" });
        assert!(published(&second).values().all(|published| *published == id), "{} {}", same.link, same.date);
        assert_eq!(second.counts.new, usize::from(is_another));
        assert!(second.publish.iter().all(|one| one.item.known != is_another));
    }
}

#[test]
fn fragments_of_one_page_are_articles_once_two_guids_have_them() {
    let page = "https://docs.example/notes/";
    let release = |number: usize| Item {
        date: format!("Sat, 28 Nov 2026 0{number}:00:00 GMT"),
        ..item(&format!("agent-{number}"), &format!("{page}#agent-{number}"))
    };
    let mut feed = Polled::new(URL);
    let first = feed.poll(&[release(3), release(2), release(1)]);
    let ids = |numbers: &[usize]| -> BTreeMap<String, String> {
        numbers.iter().map(|n| (format!("{page}#agent-{n}"), of_url(&format!("{page}#agent-{n}")))).collect()
    };
    let mut expected = ids(&[2, 3]);
    expected.insert(page.into(), of_url(page));
    assert_eq!(published(&first), expected, "the oldest owns the page");
    feed.restart();
    let second = feed.poll(&[release(4), release(3), release(2), release(1)]);
    assert_eq!((counts(&second), published(&second)), ((1, 0, 3, 0), ids(&[4])));
    // The others have gone from the document, and are remembered.
    let third = feed.poll(&[release(5)]);
    assert_eq!((counts(&third), published(&third)), ((1, 0, 0, 0), ids(&[5])));
    let edited = |number| Item { text: "Edited.".into(), ..release(number) };
    let fourth = feed.poll(&[edited(5), edited(1)]);
    let mut expected = ids(&[5]);
    expected.insert(page.into(), of_url(page));
    assert_eq!((counts(&fourth), published(&fourth)), ((0, 2, 0, 0), expected));
}

#[test]
fn an_entry_keeps_its_id_when_its_page_turns_out_to_have_several() {
    let page = "https://docs.example/live";
    let post = |name: &str| item(name, &format!("{page}#{name}"));
    let mut feed = Polled::new(URL);
    assert_eq!(published(&feed.poll(&[post("a")])), [(page.into(), of_url(page))].into());
    let second = feed.poll(&[post("b"), post("a")]);
    assert_eq!(published(&second), [(format!("{page}#b"), of_url(&format!("{page}#b")))].into());
    // Without dates the last of the document owns the page, and a link without fragment before any.
    let undated = |name: &str| Item { date: String::new(), ..post(name) };
    let mut feed = Polled::new(URL);
    assert!(published(&feed.poll(&[undated("b"), undated("a")])).contains_key(&format!("{page}#b")));
    let mut feed = Polled::new(URL);
    let bare = item("bare", page);
    let ids = published(&feed.poll(&[post("b"), post("a"), bare]));
    assert_eq!(ids.into_keys().collect::<Vec<_>>(), [page.to_owned(), format!("{page}#a"), format!("{page}#b")]);
}

#[test]
fn a_fragment_that_tracks_or_names_a_place_in_the_page_makes_no_article() {
    let page = "https://news.example/a";
    for (guid, link) in [
        ("1", format!("{page}#xtor=RSS-1")),
        ("1", format!("{page}#comments")),
        ("2", format!("{page}#xtor=RSS-1")),
        ("", format!("{page}#comments")),
    ] {
        let mut feed = Polled::new(URL);
        feed.poll(&[item("1", page)]);
        let second = feed.poll(&[Item { title: "About 1".into(), ..item(guid, &link) }]);
        assert_eq!(counts(&second), (0, 0, 1, 0), "{guid} {link}");
    }
    let mut feed = Polled::new(URL);
    let one = item("https://news.example/?p=1", page);
    feed.poll(std::slice::from_ref(&one));
    let tracked =
        Item { guid: "http://news.example/?p=1#xtor=RSS-1".into(), link: format!("{page}#xtor=RSS-1"), ..one };
    assert_eq!(counts(&feed.poll(&[tracked])), (0, 0, 1, 0));
}

#[test]
fn http_and_https_are_one_article() {
    let mut feed = Polled::new(URL);
    let first =
        feed.poll(&[item("http://news.example/?p=1", "http://news.example/a"), item("", "http://news.example/b")]);
    assert!(published(&first).contains_key("http://news.example/a"), "the scheme is kept as published");
    let second = [item("https://news.example/?p=1", "https://news.example/a"), item("", "https://news.example/b")]
        .map(|new| Item { title: new.title.replace("https", "http"), ..new });
    assert_eq!(counts(&feed.poll(&second)), (0, 0, 2, 0));
}

#[test]
fn only_the_url_joins_two_feeds() {
    let links = [
        "https://news.example/a",
        "https://m.news.example/a",
        "https://news.example/amp/a",
        "https://feeds.example/~r/news/~3/a",
    ];
    let ids: BTreeSet<String> = links
        .iter()
        .enumerate()
        .flat_map(|(at, link)| published(&Polled::new(&format!("https://{at}.example/feed")).poll(&[item("1", link)])))
        .map(|(_, id)| id)
        .collect();
    assert_eq!(ids, links.iter().map(|link| of_url(link)).collect());
    // Within one feed the guid joins them.
    let mut feed = Polled::new(URL);
    feed.poll(&[item("1", links[0])]);
    for link in links {
        assert_eq!(counts(&feed.poll(&[item("1", link)])), (0, 0, 1, 0));
    }
}

#[test]
fn an_entry_that_comes_back_is_not_published_again() {
    let mut feed = Polled::new(URL);
    let (one, other) = (item("1", "https://news.example/a"), item("2", "https://news.example/b"));
    feed.poll(&[one.clone(), other.clone()]);
    assert_eq!(counts(&feed.poll(std::slice::from_ref(&other))), (0, 0, 1, 0));
    feed.poll(&[]);
    assert_eq!(counts(&feed.poll(&[one, other])), (0, 0, 2, 0));
}

fn story(link: &str) -> Item {
    Item { title: "The story".into(), text: LONG.into(), ..item(link, link) }
}

#[test]
fn an_entry_with_corrected_link_and_guid_is_the_same_article() {
    let mut feed = Polled::new(URL);
    feed.poll(&[story("https://news.example/a-b")]);
    feed.restart();
    let corrected = feed.poll(&[story("https://news.example/b")]);
    assert_eq!(counts(&corrected), (0, 0, 1, 0));
    assert_eq!(feed.remembered.entries.len(), 1, "the old entry is replaced");
    let edited = feed.poll(&[Item { title: "The story, edited".into(), ..story("https://news.example/b") }]);
    assert_eq!(published(&edited).into_values().collect::<Vec<_>>(), [of_url("https://news.example/a-b")]);
}

#[test]
fn an_entry_that_only_resembles_one_that_is_gone_is_new() {
    let old = story("https://news.example/old");
    let new = story("https://news.example/new");
    let cases: [(&str, Vec<Item>, Vec<Item>); 7] = [
        ("the old one is still listed", vec![old.clone()], vec![new.clone(), old.clone()]),
        ("another title", vec![old.clone()], vec![Item { title: "Another".into(), ..new.clone() }]),
        ("another date", vec![old.clone()], vec![Item { date: "Sat, 28 Nov 2026 10:00:00 GMT".into(), ..new.clone() }]),
        (
            "a date without time",
            vec![Item { date: "28 Nov 2026".into(), ..old.clone() }],
            vec![Item { date: "28 Nov 2026".into(), ..new.clone() }],
        ),
        (
            "a short text",
            vec![Item { text: "Nineteen words fewer.".into(), ..old.clone() }],
            vec![Item { text: "Nineteen words fewer.".into(), ..new.clone() }],
        ),
        ("two that are gone", vec![old.clone(), story("https://news.example/older")], vec![new.clone()]),
        ("two that are new", vec![old.clone()], vec![new.clone(), story("https://news.example/newer")]),
    ];
    for (name, before, after) in cases {
        let mut feed = Polled::new(URL);
        feed.poll(&before);
        assert!(feed.poll(&after).counts.new > 0, "{name}");
    }
    let mut feed = Polled::new(URL);
    feed.poll(std::slice::from_ref(&old));
    feed.poll(&[item("other", "https://news.example/other")]);
    assert_eq!(feed.poll(&[new]).counts.new, 1, "it was not in the document before");
}

#[test]
fn an_aggregator_with_new_tokens_at_each_poll_gives_one_article_a_story() {
    let mut feed = Polled::new(URL);
    let at = |poll: usize| {
        ["x", "y"].map(|name| Item {
            title: format!("Story {name}"),
            ..story(&format!("https://aggregator.example/{name}?t={poll}"))
        })
    };
    assert_eq!(feed.poll(&at(0)).is_all_new, Some(false), "a first poll");
    for poll in 1..5 {
        let diff = feed.poll(&at(poll));
        assert_eq!((counts(&diff), diff.is_all_new), ((0, 0, 2, 0), Some(true)));
    }
}

#[test]
fn the_reports_give_their_articles() {
    let (Some(notes), Some(before), Some(after)) = (
        report("18-one-page-many-anchors.xml"),
        report("19-slug-corrected.p1.xml"),
        report("19-slug-corrected.p2.xml"),
    ) else {
        return;
    };
    let mut feed = Polled::new(URL);
    assert_eq!(counts(&feed.poll_bytes(&notes)), (5, 0, 0, 0));
    let sixth = "<item><title>Agent 5.3.0</title><link>https://docs.weir.example/release-notes/#agent-5-3-0</link>\
        <guid isPermaLink=\"false\">agent-5.3.0</guid><description>Sixth.</description></item></channel>";
    let notes = String::from_utf8(notes).unwrap().replace("</channel>", sixth);
    assert_eq!(counts(&feed.poll_bytes(notes.as_bytes())), (1, 0, 5, 0));
    let mut feed = Polled::new(URL);
    assert_eq!(counts(&feed.poll_bytes(&before)), (1, 0, 0, 0));
    assert_eq!(counts(&feed.poll_bytes(&after)), (0, 0, 1, 0));
    let (Some(before), Some(after)) = (report("16-http-then-https.p1.xml"), report("16-http-then-https.p2.xml")) else {
        return;
    };
    let mut feed = Polled::new(URL);
    let first = feed.poll_bytes(&before).counts.new;
    let second = feed.poll_bytes(&after);
    assert_eq!((second.counts.new, second.counts.unchanged), (0, first));
}

/// A story as one feed writes it in one poll.
#[derive(Debug, Clone)]
struct Shown {
    story: usize,
    https: bool,
    tracked: usize,
    edit: usize,
}

#[derive(Debug, Clone)]
struct Step {
    feed: usize,
    items: Vec<Shown>,
    aborts: bool,
    restarts: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let shown = (0..6_usize, any::<bool>(), 0..4_usize, 0..3_usize).prop_map(|(story, https, tracked, edit)| Shown {
        story,
        https,
        tracked,
        edit,
    });
    (0..2_usize, prop::collection::vec(shown, 0..6), any::<bool>(), any::<bool>())
        .prop_map(|(feed, items, aborts, restarts)| Step { feed, items, aborts, restarts })
}

proptest! {
    #[test]
    fn a_story_has_one_id_in_two_feeds_under_any_interleaving(steps in prop::collection::vec(step(), 1..12)) {
        let mut feeds = [Polled::new("https://one.example/feed"), Polled::new("https://two.example/feed")];
        let mut ids: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        for step in steps {
            let feed = &mut feeds[step.feed];
            // The first feed has guids of its own, the second has URLs as guids.
            let items: Vec<Item> = step.items.iter().map(|shown| {
                let scheme = if shown.https { "https" } else { "http" };
                let page = format!("{scheme}://site.example/story-{}", shown.story);
                let tracked = ["", "?utm_source=rss", "#xtor=RSS-1", "#:~:text=story"][shown.tracked];
                let guid = if step.feed == 0 { format!("id {}", shown.story) } else { format!("{page}{tracked}") };
                Item {
                    title: format!("Story {}", shown.story),
                    text: format!("{LONG} {}", shown.edit),
                    ..item(&guid, &format!("{page}{tracked}"))
                }
            }).collect();
            if step.restarts {
                feed.restart();
            }
            let document = parse::read(rss(&items).as_bytes(), &Context::new(URL)).unwrap();
            feed.polls += 1;
            let aborted = feed.compare(&document);
            feed.polls -= 1;
            let committed = feed.poll(&items);
            if step.aborts {
                prop_assert_eq!(&aborted, &committed);
            }
            for one in &committed.publish {
                let story = one.item.title.rsplit(' ').next().unwrap_or_default().parse().unwrap();
                ids.entry(story).or_default().insert(one.item.article_id.clone());
            }
        }
        for (story, ids) in ids {
            prop_assert_eq!(ids, BTreeSet::from([of_url(&format!("https://site.example/story-{story}"))]));
        }
    }
}
