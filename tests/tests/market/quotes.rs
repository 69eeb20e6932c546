//! A quote is what the message would return in the same block.

use contract_tests::interface::Settlement::{Ledger, Stake};
use contract_tests::interface::{Action, MarketError, Quote};
use contract_tests::world::{ATTACKER, HOTKEY, KEEPER, LENDER, OTHER_SHORTER, PROVIDER, SHORTER, TRADER};
use contract_tests::{World, COIN, NETUID};
use kernel::{Asset, Error};

use crate::setup::{mature, open, pump};

/// Asks, then acts on a copy: both must say the same, and asking must change nothing.
fn equal(world: &mut World, who: [u8; 32], action: Action, act: impl FnOnce(&mut World) -> Result<Quote, MarketError>) {
    let before = world.state();
    let quoted = world.quote(who, action);
    assert_eq!(world.state(), before, "{action:?} is only a question");
    let done = act(&mut world.clone());
    assert!(done.is_ok(), "{action:?}: {done:?}");
    assert_eq!(quoted, done, "{action:?}");
}

#[test]
fn quotes_of_trades_and_loans_equal_execution() {
    let mut world = mature();
    world.blocks(7);
    let w = &mut world;
    let (tao, alpha) = (123_456_789_012, 77_000_000_123);
    equal(w, PROVIDER, Action::AddLiquidity { tao, max_alpha: alpha }, |w| {
        w.by(PROVIDER)
            .value(tao)
            .add_liquidity(alpha, 1, Ledger)
            .map(Quote::Liquidity)
    });
    equal(
        w,
        PROVIDER,
        Action::RemoveLiquidity {
            shares: 1_234_567_890_123,
        },
        |w| {
            w.by(PROVIDER)
                .remove_liquidity(1_234_567_890_123, 1, 1, Ledger)
                .map(Quote::Liquidity)
        },
    );
    for (input, amount_in) in [(Asset::Tao, tao), (Asset::Alpha, alpha)] {
        equal(w, TRADER, Action::SwapExactIn { input, amount_in }, |w| {
            w.by(TRADER).swap_exact_in(input, amount_in, 1, Ledger).map(Quote::Swap)
        });
    }
    for output in [Asset::Tao, Asset::Alpha] {
        equal(
            w,
            TRADER,
            Action::SwapExactOut {
                output,
                amount_out: alpha,
            },
            |w| {
                w.by(TRADER)
                    .swap_exact_out(output, alpha, 2 * alpha, Ledger)
                    .map(Quote::Swap)
            },
        );
    }
    equal(w, LENDER, Action::Lend { alpha }, |w| {
        w.by(LENDER).lend(alpha).map(Quote::Shares)
    });
    equal(
        w,
        LENDER,
        Action::Unlend {
            shares: 5_000_000_000_777,
        },
        |w| w.by(LENDER).unlend(5_000_000_000_777).map(Quote::Alpha),
    );
}

#[test]
fn quotes_of_shorts_equal_execution() {
    let mut world = mature();
    let w = &mut world;
    let margin = 100 * COIN + 13;
    equal(
        w,
        SHORTER,
        Action::OpenShort {
            margin,
            alpha: 99 * COIN + 7,
        },
        |w| {
            w.by(SHORTER)
                .value(margin)
                .open_short(99 * COIN + 7, 1)
                .map(Quote::Opened)
        },
    );
    let id = open(w, SHORTER, 120 * COIN).id;
    w.by(SHORTER).value(30 * COIN).add_margin(id).unwrap();
    w.blocks(33);
    equal(w, SHORTER, Action::AddMargin { id, tao: 5 }, |w| {
        w.by(SHORTER).value(5).add_margin(id).map(Quote::Margin)
    });
    equal(w, SHORTER, Action::WithdrawMargin { id, amount: COIN }, |w| {
        w.by(SHORTER).withdraw_margin(id, COIN).map(Quote::Margin)
    });
    for alpha in [11 * COIN + 3, u64::MAX] {
        equal(w, SHORTER, Action::CloseShort { id, alpha, tao: COIN }, |w| {
            w.by(SHORTER)
                .value(COIN)
                .close_short(id, alpha, u64::MAX)
                .map(Quote::Closed)
        });
    }
    equal(w, TRADER, Action::RepayWithAlpha { id, alpha: 17 * COIN }, |w| {
        w.by(TRADER).repay_with_alpha(id, 17 * COIN).map(Quote::Closed)
    });
    assert_eq!(
        w.quote(TRADER, Action::AddMargin { id: 55, tao: 1 }),
        Err(MarketError::Rule(Error::NoSuchPosition { id: 55 }))
    );
}

#[test]
fn quotes_of_liquidations_and_of_the_end_equal_execution() {
    let mut world = mature();
    let w = &mut world;
    let id = open(w, SHORTER, 150 * COIN).id;
    let other = open(w, OTHER_SHORTER, 50 * COIN).id;
    w.by(ATTACKER).deposit_alpha(HOTKEY, 100 * COIN).unwrap();
    pump(w, 12_700);
    equal(w, KEEPER, Action::Liquidate { id }, |w| {
        w.by(KEEPER)
            .liquidate(&[id], 0)
            .map(|report| Quote::Liquidated(report.liquidated[0]))
    });
    equal(
        w,
        ATTACKER,
        Action::LiquidateWithAlpha {
            id,
            max_alpha: 9 * COIN,
        },
        |w| {
            w.by(ATTACKER)
                .liquidate_with_alpha(id, 9 * COIN, 1)
                .map(Quote::Liquidated)
        },
    );
    w.control(|chain| chain.dissolve(NETUID));
    w.by(KEEPER).freeze().unwrap();
    equal(w, KEEPER, Action::SettleShort { id }, |w| {
        w.by(KEEPER)
            .settle_shorts(&[id])
            .map(|settled| Quote::Settled(settled[0]))
    });
    w.by(KEEPER).settle_shorts(&[id, other]).unwrap();
    for who in [PROVIDER, LENDER, TRADER] {
        equal(w, who, Action::Claim, |w| w.by(who).claim(who).map(Quote::Tao));
    }
}

#[test]
fn settled_as_stake_a_swap_is_the_same_and_the_limit_binds_what_arrives() {
    let world = mature();
    for amount in [COIN, 250 * COIN + 1] {
        let (mut ledger, mut stake) = (world.clone(), world.clone());
        let on_ledger = ledger.by(TRADER).swap_exact_in(Asset::Tao, amount, 1, Ledger).unwrap();
        let held = stake.stake(TRADER);
        let as_stake = stake.by(TRADER).swap_exact_in(Asset::Tao, amount, 1, Stake).unwrap();
        assert_eq!(on_ledger, as_stake);
        assert_eq!(ledger.state().market.pool, stake.state().market.pool);
        let arrived = stake.stake(TRADER) - held;
        assert!(arrived <= as_stake.amount_out && arrived + 2 >= as_stake.amount_out);
        // The rounding of the chain's shares is the trader's, and the limit knows it.
        let strict = world
            .clone()
            .by(TRADER)
            .swap_exact_in(Asset::Tao, amount, on_ledger.amount_out, Stake);
        let short = Error::SlippageExceeded {
            min: on_ledger.amount_out,
            got: arrived,
        };
        assert_eq!(strict, Err(MarketError::Rule(short)));
        world
            .clone()
            .by(TRADER)
            .swap_exact_in(Asset::Tao, amount, arrived, Stake)
            .unwrap();

        let (mut ledger, mut stake) = (world.clone(), world.clone());
        let on_ledger = ledger
            .by(TRADER)
            .swap_exact_in(Asset::Alpha, amount, 1, Ledger)
            .unwrap();
        let as_stake = stake.by(TRADER).swap_exact_in(Asset::Alpha, amount, 1, Stake).unwrap();
        assert_eq!(on_ledger, as_stake);
    }
}

#[test]
fn liquidity_settled_as_stake_leaves_what_the_ratio_does_not_take_on_the_ledger() {
    let mut world = mature();
    let ledger = world.account(TRADER).account.alpha;
    let tao = world.tao(TRADER);
    let deposits = world.deposits(TRADER);
    let added = world
        .by(TRADER)
        .value(10 * COIN)
        .add_liquidity(30 * COIN, 1, Stake)
        .unwrap();
    assert_eq!(world.account(TRADER).account.alpha, ledger + 30 * COIN - added.alpha);
    // TAO that the ratio does not take comes back at once.
    let added = world
        .by(TRADER)
        .value(50 * COIN)
        .add_liquidity(COIN, 1, Ledger)
        .unwrap();
    let spent = i128::from(tao) + deposits - i128::from(world.tao(TRADER)) - world.deposits(TRADER);
    assert_eq!(spent, i128::from(10 * COIN + added.tao));
    let held = world.stake(TRADER);
    let shares = world.account(TRADER).account.lp_shares;
    let removed = world.by(TRADER).remove_liquidity(shares, 1, 1, Stake).unwrap();
    assert!(world.stake(TRADER) - held + 2 >= removed.alpha);
}
