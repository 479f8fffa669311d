//! Templates: configuration that every station of a group shall have. Which station has which setting of which template follows
//! from the templates and the station alone; what follows is kept as wishes of the station, like those that somebody makes.

mod apply;

pub use apply::{Change, PREVIEW_MAX, pass, preview};
pub(super) use apply::{apply, apply_in, run};

use super::{Kind, Wish, WishError, wish};
use crate::store::{
    Db, StoreError, Tx, counter,
    row::StationRow,
    settings,
    templates::{self, TEMPLATES_MAX, TemplateRow},
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Settings of one template.
const SETTINGS_MAX: usize = 200;
/// Stations that a template names one by one.
const NAMED_MAX: usize = 1_000;
/// The mark of the last change of any template.
const CHANGED: &str = "template.changed";

/// Which stations; all that is given must fit, everything empty = all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Choice {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<i64>,
    /// As the station tells it, whatever the case.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub vendor: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// What its firmware begins with.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub firmware: String,
    /// What it speaks: `ocpp1.6`, `ocpp2.0.1`, `ocpp2.1`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub protocol: String,
    /// These alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stations: Vec<String>,
}

impl Choice {
    /// Is the station one of the group?
    pub fn fits(&self, station: &StationRow) -> bool {
        let same = |wanted: &str, is: &str| wanted.is_empty() || wanted.eq_ignore_ascii_case(is.trim());
        self.site.is_none_or(|site| station.site_id == Some(site))
            && same(&self.vendor, &station.vendor)
            && same(&self.model, &station.model)
            && station.firmware.starts_with(&self.firmware)
            && same(&self.protocol, &station.protocol)
            && (self.stations.is_empty() || self.stations.contains(&station.id))
    }
}

/// Configuration for a group of stations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub id: String,
    /// Of two templates that want a key of one station, the higher has it; of two alike the one whose id comes first.
    pub priority: i64,
    pub choice: Choice,
    /// By key, as it is kept.
    pub settings: BTreeMap<String, String>,
    /// Rises with every change; 0 = not kept yet.
    pub revision: i64,
    pub changed_by: String,
    pub changed_at: DateTime<Utc>,
}

impl Template {
    /// A template as it is kept.
    ///
    /// # Errors
    /// [`WishError::Unfit`] says what is wrong.
    pub fn new(
        id: &str,
        priority: i64,
        choice: Choice,
        settings: &BTreeMap<String, String>,
    ) -> Result<Template, WishError> {
        let unfit = |why: String| Err(WishError::Unfit(why));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if id.is_empty() || id.len() > 50 || !id.bytes().all(plain) {
            return unfit(format!("{id:?}: a template's id has 1 to 50 letters, digits, - _ and ."));
        }
        if !(-1_000..=1_000).contains(&priority) {
            return unfit("the priority is from -1000 to 1000".to_owned());
        }
        if settings.is_empty() || settings.len() > SETTINGS_MAX {
            return unfit(format!("a template has 1 to {SETTINGS_MAX} settings"));
        }
        if choice.stations.len() > NAMED_MAX {
            return unfit(format!(
                "a template names at most {NAMED_MAX} stations; choose by site, vendor or model"
            ));
        }
        let texts = [&choice.vendor, &choice.model, &choice.firmware, &choice.protocol];
        if texts.into_iter().chain(&choice.stations).any(|text| text.len() > 255 || text.contains('\0')) {
            return unfit("what stations are chosen by has at most 255 characters each".to_owned());
        }
        let mut kept = BTreeMap::new();
        for (key, value) in settings {
            let Wish { key, value, .. } = wish(Kind::Configuration, key, value)?;
            if Kind::Configuration.is_secret(&key) {
                return unfit(format!("{key} is a secret: every station has its own, set it there"));
            }
            if kept.insert(key.clone(), value).is_some() {
                return unfit(format!("{key} is set twice, by its names of two versions"));
            }
        }
        let choice = Choice {
            vendor: choice.vendor.trim().to_owned(),
            model: choice.model.trim().to_owned(),
            ..choice
        };
        Ok(Template {
            id: id.to_owned(),
            priority,
            choice,
            settings: kept,
            revision: 0,
            changed_by: String::new(),
            changed_at: DateTime::UNIX_EPOCH,
        })
    }

    /// As it was kept. What a newer version has kept and this one cannot read chooses no station.
    pub fn of(row: TemplateRow) -> Template {
        let choice = serde_json::from_str(&row.choice);
        let settings = if choice.is_ok() {
            serde_json::from_str(&row.settings).unwrap_or_default()
        } else {
            BTreeMap::new()
        };
        Template {
            id: row.id,
            priority: row.priority,
            choice: choice.unwrap_or_default(),
            settings,
            revision: row.revision,
            changed_by: row.changed_by,
            changed_at: row.changed_at,
        }
    }
}

/// Keeps a template; the job brings it to its stations. Gives it back as it is kept.
///
/// # Errors
/// See [`WishError`].
pub async fn put_in(
    tx: &mut Tx,
    template: &Template,
    by: &str,
    now: DateTime<Utc>,
) -> Result<Template, WishError> {
    let before = templates::find(tx, &template.id).await?.map_or(0, |row| row.revision);
    let many = i64::try_from(templates::all(tx).await?.len()).unwrap_or(i64::MAX);
    if before == 0 && many >= TEMPLATES_MAX {
        return Err(WishError::Unfit(format!("there are {TEMPLATES_MAX} templates already; drop one first")));
    }
    let row = TemplateRow {
        id: template.id.clone(),
        priority: template.priority,
        choice: serde_json::to_string(&template.choice).unwrap_or_default(),
        settings: serde_json::to_string(&template.settings).unwrap_or_default(),
        revision: before + 1,
        changed_by: by.to_owned(),
        changed_at: now,
    };
    templates::put(tx, &row).await?;
    touch(tx).await?;
    Ok(Template::of(row))
}

/// The same in a transaction of its own.
///
/// # Errors
/// See [`WishError`].
pub async fn put(db: &Db, template: &Template, by: &str, now: DateTime<Utc>) -> Result<Template, WishError> {
    let mut tx = db.write().await?;
    let kept = put_in(&mut tx, template, by, now).await?;
    tx.commit().await?;
    Ok(kept)
}

/// Drops a template: what it wanted is wished no longer. Stations keep what they have. False: there was none.
///
/// # Errors
/// The database fails.
pub async fn remove_in(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    let removed = templates::remove(tx, id).await?;
    if removed {
        touch(tx).await?;
    }
    Ok(removed)
}

/// The same in a transaction of its own.
///
/// # Errors
/// The database fails.
pub async fn remove(db: &Db, id: &str) -> Result<bool, StoreError> {
    let mut tx = db.write().await?;
    let removed = remove_in(&mut tx, id).await?;
    tx.commit().await?;
    Ok(removed)
}

/// Templates are not what they were.
async fn touch(tx: &mut Tx) -> Result<(), StoreError> {
    let change = counter::take(tx, CHANGED, 1).await?;
    settings::set(tx, CHANGED, &change.to_string()).await
}
