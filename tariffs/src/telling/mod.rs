//! Tariffs and bills for people. [`space`] holds sets of situations, [`ladder`] which of a tariff's prices decides in
//! which of them; sentences, the week and the advice are told from there.

pub(crate) mod explain;
pub(crate) mod ladder;
pub(crate) mod lint;
pub(crate) mod space;
pub(crate) mod week;
pub(crate) mod words;
