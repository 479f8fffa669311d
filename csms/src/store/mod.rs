//! The only place with SQL: one text for SQLite and PostgreSQL.
//!
//! Messages of stations are written by the [`writer::Writer`], which commits many of them together; everything else
//! uses plain functions over a [`db::Tx`], one module per noun.

pub mod accounts;
pub mod assignments;
pub mod attempts;
pub mod benefits;
pub mod bills;
mod checkpoint;
pub mod console;
pub mod counter;
pub mod db;
pub mod deviations;
pub mod error;
pub mod events;
pub mod findings;
pub mod journal;
pub mod load;
mod migrations;
pub mod offers;
pub mod probe;
pub mod query;
pub mod retention;
pub mod row;
pub mod sessions;
pub mod settings;
pub mod sites;
pub mod station_tariffs;
pub mod stations;
pub mod tariffs;
pub mod terms;
#[doc(hidden)]
pub mod testing;
pub mod tokens;
pub mod variables;
pub mod versions;
pub mod writer;

use std::borrow::Cow;

pub use db::{Db, Tx};
pub use error::StoreError;
pub use load::Loads;
pub use migrations::Engine;
pub use writer::Writer;

/// Text as both engines can keep it: PostgreSQL refuses the character U+0000, so U+FFFD stands in for it.
fn clean(text: &str) -> Cow<'_, str> {
    if text.as_bytes().contains(&0) {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}
