//! The node as its users see it: a process, and clients that were not made for it.

mod chain;
mod clients;
mod contract;
mod life;
mod process;
