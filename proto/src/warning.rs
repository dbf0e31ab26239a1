//! The warnings that records carry: what was repaired, cut or doubtful.

/// Declares the warnings. The table in the README is made from this one.
macro_rules! warnings {
    ($($(#[doc = $doc:literal])+ $warning:ident = $name:literal, $by:literal;)+) => {
        /// A value of `RawItem.warnings`, `Article.warnings` and `EnrichedArticle.warnings`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Warning {
            $($(#[doc = $doc])+ $warning,)+
        }

        impl Warning {
            /// Every warning, in the order of the pipeline.
            pub const ALL: &'static [Warning] = &[$(Warning::$warning),+];

            /// Its name on the wire, kebab-case.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Warning::$warning => $name,)+
                }
            }

            /// The service that emits it.
            #[must_use]
            pub const fn emitted_by(self) -> &'static str {
                match self {
                    $(Warning::$warning => $by,)+
                }
            }

            /// What it means, as a sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Warning::$warning => concat!($($doc),+).trim_ascii(),)+
                }
            }
        }
    };
}

warnings! {
    /// The document was decoded in another encoding than it declares, or in a guessed one.
    Encoding = "encoding-repaired", "poller";
    /// Bytes that are invalid in the document's encoding became U+FFFD.
    BadBytes = "bytes-replaced", "poller";
    /// Text that had been encoded twice (UTF-8 read as Windows-1252) was decoded a second time.
    DoubleEncoded = "double-encoding-undone", "poller";
    /// Characters that XML forbids were removed.
    ControlCharacters = "control-characters-removed", "poller";
    /// Named entities of HTML were decoded.
    NamedEntities = "named-entities-decoded", "poller";
    /// An `&` that begins no reference was read as text.
    BareAmpersand = "ampersands-escaped", "poller";
    /// A reference to a character that does not exist was repaired or removed.
    BadReference = "references-repaired", "poller";
    /// A document type declaration was read for its entities and removed.
    Doctype = "doctype-removed", "poller";
    /// An undeclared namespace prefix was given its usual meaning.
    UndeclaredPrefix = "prefixes-assumed", "poller";
    /// The namespace or version is not one that the format defines.
    Namespace = "namespace-assumed", "poller";
    /// Tags that do not match were closed.
    MismatchedTags = "tags-balanced", "poller";
    /// Angle brackets that are no markup, or unclosed quotes, were repaired.
    Markup = "markup-repaired", "poller";
    /// The document ends early; what is complete was kept.
    Truncated = "truncated", "poller";
    /// Text before or after the feed was ignored.
    Surroundings = "surroundings-ignored", "poller";
    /// Elements nested too deep were flattened.
    TooDeep = "nesting-flattened", "poller";
    /// Items beyond the limit were dropped.
    TooManyItems = "items-over-limit", "poller";
    /// An invalid MIME type, or a media element without a URL, was dropped.
    Media = "media-dropped", "poller";
    /// The item has no content.
    EmptyItem = "item-empty", "poller";
    /// An invalid link was dropped.
    BadLink = "link-dropped", "poller";
    /// An unreadable date was dropped.
    BadDate = "date-dropped", "poller";
    /// A JSON value of the wrong type was converted.
    JsonType = "json-types-repaired", "poller";
    /// The date has another form than RFC 822 or RFC 3339.
    DateRepaired = "date-repaired", "poller";
    /// The date names no known time zone; UTC or the zone of the language was assumed.
    DateWithoutZone = "date-without-zone", "poller";
    /// The item exceeded the size limit of a record and was cut.
    ContentCut = "content-cut", "poller";
    /// The date is later than the fetch; the time of first sight is used.
    DateFuture = "date-future", "normaliser";
    /// The date is before 1990; the time of first sight is used.
    DateAbsurd = "date-absurd", "normaliser";
    /// The HTML was escaped twice and decoded twice.
    DoubleEscaped = "double-escaped", "normaliser";
    /// The HTML is nested too deep, or costs a parser far more than its length; `body_html` is made from the body's paragraphs.
    HtmlTooDeep = "html-too-deep", "normaliser";
    /// The body exceeded the size limit of a record and was cut.
    BodyCut = "body-cut", "normaliser";
    /// `body_html` exceeded the size limit of a record and was cut or removed.
    BodyHtmlCut = "body-html-cut", "normaliser";
    /// Another field exceeded its size limit and was cut.
    FieldCut = "field-cut", "normaliser";
    /// Text beyond the enricher's limit was not searched for names.
    TextCut = "text-cut", "enricher";
    /// The model for names read only the first part of the text.
    NamesCut = "names-cut", "enricher";
    /// The article took more work than one may take, or has more names: the rest was left out.
    WorkCut = "work-cut", "enricher";
    /// Mentions, evidence or entities that exceeded the size limit of a record were left out.
    EntitiesCut = "entities-cut", "enricher";
    /// No model reads the language: names of countries and of their places were searched for, and there are no entities.
    CountriesByNameOnly = "countries-by-name-only", "enricher";
    /// The language is not supported: nothing was searched for.
    LanguageUnknown = "language-unknown", "enricher";
}

impl Warning {
    /// Adds it to a record's warnings, unless it is there.
    pub fn add_to(self, warnings: &mut Vec<String>) {
        if !warnings.iter().any(|name| self == *name.as_str()) {
            warnings.push(self.into());
        }
    }
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Warning> for String {
    fn from(warning: Warning) -> String {
        warning.as_str().to_owned()
    }
}

impl PartialEq<str> for Warning {
    fn eq(&self, name: &str) -> bool {
        self.as_str() == name
    }
}

impl PartialEq<&str> for Warning {
    fn eq(&self, name: &&str) -> bool {
        self.as_str() == *name
    }
}

impl PartialEq<Warning> for String {
    fn eq(&self, warning: &Warning) -> bool {
        self == warning.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_kebab_case() {
        let names: std::collections::BTreeSet<_> = Warning::ALL.iter().map(|warning| warning.as_str()).collect();
        assert_eq!(names.len(), Warning::ALL.len());
        assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
    }

    #[test]
    fn a_record_carries_a_warning_once() {
        let mut warnings = Vec::new();
        Warning::Truncated.add_to(&mut warnings);
        Warning::Truncated.add_to(&mut warnings);
        assert_eq!(warnings, ["truncated"]);
    }

    /// `NEWSWIRE_GOLDEN=1` rewrites the table.
    #[test]
    fn the_readme_lists_the_warnings() {
        let mut table = "| warning | service | meaning |\n| --- | --- | --- |\n".to_owned();
        for warning in Warning::ALL {
            table += &format!("| `{warning}` | {} | {} |\n", warning.emitted_by(), warning.meaning());
        }
        crate::golden::check_readme("warnings", &table);
    }
}
