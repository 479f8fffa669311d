//! The people who may log in: what their names and passwords may be, and that an admin always stays. The command line and the
//! API both act through this.

use crate::{
    app::App,
    desired,
    event::{
        self,
        list::{UserAdded, UserChanged, UserRemoved},
    },
    grid,
    id::Ids,
    link::auth::{Vault, VaultError},
    needs,
    store::{
        StoreError, Tx,
        accounts::{self, AccountRow},
        events,
    },
};
use chrono::{DateTime, Utc};

/// A viewer looks, an operator also acts, an admin also keeps accounts.
pub const ROLES: [&str; 3] = ["admin", "operator", "viewer"];
/// A password that a person chooses has at least so many characters …
pub const PASSWORD_CHARS_MIN: usize = 10;
/// … and at most so many bytes.
pub const PASSWORD_BYTES_MAX: usize = 200;
/// Bytes of a name at most.
pub const NAME_MAX: usize = 64;

/// Who changes accounts, and when.
#[derive(Debug, Clone, Copy)]
pub struct Hand<'a> {
    pub ids: &'a Ids,
    pub now: DateTime<Utc>,
    /// As events tell it.
    pub by: &'a str,
}

impl<'a> Hand<'a> {
    /// Of the running system.
    pub fn of(app: &'a App, by: &'a str) -> Hand<'a> {
        Hand { ids: &app.ids, now: app.clock.now(), by }
    }
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq)]
pub enum Changed {
    Done(AccountRow),
    Missing,
    /// Nobody could keep accounts any more.
    LastAdmin,
}

/// As which parts of the house ask stations for something: what they ask goes past what others are refused.
const PARTS: [&str; 7] =
    [grid::NAME, needs::NAME, desired::ASKER, "campaign", "payments", "reservation", "texts"];

/// Can somebody be called so? HTTP Basic ends a name at a colon.
pub fn is_name(name: &str) -> bool {
    let is_part = PARTS.iter().any(|part| name.trim().eq_ignore_ascii_case(part));
    !is_part
        && !name.trim().is_empty()
        && name.len() <= NAME_MAX
        && !name.contains(|c: char| c.is_control() || c == ':')
}

/// Can a person choose this password?
pub fn is_password(text: &str) -> bool {
    text.chars().count() >= PASSWORD_CHARS_MIN && text.len() <= PASSWORD_BYTES_MAX
}

/// The kept form of a password. argon2 takes tens of milliseconds: not on a thread that serves others.
///
/// # Errors
/// The system has no randomness, or the work was cut off.
pub async fn seal(password: String) -> Result<String, VaultError> {
    let work = tokio::task::spawn_blocking(move || Vault::seal_chosen(&password)).await;
    work.unwrap_or_else(|cut| Err(VaultError::Secret(cut.to_string())))
}

/// Adds an account with the kept form of its password.
///
/// # Errors
/// [`StoreError::is_duplicate`] if the name is taken.
pub async fn add(
    tx: &mut Tx,
    hand: Hand<'_>,
    name: &str,
    role: &str,
    sealed: String,
) -> Result<AccountRow, StoreError> {
    let row = AccountRow {
        id: hand.ids.next(),
        name: name.to_owned(),
        password: sealed,
        role: role.to_owned(),
        language: String::new(),
        created_at: hand.now,
        last_login_at: None,
    };
    accounts::create(tx, &row).await?;
    let told = UserAdded { name: row.name.clone(), role: row.role.clone(), by: hand.by.to_owned() };
    events::add(tx, &event::row(hand.ids, hand.now, None, None, &told)).await?;
    Ok(row)
}

/// Gives an account a new password; all its logins end. `None`: there is no such account.
///
/// # Errors
/// The database fails.
pub async fn set_password(
    tx: &mut Tx,
    hand: Hand<'_>,
    id: i64,
    sealed: &str,
) -> Result<Option<AccountRow>, StoreError> {
    if !accounts::set_password(tx, id, sealed).await? {
        return Ok(None);
    }
    changed(tx, hand, id, "password").await
}

/// Ends all logins of an account. `None`: there is no such account.
///
/// # Errors
/// The database fails.
pub async fn end_logins(tx: &mut Tx, hand: Hand<'_>, id: i64) -> Result<Option<AccountRow>, StoreError> {
    match accounts::end_logins(tx, id).await? {
        0 => accounts::find(tx, id).await,
        _ => changed(tx, hand, id, "logins").await,
    }
}

/// Gives an account another role; the same again changes nothing.
///
/// # Errors
/// The database fails.
pub async fn set_role(tx: &mut Tx, hand: Hand<'_>, id: i64, role: &str) -> Result<Changed, StoreError> {
    let admins = accounts::lock_role(tx, "admin").await?;
    let Some(row) = accounts::find(tx, id).await? else { return Ok(Changed::Missing) };
    if row.role == role {
        return Ok(Changed::Done(row));
    }
    if row.role == "admin" && admins <= 1 {
        return Ok(Changed::LastAdmin);
    }
    accounts::update(tx, id, role, &row.language).await?;
    Ok(changed(tx, hand, id, "role").await?.map_or(Changed::Missing, Changed::Done))
}

/// Removes an account; its logins end.
///
/// # Errors
/// The database fails.
pub async fn remove(tx: &mut Tx, hand: Hand<'_>, id: i64) -> Result<Changed, StoreError> {
    let admins = accounts::lock_role(tx, "admin").await?;
    let Some(row) = accounts::find(tx, id).await? else { return Ok(Changed::Missing) };
    if row.role == "admin" && admins <= 1 {
        return Ok(Changed::LastAdmin);
    }
    accounts::delete(tx, id).await?;
    let told = UserRemoved { name: row.name.clone(), by: hand.by.to_owned() };
    events::add(tx, &event::row(hand.ids, hand.now, None, None, &told)).await?;
    Ok(Changed::Done(row))
}

async fn changed(tx: &mut Tx, hand: Hand<'_>, id: i64, what: &str) -> Result<Option<AccountRow>, StoreError> {
    let Some(row) = accounts::find(tx, id).await? else { return Ok(None) };
    let told = UserChanged { name: row.name.clone(), what: what.to_owned(), by: hand.by.to_owned() };
    events::add(tx, &event::row(hand.ids, hand.now, None, None, &told)).await?;
    Ok(Some(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_called_as_a_part_of_the_house_that_asks_stations() {
        for name in ["grid", "needs", "desired", "Grid", " payments"] {
            assert!(!is_name(name), "{name:?}");
        }
        assert!(is_name("ada") && is_name("grid operator"));
        assert!(!is_name("") && !is_name("a:b"));
    }
}
