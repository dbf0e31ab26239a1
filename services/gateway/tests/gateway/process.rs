use std::process::{Command, Output};

fn gateway(args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_newswire-gateway")).args(args).current_dir(folder.path()).output().unwrap()
}

#[test]
fn all_errors_in_the_flags_are_reported_with_exit_64() {
    let output = gateway(&["--listen", "here", "--articles-kept", "many", "--encoding", "xml", "--colour"]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64), "{errors}");
    for flag in ["--listen", "--articles-kept", "--encoding", "--colour"] {
        assert!(errors.contains(flag), "{flag} is missing: {errors}");
    }
    assert!(output.stdout.is_empty());
}

#[test]
fn help_goes_to_standard_output() {
    let output = gateway(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8(output.stdout).unwrap().contains("--articles-kept <N>"));
}

#[test]
fn an_address_in_use_ends_the_process_with_a_clear_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = gateway(&["--listen", &address]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(errors.contains(&format!("cannot listen on {address}")) && errors.contains("another process"), "{errors}");
}
