//! Shares of a hotkey's stake: dividends raise the total, never the shares, so every staker grows alike.

use crate::{Code, HotkeyPool};

/// Shares that the first rao of a pool gets. Finer than a rao, so that a conversion there and back loses one rao at most.
pub const SHARES_PER_RAO: u128 = 1_000;

impl HotkeyPool {
    /// What `shares` are worth in rao, rounded down.
    pub fn value(&self, shares: u128) -> u64 {
        if self.shares == 0 {
            return 0;
        }
        // The product fits: shares are at most 1e3 times 21e15 rao, the total at most 21e15.
        let value = shares.saturating_mul(u128::from(self.total)) / self.shares;
        u64::try_from(value).unwrap_or(u64::MAX)
    }

    /// Adds `amount` rao and returns the new shares, rounded down in favour of those who are in already.
    ///
    /// [`Code::InsufficientLiquidity`] if the pool cannot represent it.
    pub(crate) fn add(&mut self, amount: u64) -> Result<u128, Code> {
        let minted = match self.shares == 0 || self.total == 0 {
            true => u128::from(amount).checked_mul(SHARES_PER_RAO),
            false => u128::from(amount)
                .checked_mul(self.shares)
                .map(|product| product / u128::from(self.total)),
        };
        let minted = minted.filter(|m| *m > 0).ok_or(Code::InsufficientLiquidity)?;
        let total = self.total.checked_add(amount).ok_or(Code::InsufficientLiquidity)?;
        let shares = self.shares.checked_add(minted).ok_or(Code::InsufficientLiquidity)?;
        (self.total, self.shares) = (total, shares);
        Ok(minted)
    }

    /// Takes `amount` rao out of `owned` shares and returns the shares that remain, rounded down in favour of the
    /// others. Who takes all that his shares are worth keeps none.
    ///
    /// [`Code::NotEnoughStakeToWithdraw`] if they are worth less.
    pub(crate) fn take(&mut self, owned: u128, amount: u64) -> Result<u128, Code> {
        let value = self.value(owned);
        if amount > value {
            return Err(Code::NotEnoughStakeToWithdraw);
        }
        let spent = match amount == value {
            true => owned,
            false => u128::from(amount)
                .saturating_mul(self.shares)
                .div_ceil(u128::from(self.total))
                .min(owned),
        };
        self.total -= amount;
        self.shares -= spent;
        Ok(owned - spent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_stake_after_dividends_may_lose_one_rao() {
        let mut pool = HotkeyPool {
            total: 1_500,
            shares: 1_000_000,
            ..Default::default()
        };
        let shares = pool.add(100).unwrap();
        assert_eq!(pool.value(shares), 99);
    }

    #[test]
    fn the_last_one_out_takes_everything() {
        let mut pool = HotkeyPool::default();
        let shares = pool.add(1_000).unwrap();
        pool.total += 333;
        assert_eq!(pool.take(shares, 1_333), Ok(0));
        assert_eq!((pool.total, pool.shares), (0, 0));
    }

    proptest! {
        /// Adding loses at most one rao, taking out at most one more, and nobody else ever loses.
        #[test]
        fn rounding_is_one_rao_and_never_at_the_cost_of_others(
            first in 1_000u64..21_000_000_000_000_000, growth in 0u64..1_000_000_000_000,
            amount in 1_000u64..1_000_000_000_000, part in 0u64..1_000_000_000_000,
        ) {
            let mut pool = HotkeyPool::default();
            let others = pool.add(first).unwrap();
            pool.total += growth.min(first * 10);
            let before = pool.value(others);
            let mine = pool.add(amount).unwrap();
            let value = pool.value(mine);
            prop_assert!(value <= amount && value + 1 >= amount);
            prop_assert!(pool.value(others) >= before);
            let part = part.min(value);
            let left = pool.take(mine, part).unwrap();
            prop_assert!(pool.value(left) <= value - part && pool.value(left) + 1 >= value - part);
            prop_assert!(pool.value(others) >= before);
            prop_assert!(pool.value(others) + pool.value(left) <= pool.total);
        }
    }
}
