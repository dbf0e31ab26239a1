use super::{NOW, feed, items};
use normaliser::{Normalised, boilerplate, normalise, revision::Delivery};
use poller::{document::Context, parse};
use test_support::corpora;

fn shows() -> bool {
    std::env::var_os("NEWSWIRE_SHOW").is_some()
}

/// What the rules cut from real feeds: little, and no paragraph. `NEWSWIRE_SHOW=1` prints it.
#[test]
fn little_is_cut_from_the_captures_of_publishers() {
    let Some(folder) = corpora::find("corpora/publishers") else { return };
    let delivery = Delivery::at(NOW.parse().unwrap());
    let (mut words, mut cut_words, mut empty) = (0, 0, 0);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_none_or(|extension| extension != "json")) {
        let name = file.file_name().unwrap().to_string_lossy();
        let bytes = std::fs::read(file).unwrap();
        if parse::read(&bytes, &Context::new("https://news.example/feed")).is_err() {
            continue;
        }
        for raw in items(&feed("https://news.example/feed"), &bytes) {
            let Ok(Normalised::Article(published)) = normalise(&raw, None, delivery) else { continue };
            let (article, trace) = (&published.article, &published.trace);
            words += usize::try_from(article.word_count).unwrap();
            empty += usize::from(article.body.is_empty() && !trace.cuts.is_empty());
            if shows() && trace.title != article.title {
                println!("{name}\ttitle\t{}\t{}", trace.title, article.title);
            }
            if shows() && !raw.title.is_empty() && raw.title != trace.title && raw.title.contains('<') {
                println!("{name}\tmarkup\t{}\t{}", raw.title, trace.title);
            }
            for cut in &trace.cuts {
                cut_words += cut.line.split_whitespace().count();
                if shows() {
                    println!("{name}\t{}\t{:?}\t{}", cut.rule, cut.at, cut.line);
                }
                assert!(cut.line.chars().count() <= 300, "{name}: {}", cut.line);
            }
        }
    }
    if shows() {
        println!("{words} words kept, {cut_words} cut, {empty} bodies emptied");
    }
    assert!(cut_words * 20 < words, "{cut_words} of {words} words were cut");
}

/// The truth of a benchmark of extraction is nothing but text of articles, in 41 countries' languages. `NEWSWIRE_SHOW=1` prints what
/// the rules cut from it.
#[test]
fn next_to_nothing_is_cut_from_what_is_all_article() {
    let Some(file) = corpora::find("corpora/html/fundus/truth.jsonl") else { return };
    let (mut words, mut cut_words) = (0, 0);
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let truth: serde_json::Value = serde_json::from_str(line).unwrap();
        let paragraphs = truth["text"].as_str().unwrap_or_default().lines().filter(|line| !line.trim().is_empty());
        let text = paragraphs.collect::<Vec<_>>().join("\n\n");
        words += text.split_whitespace().count();
        for cut in boilerplate::strip(&text, &[]).cuts() {
            cut_words += cut.line.split_whitespace().count();
            if shows() {
                println!("{}\t{}\t{:?}\t{}", truth["file"], cut.rule, cut.at, cut.line);
            }
        }
    }
    if shows() {
        println!("{cut_words} of {words} words cut");
    }
    assert!(words > 0 && cut_words * 2_000 < words, "{cut_words} of {words} words were cut");
}
