//! From readings to a bill. A [`plan::Plan`] is a tariff made ready; a [`pricer::Pricer`] cuts a session wherever a price
//! may change and counts quantities in the [`ledger`]; [`settle`] makes exact sums of them, and [`invoice`] the bill.

pub(crate) mod bill;
pub(crate) mod calendar;
pub(crate) mod invoice;
pub(crate) mod ledger;
pub(crate) mod limit;
pub(crate) mod period;
pub(crate) mod plan;
pub(crate) mod pricer;
pub(crate) mod register;
pub(crate) mod reserve;
pub(crate) mod rule;
pub(crate) mod session;
pub(crate) mod settle;
mod stretch;
