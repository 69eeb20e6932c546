//! What to do about a transaction whose fate is not known.

use crate::{Entry, Outcome};

/// What follows for an open journal entry that no finalized block up to `finalized` included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It can still be included: send the same bytes again if the pool may have lost them.
    Pending,
    /// It can never be included any more.
    Close(Outcome),
}

/// Judges `entry` after finalized block `finalized`, in whose state the account's nonce is `finalized_nonce`. Every
/// finalized block up to `finalized` has been searched for it.
pub fn verdict(entry: &Entry, finalized: u32, finalized_nonce: u64) -> Verdict {
    if finalized_nonce > entry.planned.nonce {
        Verdict::Close(Outcome::Superseded)
    } else if finalized >= entry.planned.last_valid {
        Verdict::Close(Outcome::Expired)
    } else {
        Verdict::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Planned, State};

    fn entry() -> Entry {
        let planned = Planned {
            contract: [0; 32],
            job: vec![],
            nonce: 5,
            hash: [0; 32],
            bytes: vec![],
            signed_at: 10,
            last_valid: 20,
            fee: 0,
            reward: 0,
        };
        Entry {
            seq: 0,
            state: State::Sent,
            planned,
        }
    }

    #[test]
    fn it_waits_until_its_era_ends() {
        assert_eq!(verdict(&entry(), 19, 5), Verdict::Pending);
        assert_eq!(verdict(&entry(), 20, 5), Verdict::Close(Outcome::Expired));
    }

    #[test]
    fn a_used_nonce_ends_it_at_once() {
        assert_eq!(verdict(&entry(), 11, 6), Verdict::Close(Outcome::Superseded));
    }
}
