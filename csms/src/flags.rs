//! What is odd about a session. It is kept and billed all the same; the flags tell a person where to look.

/// One oddity; the text is what is stored and shown as a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flag {
    /// The first message was not a start.
    StartMissing,
    /// No stop came: ended by the next start, after a long silence, or by hand.
    StopMissing,
    /// The connector is free again, or has another session, but no stop has come yet.
    StopAwaited,
    /// A stop named no transaction, or an unknown one, and was matched by identifier and register.
    StopMatched,
    /// A second, different stop: the first one counts.
    StopRepeated,
    /// The start was sent again with other content.
    StartRepeated,
    /// Meter values named no transaction, or an unknown one, and were matched by connector and time.
    ReadingMatched,
    /// A message came after the end: the bill was made again.
    LateMessage,
    /// Messages came in another order than they happened.
    OutOfOrder,
    /// A sequence number is missing.
    SequenceGap,
    /// One sequence number was used for different messages.
    SequenceRepeats,
    /// The station used this transaction id before.
    TransactionIdReused,
    /// The station's clock was unset or far off: times of receipt were used.
    ClockWrong,
    /// The energy register went back: energy before and after counts, the step does not.
    RegisterShrank,
    /// The energy register jumped further than any charger could deliver: the step is not billed.
    RegisterJumped,
    /// There was no reading of the energy register at all.
    NoRegister,
    /// The station did not say which EVSE.
    PlaceUnknown,
    /// The station started again while the session ran.
    Rebooted,
    /// The identifier was refused, yet the station charged.
    Unauthorized,
    /// The station told of the session only after it had been offline.
    Offline,
    /// No tariff was assigned: the session has no price.
    NoTariff,
    /// The station, which counts costs itself, says otherwise than our bill.
    CostDiffers,
    /// The station should have counted the costs itself and could not.
    CostFailed,
}

impl Flag {
    /// All flags, in the order of the enum.
    pub const ALL: [Flag; 23] = [
        Flag::StartMissing,
        Flag::StopMissing,
        Flag::StopAwaited,
        Flag::StopMatched,
        Flag::StopRepeated,
        Flag::StartRepeated,
        Flag::ReadingMatched,
        Flag::LateMessage,
        Flag::OutOfOrder,
        Flag::SequenceGap,
        Flag::SequenceRepeats,
        Flag::TransactionIdReused,
        Flag::ClockWrong,
        Flag::RegisterShrank,
        Flag::RegisterJumped,
        Flag::NoRegister,
        Flag::PlaceUnknown,
        Flag::Rebooted,
        Flag::Unauthorized,
        Flag::Offline,
        Flag::NoTariff,
        Flag::CostDiffers,
        Flag::CostFailed,
    ];

    /// As stored.
    pub const fn key(self) -> &'static str {
        match self {
            Flag::StartMissing => "start-missing",
            Flag::StopMissing => "stop-missing",
            Flag::StopAwaited => "stop-awaited",
            Flag::StopMatched => "stop-matched",
            Flag::StopRepeated => "stop-repeated",
            Flag::StartRepeated => "start-repeated",
            Flag::ReadingMatched => "reading-matched",
            Flag::LateMessage => "late-message",
            Flag::OutOfOrder => "out-of-order",
            Flag::SequenceGap => "sequence-gap",
            Flag::SequenceRepeats => "sequence-repeats",
            Flag::TransactionIdReused => "transaction-id-reused",
            Flag::ClockWrong => "clock-wrong",
            Flag::RegisterShrank => "register-shrank",
            Flag::RegisterJumped => "register-jumped",
            Flag::NoRegister => "no-register",
            Flag::PlaceUnknown => "place-unknown",
            Flag::Rebooted => "rebooted",
            Flag::Unauthorized => "unauthorized",
            Flag::Offline => "offline",
            Flag::NoTariff => "no-tariff",
            Flag::CostDiffers => "cost-differs",
            Flag::CostFailed => "cost-failed",
        }
    }
}

/// A set of flags; stored as keys with commas between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(u32);

impl Flags {
    /// Reads the stored form; unknown keys (of a newer version) are passed over.
    pub fn parse(text: &str) -> Flags {
        let mut flags = Flags::default();
        for key in text.split(',') {
            if let Some(flag) = Flag::ALL.into_iter().find(|f| f.key() == key) {
                flags.set(flag);
            }
        }
        flags
    }

    /// Adds a flag; true if it is new.
    pub fn set(&mut self, flag: Flag) -> bool {
        let before = self.0;
        self.0 |= 1 << (flag as u32);
        self.0 != before
    }

    /// Takes a flag away.
    pub fn clear(&mut self, flag: Flag) {
        self.0 &= !(1 << (flag as u32));
    }

    /// Adds or takes away.
    pub fn put(&mut self, flag: Flag, on: bool) {
        if on {
            self.set(flag);
        } else {
            self.clear(flag);
        }
    }

    /// Is it there?
    pub fn has(self, flag: Flag) -> bool {
        self.0 & (1 << (flag as u32)) != 0
    }

    /// The flags that are set.
    pub fn iter(self) -> impl Iterator<Item = Flag> {
        Flag::ALL.into_iter().filter(move |f| self.has(*f))
    }
}

impl std::fmt::Display for Flags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, flag) in self.iter().enumerate() {
            if n > 0 {
                f.write_str(",")?;
            }
            f.write_str(flag.key())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_survive_the_database() {
        let mut flags = Flags::default();
        assert_eq!(flags.to_string(), "");
        for flag in Flag::ALL {
            assert!(flags.set(flag));
            assert!(!flags.set(flag));
        }
        assert_eq!(Flags::parse(&flags.to_string()), flags);
        flags.clear(Flag::Offline);
        assert!(!Flags::parse(&flags.to_string()).has(Flag::Offline));
        assert_eq!(Flags::parse("from-the-future"), Flags::default());
    }
}
