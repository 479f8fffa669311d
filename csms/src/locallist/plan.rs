//! What a list has, and what changes it into another. Pure.

use crate::command::{Identifier, ListEntry};
use std::collections::{BTreeMap, BTreeSet};

/// How stations tell entries apart: whatever the case; a 1.6 station knows no kinds, and no list of ours has two of one text.
fn key(entry: &ListEntry) -> (String, String) {
    (entry.token.uid.to_uppercase(), entry.token.kind.clone())
}

/// The changes that make `new` of `old`: what is taken off and what is not good any more first, because nobody may charge with
/// it for longer than need be.
pub fn difference(old: &[ListEntry], new: &[ListEntry]) -> Vec<ListEntry> {
    let before: BTreeMap<_, _> = old.iter().map(|entry| (key(entry), entry)).collect();
    let after: BTreeSet<_> = new.iter().map(key).collect();
    let gone = old.iter().filter(|entry| !after.contains(&key(entry))).map(|entry| ListEntry {
        token: Identifier { more: Vec::new(), ..entry.token.clone() },
        status: None,
        group: None,
        expires_at: None,
    });
    let changed = new.iter().filter(|entry| before.get(&key(entry)) != Some(entry)).cloned();
    let (mut bad, good): (Vec<_>, Vec<_>) = changed.partition(|entry| !is_good(entry));
    let mut all: Vec<ListEntry> = gone.collect();
    all.append(&mut bad);
    all.extend(good);
    all
}

fn is_good(entry: &ListEntry) -> bool {
    entry.status.as_deref() == Some("Accepted")
}

/// What is sent to a station that has `known` (`None`: nobody knows what) so that it has `wanted`: whether it replaces the
/// list, and the entries.
pub fn update(known: Option<&[ListEntry]>, wanted: &[ListEntry]) -> (bool, Vec<ListEntry>) {
    let change = known.map(|known| difference(known, wanted));
    match change {
        Some(change) if !change.is_empty() && change.len() < wanted.len() => (false, change),
        _ => (true, wanted.to_vec()),
    }
}

/// The entries that fit, the first ones first; how many do not.
pub fn cut(mut entries: Vec<ListEntry>, most: usize) -> (Vec<ListEntry>, usize) {
    let left_out = entries.len().saturating_sub(most);
    entries.truncate(most);
    (entries, left_out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        command::{Command, SendList},
        link::dialect::ask::{self, Given},
    };
    use chrono::DateTime;
    use ocpp::Version;
    use proptest::prelude::*;
    use serde_json::Value;

    /// A station as the standard has it: a full update replaces, any other changes, entries without a status go.
    #[derive(Default)]
    struct Model {
        version: i64,
        entries: BTreeMap<String, Value>,
    }

    impl Model {
        fn take(&mut self, payload: &Value, most: usize, bytes: usize) {
            let of = |names: [&str; 2]| names.into_iter().find_map(|name| payload.get(name)).cloned();
            let version = of(["listVersion", "versionNumber"]).unwrap().as_i64().unwrap();
            let full = payload["updateType"] == "Full";
            assert!(version > 0 && (full || version > self.version), "{version} after {}", self.version);
            if full {
                self.entries.clear();
            }
            let entries = payload.get("localAuthorizationList").and_then(Value::as_array).cloned();
            let entries = entries.unwrap_or_default();
            let size: usize = entries.iter().map(|entry| entry.to_string().len()).sum();
            assert!(entries.len() <= most && (size <= bytes || entries.len() == 1));
            for entry in entries {
                let id = entry.get("idTag").or_else(|| entry["idToken"].get("idToken")).unwrap();
                let info = entry.get("idTagInfo").or_else(|| entry.get("idTokenInfo"));
                match info {
                    Some(info) => drop(self.entries.insert(id.to_string(), info.clone())),
                    None => drop(self.entries.remove(&id.to_string()).unwrap()),
                }
            }
            self.version = version;
        }
    }

    fn entry(id: u8, status: &str, group: bool) -> ListEntry {
        ListEntry {
            token: Identifier { uid: format!("TAG-{id}"), kind: "ISO14443".into(), more: Vec::new() },
            status: Some(status.into()),
            group: group.then(|| Identifier { uid: "G".into(), kind: "Central".into(), more: Vec::new() }),
            expires_at: None,
        }
    }

    fn lists() -> impl Strategy<Value = Vec<Vec<ListEntry>>> {
        let status = prop_oneof![Just("Accepted"), Just("Blocked")];
        let list = proptest::collection::btree_map(0_u8..30, (status, any::<bool>()), 0..20);
        let list = list
            .prop_map(|all| all.into_iter().map(|(id, (status, group))| entry(id, status, group)).collect());
        proptest::collection::vec(list, 1..8)
    }

    proptest! {
        /// Whatever lists are wanted one after the other, whatever the station takes at once, and whether or not we know what
        /// it has: afterwards it has the list that was wanted last.
        #[test]
        fn what_is_sent_makes_the_list_that_is_wanted(
            lists in lists(),
            known in proptest::collection::vec(any::<bool>(), 8),
            most in 1_usize..9,
            bytes in 60_usize..600,
        ) {
            for version in Version::ALL {
                let mut station = Model::default();
                let mut has: Vec<ListEntry> = Vec::new();
                let given = Given {
                    now: DateTime::UNIX_EPOCH,
                    reference: 1,
                    read_max: 1,
                    write_max: 1,
                    list_max: most,
                    list_bytes: bytes,
                    rooms: ask::Rooms::default(),
                    call_max: None,
                };
                for (wanted, known) in lists.iter().zip(&known) {
                    let (full, entries) = update(known.then_some(&has), wanted);
                    let rises = i32::try_from(entries.len()).unwrap() + 1;
                    let to = i32::try_from(station.version).unwrap() + rises;
                    let list = SendList { version: to, full, entries };
                    for wire in ask::calls(version, &Command::SendList(list), &given).unwrap() {
                        station.take(&wire.payload, most, bytes);
                    }
                    prop_assert_eq!(station.version, i64::from(to));
                    prop_assert_eq!(station.entries.len(), wanted.len());
                    for entry in wanted {
                        let status = &station.entries[&format!("{:?}", entry.token.uid)]["status"];
                        prop_assert_eq!(status.as_str(), entry.status.as_deref());
                    }
                    has.clone_from(wanted);
                }
            }
        }
    }

    #[test]
    fn what_is_not_good_any_more_goes_first() {
        let old = [entry(1, "Accepted", false), entry(2, "Accepted", false), entry(3, "Accepted", false)];
        let new = [entry(4, "Accepted", false), entry(3, "Blocked", false), entry(1, "Accepted", true)];
        let told: Vec<_> = difference(&old, &new)
            .into_iter()
            .map(|entry| (entry.token.uid, entry.status.unwrap_or_default()))
            .collect();
        let words: Vec<(&str, &str)> = told.iter().map(|(id, status)| (&**id, &**status)).collect();
        assert_eq!(
            words,
            [("TAG-2", ""), ("TAG-3", "Blocked"), ("TAG-4", "Accepted"), ("TAG-1", "Accepted")]
        );
    }

    #[test]
    fn the_shorter_way_is_taken_and_what_is_not_known_is_replaced() {
        let old: Vec<_> = (0..5).map(|id| entry(id, "Accepted", false)).collect();
        let mut new = old.clone();
        new.push(entry(9, "Accepted", false));
        assert_eq!((update(Some(&old), &new).0, update(Some(&old), &new).1.len()), (false, 1));
        assert!(update(None, &new).0 && update(Some(&[]), &new).0);
        assert_eq!(update(Some(&old), &[]), (true, Vec::new()), "nothing is shorter than to erase it");
        assert!(update(Some(&old), &old).0, "to say the same again is to say all of it");
        assert_eq!((cut(new.clone(), 4).0.len(), cut(new, 4).1), (4, 2));
    }
}
