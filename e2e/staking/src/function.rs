//! The functions of the extension and the account each acts as.

/// A function of extension 0x1000, by its number. `Caller*` act as the contract's immediate caller, the other
/// state-changing ones as the contract itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
#[allow(missing_docs)]
pub enum Function {
    GetStakeInfo = 0,
    AddStake = 1,
    RemoveStake = 2,
    UnstakeAll = 3,
    UnstakeAllAlpha = 4,
    MoveStake = 5,
    TransferStake = 6,
    SwapStake = 7,
    AddStakeLimit = 8,
    RemoveStakeLimit = 9,
    SwapStakeLimit = 10,
    RemoveStakeFullLimit = 11,
    SetColdkeyAutoStakeHotkey = 12,
    AddProxy = 13,
    RemoveProxy = 14,
    GetAlphaPrice = 15,
    RecycleAlpha = 16,
    BurnAlpha = 17,
    AddStakeRecycle = 18,
    AddStakeBurn = 19,
    CallerAddStake = 20,
    CallerRemoveStake = 21,
    CallerUnstakeAll = 22,
    CallerUnstakeAllAlpha = 23,
    CallerMoveStake = 24,
    CallerTransferStake = 25,
    CallerSwapStake = 26,
    CallerAddStakeLimit = 27,
    CallerRemoveStakeLimit = 28,
    CallerSwapStakeLimit = 29,
    CallerRemoveStakeFullLimit = 30,
    CallerSetColdkeyAutoStakeHotkey = 31,
    CallerAddProxy = 32,
    CallerRemoveProxy = 33,
    GetSubnetRegistrationState = 34,
    GetColdkeyLock = 35,
    GetStakeAvailability = 36,
}

impl Function {
    /// Every function, in the order of its number.
    pub const ALL: [Function; 37] = {
        use Function::*;
        [
            GetStakeInfo,
            AddStake,
            RemoveStake,
            UnstakeAll,
            UnstakeAllAlpha,
            MoveStake,
            TransferStake,
            SwapStake,
            AddStakeLimit,
            RemoveStakeLimit,
            SwapStakeLimit,
            RemoveStakeFullLimit,
            SetColdkeyAutoStakeHotkey,
            AddProxy,
            RemoveProxy,
            GetAlphaPrice,
            RecycleAlpha,
            BurnAlpha,
            AddStakeRecycle,
            AddStakeBurn,
            CallerAddStake,
            CallerRemoveStake,
            CallerUnstakeAll,
            CallerUnstakeAllAlpha,
            CallerMoveStake,
            CallerTransferStake,
            CallerSwapStake,
            CallerAddStakeLimit,
            CallerRemoveStakeLimit,
            CallerSwapStakeLimit,
            CallerRemoveStakeFullLimit,
            CallerSetColdkeyAutoStakeHotkey,
            CallerAddProxy,
            CallerRemoveProxy,
            GetSubnetRegistrationState,
            GetColdkeyLock,
            GetStakeAvailability,
        ]
    };

    /// The function with this number, if there is one.
    pub fn from_id(id: u16) -> Option<Self> {
        Self::ALL.get(usize::from(id)).copied()
    }

    /// The number of the function.
    pub const fn id(self) -> u16 {
        self as u16
    }

    /// Whether it acts as the contract's immediate caller.
    pub fn acts_as_caller(self) -> bool {
        (20..=33).contains(&self.id())
    }

    /// The same operation acting as the contract: 20–33 repeat 1–14 in order and arguments.
    pub fn operation(self) -> Self {
        match self.acts_as_caller() {
            true => Self::ALL[usize::from(self.id() - 19)],
            false => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_match_positions() {
        for (id, function) in Function::ALL.iter().enumerate() {
            assert_eq!(usize::from(function.id()), id);
        }
        assert_eq!(Function::from_id(37), None);
    }

    #[test]
    fn caller_functions_repeat_the_contract_functions() {
        assert_eq!(Function::CallerAddStake.operation(), Function::AddStake);
        assert_eq!(Function::CallerTransferStake.operation(), Function::TransferStake);
        assert_eq!(Function::CallerRemoveProxy.operation(), Function::RemoveProxy);
        assert_eq!(Function::RecycleAlpha.operation(), Function::RecycleAlpha);
    }
}
