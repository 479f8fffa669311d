//! Orders at work, against a provider that keeps its own books and misbehaves in every way that real ones do.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail like tests

mod after;
mod before;
mod displays;
mod disputes;
mod ending;
mod guarding;
mod house;
mod http;
mod journeys;
mod kept;
mod kiosk;
mod known;
mod late;
mod later;
mod limits;
mod notices;
mod owing;
mod papers;
mod provider;
mod push;
mod races;
mod reader;
mod refunds;
mod sending;
mod stations;
mod stay;
mod terminal;
mod vat;
mod voucher;
mod walks;
mod wallet;
