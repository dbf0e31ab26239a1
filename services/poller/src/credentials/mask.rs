//! Replaces a credential's secrets in text of the publisher, who may repeat them in links.

use super::{
    Credential,
    parameters::{HOLE, RESERVED},
};
use crate::document::{Document, DocumentError, Entry, Hints};
use base64::Engine;
use percent_encoding::utf8_percent_encode;
use proto::v1::Media;
use url::Url;

/// A secret of fewer bytes is only replaced where its parameter's name precedes it: as a word it may stand anywhere.
const MIN_BYTES: usize = 6;

/// The forms in which secrets may stand in text, and what replaces each.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Mask {
    /// The longest first.
    forms: Vec<(String, String)>,
    /// The host that gets the credential. What stands in it is known anyway: it stays in the hosts of URLs.
    host: String,
}

impl Mask {
    pub(super) fn new(credential: &Credential) -> Self {
        let mut forms: Vec<(String, String)> = Vec::new();
        let mut add = |before: &str, secret: &str| {
            for form in forms_of(secret) {
                forms.push((format!("{before}{form}"), format!("{before}{HOLE}")));
            }
        };
        let mut secret = |name: Option<&str>, secret: &str| {
            if secret.len() >= MIN_BYTES {
                add("", secret);
            } else if let Some(name) = name.filter(|_| !secret.is_empty()) {
                add(&format!("{name}="), secret);
                add(&format!("/{name}/"), secret);
            }
        };
        if let Some((user, password)) = credential.basic() {
            let pair = format!("{user}:{password}");
            secret(None, &base64::engine::general_purpose::STANDARD.encode(&pair));
            secret(None, &base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&pair));
            secret(None, &pair);
            // A user without a password is a token.
            secret(None, if password.is_empty() { user } else { password });
        }
        credential.bearer.iter().for_each(|token| secret(None, token));
        credential.headers.iter().for_each(|(name, value)| secret(Some(name), value));
        for (name, value) in &credential.parameters {
            secret(Some(name.split('#').next().unwrap_or(name)), value);
        }
        forms.sort_by_key(|(form, _)| std::cmp::Reverse(form.len()));
        forms.dedup();
        let host = Url::parse(&credential.origin).ok();
        let host = host.as_ref().and_then(Url::host_str).unwrap_or_default().to_owned();
        Mask { forms, host }
    }

    /// The text without secrets.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        self.apply(&mut text);
        text
    }

    fn apply(&self, text: &mut String) {
        self.replace(text, |_| true);
    }

    fn replace(&self, text: &mut String, is_replaced: impl Fn(&str) -> bool) {
        for (form, replacement) in self.forms.iter().filter(|(form, _)| is_replaced(form)) {
            if memchr::memmem::find(text.as_bytes(), form.as_bytes()).is_some() {
                *text = text.replace(form, replacement);
            }
        }
    }

    /// The URL without secrets. A word of the credential's own host stays in the host: the URL would else be another host's.
    #[must_use]
    pub fn url(&self, url: &Url) -> Url {
        let mut text = url.as_str().to_owned();
        self.apply_to_url(&mut text);
        Url::parse(&text).unwrap_or_else(|_| url.clone())
    }

    /// As [`Mask::url`], of a text that may be a URL.
    pub(crate) fn apply_to_url(&self, text: &mut String) {
        let Some(begin) = text.find("://").map(|at| at + 3) else { return self.apply(text) };
        let end = text[begin..].find(['/', '?', '#', '\\']).map_or(text.len(), |at| begin + at);
        // User and password come before the host.
        let begin = text[..end].rfind('@').map_or(begin, |at| begin.max(at + 1));
        let (mut before, mut host, mut rest) =
            (text[..begin].to_owned(), text[begin..end].to_owned(), text[end..].to_owned());
        self.apply(&mut before);
        let own = self.host.as_str();
        self.replace(&mut host, |form| !own.contains(form));
        self.apply(&mut rest);
        *text = before + &host + &rest;
    }

    /// Replaces secrets in every text of a document.
    pub fn document(&self, document: &mut Document) {
        let Document {
            format: _,
            encoding: _,
            title,
            description,
            site_url,
            language,
            rights,
            authors,
            categories,
            updated: _,
            entries,
            hints,
            warnings: _,
            is_cut: _,
        } = document;
        [title, description, language, rights].into_iter().for_each(|text| self.apply(text));
        authors.iter_mut().chain(categories).for_each(|text| self.apply(text));
        let Hints {
            ttl_min: _,
            skip_hours: _,
            skip_days: _,
            update_period_s: _,
            hubs,
            self_url,
            cloud,
            next_url,
            complete: _,
        } = hints;
        hubs.iter_mut().chain([site_url, self_url, cloud, next_url]).for_each(|text| self.apply_to_url(text));
        entries.iter_mut().for_each(|entry| self.entry(entry));
    }

    fn entry(&self, entry: &mut Entry) {
        let Entry {
            guid,
            guid_is_permalink: _,
            link,
            title,
            summary,
            content,
            forms: _,
            source,
            original_link,
            authors,
            categories,
            media,
            published: _,
            updated: _,
            published_text,
            updated_text,
            language,
            comments,
            warnings: _,
        } = entry;
        [guid, link, comments, original_link, &mut source.url].into_iter().for_each(|text| self.apply_to_url(text));
        [title, summary, content, &mut source.name, published_text, updated_text, language]
            .into_iter()
            .chain(authors)
            .chain(categories)
            .for_each(|text| self.apply(text));
        for Media { url, r#type, title, .. } in media {
            self.apply_to_url(url);
            [r#type, title].into_iter().for_each(|text| self.apply(text));
        }
    }

    /// Replaces secrets in an error of a parser, which may quote the document.
    #[must_use]
    pub fn document_error(&self, error: DocumentError) -> DocumentError {
        match error {
            DocumentError::Json(text) => DocumentError::Json(self.text(&text)),
            DocumentError::NotAFeed(text) => DocumentError::NotAFeed(self.text(&text)),
            error @ (DocumentError::Empty | DocumentError::TooLarge { .. } | DocumentError::WebPage) => error,
        }
    }
}

/// A secret as it is, percent-encoded, as text of HTML and of JSON, and these combined.
fn forms_of(secret: &str) -> Vec<String> {
    let encoded = utf8_percent_encode(secret, RESERVED).to_string();
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let mut forms = vec![secret.to_owned(), lower_hex(&encoded), encoded, lower_hex(&form), form];
    if let Ok(mut url) = Url::parse("http://a/") {
        // As a link that is written with the secret as it is reads once it is parsed.
        url.set_query(Some(secret));
        forms.extend(url.query().map(str::to_owned));
        url.set_path(secret);
        forms.push(url.path().trim_start_matches('/').to_owned());
        let _ = url.set_password(Some(secret));
        forms.extend(url.password().map(str::to_owned));
    }
    let escapes: [&[(&str, &str)]; 2] = [
        &[("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")],
        &[("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;")],
    ];
    for form in forms.clone() {
        for escapes in escapes {
            forms.push(escapes.iter().fold(form.clone(), |text, (from, to)| text.replace(from, to)));
        }
        let json = serde_json::Value::from(form.as_str()).to_string();
        let json = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or(&json);
        forms.extend([json.replace('/', "\\/"), json.to_owned()]);
        forms.push(form.escape_debug().to_string());
    }
    forms.sort();
    forms.dedup();
    forms
}

/// Percent-encodings with digits in lower case.
fn lower_hex(text: &str) -> String {
    let mut parts = text.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        format!("{text}%{}{rest}", digits.to_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(password: &str, token: &str) -> Mask {
        Mask::new(&Credential {
            username: "me".into(),
            password: password.into(),
            parameters: [("token".to_owned(), token.to_owned())].into(),
            ..Credential::default()
        })
    }

    #[test]
    fn a_secret_is_replaced_in_every_form() {
        let mask = mask("p&ss/w\u{f6}rd", "tok\"en+value");
        for text in [
            "p&ss/w\u{f6}rd",
            "p%26ss%2Fw%C3%B6rd",
            "p%26ss%2fw%c3%b6rd",
            "p&amp;ss/w\u{f6}rd",
            "p&ss\\/w\u{f6}rd",
            "bWU6cCZzcy93w7ZyZA==",
            "tok%22en%2Bvalue",
            "tok\\\"en+value",
            "tok&quot;en+value",
        ] {
            let masked = mask.text(&format!("a {text} b"));
            assert_eq!(masked, "a *** b", "{text}");
        }
    }

    #[test]
    fn a_word_of_the_own_host_stays_in_hosts() {
        let credential = Credential {
            origin: "https://news.example-press.org".into(),
            username: "me".into(),
            password: "example-press".into(),
            ..Credential::default()
        };
        let url = |url: &str| credential.mask().url(&url.parse().unwrap()).to_string();
        assert_eq!(
            url("https://news.example-press.org/example-press/?q=example-press#example-press"),
            "https://news.example-press.org/***/?q=***#***"
        );
        assert_eq!(url("https://me:example-press@www.example-press.org/"), "https://***@www.example-press.org/");
        let other = Credential { password: "hunter22".into(), ..credential };
        assert_eq!(
            other.mask().url(&"https://hunter22.example.org/a".parse().unwrap()).as_str(),
            "https://***.example.org/a"
        );
    }

    #[test]
    fn a_short_secret_is_replaced_where_its_name_stands() {
        let mask = mask("", "news");
        assert_eq!(mask.text("news of /?token=news&a=news"), "news of /?token=***&a=news");
    }
}
