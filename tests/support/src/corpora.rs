//! Corpora that are too large or not licensed to be part of the repository.

use std::path::{Path, PathBuf};

/// The folder that `NEWSWIRE_CORPORA` names, else `shared` next to the project's own folder. It need not exist.
#[must_use]
pub fn folder() -> PathBuf {
    std::env::var_os("NEWSWIRE_CORPORA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from)
}

/// Path of a file or folder of the corpora, such as `seed-article.txt`. If it does not exist, prints that the test is
/// skipped and returns `None`.
#[must_use]
pub fn find(name: &str) -> Option<PathBuf> {
    let path = folder().join(name);
    if path.exists() {
        return Some(path);
    }
    crate::skip("a test that reads a corpus", &format!("no {name} in NEWSWIRE_CORPORA or ../shared"));
    None
}
