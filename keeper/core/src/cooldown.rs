//! How long a duty that did not work out is left alone.

use std::collections::HashMap;
use std::hash::Hash;

/// Blocks of rest after the first failure: one lets a race settle, because its winner's block is then known.
const FIRST_REST: u32 = 1;

/// Rest periods that double with every failure in a row, up to a limit.
#[derive(Clone, Debug)]
pub struct Cooldowns<K> {
    longest: u32,
    resting: HashMap<K, Rest>,
}

#[derive(Clone, Copy, Debug)]
struct Rest {
    until: u32,
    blocks: u32,
}

impl<K: Eq + Hash> Cooldowns<K> {
    /// Rest periods of at most `longest` blocks.
    pub fn new(longest: u32) -> Self {
        Self {
            longest: longest.max(FIRST_REST),
            resting: HashMap::new(),
        }
    }

    /// Whether `key` may be tried at block `now`.
    pub fn ready(&self, key: &K, now: u32) -> bool {
        self.resting.get(key).is_none_or(|rest| now >= rest.until)
    }

    /// `key` failed at block `now`: it rests twice as long as the last time.
    pub fn failed(&mut self, key: K, now: u32) {
        let longest = self.longest;
        let rest = self.resting.entry(key).or_insert(Rest { until: 0, blocks: 0 });
        rest.blocks = rest.blocks.saturating_mul(2).clamp(FIRST_REST, longest);
        rest.until = now.saturating_add(1).saturating_add(rest.blocks);
    }

    /// `key` is left alone until block `until`, whatever happened before.
    pub fn rest_until(&mut self, key: K, until: u32) {
        self.resting.insert(key, Rest { until, blocks: 0 });
    }

    /// `key` worked: its next failure rests for the shortest time.
    pub fn worked(&mut self, key: &K) {
        self.resting.remove(key);
    }

    /// Forgets keys that have not rested for a while, so that memory follows what fails now and not what ever failed.
    pub fn forget_old(&mut self, now: u32) {
        let longest = self.longest;
        self.resting.retain(|_, rest| rest.until.saturating_add(longest) > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_double_up_to_the_limit_and_end() {
        let mut cooldowns = Cooldowns::new(8);
        let mut now = 100;
        for expected in [1, 2, 4, 8, 8] {
            cooldowns.failed("job", now);
            assert!(!cooldowns.ready(&"job", now + expected));
            assert!(cooldowns.ready(&"job", now + expected + 1));
            now += expected + 1;
        }
        cooldowns.worked(&"job");
        cooldowns.failed("job", now);
        assert!(cooldowns.ready(&"job", now + 2));
    }

    #[test]
    fn what_has_not_failed_for_long_is_forgotten() {
        let mut cooldowns = Cooldowns::new(4);
        cooldowns.failed(1, 10);
        cooldowns.forget_old(15);
        assert!(!cooldowns.resting.is_empty());
        cooldowns.forget_old(16);
        assert!(cooldowns.resting.is_empty());
    }
}
