//! The conviction kernel against reference values.

use serde_json::Value;

/// Value in rao of a decimal string; the fraction is far below the tolerance.
fn rao(value: &Value) -> f64 {
    value.as_str().expect("a decimal string").parse().expect("a number")
}

#[test]
fn matches_the_reference_values() {
    let text = include_str!("vectors/conviction.json");
    let vectors: Value = serde_json::from_str(text).expect("valid vectors");
    let cases = vectors["cases"].as_array().expect("cases");
    assert!(cases.len() >= 50);
    for case in cases {
        let whole = |name: &str| case[name].as_str().expect(name).parse::<u64>().expect(name);
        let blocks = |name: &str| case[name].as_u64().expect(name);
        let (mass, conviction) = staking::roll(
            whole("locked_mass"),
            u128::from(whole("conviction")) << 64,
            blocks("blocks"),
            case["perpetual"].as_bool().expect("perpetual"),
            blocks("unlock_tau"),
            blocks("maturity_tau"),
        );
        let near = |got: f64, want: f64| (got - want).abs() <= 2.0 + want.abs() * 1e-9;
        assert!(near(mass as f64, rao(&case["expected_locked_mass"])), "mass of {case}");
        let conviction = conviction as f64 / 2f64.powi(64);
        assert!(
            near(conviction, rao(&case["expected_conviction"])),
            "conviction {conviction} of {case}"
        );
    }
}
