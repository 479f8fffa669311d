//! Charging profiles in our own words, onto which those of OCPP 1.6 and 2.x map, and what is wrong with one.

pub mod check;
pub mod conflict;
pub mod model;
