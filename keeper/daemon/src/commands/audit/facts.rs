//! What the chain and the contracts say, at one block.

use std::fmt;
use std::sync::Arc;

use keeper_chain::contracts::{address, Proxy};
use keeper_chain::emission::EmissionState;
use keeper_chain::suite::{markets, Bundles, FinalityReport, Grant, MarketEntry, Part, Sealed, Suite};
use keeper_chain::value::{account, number};
use keeper_chain::{BlockId, Bundle, Chain, ChainError, Connection, Contract, MarketContract};
use kernel::emission::Rules;
use kernel::handover::{Calendar, Hash, Power};

type Account = [u8; 32];

/// The code that the contracts are expected to run.
#[derive(Clone, Debug)]
pub struct Known {
    /// The suite's.
    pub bundles: Bundles,
    /// All that markets may be made of.
    pub markets: Vec<Arc<Bundle>>,
}

impl Known {
    /// A suite with one code of markets.
    pub fn new(bundles: Bundles) -> Self {
        let markets = vec![bundles.market.clone()];
        Self { bundles, markets }
    }
}

/// What lives at the registry's address.
pub enum Found {
    /// A suite.
    Suite(Box<Facts>),
    /// Something else, of which nothing can be said.
    Stranger(Stranger),
}

/// A contract that should be part of the suite and runs other code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// What it should be.
    pub part: Part,
    /// Where it is.
    pub address: Account,
    /// What it runs.
    pub code: Option<Hash>,
    /// What the bundle holds.
    pub bundle: Hash,
}

impl fmt::Display for Stranger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (part, place, bundle) = (self.part.name(), address(&self.address), hex::encode(self.bundle));
        match self.code {
            Some(code) => write!(
                f,
                "the {part} {place} runs code 0x{}, not the bundle's 0x{bundle}: it can say anything",
                hex::encode(code)
            ),
            None => write!(f, "there is no contract at the {part}'s address {place}"),
        }
    }
}

/// A suite as it is.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The block of all of this.
    pub block: u32,
    /// Who may act as the chain's root.
    pub root: Option<Account>,
    /// The registry.
    pub registry: Account,
    /// What it names.
    pub suite: Suite,
    /// Its markets.
    pub markets: Vec<MarketEntry>,
    /// What the handover says of itself.
    pub report: FinalityReport,
    /// Its calendar.
    pub calendar: Calendar,
    /// Its allow-lists.
    pub sealed: Sealed,
    /// What they are expected to be.
    pub grants: Vec<Grant>,
    /// What the emission contract says of itself.
    pub emission: EmissionState,
    /// The rules that it lists under the version in force.
    pub listed_rules: Option<Rules>,
    /// What the handover says the core team, the guardian and the DAO can do.
    pub powers: Vec<(Account, Vec<Power>)>,
    /// All contracts: handover, DAO, emission, registry and markets.
    pub contracts: Vec<Governed>,
}

/// A contract of the suite.
#[derive(Clone, Debug)]
pub struct Governed {
    /// What it is.
    pub part: Part,
    /// Its subnet and generation, for DAO and markets.
    pub subnet: Option<(u16, u64)>,
    /// Where it is.
    pub address: Account,
    /// The code it runs.
    pub code: Option<Hash>,
    /// The codes of the bundles it may be of.
    pub bundles: Vec<Hash>,
    /// Who may act in its name.
    pub proxies: Vec<Proxy>,
    /// Whom it obeys and pays; `None` for the handover, which obeys nobody, and for what cannot be read.
    pub parties: Option<Parties>,
}

/// Whom a contract obeys and pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parties {
    /// Who may change it.
    pub authority: Account,
    /// Where its income goes, if it has any.
    pub sink: Option<Account>,
    /// Who may restrict it by the ladder of sanctions; markets only.
    pub emission: Option<Account>,
}

impl Governed {
    /// How it is called in output.
    pub fn name(&self) -> String {
        match (self.part, self.subnet) {
            (Part::Market, Some((netuid, generation))) => format!("market {netuid}/{generation}"),
            (part, _) => part.name().to_owned(),
        }
    }
}

/// Reads everything at the best block, from the registry's address alone.
///
/// # Errors
/// When the chain cannot be read.
pub async fn gather(chain: &Chain, known: &Known, registry: Account) -> Result<Found, ChainError> {
    chain
        .ask(async |connection| {
            let at = connection.best().await?;
            let reader = Reader {
                connection: &connection,
                known,
                at,
            };
            match reader.read(registry).await? {
                Ok(facts) => Ok(Found::Suite(Box::new(facts))),
                Err(stranger) => Ok(Found::Stranger(stranger)),
            }
        })
        .await
}

struct Reader<'a> {
    connection: &'a Connection,
    known: &'a Known,
    at: BlockId,
}

impl Reader<'_> {
    async fn read(&self, registry: Account) -> Result<Result<Facts, Stranger>, ChainError> {
        let Self { connection, at, known } = self;
        let registry = match self.contract(Part::Registry, registry).await? {
            Ok(contract) => contract,
            Err(stranger) => return Ok(Err(stranger)),
        };
        let suite: Suite = registry.view(connection, "suite", (), at).await?;
        let handover = match self.contract(Part::Handover, suite.authority).await? {
            Ok(contract) => contract,
            Err(stranger) => return Ok(Err(stranger)),
        };
        let dao = match self.contract(Part::Dao, suite.dao).await? {
            Ok(contract) => contract,
            Err(stranger) => return Ok(Err(stranger)),
        };
        let emission = match self.contract(Part::Emission, suite.emission).await? {
            Ok(contract) => contract,
            Err(stranger) => return Ok(Err(stranger)),
        };
        let settled: EmissionState = emission.view(connection, "state", (), at).await?;
        let report: FinalityReport = handover.view(connection, "finality_report", (), at).await?;
        let mut powers = Vec::new();
        for holder in [Some(report.core), report.guardian.account, Some(report.dao)]
            .into_iter()
            .flatten()
        {
            let left: Vec<Power> = handover.view(connection, "residual_powers", holder, at).await?;
            powers.push((holder, left));
        }
        let markets = markets(&registry, connection, at).await?;
        let mut contracts = vec![
            self.governed(Part::Handover, handover.address, None, None).await?,
            self.dao(&dao).await?,
            self.governed(
                Part::Emission,
                emission.address,
                None,
                Some(Parties {
                    authority: settled.stored.authority,
                    sink: None,
                    emission: None,
                }),
            )
            .await?,
            self.governed(
                Part::Registry,
                registry.address,
                None,
                Some(Parties {
                    authority: suite.authority,
                    sink: Some(suite.sink),
                    emission: None,
                }),
            )
            .await?,
        ];
        for market in &markets {
            contracts.push(self.market(market).await?);
        }
        Ok(Ok(Facts {
            block: at.number,
            root: connection.root_key(at).await?,
            registry: registry.address,
            calendar: handover.view(connection, "calendar", (), at).await?,
            sealed: handover.view(connection, "sealed_grants", (), at).await?,
            grants: known.bundles.grants(dao.address, emission.address, registry.address)?,
            listed_rules: emission
                .view(connection, "rules_of", settled.stored.version, at)
                .await?,
            emission: settled,
            suite,
            markets,
            report,
            powers,
            contracts,
        }))
    }

    /// A contract that runs the code of its bundle.
    async fn contract(&self, part: Part, address: Account) -> Result<Result<Contract, Stranger>, ChainError> {
        let bundle = self.known.bundles.of(part);
        let code = self.connection.contract_code(&address, &self.at).await?;
        Ok(if code == Some(bundle.code_hash()) {
            Ok(Contract::new(address, bundle.clone()))
        } else {
            Err(Stranger {
                part,
                address,
                code,
                bundle: bundle.code_hash(),
            })
        })
    }

    async fn dao(&self, dao: &Contract) -> Result<Governed, ChainError> {
        let call = dao.message("state", (), 0)?;
        let answer = dao
            .rehearse(self.connection, &dao.address, "state", &call, &self.at)
            .await?;
        let state = answer.answer;
        let subnet = number(&state, "netuid").and_then(|netuid| u16::try_from(netuid).ok());
        let subnet = subnet.zip(number(&state, "generation"));
        let parties = account(&state, "authority").map(|authority| Parties {
            authority,
            sink: account(&state, "sink"),
            emission: None,
        });
        self.governed(Part::Dao, dao.address, subnet, parties).await
    }

    async fn market(&self, entry: &MarketEntry) -> Result<Governed, ChainError> {
        let code = self.connection.contract_code(&entry.address, &self.at).await?;
        let bundle = self
            .known
            .markets
            .iter()
            .find(|bundle| Some(bundle.code_hash()) == code);
        let parties = match bundle {
            Some(bundle) => {
                let market = MarketContract::new(entry.address, bundle.clone())?;
                let state = market.state(self.connection, &self.at).await?;
                Some(Parties {
                    authority: state.authority,
                    sink: Some(state.sink),
                    emission: Some(state.emission),
                })
            }
            None => None,
        };
        let subnet = Some((entry.netuid, entry.generation));
        self.governed(Part::Market, entry.address, subnet, parties).await
    }

    async fn governed(
        &self,
        part: Part,
        address: Account,
        subnet: Option<(u16, u64)>,
        parties: Option<Parties>,
    ) -> Result<Governed, ChainError> {
        let bundles = match part {
            Part::Market => self.known.markets.iter().map(|bundle| bundle.code_hash()).collect(),
            part => vec![self.known.bundles.of(part).code_hash()],
        };
        Ok(Governed {
            part,
            subnet,
            address,
            code: self.connection.contract_code(&address, &self.at).await?,
            bundles,
            proxies: self.connection.proxies(&address, &self.at).await?,
            parties,
        })
    }
}
