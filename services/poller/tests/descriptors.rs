//! A process without file descriptors. The limit is the process's, so this test has one of its own.

use poller::{
    fetch::{Client, FetchError, Limits, Validators},
    rate_limit::HostLimiter,
};
use rlimit::Resource;
use std::{fs::File, net::TcpListener, time::Duration};

#[tokio::test]
async fn a_process_without_file_descriptors_blames_no_publisher() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/feed", listener.local_addr().unwrap()).parse().unwrap();
    let client = Client::new(HostLimiter::new(Duration::ZERO), Limits::default(), true, "").unwrap();
    let (_, hard) = Resource::NOFILE.get().unwrap();
    Resource::NOFILE.set(64, hard).unwrap();
    let files: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    assert!(files.len() < 64);
    let failed = client.get(&url, &Validators::default()).await;
    assert!(matches!(failed, Err(FetchError::Local(_))), "{failed:?}");
}
