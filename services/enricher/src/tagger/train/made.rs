//! Text that the project makes: sentences from templates.

use super::corpus::Sentence;
use super::lists::Lists;

/// Makes sentences from `model/templates`; none yet.
pub fn sentences(_lists: &Lists, _templates: &str, _count: usize) -> Vec<Sentence> {
    Vec::new()
}
