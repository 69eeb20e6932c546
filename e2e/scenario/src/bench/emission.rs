//! Dry runs of emission: a full house of markets with flow, so that every seat is measured and paid.

use super::{create, Contract, Cost};
use anyhow::{ensure, Context, Result};
use codec::{Decode, Encode};
use harness::levers::{self, NewSubnet};
use harness::{Actor, Chain, Extrinsic, MarketClient as Client, Node, Sealing, Seals, Settlement, TAO};
use keeper_chain::suite::{Bundles, MarketEntry, Part, Wiring};
use keeper_chain::BlockId;
use kernel::emission::measure::HOLD;
use kernel::emission::Rules;
use kernel::flow::EPOCH;
use kernel::handover::{Calendar, MAX_CORE_BLOCKS};
use std::collections::BTreeMap;
use std::path::Path;

/// Markets: as many as there are seats.
const MARKETS: u16 = 128;
/// Seats that one transaction of the preparation settles, within its gas.
const PAGE: u32 = 8;
/// Transactions of one kind that are sent at once.
const PER_BLOCK: usize = 16;
/// What the budget holds.
const BUDGET: u64 = 100_000 * TAO;

struct House {
    _node: Node,
    _folder: tempfile::TempDir,
    chain: Chain,
    bundles: Bundles,
    root: Actor,
    hotkey: Actor,
    emission: Client,
    registry: Client,
}

/// The emission contract.
pub async fn measure() -> Result<Contract> {
    let house = House::new().await?;
    house.fill().await?;
    house.history().await?;
    let mut table = BTreeMap::new();
    let at = house.ended().await?;
    house
        .row(
            &mut table,
            "settle_128_per_market",
            "settle",
            (128u32, 0u64, u32::MAX),
            0,
            MARKETS.into(),
            &at,
        )
        .await?;
    house
        .row(&mut table, "settle_1", "settle", (1u32, 0u64, u32::MAX), 0, 1, &at)
        .await?;
    house.row(&mut table, "fund", "fund", (), TAO, 1, &at).await?;
    house.row(&mut table, "state", "state", (), 0, 1, &at).await?;
    house
        .row(&mut table, "seats_32", "seats", (0u32, 32u32), 0, 1, &at)
        .await?;
    house.settle().await?;
    let at = house.chain.best().await?;
    let run = house
        .emission
        .dry_run(
            &house.chain,
            house.root.id,
            &house.emission.message("settle", (128u32, 0u64, u32::MAX), 0)?,
            &at,
        )
        .await?;
    ensure!(run.reverted, "there was something to settle");
    table.insert(
        "settle_nothing".to_owned(),
        Cost {
            ref_time: run.consumed.ref_time,
            proof_size: run.consumed.proof_size,
            deposit: 0,
        },
    );
    Ok(Contract {
        wasm_bytes: house.bundles.of(Part::Emission).wasm().len() as u64,
        messages: table,
        ..Contract::default()
    })
}

impl House {
    async fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let node = Node::start(folder.path(), Sealing::Manual, 1, false, 0).await?;
        let chain = Chain::connect(&node.url(), Seals::OnRequest).await?;
        let root = Actor::new("//Alice")?;
        let hotkey = Actor::new("//Validator")?;
        let bundles = Bundles::from_folder(Path::new(&std::env::var("AUTONOMY_BUNDLES")?))?;
        let now = chain.best().await?.number;
        let calendar = Calendar::standard(now, MAX_CORE_BLOCKS, 1);
        let arguments = (root.id, Some(root.id), 10u32, calendar, 7_200u32, 100 * TAO);
        let handover = create(&chain, &root, &bundles, Part::Handover, arguments, TAO).await?;
        let rules = Rules {
            max_yield_bps: 100,
            ..Rules::default()
        };
        let emission = create(&chain, &root, &bundles, Part::Emission, (handover.address, rules), TAO).await?;
        let code = bundles.market.code_hash();
        // Sudo lists markets by itself; only where the registry is found matters here.
        let arguments = (root.id, root.id, root.id, emission.address, code, TAO);
        let registry = create(&chain, &root, &bundles, Part::Registry, arguments, TAO).await?;
        let wiring = Wiring {
            dao: registry.address,
            registry: registry.address,
            market_code: code,
            grants: Vec::new(),
        };
        let wire = handover.call("wire", wiring, 0)?;
        let upload = harness::market::upload(&bundles.market);
        chain.run_sealed(&[(wire, &root), (upload, &root)]).await?;
        Ok(Self {
            _node: node,
            _folder: folder,
            chain,
            bundles,
            root,
            hotkey,
            emission,
            registry,
        })
    }

    /// Markets with liquidity, listed and seated.
    async fn fill(&self) -> Result<()> {
        let numbers = 1..=MARKETS;
        let subnets = numbers.clone().flat_map(|netuid| {
            [
                levers::create_subnet(&NewSubnet {
                    netuid,
                    owner: self.root.id,
                    hotkey: self.hotkey.id,
                    tempo: u16::MAX,
                    tao: 10_000 * TAO,
                    alpha: 10_000 * TAO,
                }),
                levers::credit_stake(netuid, self.hotkey.id, self.root.id, 1_000 * TAO),
            ]
        });
        self.send(subnets.collect()).await?;
        let create = |netuid| self.registry.call("create_market", (netuid, self.hotkey.id), TAO);
        self.send(numbers.clone().map(create).collect::<Result<_>>()?).await?;
        let mut places = Vec::new();
        for netuid in numbers {
            places.push(self.place(netuid).await?);
        }
        let list = |(netuid, generation, _): &(u16, u64, Client)| {
            self.registry.call("set_listed", (*netuid, *generation, true), 0)
        };
        self.send(places.iter().map(list).collect::<Result<_>>()?).await?;
        let enroll =
            |(netuid, generation, _): &(u16, u64, Client)| self.emission.call("enroll", (*netuid, *generation), 0);
        self.send(places.iter().map(enroll).collect::<Result<_>>()?).await?;
        let deposit =
            |(_, _, market): &(u16, u64, Client)| market.call("deposit_alpha", (self.hotkey.id, 500 * TAO), 0);
        self.send(places.iter().map(deposit).collect::<Result<_>>()?).await?;
        let add = |(_, _, market): &(u16, u64, Client)| {
            let arguments = (500 * TAO, 0u128, u32::MAX, Settlement::Ledger);
            market.call("add_liquidity", arguments, 500 * TAO)
        };
        self.send(places.iter().map(add).collect::<Result<_>>()?).await?;
        let fund = self.emission.call("fund", (), BUDGET)?;
        self.chain.run_sealed(&[(fund, &self.root)]).await?;
        Ok(())
    }

    /// Epochs until all that liquidity counts as inflow.
    async fn history(&self) -> Result<()> {
        for _ in 0..=HOLD {
            self.ended().await?;
            self.settle().await?;
        }
        Ok(())
    }

    /// Lets the running epoch end.
    async fn ended(&self) -> Result<BlockId> {
        let now = self.chain.best().await?.number;
        self.chain.skip(EPOCH - now % EPOCH).await?;
        self.chain.seal_many(1).await
    }

    /// Settles what is over.
    async fn settle(&self) -> Result<()> {
        loop {
            let at = self.chain.best().await?;
            let call = self.emission.message("settle", (PAGE, 0u64, u32::MAX), 0)?;
            let run = self.emission.dry_run(&self.chain, self.root.id, &call, &at).await?;
            if run.reverted {
                return Ok(());
            }
            let settle = self.emission.call("settle", (PAGE, 0u64, u32::MAX), 0)?;
            self.chain.run_sealed(&[(settle, &self.root)]).await?;
        }
    }

    async fn place(&self, netuid: u16) -> Result<(u16, u64, Client)> {
        let at = self.chain.best().await?;
        let run = self
            .registry
            .expect(&self.chain, self.root.id, "market", netuid, 0, &at)
            .await?;
        type Answer = Result<Result<Option<MarketEntry>, ()>, ()>;
        let answer: Answer = Decode::decode(&mut run.data.as_slice())?;
        let entry = answer.ok().and_then(Result::ok).flatten().context("no market")?;
        let client = Client::new(entry.address, self.bundles.market.clone());
        Ok((netuid, entry.generation, client))
    }

    async fn send(&self, calls: Vec<Extrinsic>) -> Result<()> {
        for some in calls.chunks(PER_BLOCK) {
            let calls: Vec<_> = some.iter().cloned().map(|call| (call, &self.root)).collect();
            self.chain.run_sealed(&calls).await?;
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments)]
    async fn row(
        &self,
        table: &mut BTreeMap<String, Cost>,
        name: &str,
        message: &str,
        arguments: impl Encode,
        value: u64,
        among: u64,
        at: &BlockId,
    ) -> Result<()> {
        let run = self
            .emission
            .expect(&self.chain, self.root.id, message, arguments, value, at)
            .await
            .with_context(|| format!("measuring {name}"))?;
        if message == "settle" && among > 1 {
            // Epoch, seats, paid, finished, reward; within ink's result and the message's.
            type Settled = (u32, u32, u64, bool, u64);
            let settled: Result<Result<Settled, ()>, ()> = Decode::decode(&mut run.data.as_slice())?;
            let (_, seats, paid, finished, _) = settled.ok().and_then(Result::ok).context("an answer")?;
            ensure!(
                u64::from(seats) == among && finished && paid > 0,
                "every market is measured and paid: {seats} seats, {paid} rao"
            );
        }
        let signed = |rao: u64| i64::try_from(rao / among);
        let cost = Cost {
            ref_time: run.consumed.ref_time / among,
            proof_size: run.consumed.proof_size / among,
            deposit: signed(run.deposit)?.saturating_sub(signed(run.refund)?),
        };
        table.insert(name.to_owned(), cost);
        Ok(())
    }
}
