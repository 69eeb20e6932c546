//! Random operations: raw numbers, decoded against the state they meet so that most of them mean something.

use kernel::market::Liquidated;
use kernel::{Asset, Error, FeeParams, RateParams, Result, RiskParams};

use super::world::{World, ACTORS};

/// One operation before decoding: which, who, two sizes, and how much time passes before it.
pub type RawOp = (u8, u8, u32, u32, u16);

/// Which operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Deposit,
    Withdraw,
    AddLiquidity,
    RemoveLiquidity,
    SwapTaoIn,
    SwapAlphaIn,
    SwapTaoOut,
    SwapAlphaOut,
    Pump,
    Lend,
    Unlend,
    Open,
    AddMargin,
    WithdrawMargin,
    CloseShort,
    RepayWithAlpha,
    Liquidate,
    LiquidateWithAlpha,
    LiquidateAll,
    Poke,
    StakeGrows,
    StrayTao,
    Harvest,
    FundIncentives,
    ClaimRewards,
    TakeProtocol,
    SetFees,
    SetRisk,
    SetRates,
    Pause,
    ChainPrice,
    Freeze,
    SettleShort,
    Claim,
    TakeProtocolTerminal,
}

/// How often each operation is drawn while the market lives.
const LIVE: &[(Kind, u32)] = &[
    (Kind::Deposit, 4),
    (Kind::Withdraw, 3),
    (Kind::AddLiquidity, 5),
    (Kind::RemoveLiquidity, 5),
    (Kind::SwapTaoIn, 4),
    (Kind::SwapAlphaIn, 4),
    (Kind::SwapTaoOut, 2),
    (Kind::SwapAlphaOut, 2),
    (Kind::Pump, 5),
    (Kind::Lend, 5),
    (Kind::Unlend, 4),
    (Kind::Open, 14),
    (Kind::AddMargin, 2),
    (Kind::WithdrawMargin, 3),
    (Kind::CloseShort, 5),
    (Kind::RepayWithAlpha, 4),
    (Kind::Liquidate, 5),
    (Kind::LiquidateWithAlpha, 5),
    (Kind::LiquidateAll, 3),
    (Kind::Poke, 2),
    (Kind::StakeGrows, 4),
    (Kind::StrayTao, 1),
    (Kind::Harvest, 5),
    (Kind::FundIncentives, 3),
    (Kind::ClaimRewards, 4),
    (Kind::TakeProtocol, 2),
    (Kind::SetFees, 1),
    (Kind::SetRisk, 1),
    (Kind::SetRates, 1),
    (Kind::Pause, 1),
    (Kind::ChainPrice, 1),
    (Kind::Freeze, 1),
];

const FROZEN: &[(Kind, u32)] = &[
    (Kind::SettleShort, 3),
    (Kind::Claim, 4),
    (Kind::TakeProtocolTerminal, 1),
    (Kind::StrayTao, 1),
];

/// Operations that take alpha from the ledger.
const USES_LEDGER: &[Kind] = &[
    Kind::AddLiquidity,
    Kind::SwapAlphaIn,
    Kind::SwapTaoOut,
    Kind::Lend,
    Kind::RepayWithAlpha,
    Kind::LiquidateWithAlpha,
];

/// Decoded kind of a raw operation in the state it meets.
pub fn kind_of(world: &World, raw: &RawOp) -> Kind {
    let table = if world.market.terminal.is_some() { FROZEN } else { LIVE };
    let total: u32 = table.iter().map(|(_, weight)| weight).sum();
    let mut at = u32::from(raw.0) * total / 256;
    for (kind, weight) in table {
        if at < *weight {
            return *kind;
        }
        at -= weight;
    }
    unreachable!("the weights cover every draw")
}

/// Blocks before the operation: usually none, sometimes a window of the oracle, a tempo, or years.
pub fn blocks_before(x: u16) -> u32 {
    let rest = u32::from(x / 16);
    match x % 16 {
        0..=5 => 0,
        6..=8 => 1,
        9 | 10 => rest % 12,
        11 => 25 + rest % 5,
        12 => 160,
        13 => 360,
        14 => rest,
        _ => match rest % 8 {
            0 => rest * 2_000,
            _ => rest * 5,
        },
    }
}

/// A part of `whole`: all, dust, a share, a power of two below, or a little too much.
pub fn part(x: u32, whole: u64) -> u64 {
    let y = u64::from(x >> 4);
    match x % 16 {
        0..=2 => whole,
        3 => y % 1_000,
        4 => whole.saturating_add(1 + y % 10),
        5 => whole >> (y % 50),
        _ => (u128::from(whole) * u128::from(y % 10_001) / 10_000) as u64,
    }
}

fn part_wide(x: u32, whole: u128) -> u128 {
    match x % 16 {
        0..=3 => whole,
        4 => whole + 1,
        5 => whole >> ((x >> 4) % 80),
        _ => whole * u128::from((x >> 4) % 10_001) / 10_000,
    }
}

/// What happened, as far as the checks after it must know.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Lenders bore bad debt.
    pub lender_loss: bool,
    pub liquidated: Vec<Liquidated>,
}

/// Performs a decoded operation; on an error the world is half changed and to be thrown away.
pub fn perform(w: &mut World, kind: Kind, raw: &RawOp) -> Result<Outcome> {
    let (_, who, a, b, _) = *raw;
    let actor = who_can(w, kind, usize::from(who) % ACTORS);
    let wallet = w.wallets[actor];
    // Half of the time the actor brings alpha along, so that ledgers are not empty whenever they are needed.
    if who >= 128 && USES_LEDGER.contains(&kind) {
        w.deposit(actor, wallet.alpha / 256)?;
    }
    let ledger = w.accounts[actor].alpha;
    let pool = w.market.pool;
    let mut outcome = Outcome::default();
    w.roundings += 16;
    match kind {
        Kind::Deposit => w.deposit(actor, part(a, wallet.alpha).min(wallet.alpha))?,
        Kind::Withdraw => w.withdraw(actor, part(a, ledger))?,
        Kind::AddLiquidity => {
            let tao = part(a, wallet.tao).min(wallet.tao);
            w.add_liquidity(actor, tao, part(b, ledger)).map(drop)?;
        }
        Kind::RemoveLiquidity => {
            let shares = part_wide(a, w.accounts[actor].lp_shares);
            w.remove_liquidity(actor, shares).map(drop)?;
        }
        Kind::SwapTaoIn => {
            let amount = part(a, wallet.tao.min(pool.tao / 8)).min(wallet.tao);
            w.swap_in(actor, Asset::Tao, amount).map(drop)?;
        }
        Kind::Pump => {
            let amount = part(a, wallet.tao.min(pool.tao.saturating_mul(2))).min(wallet.tao);
            w.swap_in(actor, Asset::Tao, amount).map(drop)?;
        }
        Kind::SwapAlphaIn => {
            w.swap_in(actor, Asset::Alpha, part(a, ledger.min(pool.alpha / 4)))
                .map(drop)?;
        }
        Kind::SwapTaoOut => {
            w.swap_out(actor, Asset::Tao, part(a, pool.tao / 4), u64::MAX)
                .map(drop)?;
        }
        Kind::SwapAlphaOut => {
            w.swap_out(actor, Asset::Alpha, part(a, pool.alpha / 4), wallet.tao)
                .map(drop)?;
        }
        Kind::Lend => w.lend(actor, part(a, ledger)).map(drop)?,
        Kind::Unlend => {
            let shares = part_wide(a, w.accounts[actor].lend_shares);
            w.unlend(actor, shares).map(drop)?;
        }
        Kind::Open => {
            let alpha = part(a, pool.alpha / 60);
            let value = u128::from(alpha) * u128::from(pool.price_down()) / 1_000_000_000_000;
            let margin = (value * u128::from(60 + b % 120) / 100).min(wallet.tao.into()) as u64;
            let margin = margin.max(w.market.risk.min_margin.min(wallet.tao));
            w.open(actor, margin, alpha).map(drop)?;
        }
        Kind::Poke => w.market.touch_debt(w.now)?,
        Kind::StakeGrows => w.stake_grows(part(a, 1 + w.stake / 1_000)),
        Kind::StrayTao => w.stray_tao(actor, part(a, wallet.tao / 1_000).min(wallet.tao)),
        Kind::Harvest => w.harvest(actor, part(a, w.unbooked)).map(drop)?,
        Kind::FundIncentives => w
            .fund_incentives(actor, part(a, wallet.tao / 100).min(wallet.tao))
            .map(drop)?,
        Kind::ClaimRewards => w.claim_rewards(actor)?,
        Kind::TakeProtocol => w.take_protocol()?,
        Kind::SetFees | Kind::SetRisk | Kind::SetRates | Kind::Pause | Kind::ChainPrice => parameters(w, kind, a, b)?,
        Kind::Freeze => {
            // Markets that froze early would hide what comes later.
            if a % 4 != 0 {
                return Err(Error::NothingToDo);
            }
            let worth = u128::from(w.stake) * u128::from(pool.price_down()) / 1_000_000_000_000;
            w.freeze(part(b, worth.min(1 << 54) as u64))?;
        }
        Kind::Claim => w.claim(actor).map(drop)?,
        Kind::TakeProtocolTerminal => w.take_protocol_terminal().map(drop)?,
        _ => on_position(w, kind, actor, a, b, &mut outcome)?,
    }
    Ok(outcome)
}

/// The drawn actor, or the next one who owns what the operation needs.
fn who_can(w: &World, kind: Kind, drawn: usize) -> usize {
    (0..ACTORS)
        .map(|i| (drawn + i) % ACTORS)
        .find(|actor| {
            let account = &w.accounts[*actor];
            match kind {
                Kind::RemoveLiquidity => account.lp_shares != 0,
                Kind::Unlend => account.lend_shares != 0,
                Kind::Withdraw => account.alpha != 0,
                _ => true,
            }
        })
        .unwrap_or(drawn)
}

/// The drawn position, or the next one that is due when the operation needs one.
fn which_position(w: &World, kind: Kind, drawn: u32) -> Option<u32> {
    let ids: Vec<u32> = w.positions.keys().copied().collect();
    let start = drawn as usize % ids.len().max(1);
    let mut market = w.market;
    let _ = market.touch_debt(w.now);
    let chain = w.chain_price_e9();
    let mut turns = ids.iter().cycle().skip(start).take(ids.len()).copied();
    match kind {
        Kind::Liquidate | Kind::LiquidateWithAlpha => turns
            .find(|id| market.health(&w.positions[id], chain).is_ok_and(|h| h.liquidatable))
            .or(ids.first().copied()),
        _ => turns.next(),
    }
}

fn on_position(w: &mut World, kind: Kind, actor: usize, a: u32, b: u32, outcome: &mut Outcome) -> Result<()> {
    let Some(id) = which_position(w, kind, a) else {
        return Err(Error::NothingDue);
    };
    let position = w.positions[&id];
    let debt = w.market.vault.debt_of_up(position.debt_scaled)?;
    let owner = super::world::actor_of(&position.owner);
    match kind {
        Kind::AddMargin => {
            let wallet = w.wallets[actor].tao;
            w.add_margin(actor, id, part(b, (wallet / 1_000).min(position.escrow)).min(wallet))?;
        }
        Kind::WithdrawMargin => w.withdraw_margin(id, part(b, position.escrow / 2))?,
        Kind::CloseShort => {
            let attached = if b % 2 == 0 { 0 } else { w.wallets[owner].tao / 64 };
            w.close(id, part(b, debt), attached).map(drop)?;
        }
        Kind::RepayWithAlpha => w.repay_with_alpha(actor, id, part(b, debt)).map(drop)?,
        Kind::Liquidate => outcome.liquidated.push(w.liquidate(actor, id)?),
        Kind::LiquidateWithAlpha => outcome
            .liquidated
            .push(w.liquidate_with_alpha(actor, id, part(b, debt))?),
        Kind::LiquidateAll => {
            for id in w.positions.keys().copied().collect::<Vec<_>>() {
                let before = w.clone();
                match w.liquidate(actor, id) {
                    Ok(done) => outcome.liquidated.push(done),
                    Err(_) => *w = before,
                }
            }
        }
        Kind::SettleShort => w.settle_short(id).map(drop)?,
        _ => unreachable!("every other kind is decoded above"),
    }
    outcome.lender_loss = outcome.liquidated.iter().any(|l| l.bad_debt != 0);
    Ok(())
}

fn parameters(w: &mut World, kind: Kind, a: u32, b: u32) -> Result<()> {
    let pick = |salt: u32, max: u32| -> u16 { ((a ^ salt.wrapping_mul(b | 1)) % (max + 1)) as u16 };
    match kind {
        Kind::SetFees => w.market.set_fees(
            FeeParams {
                swap_fee_bps: 5 + pick(1, 95),
                protocol_fee_share_bps: pick(2, 3_000),
                dividend_share_bps: pick(3, 2_000),
                interest_share_bps: pick(4, 3_000),
                incentive_lp_share_bps: pick(5, 10_000),
            },
            w.now,
        ),
        Kind::SetRisk => {
            let lltv_bps = 5_000 + pick(1, 3_000);
            w.market.set_risk(
                RiskParams {
                    open_ltv_bps: 2_000 + pick(2, u32::from(lltv_bps) - 2_500),
                    lltv_bps,
                    max_total_debt_bps: pick(3, 1_000),
                    max_position_bps: pick(4, 500),
                    max_utilisation_bps: pick(5, 9_500),
                    min_margin: 50_000_000 + u64::from(b),
                },
                w.now,
            )
        }
        Kind::SetRates => {
            let base_bps = pick(1, 2_000);
            let kink_rate_bps = base_bps + pick(2, 10_000 - u32::from(base_bps));
            w.market.set_rates(
                RateParams {
                    base_bps,
                    kink_utilisation_bps: 5_000 + pick(3, 4_500),
                    kink_rate_bps,
                    full_rate_bps: kink_rate_bps + pick(4, 50_000 - u32::from(kink_rate_bps)),
                },
                w.now,
            )
        }
        Kind::Pause if a % 2 == 0 => w.pause(b % 2_000),
        Kind::Pause => w.market.pause_opening(0, w.now),
        _ => {
            w.chain_bps = if a % 2 == 0 { 10_000 } else { u64::from(b % 20_000) };
            Ok(())
        }
    }
}
