//! What is to be deployed: `deploy.toml`.

use std::path::{Path, PathBuf};

use keeper_chain::suite::{self, Bundles, Part};
use keeper_chain::BundleError;
use kernel::emission::Rules;
use kernel::handover::{Calendar, MAX_CORE_BLOCKS, MAX_PAUSE_BLOCKS};
use kernel::referendum::Track;
use serde::Deserialize;

use super::rules::EmissionPlan;
use crate::config::{ChainSection, ConfigError, SignerSection};

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// How the chain is reached, as in the keeper's configuration.
    #[serde(default)]
    pub chain: ChainSection,
    /// Who pays, as in the keeper's configuration.
    #[serde(default)]
    pub signer: SignerSection,
    /// The bundles.
    pub bundles: BundlePaths,
    /// The suite, if it is to be deployed.
    pub suite: Option<SuitePlan>,
    /// The markets.
    #[serde(default)]
    pub market: Vec<MarketPlan>,
}

/// Where the bundles are. All are needed for a suite.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundlePaths {
    /// The market's.
    pub market: PathBuf,
    /// The DAO's.
    pub conviction: Option<PathBuf>,
    /// The handover's.
    pub handover: Option<PathBuf>,
    /// The emission contract's.
    pub emission: Option<PathBuf>,
    /// The registry's.
    pub registry: Option<PathBuf>,
}

/// The suite.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuitePlan {
    /// The core team.
    pub core: String,
    /// The guardian, if there is to be one.
    pub guardian: Option<String>,
    /// The validator that the DAO's stake is with.
    pub hotkey: String,
    /// The DAO's subnet; 0 is root.
    #[serde(default)]
    pub netuid: u16,
    /// Its generation; read from the chain when absent.
    pub generation: Option<u64>,
    /// First block of the calendar. When absent, the best block of the first run, which the deployment file remembers.
    pub start_block: Option<u32>,
    /// All times of calendar, tracks and pauses are divided by this.
    #[serde(default = "one")]
    pub divisor: u32,
    /// Length of the calendar before division, blocks.
    #[serde(default = "max_core_blocks")]
    pub core_blocks: u32,
    /// Whether every capability ends with nobody when the calendar ends.
    #[serde(default)]
    pub freeze_all: bool,
    /// Blocks of pause that the guardian has, before division.
    #[serde(default = "max_pause_blocks")]
    pub pause_budget_blocks: u32,
    /// Blocks of an epoch of the treasury; not divided.
    pub treasury_epoch_blocks: u32,
    /// What may leave the treasury in an epoch, rao.
    pub treasury_cap_rao: u64,
    /// Least electorate that support is measured against, alpha-rao.
    pub electorate_floor: u64,
    /// Bond of a market, rao.
    pub bond_rao: u64,
    /// The rules that emission begins with.
    #[serde(default)]
    pub emission: EmissionPlan,
    /// TAO sent along to each contract.
    #[serde(default)]
    pub value_rao: Values,
}

/// TAO that contracts begin with besides the existential deposit, rao.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Values {
    /// The handover: what the treasury begins with.
    pub handover: u64,
    /// The DAO.
    pub conviction: u64,
    /// The emission contract: the budget that it begins with.
    pub emission: u64,
    /// The registry.
    pub registry: u64,
}

/// One market.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarketPlan {
    /// The subnet.
    pub netuid: u16,
    /// Its generation; read from the chain when absent.
    pub generation: Option<u64>,
    /// The validator that gets the market's stake.
    pub hotkey: String,
    /// Who may set bounded parameters. Without it the suite's registry creates the market.
    pub authority: Option<String>,
    /// Where protocol income goes. Absent exactly when `authority` is.
    pub sink: Option<String>,
    /// Who may restrict the market by the ladder of sanctions and pay emission to it. Absent with `authority`: nobody; and the
    /// suite's emission contract for a market of the registry.
    pub emission: Option<String>,
    /// TAO sent along, in rao; not by the registry.
    #[serde(default)]
    pub value_rao: u64,
}

fn one() -> u32 {
    1
}

fn max_core_blocks() -> u32 {
    MAX_CORE_BLOCKS
}

fn max_pause_blocks() -> u32 {
    MAX_PAUSE_BLOCKS
}

impl Plan {
    /// Reads the file and checks that it can be meant.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let plan: Self = toml::from_str(text).map_err(|source| ConfigError::Malformed {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        plan.check()?;
        Ok(plan)
    }

    fn check(&self) -> Result<(), ConfigError> {
        for market in &self.market {
            let missing = |what, how| Err(ConfigError::Missing { what, how });
            match (&market.authority, &market.sink) {
                (Some(_), Some(_)) => {}
                (Some(_), None) => return missing("a market's sink", "set market.sink next to market.authority"),
                (None, Some(_)) => return missing("a market's authority", "set market.authority next to market.sink"),
                (None, None) if self.suite.is_none() => {
                    return missing(
                        "a market's authority and sink",
                        "set both, or a [suite] whose registry creates the market",
                    )
                }
                (None, None) if market.emission.is_some() => {
                    return Err(ConfigError::OutOfRange {
                        setting: "market.emission",
                        got: market.emission.clone().unwrap_or_default(),
                        expected: "absent for a market that the registry creates",
                    })
                }
                (None, None) if market.value_rao != 0 => {
                    return Err(ConfigError::OutOfRange {
                        setting: "market.value_rao",
                        got: market.value_rao.to_string(),
                        expected: "absent for a market that the registry creates",
                    })
                }
                (None, None) => {}
            }
        }
        let Some(suite) = &self.suite else { return Ok(()) };
        suite.rules()?;
        let within = |setting, fine: bool, got: u32, expected| match fine {
            true => Ok(()),
            false => Err(ConfigError::OutOfRange {
                setting,
                got: got.to_string(),
                expected,
            }),
        };
        let SuitePlan {
            divisor,
            core_blocks,
            pause_budget_blocks,
            treasury_epoch_blocks,
            ..
        } = *suite;
        within("suite.divisor", divisor > 0, divisor, "at least 1")?;
        within(
            "suite.core_blocks",
            (1..=MAX_CORE_BLOCKS).contains(&core_blocks),
            core_blocks,
            "1 to 3944700",
        )?;
        within(
            "suite.pause_budget_blocks",
            pause_budget_blocks <= MAX_PAUSE_BLOCKS,
            pause_budget_blocks,
            "at most 100800",
        )?;
        within(
            "suite.treasury_epoch_blocks",
            treasury_epoch_blocks > 0,
            treasury_epoch_blocks,
            "at least 1",
        )
    }
}

impl BundlePaths {
    /// Reads the bundles of a suite.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] when one is not named, otherwise as [`Bundles::load`].
    pub fn suite(&self) -> anyhow::Result<Bundles> {
        let all = [&self.conviction, &self.handover, &self.emission, &self.registry];
        let [Some(conviction), Some(handover), Some(emission), Some(registry)] = all else {
            return Err(ConfigError::Missing {
                what: "a bundle",
                how: "set bundles.conviction, bundles.handover, bundles.emission and bundles.registry for a [suite]",
            }
            .into());
        };
        let path = |part| match part {
            Part::Handover => handover,
            Part::Dao => conviction,
            Part::Emission => emission,
            Part::Registry => registry,
            Part::Market => &self.market,
        };
        Bundles::load(|part| path(part).clone())
            .map_err(|error: BundleError| keeper_chain::ChainError::from(error).into())
    }
}

impl SuitePlan {
    /// The calendar from block `start`.
    pub fn calendar(&self, start: u32) -> Calendar {
        suite::calendar(start, self.core_blocks, self.divisor, self.freeze_all)
    }

    /// The rules that all tracks begin with.
    pub fn tracks(&self) -> Vec<Track> {
        suite::tracks(self.divisor)
    }

    /// The rules that emission begins with. Their times are epochs of the chain and are not divided.
    ///
    /// # Errors
    /// As [`EmissionPlan::rules`].
    pub fn rules(&self) -> Result<Rules, ConfigError> {
        self.emission.rules()
    }

    /// Blocks of pause that the guardian has.
    pub fn pause_budget(&self) -> u32 {
        self.pause_budget_blocks / self.divisor.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUITE: &str = "[bundles]\nmarket = 'm'\n[suite]\ncore = 'c'\nhotkey = 'h'\ntreasury_epoch_blocks = 1\n\
                         treasury_cap_rao = 2\nelectorate_floor = 3\nbond_rao = 4\n";

    fn parse(text: &str) -> Result<Plan, ConfigError> {
        Plan::parse(text, Path::new("deploy.toml"))
    }

    #[test]
    fn the_example_is_a_valid_plan() {
        let plan = parse(include_str!("../../../../deploy.example.toml")).unwrap();
        let suite = plan.suite.unwrap();
        assert_eq!((suite.divisor, suite.core_blocks), (1, MAX_CORE_BLOCKS));
        assert_eq!(suite.rules().unwrap(), Rules::default());
        assert_eq!(plan.market.len(), 2);
        assert_eq!(plan.market[0].authority, None);
        assert!(plan.market[1].authority.is_some());
    }

    #[test]
    fn a_suite_has_defaults_for_all_but_its_parties_and_its_money() {
        let suite = parse(SUITE).unwrap().suite.unwrap();
        assert_eq!((suite.netuid, suite.generation, suite.start_block), (0, None, None));
        assert_eq!((suite.divisor, suite.freeze_all), (1, false));
        assert_eq!(suite.pause_budget(), MAX_PAUSE_BLOCKS);
        assert_eq!(suite.rules().unwrap(), Rules::default());
        assert_eq!(suite.calendar(5), Calendar::standard(5, MAX_CORE_BLOCKS, 1));
        for line in SUITE
            .lines()
            .filter(|line| line.contains(" = ") && !line.starts_with("market"))
        {
            assert!(parse(&SUITE.replace(line, "")).is_err(), "{line} may be absent");
        }
    }

    #[test]
    fn all_times_of_a_suite_are_divided() {
        let suite = parse(&format!("{SUITE}divisor = 10000\nfreeze_all = true"))
            .unwrap()
            .suite
            .unwrap();
        assert_eq!(suite.pause_budget(), 10);
        assert_eq!(suite.tracks(), suite::tracks(10_000));
        suite.calendar(9).check(9).unwrap();
        assert!(suite
            .calendar(9)
            .ladders
            .iter()
            .all(|ladder| ladder.frozen_at() == 9 + 394));
    }

    #[test]
    fn values_outside_their_range_are_errors_that_name_them() {
        let refused = |more: &str| match parse(&format!("{SUITE}{more}")) {
            Err(ConfigError::OutOfRange { setting, .. }) => setting,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused("divisor = 0"), "suite.divisor");
        assert_eq!(refused("core_blocks = 3944701"), "suite.core_blocks");
        assert_eq!(refused("pause_budget_blocks = 100801"), "suite.pause_budget_blocks");
        let market = "[[market]]\nnetuid = 1\nhotkey = 'h'\n";
        assert_eq!(refused(&format!("{market}value_rao = 1")), "market.value_rao");
        assert_eq!(refused(&format!("{market}emission = 'e'")), "market.emission");
        assert_eq!(refused("[suite.emission]\nrelease_ppm = 20001"), "suite.emission");
        assert!(matches!(
            parse(&format!("{SUITE}divisors = 1")),
            Err(ConfigError::Malformed { .. })
        ));
    }

    #[test]
    fn a_market_has_both_parties_or_a_suite_has_it() {
        let market = "[[market]]\nnetuid = 1\nhotkey = 'h'\n";
        let alone = format!("[bundles]\nmarket = 'm'\n{market}");
        let missing = |text: &str| matches!(parse(text), Err(ConfigError::Missing { .. }));
        assert!(missing(&alone));
        assert!(missing(&format!("{alone}authority = 'a'")));
        assert!(missing(&format!("{alone}sink = 's'")));
        assert!(parse(&format!("{alone}authority = 'a'\nsink = 's'")).is_ok());
        assert!(parse(&format!("{SUITE}{market}")).is_ok());
        assert!(missing(&format!("{SUITE}{market}sink = 's'")));
    }

    #[test]
    fn a_suite_needs_all_bundles() {
        let error = parse(SUITE).unwrap().bundles.suite().unwrap_err();
        assert!(matches!(
            error.downcast_ref(),
            Some(ConfigError::Missing { what: "a bundle", .. })
        ));
    }
}
