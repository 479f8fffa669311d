//! Registers, readings and energy.

use super::{Found, Kind};
use crate::{
    flags::{Flag, Flags},
    session::Live,
    store::row::{BillRow, SessionRow},
};
use tariffs::Bill;

/// The standings at start and stop make the energy, unless the register went back or jumped: then some steps are not
/// billed, and only making the energy anew can tell which.
pub(super) fn register(session: &SessionRow) -> Found {
    let mut found = Found::new(Kind::Register);
    let flags = Flags::parse(&session.flags);
    let stepped = flags.has(Flag::RegisterShrank) || flags.has(Flag::RegisterJumped);
    let energy = kwh(session.energy_mwh);
    match (session.start_mwh, session.stop_mwh) {
        _ if session.energy_mwh < 0 => found.note("session.energy", energy, "not negative"),
        _ if stepped => {}
        (None, None) => found.same("session.energy", energy, kwh(0)),
        (Some(start), Some(stop)) => match stop.checked_sub(start) {
            Some(energy_mwh) => found.same("session.energy", energy, kwh(energy_mwh)),
            None => found.note("session.stop_register", kwh(stop), "within any measure"),
        },
        (start, stop) => {
            let standing = |standing: Option<i64>| standing.map_or_else(|| "missing".to_owned(), kwh);
            found.note(
                "session.stop_register",
                standing(stop),
                format!("like the start: {}", standing(start)),
            );
        }
    }
    found
}

/// The readings are all there and make the session what it is.
pub(super) fn readings(session: &SessionRow, live: &Live) -> Found {
    let mut found = Found::new(Kind::Readings);
    let standing = |standing: Option<i64>| standing.map_or_else(|| "missing".to_owned(), kwh);
    found.same("readings.unreadable", live.unreadable, 0);
    found.same("readings.count", live.row.messages, session.messages);
    found.same("readings.sequence", live.sequence.to_string(), session.seqs.clone());
    found.same("session.start_register", standing(session.start_mwh), standing(live.row.start_mwh));
    found.same("session.stop_register", standing(session.stop_mwh), standing(live.row.last_mwh));
    found.same("session.energy", kwh(session.energy_mwh), kwh(live.row.energy_mwh));
    found
}

/// Session and bill tell the same energy.
pub(super) fn energy(session: &SessionRow, row: &BillRow, bill: &Bill) -> Found {
    let mut found = Found::new(Kind::Energy);
    found.same("bill.energy", kwh(row.energy_mwh), kwh(session.energy_mwh));
    found.same("bill.body.energy", kwh(bill.energy.mwh()), kwh(session.energy_mwh));
    found
}

/// Milliwatt-hours as people read them.
pub(super) fn kwh(mwh: i64) -> String {
    tariffs::Energy::from_mwh(mwh).to_string()
}
