//! The powers of a subnet's owner, handed over by proxy. The chain swallows what goes wrong inside.

use contract_tests::calls::proxies::ProxyType;
use contract_tests::suite::Suite;
use contract_tests::world::{NETUID, OWNER};
use contract_tests::COIN;
use kernel::handover::{Action, Hyperparameter, OwnerCall, State};

fn proxied(call: OwnerCall) -> Action {
    Action::Proxied { owner: OWNER, call }
}

#[test]
fn an_effect_that_can_be_read_back_is_verified() {
    let mut suite = Suite::bare();
    let handover = suite.handover;
    suite.world.add_proxy(OWNER, handover, ProxyType::Any);
    let before = suite.world.tao(handover);
    let id = suite
        .schedule(Suite::operation(proxied(OwnerCall::SendTao { amount: 5 * COIN }), 1))
        .expect("core may");
    let done = suite.wait_and_execute(id).expect("anyone executes");
    assert!(done.verified);
    assert_eq!(suite.world.tao(handover), before + 5 * COIN);
    assert_eq!(suite.look(id).state, State::Executed);
}

#[test]
fn a_failure_that_the_chain_swallows_is_not_called_done() {
    let mut suite = Suite::bare();
    let handover = suite.handover;
    suite.world.add_proxy(OWNER, handover, ProxyType::Any);
    let all = suite.world.tao(OWNER);
    let id = suite
        .schedule(Suite::operation(proxied(OwnerCall::SendTao { amount: all + COIN }), 1))
        .expect("core may");
    let done = suite.wait_and_execute(id).expect("the proxy call itself passes");
    assert!(!done.verified);
    assert_eq!(suite.look(id).state, State::Unverified);
}

#[test]
fn a_hyperparameter_is_set_but_reported_unverified() {
    let mut suite = Suite::bare();
    let handover = suite.handover;
    suite.world.add_proxy(OWNER, handover, ProxyType::Owner);
    let call = OwnerCall::SetHyperparameter {
        netuid: NETUID,
        parameter: Hyperparameter::ImmunityPeriod,
        value: 7_200,
    };
    let id = suite.schedule(Suite::operation(proxied(call), 1)).expect("core may");
    let done = suite.wait_and_execute(id).expect("anyone executes");
    assert!(!done.verified, "a contract cannot read it");
    assert_eq!(suite.look(id).state, State::Unverified);
    assert_eq!(suite.world.proxied(), vec![Ok(())]);
    let index = Hyperparameter::ImmunityPeriod.call_index();
    assert_eq!(
        suite.world.hyperparameter(NETUID, index),
        Some(7_200),
        "it has its effect"
    );
}

#[test]
fn without_a_proxy_nothing_happens() {
    let mut suite = Suite::bare();
    let call = OwnerCall::SetTransfers {
        netuid: NETUID,
        enabled: false,
    };
    let id = suite.schedule(Suite::operation(proxied(call), 1)).expect("core may");
    assert_eq!(suite.wait_and_execute(id), Err("ProxyRefused".into()));
    assert_eq!(suite.look(id).state, State::Ready);
}
