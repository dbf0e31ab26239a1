//! A clock that is wrong and is set again.

use crate::server::{Response, Server};
use crate::service::{Service, rss};
use poller::schedule::clock::Clock;
use proto::topic::Topic;
use std::sync::atomic::{AtomicUsize, Ordering};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// Each poll gets another validator, so that its state is written.
fn server() -> Server {
    let polls = AtomicUsize::new(0);
    Server::start(move |request| match request.path.as_str() {
        "/feed" => {
            let validator = format!("\"{}\"", polls.fetch_add(1, Ordering::Relaxed));
            Response::new(200, rss(&[("a", "One")], 0)).with("ETag", &validator)
        }
        _ => Response::new(404, ""),
    })
}

/// Waits for three more polls.
fn polls_on(server: &Server) {
    server.until("/feed", server.requests("/feed").len() + 3, |_| true);
}

#[test]
fn polling_goes_on_when_the_clock_is_set() {
    let (server, folder, clock) = (server(), tempfile::tempdir().unwrap(), Clock::default());
    let service = Service::start_by(folder.path(), &clock);
    service.add(&server.url("/feed"), |_| {});
    for seconds in [0, -HOUR, DAY, 365 * DAY, -365 * DAY, 0] {
        clock.set(seconds);
        polls_on(&server);
        // The clock is set while the feed waits, not while it is polled.
        service.until(Topic::FeedState, "a commit of every poll", || {
            service.records(Topic::FeedState).len() >= server.requests("/feed").len()
        });
    }
    assert_eq!(service.items().len(), 1);
    service.stop();
}

#[test]
fn polling_goes_on_after_a_restart_with_the_clock_put_right() {
    let (server, folder, clock) = (server(), tempfile::tempdir().unwrap(), Clock::default());
    for seconds in [0, -HOUR, DAY, 365 * DAY, 0] {
        clock.set(seconds);
        let service = Service::start_by(folder.path(), &clock);
        service
            .add(&server.url("/feed"), |feed| feed.added_at = Some(proto::time::to_wire(jiff::Timestamp::UNIX_EPOCH)));
        polls_on(&server);
        assert_eq!(service.items().len(), 1);
        service.stop();
    }
}
