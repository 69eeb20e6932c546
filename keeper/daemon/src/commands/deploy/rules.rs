//! The rules that emission begins with: `[suite.emission]`.

use kernel::emission::{Gate, LadderRules, Model, Rules};
use serde::Deserialize;

use crate::config::ConfigError;

/// `[suite.emission]`. What is absent is the kernel's default.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmissionPlan {
    /// How shares follow from averages.
    pub model: ModelPlan,
    /// Whether TAO that the protocol paid is subtracted from inflow; `tao_flow` only.
    pub net: Option<bool>,
    /// Exponent of inflow beyond the least; `tao_flow` only.
    pub exponent: Option<u8>,
    /// Inflow per epoch below which nothing is earned, rao; `tao_flow` only.
    pub cutoff_rao: Option<u64>,
    /// Quantile from which small shares are pulled down. Absent: they are not.
    pub gate_quantile_bps: Option<u16>,
    /// Part of the budget that an epoch releases, millionths.
    pub release_ppm: Option<u32>,
    /// Most that an epoch releases, rao.
    pub max_release_rao: Option<u64>,
    /// Most that a market is paid in an epoch, basis points of the TAO that stayed in its pool.
    pub max_yield_bps: Option<u16>,
    /// Dividends expected of a market in 30 days, basis points of alpha at work.
    pub dividend_target_bps: Option<u16>,
    /// When markets move on the ladder of sanctions.
    pub ladder: LadderPlan,
}

/// How shares follow from averages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelPlan {
    /// By TAO inflow.
    #[default]
    TaoFlow,
    /// By price.
    Price,
}

/// `[suite.emission.ladder]`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LadderPlan {
    /// Index below which an active market gathers strikes, basis points.
    pub watch_below_bps: Option<i32>,
    /// Index below which a watched market gathers strikes.
    pub quarantine_below_bps: Option<i32>,
    /// Index from which a market recovers.
    pub recover_above_bps: Option<i32>,
    /// Epochs in a row that move a market.
    pub patience_epochs: Option<u16>,
    /// Epochs of a quarantine.
    pub quarantine_epochs: Option<u16>,
    /// Epochs a challenge is measured over.
    pub challenge_epochs: Option<u16>,
    /// Blocks between an upheld challenge and the delisting.
    pub delist_delay_blocks: Option<u32>,
    /// Bond of a challenge, rao.
    pub bond_rao: Option<u64>,
}

impl EmissionPlan {
    /// The rules, which the contract would accept.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] names what the kernel's bounds do not allow.
    pub fn rules(&self) -> Result<Rules, ConfigError> {
        let standard = Rules::default();
        let rules = Rules {
            model: self.model(standard.model)?,
            gate: self.gate_quantile_bps.map(|quantile_bps| Gate { quantile_bps }),
            release_ppm: self.release_ppm.unwrap_or(standard.release_ppm),
            max_release: self.max_release_rao.unwrap_or(standard.max_release),
            max_yield_bps: self.max_yield_bps.unwrap_or(standard.max_yield_bps),
            dividend_target_bps: self.dividend_target_bps.unwrap_or(standard.dividend_target_bps),
            ladder: self.ladder.rules(standard.ladder),
        };
        // The bounds are the kernel's: it names the rule and what is allowed.
        rules.check().map_err(|error| ConfigError::OutOfRange {
            setting: "suite.emission",
            got: format!("{error:?}"),
            expected: "rules within the bounds of the emission contract",
        })?;
        Ok(rules)
    }

    fn model(&self, standard: Model) -> Result<Model, ConfigError> {
        let (net, exponent, cutoff) = match standard {
            Model::TaoFlow { net, exponent, cutoff } => (net, exponent, cutoff),
            Model::Price => (true, 1, 0),
        };
        match self.model {
            ModelPlan::TaoFlow => Ok(Model::TaoFlow {
                net: self.net.unwrap_or(net),
                exponent: self.exponent.unwrap_or(exponent),
                cutoff: self.cutoff_rao.unwrap_or(cutoff),
            }),
            ModelPlan::Price if self.net.is_none() && self.exponent.is_none() && self.cutoff_rao.is_none() => {
                Ok(Model::Price)
            }
            ModelPlan::Price => Err(ConfigError::OutOfRange {
                setting: "suite.emission",
                got: "net, exponent or cutoff_rao with model = \"price\"".into(),
                expected: "only what the model knows",
            }),
        }
    }
}

impl LadderPlan {
    fn rules(&self, standard: LadderRules) -> LadderRules {
        LadderRules {
            watch_below_bps: self.watch_below_bps.unwrap_or(standard.watch_below_bps),
            quarantine_below_bps: self.quarantine_below_bps.unwrap_or(standard.quarantine_below_bps),
            recover_above_bps: self.recover_above_bps.unwrap_or(standard.recover_above_bps),
            patience: self.patience_epochs.unwrap_or(standard.patience),
            quarantine_epochs: self.quarantine_epochs.unwrap_or(standard.quarantine_epochs),
            challenge_epochs: self.challenge_epochs.unwrap_or(standard.challenge_epochs),
            delist_delay: self.delist_delay_blocks.unwrap_or(standard.delist_delay),
            bond: self.bond_rao.unwrap_or(standard.bond),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Result<Rules, ConfigError> {
        toml::from_str::<EmissionPlan>(text).unwrap().rules()
    }

    #[test]
    fn what_is_absent_is_the_kernels_default() {
        assert_eq!(rules("").unwrap(), Rules::default());
        let some = rules("release_ppm = 7\n[ladder]\npatience_epochs = 3").unwrap();
        let mut expected = Rules {
            release_ppm: 7,
            ..Rules::default()
        };
        expected.ladder.patience = 3;
        assert_eq!(some, expected);
    }

    #[test]
    fn rules_beyond_the_contracts_bounds_are_refused_before_anything_is_paid_for() {
        for text in [
            "release_ppm = 20001",
            "exponent = 5",
            "gate_quantile_bps = 0",
            "[ladder]\ndelist_delay_blocks = 7199",
        ] {
            assert!(
                matches!(
                    rules(text),
                    Err(ConfigError::OutOfRange {
                        setting: "suite.emission",
                        ..
                    })
                ),
                "{text}"
            );
        }
    }

    #[test]
    fn the_price_model_takes_no_settings_of_flow() {
        assert_eq!(rules("model = 'price'").unwrap().model, Model::Price);
        assert!(rules("model = 'price'\nnet = false").is_err());
    }
}
