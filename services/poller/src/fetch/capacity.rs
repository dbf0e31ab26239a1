//! What documents may take of this machine: memory from the first bytes of a body to the commit of its items, and
//! processors while it is decoded and parsed. Small documents wait for none of the large ones.

use super::error::FetchError;
use std::{sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

/// A document of at most this many bytes is small.
pub const SMALL: usize = 256 << 10;
/// A document of at most this many bytes takes a part of what a larger one takes.
const MEDIUM: usize = 1 << 20;
/// Sizes up to which documents wait for a processor by themselves.
const LANES: [usize; 2] = [64 << 10, 512 << 10];
/// Bytes of all documents that are not small, with what is made of them: text, tree, entries.
const MEMORY: usize = 320 << 20;
/// Bytes that are made of each byte of a body, at most.
const FACTOR: usize = 8;
/// How long a body that is not small waits for its memory. The connection is open meanwhile.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// Bytes of a permit.
const UNIT: usize = 1 << 20;

/// The memory and the processors that documents share. Clones share them too.
#[derive(Clone)]
pub struct Capacity(Arc<Shared>);

struct Shared {
    memory: Arc<Semaphore>,
    /// By the size of the document: [`LANES`], and larger ones.
    lanes: [Semaphore; 3],
}

impl Default for Capacity {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Capacity(Arc::new(Shared {
            memory: Arc::new(Semaphore::new(MEMORY / UNIT)),
            lanes: [processors, (processors / 2).max(1), (processors / 2).max(1)].map(Semaphore::new),
        }))
    }
}

/// The memory of one document; it is given back when this is dropped. It is no part of what a response says.
#[derive(Debug, Clone, Default)]
pub struct Held {
    _permit: Option<Arc<OwnedSemaphorePermit>>,
}

impl PartialEq for Held {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The memory of a document while it is read.
#[derive(Default)]
pub(super) struct Growing {
    permit: Option<OwnedSemaphorePermit>,
    units: usize,
}

impl Growing {
    pub(super) fn held(self) -> Held {
        Held { _permit: self.permit.map(Arc::new) }
    }
}

impl Capacity {
    /// Waits until there is memory for a document of `bytes`, of which `limit` is the most.
    ///
    /// # Errors
    /// [`FetchError::Busy`] if there is none for long.
    pub(super) async fn grow(&self, growing: &mut Growing, bytes: usize, limit: usize) -> Result<(), FetchError> {
        let units = units(bytes, limit);
        let more = units.saturating_sub(growing.units);
        if more == 0 {
            return Ok(());
        }
        let waits = Arc::clone(&self.0.memory).acquire_many_owned(u32::try_from(more).unwrap_or(u32::MAX));
        let permit = tokio::time::timeout(MAX_WAIT, waits).await.ok().and_then(Result::ok);
        let permit = permit.ok_or(FetchError::Busy("other documents take the memory for large documents"))?;
        match &mut growing.permit {
            Some(held) => held.merge(permit),
            none => *none = Some(permit),
        }
        growing.units = units;
        Ok(())
    }

    /// Waits for a processor for work on `bytes`. The permit is held for the duration of the work.
    pub async fn processor(&self, bytes: usize) -> Option<SemaphorePermit<'_>> {
        let lane = LANES.iter().position(|limit| bytes <= *limit).unwrap_or(LANES.len());
        // An error means that it was closed, which nothing does.
        self.0.lanes.get(lane)?.acquire().await.ok()
    }
}

/// Permits of a document.
fn units(bytes: usize, limit: usize) -> usize {
    let class = match bytes {
        0..=SMALL => return 0,
        _ if bytes <= MEDIUM => MEDIUM,
        _ => limit.max(MEDIUM),
    };
    (class * FACTOR / UNIT).clamp(1, MEMORY / UNIT)
}

/// The next larger size at which a document takes more, up to `limit`.
pub(super) fn step(bytes: usize, limit: usize) -> usize {
    let class = match bytes {
        0..SMALL => SMALL,
        SMALL..MEDIUM => MEDIUM,
        _ => limit,
    };
    class.min(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 10 << 20;

    #[tokio::test(start_paused = true)]
    async fn large_documents_wait_for_memory_and_small_ones_do_not() {
        let capacity = Capacity::default();
        let mut held = Vec::new();
        for _ in 0..4 {
            let mut growing = Growing::default();
            for bytes in [SMALL, MEDIUM, LIMIT] {
                capacity.grow(&mut growing, bytes, LIMIT).await.unwrap();
            }
            held.push(growing.held());
        }
        let mut next = Growing::default();
        assert_eq!(capacity.grow(&mut next, SMALL, LIMIT).await, Ok(()));
        assert!(matches!(capacity.grow(&mut next, LIMIT, LIMIT).await, Err(FetchError::Busy(_))));
        held.pop();
        assert_eq!(capacity.grow(&mut next, LIMIT, LIMIT).await, Ok(()));
    }

    #[tokio::test]
    async fn small_documents_have_processors_of_their_own() {
        let capacity = Capacity::default();
        let mut larger = Vec::new();
        for lane in &capacity.0.lanes[1..] {
            while let Ok(permit) = lane.try_acquire() {
                larger.push(permit);
            }
        }
        assert!(capacity.processor(LANES[0]).await.is_some());
    }
}
