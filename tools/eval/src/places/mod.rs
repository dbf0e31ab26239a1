//! `eval places DATA..`: which places the names in a text mean, compared with picking the largest place of each name.
//!
//! DATA are files that [`input`] reads. Scored are the annotated names that are GPE entities with a GeoNames id in the result:
//! whether the id is right, and whether the place is within 161 km (100 miles) of the right one. Another record of the same
//! place (a town and its district) has another id but is near.

mod input;

use std::collections::HashMap;
use std::path::PathBuf;

use enricher::gazetteer::{Gazetteer, Kind, words};
use input::{Text, Toponym};
use proto::{
    v1::{Article, Entity},
    vocab::{entity, field},
};
use serde_json::{Value, json};

use crate::python;

/// Kilometres within which a place is near enough.
const NEAR: f64 = 161.0;

/// Prints a table for each file unless `json` is set, and returns `{"names", "found", "ids", "near", "largest_ids",
/// "largest_near"}` of all files together: the first is a count, the second its share that has an id, the others shares of those.
///
/// # Errors
/// A file cannot be read or has no ids.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
pub fn run(data: &[PathBuf], json: bool) -> anyhow::Result<Value> {
    let knowledge = enricher::Knowledge::shipped()?;
    let gazetteer = Gazetteer::shipped()?;
    let coordinates = coordinates().unwrap_or_else(|error| {
        if !json {
            println!("only equal ids are near, without coordinates: {error}");
        }
        HashMap::new()
    });
    let mut all = Score::default();
    for file in data {
        let mut score = Score::default();
        for text in input::read(file)? {
            let article = Article { body: text.text.clone(), language: "en".to_owned(), ..Article::default() };
            let enriched = enricher::enrich(&article, &knowledge, jiff::Timestamp::UNIX_EPOCH)?;
            score.add(&text, &enriched.entities, gazetteer, &coordinates);
        }
        all.sum(&score);
        if !json {
            println!("{}: {} names of places", file.display(), score.names);
            score.print();
        }
    }
    Ok(all.json())
}

/// Latitude and longitude by GeoNames id.
type Coordinates = HashMap<String, (f64, f64)>;

fn coordinates() -> anyhow::Result<Coordinates> {
    let output = python::script("coordinates.py")?.output()?;
    anyhow::ensure!(output.status.success(), "tools/eval/coordinates.py: {}", String::from_utf8_lossy(&output.stderr));
    let row = |line: &str| {
        let mut fields = line.split('\t');
        let id = fields.next()?.to_owned();
        Some((id, (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?)))
    };
    Ok(String::from_utf8(output.stdout)?.lines().filter_map(row).collect())
}

#[derive(Debug, Default, PartialEq)]
struct Score {
    names: usize,
    found: usize,
    ids: usize,
    near: usize,
    largest_ids: usize,
    largest_near: usize,
}

impl Score {
    fn add(&mut self, text: &Text, entities: &[Entity], gazetteer: &Gazetteer, coordinates: &Coordinates) {
        let mentions = || {
            let places = entities.iter().filter(|one| one.r#type == entity::GPE && !one.geonames_id.is_empty());
            places.flat_map(|place| place.mentions.iter().map(move |mention| (place, mention)))
        };
        for gold in &text.places {
            self.names += 1;
            let meets = |start: i32, end: i32| start < gold.span.1 && gold.span.0 < end;
            let found = mentions().find(|(_, one)| one.field == field::BODY && meets(one.start, one.end));
            let Some((place, mention)) = found else { continue };
            self.found += 1;
            self.ids += usize::from(place.geonames_id == gold.id);
            self.near += usize::from(is_near(&place.geonames_id, gold, coordinates));
            let largest = largest(gazetteer, &mention.text).unwrap_or_default();
            self.largest_ids += usize::from(largest == gold.id);
            self.largest_near += usize::from(is_near(&largest, gold, coordinates));
        }
    }

    fn sum(&mut self, other: &Score) {
        self.names += other.names;
        self.found += other.found;
        self.ids += other.ids;
        self.near += other.near;
        self.largest_ids += other.largest_ids;
        self.largest_near += other.largest_near;
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of names")]
    fn json(&self) -> Value {
        let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        let of_found = |part: usize| share(part, self.found);
        json!({
            "names": self.names,
            "found": share(self.found, self.names),
            "ids": of_found(self.ids),
            "near": of_found(self.near),
            "largest_ids": of_found(self.largest_ids),
            "largest_near": of_found(self.largest_near),
        })
    }

    #[expect(clippy::print_stdout, reason = "the table goes to standard output")]
    fn print(&self) {
        let json = self.json();
        let cell = |key: &str| json[key].as_f64().unwrap_or(0.0) * 100.0;
        println!("  GPE with an id {:5.1}", cell("found"));
        println!("  {:<18} id {:5.1}  within 161 km {:5.1}", "newswire", cell("ids"), cell("near"));
        println!(
            "  {:<18} id {:5.1}  within 161 km {:5.1}",
            "largest namesake",
            cell("largest_ids"),
            cell("largest_near")
        );
    }
}

/// The id of the place with most people that has the name.
fn largest(gazetteer: &Gazetteer, name: &str) -> Option<String> {
    let words = words::words(name);
    let hit = (0..words.len()).find_map(|at| gazetteer.longest(&words, at, false))?;
    let senses = hit.senses.iter().filter_map(|sense| gazetteer.sense(*sense));
    let place = |kind: Kind| !matches!(kind, Kind::Organisation | Kind::Leader | Kind::Demonym | Kind::NotAPlace);
    let largest = senses.filter(|sense| place(sense.kind) && sense.id != 0).max_by_key(|sense| sense.population)?;
    Some(largest.id.to_string())
}

fn is_near(id: &str, gold: &Toponym, coordinates: &Coordinates) -> bool {
    id == gold.id || coordinates.get(id).is_some_and(|at| kilometres(*at, gold.at) <= NEAR)
}

/// Distance on a sphere between two points in degrees.
fn kilometres(a: (f64, f64), b: (f64, f64)) -> f64 {
    const RADIUS: f64 = 6371.0;
    let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let sum = half(a.0, b.0) + a.0.to_radians().cos() * b.0.to_radians().cos() * half(a.1, b.1);
    2.0 * RADIUS * sum.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::v1::Mention;

    #[test]
    fn distances_are_those_of_the_globe() {
        let (paris, london) = ((48.857, 2.352), (51.507, -0.128));
        assert!((kilometres(paris, london) - 344.0).abs() < 2.0);
        assert!(kilometres(paris, paris) < 0.001);
    }

    #[test]
    fn ids_and_nearness_are_scored_as_are_those_of_the_largest_namesake() {
        let gold = Toponym { span: (3, 8), id: "4717560".to_owned(), at: (33.66, -95.55) };
        let text = Text { text: "In Paris, Texas".to_owned(), places: vec![gold] };
        let mention = Mention { field: field::BODY.to_owned(), start: 3, end: 8, text: "Paris".to_owned() };
        let place = |id: &str| Entity {
            r#type: entity::GPE.to_owned(),
            geonames_id: id.to_owned(),
            mentions: vec![mention.clone()],
            ..Entity::default()
        };
        let coordinates = HashMap::from([("1".to_owned(), (33.0, -95.0))]);
        let gazetteer = Gazetteer::shipped().unwrap();
        let mut score = Score::default();
        score.add(&text, &[place("4717560")], gazetteer, &coordinates);
        score.add(&text, &[place("1")], gazetteer, &coordinates);
        score.add(&text, &[], gazetteer, &coordinates);
        assert_eq!(score, Score { names: 3, found: 2, ids: 1, near: 2, ..Score::default() });
    }
}
