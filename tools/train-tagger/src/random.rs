//! Reproducible randomness: every number is a function of its position in the training.

/// SplitMix64 (Steele, Lea and Flood 2014) as a hash: equal seeds give equal numbers.
pub(crate) fn random(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Shuffles in place (Fisher and Yates), the same way for the same `seed`.
pub(crate) fn shuffle(order: &mut [usize], seed: u64) {
    for at in (1..order.len()).rev() {
        let other = random(seed << 32 ^ at as u64) % (at as u64 + 1);
        order.swap(at, other as usize);
    }
}
