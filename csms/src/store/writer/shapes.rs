//! The statements of the group writer, in the order in which they run.
//!
//! Every one of them may run twice with the same rows and leave the same table (the counted ones excepted): a group
//! whose commit was cut off in doubt is simply run again.

use super::batch::{Gone, LastSession, Password, Quarantined, Seen, Snapshot, Status};
use super::shape::shape;
use crate::store::clean;
use crate::store::commands::{AnsweredRow, ObservedRow, PartRow};
use crate::store::desired::ReportedRow;
use crate::store::monitors::{MonitorEventRow, MonitorRow};
use crate::store::needs::NeedRow;
use crate::store::reservations::EndedRow;
use crate::store::row::{
    AttemptRow, BillRow, BootRow, ConnectorRow, DeviationRow, EventRow, JournalRow, MeterValueRow,
    ProgressRow, ReadingRow, SessionRow, VariableRow,
};
use crate::store::streams::{StreamRow, StreamValueRow};

shape!(
    Booted,
    &'a BootRow,
    "UPDATE station SET vendor = v.column2, model = v.column3, serial = v.column4, firmware = v.column5,
        iccid = v.column6, imsi = v.column7, meter_serial = v.column8, boot_answer = v.column9,
        boot_reason = v.column10, booted_at = v.column11
     FROM ({rows}) AS v WHERE station.id = v.column1",
    |r| [
        clean(&r.station),
        clean(&r.vendor),
        clean(&r.model),
        clean(&r.serial),
        clean(&r.firmware),
        clean(&r.iccid),
        clean(&r.imsi),
        clean(&r.meter_serial),
        clean(&r.boot_answer),
        clean(&r.boot_reason),
        r.at,
    ]
);

shape!(
    SeenAt,
    Seen<'a>,
    "UPDATE station SET seen_at = v.column2, address = v.column3, protocol = v.column4
     FROM ({rows}) AS v WHERE station.id = v.column1",
    |r| [clean(r.station), r.at, clean(r.address), clean(r.protocol)]
);

shape!(
    StationStatus,
    Status<'a>,
    "UPDATE station SET status = v.column2, error_code = v.column3
     FROM ({rows}) AS v WHERE station.id = v.column1",
    |r| [clean(r.station), clean(r.status), clean(r.error_code)]
);

shape!(
    Quarantine,
    Quarantined<'a>,
    "UPDATE station SET quarantined_until = v.column2, quarantine_reason = v.column3
     FROM ({rows}) AS v WHERE station.id = v.column1",
    |r| [clean(r.station), r.until, clean(r.reason)]
);

shape!(
    Evse,
    &'a ConnectorRow,
    "INSERT INTO evse (station_id, evse) {rows} ON CONFLICT (station_id, evse) DO NOTHING",
    |r| [clean(&r.station), r.evse]
);

shape!(
    Connector,
    &'a ConnectorRow,
    "INSERT INTO connector (station_id, evse, connector, status, error_code, info, status_at) {rows}
     ON CONFLICT (station_id, evse, connector) DO UPDATE SET status = excluded.status,
        error_code = excluded.error_code, info = excluded.info, status_at = excluded.status_at
     WHERE connector.status_at <= excluded.status_at",
    |r| [
        clean(&r.station),
        r.evse,
        r.connector,
        clean(&r.status),
        clean(&r.error_code),
        clean(&r.info),
        r.status_at,
    ]
);

shape!(
    SnapshotOnce,
    Snapshot<'a>,
    "INSERT INTO tariff_snapshot (hash, body) {rows} ON CONFLICT (hash) DO NOTHING",
    |r| [clean(r.hash), clean(r.body)]
);

shape!(Session, &'a SessionRow,
    "INSERT INTO session (id, station_id, evse, connector, ref, generation, protocol, start_digest, state,
        token_uid, token_kind, group_uid, verdict, site_id, time_zone, tariff_hash, currency, started_at,
        ended_at, last_at, received_at, start_mwh, last_mwh, stop_mwh, energy_mwh, power_w, soc_percent,
        charging_state, cost, seqs, messages, stop_reason, stop_token, remote_start, reservation, flags) {rows}
     ON CONFLICT (id) DO UPDATE SET station_id = excluded.station_id, evse = excluded.evse,
        connector = excluded.connector, ref = excluded.ref, generation = excluded.generation,
        protocol = excluded.protocol, start_digest = excluded.start_digest, state = excluded.state,
        token_uid = excluded.token_uid, token_kind = excluded.token_kind, group_uid = excluded.group_uid,
        verdict = excluded.verdict, site_id = excluded.site_id, time_zone = excluded.time_zone,
        tariff_hash = excluded.tariff_hash, currency = excluded.currency, started_at = excluded.started_at,
        ended_at = excluded.ended_at, last_at = excluded.last_at, received_at = excluded.received_at,
        start_mwh = excluded.start_mwh, last_mwh = excluded.last_mwh, stop_mwh = excluded.stop_mwh,
        energy_mwh = excluded.energy_mwh, power_w = excluded.power_w, soc_percent = excluded.soc_percent,
        charging_state = excluded.charging_state, cost = excluded.cost, seqs = excluded.seqs,
        messages = excluded.messages, stop_reason = excluded.stop_reason, stop_token = excluded.stop_token,
        remote_start = excluded.remote_start, reservation = excluded.reservation, flags = excluded.flags",
    |r| [
        r.id, clean(&r.station_id), r.evse, r.connector, clean(&r.reference), r.generation,
        clean(&r.protocol), r.start_digest, clean(&r.state), clean(&r.token_uid), clean(&r.token_kind),
        r.group_uid.as_deref().map(clean), clean(&r.verdict), r.site_id, clean(&r.time_zone),
        r.tariff_hash.as_deref().map(clean), clean(&r.currency), r.started_at, r.ended_at, r.last_at,
        r.received_at, r.start_mwh, r.last_mwh, r.stop_mwh, r.energy_mwh, r.power_w, r.soc_percent,
        clean(&r.charging_state), clean(&r.cost), clean(&r.seqs), r.messages, clean(&r.stop_reason),
        clean(&r.stop_token), r.remote_start, r.reservation, clean(&r.flags),
    ]);

shape!(
    LastSessionAt,
    LastSession<'a>,
    "UPDATE station SET last_session_at = v.column2 FROM ({rows}) AS v
     WHERE station.id = v.column1 AND (last_session_at IS NULL OR last_session_at < v.column2)",
    |r| [clean(r.station), r.at]
);

shape!(
    Progress,
    &'a ProgressRow,
    "UPDATE session SET last_at = v.column2, received_at = v.column3, last_mwh = v.column4,
        energy_mwh = v.column5, power_w = v.column6, soc_percent = v.column7, charging_state = v.column8,
        cost = v.column9, seqs = v.column10, messages = v.column11, flags = v.column12
     FROM ({rows}) AS v WHERE session.id = v.column1",
    |r| [
        r.id,
        r.last_at,
        r.received_at,
        r.last_mwh,
        r.energy_mwh,
        r.power_w,
        r.soc_percent,
        clean(&r.charging_state),
        clean(&r.cost),
        clean(&r.seqs),
        r.messages,
        clean(&r.flags),
    ]
);

shape!(Reading, &'a ReadingRow,
    "INSERT INTO reading (session_id, digest, at, received_at, phase, seq, register_mwh, power_w, soc_percent,
        body) {rows} ON CONFLICT (session_id, digest) DO NOTHING",
    |r| [
        r.session_id, r.digest, r.at, r.received_at, clean(&r.phase), r.seq, r.register_mwh, r.power_w,
        r.soc_percent, clean(&r.body),
    ]);

shape!(
    Bill,
    &'a BillRow,
    "INSERT INTO bill (session_id, revision, tariff_hash, currency, total_excl, total_incl, energy_mwh, body,
        created_at) {rows} ON CONFLICT (session_id, revision) DO NOTHING",
    |r| [
        r.session_id,
        r.revision,
        r.tariff_hash.as_deref().map(clean),
        clean(&r.currency),
        clean(&r.total_excl),
        clean(&r.total_incl),
        r.energy_mwh,
        clean(&r.body),
        r.created_at,
    ]
);

shape!(
    MeterValue,
    &'a MeterValueRow,
    "INSERT INTO meter_value (id, station_id, evse, at, received_at, body) {rows} ON CONFLICT (id) DO NOTHING",
    |r| [r.id, clean(&r.station_id), r.evse, r.at, r.received_at, clean(&r.body)]
);

shape!(
    Variable,
    &'a VariableRow,
    "INSERT INTO variable (station_id, component, component_instance, evse, connector, name, instance,
        attribute, value, mutability, characteristics, reported_at) {rows}
     ON CONFLICT (station_id, component, component_instance, evse, connector, name, instance, attribute)
     DO UPDATE SET value = excluded.value, mutability = excluded.mutability,
        characteristics = excluded.characteristics, reported_at = excluded.reported_at",
    |r| [
        clean(&r.station_id),
        clean(&r.component),
        clean(&r.component_instance),
        r.evse,
        r.connector,
        clean(&r.name),
        clean(&r.instance),
        clean(&r.attribute),
        r.value.as_deref().map(clean),
        clean(&r.mutability),
        clean(&r.characteristics),
        r.reported_at,
    ]
);

shape!(
    Event,
    &'a EventRow,
    "INSERT INTO event (id, at, station_id, session_id, kind, body) {rows} ON CONFLICT (id) DO NOTHING",
    |r| [r.id, r.at, r.station_id.as_deref().map(clean), r.session_id, clean(&r.kind), clean(&r.body)]
);

shape!(Attempt, &'a AttemptRow,
    "INSERT INTO attempt (identity, cause, address, detail, protocols, agent, count, first_at, last_at) {rows}
     ON CONFLICT (identity, cause, address) DO UPDATE SET detail = excluded.detail,
        protocols = excluded.protocols, agent = excluded.agent, count = attempt.count + excluded.count,
        last_at = excluded.last_at",
    |r| [
        clean(&r.identity), clean(&r.cause), clean(&r.address), clean(&r.detail), clean(&r.protocols),
        clean(&r.agent), r.count, r.first_at, r.last_at,
    ]);

shape!(
    Deviation,
    &'a DeviationRow,
    "INSERT INTO deviation (vendor, model, firmware, protocol, action, path, rule, sample, station_id, count,
        first_at, last_at) {rows}
     ON CONFLICT (vendor, model, firmware, protocol, action, path, rule) DO UPDATE SET
        sample = excluded.sample, station_id = excluded.station_id,
        count = deviation.count + excluded.count, last_at = excluded.last_at",
    |r| [
        clean(&r.vendor),
        clean(&r.model),
        clean(&r.firmware),
        clean(&r.protocol),
        clean(&r.action),
        clean(&r.path),
        clean(&r.rule),
        clean(&r.sample),
        clean(&r.station_id),
        r.count,
        r.first_at,
        r.last_at,
    ]
);

shape!(
    Journal,
    &'a JournalRow,
    "INSERT INTO journal (id, station_id, from_at, to_at, frames, body) {rows} ON CONFLICT (id) DO NOTHING",
    |r| [r.id, clean(&r.station_id), r.from_at, r.to_at, r.frames, clean(&r.body)]
);

shape!(
    Answered,
    &'a AnsweredRow,
    "UPDATE command SET state = v.column8, answered_at = v.column2, body = v.column3, calls = v.column4,
        verdict = v.column5, reason = v.column6, outcome = CASE WHEN v.column7 THEN outcome ELSE '' END
     FROM ({rows}) AS v WHERE command.id = v.column1 AND command.state = 'sent'",
    |r| [r.id, r.at, clean(&r.body), clean(&r.calls), r.verdict, clean(&r.reason), r.goes_on, r.state]
);

shape!(
    Observed,
    &'a ObservedRow,
    "UPDATE command SET outcome = v.column2, outcome_word = v.column3, outcome_at = v.column4,
        session_id = COALESCE(v.column5, session_id)
     FROM ({rows}) AS v WHERE command.id = v.column1 AND command.outcome = 'pending'",
    |r| [r.id, r.outcome, clean(&r.word), r.at, r.session_id]
);

shape!(
    Part,
    &'a PartRow,
    "INSERT INTO command_part (command_id, seq, at, body) {rows} ON CONFLICT (command_id, seq) DO NOTHING",
    |r| [r.command_id, r.seq, r.at, clean(&r.body)]
);

// After a boot nothing is known of what a station has, and what it has refused is worth another try.
shape!(
    DesiredAfterBoot,
    &'a BootRow,
    "UPDATE desired SET reported_at = NULL, needs = '', tries = 0, due_at = v.column2
     FROM ({rows}) AS v WHERE desired.station_id = v.column1",
    |r| [clean(&r.station), r.at]
);

shape!(
    Reported,
    &'a ReportedRow,
    "UPDATE desired SET reported = v.column4, reported_at = v.column5,
        due_at = CASE WHEN due_at IS NULL AND desired.value <> v.column4 AND needs = '' THEN NULL ELSE due_at END
     FROM ({rows}) AS v WHERE desired.station_id = v.column1 AND desired.kind = v.column2 AND desired.key = v.column3",
    |r| [clean(&r.station_id), r.kind, clean(&r.key), clean(&r.value), r.at]
);

shape!(
    PasswordUsed,
    Password<'a>,
    "UPDATE station SET secret = v.column2, next_secret = v.column3 FROM ({rows}) AS v
     WHERE station.id = v.column1 AND REPLACE(next_secret, v.column2 || ' ', '') <> next_secret",
    |r| [clean(r.station), clean(r.sealed), clean(r.later)]
);

shape!(
    PasswordRefused,
    Password<'a>,
    "UPDATE station SET next_secret = REPLACE(next_secret, v.column2 || ' ', '') FROM ({rows}) AS v
     WHERE station.id = v.column1 AND v.column2 <> ''",
    |r| [clean(r.station), clean(r.sealed)]
);

shape!(
    Reservation,
    &'a EndedRow,
    "UPDATE reservation SET state = v.column2, reason = v.column3, session_id = v.column4, ended_at = v.column5,
        priced_at = NULL, tariff_hash = NULL, currency = '', total_excl = '', total_incl = ''
     FROM ({rows}) AS v WHERE reservation.id = v.column1 AND (reservation.state IN ('planned', 'asked', 'held')
        OR (v.column2 = 'used' AND reservation.state IN ('expired', 'no-show')))",
    |r| [r.id, r.state, clean(&r.reason), r.session_id, r.at]
);

shape!(
    Need,
    &'a NeedRow,
    "INSERT INTO charging_need (session_id, station_id, evse, round, body, told_at, energy_mwh, answer, reason,
        schedule, schedule_at, schedule_answer, priority) {rows}
     ON CONFLICT (session_id) DO UPDATE SET evse = excluded.evse, round = excluded.round, body = excluded.body,
        told_at = excluded.told_at, energy_mwh = excluded.energy_mwh, answer = excluded.answer,
        reason = excluded.reason, schedule = excluded.schedule, schedule_at = excluded.schedule_at,
        schedule_answer = excluded.schedule_answer, priority = excluded.priority",
    |r| [
        r.session_id,
        clean(&r.station_id),
        r.evse,
        r.round,
        clean(&r.body),
        r.told_at,
        r.energy_mwh,
        &*r.answer,
        clean(&r.reason),
        clean(&r.schedule),
        r.schedule_at,
        &*r.schedule_answer,
        &*r.priority,
    ]
);

shape!(
    Stream,
    &'a StreamRow,
    "INSERT INTO event_stream (station_id, stream_id, monitor_id, interval_s, values_max, opened_at, closed_at,
        last_at, pending) {rows}
     ON CONFLICT (station_id, stream_id) DO UPDATE SET monitor_id = excluded.monitor_id,
        interval_s = excluded.interval_s, values_max = excluded.values_max, opened_at = excluded.opened_at,
        closed_at = excluded.closed_at, last_at = excluded.last_at, pending = excluded.pending",
    |r| [
        clean(&r.station_id),
        r.stream_id,
        r.monitor_id,
        r.interval_s,
        r.values_max,
        r.opened_at,
        r.closed_at,
        r.last_at,
        r.pending,
    ]
);

shape!(
    StreamValue,
    &'a StreamValueRow,
    "INSERT INTO stream_value (station_id, stream_id, at, value) {rows}
     ON CONFLICT (station_id, stream_id, at) DO UPDATE SET value = excluded.value",
    |r| [clean(&r.station_id), r.stream_id, r.at, clean(&r.value)]
);

// Before those that are told anew: a station may give a number again.
shape!(MonitorGone, Gone<'a>, "DELETE FROM monitor WHERE (station_id, monitor_id) IN ({rows})", |r| [
    clean(r.station),
    r.monitor
]);

shape!(
    Monitor,
    &'a MonitorRow,
    "INSERT INTO monitor (station_id, monitor_id, component, component_instance, evse, connector, name, instance,
        kind, value, severity, in_session, origin, listing, told_at, raised, last_value, last_at) {rows}
     ON CONFLICT (station_id, monitor_id) DO UPDATE SET component = excluded.component,
        component_instance = excluded.component_instance, evse = excluded.evse, connector = excluded.connector,
        name = excluded.name, instance = excluded.instance, kind = excluded.kind, value = excluded.value,
        severity = excluded.severity, in_session = excluded.in_session, origin = excluded.origin,
        listing = excluded.listing, told_at = excluded.told_at, raised = excluded.raised,
        last_value = excluded.last_value, last_at = excluded.last_at",
    |r| [
        clean(&r.station_id),
        r.monitor_id,
        clean(&r.component),
        clean(&r.component_instance),
        r.evse,
        r.connector,
        clean(&r.name),
        clean(&r.instance),
        clean(&r.kind),
        clean(&r.value),
        r.severity,
        r.in_session,
        &*r.origin,
        r.listing,
        r.told_at,
        r.raised,
        clean(&r.last_value),
        r.last_at,
    ]
);

shape!(
    MonitorEvent,
    &'a MonitorEventRow,
    "INSERT INTO monitor_event (id, station_id, monitor_id, at, number, cause, word, severity, component, evse,
        connector, name, value, cleared, detail, transaction_ref) {rows} ON CONFLICT (id) DO NOTHING",
    |r| [
        r.id,
        clean(&r.station_id),
        r.monitor_id,
        r.at,
        r.number,
        r.cause,
        clean(&r.word),
        r.severity,
        clean(&r.component),
        r.evse,
        r.connector,
        clean(&r.name),
        clean(&r.value),
        r.cleared,
        clean(&r.detail),
        clean(&r.transaction_ref),
    ]
);
