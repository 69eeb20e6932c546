//! What emission and the competition of validators come to for each market: for the status and for metrics.

use keeper_chain::contracts::address;
use keeper_chain::emission::{Competition, EmissionState, SeatView};
use kernel::competition::SILENT_WINDOWS;
use kernel::emission::measure::FLOW_ONE;
use kernel::emission::{LadderRules, State};
use kernel::flow::EPOCH;
use serde::{Deserialize, Serialize};

use super::Engine;

/// Blocks of 365 days.
const YEAR: u128 = 2_628_000;
/// 1e18 over basis points.
const E18_PER_BP: u128 = 100_000_000_000_000;
/// Shares at 1e18 over millionths.
const SHARE_PER_PPM: u64 = 1_000_000_000_000;

/// The emission contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmissionStatus {
    /// Its address.
    pub address: String,
    /// The next epoch to settle.
    pub next_epoch: u32,
    /// The running epoch.
    pub running_epoch: u32,
    /// Epochs that are over and not settled.
    pub behind: u32,
    /// Whether settling the next epoch has begun.
    pub begun: bool,
    /// Markets with a seat.
    pub seated: usize,
    /// TAO that may be released.
    pub budget_rao: u64,
    /// Bonds of challengers.
    pub bonds_rao: u64,
    /// Paid for the last epoch that was settled.
    pub paid_rao: u64,
    /// Paid since the beginning.
    pub total_paid_rao: u64,
    /// Version of the rules in force.
    pub rules_version: u32,
}

/// What a market gives and gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatStatus {
    /// TAO that came and stayed, averaged, in an epoch; negative when it left.
    pub flow_rao_per_epoch: i64,
    /// The part of it that counts: the lesser of the average and its own average.
    pub matured_rao_per_epoch: i64,
    /// TAO that stayed in the pool.
    pub stayed_rao: u64,
    /// Share of what the next epoch releases, millionths.
    pub share_ppm: u64,
    /// Paid for the last epoch.
    pub paid_rao: u64,
    /// Paid since it has its seat.
    pub total_paid_rao: u64,
    /// Index of contribution: the sum of the next three.
    pub index_bps: i32,
    /// Flow of users less what the protocol paid.
    pub flow_bps: i32,
    /// Change of the price.
    pub price_bps: i32,
    /// Dividends less what is expected.
    pub dividends_bps: i32,
    /// Where it stands on the ladder of sanctions.
    pub state: String,
    /// [`Self::state`] as a number: 0 active to 4 delisted.
    pub level: i64,
    /// Why it stands there.
    pub reason: String,
    /// Epoch since which it does.
    pub since_epoch: u32,
    /// The challenge that is open.
    pub challenge: Option<ChallengeStatus>,
    /// Last epoch of its quarantine.
    pub quarantine_ends_epoch: Option<u32>,
    /// Block from which on that epoch can be settled.
    pub quarantine_ends_block: Option<u32>,
    /// First block in which a condemned market may be delisted.
    pub delisting_block: Option<u32>,
    /// Epochs in a row in which the market did not answer.
    pub unanswered_epochs: u32,
}

/// A challenge that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeStatus {
    /// Who challenged.
    pub challenger: String,
    /// The bond.
    pub bond_rao: u64,
    /// Epoch in which it was opened.
    pub opened_epoch: u32,
    /// Epochs counted so far.
    pub counted: u16,
    /// Of them, bad.
    pub bad: u16,
    /// Epochs after which it is decided.
    pub of: u16,
}

/// One validator of a market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidatorStatus {
    /// Its hotkey.
    pub hotkey: String,
    /// The market's stake with it when it was last measured, alpha-rao.
    pub stake: u64,
    /// What it is trusted to pay in a year, basis points of stake.
    pub yield_bps_per_year: u64,
    /// Share of all stake it is to have.
    pub weight_bps: u16,
    /// What the last rebalancing moved to it, alpha-rao; negative for away from it.
    pub last_move: i64,
    /// Whether governance removed it.
    pub leaving: bool,
    /// Whether it is not registered on the subnet any more.
    pub deregistered: bool,
    /// Whether it pays nobody anything.
    pub silent: bool,
}

/// What the emission contract comes to in block `at`.
fn emission(contract: &[u8; 32], state: &EmissionState, seated: usize, at: u32) -> EmissionStatus {
    let stored = &state.stored;
    let running = at / EPOCH;
    EmissionStatus {
        address: address(contract),
        next_epoch: stored.next_epoch,
        running_epoch: running,
        behind: running.saturating_sub(stored.next_epoch),
        begun: stored.round.is_some(),
        seated,
        budget_rao: state.available,
        bonds_rao: stored.bonds,
        paid_rao: stored.last.map_or(0, |report| report.paid),
        total_paid_rao: stored.total_paid,
        rules_version: stored.version,
    }
}

/// What a seat comes to.
fn seat(view: &SeatView, rules: &LadderRules) -> SeatStatus {
    let (seat, ladder) = (&view.seat, &view.seat.ladder);
    let (state, level) = match ladder.state {
        State::Active => ("Active", 0),
        State::Watch => ("Watch", 1),
        State::Quarantine { .. } => ("Quarantine", 2),
        State::Condemned { .. } => ("Condemned", 3),
        State::Delisted => ("Delisted", 4),
    };
    let ends = match ladder.state {
        State::Quarantine { ends } => Some(ends),
        _ => None,
    };
    SeatStatus {
        flow_rao_per_epoch: rao(seat.measures.flow),
        matured_rao_per_epoch: rao(seat.measures.matured(seat.burned).user),
        stayed_rao: seat.measures.settled,
        share_ppm: view.share / SHARE_PER_PPM,
        paid_rao: seat.paid,
        total_paid_rao: seat.total_paid,
        index_bps: view.index,
        flow_bps: seat.contribution.flow_bps,
        price_bps: seat.contribution.price_bps,
        dividends_bps: seat.contribution.dividends_bps,
        state: state.to_owned(),
        level,
        reason: format!("{:?}", ladder.reason),
        since_epoch: ladder.since,
        challenge: ladder.challenge.map(|challenge| ChallengeStatus {
            challenger: address(&challenge.challenger),
            bond_rao: challenge.bond,
            opened_epoch: challenge.opened,
            counted: challenge.counted,
            bad: challenge.bad,
            of: rules.challenge_epochs,
        }),
        quarantine_ends_epoch: ends,
        quarantine_ends_block: ends.map(|ends| ends.saturating_add(1).saturating_mul(EPOCH)),
        delisting_block: match ladder.state {
            State::Condemned { at } => Some(at),
            _ => None,
        },
        unanswered_epochs: seat.silent,
    }
}

/// What a competition comes to, validator by validator.
pub fn validators(competition: &Competition) -> Vec<ValidatorStatus> {
    let Competition {
        state,
        scores,
        weights_bps,
    } = competition;
    let of = |(index, validator): (usize, &kernel::competition::Validator)| {
        let score = scores.get(index).copied().unwrap_or(0);
        let year = u128::from(score).saturating_mul(YEAR) / E18_PER_BP;
        ValidatorStatus {
            hotkey: address(&validator.hotkey),
            stake: validator.measured,
            yield_bps_per_year: u64::try_from(year).unwrap_or(u64::MAX),
            weight_bps: weights_bps.get(index).copied().unwrap_or(0),
            last_move: validator.last_move,
            leaving: validator.leaving,
            deregistered: !validator.registered,
            silent: validator.silent >= SILENT_WINDOWS,
        }
    };
    state.all.iter().enumerate().map(of).collect()
}

/// An average of flow in rao.
fn rao(units: i128) -> i64 {
    i64::try_from(units / i128::from(FLOW_ONE)).unwrap_or(if units < 0 { i64::MIN } else { i64::MAX })
}

impl Engine {
    /// What the emission contract comes to, once it was read.
    pub(super) fn emission_status(&self) -> Option<EmissionStatus> {
        let kept = self.emission.as_ref()?;
        let state = kept.state.as_ref()?;
        Some(emission(&kept.contract.address, state, kept.seats.len(), self.best))
    }

    /// What a market gives and gets, if it has a seat.
    pub(super) fn seat_status(&self, market: &[u8; 32]) -> Option<SeatStatus> {
        let kept = self.emission.as_ref()?;
        let rules = &kept.state.as_ref()?.stored.rules.ladder;
        kept.seats.get(market).map(|view| seat(view, rules))
    }

    /// Tells the metrics about emission and validators.
    pub(super) fn measure_emission(&self) {
        let metrics = &self.metrics.economy;
        // Seats are lost and validators leave: what is not there any more must not be told.
        metrics.reset();
        if let Some(status) = self.emission_status() {
            metrics.emission(&status);
        }
        for (address, kept) in &self.markets {
            if let Some(status) = self.seat_status(address) {
                metrics.seat(&kept.name, &status);
            }
            for status in kept.competition.iter().flat_map(validators) {
                metrics.validator(&kept.name, &status);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keeper_chain::emission::Seat;
    use kernel::competition::{Validator, Validators};
    use kernel::emission::{Challenge, Contribution, Ladder, Measures, Reason};

    fn challenged() -> SeatView {
        SeatView {
            number: 0,
            seat: Seat {
                netuid: 1,
                generation: 2,
                market: [1; 32],
                created: 0,
                measures: Measures {
                    flow: -256 * 3_000_000_000,
                    flow_slow: 0,
                    settled: 7,
                    ..Measures::default()
                },
                ladder: Ladder {
                    state: State::Quarantine { ends: 9 },
                    since: 5,
                    reason: Reason::NetOutflow,
                    challenge: Some(Challenge {
                        challenger: [2; 32],
                        bond: 10_000_000_000,
                        opened: 6,
                        counted: 2,
                        bad: 1,
                    }),
                    ..Ladder::default()
                },
                contribution: Contribution {
                    flow_bps: -3_000,
                    price_bps: 100,
                    dividends_bps: -10,
                },
                burned: 0,
                paid: 0,
                total_paid: 5,
                silent: 0,
            },
            share: 250_000_000_000_000_000,
            index: -2_910,
        }
    }

    #[test]
    fn a_seat_is_told_in_rao_and_blocks() {
        let status = seat(&challenged(), &LadderRules::default());
        assert_eq!(status.flow_rao_per_epoch, -3_000_000_000);
        assert_eq!(
            status.matured_rao_per_epoch, -3_000_000_000,
            "an outflow counts at once"
        );
        assert_eq!(status.share_ppm, 250_000);
        assert_eq!((status.state.as_str(), status.level), ("Quarantine", 2));
        assert_eq!(status.quarantine_ends_block, Some(3_600), "epoch 9 is over then");
        assert_eq!(status.delisting_block, None);
        assert_eq!(status.challenge.map(|challenge| challenge.of), Some(60));
    }

    #[test]
    fn a_yield_per_block_is_told_per_year_and_flags_say_why_a_validator_is_out() {
        let mut state = Validators::new([3; 32], 0);
        state.all.push(Validator {
            silent: SILENT_WINDOWS,
            last_move: -5,
            leaving: true,
            ..Validator::default()
        });
        let competition = Competition {
            state,
            // 20 % in a year.
            scores: vec![76_103_500_761, 0],
            weights_bps: vec![10_000, 0],
        };
        let told = validators(&competition);
        assert_eq!(told[0].yield_bps_per_year, 1_999);
        let flags = |of: &ValidatorStatus| (of.leaving, of.deregistered, of.silent);
        assert_eq!(flags(&told[0]), (false, false, false));
        assert_eq!(flags(&told[1]), (true, true, true));
        assert_eq!(told[1].last_move, -5);
    }
}
