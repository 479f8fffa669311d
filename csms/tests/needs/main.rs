//! What vehicles need and are given, streams of monitored values, and costs on displays: by stations on real sockets, on both
//! databases.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail like tests

mod both_ways;
mod device;
mod displays;
mod giving;
mod house;
mod plans;
mod resumed;
mod streams;
mod texts;
