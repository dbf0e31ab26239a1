//! dates
use crate::feed::Date;
/// v0
#[must_use]
pub fn parse(text: &str, now: jiff::Timestamp) -> Option<Date> {
    let _ = now;
    let at = text.trim().parse().ok().or_else(|| jiff::fmt::rfc2822::parse(text.trim()).ok().map(|z| z.timestamp()))?;
    Some(Date { at, precision: proto::vocab::precision::SECOND, warning: None })
}
