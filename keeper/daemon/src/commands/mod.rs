//! One file per command.

pub mod bench;
pub mod call;
pub mod check;
pub mod deploy;
pub mod once;
pub mod run;
pub mod status;
mod submit;
