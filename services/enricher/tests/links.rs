//! Identifiers of the gazetteer: none stands for two things.

use enricher::gazetteer::{Gazetteer, Kind, Sense};
use std::collections::BTreeMap;

fn senses(gazetteer: &Gazetteer) -> impl Iterator<Item = &Sense> {
    (0..).map_while(|index| gazetteer.sense(index)).filter(|sense| sense.id != 0)
}

#[test]
fn no_wikidata_number_stands_for_two_organisations_or_leaders() {
    let mut names: BTreeMap<u32, &str> = BTreeMap::new();
    let linked = senses(Gazetteer::shipped().unwrap());
    for sense in linked.filter(|sense| matches!(sense.kind, Kind::Organisation | Kind::Leader)) {
        let name = sense.detail.split('|').nth(2).unwrap();
        let first = names.entry(sense.id).or_insert(name);
        assert_eq!(*first, name, "Q{}", sense.id);
    }
    assert!(names.len() > 50, "{} numbers", names.len());
}

#[test]
fn no_geonames_number_stands_for_places_in_two_countries() {
    let mut countries: BTreeMap<u32, Vec<u16>> = BTreeMap::new();
    let places = [Kind::Name, Kind::Capital, Kind::City, Kind::Subdivision];
    for sense in senses(Gazetteer::shipped().unwrap()).filter(|sense| places.contains(&sense.kind)) {
        let first = countries.entry(sense.id).or_insert_with(|| sense.countries.to_vec());
        assert_eq!(*first, sense.countries.to_vec(), "{}", sense.id);
    }
    assert!(countries.len() > 100_000, "{} numbers", countries.len());
}
