//! The conviction kernel against reference values of 60 digits, compared exactly. `VECTORS_DIR` reads another folder.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets the unexpected panics"
)]

use std::path::PathBuf;

use kernel::conviction::{LockKind, Weight};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Signed;
use serde_json::Value;

/// The exact value of a decimal string.
fn decimal(value: &Value) -> BigRational {
    let text = value.as_str().expect("a decimal string");
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: BigInt = format!("{whole}{fraction}").parse().expect("digits");
    let places = u32::try_from(fraction.len()).expect("few digits");
    BigRational::new(digits, BigInt::from(10u32).pow(places))
}

/// Whether `got` is within two units and one part in 1e9 of `want`.
fn near(got: u128, want: &BigRational) -> bool {
    let off = (BigRational::from_integer(got.into()) - want).abs();
    let billion = BigInt::from(1_000_000_000u32);
    off <= BigRational::from_integer(2.into()) + want / billion
}

#[test]
fn rolled_weights_match_the_reference_values() {
    let folder = std::env::var_os("VECTORS_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"),
        PathBuf::from,
    );
    let text = std::fs::read_to_string(folder.join("conviction.json")).expect("vectors can be read");
    let vectors: Value = serde_json::from_str(&text).expect("valid vectors");
    assert_eq!(vectors["tolerance"], "relative 1e-9, absolute 2 rao");
    let cases = vectors["cases"].as_array().expect("cases");
    assert!(!cases.is_empty());
    for case in cases {
        let amount = |name: &str| case[name].as_str().expect(name).parse::<u128>().expect(name);
        let blocks = |name: &str| u32::try_from(case[name].as_u64().expect(name)).expect(name);
        let kind = if case["perpetual"].as_bool().expect("perpetual") {
            LockKind::Perpetual
        } else {
            LockKind::Decaying
        };
        let weight = Weight {
            mass: amount("locked_mass"),
            conviction: amount("conviction"),
        };
        let got = weight.rolled_with(kind, blocks("blocks"), blocks("unlock_tau"), blocks("maturity_tau"));
        assert!(
            near(got.mass, &decimal(&case["expected_locked_mass"])),
            "mass {} of {case}",
            got.mass
        );
        assert!(
            near(got.conviction, &decimal(&case["expected_conviction"])),
            "conviction {} of {case}",
            got.conviction
        );
    }
}
