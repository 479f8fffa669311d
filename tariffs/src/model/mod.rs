//! What a tariff says, how it is to be read, what is wrong with one, and the units it says it in.

pub(crate) mod adjust;
pub(crate) mod charge;
pub(crate) mod check;
pub(crate) mod currency;
pub(crate) mod exact;
pub(crate) mod money;
pub(crate) mod offer;
pub(crate) mod policy;
pub(crate) mod quantity;
pub(crate) mod season;
pub(crate) mod tariff;
pub(crate) mod tax;
pub(crate) mod time_of_day;
