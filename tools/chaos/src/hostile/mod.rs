//! Hostile feeds next to a feed of ordinary news, the control feed, through the whole pipeline in one process on the embedded
//! log. No hostile feed may delay the control feed, end the process or take its memory.

mod control;
mod report;

pub use report::Report;

use control::Control;
use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use stream::{Log, Start, Tail};
use test_support::{
    hostile::{
        feeds::{self, Served},
        site::Site,
    },
    http, port,
    process::{Process, binary},
    publisher::opml,
    wait,
};

/// Limit for everything to arrive after the end of the load, and for the hostile feeds to be polled.
const COMPLETE_WITHIN: Duration = Duration::from_secs(300);
/// Limit for the process to start and to end.
const STARTS_WITHIN: Duration = Duration::from_secs(60);
const TICK: Duration = Duration::from_millis(20);
const PREFIX: &str = "hostile.";

/// Which hostile feeds there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kinds {
    /// One feed of each kind, which shows the same document at each poll.
    Each,
    /// This many feeds, each of which shows something else at each poll.
    Random(usize),
}

/// A run.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Decides what random feeds show.
    pub seed: u64,
    /// How long the control feed publishes an item a second.
    pub duration: Duration,
    /// The hostile feeds.
    pub kinds: Kinds,
    /// Largest document in bytes.
    pub size: usize,
    /// `--poll-interval`: of the control feed and of the hostile ones.
    pub poll_interval: Duration,
    /// Longest delay of the control feed, at the 99th percentile; `None` if it is not judged: it depends on the machine.
    pub max_delay: Option<Duration>,
}

/// Runs a scenario with the binary of this build.
///
/// # Panics
/// If the run itself is not possible: the binary is not built, or does not start.
#[must_use]
pub fn run(scenario: &Scenario) -> Report {
    let control = Arc::new(Control::default());
    let site = site(scenario, &control);
    let hosts = site.requests().len();
    let folder = tempfile::tempdir().unwrap();
    // The control feed is the last of the list.
    let list: Vec<(String, String)> = (1..hosts)
        .map(|host| (String::new(), format!("{}{}", site.base(host), path(scenario, host))))
        .chain([("Control".to_owned(), format!("{}/feed", site.base(0)))])
        .collect();
    std::fs::write(folder.path().join("feeds.opml"), opml(&list)).unwrap();
    let address = format!("127.0.0.1:{}", port::free());
    let mut process = start(scenario, folder.path(), &address);
    let (log, mut tail) = open(&mut process, folder.path(), &address);

    control.start(&site.base(0), scenario.duration);
    let mut report = Report::new(scenario);
    report.hostile = hosts - 1;
    let ends = Instant::now() + scenario.duration + COMPLETE_WITHIN;
    while Instant::now() < ends {
        report.observe_memory(process.id());
        if let Some(status) = process.ended() {
            report.ended = Some(format!("{status}:\n{}", process.log_tail()));
            break;
        }
        receive(&mut *tail, &control, &mut report);
        report.polled = site.requests().iter().skip(1).filter(|count| **count > 0).count();
        if control.is_over() && report.has_all(&control) && report.are_polled() {
            break;
        }
    }
    // A repeated record would arrive by now.
    let until = Instant::now() + Duration::from_secs(3);
    while report.ended.is_none() && Instant::now() < until {
        receive(&mut *tail, &control, &mut report);
    }
    report.observe_processors(process.id());
    report.longest_gap = control.longest_gap();
    report.stages(&*log, PREFIX, &control);
    drop((tail, log));
    report.items(&control);
    if report.ended.is_none() {
        process.stop(STARTS_WITHIN);
    }
    if !report.violations().is_empty() {
        let log = folder.path().join("log");
        report.note(format!("the log of the process is {}", log.display()));
        std::mem::forget(folder);
    }
    report
}

/// Serves the control feed as host 0, and the hostile ones after it.
fn site(scenario: &Scenario, control: &Arc<Control>) -> Site {
    let (seed, size, control) = (scenario.seed, scenario.size, Arc::clone(control));
    let own = move |path: &str| Served::Document(if path == "/feed" { control.document() } else { Vec::new() });
    match scenario.kinds {
        Kinds::Each => {
            let made: Mutex<HashMap<usize, Served>> = Mutex::default();
            let serve = move |host: usize, path: &str| {
                let Some(kind) = host.checked_sub(1) else { return own(path) };
                let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
                made.entry(kind).or_insert_with(|| feeds::make(kind, size, seed).1).clone()
            };
            Site::start(feeds::count() + 1, Arc::new(serve))
        }
        Kinds::Random(count) => {
            let polls: Mutex<Vec<u64>> = Mutex::new(vec![0; count + 1]);
            let serve = move |host: usize, path: &str| {
                if host == 0 {
                    return own(path);
                }
                let mut polls = polls.lock().unwrap_or_else(PoisonError::into_inner);
                // robots.txt and the feed after it are of one kind.
                let poll = polls.get_mut(host).map(|poll| {
                    *poll += u64::from(path != "/robots.txt");
                    *poll + u64::from(path == "/robots.txt")
                });
                drop(polls);
                let number = poll.unwrap_or_default() << 20 | host as u64;
                feeds::random(&mut fastrand::Rng::with_seed(seed ^ number), size)
            };
            Site::start(count + 1, Arc::new(serve))
        }
    }
}

/// The path of a feed.
fn path(scenario: &Scenario, host: usize) -> String {
    match scenario.kinds {
        // Without a size nothing is made but the answer.
        Kinds::Each => match feeds::make(host - 1, 0, 0).1 {
            Served::Answer(answer) => answer.path(),
            Served::Document(_) => "/feed".to_owned(),
        },
        Kinds::Random(_) => "/feed".to_owned(),
    }
}

fn start(scenario: &Scenario, folder: &Path, address: &str) -> Process {
    let interval = format!("{}ms", scenario.poll_interval.as_millis());
    let (feeds, data) = (folder.join("feeds.opml"), folder.join("data"));
    let mut arguments =
        vec!["run", "--poll-interval", &interval, "--host-interval", "20ms", "--allow-private-networks"];
    arguments.extend(["--feeds", feeds.to_str().unwrap(), "--listen", address, "--data", data.to_str().unwrap()]);
    arguments.extend(["--topic-prefix", PREFIX]);
    let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
    let environment = [("NEWSWIRE_LOG".to_owned(), "info".to_owned())];
    Process::start("newswire", &binary("newswire"), &arguments, &environment, &folder.join("log"))
}

/// The log and its enriched topic, once the process has created it.
fn open(process: &mut Process, folder: &Path, address: &str) -> (Box<dyn Log>, Box<dyn Tail>) {
    let mut opened = None;
    let is_open = wait::within(STARTS_WITHIN, || {
        // Before the process is up, this would open the log itself.
        if http::get(address, "/healthz").is_some() {
            let log = stream::embedded::open(&folder.join("data")).unwrap();
            opened = log.tail(&format!("{PREFIX}enriched.v1"), Start::Beginning).ok().map(|tail| (log, tail));
        }
        opened.is_some() || process.ended().is_some()
    });
    assert!(is_open && opened.is_some(), "newswire does not start:\n{}", process.log_tail());
    opened.unwrap()
}

/// Takes the records that are there.
fn receive(tail: &mut dyn Tail, control: &Control, report: &mut Report) {
    match tail.poll(100, TICK) {
        Ok(records) => records.iter().for_each(|record| report.receive(record, control)),
        Err(error) => {
            report.note(format!("the topic cannot be read: {error}"));
            std::thread::sleep(TICK);
        }
    }
}
