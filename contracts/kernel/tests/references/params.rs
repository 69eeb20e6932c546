//! Hard bounds of the parameters.

use kernel::{Error, FeeParams, Parameter, RateParams, RiskParams};

type Refused = (Parameter, u64, u64, u64);

fn refused(result: kernel::Result<()>) -> Option<Refused> {
    match result {
        Ok(()) => None,
        Err(Error::ParameterOutOfBounds {
            parameter,
            min,
            max,
            got,
        }) => Some((parameter, min, max, got)),
        Err(error) => panic!("{error:?}"),
    }
}

/// Sets one field to each value and returns which of them were refused.
fn edges<P: Clone + Default>(
    set: impl Fn(&mut P, u64),
    check: impl Fn(&P) -> kernel::Result<()>,
    parameter: Parameter,
    (min, max): (u64, u64),
) {
    for (value, allowed) in [
        (min.checked_sub(1), false),
        (Some(min), true),
        (Some(max), true),
        (Some(max + 1), false),
    ] {
        let Some(value) = value else { continue };
        let mut params = P::default();
        set(&mut params, value);
        let expected = (!allowed).then_some((parameter, min, max, value));
        assert_eq!(refused(check(&params)), expected);
    }
}

#[test]
fn defaults_are_within_bounds() {
    assert_eq!(FeeParams::default().check(), Ok(()));
    assert_eq!(RiskParams::default().check(), Ok(()));
    assert_eq!(RateParams::default().check(), Ok(()));
}

#[test]
fn every_fee_is_bounded() {
    let of = FeeParams::check;
    edges(
        |p: &mut FeeParams, x| p.swap_fee_bps = x as u16,
        of,
        Parameter::SwapFee,
        (5, 100),
    );
    edges(
        |p: &mut FeeParams, x| p.protocol_fee_share_bps = x as u16,
        of,
        Parameter::ProtocolFeeShare,
        (0, 3_000),
    );
    edges(
        |p: &mut FeeParams, x| p.dividend_share_bps = x as u16,
        of,
        Parameter::DividendShare,
        (0, 2_000),
    );
    edges(
        |p: &mut FeeParams, x| p.interest_share_bps = x as u16,
        of,
        Parameter::InterestShare,
        (0, 3_000),
    );
    edges(
        |p: &mut FeeParams, x| p.incentive_lp_share_bps = x as u16,
        of,
        Parameter::IncentiveLpShare,
        (0, 10_000),
    );
}

#[test]
fn every_risk_limit_is_bounded() {
    let of = RiskParams::check;
    edges(
        |p: &mut RiskParams, x| {
            p.open_ltv_bps = 2_000;
            p.lltv_bps = x as u16;
        },
        of,
        Parameter::Lltv,
        (5_000, 8_000),
    );
    edges(
        |p: &mut RiskParams, x| p.open_ltv_bps = x as u16,
        of,
        Parameter::OpenLtv,
        (2_000, 6_500),
    );
    edges(
        |p: &mut RiskParams, x| p.max_total_debt_bps = x as u16,
        of,
        Parameter::MaxTotalDebt,
        (0, 1_000),
    );
    edges(
        |p: &mut RiskParams, x| p.max_position_bps = x as u16,
        of,
        Parameter::MaxPosition,
        (0, 500),
    );
    edges(
        |p: &mut RiskParams, x| p.max_utilisation_bps = x as u16,
        of,
        Parameter::MaxUtilisation,
        (0, 9_500),
    );
    edges(
        |p: &mut RiskParams, x| p.min_margin = x,
        of,
        Parameter::MinMargin,
        (50_000_000, 10_000_000_000),
    );
}

#[test]
fn every_rate_is_bounded() {
    let of = RateParams::check;
    edges(
        |p: &mut RateParams, x| p.base_bps = x as u16,
        of,
        Parameter::BaseRate,
        (0, 2_000),
    );
    edges(
        |p: &mut RateParams, x| p.kink_utilisation_bps = x as u16,
        of,
        Parameter::KinkUtilisation,
        (5_000, 9_500),
    );
    edges(
        |p: &mut RateParams, x| p.kink_rate_bps = x as u16,
        of,
        Parameter::KinkRate,
        (200, 10_000),
    );
    edges(
        |p: &mut RateParams, x| p.full_rate_bps = x as u16,
        of,
        Parameter::FullRate,
        (2_000, 50_000),
    );
}
