//! What must hold in every state. One function, called after every step of every test.

use kernel::pool::LOCKED_SHARES;
use kernel::stream::Stream;

use super::world::World;

/// Panics with the broken identity.
pub fn check(w: &World) {
    custody(w);
    sums(w);
    streams(w);
    bounds(w);
}

/// Both ledger identities, exactly, and that no money appeared or vanished.
fn custody(w: &World) {
    let custody = w.market.custody().expect("custody is computable");
    assert_eq!(
        u128::from(custody.alpha) + u128::from(w.unbooked),
        w.stake.into(),
        "alpha"
    );
    assert_eq!(
        u128::from(custody.tao) + u128::from(w.stray_tao),
        w.free_tao.into(),
        "tao"
    );
    let tao: u128 = w.wallets.iter().map(|x| u128::from(x.tao)).sum();
    assert_eq!(tao + u128::from(w.free_tao), w.all_tao, "tao is neither made nor lost");
    let alpha: u128 = w.wallets.iter().map(|x| u128::from(x.alpha)).sum();
    assert_eq!(
        alpha + u128::from(w.stake),
        w.all_alpha,
        "alpha is neither made nor lost"
    );
}

/// The market's totals are the sums of its accounts and positions.
fn sums(w: &World) {
    let m = &w.market;
    assert_eq!(w.accounts.iter().map(|a| a.alpha).sum::<u64>(), m.balances, "balances");
    assert_eq!(w.accounts.iter().map(|a| a.tao).sum::<u64>(), m.claims, "claims");
    let lp: u128 = w.accounts.iter().map(|a| a.lp_shares).sum();
    if m.pool.is_empty() {
        assert_eq!(lp, 0, "liquidity shares of an empty pool");
    } else {
        assert_eq!(lp + LOCKED_SHARES, m.pool.shares, "liquidity shares");
    }
    let lend: u128 = w.accounts.iter().map(|a| a.lend_shares).sum();
    assert_eq!(lend + m.vault.protocol_shares, m.vault.shares, "lenders' shares");
    assert_eq!(w.positions.values().map(|p| p.escrow).sum::<u64>(), m.escrow, "escrow");
    assert_eq!(
        w.positions.values().map(|p| p.debt_scaled).sum::<u64>(),
        m.vault.debt_scaled,
        "debt"
    );
    assert_eq!(w.positions.len(), m.open_positions as usize, "open positions");
    for (id, position) in &w.positions {
        assert!(
            *id < m.next_position && position.debt_scaled != 0 && position.escrow != 0,
            "a position owes something and holds something for it: {position:?}"
        );
    }
}

/// What accounts have earned but not collected is there, and what is not released yet as well.
fn streams(w: &World) {
    let m = &w.market;
    let earning_lp = m.pool.shares.saturating_sub(LOCKED_SHARES);
    let earning_lend = m.vault.shares - m.vault.protocol_shares;
    for (name, stream, all, earned) in [
        (
            "lp dividends",
            &m.lp_dividends,
            earning_lp,
            pending(w, &m.lp_dividends, |a| (a.lp_shares, a.lp_dividends)),
        ),
        (
            "lp incentives",
            &m.lp_incentives,
            earning_lp,
            pending(w, &m.lp_incentives, |a| (a.lp_shares, a.lp_incentives)),
        ),
        (
            "lender dividends",
            &m.lender_dividends,
            earning_lend,
            pending(w, &m.lender_dividends, |a| (a.lend_shares, a.lender_dividends)),
        ),
        (
            "lender incentives",
            &m.lender_incentives,
            earning_lend,
            pending(w, &m.lender_incentives, |a| (a.lend_shares, a.lender_incentives)),
        ),
    ] {
        let held = u128::from(stream.held);
        let owed = earned + u128::from(stream.unreleased);
        assert!(owed <= held, "{name}: {owed} owed, {held} held");
        // Each release loses less than one unit of the index, shares/1e18 of an amount, and each collection less than one.
        let dust = u128::from(w.roundings + 64) * (2 + w.most_shares(all) / kernel::math::E18);
        assert!(held - owed <= dust, "{name}: {held} held, only {owed} owed");
    }
}

fn pending(w: &World, stream: &Stream, of: impl Fn(&kernel::Account) -> (u128, u128)) -> u128 {
    w.accounts
        .iter()
        .map(|account| {
            let (shares, snapshot) = of(account);
            if shares == 0 {
                return 0;
            }
            stream.index.wrapping_sub(snapshot).checked_mul(shares).expect("fits") / kernel::math::E18
        })
        .sum()
}

fn bounds(w: &World) {
    let m = &w.market;
    if !m.pool.is_empty() {
        assert!(m.pool.tao > 0 && m.pool.alpha > 0, "reserves never run dry");
    }
    assert!(m.vault.protocol_shares <= m.vault.shares);
    for (name, stream) in [
        ("lp dividends", &m.lp_dividends),
        ("lender dividends", &m.lender_dividends),
        ("lp incentives", &m.lp_incentives),
        ("lender incentives", &m.lender_incentives),
    ] {
        let left = stream.end.saturating_sub(stream.released);
        assert!(
            stream.unreleased == 0 || left <= kernel::stream::DURATION,
            "{name}: {left} blocks to go"
        );
    }
}

impl World {
    /// An upper bound of the shares that ever shared in a stream, good enough to bound dust.
    fn most_shares(&self, now: u128) -> u128 {
        now.max(kernel::vault::MAX_SHARES >> 3)
    }
}
