//! All processes share a file of settings, and each checks it without starting.

use std::{path::Path, process::Command};
use test_support::process::{Ended, binary};

const SERVICES: [&str; 4] = ["newswire-poller", "newswire-normaliser", "newswire-enricher", "newswire-gateway"];

/// What a service finds in a file of settings.
fn checked(service: &str, file: &Path, text: &str) -> Ended {
    std::fs::write(file, text).unwrap();
    Ended::of(Command::new(binary(service)).arg("--check-config").env("NEWSWIRE_CONFIG", file))
}

#[test]
fn one_file_is_for_all_services() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("newswire.toml");
    // Each of the last four is a setting of one service.
    let own = "poll-interval = '1m'\nfull-text = 'auto'\nenricher-batch = 7\nwindow = '2h'\n";
    for service in SERVICES {
        let ended = checked(service, &file, &format!("kafka = '127.0.0.1:1'\nadmin = '127.0.0.1:0'\n{own}"));
        assert_eq!((ended.code, ended.output.as_str()), (0, "the configuration is valid\n"), "{service}: {ended:?}");
        let ended = checked(service, &file, &format!("kafak = '127.0.0.1:1'\npartitions = 'many'\n{own}"));
        assert_eq!(ended.code, 64, "{service}: {ended:?}");
        assert!(ended.error.contains(":1: kafak is not a setting; kafka is similar"), "{service}: {ended:?}");
        assert!(ended.error.contains("newswire.toml:2)"), "{service}: {ended:?}");
    }
}

/// A wrong setting of a service is an error of that service.
#[test]
fn each_service_checks_its_own_settings() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("newswire.toml");
    let wrong = ["poll-interval = 'often'\n", "full-text = 'often'\n", "enricher-batch = 0\n", "window = 'often'\n"];
    for (at, service) in SERVICES.into_iter().enumerate() {
        for (of, text) in wrong.into_iter().enumerate() {
            let ended = checked(service, &file, text);
            assert_eq!(ended.code, if at == of { 64 } else { 0 }, "{service}: {text}: {ended:?}");
        }
    }
}
