//! Emission that follows contribution: what each market gets of the budget, and what becomes of markets that only take.
//!
//! An epoch is settled once it is over: every market's [`Sample`](crate::flow::Sample) moves its averages
//! ([`measure`]), the active model makes shares of them ([`model`]), the budget releases a bounded part ([`budget`]), and the
//! index of contribution ([`contribution`]) moves the market along the ladder of sanctions ([`ladder`]).
//!
//! Units: TAO in rao; averages of flow in 1/256 rao per epoch; prices in averages at 1e18; shares at 1e18; indices in basis points.

pub mod budget;
pub mod contribution;
pub mod ema;
pub mod error;
pub mod ladder;
pub mod measure;
pub mod model;
pub mod rules;

pub use budget::Round;
pub use contribution::{Contribution, Reason};
pub use error::{Error, Failure, Parameter, Result};
pub use ladder::{Bond, Challenge, Ladder, State, Transition};
pub use measure::Measures;
pub use model::{shares, Gate, Input, Model, MAX_MARKETS, SHARE_ONE};
pub use rules::{LadderRules, Rules};
