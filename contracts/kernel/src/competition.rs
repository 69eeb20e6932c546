//! Validators of one market compete for its stake by what they really paid.
//!
//! Every window, each one's growth over stake and time is its yield; its score is the lesser of a fast and a slow average of
//! that. Targets are proportional to the square of scores, under caps. So who pays more gets more, and equal yields mean
//! equal stake wherever it lies now; a validator that gives away δ to pay 1 + δ as much gains at most 2δ in stake, of which it
//! earns its take: less than it gave, as long as its take is below a third.

use crate::error::{Error, Result};
use crate::flow::EPOCH;
use crate::math::{mul_div_down, E18};
use crate::short::AccountId;
#[cfg(not(feature = "std"))]
use alloc::vec::Vec;

/// Most validators of one market: what one withdrawal can afford to draw from.
pub const MAX_VALIDATORS: usize = 8;
/// Blocks of a tempo, in which validators pay once; yields are measured over at least as many.
pub const TEMPO: u32 = 360;
/// Most stake that moves in an epoch, basis points of all.
pub const CHURN_BPS: u64 = 1_000;
/// Distance from its target below which a validator's stake stays, basis points of all.
pub const HYSTERESIS_BPS: u64 = 100;
/// Share of all stake given to a validator that is not measured long enough, to measure it.
pub const PROBE_BPS: u16 = 500;
/// Windows after which a validator is measured long enough, a day; in a younger market, half of its age.
pub const YOUNG_WINDOWS: u16 = 20;
/// Windows without a dividend after which a validator counts as silent.
pub const SILENT_WINDOWS: u8 = 2;

/// Stake that is never booked as growth, alpha-rao: a move between validators may lose a unit by rounding of the chain's
/// shares, and that must not be anybody's.
pub const ROUNDING_RESERVE: u64 = 16;

/// 1 in basis points.
const ALL_BPS: u16 = 10_000;
/// Largest yield per block taken for real, at 1e18.
const MAX_YIELD: u64 = 1_000_000_000_000_000;
/// A window moves the fast average by a quarter and the slow one by a twenty-fourth.
const FAST: u64 = 4;
const SLOW: u64 = 24;

/// One validator, and the market's stake with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Validator {
    /// Its hotkey.
    pub hotkey: AccountId,
    /// Stake when it was last measured, alpha.
    pub measured: u64,
    /// Block of that.
    pub at: u32,
    /// Growth since the last harvest that no deposit or withdrawal explains, alpha.
    pub grown: u64,
    /// Of the growth harvested since the last score, what its dividends explain, alpha.
    pub paid: u64,
    /// Stake × blocks since the last score.
    pub worked: u128,
    /// Fast average of its yield, per block at 1e18.
    pub fast: u64,
    /// Slow average of its yield, per block at 1e18.
    pub slow: u64,
    /// Windows measured.
    pub windows: u16,
    /// Windows in a row in which it had stake of the market and the chain says it paid nobody anything.
    pub silent: u8,
    /// Whether it is registered on the subnet, as last seen.
    pub registered: bool,
    /// Whether governance removed it: it goes once its stake is gone.
    pub leaving: bool,
    /// What the last rebalancing moved to it, alpha; negative for away from it.
    pub last_move: i64,
}

/// All validators of a market.
#[derive(Clone, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Validators {
    /// Block of the last harvest, or of the market's birth.
    pub harvested: u32,
    /// Block up to which validators are scored.
    pub scored: u32,
    /// Epoch of the last rebalancing.
    pub epoch: u32,
    /// Stake moved in that epoch, alpha.
    pub moved: u64,
    /// The validators; the first takes deposits. At most [`MAX_VALIDATORS`].
    pub all: Vec<Validator>,
}

/// What the chain says of a validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The market's stake with it, alpha.
    pub stake: u64,
    /// What it paid to all its stakers in the last tempo, net of its take, alpha.
    pub dividends: u64,
    /// Whether it is registered on the subnet.
    pub registered: bool,
}

/// Stake that is to go from one validator to another; indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// From whom.
    pub from: usize,
    /// To whom.
    pub to: usize,
    /// Alpha.
    pub amount: u64,
}

impl Validator {
    /// A validator without stake at block `now`.
    pub fn new(hotkey: AccountId, now: u32) -> Self {
        Self {
            hotkey,
            at: now,
            registered: true,
            ..Self::default()
        }
    }

    /// Books an operation that changed the stake from `before` to `after` at block `now`; what came between the last
    /// measurement and `before` is growth.
    pub fn observe(&mut self, before: u64, after: u64, now: u32) {
        let blocks = now.saturating_sub(self.at);
        self.worked = self
            .worked
            .saturating_add(u128::from(self.measured).saturating_mul(blocks.into()));
        self.grown = self.grown.saturating_add(before.saturating_sub(self.measured));
        self.measured = after;
        self.at = now;
    }

    /// The yield it is trusted to pay, per block at 1e18.
    pub fn score(&self) -> u64 {
        if self.is_out() {
            0
        } else {
            self.fast.min(self.slow)
        }
    }

    /// Whether its stake is to go: removed, deregistered or silent.
    pub fn is_out(&self) -> bool {
        self.leaving || !self.registered || self.silent >= SILENT_WINDOWS
    }

    /// Moves the averages by a window of the measured yield. Silence makes it a stranger: it is measured anew when it pays again.
    ///
    /// A window counts once the stake has worked for half a tempo, or as much as a fortieth of all the market's stake does in a whole
    /// one: what came a moment before validators pay would make any yield, and a deposit for a moment must not put off the others'.
    fn rate(&mut self, total: u64) {
        if self.silent >= SILENT_WINDOWS {
            (self.worked, self.paid) = (0, 0);
            (self.fast, self.slow, self.windows) = (0, 0, 0);
            return;
        }
        let half = u128::from(self.measured).saturating_mul((TEMPO / 2).into());
        let part = u128::from(total).saturating_mul(TEMPO.into()) / 40;
        if self.worked < half.min(part) {
            return;
        }
        let worked = core::mem::take(&mut self.worked);
        let paid = core::mem::take(&mut self.paid);
        let Ok(measured) = mul_div_down(paid.into(), E18, worked) else {
            return;
        };
        let measured = u64::try_from(measured).unwrap_or(MAX_YIELD).min(MAX_YIELD);
        self.fast = if self.windows == 0 {
            measured
        } else {
            average(self.fast, measured, FAST)
        };
        self.slow = average(self.slow, measured, SLOW);
        self.windows = self.windows.saturating_add(1);
    }
}

impl Validators {
    /// One validator from block `now` on.
    pub fn new(hotkey: AccountId, now: u32) -> Self {
        let all = Vec::from([Validator::new(hotkey, now)]);
        Self {
            harvested: now,
            scored: now,
            epoch: now / EPOCH,
            moved: 0,
            all,
        }
    }

    /// Measures every validator, in the order of [`Self::all`], and scores them once per window. Returns the most that dividends can have been
    /// since the last harvest: what the chain says each one paid all its stakers, times the tempos that passed and one more.
    /// Growth beyond that is a donation: it counts for no score, then or later.
    pub fn harvest(&mut self, seen: &[Seen], now: u32) -> u64 {
        let tempos = u64::from(now.saturating_sub(self.harvested) / TEMPO).saturating_add(1);
        self.harvested = now;
        let scoring = now.saturating_sub(self.scored) >= TEMPO;
        if scoring {
            self.scored = now;
        }
        let total = seen.iter().map(|seen| seen.stake).fold(0, u64::saturating_add);
        let mut most = 0u64;
        for (validator, seen) in self.all.iter_mut().zip(seen) {
            validator.observe(seen.stake, seen.stake, now);
            validator.registered = seen.registered;
            let allowed = seen.dividends.saturating_mul(tempos);
            most = most.saturating_add(allowed);
            validator.paid = validator
                .paid
                .saturating_add(core::mem::take(&mut validator.grown).min(allowed));
            if scoring {
                if seen.dividends != 0 {
                    validator.silent = 0;
                } else if validator.worked != 0 {
                    // One without our stake may have nobody else's: it is not silent before it was tried.
                    validator.silent = validator.silent.saturating_add(1);
                }
                validator.rate(total);
            }
        }
        most
    }

    /// Target shares in basis points, in the order of [`Self::all`]: they sum to 10,000 unless no validator is in, when all are 0
    /// and stake stays where it is.
    ///
    /// Whoever is not measured long enough, [`YOUNG_WINDOWS`] or half as long as the one measured longest, gets [`PROBE_BPS`] whatever
    /// it pays: a few yields decide nothing. A score below a tenth of the best counts as none.
    pub fn weights(&self) -> Vec<u16> {
        let longest = self.all.iter().map(|validator| validator.windows).max().unwrap_or(0);
        let enough = (longest / 2).clamp(1, YOUNG_WINDOWS);
        let is_young = |validator: &Validator| !validator.is_out() && validator.windows < enough;
        let competes = |validator: &Validator| !is_young(validator);
        let best = self.all.iter().filter(|v| competes(v)).map(Validator::score).max();
        let least = best.unwrap_or(0).div_ceil(10).max(1);
        // A score's square is at most 2^100, eight of them and a factor of 10,000 stay below 2^117.
        let squares: Vec<u128> = self
            .all
            .iter()
            .map(|validator| match u128::from(validator.score()) {
                score if competes(validator) && score >= least.into() => score.saturating_mul(score),
                _ => 0,
            })
            .collect();
        if squares.iter().all(|square| *square == 0) {
            let equal = self.all.iter().map(|v| u128::from(!v.is_out())).collect::<Vec<_>>();
            return shared(&equal, &[0; MAX_VALIDATORS]);
        }
        let probes: Vec<u16> = self
            .all
            .iter()
            .map(|validator| if is_young(validator) { PROBE_BPS } else { 0 })
            .collect();
        shared(&squares, &probes)
    }

    /// The moves that bring stake, `held` by the validators in the order of [`Self::all`], toward its targets: at most `limit` of
    /// at least `least` alpha each, and in all at most what the epoch of block `now` still allows.
    pub fn plan(&self, held: &[u64], least: u64, limit: u32, now: u32) -> Vec<Move> {
        let total = held.iter().copied().fold(0u64, u64::saturating_add);
        let mut budget = bps_of(total, CHURN_BPS).saturating_sub(self.moved_in(now));
        let band = i128::from(bps_of(total, HYSTERESIS_BPS));
        let weights = self.weights();
        let mut moves = Vec::new();
        if weights.iter().all(|weight| *weight == 0) {
            return moves;
        }
        // Alpha above (positive) or below its target.
        let mut distance: Vec<i128> = weights
            .iter()
            .zip(held)
            .map(|(weight, held)| i128::from(*held).saturating_sub(bps_of(total, u64::from(*weight)).into()))
            .collect();
        while moves.len() < usize::try_from(limit).unwrap_or(usize::MAX) {
            // What is to go goes first: it must not wait for somebody who is a little above a target.
            let going: Vec<i128> = distance
                .iter()
                .zip(&self.all)
                .map(|(distance, validator)| if validator.is_out() { *distance } else { 0 })
                .collect();
            let from = largest(&going, 1).or_else(|| largest(&distance, 1));
            let (Some((from, surplus)), Some((to, deficit))) = (from, largest(&distance, -1)) else {
                break;
            };
            // One end is enough: many who are a little above their targets together hold what one far below it misses. The last of what
            // is to go is not kept for being little.
            let gone = self.all.get(from).is_some_and(Validator::is_out);
            if !gone && i128::from(surplus.max(deficit)) < band {
                break;
            }
            let amount = surplus.min(deficit).min(budget);
            if amount < least.max(1) {
                break;
            }
            budget = budget.saturating_sub(amount);
            for (index, sign) in [(from, -1i128), (to, 1)] {
                if let Some(distance) = distance.get_mut(index) {
                    *distance = distance.saturating_add(sign.saturating_mul(amount.into()));
                }
            }
            moves.push(Move { from, to, amount });
        }
        moves
    }

    /// Books a move: at block `now`, `gone` left `from` and `come` arrived at `to`.
    pub fn moved(&mut self, Move { from, to, .. }: Move, gone: u64, come: u64, now: u32) {
        if self.epoch != now / EPOCH {
            self.epoch = now / EPOCH;
            self.moved = 0;
            for validator in &mut self.all {
                validator.last_move = 0;
            }
        }
        self.moved = self.moved.saturating_add(gone);
        let signed = |alpha: u64| i64::try_from(alpha).unwrap_or(i64::MAX);
        if let Some(validator) = self.all.get_mut(from) {
            validator.last_move = validator.last_move.saturating_sub(signed(gone));
        }
        if let Some(validator) = self.all.get_mut(to) {
            validator.last_move = validator.last_move.saturating_add(signed(come));
        }
    }

    /// Lets a validator compete.
    ///
    /// # Errors
    /// [`Error::NothingToDo`] when it does, [`Error::TooManyValidators`] when no place is free.
    pub fn add(&mut self, hotkey: AccountId, now: u32) -> Result<()> {
        if let Some(known) = self.all.iter_mut().find(|validator| validator.hotkey == hotkey) {
            if !core::mem::replace(&mut known.leaving, false) {
                return Err(Error::NothingToDo.into());
            }
            return Ok(());
        }
        self.drop_empty(0);
        if self.all.len() >= MAX_VALIDATORS {
            return Err(Error::TooManyValidators.into());
        }
        self.all.push(Validator::new(hotkey, now));
        Ok(())
    }

    /// Lets a validator go once its stake has moved away.
    ///
    /// # Errors
    /// [`Error::NoSuchValidator`]; [`Error::LastValidator`] when nobody else would be left.
    pub fn remove(&mut self, hotkey: AccountId) -> Result<()> {
        if self.all.iter().filter(|v| !v.leaving && v.hotkey != hotkey).count() == 0 {
            return Err(Error::LastValidator.into());
        }
        let leaver = self.all.iter_mut().find(|validator| validator.hotkey == hotkey);
        let leaver = leaver.ok_or(Error::NoSuchValidator)?;
        if core::mem::replace(&mut leaver.leaving, true) {
            return Err(Error::NothingToDo.into());
        }
        self.drop_empty(0);
        Ok(())
    }

    /// Forgets removed validators that hold nothing, and one that holds at most `dust` alpha-rao, too little to move. Returns what is
    /// forgotten with it; `None` when nobody was.
    pub fn drop_empty(&mut self, dust: u64) -> Option<u64> {
        let before = self.all.len();
        let mut forgotten = 0;
        self.all.retain(|validator| {
            let left = if forgotten == 0 { dust } else { 0 };
            let goes = validator.leaving && validator.measured <= left;
            if goes {
                forgotten = forgotten.max(validator.measured);
            }
            !goes
        });
        (self.all.len() != before).then_some(forgotten)
    }

    fn moved_in(&self, now: u32) -> u64 {
        if self.epoch == now / EPOCH {
            self.moved
        } else {
            0
        }
    }
}

/// Everything shared in proportion to `raw`, none above the cap; whoever has none gets its `rest`. What rounding leaves goes to
/// the largest share below the cap.
fn shared(raw: &[u128], rest: &[u16]) -> Vec<u16> {
    let cap = match raw.iter().filter(|raw| **raw != 0).count() {
        0 | 1 => ALL_BPS,
        2 => 7_500,
        3 => 5_000,
        _ => 2_500,
    };
    let mut fixed: Vec<Option<u16>> = raw
        .iter()
        .zip(rest)
        .map(|(raw, rest)| (*raw == 0).then_some(*rest))
        .collect();
    loop {
        let settled: u16 = fixed.iter().flatten().copied().fold(0, u16::saturating_add);
        let left = u128::from(ALL_BPS.saturating_sub(settled));
        let open = raw
            .iter()
            .zip(&fixed)
            .filter(|(_, fixed)| fixed.is_none())
            .fold(0u128, |sum, (raw, _)| sum.saturating_add(*raw));
        let part = |raw: u128| {
            raw.saturating_mul(left)
                .checked_div(open)
                .and_then(|part| u16::try_from(part).ok())
                .unwrap_or(0)
        };
        let mut capped = false;
        for (raw, fixed) in raw.iter().zip(fixed.iter_mut()) {
            if fixed.is_none() && part(*raw) > cap {
                *fixed = Some(cap);
                capped = true;
            }
        }
        if capped {
            continue;
        }
        let mut weights: Vec<u16> = raw
            .iter()
            .zip(&fixed)
            .map(|(raw, fixed)| fixed.unwrap_or_else(|| part(*raw)))
            .collect();
        let sum = weights.iter().copied().fold(0, u16::saturating_add);
        let largest = weights
            .iter_mut()
            .zip(&fixed)
            .filter(|(_, fixed)| fixed.is_none())
            .map(|(weight, _)| weight)
            .max();
        if let Some(largest) = largest {
            *largest = largest.saturating_add(ALL_BPS.saturating_sub(sum));
        }
        return weights;
    }
}

/// The index and size of the largest distance with this sign.
fn largest(distance: &[i128], sign: i128) -> Option<(usize, u64)> {
    distance
        .iter()
        .map(|distance| distance.saturating_mul(sign))
        .enumerate()
        .filter(|(_, distance)| *distance > 0)
        .max_by_key(|(index, distance)| (*distance, core::cmp::Reverse(*index)))
        .map(|(index, distance)| (index, u64::try_from(distance).unwrap_or(u64::MAX)))
}

/// `average` moved toward `sample` by one part in `parts`.
fn average(average: u64, sample: u64, parts: u64) -> u64 {
    if sample >= average {
        average.saturating_add(sample.saturating_sub(average).checked_div(parts).unwrap_or(0))
    } else {
        average.saturating_sub(average.saturating_sub(sample).div_ceil(parts))
    }
}

fn bps_of(amount: u64, bps: u64) -> u64 {
    u64::try_from(u128::from(amount).saturating_mul(bps.into()) / 10_000).unwrap_or(u64::MAX)
}
