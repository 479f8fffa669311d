//! The versions of a tariff, and what each changes.

use super::page_href;
use crate::{
    front::Fail,
    i18n::Lang,
    view::{ChangeView, VersionLine},
};
use ::tariffs::Tariff;
use chrono::{DateTime, TimeDelta, Utc};
use csms::store::{
    Tx, offers,
    versions::{self, BEGINNING, VersionRow},
};

/// Versions of a page.
const VERSIONS: i64 = 10;

/// What the database holds of a page of the history.
pub struct Found {
    rows: Vec<VersionRow>,
    /// The version before the last one of the page that stands.
    earlier: Option<VersionRow>,
    /// There are further ones.
    more: bool,
}

/// A page of the history.
pub struct History {
    pub lines: Vec<VersionLine>,
    /// Where it goes on.
    pub next: Option<String>,
}

/// From the version that is active last back; `before` is the key of an earlier page.
pub async fn find(tx: &mut Tx, id: &str, before: &str) -> Result<Found, Fail> {
    let mut rows = offers::history(tx, id, read_key(before), VERSIONS + 1).await?;
    let more = rows.len() > VERSIONS as usize;
    rows.truncate(VERSIONS as usize);
    let earliest = rows.iter().rfind(|row| row.withdrawn_at.is_none());
    let earlier =
        match earliest.and_then(|row| row.active_from.checked_sub_signed(TimeDelta::microseconds(1))) {
            Some(at) => versions::active(tx, id, at).await?,
            None => None,
        };
    Ok(Found { rows, earlier, more })
}

/// With what each version changes; `href` is the page of the tariff, `active` the number of the version that is.
pub fn page(found: &Found, href: &str, active: Option<i64>, now: DateTime<Utc>, lang: Lang) -> History {
    let Found { rows, earlier, more } = found;
    let lines = (0..).zip(rows).map(|(n, row)| {
        let rest = rows.get(n + 1..).unwrap_or_default();
        let previous = rest.iter().find(|row| row.withdrawn_at.is_none()).or(earlier.as_ref());
        let change = match previous {
            Some(previous) if row.withdrawn_at.is_none() => change(&previous.body, &row.body, lang),
            _ => ChangeView { none: true, ..ChangeView::default() },
        };
        VersionLine {
            version: row.version,
            href: page_href(href, Some(row.version), "", ""),
            state: state(row, active, now),
            from: (row.active_from != BEGINNING).then_some(row.active_from),
            note: row.note.clone(),
            by: row.created_by.clone(),
            created_at: row.created_at,
            change,
        }
    });
    History { lines: lines.collect(), next: rows.last().filter(|_| *more).map(write_key) }
}

/// Word of the texts' family `state`; `active` is the number of the version that is.
pub fn state(row: &VersionRow, active: Option<i64>, now: DateTime<Utc>) -> &'static str {
    match row.withdrawn_at {
        Some(_) => "withdrawn",
        None if active == Some(row.version) => "active",
        None if row.active_from > now => "coming",
        None => "past",
    }
}

/// What a version changes, in the words of the tariff.
fn change(before: &str, after: &str, lang: Lang) -> ChangeView {
    let (Ok(before), Ok(after)) = (Tariff::from_json(before), Tariff::from_json(after)) else {
        return ChangeView { unknown: true, ..ChangeView::default() };
    };
    let (old, new) = (before.sentences(lang.of_tariffs()), after.sentences(lang.of_tariffs()));
    ChangeView {
        name: (before.name != after.name).then_some(after.name),
        gone: without(&old, &new),
        new: without(&new, &old),
        ..ChangeView::default()
    }
}

/// The sentences that are not among the others; one that stands twice must be there twice.
fn without(sentences: &[String], others: &[String]) -> Vec<String> {
    let mut left: Vec<&String> = others.iter().collect();
    let mut alone = Vec::new();
    for sentence in sentences {
        match left.iter().position(|other| *other == sentence) {
            Some(at) => drop(left.swap_remove(at)),
            None => alone.push(sentence.clone()),
        }
    }
    alone
}

/// Where the next page begins: instant and number.
fn write_key(row: &VersionRow) -> String {
    format!("{}.{}", row.active_from.timestamp_micros(), row.version)
}

fn read_key(text: &str) -> Option<(DateTime<Utc>, i64)> {
    let (at, version) = text.split_once('.')?;
    Some((DateTime::from_timestamp_micros(at.parse().ok()?)?, version.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tariff(name: &str, parts: &[(&str, &str)]) -> String {
        let elements: Vec<String> = parts
            .iter()
            .map(|(dimension, price)| {
                format!(r#"{{"components":[{{"dimension":"{dimension}","price":"{price}"}}]}}"#)
            })
            .collect();
        format!(r#"{{"id":"t","name":"{name}","currency":"EUR","elements":[{}]}}"#, elements.join(","))
    }

    #[test]
    fn a_change_is_told_by_the_sentences_that_differ() {
        let before = tariff("Summer", &[("energy", "0.40"), ("flat", "1.00")]);
        let after = tariff("Winter", &[("energy", "0.45"), ("flat", "1.00")]);
        let told = change(&before, &after, Lang::En);
        assert_eq!(told.name.as_deref(), Some("Winter"));
        assert_eq!(told.gone, ["Energy: 0.40 EUR per kWh"]);
        assert_eq!(told.new, ["Energy: 0.45 EUR per kWh"]);
        let same = change(&before, &before, Lang::Zh);
        assert_eq!((same.name, same.gone.len(), same.new.len(), same.unknown), (None, 0, 0, false));
        assert!(change("{", &after, Lang::En).unknown);
    }

    #[test]
    fn a_sentence_that_stood_twice_and_stands_once_is_told() {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        assert_eq!(without(&texts(&["a", "b", "a"]), &texts(&["a"])), ["b", "a"]);
        assert!(without(&texts(&["a"]), &texts(&["a", "a"])).is_empty());
    }

    #[test]
    fn keys_of_pages_are_read_back() {
        let at = DateTime::from_timestamp_micros(-5).unwrap();
        assert_eq!(read_key("-5.3"), Some((at, 3)));
        for bad in ["", "1", "x.1", "1.y", "99999999999999999999.1"] {
            assert_eq!(read_key(bad), None, "{bad}");
        }
    }
}
