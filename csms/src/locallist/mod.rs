//! Local authorization lists: whom a station shall know itself, so that it need not ask. A rule says who is listed where; a pass
//! makes of it a content and a version for each station, and desired state brings the station there (`step`).

mod content;
mod pass;
mod plan;
mod step;

pub use content::{LIST_MAX, Rule};
pub use pass::{pass, run};
pub use plan::{cut, difference, update};
pub(crate) use step::{heard, step};

use crate::{
    desired::Kind,
    store::{
        StoreError, Tx,
        desired::{self, DesiredRow},
        lists::{self, RuleRow, VersionRow},
        sites, stations,
    },
};
use chrono::{DateTime, Utc};

/// The key of the wish: a station has one list.
pub const KEY: &str = "list";

/// For whom a rule is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every station for which nothing else is said.
    Fleet,
    /// The stations of a site.
    Site(i64),
    Station(String),
}

impl Scope {
    /// As it is stored.
    pub fn parts(&self) -> (&'static str, String) {
        match self {
            Scope::Fleet => ("fleet", String::new()),
            Scope::Site(id) => ("site", id.to_string()),
            Scope::Station(id) => ("station", id.clone()),
        }
    }
}

/// A rule cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    #[error("there is no {0} {1}")]
    Unknown(&'static str, String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Says who is listed there; `None`: nothing of its own, so that the wider rule counts. The stations are told by the job.
///
/// # Errors
/// See [`RuleError`].
pub async fn set(
    tx: &mut Tx,
    scope: &Scope,
    rule: Option<Rule>,
    by: &str,
    now: DateTime<Utc>,
) -> Result<(), RuleError> {
    let (word, subject) = scope.parts();
    let known = match scope {
        Scope::Fleet => true,
        Scope::Site(id) => sites::find(tx, *id).await?.is_some(),
        Scope::Station(id) => stations::find(tx, id).await?.is_some(),
    };
    // A rule for what is gone can still be dropped.
    if !known && rule.is_some() {
        return Err(RuleError::Unknown(word, subject));
    }
    match rule {
        None => {
            lists::drop_rule(tx, word, &subject).await?;
        }
        Some(rule) => {
            let (scope, rule) = (word.to_owned(), rule.word().to_owned());
            let row = RuleRow { scope, subject, rule, changed_by: by.to_owned(), changed_at: now };
            lists::set_rule(tx, &row).await?;
        }
    }
    Ok(())
}

/// The rule that counts for a station, and whose it is.
pub fn rule_of<'a>(rules: &'a [RuleRow], station: &str, site: Option<i64>) -> Option<(&'a RuleRow, Rule)> {
    let find =
        |scope: &str, subject: &str| rules.iter().find(|row| row.scope == scope && row.subject == subject);
    let site = site.and_then(|site| find("site", &site.to_string()));
    let row = find("station", station).or(site).or_else(|| find("fleet", ""))?;
    Some((row, Rule::of(&row.rule)?))
}

/// How it stands with the list of a station.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// `None`: nobody says who is to be listed.
    pub rule: Option<(RuleRow, Rule)>,
    pub wish: Option<DesiredRow>,
    /// What it is to have.
    pub wanted: Option<VersionRow>,
}

/// How it stands with the list of a station. `None`: there is no such station.
///
/// # Errors
/// The database fails.
pub async fn standing(tx: &mut Tx, station: &str) -> Result<Option<Standing>, StoreError> {
    let Some(row) = stations::find(tx, station).await? else { return Ok(None) };
    let rules = lists::rules(tx).await?;
    let rule = rule_of(&rules, station, row.site_id).map(|(row, rule)| (row.clone(), rule));
    let wish = desired::find(tx, station, Kind::List.word(), KEY).await?;
    let version = wish.as_ref().and_then(|wish| wish.value.parse::<i64>().ok());
    let wanted = match version {
        Some(version) => lists::version(tx, station, version).await?,
        None => None,
    };
    Ok(Some(Standing { rule, wish, wanted }))
}
