//! The active rules: what governance may choose, and the hard bounds it cannot exceed.

use super::error::{Error, Parameter, Result};
use super::model::{Gate, Model};

/// Everything about emission that can change. A change takes effect when the next epoch is settled that has not begun to be,
/// and is another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Rules {
    /// How shares follow from averages.
    pub model: Model,
    /// Whether small shares are pulled down.
    pub gate: Option<Gate>,
    /// Part of the budget that an epoch releases, millionths. Bounds 0..=20,000.
    pub release_ppm: u32,
    /// Most that an epoch releases, rao. Bounds 0..=1,000 TAO.
    pub max_release: u64,
    /// Most that a market is paid in an epoch, basis points of the TAO that stayed in its pool. Bounds 0..=100.
    pub max_yield_bps: u16,
    /// Dividends expected of a market in 30 days, basis points of alpha at work. Bounds 0..=500.
    pub dividend_target_bps: u16,
    /// When markets move on the ladder.
    pub ladder: LadderRules,
}

/// When markets move on the ladder of sanctions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct LadderRules {
    /// Index below which an active market gathers strikes, basis points. Bounds −5,000..=0.
    pub watch_below_bps: i32,
    /// Index below which a watched market gathers strikes. Bounds −10,000..=`watch_below_bps`.
    pub quarantine_below_bps: i32,
    /// Index from which a market recovers. Bounds `watch_below_bps`..=1,000.
    pub recover_above_bps: i32,
    /// Strikes in a row that move a market down, and good epochs in a row that move it up. Bounds 2..=600, at most
    /// `quarantine_epochs`.
    pub patience: u16,
    /// Epochs of a quarantine. Bounds 8..=1,200.
    pub quarantine_epochs: u16,
    /// Epochs a challenge is measured over. Bounds 4..=600, at most `quarantine_epochs`.
    pub challenge_epochs: u16,
    /// Blocks between an upheld challenge and the delisting: longer than anybody needs to close a position. Bounds 7,200..=302,400.
    pub delist_delay: u32,
    /// Bond of a challenge, rao. Bounds 1..=1,000 TAO.
    pub bond: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            model: Model::TaoFlow {
                net: true,
                exponent: 1,
                cutoff: 0,
            },
            gate: None,
            release_ppm: 2_000,
            max_release: 100_000_000_000,
            max_yield_bps: 10,
            dividend_target_bps: 10,
            ladder: LadderRules::default(),
        }
    }
}

impl Default for LadderRules {
    fn default() -> Self {
        Self {
            watch_below_bps: -1_000,
            quarantine_below_bps: -2_000,
            recover_above_bps: -200,
            patience: 20,
            quarantine_epochs: 140,
            challenge_epochs: 60,
            delist_delay: 50_400,
            bond: 10_000_000_000,
        }
    }
}

impl Rules {
    /// Checks the hard bounds.
    ///
    /// # Errors
    /// [`Error::RuleOutOfBounds`].
    pub fn check(&self) -> Result<()> {
        if let Model::TaoFlow { exponent, cutoff, .. } = self.model {
            within(Parameter::Exponent, exponent.into(), 1, 4)?;
            within(Parameter::Cutoff, signed(cutoff), 0, 1_000_000_000_000)?;
        }
        if let Some(gate) = self.gate {
            within(Parameter::GateQuantile, gate.quantile_bps.into(), 1, 10_000)?;
        }
        within(Parameter::Release, self.release_ppm.into(), 0, 20_000)?;
        within(Parameter::MaxRelease, signed(self.max_release), 0, 1_000_000_000_000)?;
        within(Parameter::MaxYield, self.max_yield_bps.into(), 0, 100)?;
        within(Parameter::DividendTarget, self.dividend_target_bps.into(), 0, 500)?;
        self.ladder.check()
    }
}

impl LadderRules {
    /// Checks the hard bounds.
    ///
    /// # Errors
    /// [`Error::RuleOutOfBounds`].
    pub fn check(&self) -> Result<()> {
        let watch = self.watch_below_bps.into();
        within(Parameter::WatchBelow, watch, -5_000, 0)?;
        within(
            Parameter::QuarantineBelow,
            self.quarantine_below_bps.into(),
            -10_000,
            watch,
        )?;
        within(Parameter::RecoverAbove, self.recover_above_bps.into(), watch, 1_000)?;
        within(Parameter::QuarantineEpochs, self.quarantine_epochs.into(), 8, 1_200)?;
        // Both must be able to end within a quarantine.
        let longest = i64::from(self.quarantine_epochs).min(600);
        within(Parameter::Patience, self.patience.into(), 2, longest)?;
        within(Parameter::ChallengeEpochs, self.challenge_epochs.into(), 4, longest)?;
        within(Parameter::DelistDelay, self.delist_delay.into(), 7_200, 302_400)?;
        within(Parameter::Bond, signed(self.bond), 1_000_000_000, 1_000_000_000_000)
    }
}

fn within(parameter: Parameter, got: i64, min: i64, max: i64) -> Result<()> {
    if got < min || got > max {
        return Err(Error::RuleOutOfBounds {
            parameter,
            min,
            max,
            got,
        }
        .into());
    }
    Ok(())
}

fn signed(x: u64) -> i64 {
    i64::try_from(x).unwrap_or(i64::MAX)
}
