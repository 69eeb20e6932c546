//! Positions ordered by the price at which they become liquidatable.
//!
//! Debt is `ceil(debt_scaled × index)`: interest multiplies every position alike, so the order by escrow per scaled debt
//! never changes while time passes, and only the threshold it is compared with moves.
//!
//! The kernel rounds debt up, so a position is liquidatable only if `(debt_scaled·index + 1)·price > lltv·escrow`, that is,
//! if `debt_scaled·index·price > lltv·(escrow − slack)` for every `slack ≥ price/lltv`. Ordering by
//! `(escrow − SLACK)/debt_scaled` therefore finds a superset of what is due at any price and index; the kernel then judges
//! each candidate.

use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;

use kernel::math::E18;
use kernel::pool::MAX_PRICE_E12;

/// The smallest LLTV the kernel's bounds allow, in basis points.
const MIN_LLTV_BPS: u64 = 5_000;
/// A price in `price_e12` times one basis point of one rao.
const E8: u64 = 100_000_000;

/// Rao of escrow that rounding can be worth, at the largest price and the smallest LLTV the kernel allows. It is 0.3 % of
/// the smallest default margin, so it makes hardly any healthy position a candidate.
pub const SLACK_RAO: u64 = 1 << 18;
const _: () = assert!(SLACK_RAO > MAX_PRICE_E12 / (MIN_LLTV_BPS * E8));

/// What decides when a position becomes liquidatable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// TAO held for the position, in rao.
    pub escrow: u64,
    /// Alpha owed, divided by the borrow index.
    pub debt_scaled: u64,
}

/// Escrow beyond [`SLACK_RAO`] per scaled debt, as a fixed-point number with 64 fractional bits, rounded down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(u128);

impl Ratio {
    /// Greater than the ratio of every position that owes something.
    pub const MAX: Self = Self(u128::MAX);

    /// The ratio at or below which a position can be liquidatable at `price_e12` and borrow index `index_e18`, rounded up:
    /// `index·price/lltv`.
    pub fn threshold_up(price_e12: u64, index_e18: u128, lltv_bps: u16) -> Self {
        let price = u128::from(price_e12);
        let whole = (index_e18 / E18).saturating_mul(price);
        let scaled_price = whole.saturating_add((index_e18 % E18).saturating_mul(price).div_ceil(E18));
        let divisor = u128::from(lltv_bps).saturating_mul(E8.into()).max(1);
        // Below 2^40 each at the kernel's bounds, so neither shift loses a bit.
        let (units, rest) = (scaled_price / divisor, scaled_price % divisor);
        Self((units << 64).saturating_add((rest << 64).div_ceil(divisor)))
    }

    fn of(exposure: Exposure) -> Self {
        let spare = u128::from(exposure.escrow.saturating_sub(SLACK_RAO)) << 64;
        Self(spare.checked_div(exposure.debt_scaled.into()).unwrap_or(u128::MAX))
    }
}

/// All open positions of one market.
#[derive(Clone, Debug, Default)]
pub struct PositionIndex {
    order: BTreeSet<(Ratio, u32)>,
    exposures: HashMap<u32, Exposure>,
}

impl PositionIndex {
    /// How many positions are open.
    pub fn len(&self) -> usize {
        self.exposures.len()
    }

    /// Whether no position is open.
    pub fn is_empty(&self) -> bool {
        self.exposures.is_empty()
    }

    /// What is known of position `id`.
    pub fn get(&self, id: u32) -> Option<Exposure> {
        self.exposures.get(&id).copied()
    }

    /// Every open position, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (u32, Exposure)> + '_ {
        self.exposures.iter().map(|(id, exposure)| (*id, *exposure))
    }

    /// Replaces what is known of position `id`; one that owes nothing is gone. Returns what was known before.
    pub fn set(&mut self, id: u32, exposure: Exposure) -> Option<Exposure> {
        if exposure.debt_scaled == 0 {
            return self.remove(id);
        }
        let before = self.exposures.insert(id, exposure);
        if let Some(before) = before {
            self.order.remove(&(Ratio::of(before), id));
        }
        self.order.insert((Ratio::of(exposure), id));
        before
    }

    /// Forgets position `id`. Returns what was known of it.
    pub fn remove(&mut self, id: u32) -> Option<Exposure> {
        let before = self.exposures.remove(&id)?;
        self.order.remove(&(Ratio::of(before), id));
        Some(before)
    }

    /// Forgets every position.
    pub fn clear(&mut self) {
        self.order.clear();
        self.exposures.clear();
    }

    /// Positions whose ratio is at most `ceiling`, the most endangered first.
    pub fn up_to(&self, ceiling: Ratio) -> impl Iterator<Item = (u32, Exposure)> + '_ {
        let range: RangeInclusive<(Ratio, u32)> = (Ratio(0), 0)..=(ceiling, u32::MAX);
        self.order
            .range(range)
            .filter_map(|(_, id)| Some((*id, self.get(*id)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exposure() -> impl Strategy<Value = Exposure> {
        (0u64..1 << 40, 0u64..1 << 55).prop_map(|(escrow, debt_scaled)| Exposure { escrow, debt_scaled })
    }

    #[test]
    fn a_position_that_owes_nothing_is_gone() {
        let mut index = PositionIndex::default();
        index.set(
            7,
            Exposure {
                escrow: 1,
                debt_scaled: 1,
            },
        );
        index.set(
            7,
            Exposure {
                escrow: 0,
                debt_scaled: 0,
            },
        );
        assert!(index.is_empty());
        assert_eq!(index.up_to(Ratio::MAX).count(), 0);
    }

    #[test]
    fn the_most_endangered_comes_first() {
        let mut index = PositionIndex::default();
        index.set(
            1,
            Exposure {
                escrow: 4_000_000,
                debt_scaled: 100,
            },
        );
        index.set(
            2,
            Exposure {
                escrow: 1_000_000,
                debt_scaled: 100,
            },
        );
        index.set(
            3,
            Exposure {
                escrow: 2_000_000,
                debt_scaled: 100,
            },
        );
        let order: Vec<u32> = index.up_to(Ratio::MAX).map(|(id, _)| id).collect();
        assert_eq!(order, [2, 3, 1]);
    }

    proptest! {
        #[test]
        fn it_holds_exactly_what_a_map_holds(changes in prop::collection::vec((0u32..40, exposure()), 0..200)) {
            let mut index = PositionIndex::default();
            let mut model = std::collections::BTreeMap::new();
            for (id, exposure) in changes {
                index.set(id, exposure);
                if exposure.debt_scaled == 0 {
                    model.remove(&id);
                } else {
                    model.insert(id, exposure);
                }
            }
            prop_assert_eq!(index.order.len(), model.len());
            let mut held: Vec<_> = index.up_to(Ratio::MAX).collect();
            held.sort_by_key(|(id, _)| *id);
            prop_assert_eq!(held, model.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn a_ceiling_cuts_where_the_ratio_says(
            exposures in prop::collection::vec(exposure(), 0..60),
            ceiling in 0u128..1 << 90,
        ) {
            let mut index = PositionIndex::default();
            for (id, exposure) in (0u32..).zip(&exposures) {
                index.set(id, *exposure);
            }
            let below = index.iter().filter(|(_, e)| Ratio::of(*e) <= Ratio(ceiling)).count();
            prop_assert_eq!(index.up_to(Ratio(ceiling)).count(), below);
        }
    }
}
