//! Numbers that are drawn by chance, the same ones for the same seed for ever.

use rust_decimal::Decimal;

/// A source of numbers (SplitMix64).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The source of a seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A whole number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let count = u64::try_from(high - low + 1).unwrap_or(1);
        low + i64::try_from(self.next() % count).unwrap_or(0)
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, percent: i64) -> bool {
        self.between(0, 99) < percent
    }

    /// One of these; there must be one.
    pub fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        let last = i64::try_from(choices.len()).unwrap_or(1) - 1;
        choices[usize::try_from(self.between(0, last)).unwrap_or(0)].clone()
    }

    /// A value so many times in a hundred.
    pub fn maybe<T>(&mut self, percent: i64, draw: impl FnOnce(&mut Random) -> T) -> Option<T> {
        self.percent(percent).then(|| draw(self))
    }

    /// A decimal with so many decimals, from 0 to `high` of its last unit.
    pub fn decimal(&mut self, high: i64, decimals: u32) -> Decimal {
        Decimal::new(self.between(0, high), decimals).normalize()
    }
}
