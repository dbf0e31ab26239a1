//! `eval salience DATA`: salience, compared with the graded salience of GUM and with the number of mentions.
//!
//! DATA is a folder of CoNLL-U files like those of GUM: `# meta::title`, `# text`, entities with their groups in the last
//! column, and `# meta::salientEntities`, which gives for each group how many of five summaries mention it. Each article is
//! enriched, and its entities are matched to groups by the text of their mentions. The result is Spearman's rank
//! correlation of salience and grade within an article, averaged over the articles.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use enricher::{Knowledge, enrich};
use proto::v1::{Article, Entity};
use serde_json::{Value, json};

/// One article of GUM.
#[derive(Debug, Default)]
struct Graded {
    title: String,
    body: String,
    /// Texts of the mentions and grade from 0 to 5, by group.
    groups: BTreeMap<u32, (BTreeSet<String>, u32)>,
}

/// Prints a table unless `json` is set, and returns `{"articles", "entities", "spearman", "spearman_mentions",
/// "per_article": {name: [entities, spearman, spearman_mentions]}}`.
///
/// # Errors
/// A file cannot be read, or no article has grades.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
#[expect(clippy::cast_precision_loss, reason = "counts of articles")]
pub fn run(data: &Path, json: bool) -> anyhow::Result<Value> {
    let knowledge = Knowledge::shipped()?;
    let mut files: Vec<_> = fs::read_dir(data)
        .with_context(|| data.display().to_string())?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "conllu"))
        .collect();
    files.sort();
    let (mut rows, mut entities) = (BTreeMap::new(), 0);
    for file in files {
        let graded = read(&fs::read_to_string(&file)?);
        let article = Article {
            title: graded.title.clone(),
            body: graded.body.clone(),
            language: "en".to_owned(),
            ..Article::default()
        };
        let found = enrich(&article, &knowledge, jiff::Timestamp::UNIX_EPOCH)?;
        let matched = matched(&found.entities, &graded);
        entities += matched.len();
        let grades: Vec<f64> = matched.iter().map(|(_, grade)| f64::from(*grade)).collect();
        let ours: Vec<f64> = matched.iter().map(|(entity, _)| entity.salience).collect();
        let counts: Vec<f64> = matched.iter().map(|(entity, _)| entity.mentions.len() as f64).collect();
        let name = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        // Without different grades an article has no order; without different counts their correlation is 0.
        if let Some(spearman) = spearman(&ours, &grades) {
            rows.insert(name, (matched.len(), spearman, self::spearman(&counts, &grades).unwrap_or(0.0)));
        }
    }
    anyhow::ensure!(!rows.is_empty(), "no graded articles in {}", data.display());
    let mean = |of: &dyn Fn(&(usize, f64, f64)) -> f64| rows.values().map(of).sum::<f64>() / rows.len() as f64;
    let (ours, counts) = (mean(&|row| row.1), mean(&|row| row.2));
    if !json {
        for (name, (count, ours, counts)) in &rows {
            println!("{name:<28} {count:>3} entities  salience {ours:5.2}  mentions {counts:5.2}");
        }
        println!("mean of {} articles, {entities} entities: salience {ours:.3}, mentions {counts:.3}", rows.len());
    }
    Ok(json!({
        "articles": rows.len(), "entities": entities, "spearman": ours, "spearman_mentions": counts, "per_article": rows,
    }))
}

/// Entities with the grades of their groups. Each entity has at most one group and the reverse; pairs with the most common
/// mentions come first.
fn matched<'e>(entities: &'e [Entity], graded: &Graded) -> Vec<(&'e Entity, u32)> {
    let mut pairs: Vec<(usize, usize, u32)> = Vec::new();
    for (at, entity) in entities.iter().enumerate() {
        for (group, (texts, _)) in &graded.groups {
            let common = entity.mentions.iter().filter(|mention| texts.contains(&key(&mention.text))).count();
            if common > 0 {
                pairs.push((common, at, *group));
            }
        }
    }
    pairs.sort_by_key(|(common, at, group)| (std::cmp::Reverse(*common), *at, *group));
    let (mut taken, mut groups) = (BTreeMap::new(), BTreeSet::new());
    for (_, at, group) in pairs {
        if !taken.contains_key(&at) && groups.insert(group) {
            taken.insert(at, group);
        }
    }
    let grade = |group: &u32| graded.groups.get(group).map_or(0, |(_, grade)| *grade);
    taken.iter().filter_map(|(at, group)| Some((entities.get(*at)?, grade(group)))).collect()
}

/// The key by which texts are compared: lower case, single spaces, without a leading article and a final possessive.
fn key(text: &str) -> String {
    let text = text.to_lowercase().replace('\u{2019}', "'").replace(" 's", "'s");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let bare = ["the ", "a ", "an "].iter().find_map(|article| words.strip_prefix(article)).unwrap_or(&words);
    bare.trim_end_matches("'s").trim_end_matches('\'').trim().to_owned()
}

/// Reads one CoNLL-U file.
fn read(text: &str) -> Graded {
    let mut graded = Graded::default();
    let mut grades: HashMap<u32, u32> = HashMap::new();
    let mut paragraph = false;
    // Open mentions, as group and text so far; they close in any order.
    let mut open: Vec<(u32, String)> = Vec::new();
    let mut space = false;
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            paragraph |= comment.starts_with("newpar");
            if let Some(title) = comment.strip_prefix("meta::title = ") {
                title.clone_into(&mut graded.title);
            } else if let Some(salient) = comment.strip_prefix("meta::salientEntities = ") {
                let one = |one: &str| -> Option<(u32, u32)> {
                    let (group, grade) = one.split_once(" (")?;
                    Some((group.parse().ok()?, grade.trim_end_matches([')', '*']).parse().ok()?))
                };
                grades.extend(salient.split(", ").filter_map(one));
            } else if let Some(sentence) = comment.strip_prefix("text = ") {
                // The text repeats the headline at its beginning.
                if !(graded.body.is_empty() && key(sentence) == key(&graded.title)) {
                    let gap = if graded.body.is_empty() {
                        ""
                    } else if paragraph {
                        "\n\n"
                    } else {
                        " "
                    };
                    graded.body.push_str(gap);
                    graded.body.push_str(sentence);
                }
                paragraph = false;
            }
            continue;
        }
        let mut columns = line.split('\t');
        let (Some(id), Some(form), Some(more)) = (columns.next(), columns.next(), columns.nth(7)) else { continue };
        if id.contains(['-', '.']) {
            continue;
        }
        let entity = more.split('|').find_map(|one| one.strip_prefix("Entity=")).unwrap_or_default();
        for (_, text) in open.iter_mut().filter(|_| space) {
            text.push(' ');
        }
        let brackets = brackets(entity);
        open.extend(brackets.iter().filter(|(opens, ..)| *opens).map(|(_, group, _)| (*group, String::new())));
        for (_, text) in &mut open {
            text.push_str(form);
        }
        for (_, group, _) in brackets.iter().filter(|(.., closes)| *closes) {
            if let Some(at) = open.iter().rposition(|(one, _)| one == group) {
                let (group, text) = open.remove(at);
                graded.groups.entry(group).or_default().0.insert(key(&text));
            }
        }
        space = !more.split('|').any(|one| one == "SpaceAfter=No");
    }
    for (group, (_, grade)) in &mut graded.groups {
        *grade = grades.get(group).copied().unwrap_or(0);
    }
    graded
}

/// The brackets of an `Entity=` field in order, such as `(1-person-..`, `2)` and `(3-place-..)`: whether a mention opens,
/// its group, and whether it closes. Brackets within a part are escaped.
fn brackets(entity: &str) -> Vec<(bool, u32, bool)> {
    let mut found = Vec::new();
    let mut rest = entity;
    while !rest.is_empty() {
        let opens = rest.starts_with('(');
        let body = rest.strip_prefix('(').unwrap_or(rest);
        let (inner, after) = body.split_at(body.find(['(', ')']).unwrap_or(body.len()));
        let digits = inner.len() - inner.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let closes = after.starts_with(')');
        if let Ok(group) = inner.get(..digits).unwrap_or("").parse() {
            found.push((opens, group, closes));
        }
        rest = after.strip_prefix(')').unwrap_or(after);
    }
    found
}

/// Spearman's rank correlation; ties have their mean rank. None if all values of one side are equal.
#[expect(clippy::cast_precision_loss, reason = "ranks")]
fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    let (a, b) = (ranks(a), ranks(b));
    let mean = (a.len() as f64 + 1.0) / 2.0;
    let product = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - mean) * (y - mean)).sum::<f64>();
    let spread = (product(&a, &a) * product(&b, &b)).sqrt();
    if spread > 0.0 { Some(product(&a, &b) / spread) } else { None }
}

#[expect(clippy::cast_precision_loss, reason = "ranks")]
fn ranks(values: &[f64]) -> Vec<f64> {
    let below = |one: f64| values.iter().filter(|other| **other < one).count() as f64;
    let equal = |one: f64| values.iter().filter(|other| **other == one).count() as f64;
    values.iter().map(|one| below(*one) + (equal(*one) + 1.0) / 2.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# meta::salientEntities = 1 (5*), 3 (2)
# meta::title = Norvik votes
# newpar
# text = Norvik votes
1	Norvik	_	_	_	_	_	_	_	Entity=(1-place-acc)
2	votes	_	_	_	_	_	_	_	_

# newpar
# text = The mayor of Norvik, Anna Zor's friend, left.
1	The	_	_	_	_	_	_	_	Entity=(2-person-new-3
2	mayor	_	_	_	_	_	_	_	_
3	of	_	_	_	_	_	_	_	_
4	Norvik	_	_	_	_	_	_	_	Entity=(1-place-giv:act-Norvik_%28town%29)2)|SpaceAfter=No
5	,	_	_	_	_	_	_	_	_
6	Anna	_	_	_	_	_	_	_	Entity=(4-person-new(3-person-new-2
7-8	Zor's	_	_	_	_	_	_	_	_
7	Zor	_	_	_	_	_	_	_	SpaceAfter=No
8	's	_	_	_	_	_	_	_	Entity=3)
9	friend	_	_	_	_	_	_	_	Entity=4)|SpaceAfter=No
";

    #[test]
    fn groups_have_texts_and_grades() {
        let graded = read(TEXT);
        assert_eq!(
            (graded.title.as_str(), graded.body.as_str()),
            ("Norvik votes", "The mayor of Norvik, Anna Zor's friend, left.")
        );
        let group =
            |number: u32| (graded.groups[&number].0.iter().cloned().collect::<Vec<_>>(), graded.groups[&number].1);
        assert_eq!(group(1), (vec!["norvik".to_owned()], 5));
        assert_eq!(group(2), (vec!["mayor of norvik".to_owned()], 0));
        assert_eq!(group(3), (vec!["anna zor".to_owned()], 2));
        assert_eq!(group(4).0, ["anna zor's friend"]);
    }

    #[test]
    fn ties_have_their_mean_rank() {
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[10.0, 20.0, 90.0]), Some(1.0));
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), Some(-1.0));
        assert_eq!(spearman(&[1.0, 2.0], &[4.0, 4.0]), None);
        assert_eq!(ranks(&[5.0, 1.0, 5.0]), [2.5, 1.0, 2.5]);
    }
}
