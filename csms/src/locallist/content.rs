//! Who is listed: from identifiers to the entries of a list.

use super::cut;
use crate::{
    command::{Identifier, ListEntry},
    store::{StoreError, Tx, lists, row::TokenRow},
};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};

/// No list is longer, whatever a station takes.
pub const LIST_MAX: usize = 5_000;

/// Who is listed at a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Nobody: the list is empty.
    Nobody,
    /// Whoever may charge.
    All,
    /// Those that are marked for it.
    Marked,
}

impl Rule {
    pub const ALL: [Rule; 3] = [Rule::Nobody, Rule::All, Rule::Marked];

    /// As it is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Rule::Nobody => "none",
            Rule::All => "all",
            Rule::Marked => "marked",
        }
    }

    /// By its word.
    pub fn of(word: &str) -> Option<Rule> {
        Rule::ALL.into_iter().find(|rule| rule.word() == word)
    }
}

/// What is listed: the same for all stations for which this is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    pub rule: Rule,
    /// 1.6: no kinds, so that of several with one text only one is listed.
    pub kinds: bool,
    /// Letters of an identifier.
    pub letters: usize,
    /// Entries.
    pub most: usize,
}

/// The content of a list.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Content {
    pub hash: String,
    pub entries: Vec<ListEntry>,
    pub left_out: usize,
    /// The same as JSON.
    pub text: String,
    /// Where some are left out: all that may be listed.
    all: BTreeSet<String>,
}

/// The content that is asked for.
pub(super) async fn read(tx: &mut Tx, asked: Asked, now: DateTime<Utc>) -> Result<Content, StoreError> {
    let tokens = match asked.rule {
        Rule::Nobody => Vec::new(),
        Rule::All | Rule::Marked => {
            let limit = i64::try_from(LIST_MAX * 4).unwrap_or(i64::MAX);
            lists::tokens(tx, asked.rule == Rule::Marked, now, limit).await?
        }
    };
    let mut fitting = fitting(tokens, asked);
    let mut all = BTreeSet::new();
    if fitting.len() > asked.most {
        let mut turns: HashMap<String, usize> = HashMap::new();
        for (nth, uid) in lists::used(tx).await?.into_iter().enumerate() {
            turns.entry(uid).or_insert(nth);
        }
        all = fitting.iter().map(|token| told(&entry(token))).collect();
        // Those that are used first; the newest of the others. Who may not charge has what room is left.
        fitting.sort_by_key(|token| (token.blocked, turns.get(&token.uid).copied().unwrap_or(usize::MAX)));
    }
    let (mut entries, left_out) = cut(fitting.iter().map(entry).collect(), asked.most);
    // In one order, so that the same content is the same text.
    entries.sort_by(|a, b| (&a.token.uid, &a.token.kind).cmp(&(&b.token.uid, &b.token.kind)));
    let text = serde_json::to_string(&entries).unwrap_or_default();
    Ok(Content { hash: hex::encode(Sha256::digest(&text)), entries, left_out, text, all })
}

fn fitting(mut tokens: Vec<TokenRow>, asked: Asked) -> Vec<TokenRow> {
    tokens.retain(|token| token.uid.chars().count() <= asked.letters);
    if !asked.kinds {
        // A card comes before anything else with the same text.
        tokens.sort_by_key(|token| !matches!(token.kind.as_str(), "ISO14443" | "ISO15693"));
        let mut seen = BTreeSet::new();
        tokens.retain(|token| seen.insert(token.uid.clone()));
        tokens.sort_by_key(|token| std::cmp::Reverse(token.id));
    }
    tokens
}

fn entry(token: &TokenRow) -> ListEntry {
    let group = token.group_uid.clone().filter(|group| !group.is_empty());
    ListEntry {
        token: Identifier { uid: token.uid.clone(), kind: token.kind.clone(), more: Vec::new() },
        status: Some(if token.blocked { "Blocked" } else { "Accepted" }.to_owned()),
        group: group.map(|uid| Identifier { uid, kind: "Central".to_owned(), more: Vec::new() }),
        expires_at: token.expires_at,
    }
}

impl Content {
    /// Is this list, made a while ago, still true of all that are on it? Where there is no room for all, a list that is true is
    /// left alone for a while: who was used last changes all the time.
    pub fn allows(&self, old: &[ListEntry]) -> bool {
        old.iter().all(|entry| self.all.contains(&told(entry)))
    }
}

fn told(entry: &ListEntry) -> String {
    format!("{entry:?}")
}
