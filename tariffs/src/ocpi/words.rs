//! The words of OCPI's enumerations.

use crate::model::offer::{Impact, Kind, Source};
use crate::model::tariff::{Day, Dimension, Reservation, TaxIncluded};

pub(super) const KINDS: &[(&str, Kind)] = &[
    ("AD_HOC_PAYMENT", Kind::AdHocPayment),
    ("PROFILE_CHEAP", Kind::ProfileCheap),
    ("PROFILE_FAST", Kind::ProfileFast),
    ("PROFILE_GREEN", Kind::ProfileGreen),
    ("REGULAR", Kind::Regular),
];

/// OCPI has no service fee.
pub(super) const DIMENSIONS: &[(&str, Dimension)] = &[
    ("ENERGY", Dimension::Energy),
    ("FLAT", Dimension::Flat),
    ("PARKING_TIME", Dimension::ParkingTime),
    ("TIME", Dimension::Time),
];

pub(super) const DAYS: &[(&str, Day)] = &[
    ("MONDAY", Day::Monday),
    ("TUESDAY", Day::Tuesday),
    ("WEDNESDAY", Day::Wednesday),
    ("THURSDAY", Day::Thursday),
    ("FRIDAY", Day::Friday),
    ("SATURDAY", Day::Saturday),
    ("SUNDAY", Day::Sunday),
];

pub(super) const RESERVATIONS: &[(&str, Reservation)] =
    &[("RESERVATION", Reservation::Reservation), ("RESERVATION_EXPIRES", Reservation::ReservationExpires)];

pub(super) const TAXES: &[(&str, TaxIncluded)] =
    &[("YES", TaxIncluded::Yes), ("NO", TaxIncluded::No), ("N/A", TaxIncluded::NotApplicable)];

pub(super) const SOURCES: &[(&str, Source)] = &[
    ("NUCLEAR", Source::Nuclear),
    ("GENERAL_FOSSIL", Source::GeneralFossil),
    ("COAL", Source::Coal),
    ("GAS", Source::Gas),
    ("GENERAL_GREEN", Source::GeneralGreen),
    ("SOLAR", Source::Solar),
    ("WIND", Source::Wind),
    ("WATER", Source::Water),
];

pub(super) const IMPACTS: &[(&str, Impact)] =
    &[("NUCLEAR_WASTE", Impact::NuclearWaste), ("CARBON_DIOXIDE", Impact::CarbonDioxide)];

/// The word for a value; empty only for what OCPI has no word for.
pub(super) fn word_for<T: PartialEq>(table: &[(&'static str, T)], value: &T) -> &'static str {
    table.iter().find(|(_, known)| known == value).map_or("", |(word, _)| word)
}
