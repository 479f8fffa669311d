//! Draws a tariff that has something to say about a session: windows, dates and amounts that fall into it.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Timelike, Utc, Weekday};
use rust_decimal::Decimal;

use crate::cut::{ampere, kw};
use crate::random::Random;
use crate::session::Session;
use crate::tariff::{Component, Dimension, Element, Limit, Restrictions, Tariff};

const DAYS: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// How the components of one tariff are taxed.
#[derive(Clone, Copy)]
enum Vat {
    None,
    One(Decimal),
    Mixed,
}

/// Draws a tariff for a session.
pub fn tariff(random: &mut Random, session: &Session) -> Tariff {
    let rate = random.pick(&[Decimal::new(21, 0), Decimal::new(55, 1), Decimal::ZERO, Decimal::new(196, 1)]);
    let vat = random.pick(&[Vat::None, Vat::One(rate), Vat::One(rate), Vat::Mixed]);
    let count = random.between(1, 6);
    let mut elements: Vec<Element> = (0..count).map(|_| element(random, session, vat)).collect();
    if random.percent(50) {
        // A price for the rest.
        elements.push(Element { components: components(random, vat), ..Element::default() });
    }
    if session.reserved.is_some() || random.percent(5) {
        let at = usize::try_from(random.between(0, count)).unwrap_or(0);
        elements.insert(at, reservation(random, vat));
    }
    let scale = random.pick(&[100, 1_000, 5_000]);
    let min_price = random.maybe(15, |random| limit(random, vat, scale / 2));
    let max_price = random.maybe(15, |random| limit(random, vat, scale));
    let max_price = max_price.map(|max| match min_price {
        // A maximum below the minimum is nonsense.
        Some(min) => Limit {
            excl: max.excl.max(min.excl),
            incl: max.incl.map(|incl| incl.max(min.incl.unwrap_or(incl)).max(min.excl)),
        },
        None => max,
    });
    Tariff { elements, min_price, max_price }
}

fn limit(random: &mut Random, vat: Vat, cents: i64) -> Limit {
    let excl = Decimal::new(random.between(1, cents), 2);
    let rate = match vat {
        Vat::None => Decimal::ZERO,
        Vat::One(rate) => rate,
        Vat::Mixed => Decimal::TEN,
    };
    let incl = (excl + excl * rate / Decimal::ONE_HUNDRED).round_dp(2);
    // With different taxes nobody knows what a limit without them is with them: both are given then.
    let both = matches!(vat, Vat::Mixed) || random.percent(60);
    Limit { excl, incl: both.then_some(incl) }
}

fn element(random: &mut Random, session: &Session, vat: Vat) -> Element {
    Element { components: components(random, vat), restrictions: restrictions(random, session) }
}

fn components(random: &mut Random, vat: Vat) -> Vec<Component> {
    let chosen: Vec<Dimension> = Dimension::ALL.into_iter().filter(|_| random.percent(45)).collect();
    let chosen = if chosen.is_empty() { vec![random.pick(&Dimension::ALL)] } else { chosen };
    chosen.into_iter().map(|dimension| component(random, vat, dimension)).collect()
}

fn component(random: &mut Random, vat: Vat, dimension: Dimension) -> Component {
    let price = if random.percent(12) { Decimal::ZERO } else { random.decimal(9_999, 3) };
    let step_size = match dimension {
        Dimension::Flat => random.pick(&[0, 1, 7]),
        Dimension::Energy => random.pick(&[0, 1, 1, 100, 250, 1_000]),
        Dimension::Time | Dimension::ParkingTime => random.pick(&[0, 1, 1, 60, 300, 900, 1_800]),
    };
    let vat = match vat {
        Vat::None => None,
        Vat::One(rate) => Some(rate),
        Vat::Mixed => {
            random.pick(&[None, Some(Decimal::ZERO), Some(Decimal::new(21, 0)), Some(Decimal::new(55, 1))])
        }
    };
    Component { dimension, price, vat, step_size }
}

fn reservation(random: &mut Random, vat: Vat) -> Element {
    let mut components = vec![component(random, vat, Dimension::Time)];
    if random.percent(40) {
        components.push(component(random, vat, Dimension::Flat));
    }
    let restrictions = Restrictions { reservation: Some("RESERVATION"), ..Restrictions::default() };
    Element { components, restrictions }
}

/// An instant within the session, or a little outside.
fn instant(random: &mut Random, session: &Session) -> DateTime<Utc> {
    let length = (session.end() - session.begin()).num_seconds();
    session.begin() + TimeDelta::seconds(random.between(-1_800, length + 1_800))
}

/// A local time of day around the session, often on a full quarter, sometimes midnight.
fn clock(random: &mut Random, session: &Session) -> u16 {
    if random.percent(12) {
        return 0;
    }
    let local = instant(random, session).with_timezone(&session.tz);
    let grain = random.pick(&[1, 15, 60]);
    u16::try_from((local.hour() * 60 + local.minute()) / grain * grain).unwrap_or(0)
}

fn date(random: &mut Random, session: &Session) -> NaiveDate {
    instant(random, session).with_timezone(&session.tz).date_naive()
}

/// A bottom and a top, at most one of them missing or both there and apart.
fn range<T: PartialOrd>(
    random: &mut Random,
    percent: i64,
    mut draw: impl FnMut(&mut Random) -> T,
) -> (Option<T>, Option<T>) {
    if !random.percent(percent) {
        return (None, None);
    }
    let (one, other) = (draw(random), draw(random));
    match random.between(0, 2) {
        0 => (Some(one), None),
        1 => (None, Some(one)),
        _ if one < other => (Some(one), Some(other)),
        _ if other < one => (Some(other), Some(one)),
        _ => (None, Some(other)),
    }
}

fn restrictions(random: &mut Random, session: &Session) -> Restrictions {
    let mut given = Restrictions::default();
    if random.percent(45) {
        given.start_time = random.maybe(85, |random| clock(random, session));
        given.end_time = random.maybe(85, |random| clock(random, session));
        if random.percent(2) {
            given.end_time = given.start_time;
        }
    }
    (given.start_date, given.end_date) = range(random, 12, |random| date(random, session));
    let reach = session.energy() / 500 + 2;
    (given.min_wh, given.max_wh) = range(random, 20, |random| random.between(1, reach) * 500);
    (given.min_power, given.max_power) = range(random, 12, |random| kw(random.pick(&[1, 2, 5, 10, 20])));
    (given.min_current, given.max_current) =
        range(random, 8, |random| ampere(random.pick(&[1, 2, 5, 10, 20])));
    let longest = (session.end() - session.begin()).num_seconds() + 600;
    let second = |random: &mut Random| u32::try_from(random.between(1, longest)).unwrap_or(1);
    (given.min_duration, given.max_duration) = range(random, 20, |random| {
        let second = second(random);
        if second > 60 && random.percent(60) { second / 60 * 60 } else { second }
    });
    if random.percent(15) {
        let today = instant(random, session).with_timezone(&session.tz).weekday();
        given.days = DAYS.into_iter().filter(|day| *day == today || random.percent(25)).collect();
    }
    given
}
