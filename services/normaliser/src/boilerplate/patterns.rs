//! The patterns. Each matches a whole line in lower case, without the punctuation around it. `{next}` stands for an
//! arrow or an ellipsis at its end, `{who}` for the networks that readers share on.

use regex::{Regex, RegexSet};
use std::sync::LazyLock;

/// At the end: comments, the rest of the text, where it first appeared, sharing, subscriptions, advertisements.
const END_ONLY: &[&str] = &[
    // English
    r"(?:post|leave|add|write|submit) (?:a |an |your )?(?:comment|comments|reply)(?: below| here)?{next}?",
    r"(?:\d+ )?comments?(?: \(?\d+\)?| off| closed| are closed)?(?: on .{1,100})?",
    r"(?:no|view|view all|show|see all|read) comments?(?: yet)?",
    r"join the (?:conversation|discussion|debate)(?: .{1,40})?",
    r"(?:read|see|view|learn|show|find out|know)(?: the)?(?: more| full (?:story|article|text|post)| (?:whole|entire|original) (?:story|article|post)| on)(?: here| at .{1,60}| on .{1,40})?{next}?",
    r"read more: .{1,150}",
    r"(?:read|see|view) .{1,120}{next}",
    r"(?:read|watch|listen) (?:it )?at [^.]{1,30}",
    r"to (?:read|view|continue reading) .{0,60}(?:,|please) (?:please )?(?:click|subscribe|log in|sign in|register)\b.{0,40}",
    r"more{next}?|full (?:story|article)|source(?: link)?|original (?:article|source|link)|permalink",
    r"(?:continue|keep) reading{next}?",
    r"continue reading .{1,150}{next}",
    r#"continue reading ["“'‘].{1,150}"#,
    r"click here(?: (?:to|for) (?:read|see|view|continue|more|the full|subscribe|comment).{0,80})?",
    r"(?:the|this) (?:post|article|story|entry|content) .{0,150}(?:appeared first|was (?:first|originally) (?:published|posted)|(?:first|originally) appeared|is republished) (?:on|in|at|by|from) .{1,80}",
    r"(?:originally|first) published (?:on|in|at|by) .{1,60}",
    r"(?:sign up|signup|subscribe|register)(?: now| here| today| free)?(?: (?:to|for|with) .{0,100})?(?:newsletters?|e-?mails?|updates|alerts|inbox|channel|podcast)\b.{0,60}",
    r"(?:get|download|install) (?:our|the) .{0,30}(?:app|newsletter)\b.{0,60}",
    r"subscribe(?: now| here| today)?|sign up(?: now| here| today)?",
    r"(?:follow|like|join|find|connect with) us(?: on| at|: )?(?: .{0,60})?",
    r"(?:filed under|posted in|tagged(?: with)?|tags|topics|categories|related topics):? .{1,150}",
    r"related(?: (?:posts|articles|stories|news|topics|content|coverage))?",
    r"(?:you may also like|more from .{1,40}|also read:? .{1,150}|read also:? .{1,150})",
    r"(?:©|copyright (?:©|\(c\)|\d{4})).{0,100}|all rights reserved",
    r"like this(?: loading)?|loading|print(?: this)?|back to top",
    // Spanish, Portuguese, Italian
    r"(?:leer|ver|saber|seguir|continuar)(?: m[áa]s| leyendo| la nota completa| art[íi]culo completo){next}?",
    r"(?:la entrada|el art[íi]culo|la nota) .{1,150}(?:se public[óo]|apareci[óo]|aparece) (?:primero|originalmente) en .{1,80}",
    r"(?:deja|dejar|escribe|escribir|a[ñn]ade|publicar) (?:un|tu) comentario|comentarios|comparte(?: esto)?|compartir",
    r"(?:suscr[íi]bete|suscribirse|reg[íi]strate|ap[úu]ntate).{0,80}(?:newsletter|bolet[íi]n|canal)\b.{0,110}",
    r"(?:leia|saiba|veja|ver|ler)(?: tamb[ée]m:?| mais:?)(?: .{1,120})?{next}?|continue lendo{next}?|continuar a ler{next}?",
    r"(?:o post|o artigo) .{1,150}(?:apareceu|foi publicado) (?:primeiro|originalmente) (?:em|no|na) .{1,80}",
    r"deixe (?:um|o seu|seu) coment[áa]rio|coment[áa]rios|compartilhe|partilhar",
    r"(?:leggi|continua)(?: tutto| a leggere| anche:?(?: .{1,120})?| l.articolo completo){next}?|lascia un commento|condividi",
    r"l.articolo .{1,150}(?:proviene da|sembra essere il primo su) .{1,80}",
    // French, German, Dutch
    r"(?:lire|voir|en savoir|continuer)(?: la suite| plus| aussi ?:?| l.article(?: complet)?| la lecture)(?: .{1,120})?{next}?",
    r"(?:l.article|cet article|le post) .{0,150}(?:est apparu|est paru|a [ée]t[ée] publi[ée]|apparu) (?:en premier|d.abord|initialement) (?:sur|dans) .{1,80}",
    r"(?:laisser|laissez|ajouter|poster|[ée]crire) un commentaire|commentaires|partager(?: cet article)?",
    r"(?:abonnez-vous|inscrivez-vous).{0,80}(?:newsletter|lettre|cha[îi]ne).{0,40}",
    r"weiterlesen{next}?|weiterlesen .{1,120}{next}|mehr (?:lesen|erfahren|zum thema){next}?|zum artikel{next}?",
    r"(?:kommentar|kommentare)(?: schreiben| hinterlassen| verfassen| lesen)?|(?:artikel )?teilen",
    r"(?:der )?(?:beitrag|artikel) .{1,150}erschien zuerst (?:auf|bei|in) .{1,80}",
    r".{0,60}newsletter .{0,30}(?:abonnieren|anmelden)|newsletter",
    r"lees (?:meer|verder|ook:?)(?: .{1,120})?{next}?|reageer|deel dit (?:artikel|bericht)|het bericht .{1,150}verscheen eerst op .{1,80}",
    // Russian, Ukrainian, Polish, Turkish, Indonesian
    r"(?:читать|смотреть)(?: далее| дальше| полностью| также:?(?: .{1,120})?){next}?|подробнее{next}?|комментарии|комментировать|поделиться",
    r"(?:сообщение|запись|статья) .{1,150}(?:появил[аио]с[ья]|впервые появил[аио]с[ья]) (?:сначала |впервые )?на .{1,80}",
    r"(?:читати|дивитися) (?:далі|також:?)(?: .{1,120})?{next}?|коментарі|поділитися",
    r"(?:czytaj|zobacz|dowiedz się)(?: więcej| dalej| też:?| także:?)(?: .{1,120})?{next}?|komentarze|udostępnij",
    r"devamını oku(?:mak için tıklayın)?{next}?|yorum yap(?:ın)?|yorumlar|paylaş|haberin devamı{next}?",
    r"baca (?:juga:?|selengkapnya)(?: .{1,120})?{next}?|komentar|bagikan",
    // Arabic, Persian, Hindi, Chinese, Japanese, Korean
    r"(?:اقرأ|إقرأ|قراءة)(?: المزيد| أيضا:?| أيضاً:?)(?: .{1,120})?{next}?|أضف تعليق(?:ا|اً)?|شارك|التعليقات",
    r"ادامه مطلب{next}?|بیشتر بخوانید{next}?|نظرات",
    r"और पढ़ें{next}?|यह भी पढ़ें:?(?: .{1,120})?|टिप्पणी करें",
    r"(?:阅读|閱讀|查看|点击查看|點擊查看)(?:更多|全文|原文){next}?|发表评论|發表評論|分享(?:到.{1,20})?|(?:责任编辑|責任編輯|编辑|編輯)[:： ].{1,20}",
    r"続きを読む{next}?|関連記事|コメント(?:する|を書く)?|シェア(?:する)?",
    r"더 ?보기{next}?|기사 ?더보기{next}?|댓글(?: 쓰기)?|공유하기",
];

/// At both ends: sharing, advertisements, players.
const BOTH: &[&str] = &[
    r"(?:share|share this|share this (?:article|story|post|page|entry)|share (?:on|via|to|with) {who}|tweet|tweet this|pin it)",
    r"{who}(?:[ ,|/]+{who})*",
    r"(?:advertisement|advertising|sponsored|sponsored content|ad|publicidad|publicidade|publicité|pubblicità|anzeige|werbung|advertentie|реклама|reklama|reklam|iklan|إعلان|广告|廣告|広告|광고)",
    r"advertisement\W{1,3}scroll to continue.{0,40}|(?:story|article) continues below(?: (?:this )?(?:ad|advertisement))?",
    r"listen(?: to (?:this|the) (?:article|story))?(?:\W+\d+ min(?:ute)?s?)?|\d+ min(?:ute)?s? read",
    r"(?:save|print|email|copy link|copy url|add to favou?rites|resize text|font size|text size)",
];

const NEXT: &str = r"(?: →)";
const WHO: &str = r"(?:facebook|twitter|x|whatsapp|telegram|linkedin|reddit|pinterest|e-?mail|messenger|viber|vk|instagram|tumblr|threads|bluesky|mastodon|line|weibo|wechat)";

fn set(lists: &[&[&str]]) -> Option<RegexSet> {
    let whole = |pattern: &&str| format!("^(?:{})$", pattern.replace("{next}", NEXT).replace("{who}", WHO));
    RegexSet::new(lists.iter().flat_map(|list| list.iter()).map(whole)).ok()
}

/// Matches a line at the end. `None` only if a pattern is invalid, which a test excludes.
pub static END: LazyLock<Option<RegexSet>> = LazyLock::new(|| set(&[END_ONLY, BOTH]));
/// Matches a line at the start.
pub static START: LazyLock<Option<RegexSet>> = LazyLock::new(|| set(&[BOTH]));
/// A link after an ellipsis in the last line of a text; group 1 is the link.
pub static TAIL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:…|\.\.\.|\[…\]|\[\.\.\.\])\s*(\(?(?:read (?:more|full|on)|continue reading|more|leer más|seguir leyendo|lire la suite|weiterlesen|mehr lesen|leia mais|continua a leggere|lees meer|lees verder|читать далее|devamını oku|続きを読む|阅读全文|اقرأ المزيد)\b[^.]{0,100})$",
    )
    .ok()
});
