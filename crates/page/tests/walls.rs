//! Walls of invented sites, as vendors' products show them, and articles that only look like them.
#![expect(clippy::unwrap_used, reason = "tests")]

use page::{Wall, extract, metadata, strip, wall};
use url::Url;

fn wall_of(html: &str) -> Option<Wall> {
    let html = strip(html);
    let metadata = metadata(&html, &Url::parse("https://news.example.org/a/b").unwrap());
    wall(&html, &metadata, &extract(&html, None))
}

fn page(title: &str, body: &str) -> String {
    format!("<!doctype html><html><head><title>{title}</title></head><body>{body}</body></html>")
}

fn article(paragraphs: usize) -> String {
    "<p>The harbour council decided on Tuesday to widen the northern quay, and to move the fish market to the old customs \
     hall, where traders had asked for more space since spring.</p>"
        .repeat(paragraphs)
}

#[test]
fn challenges_are_recognised() {
    let pages = [
        page(
            "Just a moment...",
            r#"<noscript><div class="h2"><span id="challenge-error-text">Enable JavaScript and cookies to continue</span></div></noscript>"#,
        ),
        page(
            "Attention Required! | Cloudflare",
            "<h1>Sorry, you have been blocked</h1><h2>You are unable to access example.org</h2>",
        ),
        page(
            "news.example.org",
            r#"<p id="cmsg">Please enable JS and disable any ad blocker</p><iframe src="https://geo.captcha-delivery.com/x"></iframe>"#,
        ),
        page(
            "Access to this page has been denied",
            r#"<div id="px-captcha"></div><p>Press &amp; Hold to confirm you are a human (and not a bot).</p>"#,
        ),
        page(
            "Access Denied",
            "<h1>Access Denied</h1>You don't have permission to access \"http://news.example.org/a\" on this server.<p>Reference #18.2d",
        ),
        page(
            "Pardon Our Interruption",
            "<h1>Pardon Our Interruption</h1><p>Something about your browser made us think you were a bot.</p>",
        ),
        page(
            "",
            r#"<iframe id="main-iframe" src="/_Incapsula_Resource?CWUDNSAI=9"></iframe><p>Request unsuccessful. Incapsula incident ID: 1</p>"#,
        ),
        page("Nur einen Moment…", "<p>Bestätigen Sie, dass Sie ein Mensch sind.</p>"),
        page("Un instant...", "<p>Vérifiez que vous êtes humain en effectuant l'action ci-dessous.</p>"),
        page("请稍候…", "<p>请完成以下操作，验证您是真人。</p>"),
        page("Доступ ограничен", "<p>Подтвердите, что вы не робот.</p>"),
    ];
    for page in pages {
        assert_eq!(wall_of(&page), Some(Wall::Challenge), "{page}");
    }
}

#[test]
fn error_pages_are_recognised_whatever_their_status() {
    let pages = [
        page("404 Not Found", "<center><h1>404 Not Found</h1></center><hr><center>nginx</center>"),
        page(
            "Page not found - The Example Times",
            "<h1>Page not found</h1><p>The page you are looking for may have been moved or deleted.</p>",
        ),
        page(
            "Example",
            "<h1>Oops!</h1><p>Sorry, the page you were looking for does not exist.</p><a href='/'>Home</a>",
        ),
        page(
            "Seite nicht gefunden | Beispielblatt",
            "<h1>Seite nicht gefunden</h1><p>Die gesuchte Seite gibt es nicht mehr.</p>",
        ),
        page("Page introuvable", "<p>La page que vous recherchez n'existe plus.</p>"),
        page("Página no encontrada - El Ejemplo", "<p>La página que buscas no existe.</p>"),
        page("Página não encontrada", "<p>A página que procura foi removida.</p>"),
        page("Страница не найдена", "<p>Запрашиваемая страница удалена.</p>"),
        page("ページが見つかりません", "<p>お探しのページは移動または削除された可能性があります。</p>"),
        page("페이지를 찾을 수 없습니다", "<p>요청하신 페이지가 없습니다.</p>"),
        page("الصفحة غير موجودة", "<p>الصفحة التي تبحث عنها غير موجودة.</p>"),
        page("503 Service Unavailable", "<p>Try again later.</p>"),
        page("Error 404 - Example", "<p>Nothing here.</p>"),
    ];
    for page in pages {
        assert_eq!(wall_of(&page), Some(Wall::Error), "{page}");
    }
}

#[test]
fn pages_that_only_ask_for_consent_are_recognised() {
    let dialog = "<p>We and our partners store and/or access information on a device, such as unique IDs in cookies, to process \
                  personal data. You may accept or manage your choices, including your right to object where legitimate \
                  interest is used.</p><button>Accept all</button><button>Reject all</button>";
    let german = "<p>Mit Werbung weiterlesen: Besuchen Sie das Beispielblatt wie gewohnt mit Werbung und Tracking. Wir und unsere Partner \
                  verarbeiten Daten. Die Einwilligung können Sie jederzeit in den Datenschutzeinstellungen widerrufen.</p><p>Werbefrei im Abo lesen.</p>";
    let french = "<p>Avec votre accord, nous et nos partenaires utilisons des cookies pour stocker et consulter des données personnelles. \
                  Vous pouvez gérer mes choix ou continuer sans accepter.</p>";
    let pages = [
        page(
            "The Example Times",
            &format!(
                "<div id=\"onetrust-consent-sdk\"><div class=\"otFlat\" id=\"onetrust-banner-sdk\">{dialog}</div></div>"
            ),
        ),
        page("Example Consent", &format!("<div id=\"sp_message_container_1\">{dialog}</div>")),
        page("Zustimmung | Beispielblatt", &format!("<main class=\"consent-wall\">{german}</main>")),
        page("L'Exemple", &format!("<div id=\"didomi-host\">{french}</div>")),
        page(
            "Before you continue",
            "<h1>Before you continue</h1><p>We use cookies and data to deliver our services and to measure audience engagement.</p><form><button>Reject all</button><button>Accept all</button></form>",
        ),
    ];
    for page in pages {
        assert_eq!(wall_of(&page), Some(Wall::Consent), "{page}");
    }
}

#[test]
fn a_dialog_as_long_as_an_article_is_recognised() {
    let purpose = |number: u8| {
        format!(
            "<p>Purpose {number}: partners may measure how content performs, combine data of different sources, and develop \
             services. Each of them names the time for which data are kept and what they are used for.</p>"
        )
    };
    let purposes: String = (1..14).map(purpose).collect();
    let dialog = format!(
        "<main><p>We and our 873 partners store and/or access information on a device. We value your privacy.</p>{purposes}\
         <p>Accept all. Reject all. Manage preferences at any time.</p></main>"
    );
    assert_eq!(wall_of(&page("Example Times", &dialog)), Some(Wall::Consent));
    let dated = "<meta property=\"article:published_time\" content=\"2026-11-24T08:00:00Z\">";
    assert_eq!(wall_of(&page("What consent dialogs ask", &format!("{dated}{dialog}"))), None);
}

#[test]
fn teasers_before_a_paywall_are_recognised() {
    let declared = r#"<script type="application/ld+json">{"@type":"NewsArticle","headline":"Quay widened","datePublished":"2026-11-24",
        "isAccessibleForFree":false}</script>"#;
    let prompts = [
        "Subscribe to continue reading. Already a subscriber? Sign in.",
        "You have reached your limit of free articles.</p><p>Register to read the rest.",
        "Jetzt weiterlesen mit einem Abo. Sie haben bereits ein Abo?",
        "Article réservé aux abonnés. Il vous reste 80 % de cet article à lire.",
        "Contenido exclusivo para suscriptores. ¿Ya eres suscriptor?",
        "Aby czytać dalej, wykup dostęp. Masz już subskrypcję?",
        "この記事は会員限定です。続きを読むには登録してください。",
        "Только для подписчиков. Оформите подписку.",
    ];
    for prompt in prompts {
        let body =
            format!("<article><h1>Quay widened</h1>{}</article><div class=\"gate\"><p>{prompt}</p></div>", article(1));
        assert_eq!(wall_of(&page("Quay widened", &body)), Some(Wall::Paywall), "{prompt}");
    }
    let body = format!("{declared}<article><h1>Quay widened</h1>{}</article>", article(1));
    assert_eq!(wall_of(&page("Quay widened", &body)), Some(Wall::Paywall));
}

#[test]
fn walls_with_menus_and_other_stories_around_them_are_recognised() {
    let nav = "<header><nav><ul><li><a href=/>Home</a><li><a href=/s>Sport</a><li><a href=/p>Politics</a></ul></nav></header>";
    let foot = "<footer><p>About us. Contact. Terms of use. Privacy policy. Cookies.</p></footer>";
    let teasers = "<h3><a href=/x>A long headline about something that happened today in the city</a></h3>".repeat(12);
    let pages = [
        (Wall::Error, "Seite nicht gefunden - Blatt", format!("{nav}<h1>404</h1><p>Leider konnten wir die Seite nicht finden.</p>{teasers}{foot}")),
        (Wall::Error, "The Example - News", format!("{nav}<h1>Page not found</h1><p>Sorry about that.</p>{teasers}{foot}")),
        (Wall::Error, "Strona nie istnieje", format!("{nav}<p>Przepraszamy</p>{foot}")),
        (Wall::Error, "Sidan kunde inte hittas", format!("{nav}<h1>Sidan kunde inte hittas</h1><p>Länken är trasig.</p>{foot}")),
        (Wall::Error, "Error", "<p>An unexpected error occurred. Reference 1234.</p>".into()),
        (Wall::Challenge, "example.org", "<h1>Verify you are human by completing the action below.</h1><p>news.example.org needs to review the security of your connection before proceeding.</p>".into()),
        (Wall::Challenge, "Vercel Security Checkpoint", "<p>We're verifying your browser</p><p>Enable JavaScript to continue</p>".into()),
        (Wall::Challenge, "", "<p>Incapsula incident ID: 877000420</p>".into()),
        (Wall::Challenge, "Human Verification", "<p>JavaScript is disabled. In order to continue, we need to verify that you're not a robot.</p>".into()),
        (Wall::Challenge, "The Example - Are you a robot?", "<h2>We've detected unusual activity from your computer network</h2><p>To continue, please click the box below to let us know you're not a robot.</p>".into()),
        (Wall::Consent, "Example", "<div><h1>Wir benötigen Ihre Zustimmung</h1><p>Wir und unsere 214 Partner speichern Informationen auf einem Gerät.</p><button>Alle akzeptieren</button><button>Einstellungen</button></div>".into()),
        (Wall::Consent, "Esempio", "<div><p>Noi e i nostri partner archiviamo informazioni su un dispositivo, come i cookie.</p><button>Accetta e continua</button><button>Rifiuta e abbonati</button></div>".into()),
        (Wall::Paywall, "Quay", format!("{nav}<article><h1>Quay</h1><p>The harbour council decided on Tuesday to widen the northern quay, and to move the market.</p></article><div><p>Subscribe to unlock this article</p><p>Try unlimited access. Only 1 for 4 weeks</p></div>{foot}")),
        (Wall::Paywall, "Quai", format!("{nav}<article><h1>Quai</h1><p>Le conseil du port a décidé mardi d'élargir le quai nord et de déplacer le marché aux poissons.</p><p>La suite est réservée aux abonnés.</p></article>{foot}")),
        (Wall::Paywall, "Kai", format!("{nav}<article><h1>Kai</h1><p>Havnerådet besluttet tirsdag å utvide den nordre kaien og flytte fisketorget.</p></article><p>Denne saken er for abonnenter. Logg inn for å lese videre</p>{foot}")),
    ];
    for (wall, title, body) in pages {
        let html = page(title, &body);
        assert_eq!(wall_of(&html), Some(wall), "{html}");
    }
}

#[test]
fn articles_are_not_walls() {
    let dated = "<meta property=\"article:published_time\" content=\"2026-11-24T08:00:00Z\">";
    let consent = "<div id=\"onetrust-banner-sdk\"><p>We and our partners store and/or access information on a device. We value \
                   your privacy. Cookie settings</p><button>Accept all</button><button>Reject all</button></div>";
    let pages = [
        page("Quay widened", &format!("{dated}<article>{}</article>{consent}", article(6))),
        page(
            "Quay widened",
            &format!(
                "{dated}<article>{}</article><p>Subscribe to read our newsletters. Already a subscriber?</p>",
                article(14)
            ),
        ),
        page("404 Not Found: why error pages became an art", &format!("{dated}<article>{}</article>", article(4))),
        page("Just a moment: how a quay was widened", &format!("{dated}<article>{}</article>", article(4))),
        page(
            "Access denied to the old customs hall",
            &format!("{dated}<article>{}</article><div class=\"g-recaptcha\"></div>", article(4)),
        ),
        page(
            "Are you a robot? What tests ask of people",
            &format!("{dated}<article><p>Tests ask people to verify you are human.</p>{}</article>", article(5)),
        ),
        page("Quay widened", &format!("{dated}<article>{}</article>", article(2))),
    ];
    for page in pages {
        assert_eq!(wall_of(&page), None, "{page}");
    }
}

#[test]
fn a_subscribers_article_that_is_whole_is_no_wall() {
    let declared =
        r#"<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":"False"}</script>"#;
    let html = page("Quay widened", &format!("{declared}<article>{}</article>", article(20)));
    assert_eq!(wall_of(&html), None);
}

#[test]
fn names_are_those_of_the_metrics() {
    let names = [Wall::Paywall, Wall::Consent, Wall::Challenge, Wall::Error].map(Wall::as_str);
    assert_eq!(names, ["paywall", "consent", "challenge", "error"]);
}
