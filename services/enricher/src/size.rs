//! Leaves out what makes an enriched article larger than a record may be. The log refuses a larger record.

use prost::Message;
use proto::{Warning, v1::EnrichedArticle};

/// Most bytes of JSON of an enriched article: the log's limit of 1,000,000 less key and headers.
pub const MAX_BYTES: usize = 990_000;
/// Mentions listed per entity and evidence per country, step by step.
const LISTED: [usize; 5] = [30, 10, 5, 2, 1];
/// Step of [`LISTED`] before which the HTML stays: ten mentions serve a reader as well as thirty.
const BEFORE_HTML: usize = 2;
/// Bytes of JSON for a byte of protobuf, at most: a control character is an escape of six.
const ESCAPE: usize = 6;
/// Bytes of JSON for the field names of an entity, a country, a mention or a piece of evidence, at most; and of the article.
const NAMES: usize = 200;
const ARTICLE: usize = 3_000;

/// Cuts `enriched` to [`MAX_BYTES`] by this rule: fewer mentions and evidence, down to ten each; then the HTML; then down to
/// one each; then the least salient entities. What was cut has a warning. The body is never cut: the normaliser has limited it.
pub fn fit(enriched: &mut EnrichedArticle) {
    if most(enriched) <= MAX_BYTES || fits(enriched) {
        return;
    }
    for (step, listed) in LISTED.into_iter().enumerate() {
        if step == BEFORE_HTML && !enriched.body_html.is_empty() {
            enriched.body_html = String::new();
            Warning::BodyHtmlCut.add_to(&mut enriched.warnings);
            if fits(enriched) {
                return;
            }
        }
        if list(enriched, listed) {
            Warning::EntitiesCut.add_to(&mut enriched.warnings);
            if fits(enriched) {
                return;
            }
        }
    }
    while !fits(enriched) && !enriched.entities.is_empty() {
        // Sorted by salience.
        enriched.entities.truncate(enriched.entities.len() / 2);
        Warning::EntitiesCut.add_to(&mut enriched.warnings);
    }
}

/// At least as many bytes as the JSON has, without writing it.
fn most(enriched: &EnrichedArticle) -> usize {
    let mentions = enriched.entities.iter().map(|entity| entity.mentions.len()).sum::<usize>();
    let evidence = enriched.countries.iter().map(|country| country.evidence.len()).sum::<usize>();
    let items = enriched.entities.len() + enriched.countries.len() + enriched.media.len() + mentions + evidence;
    ARTICLE + NAMES * items + ESCAPE * enriched.encoded_len()
}

fn fits(enriched: &EnrichedArticle) -> bool {
    let mut counted = Counted(0);
    // Writing to a counter cannot fail; if it did, the record would be refused with its reason.
    serde_json::to_writer(&mut counted, enriched).is_ok() && counted.0 <= MAX_BYTES
}

/// Lists at most `most` mentions and evidence each. True if there were more.
fn list(enriched: &mut EnrichedArticle, most: usize) -> bool {
    let mut cut = false;
    for entity in &mut enriched.entities {
        cut |= entity.mentions.len() > most;
        entity.mentions.truncate(most);
    }
    for country in &mut enriched.countries {
        cut |= country.evidence.len() > most;
        country.evidence.truncate(most);
    }
    cut
}

/// Counts what is written to it.
struct Counted(usize);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::v1::{Country, Entity, Evidence, Mention};

    fn json(enriched: &EnrichedArticle) -> usize {
        serde_json::to_vec(enriched).unwrap().len()
    }

    fn mentions(count: usize) -> Vec<Mention> {
        vec![Mention { field: "body".into(), start: 100_000, end: 100_010, text: "\"Rose\"".into() }; count]
    }

    fn with(entities: usize, mentioned: usize, text: usize) -> EnrichedArticle {
        let entity = Entity { name: "Rose".into(), mentions: mentions(mentioned), ..Default::default() };
        let evidence = Evidence { field: "body".into(), text: "Chile".into(), ..Default::default() };
        let country = Country { code: "CL".into(), evidence: vec![evidence; 50], ..Default::default() };
        EnrichedArticle {
            body: "x".repeat(text),
            body_html: "x".repeat(text),
            entities: vec![entity; entities],
            countries: vec![country; 10],
            ..Default::default()
        }
    }

    fn fitted(mut enriched: EnrichedArticle) -> EnrichedArticle {
        fit(&mut enriched);
        assert!(json(&enriched) <= MAX_BYTES, "{}", json(&enriched));
        enriched
    }

    #[test]
    fn what_fits_is_unchanged() {
        let enriched = with(100, 10, 300_000);
        assert_eq!(fitted(enriched.clone()), enriched);
    }

    #[test]
    fn mentions_go_before_the_html_and_the_html_before_entities() {
        let first = fitted(with(400, 60, 300_000));
        assert_eq!((first.entities.len(), first.entities[0].mentions.len()), (400, 10));
        assert_eq!((first.body_html.len(), first.warnings), (300_000, vec!["entities-cut".to_owned()]));
        let second = fitted(with(800, 60, 400_000));
        assert_eq!((second.entities.len(), second.body_html.len(), second.body.len()), (800, 0, 400_000));
        assert_eq!(second.warnings, ["entities-cut", "body-html-cut"]);
        let third = fitted(with(20_000, 2, 450_000));
        assert!(third.entities.len() > 1_000 && third.body.len() == 450_000);
    }

    #[test]
    fn json_is_never_longer_than_its_estimate() {
        let bare = EnrichedArticle { entities: vec![Entity::default(); 1_000], ..Default::default() };
        let controls = EnrichedArticle { body: "\u{1}".repeat(10_000), ..Default::default() };
        for enriched in [with(1_000, 1, 0), with(1, 1_000, 0), with(0, 0, 10), bare, controls] {
            assert!(json(&enriched) <= most(&enriched), "{} > {}", json(&enriched), most(&enriched));
        }
    }
}
