//! What physically happened: a vehicle charges, is kept waiting, parks.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::random::Random;

/// One session at one place.
#[derive(Debug, Clone)]
pub struct Session {
    /// Where the clock of the tariff is.
    pub tz: Tz,
    /// When the vehicle was plugged in.
    pub start: DateTime<Utc>,
    /// How long the place had been reserved before that, in seconds.
    pub reserved: Option<i64>,
    /// What happened, one after the other.
    pub stretches: Vec<Stretch>,
}

/// A stretch of time in which nothing changes.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    /// How long it is.
    pub seconds: i64,
    /// What goes on.
    pub kind: Kind,
}

/// What goes on in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The vehicle charges at so many Wh a second; at none if the station makes it wait.
    Charging(i64),
    /// The vehicle asks for nothing.
    Parking,
}

impl Kind {
    /// Wh a second, which is also mWh a millisecond.
    pub fn rate(self) -> i64 {
        match self {
            Kind::Charging(rate) => rate,
            Kind::Parking => 0,
        }
    }
}

/// Rates at which every half kWh is reached on a whole millisecond: 3.6 to 180 kW.
const RATES: [i64; 7] = [0, 1, 2, 5, 10, 20, 50];

const PLACES: [Tz; 8] = [
    Tz::Europe__Amsterdam,
    Tz::Australia__Lord_Howe,
    Tz::America__St_Johns,
    Tz::America__New_York,
    Tz::Asia__Shanghai,
    Tz::Asia__Kathmandu,
    Tz::Pacific__Chatham,
    Tz::UTC,
];

/// Instants at which clocks are put forward or back.
const SHIFTS: [(Tz, &str); 10] = [
    (Tz::Europe__Amsterdam, "2025-03-30T01:00:00Z"),
    (Tz::Europe__Amsterdam, "2025-10-26T01:00:00Z"),
    (Tz::Australia__Lord_Howe, "2025-04-05T15:00:00Z"),
    (Tz::Australia__Lord_Howe, "2025-10-04T15:30:00Z"),
    (Tz::America__St_Johns, "2025-03-09T05:30:00Z"),
    (Tz::America__St_Johns, "2025-11-02T04:30:00Z"),
    (Tz::America__New_York, "2025-03-09T07:00:00Z"),
    (Tz::America__New_York, "2025-11-02T06:00:00Z"),
    (Tz::Pacific__Chatham, "2025-04-05T14:00:00Z"),
    (Tz::Pacific__Chatham, "2025-09-27T14:00:00Z"),
];

/// The first second of 2025.
const YEAR: i64 = 1_735_689_600;

impl Session {
    /// Draws one; every third is about a night in which clocks change.
    pub fn draw(random: &mut Random) -> Session {
        let (tz, second) = if random.percent(33) {
            let (tz, shift) = random.pick(&SHIFTS);
            let shift: DateTime<Utc> = shift.parse().unwrap_or_default();
            (tz, shift.timestamp() - random.between(0, 4 * 3_600))
        } else {
            let within = random.between(0, 364) * 86_400 + random.between(0, 86_399);
            (random.pick(&PLACES), YEAR + within)
        };
        let whole = if random.percent(50) { second / 60 * 60 } else { second };
        let count = random.between(1, 5);
        let stretches = (0..count).map(|index| Stretch::draw(random, index == 0)).collect();
        let reserved = random.maybe(6, |random| random.between(60, 5_400));
        Session { tz, start: DateTime::from_timestamp_nanos(whole * 1_000_000_000), reserved, stretches }
    }

    /// When the vehicle left.
    pub fn end(&self) -> DateTime<Utc> {
        let seconds: i64 = self.stretches.iter().map(|stretch| stretch.seconds).sum();
        self.start + TimeDelta::seconds(seconds)
    }

    /// When it was reserved, or else plugged in.
    pub fn begin(&self) -> DateTime<Utc> {
        self.start - TimeDelta::seconds(self.reserved.unwrap_or(0))
    }

    /// The stretches with the instants at which they begin.
    pub fn timed(&self) -> impl Iterator<Item = (DateTime<Utc>, Stretch)> {
        self.stretches.iter().scan(self.start, |from, stretch| {
            let at = *from;
            *from += TimeDelta::seconds(stretch.seconds);
            Some((at, *stretch))
        })
    }

    /// All its energy, in Wh.
    pub fn energy(&self) -> i64 {
        self.stretches.iter().map(|stretch| stretch.kind.rate() * stretch.seconds).sum()
    }
}

impl Stretch {
    fn draw(random: &mut Random, first: bool) -> Stretch {
        let charges = random.percent(if first { 85 } else { 60 });
        let kind = if charges { Kind::Charging(random.pick(&RATES)) } else { Kind::Parking };
        let most = if random.percent(4) { 3 * 86_400 } else { 3 * 3_600 };
        let seconds = random.between(60, most);
        Stretch { seconds: if random.percent(50) { seconds / 60 * 60 } else { seconds }, kind }
    }
}
