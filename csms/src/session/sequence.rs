//! Which sequence numbers of a transaction have been seen, kept as ranges: `0-17,19`.

/// Ranges at most; a station that skips every other number for ever must not fill the memory.
const RANGES_MAX: usize = 64;

/// A set of sequence numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sequence(Vec<(i64, i64)>);

impl Sequence {
    /// Reads the stored form; what cannot be read is passed over.
    pub fn parse(text: &str) -> Sequence {
        let mut sequence = Sequence::default();
        for part in text.split(',').filter(|p| !p.is_empty()) {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            if let (Ok(from), Ok(to)) = (from.parse::<i64>(), to.parse::<i64>())
                && from <= to
                && sequence.0.last().is_none_or(|last| last.1 < from)
            {
                sequence.0.push((from, to));
            }
        }
        sequence
    }

    /// Adds a number; false if it was there.
    pub fn add(&mut self, n: i64) -> bool {
        // Nearly always the number after the last one.
        if let Some(last) = self.0.last_mut()
            && last.1.checked_add(1) == Some(n)
        {
            last.1 = n;
            return true;
        }
        let at = self.0.partition_point(|r| r.1 < n);
        if self.0.get(at).is_some_and(|r| r.0 <= n) {
            return false;
        }
        let joins_left = at > 0 && self.0[at - 1].1.checked_add(1) == Some(n);
        let joins_right = self.0.get(at).is_some_and(|r| n.checked_add(1) == Some(r.0));
        match (joins_left, joins_right) {
            (true, true) => {
                self.0[at - 1].1 = self.0[at].1;
                self.0.remove(at);
            }
            (true, false) => self.0[at - 1].1 = n,
            (false, true) => self.0[at].0 = n,
            (false, false) => {
                self.0.insert(at, (n, n));
                if self.0.len() > RANGES_MAX {
                    // Forget the oldest gap rather than a number: a number forgotten could be taken twice.
                    self.0[1].0 = self.0[0].0;
                    self.0.remove(0);
                }
            }
        }
        true
    }

    /// Has this number been seen?
    pub fn has(&self, n: i64) -> bool {
        let at = self.0.partition_point(|r| r.1 < n);
        self.0.get(at).is_some_and(|r| r.0 <= n)
    }

    /// Is a number missing between zero (or the first, where counting began later than zero) and the last?
    pub fn has_gap(&self) -> bool {
        self.0.len() > 1 || self.0.first().is_some_and(|r| r.0 > 0)
    }
}

impl std::fmt::Display for Sequence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, (from, to)) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str(",")?;
            }
            if from == to { write!(f, "{from}")? } else { write!(f, "{from}-{to}")? }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn gaps_are_seen_and_filled() {
        let mut s = Sequence::default();
        for n in [0, 1, 4] {
            assert!(s.add(n));
        }
        assert_eq!(s.to_string(), "0-1,4");
        assert!(s.has_gap());
        assert!(s.add(3) && s.add(2));
        assert_eq!(s.to_string(), "0-4");
        assert!(!s.has_gap());
        assert!(!s.add(2));
    }

    proptest! {
        #[test]
        fn it_is_a_set_that_survives_the_database(numbers in proptest::collection::vec(0i64..50, 0..80)) {
            let (mut s, mut set) = (Sequence::default(), BTreeSet::new());
            for n in numbers {
                prop_assert_eq!(s.has(n), set.contains(&n));
                prop_assert_eq!(s.add(n), set.insert(n));
                prop_assert_eq!(Sequence::parse(&s.to_string()), s.clone());
            }
            let gap = set.iter().zip(0i64..).any(|(n, i)| *n != i);
            prop_assert_eq!(s.has_gap(), gap);
        }
    }
}
