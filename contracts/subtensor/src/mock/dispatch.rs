//! Decodes a call, runs it as the right account, encodes its answer.

use super::chain::{
    Chain, PROXY_DUPLICATE, PROXY_NOT_FOUND, PROXY_NO_SELF_PROXY, SAME_AUTO_STAKE_HOTKEY, SLIPPAGE_TOO_HIGH,
};
use crate::{ColdkeyLock, NetUid, StakeAvailability, StakeInfo, SubnetRegistrationState};
use ink::primitives::AccountId;
use ink::scale::{Decode, Encode};

const FIRST_CALLER_FUNCTION: u16 = 20;
const LAST_CALLER_FUNCTION: u16 = 33;
/// `caller_add_stake` − `add_stake`.
const CALLER_OFFSET: u16 = 19;

/// Answers the bytes of the output buffer, or the chain's code.
pub(super) fn call(chain: &mut Chain, function: u16, input: &[u8]) -> Result<Vec<u8>, u32> {
    let (function, who) = match function {
        FIRST_CALLER_FUNCTION..=LAST_CALLER_FUNCTION => (function.saturating_sub(CALLER_OFFSET), chain.caller),
        own => (own, chain.contract),
    };
    match function {
        0 => {
            let (hotkey, coldkey, netuid) = arguments(input);
            Ok(Some(stake_info(chain, hotkey, coldkey, netuid)).encode())
        }
        1 => {
            let (hotkey, netuid, tao) = arguments(input);
            done(chain.add_stake(who, hotkey, netuid, tao))
        }
        2 => {
            let (hotkey, netuid, alpha) = arguments(input);
            done(chain.remove_stake(who, hotkey, netuid, alpha))
        }
        3 | 4 => {
            chain.unstake_all(who, arguments(input), function == 4);
            done(Ok(()))
        }
        5 => {
            let (from, to, from_netuid, to_netuid, alpha) = arguments(input);
            done(chain.shift((from, who, from_netuid), (to, who, to_netuid), alpha))
        }
        6 => {
            let (to_coldkey, hotkey, from_netuid, to_netuid, alpha) = arguments(input);
            done(chain.shift((hotkey, who, from_netuid), (hotkey, to_coldkey, to_netuid), alpha))
        }
        7 => {
            let (hotkey, from_netuid, to_netuid, alpha) = arguments(input);
            done(chain.swap(who, hotkey, from_netuid, to_netuid, alpha))
        }
        8 => {
            let (hotkey, netuid, tao, limit, _partial): (_, _, _, u64, bool) = arguments(input);
            keeps_limit(chain.price_e9(netuid) <= limit)?;
            done(chain.add_stake(who, hotkey, netuid, tao))
        }
        9 => {
            let (hotkey, netuid, alpha, limit, _partial): (_, _, _, u64, bool) = arguments(input);
            keeps_limit(chain.price_e9(netuid) >= limit)?;
            done(chain.remove_stake(who, hotkey, netuid, alpha))
        }
        10 => {
            let (hotkey, from, to, alpha, limit, _partial): (_, _, _, _, u64, bool) = arguments(input);
            let ratio = u128::from(chain.price_e9(from))
                .saturating_mul(1_000_000_000)
                .checked_div(chain.price_e9(to).into())
                .unwrap_or(0);
            keeps_limit(ratio >= limit.into())?;
            done(chain.swap(who, hotkey, from, to, alpha))
        }
        11 => {
            let (hotkey, netuid, limit): (_, _, Option<u64>) = arguments(input);
            keeps_limit(chain.price_e9(netuid) >= limit.unwrap_or(0))?;
            let alpha = chain.stake(hotkey, who, netuid);
            done(chain.remove_stake(who, hotkey, netuid, alpha))
        }
        12 => {
            let (netuid, hotkey): (NetUid, AccountId) = arguments(input);
            match chain.auto_stake.insert((who, netuid), hotkey) {
                Some(before) if before == hotkey => Err(SAME_AUTO_STAKE_HOTKEY),
                _ => done(Ok(())),
            }
        }
        13 => done(add_proxy(chain, who, arguments(input))),
        14 => done(remove_proxy(chain, who, arguments(input))),
        15 => Ok(chain.price_e9(arguments(input)).encode()),
        16 | 17 => {
            let (hotkey, netuid, alpha) = arguments(input);
            Ok(chain.destroy(who, hotkey, netuid, alpha)?.encode())
        }
        18 | 19 => {
            let (hotkey, netuid, tao) = arguments(input);
            let alpha = chain.add_stake(who, hotkey, netuid, tao)?;
            Ok(chain.destroy(who, hotkey, netuid, alpha)?.encode())
        }
        34 => {
            let netuid = arguments(input);
            let (exists, counter) = chain.subnets.get(&netuid).map_or((false, 0), |s| (s.exists, s.counter));
            Ok(SubnetRegistrationState {
                netuid,
                exists,
                registered_subnet_counter: counter,
            }
            .encode())
        }
        35 => {
            let (coldkey, netuid) = arguments(input);
            Ok(coldkey_lock(chain, coldkey, netuid).encode())
        }
        36 => {
            let (coldkey, netuid) = arguments(input);
            let (total, locked, available) = chain.availability(coldkey, netuid);
            Ok(StakeAvailability {
                netuid,
                total,
                locked,
                available,
            }
            .encode())
        }
        unknown => unreachable!("the chain has no function {unknown}: this call traps"),
    }
}

fn arguments<T: Decode>(mut input: &[u8]) -> T {
    match T::decode(&mut input) {
        Ok(arguments) => arguments,
        Err(error) => unreachable!("undecodable arguments trap on the chain: {error}"),
    }
}

fn done<T>(result: Result<T, u32>) -> Result<Vec<u8>, u32> {
    result.map(|_| Vec::new())
}

fn keeps_limit(kept: bool) -> Result<(), u32> {
    kept.then_some(()).ok_or(SLIPPAGE_TOO_HIGH)
}

fn stake_info(chain: &Chain, hotkey: AccountId, coldkey: AccountId, netuid: NetUid) -> StakeInfo {
    StakeInfo {
        hotkey,
        coldkey,
        netuid,
        stake: chain.stake(hotkey, coldkey, netuid),
        locked: 0,
        emission: chain.emission.get(&(hotkey, netuid)).copied().unwrap_or(0),
        tao_emission: 0,
        drain: 0,
        is_registered: chain.subnets.get(&netuid).is_some_and(|s| s.exists),
    }
}

fn coldkey_lock(chain: &Chain, coldkey: AccountId, netuid: NetUid) -> Option<ColdkeyLock> {
    let locked_mass = chain.locked.get(&(coldkey, netuid)).copied().filter(|mass| *mass > 0)?;
    Some(ColdkeyLock {
        locked_mass,
        conviction_bits: 0,
        last_update: 0,
    })
}

fn add_proxy(chain: &mut Chain, who: AccountId, delegate: AccountId) -> Result<(), u32> {
    if who == delegate {
        return Err(PROXY_NO_SELF_PROXY);
    }
    if chain.proxies.contains(&(who, delegate)) {
        return Err(PROXY_DUPLICATE);
    }
    chain.proxies.push((who, delegate));
    Ok(())
}

fn remove_proxy(chain: &mut Chain, who: AccountId, delegate: AccountId) -> Result<(), u32> {
    let at = chain
        .proxies
        .iter()
        .position(|p| *p == (who, delegate))
        .ok_or(PROXY_NOT_FOUND)?;
    chain.proxies.remove(at);
    Ok(())
}
