//! What the keeper decides, without a network.
//!
//! A [`Book`] holds one market's last state and its positions, ordered so that a block costs O(log n + due). [`decide()`]
//! says which [`Job`]s the market needs next; [`profit`] and [`budget`] whether a job is worth its fee; [`cooldown`] how long
//! a failed one rests. [`governance`] is the same for referenda and operations, [`emission`] for epochs and seats, [`rebalance`]
//! for a market's validators. All maths about positions, prices and interest is the `kernel`'s.

pub mod book;
pub mod budget;
pub mod cooldown;
pub mod decide;
pub mod emission;
pub mod governance;
pub mod index;
pub mod job;
pub mod profit;
pub mod rebalance;

pub use book::{Book, Due};
pub use budget::{Budget, Exhausted, Expense, Limits};
pub use cooldown::Cooldowns;
pub use decide::{decide, Decision, Tempo};
pub use index::{Exposure, PositionIndex};
pub use job::{Duty, Home, Job, Kind, Standing};
pub use profit::{reward_to_demand, Declined, Terms};
