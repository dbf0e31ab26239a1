//! The languages other than English that the tagger knows, each with a model that is read when it is first needed.

use crate::{encoding::ModelError, tagger::Tagger, tokens::Style};
use std::sync::OnceLock;

/// A language with a model.
#[derive(Debug)]
pub struct Language {
    /// BCP 47 tag without a region.
    pub tag: &'static str,
    style: Style,
    /// The model file, compressed by zstd.
    model: &'static [u8],
    tagger: OnceLock<Result<Tagger, ModelError>>,
}

/// A language whose model file is `model/languages/TAG.bin`.
macro_rules! language {
    ($tag:literal, $style:ident) => {
        Language {
            tag: $tag,
            style: Style::$style,
            model: include_bytes!(concat!("../model/languages/", $tag, ".bin")),
            tagger: OnceLock::new(),
        }
    };
}

/// Number of languages.
const COUNT: usize = if cfg!(feature = "share-alike") { 32 } else { 1 };

/// The languages, sorted by tag. Without the feature `share-alike` only those whose training data asks for no share-alike of
/// what is made from it.
pub static LANGUAGES: [Language; COUNT] = [
    #[cfg(feature = "share-alike")]
    language!("ar", Words),
    #[cfg(feature = "share-alike")]
    language!("bn", Words),
    #[cfg(feature = "share-alike")]
    language!("cs", Words),
    #[cfg(feature = "share-alike")]
    language!("da", Words),
    #[cfg(feature = "share-alike")]
    language!("de", Words),
    #[cfg(feature = "share-alike")]
    language!("es", Words),
    #[cfg(feature = "share-alike")]
    language!("et", Words),
    #[cfg(feature = "share-alike")]
    language!("fa", Words),
    #[cfg(feature = "share-alike")]
    language!("fi", Words),
    #[cfg(feature = "share-alike")]
    language!("fr", Elisions),
    #[cfg(feature = "share-alike")]
    language!("hi", Words),
    #[cfg(feature = "share-alike")]
    language!("hr", Words),
    #[cfg(feature = "share-alike")]
    language!("hu", Words),
    #[cfg(feature = "share-alike")]
    language!("id", Words),
    #[cfg(feature = "share-alike")]
    language!("it", Elisions),
    #[cfg(feature = "share-alike")]
    language!("ja", Characters),
    #[cfg(feature = "share-alike")]
    language!("ko", Characters),
    #[cfg(feature = "share-alike")]
    language!("lv", Words),
    #[cfg(feature = "share-alike")]
    language!("nb", Words),
    #[cfg(feature = "share-alike")]
    language!("nn", Words),
    #[cfg(feature = "share-alike")]
    language!("pl", Words),
    #[cfg(feature = "share-alike")]
    language!("pt", Words),
    #[cfg(feature = "share-alike")]
    language!("ro", Words),
    #[cfg(feature = "share-alike")]
    language!("ru", Words),
    #[cfg(feature = "share-alike")]
    language!("sk", Words),
    #[cfg(feature = "share-alike")]
    language!("sl", Words),
    #[cfg(feature = "share-alike")]
    language!("sr", Words),
    #[cfg(feature = "share-alike")]
    language!("sv", Words),
    language!("th", Characters),
    #[cfg(feature = "share-alike")]
    language!("tr", Words),
    #[cfg(feature = "share-alike")]
    language!("ur", Words),
    #[cfg(feature = "share-alike")]
    language!("zh", Characters),
];

/// Largest model file, decompressed.
const LARGEST: usize = 64 << 20;

impl Language {
    /// The language of a BCP 47 tag; none if no model reads it.
    #[must_use]
    pub fn of(tag: &str) -> Option<&'static Language> {
        let base = tag.split(['-', '_']).next().unwrap_or("").to_ascii_lowercase();
        // Bosnian is written as Croatian is, Malay much as Indonesian, and `no` is mostly Bokmål.
        let base = match base.as_str() {
            "bs" | "sh" => "hr",
            "ms" => "id",
            "no" => "nb",
            other => other,
        };
        LANGUAGES.iter().find(|language| language.tag == base)
    }

    /// Its tagger, read at the first call.
    ///
    /// # Errors
    /// [`ModelError`] if the shipped file does not fit this program; a test excludes that.
    pub fn tagger(&'static self) -> Result<&'static Tagger, ModelError> {
        let read = || {
            let bytes = zstd::bulk::decompress(self.model, LARGEST).map_err(|_| ModelError::Short)?;
            Tagger::of_language(&bytes, self.style, self.tag == "sr")
        };
        self.tagger.get_or_init(read).as_ref().map_err(Clone::clone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::Label;

    fn names(tag: &str, text: &str) -> Vec<(String, Label)> {
        let spans = Language::of(tag).unwrap().tagger().unwrap().tag(&[text]);
        spans.iter().map(|span| (text[span.start..span.end].to_owned(), span.label)).collect()
    }

    #[test]
    fn every_model_is_read_and_tags() {
        for language in &LANGUAGES {
            let tagger = language.tagger().unwrap();
            assert_eq!(tagger.tag(&["", " \n\n "]), []);
            assert!(tagger.version().starts_with("perceptron-"), "{}", language.tag);
        }
        assert!(LANGUAGES.windows(2).all(|pair| pair[0].tag < pair[1].tag));
    }

    #[cfg(feature = "share-alike")]
    #[test]
    fn names_are_found_in_many_scripts() {
        for (tag, text, name, label) in [
            (
                "es-MX",
                "El presidente Manuel Ortega Ruiz llegó el lunes a Guadalajara.",
                "Manuel Ortega Ruiz",
                Label::Person,
            ),
            ("fr", "Le ministre s'est rendu à Marseille avec Claire Fontaine.", "Marseille", Label::Loc),
            ("de", "Die Ministerin Petra Neumann sprach am Montag in Hamburg.", "Petra Neumann", Label::Person),
            ("ru", "Министр Сергей Васильев прилетел в Новосибирск.", "Сергей Васильев", Label::Person),
            ("sr", "Министар Марко Петровић допутовао је у Београд.", "Марко Петровић", Label::Person),
            ("ar", "وصل الرئيس إلى القاهرة يوم الاثنين.", "القاهرة", Label::Loc),
            ("hi", "प्रधानमंत्री सोमवार को मुंबई पहुंचे।", "मुंबई", Label::Loc),
            ("zh", "总统星期一抵达北京，会见了李明。", "北京", Label::Loc),
            ("ja", "首相は月曜日に東京で記者会見した。", "東京", Label::Loc),
        ] {
            let found = names(tag, text);
            assert!(found.contains(&(name.to_owned(), label)), "{tag}: {found:?}");
        }
    }

    #[test]
    fn tags_with_regions_and_near_languages_have_a_model() {
        assert_eq!(Language::of("th-TH").map(|language| language.tag), Some("th"));
        assert_eq!(Language::of("no").map(|language| language.tag), Language::of("nb").map(|language| language.tag));
        assert!(Language::of("tlh").is_none());
    }
}
