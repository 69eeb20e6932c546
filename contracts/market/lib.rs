//! The alpha market of one (netuid, generation).
//!
//! A thin shell: it reads the chain, lets the kernel decide, stores, emits and pays. It makes no call to any other contract.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod error;
mod events;
mod quote;
mod stake;
mod storage;

pub use error::MarketError;
pub use storage::{Competition, MarketState, Settlement};

#[ink::contract(env = subtensor::SubtensorEnvironment)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::arithmetic_side_effects,
    clippy::panic,
    unsafe_code,
    reason = "ink's dispatch is generated"
)]
mod market {
    use crate::error::{Failure, MarketError};
    use crate::events::*;
    use crate::quote::{Action, Quote};
    use crate::storage::*;
    use ink::prelude::{boxed::Box, vec::Vec};
    use ink::storage::{Lazy, Mapping};
    use kernel::competition::{Validators, ROUNDING_RESERVE};
    use kernel::market::{
        check_deadline, Closed, Harvested, Liquidated, MarginChanged, Opened, Reading, SettledShort, Standing, Terminal,
    };
    use kernel::{Account, Asset, FeeParams, LiquidityChange, Market, Position, RateParams, RiskParams, Swapped};
    use shell::{apart, emit};

    pub(crate) type Result<T> = core::result::Result<T, Failure>;

    /// Most positions one message works on.
    const MAX_BATCH: u32 = 100;

    /// The market.
    #[ink(storage)]
    pub struct AlphaMarket {
        pub(crate) netuid: u16,
        generation: u64,
        pub(crate) hot: MarketCell,
        /// The only account that may set bounded parameters.
        authority: AccountId,
        /// Where protocol income goes.
        sink: AccountId,
        /// The only account that may restrict the market by the ladder of sanctions: the emission contract.
        emission: AccountId,
        pub(crate) validators: Lazy<ValidatorsCell>,
        accounts: Mapping<AccountId, AccountCell>,
        positions: Mapping<u32, PositionCell>,
    }

    impl AlphaMarket {
        /// A market of the subnet that lives under `netuid` now, staking with `hotkey`.
        ///
        /// # Errors
        /// [`MarketError::NoSuchSubnet`].
        #[ink(constructor, payable)]
        pub fn new(
            netuid: u16,
            hotkey: AccountId,
            authority: AccountId,
            sink: AccountId,
            emission: AccountId,
        ) -> Result<Self> {
            let state = subtensor::extension().get_subnet_registration_state(netuid)?;
            // Root stake has no alpha that could be traded.
            if !state.exists || netuid == 0 {
                return Err(MarketError::NoSuchSubnet { netuid }.into());
            }
            let now = Self::env().block_number();
            let mut validators = Lazy::new();
            validators.set(&ValidatorsCell(Validators::new(*hotkey.as_ref(), now)));
            Ok(Self {
                netuid,
                generation: state.registered_subnet_counter,
                hot: MarketCell(Box::new(Market::new(now))),
                authority,
                sink,
                emission,
                validators,
                accounts: Mapping::new(),
                positions: Mapping::new(),
            })
        }

        // ---- liquidity

        /// Adds the TAO sent and at most `max_alpha` at the pool's ratio; what is not used comes back. The first provider sets
        /// the price with all of both.
        #[ink(message, payable)]
        pub fn add_liquidity(
            &mut self,
            max_alpha: u64,
            min_shares: u128,
            deadline: u32,
            settlement: Settlement,
        ) -> Result<LiquidityChange> {
            apart(&mut || {
                let now = self.begin(deadline)?;
                let (caller, mut account) = self.caller_account();
                let tao = self.env().transferred_value();
                // What the ratio leaves of stake pulled stays on the ledger: sending it back could be refused as too small.
                let max_alpha = self.take_alpha(&mut account, caller, max_alpha, settlement)?;
                let change = self
                    .hot
                    .0
                    .add_liquidity(&mut account, tao, max_alpha, min_shares, now)?;
                self.store_account(caller, account);
                emit(&LiquidityAdded {
                    provider: caller,
                    change,
                });
                self.pay(caller, tao.saturating_sub(change.tao))?;
                Ok(change)
            })
        }

        /// Burns liquidity shares for at least `min_tao` and `min_alpha`.
        #[ink(message)]
        pub fn remove_liquidity(
            &mut self,
            shares: u128,
            min_tao: u64,
            min_alpha: u64,
            deadline: u32,
            settlement: Settlement,
        ) -> Result<LiquidityChange> {
            apart(&mut || {
                let now = self.begin(deadline)?;
                let (caller, mut account) = self.caller_account();
                let change = self
                    .hot
                    .0
                    .remove_liquidity(&mut account, shares, min_tao, min_alpha, now)?;
                self.give_alpha(&mut account, caller, change.alpha, min_alpha, settlement)?;
                self.store_account(caller, account);
                emit(&LiquidityRemoved {
                    provider: caller,
                    change,
                });
                self.pay(caller, change.tao)?;
                Ok(change)
            })
        }

        // ---- swap

        /// Swaps exactly `amount_in` of `input`, which must be the TAO sent if it is TAO, for at least `min_out`.
        ///
        /// Settled as stake, the amount that is swapped is what arrives of the caller's stake, and `min_out` binds what arrives
        /// at the caller.
        #[ink(message, payable)]
        pub fn swap_exact_in(
            &mut self,
            input: Asset,
            amount_in: u64,
            min_out: u64,
            deadline: u32,
            settlement: Settlement,
        ) -> Result<Swapped> {
            apart(&mut || {
                let now = self.begin(deadline)?;
                let (caller, mut account) = self.caller_account();
                let swap = match input {
                    Asset::Tao => {
                        self.expect_value(amount_in)?;
                        let swap = self.hot.0.swap_exact_in(input, amount_in, min_out, now)?;
                        self.hot.0.deposit(&mut account, swap.amount_out)?;
                        self.give_alpha(&mut account, caller, swap.amount_out, min_out, settlement)?;
                        swap
                    }
                    Asset::Alpha => {
                        self.expect_value(0)?;
                        let amount_in = self.take_alpha(&mut account, caller, amount_in, settlement)?;
                        self.hot.0.withdraw(&mut account, amount_in)?;
                        self.hot.0.swap_exact_in(input, amount_in, min_out, now)?
                    }
                };
                self.finish_swap(caller, account, input, &swap)?;
                if input == Asset::Alpha {
                    self.pay(caller, swap.amount_out)?;
                }
                Ok(swap)
            })
        }

        /// Swaps at most `max_in` for exactly `amount_out` of `output`. Of TAO sent, what is not needed comes back; alpha pulled
        /// as stake and not needed stays on the ledger.
        #[ink(message, payable)]
        pub fn swap_exact_out(
            &mut self,
            output: Asset,
            amount_out: u64,
            max_in: u64,
            deadline: u32,
            settlement: Settlement,
        ) -> Result<Swapped> {
            apart(&mut || {
                let now = self.begin(deadline)?;
                let (caller, mut account) = self.caller_account();
                match output {
                    Asset::Alpha => {
                        let value = self.env().transferred_value();
                        let swap = self.hot.0.swap_exact_out(output, amount_out, max_in.min(value), now)?;
                        self.hot.0.deposit(&mut account, swap.amount_out)?;
                        self.give_alpha(&mut account, caller, swap.amount_out, 0, settlement)?;
                        self.finish_swap(caller, account, Asset::Tao, &swap)?;
                        self.pay(caller, value.saturating_sub(swap.amount_in))?;
                        Ok(swap)
                    }
                    Asset::Tao => {
                        self.expect_value(0)?;
                        let available = self.take_alpha(&mut account, caller, max_in, settlement)?;
                        let swap = self
                            .hot
                            .0
                            .swap_exact_out(output, amount_out, max_in.min(available), now)?;
                        self.hot.0.withdraw(&mut account, swap.amount_in)?;
                        self.finish_swap(caller, account, Asset::Alpha, &swap)?;
                        self.pay(caller, swap.amount_out)?;
                        Ok(swap)
                    }
                }
            })
        }

        // ---- ledger

        /// Turns the caller's stake with `hotkey`, one of the market's, into alpha on the ledger; returns what was credited: what
        /// arrived.
        #[ink(message)]
        pub fn deposit_alpha(&mut self, hotkey: AccountId, amount: u64) -> Result<u64> {
            apart(&mut || {
                self.begin(u32::MAX)?;
                let (caller, mut account) = self.caller_account();
                let alpha = self.deposit_stake(&mut account, caller, Some(hotkey), amount)?;
                self.store_account(caller, account);
                Ok(alpha)
            })
        }

        /// Turns alpha on the ledger into the caller's stake with the market's hotkeys; returns what arrived (up to 2 units
        /// less, by rounding of the chain's shares).
        #[ink(message)]
        pub fn withdraw_alpha(&mut self, amount: u64) -> Result<u64> {
            apart(&mut || {
                self.begin(u32::MAX)?;
                let (caller, mut account) = self.caller_account();
                let stake = self.withdraw_stake(&mut account, caller, amount)?;
                self.store_account(caller, account);
                Ok(stake)
            })
        }

        /// Sells alpha of the ledger on the chain's own pool and pays the TAO: the way out when stake cannot be transferred.
        #[ink(message)]
        pub fn withdraw_alpha_as_tao(&mut self, amount: u64, min_tao: u64, deadline: u32) -> Result<u64> {
            apart(&mut || {
                self.begin(deadline)?;
                let (caller, mut account) = self.caller_account();
                self.hot.0.withdraw(&mut account, amount)?;
                let tao = self.draw(amount, None)?;
                if tao < min_tao {
                    return Err(kernel::Error::SlippageExceeded { min: min_tao, got: tao }.into());
                }
                self.store_account(caller, account);
                emit(&AlphaWithdrawn {
                    account: caller,
                    alpha: amount,
                    stake: 0,
                    tao,
                });
                self.pay(caller, tao)?;
                Ok(tao)
            })
        }

        /// Lists the hotkey that the market's stake has gone to when its validator changed keys. Anyone may, but only while stake is
        /// missing under the hotkeys listed: nobody can choose the market's validators by sending it stake.
        #[ink(message)]
        pub fn adopt_hotkey(&mut self, hotkey: AccountId) -> Result<Validators> {
            apart(&mut || {
                self.begin(u32::MAX)?;
                self.adopt(hotkey)
            })
        }

        // ---- lending

        /// Lends alpha of the ledger; returns the shares minted.
        #[ink(message)]
        pub fn lend(&mut self, alpha: u64) -> Result<u128> {
            apart(&mut || {
                let now = self.begin(u32::MAX)?;
                let (caller, mut account) = self.caller_account();
                let shares = self.hot.0.lend(&mut account, alpha, now)?;
                self.store_account(caller, account);
                emit(&Lent {
                    lender: caller,
                    alpha,
                    shares,
                });
                Ok(shares)
            })
        }

        /// Burns lenders' shares; the alpha they are worth goes to the ledger.
        #[ink(message)]
        pub fn unlend(&mut self, shares: u128) -> Result<u64> {
            apart(&mut || {
                let now = self.begin(u32::MAX)?;
                let (caller, mut account) = self.caller_account();
                let alpha = self.hot.0.unlend(&mut account, shares, now)?;
                self.store_account(caller, account);
                emit(&Unlent {
                    lender: caller,
                    alpha,
                    shares,
                });
                Ok(alpha)
            })
        }

        // ---- shorts

        /// Opens a short with the TAO sent as margin: borrows `alpha` and sells it for at least `min_proceeds`.
        #[ink(message, payable)]
        pub fn open_short(&mut self, alpha: u64, min_proceeds: u64, deadline: u32) -> Result<Opened> {
            apart(&mut || {
                let now = self.begin(deadline)?;
                let owner = self.env().caller();
                let margin = self.env().transferred_value();
                let price = self.chain_price()?;
                let (position, opened) =
                    self.hot
                        .0
                        .open_short(*owner.as_ref(), margin, alpha, min_proceeds, price, now)?;
                self.positions.insert(opened.id, &PositionCell(position));
                self.env().emit_event(ShortOpened { owner, opened });
                Ok(opened)
            })
        }

        /// Adds the TAO sent to a position's margin. Anyone may.
        #[ink(message, payable)]
        pub fn add_margin(&mut self, id: u32) -> Result<MarginChanged> {
            apart(&mut || {
                let now = self.begin(u32::MAX)?;
                let mut position = self.position_of(id)?;
                let added = self.env().transferred_value();
                let change = self.hot.0.add_margin(&mut position, added, now)?;
                self.store_position(id, position);
                emit(&ShortMarginChanged {
                    id,
                    by: self.env().caller(),
                    added,
                    withdrawn: 0,
                    change,
                });
                Ok(change)
            })
        }

        /// Takes margin out, as far as the position could have been opened with what is left.
        #[ink(message)]
        pub fn withdraw_margin(&mut self, id: u32, amount: u64) -> Result<MarginChanged> {
            apart(&mut || {
                let now = self.begin(u32::MAX)?;
                let (caller, mut position) = self.own_position(id)?;
                let price = self.chain_price()?;
                let change = self.hot.0.withdraw_margin(&mut position, amount, price, now)?;
                self.store_position(id, position);
                emit(&ShortMarginChanged {
                    id,
                    by: caller,
                    added: 0,
                    withdrawn: amount,
                    change,
                });
                self.pay(caller, amount)?;
                Ok(change)
            })
        }

        /// Buys back at most `alpha` (all debt for the largest number) for at most `max_cost` out of the escrow and the TAO sent.
        /// When nothing is owed any more, the rest is paid to the owner; otherwise it stays as margin.
        ///
        /// In a delisted market anyone may close anybody's whole short, buying at no worse than 5 % above the short average.
        #[ink(message, payable)]
        pub fn close_short(&mut self, id: u32, alpha: u64, max_cost: u64, deadline: u32) -> Result<Closed> {
            apart(&mut || {
                let now = self.begin(deadline)?;
                let caller = self.env().caller();
                let mut position = self.position_of(id)?;
                let owner = AccountId::from(position.owner);
                let attached = self.env().transferred_value();
                let closed = if caller == owner {
                    self.hot.0.close_short(&mut position, alpha, max_cost, attached, now)?
                } else if self.hot.0.restriction.standing == Standing::Delisted {
                    self.expect_value(0)?;
                    self.hot.0.close_delisted(&mut position, self.chain_price()?, now)?
                } else {
                    return Err(MarketError::NotOwner.into());
                };
                self.store_position(id, position);
                emit(&ShortRepaid { id, by: caller, closed });
                if caller == owner {
                    self.pay(owner, closed.returned)?;
                } else {
                    self.pay_or_credit(owner, closed.returned)?;
                }
                Ok(closed)
            })
        }

        /// Repays at most `alpha` from the caller's ledger, for any position. What is left when nothing is owed any more is paid to
        /// the owner.
        #[ink(message)]
        pub fn repay_with_alpha(&mut self, id: u32, alpha: u64) -> Result<Closed> {
            apart(&mut || {
                let now = self.begin(u32::MAX)?;
                let (caller, mut account) = self.caller_account();
                let mut position = self.position_of(id)?;
                let owner = AccountId::from(position.owner);
                let closed = self.hot.0.repay_with_alpha(&mut account, &mut position, alpha, now)?;
                self.store_account(caller, account);
                self.store_position(id, position);
                emit(&ShortRepaid { id, by: caller, closed });
                self.pay_or_credit(owner, closed.returned)?;
                Ok(closed)
            })
        }

        // ---- liquidation

        /// Liquidates positions with their own escrow through the pool. Ids that are not due are skipped.
        ///
        /// # Errors
        /// When nothing was due: the refusal of the last position, or [`kernel::Error::NothingDue`].
        #[ink(message)]
        pub fn liquidate(&mut self, ids: Vec<u32>, min_reward: u64, deadline: u32) -> Result<LiquidationReport> {
            apart(&mut || {
                let now = self.begin(deadline)?;
                check_batch(&ids)?;
                let by = self.env().caller();
                self.hot.0.touch_debt(now)?;
                let chain_price = self.chain_price()?;
                let mut report = LiquidationReport {
                    reward: 0,
                    liquidated: Vec::new(),
                };
                let mut refusal = kernel::Error::NothingDue;
                for id in ids.iter().copied() {
                    let Some(PositionCell(mut position)) = self.positions.get(id) else {
                        continue;
                    };
                    let owner = AccountId::from(position.owner);
                    let liquidated = match self.hot.0.liquidate(id, &mut position, chain_price) {
                        Ok(liquidated) => liquidated,
                        Err(failure) => match *kernel::error::reason(&failure) {
                            skip @ (kernel::Error::NotLiquidatable { .. } | kernel::Error::PriceAboveCap { .. }) => {
                                refusal = skip;
                                continue;
                            }
                            _ => return Err(failure.into()),
                        },
                    };
                    self.store_position(id, position);
                    emit(&ShortLiquidated { by, liquidated });
                    self.pay_or_credit(owner, liquidated.surplus)?;
                    report.reward = report.reward.saturating_add(liquidated.bounty);
                    report.liquidated.push(liquidated);
                }
                if report.liquidated.is_empty() {
                    return Err(refusal.into());
                }
                check_reward(min_reward, report.reward)?;
                self.pay(by, report.reward)?;
                Ok(report)
            })
        }

        /// Liquidates with at most `max_alpha` of the caller's ledger for at least `min_tao` of the escrow.
        #[ink(message)]
        pub fn liquidate_with_alpha(
            &mut self,
            id: u32,
            max_alpha: u64,
            min_tao: u64,
            deadline: u32,
        ) -> Result<Liquidated> {
            apart(&mut || {
                let now = self.begin(deadline)?;
                let (by, mut account) = self.caller_account();
                let mut position = self.position_of(id)?;
                let owner = AccountId::from(position.owner);
                self.hot.0.touch_debt(now)?;
                let liquidated = self.hot.0.liquidate_with_alpha(
                    &mut account,
                    id,
                    &mut position,
                    max_alpha,
                    min_tao,
                    self.chain_price()?,
                )?;
                self.store_account(by, account);
                self.store_position(id, position);
                emit(&ShortLiquidated { by, liquidated });
                self.pay_or_credit(owner, liquidated.surplus)?;
                self.pay(by, liquidated.bounty)?;
                Ok(liquidated)
            })
        }

        // ---- dividends

        /// Records the oracle and accrues interest. Pays nothing: both catch up by themselves whenever the market is used, this
        /// only spares the next user the work.
        #[ink(message)]
        pub fn poke(&mut self, min_reward: u64, deadline: u32) -> Result<Poked> {
            apart(&mut || {
                let now = self.begin(deadline)?;
                check_reward(min_reward, 0)?;
                let recorded = self.hot.0.vault.accrued;
                if now <= recorded {
                    return Err(kernel::Error::NothingToDo.into());
                }
                self.hot.0.touch_debt(now)?;
                Ok(Poked {
                    blocks: now.saturating_sub(recorded),
                    reward: 0,
                    prices: self.hot.0.prices(),
                })
            })
        }

        /// Books what validators paid since the last harvest.
        #[ink(message)]
        pub fn harvest(&mut self, min_reward: u64, deadline: u32) -> Result<Harvested> {
            apart(&mut || {
                let now = self.begin(deadline)?;
                let mut validators = self.validators();
                let seen = self.see(&validators)?;
                let paid = validators.harvest(&seen, now);
                let stake = seen.iter().map(|seen| seen.stake).fold(0, u64::saturating_add);
                let harvested = self.hot.0.harvest(stake.saturating_sub(ROUNDING_RESERVE), paid, now)?;
                check_reward(min_reward, harvested.reward)?;
                self.validators.set(&ValidatorsCell(validators));
                emit(&DividendsHarvested { harvested });
                self.pay(self.env().caller(), harvested.reward)?;
                Ok(harvested)
            })
        }

        /// Gives the TAO sent to liquidity providers and lenders, over time. Anyone may.
        #[ink(message, payable)]
        pub fn fund_incentives(&mut self) -> Result<()> {
            apart(&mut || {
                let now = self.begin(u32::MAX)?;
                let tao = self.env().transferred_value();
                self.hot.0.fund_incentives(tao, now)?;
                emit(&IncentivesFunded {
                    from: self.env().caller(),
                    tao,
                });
                Ok(())
            })
        }

        /// Pays the caller what it earned: alpha to its ledger, TAO as a transfer.
        #[ink(message)]
        pub fn claim_rewards(&mut self) -> Result<Payout> {
            apart(&mut || {
                let now = self.begin(u32::MAX)?;
                let (caller, mut account) = self.caller_account();
                let before = account.alpha;
                self.hot.0.settle_account(&mut account, now)?;
                let tao = self.hot.0.take_tao(&mut account)?;
                let alpha = account.alpha.saturating_sub(before);
                if tao == 0 && alpha == 0 {
                    return Err(kernel::Error::NothingToDo.into());
                }
                self.store_account(caller, account);
                emit(&IncomeClaimed {
                    account: caller,
                    tao,
                    alpha,
                });
                self.pay(caller, tao)?;
                Ok(Payout { tao, alpha })
            })
        }

        /// Sends protocol income to the sink. Anyone may. Alpha that cannot be transferred is kept for later.
        #[ink(message)]
        pub fn collect_fees(&mut self) -> Result<Payout> {
            apart(&mut || {
                let sink = self.sink;
                if self.hot.0.terminal.is_some() {
                    let tao = self.hot.0.take_protocol_terminal()?;
                    emit(&ProtocolCollected { tao, alpha: 0 });
                    self.pay(sink, tao)?;
                    return Ok(Payout { tao, alpha: 0 });
                }
                let now = self.begin(u32::MAX)?;
                let (tao, alpha) = self.hot.0.take_protocol(now)?;
                let held = self.stake_owned()?;
                let sent = match self.draw(alpha, Some(sink)) {
                    Ok(_) => alpha,
                    // The chain refused and moved nothing: TAO is paid all the same, the alpha waits.
                    Err(_) if tao != 0 && self.stake_owned()? == held => {
                        self.hot.0.protocol_alpha = alpha;
                        0
                    }
                    Err(error) => return Err(error),
                };
                emit(&ProtocolCollected { tao, alpha: sent });
                self.pay(sink, tao)?;
                Ok(Payout { tao, alpha: sent })
            })
        }

        // ---- validators

        /// Moves stake toward the validators that pay, within the epoch's limit: at most `limit` moves. Anyone may; it pays nothing.
        ///
        /// # Errors
        /// [`kernel::Error::NothingToDo`] when everything lies where it should, or the epoch's limit is used up.
        #[ink(message)]
        pub fn rebalance(&mut self, limit: u32, min_reward: u64, deadline: u32) -> Result<Rebalanced> {
            apart(&mut || {
                let now = self.begin(deadline)?;
                check_reward(min_reward, 0)?;
                let moves = self.rebalance_stake(limit, now)?;
                emit(&StakeRebalanced { moves: moves.clone() });
                Ok(Rebalanced { reward: 0, moves })
            })
        }

        /// Lets a registered validator of the subnet compete for the market's stake; at most 8 do.
        #[ink(message)]
        pub fn add_hotkey(&mut self, hotkey: AccountId) -> Result<()> {
            apart(&mut || {
                let now = self.as_authority()?;
                if !self.validator(hotkey)?.registered {
                    return Err(MarketError::HotkeyNotRegistered.into());
                }
                let mut validators = self.validators();
                validators.add(*hotkey.as_ref(), now)?;
                self.validators.set(&ValidatorsCell(validators));
                emit(&ValidatorChanged { hotkey, leaving: false });
                Ok(())
            })
        }

        /// Has a validator leave: rebalancing moves its stake to the others.
        #[ink(message)]
        pub fn remove_hotkey(&mut self, hotkey: AccountId) -> Result<()> {
            apart(&mut || {
                self.as_authority()?;
                let mut validators = self.validators();
                validators.remove(*hotkey.as_ref())?;
                self.validators.set(&ValidatorsCell(validators));
                emit(&ValidatorChanged { hotkey, leaving: true });
                Ok(())
            })
        }

        // ---- emission

        /// Gives the TAO sent to liquidity providers and lenders, over time, restricts the market as the ladder of sanctions
        /// says, and answers what happened in `epoch`. Only the emission contract may; payments are in its events.
        #[ink(message, payable)]
        pub fn settle_epoch(&mut self, epoch: u32, standing: Standing) -> Result<Reading> {
            apart(&mut || {
                if self.env().caller() != self.emission {
                    return Err(MarketError::NotEmission.into());
                }
                let now = self.begin(u32::MAX)?;
                self.hot.0.touch(now)?;
                let tao = self.env().transferred_value();
                if tao != 0 {
                    self.hot.0.fund_incentives(tao, now)?;
                }
                let before = self.hot.0.restriction;
                let price = match standing {
                    Standing::Contested | Standing::Delisted => self.chain_price().unwrap_or(0),
                    Standing::Open | Standing::Quarantined => 0,
                };
                self.hot.0.restrict(standing, price, now);
                let restriction = self.hot.0.restriction;
                if restriction.standing != before.standing {
                    emit(&StandingChanged { restriction });
                }
                Ok(self.hot.0.reading(epoch))
            })
        }

        // ---- terminal

        /// Freezes the market once its generation has ended and the chain has paid out its alpha. Anyone may.
        #[ink(message)]
        pub fn freeze(&mut self) -> Result<Terminal> {
            apart(&mut || {
                let state = self.env().extension().get_subnet_registration_state(self.netuid)?;
                if state.exists {
                    if state.registered_subnet_counter == self.generation {
                        return Err(MarketError::GenerationAlive.into());
                    }
                } else {
                    // While no subnet lives here nobody can send stake, so what is left, with whatever hotkey, is our own and not
                    // paid out yet.
                    let me = self.env().account_id();
                    let stake = self.env().extension().get_stake_availability(me, self.netuid)?.total;
                    if stake != 0 {
                        return Err(MarketError::DissolutionPending { stake }.into());
                    }
                }
                let owed = self.hot.0.booked_tao()?;
                let proceeds = self.env().balance().saturating_sub(owed);
                self.hot.0.freeze(proceeds, self.env().block_number())?;
                let terminal = *self.hot.0.terminal()?;
                emit(&MarketFrozen { terminal });
                Ok(terminal)
            })
        }

        /// Settles shorts after the end. Ids that are gone are skipped. Anyone may.
        #[ink(message)]
        pub fn settle_shorts(&mut self, ids: Vec<u32>) -> Result<Vec<SettledShort>> {
            apart(&mut || {
                check_batch(&ids)?;
                let mut all = Vec::new();
                for id in ids.iter().copied() {
                    let Some(PositionCell(position)) = self.positions.get(id) else {
                        continue;
                    };
                    let settled = self.hot.0.settle_short(id, &position)?;
                    self.positions.remove(id);
                    emit(&ShortSettled { settled });
                    self.pay_or_credit(position.owner.into(), settled.returned)?;
                    all.push(settled);
                }
                if all.is_empty() {
                    return Err(kernel::Error::NothingDue.into());
                }
                Ok(all)
            })
        }

        /// Pays an account all it owns after the end, as TAO. Anyone may, for anyone.
        #[ink(message)]
        pub fn claim(&mut self, owner: AccountId) -> Result<u64> {
            apart(&mut || {
                let mut account = self.account_of(owner);
                let tao = self.hot.0.claim(&mut account, self.env().block_number())?;
                self.store_account(owner, account);
                emit(&ClaimPaid { account: owner, tao });
                self.pay(owner, tao)?;
                Ok(tao)
            })
        }

        // ---- parameters

        /// Sets fees and shares of income, within their bounds.
        #[ink(message)]
        pub fn set_fees(&mut self, fees: FeeParams) -> Result<()> {
            let now = self.as_authority()?;
            self.hot.0.set_fees(fees, now)?;
            self.announce_parameters()
        }

        /// Sets the limits of shorts, within their bounds.
        #[ink(message)]
        pub fn set_risk(&mut self, risk: RiskParams) -> Result<()> {
            let now = self.as_authority()?;
            self.hot.0.set_risk(risk, now)?;
            self.announce_parameters()
        }

        /// Sets the rate model, within its bounds.
        #[ink(message)]
        pub fn set_rates(&mut self, rates: RateParams) -> Result<()> {
            let now = self.as_authority()?;
            self.hot.0.set_rates(rates, now)?;
            self.announce_parameters()
        }

        /// Pauses opening shorts and withdrawing margin before block `until`, at most 100,800 blocks (14 days) ahead; 0 or a
        /// past block allows them at once. A pause ends by itself. Nothing else can be paused.
        #[ink(message)]
        pub fn pause_opening(&mut self, until: u32) -> Result<()> {
            let now = self.as_authority()?;
            self.hot.0.pause_opening(until, now)?;
            self.announce_parameters()
        }

        // ---- views

        /// Everything about the market, recorded up to now.
        #[ink(message)]
        pub fn market_state(&self) -> Result<MarketState> {
            apart(&mut || {
                let market = self.recorded()?;
                let chain_price_e9 = self.chain_price().unwrap_or(0);
                Ok(MarketState {
                    netuid: self.netuid,
                    generation: self.generation,
                    alive: self.check_alive().is_ok(),
                    authority: self.authority,
                    sink: self.sink,
                    emission: self.emission,
                    standing: market.standing(self.env().block_number()),
                    block: self.env().block_number(),
                    chain_price_e9,
                    safe_mode: market.check_safe_mode(chain_price_e9).is_err(),
                    prices: market.prices(),
                    market,
                })
            })
        }

        /// An account, with its earnings up to now credited and its shares valued.
        #[ink(message)]
        pub fn account(&self, who: AccountId) -> Result<AccountView> {
            apart(&mut || {
                let mut market = self.recorded()?;
                let mut account = self.account_of(who);
                market.settle_account(&mut account, self.env().block_number())?;
                let liquidity = market.pool.quote_remove(account.lp_shares).ok();
                Ok(AccountView {
                    liquidity_tao: liquidity.map_or(0, |l| l.tao),
                    liquidity_alpha: liquidity.map_or(0, |l| l.alpha),
                    lent_alpha: market.vault.alpha_down(account.lend_shares)?,
                    account,
                })
            })
        }

        /// A position and its health now.
        #[ink(message)]
        pub fn position(&self, id: u32) -> Result<PositionView> {
            apart(&mut || {
                let market = self.recorded()?;
                let chain_price = self.chain_price().unwrap_or(0);
                let position = self.position_of(id)?;
                let health = market.health(&position, chain_price)?;
                Ok(PositionView { id, position, health })
            })
        }

        /// Open positions among the ids `from..from + limit`.
        #[ink(message)]
        pub fn positions(&self, from: u32, limit: u32) -> Result<PositionPage> {
            apart(&mut || {
                let market = self.recorded()?;
                let chain_price = self.chain_price().unwrap_or(0);
                let end = from.saturating_add(limit.clamp(1, MAX_PAGE)).min(market.next_position);
                let mut positions = Vec::new();
                for id in from..end {
                    if let Some(PositionCell(position)) = self.positions.get(id) {
                        let health = market.health(&position, chain_price)?;
                        positions.push(PositionView { id, position, health });
                    }
                }
                Ok(PositionPage {
                    positions,
                    next: (end < market.next_position).then_some(end),
                })
            })
        }

        /// Positions that may be liquidated now among the ids `from..from + limit`.
        #[ink(message)]
        pub fn liquidatable(&self, from: u32, limit: u32) -> Result<DuePage> {
            apart(&mut || {
                let page = self.positions(from, limit)?;
                let ids = page
                    .positions
                    .iter()
                    .filter(|p| p.health.liquidatable)
                    .map(|p| p.id)
                    .collect();
                Ok(DuePage { ids, next: page.next })
            })
        }

        /// How the validators of the market's stake compete: yields, scores, weights, last moves.
        #[ink(message)]
        pub fn competition(&self) -> Competition {
            let state = self.validators();
            Competition {
                scores: state.all.iter().map(|validator| validator.score()).collect(),
                weights_bps: state.weights(),
                state,
            }
        }

        /// What a message would do now; equals execution in the same block.
        #[ink(message)]
        pub fn quote(&self, action: Action) -> Result<Quote> {
            self.quoted(action)
        }

        /// Both ledger identities.
        #[ink(message)]
        pub fn custody(&self) -> Result<CustodyView> {
            apart(&mut || {
                let custody = self.hot.0.custody()?;
                Ok(CustodyView {
                    alpha_owed: custody.alpha,
                    alpha_held: self.stake_owned()?,
                    tao_owed: custody.tao,
                    tao_held: self.env().balance(),
                })
            })
        }

        // ---- the chain

        /// What every message that moves value does first: the caller's deadline, and that the generation is alive, because
        /// after its end ledger alpha is no longer worth what the pool says.
        fn begin(&self, deadline: u32) -> Result<u32> {
            let now = self.env().block_number();
            check_deadline(deadline, now)?;
            self.check_alive()?;
            Ok(now)
        }

        pub(crate) fn check_alive(&self) -> Result<()> {
            let state = self.env().extension().get_subnet_registration_state(self.netuid)?;
            if !state.exists || state.registered_subnet_counter != self.generation {
                return Err(MarketError::GenerationEnded {
                    generation: self.generation,
                }
                .into());
            }
            Ok(())
        }

        pub(crate) fn chain_price(&self) -> Result<u64> {
            Ok(self.env().extension().get_alpha_price(self.netuid)?)
        }

        fn as_authority(&self) -> Result<u32> {
            if self.env().caller() != self.authority {
                return Err(MarketError::NotAuthority.into());
            }
            // After the end nothing may be recorded any more: shorts settle at prices from before it.
            self.check_alive()?;
            Ok(self.env().block_number())
        }

        fn expect_value(&self, expected: u64) -> Result<()> {
            let got = self.env().transferred_value();
            if got != expected {
                return Err(MarketError::ValueMismatch { expected, got }.into());
            }
            Ok(())
        }

        // ---- cells

        pub(crate) fn account_of(&self, who: AccountId) -> Account {
            self.accounts.get(who).map_or_else(Account::default, |cell| cell.0)
        }

        fn caller_account(&self) -> (AccountId, Account) {
            let caller = self.env().caller();
            (caller, self.account_of(caller))
        }

        fn store_account(&mut self, who: AccountId, account: Account) {
            if account.is_empty() {
                self.accounts.remove(who);
            } else {
                self.accounts.insert(who, &AccountCell(account));
            }
        }

        pub(crate) fn position_of(&self, id: u32) -> Result<Position> {
            Ok(self.positions.get(id).ok_or(kernel::Error::NoSuchPosition { id })?.0)
        }

        fn own_position(&self, id: u32) -> Result<(AccountId, Position)> {
            let caller = self.env().caller();
            let position = self.position_of(id)?;
            if position.owner != *AsRef::<[u8; 32]>::as_ref(&caller) {
                return Err(MarketError::NotOwner.into());
            }
            Ok((caller, position))
        }

        /// Stores a position, or removes it when nothing is owed any more.
        fn store_position(&mut self, id: u32, position: Position) {
            if position.debt_scaled == 0 {
                self.positions.remove(id);
            } else {
                self.positions.insert(id, &PositionCell(position));
            }
        }

        /// The market recorded up to now; as stored once it is frozen or cannot go on.
        pub(crate) fn recorded(&self) -> Result<Box<Market>> {
            let mut market = self.hot.0.clone();
            if market.terminal.is_none() {
                market.touch_debt(self.env().block_number())?;
            }
            Ok(market)
        }

        fn announce_parameters(&self) -> Result<()> {
            let Market {
                fees,
                risk,
                rates,
                opening_paused_until,
                ..
            } = *self.hot.0;
            emit(&ParametersSet {
                fees,
                risk,
                rates,
                opening_paused_until,
            });
            Ok(())
        }

        fn finish_swap(&mut self, trader: AccountId, account: Account, input: Asset, swap: &Swapped) -> Result<()> {
            self.store_account(trader, account);
            let pool = &self.hot.0.pool;
            emit(&Traded {
                trader,
                input,
                swap: *swap,
                pool_tao: pool.tao,
                pool_alpha: pool.alpha,
            });
            Ok(())
        }

        // ---- money

        /// Pays TAO to whoever asked for it.
        fn pay(&self, to: AccountId, amount: u64) -> Result<()> {
            Ok(shell::pay(to, amount)?)
        }

        /// Pays TAO to somebody who did not ask for it; what cannot be delivered waits as a claim, so that nobody's account can
        /// stand in the way of a liquidation.
        fn pay_or_credit(&mut self, to: AccountId, amount: u64) -> Result<()> {
            if self.pay(to, amount).is_err() {
                let mut account = self.account_of(to);
                self.hot.0.credit_tao(&mut account, amount)?;
                self.store_account(to, account);
                emit(&PaymentCredited {
                    account: to,
                    tao: amount,
                });
            }
            Ok(())
        }
    }

    /// Most ids one page looks at.
    const MAX_PAGE: u32 = 500;

    fn check_batch(ids: &[u32]) -> Result<()> {
        let got = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        if got > MAX_BATCH {
            return Err(MarketError::BatchTooLarge { max: MAX_BATCH, got }.into());
        }
        Ok(())
    }

    fn check_reward(min: u64, got: u64) -> Result<()> {
        if got < min {
            return Err(kernel::Error::RewardBelowMinimum { min, got }.into());
        }
        Ok(())
    }
}
