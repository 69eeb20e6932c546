//! The life of a subnet: registration, dissolution, and the reuse of its number.

use crate::state::key;
use crate::{AccountId, ControlError, HotkeyPool, Ledger, NetUid, Pool, Staking, Store, Subnet, ROOT};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// What a subnet starts with.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct NewSubnet {
    /// Coldkey of the owner.
    pub owner: AccountId,
    /// Hotkey of the owner; it is registered on the subnet.
    pub owner_hotkey: AccountId,
    /// Blocks between two epochs; zero counts as one.
    pub tempo: u16,
    /// TAO in the pool, in rao.
    pub tao: u64,
    /// Alpha in the pool, in rao.
    pub alpha: u64,
    /// Fee of the pool on the input, in 1/65,535.
    pub fee_rate: u16,
}

impl<S: Store, L: Ledger> Staking<S, L> {
    /// Registers the root network, once; later calls change nothing.
    pub fn create_root(&mut self, owner: AccountId) {
        if self.subnet(ROOT).is_none() {
            let spec = NewSubnet {
                owner,
                owner_hotkey: owner,
                tempo: 100,
                tao: 0,
                alpha: 0,
                fee_rate: 0,
            };
            self.register(ROOT, spec);
        }
    }

    /// Registers a subnet under `netuid`, with transfers allowed and the subtoken enabled. The reserves are created,
    /// not taken from anybody. Returns the registration counter of the new generation.
    pub fn create_subnet(&mut self, netuid: NetUid, spec: NewSubnet) -> Result<u64, ControlError> {
        if self.subnet(netuid).is_some() {
            return Err(ControlError::SubnetExists(netuid));
        }
        if netuid == ROOT {
            return Err(ControlError::RootSubnet);
        }
        Ok(self.register(netuid, spec))
    }

    fn register(&mut self, netuid: NetUid, spec: NewSubnet) -> u64 {
        let counter = self.registration_counter(netuid) + 1;
        let pool = Pool {
            tao: spec.tao,
            alpha: spec.alpha,
            fee_rate: spec.fee_rate,
        };
        let subnet = Subnet {
            counter,
            owner: spec.owner,
            owner_hotkey: spec.owner_hotkey,
            tempo: spec.tempo,
            pool,
            alpha_out: 0,
            burned: 0,
            transfers_enabled: true,
            subtoken_enabled: true,
            created_at: self.now,
            last_epoch: 0,
        };
        self.write(&key::counter(netuid), &counter);
        self.put_subnet(netuid, &subnet);
        self.adopt_hotkey(&spec.owner_hotkey, &spec.owner);
        let registered = HotkeyPool {
            registered: true,
            ..Default::default()
        };
        self.put_pool(netuid, &spec.owner_hotkey, &registered);
        counter
    }

    /// Dissolves a subnet: the TAO of its pool goes to all stakers' free balances in proportion to their alpha, by the
    /// method of largest remainders so that nothing is lost, and without any callback. Its stake, hotkeys and locks are
    /// gone; its counter stays. Returns the TAO paid out.
    pub fn dissolve(&mut self, netuid: NetUid) -> Result<u64, ControlError> {
        if netuid == ROOT {
            return Err(ControlError::RootSubnet);
        }
        let subnet = self.subnet(netuid).ok_or(ControlError::NoSubnet(netuid))?;
        let stakes = self.clear_stakes(netuid);
        let payouts = largest_remainders(subnet.pool.tao, &stakes);
        let paid: u64 = payouts
            .into_iter()
            // A payout below the existential deposit to an account that does not exist is lost, as on the chain.
            .filter(|(coldkey, tao)| *tao > 0 && self.ledger.deposit(coldkey, *tao).is_ok())
            .map(|(_, tao)| tao)
            .sum();
        let mut custody = self.custody();
        custody.recycled += subnet.pool.tao - paid;
        self.put_custody(&custody);
        let gone = [key::pools(netuid), key::locks(netuid)];
        let gone: Vec<_> = gone.iter().flat_map(|prefix| self.store.keys(prefix)).collect();
        gone.iter().for_each(|key| self.store.remove(key));
        self.store.remove(&key::subnet(netuid));
        Ok(paid)
    }

    /// Dissolves a subnet and registers another under its number, in one step: `exists` never becomes false, only the
    /// counter changes. Returns the new counter.
    pub fn reuse(&mut self, netuid: NetUid, spec: NewSubnet) -> Result<u64, ControlError> {
        self.dissolve(netuid)?;
        self.create_subnet(netuid, spec)
    }

    /// Empties every position on a subnet and returns what each was worth.
    fn clear_stakes(&mut self, netuid: NetUid) -> Vec<(AccountId, u64)> {
        let keys = self.store.keys(&key::stakers(netuid));
        let mut stakes = Vec::with_capacity(keys.len());
        for staker in keys {
            let hotkey = key::last_account(&staker);
            let coldkey = key::last_account(&staker[..staker.len() - 32]);
            stakes.push((coldkey, self.stake(&hotkey, &coldkey, netuid)));
            self.store.remove(&key::shares(&coldkey, netuid, &hotkey));
            self.store.remove(&staker);
        }
        stakes
    }
}

/// Splits `amount` in proportion to the weights; the rao left by rounding down go to the largest remainders, one each.
/// Nothing is paid when all weights are zero.
fn largest_remainders(amount: u64, weights: &[(AccountId, u64)]) -> Vec<(AccountId, u64)> {
    let total: u128 = weights.iter().map(|(_, w)| u128::from(*w)).sum();
    if total == 0 {
        return Vec::new();
    }
    let exact = |weight: u64| u128::from(amount) * u128::from(weight);
    // At most `amount`.
    let mut parts: Vec<_> = weights
        .iter()
        .map(|(who, w)| (*who, (exact(*w) / total) as u64))
        .collect();
    let left = amount - parts.iter().map(|(_, part)| part).sum::<u64>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|i| std::cmp::Reverse(exact(weights[*i].1) % total));
    // Fewer rao are left than there are weights.
    for i in order.into_iter().take(left as usize) {
        parts[i].1 += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remainders_add_up() {
        let weights = [([1; 32], 1), ([2; 32], 1), ([3; 32], 1), ([4; 32], 0)];
        let parts = largest_remainders(100, &weights);
        assert_eq!(parts.iter().map(|(_, p)| *p).collect::<Vec<_>>(), [34, 33, 33, 0]);
        assert!(largest_remainders(100, &[([1; 32], 0)]).is_empty());
    }
}
