//! Charging profiles that last: whether a station has one is asked where it can tell (2.x), and known by its slot; on 1.6 what
//! it has accepted counts, until it boots.
//!
//! The wish owns its slot: what somebody else has installed there is cleared. What load management tells is not to be wished.

mod slot;
mod summary;
mod value;

pub use slot::Slot;
pub use summary::summary;

use super::{Heard, Step, View, learn, look};
use crate::{
    app::App,
    command::{Call, ClearProfile, Command, Name, Read, SetProfile},
    grid,
    link::dialect::{self, ask, ask::Verdict},
    store::{StoreError, commands::CommandRow, desired::DesiredRow, row::StationRow},
};
use chrono::{DateTime, TimeDelta, Utc};
use energy::profile::{
    check::{Abilities, Problem, Sending, check},
    conflict::replaces,
    model::{Installed, Profile, Purpose, Rules},
};
use serde_json::{Value, json};

/// The value of a slot that shall have no profile.
pub const ABSENT: &str = "absent";

/// The value as it is kept: `absent`, or a profile as 2.x writes it, in JSON.
pub(super) fn keep(key: &str, text: &str) -> Result<String, String> {
    if text == ABSENT {
        return Ok(ABSENT.to_owned());
    }
    let slot = Slot::read(key)?;
    if text.chars().count() > value::VALUE_MAX {
        return Err(format!("a profile has at most {} characters", value::VALUE_MAX));
    }
    let told: Value = serde_json::from_str(text)
        .map_err(|error| format!("say absent, or a charging profile in JSON as 2.x writes it: {error}"))?;
    let found = value::read(&slot, &told)?;
    if let Some(name) = found.more.keys().next() {
        return Err(format!("{name}: a profile that lasts has no such field here; send it with set-profile"));
    }
    // What is wrong for whatever station.
    let any = Abilities {
        max_stack_level: u32::MAX,
        max_periods: usize::MAX,
        max_profiles: usize::MAX,
        phase_switching: true,
        ..Abilities::modest(Rules::Ocpp21)
    };
    match words(&check(&found.profile, slot.place, Sending::Alone, &any)) {
        Some(why) => Err(why),
        None => Ok(value::write(&found.profile)),
    }
}

/// Is the validity of what is wished over?
pub(super) fn is_over(key: &str, text: &str, now: DateTime<Utc>) -> bool {
    profile(key, text).is_some_and(|profile| profile.valid_to.is_some_and(|to| to <= now))
}

/// The profile of a kept value; none: `absent`.
fn profile(key: &str, text: &str) -> Option<Profile> {
    let slot = Slot::read(key).ok()?;
    let told: Value = serde_json::from_str(text).ok()?;
    value::read(&slot, &told).ok().map(|found| found.profile)
}

fn words(problems: &[Problem]) -> Option<String> {
    let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// The station is asked for its limits once after it has come, then which profiles it has, by purpose; then one slot at a time is
/// put right.
pub(super) async fn step(
    app: &App,
    view: &View<'_>,
    wishes: &[DesiredRow],
) -> Result<Option<Step>, StoreError> {
    let open: Vec<&DesiredRow> = wishes
        .iter()
        .filter(|wish| look::is_unheard(wish, view.now) || look::is_askable(wish, view.now))
        .collect();
    let Some(first) = open.first() else { return Ok(None) };
    let rules = dialect::profile_rules(view.protocol);
    if app.desires.limits_unknown(&view.station.id) {
        let variable = |(component, name): &(&str, &str)| Name {
            component: (*component).to_owned(),
            name: (*name).to_owned(),
            ..Name::default()
        };
        let variables = grid::names(rules).iter().map(variable).collect();
        return Ok(Some(Step::ask(Command::Read(Read { variables }), vec![(*first).clone()])));
    }
    let mut tx = app.db.read().await?;
    let abilities = grid::said(&mut tx, &view.station.id, rules).await?.hopeful(rules);
    for wish in &open {
        let unfit = |why: String| Ok(Some(Step::Unfit { wish: Box::new((*wish).clone()), why }));
        let slot = match Slot::read(&wish.key) {
            Ok(slot) => slot,
            Err(why) => return unfit(why),
        };
        if let Some(why) = grid::owner(&mut tx, &view.station.id, &slot).await? {
            return unfit(why);
        }
        if let Some(why) = misfit(&slot, wish, wishes, &abilities, view.now) {
            return unfit(why);
        }
    }
    drop(tx);
    if view.protocol.tells_profiles()
        && let Some(first) = open.iter().find(|wish| look::is_unheard(wish, view.now))
    {
        let purpose = |wish: &DesiredRow| Slot::read(&wish.key).map(|slot| slot.word()).unwrap_or_default();
        let asked = purpose(first);
        let same = open.iter().filter(|wish| look::is_unheard(wish, view.now) && purpose(wish) == asked);
        let payload = json!({"chargingProfile": {"chargingProfilePurpose": asked}});
        let call = Call { action: "GetChargingProfiles".to_owned(), payload };
        let all = same.map(|wish| (*wish).clone()).collect();
        return Ok(Some(Step::ask(Command::Call(call), all)));
    }
    let next = open.into_iter().find(|wish| look::is_askable(wish, view.now));
    Ok(next.and_then(|wish| {
        let command = put_right(&Slot::read(&wish.key).ok()?, wish);
        Some(match ask::fits(view.protocol, &command) {
            Ok(()) => Step::ask(command, vec![wish.clone()]),
            Err(why) => Step::Unfit { wish: Box::new(wish.clone()), why: why.to_string() },
        })
    }))
}

/// Why the station cannot be told that, before it is.
fn misfit(
    slot: &Slot,
    wish: &DesiredRow,
    wishes: &[DesiredRow],
    abilities: &Abilities,
    now: DateTime<Utc>,
) -> Option<String> {
    let late = matches!(slot.purpose, Purpose::Priority | Purpose::LocalGeneration);
    if late && abilities.rules < Rules::Ocpp21 {
        return Some(format!("{}: only stations of OCPP 2.1 know this purpose", slot.word()));
    }
    let profile = profile(&wish.key, &wish.value)?;
    let accepted = wish.acknowledged.as_deref() == Some(&wish.value);
    if !accepted && profile.valid_to.is_some_and(|to| to <= now) {
        return Some("its validity was over before the station could be told".to_owned());
    }
    let place = slot.place;
    if let Some(why) = words(&check(&profile, place, Sending::Alone, abilities)) {
        return Some(why);
    }
    // Whoever was wished first keeps its level.
    let first = |other: &&DesiredRow| (other.wanted_at, &other.key) < (wish.wanted_at, &wish.key);
    let installed: Vec<Installed> = wishes
        .iter()
        .filter(first)
        .filter_map(|other| {
            let profile = self::profile(&other.key, &other.value)?;
            Some(Installed { place: Slot::read(&other.key).ok()?.place, profile })
        })
        .collect();
    replaces(&Installed { place, profile }, &installed, abilities).err().and_then(|why| words(&why))
}

/// What brings the slot to what it shall be. If somebody else has put something there, all of the slot is cleared.
fn put_right(slot: &Slot, wish: &DesiredRow) -> Command {
    let reported = wish.reported_at.and(wish.reported.as_deref());
    if reported.is_some_and(is_strange) {
        return Command::ClearProfile(ClearProfile {
            id: None,
            evse: Some(slot.evse().into()),
            purpose: Some(slot.word().to_owned()),
            stack_level: Some(slot.level),
        });
    }
    match profile(&wish.key, &wish.value) {
        Some(profile) => {
            Command::SetProfile(SetProfile { evse: slot.evse().into(), profile: grid::body(&profile) })
        }
        None => Command::ClearProfile(ClearProfile { id: Some(slot.id()), ..ClearProfile::default() }),
    }
}

/// Is that a profile of somebody else? It is told with its number, ours without.
fn is_strange(reported: &str) -> bool {
    serde_json::from_str::<Value>(reported).is_ok_and(|told| told["id"].is_i64())
}

/// What is known of a wish without asking.
pub(super) fn noted(wish: &DesiredRow, station: &StationRow, tells: bool, now: DateTime<Utc>) -> DesiredRow {
    let mut next = wish.clone();
    // There is no way to ask a 1.6 station which profiles it has.
    if !tells && look::is_unheard(wish, now) {
        let asked = DesiredRow { asked_revision: wish.revision, ..next };
        next = learn::after(&asked, Heard::Told(None), 0, false, now);
        next.asked_revision = wish.asked_revision;
    }
    // Who does not tell may have forgotten, when it has booted since.
    let mute = next.reported_at.is_some() && next.reported.is_none();
    let before_boot = |at: DateTime<Utc>| station.booted_at.is_some_and(|booted| at < booted);
    if mute && next.acknowledged_at.is_some_and(before_boot) && !is_over(&next.key, &next.value, now) {
        next.acknowledged = None;
    }
    next
}

/// A report of profiles that was promised has so long to come.
const REPORTS: TimeDelta = TimeDelta::seconds(30);

/// Is something of the answer still to come?
pub(super) fn is_pending(row: &CommandRow, now: DateTime<Utc>) -> bool {
    row.watch == "profiles"
        && row.outcome == "pending"
        && row.answered_at.is_none_or(|answered| now - answered < REPORTS)
}

/// What a command's end says of its wish; `parts`: the messages of its report.
pub(super) fn heard(
    wish: &DesiredRow,
    command: &Command,
    row: &CommandRow,
    parts: &[Value],
    now: DateTime<Utc>,
) -> Heard {
    let accepted = row.verdict == Verdict::Accepted.word();
    let done = |value: String| Heard::Accepted { value, check: Some(TimeDelta::zero()) };
    let for_good =
        [Verdict::Unsupported, Verdict::Invalid].iter().any(|verdict| row.verdict == verdict.word());
    match command {
        Command::Call(_) if accepted && row.outcome == "done" => Heard::Told(told(wish, parts, now)),
        Command::Call(_) if accepted && wish.tries == 0 => {
            Heard::Unclear("the station has not sent the report of its profiles that it promised".to_owned())
        }
        Command::Call(_) if row.reason.starts_with("NoProfiles") => Heard::Told(told(wish, &[], now)),
        // It does not tell: what it accepts counts.
        Command::Call(_) => Heard::Told(None),
        Command::SetProfile(set) if accepted => {
            let slot = Slot::read(&wish.key).ok();
            let sent = slot.and_then(|slot| value::read(&slot, &set.profile).ok());
            done(sent.map(|found| value::write(&found.profile)).unwrap_or_default())
        }
        Command::ClearProfile(_) if accepted && wish.value == ABSENT => done(ABSENT.to_owned()),
        // The slot was empty, or is made so for what it shall have.
        Command::ClearProfile(_) if accepted || row.reason.starts_with("Unknown") => {
            Heard::Told(Some(ABSENT.to_owned()))
        }
        Command::SetProfile(_) | Command::ClearProfile(_) => {
            Heard::Refused { why: row.reason.clone(), for_good }
        }
        // It was asked for its limits, and they are kept.
        _ => Heard::NotAsked,
    }
}

/// What the station has in the slot: `absent`, our profile in its kept form, or somebody else's with its number. `None`: that what was
/// wished is over, so it says nothing.
fn told(wish: &DesiredRow, parts: &[Value], now: DateTime<Utc>) -> Option<String> {
    let slot = Slot::read(&wish.key).ok()?;
    if is_over(&wish.key, &wish.value, now) {
        return None;
    }
    let mut own = None;
    for part in parts.iter().filter(|part| part["evseId"] == slot.evse()) {
        for profile in part["chargingProfile"].as_array().into_iter().flatten() {
            let valid = |to: &str| to.parse::<DateTime<Utc>>().is_ok_and(|to| to <= now);
            let over = profile["validTo"].as_str().is_some_and(valid);
            let here =
                profile["chargingProfilePurpose"] == *slot.word() && profile["stackLevel"] == slot.level;
            if over || !here {
                continue;
            }
            if profile["id"] == slot.id() {
                own = Some(kept(&slot, profile));
            } else if part["chargingLimitSource"] == "CSO" {
                return Some(bounded(profile.to_string()));
            }
        }
    }
    Some(own.unwrap_or_else(|| ABSENT.to_owned()))
}

/// What the station tells of our profile, in the form in which it is compared; what is not understood is shown.
fn kept(slot: &Slot, told: &Value) -> String {
    match value::read(slot, told) {
        Ok(found) if found.more.is_empty() => value::write(&found.profile),
        Ok(found) => {
            let mut shown: Value = serde_json::from_str(&value::write(&found.profile)).unwrap_or_default();
            shown["other"] = Value::Object(found.more);
            bounded(shown.to_string())
        }
        Err(why) => bounded(json!({"unreadable": why}).to_string()),
    }
}

fn bounded(text: String) -> String {
    match text.char_indices().nth(value::VALUE_MAX) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests;
