//! Hostile texts of articles: what makes a tokeniser, a recogniser of names or a gazetteer do more than its share.

use super::Text;

/// All kinds of hostile text.
pub const ALL: &[Text] = &[
    // Other languages.
    ("clubs", "es", |n| "Real Madrid ".repeat(n / 12)),
    ("a list of languages", "es", |n| format!("Habla {}", "francés, inglés y ".repeat(n / 19))),
    ("a state or a country", "es", |n| "Georgia, Atlanta. ".repeat(n / 18)),
    ("different surnames in Russian", "ru", |n| {
        numbered(n, 45, |i| format!("Сергею Петр{}ову сказали. ", name(i).to_lowercase()))
    }),
    ("stems", "ru", |n| "Российской французских ".repeat(n / 43)),
    ("endings behind apostrophes", "tr", |n| numbered(n, 16, |i| format!("{}'dan gelen ", name(i)))),
    ("clitics before a name", "ar", |n| "وبالوللبفرنسا ".repeat(n / 25)),
    ("parts of words", "zh", |n| "近日本市中国家".repeat(n / 21)),
    ("Thai without an end", "th", |n| "กรุงเทพมหานคร".repeat(n / 39)),
    ("vowel signs", "hi", |n| "माली रूसी ".repeat(n / 28)),
    ("nouns with capitals", "de", |n| numbered(n, 16, |i| format!("Die {} Frankreichs ", name(i)))),
    // Names and sentences.
    ("initials", "en", |n| "A. ".repeat(n / 3)),
    ("initials that differ", "en", |n| (0..n / 3).map(|i| format!("{}. ", capital(i * 7))).collect()),
    ("sentences of one character", "en", |n| "I. a! B? ".repeat(n / 9)),
    ("one-word sentences", "en", |n| "Rome. ".repeat(n / 6)),
    ("different surnames", "en", |n| numbered(n, 25, |i| format!("John {} said so. ", name(i)))),
    ("different first names of one surname", "en", |n| numbered(n, 25, |i| format!("{} Smith said so. ", name(i)))),
    ("names of three words in all combinations", "en", |n| {
        numbered(n, 30, |i| format!("{} {} {} spoke. ", name(i % 7), name(i / 7 % 7), name(i / 49 % 7)))
    }),
    ("persons with one role and similar names", "en", |n| {
        numbered(n, 40, |i| format!("President Alexander Karpov{} spoke. ", name(i).to_lowercase()))
    }),
    ("a name without an end", "en", |n| "Jean ".repeat(n / 5)),
    ("a name of names", "en", |n| numbered(n, 8, |i| format!("{} ", name(i)))),
    ("names joined by small words", "en", |n| numbered(n, 12, |i| format!("{} of the ", name(i)))),
    ("names that are parts of each other", "en", |n| {
        let words: Vec<String> = (0..40).map(name).collect();
        numbered(n, 160, |i| format!("{} spoke. ", words[i % 20..i % 20 + 2 + i % 17].join(" ")))
    }),
    ("titles before titles", "en", |n| "President Minister General ".repeat(n / 27)),
    ("surnames after titles", "en", |n| numbered(n, 20, |i| format!("Mr {} and ", name(i)))),
    ("organisations by suffix", "en", |n| numbered(n, 16, |i| format!("{} Inc. ", name(i)))),
    ("suffixes of organisations", "en", |n| "Inc. Ltd. Corp. GmbH Co. ".repeat(n / 25)),
    ("organisations with initials in brackets", "en", |n| {
        numbered(n, 50, |i| {
            let words = [name(i), name(i * 3 + 1), name(i * 7 + 2)];
            let initials: String = words.iter().filter_map(|word| word.chars().next()).collect();
            format!("{} Bank ({initials}B) paid. ", words.join(" "))
        })
    }),
    ("initials and names that stand for each other", "en", |n| {
        numbered(n, 30, |i| format!("{}{} of {} ", capital(i), capital(i * 3), name(i)))
    }),
    ("capitals only", "en", |n| numbered(n, 8, |i| format!("{} ", name(i).to_uppercase()))),
    ("single capitals only", "en", |n| "A B C D ".repeat(n / 8)),
    ("possessives", "en", |n| "'s’s's ".repeat(n / 9)),
    ("articles", "en", |n| "The The the a A an ".repeat(n / 19)),
    // Countries and places.
    ("one country", "en", |n| "France, ".repeat(n / 8)),
    ("all countries", "en", |n| {
        cycle(n, &["Chad", "Mali", "Peru", "Oman", "Cuba", "Iran", "Iraq", "Laos", "Fiji", "Togo"], ", ")
    }),
    ("countries joined by hyphens", "en", |n| cycle(n, &["China", "India", "Japan", "Iran"], "-")),
    ("demonyms", "en", |n| cycle(n, &["French", "German", "Chinese", "Iranian", "Peruvian"], " ")),
    ("a list of languages", "en", |n| cycle(n, &["English", "French", "Arabic", "Turkish", "Spanish"], ", ")),
    ("languages joined by a conjunction", "en", |n| format!("into {}", "English and ".repeat(n / 12))),
    ("towns of one state", "en", |n| {
        let towns = ["Houston", "Dallas", "Austin", "El Paso", "Laredo", "Lubbock", "Waco", "Tyler", "Plano", "Irving"];
        cycle(n, &towns, ", Texas; ")
    }),
    ("towns that many countries have", "en", |n| {
        cycle(
            n,
            &["Springfield", "San Jose", "Santa Cruz", "Victoria", "Richmond", "Cambridge", "Paris", "London"],
            ", ",
        )
    }),
    ("places in brackets", "en", |n| "Paris (Texas (Paris (London (".repeat(n / 30)),
    ("abbreviations of states", "en", |n| "Macon, Ga. Paris, Tex. Fenwick, Ont. ".repeat(n / 37)),
    ("parts of places", "en", |n| "eastern northern Congo-eastern ".repeat(n / 31)),
    ("saints", "en", |n| "St. Paul and St. John and ".repeat(n / 26)),
    ("banks", "en", |n| "Bank of Bank of China ".repeat(n / 22)),
    ("relatives", "en", |n| format!("her sons {}", "Austin, Israel and Chad, ".repeat(n / 25))),
    ("ages", "en", |n| "Paris, 54, of Chad, 7, ".repeat(n / 23)),
    ("telephone numbers", "en", |n| "555-123-4567 I-75 ".repeat(n / 18)),
    ("misspelt leaders", "en", |n| "Volodomyr Zelensky Narender Modi ".repeat(n / 33)),
    ("a country with endless marks", "en", |n| format!("Peru{}", "\u{301}".repeat(n / 2))),
    ("a country with an endless gap", "en", |n| format!("New{}Zealand", " ".repeat(n))),
    ("countries in Russian", "ru", |n| cycle(n, &["Франция", "Германии", "Китаю", "Ирана"], " ")),
    ("countries in Polish", "pl", |n| cycle(n, &["Francji", "Niemiec", "Polsce", "Węgrzech"], " ")),
    ("countries in Finnish", "fi", |n| cycle(n, &["Turkissa", "Englannin", "Yhdysvaltain"], " ")),
    ("countries in Chinese", "zh", |n| cycle(n, &["法国", "德国", "印度", "马里"], "")),
    ("countries in Japanese", "ja", |n| cycle(n, &["タイ", "アメリカ", "フランス"], "")),
    ("countries in Korean", "ko", |n| cycle(n, &["프랑스는", "독일이", "중국"], "")),
    ("clitics in Arabic", "ar", |n| "ووبلفك".repeat(n / 12)),
    ("clitics in Hebrew", "he", |n| "ובלמהשכ ".repeat(n / 15)),
    // Characters.
    ("one long word", "en", |n| "a".repeat(n)),
    ("one long word in capitals", "en", |n| "A".repeat(n)),
    ("one long line without spaces", "en", |n| "word.and,word;".repeat(n / 14)),
    ("full stops and commas", "en", |n| ".,".repeat(n / 2)),
    ("full stops with spaces", "en", |n| ". ".repeat(n / 2)),
    ("apostrophes, then commas", "en", |n| format!("{}{}", "'".repeat(n / 2), ",".repeat(n / 2))),
    ("apostrophes and digits", "en", |n| "'1".repeat(n / 2)),
    ("nested brackets", "en", |n| format!("{}x{}", "(".repeat(n / 2), ")".repeat(n / 2))),
    ("nested brackets of all kinds", "en", |n| "([{<".repeat(n / 4)),
    ("nested quotes", "en", |n| "\"' ".repeat(n / 3)),
    ("typographic quotes", "en", |n| "“‘«”’»".repeat(n / 17)),
    ("closing quotes", "en", |n| format!("Yes.{}", " \"'".repeat(n / 3))),
    ("a chain of hyphens", "en", |n| "a-".repeat(n / 2)),
    ("a chain of names with hyphens", "en", |n| cycle(n, &["Lagos", "Ibadan", "Paris"], "-")),
    ("hyphens", "en", |n| "-".repeat(n)),
    ("dashes", "en", |n| "a—b–c--".repeat(n / 11)),
    ("slashes", "en", |n| "a/B/".repeat(n / 4)),
    ("ampersands", "en", |n| "AT&T&".repeat(n / 5)),
    ("at signs", "en", |n| "a@b.c@".repeat(n / 6)),
    ("numbers", "en", |n| "1,000.5% $5 ".repeat(n / 12)),
    ("date-like text", "en", |n| "2026-11-29T00:00:00+00:00 29 Nov 2026 ".repeat(n / 38)),
    ("combining marks", "en", |n| "e\u{301}\u{327}\u{323}".repeat(n / 7)),
    ("one character with endless marks", "en", |n| format!("Z{}", "\u{300}\u{316}".repeat(n / 4))),
    ("right-to-left marks", "en", |n| "a\u{202e}b\u{200f}\u{2066}".repeat(n / 11)),
    ("Arabic without spaces", "ar", |n| "مرحبا".repeat(n / 10)),
    ("Chinese without spaces", "zh", |n| "新闻报道".repeat(n / 12)),
    ("Chinese without a language", "", |n| "新闻。报道".repeat(n / 15)),
    ("Thai without spaces", "th", |n| "ข่าวไทย".repeat(n / 21)),
    ("Hangul as jamo", "ko", |n| "\u{1112}\u{1161}\u{11ab}".repeat(n / 9)),
    ("emoji with joiners", "en", |n| "👨\u{200d}👩\u{200d}👧\u{200d}👦".repeat(n / 25)),
    ("flags", "en", |n| "🇫🇷🇩🇪".repeat(n / 16)),
    ("characters beyond the basic plane", "en", |n| "𝐀𝓑𝕮 ".repeat(n / 13)),
    ("ligatures that expand", "ar", |n| "\u{fdfa}".repeat(n / 3)),
    ("replacement characters", "en", |n| "\u{fffd}".repeat(n / 3)),
    ("private characters", "en", |n| "\u{e000}\u{10fffd}".repeat(n / 7)),
    ("zero-width characters", "en", |n| "a\u{200b}\u{200d}\u{feff}".repeat(n / 10)),
    ("soft hyphens", "en", |n| "Ger\u{ad}man\u{ad}y ".repeat(n / 12)),
    ("dotless and dotted i", "tr", |n| "İıİ ".repeat(n / 7)),
    ("sharp s and sigma", "el", |n| "ßΣς ".repeat(n / 7)),
    // Lines and whitespace.
    ("runs of whitespace", "en", |n| format!("a{}b", " \t\u{a0}\u{3000}".repeat(n / 7))),
    ("line breaks", "en", |n| "a\n".repeat(n / 2)),
    ("empty lines", "en", |n| "\n\n".repeat(n / 2)),
    ("paragraphs of one character", "en", |n| "x\n\n".repeat(n / 3)),
    ("lines as if wrapped by hand", "en", |n| format!("{}\n", "word ".repeat(14)).repeat(n / 71)),
    ("lines of boilerplate", "en", |n| "Read more\nShare this\nAdvertisement\n".repeat(n / 35)),
    ("a sentence and boilerplate", "en", |n| format!("Yes. {}", "… read more ".repeat(n / 14))),
    ("ellipses and links", "en", |n| "... continue reading ".repeat(n / 21)),
    ("separators of titles", "en", |n| "A - B | C : ".repeat(n / 12)),
    ("site names", "en", |n| "News RSS feed rss xml ".repeat(n / 22)),
    ("long addresses", "en", |n| format!("https://a.example/{}", "x/".repeat(n / 2))),
    ("thousands of addresses", "en", |n| "see www.iran.example/China ".repeat(n / 27)),
    ("slashes of an address", "en", |n| "://".repeat(n / 3)),
    ("base64", "en", |n| "QUJDREVGR0hJ".repeat(n / 12)),
    ("a table of numbers", "en", |n| "12\t34\t56\n".repeat(n / 9)),
    ("a programme", "en", |n| "if (a < b) { x[i] = \"y\"; }\n".repeat(n / 27)),
];

/// Pieces for the numbers from 0, of about `each` bytes, up to `n` bytes.
fn numbered(n: usize, each: usize, piece: impl Fn(usize) -> String) -> String {
    (0..n / each).map(piece).collect()
}

/// `words` in turn, with `between` after each, up to `n` bytes.
fn cycle(n: usize, words: &[&str], between: &str) -> String {
    let each = words.iter().map(|word| word.len() + between.len()).sum::<usize>() / words.len();
    words.iter().cycle().take(n / each.max(1)).flat_map(|word| [*word, between]).collect()
}

fn capital(i: usize) -> char {
    char::from(b'A' + u8::try_from(i % 26).unwrap())
}

/// A capitalised word; different ones for different numbers.
fn name(i: usize) -> String {
    let syllables = ["ka", "ro", "mi", "tel", "vo", "ran", "su", "lem", "di", "por"];
    let (mut word, mut rest) = (String::new(), i + 10);
    while rest > 0 {
        word.push_str(syllables[rest % 10]);
        rest /= 10;
    }
    word[..1].to_uppercase() + &word[1..]
}
