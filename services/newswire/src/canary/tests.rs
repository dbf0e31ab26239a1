//! The canary on a whole pipeline in this process, of which parts are stopped.

use super::*;
use chassis::admin::Readiness;
use clap::Parser;
use jiff::SignedDuration;
use std::time::Duration;
use stream::{LogArgs, Runtime};

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    enricher: enricher::Args,
}

/// Waits for a condition of the metrics.
async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(waited.await.is_ok(), "not within {PATIENCE:?}: {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn articles_arrive_until_a_stage_stops_and_are_missing_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let flags = Flags::parse_from(["test", "--partitions", "3", "--data", data.to_str().unwrap()]);
    let (registry, shutdown, readiness) = (Registry::new(), CancellationToken::new(), Readiness::default());
    let log = flags.log.check().unwrap();
    let opened = {
        let (log, registry, shutdown) = (log.clone(), registry.clone(), shutdown.clone());
        tokio::task::spawn_blocking(move || log.start(&registry, &shutdown, &|_| {})).await.unwrap()
    };
    let runtime: Runtime = opened.unwrap();

    let config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        base: None,
        every: SignedDuration::from_secs(1),
        limit: SignedDuration::from_secs(4),
        token_file: None,
    };
    let canary = Canary::bind(config, &registry).await.unwrap();
    let (shared, feed) = (canary.canary.clone(), canary.feed());
    let stop = shutdown.clone();
    let (metrics, missing) = (shared.metrics.clone(), move || shared.metrics.missing.get());
    crate::feeds::sync(&*runtime.log, &log, vec![feed]).unwrap();

    let poller = poller::Config {
        poll_interval: SignedDuration::from_millis(200),
        host_interval: Duration::ZERO,
        private_origins: vec![canary.origin().to_owned()],
        pace: None,
        ..poller::Config::default()
    };
    tokio::spawn(poller::run(poller, runtime.clone(), readiness.clone()));
    tokio::spawn(normaliser::run(normaliser::Config::default(), runtime.clone()));
    // Of the enricher alone.
    let stop_enricher = shutdown.child_token();
    let of_enricher = Runtime { shutdown: stop_enricher.clone(), ..runtime.clone() };
    let enricher = tokio::spawn(enricher::run(flags.enricher.check().unwrap(), of_enricher));
    let listener = http::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let gateway = format!("http://{}", listener.local_addr().unwrap());
    let of_gateway = (gateway::Config::default(), runtime.clone(), readiness.clone());
    let gateway_ended =
        tokio::spawn(async move { gateway::serve(listener, &of_gateway.0, of_gateway.1, of_gateway.2).await });
    tokio::spawn(async move { canary.run(&gateway, readiness.add("canary-stream"), stop).await });

    let arrived = |since: &str| metrics.delay_seconds.with_label_values(&[since]).get_sample_count();
    let before = metrics.last_arrival.get();
    eventually("three articles", || arrived("published") >= 3 && arrived("served") >= 3).await;
    assert!(metrics.connected.get() == 1 && metrics.last_arrival.get() > before);
    // A slow start may have cost the first ones.
    let lost_at_first = missing();

    stop_enricher.cancel();
    enricher.await.unwrap().unwrap();
    eventually("articles are missing", || missing() >= lost_at_first + 2).await;
    let total = arrived("published");
    eventually("more are missing", || missing() >= lost_at_first + 4).await;
    assert!(arrived("published") <= total + 1, "nothing arrives any more");
    assert_eq!(metrics.connected.get(), 1);

    shutdown.cancel();
    gateway_ended.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_does_not_answer_is_shown_and_everything_is_missing() {
    let (registry, shutdown, readiness) = (Registry::new(), CancellationToken::new(), Readiness::default());
    let config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        base: None,
        every: SignedDuration::from_secs(1),
        limit: SignedDuration::from_secs(1),
        token_file: None,
    };
    let canary = Canary::bind(config, &registry).await.unwrap();
    let metrics = canary.canary.metrics.clone();
    let dead = format!("http://127.0.0.1:{}", test_support::port::free());
    let stream = readiness.add("canary-stream");
    let ended = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { canary.run(&dead, stream, shutdown).await }
    });
    eventually("two are missing", || metrics.missing.get() >= 2).await;
    assert_eq!(metrics.connected.get(), 0);
    let conditions = readiness.conditions();
    assert!(!conditions[0].met && conditions[0].detail.contains("onnect"), "{conditions:?}");
    shutdown.cancel();
    ended.await.unwrap().unwrap();
}

/// A gateway that asks for a token, and closes each stream after an event.
#[tokio::test(flavor = "multi_thread")]
async fn the_stream_is_opened_with_the_token_and_goes_on_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, "secret\n").unwrap();
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let requests = seen.clone();
    let stream = move |uri: axum::http::Uri, headers: axum::http::HeaderMap| async move {
        let header =
            |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let request = format!("{uri} {} {}", header("authorization"), header("last-event-id"));
        let mut requests = requests.lock().unwrap();
        requests.push(request);
        format!("id: 0:{}\ndata: {{\"url\": \"x\"}}\n\n", requests.len())
    };
    let listener = http::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let routes = Router::new().route("/v1/stream", get(stream));
    tokio::spawn(http::serve(listener, routes, http::Options::default(), shutdown.clone()));
    let gateway = Gateway::new(&format!("http://{address}"), "0123", Some(token_file)).unwrap();
    let follower = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { gateway.follow(|_| {}, |_, _| {}, &shutdown).await }
    });
    eventually("two requests", || seen.lock().unwrap().len() >= 2).await;
    shutdown.cancel();
    follower.await.unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0], "/v1/stream?feed=0123&view=brief Bearer secret ");
    assert_eq!(seen[1], "/v1/stream?feed=0123&view=brief Bearer secret 0:1");
}
