//! Markets that have lived a little, so that short sequences reach the rules of shorts.

use super::world::World;

/// A first provider, two lenders and as much history as opening a short needs. `scale` is the pool's alpha; one alpha
/// costs a tenth of a TAO.
pub fn seeded(scale: u64) -> World {
    let mut w = World::new(scale.max(1_000_000_000_000_000), 1_003);
    w.deposit(0, scale).expect("deposit");
    w.add_liquidity(0, scale / 10, scale).expect("first liquidity");
    for lender in [1, 2] {
        w.deposit(lender, scale / 10).expect("deposit");
        w.lend(lender, scale / 10).expect("lend");
    }
    w.now += 200;
    w.market.touch_debt(w.now).expect("touch");
    w
}

/// A seeded market in which `shorts` positions of `each_bps` of the pool's alpha are open, at nearly the highest
/// loan-to-value allowed, owned by actors 3, 4, 5.
pub fn with_shorts(scale: u64, shorts: usize, each_bps: u64) -> World {
    let mut w = seeded(scale);
    for i in 0..shorts {
        open_at_limit(
            &mut w,
            3 + i % 3,
            (u128::from(scale) * u128::from(each_bps) / 10_000) as u64,
        );
    }
    w
}

/// Opens a short with the least margin that is allowed; returns its id.
pub fn open_at_limit(w: &mut World, owner: usize, alpha: u64) -> u32 {
    let (mut low, mut high) = (0, w.wallets[owner].tao);
    while low < high {
        let margin = low + (high - low) / 2;
        if w.clone().open(owner, margin, alpha).is_ok() {
            high = margin;
        } else {
            low = margin + 1;
        }
    }
    w.open(owner, low, alpha).expect("the least margin that opens").id
}
