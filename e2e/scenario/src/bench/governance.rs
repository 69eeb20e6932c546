//! Dry runs of governance: a DAO with 50 voters who also enrolled their locks on the chain, under a handover that is wired.

use super::{create, Contract, Cost};
use anyhow::{ensure, Context, Result};
use codec::Encode;
use harness::levers::{self, NewSubnet};
use harness::{Actor, Chain, Extrinsic, MarketClient as Client, Node, Sealing, Seals, TAO};
use keeper_chain::suite::{Bundles, Part, Wiring};
use keeper_chain::BlockId;
use kernel::conviction::{LockKind, Vote};
use kernel::handover::{Action, Calendar, Capability, Operation, Proposer, MAX_CORE_BLOCKS};
use kernel::referendum::{Track, TrackId};
use kernel::FeeParams;
use staking::{ref_time, Function};
use std::collections::BTreeMap;
use std::path::Path;

/// The subnet whose DAO is measured.
const NETUID: u16 = 1;
/// Voters, and accounts of a batch.
const VOTERS: u32 = 50;
/// What the calendar and the tracks are divided by.
const DIVISOR: u32 = 10_000;
/// Blocks in which conviction grows before anything is measured.
const BLOCKS: u32 = 20;
/// Transactions of one kind that are sent at once.
const PER_BLOCK: usize = 20;

struct Governed {
    _node: Node,
    _folder: tempfile::TempDir,
    chain: Chain,
    bundles: Bundles,
    root: Actor,
    hotkey: Actor,
    voters: Vec<Actor>,
    dao: Client,
    handover: Client,
    registry: Client,
    market: Client,
}

/// All contracts of governance.
pub async fn measure() -> Result<Vec<(String, Contract)>> {
    let governed = Governed::new().await?;
    let conviction = governed.conviction().await?;
    let handover = governed.handover().await?;
    let registry = governed.registry().await?;
    let contract = |part: Part, messages| {
        let contract = Contract {
            wasm_bytes: governed.bundles.of(part).wasm().len() as u64,
            messages,
            ..Contract::default()
        };
        (part.name().to_owned(), contract)
    };
    Ok(vec![
        contract(Part::Dao, conviction),
        contract(Part::Handover, handover),
        contract(Part::Registry, registry),
    ])
}

type Messages = BTreeMap<String, Cost>;

impl Governed {
    async fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let node = Node::start(folder.path(), Sealing::Manual, VOTERS + 1, false, 0).await?;
        let chain = Chain::connect(&node.url(), Seals::OnRequest).await?;
        let root = Actor::new("//Alice")?;
        let hotkey = Actor::new("//Validator")?;
        let voters = (0..=VOTERS).map(Actor::numbered).collect::<Result<Vec<_>>>()?;
        let bundles = Bundles::from_folder(Path::new(&std::env::var("AUTONOMY_BUNDLES")?))?;
        let new = NewSubnet {
            netuid: NETUID,
            owner: root.id,
            hotkey: hotkey.id,
            tempo: u16::MAX,
            tao: 100_000 * TAO,
            alpha: 1_000_000 * TAO,
        };
        sudo(&chain, &root, vec![levers::create_subnet(&new)]).await?;
        let stake = |voter: &Actor| levers::credit_stake(NETUID, hotkey.id, voter.id, 3_000 * TAO);
        sudo(&chain, &root, voters.iter().map(stake).collect()).await?;

        let now = chain.best().await?.number;
        let calendar = Calendar::standard(now, MAX_CORE_BLOCKS, DIVISOR);
        let arguments = (root.id, Some(root.id), 10u32, calendar, 36u32, 100 * TAO);
        let handover = create(&chain, &root, &bundles, Part::Handover, arguments, TAO).await?;
        let tracks: Vec<Track> = TrackId::ALL
            .iter()
            .map(|id| Track::default_of(*id).scaled(DIVISOR))
            .collect();
        let arguments = (NETUID, hotkey.id, handover.address, handover.address, tracks, TAO);
        let dao = create(&chain, &root, &bundles, Part::Dao, arguments, 0).await?;
        let code = bundles.market.code_hash();
        let arguments = (handover.address, kernel::emission::Rules::default());
        let emission = create(&chain, &root, &bundles, Part::Emission, arguments, TAO).await?;
        let sink = handover.address;
        let arguments = (handover.address, dao.address, sink, emission.address, code, TAO);
        let registry = create(&chain, &root, &bundles, Part::Registry, arguments, TAO).await?;
        let arguments = (NETUID, hotkey.id, handover.address, sink, emission.address);
        let market = create(&chain, &root, &bundles, Part::Market, arguments, 0).await?;
        let wiring = Wiring {
            dao: dao.address,
            registry: registry.address,
            market_code: code,
            grants: bundles.grants(dao.address, emission.address, registry.address)?,
        };
        let wire = handover.call("wire", wiring, 0)?;
        chain.run_sealed(&[(wire, &root)]).await?;
        let governed = Self {
            _node: node,
            _folder: folder,
            chain,
            bundles,
            root,
            hotkey,
            voters,
            dao,
            handover,
            registry,
            market,
        };
        governed.populate().await?;
        Ok(governed)
    }

    /// Locks, conviction on the chain, enrolment, and ballots in one referendum.
    async fn populate(&self) -> Result<()> {
        let cap = self.action(Capability::Governance, Part::Dao, "set_native_cap", 2_500u16)?;
        let operation = core(cap, 1);
        let id = self.id_of(&operation).await?;
        self.run(&self.root, self.handover.call("schedule", operation, 0)?)
            .await?;
        self.chain.seal_many(3).await?;
        self.run(&self.root, self.handover.call("execute", id, 0)?).await?;
        self.each(|_| self.dao.call("lock", (1_000 * TAO, LockKind::Perpetual), 0))
            .await?;
        self.native_locks(500 * TAO).await?;
        self.chain.seal_many(BLOCKS).await?;
        self.each(|_| self.dao.call("enrol", (), 0)).await?;
        let rules = Track::default_of(TrackId::Code).scaled(DIVISOR);
        let call = vec![0u8; 200];
        let submit = self
            .dao
            .call("submit", (TrackId::Code, call), rules.submission_deposit)?;
        self.run(&self.root, submit).await?;
        self.each(|_| self.dao.call("vote", (0u32, Vote::Abstain), 0)).await
    }

    async fn conviction(&self) -> Result<Messages> {
        let mut table = Table::new(self, &self.dao).await?;
        let (voter, newcomer) = (self.voters[0].id, self.voters[VOTERS as usize].id);
        let stake = ref_time(Function::CallerTransferStake);
        let amount = (100 * TAO, LockKind::Perpetual);
        table.row(newcomer, "lock", "lock", amount, 0, stake, 1).await?;
        table.row(voter, "lock_more", "lock", amount, 0, stake, 1).await?;
        table.row(voter, "vote", "vote", (0u32, Vote::Aye), 0, 0, 1).await?;
        table.row(voter, "retract", "retract", 0u32, 0, 0, 1).await?;
        let rules = Track::default_of(TrackId::Parameters).scaled(DIVISOR);
        let call = (TrackId::Parameters, vec![7u8; 200]);
        table
            .row(newcomer, "submit", "submit", call, rules.submission_deposit, 0, 1)
            .await?;
        let deposit = Track::default_of(TrackId::Code).decision_deposit;
        table
            .row(
                voter,
                "place_decision_deposit",
                "place_decision_deposit",
                0u32,
                deposit,
                0,
                1,
            )
            .await?;
        table.row(newcomer, "object", "object", [1u8; 32], 0, 0, 1).await?;
        table
            .row(voter, "set_lock_kind", "set_lock_kind", LockKind::Decaying, 0, 0, 1)
            .await?;
        // Every ballot is lowered: the locks on the chain are gone.
        self.native_locks(0).await?;
        table.at = self.chain.seal_many(1).await?;
        let accounts: Vec<[u8; 32]> = self.voters.iter().take(VOTERS as usize).map(|voter| voter.id).collect();
        let reads = ref_time(Function::GetColdkeyLock);
        let batch = u64::from(VOTERS);
        table
            .row(
                voter,
                "reconcile_50_per_account",
                "reconcile",
                accounts,
                0,
                reads,
                batch,
            )
            .await?;
        Ok(table.messages)
    }

    async fn handover(&self) -> Result<Messages> {
        let mut table = Table::new(self, &self.handover).await?;
        let fees = self.action(Capability::Fees, Part::Market, "set_fees", FeeParams::default())?;
        let operation = core(fees, 2);
        table
            .row(self.root.id, "schedule", "schedule", operation.clone(), 0, 0, 1)
            .await?;
        let id = self.id_of(&operation).await?;
        self.run(&self.root, self.handover.call("schedule", operation, 0)?)
            .await?;
        table.at = self.chain.seal_many(2).await?;
        let target = self
            .market
            .expect(
                &self.chain,
                self.handover.address,
                "set_fees",
                FeeParams::default(),
                0,
                &table.at,
            )
            .await?;
        let own = target.consumed.ref_time;
        table.row(self.root.id, "execute", "execute", id, 0, own, 1).await?;
        table.row(self.root.id, "cancel", "cancel", id, 0, 0, 1).await?;
        table
            .row(self.root.id, "finality_report", "finality_report", (), 0, 0, 1)
            .await?;
        Ok(table.messages)
    }

    async fn registry(&self) -> Result<Messages> {
        let mut table = Table::new(self, &self.registry).await?;
        let create = (NETUID, self.hotkey.id);
        table
            .row(self.root.id, "create_market", "create_market", create, TAO, 0, 1)
            .await?;
        table.row(self.root.id, "suite", "suite", (), 0, 0, 1).await?;
        Ok(table.messages)
    }

    fn action(&self, capability: Capability, part: Part, message: &str, arguments: impl Encode) -> Result<Action> {
        let bundle = self.bundles.of(part);
        let target = match part {
            Part::Market => self.market.address,
            _ => self.dao.address,
        };
        Ok(Action::Call {
            capability,
            target,
            code_hash: bundle.code_hash(),
            selector: bundle.message_selector(message)?,
            input: arguments.encode(),
            value: 0,
        })
    }

    async fn id_of(&self, operation: &Operation) -> Result<[u8; 32]> {
        let at = self.chain.best().await?;
        let run = self
            .handover
            .expect(&self.chain, self.root.id, "operation_id", operation, 0, &at)
            .await?;
        let id = run.data.get(1..33).context("an id")?;
        Ok(id.try_into()?)
    }

    async fn run(&self, who: &Actor, call: Extrinsic) -> Result<()> {
        self.chain.run_sealed(&[(call, who)]).await?;
        Ok(())
    }

    async fn each(&self, call: impl Fn(&Actor) -> Result<Extrinsic>) -> Result<()> {
        for some in self.voters[..VOTERS as usize].chunks(PER_BLOCK) {
            let calls: Vec<_> = some
                .iter()
                .map(|voter| Ok((call(voter)?, voter)))
                .collect::<Result<_>>()?;
            self.chain.run_sealed(&calls).await?;
        }
        Ok(())
    }

    async fn native_locks(&self, mass: u64) -> Result<()> {
        let lock = |voter: &Actor| levers::set_lock(NETUID, voter.id, self.hotkey.id, mass, true);
        sudo(
            &self.chain,
            &self.root,
            self.voters[..VOTERS as usize].iter().map(lock).collect(),
        )
        .await
    }
}

struct Table<'a> {
    governed: &'a Governed,
    contract: &'a Client,
    at: BlockId,
    messages: Messages,
}

impl<'a> Table<'a> {
    async fn new(governed: &'a Governed, contract: &'a Client) -> Result<Self> {
        Ok(Self {
            governed,
            contract,
            at: governed.chain.seal_many(1).await?,
            messages: BTreeMap::new(),
        })
    }

    /// What a message costs, `among` so many, less what is not its own for each.
    #[allow(clippy::too_many_arguments)]
    async fn row(
        &mut self,
        origin: [u8; 32],
        name: &str,
        message: &str,
        arguments: impl Encode,
        value: u64,
        not_own: u64,
        among: u64,
    ) -> Result<()> {
        let chain = &self.governed.chain;
        let run = self
            .contract
            .expect(chain, origin, message, arguments, value, &self.at)
            .await;
        let run = run.with_context(|| format!("measuring {name}"))?;
        let each = run.consumed.ref_time / among;
        ensure!(each >= not_own, "{name} costs less than what is not its own");
        let signed = |rao: u64| i64::try_from(rao / among);
        self.messages.insert(
            name.to_owned(),
            Cost {
                ref_time: each - not_own,
                proof_size: run.consumed.proof_size / among,
                deposit: signed(run.deposit)?.saturating_sub(signed(run.refund)?),
            },
        );
        Ok(())
    }
}

fn core(action: Action, salt: u8) -> Operation {
    Operation {
        action,
        predecessor: None,
        salt: [salt; 32],
        proposer: Proposer::Core,
    }
}

async fn sudo(chain: &Chain, root: &Actor, calls: Vec<Extrinsic>) -> Result<()> {
    for some in calls.chunks(100) {
        let calls: Vec<_> = some.iter().cloned().map(|call| (call, root)).collect();
        chain.run_sealed(&calls).await?;
    }
    Ok(())
}
