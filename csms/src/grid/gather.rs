//! What is known of a site, in the words of `energy`.

use super::plan::Plan;
use crate::{
    meter,
    model::{Reading, Sample},
    session::fact::Body,
    store::grid::{LimitRow, LoadRow, NeedRow, SessionAt},
};
use chrono::{DateTime, TimeDelta, Utc};
use energy::{
    control::{Drawn, Session},
    grid::{Current, Evse, EvseId, Limit, LimitSource, Load, Most, NodeId},
    units::{Milliamps, PerPhase},
};
use ocpp::Version;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use std::collections::BTreeMap;

/// Values of one message that are told apart by less were measured together.
const ONE_INSTANT: TimeDelta = TimeDelta::seconds(10);

/// Sessions, of each EVSE the one that began last; limits that stations have told of themselves are ceilings of theirs.
pub(super) fn sessions(
    plan: &Plan,
    rows: &[SessionAt],
    needs: &[NeedRow],
    limits: &[LimitRow],
    now: DateTime<Utc>,
) -> Vec<Session> {
    let mut found = BTreeMap::<EvseId, Session>::new();
    for row in rows {
        let Some(id) = plan.names.evse(&row.station_id, row.evse) else { continue };
        let Some(evse) = plan.site.evse(id) else { continue };
        let mut session = Session::new(id, &row.reference);
        session.asleep = row.charging_state == "SuspendedEV";
        if let Some(need) = needs.iter().find(|need| need.session_id == row.id) {
            session.class = need.class.and_then(|class| u8::try_from(class).ok()).unwrap_or(session.class);
            session.phases = need.phases.and_then(|phases| u8::try_from(phases).ok());
            session.most = need.most_ma.map(Milliamps);
            session.gives = gives(plan, evse, need, row, now);
            session.deadline = need.deadline;
            session.needs_wh = need.target_mwh.map(|target| (target - row.energy_mwh).max(0) / 1000);
        }
        session.drawn = drawn(plan, evse, row, session.phases);
        session.ceiling = ceiling(plan, row, limits, now);
        found.insert(id, session);
    }
    found.into_values().collect()
}

/// What is wanted, as far as the vehicle has offered it itself, and as long as it can still have what it needs before it leaves.
/// Only 2.1 has words for it.
fn gives(plan: &Plan, evse: &Evse, need: &NeedRow, row: &SessionAt, now: DateTime<Utc>) -> Milliamps {
    let knows = Version::from_subprotocol(&row.protocol).is_some_and(Version::has_operation_modes);
    let (Some(wanted), Some(until), Some(offered)) = (need.give_ma, need.give_until, need.back_ma) else {
        return Milliamps::ZERO;
    };
    let gives = wanted.min(offered).min(evse.back.0).max(0);
    if !knows || until <= now || gives == 0 {
        return Milliamps::ZERO;
    }
    let (Some(target), Some(deadline)) = (need.target_mwh, need.deadline) else { return Milliamps(gives) };
    // In mA on each phase for so many seconds: what it needs, what it will have given, what it can take afterwards.
    let per_amp = i128::from(evse.wiring.count()) * i128::from(plan.site.voltage().usual.max(1));
    let needs = i128::from((target - row.energy_mwh).max(0)) * 3600 / per_amp.max(1);
    let given = i128::from(gives) * i128::from((until - now).num_seconds());
    let most = need.most_ma.map_or(evse.rated.0, |most| most.min(evse.rated.0));
    let after = i128::from(most) * i128::from((deadline - until).num_seconds().max(0));
    if needs + given <= after { Milliamps(gives) } else { Milliamps::ZERO }
}

/// The lowest of the limits that the station itself has told for this EVSE.
fn ceiling(plan: &Plan, row: &SessionAt, limits: &[LimitRow], now: DateTime<Utc>) -> Option<Milliamps> {
    let here = limits.iter().filter(|limit| {
        limit.station_id == row.station_id
            && (limit.evse == 0 || limit.evse == row.evse)
            && limit.from_at <= now
            && limit.until_at.is_none_or(|until| now < until)
    });
    here.filter_map(|limit| {
        let most = serde_json::from_str::<Most>(&limit.most).ok()?;
        Some(amperes(most, plan).0.into_iter().min().unwrap_or_default())
    })
    .min()
}

fn amperes(most: Most, plan: &Plan) -> PerPhase {
    let limit =
        Limit { node: NodeId(0), source: LimitSource::OnSite, most, from: DateTime::UNIX_EPOCH, until: None };
    limit.per_phase(plan.site.voltage())
}

/// Limits on nodes. One that cannot be read is none; it is told when it is made.
pub(super) fn limits(rows: &[LimitRow]) -> Vec<Limit> {
    let limit = |row: &LimitRow| {
        Some(Limit {
            node: NodeId(u64::try_from(row.node_id?).ok()?),
            source: source(&row.source)?,
            most: serde_json::from_str(&row.most).ok()?,
            from: row.from_at,
            until: row.until_at,
        })
    };
    rows.iter().filter_map(limit).collect()
}

/// The source with this word.
pub fn source(word: &str) -> Option<LimitSource> {
    serde_json::from_value(word.into()).ok()
}

/// Measurements of other loads.
pub(super) fn loads(rows: &[LoadRow]) -> Vec<Load> {
    let load = |row: &LoadRow| {
        Some(Load {
            node: NodeId(u64::try_from(row.node_id).ok()?),
            current: PerPhase([Milliamps(row.l1), Milliamps(row.l2), Milliamps(row.l3)]),
            at: row.at,
        })
    };
    rows.iter().filter_map(load).collect()
}

/// What a session takes by its latest reading: currents where the station tells them, else by its power, on all phases that
/// its vehicle is said to have, or else its EVSE has.
fn drawn(plan: &Plan, evse: &Evse, row: &SessionAt, said: Option<u8>) -> Option<Drawn> {
    let at = row.read_at?.min(row.read_received_at?);
    let body: Body = serde_json::from_str(row.read_body.as_deref()?).unwrap_or_default();
    let samples = body.readings.last().map(|reading| reading.samples.as_slice()).unwrap_or_default();
    let given = || meter::given_w(samples).and_then(|watts| watts.round().to_i64()).unwrap_or_default();
    let power =
        || row.read_power_w.map(|taken| taken - given()).or_else(|| Some(-given()).filter(|w| *w < 0));
    let has = evse.wiring.count();
    let (current, each) = match evse.current {
        Current::Ac => {
            let used = said.unwrap_or(has).clamp(1, has.max(1));
            let told = currents(&body.readings, has, used);
            told.or_else(|| Some((spread(plan, evse, used, power()?)?, has == 1)))?
        }
        Current::Dc { .. } => (spread(plan, evse, has, power()?)?, true),
    };
    Some(Drawn { current, each, at })
}

/// Currents of the EVSE's own phases, and whether each of those was told. Of a station that does not tell all of them the highest
/// is that of each that its vehicle may use: what is not told is not zero.
fn currents(readings: &[Reading], has: u8, used: u8) -> Option<(PerPhase, bool)> {
    let last = readings.last()?.at;
    let (mut found, mut whole) = ([None; 3], None);
    // Some stations tell each phase with an instant of its own.
    for reading in readings.iter().filter(|reading| last - reading.at <= ONE_INSTANT) {
        let (phases, all) = told(&reading.samples);
        for (known, phase) in found.iter_mut().zip(phases) {
            *known = phase.or(*known);
        }
        whole = all.or(whole);
    }
    let own = usize::from(has).min(3);
    if found.iter().take(own).all(Option::is_some) {
        return Some((PerPhase(found.map(Option::unwrap_or_default)), true));
    }
    // Every vehicle uses L1. Without it zero says nothing, but where the only phase has the name of another.
    let first = found[0].is_some() || whole.is_some() || own == 1;
    let highest = found.into_iter().flatten().max_by_key(|current| current.0.abs()).or(whole)?;
    if !first && highest == Milliamps::ZERO {
        return None;
    }
    let mut current = PerPhase::ZERO;
    current.0.iter_mut().take(usize::from(used)).for_each(|phase| *phase = highest);
    Some((current, own == 1))
}

/// What one reading tells of L1, L2 and L3, and of all together: some stations tell one current without a phase, which is that
/// of each.
fn told(samples: &[Sample]) -> ([Option<Milliamps>; 3], Option<Milliamps>) {
    let (mut found, mut whole) = ([None; 3], None);
    for sample in samples.iter().filter(|sample| sample.unit == "A") {
        let sign = match sample.measurand.as_str() {
            "Current.Import" => 1,
            "Current.Export" => -1,
            _ => continue,
        };
        let Some(Milliamps(current)) = sample.value.and_then(milliamps) else { continue };
        // A station that tells both tells zero for one of them.
        let add = |known: &mut Option<Milliamps>| {
            *known = Some(Milliamps(known.map_or(0, |known| known.0).saturating_add(sign * current)));
        };
        match sample.phase.as_str() {
            "L1" | "L1-N" => add(&mut found[0]),
            "L2" | "L2-N" => add(&mut found[1]),
            "L3" | "L3-N" => add(&mut found[2]),
            "" => add(&mut whole),
            _ => {}
        }
    }
    (found, whole)
}

fn milliamps(amps: Decimal) -> Option<Milliamps> {
    i64::try_from(amps.checked_mul(Decimal::ONE_THOUSAND)?.round()).ok().map(Milliamps)
}

/// Power as current on the side of the supply, on its first `phases` phases; more if voltage is low.
fn spread(plan: &Plan, evse: &Evse, phases: u8, watts: i64) -> Option<PerPhase> {
    let into = match evse.current {
        Current::Ac => watts,
        Current::Dc { efficiency_permille } => {
            watts.checked_mul(1000)? / i64::from(efficiency_permille.max(1))
        }
    };
    let each =
        into.checked_mul(1000)? / (i64::from(phases.max(1)) * i64::from(plan.site.voltage().usual.max(1)));
    let mut current = PerPhase::ZERO;
    for phase in current.0.iter_mut().take(usize::from(phases)) {
        *phase = Milliamps(each);
    }
    Some(current)
}
