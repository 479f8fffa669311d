//! What stations have reported of themselves, whole, and two of them side by side.

use crate::store::{
    StoreError, Tx,
    query::PAGE_MAX,
    variables::{self, VariableRow},
};
use std::collections::BTreeMap;

/// Attributes of one station that are looked at; the largest device models have a few thousand.
pub const MOST: usize = 20_000;

/// A station's variables in the order of their keys.
#[derive(Debug, Default)]
pub struct Inventory {
    pub rows: Vec<VariableRow>,
    /// There are more than [`MOST`].
    pub cut: bool,
}

/// Which attribute of which variable, of which component, where on the station.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub component: String,
    pub component_instance: String,
    pub evse: i64,
    pub connector: i64,
    pub name: String,
    pub instance: String,
    pub attribute: String,
}

/// An attribute that two stations do not have alike. `None`: it was not reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub key: Key,
    pub here: Option<Value>,
    pub there: Option<Value>,
}

/// What a station has reported; without text it is write-only.
pub type Value = Option<String>;

impl Key {
    fn of(row: &VariableRow) -> Key {
        Key {
            component: row.component.clone(),
            component_instance: row.component_instance.clone(),
            evse: row.evse,
            connector: row.connector,
            name: row.name.clone(),
            instance: row.instance.clone(),
            attribute: row.attribute.clone(),
        }
    }

    /// `Component/instance@evse.connector`; empty for a configuration key of 1.6.
    pub fn place(&self) -> String {
        let mut text = self.component.clone();
        if !self.component_instance.is_empty() {
            text += &format!("/{}", self.component_instance);
        }
        match (self.evse, self.connector) {
            (0, _) => {}
            (evse, 0) => text += &format!("@{evse}"),
            (evse, connector) => text += &format!("@{evse}.{connector}"),
        }
        text
    }

    /// `Name/instance`, with the attribute if it is another than `Actual`.
    pub fn variable(&self) -> String {
        let mut text = self.name.clone();
        if !self.instance.is_empty() {
            text += &format!("/{}", self.instance);
        }
        if !matches!(self.attribute.as_str(), "" | "Actual") {
            text += &format!(" ({})", self.attribute);
        }
        text
    }
}

/// All that a station has reported.
///
/// # Errors
/// The database.
pub async fn of(tx: &mut Tx, station: &str) -> Result<Inventory, StoreError> {
    let mut found = Inventory::default();
    loop {
        let page = variables::list(tx, station, found.rows.last(), PAGE_MAX).await?;
        let last = page.len() < usize::try_from(PAGE_MAX).unwrap_or(usize::MAX);
        found.rows.extend(page);
        if found.rows.len() > MOST {
            found.rows.truncate(MOST);
            found.cut = true;
            return Ok(found);
        }
        if last {
            return Ok(found);
        }
    }
}

/// What two stations do not have alike, in the order of the keys.
pub fn differences(here: &[VariableRow], there: &[VariableRow]) -> Vec<Difference> {
    let mut all: BTreeMap<Key, (Option<Value>, Option<Value>)> = BTreeMap::new();
    for row in here {
        all.entry(Key::of(row)).or_default().0 = Some(row.value.clone());
    }
    for row in there {
        all.entry(Key::of(row)).or_default().1 = Some(row.value.clone());
    }
    all.into_iter()
        .filter(|(_, (here, there))| here != there)
        .map(|(key, (here, there))| Difference { key, here, there })
        .collect()
}

/// The key of a row, as it is shown.
pub fn key(row: &VariableRow) -> Key {
    Key::of(row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn row(component: &str, evse: i64, name: &str, value: Option<&str>) -> VariableRow {
        VariableRow {
            station_id: "A".into(),
            component: component.into(),
            component_instance: String::new(),
            evse,
            connector: 0,
            name: name.into(),
            instance: String::new(),
            attribute: "Actual".into(),
            value: value.map(str::to_owned),
            mutability: "ReadWrite".into(),
            characteristics: "{}".into(),
            reported_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn what_is_alike_is_left_out_and_what_only_one_has_is_there() {
        let here = [
            row("EVSE", 1, "Power", Some("11000")),
            row("OCPPCommCtrlr", 0, "HeartbeatInterval", Some("300")),
            row("SecurityCtrlr", 0, "BasicAuthPassword", None),
        ];
        let there = [
            row("EVSE", 1, "Power", Some("22000")),
            row("OCPPCommCtrlr", 0, "HeartbeatInterval", Some("300")),
            row("EVSE", 2, "Power", Some("22000")),
        ];
        let found = differences(&here, &there);
        let shown: Vec<_> = found
            .iter()
            .map(|one| (one.key.place(), one.key.variable(), one.here.clone(), one.there.clone()))
            .collect();
        let text = |value: &str| Some(Some(value.to_owned()));
        assert_eq!(
            shown,
            [
                ("EVSE@1".to_owned(), "Power".to_owned(), text("11000"), text("22000")),
                ("EVSE@2".to_owned(), "Power".to_owned(), None, text("22000")),
                ("SecurityCtrlr".to_owned(), "BasicAuthPassword".to_owned(), Some(None), None),
            ]
        );
        assert!(differences(&here, &here).is_empty());
    }
}
