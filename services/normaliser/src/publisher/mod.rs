//! The publisher of an article: its registrable domain and its name; and who carried it.

mod names;
mod origin;

pub use names::{domain, name};
pub use origin::{Origin, origin};
