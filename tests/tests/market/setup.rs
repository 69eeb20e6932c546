//! Markets in the states that tests begin with.

use contract_tests::interface::Settlement::Ledger;
use contract_tests::interface::{Action, Quote};
use contract_tests::world::{HOTKEY, LENDER, OTHER_SHORTER, PROVIDER, SHORTER, TRADER};
use contract_tests::{World, COIN};
use kernel::market::Opened;
use kernel::math::E12;
use kernel::oracle::LONG_WINDOW;
use kernel::Asset;

/// TAO and alpha in the pool of a mature market: one TAO per alpha, as on the chain's own pool.
pub const POOL: u64 = 10_000 * COIN;
/// Alpha that the lender lends: enough for all debt that is allowed at 90 % utilisation.
pub const LENT: u64 = 1_000 * COIN;
/// The price of alpha at the start, × 1e12.
pub const PAR_E12: u64 = 1_000_000_000_000;

/// A market with liquidity, lent alpha, and everybody's alpha on the ledger.
pub fn liquid() -> World {
    let mut world = World::new();
    for (who, alpha) in [
        (PROVIDER, 20_000),
        (LENDER, 5_000),
        (TRADER, 5_000),
        (SHORTER, 1_000),
        (OTHER_SHORTER, 1_000),
    ] {
        world
            .by(who)
            .deposit_alpha(HOTKEY, alpha * COIN)
            .expect("stake becomes ledger alpha");
    }
    world
        .by(PROVIDER)
        .value(POOL)
        .add_liquidity(POOL, 1, Ledger)
        .expect("the first liquidity");
    world.by(LENDER).lend(LENT).expect("lending");
    world
}

/// The same, old enough for shorts.
pub fn mature() -> World {
    let mut world = liquid();
    world.blocks(LONG_WINDOW + 10);
    world
}

/// A short of `alpha` at a loan-to-value of just under 60 %.
pub fn open(world: &mut World, who: [u8; 32], alpha: u64) -> Opened {
    let prices = world.state().prices;
    let price = prices.spot.max(prices.twap_short).max(prices.twap_long);
    let sale = Action::SwapExactIn {
        input: Asset::Alpha,
        amount_in: alpha,
    };
    let Ok(Quote::Swap(sale)) = world.quote(who, sale) else {
        panic!("a swap is quoted as a swap");
    };
    let value = u128::from(alpha) * u128::from(price) / E12;
    let escrow = u64::try_from(value * 10_000 / 5_990).expect("an amount");
    world
        .by(who)
        .value(escrow - sale.amount_out)
        .open_short(alpha, sale.amount_out)
        .expect("a short within all limits")
}

/// A rally to `bps` of the price at the start: the chain's own pool goes first, then this market's, and the averages follow.
///
/// Arbitrage between the two pools is not modelled otherwise: where both stand is what a test says.
pub fn pump(world: &mut World, bps: u64) {
    world.set_chain_price(COIN * bps / 10_000);
    buy_until(world, TRADER, bps);
    world.blocks(LONG_WINDOW + 10);
}

/// Buys alpha until the market's spot is `bps` of the price at the start; returns the alpha bought.
pub fn buy_until(world: &mut World, who: [u8; 32], bps: u64) -> u64 {
    let pool = world.state().market.pool;
    // tao' = √(k·price); the fee only makes it a little less.
    let target = (u128::from(pool.tao) * u128::from(pool.alpha) * u128::from(bps) / 10_000).isqrt();
    let needed = u64::try_from(target).expect("an amount").saturating_sub(pool.tao);
    // A few rao buy nothing.
    if needed < 1_000 {
        return 0;
    }
    world
        .by(who)
        .swap_exact_in(Asset::Tao, needed, 1, Ledger)
        .expect("buying is never paused")
        .amount_out
}

/// Sells alpha of the ledger until the market's spot is `bps` of the price at the start; returns the TAO it brought.
pub fn sell_until(world: &mut World, who: [u8; 32], bps: u64) -> u64 {
    let pool = world.state().market.pool;
    let target = (u128::from(pool.tao) * u128::from(pool.alpha) * 10_000 / u128::from(bps)).isqrt();
    let needed = u64::try_from(target).expect("an amount").saturating_sub(pool.alpha);
    // A few rao buy nothing.
    if needed < 1_000 {
        return 0;
    }
    world
        .by(who)
        .swap_exact_in(Asset::Alpha, needed, 1, Ledger)
        .expect("selling is never paused")
        .amount_out
}
