//! e^(−x) in fixed point with 64 fractional bits: deterministic, without floats.

/// One.
pub(crate) const ONE: u128 = 1 << 64;

/// e^(−1), rounded down.
const E_INV: u128 = 6_786_177_901_268_885_274;

/// e^(−num/den), within a few units of 2^−64; zero when it is smaller than that. `den` must not be zero.
pub(crate) fn exp_neg(num: u64, den: u64) -> u128 {
    let whole = num / den;
    // e^-45 < 2^-64.
    if whole >= 45 {
        return 0;
    }
    let fraction = (u128::from(num % den) << 64) / u128::from(den);
    let mut result = taylor(fraction);
    for _ in 0..whole {
        result = mul(result, E_INV);
    }
    result
}

/// The product of `a` with 64 fractional bits and `b` ≤ [`ONE`], rounded down.
pub(crate) fn mul(a: u128, b: u128) -> u128 {
    let (high, low) = (a >> 64, a & (ONE - 1));
    high * b + ((low * b) >> 64)
}

/// Σ (−x)^n / n! for x < 1: the terms fall below 2^−64 before the 22nd.
fn taylor(x: u128) -> u128 {
    let (mut sum, mut term) = (ONE as i128, ONE);
    for n in 1..=22u128 {
        term = mul(term, x) / n;
        sum += if n % 2 == 1 { -(term as i128) } else { term as i128 };
    }
    sum as u128
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        assert_eq!(exp_neg(0, 7), ONE);
        for (num, den) in [(1, 2), (1, 1), (3, 2), (5, 1), (1, 934_866), (20, 3)] {
            let want = (-(num as f64) / den as f64).exp();
            let got = exp_neg(num, den) as f64 / ONE as f64;
            assert!((got - want).abs() < 1e-15, "e^-({num}/{den}): {got} instead of {want}");
        }
        assert_eq!(exp_neg(45, 1), 0);
    }
}
