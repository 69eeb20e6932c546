//! Exits never close: whoever wants out can, in every state, for nothing but the limits named here.

use kernel::math::MAX_AMOUNT;
use kernel::Error;

use super::world::{World, ACTORS};

/// Tries every exit of one actor and one position on a copy of the world.
pub fn check(w: &World, turn: usize) {
    if w.market.terminal.is_some() {
        return;
    }
    let actor = turn % ACTORS;
    providers(w, actor);
    lenders(w, actor);
    ledger(w, actor);
    if let Some(id) = w.positions.keys().copied().nth(turn % w.positions.len().max(1)) {
        shorts(w, id);
    }
}

fn providers(w: &World, actor: usize) {
    let shares = w.accounts[actor].lp_shares;
    if shares != 0 {
        w.clone()
            .remove_liquidity(actor, shares)
            .expect("liquidity can always be removed");
    }
}

fn lenders(w: &World, actor: usize) {
    let shares = w.accounts[actor].lend_shares;
    if shares == 0 {
        return;
    }
    let mut touched = w.clone();
    touched
        .market
        .touch_debt(w.now)
        .expect("interest can always be accrued");
    let worth = touched
        .market
        .vault
        .alpha_down(shares)
        .expect("shares are always computable");
    let idle = touched.market.vault.idle;
    match touched.clone().unlend(actor, shares) {
        Ok(alpha) => assert_eq!(alpha, worth),
        Err(Error::ZeroAmount) => assert_eq!(worth, 0),
        Err(Error::InsufficientLiquidity { requested, available }) => {
            assert_eq!((requested, available), (worth, idle));
            assert!(worth > idle, "idle alpha can always be withdrawn");
            // As much as is idle leaves at once.
            let part = shares * u128::from(idle) / u128::from(worth);
            if touched.market.vault.alpha_down(part).expect("computable") != 0 {
                touched.unlend(actor, part).expect("the idle part can be withdrawn");
            }
        }
        Err(error) => panic!("unlend refused: {error:?}"),
    }
}

fn ledger(w: &World, actor: usize) {
    let mut copy = w.clone();
    copy.withdraw(actor, w.accounts[actor].alpha)
        .expect("the ledger pays what it holds");
    copy.claim_rewards(actor).expect("what is earned can be collected");
}

fn shorts(w: &World, id: u32) {
    let mut copy = w.clone();
    copy.mint(0, 1_000, 0);
    copy.add_margin(0, id, 1_000).expect("margin can always be added");

    let mut copy = w.clone();
    copy.market.touch_debt(w.now).expect("interest can always be accrued");
    let position = &copy.positions[&id];
    let owner = super::world::actor_of(&position.owner);
    let escrow = position.escrow;
    let debt = copy
        .market
        .vault
        .debt_of_up(position.debt_scaled)
        .expect("debt is always computable");

    let mut repaid = copy.clone();
    repaid.mint(7, 0, debt);
    repaid.deposit(7, debt).expect("deposit");
    let closed = repaid
        .repay_with_alpha(7, id, u64::MAX)
        .expect("own alpha always repays");
    assert_eq!((closed.repaid, closed.returned, closed.debt_scaled), (debt, escrow, 0));

    let funds = MAX_AMOUNT - copy.market.pool.tao.min(MAX_AMOUNT);
    copy.mint(owner, funds, 0);
    let pool = copy.market.pool;
    match copy.close(id, u64::MAX, funds) {
        Ok(closed) => {
            assert_eq!((closed.repaid, closed.debt_scaled), (debt, 0));
            assert_eq!(closed.cost + closed.returned, escrow + funds);
        }
        Err(Error::InsufficientLiquidity { .. }) => assert!(debt >= pool.alpha, "the pool holds the alpha"),
        // A pool whose liquidity has left can ask more than all TAO there is.
        Err(Error::Overflow | Error::CostExceeded { .. }) => {
            let cost = u128::from(pool.tao) * u128::from(debt) / u128::from(pool.alpha - debt);
            assert!(
                cost >= u128::from(funds / 2),
                "a whole close refused at a cost of {cost}"
            );
        }
        Err(error) => panic!("a whole close refused: {error:?}"),
    }
}
