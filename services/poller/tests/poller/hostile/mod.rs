//! Whatever the input: no panic, no exhausted stack, and no more work than its size is worth.

use poller::{
    document::{Context, Document},
    opml,
    parse::{read, xml},
};

mod documents;
mod lists;

/// What a thread of the standard library gets, of which an unoptimised build needs more than one that ships.
const STACK: usize = 2 << 20;
/// Bytes of a document: enough that a square would be seen, little enough for an unoptimised build.
const SIZE: usize = 1 << 18;

fn cx() -> Context<'static> {
    Context::new("https://a.example/feed.xml")
}

/// Does `work` on a thread with the ordinary stack. A panic there is one here; an exhausted stack ends the tests.
fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap()
}

/// Bytes of all that a document was understood to say.
fn said(document: &Document) -> usize {
    let entry = |e: &poller::document::Entry| {
        let media = e.media.iter().map(|m| m.url.len() + m.title.len() + m.r#type.len());
        let lists = e.authors.iter().chain(&e.categories).map(String::len);
        let texts = [&e.guid, &e.link, &e.title, &e.summary, &e.content, &e.language, &e.comments];
        texts.iter().map(|t| t.len()).chain(lists).chain(media).sum::<usize>()
    };
    let feed = [&document.title, &document.description, &document.site_url, &document.language, &document.rights];
    let lists = document.authors.iter().chain(&document.categories).chain(&document.hints.hubs).map(String::len);
    feed.iter().map(|t| t.len()).chain(lists).chain(document.entries.iter().map(entry)).sum()
}

#[test]
fn no_document_panics_or_exhausts_the_stack_or_swells() {
    on_a_thread(|| {
        for (name, make) in documents::ALL {
            for size in [0, 100, SIZE] {
                let bytes = make(size);
                let Ok(document) = read(&bytes, &cx()) else { continue };
                // What one document may add to itself is bounded altogether: entities, links that grow by their base.
                let most = 4 * bytes.len() + (24 << 20);
                assert!(said(&document) <= most, "{name}: {} of {}", said(&document), bytes.len());
            }
        }
    });
}

#[test]
fn the_tokenizer_looks_at_each_byte_a_few_times_at_most() {
    for (name, make) in documents::ALL {
        let bytes = make(SIZE);
        let Ok((text, ..)) = poller::parse::text(&bytes, &cx()) else { continue };
        for depth in [xml::Scope::Structure, xml::Scope::Full] {
            let Ok(walked) = xml::parse(&text, &cx(), depth) else { continue };
            assert!(walked.scanned <= 8 * text.len() + 1_000, "{name}: {} of {}", walked.scanned, text.len());
        }
    }
}

/// Ten million bytes, or a hundred thousand elements: the figures that the contract names.
#[test]
fn the_sizes_that_are_promised() {
    on_a_thread(|| {
        let large = |name: &str, size: usize| {
            let (_, make) = documents::ALL.iter().find(|(n, _)| *n == name).unwrap();
            drop(read(&make(size), &cx()));
        };
        large("elements in an item, nested without end", 13 * 1_000);
        large("elements in an item, nested without end", 13 * 100_000);
        large("markup in a text, nested without end", 5 * 100_000);
        large("a quote that is never closed", 10 << 20);
        large("a million attributes", 5_000_000);
        large("a character section that is never closed", 10 << 20);
        large("arrays nested without end", 100_000);
        large("objects nested without end", 9 * 100_000);
    });
}

#[test]
fn every_document_in_every_encoding() {
    on_a_thread(|| {
        for (_, make) in documents::ALL {
            let Ok(text) = String::from_utf8(make(2_000)) else { continue };
            for mark in ["", "\u{feff}"] {
                let text = format!("{mark}{text}");
                let wide: [Vec<u8>; 4] = [
                    text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                    text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
                    text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
                    text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect(),
                ];
                for bytes in wide {
                    // Whole, and cut within a character.
                    for cut in 0..4_usize {
                        drop(read(&bytes[..bytes.len().saturating_sub(cut)], &cx()));
                    }
                }
            }
        }
    });
}

#[test]
fn no_list_panics_or_takes_more_than_its_size_is_worth() {
    on_a_thread(|| {
        for (name, make) in lists::ALL {
            let bytes = make(SIZE);
            let Ok(list) = opml::read_all(&bytes) else { continue };
            let tags: usize = list.feeds.iter().map(|feed| feed.tags.len()).max().unwrap_or_default();
            assert!(tags <= opml::MAX_TAGS, "{name}: {tags}");
            let again = opml::read_all(opml::write("x", &list.feeds).as_bytes()).unwrap();
            assert_eq!(again.feeds, list.feeds, "{name}");
        }
    });
}

/// A measurement: `NEWSWIRE_MEASURE=1 cargo test --release -p poller --test poller -- --nocapture hostile::pace`.
#[test]
fn pace() {
    if std::env::var_os("NEWSWIRE_MEASURE").is_none() {
        eprintln!("skipped: a measurement of hostile documents (NEWSWIRE_MEASURE=1 takes it)");
        return;
    }
    let took = |work: &mut dyn FnMut()| {
        let begun = std::time::Instant::now();
        work();
        begun.elapsed().as_secs_f64() * 1e3
    };
    let mut slowest = (0.0, "");
    for (name, make) in documents::ALL {
        let [half, whole] = [5_usize << 20, 10 << 20].map(|size| {
            let bytes = make(size.saturating_sub(4_000));
            took(&mut || drop(std::hint::black_box(read(&bytes, &cx()))))
        });
        eprintln!("{half:8.1} {whole:8.1} ms  {name}");
        if whole > slowest.0 {
            slowest = (whole, name);
        }
    }
    for (name, make) in lists::ALL {
        let bytes = make(10 << 20);
        eprintln!("{:17.1} ms  {name}", took(&mut || drop(std::hint::black_box(opml::read_all(&bytes)))));
    }
    eprintln!("slowest: {:.1} ms, {}", slowest.0, slowest.1);
}
