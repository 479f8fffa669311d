//! Profiles that others have at a station when a plan begins. Commands are the record, as the station has answered them: what may be
//! there counts as there.

use super::guard::{self, Touch, holds_instead};
use crate::{
    desired::{self, Kind, Slot},
    store::{StoreError, Tx, desired::DesiredRow, needs, row::SessionRow, sessions},
};
use energy::{
    grid::Evse,
    profile::model::{Place, Purpose},
};
use serde_json::Value;

/// So many commands about profiles are looked through, the newest.
const LOOK_BACK: i64 = 500;

/// A profile that somebody has set by a command.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Before {
    id: Option<i64>,
    purpose: Option<Purpose>,
    /// As the station was told it.
    word: String,
    level: Option<i64>,
    /// Absent: the station has chosen.
    place: Option<Place>,
    /// Of a TxProfile: its transaction, or the number of the start that brought it.
    transaction: Option<String>,
    start: Option<i64>,
    by: String,
}

/// What others have set at a station and not taken back.
///
/// # Errors
/// The database fails.
pub(super) async fn at(tx: &mut Tx, station: &str) -> Result<Vec<Before>, StoreError> {
    let mut found = Vec::new();
    for row in needs::profiles_told(tx, station, LOOK_BACK).await?.iter().rev() {
        let calls: Vec<Value> = serde_json::from_str(&row.calls).unwrap_or_default();
        calls.iter().for_each(|call| take(&mut found, &row.asked_by, call));
    }
    if found.iter().any(|one| one.purpose == Some(Purpose::Tx)) {
        let open = sessions::open(tx, station).await?;
        found.retain(|one| one.counts(&open));
    }
    Ok(found)
}

/// What one call has made of them. Without an answer a profile may be there; one is gone only where the station has said so.
fn take(found: &mut Vec<Before>, by: &str, call: &Value) {
    let status = call["answer"]["status"].as_str();
    let not_done = matches!(call["error"]["kind"].as_str(), Some("refused" | "invalid-call"));
    let may_be = status.map_or(!not_done, |status| status == "Accepted");
    let is_gone = matches!(status, Some("Accepted" | "Unknown"));
    let payload = &call["payload"];
    match Touch::call(call["action"].as_str().unwrap_or_default(), payload) {
        Some(Touch::Set { id, purpose, place }) if may_be => {
            let Some(profile) = guard::profile(payload) else { return };
            found.retain(|one| id.is_none() || one.id != id);
            let transaction = match &profile["transactionId"] {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            };
            found.push(Before {
                id,
                purpose,
                word: profile["chargingProfilePurpose"].as_str().unwrap_or_default().to_owned(),
                level: profile["stackLevel"].as_i64(),
                place,
                transaction,
                start: payload["remoteStartId"].as_i64(),
                by: by.to_owned(),
            });
        }
        Some(Touch::Clear { id: Some(id), .. }) if is_gone => found.retain(|one| one.id != Some(id)),
        Some(Touch::Clear { id: None, purpose, level, place }) if is_gone => found.retain(|one| {
            !(purpose.is_none_or(|purpose| one.purpose == Some(purpose))
                && level.is_none_or(|level| one.level == Some(level))
                && place.is_none_or(|place| one.place == Some(place)))
        }),
        _ => {}
    }
}

impl Before {
    /// A TxProfile is gone with its transaction.
    fn counts(&self, open: &[SessionRow]) -> bool {
        self.purpose != Some(Purpose::Tx)
            || open.iter().any(|session| match (&self.transaction, self.start) {
                (Some(transaction), _) => session.reference == *transaction,
                (None, Some(start)) => session.remote_start == Some(start),
                (None, None) => self.place.is_none_or(|place| place == guard::place(session.evse)),
            })
    }

    /// Why a plan cannot begin with it; `None`: it would not hold instead of what this EVSE is told, or a wish speaks for it.
    pub(super) fn against(&self, evse: &Evse, station: &str, wishes: &[DesiredRow]) -> Option<String> {
        if !holds_instead(evse, self.purpose, self.place) || self.is_wished(wishes) {
            return None;
        }
        let number = |number: Option<i64>| number.map_or_else(|| "?".to_owned(), |number| number.to_string());
        Some(format!(
            "EVSE {} of {station}: profile {} ({} of level {}), set by {}, would hold instead of what the plan tells; have it \
             cleared first (clear-profile with its number)",
            evse.number,
            number(self.id),
            self.word,
            number(self.level),
            self.by
        ))
    }

    fn is_wished(&self, wishes: &[DesiredRow]) -> bool {
        let (Some(purpose), Some(place)) = (self.purpose, self.place) else { return false };
        let Some(level) = self.level.and_then(|level| u32::try_from(level).ok()) else { return false };
        let key = Slot { purpose, level, place }.to_string();
        self.by == desired::ASKER
            && wishes.iter().any(|wish| wish.kind == Kind::Profile.word() && wish.key == key)
    }
}
