//! The records that a page gives.

use super::fetch::Fetched;
use crate::{
    diff,
    outgoing::{bad_key, outgoing, unencodable},
};
use jiff::Timestamp;
use proto::{
    partition, time,
    topic::Topic,
    v1::{PageRequest, PageState, RawItem},
    vocab::kind,
};
use stream::{LogError, Outgoing, Runtime};

/// Upper bound for the bytes of a record's key and headers.
const OVERHEAD: usize = 1_024;

/// The raw item of a request: its page, or why there is none.
pub(super) fn raw_item(request: &PageRequest, page: Result<&Fetched, &str>) -> RawItem {
    let entry = request.entry.clone().unwrap_or_default();
    let item = RawItem {
        article_id: request.article_id.clone(),
        kind: kind::PAGE.to_owned(),
        feed_id: entry.feed_id.clone(),
        feed_url: entry.feed_url.clone(),
        site_url: entry.site_url.clone(),
        url: request.url.clone(),
        canonical_url: entry.canonical_url.clone(),
        known: true,
        entry: Some(Box::new(entry)),
        ..RawItem::default()
    };
    match page {
        Ok(page) => RawItem {
            content: page.html.clone(),
            content_form: "HTML".to_owned(),
            page: Some(page.metadata.clone()),
            fetch: Some(page.fetch.clone()),
            ..item
        },
        Err(reason) => RawItem { page_failure: reason.to_owned(), ..item },
    }
}

/// The record of a raw item, on its article's partition.
pub(super) fn raw(
    runtime: &Runtime,
    mut item: RawItem,
    request: &PageRequest,
    limit: usize,
    now: Timestamp,
) -> Result<Outgoing, LogError> {
    let value =
        diff::encode_within(&mut item, runtime.encoding, limit.saturating_sub(OVERHEAD)).map_err(unencodable)?;
    let requested = request.requested_at.as_ref().and_then(time::from_wire).unwrap_or_default();
    let id = format!("{}/page/{}", item.article_id, requested.as_millisecond());
    let to = partition::of(item.article_id.as_bytes(), runtime.partitions);
    let key = Topic::Raw.key(&item.article_id).map_err(bad_key)?;
    outgoing::<RawItem>(runtime, (to, key), value, &id, Some(&diff::traceparent(&id)), now)
}

/// The changelog record of a page that waits.
pub(super) fn state(
    runtime: &Runtime,
    partition: i32,
    state: &PageState,
    now: Timestamp,
) -> Result<Outgoing, LogError> {
    let value = Topic::PageState.encoding(runtime.encoding).encode(state).map_err(unencodable)?;
    let key = Topic::PageState.key(&state.article_id).map_err(bad_key)?;
    outgoing::<PageState>(runtime, (partition, key), value, &format!("{}/{now}", state.article_id), None, now)
}
