//! The suite: handover, DAO, emission and registry, wired once, after which the deployer is nobody.

use anyhow::{bail, ensure, Context};
use keeper_chain::contracts::{address, contract_address, market_salt, parse_account};
use keeper_chain::governance::life;
use keeper_chain::suite::{salt, Bundles, FinalityReport, MarketEntry, Part, Sealed, Wiring};
use keeper_chain::{ChainError, Contract, Instantiation};
use kernel::handover::{Calendar, Power};
use serde_json::json;

use super::deployer::{Deployer, Wanted};
use super::plan::{MarketPlan, SuitePlan};
use super::Record;
use crate::commands::audit::{gather, Found, Known};
use crate::deployments::{Deployed, SuiteStart};

/// A suite that is deployed and wired.
pub struct Suite {
    bundles: Bundles,
    handover: Contract,
    dao: Contract,
    emission: Contract,
    registry: Contract,
    start_block: u32,
    bond: u64,
}

/// Deploys and wires what is missing.
///
/// # Errors
/// When something is there and not what the plan says, and whatever deploying ends with.
pub async fn deploy(
    deployer: &mut Deployer,
    plan: &SuitePlan,
    bundles: Bundles,
    record: &mut Record,
) -> anyhow::Result<Suite> {
    let core = parse_account(&plan.core).context("core")?;
    let guardian = plan.guardian.as_deref().map(parse_account).transpose();
    let guardian = guardian.context("guardian")?;
    let hotkey = parse_account(&plan.hotkey).context("hotkey")?;
    let generation = deployer.generation(plan.netuid, plan.generation).await?;
    let new = |part: Part, data: Vec<u8>, value: u64| Instantiation {
        value,
        code_hash: bundles.of(part).code_hash(),
        data,
        salt: salt(part, plan.netuid, generation),
    };

    let handover = |start: u32| -> anyhow::Result<Instantiation> {
        let arguments = (
            core,
            guardian,
            plan.pause_budget(),
            plan.calendar(start),
            plan.treasury_epoch_blocks,
            plan.treasury_cap_rao,
        );
        let data = bundles.handover.constructor_data("new", arguments);
        let data = data.map_err(ChainError::from)?;
        Ok(new(Part::Handover, data, plan.value_rao.handover))
    };
    let start_block = start(deployer, plan, generation, &handover, record).await?;
    let account = deployer.account();
    let mut placing = Placing {
        deployer: &mut *deployer,
        record,
        bundles: &bundles,
        subnet: (plan.netuid, generation),
    };
    let handover = placing.put(Part::Handover, handover(start_block)?).await?;
    let authority = handover.address;
    let arguments = (
        plan.netuid,
        hotkey,
        authority,
        authority,
        plan.tracks(),
        plan.electorate_floor,
    );
    let data = bundles
        .dao
        .constructor_data("new", arguments)
        .map_err(ChainError::from)?;
    let dao = new(Part::Dao, data, plan.value_rao.conviction);
    let dao_address = contract_address(&account, &dao);
    let data = bundles.emission.constructor_data("new", (authority, plan.rules()?));
    let data = data.map_err(ChainError::from)?;
    let emission = new(Part::Emission, data, plan.value_rao.emission);
    let emission_address = contract_address(&account, &emission);
    let market_code = bundles.market.code_hash();
    let arguments = (
        authority,
        dao_address,
        authority,
        emission_address,
        market_code,
        plan.bond_rao,
    );
    let data = bundles.registry.constructor_data("new", arguments);
    let data = data.map_err(ChainError::from)?;
    let registry = new(Part::Registry, data, plan.value_rao.registry);
    let planned = (dao_address, contract_address(&account, &registry));
    // What could never be wired is not paid for.
    placing.check_wirable(&handover, planned).await?;
    let dao = placing.put(Part::Dao, dao).await?;
    placing.check_subnet(&dao).await?;
    let emission = placing.put(Part::Emission, emission).await?;
    let registry = placing.put(Part::Registry, registry).await?;
    // The registry instantiates what is on the chain already.
    deployer.upload_if_missing(&bundles.market).await.context("market")?;

    let suite = Suite {
        handover,
        dao,
        emission,
        registry,
        start_block,
        bond: plan.bond_rao,
        bundles,
    };
    suite.wire(deployer).await?;
    Ok(suite)
}

/// Places the parts of one suite.
struct Placing<'a> {
    deployer: &'a mut Deployer,
    record: &'a mut Record,
    bundles: &'a Bundles,
    subnet: (u16, u64),
}

impl Placing<'_> {
    /// Finds or creates a part, and puts it on record.
    async fn put(&mut self, part: Part, new: Instantiation) -> anyhow::Result<Contract> {
        let (netuid, generation) = self.subnet;
        let wanted = Wanted {
            kind: part.name(),
            netuid,
            generation,
            bundle: self.bundles.of(part),
            new,
        };
        let placed = self.deployer.place(&wanted, &self.record.known).await;
        let (place, deployed) = placed.context(part.name())?;
        self.record.put(deployed)?;
        Ok(Contract::new(place, self.bundles.of(part).clone()))
    }

    /// That the DAO belongs to the planned generation, which not every chain tells beforehand.
    async fn check_subnet(&self, dao: &Contract) -> anyhow::Result<()> {
        let best = self.deployer.best().await?;
        let found = self
            .deployer
            .chain
            .ask(async |connection| life(dao, &connection, &best).await)
            .await?;
        let (netuid, generation) = self.subnet;
        ensure!(
            (found.netuid, found.generation) == (netuid.into(), generation),
            "the DAO {} is about netuid {} in generation {}, not netuid {netuid} in generation {generation}",
            address(&dao.address),
            found.netuid,
            found.generation
        );
        Ok(())
    }

    /// That the handover is wired with this DAO and registry, or not wired at all.
    async fn check_wirable(&self, handover: &Contract, planned: ([u8; 32], [u8; 32])) -> anyhow::Result<()> {
        let best = self.deployer.best().await?;
        let report: FinalityReport = self
            .deployer
            .chain
            .ask(async |connection| handover.view(&connection, "finality_report", (), &best).await)
            .await?;
        ensure!(
            report.deployer.is_some() || (report.dao, report.registry) == planned,
            "the handover {} is wired with DAO {} and registry {} for ever, from other code or arguments than planned; --replace \
             and another suite.start_block deploy a second suite",
            address(&handover.address),
            address(&report.dao),
            address(&report.registry)
        );
        Ok(())
    }
}

/// The first block of the calendar: what plan or record say, or now; and on record before anything is sent, because all
/// addresses depend on it.
async fn start(
    deployer: &Deployer,
    plan: &SuitePlan,
    generation: u64,
    handover: &impl Fn(u32) -> anyhow::Result<Instantiation>,
    record: &mut Record,
) -> anyhow::Result<u32> {
    let mut chosen = plan.start_block.or(record.known.suite.map(|suite| suite.start_block));
    if let Some(entry) = record.known.find(Part::Handover.name(), plan.netuid, generation) {
        let place = chosen.map(handover).transpose()?.map(|new| deployer.address_of(&new));
        if place.is_none_or(|place| address(&place) != entry.address) {
            ensure!(
                deployer.replace,
                "there is a suite already, with the handover {}, from other code, arguments or another deployer; --replace \
                 deploys a second one",
                entry.address
            );
            chosen = plan.start_block;
            // The next run, were this one interrupted, must not replace what this one begins.
            let parts = Part::SINGLE.map(Part::name);
            let of_suite = |contract: &Deployed| parts.contains(&contract.kind.as_str());
            record.known.contracts.retain(|contract| !of_suite(contract));
        }
    }
    let start_block = match chosen {
        Some(start) => start,
        None => deployer.best().await?.number,
    };
    record.known.suite = Some(SuiteStart { start_block });
    record.save()?;
    Ok(start_block)
}

impl Suite {
    /// Names the governed contracts to the handover, unless that was done.
    async fn wire(&self, deployer: &mut Deployer) -> anyhow::Result<()> {
        let grants = self
            .bundles
            .grants(self.dao.address, self.emission.address, self.registry.address);
        let wiring = Wiring {
            dao: self.dao.address,
            registry: self.registry.address,
            market_code: self.bundles.market.code_hash(),
            grants: grants.map_err(ChainError::from)?,
        };
        let best = deployer.best().await?;
        let (report, sealed) = deployer
            .chain
            .ask(async |connection| {
                let view = &self.handover;
                let report: FinalityReport = view.view(&connection, "finality_report", (), &best).await?;
                let sealed: Sealed = view.view(&connection, "sealed_grants", (), &best).await?;
                Ok((report, sealed))
            })
            .await?;
        let Some(wirer) = report.deployer else {
            ensure!(
                (report.dao, report.registry) == (wiring.dao, wiring.registry) && sealed.grants == wiring.grants,
                "the handover was wired in another way than planned"
            );
            return Ok(());
        };
        ensure!(
            wirer == deployer.account(),
            "only {} may wire the handover, the deployer is {}",
            address(&wirer),
            address(&deployer.account())
        );
        deployer.call(&self.handover, "wire", wiring, 0).await?;
        Ok(())
    }

    /// Creates a market through the registry unless its generation has one, and puts it on record.
    ///
    /// # Errors
    /// When there is one of other code, and whatever creating ends with.
    pub async fn create_market(
        &self,
        deployer: &mut Deployer,
        plan: &MarketPlan,
        record: &mut Record,
    ) -> anyhow::Result<()> {
        let hotkey = parse_account(&plan.hotkey).context("hotkey")?;
        let generation = deployer.generation(plan.netuid, plan.generation).await?;
        let mut created = None;
        let entry = match self.market(deployer, plan.netuid).await? {
            Some(entry) => {
                deployer.changes.unchanged = deployer.changes.unchanged.saturating_add(1);
                entry
            }
            None => {
                let arguments = (plan.netuid, hotkey);
                let block = deployer
                    .call(&self.registry, "create_market", arguments, self.bond)
                    .await?;
                created = Some(block);
                let entry = self.market(deployer, plan.netuid).await?;
                entry.context("the registry does not know the market it created")?
            }
        };
        ensure!(
            entry.generation == generation,
            "the registry's market is of generation {}, not {generation}",
            entry.generation
        );
        let bundle = &self.bundles.market;
        ensure!(
            entry.code_hash == bundle.code_hash(),
            "the registry's market at {} is made of code 0x{}, not the bundle's",
            address(&entry.address),
            hex::encode(entry.code_hash)
        );
        let salt = market_salt(plan.netuid, generation);
        let authority = self.handover.address;
        let emission = self.emission.address;
        let data = bundle.constructor_data("new", (plan.netuid, hotkey, authority, authority, emission));
        let planned = Instantiation {
            value: 0,
            code_hash: entry.code_hash,
            data: data.map_err(ChainError::from)?,
            salt: salt.clone(),
        };
        if contract_address(&self.registry.address, &planned) != entry.address {
            // Anyone may create it; where its stake goes is then theirs to say, and the market's to change.
            tracing::warn!(
                market = address(&entry.address),
                creator = address(&entry.creator),
                "the market was created with another hotkey than planned"
            );
        }
        let recorded = deployer.recorded("market", plan.netuid, generation, &entry.address, &record.known)?;
        record.put(Deployed {
            kind: "market".into(),
            netuid: plan.netuid,
            generation,
            address: address(&entry.address),
            code_hash: format!("0x{}", hex::encode(entry.code_hash)),
            salt: format!("0x{}", hex::encode(salt)),
            deployer: address(&self.registry.address),
            block: created.or(recorded).or(Some(entry.created)),
        })
    }

    async fn market(&self, deployer: &Deployer, netuid: u16) -> anyhow::Result<Option<MarketEntry>> {
        let best = deployer.best().await?;
        Ok(deployer
            .chain
            .ask(async |connection| self.registry.view(&connection, "market", netuid, &best).await)
            .await?)
    }

    /// Audits the suite from its registry's address alone, and asserts that the deployer has no power but what the plan gives
    /// it as core team or guardian. Returns what to print about it.
    ///
    /// # Errors
    /// What does not match.
    pub async fn confirm(&self, deployer: &Deployer, plan: &SuitePlan) -> anyhow::Result<serde_json::Value> {
        let account = deployer.account();
        let facts = match gather(
            &deployer.chain,
            &Known::new(self.bundles.clone()),
            self.registry.address,
        )
        .await?
        {
            Found::Suite(facts) => facts,
            Found::Stranger(stranger) => bail!("{stranger}"),
        };
        let mismatches: Vec<String> = facts
            .compare()
            .into_iter()
            .filter_map(|check| check.mismatch())
            .collect();
        ensure!(mismatches.is_empty(), "{}", mismatches.join("; "));
        ensure!(
            (facts.suite.authority, facts.suite.dao, facts.suite.emission)
                == (self.handover.address, self.dao.address, self.emission.address),
            "the registry names another handover, DAO or emission contract"
        );
        // Later rules are governance's, and no plan's.
        ensure!(
            facts.emission.stored.version > 0 || facts.emission.stored.rules == plan.rules()?,
            "emission began with other rules than planned"
        );
        let best = deployer.best().await?;
        let (report, calendar, powers) = deployer
            .chain
            .ask(async |connection| {
                let view = &self.handover;
                let report: FinalityReport = view.view(&connection, "finality_report", (), &best).await?;
                let calendar: Calendar = view.view(&connection, "calendar", (), &best).await?;
                let powers: Vec<Power> = view.view(&connection, "residual_powers", account, &best).await?;
                Ok((report, calendar, powers))
            })
            .await?;
        ensure!(report.deployer.is_none(), "the deployer may still wire the handover");
        let is = |text: &str| parse_account(text).is_ok_and(|party| party == account);
        let party = is(&plan.core) || plan.guardian.as_deref().is_some_and(is);
        let expected = keeper_chain::suite::expected_powers(&calendar, &report, &account);
        ensure!(
            powers == expected && (party || powers.is_empty()),
            "the deployer has {} power(s) left: {powers:?}",
            powers.len()
        );
        if party {
            tracing::warn!(
                powers = powers.len(),
                "the deployer is the core team or the guardian of this plan, and keeps that"
            );
        }
        Ok(json!({
            "handover": address(&self.handover.address),
            "conviction": address(&self.dao.address),
            "emission": address(&self.emission.address),
            "registry": address(&self.registry.address),
            "start_block": self.start_block,
            "deployer": address(&account),
            "deployer_is_party": party,
            "deployer_powers": powers.len(),
        }))
    }
}
