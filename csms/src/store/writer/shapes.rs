//! The statements of the group writer, in the order in which they run.
//!
//! Every one of them may run twice with the same rows and leave the same table (the counted ones excepted): a group
//! whose commit was cut off in doubt is simply run again.

use super::batch::{LastSession, Quarantined, Seen, Snapshot, Status};
use super::shape::shape;
use crate::store::clean;
use crate::store::row::{
    AttemptRow, BillRow, BootRow, ConnectorRow, DeviationRow, EventRow, JournalRow, MeterValueRow,
    ProgressRow, ReadingRow, SessionRow, VariableRow,
};

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
