//! What an authority may do, and what it never can.

use contract_tests::interface::MarketError;
use contract_tests::world::{ATTACKER, AUTHORITY, DEPLOYER, OWNER, SHORTER, SINK};
use contract_tests::{World, COIN};
use kernel::params::MAX_PAUSE_BLOCKS;
use kernel::{Error, FeeParams, Parameter, RateParams, RiskParams};

use crate::setup::{mature, open};

#[test]
fn nobody_but_the_authority_sets_anything() {
    let mut world = World::new();
    let refused = Err(MarketError::NotAuthority);
    for who in [ATTACKER, OWNER, DEPLOYER, SINK] {
        assert_eq!(world.by(who).set_fees(FeeParams::default()), refused);
        assert_eq!(world.by(who).set_risk(RiskParams::default()), refused);
        assert_eq!(world.by(who).set_rates(RateParams::default()), refused);
        assert_eq!(world.by(who).pause_opening(1_000), refused);
    }
    let market = world.state().market;
    assert_eq!((market.fees, market.risk, market.rates), Default::default());
    assert_eq!(market.opening_paused_until, 0);
}

/// What one parameter is refused for.
fn out(parameter: Parameter, min: u64, max: u64, got: u64) -> Result<(), MarketError> {
    let error = Error::ParameterOutOfBounds {
        parameter,
        min,
        max,
        got,
    };
    Err(MarketError::Rule(error))
}

#[test]
fn fees_stay_within_their_bounds() {
    let mut world = World::new();
    let base = FeeParams::default;
    let lowest = FeeParams {
        swap_fee_bps: 5,
        protocol_fee_share_bps: 0,
        dividend_share_bps: 0,
        interest_share_bps: 0,
        incentive_lp_share_bps: 0,
    };
    let highest = FeeParams {
        swap_fee_bps: 100,
        protocol_fee_share_bps: 3_000,
        dividend_share_bps: 2_000,
        interest_share_bps: 3_000,
        incentive_lp_share_bps: 10_000,
    };
    for fees in [lowest, highest] {
        world.by(AUTHORITY).set_fees(fees).unwrap();
        assert_eq!(world.state().market.fees, fees);
    }
    for (fees, refused) in [
        (
            FeeParams {
                swap_fee_bps: 4,
                ..base()
            },
            out(Parameter::SwapFee, 5, 100, 4),
        ),
        (
            FeeParams {
                swap_fee_bps: 101,
                ..base()
            },
            out(Parameter::SwapFee, 5, 100, 101),
        ),
        (
            FeeParams {
                protocol_fee_share_bps: 3_001,
                ..base()
            },
            out(Parameter::ProtocolFeeShare, 0, 3_000, 3_001),
        ),
        (
            FeeParams {
                dividend_share_bps: 2_001,
                ..base()
            },
            out(Parameter::DividendShare, 0, 2_000, 2_001),
        ),
        (
            FeeParams {
                interest_share_bps: 3_001,
                ..base()
            },
            out(Parameter::InterestShare, 0, 3_000, 3_001),
        ),
        (
            FeeParams {
                incentive_lp_share_bps: 10_001,
                ..base()
            },
            out(Parameter::IncentiveLpShare, 0, 10_000, 10_001),
        ),
    ] {
        assert_eq!(world.by(AUTHORITY).set_fees(fees), refused);
    }
    assert_eq!(world.state().market.fees, highest, "a refusal changes nothing");
}

#[test]
fn limits_of_shorts_stay_within_their_bounds() {
    let mut world = World::new();
    let base = RiskParams::default;
    let least = 50_000_000;
    let tightest = RiskParams {
        open_ltv_bps: 2_000,
        lltv_bps: 5_000,
        max_total_debt_bps: 0,
        max_position_bps: 0,
        max_utilisation_bps: 0,
        min_margin: 10 * COIN,
    };
    let loosest = RiskParams {
        open_ltv_bps: 7_500,
        lltv_bps: 8_000,
        max_total_debt_bps: 1_000,
        max_position_bps: 500,
        max_utilisation_bps: 9_500,
        min_margin: least,
    };
    for risk in [tightest, loosest] {
        world.by(AUTHORITY).set_risk(risk).unwrap();
        assert_eq!(world.state().market.risk, risk);
    }
    for (risk, refused) in [
        (
            RiskParams {
                lltv_bps: 4_999,
                ..base()
            },
            out(Parameter::Lltv, 5_000, 8_000, 4_999),
        ),
        (
            RiskParams {
                lltv_bps: 8_001,
                ..base()
            },
            out(Parameter::Lltv, 5_000, 8_000, 8_001),
        ),
        (
            RiskParams {
                open_ltv_bps: 1_999,
                ..base()
            },
            out(Parameter::OpenLtv, 2_000, 6_500, 1_999),
        ),
        (
            RiskParams {
                open_ltv_bps: 6_501,
                ..base()
            },
            out(Parameter::OpenLtv, 2_000, 6_500, 6_501),
        ),
        (
            RiskParams {
                max_total_debt_bps: 1_001,
                ..base()
            },
            out(Parameter::MaxTotalDebt, 0, 1_000, 1_001),
        ),
        (
            RiskParams {
                max_position_bps: 501,
                ..base()
            },
            out(Parameter::MaxPosition, 0, 500, 501),
        ),
        (
            RiskParams {
                max_utilisation_bps: 9_501,
                ..base()
            },
            out(Parameter::MaxUtilisation, 0, 9_500, 9_501),
        ),
        (
            RiskParams {
                min_margin: least - 1,
                ..base()
            },
            out(Parameter::MinMargin, least, 10 * COIN, least - 1),
        ),
        (
            RiskParams {
                min_margin: 10 * COIN + 1,
                ..base()
            },
            out(Parameter::MinMargin, least, 10 * COIN, 10 * COIN + 1),
        ),
    ] {
        assert_eq!(world.by(AUTHORITY).set_risk(risk), refused);
    }
    assert_eq!(world.state().market.risk, loosest, "a refusal changes nothing");
}

#[test]
fn rates_stay_within_their_bounds_and_never_reach_back() {
    let mut world = mature();
    let id = open(&mut world, SHORTER, 150 * COIN).id;
    world.blocks(1_000);
    let debt = world.position(id).unwrap().health.debt;
    let dearest = RateParams {
        base_bps: 2_000,
        kink_utilisation_bps: 9_500,
        kink_rate_bps: 10_000,
        full_rate_bps: 50_000,
    };
    world.by(AUTHORITY).set_rates(dearest).unwrap();
    assert_eq!(
        world.position(id).unwrap().health.debt,
        debt,
        "interest up to now keeps the old rate"
    );
    let base = RateParams::default;
    for (rates, refused) in [
        (
            RateParams {
                base_bps: 2_001,
                ..base()
            },
            out(Parameter::BaseRate, 0, 2_000, 2_001),
        ),
        (
            RateParams {
                kink_utilisation_bps: 4_999,
                ..base()
            },
            out(Parameter::KinkUtilisation, 5_000, 9_500, 4_999),
        ),
        (
            RateParams {
                kink_utilisation_bps: 9_501,
                ..base()
            },
            out(Parameter::KinkUtilisation, 5_000, 9_500, 9_501),
        ),
        (
            RateParams {
                kink_rate_bps: 199,
                ..base()
            },
            out(Parameter::KinkRate, 200, 10_000, 199),
        ),
        (
            RateParams {
                kink_rate_bps: 10_001,
                ..base()
            },
            out(Parameter::KinkRate, 200, 10_000, 10_001),
        ),
        (
            RateParams {
                full_rate_bps: 1_999,
                ..base()
            },
            out(Parameter::FullRate, 2_000, 50_000, 1_999),
        ),
        (
            RateParams {
                full_rate_bps: 50_001,
                ..base()
            },
            out(Parameter::FullRate, 2_000, 50_000, 50_001),
        ),
    ] {
        assert_eq!(world.by(AUTHORITY).set_rates(rates), refused);
    }
    assert_eq!(world.state().market.rates, dearest, "a refusal changes nothing");
}

#[test]
fn a_pause_ends_by_itself_within_fourteen_days() {
    let mut world = mature();
    let max = world.block() + MAX_PAUSE_BLOCKS;
    for until in [max + 1, u32::MAX] {
        assert_eq!(
            world.by(AUTHORITY).pause_opening(until),
            out(Parameter::PauseEnd, 0, max.into(), until.into())
        );
    }
    assert_eq!(
        world.state().market.opening_paused_until,
        0,
        "a refusal changes nothing"
    );
    world.by(AUTHORITY).pause_opening(max).unwrap();
    assert_eq!(world.state().market.opening_paused_until, max);

    let until = world.block() + 20;
    world.by(AUTHORITY).pause_opening(until).unwrap();
    world.blocks(19);
    assert_eq!(
        world.by(SHORTER).value(COIN).open_short(COIN, 1),
        Err(MarketError::Rule(Error::OpeningPaused))
    );
    world.blocks(1);
    open(&mut world, SHORTER, COIN);
}
