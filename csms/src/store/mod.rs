//! The only place with SQL: one text for SQLite and PostgreSQL.
//!
//! Messages of stations are written by the [`writer::Writer`], which commits many of them together; everything else
//! uses plain functions over a [`db::Tx`], one module per noun.

pub mod accounts;
pub mod api_keys;
pub mod api_requests;
pub mod assignments;
pub mod attempts;
pub mod audit_runs;
pub mod benefits;
pub mod bills;
pub mod campaigns;
mod checkpoint;
pub mod clearing;
pub mod commands;
pub mod console;
pub mod contracts;
pub mod costs;
pub mod counter;
pub mod db;
pub mod desired;
pub mod deviations;
pub mod displays;
pub mod documents;
pub mod error;
pub mod events;
pub mod files;
pub mod findings;
pub mod grid;
pub mod hold;
pub mod holds;
pub mod journal;
pub mod ledger;
pub mod lists;
pub mod load;
pub mod mandates;
pub mod messages;
mod migrations;
pub mod monitors;
pub mod needs;
pub mod offers;
pub mod pay;
pub mod probe;
pub mod pushes;
pub mod query;
pub mod readers;
pub mod reservations;
pub mod retention;
pub mod risk;
pub mod routing;
pub mod row;
pub mod sandbox;
pub mod sessions;
pub mod settings;
pub mod sites;
pub mod station_codes;
pub mod station_tariffs;
pub mod stations;
pub mod streams;
pub mod tariffs;
pub mod templates;
pub mod terms;
#[doc(hidden)]
pub mod testing;
pub mod texts;
pub mod tokens;
pub mod variables;
pub mod vat;
pub mod versions;
pub mod vouchers;
pub mod webhooks;
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
