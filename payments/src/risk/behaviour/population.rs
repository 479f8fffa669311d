//! A made-up population of drivers and of those who steal from them, the same for the same seed: what detection is
//! measured with. Amounts are asked for in CNY; a day's hours are local.

use super::dice::Dice;
use super::features::Visit;
use crate::Amount;
use crate::risk::rules::{Event, Subject, What};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use tariffs::Currency;

/// How large, how long, and whether somebody steals.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    pub seed: u64,
    pub drivers: usize,
    pub days: u32,
    pub fraud: bool,
}

/// Kinds of honest drivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Commuter,
    Taxi,
    Fleet,
    Weekender,
    Tourist,
}

impl Kind {
    /// For tables; that of taxis and fleets is their segment in the rules.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Commuter => "commuter",
            Kind::Taxi => "taxi",
            Kind::Fleet => "fleet",
            Kind::Weekender => "weekender",
            Kind::Tourist => "tourist",
        }
    }
}

/// Kinds of fraud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fraud {
    /// A stolen card is used up on a device of its own, without an account.
    Spree,
    /// One device tries many cards with small amounts.
    CardTest,
    /// Somebody else has a driver's account.
    Takeover,
    /// A driver pays and has it given back, again and again.
    RefundLoop,
}

impl Fraud {
    /// For tables.
    pub const fn word(self) -> &'static str {
        match self {
            Fraud::Spree => "stolen card",
            Fraud::CardTest => "card testing",
            Fraud::Takeover => "account takeover",
            Fraud::RefundLoop => "refund loop",
        }
    }
}

/// One click on "pay", and what comes of it if it is let through.
#[derive(Debug, Clone)]
pub struct Pay {
    /// Whose account is used; `None` = none.
    pub driver: Option<usize>,
    pub visit: Visit,
    pub keys: BTreeMap<Subject, String>,
    pub segment: Option<&'static str>,
    /// The provider says no.
    pub refused: bool,
    /// It is given back on request.
    pub refunded: bool,
    /// What it is a part of, and the number of the incident.
    pub fraud: Option<(Fraud, usize)>,
}

impl Pay {
    /// As an event for the rules.
    pub fn event(&self, what: What, later: TimeDelta) -> Event {
        Event { at: self.visit.at + later, what, amount: self.visit.amount, keys: self.keys.clone() }
    }
}

/// Everybody, and everything they do, by time.
#[derive(Debug)]
pub struct Population {
    pub kinds: Vec<Kind>,
    pub pays: Vec<Pay>,
    begin: DateTime<Utc>,
}

/// From this share of the days on people behave differently: dearer, later, elsewhere.
pub const DRIFT_AT: (u32, u32) = (3, 4);

/// One driver's ways.
struct Person {
    kind: Kind,
    device: String,
    address: String,
    places: Vec<String>,
    /// Hours of the day that are liked, and how closely they are kept.
    hours: Vec<f64>,
    hour_spread: f64,
    /// Logarithm of CNY.
    amount: f64,
    amount_spread: f64,
    weekday: f64,
    weekend: f64,
    roams: f64,
    shift: f64,
}

/// A Monday.
const BEGIN: i64 = 1_767_571_200;
const PLACES: usize = 120;

impl Population {
    /// Makes it.
    pub fn make(scale: &Scale) -> Population {
        let begin = DateTime::from_timestamp(BEGIN, 0).unwrap_or_default();
        let mut dice = Dice::new(scale.seed);
        let mut people: Vec<Person> = (0..scale.drivers).map(|n| person(n, &mut dice)).collect();
        let mut world = World { begin, dice, pays: Vec::new(), incidents: 0 };
        let drift = scale.days * DRIFT_AT.0 / DRIFT_AT.1;
        for day in 0..scale.days {
            if day == drift {
                people.iter_mut().for_each(|person| person.change(&mut world.dice));
            }
            for (n, person) in people.iter().enumerate() {
                world.honest_day(n, person, day, day >= drift);
            }
            if scale.fraud {
                world.fraud_day(&people, day);
            }
        }
        let mut pays = world.pays;
        pays.sort_by_key(|pay| pay.visit.at);
        Population { kinds: people.iter().map(|person| person.kind).collect(), pays, begin }
    }

    /// The instant at which a day begins.
    pub fn day(&self, day: u32) -> DateTime<Utc> {
        self.begin + TimeDelta::days(i64::from(day))
    }

    /// By driver, the payments that went through before a day. Thefts that nobody noticed are among them, as they are in
    /// life.
    pub fn visits_until(&self, day: u32) -> Vec<Vec<Visit>> {
        let mut visits = vec![Vec::new(); self.kinds.len()];
        let went = |pay: &&Pay| pay.visit.at < self.day(day) && !pay.refused;
        for pay in self.pays.iter().filter(went) {
            if let Some(driver) = pay.driver {
                visits[driver].push(pay.visit.clone());
            }
        }
        visits
    }
}

fn place(n: usize) -> String {
    format!("P{n:03}")
}

fn person(n: usize, dice: &mut Dice) -> Person {
    let kind = match dice.below(100) {
        0..50 => Kind::Commuter,
        50..60 => Kind::Taxi,
        60..70 => Kind::Fleet,
        70..88 => Kind::Weekender,
        _ => Kind::Tourist,
    };
    let mut some = |count: usize| (0..count).map(|_| place(dice.below(PLACES))).collect::<Vec<_>>();
    let places = match kind {
        Kind::Commuter => some(2),
        Kind::Taxi => some(5),
        Kind::Fleet => some(1),
        Kind::Weekender => some(3),
        Kind::Tourist => some(1),
    };
    let morning = dice.between(7.0, 9.5);
    let evening = dice.between(17.0, 20.5);
    // Hours, spread, CNY, spread, chance on a weekday and at the weekend, chance of a place like any other.
    let (hours, hour_spread, cny, amount_spread, weekday, weekend, roams) = match kind {
        Kind::Commuter if dice.chance(0.5) => (vec![evening], 0.8, (25.0, 60.0), 0.2, 0.45, 0.1, 0.02),
        Kind::Commuter => (vec![morning], 0.5, (20.0, 45.0), 0.15, 0.5, 0.05, 0.02),
        Kind::Taxi => (vec![4.5, 12.5, 20.0], 1.3, (30.0, 70.0), 0.25, 2.0, 2.0, 0.08),
        Kind::Fleet => (vec![19.0, 22.0], 1.0, (60.0, 120.0), 0.2, 1.2, 0.2, 0.0),
        Kind::Weekender => (vec![11.0, 16.0], 1.8, (40.0, 110.0), 0.3, 0.04, 0.5, 0.1),
        Kind::Tourist => (vec![10.0, 14.0, 18.0], 2.5, (60.0, 160.0), 0.4, 0.12, 0.25, 0.7),
    };
    Person {
        kind,
        device: format!("device-{n}"),
        address: format!("10.{}.{}", n / 200, n % 200),
        places,
        hours,
        hour_spread,
        amount: dice.between(f64::ln(cny.0), f64::ln(cny.1)),
        amount_spread,
        weekday,
        weekend,
        roams,
        shift: 0.0,
    }
}

impl Person {
    /// Prices have risen by a third, some people work other hours, some places have closed.
    fn change(&mut self, dice: &mut Dice) {
        self.amount += f64::ln(1.33);
        if dice.chance(0.3) {
            self.shift = dice.between(2.0, 4.0);
        }
        if dice.chance(0.3) {
            let first = dice.below(self.places.len());
            self.places[first] = place(dice.below(PLACES));
        }
    }
}

struct World {
    begin: DateTime<Utc>,
    dice: Dice,
    pays: Vec<Pay>,
    incidents: usize,
}

/// What a click is made of.
struct Click<'a> {
    driver: Option<usize>,
    day: u32,
    hour: f64,
    place: String,
    cny: f64,
    device: &'a str,
    address: &'a str,
    card: String,
    segment: Option<&'static str>,
}

impl World {
    fn honest_day(&mut self, n: usize, person: &Person, day: u32, later: bool) {
        let weekend = day % 7 >= 5;
        let often = if weekend { person.weekend } else { person.weekday };
        let times = often.floor() as usize + usize::from(self.dice.chance(often.fract()));
        for k in 0..times {
            let liked = if times > 1 { k % person.hours.len() } else { self.dice.below(person.hours.len()) };
            let mut hour = person.hours[liked] + person.shift + self.dice.normal(0.0, person.hour_spread);
            if self.dice.chance(0.03) {
                hour = self.dice.between(6.0, 23.0);
            }
            let place = if self.dice.chance(person.roams) {
                place(self.dice.below(PLACES))
            } else {
                // The first place most often.
                let which = self.dice.below(person.places.len()).min(self.dice.below(person.places.len()));
                person.places[which].clone()
            };
            let mut amount = person.amount + self.dice.normal(0.0, person.amount_spread);
            if self.dice.chance(0.02) {
                amount += self.dice.between(0.3, 0.9);
            }
            // A new phone once in a while.
            let device = if later && n.is_multiple_of(23) {
                format!("{}-new", person.device)
            } else {
                person.device.clone()
            };
            let mut click = Click {
                driver: Some(n),
                day,
                hour,
                place,
                cny: amount.exp(),
                device: &device,
                address: &person.address,
                card: format!("card-{n}"),
                segment: match person.kind {
                    Kind::Taxi | Kind::Fleet => Some(person.kind.word()),
                    _ => None,
                },
            };
            if self.dice.chance(0.02) {
                // Not enough on the card; a minute later it works.
                self.push(&click, true, false, None);
                click.hour += 1.0 / 60.0;
            }
            let refunded = self.dice.chance(0.003);
            self.push(&click, false, refunded, None);
        }
    }

    /// About one incident of each kind in so many drivers and days.
    fn fraud_day(&mut self, people: &[Person], day: u32) {
        let chance = people.len() as f64 / 4_000.0;
        for fraud in [Fraud::Spree, Fraud::CardTest, Fraud::Takeover, Fraud::RefundLoop] {
            if self.dice.chance(chance) {
                self.incidents += 1;
                self.incident(fraud, people, day);
            }
        }
    }

    fn incident(&mut self, fraud: Fraud, people: &[Person], day: u32) {
        let id = self.incidents;
        let victim = self.dice.below(people.len());
        let device = format!("thief-{id}");
        let address = format!("172.16.{}", id % 250);
        let mut click = Click {
            driver: None,
            day,
            hour: self.dice.between(0.0, 23.0),
            place: place(self.dice.below(PLACES)),
            cny: 0.0,
            device: &device,
            address: &address,
            card: format!("card-{victim}"),
            segment: None,
        };
        let label = Some((fraud, id));
        match fraud {
            Fraud::Spree => {
                for _ in 0..4 + self.dice.below(8) {
                    click.cny = self.dice.between(150.0, 700.0);
                    let refused = self.dice.chance(0.15);
                    self.push(&click, refused, false, label);
                    click.hour += self.dice.between(0.2, 1.5);
                    click.place = place(self.dice.below(PLACES));
                }
            }
            Fraud::CardTest => {
                for n in 0..8 + self.dice.below(25) {
                    click.card = format!("tested-{id}-{n}");
                    click.cny = self.dice.between(1.0, 10.0);
                    let refused = self.dice.chance(0.7);
                    self.push(&click, refused, false, label);
                    click.hour += self.dice.between(0.5, 3.0) / 60.0;
                }
            }
            Fraud::Takeover => {
                click.driver = Some(victim);
                click.segment = match people[victim].kind {
                    Kind::Taxi | Kind::Fleet => Some(people[victim].kind.word()),
                    _ => None,
                };
                // One in three has taken the phone as well.
                if self.dice.chance(0.33) {
                    click.device = &people[victim].device;
                }
                for _ in 0..1 + self.dice.below(4) {
                    click.cny = people[victim].amount.exp() * self.dice.between(1.2, 5.0);
                    self.push(&click, false, false, label);
                    click.hour += self.dice.between(0.5, 3.0);
                }
            }
            Fraud::RefundLoop => {
                let person = &people[victim];
                (click.driver, click.device, click.address) = (Some(victim), &person.device, &person.address);
                click.place = person.places[0].clone();
                for _ in 0..5 + self.dice.below(5) {
                    click.cny = person.amount.exp() * self.dice.between(1.0, 2.0);
                    self.push(&click, false, true, label);
                    click.hour += self.dice.between(2.0, 14.0);
                }
            }
        }
    }

    fn push(&mut self, click: &Click<'_>, refused: bool, refunded: bool, fraud: Option<(Fraud, usize)>) {
        let Ok(currency) = "CNY".parse::<Currency>() else { return };
        let minute = (f64::from(click.day) * 1_440.0 + click.hour * 60.0).max(0.0);
        let seconds = (minute * 60.0 + self.dice.between(0.0, 30.0)) as i64;
        let mut keys: BTreeMap<Subject, String> = [
            (Subject::Device, click.device.to_owned()),
            (Subject::Card, click.card.clone()),
            (Subject::Address, click.address.to_owned()),
            (Subject::Station, click.place.clone()),
        ]
        .into();
        keys.extend(click.driver.map(|driver| (Subject::Driver, format!("driver-{driver}"))));
        let energy_wh = (click.cny / 1.4 * self.dice.between(0.7, 1.0) * 1_000.0) as i64;
        let visit = Visit {
            at: self.begin + TimeDelta::seconds(seconds),
            minute_of_week: (seconds / 60 % (7 * 1_440)) as u16,
            amount: Amount::new((click.cny * 100.0).round().max(1.0) as i64, currency),
            place: click.place.clone(),
            energy_wh,
            seconds: energy_wh / 10,
        };
        self.pays.push(Pay {
            driver: click.driver,
            visit,
            keys,
            segment: click.segment,
            refused,
            refunded,
            fraud,
        });
    }
}
