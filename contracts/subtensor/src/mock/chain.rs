//! The mock's state and the rules of its staking.

use super::{Call, MINIMUM_VALUE};
use crate::{Alpha, NetUid, PriceE9, Rao};
use ink::primitives::AccountId;
use std::collections::{BTreeMap, VecDeque};

pub(super) const RUNTIME_ERROR: u32 = 1;
const NOT_ENOUGH_BALANCE_TO_STAKE: u32 = 2;
const NOT_ENOUGH_STAKE_TO_WITHDRAW: u32 = 6;
pub(super) const SLIPPAGE_TOO_HIGH: u32 = 8;
const SUBNET_NOT_EXISTS: u32 = 9;
pub(super) const SAME_AUTO_STAKE_HOTKEY: u32 = 11;
const AMOUNT_TOO_LOW: u32 = 13;
const SAME_NETUID: u32 = 15;
pub(super) const PROXY_DUPLICATE: u32 = 17;
pub(super) const PROXY_NO_SELF_PROXY: u32 = 18;
pub(super) const PROXY_NOT_FOUND: u32 = 19;
const CANNOT_BURN_ON_ROOT: u32 = 21;

#[derive(Default)]
pub(super) struct Subnet {
    pub exists: bool,
    pub counter: u64,
    pub price_e9: PriceE9,
    pub transfers: bool,
}

/// A stake's place: hotkey, coldkey, netuid.
type Place = (AccountId, AccountId, NetUid);

pub(super) struct Chain {
    pub contract: AccountId,
    pub caller: AccountId,
    pub subnets: BTreeMap<NetUid, Subnet>,
    pub stakes: BTreeMap<Place, Alpha>,
    pub emission: BTreeMap<(AccountId, NetUid), Alpha>,
    pub locked: BTreeMap<(AccountId, NetUid), Alpha>,
    pub tao: BTreeMap<AccountId, Rao>,
    pub auto_stake: BTreeMap<(AccountId, NetUid), AccountId>,
    pub proxies: Vec<(AccountId, AccountId)>,
    pub rounding_loss: Alpha,
    pub failures: VecDeque<(u16, u32)>,
    pub outages: BTreeMap<u16, u32>,
    pub calls: Vec<Call>,
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            contract: AccountId::from([0; 32]),
            caller: AccountId::from([0; 32]),
            subnets: BTreeMap::new(),
            stakes: BTreeMap::new(),
            emission: BTreeMap::new(),
            locked: BTreeMap::new(),
            tao: BTreeMap::new(),
            auto_stake: BTreeMap::new(),
            proxies: Vec::new(),
            rounding_loss: 0,
            failures: VecDeque::new(),
            outages: BTreeMap::new(),
            calls: Vec::new(),
        }
    }
}

/// `amount · numerator / denominator`, rounded down, saturating.
fn scale(amount: u64, numerator: u64, denominator: u64) -> u64 {
    let product = u128::from(amount).saturating_mul(numerator.into());
    product
        .checked_div(denominator.into())
        .unwrap_or(0)
        .try_into()
        .unwrap_or(u64::MAX)
}

pub(super) fn value_of(alpha: Alpha, price_e9: PriceE9) -> Rao {
    scale(alpha, price_e9, 1_000_000_000)
}

fn bought_with(tao: Rao, price_e9: PriceE9) -> Alpha {
    scale(tao, 1_000_000_000, price_e9)
}

impl Chain {
    pub fn programmed_failure(&mut self, function: u16) -> Option<u32> {
        if let Some(at) = self.failures.iter().position(|(f, _)| *f == function) {
            return self.failures.remove(at).map(|(_, code)| code);
        }
        self.outages.get(&function).copied()
    }

    pub fn register(&mut self, netuid: NetUid, price_e9: PriceE9) -> u64 {
        let subnet = self.subnets.entry(netuid).or_default();
        assert!(!subnet.exists, "subnet {netuid} exists");
        *subnet = Subnet {
            exists: true,
            counter: subnet.counter.saturating_add(1),
            price_e9,
            transfers: true,
        };
        subnet.counter
    }

    pub fn dissolve(&mut self, netuid: NetUid) {
        let price_e9 = self.alive(netuid).price_e9;
        self.alive(netuid).exists = false;
        let gone: Vec<_> = self
            .stakes
            .iter()
            .filter(|((_, _, n), _)| *n == netuid)
            .map(|(p, a)| (*p, *a))
            .collect();
        for (place, alpha) in gone {
            self.stakes.remove(&place);
            self.pay(place.1, value_of(alpha, price_e9));
        }
        self.locked.retain(|(_, n), _| *n != netuid);
        self.emission.retain(|(_, n), _| *n != netuid);
    }

    pub fn alive(&mut self, netuid: NetUid) -> &mut Subnet {
        match self.subnets.get_mut(&netuid) {
            Some(subnet) if subnet.exists => subnet,
            _ => unreachable!("the test uses subnet {netuid}, which does not exist"),
        }
    }

    fn subnet(&self, netuid: NetUid) -> Result<&Subnet, u32> {
        self.subnets.get(&netuid).filter(|s| s.exists).ok_or(SUBNET_NOT_EXISTS)
    }

    /// As on the chain, one for a subnet that does not exist: a price alone proves nothing.
    pub fn price_e9(&self, netuid: NetUid) -> PriceE9 {
        self.subnet(netuid).map_or(1_000_000_000, |s| s.price_e9)
    }

    pub fn tao(&self, account: AccountId) -> Rao {
        self.tao.get(&account).copied().unwrap_or(0)
    }

    pub fn stake(&self, hotkey: AccountId, coldkey: AccountId, netuid: NetUid) -> Alpha {
        self.stakes.get(&(hotkey, coldkey, netuid)).copied().unwrap_or(0)
    }

    pub fn set_stake(&mut self, hotkey: AccountId, coldkey: AccountId, netuid: NetUid, alpha: Alpha) {
        self.stakes.insert((hotkey, coldkey, netuid), alpha);
    }

    pub fn pay_dividends(&mut self, hotkey: AccountId, netuid: NetUid, per_mille: u64) {
        let mut paid: Alpha = 0;
        for ((h, _, n), alpha) in self.stakes.iter_mut() {
            if *h == hotkey && *n == netuid {
                let dividend = scale(*alpha, per_mille, 1_000);
                *alpha = alpha.saturating_add(dividend);
                paid = paid.saturating_add(dividend);
            }
        }
        self.emission.insert((hotkey, netuid), paid);
    }

    /// Total, locked and available alpha of a coldkey on a subnet.
    pub fn availability(&self, coldkey: AccountId, netuid: NetUid) -> (Alpha, Alpha, Alpha) {
        let total = self
            .stakes
            .iter()
            .filter(|((_, c, n), _)| *c == coldkey && *n == netuid)
            .fold(0u64, |sum, (_, alpha)| sum.saturating_add(*alpha));
        let locked = self.locked.get(&(coldkey, netuid)).copied().unwrap_or(0);
        (total, locked, total.saturating_sub(locked))
    }

    fn pay(&mut self, account: AccountId, tao: Rao) {
        let balance = self.tao.entry(account).or_default();
        *balance = balance.saturating_add(tao);
    }

    fn credit(&mut self, place: Place, alpha: Alpha) {
        let stake = self.stakes.entry(place).or_default();
        *stake = stake.saturating_add(alpha);
    }

    fn debit(&mut self, place: Place, alpha: Alpha) {
        let stake = self.stakes.entry(place).or_default();
        *stake = stake.saturating_sub(alpha);
    }

    pub fn add_stake(&mut self, who: AccountId, hotkey: AccountId, netuid: NetUid, tao: Rao) -> Result<Alpha, u32> {
        let price_e9 = self.subnet(netuid)?.price_e9;
        if tao < MINIMUM_VALUE {
            return Err(AMOUNT_TOO_LOW);
        }
        let left = self.tao(who).checked_sub(tao).ok_or(NOT_ENOUGH_BALANCE_TO_STAKE)?;
        self.tao.insert(who, left);
        let alpha = bought_with(tao, price_e9);
        self.credit((hotkey, who, netuid), alpha);
        Ok(alpha)
    }

    pub fn remove_stake(&mut self, who: AccountId, hotkey: AccountId, netuid: NetUid, alpha: Alpha) -> Result<(), u32> {
        let price_e9 = self.subnet(netuid)?.price_e9;
        let (_, _, available) = self.availability(who, netuid);
        if alpha > self.stake(hotkey, who, netuid) || alpha > available {
            return Err(NOT_ENOUGH_STAKE_TO_WITHDRAW);
        }
        let tao = value_of(alpha, price_e9);
        if tao < MINIMUM_VALUE {
            return Err(AMOUNT_TOO_LOW);
        }
        self.debit((hotkey, who, netuid), alpha);
        self.pay(who, tao);
        Ok(())
    }

    /// Moves, transfers and swaps: all cap silently.
    pub fn shift(&mut self, from: Place, to: Place, alpha: Alpha) -> Result<(), u32> {
        let origin = self.subnet(from.2)?;
        let (origin_price, origin_transfers) = (origin.price_e9, origin.transfers);
        let destination = self.subnet(to.2)?;
        if from.1 != to.1 && !(origin_transfers && destination.transfers) {
            return Err(RUNTIME_ERROR);
        }
        let (_, _, available) = self.availability(from.1, from.2);
        let moved = alpha.min(available).min(self.stake(from.0, from.1, from.2));
        let value = value_of(moved, origin_price);
        if value < MINIMUM_VALUE {
            return Err(AMOUNT_TOO_LOW);
        }
        let arriving = if from.2 == to.2 {
            moved
        } else {
            bought_with(value, destination.price_e9)
        };
        self.debit(from, moved);
        self.credit(to, arriving.saturating_sub(self.rounding_loss));
        Ok(())
    }

    pub fn swap(
        &mut self,
        who: AccountId,
        hotkey: AccountId,
        from: NetUid,
        to: NetUid,
        alpha: Alpha,
    ) -> Result<(), u32> {
        if from == to {
            return Err(SAME_NETUID);
        }
        self.shift((hotkey, who, from), (hotkey, who, to), alpha)
    }

    /// Recycling and burning: both make stake vanish, as much as there is.
    pub fn destroy(&mut self, who: AccountId, hotkey: AccountId, netuid: NetUid, alpha: Alpha) -> Result<Alpha, u32> {
        self.subnet(netuid)?;
        if netuid == 0 {
            return Err(CANNOT_BURN_ON_ROOT);
        }
        let (_, _, available) = self.availability(who, netuid);
        let destroyed = alpha.min(available).min(self.stake(hotkey, who, netuid));
        self.debit((hotkey, who, netuid), destroyed);
        Ok(destroyed)
    }

    /// Sells what the coldkey has with the hotkey; with `into_root` the TAO is staked there, at one to one.
    pub fn unstake_all(&mut self, who: AccountId, hotkey: AccountId, into_root: bool) {
        let all: Vec<_> = self
            .stakes
            .iter()
            .filter(|((h, c, n), _)| *h == hotkey && *c == who && !(into_root && *n == 0))
            .map(|((_, _, n), alpha)| (*n, *alpha))
            .collect();
        for (netuid, alpha) in all {
            let tao = value_of(alpha, self.price_e9(netuid));
            self.debit((hotkey, who, netuid), alpha);
            if into_root {
                self.credit((hotkey, who, 0), tao);
            } else {
                self.pay(who, tao);
            }
        }
    }
}
