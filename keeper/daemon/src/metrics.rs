//! Prometheus metrics. Every series exists at zero from the start, so that an alert can tell "nothing happened" from "not
//! there".

use keeper_chain::Class;
use keeper_core::Kind;
use kernel::handover::Stage;
use prometheus::{
    Encoder, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};

use crate::economy_metrics::EconomyMetrics;

/// How a transaction ended, as metrics name it.
pub const OUTCOMES: [&str; 6] = ["sent", "succeeded", "reverted", "expired", "superseded", "refused"];

/// All metrics of the daemon.
pub struct Metrics {
    registry: Registry,
    /// Height of the best block decided on.
    pub best_block: IntGauge,
    /// Height of the last finalized block announced.
    pub finalized_block: IntGauge,
    /// Height of the last finalized block processed.
    pub cursor_block: IntGauge,
    /// Transactions without an outcome.
    pub in_flight: IntGauge,
    /// Free balance of the signer, rao.
    pub balance: IntGauge,
    /// Fees of the current period, rao.
    pub period_fees: IntGauge,
    /// Uncovered fees of the current period, rao.
    pub period_subsidy: IntGauge,
    /// Open positions per market.
    pub positions: IntGaugeVec,
    /// Positions above the liquidation limit per market.
    pub above_limit: IntGaugeVec,
    /// Referenda per DAO whose votes still count.
    pub referenda: IntGaugeVec,
    /// Operations per DAO that wait or are ready.
    pub operations: IntGaugeVec,
    /// Stage of each capability, see [`stage_level`].
    pub stages: IntGaugeVec,
    /// Whether the certificate was issued.
    pub certified: IntGaugeVec,
    /// Emission and validators.
    pub economy: EconomyMetrics,
    /// Transactions by kind and outcome.
    pub transactions: IntCounterVec,
    /// Jobs that were not sent, by kind and reason.
    pub declined: IntCounterVec,
    /// Fees paid, rao.
    pub fees: IntCounter,
    /// Rewards that dry runs of successful transactions promised, rao.
    pub rewards: IntCounter,
    /// Errors by class.
    pub errors: IntCounterVec,
    /// Endpoints left.
    pub failovers: IntGauge,
    /// Blocks of the best chain that were taken back.
    pub retracted: IntCounter,
    /// Positions that a sweep had to repair.
    pub repairs: IntCounter,
    /// Time from a new head to the last transaction it caused, seconds.
    pub tick: Histogram,
    /// Time of deciding alone, seconds.
    pub decision: Histogram,
}

/// Reasons for which a job is not sent.
pub const DECLINED: [&str; 6] = [
    "lost_race",
    "unprofitable",
    "budget",
    "refused",
    "transient",
    "in_flight",
];

impl Metrics {
    /// Registers everything at zero.
    ///
    /// # Errors
    /// Only a name that is registered twice.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let metrics = Self {
            best_block: gauge(&registry, "best_block", "Height of the best block decided on")?,
            finalized_block: gauge(
                &registry,
                "finalized_block",
                "Height of the last finalized block announced",
            )?,
            cursor_block: gauge(
                &registry,
                "cursor_block",
                "Height of the last finalized block processed",
            )?,
            in_flight: gauge(&registry, "in_flight", "Transactions without an outcome")?,
            balance: gauge(&registry, "balance_rao", "Free balance of the signer")?,
            period_fees: gauge(&registry, "period_fees_rao", "Fees of the current budget period")?,
            period_subsidy: gauge(
                &registry,
                "period_subsidy_rao",
                "Uncovered fees of the current budget period",
            )?,
            positions: gauges(&registry, "positions", "Open positions", &["market"])?,
            above_limit: gauges(
                &registry,
                "positions_above_limit",
                "Positions above the liquidation limit",
                &["market"],
            )?,
            referenda: gauges(
                &registry,
                "open_referenda",
                "Referenda whose votes still count",
                &["dao"],
            )?,
            operations: gauges(
                &registry,
                "waiting_operations",
                "Operations that wait or are ready",
                &["dao"],
            )?,
            stages: gauges(
                &registry,
                "capability_stage",
                "Stage of a capability: 0 core, 1 delayed, 2 vetoable, 3 DAO, 4 frozen",
                &["dao", "capability"],
            )?,
            certified: gauges(&registry, "certified", "Whether the certificate was issued", &["dao"])?,
            economy: EconomyMetrics::new(&registry)?,
            transactions: counters(
                &registry,
                "transactions_total",
                "Transactions by outcome",
                &["kind", "outcome"],
            )?,
            declined: counters(
                &registry,
                "declined_total",
                "Jobs that were not sent",
                &["kind", "reason"],
            )?,
            fees: counter(&registry, "fees_rao_total", "Fees paid")?,
            rewards: counter(&registry, "rewards_rao_total", "Rewards of successful transactions")?,
            errors: counters(&registry, "errors_total", "Errors by class", &["class"])?,
            failovers: gauge(&registry, "failovers", "Endpoints left since the start")?,
            retracted: counter(&registry, "retracted_blocks_total", "Best blocks that were taken back")?,
            repairs: counter(&registry, "repairs_total", "Positions that a sweep had to repair")?,
            tick: histogram(
                &registry,
                "tick_seconds",
                "Time from a new head to the last transaction it caused",
            )?,
            decision: histogram(&registry, "decision_seconds", "Time of deciding alone")?,
            registry,
        };
        for kind in Kind::ALL {
            for outcome in OUTCOMES {
                metrics.transactions.with_label_values(&[kind.message(), outcome]);
            }
            for reason in DECLINED {
                metrics.declined.with_label_values(&[kind.message(), reason]);
            }
        }
        for class in Class::ALL {
            metrics.errors.with_label_values(&[class.name()]);
        }
        Ok(metrics)
    }

    /// The text format that Prometheus scrapes.
    ///
    /// # Errors
    /// Only of the encoder.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// A stage as a gauge's value: 0 for the core team's, 4 for frozen.
pub fn stage_level(stage: Stage) -> i64 {
    level(Stage::ALL.iter().position(|other| *other == stage).unwrap_or_default())
}

/// A gauge's value from an unsigned number.
pub fn level(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

fn opts(name: &str, help: &str) -> Opts {
    Opts::new(name, help).namespace("keeper")
}

pub(crate) fn gauge(registry: &Registry, name: &str, help: &str) -> Result<IntGauge, prometheus::Error> {
    let gauge = IntGauge::with_opts(opts(name, help))?;
    registry.register(Box::new(gauge.clone()))?;
    Ok(gauge)
}

pub(crate) fn gauges(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> Result<IntGaugeVec, prometheus::Error> {
    let gauges = IntGaugeVec::new(opts(name, help), labels)?;
    registry.register(Box::new(gauges.clone()))?;
    Ok(gauges)
}

fn counter(registry: &Registry, name: &str, help: &str) -> Result<IntCounter, prometheus::Error> {
    let counter = IntCounter::with_opts(opts(name, help))?;
    registry.register(Box::new(counter.clone()))?;
    Ok(counter)
}

fn counters(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec, prometheus::Error> {
    let counters = IntCounterVec::new(opts(name, help), labels)?;
    registry.register(Box::new(counters.clone()))?;
    Ok(counters)
}

fn histogram(registry: &Registry, name: &str, help: &str) -> Result<Histogram, prometheus::Error> {
    // From 0.1 ms, a decision about a few positions, to 12 s, a block.
    let buckets = vec![0.0001, 0.0005, 0.001, 0.005, 0.02, 0.1, 0.25, 1.0, 3.0, 12.0];
    let histogram = Histogram::with_opts(HistogramOpts::from(opts(name, help)).buckets(buckets))?;
    registry.register(Box::new(histogram.clone()))?;
    Ok(histogram)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_there_at_zero_before_anything_happens() {
        let text = Metrics::new().unwrap().render().unwrap();
        for series in [
            "keeper_transactions_total{kind=\"liquidate\",outcome=\"succeeded\"} 0",
            "keeper_declined_total{kind=\"harvest\",reason=\"budget\"} 0",
            "keeper_errors_total{class=\"fatal\"} 0",
            "keeper_transactions_total{kind=\"enact\",outcome=\"reverted\"} 0",
            "keeper_fees_rao_total 0",
            "keeper_cursor_block 0",
            "keeper_transactions_total{kind=\"settle\",outcome=\"sent\"} 0",
            "keeper_declined_total{kind=\"rebalance\",reason=\"lost_race\"} 0",
            "keeper_emission_epochs_behind 0",
        ] {
            assert!(text.contains(series), "{series} is missing in\n{text}");
        }
    }
}
