//! Currents as operators write them: whole amperes, or text with a fraction.

use energy::{
    grid::Most,
    units::{Milliamps, PerPhase},
};
use rust_decimal::Decimal;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A current: `16`, or `"62.5"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amps(pub Milliamps);

/// A current on each phase: one for all, or `[63, 63, 50]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhaseAmps(pub PerPhase);

/// Not a current.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no current: write amperes with at most three decimals, e.g. 16 or 62.5")]
pub struct NoCurrent(String);

impl FromStr for Amps {
    type Err = NoCurrent;

    fn from_str(text: &str) -> Result<Amps, NoCurrent> {
        let wrong = || NoCurrent(text.to_owned());
        let amps = Decimal::from_str(text.trim()).map_err(|_| wrong())?;
        let milliamps = amps.checked_mul(Decimal::ONE_THOUSAND).ok_or_else(wrong)?;
        if milliamps.fract() != Decimal::ZERO {
            return Err(wrong());
        }
        i64::try_from(milliamps).map(|milliamps| Amps(Milliamps(milliamps))).map_err(|_| wrong())
    }
}

impl FromStr for PhaseAmps {
    type Err = NoCurrent;

    /// `63`, or `63,63,50`.
    fn from_str(text: &str) -> Result<PhaseAmps, NoCurrent> {
        let each = text.split(',').map(|part| part.parse::<Amps>().map(|amps| amps.0));
        match each.collect::<Result<Vec<_>, _>>()?.as_slice() {
            [all] => Ok(PhaseAmps(PerPhase::all(*all))),
            [a, b, c] => Ok(PhaseAmps(PerPhase([*a, *b, *c]))),
            _ => Err(NoCurrent(text.to_owned())),
        }
    }
}

/// A limit as it is kept, in words: `32 A`, `32 / 16 / 16 A` or `20000 W`.
pub fn most(kept: &str) -> String {
    match serde_json::from_str::<Most>(kept) {
        Ok(Most::Current(PerPhase([a, b, c]))) if a == b && b == c => a.to_string(),
        Ok(Most::Current(PerPhase([a, b, c]))) => format!("{a} / {b} / {c}"),
        Ok(Most::Power(watts)) => watts.to_string(),
        Err(_) => kept.to_owned(),
    }
}

struct AmpsVisitor;

impl Visitor<'_> for AmpsVisitor {
    type Value = Amps;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("whole amperes (16), or text with a fraction (\"62.5\")")
    }

    fn visit_i64<E: Error>(self, amps: i64) -> Result<Amps, E> {
        Ok(Amps(Milliamps::from_amps(amps)))
    }

    fn visit_u64<E: Error>(self, amps: u64) -> Result<Amps, E> {
        Ok(Amps(Milliamps::from_amps(i64::try_from(amps).unwrap_or(i64::MAX))))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Amps, E> {
        text.parse().map_err(E::custom)
    }
}

impl<'de> Deserialize<'de> for Amps {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Amps, D::Error> {
        from.deserialize_any(AmpsVisitor)
    }
}

impl Serialize for Amps {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Milliamps(milliamps) = self.0;
        match milliamps % 1000 {
            0 => to.serialize_i64(milliamps / 1000),
            _ => to.collect_str(&Decimal::new(milliamps, 3).normalize()),
        }
    }
}

struct PhasesVisitor;

impl<'de> Visitor<'de> for PhasesVisitor {
    type Value = PhaseAmps;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a current for all phases (63), or one for each ([63, 63, \"50.5\"])")
    }

    fn visit_i64<E: Error>(self, amps: i64) -> Result<PhaseAmps, E> {
        AmpsVisitor.visit_i64(amps).map(|amps: Amps| PhaseAmps(PerPhase::all(amps.0)))
    }

    fn visit_u64<E: Error>(self, amps: u64) -> Result<PhaseAmps, E> {
        AmpsVisitor.visit_u64(amps).map(|amps: Amps| PhaseAmps(PerPhase::all(amps.0)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<PhaseAmps, E> {
        AmpsVisitor.visit_str(text).map(|amps: Amps| PhaseAmps(PerPhase::all(amps.0)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<PhaseAmps, A::Error> {
        let mut all = [Milliamps::ZERO; 3];
        for (at, phase) in all.iter_mut().enumerate() {
            let amps: Amps = seq.next_element()?.ok_or_else(|| A::Error::invalid_length(at, &self))?;
            *phase = amps.0;
        }
        match seq.next_element::<Amps>()? {
            None => Ok(PhaseAmps(PerPhase(all))),
            Some(_) => Err(A::Error::invalid_length(4, &self)),
        }
    }
}

impl<'de> Deserialize<'de> for PhaseAmps {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<PhaseAmps, D::Error> {
        from.deserialize_any(PhasesVisitor)
    }
}

impl Serialize for PhaseAmps {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let PerPhase([a, b, c]) = self.0;
        if a == b && b == c { Amps(a).serialize(to) } else { [Amps(a), Amps(b), Amps(c)].serialize(to) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amperes_are_read_and_written_as_people_write_them() {
        let read = |text: &str| serde_json::from_str::<PhaseAmps>(text);
        assert_eq!(read("63").unwrap(), PhaseAmps(PerPhase::amps(63)));
        let uneven = PhaseAmps(PerPhase([Milliamps(63_000), Milliamps(62_500), Milliamps(50_000)]));
        assert_eq!(read("[63, \"62.5\", 50]").unwrap(), uneven);
        assert_eq!(serde_json::to_string(&uneven).unwrap(), "[63,\"62.5\",50]");
        assert_eq!("63,62.5,50".parse(), Ok(uneven));
        for wrong in ["62.5", "[63, 63]", "[1, 2, 3, 4]", "\"much\"", "\"0.0001\"", "true"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
