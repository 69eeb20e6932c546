//! Numbers without rounding, and random ones that reach every order of magnitude.

use num_bigint::{BigInt, BigUint};
use num_rational::BigRational;
use num_traits::ToPrimitive;
use proptest::prelude::*;

/// An exact integer.
pub fn int(x: impl Into<BigInt>) -> BigRational {
    BigRational::from_integer(x.into())
}

/// The exact quotient.
pub fn ratio(a: impl Into<BigInt>, b: impl Into<BigInt>) -> BigRational {
    BigRational::new(a.into(), b.into())
}

/// Rounded down, if it fits.
pub fn floor_u128(x: &BigRational) -> Option<u128> {
    x.floor().to_integer().to_u128()
}

/// Rounded up, if it fits.
pub fn ceil_u128(x: &BigRational) -> Option<u128> {
    x.ceil().to_integer().to_u128()
}

/// e^x for 0 ≤ x ≤ 2, below the true value by less than 1e-55.
pub fn exp(x: &BigRational) -> BigRational {
    // At a fixed scale: exact rationals of 60 terms would be tens of thousands of digits long.
    let scale = BigInt::from(10u32).pow(60);
    let x = (x * int(scale.clone())).floor().to_integer();
    let mut sum = scale.clone();
    let mut term = scale.clone();
    // 2^60/60! < 2e-64.
    for n in 1..60 {
        term = term * &x / &scale / n;
        sum += &term;
    }
    BigRational::new(sum, scale)
}

/// Amounts of every size up to 2^`bits`.
pub fn sized(bits: u32) -> impl Strategy<Value = u64> {
    (0..=bits, any::<u64>()).prop_map(|(bits, x)| (u128::from(x) & ((1u128 << bits) - 1)) as u64 + u64::from(bits == 0))
}

/// Like [`sized`], up to 2^128 − 1.
pub fn sized_wide() -> impl Strategy<Value = u128> {
    (0u32..=128, any::<u128>()).prop_map(|(bits, x)| if bits == 128 { x } else { x & ((1 << bits) - 1) })
}

/// The exact product.
pub fn product(a: u128, b: u128) -> BigUint {
    BigUint::from(a) * b
}

/// That many cases; what once failed is kept as a named test, not in a file.
pub fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}
