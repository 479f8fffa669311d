//! A transaction goes on after its station was away (2.1, TxResumed). What it was given may be gone there, and is told again
//! (B13.FR.31, E17.FR.15): its plan by a new round, and here the profiles that others have set for it by commands.

use super::{NAME, dynamic, owned};
use crate::{
    app::App,
    command::{self, Ask, Command, CommandError, SetProfile},
    grid,
    model::StationId,
    store::{StoreError, Tx, commands, needs, row::SessionRow},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

/// The word of stations for it.
pub(crate) const WORD: &str = "TxResumed";
/// After that it is too late to be of use.
const WITHIN: TimeDelta = TimeDelta::minutes(1);

/// A profile of a transaction, and where it is.
#[derive(Debug, Clone, PartialEq)]
struct Standing {
    evse: i64,
    profile: Value,
}

/// Has the profiles of a session told again. `message` is the digest of the message that asks for it: told twice, it has them told
/// once.
///
/// # Errors
/// The database.
pub(crate) async fn again(
    app: &App,
    station: &StationId,
    session: &SessionRow,
    message: i64,
) -> Result<(), StoreError> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    // What load management tells there is told again by it, and nothing beside.
    if owned(&mut tx, station, session.evse).await? {
        return Ok(());
    }
    let standing = standing(&mut tx, session, now).await?;
    drop(tx);
    for Standing { evse, profile } in standing {
        let key = format!("{}:resumed:{message}:{}", session.id, profile["id"]);
        let command = SetProfile { evse: u32::try_from(evse).unwrap_or_default(), profile };
        let ask = Ask {
            expires_at: Some(now + WITHIN),
            ..Ask::new(station, Command::SetProfile(command), NAME).keyed(key)
        };
        match command::issue(app, ask).await {
            Ok(_) => {}
            Err(CommandError::Store(error)) => return Err(error),
            // No reason to refuse the station its message.
            Err(error) => tracing::warn!(%station, session = session.id, %error,
                "a transaction goes on, and its profile cannot be told again"),
        }
    }
    Ok(())
}

/// The TxProfiles that others have set for a session and not taken back, the oldest first. Commands are the record.
async fn standing(
    tx: &mut Tx,
    session: &SessionRow,
    now: DateTime<Utc>,
) -> Result<Vec<Standing>, StoreError> {
    let mut found: Vec<Standing> = Vec::new();
    let mut begun = 0;
    if let Some(number) = session.remote_start
        && let Some(start) = commands::of_start(tx, &session.station_id, number).await?
    {
        begun = start.id;
        // As it was sent: with the number that it was given, which others may have named since.
        for (_, mut payload) in dynamic::calls(&start) {
            let mut profile = payload["chargingProfile"].take();
            if profile.is_object() {
                profile["transactionId"] = session.reference.as_str().into();
                found.push(Standing { evse: session.evse, profile });
            }
        }
    }
    let rows = needs::profile_commands(tx, &session.station_id, dynamic::LOOK_BACK).await?;
    // Load management and plans are told again by those who have made them.
    let since = rows.iter().rev().filter(|row| row.id > begun);
    let others = since.filter(|row| row.asked_by != NAME && row.asked_by != grid::NAME);
    for (action, payload) in others.flat_map(dynamic::calls) {
        take(&mut found, &action, &payload, &session.reference);
    }
    let over = |until: &str| DateTime::parse_from_rfc3339(until).is_ok_and(|until| until <= now);
    found.retain(|one| !one.profile["validTo"].as_str().is_some_and(over));
    Ok(found)
}

/// What one call makes of them.
fn take(found: &mut Vec<Standing>, action: &str, payload: &Value, transaction: &str) {
    match action {
        "SetChargingProfile" => {
            let profile = &payload["chargingProfile"];
            found.retain(|one| one.profile["id"] != profile["id"]);
            if profile["chargingProfilePurpose"] == "TxProfile" && profile["transactionId"] == transaction {
                let evse = payload["evseId"].as_i64().unwrap_or_default();
                found.push(Standing { evse, profile: profile.clone() });
            }
        }
        "ClearChargingProfile" => found.retain(|one| !cleared(one, payload)),
        "UpdateDynamicSchedule" => {
            let dynamic = found.iter_mut().find(|one| one.profile["id"] == payload["chargingProfileId"]);
            let period = dynamic.and_then(|one| {
                one.profile.pointer_mut("/chargingSchedule/0/chargingSchedulePeriod/0")?.as_object_mut()
            });
            if let (Some(period), Some(values)) = (period, payload["scheduleUpdate"].as_object()) {
                period.extend(values.clone());
            }
        }
        _ => {}
    }
}

/// Does ClearChargingProfile mean it? By id, or by everything that is named.
fn cleared(one: &Standing, payload: &Value) -> bool {
    if let Some(id) = payload.get("chargingProfileId") {
        return one.profile["id"] == *id;
    }
    let criteria = &payload["chargingProfileCriteria"];
    let fits = |name: &str, is: &Value| criteria.get(name).is_none_or(|wanted| wanted == is);
    fits("evseId", &one.evse.into())
        && fits("chargingProfilePurpose", &one.profile["chargingProfilePurpose"])
        && fits("stackLevel", &one.profile["stackLevel"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(id: i64, transaction: &str, level: i64) -> (&'static str, Value) {
        let profile = json!({"id": id, "stackLevel": level, "chargingProfilePurpose": "TxProfile",
            "transactionId": transaction, "chargingSchedule": [{"chargingSchedulePeriod": [{"startPeriod": 0,
            "limit": 6}]}]});
        ("SetChargingProfile", json!({"evseId": 1, "chargingProfile": profile}))
    }

    fn left(calls: &[(&str, Value)]) -> Vec<i64> {
        let mut found = Vec::new();
        for (action, payload) in calls {
            take(&mut found, action, payload, "T");
        }
        found.iter().map(|one| one.profile["id"].as_i64().unwrap_or_default()).collect()
    }

    #[test]
    fn what_was_set_for_the_transaction_stands_until_it_is_replaced_or_cleared() {
        let clear = |payload: Value| ("ClearChargingProfile", payload);
        assert_eq!(left(&[set(1, "T", 0), set(2, "other", 0), set(3, "T", 1)]), [1, 3]);
        assert_eq!(left(&[set(1, "T", 0), set(1, "T", 2)]), [1]);
        assert_eq!(left(&[set(1, "T", 0), set(3, "T", 1), clear(json!({"chargingProfileId": 1}))]), [3]);
        let level = clear(json!({"chargingProfileCriteria": {"stackLevel": 1}}));
        assert_eq!(left(&[set(1, "T", 0), set(3, "T", 1), level]), [1]);
        let elsewhere = clear(json!({"chargingProfileCriteria": {"evseId": 2}}));
        assert_eq!(left(&[set(1, "T", 0), elsewhere]), [1]);
        assert_eq!(left(&[set(1, "T", 0), clear(json!({"chargingProfileCriteria": {}}))]), [0_i64; 0]);
    }

    #[test]
    fn a_dynamic_profile_stands_with_its_last_values() {
        let mut found = Vec::new();
        let update =
            ("UpdateDynamicSchedule", json!({"chargingProfileId": 1, "scheduleUpdate": {"limit": 9}}));
        for (action, payload) in [set(1, "T", 0), update] {
            take(&mut found, action, &payload, "T");
        }
        let period = &found[0].profile["chargingSchedule"][0]["chargingSchedulePeriod"][0];
        assert_eq!(*period, json!({"startPeriod": 0, "limit": 9}));
    }
}
