use super::*;

fn is_removed(line: &str) -> bool {
    let body = format!("The minister spoke on Tuesday.\n\n{line}");
    strip(&body).text == "The minister spoke on Tuesday."
}

#[test]
fn every_pattern_is_valid() {
    assert!(END.is_some() && START.is_some() && TAIL.is_some());
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
    let stripped = strip("Advertisement\nShare\n\nOne.\n\nRead more\n\nTwo.\n\nRead more\nPost a Comment");
    assert_eq!(stripped.text, "One.\n\nRead more\n\nTwo.");
    assert_eq!((stripped.leading.len(), stripped.trailing.len(), stripped.lines()), (2, 2, 4));
}

#[test]
fn a_link_after_an_ellipsis_is_removed_and_the_ellipsis_stays() {
    assert_eq!(strip("The minister said that \u{2026} Read more").text, "The minister said that \u{2026}");
    assert_eq!(strip("The minister said [...] Continue reading Dam opens").text, "The minister said [...]");
    assert_eq!(strip("He wants to read more").text, "He wants to read more");
}

#[test]
fn a_body_of_boilerplate_alone_becomes_empty() {
    assert_eq!(strip("Comments").text, "");
    assert_eq!(strip("").text, "");
}
