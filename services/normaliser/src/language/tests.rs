use super::*;

const ENGLISH: &str = "The two ministers met on Tuesday to talk about trade along the coast and the new harbour.";
const GERMAN: &str = "Die beiden Minister trafen sich am Dienstag, um über den Handel an der Küste zu sprechen.";

fn of(text: &str, feed: &str) -> String {
    detect(text, &[Hint::Feed(feed)]).code
}

#[test]
fn the_language_of_a_text_is_detected_without_a_hint() {
    for (text, code) in [
        (ENGLISH, "en"),
        (GERMAN, "de"),
        ("Obě vlády se v úterý dohodly na nové smlouvě o obchodu", "cs"),
        ("Обидва міністри зустрілися у вівторок", "uk"),
        ("Двамата министри се срещнаха във вторник", "bg"),
        ("وزرای دو کشور روز سه‌شنبه دیدار کردند", "fa"),
        ("التقى الوزيران يوم الثلاثاء في العاصمة", "ar"),
        ("دونوں وزراء نے منگل کو ملاقات کی", "ur"),
        ("Οι δύο υπουργοί συναντήθηκαν την Τρίτη", "el"),
        ("两国部长周二会面", "zh"),
        ("大臣は火曜日に会談した", "ja"),
        ("장관들이 화요일에 만났다", "ko"),
        ("รัฐมนตรีทั้งสองพบกันเมื่อวันอังคาร", "th"),
    ] {
        assert_eq!(detect(text, &[]).code, code, "{text}");
    }
}

#[test]
fn a_text_without_enough_letters_has_no_language() {
    for text in ["12345 67890", "Ok", "", "Kabul 1-0"] {
        assert_eq!(detect(text, &[]), Language { code: "und".to_owned(), confidence: 0.0 }, "{text}");
    }
}

#[test]
fn a_templates_en_us_does_not_make_another_text_english() {
    assert_eq!(of(GERMAN, "en-US"), "de");
    assert_eq!(of("Ministerstvo představilo nový plán", "en-us"), "cs");
}

#[test]
fn a_short_text_follows_the_hint_unless_its_script_is_another() {
    assert_eq!(of("Sport", "pt-BR"), "pt");
    assert_eq!(of("장관들이", "en"), "ko");
    assert_eq!(of("", "fr"), "fr");
    assert_eq!(of("火曜日会談", "ja"), "ja");
}

#[test]
fn a_hint_decides_between_languages_that_are_nearly_equal() {
    let text = "Ministri su se sastali u utorak";
    assert_eq!(["hr", "sr", "bs"].map(|hint| of(text, hint)), ["hr", "sr", "bs"]);
    assert_eq!(of("Pemerintah dan parlimen bersetuju", "ms"), "ms");
}

#[test]
fn a_declared_language_without_a_model_is_accepted() {
    assert_eq!(of("D'Ministere hu sech en Dënschdeg zu engem Gespréich getraff", "lb"), "lb");
    assert_eq!(of("मन्त्रीहरूबीच मंगलबार भेटवार्ता भयो", "ne"), "ne");
    assert_eq!(of("Эки министр шейшемби күнү жолугушту", "ky"), "ky");
}

#[test]
fn english_text_wins_over_a_declared_language_without_a_model() {
    assert_eq!(of(ENGLISH, "lb"), "en");
}

#[test]
fn an_invalid_tag_is_no_hint() {
    for tag in ["und", "english", "", "-", "1", "xx", "mul", "de, en", "de-CH, fr-CH"] {
        assert_eq!(of("", tag), "und", "{tag}");
    }
}

#[test]
fn a_declaration_in_another_script_does_not_count() {
    for text in ["Malaysia said no.", "Kenya wins\nKenya beat Norway.", "Deal signed\nTwo states signed it."] {
        assert!(["und", "en"].contains(&of(text, "fa").as_str()), "{text} is {}", of(text, "fa"));
    }
    assert_eq!(of("Выборы прошли спокойно", "fa"), "ru");
    assert_eq!(of(ENGLISH, "fa"), "en");
    assert_eq!(of("Οι δύο υπουργοί", "de"), "el");
}

#[test]
fn page_and_feed_count_together() {
    let text = "Regional economic forum";
    assert_eq!(detect(text, &[Hint::Feed("en-US"), Hint::Page("ro")]).code, "ro");
    assert_eq!(detect(GERMAN, &[Hint::Feed("en"), Hint::Page("en"), Hint::Header("en")]).code, "de");
}

#[test]
fn foreign_names_do_not_change_the_script() {
    assert_eq!(detect("蘋果公司周二發表 iPhone 與 iPad 新機型", &[]).code, "zh");
    assert_eq!(detect("Компания Apple представила новый телефон", &[]).code, "ru");
}
