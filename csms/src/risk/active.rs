//! The rules and the model that count, kept in memory and read again when the settings name others.

use super::keys::Keys;
use crate::{
    app::App,
    id::Ids,
    store::{
        Db, StoreError, Tx, events,
        risk::{models, rules},
        row::EventRow,
        settings,
    },
};
use chrono::{DateTime, Utc};
use payments::risk::{
    behaviour::{Calibration, Model},
    rules::RuleSet,
};
use rand::{TryRngCore, rngs::OsRng};
use serde_json::json;
use std::sync::{Arc, PoisonError, RwLock};

const RULES: &str = "risk.rules";
const MODEL: &str = "risk.model";
const KEY: &str = "risk.key";

/// What counts now, as last read; and the key, which never changes.
#[derive(Debug)]
pub struct Risk {
    keys: Keys,
    active: RwLock<Option<Arc<Active>>>,
}

impl Risk {
    /// With the key of the hashes, which is made once, then the same for ever. That is a transaction of its own: a key that
    /// a click had made would be another one after a restart if the click came to nothing.
    ///
    /// # Errors
    /// The database, or the system has no randomness.
    pub async fn open(db: &Db) -> Result<Risk, StoreError> {
        let mut tx = db.read().await?;
        let kept = settings::get(&mut tx, KEY).await?;
        drop(tx);
        let text = match kept {
            Some(text) => text,
            None => {
                let mut fresh = [0_u8; 32];
                OsRng.try_fill_bytes(&mut fresh).map_err(|error| {
                    StoreError::from(sqlx::Error::Protocol(format!("no random numbers: {error}")))
                })?;
                let mut tx = db.write().await?;
                let text = settings::set_if_absent(&mut tx, KEY, &hex::encode(fresh)).await?;
                tx.commit().await?;
                text
            }
        };
        let key = hex::decode(&text).unwrap_or_else(|_| text.into_bytes());
        Ok(Risk { keys: Keys::new(key), active: RwLock::default() })
    }
}

/// Rules, model and key.
#[derive(Debug)]
pub(super) struct Active {
    pub keys: Keys,
    /// 0 = those that a new installation has.
    pub rules_version: i64,
    pub rules: RuleSet,
    model_id: String,
    pub revision: i64,
    pub model: Option<(Model, Calibration)>,
}

/// The version of rules that counts; 0 = those of a new installation.
pub async fn active_rules(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(settings::get(tx, RULES).await?.and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// The model that counts; empty = none.
pub async fn active_model(tx: &mut Tx) -> Result<String, StoreError> {
    Ok(settings::get(tx, MODEL).await?.unwrap_or_default())
}

/// Adds a version of rules, without letting it count. Gives its number; that of the newest version, if it says the same.
pub async fn add_rules(tx: &mut Tx, set: &RuleSet, by: &str, now: DateTime<Utc>) -> Result<i64, StoreError> {
    let body = serde_json::to_string(set).map_err(|error| super::unreadable(&error))?;
    if let Some(newest) = rules::list(tx).await?.into_iter().next().filter(|row| row.body == body) {
        return Ok(newest.version);
    }
    rules::add(tx, &body, by, now).await
}

/// Lets a version of rules count from now on; 0 = those of a new installation. False if there is no such version.
pub async fn activate_rules(
    tx: &mut Tx,
    ids: &Ids,
    version: i64,
    by: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    if version != 0 && rules::find(tx, version).await?.is_none() {
        return Ok(false);
    }
    let before = active_rules(tx).await?;
    settings::set(tx, RULES, &version.to_string()).await?;
    note(tx, ids, "risk.rules", json!({"version": version, "before": before, "by": by}), now).await?;
    Ok(true)
}

/// Lets a model count from now on; empty = none. False if there is no such model.
pub async fn activate_model(
    tx: &mut Tx,
    ids: &Ids,
    id: &str,
    by: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    if !id.is_empty() && models::revision(tx, id).await?.is_none() {
        return Ok(false);
    }
    let before = active_model(tx).await?;
    settings::set(tx, MODEL, id).await?;
    note(tx, ids, "risk.model", json!({"model": id, "before": before, "by": by}), now).await?;
    Ok(true)
}

async fn note(
    tx: &mut Tx,
    ids: &Ids,
    kind: &str,
    body: serde_json::Value,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let event = EventRow {
        id: ids.next(),
        at,
        station_id: None,
        session_id: None,
        kind: kind.to_owned(),
        body: body.to_string(),
    };
    events::add(tx, &event).await
}

/// What counts now. Rows are read only if they are others than last time.
pub(super) async fn load(tx: &mut Tx, app: &App) -> Result<Arc<Active>, StoreError> {
    let version = active_rules(tx).await?;
    let mut model_id = active_model(tx).await?;
    let revision = if model_id.is_empty() { None } else { models::revision(tx, &model_id).await? };
    if revision.is_none() {
        model_id.clear();
    }
    let known = app.risk.active.read().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(known) = &known
        && (known.rules_version, &known.model_id, known.revision)
            == (version, &model_id, revision.unwrap_or(0))
    {
        return Ok(known.clone());
    }
    let active = Arc::new(Active {
        keys: app.risk.keys.clone(),
        rules_version: version,
        rules: read_rules(tx, version).await?,
        model: read_model(tx, &model_id).await?,
        model_id,
        revision: revision.unwrap_or(0),
    });
    *app.risk.active.write().unwrap_or_else(PoisonError::into_inner) = Some(active.clone());
    Ok(active)
}

async fn read_rules(tx: &mut Tx, version: i64) -> Result<RuleSet, StoreError> {
    if version == 0 {
        return Ok(RuleSet::defaults());
    }
    let Some(row) = rules::find(tx, version).await? else {
        broken("rules", &format!("version {version} is gone"));
        return Ok(RuleSet::defaults());
    };
    Ok(RuleSet::from_json(&row.body).unwrap_or_else(|problems| {
        broken("rules", &format!("version {version}: {}", problems.join("; ")));
        RuleSet::defaults()
    }))
}

async fn read_model(tx: &mut Tx, id: &str) -> Result<Option<(Model, Calibration)>, StoreError> {
    if id.is_empty() {
        return Ok(None);
    }
    let Some(row) = models::find(tx, id).await? else { return Ok(None) };
    let model = Model::open(&row.body, id).map_err(|fault| fault.to_string());
    let calibration = serde_json::from_str(&row.calibration).map_err(|error| error.to_string());
    match model.and_then(|model| Ok((model, calibration?))) {
        Ok(both) => Ok(Some(both)),
        Err(why) => {
            broken("model", &why);
            Ok(None)
        }
    }
}

/// Payments go on with the rules of a new installation, or without a model; somebody has to know.
fn broken(what: &'static str, why: &str) {
    metrics::counter!("csms_risk_broken_total", "what" => what).increment(1);
    tracing::error!(what, why, "what risk should decide by cannot be used; activate another version");
}
