//! Emission and the competition of validators, as keepers settle and move them: every epoch once, whoever races or dies.

use anyhow::{ensure, Context, Result};
use e2e_tests::endpoints::{Endpoint, Manner};
use e2e_tests::watch::Transactions;
use e2e_tests::world::{looked, PRICE_E9, QUIET};
use e2e_tests::{World, LOOK, PROMPT};
use harness::stage::SubnetPlan;
use harness::{levers, wait, Actor, ContractClient, Dividend, Extrinsic, Keeper, Sealed, SuiteClient};
use keeper_chain::contracts::address;
use keeper_chain::emission::{Competition, EmissionState, SeatView};
use keeper_chain::suite::MarketEntry;
use keeper_chain::value::to_json;
use keeper_chain::{BlockId, MarketState};
use kernel::competition::CHURN_BPS;
use kernel::emission::measure::HOLD;
use kernel::flow::EPOCH;
use kernel::handover::{Action, Capability};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Blocks that are sealed before keepers have to have looked at the last of them, while nothing is due.
const STRIDE: u32 = 8;
/// Blocks before an epoch's end from which on keepers look at each.
const NEAR: u32 = 2;
/// Blocks from the scheduling of an operation until a keeper has executed it: its delay is 72.
const SCHEDULED: u32 = 80;
/// Epochs that a keeper stays away: fewer than markets remember.
const AWAY: u32 = 3;
/// Epochs that pay nothing: what came into a pool counts once it has stayed for [`HOLD`] of them, and pools were empty in the
/// first.
const UNPAID: usize = HOLD + 1;

/// Blocks in which the chain's validators pay once.
const TEMPO: u16 = 360;
/// What a validator pays per tempo, billionths of stake, and what a better one does.
const PAYS: u32 = 100_000;
const PAYS_MORE: u32 = 3 * PAYS;
/// Epochs until the better validator has most of a market's stake: no more than a tenth moves in each, and the first is spent
/// on finding out who pays.
const MOVING: u32 = 10;

/// What the emission contract says of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Report {
    epoch: u32,
    budget: u64,
    release: u64,
    paid: u64,
    carried: u64,
}

/// Moves of stake in one block: from, to, alpha.
type Moves = Vec<(String, String, u64)>;

/// What the blocks held so far.
#[derive(Default)]
struct Seen {
    /// Epochs in the order in which they were settled.
    epochs: Vec<Report>,
    /// What each market was paid for each epoch, once for each time that it was settled.
    payments: BTreeMap<(u32, u64), Vec<u64>>,
    /// Epochs that nobody settled in time.
    skipped: u32,
    /// Rebalancings of the first market, by block.
    rebalanced: Vec<(u32, Moves)>,
    signers: BTreeMap<[u8; 32], Transactions>,
}

impl Seen {
    fn take(&mut self, suite: &SuiteClient, market: &ContractClient, sealed: &Sealed) -> Result<()> {
        for outcome in sealed.outcomes() {
            let Some(signer) = outcome.signer else { continue };
            let transactions = self.signers.entry(signer).or_default();
            match outcome.error {
                None => transactions.succeeded += 1,
                Some(_) => transactions.failed += 1,
            }
        }
        for emitted in &sealed.emitted {
            if let Some(event) = suite.emission.event(emitted)? {
                self.take_settled(&event.name, &to_json(&event.fields))?;
            }
            if let Some(event) = market.event(emitted)?.filter(|event| event.name == "StakeRebalanced") {
                let fields = to_json(&event.fields);
                let moves = fields["moves"].as_array().context("no moves")?.iter();
                let moves = moves.map(|one| Ok((text(one, "from")?, text(one, "to")?, number(one, "amount")?)));
                self.rebalanced
                    .push((sealed.block.number, moves.collect::<Result<_>>()?));
            }
        }
        Ok(())
    }

    fn take_settled(&mut self, name: &str, fields: &Value) -> Result<()> {
        match name {
            "EpochSettled" => {
                let report = &fields["report"];
                self.epochs.push(Report {
                    epoch: u32::try_from(number(report, "epoch")?)?,
                    budget: number(report, "budget")?,
                    release: number(report, "release")?,
                    paid: number(report, "paid")?,
                    carried: number(report, "carried")?,
                });
            }
            "MarketsSettled" => {
                let epoch = u32::try_from(number(fields, "epoch")?)?;
                for market in fields["markets"].as_array().context("no markets")? {
                    let key = (epoch, number(market, "netuid")?);
                    let paid = number(market, "paid")?;
                    self.payments.entry(key).or_default().push(paid);
                }
            }
            "EpochsSkipped" => self.skipped += 1,
            _ => {}
        }
        Ok(())
    }

    /// What an account's transactions came to.
    fn transactions(&self, account: &Actor) -> Transactions {
        self.signers.get(&account.id).copied().unwrap_or_default()
    }
}

fn number(of: &Value, name: &str) -> Result<u64> {
    let value = &of[name];
    let parsed = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    parsed.with_context(|| format!("no number {name} in {of}"))
}

fn text(of: &Value, name: &str) -> Result<String> {
    let value = of[name].as_str().map(str::to_owned);
    value.with_context(|| format!("no {name} in {of}"))
}

/// As values of contracts have it.
fn hex(of: &Actor) -> String {
    of.id
        .iter()
        .fold("0x".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// A suite with markets, everybody who acts on it, and what happened so far.
struct Economy {
    world: World,
    suite: SuiteClient,
    markets: Vec<MarketEntry>,
    core: Actor,
    seen: Seen,
}

impl Economy {
    /// Markets of as many subnets, none of them listed.
    async fn new(tempo: u16, dividend: u32, count: u16) -> Result<Self> {
        let subnets: Vec<SubnetPlan> = (1..=count)
            .map(|netuid| SubnetPlan {
                netuid,
                price_e9: PRICE_E9,
                dividend,
            })
            .collect();
        let world = World::with_economy(tempo, &subnets).await?;
        let suite = world.stage.suite.clone().context("no suite")?;
        let at = world.chain().best().await?;
        let mut markets = Vec::new();
        for subnet in subnets {
            let entry: Option<MarketEntry> = suite.registry.view(world.chain(), "market", subnet.netuid, &at).await?;
            markets.push(entry.context("the registry has no market")?);
        }
        Ok(Self {
            world,
            suite,
            markets,
            core: Actor::new("//Charlie")?,
            seen: Seen::default(),
        })
    }

    fn market(&self) -> Result<ContractClient> {
        let entry = self.markets.first().context("no market")?;
        Ok(self.suite.market(entry.address))
    }

    async fn best(&self) -> Result<BlockId> {
        self.world.chain().best().await
    }

    async fn state(&self) -> Result<EmissionState> {
        let at = self.best().await?;
        self.suite.emission.view(self.world.chain(), "state", (), &at).await
    }

    async fn seat(&self, of: &MarketEntry) -> Result<Option<SeatView>> {
        let at = self.best().await?;
        let place = (of.netuid, of.generation);
        self.suite.emission.view(self.world.chain(), "seat", place, &at).await
    }

    /// Seals a block, whatever keepers do.
    async fn seal(&mut self) -> Result<BlockId> {
        let sealed = self.world.chain().seal().await?;
        self.seen.take(&self.suite, &self.market()?, &sealed)?;
        Ok(sealed.block)
    }

    /// Seals a block with these transactions, all of which must succeed.
    async fn run(&mut self, calls: &[(Extrinsic, &Actor)]) -> Result<BlockId> {
        let sealed = self.world.chain().run_sealed(calls).await?;
        self.seen.take(&self.suite, &self.market()?, &sealed)?;
        Ok(sealed.block)
    }

    /// Seals a block and waits until the keepers have looked at it.
    async fn step(&mut self, keepers: &mut [&mut Keeper]) -> Result<BlockId> {
        let block = self.seal().await?;
        for keeper in keepers {
            looked(keeper, block.number).await?;
        }
        Ok(block)
    }

    /// Seals up to `block`. Keepers follow at a distance, and look at each block where an epoch ends.
    async fn pass(&mut self, block: u32, keepers: &mut [&mut Keeper]) -> Result<()> {
        let mut number = self.best().await?.number;
        while number < block {
            number = self.seal().await?.number;
            let left = EPOCH - number % EPOCH;
            if number % STRIDE == 0 || left <= NEAR || left > EPOCH - STRIDE || number == block {
                for keeper in keepers.iter_mut() {
                    looked(keeper, number).await?;
                }
            }
        }
        Ok(())
    }

    /// Steps until `done`, for at most `blocks`.
    async fn until(
        &mut self,
        what: &str,
        blocks: u32,
        keepers: &mut [&mut Keeper],
        mut done: impl AsyncFnMut(&Self) -> Result<bool>,
    ) -> Result<()> {
        for _ in 0..blocks {
            if done(self).await? {
                return Ok(());
            }
            self.step(keepers).await?;
        }
        let logs: Vec<String> = keepers.iter().map(|keeper| keeper.log_tail()).collect();
        ensure!(
            done(self).await?,
            "{blocks} blocks in vain for {what}:\n{}",
            logs.join("\n\n")
        );
        Ok(())
    }

    /// The core team schedules `actions`; keepers do the rest.
    async fn schedule(&mut self, actions: Vec<Action>) -> Result<()> {
        let mut calls = Vec::new();
        for action in actions {
            let operation = SuiteClient::operation(action, 0);
            calls.push((self.suite.handover.call("schedule", operation, 0)?, self.core.clone()));
        }
        let calls: Vec<_> = calls.iter().map(|(call, core)| (call.clone(), core)).collect();
        self.run(&calls).await?;
        Ok(())
    }

    /// Has all markets listed, and waits until the keepers have given each a seat.
    async fn list(&mut self, keepers: &mut [&mut Keeper]) -> Result<()> {
        let mut actions = Vec::new();
        for entry in &self.markets {
            let listing = (entry.netuid, entry.generation, true);
            let registry = &self.suite.registry;
            actions.push(
                self.suite
                    .action(Capability::Listing, registry, "set_listed", listing)?,
            );
        }
        self.schedule(actions).await?;
        self.until("seats", SCHEDULED, keepers, async |this| {
            for entry in &this.markets {
                if this.seat(entry).await?.is_none() {
                    return Ok(false);
                }
            }
            Ok(true)
        })
        .await
    }

    /// Waits until nothing is left to settle, at most [`PROMPT`] blocks for each epoch.
    async fn settled(&mut self, keepers: &mut [&mut Keeper]) -> Result<()> {
        let state = self.state().await?;
        let behind = state.epoch.saturating_sub(state.stored.next_epoch);
        self.until("an epoch to be settled", PROMPT * behind, keepers, async |this| {
            let state = this.state().await?;
            Ok(state.stored.next_epoch == state.epoch)
        })
        .await
    }

    /// Lets so many epochs end; each is settled before the next one does.
    async fn epochs(&mut self, count: usize, keepers: &mut [&mut Keeper]) -> Result<()> {
        for _ in 0..count {
            self.pass(self.end_of_running().await?, keepers).await?;
            self.settled(keepers).await?;
        }
        Ok(())
    }

    /// The first block after the running epoch.
    async fn end_of_running(&self) -> Result<u32> {
        Ok((self.best().await?.number / EPOCH + 1) * EPOCH)
    }

    /// Fails unless every epoch up to the running one was settled once, all markets in it once, the budget goes from one
    /// to the next to the rao, and markets hold what was paid.
    async fn expect_books(&self) -> Result<()> {
        let state = self.state().await?;
        let running = self.best().await?.number / EPOCH;
        ensure!(
            state.stored.next_epoch == running && state.stored.round.is_none(),
            "epoch {} is next while {running} runs",
            state.stored.next_epoch
        );
        let reports = &self.seen.epochs;
        ensure!(self.seen.skipped == 0, "epochs were skipped");
        let first = reports.first().context("nothing was settled")?.epoch;
        let settled: Vec<u32> = reports.iter().map(|report| report.epoch).collect();
        ensure!(
            settled == (first..running).collect::<Vec<_>>(),
            "settled {settled:?}, not each of {first}..{running} once"
        );
        for report in reports {
            let paid = |(_, paid): (_, &Vec<u64>)| paid.iter().sum::<u64>();
            let epochs = (report.epoch, 0)..(report.epoch + 1, 0);
            let paid: u64 = self.seen.payments.range(epochs).map(paid).sum();
            ensure!(
                report.paid + report.carried == report.budget && report.paid <= report.release && report.paid == paid,
                "{report:?}, and markets got {paid}"
            );
        }
        for (before, after) in reports.iter().zip(reports.iter().skip(1)) {
            ensure!(after.budget == before.carried, "{before:?} is followed by {after:?}");
        }
        for ((epoch, netuid), payments) in &self.seen.payments {
            ensure!(payments.len() == 1, "{netuid} in epoch {epoch}: {payments:?}");
        }
        let total: u64 = reports.iter().map(|report| report.paid).sum();
        ensure!(total > 0, "nobody was paid anything: {reports:?}");
        ensure!(
            state.stored.total_paid == total,
            "{} paid in all, not {total}",
            state.stored.total_paid
        );
        self.expect_held().await
    }

    /// Fails unless each market holds what it was paid.
    async fn expect_held(&self) -> Result<()> {
        let at = self.best().await?;
        for (entry, market) in self.markets.iter().zip(&self.world.stage.markets) {
            let netuid = u64::from(entry.netuid);
            let payments = self.seen.payments.iter().filter(|((_, of), _)| *of == netuid);
            let paid: u64 = payments.flat_map(|(_, paid)| paid).sum();
            let seat = self.seat(entry).await?.context("no seat")?;
            // Nobody touches its account, so nothing was credited to anybody.
            let MarketState { market: state, .. } = market.client.state(self.world.chain(), &at).await?;
            let held = state.lp_incentives.held + state.lender_incentives.held;
            ensure!(
                held == paid && seat.seat.total_paid == paid,
                "market {netuid} was paid {paid}, holds {held}, and its seat says {}",
                seat.seat.total_paid
            );
            let custody = market.client.custody(self.world.chain(), &at).await?;
            ensure!(custody.tao_held >= custody.tao_owed, "market {netuid}: {custody:?}");
        }
        Ok(())
    }

    async fn competition(&self) -> Result<Competition> {
        let at = self.best().await?;
        self.market()?.view(self.world.chain(), "competition", (), &at).await
    }

    /// The first market's stake with each of its validators, as the chain has it.
    async fn stakes(&self) -> Result<BTreeMap<[u8; 32], u64>> {
        let at = self.best().await?;
        let entry = self.markets.first().context("no market")?;
        let whose = (entry.address, entry.netuid);
        let stakes: Vec<([u8; 32], u64)> = self
            .world
            .chain()
            .ask("StakingStandInApi_stakes_on", whose, &at)
            .await?;
        let mut all: BTreeMap<_, _> = self
            .competition()
            .await?
            .state
            .all
            .iter()
            .map(|one| (one.hotkey, 0))
            .collect();
        all.extend(stakes);
        Ok(all)
    }

    /// Fails unless no epoch moved more than it may of at most `stake`, and the first market owns what it owes.
    async fn expect_bounded(&self, stake: u64) -> Result<()> {
        let mut moved: BTreeMap<u32, u64> = BTreeMap::new();
        for (block, moves) in &self.seen.rebalanced {
            *moved.entry(block / EPOCH).or_default() += moves.iter().map(|(_, _, alpha)| alpha).sum::<u64>();
        }
        for (epoch, alpha) in &moved {
            ensure!(
                *alpha <= stake / 10_000 * CHURN_BPS + 1,
                "{alpha} of {stake} moved in epoch {epoch}"
            );
        }
        self.world.expect_custody().await
    }

    fn expect_no_failure(&self, operator: &Actor, keeper: &Keeper) -> Result<()> {
        let transactions = self.seen.transactions(operator);
        ensure!(
            transactions.failed == 0 && transactions.succeeded > 0,
            "{transactions:?}\n{}",
            keeper.log()
        );
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keeper_that_was_away_settles_every_epoch_it_missed_once() -> Result<()> {
    let mut economy = Economy::new(QUIET, 0, 2).await?;
    let operator = Actor::new("//Eve")?;
    let setup = economy.world.keeper_setup("keeper", &operator.uri);
    let mut keeper = economy.world.keeper(&setup).await?;
    economy.list(&mut [&mut keeper]).await?;
    economy.epochs(1, &mut [&mut keeper]).await?;

    // The first absence is over before anything counts as inflow; in the epochs of the second, markets earn.
    for absence in 0..2 {
        let ended = keeper.terminate().await?;
        ensure!(ended.success(), "a keeper that is told to stop ended with {ended}");
        let next = economy.state().await?.stored.next_epoch;
        let settled = economy.seen.epochs.len();
        economy.pass((next + AWAY) * EPOCH, &mut []).await?;
        ensure!(economy.seen.epochs.len() == settled, "somebody else settled");
        let state = economy.state().await?;
        ensure!(
            (state.stored.next_epoch, state.epoch) == (next, next + AWAY),
            "absence {absence}: {state:?}"
        );
        keeper = economy.world.keeper(&setup).await?;
        economy.settled(&mut [&mut keeper]).await?;
        let missed: Vec<u32> = economy
            .seen
            .epochs
            .iter()
            .skip(settled)
            .map(|report| report.epoch)
            .collect();
        ensure!(
            missed == (next..next + AWAY).collect::<Vec<_>>(),
            "after absence {absence} it settled {missed:?}"
        );
        economy.expect_no_failure(&operator, &keeper)?;
    }
    // Once it is done, it is done.
    let transactions = economy.seen.transactions(&operator);
    for _ in 0..STRIDE {
        economy.step(&mut [&mut keeper]).await?;
    }
    ensure!(
        economy.seen.transactions(&operator) == transactions,
        "it went on:\n{}",
        keeper.log_tail()
    );
    economy.expect_books().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_keepers_settle_each_epoch_once() -> Result<()> {
    let mut economy = Economy::new(QUIET, 0, 2).await?;
    let (eve, ferdie) = (Actor::new("//Eve")?, Actor::new("//Ferdie")?);
    let setup = |name, operator: &Actor| economy.world.keeper_setup(name, &operator.uri);
    let mut first = economy.world.keeper(&setup("first", &eve)).await?;
    let mut second = economy.world.keeper(&setup("second", &ferdie)).await?;
    economy.list(&mut [&mut first, &mut second]).await?;
    economy.epochs(UNPAID + 1, &mut [&mut first, &mut second]).await?;
    let calm = economy.best().await?.number + STRIDE;
    economy.pass(calm, &mut [&mut first, &mut second]).await?;
    economy.expect_books().await?;

    // Both saw every epoch, and each was settled once: somebody lost, in a block or in a dry run.
    let mut lost = 0;
    for (keeper, operator) in [(&mut first, &eve), (&mut second, &ferdie)] {
        let declined = keeper.sum("keeper_declined_total", "reason=\"lost_race\"").await?;
        lost += economy.seen.transactions(operator).failed + declined;
        for class in ["permanent", "fatal", "transient"] {
            let errors = keeper.sum("keeper_errors_total", &format!("class=\"{class}\"")).await?;
            ensure!(errors == 0, "{errors} {class} errors:\n{}", keeper.log());
        }
        ensure!(keeper.is_ready().await?.is_some(), "not ready:\n{}", keeper.log_tail());
    }
    ensure!(lost > 0, "nobody lost: the keepers did not race");
    for keeper in [&mut first, &mut second] {
        let ended = keeper.terminate().await?;
        ensure!(ended.success(), "a keeper that is told to stop ended with {ended}");
    }
    Ok(())
}

/// When the keeper is killed, counted from the block with the first page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    /// At once: it may have heard of the block or not.
    Head,
    /// When the next page is in the journal and on its way, but not at the node.
    Journalled,
    /// When the node has it, but the keeper does not know that: it is settled while the keeper is dead.
    Submitted,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keeper_killed_between_two_pages_goes_on_with_the_next() -> Result<()> {
    let mut economy = Economy::new(QUIET, 0, 3).await?;
    let (operator, hand) = (Actor::new("//Eve")?, Actor::new("//Ferdie")?);
    let endpoint = Endpoint::start(economy.world.stage.node.port(), Manner::Relays).await?;
    let mut setup = economy.world.keeper_setup("keeper", &operator.uri);
    setup.endpoints = vec![endpoint.url()];
    let mut keeper = economy.world.keeper(&setup).await?;
    economy.list(&mut [&mut keeper]).await?;
    economy.epochs(UNPAID, &mut [&mut keeper]).await?;

    for point in [Point::Head, Point::Journalled, Point::Submitted] {
        let last = economy.end_of_running().await? - 1;
        economy.pass(last, &mut [&mut keeper]).await?;
        match point {
            Point::Head => {}
            Point::Journalled => endpoint.set(Manner::HoldsBack),
            Point::Submitted => endpoint.set(Manner::Withholds),
        }
        let caught_before = endpoint.caught();
        let next = economy.state().await?.stored.next_epoch;
        // The first page is one market's; the others wait for the keeper.
        let page = economy.suite.emission.call("settle", (1u32, 0u64, u32::MAX), 0)?;
        economy.run(&[(page, &hand)]).await?;
        let state = economy.state().await?;
        let round = state.stored.round.context("no round is open")?;
        ensure!(
            (round.epoch, round.next) == (next, 1) && round.paid > 0,
            "{point:?}: {round:?}"
        );
        if point != Point::Head {
            caught(&mut keeper, &endpoint, caught_before + 1).await?;
        }
        keeper.kill().await?;
        endpoint.set(Manner::Relays);
        if point == Point::Submitted {
            economy.seal().await?;
            let state = economy.state().await?;
            ensure!(
                state.stored.round.is_none() && state.stored.next_epoch == next + 1,
                "what was sent before the kill is not in the next block: {state:?}"
            );
        }
        keeper = economy.world.keeper(&setup).await?;
        economy.settled(&mut [&mut keeper]).await?;
        for _ in 0..STRIDE {
            economy.step(&mut [&mut keeper]).await?;
        }
        economy.expect_no_failure(&operator, &keeper)?;
        economy.expect_books().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stake_moves_to_validators_that_pay_without_anybodys_hand() -> Result<()> {
    let mut economy = Economy::new(TEMPO, PAYS, 1).await?;
    let operator = Actor::new("//Eve")?;
    let setup = economy.world.keeper_setup("keeper", &operator.uri);
    let mut keeper = economy.world.keeper(&setup).await?;
    let entry = *economy.markets.first().context("no market")?;
    let root = economy.world.stage.root.id;
    let (better, idle) = (Actor::new("//Better")?, Actor::new("//Idle")?);
    let mut calls = Vec::new();
    for (hotkey, pays) in [(&better, PAYS_MORE), (&idle, 0)] {
        calls.push(levers::register_hotkey(entry.netuid, hotkey.id, root));
        calls.push(levers::set_dividend(entry.netuid, hotkey.id, Dividend::Rate(pays)));
    }
    economy.world.stage.sudo(calls).await?;
    let market = economy.market()?;
    let mut actions = Vec::new();
    for hotkey in [&better, &idle] {
        actions.push(
            economy
                .suite
                .action(Capability::ValidatorPolicy, &market, "add_hotkey", hotkey.id)?,
        );
    }
    economy.schedule(actions).await?;

    // From here on nobody signs anything but the keeper.
    economy.seen.signers.clear();
    let keepers = &mut [&mut keeper];
    let added = async |this: &Economy| Ok(this.competition().await?.state.all.len() == 3);
    economy.until("validators", SCHEDULED, keepers, added).await?;
    let mut most = 0;
    for _ in 0..MOVING {
        economy.pass(economy.end_of_running().await?, keepers).await?;
        let stakes = economy.stakes().await?;
        most = stakes.values().sum();
        if stakes[&better.id] > most / 2 {
            break;
        }
    }
    let log = keeper.log();
    let stakes = economy.stakes().await?;
    let Competition { state, weights_bps, .. } = economy.competition().await?;
    let standing = format!("{state:?}, targets {weights_bps:?}");
    ensure!(stakes[&better.id] > most / 2, "{standing}\n{log}");
    // One that pays nothing is tried, and left.
    let mut tried = economy.seen.rebalanced.iter().flat_map(|(_, moves)| moves);
    ensure!(
        tried.any(|(_, to, _)| *to == hex(&idle)) && stakes[&idle.id] < most / 100,
        "{standing}"
    );
    economy.expect_bounded(most).await?;
    let signers: BTreeSet<_> = economy.seen.signers.keys().map(address).collect();
    ensure!(
        signers == BTreeSet::from([operator.address()]),
        "{signers:?} had a hand in it"
    );
    economy.expect_no_failure(&operator, &keeper)
}

/// Waits until the endpoint has caught `count` submissions.
async fn caught(keeper: &mut Keeper, endpoint: &Endpoint, count: u64) -> Result<()> {
    let waiting = wait::until("a submission", LOOK, async || {
        keeper.expect_running()?;
        Ok((endpoint.caught() >= count).then_some(()))
    });
    waiting.await.with_context(|| keeper.log_tail())
}
