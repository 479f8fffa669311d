//! What is usual for one driver: a small recurrent net, written out, and intervals around it that keep their word.
//!
//! [`Model`] reads the last payments of a driver ([`Visit`]s) and says what it expects of the next one: how much, at what
//! hour, at which kind of place, after how long. [`Calibration`] turns that into regions that hold what they promise
//! (95 of 100 honest payments are inside), whatever the net is worth, and keeps them so while people change. [`Finding`]
//! holds a payment against both and says it in words. [`population`] and [`trial`] make people and fraud to measure
//! with. Only here are floating-point numbers used: they are statistics, no money is counted with them.

mod conformal;
mod dice;
mod features;
mod finding;
mod loss;
mod model;
mod net;
pub mod population;
mod train;
pub mod trial;

pub use conformal::{Calibration, Scores};
pub use features::{SEEN, Visit};
pub use finding::{Asked, Finding};
pub use model::{Expected, Model, ModelFault};
pub use train::{Plan, Trained, train};
