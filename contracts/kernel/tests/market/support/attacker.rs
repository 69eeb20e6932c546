//! What an attacker owns, and those who trade against them.

use kernel::math::{sqrt_down, E12};
use kernel::Asset;

use super::world::{actor_of, World};

/// Who attacks.
pub const ATTACKER: usize = 6;
/// Who trades against prices that differ from the chain's.
pub const ARBITRAGEUR: usize = 7;

/// Everything an actor owns at `price_e12`, in rao, realised by closing all of it: liquidity removed, loans called, income
/// collected, shorts repaid with alpha bought elsewhere at that price (or left to their fate when that is cheaper).
pub fn worth(w: &World, actor: usize, price_e12: u64) -> i128 {
    let mut c = w.clone();
    let account = c.accounts[actor];
    if account.lp_shares != 0 {
        c.remove_liquidity(actor, account.lp_shares)
            .expect("liquidity can be removed");
    }
    c.market.touch_debt(c.now).expect("touch");
    let lent = c.market.vault.alpha_down(account.lend_shares).expect("computable");
    c.claim_rewards(actor).expect("rewards can be claimed");
    let alpha = i128::from(c.wallets[actor].alpha) + i128::from(c.accounts[actor].alpha) + i128::from(lent);
    let mut rao = i128::from(c.wallets[actor].tao) + at(alpha, price_e12);
    for position in c.positions.values().filter(|p| actor_of(&p.owner) == actor) {
        let debt = c.market.vault.debt_of_up(position.debt_scaled).expect("computable");
        rao += (i128::from(position.escrow) - at(debt.into(), price_e12)).max(0);
    }
    rao
}

/// Value of alpha in rao.
pub fn at(alpha: i128, price_e12: u64) -> i128 {
    alpha * i128::from(price_e12) / E12 as i128
}

/// The short average, which nobody has touched yet.
pub fn fair_price(w: &World) -> u64 {
    let mut probe = w.market;
    probe.touch(w.now).expect("alive");
    probe.prices().twap_short
}

/// Moves the true price: here, on the chain, and long enough for every average to follow.
pub fn drift(w: &mut World, percent: u64) {
    let target = u128::from(w.market.pool.price_down()) * u128::from(100 + percent) / 100;
    trade_to(w, 5, target as u64);
    w.now += 400;
    w.market.touch_debt(w.now).expect("touch");
    w.chain_price = Some(w.market.pool.price_down());
}

/// Trades until the spot is near `price_e12`.
pub fn trade_to(w: &mut World, actor: usize, price_e12: u64) {
    let pool = w.market.pool;
    let k = u128::from(pool.tao) * u128::from(pool.alpha);
    // At that price the pool holds √(k/p) alpha and √(k·p) TAO; the scale is split so that nothing leaves u128.
    let alpha = sqrt_down(k / u128::from(price_e12) * 1_000_000) * 1_000;
    if alpha > pool.alpha.into() {
        let amount = (alpha - u128::from(pool.alpha)) as u64;
        w.mint(actor, 0, amount);
        w.deposit(actor, amount).expect("deposit");
        w.try_swap_in(actor, Asset::Alpha, amount);
    } else {
        let tao = k / alpha.max(1);
        let amount = (tao.saturating_sub(pool.tao.into()) as u64).min(w.wallets[actor].tao);
        w.try_swap_in(actor, Asset::Tao, amount);
    }
}

impl World {
    /// Swaps if that is possible; what is refused changes nothing.
    pub fn try_swap_in(&mut self, actor: usize, input: Asset, amount: u64) {
        let mut next = self.clone();
        if next.swap_in(actor, input, amount).is_ok() {
            *self = next;
        }
    }
}

/// Somebody with access to both venues sells here what is dearer than on the chain by more than the fee.
pub fn arbitrage(w: &mut World) {
    let Some(chain) = w.chain_price else { return };
    let spot = w.market.pool.price_down();
    let dear = u128::from(chain) * 1_004 / 1_000;
    if u128::from(spot) > dear {
        trade_to(w, ARBITRAGEUR, dear as u64);
    }
}

/// Sells all the attacker's alpha that was bought during the attack.
pub fn dump(w: &mut World, keep: u64) {
    let alpha = w.accounts[ATTACKER].alpha.saturating_sub(keep);
    w.try_swap_in(ATTACKER, Asset::Alpha, alpha);
}

/// Liquidates all that can be, from the pool or with the attacker's alpha, until nothing is due; returns how many times.
pub fn liquidate_all(w: &mut World, with_alpha: bool) -> u32 {
    let mut done = 0;
    for id in w.positions.keys().copied().collect::<Vec<_>>() {
        for _ in 0..20 {
            let mut next = w.clone();
            let result = if with_alpha {
                next.liquidate_with_alpha(ATTACKER, id, u64::MAX)
            } else {
                next.liquidate(ATTACKER, id)
            };
            if result.is_err() {
                break;
            }
            *w = next;
            done += 1;
            if !w.positions.contains_key(&id) {
                break;
            }
        }
    }
    done
}
