//! What must hold after every step of every test: a call, a block, a change of the chain.

use kernel::pool::LOCKED_SHARES;
use kernel::Market;

use crate::interface::CustodyView;
use crate::world::World;

/// A stake operation may round twice by one unit, and a message makes at most two.
const STAKE_ROUNDING: u64 = 4;

/// A rebalancing makes at most eight moves, each of which may round by one unit on both sides.
const MOVE_ROUNDING: u64 = 16;

/// What the step before left.
#[derive(Clone, Default)]
pub struct Checks {
    market: Option<Market>,
    custody: Option<CustodyView>,
    all_tao: u64,
    all_alpha: u64,
}

impl Checks {
    /// After a call.
    pub fn run(&mut self, world: &mut World, step: &str) {
        let state = world.state();
        let custody = world.custody();
        matches_the_chain(world, &custody, step);
        sums(world, &state.market, step);
        let money = (world.all_tao(), world.all_alpha());
        if let (Some(before), Some(market)) = (&self.custody, &self.market) {
            assert_eq!(money.0, self.all_tao, "{step}: TAO was made or lost");
            assert_eq!(money.1, self.all_alpha, "{step}: alpha was made or lost");
            books(before, &custody, step, state.market.terminal.is_some());
            never_back(market, &state.market, step);
        }
        (self.all_tao, self.all_alpha) = money;
        self.custody = Some(custody);
        self.market = Some(state.market);
    }

    /// After a block without a call: the market's books are as they were, and what it holds must still cover them.
    pub fn block(&mut self, world: &mut World) {
        self.chain_changed(world);
        let Some(custody) = self.custody else { return };
        assert!(custody.alpha_owed <= custody.alpha_held, "a block: {custody:?}");
        assert!(custody.tao_owed <= custody.tao_held, "a block: {custody:?}");
    }

    /// The chain has made or moved money by itself: what the market holds is measured anew.
    pub fn chain_changed(&mut self, world: &mut World) {
        (self.all_tao, self.all_alpha) = (world.all_tao(), world.all_alpha());
        let market = world.market;
        if let Some(custody) = &mut self.custody {
            custody.tao_held = world.market_tao();
            let ended = world.chain(|chain| chain.subnet(crate::NETUID).is_none_or(|s| s.counter != 1));
            if ended {
                // From here on alpha is owed out of what the chain has paid.
                custody.alpha_held = custody.alpha_owed;
            } else {
                let listed = world.competition().state.all;
                custody.alpha_held = world.chain(|chain| {
                    let held = listed
                        .iter()
                        .map(|entry| chain.stake(&entry.hotkey, &market, crate::NETUID));
                    held.sum()
                });
            }
        }
    }
}

/// What the market says it holds is what the chain says, and it covers what the market owes.
fn matches_the_chain(world: &mut World, custody: &CustodyView, step: &str) {
    let market = world.market;
    let tao = world.market_tao();
    assert_eq!(custody.tao_held, tao, "{step}: TAO held");
    assert!(
        custody.tao_owed <= tao,
        "{step}: owes {} rao, has {tao}",
        custody.tao_owed
    );
    let alive = world.chain(|chain| chain.subnet(crate::NETUID).is_some_and(|s| s.counter == 1));
    if alive {
        let stake = world.stake(market);
        // Stake with a hotkey that is not the market's can only be a gift.
        assert!(custody.alpha_held <= stake, "{step}: alpha held");
        assert!(
            custody.alpha_owed <= custody.alpha_held,
            "{step}: owes {} alpha, has {}",
            custody.alpha_owed,
            custody.alpha_held
        );
    }
}

/// Money that is nobody's does not change hands: surplus TAO stays what it is, surplus stake is only booked by a harvest.
fn books(before: &CustodyView, after: &CustodyView, step: &str, frozen: bool) {
    let stray = |c: &CustodyView| c.tao_held - c.tao_owed;
    if step != "freeze" {
        assert_eq!(stray(before), stray(after), "{step}: TAO that belongs to nobody");
    }
    if !frozen {
        let growth = |c: &CustodyView| c.alpha_held.saturating_sub(c.alpha_owed);
        let (old, new) = (growth(before), growth(after));
        let roundings = old.checked_add(STAKE_ROUNDING).expect("small");
        assert!(
            match step {
                "harvest" => new <= old,
                // A move between validators may lose a unit, which is nobody's.
                "rebalance" => new.abs_diff(old) <= MOVE_ROUNDING,
                _ => (old..=roundings).contains(&new),
            },
            "{step}: unbooked stake went from {old} to {new}"
        );
    }
}

/// The market's totals are the sums of its accounts and positions.
fn sums(world: &mut World, market: &Market, step: &str) {
    let accounts: Vec<_> = world
        .users()
        .into_iter()
        .map(|who| world.account(who).account)
        .collect();
    let lp: u128 = accounts.iter().map(|a| a.lp_shares).sum();
    let locked = if market.pool.is_empty() { 0 } else { LOCKED_SHARES };
    assert_eq!(lp + locked, market.pool.shares, "{step}: liquidity shares");
    let lend: u128 = accounts.iter().map(|a| a.lend_shares).sum();
    assert_eq!(
        lend + market.vault.protocol_shares,
        market.vault.shares,
        "{step}: lenders' shares"
    );
    // Views credit what accounts have earned; the market still counts it as held for them.
    let alpha: u64 = accounts.iter().map(|a| a.alpha).sum();
    let earned = alpha.checked_sub(market.balances).expect("views only add earnings");
    let held = market.lp_dividends.held + market.lender_dividends.held;
    assert!(earned <= held, "{step}: {earned} alpha earned, {held} held for it");
    let tao: u64 = accounts.iter().map(|a| a.tao).sum();
    let earned = tao.checked_sub(market.claims).expect("views only add earnings");
    let held = market.lp_incentives.held + market.lender_incentives.held;
    assert!(earned <= held, "{step}: {earned} rao earned, {held} held for it");

    let positions = world.all_positions();
    let escrow: u64 = positions.iter().map(|p| p.position.escrow).sum();
    assert_eq!(escrow, market.escrow, "{step}: escrow");
    let debt: u64 = positions.iter().map(|p| p.position.debt_scaled).sum();
    assert_eq!(debt, market.vault.debt_scaled, "{step}: debt");
    assert_eq!(
        positions.len(),
        market.open_positions as usize,
        "{step}: open positions"
    );
}

/// What only ever grows.
fn never_back(before: &Market, after: &Market, step: &str) {
    assert!(after.vault.index >= before.vault.index, "{step}: borrow index");
    assert!(after.next_position >= before.next_position, "{step}: position ids");
    assert!(after.oracle.recorded >= before.oracle.recorded, "{step}: oracle");
    if before.pool.is_empty() || after.terminal.is_some() {
        return;
    }
    assert!(
        after.pool.tao > 0 && after.pool.alpha > 0,
        "{step}: reserves never run dry"
    );
    // Reserves per share, as k over the square of the shares.
    let k = |m: &Market| u128::from(m.pool.tao) * u128::from(m.pool.alpha);
    let square = |m: &Market| m.pool.shares * m.pool.shares;
    assert!(
        wide(k(after), square(before)) >= wide(k(before), square(after)),
        "{step}: the pool lost value per share"
    );
}

/// The 256-bit product as (high, low).
fn wide(a: u128, b: u128) -> (u128, u128) {
    let low = |x: u128| x & u128::from(u64::MAX);
    let (a1, a0, b1, b0) = (a >> 64, low(a), b >> 64, low(b));
    let middle = a1 * b0 + ((a0 * b0) >> 64);
    let second = low(middle) + a0 * b1;
    (a1 * b1 + (middle >> 64) + (second >> 64), (second << 64) | low(a0 * b0))
}

#[cfg(test)]
mod tests {
    use super::wide;

    #[test]
    fn wide_products() {
        assert_eq!(wide(u128::MAX, u128::MAX), (u128::MAX - 1, 1));
        assert_eq!(wide(1 << 64, 1 << 64), (1, 0));
        assert_eq!(wide(3, 5), (0, 15));
    }
}
