//! Signs that a text is local news of one of several countries whose towns share names.

use super::{candidate::Candidate, word_lists::word_lists};
use crate::{
    document::Document,
    gazetteer::{
        Code, Gazetteer, Kind,
        words::{Separator, Word},
    },
};

/// Weight of the signs of local news of the United States: telephone numbers, street addresses, counties, interstates,
/// offices of local government. They make US places likelier and are not evidence themselves.
pub(super) fn united_states(document: &Document<'_>, gazetteer: &Gazetteer, candidates: &[Candidate]) -> f64 {
    let lists = word_lists();
    let mut signs = 0.0;
    for field in &document.fields {
        for three in field.words.windows(3) {
            let [a, b, c] = three else { continue };
            if lists.us_news.contains(&b.hash) {
                signs += 0.8;
            }
            let digits = |word: &Word| field.slice(word.start, word.end).bytes().all(|byte| byte.is_ascii_digit());
            let long = |word: &Word, count: usize| word.end - word.start == count && digits(word);
            if long(a, 3) && long(b, 3) && long(c, 4) || b.separator == Separator::Hyphen && long(a, 3) && long(b, 4) {
                signs += 1.5;
            }
            // `I-75`.
            if b.separator == Separator::Hyphen && digits(b) && field.slice(a.start, a.end) == "I" {
                signs += 0.8;
            }
            if b.capitalised && c.capitalised && lists.us_offices.contains(&(b.hash, c.hash)) {
                signs += 0.6;
            }
            if digits(a) && b.capitalised && c.capitalised && lists.street_after.contains(&c.hash) {
                signs += 0.7;
            }
        }
    }
    let county =
        |candidate: &&Candidate| candidate.senses(gazetteer).iter().any(|(_, sense)| sense.kind == Kind::County);
    let counties = candidates.iter().filter(county).take(5).count();
    signs + f64::from(u8::try_from(counties).unwrap_or(5))
}

/// Weight of the signs of local news of other countries: words, offices and currencies that hardly any other country's news
/// has. They make places of that country likelier and are not evidence themselves.
pub(super) fn other_countries(document: &Document<'_>, gazetteer: &Gazetteer) -> Vec<(Code, f64)> {
    let lists = word_lists();
    let mut counts = vec![0_u32; lists.local_news.len()];
    for word in document.fields.iter().flat_map(|field| &field.words) {
        if let Some(count) = lists.local_words.get(&word.hash).and_then(|at| counts.get_mut(*at)) {
            *count = (*count + 1).min(6);
        }
    }
    let signs = lists.local_news.iter().zip(counts).filter_map(|((country, money), said)| {
        let paid = document.fields.iter().map(|field| field.text.matches(*money).take(4).count()).sum::<usize>();
        let count = said + u32::try_from(paid.min(4)).unwrap_or(4);
        (count > 0).then(|| Some((gazetteer.code(country)?, 0.8 * f64::from(count))))?
    });
    signs.collect()
}
