//! Trains the tagger: `train-tagger --ner ../shared/ner --model services/enricher/model`.
//! Reads the corpora, the lists and the templates; writes `tagger.bin` into the model's folder,
//! the same bytes every time.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use enricher::tagger::train;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (mut ner, mut model) = (PathBuf::from("../shared/ner"), PathBuf::from("services/enricher/model"));
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), arguments.next()) {
            ("--ner", Some(folder)) => ner = folder.into(),
            ("--model", Some(folder)) => model = folder.into(),
            _ => return report("usage: train-tagger [--ner FOLDER] [--model FOLDER]", ExitCode::from(64)),
        }
    }
    match train::make(&ner, &model, train::Plan::default()) {
        Ok(bytes) => {
            report(&format!("{} bytes written to {}", bytes, model.join("tagger.bin").display()), ExitCode::SUCCESS)
        }
        Err(error) => report(&format!("{error}"), ExitCode::FAILURE),
    }
}

fn report(text: &str, code: ExitCode) -> ExitCode {
    // Nobody is left to hear of a closed standard error.
    let _ = writeln!(std::io::stderr(), "{text}");
    code
}
