//! A core team loses its last power: 18 months at 1/10,000 of the time, on a chain of its own. The keeper enacts, executes,
//! vetoes and certifies; what the script does is what people would.

use anyhow::{Context, Result};
use codec::{Decode, Encode};
use harness::keeper::SuitePlan;
use harness::levers::{self, NewSubnet};
use harness::{
    wait, Actor, Chain, Deployment, Keeper, KeeperSetup, MarketClient as Client, MarketPlan, Node, Sealing, Seals, TAO,
};
use keeper_chain::contracts::address;
use keeper_chain::suite::{Bundles, FinalityReport, Part};
use kernel::conviction::{LockKind, Vote};
use kernel::handover::{Action, Calendar, Capability, Operation, Power, Proposer, Record, Stage, State};
use kernel::referendum::{Phase, Referendum, Track, TrackId};
use kernel::FeeParams;
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// The subnet that has a market.
const NETUID: u16 = 1;
/// 18 months in 394 blocks.
const DIVISOR: u32 = 10_000;
/// Rao that are paid to somebody by referendum.
const GRANT: u64 = 5 * TAO;
/// Longest that anything in the script takes, blocks.
const PATIENCE: u32 = 60;
/// The keeper acts on a block within this, as on a chain of 12 s.
const BLOCK: Duration = Duration::from_secs(12);

/// What the run came to.
#[derive(Clone, Debug, Serialize)]
pub struct Governance {
    referenda: u32,
    vetoed: u32,
    enacted: u32,
    stages: Vec<Rung>,
    certificate: Option<Certified>,
}

#[derive(Clone, Debug, Serialize)]
struct Rung {
    capability: String,
    stage: String,
    since_block: u32,
}

#[derive(Clone, Debug, Serialize)]
struct Certified {
    block: u32,
    residual_powers: Vec<String>,
}

impl Governance {
    /// For people.
    pub fn print(&self) {
        println!(
            "  governance       {} referenda, {} enacted, {} operations vetoed; {}",
            self.referenda,
            self.enacted,
            self.vetoed,
            match &self.certificate {
                Some(certificate) => format!(
                    "certified in block {}, {} powers left",
                    certificate.block,
                    certificate.residual_powers.len()
                ),
                None => "not certified".to_owned(),
            }
        );
    }
}

struct Act {
    chain: Chain,
    keeper: Keeper,
    bundles: Bundles,
    core: Actor,
    guardian: Actor,
    voters: [Actor; 2],
    deployer: Actor,
    handover: Client,
    dao: Client,
    market: Client,
    _node: Node,
}

/// Runs it; `expect` is told what should be so and whether it is.
pub async fn run(folder: &Path, mut expect: impl FnMut(&str, bool)) -> Result<Governance> {
    println!("--- governance: 18 months at 1/10,000 of the time, from a core team to nobody");
    let mut act = Act::start(folder).await?;
    let report = act.report().await?;
    let calendar: Calendar = act.ask(&act.handover, "calendar", ()).await?;
    expect("the deployer keeps no power", report.deployer.is_none());

    // The guardian pauses opening; nobody has to end it.
    let pause = (vec![act.market.address], 5u32);
    act.run(&act.guardian.clone(), Part::Handover, "guardian_pause", pause, 0)
        .await?;
    let until = act.paused_until().await?;
    act.say(&format!("the guardian pauses opening until block {until}"))
        .await?;
    expect("the guardian pauses opening", until > act.now().await?);
    act.until(until).await?;
    expect("a pause ends by itself", act.paused_until().await? <= act.now().await?);

    // The core team still can, but not against conviction holders.
    let [_, vetoable, fees_are_the_daos, _] = calendar.ladder(Capability::Fees).at;
    act.until(vetoable).await?;
    let operation = Operation {
        action: act.set_fees(99)?,
        predecessor: None,
        salt: [1; 32],
        proposer: Proposer::Core,
    };
    let id: [u8; 32] = act.ask(&act.handover, "operation_id", &operation).await?;
    act.run(&act.core.clone(), Part::Handover, "schedule", operation, 0)
        .await?;
    act.say("the core team schedules a swap fee of 0.99 %; a voter objects")
        .await?;
    let voter = act.voters[0].clone();
    act.run(&voter, Part::Dao, "object", id, 0).await?;
    let vetoed = act
        .wait_for("the keeper cancels it", async |act| act.is_cancelled(id).await)
        .await?;
    expect("a core operation is vetoed by the DAO", vetoed);

    // The DAO has it now.
    act.until(fees_are_the_daos).await?;
    let action = act.set_fees(50)?;
    act.referendum(TrackId::Parameters, action, [2; 32]).await?;
    act.say("a referendum on a swap fee of 0.50 % is submitted; everybody votes")
        .await?;
    let changed = act
        .wait_for("the keeper has enacted and executed it", async |act| {
            Ok(act.swap_fee().await? == 50)
        })
        .await?;
    expect("a referendum changes a parameter", changed);

    act.until(calendar.ladder(Capability::Treasury).core_ends()).await?;
    let payee = Actor::new("//Grantee")?;
    let pay = Action::Pay {
        to: payee.id,
        amount: GRANT,
    };
    act.referendum(TrackId::Treasury, pay, [3; 32]).await?;
    act.say("a referendum on a payment of 5 TAO is submitted").await?;
    let paid = act
        .wait_for("the treasury has paid", async |act| {
            let at = act.chain.best().await?;
            Ok(act.chain.free(payee.id, &at).await? == GRANT)
        })
        .await?;
    expect("the treasury pays by referendum", paid);

    let end = calendar.ladders.iter().map(|ladder| ladder.frozen_at()).max();
    act.until(end.context("there are no capabilities")?).await?;
    let certified = act
        .wait_for("the keeper certifies: no key has any power left", async |act| {
            Ok(act.report().await?.certificate.is_some())
        })
        .await?;
    expect("the last power of the core team is certified away", certified);
    let summary = act.summary().await?;
    let nothing = summary
        .certificate
        .as_ref()
        .is_some_and(|c| c.residual_powers.is_empty());
    expect("no account has any power left", nothing);
    // What it sent last is followed to its end: blocks must go on.
    let status = act.chain.with_blocks(act.keeper.terminate()).await?;
    expect("the keeper of governance ends in order", status.success());
    Ok(summary)
}

impl Act {
    async fn start(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let node = Node::start(folder, Sealing::Manual, 0, false, 0).await?;
        let chain = Chain::connect(&node.url(), Seals::OnRequest).await?;
        let deployer = Actor::new("//Alice")?;
        let (core, guardian) = (Actor::new("//Bob")?, Actor::new("//Charlie")?);
        let voters = [Actor::new("//Dave")?, Actor::new("//Eve")?];
        let hotkey = Actor::new("//Validator1")?;
        let mut calls = vec![levers::create_subnet(&NewSubnet {
            netuid: NETUID,
            owner: deployer.id,
            hotkey: hotkey.id,
            tempo: 360,
            tao: 50_000 * TAO,
            alpha: 500_000 * TAO,
        })];
        calls.extend(
            voters
                .iter()
                .map(|voter| levers::credit_stake(0, hotkey.id, voter.id, 10_000 * TAO)),
        );
        let calls: Vec<_> = calls.into_iter().map(|call| (call, &deployer)).collect();
        chain.run_sealed(&calls).await?;
        let generation = async |netuid: u16| -> Result<u64> {
            let best = chain.best().await?;
            let found: Option<staking::Subnet> = chain.ask("StakingStandInApi_subnet", netuid, &best).await?;
            Ok(found.context("there is no such subnet")?.counter)
        };
        let suite = SuitePlan {
            generation: generation(0).await?,
            // Conviction is young: the electorate is what there is.
            electorate_floor: 1_000,
            ..SuitePlan::compressed(core.id, Some(guardian.id), hotkey.id)
        };
        let markets = [MarketPlan {
            netuid: NETUID,
            generation: generation(NETUID).await?,
            hotkey: hotkey.id,
        }];
        let deployment = Deployment {
            folder,
            deployer: &deployer,
            suite: Some(&suite),
            markets: &markets,
        };
        chain.with_blocks(deployment.run(&node.url())).await?;
        chain.forget_nonces().await;
        let file = deployment.file();
        let bundles = Bundles::from_folder(&harness::places::bundles()?)?;
        let client = |part: Part| Ok::<_, anyhow::Error>(Client::new(deployment.part(part)?, bundles.of(part).clone()));
        let (handover, dao, market) = (client(Part::Handover)?, client(Part::Dao)?, client(Part::Market)?);
        let mut keeper = Keeper::start(&KeeperSetup {
            name: "keeper".to_owned(),
            folder: folder.to_owned(),
            endpoints: vec![node.url()],
            uri: "//Ferdie".to_owned(),
            deployments: file,
            harvest_blocks: 360,
            timeout_ms: 10_000,
            stall_ms: 60_000,
        })?;
        chain.with_blocks(keeper.ready()).await?;
        let mut act = Self {
            chain,
            keeper,
            bundles,
            core,
            guardian,
            voters,
            deployer,
            handover,
            dao,
            market,
            _node: node,
        };
        for voter in act.voters.clone() {
            act.run(&voter, Part::Dao, "lock", (8_000 * TAO, LockKind::Perpetual), 0)
                .await?;
        }
        act.run(&act.deployer.clone(), Part::Handover, "deposit", (), 100 * TAO)
            .await?;
        Ok(act)
    }

    /// Seals a block and lets the keeper act on it.
    async fn block(&mut self) -> Result<u32> {
        let number = self.chain.seal().await?.block.number;
        self.after(number).await?;
        Ok(number)
    }

    async fn after(&mut self, number: u32) -> Result<()> {
        let keeper = &mut self.keeper;
        wait::until("the keeper to act on a block", BLOCK, async || {
            keeper.expect_running()?;
            let best = keeper.metric("keeper_best_block").await?;
            Ok((best >= u64::from(number)).then_some(()))
        })
        .await
        .map_err(|error| error.context(self.keeper.log_tail()))
    }

    /// Sends a message, of which a dry run says beforehand why it would be refused.
    async fn run(
        &mut self,
        who: &Actor,
        part: Part,
        message: &'static str,
        arguments: impl Encode,
        value: u64,
    ) -> Result<()> {
        let contract = if part == Part::Dao { &self.dao } else { &self.handover };
        let at = self.chain.best().await?;
        contract
            .expect(&self.chain, who.id, message, &arguments, value, &at)
            .await?;
        let call = contract.call(message, &arguments, value)?;
        let sealed = self.chain.run_sealed(&[(call, who)]).await?;
        self.after(sealed.block.number).await
    }

    async fn now(&self) -> Result<u32> {
        Ok(self.chain.best().await?.number)
    }

    async fn until(&mut self, block: u32) -> Result<()> {
        while self.now().await? < block {
            self.block().await?;
        }
        Ok(())
    }

    /// Lets blocks pass until something is so, and tells it; says whether it became so in time.
    async fn wait_for(&mut self, what: &str, is_so: impl AsyncFn(&Self) -> Result<bool>) -> Result<bool> {
        for _ in 0..PATIENCE {
            if is_so(self).await? {
                self.say(what).await?;
                return Ok(true);
            }
            self.block().await?;
        }
        println!(
            "       not within {PATIENCE} blocks: {what}\n{}",
            self.keeper.log_tail()
        );
        Ok(false)
    }

    async fn say(&self, what: &str) -> Result<()> {
        println!("{:>5}  {what}", self.now().await?);
        Ok(())
    }

    async fn ask<T: Decode>(&self, contract: &Client, view: &str, arguments: impl Encode) -> Result<T> {
        let at = self.chain.best().await?;
        let run = contract
            .expect(&self.chain, self.deployer.id, view, arguments, 0, &at)
            .await?;
        // The outer result is ink's.
        let answer = run.data.get(1..).context("an empty answer")?;
        T::decode(&mut &*answer).with_context(|| format!("decoding {view}"))
    }

    async fn report(&self) -> Result<FinalityReport> {
        self.ask(&self.handover, "finality_report", ()).await
    }

    async fn paused_until(&self) -> Result<u32> {
        let at = self.chain.best().await?;
        Ok(self.market.state(&self.chain, &at).await?.market.opening_paused_until)
    }

    async fn swap_fee(&self) -> Result<u16> {
        let at = self.chain.best().await?;
        Ok(self.market.state(&self.chain, &at).await?.market.fees.swap_fee_bps)
    }

    async fn is_cancelled(&self, id: [u8; 32]) -> Result<bool> {
        let found: Option<(Record, State)> = self.ask(&self.handover, "operation", id).await?;
        Ok(found.is_some_and(|(_, state)| state == State::Cancelled))
    }

    fn set_fees(&self, swap_fee_bps: u16) -> Result<Action> {
        let fees = FeeParams {
            swap_fee_bps,
            ..FeeParams::default()
        };
        Ok(Action::Call {
            capability: Capability::Fees,
            target: self.market.address,
            code_hash: self.bundles.market.code_hash(),
            selector: self.bundles.market.message_selector("set_fees")?,
            input: fees.encode(),
            value: 0,
        })
    }

    /// Submits a proposal, places both deposits, and lets everybody vote for it.
    async fn referendum(&mut self, track: TrackId, action: Action, salt: [u8; 32]) -> Result<()> {
        let rules = Track::default_of(track).scaled(DIVISOR);
        let proposal = (action, None::<[u8; 32]>, salt).encode();
        let voters = self.voters.clone();
        let deposit = rules.submission_deposit;
        let at = self.chain.best().await?;
        let rehearsal = self
            .dao
            .expect(&self.chain, voters[0].id, "submit", (track, &proposal), deposit, &at)
            .await?;
        // The outer result is ink's, the inner one the message's.
        let id: Result<Result<u32, ()>, ()> = Decode::decode(&mut rehearsal.data.as_slice())?;
        let id = id.ok().and_then(Result::ok).context("a submission has an id")?;
        self.run(&voters[0], Part::Dao, "submit", (track, proposal), deposit)
            .await?;
        let deposit = rules.decision_deposit;
        self.run(&voters[0], Part::Dao, "place_decision_deposit", id, deposit)
            .await?;
        // In one block: with a confirmation of one block, it could be over before the next.
        let vote = self.dao.call("vote", (id, Vote::Aye), 0)?;
        let votes: Vec<_> = voters.iter().map(|voter| (vote.clone(), voter)).collect();
        let sealed = self.chain.run_sealed(&votes).await?;
        self.after(sealed.block.number).await?;
        Ok(())
    }

    async fn summary(&self) -> Result<Governance> {
        let report = self.report().await?;
        let calendar: Calendar = self.ask(&self.handover, "calendar", ()).await?;
        let mut stages = Vec::new();
        for capability in Capability::ALL {
            let later = [Stage::CoreDelayed, Stage::CoreVetoable, Stage::Dao, Stage::Frozen];
            for (stage, since_block) in later.into_iter().zip(calendar.ladder(capability).at) {
                if since_block <= report.block {
                    stages.push(Rung {
                        capability: format!("{capability:?}"),
                        stage: format!("{stage:?}"),
                        since_block,
                    });
                }
            }
        }
        let mut residual_powers = Vec::new();
        let people = [
            &self.deployer,
            &self.core,
            &self.guardian,
            &self.voters[0],
            &self.voters[1],
        ];
        for who in people.map(|actor| actor.id).into_iter().chain([self.dao.address]) {
            let powers: Vec<Power> = self.ask(&self.handover, "residual_powers", who).await?;
            residual_powers.extend(powers.iter().map(|power| format!("{}: {power:?}", address(&who))));
        }
        type Referenda = (Vec<(u32, Referendum, Phase, bool)>, Option<u32>);
        let (referenda, _): Referenda = self.ask(&self.dao, "referenda", (0u32, 100u32)).await?;
        type Operations = (Vec<(Record, State)>, Option<u32>);
        let (operations, _): Operations = self.ask(&self.handover, "operations", (0u32, 50u32)).await?;
        let count = |by_dao: bool, wanted: State| {
            let proposed = |record: &Record| (record.operation.proposer != Proposer::Core) == by_dao;
            let found = operations
                .iter()
                .filter(|(record, state)| *state == wanted && proposed(record));
            u32::try_from(found.count())
        };
        Ok(Governance {
            referenda: u32::try_from(referenda.len())?,
            vetoed: count(false, State::Cancelled)?,
            enacted: count(true, State::Executed)?,
            stages,
            certificate: report.certificate.map(|certificate| Certified {
                block: certificate.block,
                residual_powers,
            }),
        })
    }
}
