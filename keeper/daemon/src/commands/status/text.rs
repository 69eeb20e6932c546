//! The status for people.

use std::fmt::Write;

use crate::engine::{ChallengeStatus, EmissionStatus, MarketStatus, SeatStatus, Status, ValidatorStatus};

const RAO: u64 = 1_000_000_000;

/// A table of text. `running` says whether a keeper runs.
pub fn text(status: &Status, running: bool) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = describe(&mut out, status, running);
    out.trim_end().to_owned()
}

fn describe(out: &mut String, status: &Status, running: bool) -> std::fmt::Result {
    let cursor = status
        .cursor
        .map_or_else(|| "none".to_owned(), |cursor| cursor.to_string());
    writeln!(
        out,
        "keeper      {}, best block {}, cursor {cursor}, {} transaction(s) in flight",
        if running { "running" } else { "not running" },
        status.best,
        status.in_flight.len()
    )?;
    writeln!(
        out,
        "budget      {} TAO of fees in this period, of which {} TAO uncovered",
        tao(status.period_fees_rao.into()),
        tao(status.period_subsidy_rao.into())
    )?;
    if let Some(emission) = &status.emission {
        describe_emission(out, emission)?;
    }
    for governance in &status.governance {
        writeln!(
            out,
            "governance  DAO {} {}: {} open referenda, {} waiting operation(s){}",
            governance.name,
            governance.dao,
            governance.open_referenda,
            governance.waiting_operations,
            if governance.certified { ", certified" } else { "" }
        )?;
    }
    for market in &status.markets {
        describe_market(out, market)?;
    }
    Ok(())
}

fn describe_emission(out: &mut String, emission: &EmissionStatus) -> std::fmt::Result {
    let EmissionStatus {
        next_epoch,
        running_epoch,
        behind,
        begun,
        seated,
        rules_version,
        ..
    } = emission;
    writeln!(
        out,
        "emission    epoch {running_epoch} runs, {next_epoch} is settled next{}, {behind} behind; {seated} seat(s), rules of \
         version {rules_version}",
        if *begun { " and has begun" } else { "" }
    )?;
    writeln!(
        out,
        "            budget {} TAO, bonds {} TAO, paid {} TAO in the last epoch, {} TAO in all",
        tao(emission.budget_rao.into()),
        tao(emission.bonds_rao.into()),
        tao(emission.paid_rao.into()),
        tao(emission.total_paid_rao.into())
    )
}

fn describe_market(out: &mut String, market: &MarketStatus) -> std::fmt::Result {
    let life = match (market.frozen, market.alive) {
        (true, _) => "frozen",
        (false, true) => "alive",
        (false, false) => "ended",
    };
    writeln!(
        out,
        "\nmarket {} {}: {life}, {}, {} position(s), {} above the limit",
        market.name, market.address, market.standing, market.positions, market.above_limit
    )?;
    match &market.emission {
        Some(seat) => describe_seat(out, seat)?,
        None => writeln!(out, "  emission  no seat")?,
    }
    for validator in &market.validators {
        describe_validator(out, validator)?;
    }
    Ok(())
}

fn describe_seat(out: &mut String, seat: &SeatStatus) -> std::fmt::Result {
    write!(
        out,
        "  state     {} since epoch {}: {}",
        seat.state, seat.since_epoch, seat.reason
    )?;
    if let Some((epoch, block)) = seat.quarantine_ends_epoch.zip(seat.quarantine_ends_block) {
        write!(out, "; ends with epoch {epoch}, block {block}")?;
    }
    if let Some(block) = seat.delisting_block {
        write!(out, "; delisted from block {block} on")?;
    }
    if seat.unanswered_epochs > 0 {
        write!(out, "; did not answer for {} epoch(s)", seat.unanswered_epochs)?;
    }
    writeln!(out)?;
    if let Some(challenge) = &seat.challenge {
        describe_challenge(out, challenge)?;
    }
    writeln!(
        out,
        "  flow      {} TAO/epoch, matured {} TAO/epoch, {} TAO stayed",
        tao(seat.flow_rao_per_epoch.into()),
        tao(seat.matured_rao_per_epoch.into()),
        tao(seat.stayed_rao.into())
    )?;
    writeln!(
        out,
        "  emission  share {} %, paid {} TAO in the last epoch, {} TAO in all",
        decimal(seat.share_ppm.into(), 10_000, 4),
        tao(seat.paid_rao.into()),
        tao(seat.total_paid_rao.into())
    )?;
    writeln!(
        out,
        "  index     {} bps: flow {}, price {}, dividends {}",
        seat.index_bps, seat.flow_bps, seat.price_bps, seat.dividends_bps
    )
}

fn describe_challenge(out: &mut String, challenge: &ChallengeStatus) -> std::fmt::Result {
    writeln!(
        out,
        "  challenge by {} with {} TAO in epoch {}: {} of {} epochs counted, {} of them bad",
        challenge.challenger,
        tao(challenge.bond_rao.into()),
        challenge.opened_epoch,
        challenge.counted,
        challenge.of,
        challenge.bad
    )
}

fn describe_validator(out: &mut String, validator: &ValidatorStatus) -> std::fmt::Result {
    let flags: Vec<&str> = [
        ("leaving", validator.leaving),
        ("deregistered", validator.deregistered),
        ("silent", validator.silent),
    ]
    .into_iter()
    .filter_map(|(flag, set)| set.then_some(flag))
    .collect();
    let flags = if flags.is_empty() {
        String::new()
    } else {
        format!("  {}", flags.join(", "))
    };
    writeln!(
        out,
        "  hotkey    {}  stake {}  yield {} %/year  weight {} %  last move {}{flags}",
        validator.hotkey,
        tao(validator.stake.into()),
        decimal(validator.yield_bps_per_year.into(), 100, 2),
        decimal(validator.weight_bps.into(), 100, 2),
        tao(validator.last_move.into())
    )
}

/// An amount of rao, or of alpha-rao, in whole units.
fn tao(rao: i128) -> String {
    decimal(rao, RAO, 9)
}

/// A number in units of one `unit`th, with so many digits after the point.
fn decimal(number: i128, unit: u64, digits: usize) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let (number, unit) = (number.unsigned_abs(), u128::from(unit.max(1)));
    format!("{sign}{}.{:0digits$}", number / unit, number % unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_sign_and_zeroes() {
        assert_eq!(tao(-5), "-0.000000005");
        assert_eq!(tao(12_000_000_000), "12.000000000");
        assert_eq!(decimal(1_999, 100, 2), "19.99");
    }

    #[test]
    fn a_market_in_quarantine_tells_why_until_when_and_who_challenges_it() {
        let market = MarketStatus {
            address: "5M".into(),
            name: "1/2".into(),
            alive: true,
            frozen: false,
            standing: "Contested".into(),
            positions: 3,
            above_limit: 0,
            spot_e12: 0,
            emission: Some(SeatStatus {
                flow_rao_per_epoch: -3_000_000_000,
                matured_rao_per_epoch: -3_000_000_000,
                stayed_rao: 0,
                share_ppm: 250_000,
                paid_rao: 0,
                total_paid_rao: 5,
                index_bps: -2_910,
                flow_bps: -3_000,
                price_bps: 100,
                dividends_bps: -10,
                state: "Quarantine".into(),
                level: 2,
                reason: "NetOutflow".into(),
                since_epoch: 5,
                challenge: Some(ChallengeStatus {
                    challenger: "5C".into(),
                    bond_rao: 10_000_000_000,
                    opened_epoch: 6,
                    counted: 2,
                    bad: 1,
                    of: 60,
                }),
                quarantine_ends_epoch: Some(9),
                quarantine_ends_block: Some(3_600),
                delisting_block: None,
                unanswered_epochs: 0,
            }),
            validators: vec![ValidatorStatus {
                hotkey: "5H".into(),
                stake: 1_000_000_000,
                yield_bps_per_year: 1_999,
                weight_bps: 2_500,
                last_move: -500_000_000,
                leaving: false,
                deregistered: true,
                silent: true,
            }],
        };
        let status = Status {
            markets: vec![market],
            ..Status::default()
        };
        let text = text(&status, true);
        for part in [
            "market 1/2 5M: alive, Contested, 3 position(s)",
            "Quarantine since epoch 5: NetOutflow; ends with epoch 9, block 3600",
            "challenge by 5C with 10.000000000 TAO in epoch 6: 2 of 60 epochs counted, 1 of them bad",
            "flow      -3.000000000 TAO/epoch",
            "share 25.0000 %",
            "-2910 bps: flow -3000, price 100, dividends -10",
            "yield 19.99 %/year  weight 25.00 %  last move -0.500000000  deregistered, silent",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }
}
