use crate::support::{Gateway, article};
use gateway::Config;
use proto::{topic::Topic, wire};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
};
use stream::Outgoing;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
};

mod stories;

/// Makes a missing browser a failure.
const REQUIRED: &str = "NEWSWIRE_REQUIRE_BROWSER";
/// Folder for screenshots; by default in the folder for temporary files.
const SHOTS: &str = "NEWSWIRE_PAGE_SHOTS";

/// `page-test/page.mjs` tests the page on this gateway; this test publishes what it requests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn articles_arrive_live_on_the_page() {
    let Some(tools) = tools().await else { return };
    let gateway = Gateway::start(Config::default()).await;
    let mut script = tools.run("page.mjs", Some(&format!("http://{}/", gateway.address)));
    let mut answer = script.stdin.take().unwrap();
    let mut lines = BufReader::new(script.stdout.take().unwrap()).lines();
    let (mut ok, mut gateway) = (false, Some(gateway));
    while let Some(line) = lines.next_line().await.unwrap() {
        let running = gateway.as_ref();
        match line.as_str() {
            "do publish" => running.unwrap().append(stories::articles()).await,
            "do update" => running.unwrap().append([stories::updated()]).await,
            "do withdraw" => running.unwrap().append([stories::withdrawn()]).await,
            "do more" => running.unwrap().append([article("late", stories::now() + 1)]).await,
            "do prompt" => running.unwrap().append([article("prompt", stories::now() + 2)]).await,
            "do day" => {
                running.unwrap().append(stories::day()).await;
                append_feeds(running.unwrap()).await;
            }
            "do stop" => gateway.take().unwrap().stop().await,
            "ok" => ok = true,
            other => println!("{other}"),
        }
        // Fails if the script has exited; its status is checked below.
        let _ = answer.write_all(b"done\n").await;
    }
    let status = script.wait().await.unwrap();
    assert!(ok && status.success(), "the page's test failed: {status}; see {}", tools.shots.display());
}

/// `page-test/states.mjs` shows the page what a gateway shows seldom: it brings its own.
#[tokio::test]
async fn the_page_shows_token_outage_lag_and_changes() {
    let Some(tools) = tools().await else { return };
    let mut script = tools.run("states.mjs", None);
    let mut lines = BufReader::new(script.stdout.take().unwrap()).lines();
    let mut ok = false;
    while let Some(line) = lines.next_line().await.unwrap() {
        ok |= line == "ok";
    }
    let status = script.wait().await.unwrap();
    assert!(ok && status.success(), "the page's test failed: {status}; see {}", tools.shots.display());
}

/// Every file of the page is served: one that is missing in the list breaks the page.
#[tokio::test]
async fn every_file_of_the_page_is_served() {
    let gateway = Gateway::start(Config::default()).await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
    for file in walkdir(&folder) {
        let name = file.strip_prefix(&folder).unwrap().to_str().unwrap();
        let path = match name {
            "index.html" => "/".to_owned(),
            "favicon.svg" => "/favicon.svg".to_owned(),
            name if name.ends_with(".d.ts") || name.ends_with(".md") => continue,
            name => format!("/page/{name}"),
        };
        let answer = gateway.get(&path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.body, std::fs::read_to_string(&file).unwrap(), "{path}");
    }
    gateway.stop().await;
}

fn walkdir(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walkdir(&path) } else { vec![path] }).collect()
}

async fn append_feeds(gateway: &Gateway) {
    let record = |topic: Topic, key: &str, value: Vec<u8>| {
        let topic = gateway.runtime.names.of(topic);
        Outgoing { topic, ..gateway.outgoing(key, "application/json", value) }
    };
    let json = wire::Encoding::Json;
    let feeds = stories::feeds().into_iter();
    let feeds = feeds.map(|feed| record(Topic::Feeds, &feed.feed_id, json.encode(&feed).unwrap()));
    let healths = stories::healths().into_iter();
    let healths = healths.map(|health| record(Topic::FeedHealth, &health.feed_id, json.encode(&health).unwrap()));
    gateway.append_raw(feeds.chain(healths).collect()).await;
}

struct Tools {
    browser: PathBuf,
    folder: PathBuf,
    shots: PathBuf,
}

impl Tools {
    /// Starts a script of `page-test` with the address, if any, the browser and the folder for screenshots.
    fn run(&self, script: &str, address: Option<&str>) -> Child {
        Command::new("node")
            .arg(script)
            .args(address)
            .arg(&self.browser)
            .arg(&self.shots)
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }
}

/// The programs that the tests need besides cargo; says what is missing.
#[expect(clippy::print_stdout, reason = "make test lists what was skipped")]
async fn tools() -> Option<Tools> {
    match find_tools().await {
        Ok(tools) => Some(tools),
        Err(missing) => {
            assert!(std::env::var_os(REQUIRED).is_none(), "{missing}, and {REQUIRED} is set");
            println!("skipped: the page in a browser ({missing})");
            None
        }
    }
}

async fn find_tools() -> Result<Tools, String> {
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
    let shots = std::env::var_os(SHOTS).map_or_else(|| std::env::temp_dir().join("newswire-page"), PathBuf::from);
    std::fs::create_dir_all(&shots).map_err(|error| format!("{}: {error}", shots.display()))?;
    Ok(Tools { browser, folder, shots })
}
