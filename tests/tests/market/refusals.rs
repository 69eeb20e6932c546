//! Every refusal, provoked once, with its numbers. A variant that nobody provokes fails the last check.

use std::collections::BTreeSet;

use codec::Decode;
use contract_tests::bundle;
use contract_tests::interface::MarketError;
use contract_tests::interface::Settlement::Ledger;
use contract_tests::world::{
    subnet, ATTACKER, AUTHORITY, EMISSION, HOTKEY, KEEPER, LENDER, OTHER_HOTKEY, OWNER, PROVIDER, SHORTER, TRADER,
};
use contract_tests::{World, COIN, NETUID};
use kernel::market::Standing;
use kernel::{Asset, Error, FeeParams, Parameter};
use staking::{Code, Function};

use crate::setup::{buy_until, liquid, mature, open, pump, LENT, POOL};

/// The refusal of a message that must be refused.
fn refusal<T: std::fmt::Debug>(result: Result<T, MarketError>) -> MarketError {
    result.expect_err("this is refused")
}

/// Name of a variant.
fn name(error: &impl std::fmt::Debug) -> String {
    let text = format!("{error:?}");
    text.split([' ', '(', '{']).next().expect("a name").to_string()
}

struct Provoked {
    rules: BTreeSet<String>,
    shell: BTreeSet<String>,
}

impl Provoked {
    fn rule(&mut self, got: MarketError, expected: Error) {
        assert_eq!(got, MarketError::Rule(expected));
        self.rules.insert(name(&expected));
        self.shell.insert(name(&got));
    }

    fn shell(&mut self, got: MarketError, expected: MarketError) {
        assert_eq!(got, expected);
        self.shell.insert(name(&got));
    }
}

#[test]
fn every_refusal_names_its_reason_and_its_numbers() {
    let mut seen = Provoked {
        rules: BTreeSet::new(),
        shell: BTreeSet::new(),
    };
    of_amounts(&mut seen);
    of_limits(&mut seen);
    of_shorts(&mut seen);
    of_life(&mut seen);
    of_the_shell(&mut seen);
    of_the_competition(&mut seen);
    let all = |path: &[&str]| bundle::market().variants(path).into_iter().collect::<BTreeSet<_>>();
    let rules = all(&["kernel", "error", "Error"]);
    assert_eq!(&rules - &seen.rules, BTreeSet::new(), "rules that nobody provoked");
    let shell = all(&["market", "error", "MarketError"]);
    assert_eq!(&shell - &seen.shell, BTreeSet::new(), "refusals that nobody provoked");
}

fn of_the_competition(seen: &mut Provoked) {
    let mut w = liquid();
    seen.shell(
        refusal(w.by(ATTACKER).settle_epoch(0, Standing::Open)),
        MarketError::NotEmission,
    );
    seen.shell(
        refusal(w.by(AUTHORITY).add_hotkey(ATTACKER)),
        MarketError::HotkeyNotRegistered,
    );
    seen.rule(refusal(w.by(AUTHORITY).remove_hotkey(HOTKEY)), Error::LastValidator);
    seen.rule(
        refusal(w.by(AUTHORITY).remove_hotkey(OTHER_HOTKEY)),
        Error::NoSuchValidator,
    );
    for number in 0..8u8 {
        let hotkey = [70 + number; 32];
        w.control(|chain| chain.register_hotkey(NETUID, hotkey, OWNER));
        let added = w.by(AUTHORITY).add_hotkey(hotkey);
        if number == 7 {
            seen.rule(refusal(added), Error::TooManyValidators);
        }
    }
    w.by(EMISSION).settle_epoch(0, Standing::Delisted).unwrap();
    seen.rule(refusal(w.by(LENDER).lend(COIN)), Error::Delisted);
}

fn of_amounts(seen: &mut Provoked) {
    let base = liquid();
    let mut w = base.clone();
    let alpha = w.account(TRADER).account.alpha;
    seen.rule(
        refusal(w.by(TRADER).withdraw_alpha(alpha + 1)),
        Error::InsufficientBalance {
            requested: alpha + 1,
            available: alpha,
        },
    );
    seen.rule(
        refusal(w.by(PROVIDER).remove_liquidity(u128::from(POOL), 0, 0, Ledger)),
        Error::InsufficientShares {
            requested: u128::from(POOL),
            available: u128::from(POOL) - 1_000,
        },
    );
    seen.rule(refusal(w.by(LENDER).lend(0)), Error::ZeroAmount);
    seen.rule(
        refusal(w.by(TRADER).swap_exact_in(Asset::Alpha, u64::MAX, 1, Ledger)),
        Error::InsufficientBalance {
            requested: u64::MAX,
            available: alpha,
        },
    );
    seen.rule(
        refusal(w.by(TRADER).swap_exact_out(Asset::Tao, POOL - 1, u64::MAX, Ledger)),
        Error::Overflow,
    );
    seen.rule(
        refusal(w.by(TRADER).swap_exact_out(Asset::Tao, POOL, u64::MAX, Ledger)),
        Error::InsufficientLiquidity {
            requested: POOL,
            available: POOL,
        },
    );
    let mut empty = World::new();
    seen.rule(
        refusal(empty.by(TRADER).swap_exact_in(Asset::Tao, COIN, 1, Ledger)),
        Error::PoolEmpty,
    );
    seen.rule(
        refusal(empty.by(TRADER).value(COIN).fund_incentives()),
        Error::PoolEmpty,
    );
    empty.by(PROVIDER).deposit_alpha(HOTKEY, COIN).unwrap();
    seen.rule(
        refusal(empty.by(PROVIDER).value(999_999).add_liquidity(1_000_000, 0, Ledger)),
        Error::InitialLiquidityTooSmall {
            min: 1_000_000,
            got: 999_999,
        },
    );
}

fn of_limits(seen: &mut Provoked) {
    let mut w = liquid();
    let now = w.block();
    seen.rule(
        refusal(w.by(TRADER).until(now - 1).swap_exact_in(Asset::Tao, COIN, 1, Ledger)),
        Error::DeadlinePassed { deadline: now - 1, now },
    );
    let got = w
        .clone()
        .by(TRADER)
        .swap_exact_in(Asset::Tao, COIN, 1, Ledger)
        .unwrap()
        .amount_out;
    seen.rule(
        refusal(w.by(TRADER).swap_exact_in(Asset::Tao, COIN, got + 1, Ledger)),
        Error::SlippageExceeded { min: got + 1, got },
    );
    let needed = w
        .clone()
        .by(TRADER)
        .swap_exact_out(Asset::Alpha, COIN, 2 * COIN, Ledger)
        .unwrap()
        .amount_in;
    seen.rule(
        refusal(w.by(TRADER).swap_exact_out(Asset::Alpha, COIN, needed - 1, Ledger)),
        Error::CostExceeded {
            max: needed - 1,
            needed,
        },
    );
    let got = w
        .clone()
        .by(PROVIDER)
        .value(COIN)
        .add_liquidity(COIN, 1, Ledger)
        .unwrap()
        .shares;
    seen.rule(
        refusal(w.by(PROVIDER).value(COIN).add_liquidity(COIN, got + 1, Ledger)),
        Error::SharesBelowMinimum { min: got + 1, got },
    );
    seen.rule(
        refusal(w.by(KEEPER).poke(1)),
        Error::RewardBelowMinimum { min: 1, got: 0 },
    );
    w.by(KEEPER).poke(0).ok();
    seen.rule(refusal(w.by(KEEPER).poke(0)), Error::NothingToDo);
    seen.rule(refusal(w.by(KEEPER).liquidate(&[], 0)), Error::NothingDue);
    let fees = FeeParams {
        swap_fee_bps: 0,
        ..FeeParams::default()
    };
    seen.rule(
        refusal(w.by(AUTHORITY).set_fees(fees)),
        Error::ParameterOutOfBounds {
            parameter: Parameter::SwapFee,
            min: 5,
            max: 100,
            got: 0,
        },
    );
}

fn of_shorts(seen: &mut Provoked) {
    let mut young = liquid();
    let now = young.block();
    let refused = refusal(young.by(SHORTER).value(COIN).open_short(COIN, 1));
    let MarketError::Rule(young @ Error::OracleTooYoung { ready_at, now: at }) = refused else {
        panic!("{refused:?}");
    };
    assert!(at == now && (now..now + 160).contains(&ready_at));
    seen.rule(refused, young);

    let base = mature();
    let mut w = base.clone();
    seen.rule(
        refusal(w.by(SHORTER).value(COIN / 10 - 1).open_short(COIN, 1)),
        Error::MarginTooSmall {
            min: COIN / 10,
            got: COIN / 10 - 1,
        },
    );
    let max = POOL / 50;
    seen.rule(
        refusal(w.by(SHORTER).value(POOL).open_short(max + 1, 1)),
        Error::PositionTooLarge { max, got: max + 1 },
    );
    let refused = refusal(w.by(SHORTER).value(COIN).open_short(100 * COIN, 1));
    let MarketError::Rule(
        high @ Error::LtvTooHigh {
            max_bps: 6_000,
            got_bps,
        },
    ) = refused
    else {
        panic!("{refused:?}");
    };
    assert!(
        (9_000..11_000).contains(&got_bps),
        "margin of one for a debt of a hundred: {got_bps}"
    );
    seen.rule(refused, high);
    let until = w.block() + 10;
    w.by(AUTHORITY).pause_opening(until).unwrap();
    seen.rule(
        refusal(w.by(SHORTER).value(COIN).open_short(COIN, 1)),
        Error::OpeningPaused,
    );

    let mut w = base.clone();
    w.set_chain_price(COIN / 2);
    let refused = refusal(w.by(SHORTER).value(COIN).open_short(COIN, 1));
    let MarketError::Rule(apart @ Error::SafeMode { market, chain }) = refused else {
        panic!("{refused:?}");
    };
    assert!(market.abs_diff(1_000_000_000_000) < 10_000 && chain.abs_diff(500_000_000_000) < 10_000);
    seen.rule(refused, apart);

    let mut w = base.clone();
    let shares = w.account(LENDER).account.lend_shares;
    w.by(LENDER).unlend(shares / 10 * 9).unwrap();
    let refused = refusal(w.by(SHORTER).value(100 * COIN).open_short(LENT / 10 - COIN, 1));
    let MarketError::Rule(
        used @ Error::UtilisationTooHigh {
            max_bps: 9_000,
            got_bps: 9_900,
        },
    ) = refused
    else {
        panic!("{refused:?}");
    };
    seen.rule(refused, used);

    let mut w = base;
    let mut debt = 0;
    for alpha in [190, 150, 140] {
        open(&mut w, SHORTER, alpha * COIN);
        debt += alpha * COIN;
    }
    let refused = refusal(w.by(SHORTER).value(100 * COIN).open_short(100 * COIN, 1));
    let MarketError::Rule(total @ Error::TotalDebtTooLarge { max, got }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(max, POOL / 20, "5 % of the liquidity that was there before the shorts");
    assert!((debt + 100 * COIN..debt + 101 * COIN).contains(&got));
    seen.rule(refused, total);
    let refused = refusal(w.by(KEEPER).liquidate(&[0], 0));
    let MarketError::Rule(
        healthy @ Error::NotLiquidatable {
            lltv_bps: 7_000,
            ltv_bps: ..=6_000,
        },
    ) = refused
    else {
        panic!("{refused:?}");
    };
    seen.rule(refused, healthy);
    seen.rule(
        refusal(w.by(SHORTER).value(COIN).add_margin(9)),
        Error::NoSuchPosition { id: 9 },
    );
    pump(&mut w, 13_000);
    buy_until(&mut w, TRADER, 15_000);
    let refused = refusal(w.by(KEEPER).liquidate(&[0], 0));
    let MarketError::Rule(above @ Error::PriceAboveCap { cap, spot }) = refused else {
        panic!("{refused:?}");
    };
    assert!(spot > cap && cap > 1_300_000_000_000);
    seen.rule(refused, above);
}

fn of_life(seen: &mut Provoked) {
    let mut w = mature();
    let id = open(&mut w, SHORTER, 10 * COIN).id;
    seen.rule(refusal(w.by(KEEPER).claim(TRADER)), Error::NotFrozen);
    seen.shell(refusal(w.by(KEEPER).freeze()), MarketError::GenerationAlive);
    let market = w.market;
    let stake = w.stake(market);
    let mut halfway = w.clone();
    halfway.control(|chain| {
        use staking::Store;
        chain.store.remove(&[b'n', 0, NETUID as u8]);
        Ok(())
    });
    seen.shell(
        refusal(halfway.by(KEEPER).freeze()),
        MarketError::DissolutionPending { stake },
    );
    w.control(|chain| chain.reuse(NETUID, subnet()));
    seen.shell(
        refusal(w.by(SHORTER).close_short(id, u64::MAX, u64::MAX)),
        MarketError::GenerationEnded { generation: 1 },
    );
    w.by(KEEPER).freeze().unwrap();
    seen.rule(refusal(w.by(KEEPER).freeze()), Error::Frozen);
    seen.shell(
        refusal(World::without_market().instantiate(9, 0)),
        MarketError::NoSuchSubnet { netuid: 9 },
    );
}

fn of_the_shell(seen: &mut Provoked) {
    let mut w = mature();
    seen.shell(refusal(w.by(TRADER).pause_opening(0)), MarketError::NotAuthority);
    let id = open(&mut w, SHORTER, 10 * COIN).id;
    seen.shell(
        refusal(w.by(TRADER).close_short(id, u64::MAX, u64::MAX)),
        MarketError::NotOwner,
    );
    seen.shell(refusal(w.by(TRADER).withdraw_margin(id, 1)), MarketError::NotOwner);
    seen.shell(
        refusal(w.by(TRADER).value(COIN).swap_exact_in(Asset::Tao, COIN + 1, 1, Ledger)),
        MarketError::ValueMismatch {
            expected: COIN + 1,
            got: COIN,
        },
    );
    seen.shell(
        refusal(w.by(TRADER).value(1).swap_exact_in(Asset::Alpha, COIN, 1, Ledger)),
        MarketError::ValueMismatch { expected: 0, got: 1 },
    );
    seen.shell(
        refusal(w.by(KEEPER).liquidate(&[0; 101], 0)),
        MarketError::BatchTooLarge { max: 100, got: 101 },
    );
    w.give_stake(TRADER, OTHER_HOTKEY, COIN);
    seen.shell(
        refusal(w.by(TRADER).deposit_alpha(OTHER_HOTKEY, COIN)),
        MarketError::ForeignHotkey,
    );

    // Every code of the chain arrives as it is.
    for code in 1..=22u8 {
        let code = Code::decode(&mut &[code][..]).expect("a code of the chain");
        w.control(|chain| {
            chain.fail_next(TRADER, Function::CallerTransferStake, code, 1);
            Ok(())
        });
        seen.shell(
            refusal(w.by(TRADER).deposit_alpha(HOTKEY, COIN)),
            MarketError::Chain(code),
        );
    }
    // A chain that says yes and moves nothing.
    let market = w.market;
    w.control(|chain| {
        chain.fail_next(market, Function::TransferStake, Code::Success, 1);
        Ok(())
    });
    let refused = refusal(w.by(TRADER).withdraw_alpha(COIN));
    seen.shell(
        refused,
        MarketError::StakeNotMoved {
            requested: COIN - 1,
            moved: 0,
        },
    );

    // Less than the existential deposit cannot be paid to an account that is gone.
    let ledger = w.account(TRADER).account.alpha;
    assert!(ledger > 1_000);
    let all = w.tao(TRADER);
    w.transfer(TRADER, KEEPER, all);
    let refused = refusal(w.by(TRADER).swap_exact_in(Asset::Alpha, 300, 1, Ledger));
    let MarketError::TransferFailed { amount: 1..=300 } = refused else {
        panic!("{refused:?}");
    };
    seen.shell(refused.clone(), refused);
}
