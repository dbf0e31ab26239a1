//! The open vocabularies: strings on the wire, so that a value can be added without breaking a reader.

/// Why a record of an article was written.
pub mod change {
    /// The first revision.
    pub const NEW: &str = "NEW";
    /// The publisher changed it.
    pub const UPDATED: &str = "UPDATED";
    /// The same revision, enriched again by a replay.
    pub const REENRICHED: &str = "REENRICHED";
    /// The publisher withdrew it.
    pub const WITHDRAWN: &str = "WITHDRAWN";
}

/// Where `published_at` comes from.
pub mod date_source {
    /// The entry's own date.
    pub const FEED: &str = "FEED";
    /// The page.
    pub const PAGE: &str = "PAGE";
    /// The HTTP header Last-Modified.
    pub const HTTP: &str = "HTTP";
    /// No date was given: the time at which it was first seen.
    pub const INFERRED: &str = "INFERRED";
}

/// How exact `published_at` is.
pub mod precision {
    /// To the second.
    pub const SECOND: &str = "SECOND";
    /// To the minute.
    pub const MINUTE: &str = "MINUTE";
    /// A day; the time is midnight UTC.
    pub const DAY: &str = "DAY";
    /// A month; its first day.
    pub const MONTH: &str = "MONTH";
    /// A year; its first day.
    pub const YEAR: &str = "YEAR";
}

/// Kind of a raw item.
pub mod kind {
    /// A feed's entry.
    pub const ENTRY: &str = "ENTRY";
    /// A fetched page.
    pub const PAGE: &str = "PAGE";
    /// The feed still shows the entry: only the ids are set.
    pub const SEEN: &str = "SEEN";
    /// An operator withdraws the article.
    pub const WITHDRAW: &str = "WITHDRAW";
    /// An operator revokes a withdrawal.
    pub const RESTORE: &str = "RESTORE";
}

/// How a publisher types a text.
pub mod form {
    /// Plain text: every character stands for itself.
    pub const TEXT: &str = "TEXT";
    /// HTML.
    pub const HTML: &str = "HTML";
    /// XHTML.
    pub const XHTML: &str = "XHTML";
    /// The format does not say.
    pub const UNKNOWN: &str = "UNKNOWN";
}

/// How much of an article may be published.
pub mod publish_text {
    /// All of it.
    pub const FULL: &str = "FULL";
    /// Title and summary.
    pub const SUMMARY: &str = "SUMMARY";
    /// The title.
    pub const NONE: &str = "NONE";
    /// Every value.
    pub const ALL: [&str; 3] = [FULL, SUMMARY, NONE];
}

/// Whose text an article has.
pub mod source_rank {
    /// The publisher's own feed or page.
    pub const OWN: &str = "OWN";
    /// A copy elsewhere.
    pub const OTHER: &str = "OTHER";
}

/// Where a body comes from.
pub mod body_source {
    /// The feed's entry.
    pub const FEED: &str = "FEED";
    /// The page.
    pub const PAGE: &str = "PAGE";
}

/// Whether the pages of a feed's entries are fetched.
pub mod full_text {
    /// If the feed's text is short.
    pub const AUTO: &str = "AUTO";
    /// Those of all entries.
    pub const ALWAYS: &str = "ALWAYS";
    /// None.
    pub const NEVER: &str = "NEVER";
}

/// Why a page is requested.
pub mod page_reason {
    /// The feed gives no body.
    pub const BODY_MISSING: &str = "BODY_MISSING";
    /// The feed's body is short.
    pub const BODY_SHORT: &str = "BODY_SHORT";
    /// The operator wants the pages of all entries of the feed.
    pub const ALWAYS: &str = "ALWAYS";
}

/// Why a page was not fetched.
pub mod page_failure {
    /// The site's robots.txt disallows it.
    pub const ROBOTS: &str = "robots";
    /// The page, its response or its site reserves text and data mining, or the copying of its text.
    pub const OPTED_OUT: &str = "opted-out";
    /// The address filter rejects it.
    pub const ADDRESS: &str = "address";
    /// The response has another status than 2xx.
    pub const STATUS: &str = "status";
    /// No response.
    pub const NETWORK: &str = "network";
    /// A redirect loop, or a redirect without a usable target.
    pub const REDIRECT: &str = "redirect";
    /// The response is not HTML.
    pub const NOT_HTML: &str = "not-html";
    /// The response exceeds the limit.
    pub const TOO_LARGE: &str = "too-large";
    /// It was not fetched in time.
    pub const EXPIRED: &str = "expired";
    /// More pages wait than may.
    pub const TOO_MANY: &str = "too-many";
}

/// Type of an entity.
pub mod entity {
    /// A person.
    pub const PERSON: &str = "PERSON";
    /// An organisation.
    pub const ORG: &str = "ORG";
    /// A place with a government: country, state, city.
    pub const GPE: &str = "GPE";
    /// Another place: sea, mountain, region.
    pub const LOC: &str = "LOC";
    /// Nationality, religion or political group.
    pub const NORP: &str = "NORP";
    /// A named event.
    pub const EVENT: &str = "EVENT";
}

/// A country's role in an article.
pub mod role {
    /// What the article is about.
    pub const FOCUS: &str = "FOCUS";
    /// Mentioned only.
    pub const MENTIONED: &str = "MENTIONED";
}

/// Kind of a country's evidence.
pub mod evidence {
    /// The country's name.
    pub const NAME: &str = "NAME";
    /// Its people or the adjective.
    pub const DEMONYM: &str = "DEMONYM";
    /// A city in it.
    pub const CITY: &str = "CITY";
    /// A first-level subdivision of it.
    pub const SUBDIVISION: &str = "SUBDIVISION";
    /// Its capital.
    pub const CAPITAL: &str = "CAPITAL";
    /// An organisation of it, government metonyms among them.
    pub const ORG: &str = "ORG";
    /// Its head of state or government.
    pub const PERSON: &str = "PERSON";
}

/// Fields that a span may point into.
pub mod field {
    /// The title.
    pub const TITLE: &str = "title";
    /// The summary.
    pub const SUMMARY: &str = "summary";
    /// The body.
    pub const BODY: &str = "body";
}

/// Outcome of a poll.
pub mod poll {
    /// Entries were published.
    pub const NEW_ENTRIES: &str = "NEW_ENTRIES";
    /// A document without new or changed entries.
    pub const NOTHING_NEW: &str = "NOTHING_NEW";
    /// 304, or the same bytes as before.
    pub const NOT_MODIFIED: &str = "NOT_MODIFIED";
    /// Another status than 2xx or 304.
    pub const HTTP_ERROR: &str = "HTTP_ERROR";
    /// No response: name resolution, connection, TLS or timeout.
    pub const NETWORK_ERROR: &str = "NETWORK_ERROR";
    /// Larger than the limit.
    pub const TOO_LARGE: &str = "TOO_LARGE";
    /// The response is not a feed.
    pub const UNREADABLE: &str = "UNREADABLE";
    /// Not requested: the address filter, robots.txt or the scheme forbids it.
    pub const REFUSED: &str = "REFUSED";
}
