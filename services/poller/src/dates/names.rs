//! Names of months and days in the languages that feeds come in.

/// Months by their beginnings, folded, so that abbreviations, full names and their inflected forms are one. From CLDR's
/// names, wide and abbreviated: English, French, German, Spanish, Italian, Portuguese, Catalan, Romanian, Dutch, the
/// Nordic languages, Finnish, Hungarian, Polish, Czech, Turkish, Indonesian, Greek, Russian, Ukrainian, Bulgarian, Arabic
/// (of Egypt).
const MONTHS: [&[&str]; 12] = [
    &["jan", "ene", "gen", "ian", "oca", "tammi", "sty", "led", "ιαν", "янв", "січ", "яну", "يناير"],
    &["feb", "fev", "sub", "helmi", "lut", "uno", "peb", "φεβ", "фев", "лют", "فبراير"],
    &["mar", "mrz", "maerz", "maart", "mrt", "maalis", "bre", "μαρ", "мар", "бер", "مارس"],
    &["apr", "avr", "abr", "ap", "nis", "huhti", "kwi", "dub", "απρ", "апр", "кві", "أبريل", "ابريل"],
    &["may", "mai", "mag", "mei", "maj", "mau", "touko", "kve", "μαι", "μαω", "мая", "май", "тра", "مايو"],
    &[
        "jun",
        "juin",
        "giu",
        "iun",
        "haz",
        "kesa",
        "cze",
        "cerven",
        "cervna",
        "ιουν",
        "ιον",
        "июн",
        "чер",
        "юни",
        "يونيو",
    ],
    &[
        "jul",
        "juil",
        "lug",
        "iul",
        "tem",
        "heina",
        "lip",
        "cervenec",
        "cervence",
        "ιουλ",
        "ιολ",
        "июл",
        "лип",
        "юли",
        "يوليو",
    ],
    &["aug", "aou", "ago", "agu", "agt", "avg", "elo", "sie", "srp", "αυγ", "авг", "сер", "أغسطس", "اغسطس"],
    &["sep", "set", "szept", "eyl", "syys", "wrz", "zar", "σεπ", "сен", "вер", "сеп", "سبتمبر"],
    &["oct", "okt", "out", "ott", "eki", "loka", "paz", "rij", "οκτ", "окт", "жов", "أكتوبر", "اكتوبر"],
    &["nov", "noi", "kas", "marras", "lis", "νοε", "ноя", "лис", "ное", "نوفمبر"],
    &["dec", "dez", "dic", "des", "ara", "joulu", "gru", "pros", "δεκ", "дек", "гру", "ديسمبر"],
];

/// Days by their beginnings, likewise.
const DAYS: &[&str] = &[
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "lun", "mar", "mer", "mie", "jeu", "jue", "ven", "vie", "sam",
    "sab", "dim", "dom", "gio", "seg", "ter", "qua", "qui", "sex", "die", "mit", "don", "fre", "son", "maa", "din",
    "woe", "vri", "zat", "zon", "man", "tir", "ons", "tor", "lor", "het", "ked", "sze", "csu", "pen", "szo", "vas",
    "pon", "wto", "sro", "czw", "pia", "sob", "nie", "ute", "str", "ctv", "pat", "ned", "paz", "pzt", "sal", "car",
    "per", "cum", "cmt", "sen", "sel", "rab", "kam", "jum", "min", "κυρ", "δευ", "τρι", "τετ", "πεμ", "παρ", "σαβ",
    "пон", "вто", "сре", "сер", "чет", "пят", "пет", "суб", "съб", "вос", "нед", "вів", "ال",
];

/// Days of two letters.
const SHORT_DAYS: &[&str] = &[
    "mo", "di", "mi", "do", "fr", "sa", "so", "ma", "wo", "vr", "za", "zo", "ti", "to", "lu", "je", "ve", "cs", "po",
    "ut", "st", "ct", "pa", "ne", "ke", "пн", "вт", "ср", "чт", "пт", "сб", "вс", "нд",
];

/// Words that dates hold and that say nothing.
const FILLERS: &[&str] = &[
    "at", "de", "of", "the", "del", "a", "um", "uhr", "le", "kl", "den", "el", "feira", "г", "года", "в", "р", "alle",
    "ore", "as", "om", "o", "godz", "klo", "saat", "la", "las", "on",
];

/// The longest of these names is Portuguese; what is longer is another word.
const LONGEST: usize = 14;

fn is_name(name: &str) -> bool {
    name.chars().all(char::is_alphabetic) && name.chars().count() <= LONGEST
}

/// The month, 1 to 12, of a folded name.
pub fn month(name: &str) -> Option<i8> {
    // Tuesdays that begin like March.
    if !is_name(name) || matches!(name, "mardi" | "martes" | "marti" | "martedi") {
        return None;
    }
    let longest = |begins: &[&str]| begins.iter().filter(|b| name.starts_with(**b)).map(|b| b.len()).max();
    let all = (1_i8..).zip(MONTHS.iter()).filter_map(|(number, begins)| Some((longest(begins)?, number)));
    all.max().map(|(_, number)| number)
}

/// Is it the folded name of a day? Some may be months too: `mar` is March and Tuesday, `paz` October and Sunday.
pub fn is_day(name: &str) -> bool {
    is_name(name) && (SHORT_DAYS.contains(&name) || DAYS.iter().any(|day| name.starts_with(day)))
}

/// Is it a folded word that says nothing?
pub fn is_filler(name: &str) -> bool {
    FILLERS.contains(&name)
}

/// Lower case, without accents, composed or not.
pub fn fold(text: &str) -> String {
    let fold = |c: char| match c {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'é' | 'è' | 'ê' | 'ë' | 'ę' | 'ě' => 'e',
        'ğ' => 'g',
        'í' | 'ì' | 'î' | 'ï' | 'ı' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ő' | 'ø' => 'o',
        'ř' => 'r',
        'ś' | 'ş' | 'š' | 'ș' => 's',
        'ť' | 'ţ' | 'ț' => 't',
        'ú' | 'ù' | 'û' | 'ü' | 'ű' | 'ů' => 'u',
        'ý' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'ά' => 'α',
        'έ' => 'ε',
        'ή' => 'η',
        'ί' | 'ϊ' | 'ΐ' => 'ι',
        'ό' => 'ο',
        'ύ' | 'ϋ' => 'υ',
        'ώ' => 'ω',
        'ς' => 'σ',
        c => c,
    };
    text.to_lowercase().chars().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).map(fold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The months as CLDR writes them, wide, in the form that stands beside a day.
    const WIDE: [&str; 14] = [
        "January February March April May June July August September October November December",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
        "január február március április május június július augusztus szeptember október november december",
        "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοεμβρίου Δεκεμβρίου",
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
        "ledna února března dubna května června července srpna září října listopadu prosince",
        "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta",
        "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    ];

    #[test]
    fn every_month_of_every_language_is_itself() {
        for names in WIDE {
            let numbers: Vec<_> = names.split(' ').map(|name| month(&fold(name))).collect();
            assert_eq!(numbers, (1..=12).map(Some).collect::<Vec<_>>(), "{names}");
        }
    }

    #[test]
    fn days_of_the_week() {
        for name in "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag lundi mardi mercredi jeudi vendredi samedi \
            dimanche miércoles jueves viernes sábado domingo giovedì venerdì segunda terça quarta quinta sexta Çarşamba \
            Perşembe Cuma Cumartesi Pazar Pazartesi Salı понедельник вторник среда четверг пятница суббота воскресенье"
            .split_whitespace()
        {
            assert!(is_day(&fold(name)), "{name}");
        }
        assert!(!is_day("zzz") && !is_day("yesterday") && month("mardi").is_none());
    }
}
