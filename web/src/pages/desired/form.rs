//! Wishes with a form of their own: charging profiles and root certificates.

use super::{Kept, kept};
use crate::{WebState, front::Fail, login::Signed, view::WishForm};
use axum::{
    extract::{Path, State},
    response::Response,
};
use chrono::{DateTime, NaiveTime, Utc};
use csms::desired::{self, ABSENT, Kind, WishError};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::str::FromStr;

const DAY_S: i64 = 86_400;

/// A profile is wished, or that there is none.
pub(super) async fn profile(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<WishForm>,
) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let key = slot(&form);
    let value = if form.absent.is_empty() { made(&form, visit.shell.now) } else { Ok(ABSENT.to_owned()) };
    let wish = value.map_err(WishError::Unfit).and_then(|value| desired::wish(Kind::Profile, &key, &value));
    kept(&state, &visit, Kept { station: &id, kind: Kind::Profile, wish, form }).await
}

/// A root certificate is wished, or that it is not there.
pub(super) async fn certificate(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<WishForm>,
) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let key = format!("{}/{}", form.used.trim(), form.name.trim());
    let value = if form.absent.is_empty() { "installed" } else { ABSENT };
    let wish = desired::certificate_wish(&key, value, form.pem.trim());
    kept(&state, &visit, Kept { station: &id, kind: Kind::Certificate, wish, form }).await
}

/// The key that the form's fields make; nothing as EVSE is the station.
fn slot(form: &WishForm) -> String {
    let or = |text: &str, otherwise: &str| match text.trim() {
        "" => otherwise.to_owned(),
        text => text.to_owned(),
    };
    format!("{}/{}@{}", form.purpose.trim(), or(&form.level, "0"), or(&form.evse, "station"))
}

/// The profile that the form's fields make: one limit, always or in a window of each day; or as it is written out.
fn made(form: &WishForm, now: DateTime<Utc>) -> Result<String, String> {
    if !form.raw.trim().is_empty() {
        return Ok(form.raw.trim().to_owned());
    }
    let limit = Decimal::from_str(&form.limit.trim().replace(',', "."))
        .ok()
        .filter(|limit| !limit.is_sign_negative())
        .ok_or_else(|| format!("{:?} is no limit: write A or W, e.g. 16", form.limit))?;
    let limit: Value = serde_json::from_str(&limit.normalize().to_string()).unwrap_or_default();
    let at = |time: NaiveTime| now.date_naive().and_time(time).and_utc();
    let time = |text: &str| {
        NaiveTime::parse_from_str(text.trim(), "%H:%M")
            .map_err(|_| format!("{text:?} is no time of day: write e.g. 22:00"))
    };
    let mut schedule = json!({
        "startSchedule": at(NaiveTime::MIN),
        "chargingRateUnit": form.unit,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
    });
    let window = [form.from.trim(), form.to.trim()];
    let profile = match window {
        ["", ""] => json!({"chargingProfileKind": "Absolute"}),
        ["", _] | [_, ""] => return Err("a window of each day needs both its times".to_owned()),
        [from, to] => {
            let (from, to) = (time(from)?, time(to)?);
            let seconds = (to - from).num_seconds().rem_euclid(DAY_S);
            schedule["startSchedule"] = json!(at(from));
            schedule["duration"] = json!(if seconds == 0 { DAY_S } else { seconds });
            json!({"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"})
        }
    };
    let mut profile = profile;
    profile["chargingSchedule"] = json!([schedule]);
    Ok(profile.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(from: &str, to: &str) -> WishForm {
        WishForm {
            purpose: "TxDefaultProfile".into(),
            level: "2".into(),
            evse: " 1 ".into(),
            limit: "10,5".into(),
            unit: "A".into(),
            from: from.into(),
            to: to.into(),
            ..WishForm::default()
        }
    }

    fn kept(form: &WishForm) -> Result<String, String> {
        let now = "2026-03-02T08:15:00Z".parse().unwrap();
        let wish = desired::wish(Kind::Profile, &slot(form), &made(form, now)?);
        wish.map(|wish| format!("{} {}", wish.key, desired::summary(&wish.key, &wish.value)))
            .map_err(|why| why.to_string())
    }

    #[test]
    fn the_form_makes_a_profile() {
        let always = kept(&form("", ""));
        assert_eq!(always.as_deref(), Ok("TxDefaultProfile/2@1 10.5 A"));
        let night = kept(&form("22:00", "06:00"));
        assert_eq!(night.as_deref(), Ok("TxDefaultProfile/2@1 10.5 A, daily 22:00 UTC for 8:00 h"));
        let all_day = kept(&form("07:30", "07:30"));
        assert_eq!(all_day.as_deref(), Ok("TxDefaultProfile/2@1 10.5 A, daily 07:30 UTC for 24:00 h"));
        let station = WishForm { evse: String::new(), level: String::new(), ..form("", "") };
        assert!(kept(&station).unwrap().starts_with("TxDefaultProfile/0@station "));
        let raw = WishForm { raw: "{}".into(), ..form("", "") };
        assert!(kept(&raw).unwrap_err().contains("chargingProfileKind"));
    }

    #[test]
    fn what_makes_no_profile_is_said() {
        for (form, why) in [
            (form("22:00", ""), "needs both its times"),
            (form("22:00", "6"), "no time of day"),
            (WishForm { limit: "much".into(), ..form("", "") }, "is no limit"),
            (WishForm { limit: "-1".into(), ..form("", "") }, "is no limit"),
            (WishForm { unit: "kW".into(), ..form("", "") }, "A or W"),
            (WishForm { purpose: "TxProfile".into(), ..form("", "") }, "belongs to one session"),
        ] {
            let told = kept(&form).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
    }
}
