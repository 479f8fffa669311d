//! The bytes that are sealed: one form, with a version in front, made of lengths, whole numbers and UTF-8 only. Integers
//! are big-endian; a text is its length in bytes (u32) and its bytes; what may be missing is a byte 0, or 1 and the
//! value. docs/ledger.md has the layout for whoever checks it with a program of their own.

use super::tree::Hash;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Begins the bytes of an entry, and of a record.
const ENTRY: &[u8] = b"wattline-ledger-entry/1\n";
const RECORD: &[u8] = b"wattline-ledger-record/1\n";

/// A journal entry with its postings, as it is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedEntry {
    pub id: i64,
    pub kind: String,
    pub phase: String,
    pub pending: Option<i64>,
    pub order_id: Option<i64>,
    pub key: String,
    /// JSON, as stored: its bytes count, not its meaning.
    pub body: String,
    /// Microseconds since 1970, UTC.
    pub at_micros: i64,
    /// In the order of their numbers.
    pub lines: Vec<Line>,
}

/// A posting of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub line: i64,
    pub account: String,
    pub currency: String,
    /// Debit positive, credit negative.
    pub amount_minor: i64,
}

/// Anything else that is sealed, by the hash of its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedRecord {
    pub kind: String,
    pub id: i64,
    pub subject: String,
    /// Hexadecimal SHA-256.
    pub digest: String,
    pub at_micros: i64,
}

impl SealedEntry {
    /// The bytes that the leaf is made of.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = ENTRY.to_vec();
        out.extend(self.id.to_be_bytes());
        text(&mut out, &self.kind);
        text(&mut out, &self.phase);
        maybe(&mut out, self.pending);
        maybe(&mut out, self.order_id);
        text(&mut out, &self.key);
        text(&mut out, &self.body);
        out.extend(self.at_micros.to_be_bytes());
        length(&mut out, self.lines.len());
        for line in &self.lines {
            out.extend(line.line.to_be_bytes());
            text(&mut out, &line.account);
            text(&mut out, &line.currency);
            out.extend(line.amount_minor.to_be_bytes());
        }
        out
    }

    /// The leaf's hash.
    pub fn leaf(&self) -> Hash {
        Hash::leaf(&self.bytes())
    }
}

impl SealedRecord {
    /// The bytes that the leaf is made of.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = RECORD.to_vec();
        text(&mut out, &self.kind);
        out.extend(self.id.to_be_bytes());
        text(&mut out, &self.subject);
        text(&mut out, &self.digest);
        out.extend(self.at_micros.to_be_bytes());
        out
    }

    /// The leaf's hash.
    pub fn leaf(&self) -> Hash {
        Hash::leaf(&self.bytes())
    }
}

/// The hash of a record's content, of parts that cannot run into each other.
pub fn digest(parts: &[&str]) -> String {
    let mut out = Vec::new();
    for part in parts {
        text(&mut out, part);
    }
    hex::encode(Sha256::digest(&out))
}

fn length(out: &mut Vec<u8>, length: usize) {
    // What is longer than a u32 can say would need four gigabytes in one row.
    out.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}

fn text(out: &mut Vec<u8>, text: &str) {
    length(out, text.len());
    out.extend(text.as_bytes());
}

fn maybe(out: &mut Vec<u8>, value: Option<i64>) {
    match value {
        None => out.push(0),
        Some(value) => {
            out.push(1);
            out.extend(value.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn entry() -> SealedEntry {
        let line = |line, account: &str, amount_minor| Line {
            line,
            account: account.into(),
            currency: "EUR".into(),
            amount_minor,
        };
        SealedEntry {
            id: 1,
            kind: "taken".into(),
            phase: "posted".into(),
            pending: None,
            order_id: Some(7),
            key: "taken:7".into(),
            body: "{}".into(),
            at_micros: 1_777_888_800_000_000,
            lines: vec![line(0, "provider:st-main", 500), line(1, "deposits", -500)],
        }
    }

    /// The form may never change: old leaves would not be met any more. (Computed by another program.)
    #[test]
    fn the_bytes_are_what_they_have_always_been() {
        assert_eq!(
            entry().leaf().to_string(),
            "a9bc0fee048360b9f4086fe1d4cc4a9310c4f826790e95f4173b2b70de0d9e31"
        );
        let record = SealedRecord {
            kind: "notice".into(),
            id: 9,
            subject: "st-main/evt_1".into(),
            digest: digest(&["a", "bc"]),
            at_micros: 5,
        };
        assert_eq!(
            record.leaf().to_string(),
            "4957f1313187bb6ecaadb53eaeb93513c5397d1fa23a4849f7ff38a5b4f5523c"
        );
    }

    #[test]
    fn every_field_counts() {
        let changes: [fn(&mut SealedEntry); 15] = [
            |_| {},
            |entry| entry.id = 2,
            |entry| entry.kind = "take".into(),
            |entry| entry.phase = "pending".into(),
            |entry| entry.pending = Some(0),
            |entry| entry.order_id = None,
            |entry| entry.key = "taken:8".into(),
            |entry| entry.body = "{ }".into(),
            |entry| entry.at_micros += 1,
            |entry| entry.lines.swap(0, 1),
            |entry| drop(entry.lines.pop()),
            |entry| entry.lines[1].line = 2,
            |entry| entry.lines[1].account = "refunds".into(),
            |entry| entry.lines[0].currency = "CHF".into(),
            |entry| entry.lines[0].amount_minor = 501,
        ];
        let hashes: BTreeSet<Hash> = changes
            .iter()
            .map(|change| {
                let mut entry = entry();
                change(&mut entry);
                entry.leaf()
            })
            .collect();
        assert_eq!(hashes.len(), changes.len());
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(digest(&["a", "bc"]), digest(&["ab", "c"]));
        assert_ne!(digest(&["a", ""]), digest(&["a"]));
    }
}
