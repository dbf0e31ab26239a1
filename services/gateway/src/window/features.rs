//! What filters and counts compare of an article, as terms: short texts whose first character says what they are.

use proto::v1::{Country, EnrichedArticle, Entity};
use std::collections::BTreeSet;
use unicode_segmentation::UnicodeSegmentation;

/// Most words of an article that are indexed; the first ones, since titles and summaries come first.
const MAX_WORDS: usize = 400;
/// Longest text of a term, in bytes.
const MAX_TERM_BYTES: usize = 200;

/// What a term is of: the first character of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A word of title, summary, publisher or names, folded.
    Word,
    /// A country in focus, by either code.
    Focus,
    /// A country that is mentioned only, by either code.
    Mentioned,
    /// The type of an entity.
    Type,
    /// The key of an entity.
    Entity,
    /// An entity as an article names it: see [`EntityUse::alias`].
    Alias,
    /// A language, lower case.
    Language,
    /// A publisher's domain, lower case.
    Domain,
    /// A publisher's name, lower case.
    Name,
    /// A publisher's country.
    Origin,
    /// A feed's id.
    Feed,
    /// A feed's tag.
    Tag,
}

impl Kind {
    const fn sign(self) -> char {
        match self {
            Kind::Word => 'w',
            Kind::Focus => 'f',
            Kind::Mentioned => 'm',
            Kind::Type => 't',
            Kind::Entity => 'e',
            Kind::Alias => 'a',
            Kind::Language => 'l',
            Kind::Domain => 'p',
            Kind::Name => 'n',
            Kind::Origin => 'o',
            Kind::Feed => 'd',
            Kind::Tag => 'g',
        }
    }

    /// The term of this kind with a value.
    #[must_use]
    pub fn term(self, value: &str) -> String {
        let mut term = String::with_capacity(value.len() + 1);
        term.push(self.sign());
        term.push_str(head(value, MAX_TERM_BYTES));
        term
    }
}

/// What is compared and counted of an article.
#[derive(Debug, Default, Clone)]
pub struct Features {
    /// All terms, sorted, none twice.
    pub terms: Vec<String>,
    /// What trends count.
    pub subjects: Subjects,
}

/// What is counted of an article over time.
#[derive(Debug, Default, Clone)]
pub struct Subjects {
    /// Its countries.
    pub countries: Vec<CountryUse>,
    /// Its entities, one for each key.
    pub entities: Vec<EntityUse>,
    /// Its publisher.
    pub publisher: Publisher,
    /// BCP 47 tag, lower case.
    pub language: String,
}

/// A country of an article.
#[derive(Debug, Clone, PartialEq)]
pub struct CountryUse {
    /// ISO 3166-1 alpha-2, upper case.
    pub code: String,
    /// ISO 3166-1 alpha-3, upper case.
    pub alpha3: String,
    /// English name.
    pub name: String,
    /// True if the article is about it.
    pub is_focus: bool,
    /// 0 to 1.
    pub salience: f32,
}

/// An entity of an article.
#[derive(Debug, Clone, PartialEq)]
pub struct EntityUse {
    /// Its key: see [`entity_key`].
    pub key: String,
    /// What it is, apart from this article.
    pub info: EntityInfo,
    /// True if the title mentions it.
    pub in_title: bool,
    /// 0 to 1.
    pub salience: f32,
}

impl EntityUse {
    /// The term of its key, type and name in this article: articles may name one entity in several ways.
    #[must_use]
    pub fn alias(&self) -> String {
        format!("{}{}\n{}", alias_prefix(&self.key), self.info.kind, self.info.name)
    }
}

/// The beginning of the terms of all names of the entity with this key.
#[must_use]
pub fn alias_prefix(key: &str) -> String {
    format!("{}{key}\n", Kind::Alias.sign())
}

/// What an entity is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityInfo {
    /// PERSON, ORG, GPE, LOC, NORP or EVENT.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Wikidata item; empty if unknown.
    pub wikidata_id: String,
    /// GeoNames number; empty if unknown.
    pub geonames_id: String,
    /// Country that a place lies in; empty if unknown.
    pub country: String,
}

/// A publisher.
#[derive(Debug, Default, Clone, PartialEq, Eq, Hash)]
pub struct Publisher {
    /// Registrable domain; empty if unknown.
    pub domain: String,
    /// Name; empty if unknown.
    pub name: String,
    /// ISO 3166-1 alpha-2 code of its seat; empty if unknown.
    pub country: String,
}

impl Publisher {
    /// The term that stands for it: of its domain, else of its name.
    #[must_use]
    pub fn term(&self) -> String {
        if self.domain.is_empty() {
            Kind::Name.term(&self.name.to_lowercase())
        } else {
            Kind::Domain.term(&self.domain)
        }
    }

    /// What distinguishes it from other publishers: its domain, else its name, lower case.
    #[must_use]
    pub fn key(&self) -> String {
        self.term().split_off(1)
    }
}

impl Subjects {
    /// The subjects of an article.
    #[must_use]
    pub fn of(article: &EnrichedArticle) -> Self {
        let mut subjects = Subjects {
            publisher: Publisher {
                domain: article.publisher_domain.to_lowercase(),
                name: article.publisher_name.clone(),
                country: article.publisher_country.to_uppercase(),
            },
            language: article.language.to_lowercase(),
            ..Subjects::default()
        };
        for entity in &article.entities {
            let key = entity_key(entity);
            if subjects.entities.iter().all(|known| known.key != key) {
                subjects.entities.push(entity_use(entity, key));
            }
        }
        for country in &article.countries {
            let code = country.code.to_uppercase();
            if subjects.countries.iter().all(|known| known.code != code) {
                subjects.countries.push(country_use(country, code));
            }
        }
        subjects
    }

    fn terms(&self, article: &EnrichedArticle) -> Vec<String> {
        let mut terms = BTreeSet::new();
        for country in &self.countries {
            let kind = if country.is_focus { Kind::Focus } else { Kind::Mentioned };
            terms.extend([kind.term(&country.code), kind.term(&country.alpha3)]);
        }
        for entity in &self.entities {
            terms.extend([Kind::Entity.term(&entity.key), Kind::Type.term(&entity.info.kind), entity.alias()]);
        }
        terms.extend([
            self.publisher.term(),
            Kind::Language.term(&self.language),
            Kind::Name.term(&self.publisher.name.to_lowercase()),
            Kind::Origin.term(&self.publisher.country),
        ]);
        terms.extend(article.feed_ids.iter().map(|feed| Kind::Feed.term(feed)));
        terms.extend(article.feed_tags.iter().map(|tag| Kind::Tag.term(tag)));

        let names = self.entities.iter().map(|entity| &entity.info.name);
        let countries = self.countries.iter().map(|country| &country.name);
        let texts = [&article.title, &article.summary, &article.publisher_name, &article.publisher_domain];
        let mut count = 0;
        for word in texts.into_iter().chain(countries).chain(names).flat_map(|text| words(text)) {
            if count == MAX_WORDS {
                break;
            }
            count += usize::from(terms.insert(Kind::Word.term(&word)));
        }
        terms.into_iter().collect()
    }
}

impl Features {
    /// The features of an article.
    #[must_use]
    pub fn of(article: &EnrichedArticle) -> Self {
        let subjects = Subjects::of(article);
        Features { terms: subjects.terms(article), subjects }
    }

    /// True if one of the terms starts with `prefix`.
    #[must_use]
    pub fn has_prefix(&self, prefix: &str) -> bool {
        let at = self.terms.partition_point(|term| term.as_str() < prefix);
        self.terms.get(at).is_some_and(|term| term.starts_with(prefix))
    }

    /// True if it has this term.
    #[must_use]
    pub fn has(&self, term: &str) -> bool {
        self.terms.binary_search_by(|known| known.as_str().cmp(term)).is_ok()
    }
}

fn country_use(country: &Country, code: String) -> CountryUse {
    CountryUse {
        code,
        alpha3: country.alpha3.to_uppercase(),
        name: country.name.clone(),
        is_focus: country.role == proto::vocab::role::FOCUS,
        salience: narrow(country.salience),
    }
}

fn entity_use(entity: &Entity, key: String) -> EntityUse {
    EntityUse {
        key,
        info: EntityInfo {
            kind: entity.r#type.clone(),
            name: head(&entity.name, MAX_TERM_BYTES).to_owned(),
            wikidata_id: entity.wikidata_id.clone(),
            geonames_id: entity.geonames_id.clone(),
            country: entity.country.clone(),
        },
        in_title: entity.in_title,
        salience: narrow(entity.salience),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a salience of 0 to 1 needs no more digits")]
fn narrow(salience: f64) -> f32 {
    salience.clamp(0.0, 1.0) as f32
}

/// What distinguishes an entity from others in all articles: its Wikidata item (`Q114`), else `g` and its GeoNames number, else
/// type and name in lower case (`person:amina odhiambo`).
#[must_use]
pub fn entity_key(entity: &Entity) -> String {
    if !entity.wikidata_id.is_empty() {
        return head(&entity.wikidata_id, MAX_TERM_BYTES).to_uppercase();
    }
    if !entity.geonames_id.is_empty() {
        return format!("g{}", head(&entity.geonames_id, MAX_TERM_BYTES));
    }
    let key = format!("{}:{}", entity.r#type.to_lowercase(), entity.name.to_lowercase());
    head(&key, MAX_TERM_BYTES).to_owned()
}

/// The words of a text, folded: lower case, no accents. Scripts without spaces give one word a character.
pub fn words(text: &str) -> Vec<String> {
    text::fold::unaccented(text).unicode_words().map(|word| head(word, MAX_TERM_BYTES).to_owned()).collect()
}

/// At most `max` bytes, whole characters.
fn head(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_has_one_key_in_all_articles() {
        let entity = |wikidata: &str, geonames: &str, name: &str| Entity {
            r#type: "PERSON".into(),
            name: name.into(),
            wikidata_id: wikidata.into(),
            geonames_id: geonames.into(),
            ..Entity::default()
        };
        assert_eq!(entity_key(&entity("Q114", "12", "Kenya")), "Q114");
        assert_eq!(entity_key(&entity("", "12", "Nairobi")), "g12");
        assert_eq!(entity_key(&entity("", "", "Amina Odhiambo")), "person:amina odhiambo");
        assert_eq!(entity_key(&entity("", "", &"é".repeat(300))).len(), 199);
    }

    #[test]
    fn words_are_folded_and_cut_out_of_any_script() {
        assert_eq!(words("São Tomé’s ferry-link"), ["sao", "tome’s", "ferry", "link"]);
        assert_eq!(words("東京 Tokyo"), ["東", "京", "tokyo"]);
    }
}
