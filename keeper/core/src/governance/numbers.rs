//! Which entries of a growing, numbered list have to be read again.

use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;

/// What is known of a list whose entries are numbered and only ever added at its end.
///
/// Blocks can be taken back: until a block is final, the end that was known before it is remembered.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    /// Every smaller number has been read.
    next: u32,
    /// Whether there may be new entries.
    grown: bool,
    /// Entries that may have changed.
    touched: BTreeSet<u32>,
    /// Block of a reading, and `next` before it.
    history: VecDeque<(u32, u32)>,
}

impl Numbers {
    /// A list of which nothing has been read.
    pub fn new() -> Self {
        Self {
            grown: true,
            ..Self::default()
        }
    }

    /// Entry `number` may have changed.
    pub fn touch(&mut self, number: u32) {
        self.touched.insert(number);
        self.grown = true;
    }

    /// There may be new entries.
    pub fn grow(&mut self) {
        self.grown = true;
    }

    /// What to read next, at most `page` entries: first what may have changed, then what is new.
    pub fn wanted(&self, page: u32) -> Option<Range<u32>> {
        let Some(from) = self.touched.first().copied() else {
            return self.grown.then(|| self.next..self.next.saturating_add(page));
        };
        let last = self
            .touched
            .range(from..from.saturating_add(page))
            .next_back()
            .copied()
            .unwrap_or(from);
        Some(from..last.saturating_add(1))
    }

    /// Notes that `range` was read in block `at`: the list has no entry from number `end` on, if that is in the range.
    pub fn read(&mut self, range: &Range<u32>, end: Option<u32>, at: u32) {
        let upto = end.unwrap_or(range.end);
        self.touched.retain(|number| !range.contains(number));
        if end.is_some() {
            self.grown = false;
            // Nothing is there, so nothing there has changed.
            self.touched.retain(|number| *number < range.start);
        }
        if range.start <= self.next && upto > self.next {
            self.history.push_back((at, self.next));
            self.next = upto;
        }
    }

    /// Blocks up to `finalized` stay: what was read in them need not be read again.
    pub fn settle(&mut self, finalized: u32) {
        while self.history.front().is_some_and(|(at, _)| *at <= finalized) {
            self.history.pop_front();
        }
    }

    /// Blocks that are not final were taken back: what was first read in them may be something else now.
    pub fn take_back(&mut self) {
        if let Some((_, next)) = self.history.front() {
            self.next = *next;
        }
        self.history.clear();
        self.grown = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a list of `length` entries as often as is wanted; returns the numbers that were read.
    fn read_all(numbers: &mut Numbers, length: u32, at: u32) -> Vec<u32> {
        let mut read = Vec::new();
        while let Some(range) = numbers.wanted(3) {
            read.extend(range.start..range.end.min(length));
            let end = (range.end >= length).then_some(length);
            numbers.read(&range, end, at);
        }
        read
    }

    #[test]
    fn everything_is_read_once_and_later_only_what_was_touched_or_is_new() {
        let mut numbers = Numbers::new();
        assert_eq!(read_all(&mut numbers, 7, 1), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(read_all(&mut numbers, 7, 2), [0u32; 0]);
        numbers.touch(1);
        assert_eq!(read_all(&mut numbers, 8, 3), [1, 7]);
        for number in [0, 2, 6] {
            numbers.touch(number);
        }
        assert_eq!(read_all(&mut numbers, 8, 4), [0, 1, 2, 6]);
    }

    #[test]
    fn what_came_in_a_block_that_was_taken_back_is_read_again() {
        let mut numbers = Numbers::new();
        read_all(&mut numbers, 4, 10);
        numbers.grow();
        read_all(&mut numbers, 6, 11);
        numbers.settle(10);
        numbers.take_back();
        assert_eq!(read_all(&mut numbers, 5, 11), [4]);
        numbers.settle(11);
        numbers.take_back();
        assert_eq!(read_all(&mut numbers, 5, 12), [0u32; 0]);
    }

    #[test]
    fn an_entry_that_vanished_does_not_stay_wanted() {
        let mut numbers = Numbers::new();
        read_all(&mut numbers, 6, 1);
        numbers.touch(5);
        assert_eq!(read_all(&mut numbers, 5, 2), [0u32; 0]);
        assert_eq!(numbers.wanted(3), None);
    }
}
