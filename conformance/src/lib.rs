//! Virtual charging stations, fleets and the load generator: the station's side of OCPP.
//!
//! ```no_run
//! # async fn example() -> Result<(), conformance::Error> {
//! use conformance::{Options, Station};
//! use ocpp::Version;
//!
//! let station = Station::connect(Options::new("ws://127.0.0.1:9000/ocpp", "CS-1", Version::V201)).await?;
//! station.boot().await?;
//! station.plug_in(1).await?;
//! station.start(1, "TAG").await?;
//! station.charge_wh(1, 7_500)?;
//! station.meter(1).await?;
//! let answer = station.stop(1, "Local").await?;
//! station.unplug(1).await?;
//! # drop(answer);
//! # Ok(())
//! # }
//! ```
//!
//! - [`Station`]: one station on a real socket, with faults on request ([`Fault`]) and a battery that charges along a
//!   realistic curve ([`battery`]).
//! - [`fleet`]: many of them that live by a seed.
//! - [`load`]: the load generator.
//! - [`suite`]: the conformance suite, which plays certification cases against any CSMS.
//! - [`testbed`]: the other way round: the cases for a station under test.
//! - [`Wallbox`]: a virtual station that lives by itself: connects again, boots, waits for hands.
//! - [`responder`]: the smallest CSMS, to test all of these against.
//!
//! Frames are written and read by hand here and payloads are plain JSON: a test client that shared code with the
//! CSMS would share its mistakes.

pub mod battery;
mod charging;
pub mod clock;
mod delivery;
mod duties;
mod error;
mod fault;
pub mod fleet;
pub mod frame;
mod life;
pub mod load;
mod options;
pub mod plan;
mod profile;
mod reading;
pub mod responder;
mod session;
mod settings;
mod socket;
mod state;
mod station;
pub mod suite;
pub mod testbed;
mod transfer;
mod v16;
mod v2;
mod wallbox;

pub use error::Error;
pub use fault::Fault;
pub use frame::CallError;
pub use options::{EnergyUnit, Hardware, Options};
pub use session::{AfterReboot, Boot, Start, Started, Verdict};
pub use state::{Acknowledged, Answer, ConnectorState, Inbound};
pub use station::Station;
pub use transfer::{Transfers, log_piece};
pub use wallbox::Wallbox;
