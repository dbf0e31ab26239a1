//! Text for logs and messages, without credentials.

/// A URL without credentials: anything that may be user and password is `***`, even if the URL is invalid. Any other text is
/// returned as it is.
#[must_use]
pub fn credentials(url: &str) -> String {
    let begin = url.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = url.split_at(begin);
    let authority = rest.find(['/', '?', '#']).map_or(rest, |end| rest.split_at(end).0);
    // A slash in a password ends the authority too early. Then everything up to the last `@` may be credentials.
    let at = authority.rfind('@').filter(|at| begin > 0 || authority[..*at].contains(':'));
    let at = at.or_else(|| rest.rfind('@').filter(|_| authority.contains(':')));
    match at.and_then(|at| rest.get(at..)) {
        Some(host) => format!("{scheme}***{host}"),
        None => url.to_owned(),
    }
}

/// A message whose words may be URLs as a user has typed them: without credentials and without the values of queries.
#[must_use]
pub fn message(text: &str) -> String {
    let word = |word: &str| {
        if !word.contains("://") {
            return word.to_owned();
        }
        let word = credentials(word);
        match word.split_once('?') {
            Some((before, query)) if query.contains('=') => {
                let end = query.trim_start_matches(|c: char| !matches!(c, '\'' | '"'));
                format!("{before}?***{end}")
            }
            _ => word,
        }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_shows_urls_without_secrets() {
        assert_eq!(
            message("unexpected argument 'https://me:pw@a.example/f?token=s' found; tip: a@b.example"),
            "unexpected argument 'https://***@a.example/f?***' found; tip: a@b.example"
        );
    }
}
