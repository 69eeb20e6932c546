//! Bounded parameters: what an authority may choose, and the hard bounds it cannot exceed.

use crate::error::{Error, Parameter, Result};

/// Longest pause of opening that one call can set, blocks of 12 s: 14 days.
pub const MAX_PAUSE_BLOCKS: u32 = 100_800;

/// Fees and how income is shared. All in basis points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct FeeParams {
    /// Fee on the input of every swap. Bounds 5..=100.
    pub swap_fee_bps: u16,
    /// Protocol's share of the swap fee; the rest stays with liquidity providers. Bounds 0..=3,000.
    pub protocol_fee_share_bps: u16,
    /// Protocol's share of harvested dividends. Bounds 0..=2,000.
    pub dividend_share_bps: u16,
    /// Protocol's share of borrowers' interest. Bounds 0..=3,000.
    pub interest_share_bps: u16,
    /// Liquidity providers' share of TAO incentives; lenders get the rest. Bounds 0..=10,000.
    pub incentive_lp_share_bps: u16,
}

/// What limits shorts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct RiskParams {
    /// Highest loan-to-value after opening or withdrawing margin; liquidation restores it. Bounds 2,000..=`lltv_bps` − 500.
    pub open_ltv_bps: u16,
    /// Loan-to-value above which a position is liquidated. Bounds 5,000..=8,000.
    pub lltv_bps: u16,
    /// All debt, as a share of the pool's alpha. Bounds 0..=1,000.
    pub max_total_debt_bps: u16,
    /// One position's debt, as a share of the pool's alpha. Bounds 0..=500.
    pub max_position_bps: u16,
    /// Lent share of the vault after opening. Bounds 0..=9,500.
    pub max_utilisation_bps: u16,
    /// Smallest margin, and smallest escrow of a position that stays open, rao. Bounds 0.05 TAO..=10 TAO.
    pub min_margin: u64,
}

/// The kinked rate model: yearly rates in basis points at zero, kink and full utilisation, linear between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct RateParams {
    /// Rate at no utilisation. Bounds 0..=2,000.
    pub base_bps: u16,
    /// Utilisation of the kink. Bounds 5,000..=9,500.
    pub kink_utilisation_bps: u16,
    /// Rate at the kink. Bounds `base_bps`..=10,000.
    pub kink_rate_bps: u16,
    /// Rate at full utilisation. Bounds `kink_rate_bps`..=50,000.
    pub full_rate_bps: u16,
}

impl Default for FeeParams {
    fn default() -> Self {
        Self {
            swap_fee_bps: 30,
            protocol_fee_share_bps: 1_500,
            dividend_share_bps: 1_000,
            interest_share_bps: 1_000,
            incentive_lp_share_bps: 7_000,
        }
    }
}

impl Default for RiskParams {
    fn default() -> Self {
        Self {
            open_ltv_bps: 6_000,
            lltv_bps: 7_000,
            max_total_debt_bps: 500,
            max_position_bps: 200,
            max_utilisation_bps: 9_000,
            min_margin: 100_000_000,
        }
    }
}

impl Default for RateParams {
    fn default() -> Self {
        Self {
            base_bps: 200,
            kink_utilisation_bps: 8_000,
            kink_rate_bps: 2_000,
            full_rate_bps: 20_000,
        }
    }
}

fn within(parameter: Parameter, got: u64, min: u64, max: u64) -> Result<()> {
    if got < min || got > max {
        return Err(Error::ParameterOutOfBounds {
            parameter,
            min,
            max,
            got,
        }
        .into());
    }
    Ok(())
}

/// Checks the hard bound of a pause set at block `now`.
pub(crate) fn check_pause(until: u32, now: u32) -> Result<()> {
    within(
        Parameter::PauseEnd,
        until.into(),
        0,
        now.saturating_add(MAX_PAUSE_BLOCKS).into(),
    )
}

impl FeeParams {
    /// Checks the hard bounds.
    pub fn check(&self) -> Result<()> {
        within(Parameter::SwapFee, self.swap_fee_bps.into(), 5, 100)?;
        within(
            Parameter::ProtocolFeeShare,
            self.protocol_fee_share_bps.into(),
            0,
            3_000,
        )?;
        within(Parameter::DividendShare, self.dividend_share_bps.into(), 0, 2_000)?;
        within(Parameter::InterestShare, self.interest_share_bps.into(), 0, 3_000)?;
        within(
            Parameter::IncentiveLpShare,
            self.incentive_lp_share_bps.into(),
            0,
            10_000,
        )
    }
}

impl RiskParams {
    /// Checks the hard bounds.
    pub fn check(&self) -> Result<()> {
        within(Parameter::Lltv, self.lltv_bps.into(), 5_000, 8_000)?;
        within(
            Parameter::OpenLtv,
            self.open_ltv_bps.into(),
            2_000,
            u64::from(self.lltv_bps).saturating_sub(500),
        )?;
        within(Parameter::MaxTotalDebt, self.max_total_debt_bps.into(), 0, 1_000)?;
        within(Parameter::MaxPosition, self.max_position_bps.into(), 0, 500)?;
        within(Parameter::MaxUtilisation, self.max_utilisation_bps.into(), 0, 9_500)?;
        within(Parameter::MinMargin, self.min_margin, 50_000_000, 10_000_000_000)
    }
}

impl RateParams {
    /// Checks the hard bounds.
    pub fn check(&self) -> Result<()> {
        within(Parameter::BaseRate, self.base_bps.into(), 0, 2_000)?;
        within(
            Parameter::KinkUtilisation,
            self.kink_utilisation_bps.into(),
            5_000,
            9_500,
        )?;
        within(
            Parameter::KinkRate,
            self.kink_rate_bps.into(),
            self.base_bps.into(),
            10_000,
        )?;
        within(
            Parameter::FullRate,
            self.full_rate_bps.into(),
            self.kink_rate_bps.into(),
            50_000,
        )
    }
}
