#![doc = include_str!("../README.md")]

mod average;
pub mod corpus;
pub mod gum;
pub mod languages;
pub mod lists;
mod material;
pub mod net;
mod perceptron;
mod plan;
mod random;
pub mod synthetic;
#[cfg(test)]
mod tests;
mod titles;

pub use material::Material;
pub use plan::Plan;
