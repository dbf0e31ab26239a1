//! The table of cases in docs/identity.md. Each row is a test on both logs.

use crate::rows::{Change, Feed, On, Row, check};
use jiff::{SignedDuration, Timestamp};
use std::sync::LazyLock;
use test_support::publisher::Item;

/// Declares the rows, and two tests of each: on the embedded log, and on Kafka if there is a broker.
macro_rules! rows {
    ($($row:ident)*) => {
        const ROWS: &[fn() -> Row] = &[$($row),*];
        #[derive(Clone, Copy)]
        #[expect(non_camel_case_types, reason = "the names of the rows")]
        enum Number { $($row),* }
        mod on_embedded {
            $(#[test] fn $row() { super::check(super::On::Embedded, super::ROWS, super::Number::$row as usize); })*
        }
        mod on_kafka {
            $(#[test] fn $row() { super::check(super::On::Kafka, super::ROWS, super::Number::$row as usize); })*
        }
    };
}

rows! {
    the_guid_changes
    the_link_changes
    guid_and_link_change_and_the_text_stays
    guid_and_link_change_and_the_text_is_short
    two_feeds_of_a_publisher
    two_pollers_with_feeds_of_one_story
    a_guid_is_used_again
    direct_link_feedburner_mobile_and_amp_in_feeds_of_their_own
    direct_link_feedburner_mobile_and_amp_in_one_feed
    http_then_https
    http_and_https_in_two_feeds
    several_articles_on_one_page
    a_second_article_appears_on_its_page
    a_fragment_that_tracks
    an_aggregator_with_new_tokens_at_each_poll
    a_token_in_the_address_of_an_image
    a_strangers_copy_first
    a_strangers_copy_later
    a_strangers_copy_after_the_publishers_entry_has_gone
    a_feed_that_redirects_to_another_host
    a_feed_whose_url_the_operator_replaces
    items_that_come_and_go
    neither_guid_nor_link
}

/// Twenty words.
const LONG: &str = "Paper and a pencil are all that it takes to draw a table of the tides for a small harbour town.";

static START: LazyLock<Timestamp> = LazyLock::new(|| {
    let now = Timestamp::now() - SignedDuration::from_hours(12);
    Timestamp::from_second(now.as_second()).unwrap()
});

/// An item that was published twelve hours before the test.
fn item(guid: &str, link: &str, body: &str) -> Item {
    let text = |text: &str| text.to_owned();
    Item { guid: text(guid), link: text(link), title: text("Report"), body: text(body), published: *START }
}

fn later(hours: i64, item: Item) -> Item {
    Item { published: item.published + SignedDuration::from_hours(hours), ..item }
}

fn show<const N: usize>(items: [Item; N]) -> Option<Change> {
    Some(Change::Show(items.to_vec()))
}

/// A feed of the publisher of `site`.
fn own<const N: usize>(site: &str, steps: [Option<Change>; N]) -> Feed {
    Feed { site_url: format!("https://{site}/"), steps: steps.to_vec() }
}

/// A feed that is not of the publisher of its links.
fn stranger<const N: usize>(steps: [Option<Change>; N]) -> Feed {
    Feed { site_url: String::new(), steps: steps.to_vec() }
}

fn row(feeds: Vec<Feed>, articles: &[&[&str]], raw: usize) -> Row {
    let articles = articles.iter().map(|records| records.iter().map(|one| (*one).to_owned()).collect()).collect();
    Row { feeds, articles, raw }
}

fn the_guid_changes() -> Row {
    let link = "https://guid.example/a";
    let steps = [("1", "One."), ("2", "One."), ("3", "Two.")].map(|(guid, body)| show([item(guid, link, body)]));
    let records = ["NEW 1 https://guid.example/a One.", "UPDATED 2 https://guid.example/a Two."];
    row(vec![own("guid.example", steps)], &[&records], 2)
}

fn the_link_changes() -> Row {
    let links = [("a", "One."), ("b", "One."), ("c", "Two.")];
    let steps = links.map(|(link, body)| show([item("1", &format!("https://link.example/{link}"), body)]));
    let records = ["NEW 1 https://link.example/a One.", "UPDATED 2 https://link.example/c Two."];
    row(vec![own("link.example", steps)], &[&records], 2)
}

fn guid_and_link_change_and_the_text_stays() -> Row {
    let at = |slug: &str, body: &str| {
        let url = format!("https://both.example/{slug}");
        show([item(&url, &url, body)])
    };
    let edited = format!("{LONG} Edited.");
    let steps = [at("a-tabel", LONG), at("a-table", LONG), None, at("a-table", &edited)];
    let records = [
        format!("NEW 1 https://both.example/a-tabel {LONG}"),
        format!("UPDATED 2 https://both.example/a-table {edited}"),
    ];
    row(vec![own("both.example", steps)], &[&[&records[0], &records[1]]], 2)
}

fn guid_and_link_change_and_the_text_is_short() -> Row {
    let at = |slug: &str| show([item(slug, &format!("https://short.example/{slug}"), "Too short to be certain.")]);
    let new = |slug: &str| format!("NEW 1 https://short.example/{slug} Too short to be certain.");
    row(vec![own("short.example", [at("a"), at("b")])], &[&[&new("a")], &[&new("b")]], 2)
}

fn two_feeds_of_a_publisher() -> Row {
    let link = "https://two.example/a";
    let edited = later(1, item("1", link, "Two."));
    let one = own("two.example", [show([item("1", link, "One.")]), None, show([edited])]);
    // The second feed is an hour behind.
    let other = own("two.example", [show([item("x", &format!("{link}?utm_source=rss"), "One.")]), None, None]);
    let records = ["NEW 1 https://two.example/a One.", "UPDATED 2 https://two.example/a Two."];
    row(vec![one, other], &[&records], 3)
}

fn two_pollers_with_feeds_of_one_story() -> Row {
    // Each on a host of its own: on Kafka the pollers share them.
    let feed = |number: usize| {
        let link = format!("https://pollers.example/a?utm_source=feed{number}");
        own("pollers.example", [show([item(&format!("guid {number}"), &link, "One.")]), None, None])
    };
    row((0..6).map(feed).collect(), &[&["NEW 1 https://pollers.example/a One."]], 6)
}

fn a_guid_is_used_again() -> Row {
    let first = item("daily", "https://reused.example/monday", "On Monday.");
    let second = later(1, item("daily", "https://reused.example/tuesday", "On Tuesday."));
    let edited = later(1, item("daily", "https://reused.example/tuesday", "On Tuesday, edited."));
    let tuesday = [
        "NEW 1 https://reused.example/tuesday On Tuesday.",
        "UPDATED 2 https://reused.example/tuesday On Tuesday, edited.",
    ];
    row(
        vec![own("reused.example", [show([first]), show([second]), show([edited])])],
        &[&["NEW 1 https://reused.example/monday On Monday."], &tuesday],
        3,
    )
}

const FORMS: [&str; 4] = [
    "https://forms.example/a",
    "https://m.forms.example/a",
    "https://forms.example/amp/a",
    "https://feeds.carrier.example/~r/forms/~3/a",
];

fn direct_link_feedburner_mobile_and_amp_in_feeds_of_their_own() -> Row {
    let feeds = FORMS.map(|link| own("forms.example", [show([item(link, link, "One.")])]));
    let records = FORMS.map(|link| vec![format!("NEW 1 {link} One.")]);
    Row { articles: records.to_vec(), ..row(feeds.into(), &[], 4) }
}

fn direct_link_feedburner_mobile_and_amp_in_one_feed() -> Row {
    let steps = FORMS.map(|link| show([item("1", &link.replace("forms", "joined"), "One.")]));
    row(vec![own("joined.example", steps)], &[&["NEW 1 https://joined.example/a One."]], 1)
}

fn http_then_https() -> Row {
    let at = |scheme: &str, body: &str| {
        let url = format!("{scheme}://scheme.example/?p=1");
        show([item(&url, &url, body)])
    };
    let records = ["NEW 1 http://scheme.example/?p=1 One.", "UPDATED 2 https://scheme.example/?p=1 Two."];
    row(vec![own("scheme.example", [at("http", "One."), at("https", "One."), at("https", "Two.")])], &[&records], 2)
}

fn http_and_https_in_two_feeds() -> Row {
    let feed = |scheme: &str, is_first: bool| {
        let shown = show([item(scheme, &format!("{scheme}://schemes.example/a"), "One.")]);
        own("schemes.example", if is_first { [shown, None] } else { [None, shown] })
    };
    row(vec![feed("http", true), feed("https", false)], &[&["NEW 1 http://schemes.example/a One."]], 2)
}

fn post(site: &str, number: i64) -> Item {
    let link = format!("https://{site}.example/live#post-{number}");
    later(number, item(&format!("post {number}"), &link, &format!("Post {number}.")))
}

fn several_articles_on_one_page() -> Row {
    let steps =
        [show([post("page", 2), post("page", 1)]), None, show([post("page", 3), post("page", 2), post("page", 1)])];
    row(
        vec![own("page.example", steps)],
        &[
            &["NEW 1 https://page.example/live Post 1."],
            &["NEW 1 https://page.example/live#post-2 Post 2."],
            &["NEW 1 https://page.example/live#post-3 Post 3."],
        ],
        3,
    )
}

fn a_second_article_appears_on_its_page() -> Row {
    // The first has gone from the document when the second comes.
    let edited = Item { body: "Post 1, edited.".into(), ..post("grows", 1) };
    let steps = [show([post("grows", 1)]), show([]), show([post("grows", 2)]), show([edited, post("grows", 2)])];
    row(
        vec![own("grows.example", steps)],
        &[
            &["NEW 1 https://grows.example/live Post 1.", "UPDATED 2 https://grows.example/live Post 1, edited."],
            &["NEW 1 https://grows.example/live#post-2 Post 2."],
        ],
        3,
    )
}

fn a_fragment_that_tracks() -> Row {
    let with = |guid: &str, fragment: &str| item(guid, &format!("https://tracks.example/a{fragment}"), "One.");
    let steps = [
        show([with("1", "")]),
        show([with("1", "#xtor=RSS-1")]),
        show([with("2", "#xtor=RSS-2-[title]")]),
        show([with("2", "#utm_source=rss&utm_medium=feed")]),
    ];
    let other = own("tracks.example", [None, show([with("x", "#xtor=EPR-1")])]);
    row(vec![own("tracks.example", steps), other], &[&["NEW 1 https://tracks.example/a One."]], 2)
}

fn an_aggregator_with_new_tokens_at_each_poll() -> Row {
    let stories = |token: &str| {
        show(["x", "y"].map(|story| {
            let link = format!("https://aggregator.example/{story}?t={token}");
            item(&format!("{story}-{token}"), &link, &format!("Story {story}. {LONG}"))
        }))
    };
    let new = |story: &str| format!("NEW 1 https://aggregator.example/{story}?t=a Story {story}. {LONG}");
    row(vec![stranger(["a", "b", "c", "d"].map(stories))], &[&[&new("x")], &[&new("y")]], 2)
}

fn a_token_in_the_address_of_an_image() -> Row {
    let with = |token: &str| {
        let image = format!("<img src=\"https://cdn.example/i.jpg?token={token}\" srcset=\"/i.jpg?token={token} 2x\">");
        show([item("1", "https://image.example/a", &format!("{image}<p>One.</p>"))])
    };
    row(vec![own("image.example", ["a", "b", "c"].map(with))], &[&["NEW 1 https://image.example/a One."]], 1)
}

fn a_strangers_copy_first() -> Row {
    let link = "https://first.example/a";
    let fake = later(6, item("x", link, "Not true."));
    let publisher = own("first.example", [None, show([item("1", link, "True.")]), None]);
    let records = ["NEW 1 https://first.example/a Not true.", "UPDATED 2 https://first.example/a True."];
    row(vec![stranger([show([fake]), None, None]), publisher], &[&records], 2)
}

fn a_strangers_copy_later() -> Row {
    let link = "https://later.example/a";
    let fake = later(6, item("x", link, "Not true."));
    let publisher = own("later.example", [show([item("1", link, "True.")]), None, None]);
    row(vec![stranger([None, show([fake]), None]), publisher], &[&["NEW 1 https://later.example/a True."]], 2)
}

fn a_strangers_copy_after_the_publishers_entry_has_gone() -> Row {
    let link = "https://after.example/a";
    let fake = |body: &str| show([later(6, item("x", link, body))]);
    let publisher = own("after.example", [show([item("1", link, "True.")]), show([]), None, None]);
    row(
        vec![stranger([None, None, fake("Not true."), fake("Not true either.")]), publisher],
        &[&["NEW 1 https://after.example/a True."]],
        3,
    )
}

fn a_feed_that_redirects_to_another_host() -> Row {
    let bare = |body: &str| item("", "https://moves.example/b", body);
    let before = [item("1", "https://moves.example/a", "One."), bare("B.")];
    let after = [item("2", "https://moves.example/c", "New."), before[0].clone(), bare("B, edited.")];
    let steps = [show(before), Some(Change::Move), None, show(after)];
    row(
        vec![own("moves.example", steps)],
        &[
            &["NEW 1 https://moves.example/a One."],
            &["NEW 1 https://moves.example/b B.", "UPDATED 2 https://moves.example/b B, edited."],
            &["NEW 1 https://moves.example/c New."],
        ],
        4,
    )
}

fn a_feed_whose_url_the_operator_replaces() -> Row {
    let before = [item("1", "https://replaced.example/a", "One."), item("", "https://replaced.example/b", "B.")];
    let after = [item("2", "https://replaced.example/c", "New."), before[0].clone(), before[1].clone()];
    let steps = [show(before), Some(Change::Replace), None, show(after)];
    row(
        vec![own("replaced.example", steps)],
        &[
            &["NEW 1 https://replaced.example/a One."],
            &["NEW 1 https://replaced.example/b B."],
            &["NEW 1 https://replaced.example/c New."],
        ],
        5,
    )
}

fn items_that_come_and_go() -> Row {
    let [a, b] = ["a", "b"].map(|name| item(name, &format!("https://go.example/{name}"), name));
    let edited = Item { body: "a, edited".into(), ..a.clone() };
    let steps = [show([a.clone(), b.clone()]), show([b.clone()]), show([a, b.clone()]), show([b]), show([edited])];
    row(
        vec![own("go.example", steps)],
        &[
            &["NEW 1 https://go.example/a a", "UPDATED 2 https://go.example/a a, edited"],
            &["NEW 1 https://go.example/b b"],
        ],
        3,
    )
}

fn neither_guid_nor_link() -> Row {
    let with = |markup: &str| show([item("", "", &format!("<p {markup}>A text of the bulletin.</p>"))]);
    let feed = stranger([with("class='a'"), with("class='b'"), None]);
    row(vec![feed], &[&["NEW 1 urn:newswire:text A text of the bulletin."]], 1)
}
