//! `language-model MODELS OUTPUT`: trains the models by which the normaliser detects languages. See README.md.

mod data;
#[path = "../../../services/normaliser/src/language/features.rs"]
mod features;
#[path = "../../../services/normaliser/src/language/script.rs"]
#[expect(dead_code, reason = "the service uses more of it")]
mod script;
mod train;

use script::Script;
use std::{env, fs, path::Path};

/// Script, file name, bits of the hash, and languages with the logarithm of their prior: 0 for the languages of many
/// feeds. A language that few feeds are written in needs more evidence, and one that is nearly equal to another needs
/// a feed that declares it.
const MODELS: [(Script, &str, u32, &[(&str, f32)]); 4] = [
    (
        Script::Latin,
        "latin",
        16,
        &[
            ("en", 1.0),
            ("es", 0.5),
            ("fr", 0.5),
            ("de", 0.5),
            ("pt", 0.5),
            ("it", 0.5),
            ("nl", 0.0),
            ("sv", 0.0),
            ("nb", 0.0),
            ("da", 0.0),
            ("fi", 0.0),
            ("pl", 0.0),
            ("cs", 0.0),
            ("sk", 0.0),
            ("hu", 0.0),
            ("ro", 0.0),
            ("hr", 0.0),
            ("sr", 0.0),
            ("sl", 0.0),
            ("tr", 0.0),
            ("id", 0.5),
            ("vi", 0.0),
            ("et", 0.0),
            ("lv", 0.0),
            ("lt", 0.0),
            ("sq", -1.0),
            ("ca", -1.0),
            ("az", -1.0),
            ("is", -1.0),
            ("sw", -1.0),
            ("ms", -2.0),
            ("af", -2.0),
            ("fil", -1.0),
            ("bs", -2.5),
            ("eu", -2.0),
            ("ga", -2.0),
            ("cy", -2.0),
            ("so", -2.0),
            ("yo", -2.0),
            ("zu", -2.0),
        ],
    ),
    (
        Script::Cyrillic,
        "cyrillic",
        14,
        &[("ru", 1.0), ("uk", 0.5), ("bg", 0.0), ("sr", 0.0), ("mk", -1.0), ("be", -1.0), ("kk", -1.0), ("mn", -1.0)],
    ),
    (Script::Arabic, "arabic", 14, &[("ar", 0.0), ("fa", 0.0), ("ur", 0.0)]),
    (Script::Devanagari, "devanagari", 13, &[("hi", 0.0), ("mr", -1.0)]),
];

fn main() {
    let mut args = env::args().skip(1);
    let (Some(models), Some(output)) = (args.next(), args.next()) else {
        eprintln!("usage: language-model MODELS OUTPUT");
        std::process::exit(2);
    };
    for (number, (script, name, bits, languages)) in (0_u8..).zip(MODELS) {
        let tags: Vec<&str> = languages.iter().map(|(tag, _)| *tag).collect();
        let mut model = train::Model::new(script, bits, languages.len());
        let mut samples = Vec::new();
        let mut held_out = Vec::new();
        for (index, tag) in tags.iter().enumerate() {
            let language = data::Language::read(Path::new(&models), tag, script);
            model.add_language(index, &language.sequences);
            let texts = (0..).zip(language.texts).map(|(n, (text, whole))| (n, train::Sample { index, text, whole }));
            let (kept, trained): (Vec<_>, Vec<_>) = texts.partition(|(n, _)| n % 10 == 0);
            samples.extend(trained.into_iter().map(|(_, sample)| sample));
            held_out.extend(kept.into_iter().map(|(_, sample)| sample));
        }
        model.start();
        println!("{name}: {:.1} % of texts held out, before training", model.accuracy(&held_out));
        model.train(&mut samples);
        println!("{name}: {:.1} %", model.accuracy(&held_out));
        let priors: Vec<f32> = languages.iter().map(|(_, prior)| *prior).collect();
        let file = Path::new(&output).join(format!("{name}.bin"));
        fs::write(&file, model.file(number, &tags, &priors)).expect("the output folder can be written");
    }
}
