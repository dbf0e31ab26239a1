//! Hostile input: no panic, no stack overflow, and work and memory bounded by the size of the input.

use poller::{
    credentials::SecretParameters,
    document::{Context, Document},
    opml,
    parse::{read, xml},
};
use test_support::hostile::{documents, lists};

/// The default stack of a thread of the standard library. Unoptimised builds use more of it than release builds.
const STACK: usize = 2 << 20;
/// Bytes of a document: enough to show quadratic time, and few enough for an unoptimised build.
const SIZE: usize = 1 << 18;

fn context() -> Context<'static> {
    Context::new("https://a.example/feed.xml")
}

/// Runs `work` on a thread with [`STACK`] and propagates its panic. A stack overflow aborts the test process.
fn with_default_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap()
}

/// Bytes of all texts of a parsed document.
fn text_bytes(document: &Document) -> usize {
    let entry = |entry: &poller::document::Entry| {
        let media = entry.media.iter().map(|media| media.url.len() + media.title.len() + media.r#type.len());
        let lists = entry.authors.iter().chain(&entry.categories).map(String::len);
        let texts =
            [&entry.guid, &entry.link, &entry.title, &entry.summary, &entry.content, &entry.language, &entry.comments];
        texts.iter().map(|text| text.len()).chain(lists).chain(media).sum::<usize>()
    };
    let feed = [&document.title, &document.description, &document.site_url, &document.language, &document.rights];
    let lists = document.authors.iter().chain(&document.categories).chain(&document.hints.hubs).map(String::len);
    feed.iter().map(|text| text.len()).chain(lists).chain(document.entries.iter().map(entry)).sum()
}

#[test]
fn documents_do_not_panic_overflow_the_stack_or_expand_without_bound() {
    with_default_stack(|| {
        for (name, make) in documents::ALL {
            for size in [0, 100, SIZE] {
                let bytes = make(size);
                let Ok(document) = read(&bytes, &context()) else { continue };
                // Entities and relative links make a document grow, up to a limit.
                let (parsed, limit) = (text_bytes(&document), 4 * bytes.len() + (24 << 20));
                assert!(parsed <= limit, "{name}: {parsed} bytes of text in {} bytes", bytes.len());
            }
        }
    });
}

#[test]
fn the_tokenizer_scans_each_byte_at_most_eight_times() {
    for (name, make) in documents::ALL {
        let bytes = make(SIZE);
        let Ok((text, ..)) = poller::parse::text(&bytes, &context()) else { continue };
        for scope in [xml::Scope::Structure, xml::Scope::Full] {
            let Ok(parsed) = xml::parse(&text, &context(), scope) else { continue };
            assert!(parsed.scanned <= 8 * text.len() + 1_000, "{name}: {} of {}", parsed.scanned, text.len());
        }
    }
}

/// Ten million bytes, or a hundred thousand nested elements.
#[test]
fn large_hostile_documents_are_read_on_the_default_stack() {
    with_default_stack(|| {
        let read_document = |name: &str, size: usize| {
            let (_, make) = documents::ALL.iter().find(|(n, _)| *n == name).unwrap();
            drop(read(&make(size), &context()));
        };
        read_document("elements in an item, nested without limit", 13 * 1_000);
        read_document("elements in an item, nested without limit", 13 * 100_000);
        read_document("markup in a text, nested without limit", 5 * 100_000);
        read_document("an unclosed quote", 10 << 20);
        read_document("a million attributes", 5_000_000);
        read_document("an unclosed CDATA section", 10 << 20);
        read_document("arrays nested without limit", 100_000);
        read_document("objects nested without limit", 9 * 100_000);
    });
}

#[test]
fn documents_in_utf_16_and_utf_32_do_not_panic() {
    with_default_stack(|| {
        for (_, make) in documents::ALL {
            let Ok(text) = String::from_utf8(make(2_000)) else { continue };
            for bom in ["", "\u{feff}"] {
                let text = format!("{bom}{text}");
                let encoded: [Vec<u8>; 4] = [
                    text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                    text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
                    text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
                    text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect(),
                ];
                for bytes in encoded {
                    // Complete, and truncated within a character.
                    for cut in 0..4_usize {
                        drop(read(&bytes[..bytes.len().saturating_sub(cut)], &context()));
                    }
                }
            }
        }
    });
}

#[test]
fn lists_do_not_panic_and_survive_a_round_trip() {
    with_default_stack(|| {
        for (name, make) in lists::ALL {
            let bytes = make(SIZE);
            let Ok(list) = opml::read_all(&bytes, &SecretParameters::default()) else { continue };
            let tags: usize = list.feeds.iter().map(|feed| feed.tags.len()).max().unwrap_or_default();
            assert!(tags <= opml::MAX_TAGS, "{name}: {tags}");
            let again = opml::read_all(opml::write("x", &list.feeds).as_bytes(), &SecretParameters::default()).unwrap();
            assert_eq!(again.feeds, list.feeds, "{name}");
        }
    });
}

/// A benchmark, not a test: `NEWSWIRE_MEASURE=1 cargo test --release -p poller --test poller -- --nocapture hostile::pace`.
#[test]
fn pace() {
    if std::env::var_os("NEWSWIRE_MEASURE").is_none() {
        eprintln!("skipped: a benchmark of hostile documents (NEWSWIRE_MEASURE=1 runs it)");
        return;
    }
    let millis = |work: &mut dyn FnMut()| {
        let started = std::time::Instant::now();
        work();
        started.elapsed().as_secs_f64() * 1e3
    };
    let mut slowest = (0.0, "");
    for (name, make) in documents::ALL {
        let [half, whole] = [5_usize << 20, 10 << 20].map(|size| {
            let bytes = make(size.saturating_sub(4_000));
            millis(&mut || drop(std::hint::black_box(read(&bytes, &context()))))
        });
        eprintln!("{half:8.1} {whole:8.1} ms  {name}");
        if whole > slowest.0 {
            slowest = (whole, name);
        }
    }
    for (name, make) in lists::ALL {
        let bytes = make(10 << 20);
        eprintln!(
            "{:17.1} ms  {name}",
            millis(&mut || drop(std::hint::black_box(opml::read_all(&bytes, &SecretParameters::default()))))
        );
    }
    eprintln!("slowest: {:.1} ms, {}", slowest.0, slowest.1);
}
