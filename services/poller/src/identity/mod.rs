//! Identity is assigned once, where an item enters: the canonical URL, the article id made from it, and the key that tells
//! an entry from the others of its feed. Pure. The rules are described in docs/identity.md.

mod canonical;
mod carriers;
mod corrections;
mod entry;
mod fingerprint;
mod fragments;
mod repeated;
mod seen_entry;
mod tracking;

pub use canonical::{canonical_url, join};
pub(crate) use corrections::join_corrected;
pub use entry::{IdentifiedEntry, Identity, identify};
pub use fingerprint::{Fingerprint, fingerprints};
pub use seen_entry::{LinkHash, PACKED_BYTES, SeenEntry, pack, unpack};
