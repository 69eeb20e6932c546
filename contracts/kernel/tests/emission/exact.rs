//! Numbers without rounding, and random ones that reach every order of magnitude.

use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::prelude::*;

/// The exact quotient.
pub fn ratio(a: impl Into<BigInt>, b: impl Into<BigInt>) -> BigRational {
    BigRational::new(a.into(), b.into())
}

/// Amounts of every size up to 2^`bits` − 1.
pub fn sized(bits: u32) -> impl Strategy<Value = u64> {
    (0..=bits, any::<u64>()).prop_map(|(bits, x)| (u128::from(x) & ((1 << bits) - 1)) as u64)
}

/// That many cases; what once failed is kept as a named test, not in a file.
pub fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}
