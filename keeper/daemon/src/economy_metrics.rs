//! Metrics of emission and of the validators' competition.

use prometheus::{IntGauge, IntGaugeVec, Registry};

use crate::engine::{EmissionStatus, SeatStatus, ValidatorStatus};
use crate::metrics::{gauge, gauges, level};

/// Gauges per market and per validator; those of a market without a seat are not there.
pub struct EconomyMetrics {
    next_epoch: IntGauge,
    behind: IntGauge,
    seated: IntGauge,
    budget: IntGauge,
    bonds: IntGauge,
    paid: IntGauge,
    flow: IntGaugeVec,
    matured: IntGaugeVec,
    share: IntGaugeVec,
    market_paid: IntGaugeVec,
    market_total_paid: IntGaugeVec,
    contribution: IntGaugeVec,
    standing: IntGaugeVec,
    challenged: IntGaugeVec,
    stake: IntGaugeVec,
    yields: IntGaugeVec,
    weight: IntGaugeVec,
    last_move: IntGaugeVec,
    out: IntGaugeVec,
}

impl EconomyMetrics {
    /// Registers everything.
    ///
    /// # Errors
    /// Only a name that is registered twice.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let of_market = |name, help| gauges(registry, name, help, &["market"]);
        let of_validator = |name, help| gauges(registry, name, help, &["market", "hotkey"]);
        Ok(Self {
            next_epoch: gauge(registry, "emission_next_epoch", "The next epoch to settle")?,
            behind: gauge(
                registry,
                "emission_epochs_behind",
                "Epochs that are over and not settled; markets remember 4",
            )?,
            seated: gauge(registry, "emission_seats", "Markets with a seat")?,
            budget: gauge(registry, "emission_budget_rao", "TAO that may be released")?,
            bonds: gauge(registry, "emission_bonds_rao", "Bonds of challengers")?,
            paid: gauge(registry, "emission_paid_rao", "Paid to markets since the beginning")?,
            flow: of_market(
                "market_flow_rao",
                "TAO that came and stayed, averaged per epoch; negative when it left",
            )?,
            matured: of_market("market_matured_flow_rao", "The part of the flow that counts, per epoch")?,
            share: of_market("market_share_ppm", "Share of what the next epoch releases, millionths")?,
            market_paid: of_market("market_paid_rao", "Emission paid for the last epoch")?,
            market_total_paid: of_market("market_paid_rao_total", "Emission paid since the market has its seat")?,
            contribution: gauges(
                registry,
                "market_contribution_bps",
                "Index of contribution and its components, basis points per 30 days",
                &["market", "component"],
            )?,
            standing: of_market(
                "market_standing",
                "Ladder of sanctions: 0 active, 1 watch, 2 quarantine, 3 condemned, 4 delisted",
            )?,
            challenged: of_market("market_challenged", "Whether a challenge is open")?,
            stake: of_validator(
                "validator_stake_alpha",
                "Stake of the market with a validator, alpha-rao",
            )?,
            yields: of_validator(
                "validator_yield_bps",
                "Yield a validator is trusted to pay, basis points per year",
            )?,
            weight: of_validator(
                "validator_weight_bps",
                "Share of the market's stake a validator is to have",
            )?,
            last_move: of_validator(
                "validator_last_move_alpha",
                "What the last rebalancing moved to a validator, alpha-rao",
            )?,
            out: gauges(
                registry,
                "validator_out",
                "Whether a validator is leaving, deregistered or silent",
                &["market", "hotkey", "why"],
            )?,
        })
    }

    /// Forgets all markets and validators.
    pub fn reset(&self) {
        for gauges in [
            &self.flow,
            &self.matured,
            &self.share,
            &self.market_paid,
            &self.market_total_paid,
            &self.contribution,
            &self.standing,
            &self.challenged,
            &self.stake,
            &self.yields,
            &self.weight,
            &self.last_move,
            &self.out,
        ] {
            gauges.reset();
        }
    }

    /// The emission contract.
    pub fn emission(&self, status: &EmissionStatus) {
        self.next_epoch.set(level(status.next_epoch));
        self.behind.set(level(status.behind));
        self.seated.set(level(status.seated));
        self.budget.set(level(status.budget_rao));
        self.bonds.set(level(status.bonds_rao));
        self.paid.set(level(status.total_paid_rao));
    }

    /// A market with a seat.
    pub fn seat(&self, market: &str, status: &SeatStatus) {
        let set = |gauges: &IntGaugeVec, value: i64| gauges.with_label_values(&[market]).set(value);
        set(&self.flow, status.flow_rao_per_epoch);
        set(&self.matured, status.matured_rao_per_epoch);
        set(&self.share, level(status.share_ppm));
        set(&self.market_paid, level(status.paid_rao));
        set(&self.market_total_paid, level(status.total_paid_rao));
        set(&self.standing, status.level);
        set(&self.challenged, status.challenge.is_some().into());
        for (component, value) in [
            ("index", status.index_bps),
            ("flow", status.flow_bps),
            ("price", status.price_bps),
            ("dividends", status.dividends_bps),
        ] {
            self.contribution
                .with_label_values(&[market, component])
                .set(value.into());
        }
    }

    /// A validator of a market.
    pub fn validator(&self, market: &str, status: &ValidatorStatus) {
        let set = |gauges: &IntGaugeVec, value: i64| gauges.with_label_values(&[market, &status.hotkey]).set(value);
        set(&self.stake, level(status.stake));
        set(&self.yields, level(status.yield_bps_per_year));
        set(&self.weight, status.weight_bps.into());
        set(&self.last_move, status.last_move);
        for (why, out) in [
            ("leaving", status.leaving),
            ("deregistered", status.deregistered),
            ("silent", status.silent),
        ] {
            self.out
                .with_label_values(&[market, &status.hotkey, why])
                .set(out.into());
        }
    }
}
