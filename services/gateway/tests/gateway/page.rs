use crate::support::{Gateway, article, country, entity, evidence};
use gateway::Config;
use proto::{v1::EnrichedArticle, vocab::change};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::Command,
};

/// Makes a missing browser a failure.
const REQUIRED: &str = "NEWSWIRE_REQUIRE_BROWSER";
/// Folder for screenshots; by default in the folder for temporary files.
const SHOTS: &str = "NEWSWIRE_PAGE_SHOTS";

/// `page-test/page.mjs` tests the page; this test publishes the articles that it requests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn articles_arrive_live_on_the_page() {
    let tools = match tools().await {
        Ok(tools) => tools,
        Err(missing) => {
            assert!(std::env::var_os(REQUIRED).is_none(), "{missing}, and {REQUIRED} is set");
            println!("skipped: the page in a browser ({missing})");
            return;
        }
    };
    let gateway = Gateway::start(Config::default()).await;
    let shots = std::env::var_os(SHOTS).map_or_else(|| std::env::temp_dir().join("newswire-page"), PathBuf::from);
    std::fs::create_dir_all(&shots).unwrap();
    let mut script = Command::new("node")
        .arg("page.mjs")
        .arg(format!("http://{}/", gateway.address))
        .arg(&tools.browser)
        .arg(&shots)
        .current_dir(&tools.folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut answer = script.stdin.take().unwrap();
    let mut lines = BufReader::new(script.stdout.take().unwrap()).lines();
    let (mut ok, mut gateway) = (false, Some(gateway));
    while let Some(line) = lines.next_line().await.unwrap() {
        let running = gateway.as_ref();
        match line.as_str() {
            "do publish" => running.unwrap().append(articles()).await,
            "do update" => running.unwrap().append([updated(), withdrawn()]).await,
            "do more" => running.unwrap().append([article("late", now() + 1)]).await,
            "do stop" => gateway.take().unwrap().stop().await,
            "ok" => ok = true,
            other => println!("{other}"),
        }
        // Fails if the script has exited; its status is checked below.
        let _ = answer.write_all(b"done\n").await;
    }
    let status = script.wait().await.unwrap();
    assert!(ok && status.success(), "the page's test failed: {status}; see {}", shots.display());
}

struct Tools {
    browser: PathBuf,
    folder: PathBuf,
}

/// The programs that the test needs besides cargo, or the one that is missing.
async fn tools() -> Result<Tools, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("page-test");
    let version = Command::new("node").arg("--version").stdout(Stdio::null()).status().await;
    if !version.is_ok_and(|status| status.success()) {
        return Err("no node".to_owned());
    }
    let named = std::env::var_os("NEWSWIRE_CHROMIUM").map(PathBuf::from);
    let usual = ["chromium", "chromium-browser", "google-chrome"].map(|name| Path::new("/usr/bin").join(name));
    let browser = named.into_iter().chain(usual).find(|path| path.exists()).ok_or("no chromium")?;
    if !folder.join("node_modules/axe-core").exists() {
        let installed = Command::new("npm").arg("ci").current_dir(&folder).output().await;
        let installed = installed.map_err(|error| format!("no npm: {error}"))?;
        if !installed.status.success() {
            return Err(format!("npm ci failed: {}", String::from_utf8_lossy(&installed.stderr).trim()));
        }
    }
    Ok(Tools { browser, folder })
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Eight articles, some with hostile content.
fn articles() -> Vec<EnrichedArticle> {
    let story = |id: &str, minutes: i64, publisher: &str, title: &str, summary: &str| EnrichedArticle {
        title: title.into(),
        summary: summary.into(),
        publisher_name: publisher.into(),
        countries: vec![],
        entities: vec![],
        ..article(id, now() - minutes * 60)
    };
    let title = "Ferry link between Kenya and Tanzania reopens after two years";
    let body = "Passengers 😀 reach Mombasa in four hours again.";
    let mut ferry =
        story("ferry", 2, "The Coast Courier", title, "Passenger ships sail between Mombasa and Tanga again.");
    ferry.body = body.into();
    ferry.countries = vec![
        country(
            "KE",
            "KEN",
            "Kenya",
            true,
            vec![evidence("NAME", "title", title, "Kenya"), evidence("CITY", "body", body, "Mombasa")],
        ),
        country("TZ", "TZA", "Tanzania", true, vec![evidence("NAME", "title", title, "Tanzania")]),
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
    french.language = "fr".into();
    french.countries = vec![country("FR", "FRA", "France", true, vec![])];
    french.entities = vec![entity("PERSON", "Claire Vasseur"), entity("ORG", "Grand Port maritime")];
    let mut arabic = story("ar", 21, "صحيفة الميناء", "افتتاح خط جديد للقطارات بين المغرب وإسبانيا", "");
    arabic.language = "ar".into();
    arabic.countries = vec![country("MA", "MAR", "Morocco", true, vec![]), country("ES", "ESP", "Spain", true, vec![])];
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
    let plain = story("plain", 3_000, "Village Post", "Library extends its opening hours", "");
    vec![ferry, hostile, script, french, arabic, rain, chess, plain]
}

fn updated() -> EnrichedArticle {
    let mut chess = articles().remove(6);
    chess.title = format!("Updated: {}", chess.title);
    (chess.revision, chess.change) = (2, change::UPDATED.into());
    chess
}

fn withdrawn() -> EnrichedArticle {
    let mut plain = articles().remove(7);
    (plain.revision, plain.change) = (2, change::WITHDRAWN.into());
    plain
}
