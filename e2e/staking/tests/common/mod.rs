//! A small world: root, two subnets with pools, one validator on both, a few coldkeys with TAO.
#![allow(dead_code)]

use codec::Encode;
use staking::{AccountId, Code, Function, MapLedger, MapStore, NewSubnet, Reply, Staking, Store, ROOT};

pub type World = Staking<MapStore, MapLedger>;

pub const TAO: u64 = 1_000_000_000;
pub const OWNER: AccountId = [1; 32];
pub const OWNER_HOT: AccountId = [2; 32];
pub const VALIDATOR: AccountId = [3; 32];
pub const SECOND: AccountId = [4; 32];
pub const NOBODY: AccountId = [9; 32];
pub const ALICE: AccountId = [10; 32];
pub const BOB: AccountId = [11; 32];
pub const CONTRACT: AccountId = [12; 32];
pub const SUBNET: u16 = 1;
pub const OTHER: u16 = 2;

pub fn spec() -> NewSubnet {
    NewSubnet {
        owner: OWNER,
        owner_hotkey: OWNER_HOT,
        tempo: 10,
        tao: 1_000 * TAO,
        alpha: 4_000 * TAO,
        fee_rate: 33,
    }
}

/// 1,000 TAO for each of Alice, Bob and the contract; price 0.25 on both subnets.
pub fn world() -> World {
    let mut world = Staking::new(MapStore::default(), MapLedger::default(), 100);
    world.create_root(OWNER);
    for netuid in [SUBNET, OTHER] {
        world.create_subnet(netuid, spec()).unwrap();
        for hotkey in [VALIDATOR, SECOND] {
            world.register_hotkey(netuid, hotkey, OWNER).unwrap();
        }
    }
    for who in [ALICE, BOB, CONTRACT] {
        world.ledger.0.insert(who, 1_000 * TAO);
    }
    world
}

/// A world in which `who` has 400 alpha with the validator.
pub fn with_stake(who: AccountId) -> World {
    let mut world = world();
    world.credit_stake(SUBNET, VALIDATOR, who, 400 * TAO).unwrap();
    world
}

/// Calls the extension from the contract, called by Alice, and checks that a failure changed nothing.
pub fn call(world: &mut World, function: Function, args: impl Encode) -> Reply {
    let before = (world.store.clone(), world.ledger.clone());
    let reply = world
        .dispatch(function.id(), &CONTRACT, &ALICE, &args.encode())
        .expect("arguments decode");
    if reply.code != Code::Success {
        assert!(
            before == (world.store.clone(), world.ledger.clone()),
            "{function:?} failed with {:?} and changed state",
            reply.code
        );
    }
    check(world);
    reply
}

pub fn code(world: &mut World, function: Function, args: impl Encode) -> Code {
    call(world, function, args).code
}

/// TAO wherever it is.
pub fn all_tao(world: &World) -> u64 {
    world.total_tao() + world.ledger.0.values().sum::<u64>()
}

/// Pool and outstanding alpha of a subnet.
pub fn all_alpha(world: &World, netuid: u16) -> u64 {
    world.subnet(netuid).map_or(0, |s| s.pool.alpha + s.alpha_out)
}

/// What must hold after every step.
pub fn check(world: &World) {
    for netuid in world.subnets() {
        let subnet = world.subnet(netuid).unwrap();
        let pools: Vec<_> = world
            .hotkeys(netuid)
            .iter()
            .map(|h| world.hotkey_pool(netuid, h))
            .collect();
        let staked: u64 = pools.iter().map(|p| p.total).sum();
        assert_eq!(
            staked + subnet.burned,
            subnet.alpha_out,
            "alpha outstanding on {netuid}"
        );
        if netuid == ROOT {
            assert_eq!(subnet.pool.tao, staked, "root stake is TAO");
        }
    }
    // Whoever holds shares can be found from both sides.
    let by_coldkey = world.store.keys(b"s").len();
    assert_eq!(by_coldkey, world.store.keys(b"i").len());
}
