//! A market without a registry: whoever the plan names is its authority.

use std::sync::Arc;

use anyhow::{ensure, Context};
use keeper_chain::contracts::{address, market_salt, parse_account};
use keeper_chain::{Bundle, ChainError, Instantiation, MarketContract};

use super::deployer::{Deployer, Wanted};
use super::plan::MarketPlan;
use super::Record;

/// Whom a market obeys and pays.
#[derive(Clone, Copy)]
pub struct Parties<'a> {
    /// Who may set bounded parameters.
    pub authority: &'a str,
    /// Where protocol income goes.
    pub sink: &'a str,
    /// Who settles emission to it and may restrict it; nobody when absent.
    pub emission: Option<&'a str>,
}

/// The account of nobody: no key and no contract has it. A market whose emission is nobody's earns none, and nobody can
/// restrict or delist it.
const NOBODY: [u8; 32] = [0; 32];

impl Parties<'_> {
    fn emission(&self) -> Result<[u8; 32], ChainError> {
        self.emission.map_or(Ok(NOBODY), parse_account)
    }
}

/// Deploys a market unless it is there, verifies it, and puts it on record.
///
/// # Errors
/// When it is there and not what the plan says, and whatever deploying ends with.
pub async fn deploy(
    deployer: &mut Deployer,
    bundle: &Arc<Bundle>,
    plan: &MarketPlan,
    parties: Parties<'_>,
    record: &mut Record,
) -> anyhow::Result<()> {
    let generation = deployer.generation(plan.netuid, plan.generation).await?;
    let wanted = Wanted {
        kind: "market",
        netuid: plan.netuid,
        generation,
        bundle,
        new: instantiation(bundle, plan, parties, generation)?,
    };
    let (place, deployed) = deployer.place(&wanted, &record.known).await?;
    verify(deployer, bundle, &place, &wanted, parties).await?;
    record.put(deployed)
}

fn instantiation(
    bundle: &Bundle,
    plan: &MarketPlan,
    parties: Parties<'_>,
    generation: u64,
) -> anyhow::Result<Instantiation> {
    let account = |what: &'static str, text: &str| {
        parse_account(text)
            .map(|account| format!("0x{}", hex::encode(account)))
            .context(what)
    };
    let arguments = [
        plan.netuid.to_string(),
        account("hotkey", &plan.hotkey)?,
        account("authority", parties.authority)?,
        account("sink", parties.sink)?,
        format!("0x{}", hex::encode(parties.emission().context("emission")?)),
    ];
    Ok(Instantiation {
        value: plan.value_rao,
        code_hash: bundle.code_hash(),
        data: bundle.encode_constructor("new", &arguments).map_err(ChainError::from)?,
        salt: market_salt(plan.netuid, generation),
    })
}

/// Reads the contract back and compares it with the plan.
async fn verify(
    deployer: &Deployer,
    bundle: &Arc<Bundle>,
    place: &[u8; 32],
    wanted: &Wanted<'_>,
    parties: Parties<'_>,
) -> anyhow::Result<()> {
    let contract = MarketContract::new(*place, bundle.clone()).map_err(ChainError::from)?;
    let best = deployer.best().await?;
    let (code, state) = deployer
        .chain
        .ask(async |connection| {
            let code = connection.contract_code(place, &best).await?;
            Ok((code, contract.state(&connection, &best).await?))
        })
        .await?;
    let (place, netuid, generation) = (address(place), wanted.netuid, wanted.generation);
    ensure!(
        code == Some(bundle.code_hash()),
        "{place} does not run the bundle's code"
    );
    ensure!(
        state.netuid == netuid,
        "{place} is about netuid {}, not {netuid}",
        state.netuid
    );
    ensure!(
        state.generation == generation,
        "{place} is about generation {}, not {generation}",
        state.generation
    );
    ensure!(
        state.authority == parse_account(parties.authority)?,
        "{place} has another authority"
    );
    ensure!(state.sink == parse_account(parties.sink)?, "{place} has another sink");
    ensure!(
        state.emission == parties.emission()?,
        "{place} has another emission contract"
    );
    Ok(())
}
