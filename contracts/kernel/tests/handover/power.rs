//! What is left of whose power, and when nothing is.

use crate::support::{calendars, call, compressed, schedule, CORE, DAO, HORIZON};
use kernel::handover::{
    certificate, entitled, residual_powers, Capability, Certificate, Error, Guardian, Holder, Power, Stage, NEVER,
};
use proptest::prelude::*;

fn guardian(until: u32, some: bool) -> Guardian {
    Guardian::new(some.then_some([7; 32]), until, 10).expect("a budget within bounds")
}

#[test]
fn the_compressed_calendar_is_certified_in_its_last_block_and_not_before() {
    let calendar = compressed(1_000);
    let guardian = guardian(calendar.guardian_until, true);
    for block in 1_000..1_394 {
        let refused = certificate(&calendar, &guardian, block);
        assert!(matches!(refused, Err(Error::PowersRemain { .. })), "block {block}");
    }
    assert_eq!(
        certificate(&calendar, &guardian, 1_000),
        Err(Error::PowersRemain {
            count: Capability::COUNT as u32 + 1
        })
    );
    // Code that is not frozen and accounts of subnet owners.
    let last = certificate(&calendar, &guardian, 1_393);
    assert_eq!(last, Err(Error::PowersRemain { count: 2 }));
    let Certificate {
        block,
        stages,
        code_final,
    } = certificate(&calendar, &guardian, 1_394).expect("nothing is left");
    assert_eq!((block, code_final), (1_394, true));
    let frozen = [
        Capability::PauseOpening,
        Capability::Guardian,
        Capability::PinCode,
        Capability::Governance,
    ];
    for (capability, stage) in stages {
        let expected = if frozen.contains(&capability) {
            Stage::Frozen
        } else {
            Stage::Dao
        };
        assert_eq!(stage, expected, "{capability:?}");
    }
    for holder in [Holder::Core, Holder::Guardian] {
        assert_eq!(residual_powers(&calendar, &guardian, holder, 1_394), []);
    }
}

#[test]
fn a_guardian_that_could_be_replaced_stands_against_the_certificate() {
    let mut calendar = compressed(0);
    let removed = guardian(1_000, false);
    assert!(certificate(&calendar, &removed, 394).is_ok());
    assert_eq!(
        certificate(&calendar, &guardian(1_000, true), 394),
        Err(Error::PowersRemain { count: 1 })
    );
    calendar.ladder_mut(Capability::Guardian).at[3] = NEVER;
    assert_eq!(
        certificate(&calendar, &removed, 999),
        Err(Error::PowersRemain { count: 1 })
    );
    assert!(certificate(&calendar, &removed, 1_000).is_ok());
}

proptest! {
    #[test]
    fn what_is_left_is_exactly_what_can_still_be_proposed(
        calendar in calendars(), block in 0..HORIZON + 10, some in any::<bool>(),
    ) {
        let guardian = guardian(calendar.guardian_until, some);
        for (holder, proposer) in [(Holder::Core, CORE), (Holder::Dao, DAO)] {
            let powers = residual_powers(&calendar, &guardian, holder, block);
            for capability in Capability::ALL {
                let ladder = calendar.ladder(capability);
                let stage = ladder.stage(block);
                let found: Vec<_> = powers.iter().filter(|power| power.capability == Some(capability)).collect();
                let can = entitled(&proposer, stage);
                prop_assert_eq!(schedule(call(capability), proposer, &calendar, block).is_ok(), can);
                prop_assert_eq!(found.len(), usize::from(can));
                if let Some(power) = found.first() {
                    prop_assert_eq!(power.stage, stage);
                    // Until its end the power stays; from there on it is gone.
                    let lasts = |b| entitled(&proposer, ladder.stage(b));
                    prop_assert!((block..power.until.min(HORIZON + 10)).all(lasts));
                    prop_assert!(power.until == NEVER || (power.until..HORIZON + 10).all(|b| !lasts(b)));
                }
            }
            prop_assert!(powers.iter().all(|power| power.capability.is_some()));
        }
        let power = Power {
            capability: None,
            stage: calendar.ladder(Capability::Guardian).stage(block),
            until: calendar.guardian_until,
        };
        let expected: Vec<_> = guardian.is_active(block).then_some(power).into_iter().collect();
        prop_assert_eq!(residual_powers(&calendar, &guardian, Holder::Guardian, block), expected);
    }

    #[test]
    fn it_is_certified_exactly_when_no_key_has_power_and_never_less_later(
        calendar in calendars(), some in any::<bool>(),
    ) {
        let guardian = guardian(calendar.guardian_until, some);
        let mut certified = false;
        for block in 0..HORIZON + 10 {
            let code = calendar.ladder(Capability::PinCode).stage(block) == Stage::Frozen;
            let core = residual_powers(&calendar, &guardian, Holder::Core, block).len();
            let unfrozen_code = usize::from(!code && core_has_not(&calendar, block));
            let guarded = block < calendar.guardian_until
                && (some || calendar.ladder(Capability::Guardian).stage(block) < Stage::Frozen);
            let left = core + unfrozen_code + usize::from(guarded);
            match certificate(&calendar, &guardian, block) {
                Ok(certificate) => {
                    prop_assert_eq!(left, 0);
                    prop_assert_eq!(certificate.block, block);
                    certified = true;
                }
                Err(error) => {
                    prop_assert!(!certified, "a certificate was taken back in block {}", block);
                    prop_assert_eq!(error, Error::PowersRemain { count: left as u32 });
                }
            }
        }
    }
}

fn core_has_not(calendar: &kernel::handover::Calendar, block: u32) -> bool {
    !entitled(&CORE, calendar.ladder(Capability::PinCode).stage(block))
}
