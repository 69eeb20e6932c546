//! What the extension charges for each function, in picoseconds of ref_time.

use crate::Function;

/// One database read and one write in the chain's RocksDb weights.
const READ: u64 = 25_000_000;
const WRITE: u64 = 100_000_000;

/// The ref_time (ps) that the host charges before it runs `function`, database weight included.
///
/// The five operations measured on the chain are exact (add 3.06, remove 2.57, transfer 1.33, move 1.39 and recycle
/// 1.10 ms). The limit and swap variants do the same work on one pool or two, with the chain's published ratio of reads
/// and writes to theirs. The chain charges its reads (0, 15, 34–36) nothing beyond the host call; here they cost the
/// storage cells they touch, so that what is measured on this node stays an upper bound if the chain begins to.
pub fn ref_time(function: Function) -> u64 {
    use Function::*;
    match function.operation() {
        AddStake => 3_060_000_000,
        AddStakeLimit => 3_120_000_000,
        RemoveStake => 2_570_000_000,
        RemoveStakeLimit | RemoveStakeFullLimit => 2_750_000_000,
        TransferStake => 1_330_000_000,
        MoveStake => 1_390_000_000,
        // Leaving one pool and entering another in one call.
        SwapStake => 4_300_000_000,
        SwapStakeLimit => 4_360_000_000,
        // The chain charges the loop over subnets by its benchmark with a single position.
        UnstakeAll => 2_570_000_000 + 6 * READ,
        UnstakeAllAlpha => 4_300_000_000 + 6 * READ,
        SetColdkeyAutoStakeHotkey => 30_000_000 + 4 * READ + 2 * WRITE,
        // The benchmark of the proxy pallet at the maximum number of proxies.
        AddProxy | RemoveProxy => 30_000_000 + READ + WRITE,
        RecycleAlpha | BurnAlpha => 1_100_000_000,
        // As on the chain: the sum of both steps.
        AddStakeRecycle | AddStakeBurn => 3_060_000_000 + 1_100_000_000,
        // Shares, pool of the hotkey, and its registration.
        GetStakeInfo => 3 * READ,
        GetAlphaPrice => READ,
        GetSubnetRegistrationState => 2 * READ,
        // The lock, and the subnet for its owner's hotkey.
        GetColdkeyLock => 2 * READ,
        // The positions of the coldkey on the subnet, and its lock.
        GetStakeAvailability => 4 * READ,
        // `operation` maps every `Caller*` to one of the above.
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_costs_something() {
        assert!(Function::ALL.iter().all(|f| ref_time(*f) >= READ));
    }
}
