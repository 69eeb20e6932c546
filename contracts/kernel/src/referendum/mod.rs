//! Referenda: a state machine that is a function of its snapshot and of time.

mod tally;
mod track;

pub use tally::Tally;
pub use track::TrackId;
