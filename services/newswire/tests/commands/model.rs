//! `--model`: what is said where there is none, before anything else is done.

use crate::support::run;

/// Every command that enriches takes it, and says what is wrong with it as with any other flag.
#[test]
fn a_model_that_cannot_be_read_is_refused_before_the_log_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let (data, model) = (folder.path().join("data"), folder.path().join("model"));
    std::fs::create_dir(&model).unwrap();
    let model = model.to_str().unwrap();
    for command in [&["run"][..], &["replay", "--from", "beginning"]] {
        let (out, trouble, code) = run(&data, &[command, &["--model", model]].concat());
        assert_eq!((out.as_str(), code), ("", 64), "{trouble}");
        let expected = match cfg!(feature = "onnx") {
            true => format!("--model {model}: config.json: no such file"),
            false => "built without the feature `onnx`".to_owned(),
        };
        assert!(trouble.contains(&expected), "{trouble}");
        assert!(!data.exists(), "nothing was opened");
    }
}
