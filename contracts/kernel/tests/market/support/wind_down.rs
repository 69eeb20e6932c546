//! The end of a sequence: everybody leaves, alive or after the end of the subnet, and only dust may stay.

use kernel::math::{E12, E18};
use kernel::params::MAX_PAUSE_BLOCKS;
use kernel::pool::LOCKED_SHARES;
use kernel::vault::VIRTUAL_SHARES;

use super::identities;
use super::world::{World, ACTORS};

/// Everybody leaves a living market.
pub fn live(mut w: World) {
    w.pause(MAX_PAUSE_BLOCKS).expect("the longest pause");
    for id in w.positions.keys().copied().collect::<Vec<_>>() {
        w.market.touch_debt(w.now).expect("touch");
        let debt = w.market.vault.debt_of_up(w.positions[&id].debt_scaled).expect("debt");
        w.mint(7, 0, debt);
        w.deposit(7, debt).expect("deposit");
        w.repay_with_alpha(7, id, debt).expect("repay");
    }
    identities::check(&w);
    // Whatever streams still hold is released by then.
    w.now += 2 * kernel::stream::DURATION;
    w.market.touch_debt(w.now).expect("touch");
    let pool = w.market.pool;
    let nobodys = virtual_part(&w);
    let _ = w.take_protocol();
    for actor in 0..ACTORS {
        let account = w.accounts[actor];
        if account.lp_shares != 0 {
            w.remove_liquidity(actor, account.lp_shares).expect("remove");
        }
        if account.lend_shares != 0 && w.market.vault.alpha_down(account.lend_shares).expect("worth") != 0 {
            w.unlend(actor, account.lend_shares).expect("unlend");
        }
        w.claim_rewards(actor).expect("rewards");
        w.withdraw(actor, w.accounts[actor].alpha).expect("withdraw");
        identities::check(&w);
    }
    let _ = w.take_protocol();
    identities::check(&w);
    let m = &w.market;
    assert_eq!((m.balances, m.claims, m.escrow, m.open_positions), (0, 0, 0, 0));
    if !pool.is_empty() {
        let locked = |reserve: u64| u128::from(reserve) * LOCKED_SHARES / pool.shares + 1 + ACTORS as u128;
        assert!(u128::from(m.pool.tao) <= locked(pool.tao), "liquidity stays behind");
        assert!(u128::from(m.pool.alpha) <= locked(pool.alpha), "liquidity stays behind");
    }
    let left = m.vault.assets().expect("assets");
    assert!(
        u128::from(left) <= nobodys + 2 * ACTORS as u128 + 2,
        "{left} of lenders' alpha stays behind"
    );
}

/// The subnet ends, everybody claims.
pub fn terminal(mut w: World, proceeds: u64) {
    if w.market.terminal.is_none() {
        w.freeze(proceeds).expect("a market can always freeze");
        identities::check(&w);
    }
    let virtual_alpha = virtual_part(&w);
    // Some claim before the shorts are settled, and again afterwards.
    for actor in 0..ACTORS / 2 {
        let mut copy = w.clone();
        if copy.claim(actor).is_ok() {
            w = copy;
        }
        identities::check(&w);
    }
    for id in w.positions.keys().copied().collect::<Vec<_>>() {
        w.settle_short(id).expect("a short can always be settled");
        identities::check(&w);
    }
    for actor in 0..ACTORS {
        let mut copy = w.clone();
        if copy.claim(actor).is_ok() {
            w = copy;
            assert!(w.accounts[actor].is_empty(), "a claim takes everything");
        }
        identities::check(&w);
    }
    let mut copy = w.clone();
    if copy.take_protocol_terminal().is_ok() {
        w = copy;
    }
    identities::check(&w);
    let m = &w.market;
    assert_eq!(
        (m.claims, m.escrow, m.insurance, m.protocol_tao, m.open_positions),
        (0, 0, 0, 0, 0)
    );
    // Besides roundings stays what the locked shares are worth and what nobody earned.
    let terminal = m.terminal().expect("frozen");
    let owed = u128::from(m.booked_alpha().expect("booked"));
    let bound = owed * terminal.rate_e18 / E18 + u128::from(w.all_alpha_rounding()) + 4 * ACTORS as u128;
    assert!(
        u128::from(terminal.proceeds) <= bound,
        "{} of the proceeds stay behind, {bound} are explained",
        terminal.proceeds
    );
    let virtual_tao = virtual_alpha * u128::from(terminal.short_price) / E12 + 2 * ACTORS as u128;
    assert!(
        u128::from(terminal.lender_tao) <= virtual_tao,
        "{} rao of lenders stay behind, {virtual_tao} are explained",
        terminal.lender_tao
    );
}

/// Lenders' alpha that belongs to the virtual shares, rounded up.
fn virtual_part(w: &World) -> u128 {
    let vault = &w.market.vault;
    u128::from(vault.assets().expect("assets") + 1) * VIRTUAL_SHARES / (vault.shares + VIRTUAL_SHARES) + 1
}

impl World {
    /// What rounding the rate down to 1e-18 leaves of all alpha.
    fn all_alpha_rounding(&self) -> u64 {
        1 + kernel::math::MAX_AMOUNT / 1_000_000_000_000_000_000
    }
}
