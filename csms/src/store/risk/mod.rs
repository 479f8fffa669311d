//! Risk: what happened to payments, what was decided of them, by which rules and models.

pub mod cases;
pub mod checks;
pub mod decisions;
pub mod events;
pub mod history;
pub mod models;
pub mod rules;
