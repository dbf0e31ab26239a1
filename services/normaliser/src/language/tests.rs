use super::*;

const ENGLISH: &str = "The two ministers met on Tuesday to talk about trade along the coast and the new harbour.";
const GERMAN: &str =
    "Die beiden Minister trafen sich am Dienstag, um \u{fc}ber den Handel an der K\u{fc}ste zu sprechen.";

#[test]
fn the_language_of_a_text_is_detected_without_a_hint() {
    for (text, code) in [
        (ENGLISH, "en"),
        (GERMAN, "de"),
        ("\u{4e24}\u{56fd}\u{90e8}\u{957f}\u{5468}\u{4e8c}\u{4f1a}\u{9762}", "zh"),
        ("\u{5927}\u{81e3}\u{306f}\u{706b}\u{66dc}\u{65e5}\u{306b}\u{4f1a}\u{8ac7}\u{3057}\u{305f}", "ja"),
        ("\u{c7a5}\u{ad00}\u{b4e4}\u{c774} \u{d654}\u{c694}\u{c77c}\u{c5d0} \u{b9cc}\u{b0ac}\u{b2e4}", "ko"),
        ("12345 67890", "und"),
        ("Ok", "und"),
        ("", "und"),
    ] {
        assert_eq!(detect(text, "").code, code, "{text}");
    }
}

#[test]
fn a_templates_en_us_does_not_make_a_german_text_english() {
    assert_eq!(detect(&GERMAN.repeat(3), "en-US").code, "de");
}

#[test]
fn a_short_text_follows_the_hint_unless_its_script_is_another() {
    assert_eq!(detect("Sport", "pt-BR").code, "pt");
    assert_eq!(detect("\u{c7a5}\u{ad00}\u{b4e4}\u{c774}", "en").code, "ko");
    assert_eq!(detect("", "fr").code, "fr");
}

#[test]
fn a_declared_language_that_the_detector_does_not_know_is_accepted() {
    assert_eq!(detect("Mawaziri hao wawili walikutana Jumanne kuzungumza kuhusu biashara ya pwani.", "sw").code, "sw");
}

#[test]
fn an_invalid_tag_is_no_hint() {
    for tag in ["und", "english", "", "-", "1"] {
        assert_eq!(detect("", tag).code, "und", "{tag}");
    }
}

#[test]
fn a_declaration_in_another_script_and_too_few_latin_letters_leave_the_language_open() {
    assert_eq!(detect("Malaysia said no.", "fa").code, "und");
    assert_eq!(detect("Выборы прошли спокойно", "fa").code, "ru");
    let long = "The government of Malaysia said on Monday that it would not take part in the talks after all.";
    assert_eq!(detect(long, "fa").code, "en");
}
