//! e^(−blocks/τ) in fixed point: how locks unlock and convictions mature.
//!
//! The value is a mantissa and a shift, so its relative error is the same after one block and after sixty τ: below 1e-16
//! for every τ.

/// The chain's own time constant of unlocking and of maturity, blocks of 12 s: half is left after 90 days (648,000 blocks).
pub const TAU: u32 = 934_866;

/// From this many τ on nothing is left. e^(−64) is below 2^−92, and weights below 2^80.
pub const VANISHED_TAUS: u64 = 64;

/// Fractional bits of mantissas, exponents and coefficients.
const BITS: u32 = 62;
/// 1 at that scale.
const ONE: u64 = 1 << BITS;
/// The fractional bits.
const FRACTION: u64 = ONE - 1;
/// log2(e) at that scale.
const LOG2_E: u128 = 6_653_256_548_922_161_246;
/// ln(2)ⁿ/n! at that scale for n from 18 down to 1: the series of 2^(−f) for f < 1. The next term is below 2^−66.
const EXP2: [u64; 18] = [
    1,
    26,
    626,
    14_446,
    312_614,
    6_314_085,
    118_420_884,
    2_050_142_669,
    32_535_037_283,
    469_381_369_432,
    6_094_567_565_682,
    70_340_819_226_978,
    710_362_457_495_793,
    6_149_018_367_977_265,
    44_355_791_529_079_737,
    255_967_521_894_832_113,
    1_107_849_223_398_934_356,
    3_196_577_161_300_663_915,
];
/// 1/(n + 1)! at that scale for n from 16 down to 1: the series of (1 − e^(−w))/w for w ≤ 1/2. The next term is below 2^−66.
const AVERAGE: [u64; 16] = [
    12_966,
    220_414,
    3_526_632,
    52_899_477,
    740_592_679,
    9_627_704_831,
    115_532_457_973,
    1_270_857_037_706,
    12_708_570_377_060,
    114_377_133_393_536,
    915_017_067_148_291,
    6_405_119_470_038_039,
    38_430_716_820_228_233,
    192_153_584_101_141_163,
    768_614_336_404_564_651,
    2_305_843_009_213_693_952,
];

/// A factor in 0..=1: `mantissa / 2^62 / 2^shift`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Decay {
    /// At most 2^62.
    mantissa: u64,
    /// At most 93.
    shift: u32,
}

impl Decay {
    /// Nothing is left.
    pub const ZERO: Self = Self { mantissa: 0, shift: 0 };
    /// Everything is left.
    pub const ONE: Self = Self {
        mantissa: ONE,
        shift: 0,
    };

    /// e^(−blocks/tau), within 1e-16 of its value; [`Self::ZERO`] for a `tau` of 0 and from 64 `tau` on. Never rises with
    /// `blocks`: the steps of the exact value are larger than the error.
    pub fn of(blocks: u32, tau: u32) -> Self {
        if u64::from(blocks) >= u64::from(tau).wrapping_mul(VANISHED_TAUS) {
            return if blocks == 0 && tau != 0 { Self::ONE } else { Self::ZERO };
        }
        // 2^32 · 2^63 fits; below 64 · log2(e) = 92.4 at 62 bits.
        let exponent = u128::from(blocks)
            .wrapping_mul(LOG2_E)
            .checked_div(tau.into())
            .unwrap_or(0);
        Self {
            mantissa: alternating(&EXP2, low(exponent) & FRACTION),
            shift: u32::try_from(exponent >> BITS).unwrap_or(u32::MAX),
        }
    }

    /// (1 − e^(−w))/w: the average of a decay over a span of w at 62 bits, at most 1/2. Within 1e-17.
    pub(crate) fn average(span: u64) -> Self {
        Self {
            mantissa: alternating(&AVERAGE, span),
            shift: 0,
        }
    }

    /// This over a factor that is no smaller.
    pub(crate) fn over(self, larger: Self) -> Self {
        let quotient = (u128::from(self.mantissa) << BITS)
            .checked_div(larger.mantissa.into())
            .unwrap_or(0);
        let shift = self.shift.saturating_sub(larger.shift);
        // Mantissas are within a factor of two, so the quotient is below 2.
        let above = u32::from(quotient > ONE.into()).min(shift);
        Self {
            mantissa: low(quotient >> above).min(ONE),
            shift: shift.saturating_sub(above),
        }
    }

    /// 1 less this.
    pub(crate) fn complement(self) -> Self {
        Self {
            mantissa: ONE.saturating_sub(self.mantissa.checked_shr(self.shift).unwrap_or(0)),
            shift: 0,
        }
    }

    /// `x` times this, rounded down.
    pub fn down(self, x: u128) -> u128 {
        self.product(x).0
    }

    /// `x` times this, rounded up.
    pub fn up(self, x: u128) -> u128 {
        let (whole, exact) = self.product(x);
        whole.saturating_add(u128::from(!exact))
    }

    /// The product rounded down, and whether nothing was cut off.
    fn product(self, x: u128) -> (u128, bool) {
        let mantissa = u128::from(self.mantissa);
        // Limbs of 64 bits times at most 2^62: neither product nor their sum reaches 2^128.
        let lower = u128::from(low(x)).wrapping_mul(mantissa);
        let upper = (x >> 64).wrapping_mul(mantissa).wrapping_add(lower >> 64);
        let tail = low(lower);
        // The product is upper · 2^64 + tail, at most 2^190; 62 + shift bits of it are fractional.
        let bits = self.shift.saturating_add(BITS);
        match bits.checked_sub(64) {
            None => {
                let rest = 64u32.saturating_sub(bits);
                let kept = tail.checked_shr(bits).unwrap_or(0);
                let cut = tail.checked_shl(rest).unwrap_or(0);
                (upper.checked_shl(rest).unwrap_or(0) | u128::from(kept), cut == 0)
            }
            Some(rest) => {
                let kept = upper.checked_shr(rest).unwrap_or(0);
                let exact = kept.checked_shl(rest).unwrap_or(0) == upper && tail == 0;
                (kept, exact)
            }
        }
    }
}

/// 1 − x·(cₙ − x·(… − x·c₁)) at 62 bits, within two units per coefficient.
fn alternating(coefficients: &[u64], x: u64) -> u64 {
    // Coefficients grow and x is at most 1: every partial sum is positive and at most 1.
    let sum = coefficients.iter().fold(0u64, |sum, c| c.saturating_sub(part(sum, x)));
    ONE.saturating_sub(part(sum, x))
}

/// `a·b` at 62 bits, rounded down; both are at most 1.
fn part(a: u64, b: u64) -> u64 {
    low(u128::from(a).wrapping_mul(b.into()) >> BITS)
}

/// The low 64 bits.
fn low(x: u128) -> u64 {
    u64::try_from(x & u128::from(u64::MAX)).unwrap_or(u64::MAX)
}
