//! Articles and feeds for the page's test.

use crate::support::{article, country, entity, evidence};
use proto::{
    Timestamp,
    v1::{Country, EnrichedArticle, Entity, Feed, FeedHealth, Mention, Poll},
    vocab::change,
};

pub fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn story(id: &str, minutes: i64, publisher: &str, title: &str, summary: &str) -> EnrichedArticle {
    let time = now() - minutes * 60;
    EnrichedArticle {
        title: title.into(),
        summary: summary.into(),
        publisher_name: publisher.into(),
        first_seen_at: Some(Timestamp { seconds: time + 20, nanos: 0 }),
        enriched_at: Some(Timestamp { seconds: time + 21, nanos: 0 }),
        countries: vec![],
        entities: vec![],
        ..article(id, time)
    }
}

/// An entity of the title.
fn named(kind: &str, title: &str, name: &str) -> Entity {
    let at = evidence("NAME", "title", title, name);
    let mention = Mention { field: at.field, start: at.start, end: at.end, text: at.text };
    Entity { mentions: vec![mention], in_title: true, ..entity(kind, name) }
}

fn in_title(title: &str, code: &str, alpha3: &str, name: &str, focus: bool) -> Country {
    country(code, alpha3, name, focus, vec![evidence("NAME", "title", title, name)])
}

/// Eight articles, some with hostile content.
pub fn articles() -> Vec<EnrichedArticle> {
    let title = "Ferry link between Kenya and Tanzania reopens after two years";
    let summary = "Passengers 😀 reach Mombasa in four hours again.";
    let mut ferry = story("ferry", 2, "The Coast Courier", title, summary);
    (ferry.publisher_domain, ferry.publisher_country) = ("coastcourier.example".into(), "KE".into());
    ferry.countries = vec![
        country(
            "KE",
            "KEN",
            "Kenya",
            true,
            vec![evidence("NAME", "title", title, "Kenya"), evidence("CITY", "summary", summary, "Mombasa")],
        ),
        in_title(title, "TZ", "TZA", "Tanzania", true),
    ];
    ferry.entities = vec![entity("PERSON", "Amina Odhiambo"), entity("ORG", "Coastal Shipping Authority")];

    let title = r#"<img src=x onerror="window.hit=1"><script>window.hit=1</script> & more"#;
    let mut hostile = story("hostile", 4, "<b>Bold</b> Gazette", title, "</p><svg onload=window.hit=1>");
    hostile.entities = vec![entity("PERSON", "\"><img src=x onerror=window.hit=1>")];
    let mut script =
        story("script", 9, "Harbour Daily", "An unsafe link", "Its URL would run as a script in this page.");
    script.url = "javascript:window.hit=1".into();
    script.canonical_url = "javascript:window.hit=1".into();
    script.countries = vec![country("FR", "FRA", "France", false, vec![])];

    let mut french = story(
        "port",
        14,
        "Le Quotidien du Port",
        "Le port de Marseille double sa capacité d’ici deux ans",
        "Les travaux commencent en mars, selon la ministre des Transports.",
    );
    (french.language, french.publisher_country) = ("fr".into(), "FR".into());
    french.countries = vec![country("FR", "FRA", "France", true, vec![])];
    french.entities = vec![entity("PERSON", "Claire Vasseur"), entity("ORG", "Grand Port maritime")];
    let mut arabic = story("ar", 21, "صحيفة الميناء", "افتتاح خط جديد للقطارات بين المغرب وإسبانيا", "");
    (arabic.language, arabic.publisher_country) = ("ar".into(), "EG".into());
    arabic.countries = vec![
        country("MA", "MAR", "Morocco", true, vec![evidence("NAME", "title", &arabic.title, "المغرب")]),
        country("ES", "ESP", "Spain", true, vec![]),
    ];
    let mut rain = story(
        "rain",
        47,
        "Highland Observer",
        "Early rains raise hopes for the harvest in Ethiopia’s north",
        "Farmers in three districts sow a month sooner than in the past five years, the ministry of agriculture says.",
    );
    rain.countries =
        vec![country("ET", "ETH", "Ethiopia", true, vec![]), country("ER", "ERI", "Eritrea", false, vec![])];
    rain.entities = vec![entity("ORG", "Ministry of Agriculture"), entity("PERSON", "Dawit Haile")];
    let mut chess = story(
        "chess",
        130,
        "Board & Clock",
        "Sixteen-year-old wins the open chess title in Reykjavík",
        "Ingrid Solberg of Norway beats three grandmasters on the way to her first title.",
    );
    chess.countries =
        vec![country("NO", "NOR", "Norway", true, vec![]), country("IS", "ISL", "Iceland", false, vec![])];
    chess.entities = vec![entity("PERSON", "Ingrid Solberg")];
    let plain = story("plain", 300, "Village Post", "Library extends its opening hours", "");
    vec![ferry, hostile, script, french, arabic, rain, chess, plain]
}

pub fn updated() -> EnrichedArticle {
    let mut chess = articles().remove(6);
    chess.title = format!("Updated: {}", chess.title);
    (chess.revision, chess.change) = (2, change::UPDATED.into());
    chess
}

pub fn withdrawn() -> EnrichedArticle {
    let mut plain = articles().remove(7);
    (plain.revision, plain.change) = (2, change::WITHDRAWN.into());
    plain
}

const SEATS: [(&str, &str, &str); 6] = [
    ("The Coast Courier", "coastcourier.example", "KE"),
    ("Harbour Daily", "harbour.example", "GB"),
    ("Bay of Bengal Times", "bengal.example", "IN"),
    ("Southern Cross Gazette", "southerncross.example", "AU"),
    ("Lagos Evening Wire", "lagoswire.example", "NG"),
    ("Prairie Post", "prairie.example", "US"),
];
const PLACES: [(&str, &str, &str); 16] = [
    ("KE", "KEN", "Kenya"),
    ("TZ", "TZA", "Tanzania"),
    ("FR", "FRA", "France"),
    ("IN", "IND", "India"),
    ("BR", "BRA", "Brazil"),
    ("NG", "NGA", "Nigeria"),
    ("AU", "AUS", "Australia"),
    ("US", "USA", "United States"),
    ("GB", "GBR", "United Kingdom"),
    ("JP", "JPN", "Japan"),
    ("MT", "MLT", "Malta"),
    ("IS", "ISL", "Iceland"),
    ("CA", "CAN", "Canada"),
    ("ZA", "ZAF", "South Africa"),
    ("TV", "TUV", "Tuvalu"),
    ("ET", "ETH", "Ethiopia"),
];
const PEOPLE: [&str; 6] =
    ["Amina Odhiambo", "Claire Vasseur", "Dawit Haile", "Ingrid Solberg", "Rafael Quintana", "Meera Raghunathan"];

/// Articles of the last twenty hours about sixteen countries: what map, matrix, trends and coverage are made of.
pub fn day() -> Vec<EnrichedArticle> {
    (0_usize..240)
        .map(|n| {
            let (publisher, domain, seat) = SEATS[n % 6];
            // A country of low number has more articles.
            let (a, b) = (PLACES[(n * n) % 16 % (1 + n % 16)], PLACES[(n * 7 + 3) % 16]);
            let person = PEOPLE[(n * 5) % 6 % (1 + n % 6)];
            let title = format!("{person} to lead talks on water between {} and {} (part {n})", a.2, b.2);
            let minutes = i64::try_from(n).unwrap() * 5 + 60;
            let mut one = story(&format!("day{n}"), minutes, publisher, &title, "The talks begin on Monday.");
            (one.publisher_domain, one.publisher_country) = (domain.into(), seat.into());
            one.countries = vec![in_title(&title, a.0, a.1, a.2, true)];
            if a.0 != b.0 {
                one.countries.push(in_title(&title, b.0, b.1, b.2, false));
            }
            one.entities = vec![named("PERSON", &title, person), entity("ORG", "Meteorological Union")];
            one
        })
        .collect()
}

/// The feeds of `healths` as their operator defines them.
pub fn feeds() -> Vec<Feed> {
    let feed = |health: FeedHealth, country: &str| Feed {
        feed_id: health.feed_id,
        url: health.url,
        title: health.title,
        publisher_country: country.into(),
        ..Feed::default()
    };
    healths().into_iter().zip(["KE", "GB", "DE"]).map(|(health, country)| feed(health, country)).collect()
}

/// One feed that is well, one that fails, one that is silent.
pub fn healths() -> Vec<FeedHealth> {
    let at = |hours: i64| Some(Timestamp { seconds: now() - hours * 3600, nanos: 0 });
    let feed = |n: u8, title: &str, status: &str| FeedHealth {
        feed_id: format!("{n:032x}"),
        url: format!("https://feeds.example/{n}.xml"),
        title: title.into(),
        status: status.into(),
        last_success_at: at(1),
        next_poll_at: at(-1),
        last_entry_at: at(2),
        silent_from: at(-40),
        expected_a_week: 40.0,
        last_week: 38,
        ..FeedHealth::default()
    };
    let poll = |outcome: &str, error: &str| Poll {
        at: at(1),
        outcome: outcome.into(),
        duration_ms: 120,
        error: error.into(),
        ..Poll::default()
    };
    vec![
        FeedHealth { polls: vec![poll("NEW_ENTRIES", "")], ..feed(1, "The Coast Courier", "OK") },
        FeedHealth {
            failures: 7,
            polls: vec![poll("HTTP_ERROR", "the server answered 503 <b>Service Unavailable</b>")],
            ..feed(2, "Harbour Daily", "FAILING")
        },
        FeedHealth { last_entry_at: at(90), silent_from: at(12), last_week: 2, ..feed(3, "Hafenbote", "SILENT") },
    ]
}
