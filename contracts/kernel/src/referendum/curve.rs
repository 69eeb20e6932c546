//! Thresholds that fall while a referendum is decided.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use super::error::{within, Bound, Result};

/// The whole, where parts are counted in 1e9.
pub const ONE_E9: u32 = 1_000_000_000;

const ONE: u64 = 1_000_000_000;

/// A threshold y as a function of the time x that has passed, both parts of 1e9 (x: of the time to decide).
///
/// No curve ever rises: who passes and keeps the votes passes from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Curve {
    /// From `ceil` in a straight line to `floor` at `length`, from there on `floor`.
    Linear {
        /// When the floor is reached; at least 1.
        length_e9: u32,
        /// y at 0.
        ceil_e9: u32,
        /// y from `length` on; at most `ceil`.
        floor_e9: u32,
    },
    /// factor / (x + offset) − down, but at least `floor` and at most the whole.
    Reciprocal {
        /// The numerator.
        factor_e9: u32,
        /// Added to x; at least 1.
        x_offset_e9: u32,
        /// Taken from the quotient.
        y_down_e9: u32,
        /// The least y.
        floor_e9: u32,
    },
    /// `begin`, a `step` less after every `period`, but at least `end`.
    Stepped {
        /// y at 0.
        begin_e9: u32,
        /// The least y; at most `begin`.
        end_e9: u32,
        /// What every step takes.
        step_e9: u32,
        /// Time between steps; at least 1.
        period_e9: u32,
    },
}

impl Curve {
    /// The threshold at `x_e9` (above the whole: at the whole), rounded up; at most the whole, never rising in x.
    pub fn threshold_e9(&self, x_e9: u32) -> u32 {
        let x = u64::from(x_e9.min(ONE_E9));
        // No product exceeds 2^32 · 2^32.
        let y = match *self {
            Self::Linear {
                length_e9,
                ceil_e9,
                floor_e9,
            } => {
                let length = u64::from(length_e9);
                let drop = u64::from(ceil_e9.saturating_sub(floor_e9));
                let fallen = x.min(length).saturating_mul(drop).checked_div(length).unwrap_or(0);
                u64::from(ceil_e9).saturating_sub(fallen)
            }
            Self::Reciprocal {
                factor_e9,
                x_offset_e9,
                y_down_e9,
                floor_e9,
            } => {
                let divisor = x.saturating_add(x_offset_e9.into());
                let quotient = u64::from(factor_e9)
                    .saturating_mul(ONE)
                    .checked_add(divisor.saturating_sub(1))
                    .and_then(|sum| sum.checked_div(divisor))
                    .unwrap_or(u64::MAX);
                quotient.saturating_sub(y_down_e9.into()).max(floor_e9.into())
            }
            Self::Stepped {
                begin_e9,
                end_e9,
                step_e9,
                period_e9,
            } => {
                let steps = x.checked_div(period_e9.into()).unwrap_or(0);
                u64::from(begin_e9)
                    .saturating_sub(steps.saturating_mul(step_e9.into()))
                    .max(end_e9.into())
            }
        };
        u32::try_from(y).unwrap_or(ONE_E9).min(ONE_E9)
    }

    /// Checks that the curve is one: no division by zero, its floor not above its ceiling, neither above the whole.
    ///
    /// # Errors
    /// [`super::Error::OutOfBounds`].
    pub fn check(&self) -> Result<()> {
        let (divisor, ceil, floor) = match *self {
            Self::Linear {
                length_e9,
                ceil_e9,
                floor_e9,
            } => (length_e9, ceil_e9, floor_e9),
            // A quotient above the whole is the whole.
            Self::Reciprocal {
                x_offset_e9, floor_e9, ..
            } => (x_offset_e9, ONE_E9, floor_e9),
            Self::Stepped {
                begin_e9,
                end_e9,
                period_e9,
                ..
            } => (period_e9, begin_e9, end_e9),
        };
        within(Bound::CurveDivisor, divisor.into(), 1, ONE)?;
        within(Bound::CurveCeil, ceil.into(), 0, ONE)?;
        within(Bound::CurveFloor, floor.into(), 0, ceil.into())
    }
}
