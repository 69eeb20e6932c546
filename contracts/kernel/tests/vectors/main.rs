//! Kernels that mirror the chain's formulas against reference values of 60 digits, compared exactly. `VECTORS_DIR` reads
//! another folder.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets the unexpected panics"
)]

use std::path::PathBuf;

use kernel::conviction::{LockKind, Weight};
use kernel::emission::ema::{price_block, toward, FLOW_BLOCK};
use kernel::emission::{shares, Input, Model, SHARE_ONE};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive};
use serde_json::Value;

/// The cases of a file, which must state the tolerance that its test grants.
fn cases(file: &str, tolerance: &str) -> Vec<Value> {
    let folder = std::env::var_os("VECTORS_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"),
        PathBuf::from,
    );
    let text = std::fs::read_to_string(folder.join(file)).expect("vectors can be read");
    let vectors: Value = serde_json::from_str(&text).expect("valid vectors");
    assert_eq!(vectors["tolerance"], tolerance);
    let cases = vectors["cases"].as_array().expect("cases").clone();
    assert!(!cases.is_empty());
    cases
}

/// The exact value of a decimal string.
fn decimal(value: &Value) -> BigRational {
    let text = value.as_str().expect("a decimal string");
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: BigInt = format!("{whole}{fraction}").parse().expect("digits");
    let places = u32::try_from(fraction.len()).expect("few digits");
    BigRational::new(digits, BigInt::from(10u32).pow(places))
}

/// The decimal string times `scale`, which must make it an integer.
fn scaled(value: &Value, scale: u64) -> i128 {
    let exact = decimal(value) * BigInt::from(scale);
    assert!(exact.is_integer(), "{value} has too many digits");
    exact.to_integer().to_i128().expect("fits")
}

fn list<'a>(case: &'a Value, name: &str) -> &'a Vec<Value> {
    case[name].as_array().expect(name)
}

/// Whether `got` is within two units and one part in 1e9 of `want`.
fn near(got: u128, want: &BigRational) -> bool {
    let off = (BigRational::from_integer(got.into()) - want).abs();
    let billion = BigInt::from(1_000_000_000u32);
    off <= BigRational::from_integer(2.into()) + want / billion
}

#[test]
fn rolled_weights_match_the_reference_values() {
    for case in cases("conviction.json", "relative 1e-9, absolute 2 rao") {
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

/// Price averages of the vectors have at most nine digits.
const BILLION: u64 = 1_000_000_000;

/// The model of a case and what it is given.
fn model_and_inputs(case: &Value) -> (Model, Vec<Input>) {
    match case["model"].as_str().expect("model") {
        "tao_flow" => {
            let small = |name: &str| case[name].as_str().expect(name).parse::<u64>().expect(name);
            let model = Model::TaoFlow {
                net: case["net"].as_bool().expect("net"),
                exponent: u8::try_from(small("exponent")).expect("exponent"),
                cutoff: small("cutoff"),
            };
            let (user, protocol) = (list(case, "user_ema"), list(case, "protocol_ema"));
            assert_eq!(user.len(), protocol.len());
            let inputs = user.iter().zip(protocol).map(|(user, protocol)| Input {
                user: scaled(user, 1),
                protocol: scaled(protocol, 1),
                ..Input::default()
            });
            (model, inputs.collect())
        }
        "price" => {
            let (price, burned) = (list(case, "price_ema"), list(case, "miner_burned"));
            assert_eq!(price.len(), burned.len());
            let inputs = price.iter().zip(burned).map(|(price, burned)| Input {
                price: scaled(price, BILLION).unsigned_abs(),
                burned: u32::try_from(scaled(burned, BILLION)).expect("a fraction"),
                ..Input::default()
            });
            (Model::Price, inputs.collect())
        }
        other => panic!("unknown model {other}"),
    }
}

#[test]
fn emission_shares_match_the_reference_values() {
    let tolerance = BigRational::new(1.into(), BILLION.into());
    for case in cases("emission_shares.json", "absolute 1e-9") {
        let (model, inputs) = model_and_inputs(&case);
        let got = shares(model, None, &inputs, 1).expect("within bounds");
        let want = list(&case, "expected_shares");
        assert_eq!(got.len(), want.len());
        for (index, (got, want)) in got.iter().zip(want).enumerate() {
            let share = BigRational::new((*got).into(), SHARE_ONE.into());
            assert!(
                (share - decimal(want)).abs() <= tolerance,
                "market {index}: {got}, not {want}, of {case}"
            );
        }
    }
}

/// Units of an average of flow in one rao, of an average of the price in one TAO per alpha.
const FLOW_UNITS: u64 = 1 << 20;
const PRICE_UNITS: u64 = 1_000_000_000_000_000_000;

#[test]
fn averages_match_the_reference_values() {
    for case in cases("ema.json", "relative 1e-9") {
        let flow = case["kind"] == "flow";
        assert!(flow || case["kind"] == "price", "unknown kind of {case}");
        let units = if flow { FLOW_UNITS } else { PRICE_UNITS };
        let mut value = scaled(&case["start"], units);
        let mut block = case["first_b"]
            .as_u64()
            .map(|block| u32::try_from(block).expect("a block"));
        for sample in list(&case, "samples") {
            let sample = scaled(sample, units);
            (value, block) = match block {
                None => (toward(value, sample, FLOW_BLOCK).expect("fits"), None),
                Some(b) => {
                    let capped = sample.min(PRICE_UNITS.into());
                    (toward(value, capped, price_block(b)).expect("fits"), Some(b + 1))
                }
            };
        }
        assert_eq!(flow, block.is_none(), "only prices depend on the block");
        let want = decimal(&case["expected"]);
        let got = BigRational::new(value.into(), units.into());
        let off = (got - &want).abs() * BigInt::from(BILLION);
        assert!(off <= want.abs(), "{value} at {units}, not {want}, of {case}");
    }
}
