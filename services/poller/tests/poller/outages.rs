//! Failures of this machine and its network are no publisher's.

use crate::server::{Response, Server};
use crate::service::{Service, rss};
use proto::{topic::Topic, v1::FeedState};
use std::net::SocketAddr;

fn publisher(address: SocketAddr) -> Server {
    Server::start_on(address, |request| match request.path.as_str() {
        "/feed" => Response::new(200, rss(&[("a", "One")], 0)),
        _ => Response::new(404, ""),
    })
}

fn until_ready(service: &Service, is_ready: bool) {
    service.until(Topic::FeedHealth, "readiness", || service.readiness.is_ready() == is_ready);
}

/// Publishers on hosts of their own, all of which have been polled.
fn polled(service: &Service, hosts: std::ops::Range<u8>) -> Vec<Server> {
    let servers: Vec<Server> = hosts.map(|host| publisher(([127, 0, 1, host], 0).into())).collect();
    for server in &servers {
        service.add(&server.url("/feed"), |feed| feed.backfill = "all".into());
        service.until_status(&server.url("/feed"), "OK");
    }
    servers
}

#[test]
fn no_feed_fails_while_no_host_can_be_reached_and_polling_resumes() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(folder.path());
    let servers = polled(&service, 1..6);
    let addresses: Vec<SocketAddr> = servers.into_iter().map(Server::stop).collect();
    until_ready(&service, false);
    let conditions = service.readiness.conditions();
    assert!(conditions.iter().any(|condition| condition.detail.contains("cannot poll")), "{conditions:?}");
    let servers: Vec<Server> = addresses.iter().map(|address| publisher(*address)).collect();
    until_ready(&service, true);
    servers.iter().for_each(|server| server.until("/feed", 2, |_| true));
    let health: Vec<_> = servers.iter().map(|server| service.health(&server.url("/feed")).unwrap()).collect();
    assert!(health.iter().flat_map(|health| &health.polls).all(|poll| poll.outcome != "NETWORK_ERROR"), "{health:?}");
    let states = service.table::<FeedState>(Topic::FeedState);
    assert!(states.values().flatten().all(|state| state.failures == 0));
    service.stop();
}

#[test]
fn a_host_that_is_down_while_others_answer_has_failed() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(folder.path());
    let mut servers = polled(&service, 11..15);
    let down = servers.remove(0);
    let url = down.url("/feed");
    down.stop();
    service.until_status(&url, "FAILING");
    assert!(service.readiness.is_ready());
    assert_eq!(service.health(&url).unwrap().polls.first().unwrap().outcome, "NETWORK_ERROR");
    service.stop();
}
