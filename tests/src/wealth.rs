//! Everything an account owns, in rao, at a price that nobody has moved.

use staking::AccountId;

use crate::world::World;

const E12: i128 = 1_000_000_000_000;

/// Free TAO, stake, all that the market owes the account, and what its shorts are worth, with alpha at `price_e12`.
///
/// Storage deposits count as owned. A short that owes more than it holds is worth nothing: nobody has to pay the rest.
pub fn wealth(world: &mut World, who: AccountId, price_e12: u64) -> i128 {
    let value = |alpha: u64| i128::from(alpha) * i128::from(price_e12) / E12;
    let view = world.account(who);
    let shorts: i128 = world
        .all_positions()
        .iter()
        .filter(|p| p.position.owner == who)
        .map(|p| (i128::from(p.position.escrow) - value(p.health.debt)).max(0))
        .sum();
    i128::from(world.tao(who))
        + world.deposits(who)
        + value(world.stake(who))
        + value(view.account.alpha)
        + i128::from(view.account.tao)
        + i128::from(view.liquidity_tao)
        + value(view.liquidity_alpha)
        + value(view.lent_alpha)
        + shorts
}

/// What `who` gains by `attack`, with alpha at `price_e12` before and after.
pub fn profit(world: &mut World, who: AccountId, price_e12: u64, attack: impl FnOnce(&mut World)) -> i128 {
    let before = wealth(world, who, price_e12);
    attack(world);
    wealth(world, who, price_e12) - before
}
