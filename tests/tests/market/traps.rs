//! The chain's traps that concern a market, by name.

use codec::Encode;
use contract_tests::bundle;
use contract_tests::interface::MarketError;
use contract_tests::interface::Settlement::{Ledger, Stake};
use contract_tests::puppet::{self, calling, using};
use contract_tests::world::{
    subnet, Outcome, ATTACKER, HOTKEY, KEEPER, LENDER, OTHER_HOTKEY, OTHER_SHORTER, PROVIDER, SHORTER, TEMPO, TRADER,
};
use contract_tests::{World, COIN, NETUID};
use kernel::competition::Validators;
use kernel::math::E18;
use kernel::{Asset, Error};
use staking::{Code, Function};

use crate::setup::{liquid, mature, open, LENT, POOL};

/// Every function that acts as the immediate caller, aimed at the stake and the account of `victim`.
fn thefts() -> Vec<Vec<u8>> {
    let all = 1_000 * COIN;
    let n = NETUID;
    vec![
        using(Function::CallerAddStake, (HOTKEY, n, COIN)),
        using(Function::CallerRemoveStake, (HOTKEY, n, all)),
        using(Function::CallerMoveStake, (HOTKEY, OTHER_HOTKEY, n, n, all)),
        using(Function::CallerTransferStake, (ATTACKER, HOTKEY, n, n, all)),
        using(Function::CallerSwapStake, (HOTKEY, n, 0u16, all)),
        using(Function::CallerAddStakeLimit, (HOTKEY, n, COIN, u64::MAX, true)),
        using(Function::CallerRemoveStakeLimit, (HOTKEY, n, all, 1u64, true)),
        using(Function::CallerSwapStakeLimit, (HOTKEY, n, 0u16, all, 0u64, true)),
        using(Function::CallerSetColdkeyAutoStakeHotkey, (n, OTHER_HOTKEY)),
        using(Function::CallerAddProxy, ATTACKER),
        using(Function::CallerRemoveProxy, ATTACKER),
        using(Function::CallerRemoveStakeFullLimit, (HOTKEY, n, None::<u64>)),
        using(Function::CallerUnstakeAllAlpha, HOTKEY),
        using(Function::CallerUnstakeAll, HOTKEY),
    ]
}

#[test]
fn confused_deputy_a_contract_that_calls_out_loses_its_stake_but_the_market_calls_nobody() {
    let mut world = mature();
    let hostile = puppet::create(&mut world, COIN);
    // What a careless contract suffers: it calls the hostile one, which moves the caller's stake.
    let careless = puppet::create(&mut world, COIN);
    world.give_stake(careless, HOTKEY, 10 * COIN);
    let theft = using(
        Function::CallerTransferStake,
        (ATTACKER, HOTKEY, NETUID, NETUID, 10 * COIN),
    );
    let (called, answer) = puppet::answer(world.run(TRADER, careless, 0, calling(hostile, &theft)));
    assert_eq!((called, answer), (0, vec![0; 4]), "the call and the theft succeed");
    assert_eq!(world.stake(careless), 0, "the mechanism works in this sandbox");

    // The same contract calls the market, is paid by it, and tries every function: nothing of the market's moves.
    let market = world.market;
    world.give_stake(hostile, HOTKEY, 100 * COIN);
    let deposit = [
        bundle::market().selector("deposit_alpha").to_vec(),
        (HOTKEY, 50 * COIN).encode(),
    ]
    .concat();
    let (code, _) = puppet::answer(world.run(ATTACKER, hostile, 0, calling(market, &deposit)));
    assert_eq!(code, 0);
    let sale = (Asset::Alpha, 10 * COIN, 1u64, u32::MAX, Ledger).encode();
    let sell = [bundle::market().selector("swap_exact_in").to_vec(), sale].concat();
    let entered = puppet::entries(&mut world, ATTACKER, hostile);
    let paid = world.tao(hostile);
    let (code, _) = puppet::answer(world.run(ATTACKER, hostile, 0, calling(market, &sell)));
    assert_eq!(code, 0);
    assert!(world.tao(hostile) > paid, "the market paid the contract");
    assert_eq!(
        puppet::entries(&mut world, ATTACKER, hostile),
        entered + 2,
        "entered by us only, not by the market's payment"
    );
    let (stake, tao) = (world.stake(market), world.market_tao());
    for theft in thefts() {
        world.run(ATTACKER, hostile, 0, theft);
        assert_eq!((world.stake(market), world.market_tao()), (stake, tao));
    }
    let stakes = world.chain(|chain| chain.stakes_on(&market, NETUID));
    assert_eq!(stakes, [(HOTKEY, stake)], "nothing was moved to another hotkey either");
    assert_eq!(world.chain(|chain| chain.auto_stake_hotkey(&market, NETUID)), None);
    // The next call checks every identity.
    world.by(KEEPER).poke(0).unwrap();
}

#[test]
fn silent_cap_a_deposit_of_more_than_there_is_credits_what_arrived() {
    let mut world = World::new();
    let stake = world.stake(TRADER);
    let credited = world.by(TRADER).deposit_alpha(HOTKEY, stake + 1_000 * COIN).unwrap();
    assert!(credited <= stake && credited + 1 >= stake, "{credited} of {stake}");
    assert_eq!(world.account(TRADER).account.alpha, credited);
    assert_eq!(world.stake(TRADER), 0);
    let nothing = world.by(TRADER).deposit_alpha(HOTKEY, COIN);
    assert_eq!(
        nothing,
        Err(MarketError::Chain(Code::AmountTooLow)),
        "nothing is left to move"
    );
}

#[test]
fn silent_cap_a_swap_settled_as_stake_sells_what_arrived() {
    let mut world = liquid();
    let stake = world.stake(TRADER);
    let ledger = world.account(TRADER).account.alpha;
    let spare = world.by(TRADER).deposit_alpha(HOTKEY, stake - 10 * COIN).unwrap();
    let swap = world
        .by(TRADER)
        .swap_exact_in(Asset::Alpha, 1_000 * COIN, 1, Stake)
        .unwrap();
    assert!(
        swap.amount_in <= 10 * COIN && swap.amount_in + 1 >= 10 * COIN,
        "{swap:?}"
    );
    assert_eq!(
        world.account(TRADER).account.alpha,
        ledger + spare,
        "the ledger did not pay for it"
    );
}

#[test]
fn direct_deposit_takes_the_stake_of_who_calls_and_through_a_router_that_of_the_router() {
    let mut world = World::new();
    let router = puppet::create(&mut world, COIN);
    world.give_stake(router, HOTKEY, 7 * COIN);
    let stake = world.stake(TRADER);
    let market = world.market;
    let deposit = [
        bundle::market().selector("deposit_alpha").to_vec(),
        (HOTKEY, 5 * COIN).encode(),
    ]
    .concat();
    world.run(TRADER, router, 0, calling(market, &deposit));
    assert_eq!(world.stake(TRADER), stake);
    assert_eq!(world.account(TRADER).account.alpha, 0);
    assert_eq!(world.account(router).account.alpha, 5 * COIN);
    assert_eq!(world.stake(router), 2 * COIN);
}

#[test]
fn a_reused_netuid_ends_the_market_although_a_subnet_exists() {
    let mut world = mature();
    let id = open(&mut world, SHORTER, 100 * COIN).id;
    world.control(|chain| chain.reuse(NETUID, subnet()));
    let ended = MarketError::GenerationEnded { generation: 1 };
    assert_eq!(
        world.by(TRADER).swap_exact_in(Asset::Tao, COIN, 1, Ledger),
        Err(ended.clone())
    );
    assert_eq!(
        world.by(SHORTER).close_short(id, u64::MAX, u64::MAX),
        Err(ended.clone())
    );
    assert_eq!(world.by(KEEPER).liquidate(&[id], 0), Err(ended.clone()));
    assert_eq!(
        world.by(PROVIDER).withdraw_alpha(COIN),
        Err(ended.clone()),
        "alpha of the old generation is gone"
    );
    assert_eq!(
        world.by(TRADER).deposit_alpha(HOTKEY, COIN),
        Err(ended),
        "the new one's is not taken for it"
    );
    assert!(!world.state().alive);
    world.by(KEEPER).freeze().unwrap();
    world.by(KEEPER).settle_shorts(&[id]).unwrap();
    for who in [PROVIDER, LENDER, TRADER, SHORTER] {
        assert!(world.by(KEEPER).claim(who).unwrap() > 0);
    }

    // The new generation's market is another account with nothing of the old.
    world.blocks(1);
    let old = world.market;
    let new = world.instantiate(NETUID, 0).unwrap();
    assert_ne!(new, old);
}

#[test]
fn stake_of_a_new_generation_sent_to_an_ended_market_is_never_owed() {
    let mut world = mature();
    world.control(|chain| chain.reuse(NETUID, subnet()));
    let market = world.market;
    world.give_stake(market, HOTKEY, 500 * COIN);
    let frozen = world.by(KEEPER).freeze().unwrap();
    let custody = world.custody();
    assert_eq!(custody.alpha_owed, 0);
    // All TAO the chain paid for the old stake is what is shared, nothing more.
    assert!(frozen.proceeds <= world.market_tao());
    assert!(world.by(KEEPER).claim(PROVIDER).unwrap() > 0);
}

#[test]
fn dissolution_pays_everybody_at_one_rate_and_lenders_after_the_shorts() {
    let mut world = mature();
    let first = open(&mut world, SHORTER, 150 * COIN).id;
    let second = open(&mut world, OTHER_SHORTER, 100 * COIN).id;
    let stake = world.custody().alpha_owed;
    let protocol = world.state().market.protocol_alpha;
    let before = world.market_tao();
    world.control(|chain| chain.dissolve(NETUID));
    let paid = world.market_tao() - before;
    let frozen = world.by(KEEPER).freeze().unwrap();
    assert_eq!(frozen.rate_e18, u128::from(paid) * E18 / u128::from(stake));
    let taken = u64::try_from(u128::from(protocol) * frozen.rate_e18 / E18).unwrap();
    assert_eq!(
        frozen.proceeds + taken,
        paid,
        "all that the chain paid, less the protocol's part"
    );
    assert_eq!(world.by(KEEPER).freeze(), Err(MarketError::Rule(Error::Frozen)));

    let alpha = world.account(TRADER).account.alpha;
    let expected = u128::from(alpha) * frozen.rate_e18 / E18;
    assert_eq!(u128::from(world.by(KEEPER).claim(TRADER).unwrap()), expected);
    // The lender's ledger alpha is paid at once, the shares wait for the last short.
    let ledger = world.account(LENDER).account.alpha;
    let early = u128::from(ledger) * frozen.rate_e18 / E18;
    assert_eq!(u128::from(world.by(LENDER).claim(LENDER).unwrap()), early);
    assert_eq!(
        world.by(LENDER).claim(LENDER),
        Err(MarketError::Rule(Error::NothingToDo))
    );
    world.by(KEEPER).settle_shorts(&[first, 99]).unwrap();
    assert_eq!(
        world.by(LENDER).claim(LENDER),
        Err(MarketError::Rule(Error::NothingToDo))
    );
    let settled = world.by(KEEPER).settle_shorts(&[second]).unwrap();
    assert_eq!(settled[0].bad_debt, 0);
    assert!(settled[0].returned > 0, "the owner gets what is left");
    assert!(world.by(LENDER).claim(LENDER).unwrap() > 0);
}

#[test]
fn a_dissolution_that_is_not_paid_out_yet_cannot_be_frozen() {
    let mut world = mature();
    let market = world.market;
    let stake = world.stake(market);
    // A chain that removes the subnet first and pays its stakers later.
    world.control(|chain| {
        use staking::Store;
        chain.store.remove(&[b'n', 0, NETUID as u8]);
        Ok(())
    });
    assert_eq!(
        world.by(KEEPER).freeze(),
        Err(MarketError::DissolutionPending { stake })
    );
}

#[test]
fn donated_stake_moves_no_price_no_share_and_no_rate() {
    let mut world = mature();
    let before = world.state();
    let views = (world.account(PROVIDER), world.account(LENDER));
    let market = world.market;
    let gift = Function::TransferStake;
    world
        .extrinsic(ATTACKER, gift, (market, HOTKEY, NETUID, NETUID, 5_000 * COIN))
        .unwrap();
    world.transfer(ATTACKER, market, 5_000 * COIN);
    assert_eq!(world.state(), before);
    assert_eq!((world.account(PROVIDER), world.account(LENDER)), views);
    assert_eq!(
        world.by(KEEPER).harvest(0),
        Err(MarketError::Rule(Error::NothingToDo)),
        "validators have paid nothing"
    );
    assert_eq!(world.state(), before);
}

#[test]
fn a_donation_is_booked_no_faster_than_validators_pay() {
    let mut world = mature();
    world.set_dividend(HOTKEY, 100 * COIN);
    let market = world.market;
    world.give_stake(market, HOTKEY, 10_000 * COIN);
    world.blocks(u32::from(TEMPO));
    let harvested = world.by(KEEPER).harvest(0).unwrap();
    assert!(harvested.booked <= 200 * COIN, "{harvested:?}");
    assert!(harvested.unbooked >= 9_000 * COIN, "{harvested:?}");
}

#[test]
fn spot_of_the_chain_moved_within_a_block_can_only_close_the_door() {
    let mut world = mature();
    for price in [COIN / 2, COIN * 88 / 100, COIN * 112 / 100, 2 * COIN] {
        world.set_chain_price(price);
        let refused = world.by(SHORTER).value(100 * COIN).open_short(100 * COIN, 1);
        let Err(MarketError::Rule(Error::SafeMode { market, chain })) = refused else {
            panic!("{price}: {refused:?}");
        };
        assert!(market.abs_diff(chain) > chain / 10);
    }
    world.set_chain_price(COIN);
    open(&mut world, SHORTER, 100 * COIN);
}

#[test]
fn transfers_worth_too_little_are_refused_and_nothing_is_lost() {
    let mut world = liquid();
    let low = Err(MarketError::Chain(Code::AmountTooLow));
    assert_eq!(world.by(TRADER).deposit_alpha(HOTKEY, 1_999_999), low);
    let before = world.account(TRADER).account.alpha;
    assert_eq!(world.by(TRADER).withdraw_alpha(1_999_999), low);
    assert_eq!(world.by(TRADER).withdraw_alpha_as_tao(1_000_000, 0), low);
    assert_eq!(world.account(TRADER).account.alpha, before);
    world.by(TRADER).withdraw_alpha(2_100_000).unwrap();
}

#[test]
fn transfers_switched_off_leave_the_way_out_as_tao() {
    let mut world = liquid();
    world.control(|chain| chain.set_transfers(NETUID, false));
    let refused = MarketError::Chain(Code::RuntimeError);
    assert_eq!(world.by(TRADER).deposit_alpha(HOTKEY, COIN), Err(refused.clone()));
    assert_eq!(world.by(TRADER).withdraw_alpha(COIN), Err(refused.clone()));
    assert_eq!(world.by(TRADER).swap_exact_in(Asset::Tao, COIN, 1, Stake), Err(refused));
    let before = world.tao(TRADER);
    let paid = world.by(TRADER).withdraw_alpha_as_tao(100 * COIN, 99 * COIN).unwrap();
    assert!(paid >= 99 * COIN && world.tao(TRADER) - before <= paid);
    world.by(TRADER).swap_exact_in(Asset::Alpha, COIN, 1, Ledger).unwrap();
    let shares = world.account(PROVIDER).account.lp_shares;
    world.by(PROVIDER).remove_liquidity(shares, 1, 1, Ledger).unwrap();
}

#[test]
fn locked_alpha_is_refused_by_the_chain_and_nothing_changes() {
    let mut world = World::new();
    let stake = world.stake(TRADER);
    world.control(|chain| chain.set_lock(NETUID, TRADER, HOTKEY, stake, true));
    let refused = world.by(TRADER).deposit_alpha(HOTKEY, COIN);
    assert_eq!(refused, Err(MarketError::Chain(Code::RuntimeError)));
    assert_eq!(world.stake(TRADER), stake);
    // Half of it unlocked can come.
    world.control(|chain| chain.set_lock(NETUID, TRADER, HOTKEY, stake / 2, true));
    assert_eq!(world.by(TRADER).deposit_alpha(HOTKEY, stake / 2), Ok(stake / 2));
    assert_eq!(
        world.by(TRADER).deposit_alpha(HOTKEY, stake / 4),
        Err(MarketError::Chain(Code::RuntimeError))
    );
}

#[test]
fn roundings_of_the_chains_shares_never_come_out_of_the_market() {
    let mut world = liquid();
    world.set_dividend(HOTKEY, 1_234_567_891);
    for round in 1..=30u64 {
        world.control(|chain| {
            chain.run_epoch(NETUID);
            Ok(())
        });
        // After dividends a share is worth an odd number of rao. Every call checks that stake covers what is owed.
        let amount = 10_000_019 * round + round * round;
        let credited = world.by(TRADER).deposit_alpha(HOTKEY, amount).unwrap();
        assert!(credited <= amount && credited + 2 >= amount, "{credited} of {amount}");
        let arrived = world.by(TRADER).withdraw_alpha(amount - 3).unwrap();
        assert!(arrived <= amount - 3 && arrived + 5 >= amount, "{arrived} of {amount}");
    }
}

#[test]
fn a_deregistered_hotkey_stops_earning_and_nothing_else() {
    let mut world = mature();
    world.set_dividend(HOTKEY, 100 * COIN);
    let id = open(&mut world, SHORTER, 100 * COIN).id;
    world.control(|chain| chain.deregister_hotkey(NETUID, HOTKEY));
    world.blocks(u32::from(TEMPO));
    let booked = world.by(KEEPER).harvest(0).map_or(0, |harvested| harvested.booked);
    assert_eq!(booked, 0, "nothing was paid");
    world.by(TRADER).deposit_alpha(HOTKEY, COIN).unwrap();
    world.by(TRADER).withdraw_alpha(COIN).unwrap();
    world.by(TRADER).withdraw_alpha_as_tao(COIN, 1).unwrap();
    world.by(SHORTER).close_short(id, u64::MAX, u64::MAX).unwrap();
    let shares = world.account(LENDER).account.lend_shares;
    assert!(world.by(LENDER).unlend(shares).unwrap() >= LENT);
}

#[test]
fn stake_with_a_hotkey_that_is_not_the_markets_is_refused() {
    let mut world = World::new();
    world.give_stake(TRADER, OTHER_HOTKEY, COIN);
    assert_eq!(
        world.by(TRADER).deposit_alpha(OTHER_HOTKEY, COIN),
        Err(MarketError::ForeignHotkey)
    );
    let market = world.market;
    let gift = (market, OTHER_HOTKEY, NETUID, NETUID, COIN);
    world.extrinsic(TRADER, Function::TransferStake, gift).unwrap();
    // A gift with a foreign hotkey is nobody's; the identities go on holding.
    world.by(TRADER).deposit_alpha(HOTKEY, COIN).unwrap();
}

#[test]
fn a_market_of_no_subnet_cannot_be_created() {
    let mut world = World::without_market();
    assert_eq!(world.instantiate(99, 0), Err(MarketError::NoSuchSubnet { netuid: 99 }));
}

#[test]
fn an_endowment_at_creation_belongs_to_nobody() {
    let mut world = World::with_endowment(COIN);
    assert_eq!(world.custody().tao_owed, 0);
    assert_eq!(world.custody().tao_held, COIN);
}

#[test]
fn tao_sent_with_a_message_that_takes_none_is_not_swallowed() {
    let mut world = liquid();
    let input = [bundle::market().selector("lend").to_vec(), COIN.encode()].concat();
    let market = world.market;
    let before = world.tao(TRADER);
    let outcome = world.run(TRADER, market, COIN, input);
    assert!(!matches!(outcome, Outcome::Returned(_)), "{outcome:?}");
    assert_eq!(world.tao(TRADER), before);
    assert_eq!(POOL, world.custody().tao_held);
}

#[test]
fn stake_that_follows_a_swapped_hotkey_is_found_again_and_no_gift_chooses_a_validator() {
    let mut world = mature();
    let market = world.market;
    world.give_stake(market, OTHER_HOTKEY, 100_000 * COIN);
    let refused = Err(MarketError::Rule(Error::NothingToDo));
    assert_eq!(
        world.by(ATTACKER).adopt_hotkey(OTHER_HOTKEY),
        refused,
        "no stake is missing"
    );

    // The validator changes its key, and the chain moves all stake along.
    let mut world = mature();
    let stake = world.stake(market);
    let moved = (HOTKEY, OTHER_HOTKEY, NETUID, NETUID, stake);
    world.extrinsic(market, Function::MoveStake, moved).unwrap();
    // Asked without the checks after every step: until the new key is listed, the market does not see its stake.
    let nothing_there: Result<Validators, _> = world.view_as(KEEPER, "adopt_hotkey", ATTACKER);
    assert_eq!(nothing_there, refused);
    // Dust under another key is not what is missing.
    let mut dusted = world.clone();
    dusted.control(|chain| chain.register_hotkey(NETUID, ATTACKER, ATTACKER));
    dusted.give_stake(market, ATTACKER, COIN);
    let dust: Result<Validators, _> = dusted.view_as(KEEPER, "adopt_hotkey", ATTACKER);
    assert_eq!(dust, refused);
    let stakes = world.by(KEEPER).adopt_hotkey(OTHER_HOTKEY).unwrap();
    assert_eq!(stakes.all[0].hotkey, OTHER_HOTKEY, "new deposits go where the stake is");
    assert_eq!(world.by(KEEPER).adopt_hotkey(OTHER_HOTKEY), refused, "once");
    world.by(TRADER).withdraw_alpha(10 * COIN).unwrap();
}
