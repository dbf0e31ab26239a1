//! Requests of the normaliser.

use super::{MAX_BATCH, PAGES, PageLoop, host};
use crate::pages::{STAGE, queue::Place, record};
use proto::{
    partition, time,
    topic::Topic,
    v1::{PageRequest, PageState},
    vocab::page_failure,
};
use stream::{DeadLetter, LogError, Record, Session, Transaction};
use url::Url;

impl PageLoop {
    /// Adds requests to the table. One that cannot be read goes to the dead letters; one too many is answered at once.
    pub(super) fn accept(&mut self, session: &mut Session, records: &[Record]) -> Result<(), LogError> {
        let now = self.now();
        let mut transaction = Transaction::default();
        let (mut accepted, mut refused): (Vec<(String, Place)>, Vec<&str>) = (Vec::new(), Vec::new());
        for record in records {
            let partition = record.partition;
            transaction.advance(partition, record.offset + 1);
            let request = match parse(record) {
                Ok(Some(request)) => request,
                Ok(None) => continue,
                Err((reason, detail)) => {
                    tracing::warn!(stage = STAGE, reason, detail, "request refused; written to the dead letters");
                    let dead_letter = DeadLetter::new(STAGE, reason, &detail, record.clone(), now);
                    let to = partition::of(&record.key, self.runtime.partitions);
                    transaction.write(dead_letter.to_outgoing(&self.runtime.names.of(Topic::DeadLetter), to));
                    refused.push(reason);
                    continue;
                }
            };
            let (id, host) = (request.article_id.clone(), host(&request.url));
            let article_id = id.clone();
            let state = PageState {
                article_id,
                request: Some(request),
                next_at: Some(time::to_wire(now)),
                ..PageState::default()
            };
            if self.queue.is_full(&id, &host) || accepted.len() >= MAX_BATCH {
                self.metrics.pages.with_label_values(&[page_failure::TOO_MANY]).inc();
                self.answer(session, &mut transaction, partition, &state, Err(page_failure::TOO_MANY), now)?;
                accepted.retain(|(other, _)| *other != id);
                self.queue.remove(&id);
                continue;
            }
            transaction.put(session, &PAGES, record::state(&self.runtime, partition, &state, now)?)?;
            accepted.push((id, Place { host, partition, at: now }));
        }
        session.commit(transaction)?;
        accepted.into_iter().for_each(|(id, place)| self.queue.insert(&id, place));
        self.stage_metrics.read.inc_by(records.len() as u64);
        self.stage_metrics.out.inc_by((records.len() - refused.len()) as u64);
        refused.into_iter().for_each(|reason| self.stage_metrics.dead_letter(reason).inc());
        Ok(())
    }
}

/// The request in a record; `None` for a tombstone. Else the reason and the sentence for its dead letter.
fn parse(record: &Record) -> Result<Option<PageRequest>, (&'static str, String)> {
    if record.value.is_none() {
        return Ok(None);
    }
    let request: PageRequest = record.decode().map_err(|error| ("undecodable", error.to_string()))?;
    let bad = |detail: String| Err(("bad-request", detail));
    if request.article_id.as_bytes() != record.key || Topic::PageState.key(&request.article_id).is_err() {
        return bad(format!("the record's key is not the article id {:?}", request.article_id));
    }
    if request.entry.as_ref().is_none_or(|entry| entry.article_id != request.article_id) {
        return bad("the request has no entry of its article".to_owned());
    }
    match Url::parse(&request.url) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(Some(request)),
        _ => bad(format!("{:?} is no http or https URL", request.url)),
    }
}
