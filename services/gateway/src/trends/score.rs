//! How unexpected a count is.

/// `-log10 P(X >= count)` for a Poisson distribution of mean `expected`: 2 means that chance alone gives so many once in a
/// hundred times. 0 if the count is not above the mean.
#[must_use]
pub fn surprise(count: u64, expected: f64) -> f64 {
    let n = approximate(count);
    if expected <= 0.0 || n <= expected {
        return 0.0;
    }
    // P(X >= n) = pmf(n) (1 + m/(n+1) + m²/((n+1)(n+2)) + …), whose terms fall since m < n.
    let ln_pmf = n * expected.ln() - expected - ln_factorial(n);
    let (mut sum, mut term, mut k) = (1.0, 1.0, n);
    while term > 1e-9 * sum && k < n + 10_000.0 {
        k += 1.0;
        term *= expected / k;
        sum += term;
    }
    (-(ln_pmf + f64::ln(sum)) / std::f64::consts::LN_10).max(0.0)
}

/// ln n!, by Stirling's series from 20 on (error below 1e-6).
fn ln_factorial(n: f64) -> f64 {
    if n < 20.0 {
        let (mut sum, mut k) = (0.0, 2.0);
        while k <= n {
            sum += f64::ln(k);
            k += 1.0;
        }
        return sum;
    }
    n * n.ln() - n + 0.5 * (std::f64::consts::TAU * n).ln() + 1.0 / (12.0 * n)
}

/// A count as a number for arithmetic.
#[expect(clippy::cast_precision_loss, reason = "counts of articles are far below 2^52")]
pub fn approximate(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tails summed term by term in double precision by another program.
    #[test]
    fn the_surprise_agrees_with_the_distribution() {
        for (count, mean, probability) in [
            (3, 0.5, 0.014_387_677_966_970_68),
            (10, 4.0, 0.008_132_242_796_933_871),
            (25, 10.0, 4.694_938_142_68e-5),
            (120, 100.0, 0.028_230_393_964_87),
        ] {
            let score = surprise(count, mean);
            assert!((score + f64::log10(probability)).abs() < 1e-3, "{count} {mean}: {score}");
        }
    }

    #[test]
    fn what_was_expected_is_no_surprise() {
        assert!(surprise(5, 5.0) < 1e-9 && surprise(0, 1.0) < 1e-9 && surprise(3, 0.0) < 1e-9);
        assert!(surprise(1_000_000, 1.0).is_finite());
    }
}
