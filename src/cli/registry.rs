//! What the commands that keep stations, sites, tariffs, tokens and accounts have in common: the database, ids, the time.

use super::{
    settings::{Flags, Settings},
    trouble::Trouble,
};
use chrono::{DateTime, NaiveDate, Utc};
use csms::{
    clock::Clock,
    config::Config,
    event::{self, Body},
    id::Ids,
    store::{Db, StoreError, Tx, events, row::EventRow},
};
use std::io::{IsTerminal, Read, Write};

/// The node number of the command line, so that it makes other ids than a server beside it.
pub const NODE: u16 = 1023;
/// Who changes something, as events name them.
pub const BY: &str = "command line";
/// Rows that one query gives at most.
pub const PAGE: i64 = 200;
/// No password needs more.
const PASSWORD_BYTES_MAX: u64 = 1024;

/// The database of the settings in force.
pub struct Registry {
    pub config: Config,
    pub db: Db,
    pub ids: Ids,
    clock: Clock,
}

impl Registry {
    /// Opens it, and makes it if it is not there: stations may be registered before the first start.
    pub async fn open(flags: &Flags) -> anyhow::Result<Registry> {
        let config = Settings::load(flags, &[])?.config;
        let db = open(&config).await?;
        let clock = Clock::System;
        Ok(Registry { config, db, ids: Ids::new(clock.clone(), NODE), clock })
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub async fn read(&self) -> anyhow::Result<Tx> {
        Ok(self.db.read().await?)
    }

    pub async fn write(&self) -> anyhow::Result<Tx> {
        Ok(self.db.write().await?)
    }

    /// Tells of a change in the same transaction.
    pub async fn tell<B: Body>(&self, tx: &mut Tx, body: &B) -> anyhow::Result<()> {
        Ok(events::add(tx, &event::row(&self.ids, self.now(), None, None, body)).await?)
    }

    /// Tells what was done with a station, in the same transaction.
    pub async fn tell_of(&self, tx: &mut Tx, station: &str, kind: &str) -> anyhow::Result<()> {
        let row = EventRow {
            id: self.ids.next(),
            at: self.now(),
            station_id: Some(station.to_owned()),
            session_id: None,
            kind: kind.to_owned(),
            body: serde_json::json!({ "by": BY }).to_string(),
        };
        Ok(events::add(tx, &row).await?)
    }
}

/// Opens the database, or says why that cannot be done.
pub async fn open(config: &Config) -> Result<Db, Trouble> {
    Db::open(&config.database).await.map_err(unusable)
}

/// What is told when the database cannot be used.
pub fn unusable(error: impl std::fmt::Display) -> Trouble {
    Trouble::new("The database cannot be used.").why(error).mend("csms doctor looks into it")
}

/// What is told when something is there already.
pub fn taken(error: StoreError, what: &str, name: &str) -> anyhow::Error {
    if error.is_duplicate() {
        return Trouble::new(format!("There is a {what} {name} already.")).into();
    }
    error.into()
}

/// What is told when something is not there.
pub fn missing(what: &str, name: &str) -> Trouble {
    Trouble::new(format!("There is no {what} {name}.")).mend(format!("csms {what} list shows what there is"))
}

/// Asks before something is removed. Without a terminal to ask at, `--yes` must have been given.
pub fn confirm(yes: bool, question: &str) -> Result<bool, Trouble> {
    if yes {
        return Ok(true);
    }
    let input = std::io::stdin();
    if !input.is_terminal() {
        return Err(Trouble::new(format!("{question} Nobody is there to answer.")).mend("give --yes"));
    }
    eprint!("{question} [y/N] ");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    let read = input.read_line(&mut answer);
    Ok(read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// A password from standard input, without its line end.
pub fn password_from_stdin(least: usize) -> Result<String, Trouble> {
    let refused = |why: String| Trouble::new("The password on standard input cannot be used.").why(why);
    if std::io::stdin().is_terminal() {
        eprint!("Password (it is shown as you type): ");
    }
    let mut text = String::new();
    let mut input = std::io::stdin().lock().take(PASSWORD_BYTES_MAX + 1);
    let read = if std::io::stdin().is_terminal() {
        std::io::stdin().read_line(&mut text)
    } else {
        input.read_to_string(&mut text)
    };
    read.map_err(|error| refused(error.to_string()))?;
    let password = text.trim_end_matches(['\r', '\n']);
    if text.len() as u64 > PASSWORD_BYTES_MAX {
        return Err(refused(format!("it is longer than {PASSWORD_BYTES_MAX} bytes")));
    }
    if password.chars().count() < least {
        return Err(refused(format!("it must have at least {least} characters")));
    }
    Ok(password.to_owned())
}

/// `2027-12-31` (until the end of that day, UTC) or a whole instant as of RFC 3339.
pub fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    let day: NaiveDate = text.parse().map_err(|_| "write 2027-12-31 or 2027-12-31T23:59:59Z".to_owned())?;
    day.succ_opt()
        .and_then(|next| next.and_hms_opt(0, 0, 0))
        .map(|midnight| midnight.and_utc())
        .ok_or_else(|| "that day is too far away".to_owned())
}

/// `2027-01-01` (from the beginning of that day, UTC) or a whole instant as of RFC 3339.
pub fn since(text: &str) -> Result<DateTime<Utc>, String> {
    match text.parse::<NaiveDate>() {
        Ok(day) => Ok(day.and_time(chrono::NaiveTime::MIN).and_utc()),
        Err(_) => instant(text),
    }
}

/// An instant for a table; empty if there is none.
pub fn shown(at: Option<DateTime<Utc>>) -> String {
    at.map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_lasts_until_its_end() {
        assert_eq!(instant("2027-12-31").unwrap().to_rfc3339(), "2028-01-01T00:00:00+00:00");
        assert_eq!(instant("2027-12-31T12:00:00+01:00").unwrap().to_rfc3339(), "2027-12-31T11:00:00+00:00");
        assert_eq!(since("2027-12-31").unwrap().to_rfc3339(), "2027-12-31T00:00:00+00:00");
        assert_eq!(since("2027-12-31T12:00:00+01:00"), instant("2027-12-31T11:00:00Z"));
        assert!(since("soon").unwrap_err().contains("2027-12-31"));
        assert!(instant("soon").unwrap_err().contains("2027-12-31"));
    }

    #[test]
    fn without_a_terminal_and_without_yes_nothing_is_removed() {
        assert!(confirm(true, "Remove it?").unwrap());
    }
}
