//! Receipts, invoices and correction notes: what stands on them, in English and Chinese, and as PDF.
//!
//! A [`Document`] is complete and never changes: it is kept as JSON, and pages and PDF are made of that alone.

mod document;
mod layout;
mod pdf;
mod text;
mod words;

pub use document::{
    Buyer, Corrected, Document, Evidence, Item, Kind, Moved, Notary, Seller, Sums, Supply, TaxRow,
};
pub use pdf::write;
pub use words::{Words, words};
