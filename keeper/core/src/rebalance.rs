//! Whether a market's stake should move between its validators.

use kernel::competition::Validators;
use kernel::flow::EPOCH;

/// Most moves of one transaction: as many as a market has validators.
pub const MOVES: u32 = 8;

/// Whether a rebalancing in block `at` would move something, as far as the validators' last measurement tells: what they hold
/// now and the least the chain moves are the dry run's to find out. Once an epoch is enough: one call uses up nearly all
/// that may move in it.
pub fn is_due(validators: &Validators, at: u32) -> bool {
    let done = validators.epoch == at / EPOCH && validators.moved > 0;
    let held: Vec<u64> = validators.all.iter().map(|validator| validator.measured).collect();
    !done && !validators.plan(&held, 1, MOVES, at).is_empty()
}

/// The first block of the epoch after that of block `at`.
pub fn next_epoch(at: u32) -> u32 {
    (at / EPOCH).saturating_add(1).saturating_mul(EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two equal validators of which the second has all stake but a little.
    fn uneven() -> Validators {
        let mut validators = Validators::new([1; 32], 0);
        validators.add([2; 32], 0).unwrap();
        validators.all[0].measured = 1_000;
        validators.all[1].measured = 1_000_000;
        validators
    }

    #[test]
    fn stake_that_lies_elsewhere_than_it_should_is_moved_once_an_epoch() {
        let mut validators = uneven();
        assert!(is_due(&validators, 10 * EPOCH));
        let plan = validators.plan(&[1_000, 1_000_000], 1, MOVES, 10 * EPOCH)[0];
        validators.moved(plan, plan.amount / 2, plan.amount / 2, 10 * EPOCH);
        assert!(
            !is_due(&validators, 10 * EPOCH),
            "half of the budget of this epoch is left"
        );
        assert!(!is_due(&validators, 11 * EPOCH - 1));
        assert!(is_due(&validators, 11 * EPOCH));
        assert_eq!(next_epoch(10 * EPOCH), 11 * EPOCH);
        assert_eq!(next_epoch(11 * EPOCH - 1), 11 * EPOCH);
    }

    #[test]
    fn stake_that_lies_where_it_should_stays() {
        let mut validators = uneven();
        validators.all[0].measured = 1_000_000;
        assert!(!is_due(&validators, EPOCH));
        assert!(
            !is_due(&Validators::new([1; 32], 0), EPOCH),
            "one validator has nobody to move to"
        );
    }
}
