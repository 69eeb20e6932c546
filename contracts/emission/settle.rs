//! Settling an epoch, seat by seat.

use crate::emission::{place, Emission, Result};
use crate::error::EmissionError;
use crate::events::{ChallengeClosed, EpochSettled, EpochsSkipped, MarketsSettled, RulesInForce, StandingMoved};
use crate::remote;
use crate::storage::{standing, EpochReport, MarketSettled, PageCell, RulesCell, Seat, Settled, PAGE};
use ink::codegen::Env;
use ink::prelude::vec::Vec;
use kernel::emission::measure::FLOW_ONE;
use kernel::emission::{shares, Bond, Contribution, Error, Input, Round, Rules, State, MAX_MARKETS};
use kernel::flow::{EPOCH, REMEMBERED};
use shell::{emit, pay};

impl Emission {
    /// Settles at most `limit` seats of the oldest epoch that is over.
    pub(crate) fn settle_seats(&mut self, limit: u32, now: u32) -> Result<Settled> {
        let had = self.env().balance();
        let mut round = match self.hot.0.round.take() {
            Some(round) => round,
            None => self.begin(now)?,
        };
        let rules = self.hot.0.rules;
        let all = self.hot.0.seats;
        let most = u32::try_from(MAX_MARKETS).unwrap_or(u32::MAX);
        let end = round.next.saturating_add(limit.clamp(1, most)).min(all);
        let known = self.shares.get().unwrap_or_default();
        let (first, before) = (round.next, round.paid);
        let mut settled = Vec::new();
        let mut returned = 0u64;
        while round.next < end {
            let number = round.next / PAGE;
            let mut page = self.page(number);
            let until = number.saturating_add(1).saturating_mul(PAGE).min(end);
            while round.next < until {
                if let Some(Some(seat)) = page.get_mut(place(round.next)) {
                    let share = known.get(usize::try_from(round.next).unwrap_or(usize::MAX));
                    let (report, bond) = settle_seat(seat, share.copied().unwrap_or(0), &mut round, &rules, now);
                    settled.push(report);
                    if let Some(Bond::Returned { amount, .. }) = bond {
                        returned = returned.saturating_add(amount);
                    }
                    self.settle_bond(seat.netuid, seat.generation, bond)?;
                }
                round.next = round.next.saturating_add(1);
            }
            self.pages.insert(number, &PageCell(page));
        }
        let paid = round.paid.saturating_sub(before);
        // Whoever is called could use the chain in our name: nothing but what was paid may have left.
        let gone = had.saturating_sub(self.env().balance());
        let taken = gone.saturating_sub(paid.saturating_add(returned));
        if taken != 0 {
            return Err(EmissionError::FundsTaken { gone: taken }.into());
        }
        self.hot.0.total_paid = self.hot.0.total_paid.saturating_add(paid);
        if !settled.is_empty() {
            emit(&MarketsSettled {
                epoch: round.epoch,
                markets: settled,
            });
        }
        let finished = round.next >= self.hot.0.seats;
        if finished {
            self.finish(&round)?;
        } else {
            self.hot.0.round = Some(round);
        }
        Ok(Settled {
            epoch: round.epoch,
            seats: round.next.saturating_sub(first),
            paid,
            finished,
            reward: 0,
        })
    }

    /// Begins to settle the oldest epoch that is over and remembered.
    fn begin(&mut self, now: u32) -> Result<Round> {
        let available = self.available();
        let hot = &mut self.hot.0;
        let running = now / EPOCH;
        if hot.next_epoch >= running {
            let ready_at = hot.next_epoch.saturating_add(1).saturating_mul(EPOCH);
            return Err(Error::NothingToSettle { ready_at }.into());
        }
        let oldest = running.saturating_sub(REMEMBERED);
        if hot.next_epoch < oldest {
            emit(&EpochsSkipped {
                from: hot.next_epoch,
                to: oldest,
            });
            hot.next_epoch = oldest;
        }
        let epoch = hot.next_epoch;
        if let Some(rules) = hot.pending.take() {
            hot.rules = rules;
            hot.version = hot.version.saturating_add(1);
            self.versions.insert(hot.version, &RulesCell(rules));
            emit(&RulesInForce {
                version: hot.version,
                epoch,
                rules,
            });
        }
        Ok(Round::new(epoch, available, &hot.rules, hot.version))
    }

    /// Ends the epoch: what was measured becomes the shares of what the next one releases.
    fn finish(&mut self, round: &Round) -> Result<()> {
        let rules = self.hot.0.rules;
        let mut inputs = Vec::new();
        for number in 0..self.hot.0.seats.div_ceil(PAGE) {
            for seat in self.page(number) {
                inputs.push(seat.map_or_else(Input::default, |seat| seat.measures.matured(seat.burned)));
            }
        }
        self.shares.set(&shares(rules.model, rules.gate, &inputs, FLOW_ONE)?);
        let report = EpochReport {
            epoch: round.epoch,
            version: round.version,
            budget: round.budget,
            release: round.release,
            paid: round.paid,
            carried: round.carried(),
        };
        self.hot.0.last = Some(report);
        self.hot.0.next_epoch = round.epoch.saturating_add(1);
        emit(&EpochSettled { report });
        Ok(())
    }

    /// Pays a bond back, or makes it budget.
    pub(crate) fn settle_bond(&mut self, netuid: u16, generation: u64, bond: Option<Bond>) -> Result<()> {
        let Some(bond) = bond else {
            return Ok(());
        };
        let (Bond::Returned { amount, .. } | Bond::Slashed { amount, .. }) = bond;
        self.hot.0.bonds = self.hot.0.bonds.saturating_sub(amount);
        emit(&ChallengeClosed {
            netuid,
            generation,
            bond,
        });
        if let Bond::Returned { to, amount } = bond {
            pay(to.into(), amount)?;
        }
        Ok(())
    }
}

/// Pays and measures one market. One that cannot receive is read all the same, and one that does not answer is passed over: what it
/// would have got is carried.
fn settle_seat(
    seat: &mut Seat,
    share: u64,
    round: &mut Round,
    rules: &Rules,
    now: u32,
) -> (MarketSettled, Option<Bond>) {
    let epoch = round.epoch;
    let due = if seat.ladder.is_paid() {
        round.due(share, seat.measures.settled, rules)
    } else {
        0
    };
    let told = standing(&seat.ladder);
    let mut paid = due;
    let mut reading = remote::settle_epoch(seat.market, epoch, told, due);
    if reading.is_none() && due != 0 {
        paid = 0;
        reading = remote::settle_epoch(seat.market, epoch, told, 0);
    }
    let mut bond = None;
    let mut measured = false;
    seat.silent = seat.silent.saturating_add(1);
    if let Some(reading) = reading {
        seat.silent = 0;
        round.paid = round.paid.saturating_add(paid);
        let age = epoch
            .saturating_add(1)
            .saturating_mul(EPOCH)
            .saturating_sub(seat.created);
        measured = reading
            .sample
            .is_some_and(|sample| seat.measures.observe(sample, paid, age).is_ok());
        if measured && seat.ladder.state != State::Delisted {
            seat.contribution = Contribution::of(&seat.measures, reading.dividend_yield_e18, rules.dividend_target_bps);
            let contribution = seat.contribution;
            let (transition, closed) =
                seat.ladder
                    .step(contribution.index(), contribution.worst(), epoch, now, &rules.ladder);
            bond = closed;
            if let Some(transition) = transition {
                emit(&StandingMoved {
                    netuid: seat.netuid,
                    generation: seat.generation,
                    epoch,
                    transition,
                    contribution,
                });
            }
        }
    } else {
        paid = 0;
    }
    seat.paid = paid;
    seat.total_paid = seat.total_paid.saturating_add(paid);
    (
        MarketSettled {
            netuid: seat.netuid,
            generation: seat.generation,
            paid,
            share,
            measured,
            index: seat.contribution.index(),
        },
        bond,
    )
}
