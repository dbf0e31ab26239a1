//! Words that decide whether a place's name is a mention of the place, from `data/sources/words`.

use crate::gazetteer::words;
use std::{
    collections::{HashMap, HashSet},
    sync::OnceLock,
};
use tagger::word_lists;

/// Words around a place's name.
static COUNTRIES: &str = include_str!("../../data/sources/words/countries.tsv");
/// Signs of local news by country.
static LOCAL_NEWS: &str = include_str!("../../data/sources/words/local_news.tsv");
/// Offices of local government in the United States.
static US_OFFICES: &str = include_str!("../../data/sources/words/us_offices.txt");

/// Declares [`WordLists`]: each field is the list of its name in `countries.tsv`.
macro_rules! word_lists {
    (hashed { $($(#[$hashed_doc:meta])* $hashed:ident,)* } exact { $($(#[$exact_doc:meta])* $exact:ident,)* }) => {
        /// Sets of words: by the hash of the folded word, or as written.
        #[derive(Debug)]
        pub(super) struct WordLists {
            $($(#[$hashed_doc])* pub(super) $hashed: HashSet<u64>,)*
            $($(#[$exact_doc])* pub(super) $exact: HashSet<&'static str>,)*
            /// Hashes of the two words that name an office of local government in the United States.
            pub(super) us_offices: HashSet<(u64, u64)>,
            /// Countries with signs of local news: alpha-2 and currency sign.
            pub(super) local_news: Vec<(&'static str, &'static str)>,
            /// Words of local news, with the index of their country in `local_news`.
            pub(super) local_words: HashMap<u64, usize>,
        }

        impl WordLists {
            fn load() -> WordLists {
                let hashed = |name| word_lists::words(COUNTRIES, name).map(words::hash).collect();
                let exact = |name| word_lists::words(COUNTRIES, name).collect();
                let (local_news, local_words) = local_news();
                WordLists {
                    $($hashed: hashed(stringify!($hashed)),)*
                    $($exact: exact(stringify!($exact)),)*
                    us_offices: us_offices(),
                    local_news,
                    local_words,
                }
            }

            #[cfg(test)]
            const NAMES: &[&str] = &[$(stringify!($hashed),)* $(stringify!($exact),)*];
        }
    };
}

word_lists! {
    hashed {
        /// After a name: it names water, a mountain and the like.
        water_after,
        /// Before `of` and a name: the same.
        water_before_of,
        /// After a name: it names a disease, an animal, a dish.
        things_named_after,
        /// After a name: it names a street.
        street_after,
        /// After a name, capitalised: it names a company, a newspaper, a club.
        company_after,
        /// Before a name, capitalised: it names a club (`AS Monaco`) or an airline (`Air Canada`).
        club_before,
        /// The next word after a name or the one after that, capitalised: it names a team.
        team_after,
        /// Before `Bank of`: a commercial bank, which does not represent its country.
        bank_before,
        /// Before a language.
        language_before,
        /// After a language.
        language_after,
        /// Names of languages.
        language,
        /// Between the members of a list.
        conjunction,
        /// Before a place: `in`, `from`, `near`.
        place_preposition,
        /// Words of local news in the United States.
        us_news,
        /// Words of politics: in a text with one, a rare surname is a leader's.
        politics,
        /// After a name, capitalised, where the tagger sees a longer organisation: it names a company.
        trade_after,
        /// Relatives: `her daughter Brittany`, `Georgia's father`.
        kin,
        /// After the possessive of a name that is also a US state's: offices that only a state has.
        state_office_after,
        /// Words of air travel: in a text with one, `Emirates` is an airline.
        aviation,
        /// Before `US` in a line of capitals: it is the pronoun.
        before_us,
        /// Before a name: a part of the place.
        part_before,
        /// After a saint's name: a building or an institution.
        church_after,
        /// The last word of a newspaper's or airline's name.
        newspaper,
        /// Names that are words or given names in a text without capitals: `turkey`, `jordan`.
        lower_word,
        /// Words that are abbreviations of countries and states in usual texts, and words in capitals.
        word_in_capitals,
        /// Before a name, capitalised: makers, whose products have names of places (`Seat Ibiza`).
        maker_before,
        /// Before a name, capitalised: a ship or a storm.
        vessel_before,
        /// Before a name: a work, an artist, a ship.
        work_before,
        /// Animals, which have names of places.
        animal,
        /// Other things that are named or called: `a ferry called Oslo`.
        named_thing,
        /// Before a name: a business (`the retailer Iceland`).
        business_before,
        /// Businesses with names of places.
        brand,
        /// After a business's name.
        shop_after,
        /// Currencies.
        currency,
        /// Before the name of a currency: an amount is meant, not its value.
        amount_before,
        /// Before `Indian`: one of America.
        indian_before,
        /// After `Indian`: the same.
        indian_after,
        /// Peoples of Indians of America.
        tribe,
        /// In an organisation's name: it is a public institution, which is of its place.
        public,
        /// Between a town and the region that it lies in: `a small town in`.
        locating,
        /// Before a person's name, capitalised, and never before a place's.
        honorific,
        /// Words of kitchen and home: in a text with one, `turkey` and `china` are none.
        domestic,
        /// What countries do.
        state_verb,
        /// Kinds of towns.
        town,
        /// Countries whose names persons have as given names or surnames.
        person_or_country,
    }
    exact {
        /// After a language that no noun follows.
        after_language,
        /// Before `Bank of`: a bank that represents its country.
        public_bank,
    }
}

/// The lists, read at the first call.
pub(super) fn word_lists() -> &'static WordLists {
    static LISTS: OnceLock<WordLists> = OnceLock::new();
    LISTS.get_or_init(WordLists::load)
}

fn us_offices() -> HashSet<(u64, u64)> {
    let pairs = US_OFFICES.lines().filter(|line| !line.starts_with("# ")).filter_map(|line| line.split_once(' '));
    pairs.map(|(first, second)| (words::hash(first), words::hash(second))).collect()
}

fn local_news() -> (Vec<(&'static str, &'static str)>, HashMap<u64, usize>) {
    let (mut countries, mut by_word) = (Vec::new(), HashMap::new());
    for country in word_lists::names(LOCAL_NEWS) {
        let Some((currency, signs)) = word_lists::line(LOCAL_NEWS, country).split_once('\t') else { continue };
        by_word.extend(signs.split_ascii_whitespace().map(|word| (words::hash(word), countries.len())));
        countries.push((country, currency));
    }
    (countries, by_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_in_the_file_and_has_words() {
        let mut in_file: Vec<&str> = word_lists::names(COUNTRIES).collect();
        let mut declared = WordLists::NAMES.to_vec();
        in_file.sort_unstable();
        declared.sort_unstable();
        assert_eq!(in_file, declared);
        assert!(in_file.iter().all(|name| word_lists::words(COUNTRIES, name).next().is_some()));
        let lists = word_lists();
        assert_eq!((lists.us_offices.len(), lists.local_news.len()), (11, 6));
        assert!(lists.local_words.len() > 80);
    }
}
