//! Emission follows contribution, on a chain of its own: three markets with different flows under both models, a validator that
//! stops paying, a market that recovers from a quarantine and one that is delisted. The keeper settles, rebalances and has challenges
//! decided; what the script does is what people would.

use anyhow::{Context, Result};
use codec::Encode;
use harness::keeper::SuitePlan;
use harness::levers::{self, Dividend};
use harness::stage::{fresh_folder, Market, Plan, Stage, SubnetPlan};
use harness::suite::{ContractClient, SuiteClient};
use harness::{wait, Actor, Keeper, Sealing, Settlement, TAO};
use keeper_chain::emission::{Competition, EmissionState, EpochReport, SeatPage, SeatView};
use kernel::emission::{LadderRules, Model, Rules, State};
use kernel::flow::EPOCH;
use kernel::handover::{Action, Capability};
use kernel::market::Standing;
use kernel::Asset;
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// A delay of a week is 504 blocks.
const DIVISOR: u32 = 100;
/// What the budget begins with.
const BUDGET: u64 = 5_000 * TAO;
/// Bond of a challenge.
const BOND: u64 = 10 * TAO;
/// Epochs of each model, at least.
const EPOCHS: usize = 10;
/// Epochs in which the teams of sn2 and sn3 sell.
const DUMPS: usize = 4;
/// Longest that the whole story may take, epochs.
const PATIENCE: usize = 80;
/// Blocks within which the keeper settles an epoch that is over.
const PROMPT: u32 = 20;
/// The keeper acts on a block within this; after an epoch it has 360 of them to read.
const CATCH_UP: Duration = Duration::from_secs(60);
/// What a validator pays in a tempo, billionths of the stake.
const RATE: u32 = 1_000_000;
/// Blocks of a year.
const YEAR: f64 = 2_628_000.0;

/// What the epochs came to.
#[derive(Clone, Debug, Serialize)]
pub struct Emission {
    epochs: usize,
    model: String,
    paid_rao: u64,
    carried_rao: u64,
    budget_rao: u64,
    shares: Vec<Vec<f64>>,
}

/// One validator of the first market.
#[derive(Clone, Debug, Serialize)]
pub struct ValidatorFigures {
    hotkey: String,
    weight_start: f64,
    weight_end: f64,
    measured_yield: f64,
}

/// One market on the ladder of sanctions.
#[derive(Clone, Debug, Serialize)]
pub struct LadderFigures {
    market: String,
    transitions: Vec<Step>,
}

#[derive(Clone, Debug, Serialize)]
struct Step {
    epoch: u32,
    from: String,
    to: String,
    reason: String,
}

/// All of it.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// The epochs.
    pub emission: Emission,
    /// The competition.
    pub validators: Vec<ValidatorFigures>,
    /// The ladder.
    pub ladder: Vec<LadderFigures>,
}

impl Figures {
    /// For people.
    pub fn print(&self) {
        let Emission {
            epochs,
            model,
            paid_rao,
            carried_rao,
            ..
        } = &self.emission;
        let tao = |rao: &u64| *rao as f64 / 1e9;
        println!(
            "  emission         {epochs} epochs by {model}, {:.3} TAO paid, {:.3} carried",
            tao(paid_rao),
            tao(carried_rao)
        );
        for market in &self.ladder {
            let steps: Vec<String> = market
                .transitions
                .iter()
                .map(|step| format!("{} ({})", step.to, step.reason))
                .collect();
            if !steps.is_empty() {
                println!("  ladder           {}: {}", market.market, steps.join(", "));
            }
        }
    }
}

struct Act {
    stage: Stage,
    keeper: Keeper,
    suite: SuiteClient,
    core: Actor,
    reports: Vec<EpochReport>,
    models: Vec<&'static str>,
    shares: Vec<Vec<f64>>,
    states: Vec<State>,
    ladder: Vec<LadderFigures>,
    salt: u8,
}

/// Runs it; `expect` is told what should be so and whether it is.
pub async fn run(folder: &Path, mut expect: impl FnMut(&str, bool)) -> Result<Figures> {
    println!("--- emission: three markets, four validators, an extractor and one that recovers");
    let mut act = Act::start(folder).await?;
    let [steady, recovering, extractor] = act.markets()?;
    let challenger = Actor::new("//Eve")?;
    let mut start = None;
    let mut challenged = (false, false);
    let mut bonds = (0u64, 0u64);
    for number in 0..PATIENCE {
        let state = act.states.clone();
        let quarantined = |market: usize| matches!(state.get(market), Some(State::Quarantine { .. }));
        // What people do in this epoch.
        act.buy(&steady, 20 * TAO).await?;
        match (&challenged.0, quarantined(1), state.get(1)) {
            (false, true, _) => {
                act.challenge(&recovering, &challenger).await?;
                act.say("sn2 is challenged: it only extracts, somebody says").await?;
                challenged.0 = true;
                act.buy(&recovering, 2_000 * TAO).await?;
            }
            (true, _, _) => act.buy(&recovering, 200 * TAO).await?,
            _ if number < 2 => act.buy(&recovering, 10 * TAO).await?,
            _ if number < 2 + DUMPS => act.dump(&recovering).await?,
            _ => {}
        }
        if !challenged.1 && quarantined(2) {
            act.challenge(&extractor, &challenger).await?;
            act.say("sn3 is challenged").await?;
            challenged.1 = true;
        }
        match number {
            0 | 1 => act.buy(&extractor, 10 * TAO).await?,
            _ if number < 2 + DUMPS => act.dump(&extractor).await?,
            _ => {}
        }
        if number == EPOCHS {
            start = Some(act.weights(&steady).await?);
            act.stops_paying(&steady).await?;
            let rules = Rules {
                model: Model::Price,
                ..rules()
            };
            act.govern(Capability::Emission, &act.suite.emission.clone(), "set_rules", rules)
                .await?;
            act.say("a validator of sn1 stops paying; governance chooses the price model")
                .await?;
        }
        let before = act.free(&challenger).await?;
        let held = act.emission().await?.stored.bonds;
        let on_time = act.epoch().await?;
        expect_once(&mut expect, number, on_time);
        let after = act.free(&challenger).await?;
        bonds.0 += after.saturating_sub(before);
        let released = held.saturating_sub(act.emission().await?.stored.bonds);
        bonds.1 += released.saturating_sub(after.saturating_sub(before));
        let delisted = act.states.get(2) == Some(&State::Delisted);
        if delisted && act.states.get(1) == Some(&State::Active) && act.by(Model::Price) >= EPOCHS {
            break;
        }
    }
    // A delisted market is told with the next epoch.
    act.epoch().await?;
    let figures = act.figures(&steady, start.unwrap_or_default()).await?;
    expect(
        "at least ten epochs by inflow are settled",
        act.models.len() - act.by(Model::Price) >= EPOCHS,
    );
    expect(
        "at least ten epochs by price are settled",
        act.by(Model::Price) >= EPOCHS,
    );
    expect(
        "paid and carried are the budget, to the rao, in every epoch",
        act.balanced(),
    );
    expect("the market that grows is paid the most", act.favours(0).await?);
    expect("the extractor is delisted", act.states.get(2) == Some(&State::Delisted));
    expect(
        "its market is left by its users and entered by nobody",
        act.standing(&extractor).await? == Standing::Delisted,
    );
    expect("the other recovers", act.states.get(1) == Some(&State::Active));
    expect("the challenge that is upheld gets its bond back", bonds.0 == BOND);
    expect("the challenge that fails pays its bond to the budget", bonds.1 == BOND);
    let silent = figures.validators.last().context("no validators")?;
    expect(
        "the validator that stops paying is drained",
        silent.weight_start > 0.15 && silent.weight_end < 0.001,
    );
    let kept: Vec<bool> = act.custody().await?;
    expect("custody holds in all three markets", kept.iter().all(|kept| *kept));
    let status = act.stage.chain.with_blocks(act.keeper.terminate()).await?;
    expect("the keeper of emission ends in order", status.success());
    Ok(figures)
}

/// One line for all epochs: only an epoch that was not settled in time is told.
fn expect_once(expect: &mut impl FnMut(&str, bool), number: usize, on_time: bool) {
    if number == 0 || !on_time {
        expect("the keeper settles every epoch in time", on_time);
    }
}

/// As quick as the bounds allow.
fn rules() -> Rules {
    Rules {
        max_yield_bps: 100,
        ladder: LadderRules {
            watch_below_bps: 0,
            quarantine_below_bps: -200,
            recover_above_bps: 0,
            patience: 2,
            quarantine_epochs: 8,
            challenge_epochs: 4,
            delist_delay: 7_200,
            bond: BOND,
        },
        ..Rules::default()
    }
}

impl Act {
    async fn start(folder: &Path) -> Result<Self> {
        let subnet = |netuid| SubnetPlan {
            netuid,
            price_e9: 100_000_000,
            dividend: RATE,
        };
        let core = Actor::new("//Dave")?;
        let root_hotkey = Actor::new("//Validator0")?;
        let plan = Plan {
            folder: fresh_folder(folder)?,
            sealing: Sealing::Manual,
            port: 0,
            persistent: false,
            traders: 1,
            tempo: u16::try_from(EPOCH)?,
            subnets: vec![subnet(1), subnet(2), subnet(3)],
            suite: Some(SuitePlan {
                divisor: DIVISOR,
                emission: BUDGET,
                rules: rules(),
                ..SuitePlan::compressed(core.id, None, root_hotkey.id)
            }),
        };
        let stage = Stage::build(&plan).await?;
        let suite = stage.suite.clone().context("the stage has a suite")?;
        let mut calls = Vec::new();
        for hotkey in more_validators()? {
            calls.push(levers::register_hotkey(1, hotkey.id, stage.root.id));
            calls.push(levers::set_dividend(1, hotkey.id, Dividend::Rate(RATE)));
            calls.push(levers::credit_stake(1, hotkey.id, stage.root.id, 1_000 * TAO));
        }
        stage.sudo(calls).await?;
        let setup = stage.keeper_setup("keeper", "//Ferdie", vec![stage.node.url()]);
        let keeper = stage.start_keeper(&setup).await?;
        let names = stage.markets.iter().map(|market| LadderFigures {
            market: market.name(),
            transitions: Vec::new(),
        });
        let mut act = Self {
            ladder: names.collect(),
            states: vec![State::Active; stage.markets.len()],
            stage,
            keeper,
            suite,
            core,
            reports: Vec::new(),
            models: Vec::new(),
            shares: Vec::new(),
            salt: 0,
        };
        let registry = act.suite.registry.clone();
        for market in act.stage.markets.clone() {
            let generation = act.stage.generation(market.plan.netuid).await?;
            let listing = (market.plan.netuid, generation, true);
            act.govern(Capability::Listing, &registry, "set_listed", listing)
                .await?;
        }
        let first = act.suite.market(act.markets()?[0].client.address);
        for hotkey in more_validators()? {
            act.govern(Capability::ValidatorPolicy, &first, "add_hotkey", hotkey.id)
                .await?;
        }
        act.say("governance lists three markets and lets four validators of sn1 compete")
            .await?;
        for _ in 0..4 {
            act.pass(EPOCH / 2).await?;
            if act.seats().await?.len() == act.stage.markets.len() {
                break;
            }
        }
        act.say("the keeper has executed it and taken seats for them").await?;
        Ok(act)
    }

    fn markets(&self) -> Result<[Market; 3]> {
        let markets = self.stage.markets.clone().try_into();
        markets.map_err(|_| anyhow::anyhow!("not three markets"))
    }

    // ---- people

    async fn buy(&mut self, market: &Market, tao: u64) -> Result<()> {
        let arguments = (Asset::Tao, tao, 0u64, u32::MAX, Settlement::Ledger);
        let call = market.client.call("swap_exact_in", arguments, tao)?;
        self.stage.chain.run_sealed(&[(call, &self.stage.maker)]).await?;
        Ok(())
    }

    /// A fifth of the pool's TAO leaves for alpha.
    async fn dump(&mut self, market: &Market) -> Result<()> {
        let at = self.stage.chain.best().await?;
        let pool = market.client.state(&self.stage.chain, &at).await?.market.pool;
        let arguments = (Asset::Alpha, pool.alpha / 4, 0u64, u32::MAX, Settlement::Ledger);
        let call = market.client.call("swap_exact_in", arguments, 0)?;
        self.stage.chain.run_sealed(&[(call, &self.stage.maker)]).await?;
        Ok(())
    }

    async fn challenge(&mut self, market: &Market, challenger: &Actor) -> Result<()> {
        let generation = self.stage.generation(market.plan.netuid).await?;
        let call = self
            .suite
            .emission
            .call("challenge", (market.plan.netuid, generation), BOND)?;
        self.stage.chain.run_sealed(&[(call, challenger)]).await?;
        Ok(())
    }

    async fn stops_paying(&mut self, market: &Market) -> Result<()> {
        let last = more_validators()?.pop().context("no validators")?;
        let stop = levers::set_dividend(market.plan.netuid, last.id, Dividend::Rate(0));
        self.stage.sudo(vec![stop]).await
    }

    /// The core team schedules; the keeper executes after the delay.
    async fn govern(
        &mut self,
        capability: Capability,
        target: &ContractClient,
        name: &str,
        arguments: impl Encode,
    ) -> Result<()> {
        let action: Action = self.suite.action(capability, target, name, arguments)?;
        self.salt += 1;
        let operation = SuiteClient::operation(action, self.salt);
        let call = self.suite.handover.call("schedule", operation, 0)?;
        self.stage.chain.run_sealed(&[(call, &self.core)]).await?;
        Ok(())
    }

    // ---- time

    /// Lets blocks pass, and the keeper act on the last.
    async fn pass(&mut self, blocks: u32) -> Result<()> {
        self.stage.chain.skip(blocks.saturating_sub(1)).await?;
        let number = self.stage.chain.seal().await?.block.number;
        let keeper = &mut self.keeper;
        wait::until("the keeper to act on a block", CATCH_UP, async || {
            keeper.expect_running()?;
            let best = keeper.metric("keeper_best_block").await?;
            Ok((best >= u64::from(number)).then_some(()))
        })
        .await
        .map_err(|error| error.context(self.keeper.log_tail()))
    }

    /// Lets the running epoch end, and blocks pass until the keeper has settled it and has moved what stake it could; says
    /// whether it did in time.
    async fn epoch(&mut self) -> Result<bool> {
        let now = self.stage.chain.best().await?.number;
        let ended = now / EPOCH;
        self.pass(EPOCH - now % EPOCH).await?;
        let mut on_time = false;
        for _ in 0..PROMPT {
            self.pass(1).await?;
            if self.emission().await?.stored.next_epoch > ended {
                on_time = true;
                break;
            }
        }
        // Harvests and moves of stake come one after the other.
        self.pass(1).await?;
        self.pass(1).await?;
        self.note().await?;
        Ok(on_time)
    }

    /// Writes down what the last epoch came to.
    async fn note(&mut self) -> Result<()> {
        let state = self.emission().await?;
        let Some(report) = state.stored.last else {
            return Ok(());
        };
        if self.reports.last().map(|last| last.epoch) == Some(report.epoch) {
            return Ok(());
        }
        self.reports.push(report);
        self.models.push(name(state.stored.rules.model));
        let seats = self.seats().await?;
        self.shares
            .push(seats.iter().map(|seat| seat.share as f64 / 1e18).collect());
        for (index, view) in seats.iter().enumerate() {
            let ladder = view.seat.ladder;
            let Some(known) = self.states.get_mut(index) else {
                continue;
            };
            if std::mem::discriminant(known) != std::mem::discriminant(&ladder.state) {
                let step = Step {
                    epoch: report.epoch,
                    from: named(known),
                    to: named(&ladder.state),
                    reason: format!("{:?}", ladder.reason),
                };
                println!(
                    "{:>5}  sn{}: {} -> {} ({}; index {} bps)",
                    report.epoch, view.seat.netuid, step.from, step.to, step.reason, view.index
                );
                if let Some(figures) = self.ladder.get_mut(index) {
                    figures.transitions.push(step);
                }
            }
            *known = ladder.state;
        }
        if self.reports.len().is_multiple_of(5) {
            let paid: u64 = self.reports.iter().map(|report| report.paid).sum();
            println!(
                "{:>5}  {} epochs settled, {:.3} TAO paid; shares {:.2?}, contribution {:?} bps",
                report.epoch,
                self.reports.len(),
                paid as f64 / 1e9,
                self.shares.last().unwrap_or(&Vec::new()),
                seats.iter().map(|seat| seat.index).collect::<Vec<_>>()
            );
        }
        Ok(())
    }

    async fn say(&self, what: &str) -> Result<()> {
        println!("{:>5}  {what}", self.stage.chain.best().await?.number / EPOCH);
        Ok(())
    }

    // ---- what is so

    async fn emission(&self) -> Result<EmissionState> {
        let at = self.stage.chain.best().await?;
        self.suite.emission.view(&self.stage.chain, "state", (), &at).await
    }

    async fn seats(&self) -> Result<Vec<SeatView>> {
        let at = self.stage.chain.best().await?;
        let page: SeatPage = self
            .suite
            .emission
            .view(&self.stage.chain, "seats", (0u32, 32u32), &at)
            .await?;
        let mut seats = page.seats;
        seats.sort_by_key(|view| view.seat.netuid);
        Ok(seats)
    }

    async fn free(&self, who: &Actor) -> Result<u64> {
        let at = self.stage.chain.best().await?;
        self.stage.chain.free(who.id, &at).await
    }

    async fn competition(&self, market: &Market) -> Result<Competition> {
        let at = self.stage.chain.best().await?;
        let client = self.suite.market(market.client.address);
        client.view(&self.stage.chain, "competition", (), &at).await
    }

    /// Parts of the market's stake, by validator.
    async fn weights(&self, market: &Market) -> Result<Vec<f64>> {
        let all = self.competition(market).await?.state.all;
        let total: u64 = all.iter().map(|validator| validator.measured).sum();
        Ok(all
            .iter()
            .map(|validator| validator.measured as f64 / total.max(1) as f64)
            .collect())
    }

    async fn standing(&self, market: &Market) -> Result<Standing> {
        let at = self.stage.chain.best().await?;
        let state = market.client.state(&self.stage.chain, &at).await?;
        Ok(state.market.restriction.standing)
    }

    async fn custody(&self) -> Result<Vec<bool>> {
        let at = self.stage.chain.best().await?;
        let mut all = Vec::new();
        for market in &self.stage.markets {
            let state = market.client.state(&self.stage.chain, &at).await?.market;
            let owed = state.custody().map_err(|error| anyhow::anyhow!("{error:?}"))?;
            let address = market.client.address;
            let stake = self.stage.chain.stake(address, market.plan.netuid, &at).await?;
            let tao = self.stage.chain.free(address, &at).await?;
            all.push(owed.alpha <= stake && owed.tao <= tao);
        }
        Ok(all)
    }

    fn by(&self, model: Model) -> usize {
        self.models.iter().filter(|found| **found == name(model)).count()
    }

    /// Each epoch pays and carries its budget, and the next begins with what was carried and what came.
    fn balanced(&self) -> bool {
        let whole = self
            .reports
            .iter()
            .all(|report| report.paid + report.carried == report.budget && report.paid <= report.release);
        let mut came = 0u64;
        for pair in self.reports.windows(2) {
            if let [before, after] = pair {
                came += after.budget.saturating_sub(before.carried);
                if after.budget < before.carried {
                    return false;
                }
            }
        }
        // Nothing came but the bond of the challenge that failed.
        whole && came == BOND
    }

    async fn favours(&self, market: usize) -> Result<bool> {
        let paid: Vec<u64> = self.seats().await?.iter().map(|view| view.seat.total_paid).collect();
        Ok(paid.get(market) == paid.iter().max() && paid.iter().all(|paid| *paid > 0))
    }

    async fn figures(&self, steady: &Market, start: Vec<f64>) -> Result<Figures> {
        let end = self.weights(steady).await?;
        let all = self.competition(steady).await?.state.all;
        let validators = all.iter().enumerate().map(|(index, validator)| ValidatorFigures {
            hotkey: keeper_chain::contracts::address(&validator.hotkey),
            weight_start: start.get(index).copied().unwrap_or(0.0),
            weight_end: end.get(index).copied().unwrap_or(0.0),
            measured_yield: validator.fast as f64 / 1e18 * YEAR,
        });
        let carried = self.reports.last().map_or(0, |report| report.carried);
        let paid: u64 = self.reports.iter().map(|report| report.paid).sum();
        let mut models = self.models.clone();
        models.dedup();
        Ok(Figures {
            emission: Emission {
                epochs: self.reports.len(),
                model: models.join(", "),
                paid_rao: paid,
                carried_rao: carried,
                budget_rao: paid + carried,
                shares: self.shares.clone(),
            },
            validators: validators.collect(),
            ladder: self.ladder.clone(),
        })
    }
}

/// The validators of the first market that join the one it begins with.
fn more_validators() -> Result<Vec<Actor>> {
    ["//Second", "//Third", "//Fourth"]
        .into_iter()
        .map(Actor::new)
        .collect()
}

fn name(model: Model) -> &'static str {
    match model {
        Model::TaoFlow { net: true, .. } => "tao_flow_net",
        Model::TaoFlow { .. } => "tao_flow_gross",
        Model::Price => "price",
    }
}

fn named(state: &State) -> String {
    let text = format!("{state:?}");
    text.split([' ', '{']).next().unwrap_or_default().to_owned()
}
