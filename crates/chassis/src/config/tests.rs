use super::*;

#[derive(Debug, Parser)]
#[command(name = "newswire", version = "0.1.0", about = "Tests")]
struct Args {
    /// Parts.
    #[arg(long, env = "CHASSIS_TEST_PARTS", default_value_t = 1)]
    parts: u8,
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    #[arg(long, default_value = "a")]
    name: String,
    #[command(subcommand)]
    command: Option<Sub>,
}

#[derive(Debug, clap::Subcommand)]
enum Sub {
    Run {
        #[arg(long)]
        listen: std::net::SocketAddr,
        /// PATH is always set, and never to a number.
        #[arg(long, env = "PATH", default_value_t = 3)]
        number: u16,
        #[arg(long)]
        feeds: String,
    },
}

fn check(args: &Args) -> Result<(u8, u64), Vec<String>> {
    let mut errors = ConfigErrors::default();
    let parts = errors.ok(if args.parts > 0 { Ok(args.parts) } else { Err(vec!["--parts is 1 to 255".into()]) });
    if args.name.is_empty() {
        errors.push("--name is empty");
    }
    errors.finish(|| Some((parts?, args.seconds)))
}

fn parsed(args: &[&str]) -> Result<(u8, u64), EarlyExit> {
    parse_from([&["newswire"], args].concat(), check)
}

fn usage(args: &[&str]) -> String {
    match parsed(args) {
        Err(EarlyExit::Usage(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn valid_flags_are_accepted() {
    assert_eq!(parsed(&["--parts", "3"]), Ok((3, 2)));
}

#[test]
fn errors_of_clap_and_of_the_checks_are_reported_together() {
    insta::assert_snapshot!(usage(&["--parts", "0", "--seconds=soon", "--nmae", "--name", ""]), @"
    newswire: 4 configuration errors:
      - invalid value 'soon' for '--seconds <SECONDS>': invalid digit found in string
      - unexpected argument '--nmae' found; tip: a similar argument exists: '--name'
      - --parts is 1 to 255
      - --name is empty
    Run `newswire --help` for the options.
    ");
}

#[test]
fn a_single_error_is_one_line() {
    insta::assert_snapshot!(usage(&["--name", ""]), @"
    newswire: --name is empty
    Run `newswire --help` for the options.
    ");
}

#[test]
fn errors_in_the_environment_and_in_a_subcommand_are_reported_together() {
    let text = usage(&["--seconds", "soon", "run", "--listen", "here"]);
    assert!(text.contains("--seconds") && text.contains("--listen") && text.contains("--number"), "{text}");
    assert!(text.contains("--feeds <FEEDS> is required") && text.contains("4 configuration errors"), "{text}");
}

#[test]
fn a_negative_number_is_a_value() {
    for args in [&["--parts", "-1"][..], &["--parts=-1"], &["--seconds", "-1h"], &["--seconds", "-.5"]] {
        let text = usage(args);
        assert!(text.contains("invalid value '-") && text.lines().count() == 2, "{args:?}: {text}");
    }
    assert_eq!(parsed(&["--name", "-1h"]), Ok((1, 2)));
    assert!(usage(&["-1"]).contains("'-1'"));
}

#[test]
fn what_follows_from_a_wrong_value_is_not_reported() {
    let check = |_: &Args| Err(vec!["--name needs --parts".to_owned(), "--parts-of is wrong".to_owned()]);
    let text = match parse_from::<Args, ()>(["newswire", "--parts", "x"], check) {
        Err(EarlyExit::Usage(text)) => text,
        other => panic!("{other:?}"),
    };
    assert!(text.contains("--parts-of is wrong") && !text.contains("needs"), "{text}");
}

#[test]
fn settings_name_what_is_not_default_and_unknown_variables() {
    let args = ["newswire", "--seconds", "2", "--name", "https://me:secret@a.example/", "run", "--listen", "[::1]:1"];
    let environment = ["NEWSWIRE_LISTN", "NEWSWIRE_LISTEN", "NEWSWIRE_XYZZY", "NEWSWIRE_TEST_KAFKA", "HOME"];
    let feeds = ["--feeds", "f", "--number", "7"];
    let environment = environment.into_iter().map(|name| (name.into(), OsString::new())).collect();
    let (_, settings) = parse_with([&args[..], &feeds].concat(), &environment, check).unwrap();
    assert_eq!(settings.changed, ["--name=https://***@a.example/", "--listen=[::1]:1", "--number=7", "--feeds=f"]);
    assert_eq!(
        settings.unknown,
        [
            "the environment variable NEWSWIRE_LISTN is unknown; NEWSWIRE_LISTEN is similar",
            "the environment variable NEWSWIRE_XYZZY is unknown"
        ]
    );
}

#[test]
fn a_missing_value_ends_parsing() {
    let text = usage(&["--seconds", "soon", "--parts"]);
    assert!(text.contains("--parts"), "{text}");
}

#[test]
fn help_and_version_exit_early() {
    assert!(matches!(parsed(&["--help"]), Err(EarlyExit::Help(text)) if text.contains("--seconds")));
    assert_eq!(parsed(&["--version"]), Err(EarlyExit::Help("newswire 0.1.0\n".into())));
    assert!(matches!(parsed(&["--seconds", "soon", "run", "--help"]), Err(EarlyExit::Help(_) | EarlyExit::Usage(_))));
}

proptest::proptest! {
    /// Parsing terminates for any arguments.
    #[test]
    fn parsing_terminates(args in proptest::collection::vec("(--)?(parts|seconds|name|run|nmae)?=?[a-z0-9 ]{0,2}", 0..6)) {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let _ = parsed(&args);
    }
}

#[test]
fn a_listen_address_is_numeric_or_localhost() {
    assert_eq!(listen_address("localhost:0").unwrap().to_string(), "127.0.0.1:0");
    assert_eq!(listen_address("[::1]:8080").unwrap().to_string(), "[::1]:8080");
    assert!(listen_address("example.org:80").is_err() && listen_address("8080").is_err());
}

/// Its settings have variables, as those of a service.
#[derive(Debug, Clone, Parser)]
#[command(name = "service")]
struct Service {
    /// Parts.
    #[arg(long, env = "NEWSWIRE_PARTITIONS", default_value_t = 1)]
    partitions: u8,
    #[arg(long, env = "NEWSWIRE_FEEDS", global = true)]
    feeds: Option<String>,
    #[arg(long, env = "NEWSWIRE_WATCH_FEEDS", requires = "feeds")]
    watch_feeds: bool,
    #[arg(long, env = "NEWSWIRE_ALLOWED_HOSTS", value_delimiter = ',')]
    allowed_hosts: Vec<String>,
    #[command(subcommand)]
    command: Option<Listen>,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum Listen {
    Listen {
        #[arg(long, env = "NEWSWIRE_LISTEN", value_parser = listen_address)]
        listen: Option<std::net::SocketAddr>,
        names: Vec<String>,
    },
}

/// What a service reads from its arguments, these variables and this file, `n.toml`.
fn service(file: &str, args: &[&str], environment: &[(&str, &str)]) -> Result<(Service, Settings), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("n.toml");
    std::fs::write(&path, file).unwrap();
    let mut environment: Environment =
        environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    environment.insert("NEWSWIRE_CONFIG".into(), path.into_os_string());
    let parsed = parse_with([&["service"], args].concat(), &environment, |args: &Service| Ok(args.clone()));
    let folder = format!("{}/", folder.path().display());
    parsed.map_err(|early| match early {
        EarlyExit::Usage(text) | EarlyExit::Help(text) => text.replace(&folder, ""),
    })
}

#[test]
fn a_flag_precedes_the_file_and_the_file_the_default() {
    let file = "partitions = 3\nfeeds = 'f'\nwatch-feeds = true\nallowed-hosts = ['a', 'b']\nlisten = 'localhost:1'\n";
    let (read, settings) = service(file, &["--partitions", "5"], &[]).unwrap();
    assert_eq!((read.partitions, read.feeds.as_deref(), read.watch_feeds), (5, Some("f"), true));
    assert_eq!(read.allowed_hosts, ["a", "b"]);
    assert_eq!(settings.changed, ["--partitions=5", "--feeds=f", "--watch-feeds", "--allowed-hosts=a,b"]);
    // A key of another binary has no effect.
    let file = "listen = 'localhost:1'\nkafka = 'a:1'\nfeeds = 'f'\npartitions = 7\n";
    let (read, _) = service(file, &["listen", "x"], &[]).unwrap();
    assert_eq!(read.partitions, 7);
    let Some(Listen::Listen { listen: Some(listen), names }) = read.command else { panic!("{read:?}") };
    assert_eq!((listen.port(), names, read.feeds.as_deref()), (1, vec!["x".to_owned()], Some("f")));
    assert_eq!(service("", &[], &[]).unwrap().0.partitions, 1);
}

#[test]
fn each_setting_knows_what_gave_it_its_value() {
    let file = "\npartitions = 3\nfeeds = 'http://a.example/'\nlisten = '[::1]:1'\n";
    let (_, settings) =
        service(file, &["--feeds=f", "--allowed-hosts", "a"], &[("NEWSWIRE_LISTEN", "[::1]:2")]).unwrap();
    let of = |key: &str| settings.all.iter().find(|setting| setting.key == key).unwrap();
    assert!(of("partitions").source.to_string().ends_with("n.toml:2"), "{:?}", of("partitions"));
    assert_eq!((of("partitions").value.as_deref(), of("partitions").default.as_deref()), (Some("3"), Some("1")));
    assert_eq!((of("feeds").source.clone(), of("feeds").value.as_deref()), (Source::Flag, Some("f")));
    assert_eq!(
        (of("watch-feeds").source.clone(), of("watch-feeds").value.as_deref()),
        (Source::Default, Some("false"))
    );
    // A setting that only another command has.
    assert_eq!(of("listen").value.as_deref(), Some("[::1]:2"));
    assert_eq!(of("listen").source.to_string(), "NEWSWIRE_LISTEN");
}

#[test]
fn a_variable_precedes_the_file() {
    // The arguments of the file do not have it, so that clap reads the variable.
    let command = command::<Service>();
    let mut args = vec!["service".into()];
    let environment = Environment::from([("NEWSWIRE_PARTITIONS".into(), "4".into())]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("n.toml");
    std::fs::write(&path, "partitions = 3\nfeeds = 'f'\n").unwrap();
    let (file, _) = ConfigFile::read(&path, &names::of_settings(&command));
    let (sources, errors) = layers::merge(&command, &mut args, &environment, &file);
    assert_eq!((args, errors), (vec!["service".into(), OsString::from("--feeds=f")], Vec::new()));
    assert_eq!(sources["partitions"], Source::Variable("NEWSWIRE_PARTITIONS".to_owned()));
}

#[test]
fn all_errors_of_the_file_are_reported_with_those_of_the_flags() {
    let file = "partitions = 'many'\nwatch-feeds = 'yes'\nallowed-host = 'a'\nfeeds = ['f', 'g']\nnext = [1]\n";
    let text = service(file, &["--nmae"], &[]).unwrap_err();
    let expected = [
        "service: 6 configuration errors:",
        "n.toml:3: allowed-host is not a setting; allowed-hosts is similar",
        "n.toml:5: next is not a setting",
        "n.toml:4: feeds has one value",
        "n.toml:2: watch-feeds is true or false",
        "invalid value 'many' for '--partitions <PARTITIONS>': invalid digit found in string (n.toml:1)",
        "unexpected argument '--nmae' found",
    ];
    for message in expected {
        assert!(text.contains(message), "{message}: {text}");
    }
}

#[test]
fn check_config_checks_and_starts_nothing() {
    let text = service("partitions = 3\n", &["--check-config"], &[]).unwrap_err();
    assert_eq!(text, "the configuration is valid\n");
    let text = service("partitions = 3\n", &["listen", "--check-config"], &[("NEWSWIRE_PARTITON", "")]).unwrap_err();
    assert!(text.contains("NEWSWIRE_PARTITON is unknown; NEWSWIRE_PARTITIONS is similar"), "{text}");
    let environment = Environment::new();
    let failed = |_: &Service| Err::<(), _>(vec!["--feeds f: no such file".to_owned()]);
    let Err(EarlyExit::Usage(text)) = parse_with(["service", "--check-config"], &environment, failed) else { panic!() };
    assert!(text.contains("no such file"), "{text}");
}
