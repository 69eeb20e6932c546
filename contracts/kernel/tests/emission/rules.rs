//! What governance may choose, and that nothing beyond the hard bounds passes.

use kernel::emission::{Error, Gate, LadderRules, Model, Parameter, Rules};

/// A parameter with its bounds and how to set it.
struct Bound {
    parameter: Parameter,
    min: i64,
    max: i64,
    set: fn(&mut Rules, i64),
}

fn bounds() -> Vec<Bound> {
    fn bound(parameter: Parameter, min: i64, max: i64, set: fn(&mut Rules, i64)) -> Bound {
        Bound {
            parameter,
            min,
            max,
            set,
        }
    }
    const TAO: i64 = 1_000_000_000;
    vec![
        bound(Parameter::Exponent, 1, 4, |rules, x| {
            rules.model = Model::TaoFlow {
                net: true,
                exponent: x as u8,
                cutoff: 0,
            };
        }),
        bound(Parameter::Cutoff, 0, 1_000 * TAO, |rules, x| {
            rules.model = Model::TaoFlow {
                net: true,
                exponent: 1,
                cutoff: x as u64,
            };
        }),
        bound(Parameter::GateQuantile, 1, 10_000, |rules, x| {
            rules.gate = Some(Gate { quantile_bps: x as u16 });
        }),
        bound(Parameter::Release, 0, 20_000, |rules, x| rules.release_ppm = x as u32),
        bound(Parameter::MaxRelease, 0, 1_000 * TAO, |rules, x| {
            rules.max_release = x as u64;
        }),
        bound(Parameter::MaxYield, 0, 100, |rules, x| rules.max_yield_bps = x as u16),
        bound(Parameter::DividendTarget, 0, 500, |rules, x| {
            rules.dividend_target_bps = x as u16;
        }),
        bound(Parameter::WatchBelow, -5_000, 0, |rules, x| {
            rules.ladder.watch_below_bps = x as i32;
            // Bounded by it, and checked after it.
            rules.ladder.quarantine_below_bps = (x as i32).clamp(-10_000, 0);
            rules.ladder.recover_above_bps = (x as i32).clamp(-5_000, 1_000);
        }),
        bound(Parameter::QuarantineBelow, -10_000, -1_000, |rules, x| {
            rules.ladder.quarantine_below_bps = x as i32;
        }),
        bound(Parameter::RecoverAbove, -1_000, 1_000, |rules, x| {
            rules.ladder.recover_above_bps = x as i32;
        }),
        bound(Parameter::Patience, 2, 140, |rules, x| rules.ladder.patience = x as u16),
        bound(Parameter::QuarantineEpochs, 8, 1_200, |rules, x| {
            rules.ladder.quarantine_epochs = x as u16;
            // Bounded by it.
            (rules.ladder.patience, rules.ladder.challenge_epochs) = (2, 4);
        }),
        bound(Parameter::ChallengeEpochs, 4, 140, |rules, x| {
            rules.ladder.challenge_epochs = x as u16;
        }),
        bound(Parameter::DelistDelay, 7_200, 302_400, |rules, x| {
            rules.ladder.delist_delay = x as u32;
        }),
        bound(Parameter::Bond, TAO, 1_000 * TAO, |rules, x| {
            rules.ladder.bond = x as u64
        }),
    ]
}

#[test]
fn the_rules_at_birth_are_within_their_bounds() {
    assert_eq!(Rules::default().check(), Ok(()));
    assert_eq!(LadderRules::default().check(), Ok(()));
    let price = Rules {
        model: Model::Price,
        ..Rules::default()
    };
    assert_eq!(price.check(), Ok(()));
}

#[test]
fn every_parameter_may_be_at_its_bounds_and_not_beyond_on_either_side() {
    for Bound {
        parameter,
        min,
        max,
        set,
    } in bounds()
    {
        let check = |got| {
            let mut rules = Rules::default();
            set(&mut rules, got);
            (rules.check(), rules.ladder.check())
        };
        assert_eq!(check(min), (Ok(()), Ok(())), "{parameter:?}");
        assert_eq!(check(max), (Ok(()), Ok(())), "{parameter:?}");
        let refused = |got| {
            Err(Error::RuleOutOfBounds {
                parameter,
                min,
                max,
                got,
            })
        };
        assert_eq!(check(max + 1).0, refused(max + 1));
        // Nothing is below 0 where numbers have no sign.
        if min != 0 || parameter == Parameter::WatchBelow {
            assert_eq!(check(min - 1).0, refused(min - 1));
        }
    }
}

#[test]
fn the_largest_numbers_there_are_are_refused_as_such() {
    for (parameter, set) in [
        (
            Parameter::MaxRelease,
            (|rules| rules.max_release = u64::MAX) as fn(&mut Rules),
        ),
        (Parameter::Bond, |rules| rules.ladder.bond = u64::MAX),
        (Parameter::Cutoff, |rules| {
            rules.model = Model::TaoFlow {
                net: false,
                exponent: 1,
                cutoff: u64::MAX,
            };
        }),
    ] {
        let mut rules = Rules::default();
        set(&mut rules);
        assert!(
            matches!(rules.check(), Err(Error::RuleOutOfBounds { parameter: refused, got: i64::MAX, .. }) if refused == parameter)
        );
    }
}

#[test]
fn thresholds_are_in_their_order() {
    let ladder = |watch, quarantine, recover| LadderRules {
        watch_below_bps: watch,
        quarantine_below_bps: quarantine,
        recover_above_bps: recover,
        ..LadderRules::default()
    };
    assert_eq!(ladder(-700, -700, -700).check(), Ok(()));
    assert!(ladder(-700, -699, -700).check().is_err(), "quarantine before watch");
    assert!(
        ladder(-700, -700, -701).check().is_err(),
        "struck and recovered at once"
    );
}
