//! The languages, their corpora and how they are trained.

use tagger::training::{Scheme, Style};

/// A language of the tagger.
#[derive(Debug)]
pub struct Language {
    /// BCP 47 tag; the folder of its corpora.
    pub tag: &'static str,
    /// How its text is split into tokens.
    pub style: Style,
    /// Its corpora.
    pub sets: &'static [Set],
    /// Corpora of related languages, from which what does not depend on words is learned.
    pub borrowed: &'static [Set],
    /// Number of sentences from its templates, if it has any.
    pub written: usize,
}

/// The training part of a corpus.
#[derive(Debug)]
pub struct Set {
    /// Folder and name without `.train.conll`, or a file.
    pub name: &'static str,
    /// Percentage of the passes that use it.
    pub weight: u8,
    /// It annotates MISC.
    pub misc: bool,
}

impl Language {
    /// Which features its model has.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        if self.style == Style::Characters { Scheme::Characters } else { Scheme::General }
    }
}

const fn set(name: &'static str, weight: u8) -> Set {
    Set { name, weight, misc: true }
}

/// A set without MISC.
const fn plain(name: &'static str, weight: u8) -> Set {
    Set { name, weight, misc: false }
}

const fn words(tag: &'static str, sets: &'static [Set], borrowed: &'static [Set]) -> Language {
    Language { tag, style: Style::Words, sets, borrowed, written: WRITTEN }
}

const fn elisions(tag: &'static str, sets: &'static [Set], borrowed: &'static [Set]) -> Language {
    Language { tag, style: Style::Elisions, sets, borrowed, written: WRITTEN }
}

const fn characters(tag: &'static str, sets: &'static [Set]) -> Language {
    Language { tag, style: Style::Characters, sets, borrowed: &[], written: 0 }
}

/// Number of sentences from a language's templates: more make the models of languages with good corpora worse.
const WRITTEN: usize = 2_000;

impl Language {
    const fn without_templates(self) -> Language {
        Language { written: 0, ..self }
    }
}

/// English corpora, for languages in Latin letters whose own are weak or few: names from all over the world.
macro_rules! with_english {
    ($($set:expr),* $(,)?) => {
        &[
            $($set,)*
            set("../ner/wikigold/all.conll", 40),
            plain("../ner/uner_ewt/dev.conll", 40),
            set("../ner/crossner_politics/train.conll", 40),
            set("../ner/crossner_politics/dev.conll", 40),
        ]
    };
}

/// The languages. Weak corpora (OCR of old newspapers, fiction, tweets) count less.
pub const LANGUAGES: &[Language] = &[
    words("ar", &[set("ar/aqmar", 100), set("ar/newsfane", 100)], &[]),
    words("bn", &[plain("bn/bengali_ner", 100)], &[]),
    words("cs", &[set("cs/poner", 100)], &[set("pl/kpwr", 40), plain("sk/uner_snk", 40), set("hr/uner_set", 40)]),
    words("da", &[plain("da/uner_ddt", 100)], with_english![set("nb/norne", 50)]),
    words("de", &[set("de/germeval2014", 100), plain("de/europeana_sbb", 30)], with_english![]),
    words("es", &[set("es/cess_esp", 100)], &[]),
    words("et", &[set("et/estner", 100)], &[set("fi/turku_ner", 50)]),
    words("fa", &[set("fa/parstwiner", 100)], &[]),
    words("fi", &[set("fi/turku_ner", 100)], &[]),
    elisions(
        "fr",
        &[plain("fr/europeana_bnf", 60)],
        with_english![set("es/cess_esp", 50), plain("pt/uner_bosque", 50), set("ro/ronec", 50)],
    ),
    words("he", &[set("he/iahltwiki", 100)], &[]),
    words("hi", &[plain("hi/hiner", 50), set("hi/ilner", 100)], &[]),
    words("hr", &[set("hr/uner_set", 100)], &[set("sr/uner_set", 100)]),
    words("hu", &[set("hu/nerkor", 100)], &[]),
    words("id", &[plain("id/idner_news_2k", 100), plain("id/nergrit", 70)], &[]),
    elisions(
        "it",
        &[plain("it/xlime_twitter", 70)],
        with_english![set("es/cess_esp", 50), plain("pt/uner_bosque", 50), set("ro/ronec", 50)],
    ),
    characters("ja", &[set("ja/gsd", 100), set("ja/stockmark", 100)]),
    characters("ko", &[plain("ko/klue_dev", 100)]),
    words("lv", &[set("lv/lumii", 100)], &[]),
    words("nb", &[set("nb/norne", 100)], &[set("nn/norne", 50)]),
    words("nl", &[plain("nl/europeana_kb", 60)], with_english![set("de/germeval2014", 60), plain("da/uner_ddt", 60)]),
    words("nn", &[set("nn/norne", 100)], &[set("nb/norne", 50)]),
    words("pl", &[set("pl/kpwr", 100)], &[]).without_templates(),
    words("pt", &[plain("pt/uner_bosque", 100)], &[]),
    words("ro", &[set("ro/ronec", 100)], &[]),
    words("ru", &[plain("ru/factrueval2016", 100), set("ru/wikiner_silver", 50)], &[]).without_templates(),
    words("sk", &[plain("sk/uner_snk", 100)], &[set("pl/kpwr", 40), set("hr/uner_set", 40)]),
    words("sl", &[set("sl/ssj", 100)], &[set("hr/uner_set", 80), set("sr/uner_set", 80), plain("sk/uner_snk", 40)]),
    words("sr", &[set("sr/uner_set", 100)], &[set("hr/uner_set", 100)]),
    words("sv", &[set("sv/klintan", 100), plain("sv/uner_talbanken", 100)], with_english![set("nb/norne", 40)]),
    characters("th", &[set("th/thainer", 100)]),
    words("tr", &[set("tr/turkish_wiki", 100)], &[]),
    words("ur", &[set("ur/ilner", 100)], &[]),
    characters("zh", &[plain("zh/uner_gsd", 100), plain("zh/uner_gsdsimp", 100)]),
];
