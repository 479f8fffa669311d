//! One session: curve, bill, oddities and its messages.

use super::{Chart, Page};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// One session.
#[derive(Debug, Clone, Serialize)]
pub struct SessionPage {
    pub id: i64,
    pub station: String,
    pub station_href: String,
    pub place: String,
    pub open: bool,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub seconds: i64,
    pub energy_mwh: i64,
    pub power_w: Option<i64>,
    pub soc_percent: Option<i64>,
    pub cost: String,
    pub currency: String,
    /// IANA name; instants of the page are shown in it, as they are on the bill.
    pub zone: String,
    pub facts: Vec<Fact>,
    /// Keys of the texts' family `flag`.
    pub flags: Vec<String>,
    /// What the audit found and is not mended.
    pub findings: Vec<FindingView>,
    pub chart: Option<Chart>,
    /// The tariff that the session started with.
    pub tariff: Option<TariffLink>,
    pub bill: Option<BillView>,
    /// What the vehicle has said it needs.
    pub needs: Option<NeedsView>,
    pub moments: Vec<Moment>,
    /// Moments that were left out of the middle.
    pub hidden: usize,
}

/// What a vehicle needs, and its plan.
#[derive(Debug, Clone, Serialize)]
pub struct NeedsView {
    pub facts: Vec<Fact>,
    pub departure: Option<DateTime<Utc>>,
    /// Word of the texts' family `needs.answer`; may be empty.
    pub answer: String,
    pub reason: String,
    /// An operator wants no plan for this session.
    pub off: bool,
    /// Word of `needs.answer`: was the vehicle's own schedule taken? May be empty.
    pub schedule: String,
    /// `on`, `off` or empty.
    pub priority: String,
    /// Word of `needs.plan`; may be empty.
    pub plan: String,
    pub words: String,
    pub steps: Vec<PlanStep>,
}

/// A step of a plan.
#[derive(Debug, Clone, Serialize)]
pub struct PlanStep {
    pub at: DateTime<Utc>,
    pub limit: String,
    /// The power is set; else it is the most.
    pub is_set: bool,
    /// It gives back.
    pub back: bool,
}

/// A kind of difference between session, readings, bill and CDR.
#[derive(Debug, Clone, Serialize)]
pub struct FindingView {
    /// Word of the texts' families `finding` and `finding.why`.
    pub kind: String,
    pub differs: Vec<DiffersView>,
}

/// A value that is not what it should be.
#[derive(Debug, Clone, Serialize)]
pub struct DiffersView {
    pub field: String,
    pub value: String,
    pub wanted: String,
}

/// A line of the box of facts.
#[derive(Debug, Clone, Serialize)]
pub struct Fact {
    /// Key of the text.
    pub key: &'static str,
    pub value: String,
    /// Shown in fixed width.
    pub code: bool,
}

/// The tariff of the session.
#[derive(Debug, Clone, Serialize)]
pub struct TariffLink {
    pub name: String,
    /// To the tariff as it is now, if it is still there.
    pub href: Option<String>,
}

/// The bill as it is shown.
#[derive(Debug, Clone, Serialize)]
pub struct BillView {
    pub currency: String,
    /// The tariff's prices contain the VAT: lines are after VAT.
    pub gross: bool,
    pub lines: Vec<LineView>,
    pub total_excl: String,
    pub taxes: Vec<TaxView>,
    pub total_incl: String,
    /// So far: the session still runs.
    pub running: bool,
}

/// A line of the bill.
#[derive(Debug, Clone, Serialize)]
pub struct LineView {
    /// Word of the texts' family `reason`: `energy`, `time`, `parking_time`, `flat`, …
    pub kind: String,
    /// How the amount came about, in words and numbers.
    pub explanation: String,
    pub amount: String,
}

/// The tax of one rate.
#[derive(Debug, Clone, Serialize)]
pub struct TaxView {
    pub name: String,
    pub amount: String,
}

/// A message or an event of the session.
#[derive(Debug, Clone, Serialize)]
pub struct Moment {
    pub at: DateTime<Utc>,
    /// Received later than a minute after it happened: so many seconds.
    pub late_s: Option<i64>,
    /// `start`, `update`, `end` (family `phase`) or an event's kind (family `event`).
    pub word: String,
    /// It is an event, not a message.
    pub event: bool,
    pub seq: Option<i64>,
    pub register_mwh: Option<i64>,
    pub power_w: Option<i64>,
    pub soc_percent: Option<i64>,
    /// Trigger, charging state and the like.
    pub note: String,
}

impl Page for SessionPage {
    const TEMPLATE: &'static str = "session.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::shell::{sample_ago, sample_now};
        use super::{Point, format::zone_of};
        let (from, to) = (sample_ago(5_400), sample_now());
        let mut energy = 0;
        let points: Vec<Point> = (0..=90)
            .map(|n| {
                let power = if n == 0 { 0 } else { (10_980 - (n - 60).max(0) * 290).max(400) };
                energy += power * 1000 / 60;
                Point {
                    at: from + chrono::TimeDelta::seconds(n * 60),
                    power_w: Some(power),
                    energy_mwh: Some(energy),
                    soc_percent: Some(34 + n / 2),
                }
            })
            .collect();
        let fact = |key, value: &str, code| Fact { key, value: value.into(), code };
        let moment = |seconds, word: &str, note: &str| Moment {
            at: sample_ago(seconds),
            late_s: None,
            word: word.into(),
            event: word.contains('.'),
            seq: Some(3),
            register_mwh: Some(1_204_112_000),
            power_w: Some(10_980),
            soc_percent: Some(61),
            note: note.into(),
        };
        let line = |kind: &str, explanation: &str, amount: &str| LineView {
            kind: kind.into(),
            explanation: explanation.into(),
            amount: amount.into(),
        };
        let full = SessionPage {
            id: 42,
            station: "HARBOUR-001".into(),
            station_href: "/stations/HARBOUR-001".into(),
            place: "1".into(),
            open: false,
            started_at: from,
            ended_at: Some(to),
            seconds: 5_400,
            energy_mwh: energy,
            power_w: None,
            soc_percent: Some(79),
            cost: "8.93".into(),
            currency: "EUR".into(),
            zone: "Europe/Berlin".into(),
            facts: vec![
                fact("session.token", "04A1B2C3D4E5", true),
                fact("session.transaction", "42", true),
                fact("session.protocol", "ocpp1.6", false),
                fact("session.register_start", "1204.112 kWh", false),
                fact("session.stop_reason", "EVDisconnected", false),
            ],
            flags: vec!["register-shrank".into(), "offline".into(), "from-the-future".into()],
            findings: vec![FindingView {
                kind: "cost".into(),
                differs: vec![DiffersView {
                    field: "session.cost".into(),
                    value: "8.93".into(),
                    wanted: "8.94".into(),
                }],
            }],
            chart: Chart::draw(&points, from, to, zone_of("Europe/Berlin")),
            tariff: Some(TariffLink {
                name: "Harbour AC, day and night".into(),
                href: Some("/tariffs/harbour".into()),
            }),
            needs: Some(NeedsView {
                facts: vec![Fact { key: "needs.transfer", value: "AC_three_phase".into(), code: false }],
                departure: None,
                answer: "accepted".into(),
                reason: String::new(),
                off: false,
                schedule: "rejected".into(),
                priority: "on".into(),
                plan: "set".into(),
                words: "as fast as it can".into(),
                steps: Vec::new(),
            }),
            bill: Some(BillView {
                currency: "EUR".into(),
                gross: false,
                lines: vec![
                    line("flat", "1 × 0.50 EUR", "0.50"),
                    line("energy", "12.408 kWh × 0.42 EUR/kWh, 18:00–20:00", "5.21"),
                    line("parking_time", "36 min × 3.00 EUR/h, steps of 1 min", "1.80"),
                ],
                total_excl: "7.51".into(),
                taxes: vec![TaxView { name: "19 %".into(), amount: "1.43".into() }],
                total_incl: "8.94".into(),
                running: false,
            }),
            moments: vec![
                moment(5_400, "start", ""),
                Moment {
                    late_s: Some(340),
                    power_w: None,
                    ..moment(3_000, "update", "Trigger MeterValuePeriodic")
                },
                Moment {
                    register_mwh: None,
                    soc_percent: None,
                    seq: None,
                    power_w: None,
                    ..moment(10, "session.ended", "EVDisconnected")
                },
                moment(0, "end", "EVDisconnected"),
            ],
            hidden: 420,
        };
        let running = SessionPage {
            open: true,
            ended_at: None,
            power_w: Some(10_980),
            flags: Vec::new(),
            findings: Vec::new(),
            tariff: full.tariff.clone().map(|tariff| TariffLink { href: None, ..tariff }),
            bill: full.bill.clone().map(|bill| BillView { running: true, gross: true, ..bill }),
            hidden: 0,
            ..full.clone()
        };
        let bare = SessionPage {
            place: String::new(),
            cost: String::new(),
            currency: String::new(),
            soc_percent: None,
            energy_mwh: 0,
            facts: Vec::new(),
            chart: None,
            tariff: None,
            needs: None,
            bill: None,
            moments: Vec::new(),
            hidden: 0,
            ..running.clone()
        };
        vec![full, running, bare]
    }
}
