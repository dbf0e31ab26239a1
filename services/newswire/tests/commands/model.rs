//! `--model`.

use crate::support::run;

#[test]
fn a_model_that_cannot_be_read_is_an_error_before_the_log_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let (data, model) = (folder.path().join("data"), folder.path().join("model"));
    std::fs::create_dir(&model).unwrap();
    let model = model.to_str().unwrap();
    for command in [&["run"][..], &["replay", "--from", "beginning"]] {
        let (out, error, code) = run(&data, &[command, &["--model", model]].concat());
        assert_eq!((out.as_str(), code), ("", 64), "{error}");
        let expected = match cfg!(feature = "onnx") {
            true => format!("--model {model}: config.json: no such file"),
            false => "built without the feature `onnx`".to_owned(),
        };
        assert!(error.contains(&expected), "{error}");
        assert!(!data.exists(), "the log was opened");
    }
}

#[cfg(feature = "onnx")]
#[test]
fn an_article_on_which_the_model_fails_becomes_a_dead_letter() {
    use crate::support::{hold, json, newswire, until};
    use clap::Parser;
    use proto::{partition, topic::Topic, v1::Article};
    use stream::Outgoing;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        enricher: enricher::Args,
    }

    let folder = tempfile::tempdir().unwrap();
    let (data, model) = (folder.path().join("data"), folder.path().join("model"));
    std::fs::create_dir(&model).unwrap();
    // The model claims more positions than it has.
    test_support::onnx::Tiny { positions: 20, claimed: 64, ..Default::default() }.write(&model);
    let config = Flags::parse_from(["test", "--model", model.to_str().unwrap()]).enricher.check().unwrap();
    let (runtime, shutdown) = hold(&data);
    let article = |id: &str, body: &str| {
        let article = Article { article_id: id.into(), revision: 1, body: body.into(), ..Article::default() };
        Outgoing {
            topic: runtime.names.of(Topic::Articles),
            partition: partition::of(id.as_bytes(), 3),
            key: id.as_bytes().to_vec(),
            value: Some(runtime.encoding.encode(&article).unwrap()),
            headers: Vec::new(),
        }
    };
    let long = "Zoranna went to Norvik ".repeat(10);
    runtime.log.append(vec![article("a1", &long), article("a2", "Zoranna went to Norvik.")]).unwrap();
    let running = runtime.clone();
    let enricher = std::thread::spawn(move || {
        let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tokio.block_on(enricher::run(config, running))
    });

    let list = || json(&data, &["dead-letter", "list"]);
    until(&runtime, Topic::DeadLetter, "a dead letter", || list().len() == 1);
    assert_eq!((&list()[0]["stage"], &list()[0]["reason"]), (&"enricher".into(), &"model-failed".into()));
    let enriched = || newswire(&data, &["tail", "enriched", "--from", "beginning", "--to-end"]);
    until(&runtime, Topic::Enriched, "an enriched article", || enriched().contains("Zoranna"));
    assert!(enriched().contains("\"model_version\":\"onnx-"), "{}", enriched());
    shutdown.cancel();
    enricher.join().unwrap().unwrap();
}
