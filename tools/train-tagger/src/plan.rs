//! The hyperparameters of training.

use crate::net;
use tagger::training::Scheme;

/// Hyperparameters; the default is what `make model` uses.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Which features the model has.
    pub scheme: Scheme,
    /// Passes over all sentences.
    pub epochs: u32,
    /// Number of training runs in different orders whose weights are averaged.
    pub runs: u32,
    /// Base-2 logarithm of the feature table's size, 4 to 24.
    pub bits: u32,
    /// Margin, in steps: added to the scores of wrong labels.
    pub margin: i32,
    /// Percentage of the tokens that lose the features of the word itself in a pass.
    pub dropout: u64,
    /// Percentage of the features that are dropped in a pass.
    pub thinning: u64,
    /// Weights of a smaller magnitude, in points, are set to zero.
    pub prune: i32,
    /// Weights are rounded to multiples of 2 to this power.
    pub shift: u32,
    /// Points of the model file per step of the perceptron.
    pub scale: i64,
    /// Varies order and dropout.
    pub seed: u32,
    /// AdaGrad's constant: after `3 * rest` changes of a weight its steps are half as long; 0 for equal steps.
    pub rest: u32,
    /// How to train the dense net.
    pub net: net::Plan,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            scheme: Scheme::English,
            epochs: 8,
            runs: 1,
            bits: 20,
            margin: 40,
            dropout: 30,
            thinning: 10,
            prune: 4,
            shift: 0,
            scale: 16,
            seed: 0,
            rest: 16,
            net: net::Plan::default(),
        }
    }
}
