//! What a tariff prices, and for each of these which components decide, first come first.

use rust_decimal::Decimal;

use crate::model::tariff::{Component, Dimension, Element, EvseKind, Reservation, Tariff};
use crate::telling::space::{Payments, Region};

/// What is priced by itself; in the order in which prices are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Energy,
    Service,
    Charging,
    Idle,
    Session,
    ReservedTime,
    Reservation,
    ExpiredTime,
    Expired,
}

impl Subject {
    pub const ALL: [Subject; 9] = [
        Subject::Energy,
        Subject::Service,
        Subject::Charging,
        Subject::Idle,
        Subject::Session,
        Subject::ReservedTime,
        Subject::Reservation,
        Subject::ExpiredTime,
        Subject::Expired,
    ];

    fn key(self) -> (Dimension, Option<Reservation>) {
        match self {
            Subject::Energy => (Dimension::Energy, None),
            Subject::Service => (Dimension::Service, None),
            Subject::Charging => (Dimension::Time, None),
            Subject::Idle => (Dimension::ParkingTime, None),
            Subject::Session => (Dimension::Flat, None),
            Subject::ReservedTime => (Dimension::Time, Some(Reservation::Reservation)),
            Subject::Reservation => (Dimension::Flat, Some(Reservation::Reservation)),
            Subject::ExpiredTime => (Dimension::Time, Some(Reservation::ReservationExpires)),
            Subject::Expired => (Dimension::Flat, Some(Reservation::ReservationExpires)),
        }
    }

    pub fn dimension(self) -> Dimension {
        self.key().0
    }
}

/// A component that prices a subject.
pub(crate) struct Rung<'a> {
    /// Index of its element.
    pub index: usize,
    /// Index in its element.
    pub component_index: usize,
    pub element: &'a Element,
    pub component: &'a Component,
    /// Where the element's restrictions are met, whatever stands above.
    pub region: Region,
    /// Is there a situation in which it decides? Else those above always come first, or it can never be met.
    pub live: bool,
}

/// All components of a subject, and what they leave free.
pub(crate) struct Ladder<'a> {
    pub subject: Subject,
    pub rungs: Vec<Rung<'a>>,
    /// What no rung prices.
    pub rest: Region,
}

impl<'a> Ladder<'a> {
    pub fn of(tariff: &'a Tariff, subject: Subject) -> Ladder<'a> {
        let (dimension, reservation) = subject.key();
        let payments = Payments::of(tariff);
        let mut rest = Region::everything();
        let mut rungs = Vec::new();
        for (index, element) in tariff.elements.iter().enumerate() {
            let mut components = element.components.iter().enumerate();
            let mine = components.find(|(_, component)| component.dimension == dimension);
            let Some((component_index, component)) = mine else { continue };
            if element.restrictions.reservation != reservation {
                continue;
            }
            let region = Region::of(&element.restrictions, &payments);
            let live = rest.common(&region).is_some();
            if live {
                rest.subtract(&region);
            }
            rungs.push(Rung { index, component_index, element, component, region, live });
        }
        if reservation == Some(Reservation::ReservationExpires) {
            // Where nothing is said of expired ones, they cost what any reservation does.
            let any = tariff.elements.iter().filter(|element| {
                element.restrictions.reservation == Some(Reservation::Reservation)
                    && element.components.iter().any(|component| component.dimension == dimension)
            });
            any.for_each(|element| rest.subtract(&Region::of(&element.restrictions, &payments)));
        }
        Ladder { subject, rungs, rest }
    }

    /// Those that may decide.
    pub fn live(&self) -> impl Iterator<Item = &Rung<'a>> {
        self.rungs.iter().filter(|rung| rung.live)
    }

    /// Is there a price above 0?
    pub fn costs(&self) -> bool {
        self.live().any(|rung| rung.component.price.0 > Decimal::ZERO)
    }

    /// Without the rungs for another kind of EVSE.
    pub fn at(mut self, kind: EvseKind) -> Ladder<'a> {
        self.rungs.retain(|rung| rung.element.restrictions.evse_kind.is_none_or(|only| only == kind));
        self
    }
}

impl Rung<'_> {
    /// The path of the component in the tariff.
    pub fn path(&self) -> String {
        format!("elements[{}].components[{}]", self.index, self.component_index)
    }
}
