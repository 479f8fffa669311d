//! The central system: links to charging stations, the desk that handles their reports, the store.
#![allow(missing_docs)] // row structs and reports speak through their field names; functions carry their docs

pub mod app;
pub mod audit;
pub mod catalog;
pub mod clock;
pub mod config;
pub mod desk;
pub mod error;
pub mod flags;
pub mod id;
pub mod jobs;
pub mod link;
pub mod live;
pub mod local_tariffs;
pub mod meter;
pub mod model;
pub mod session;
pub mod store;
pub mod whatif;
