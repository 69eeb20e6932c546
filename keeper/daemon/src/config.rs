//! The configuration file. What is absent has a default that suits Subtensor; what is misspelt is an error.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use keeper_chain::contracts::parse_account;
use keeper_chain::{ChainConfig, Signer, Timeouts};
use keeper_core::{Kind, Limits, Tempo, Terms};
use serde::Deserialize;

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    /// The file is not what it should be.
    #[error("the configuration {} is wrong: {source}", path.display())]
    Malformed {
        path: PathBuf,
        source: Box<toml::de::Error>,
    },
    /// A value is outside its range.
    #[error("{setting} is {got}, but must be {expected}")]
    OutOfRange {
        setting: &'static str,
        got: String,
        expected: &'static str,
    },
    /// Something that is needed is neither in the file nor in the environment.
    #[error("{what} is needed: {how}")]
    Missing { what: &'static str, how: &'static str },
}

/// The whole file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How the chain is reached.
    pub chain: ChainSection,
    /// Who signs.
    pub signer: SignerSection,
    /// What is remembered.
    pub store: StoreSection,
    /// Which markets are kept.
    pub markets: MarketsSection,
    /// How often and in which portions work is done.
    pub tempo: TempoSection,
    /// How transactions are sent.
    pub transactions: TransactionsSection,
    /// What may be spent.
    pub budget: BudgetSection,
    /// What is wanted of each kind of job.
    pub duties: DutiesSection,
    /// What governs the markets.
    pub governance: GovernanceSection,
    /// Where metrics and health are served.
    pub http: HttpSection,
}

/// See [`ChainConfig`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChainSection {
    /// WebSocket addresses, the preferred one first.
    pub endpoints: Vec<String>,
    /// Genesis hash, 0x-prefixed.
    pub genesis: Option<String>,
    /// See [`Timeouts::connect`]; milliseconds, like the others.
    pub connect_timeout_ms: u64,
    /// See [`Timeouts::request`].
    pub request_timeout_ms: u64,
    /// See [`Timeouts::dry_run`].
    pub dry_run_timeout_ms: u64,
    /// See [`Timeouts::submit`].
    pub submit_timeout_ms: u64,
    /// See [`Timeouts::stall`].
    pub stall_timeout_ms: u64,
}

/// Where the key comes from.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignerSection {
    /// A file whose first line is the secret URI; only its owner may be able to read it.
    pub key_file: Option<PathBuf>,
    /// An environment variable that holds the secret URI.
    pub key_env: Option<String>,
}

/// The store.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSection {
    /// Its file.
    pub path: PathBuf,
    /// Blocks for which closed journal entries are kept.
    pub journal_blocks: u32,
}

/// The markets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MarketsSection {
    /// The market's bundle.
    pub bundle: PathBuf,
    /// A file that `keeper deploy` wrote; all its markets are kept.
    pub deployments: Option<PathBuf>,
    /// Addresses of further markets.
    pub addresses: Vec<String>,
}

/// See [`Tempo`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TempoSection {
    /// Blocks without a touch after which the oracle is recorded.
    pub poke_blocks: u32,
    /// Blocks between two harvests.
    pub harvest_blocks: u32,
    /// Most positions of one transaction.
    pub batch: usize,
    /// Most transactions with positions per market and block.
    pub batches: usize,
    /// Blocks after which a market's state is read again although nothing seems to have touched it.
    pub refresh_blocks: u32,
    /// Blocks between two full sweeps.
    pub sweep_blocks: u32,
    /// Most finalized blocks that are caught up one by one; a longer gap is swept.
    pub max_gap_blocks: u32,
    /// Longest rest of a job that keeps failing, in blocks.
    pub longest_rest_blocks: u32,
}

/// How transactions are sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TransactionsSection {
    /// Blocks a transaction is valid for: a power of two.
    pub mortality_blocks: u32,
    /// Most transactions without an outcome.
    pub max_in_flight: usize,
    /// Gas allowed beyond what the dry run needed.
    pub gas_margin_percent: u64,
    /// Most computation of one transaction, in picoseconds; a batch that needs more is halved.
    pub max_ref_time: u64,
    /// Most that one transaction may lock as storage deposit, in rao.
    pub max_deposit_rao: u64,
    /// Blocks after which a transaction that no block holds is sent again.
    pub resend_blocks: u32,
}

/// See [`Limits`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BudgetSection {
    /// Length of the sliding period in blocks.
    pub period_blocks: u32,
    /// Fees of all transactions of a period, in rao.
    pub fees_rao: u64,
    /// Fees of a period that no reward covered, in rao.
    pub subsidy_rao: u64,
}

/// What is wanted of each kind of job.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DutiesSection {
    /// `poke`.
    pub poke: DutySection,
    /// `liquidate`.
    pub liquidate: DutySection,
    /// `harvest`.
    pub harvest: DutySection,
    /// `freeze`.
    pub freeze: DutySection,
    /// `settle_shorts`.
    pub settle_shorts: DutySection,
    /// `claim`.
    pub claim: DutySection,
    /// `advance`.
    pub advance: DutySection,
    /// `refund`.
    pub refund: DutySection,
    /// `reconcile`.
    pub reconcile: DutySection,
    /// `enact`.
    pub enact: DutySection,
    /// `veto`.
    pub veto: DutySection,
    /// `execute`.
    pub execute: DutySection,
    /// `expire`.
    pub expire: DutySection,
    /// `certify`.
    pub certify: DutySection,
    /// `settle`.
    pub settle: DutySection,
    /// `enroll`.
    pub enroll: DutySection,
    /// `unseat`.
    pub unseat: DutySection,
    /// `rebalance`.
    pub rebalance: DutySection,
    /// Smallest claim that is paid out for somebody else, in rao.
    pub min_claim_rao: u64,
}

/// What is wanted of one kind of job.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DutySection {
    /// Whether it is done at all.
    pub enabled: bool,
    /// Whether it is also done at a loss, out of the subsidy budget.
    pub subsidised: bool,
    /// Smallest profit, in rao, of a job that is not subsidised.
    pub min_profit_rao: u64,
}

/// What governs the markets: contracts of the deployment file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GovernanceSection {
    /// The bundle of DAOs.
    pub conviction: PathBuf,
    /// The bundle of the handover.
    pub handover: PathBuf,
    /// The bundle of the emission contract.
    pub emission: PathBuf,
    /// The bundle of the registry.
    pub registry: PathBuf,
    /// Blocks after which everything that is open, seats and listings of emission included, is read again although nothing seems
    /// to have touched it.
    pub refresh_blocks: u32,
    /// Blocks between two reconciliations of an account.
    pub reconcile_blocks: u32,
    /// Most accounts of one reconciliation.
    pub reconcile_batch: usize,
}

impl GovernanceSection {
    /// How often and in which portions work is done.
    pub fn tempo(&self) -> keeper_core::governance::Tempo {
        keeper_core::governance::Tempo {
            reconcile_blocks: self.reconcile_blocks,
            batch: self.reconcile_batch,
        }
    }
}

/// Metrics and health.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpSection {
    /// A loopback address; other hosts have no business here.
    pub listen: SocketAddr,
}

impl Default for ChainSection {
    fn default() -> Self {
        let Timeouts {
            connect,
            request,
            dry_run,
            submit,
            stall,
        } = Timeouts::default();
        let ms = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self {
            endpoints: Vec::new(),
            genesis: None,
            connect_timeout_ms: ms(connect),
            request_timeout_ms: ms(request),
            dry_run_timeout_ms: ms(dry_run),
            submit_timeout_ms: ms(submit),
            stall_timeout_ms: ms(stall),
        }
    }
}

impl Default for StoreSection {
    fn default() -> Self {
        // A month of 12 s blocks: what an operator may want to look back at.
        Self {
            path: "keeper.redb".into(),
            journal_blocks: 216_000,
        }
    }
}

impl Default for MarketsSection {
    fn default() -> Self {
        Self {
            bundle: "target/ink/market.contract".into(),
            deployments: None,
            addresses: Vec::new(),
        }
    }
}

impl Default for TempoSection {
    fn default() -> Self {
        Self {
            // The oracle catches up by itself; after a day without a touch the next user is spared the work.
            poke_blocks: 7_200,
            // One tempo: validators pay once in it.
            harvest_blocks: 360,
            // 50 positions take about 30 ms, a hundredth of a block.
            batch: 50,
            batches: 4,
            // Two minutes: the longest a dissolved subnet stays unnoticed.
            refresh_blocks: 10,
            // A day: sweeps repair what events missed, which should be nothing.
            sweep_blocks: 7_200,
            // About seven hours, which take a minute to catch up.
            max_gap_blocks: 2_000,
            // About two hours: a job that keeps failing needs an operator, not more attempts.
            longest_rest_blocks: 600,
        }
    }
}

impl Default for TransactionsSection {
    fn default() -> Self {
        Self {
            // 13 minutes: long enough for a full pool, short enough that a lost transaction is soon forgotten.
            mortality_blocks: 64,
            // A pool takes 16 of one sender by default; half of it leaves room for the operator.
            max_in_flight: 8,
            // Prices move a little between the dry run and the block; unused gas is refunded.
            gas_margin_percent: 20,
            // Two thirds of what a block offers to normal extrinsics.
            max_ref_time: 2_000_000_000_000,
            // A keeper's messages free storage; only a claim or a surplus that waits needs some, 0.00002 TAO.
            max_deposit_rao: 1_000_000,
            // A healthy pool includes within one or two blocks.
            resend_blocks: 4,
        }
    }
}

impl Default for BudgetSection {
    fn default() -> Self {
        // Per day: 2 TAO in fees, of which half a TAO may stay uncovered.
        Self {
            period_blocks: 7_200,
            fees_rao: 2_000_000_000,
            subsidy_rao: 500_000_000,
        }
    }
}

impl Default for DutySection {
    fn default() -> Self {
        Self {
            enabled: true,
            subsidised: true,
            min_profit_rao: 0,
        }
    }
}

impl Default for DutiesSection {
    fn default() -> Self {
        let duty = DutySection::default();
        Self {
            poke: duty,
            liquidate: duty,
            harvest: duty,
            freeze: duty,
            settle_shorts: duty,
            claim: duty,
            advance: duty,
            refund: duty,
            reconcile: duty,
            enact: duty,
            veto: duty,
            execute: duty,
            expire: duty,
            certify: duty,
            settle: duty,
            enroll: duty,
            unseat: duty,
            rebalance: duty,
            // About twice the fee of paying it.
            min_claim_rao: 5_000_000,
        }
    }
}

impl Default for GovernanceSection {
    fn default() -> Self {
        Self {
            conviction: "target/ink/conviction.contract".into(),
            handover: "target/ink/handover.contract".into(),
            emission: "target/ink/emission.contract".into(),
            registry: "target/ink/registry.contract".into(),
            // Ten minutes: the longest an ended generation stays unnoticed. What time changes is known without reading.
            refresh_blocks: 50,
            // An hour: a vote is decided over days.
            reconcile_blocks: 300,
            reconcile_batch: 50,
        }
    }
}

impl Default for HttpSection {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 9_616)),
        }
    }
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting that is wrong.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        let config: Self = toml::from_str(&text).map_err(|source| ConfigError::Malformed {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let within = |setting, ok: bool, got: &dyn ToString, expected| {
            if ok {
                Ok(())
            } else {
                Err(ConfigError::OutOfRange {
                    setting,
                    got: got.to_string(),
                    expected,
                })
            }
        };
        let mortality = self.transactions.mortality_blocks;
        within(
            "transactions.mortality_blocks",
            mortality.is_power_of_two() && (4..=65_536).contains(&mortality),
            &mortality,
            "a power of two from 4 to 65536",
        )?;
        within(
            "tempo.batch",
            (1..=100).contains(&self.tempo.batch),
            &self.tempo.batch,
            "1 to 100",
        )?;
        within(
            "governance.reconcile_batch",
            (1..=100).contains(&self.governance.reconcile_batch),
            &self.governance.reconcile_batch,
            "1 to 100",
        )?;
        within(
            "tempo.batches",
            self.tempo.batches > 0,
            &self.tempo.batches,
            "at least 1",
        )?;
        within(
            "transactions.max_in_flight",
            self.transactions.max_in_flight > 0,
            &self.transactions.max_in_flight,
            "at least 1",
        )?;
        within(
            "http.listen",
            self.http.listen.ip().is_loopback(),
            &self.http.listen,
            "a loopback address",
        )
    }

    /// How the chain is reached.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] for a genesis that is not a hash.
    pub fn chain(&self) -> Result<ChainConfig, ConfigError> {
        let section = &self.chain;
        let genesis = section
            .genesis
            .as_ref()
            .map(|text| {
                parse_account(text)
                    .ok()
                    .filter(|_| text.starts_with("0x"))
                    .ok_or_else(|| ConfigError::OutOfRange {
                        setting: "chain.genesis",
                        got: text.clone(),
                        expected: "32 bytes with the prefix 0x",
                    })
            })
            .transpose()?;
        let timeouts = Timeouts {
            connect: Duration::from_millis(section.connect_timeout_ms),
            request: Duration::from_millis(section.request_timeout_ms),
            dry_run: Duration::from_millis(section.dry_run_timeout_ms),
            submit: Duration::from_millis(section.submit_timeout_ms),
            stall: Duration::from_millis(section.stall_timeout_ms),
        };
        Ok(ChainConfig {
            endpoints: section.endpoints.clone(),
            genesis,
            timeouts,
        })
    }

    /// How often and in which portions work is done.
    pub fn tempo(&self) -> Tempo {
        let TempoSection {
            poke_blocks,
            harvest_blocks,
            batch,
            batches,
            ..
        } = self.tempo;
        Tempo {
            poke_blocks,
            harvest_blocks,
            batch,
            batches,
        }
    }

    /// What may be spent.
    pub fn limits(&self) -> Limits {
        let BudgetSection {
            period_blocks,
            fees_rao,
            subsidy_rao,
        } = self.budget;
        Limits {
            period_blocks,
            fees: fees_rao,
            subsidy: subsidy_rao,
        }
    }

    fn duty(&self, kind: Kind) -> DutySection {
        match kind {
            Kind::Poke => self.duties.poke,
            Kind::Liquidate => self.duties.liquidate,
            Kind::Harvest => self.duties.harvest,
            Kind::Freeze => self.duties.freeze,
            Kind::SettleShorts => self.duties.settle_shorts,
            Kind::Claim => self.duties.claim,
            Kind::Advance => self.duties.advance,
            Kind::Refund => self.duties.refund,
            Kind::Reconcile => self.duties.reconcile,
            Kind::Enact => self.duties.enact,
            Kind::Veto => self.duties.veto,
            Kind::Execute => self.duties.execute,
            Kind::Expire => self.duties.expire,
            Kind::Certify => self.duties.certify,
            Kind::Settle => self.duties.settle,
            Kind::Enroll => self.duties.enroll,
            Kind::Unseat => self.duties.unseat,
            Kind::Rebalance => self.duties.rebalance,
        }
    }

    /// What is wanted of a kind of job; `None` when it is switched off.
    pub fn terms(&self, kind: Kind) -> Option<Terms> {
        let duty = self.duty(kind);
        duty.enabled.then_some(Terms {
            min_profit: duty.min_profit_rao,
            subsidised: duty.subsidised,
        })
    }
}

impl SignerSection {
    /// Reads the key.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] when no source is named; what the source says otherwise.
    pub fn load(&self) -> anyhow::Result<Signer> {
        match (&self.key_file, &self.key_env) {
            (Some(file), _) => Ok(Signer::from_file(file)?),
            (None, Some(name)) => Ok(Signer::from_env(name)?),
            (None, None) => Err(ConfigError::Missing {
                what: "a key",
                how: "set signer.key_file or signer.key_env in the configuration, or KEEPER_KEY_FILE or KEEPER_KEY in the environment",
            }
            .into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keeper.toml");
        std::fs::write(&path, text).unwrap();
        Config::load(&path)
    }

    #[test]
    fn the_example_is_a_valid_configuration_with_the_defaults() {
        let example = load(include_str!("../../keeper.example.toml")).unwrap();
        assert_eq!(example.chain.endpoints.len(), 2);
        let mut defaults = Config::default();
        defaults.chain.endpoints = example.chain.endpoints.clone();
        defaults.signer.key_file = example.signer.key_file.clone();
        defaults.markets.deployments = example.markets.deployments.clone();
        defaults.store.path = example.store.path.clone();
        assert_eq!(format!("{example:?}"), format!("{defaults:?}"));
    }

    #[test]
    fn a_misspelt_setting_is_an_error() {
        assert!(matches!(
            load("[tempo]\npoke_block = 1"),
            Err(ConfigError::Malformed { .. })
        ));
    }

    #[test]
    fn values_outside_their_range_are_errors_that_name_them() {
        let refused = |text: &str| match load(text) {
            Err(ConfigError::OutOfRange { setting, .. }) => setting,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            refused("[transactions]\nmortality_blocks = 60"),
            "transactions.mortality_blocks"
        );
        assert_eq!(refused("[tempo]\nbatch = 0"), "tempo.batch");
        assert_eq!(
            refused("[governance]\nreconcile_batch = 101"),
            "governance.reconcile_batch"
        );
        assert_eq!(refused("[http]\nlisten = \"0.0.0.0:9616\""), "http.listen");
    }
}
