//! What traders do in a block.

use crate::accounts::Actor;
use crate::chain::Extrinsic;
use crate::market::{MarketClient, Settlement};
use crate::random::Random;
use crate::stage::Market;
use crate::TAO;
use anyhow::{Context, Result};
use keeper_chain::MarketState;
use kernel::Asset;

/// A call and who signs it.
pub type Order<'a> = (Extrinsic, &'a Actor);

/// A swap for at most the price that the sender sees, with 5 % room for others in the same block.
fn swap(
    client: &MarketClient,
    input: Asset,
    amount: u64,
    settlement: Settlement,
    state: &MarketState,
) -> Result<Extrinsic> {
    let fee = state.market.fees.swap_fee_bps.into();
    let quote = state
        .market
        .pool
        .quote_exact_in(input, amount, fee)
        .ok()
        .context("no quote")?;
    let min_out = quote.amount_out / 100 * 95;
    let arguments = (input, amount, min_out, state.block.saturating_add(10), settlement);
    let value = if input == Asset::Tao { amount } else { 0 };
    client.call("swap_exact_in", arguments, value)
}

/// A trader's swap of 0.05 to 0.35 % of the pool, more often towards the chain's price than away from it; one in five
/// is settled as stake.
pub fn random_swap<'a>(
    random: &mut Random,
    market: &Market,
    state: &MarketState,
    traders: &'a [Actor],
) -> Result<Order<'a>> {
    let who = random.between(0, traders.len() as u64);
    let trader = traders.get(usize::try_from(who)?).context("no traders")?;
    let cheap = state.prices.spot < state.chain_price_e9.saturating_mul(1_000);
    let buys = if random.chance(75) { cheap } else { !cheap };
    let part = random.between(5, 35);
    let settlement = if random.chance(20) {
        Settlement::Stake
    } else {
        Settlement::Ledger
    };
    let (input, reserve) = if buys {
        (Asset::Tao, state.market.pool.tao)
    } else {
        (Asset::Alpha, state.market.pool.alpha)
    };
    let call = swap(&market.client, input, reserve / 10_000 * part, settlement, state)?;
    Ok((call, trader))
}

/// Brings the pool's price to a target; nothing when it is there already.
pub fn peg<'a>(market: &Market, state: &MarketState, target_e9: u64, maker: &'a Actor) -> Result<Option<Order<'a>>> {
    let pool = &state.market.pool;
    let product = u128::from(pool.tao) * u128::from(pool.alpha);
    // Of the target's reserves tao² = product · price.
    let tao = u64::try_from((product / u128::from(TAO) * u128::from(target_e9)).isqrt())?;
    let alpha = u64::try_from(product / u128::from(tao.max(1)))?;
    let (input, amount) = if tao > pool.tao {
        (Asset::Tao, tao - pool.tao)
    } else {
        (Asset::Alpha, alpha.saturating_sub(pool.alpha))
    };
    // Within a tenth of a percent of the reserve the fee is larger than the gain.
    let reserve = if input == Asset::Tao { pool.tao } else { pool.alpha };
    if amount < reserve / 2_000 {
        return Ok(None);
    }
    Ok(Some((
        swap(&market.client, input, amount, Settlement::Ledger, state)?,
        maker,
    )))
}

/// A short of `part_e4` ten-thousandths of the pool, with just the margin for the loan-to-value wanted, computed by the
/// contract's own rules for the next block.
pub fn short<'a>(
    market: &Market,
    state: &MarketState,
    part_e4: u64,
    ltv_bps: u64,
    owner: &'a Actor,
) -> Result<Order<'a>> {
    let mut next = state.market;
    let failed = |what: &'static str| move |e: kernel::Failure| anyhow::anyhow!("{what}: {e:?}");
    next.touch_debt(state.block.saturating_add(1))
        .map_err(failed("recording"))?;
    let price = next.opening_price().map_err(failed("the opening price"))?;
    let alpha = next.pool.alpha / 10_000 * part_e4;
    let fee = next.fees.swap_fee_bps.into();
    let proceeds = next
        .pool
        .quote_exact_in(Asset::Alpha, alpha, fee)
        .map_err(failed("the sale"))?;
    let debt = u128::from(alpha) * u128::from(price) / 1_000_000_000_000;
    let escrow = u64::try_from(debt * 10_000 / u128::from(ltv_bps))?;
    let margin = escrow.saturating_sub(proceeds.amount_out).max(next.risk.min_margin);
    let arguments = (alpha, proceeds.amount_out / 100 * 99, state.block.saturating_add(10));
    Ok((market.client.call("open_short", arguments, margin)?, owner))
}
