//! Who deploys: uploads, instantiates and calls, each only when needed, and counts what it paid.

use anyhow::{bail, ensure, Context};
use keeper_chain::contracts::{address, contract_address};
use keeper_chain::value::{innermost_variant, outcome, to_json};
use keeper_chain::{Action, BlockId, Bundle, Chain, ChainError, Contract, ContractRefusal, Instantiation, Signer};

use crate::commands::submit::submit;
use crate::deployments::{Deployed, Deployments};

/// Gas allowed beyond what the dry run needed; what is not used is refunded.
const GAS_MARGIN_PERCENT: u64 = 20;
/// Deposit allowed beyond what the dry run needed, in percent.
const DEPOSIT_MARGIN_PERCENT: u64 = 10;
/// Blocks a deployment's transaction is valid for: 13 minutes on a chain of 12 s, 16 s on one of 250 ms.
const MORTALITY: u32 = 64;

/// What a run changed.
#[derive(Default)]
pub struct Changes {
    /// Codes uploaded.
    pub uploaded: usize,
    /// Contracts instantiated.
    pub instantiated: usize,
    /// Messages sent.
    pub called: usize,
    /// Contracts found as planned.
    pub unchanged: usize,
    /// Fees of all transactions, rao.
    pub fees: u64,
}

/// Who deploys.
pub struct Deployer {
    /// Where.
    pub chain: Chain,
    /// Who pays.
    pub signer: Signer,
    /// Whether other code may take the place of what is on record.
    pub replace: bool,
    /// What was changed so far.
    pub changes: Changes,
}

/// A contract to be deployed.
pub struct Wanted<'a> {
    /// Its kind.
    pub kind: &'static str,
    /// Its subnet.
    pub netuid: u16,
    /// The subnet's generation.
    pub generation: u64,
    /// Its bundle.
    pub bundle: &'a Bundle,
    /// Constructor, salt and TAO.
    pub new: Instantiation,
}

impl Deployer {
    /// The deployer's account.
    pub fn account(&self) -> [u8; 32] {
        self.signer.account()
    }

    /// The best block.
    pub async fn best(&self) -> Result<BlockId, ChainError> {
        self.chain.ask(async |connection| connection.best().await).await
    }

    /// The generation of a subnet, from the chain or the plan, which must agree.
    pub async fn generation(&self, netuid: u16, planned: Option<u64>) -> anyhow::Result<u64> {
        let best = self.best().await?;
        let found = self
            .chain
            .ask(async |connection| connection.generation(netuid, &best).await)
            .await?;
        match (found, planned) {
            (Some(found), Some(planned)) => {
                ensure!(
                    found == planned,
                    "the subnet is in generation {found}, the plan says {planned}"
                );
                Ok(found)
            }
            (Some(only), None) | (None, Some(only)) => Ok(only),
            (None, None) => bail!("this chain does not tell the subnet's generation: set it in the plan"),
        }
    }

    /// Where a contract will be.
    pub fn address_of(&self, new: &Instantiation) -> [u8; 32] {
        contract_address(&self.account(), new)
    }

    /// Finds a contract or creates it; returns where it is, and what to put on record.
    ///
    /// # Errors
    /// When another one is on record in its place, and whatever uploading and instantiating end with.
    pub async fn place(&mut self, wanted: &Wanted<'_>, known: &Deployments) -> anyhow::Result<([u8; 32], Deployed)> {
        let Wanted {
            kind,
            netuid,
            generation,
            bundle,
            new,
        } = wanted;
        let place = self.address_of(new);
        let recorded = self.recorded(kind, *netuid, *generation, &place, known)?;
        let there = self.code_at(&place).await?;
        let block = match there {
            Some(code) => {
                ensure!(
                    code == bundle.code_hash(),
                    "{} does not run the bundle's code",
                    address(&place)
                );
                self.changes.unchanged = self.changes.unchanged.saturating_add(1);
                recorded
            }
            None => {
                self.upload_if_missing(bundle).await?;
                Some(self.instantiate(bundle, new, &place).await?)
            }
        };
        let deployed = Deployed {
            kind: (*kind).to_owned(),
            netuid: *netuid,
            generation: *generation,
            address: address(&place),
            code_hash: format!("0x{}", hex::encode(new.code_hash)),
            salt: format!("0x{}", hex::encode(&new.salt)),
            deployer: address(&self.account()),
            block,
        };
        Ok((place, deployed))
    }

    /// The block on record for a contract at `place`.
    ///
    /// # Errors
    /// When the record has another one in its place, unless it may be replaced.
    pub fn recorded(
        &self,
        kind: &str,
        netuid: u16,
        generation: u64,
        place: &[u8; 32],
        known: &Deployments,
    ) -> anyhow::Result<Option<u32>> {
        match known.find(kind, netuid, generation) {
            Some(entry) if entry.address == address(place) => Ok(entry.block),
            Some(entry) if !self.replace => bail!(
                "generation {generation} already has a {kind} at {}, from other code, arguments or another deployer; \
                 --replace deploys a second one",
                entry.address
            ),
            _ => Ok(None),
        }
    }

    /// The code hash of a contract, if there is one.
    pub async fn code_at(&self, place: &[u8; 32]) -> Result<Option<[u8; 32]>, ChainError> {
        let best = self.best().await?;
        self.chain
            .ask(async |connection| connection.contract_code(place, &best).await)
            .await
    }

    /// Uploads a bundle's code unless the chain has it.
    pub async fn upload_if_missing(&mut self, bundle: &Bundle) -> anyhow::Result<()> {
        let best = self.best().await?;
        let hash = bundle.code_hash();
        if self
            .chain
            .ask(async |connection| connection.code_exists(&hash, &best).await)
            .await?
        {
            return Ok(());
        }
        let account = self.account();
        let wasm = bundle.wasm().to_vec();
        let deposit = self
            .chain
            .ask(async |connection| connection.dry_run_upload(&account, &wasm, &best).await)
            .await?;
        let action = Action::Upload {
            wasm,
            deposit_limit: with_margin(deposit),
        };
        let included = submit(&self.chain, &self.signer, &action, MORTALITY)
            .await
            .context("uploading the code")?;
        tracing::info!(
            code = hex::encode(hash),
            block = included.block.number,
            deposit,
            "uploaded"
        );
        let block = included.block;
        let stored = self
            .chain
            .ask(async |connection| connection.code_exists(&hash, &block).await)
            .await?;
        ensure!(
            stored,
            "the chain stored the code under another hash than 0x{}",
            hex::encode(hash)
        );
        self.changes.uploaded = self.changes.uploaded.saturating_add(1);
        self.changes.fees = self.changes.fees.saturating_add(included.fate.fee);
        Ok(())
    }

    /// Instantiates, and returns the block.
    async fn instantiate(&mut self, bundle: &Bundle, new: &Instantiation, place: &[u8; 32]) -> anyhow::Result<u32> {
        let best = self.best().await?;
        let account = self.account();
        let (run, rehearsed) = self
            .chain
            .ask(async |connection| connection.dry_run_instantiate(&account, new, &best).await)
            .await?;
        let answer = bundle
            .decode_constructor_return("new", &run.data)
            .map_err(ChainError::from)?;
        if let Err(refusal) = outcome(answer) {
            let error = ContractRefusal {
                text: to_json(&refusal).to_string(),
                name: innermost_variant(&refusal).unwrap_or_default(),
            };
            return Err(ChainError::Contract { error }.into());
        }
        ensure!(
            rehearsed == *place,
            "this chain would create the contract at {}, not at {}: it derives addresses in another way",
            address(&rehearsed),
            address(place)
        );
        let action = Action::Instantiate {
            new: new.clone(),
            gas: run.required.plus_percent(GAS_MARGIN_PERCENT),
            deposit_limit: with_margin(run.deposit),
        };
        let included = submit(&self.chain, &self.signer, &action, MORTALITY)
            .await
            .context("instantiating")?;
        tracing::info!(
            address = address(place),
            block = included.block.number,
            deposit = run.deposit,
            "instantiated"
        );
        self.changes.instantiated = self.changes.instantiated.saturating_add(1);
        self.changes.fees = self.changes.fees.saturating_add(included.fate.fee);
        Ok(included.block.number)
    }

    /// Sends a message, and returns the block.
    ///
    /// # Errors
    /// What the contract refuses it with, or the chain.
    pub async fn call(
        &mut self,
        contract: &Contract,
        name: &str,
        arguments: impl codec::Encode,
        value: u64,
    ) -> anyhow::Result<u32> {
        let call = contract.message(name, arguments, value).map_err(ChainError::from)?;
        let best = self.best().await?;
        let account = self.account();
        let run = self
            .chain
            .ask(async |connection| contract.rehearse(&connection, &account, name, &call, &best).await)
            .await
            .with_context(|| name.to_owned())?
            .run;
        let action = Action::Call {
            call,
            gas: run.required.plus_percent(GAS_MARGIN_PERCENT),
            deposit_limit: with_margin(run.deposit),
        };
        let included = submit(&self.chain, &self.signer, &action, MORTALITY)
            .await
            .with_context(|| name.to_owned())?;
        tracing::info!(
            contract = address(&contract.address),
            message = name,
            block = included.block.number,
            "called"
        );
        self.changes.called = self.changes.called.saturating_add(1);
        self.changes.fees = self.changes.fees.saturating_add(included.fate.fee);
        Ok(included.block.number)
    }
}

fn with_margin(deposit: u64) -> u64 {
    deposit.saturating_add(deposit / 100 * DEPOSIT_MARGIN_PERCENT)
}
