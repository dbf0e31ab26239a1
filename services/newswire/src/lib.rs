//! newswire
