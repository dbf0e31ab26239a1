use super::{
    rules::{expanded, rules},
    *,
};

fn is_removed(line: &str) -> bool {
    let body = format!("The minister spoke on Tuesday.\n\n{line}");
    strip(&body, &[]).text == "The minister spoke on Tuesday."
}

#[test]
fn every_pattern_is_valid() {
    for rule in rules() {
        assert!(regex::bytes::Regex::new(&expanded(rule.pattern, 2)).is_ok(), "{}: {}", rule.name, rule.pattern);
        assert!(["end", "ends", "anywhere"].contains(&rule.place), "{}: {}", rule.name, rule.place);
        assert!(!rule.pattern.contains(char::is_uppercase), "{}: {} has capitals", rule.name, rule.pattern);
    }
}

#[test]
fn boilerplate_after_an_article_is_removed() {
    for line in [
        "Post a Comment",
        "Leave a Reply",
        "Leave a comment",
        "12 Comments",
        "Comments Off",
        "No comments yet",
        "Read more",
        "Read more \u{2192}",
        "Read More \u{bb}",
        "READ MORE...",
        "[Read more]",
        "Read the full story",
        "Continue reading",
        "Continue reading Dam opens in Laos \u{2192}",
        "The post Dam opens appeared first on Example Post.",
        "The post Dam opens first appeared on Example Post.",
        "This article was originally published on Example Post.",
        "Share this:",
        "Share on Facebook",
        "Facebook Twitter WhatsApp",
        "Tweet",
        "Advertisement",
        "Sign up for our newsletter",
        "Sign up here for the daily newsletter and never miss a story.",
        "Subscribe to our newsletter",
        "Follow us on Twitter",
        "Click here to read more",
        "\u{a9} 2026 Example Post. All rights reserved.",
        "Related articles",
        "Filed under: World, Laos",
        "To read this article in full, please click here",
        "Read at Example Post",
        "...",
        "* * *",
        "Ap\u{fa}ntate a nuestra newsletter y recibe en tu correo las \u{fa}ltimas noticias.",
        "Leer m\u{e1}s",
        "Seguir leyendo \u{2192}",
        "La entrada Abre la presa se public\u{f3} primero en El Ejemplo.",
        "Deja un comentario",
        "Lire la suite",
        "Lire aussi : Le barrage ouvre",
        "L\u{2019}article Le barrage est apparu en premier sur Exemple.",
        "Weiterlesen",
        "Kommentar schreiben",
        "Der Beitrag Damm er\u{f6}ffnet erschien zuerst auf Beispiel.",
        "Leia mais",
        "O post Barragem apareceu primeiro em Exemplo.",
        "Leggi tutto",
        "Lees verder",
        "\u{427}\u{438}\u{442}\u{430}\u{442}\u{44c} \u{434}\u{430}\u{43b}\u{435}\u{435}",
        "\u{41f}\u{43e}\u{434}\u{440}\u{43e}\u{431}\u{43d}\u{435}\u{435}",
        "Devam\u{131}n\u{131} oku",
        "DEVAMINI OKU",
        "Baca juga: Bendungan dibuka",
        "\u{627}\u{642}\u{631}\u{623} \u{627}\u{644}\u{645}\u{632}\u{64a}\u{62f}",
        "\u{9605}\u{8bfb}\u{5168}\u{6587}",
        "\u{7d9a}\u{304d}\u{3092}\u{8aad}\u{3080}",
    ] {
        assert!(is_removed(line), "{line}");
    }
}

#[test]
fn sentences_that_begin_like_boilerplate_stay() {
    for line in [
        "To read is to live, the minister said.",
        "Watch at your own risk, the critic wrote. It is long.",
        "Read more books, the minister advised the children.",
        "Comments by the minister angered the opposition.",
        "Continue reading in the evening was her advice.",
        "Share prices fell on Tuesday.",
        "Shares on Facebook fell by five percent.",
        "The post of minister has been vacant since May.",
        "Subscribe rates for the broadcaster rose, he said.",
        "Related costs were not published.",
        "Follow the money, the prosecutor said.",
        "More than 200 people were hurt.",
        "Print newspapers are in decline.",
        "Facebook was fined on Tuesday.",
        "Sources said the talks would go on.",
        "Click fraud is on the rise.",
        "Advertisement revenues rose.",
        "Copyright law is to change in June, and the minister said that publishers had long waited for it to be so.",
        "See you in court, he said.",
        "Kommentare des Ministers l\u{f6}sten Streit aus.",
    ] {
        assert!(!is_removed(line), "{line}");
    }
}

#[test]
fn only_the_ends_are_stripped_and_removed_lines_are_counted() {
    let stripped = strip("Tweet\nShare\n\nOne.\n\nRead more\n\nTwo.\n\nRead more\nPost a Comment", &[]);
    assert_eq!(stripped.text, "One.\n\nRead more\n\nTwo.");
    assert_eq!((stripped.leading.len(), stripped.trailing.len(), stripped.lines()), (2, 2, 4));
}

#[test]
fn a_link_after_an_ellipsis_is_removed_and_the_ellipsis_stays() {
    assert_eq!(strip("The minister said that \u{2026} Read more", &[]).text, "The minister said that \u{2026}");
    assert_eq!(strip("The minister said [...] Continue reading Dam opens", &[]).text, "The minister said [...]");
    assert_eq!(strip("He wants to read more", &[]).text, "He wants to read more");
}

#[test]
fn a_body_of_boilerplate_alone_becomes_empty() {
    assert_eq!(strip("Comments", &[]).text, "");
    assert_eq!(strip("", &[]).text, "");
}

#[test]
fn labels_of_advertisements_links_to_other_stories_and_credits_go_wherever_they_stand() {
    for line in [
        "Advertisement",
        "READ MORE: Dam opens in Laos",
        "Photo: Jane Doe/Reuters",
        "Jane Doe/AFP via Getty Images",
        "Sign up for our newsletter to get the news every day",
        "We use cookies to improve the site.",
        "Lire aussi : Le barrage ouvre",
        "Lea tambi\u{e9}n: Abre la presa",
        "Anzeige",
        "Lesen Sie auch: Der Damm",
        "Foto: dpa",
        "Czytaj te\u{17c}: Zapora otwarta",
        "Fot. Jan Kowalski",
        "\u{427}\u{438}\u{442}\u{430}\u{439}\u{442}\u{435} \u{442}\u{430}\u{43a}\u{436}\u{435}: \u{41f}\u{43b}\u{43e}\u{442}\u{438}\u{43d}\u{430}",
        "Baca juga: Bendungan dibuka",
        "\u{5e7f}\u{544a}",
        "\u{5ee3}\u{544a}",
    ] {
        let stripped = strip(&format!("The dam opened.\n\n{line}\n\nIt closed."), &[]);
        assert_eq!((stripped.text.as_str(), stripped.inner.len()), ("The dam opened.\n\nIt closed.", 1), "{line}");
    }
}

#[test]
fn sentences_of_a_story_stay_wherever_they_stand() {
    for line in [
        "Pictures from the scene showed smoke over the harbour.",
        "Comments on the plan are due on Friday.",
        "Topics discussed included trade and fishing.",
        "Posted in May, the video shows the dam.",
        "More from the budget will go to schools.",
        "Advertising revenue fell by a tenth.",
        "Leggi: il governo ne approva due.",
        "Hintergrund: Der Damm ist alt.",
        "Se: det er godt.",
        "Video evidence was shown to the court.",
        "Cookies are baked in the village.",
        "Reuters reported the story first.",
        "Sign up for the bundle with the same email as your account.",
    ] {
        for text in [format!("The dam opened.\n\n{line}\n\nIt closed."), format!("The dam opened.\n\n{line}")] {
            assert_eq!(strip(&text, &[]).text, text);
        }
    }
}

#[test]
fn a_link_after_the_last_sentence_is_removed() {
    for (link, text) in [
        ("Read more", "The dam opened."),
        ("Lire la suite", "Le barrage ouvre."),
        ("The post Dam 2.0 opens appeared first on Example Post.", "The dam opened."),
        ("Der Beitrag Damm offen erschien zuerst auf Beispiel.", "Der Damm ist offen."),
        (
            "\u{427}\u{438}\u{442}\u{430}\u{442}\u{44c} \u{434}\u{430}\u{43b}\u{435}\u{435}",
            "\u{41f}\u{43b}\u{43e}\u{442}\u{438}\u{43d}\u{430}.",
        ),
        ("Opširnije", "Brana je otvorena."),
        ("Lasīt vairāk", "Dambis ir atvērts."),
        ("L’entrada S'obre la presa ha aparegut primer a Exemple", "S'obre la presa."),
        ("წაიკითხეთ მეტი", "კაშხალი გაიხსნა."),
        ("மேலும் படிக்க", "அணை திறக்கப்பட்டது."),
        ("ਹੋਰ ਪੜ੍ਹੋ", "ਡੈਮ ਖੁੱਲ੍ਹਿਆ।"),
    ] {
        let stripped = strip(&format!("{text} {link}"), &[]);
        assert_eq!((stripped.text.as_str(), stripped.trailing.len()), (text, 1), "{link}");
    }
    for text in ["The post office opened. The post of minister is vacant.", "He reads. Read more books, she said."] {
        assert_eq!(strip(text, &[]).text, text);
    }
}

#[test]
fn a_line_that_the_feed_repeats_goes_at_the_ends_only() {
    let repeated = ["The Example Post, since 1901".to_owned()];
    let stripped = strip("The Example Post, since 1901\n\nOne.\n\nThe Example Post, since 1901\n\nTwo.", &repeated);
    assert_eq!(stripped.text, "One.\n\nThe Example Post, since 1901\n\nTwo.");
    assert_eq!(stripped.cuts().map(|cut| cut.rule).collect::<Vec<_>>(), ["repeated"]);
}

#[test]
fn every_language_has_a_line_that_goes_and_one_that_stays() {
    for (goes, stays) in [
        ("La entrada Presa abierta se public\u{f3} primero en Ejemplo", "La entrada cuesta diez euros"),
        ("O post Barragem apareceu primeiro em Exemplo", "O post foi apagado"),
        ("Het bericht Dam verscheen eerst op Voorbeeld", "Het bericht kwam te laat"),
        ("Inl\u{e4}gget Dammen d\u{f6}k f\u{f6}rst upp p\u{e5} Exempel", "Inl\u{e4}gget togs bort"),
        ("Innlegget Dammen dukket f\u{f8}rst opp p\u{e5} Eksempel", "Innlegget ble fjernet"),
        ("Lue my\u{f6}s: Pato avattiin", "Lue kirja ensin"),
        ("\u{10c}t\u{11b}te tak\u{e9}: P\u{159}ehrada", "\u{10c}t\u{11b}te knihy"),
        ("\u{10c}\u{ed}tajte aj: Priehrada", "\u{10c}\u{ed}tajte knihy"),
        ("Fot\u{f3}: MTI", "A fot\u{f3} a g\u{e1}tr\u{f3}l k\u{e9}sz\u{fc}lt"),
        ("Cite\u{219}te \u{219}i: Barajul", "Cite\u{219}te mult"),
        (
            "\u{414}\u{438}\u{432}\u{456}\u{442}\u{44c}\u{441}\u{44f} \u{442}\u{430}\u{43a}\u{43e}\u{436}: \u{413}\u{440}\u{435}\u{431}\u{43b}\u{44f}",
            "\u{414}\u{438}\u{432}\u{456}\u{442}\u{44c}\u{441}\u{44f} \u{441}\u{430}\u{43c}\u{456}",
        ),
        (
            "\u{3a0}\u{3b7}\u{3b3}\u{3ae}: \u{391}\u{3a0}\u{395}",
            "\u{397} \u{3c0}\u{3b7}\u{3b3}\u{3ae} \u{3ae}\u{3c4}\u{3b1}\u{3bd} \u{3b1}\u{3be}\u{3b9}\u{3cc}\u{3c0}\u{3b9}\u{3c3}\u{3c4}\u{3b7}",
        ),
        (
            "\u{627}\u{642}\u{631}\u{623} \u{623}\u{64a}\u{636}\u{627}: \u{627}\u{644}\u{633}\u{62f}",
            "\u{627}\u{642}\u{631}\u{623} \u{643}\u{62b}\u{64a}\u{631}\u{627}",
        ),
        (
            "\u{628}\u{6cc}\u{634}\u{62a}\u{631} \u{628}\u{62e}\u{648}\u{627}\u{646}\u{6cc}\u{62f}: \u{633}\u{62f}",
            "\u{628}\u{6cc}\u{634}\u{62a}\u{631} \u{6a9}\u{627}\u{631} \u{6a9}\u{646}\u{6cc}\u{62f}",
        ),
        (
            "\u{5e6}\u{5d9}\u{5dc}\u{5d5}\u{5dd}: \u{5d3}\u{5d5}\u{5d1}\u{5e8}",
            "\u{5e6}\u{5d9}\u{5dc}\u{5d5}\u{5dd} \u{5d4}\u{5d5}\u{5d0} \u{5d0}\u{5de}\u{5e0}\u{5d5}\u{5ea}",
        ),
        (
            "\u{92f}\u{939} \u{92d}\u{940} \u{92a}\u{922}\u{93c}\u{947}\u{902}: \u{92c}\u{93e}\u{902}\u{927}",
            "\u{92c}\u{93e}\u{902}\u{927} \u{916}\u{941}\u{932}\u{93e}",
        ),
        (
            "\u{986}\u{9b0}\u{993} \u{9aa}\u{9a1}\u{9bc}\u{9c1}\u{9a8}",
            "\u{9ac}\u{9be}\u{981}\u{9a7} \u{996}\u{9c1}\u{9b2}\u{9b2}",
        ),
        ("Xem th\u{ea}m: \u{110}\u{1ead}p m\u{1edf}", "Xem phim l\u{e0} m\u{1ed9}t th\u{fa} vui"),
        (
            "\u{e2d}\u{e48}\u{e32}\u{e19}\u{e15}\u{e48}\u{e2d}",
            "\u{e2d}\u{e48}\u{e32}\u{e19}\u{e2b}\u{e19}\u{e31}\u{e07}\u{e2a}\u{e37}\u{e2d}\u{e17}\u{e38}\u{e01}\u{e27}\u{e31}\u{e19}",
        ),
        ("\u{95a2}\u{9023}\u{8a18}\u{4e8b}: \u{30c0}\u{30e0}", "\u{30c0}\u{30e0}\u{304c}\u{958b}\u{3044}\u{305f}"),
        ("\u{b354} \u{bcf4}\u{ae30}", "\u{b310}\u{c774} \u{c5f4}\u{b838}\u{b2e4}"),
        ("\u{5ef6}\u{4f38}\u{9605}\u{8bfb}\u{ff1a}\u{5927}\u{575d}", "\u{5927}\u{575d}\u{5f00}\u{653e}"),
    ] {
        assert!(is_removed(goes), "{goes}");
        assert!(!is_removed(stays), "{stays}");
    }
}

#[test]
fn a_body_of_headlines_with_their_sources_is_emptied() {
    let body = |text: &str| {
        let mut body = strip(text, &[]);
        clear_title(&mut body, "Harbour fees rise", "Quay Post");
        body.text
    };
    for text in [
        "Harbour fees rise Quay Post",
        "Harbour fees rise\n\nQuay Post",
        "Harbour fees rise Quay Post\nFees up for ships Pier Daily\nShips pay more Lake Times",
    ] {
        assert_eq!(body(text), "", "{text}");
    }
    for text in ["Harbour fees rise", "Harbour fees rise Quay Post\nThe council decided it on Monday."] {
        assert_eq!(body(text), text);
    }
}

/// Each line a language: lines that go, with `||` between them, and behind `=>` a sentence that stays.
const FURTHER_LANGUAGES: &str = "Pročitajte još: Brana otvorena || Opširnije || Nastavi čitati → || Ostavite komentar || Podijelite na Facebooku || Pratite nas na Instagramu || Oglas || Članak se nastavlja ispod oglasa || Prijavite se na naš newsletter || Foto: Hina || Izvor: Tanjug || Sva prava pridržana => Čitajte knjige, poručio je ministar.
Preberite tudi: Jez je odprt || Preberi več || Sledite nam na Facebooku || Vse pravice pridržane => Več ljudi je prišlo na odprtje jezu.
Skaityti daugiau || Taip pat skaitykite: Užtvanka atidaryta || J. Jonaičio / BNS nuotr. || Straipsnis tęsiasi po reklamos || Sekite mus Facebook || Visos teisės saugomos => Daugiau žmonių atvyko į užtvankos atidarymą.
Lasīt vairāk || Lasi arī: Dambis atvērts || Pievienot komentāru || Reklāma || Foto: LETA || Visas tiesības aizsargātas => Lasīt vairāk grāmatu aicināja ministrs.
Loe edasi || Loe ka: Tamm avati || Lisa kommentaar || Liitu meie uudiskirjaga || Jälgi meid Facebookis || Kõik õigused kaitstud => Loe ka raamatuid, ütles minister.
Lexo më shumë || Lexo edhe: Diga u hap || Na ndiqni në Instagram || Reklamë || Abonohuni në buletinin tonë || Të gjitha të drejtat e rezervuara => Më shumë njerëz erdhën në hapjen e digës.
Llegir més || Continua llegint → || Llegeix també: S'obre la presa || L’entrada S'obre la presa ha aparegut primer a Exemple || Segueix-nos a Twitter || Subscriu-te al nostre butlletí || Imatge: ACN => Segueix sense ploure a Catalunya, va dir el ministre.
Soma zaidi || Soma pia: Bwawa lafunguliwa || Toa maoni || Tangazo || Chanzo cha picha, Getty Images || Tufuatilie kwenye Facebook => Soma vitabu zaidi, waziri aliwaambia watoto.
BASAHIN: Binuksan ang dam || Magbasa pa || Ipagpatuloy ang pagbabasa || Ibahagi sa Facebook || Larawan mula sa PNA => Basahin ninyo ang mga aklat, sabi ng ministro.
Ardını oxu || Həmçinin oxuyun: Bənd açıldı || Ətraflı » || Şərh yaz || Bizi Instagramda izləyin || Bütün hüquqlar qorunur => Daha çox adam bəndin açılışına gəldi.
Lees ook: Dam geopen || Gaan voort met lees || Lewer kommentaar || Advertensie || Teken in op ons nuusbrief || Alle regte voorbehou => Lees die boek, het die minister gesê.
წაიკითხეთ მეტი || ასევე წაიკითხეთ: კაშხალი გაიხსნა || დატოვეთ კომენტარი || რეკლამა || ფოტო: AFP || გამოგვყევით Facebook-ზე => მეტი ადამიანი მოვიდა კაშხლის გახსნაზე.
Կարդալ ավելին || Կարդացեք նաև՝ Ամբարտակը բացվեց || Գրել մեկնաբանություն || Գովազդ || Լուսանկարը՝ AFP || Հետևեք մեզ Facebook-ում => Կարդացեք գրքեր, ասաց նախարարը:
ਹੋਰ ਪੜ੍ਹੋ || ਇਹ ਵੀ ਪੜ੍ਹੋ: ਡੈਮ ਖੁੱਲ੍ਹਿਆ || ਇਸ਼ਤਿਹਾਰ || ਤਸਵੀਰ ਸਰੋਤ, Getty Images => ਹੋਰ ਲੋਕ ਡੈਮ ਦੇ ਉਦਘਾਟਨ ਲਈ ਆਏ।
વધુ વાંચો || આ પણ વાંચો: ડેમ ખુલ્યો || જાહેરાત || ફોટો: PTI => વધુ લોકો ડેમના ઉદ્ઘાટનમાં આવ્યા.
மேலும் படிக்க || இதையும் படிங்க: அணை திறப்பு || விளம்பரம் || பட மூலாதாரம், Getty Images || Also Read: அணை திறப்பு => மேலும் பலர் அணை திறப்பு விழாவுக்கு வந்தனர்.
మరింత చదవండి || ఇది కూడా చదవండి: డ్యామ్ ప్రారంభం || ప్రకటన || ఫొటో సోర్స్, Getty Images => మరింత మంది డ్యామ్ ప్రారంభానికి వచ్చారు.
ಇನ್ನಷ್ಟು ಓದಿ || ಇದನ್ನೂ ಓದಿ: ಅಣೆಕಟ್ಟು ಉದ್ಘಾಟನೆ || ಜಾಹೀರಾತು || ಹಂಚಿಕೊಳ್ಳಿ => ಇನ್ನಷ್ಟು ಜನರು ಅಣೆಕಟ್ಟಿನ ಉದ್ಘಾಟನೆಗೆ ಬಂದರು.
കൂടുതൽ വായിക്കുക || പരസ്യം || ഷെയർ ചെയ്യുക || Also Read | അണക്കെട്ട് തുറന്നു => കൂടുതൽ ആളുകൾ അണക്കെട്ട് തുറക്കുന്നത് കാണാൻ വന്നു.
තවත් කියවන්න || වෙළඳ දැන්වීම || ඡායාරූප: AFP => තවත් පිරිසක් වේල්ල විවෘත කිරීමට පැමිණියහ.
مزید پڑھیے: ڈیم کا افتتاح || پڑھنا جاری رکھیں || فائل فوٹو || تصویر کا ذریعہ، Getty Images || تمام حقوق محفوظ ہیں => مزید لوگ ڈیم کے افتتاح پر آئے۔
ተጨማሪ ያንብቡ || ማስታወቂያ || የፎቶው ባለመብት, Getty Images => ተጨማሪ ሰዎች ወደ ግድቡ መጡ።
ອ່ານຕໍ່ || ໂຄສະນາ || ພາບ: AFP => ປະຊາຊົນອ່ານຂ່າວກ່ຽວກັບເຂື່ອນ
ဆက်ဖတ်ရန် || ကြော်ငြာ || ဓာတ်ပုံ - AFP => ဆည်ကို ဖွင့်လှစ်ခဲ့သည်။
អានបន្ត || ចែករំលែក || រូបភាព៖ AFP => ប្រជាជនអានព័ត៌មានអំពីទំនប់";

#[test]
fn further_languages_have_lines_that_go_and_a_sentence_that_stays() {
    for language in FURTHER_LANGUAGES.lines() {
        let (lines, stays) = language.split_once(" => ").unwrap();
        for goes in lines.split(" || ") {
            assert!(is_removed(goes), "{goes}");
        }
        assert!(!is_removed(stays), "{stays}");
    }
}
