//! The TAO/alpha pool of a subnet: constant product, fee on the input, the fee stays in the pool.

use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// The scale of prices: rao of TAO per whole alpha.
pub const PRICE_ONE: u64 = 1_000_000_000;

/// Fee rates are fractions of this, as on the chain.
pub const FEE_DENOMINATOR: u64 = 65_535;

/// The reserves of a pool, in rao.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Pool {
    /// Reserve of TAO.
    pub tao: u64,
    /// Reserve of alpha.
    pub alpha: u64,
    /// Fee on the input, in units of 1/[`FEE_DENOMINATOR`]; the chain's default is 33 (0.05 %).
    pub fee_rate: u16,
}

impl Pool {
    /// Spot price in rao of TAO per whole alpha, rounded down; zero for an empty pool.
    pub fn price_e9(&self) -> u64 {
        let price = u128::from(self.tao) * u128::from(PRICE_ONE);
        let price = price.checked_div(u128::from(self.alpha)).unwrap_or(0);
        u64::try_from(price).unwrap_or(u64::MAX)
    }

    /// Spot price × 1e18, for comparing ratios of prices.
    pub(crate) fn price_e18(&self) -> u128 {
        let one = u128::from(PRICE_ONE) * u128::from(PRICE_ONE);
        (u128::from(self.tao) * one)
            .checked_div(u128::from(self.alpha))
            .unwrap_or(0)
    }

    /// Sells `tao` to the pool. Returns the alpha that comes out, rounded down, and the pool afterwards; `None` if
    /// nothing would come out or a reserve would overflow.
    pub fn buy_alpha(&self, tao: u64) -> Option<(u64, Pool)> {
        let out = self.output(tao, self.tao, self.alpha)?;
        let after = Pool {
            tao: self.tao.checked_add(tao)?,
            alpha: self.alpha - out,
            ..*self
        };
        Some((out, after))
    }

    /// Sells `alpha` to the pool. Returns the TAO that comes out, rounded down, and the pool afterwards; `None` if
    /// nothing would come out or a reserve would overflow.
    pub fn sell_alpha(&self, alpha: u64) -> Option<(u64, Pool)> {
        let out = self.output(alpha, self.alpha, self.tao)?;
        let after = Pool {
            alpha: self.alpha.checked_add(alpha)?,
            tao: self.tao - out,
            ..*self
        };
        Some((out, after))
    }

    /// The fee on `amount`, rounded up.
    pub fn fee(&self, amount: u64) -> u64 {
        let fee = u128::from(amount) * u128::from(self.fee_rate);
        // At most `amount`, since the rate is at most the denominator.
        fee.div_ceil(u128::from(FEE_DENOMINATOR)) as u64
    }

    fn output(&self, input: u64, reserve_in: u64, reserve_out: u64) -> Option<u64> {
        if reserve_in == 0 || reserve_out == 0 {
            return None;
        }
        let net = u128::from(input - self.fee(input));
        let out = u128::from(reserve_out) * net / (u128::from(reserve_in) + net);
        // Smaller than `reserve_out`, because `reserve_in` is not zero.
        let out = out as u64;
        (out > 0).then_some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POOL: Pool = Pool {
        tao: 1_000_000_000_000,
        alpha: 4_000_000_000_000,
        fee_rate: 33,
    };

    #[test]
    fn price_is_tao_per_whole_alpha() {
        assert_eq!(POOL.price_e9(), 250_000_000);
        assert_eq!(Pool { alpha: 0, ..POOL }.price_e9(), 0);
    }

    #[test]
    fn empty_pools_and_tiny_amounts_give_nothing() {
        assert_eq!(Pool { tao: 0, ..POOL }.sell_alpha(1_000), None);
        assert_eq!(Pool { alpha: 0, ..POOL }.buy_alpha(1_000), None);
        assert_eq!(POOL.sell_alpha(1), None);
    }

    #[test]
    fn the_fee_is_rounded_up() {
        assert_eq!(POOL.fee(1), 1);
        assert_eq!(POOL.fee(65_535), 33);
        assert_eq!(POOL.fee(65_536), 34);
    }

    proptest! {
        /// No sequence of a swap and its reverse pays, and the product of the reserves never falls.
        #[test]
        fn round_trips_lose(tao in 1u64..10_000_000_000_000, reserve in 1_000_000u64..21_000_000_000_000_000,
                            alpha in 1_000_000u64..21_000_000_000_000_000, fee_rate in 0u16..2_000) {
            let pool = Pool { tao: reserve, alpha, fee_rate };
            let product = |p: &Pool| u128::from(p.tao) * u128::from(p.alpha);
            if let Some((bought, after)) = pool.buy_alpha(tao) {
                prop_assert!(product(&after) >= product(&pool));
                prop_assert_eq!(after.alpha + bought, pool.alpha);
                if let Some((back, _)) = after.sell_alpha(bought) {
                    prop_assert!(back <= tao);
                }
            }
        }
    }
}
