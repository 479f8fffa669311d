//! All domain events: what each is called, who may hear it, and what it says. To add one, add it here and make a row of it
//! ([`super::row`]) with what it tells of; stream, webhooks and docs/events.md follow.

use super::Body;
use crate::api_key::Scope;
use chrono::{DateTime, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value};

/// A domain event, described.
#[derive(Clone, Copy)]
pub struct Told {
    /// `area.what`.
    pub kind: &'static str,
    /// Who is to hear it needs this.
    pub scope: Scope,
    pub says: &'static str,
    /// Of its body.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

macro_rules! events {
    ($($says:literal $scope:ident $name:ident = $kind:literal { $($(#[$meta:meta])* $field:ident: $type:ty),* $(,)? })*) => {
        $(
            #[doc = $says]
            #[derive(Debug, Clone, Serialize, JsonSchema)]
            pub struct $name { $($(#[$meta])* pub $field: $type),* }
            impl Body for $name { const KIND: &'static str = $kind; }
        )*
        /// Those whose bodies we make.
        const OURS: &[Told] = &[$(Told {
            kind: $kind, scope: Scope::$scope, says: $says, schema: SchemaGenerator::subschema_for::<$name>,
        }),*];
    };
}

events! {
    "A station has connected. It may follow another one of the same station: a new connection takes the place of an old one." Read
    Connected = "station.connected" {
        connection: u64,
        address: std::net::IpAddr,
        /// The OCPP version, e.g. `ocpp2.0.1`.
        protocol: String,
        /// What the station says it runs.
        agent: String,
    }
    "A station is not connected any more." Read
    Disconnected = "station.disconnected" { connection: u64, reason: String }
    "A station has booted." Read
    Booted = "station.booted" {
        vendor: String,
        model: String,
        firmware: String,
        reason: String,
        /// What it was answered: `accepted`, `pending` or `rejected`.
        answer: String,
        firmware_changed: bool,
    }
    "The status of a station as a whole." Read
    StationStatus = "station.status" { status: String, error: String }
    "A station connects so often that it is kept out for a while." Read
    Quarantined = "station.quarantined" { until: DateTime<Utc>, reason: String, address: std::net::IpAddr }
    "A connector has another status. A fault is the status `Faulted`, with the error that the station names." Read
    ConnectorStatus = "connector.status" {
        evse: i32,
        connector: i32,
        /// As the station's OCPP version names it.
        status: String,
        error: String,
        info: String,
    }
    "A charging session has begun." Read
    SessionStarted = "session.started" {
        evse: i32,
        /// OCPP's transaction id.
        transaction: String,
        /// What was typed at a pad is `***`.
        token: Option<String>,
        verdict: String,
    }
    "How far a session is; at most one in `api.progress_every_s` for each. Kept for `retention.progress_days` only." Read
    SessionProgress = "session.progress" {
        energy_mwh: i64,
        power_w: Option<i64>,
        soc_percent: Option<i64>,
        charging_state: String,
        /// So far, with tax; decimal text, empty without a tariff.
        cost: String,
        currency: String,
    }
    "A charging session has ended." Read
    SessionEnded = "session.ended" {
        evse: i64,
        transaction: String,
        energy_mwh: i64,
        /// With tax; decimal text, empty without a tariff.
        cost: String,
        currency: String,
        reason: String,
        /// What was odd, with commas between.
        flags: String,
    }
    "A session has a bill; a higher revision takes the place of a lower one." Read
    SessionBilled = "session.billed" {
        revision: i64,
        currency: String,
        total_excl: String,
        total_incl: String,
        energy_mwh: i64,
    }
    "A command was answered, or it is certain that it will not be." Read
    CommandAnswered = "command.answered" {
        command_id: String,
        /// What was asked, e.g. `reset`.
        command: String,
        /// `answered`, `offline`, `expired`, `cancelled` or `unknown`.
        state: String,
        /// `accepted`, `refused`, `unsupported`, `invalid`, or empty.
        verdict: String,
        reason: String,
    }
    "What came of a command that went on after its answer." Read
    CommandOutcome = "command.outcome" {
        command_id: String,
        /// `done`, `failed` or `lost`.
        outcome: String,
        /// The station's last word about it.
        word: String,
        session_id: Option<String>,
    }
    "A monitor of a station tells of something as grave as `monitors.alert_severity`, or graver; or that it is over." Read
    MonitorAlert = "monitor.alert" {
        /// 0 danger, 1 hardware failure, 2 system failure, 3 critical, 4 error, 5 alert, 6 warning, 7 notice, 8 information, 9 debug.
        severity: i64,
        /// The station's number of the monitor.
        monitor_id: Option<i64>,
        /// The station's number of the event.
        event: i64,
        /// The station's number of the event that has brought this one about.
        cause: Option<i64>,
        component: String,
        evse: Option<i64>,
        connector: Option<i64>,
        variable: String,
        value: String,
        /// `Alerting` or `Delta`.
        trigger: String,
        /// What was told before is over.
        cleared: bool,
        /// The maker's code and words.
        detail: String,
    }
    "A firmware campaign has begun, or has another state." Read
    CampaignState = "campaign.state" {
        campaign_id: String,
        name: String,
        /// `running`, `paused`, `halted`, `done` or `cancelled`.
        state: String,
        reason: String,
    }
    "A webhook was turned off because nothing could be delivered for too long, or its receiver did not want more." Read
    WebhookOff = "webhook.off" { webhook_id: String, name: String, reason: String }
    "A driver's order was made, has another state, or its money has moved. Amounts are whole smallest units." Money
    OrderChanged = "order.changed" {
        number: String,
        state: String,
        /// Why it ended so.
        why: String,
        currency: String,
        amount_minor: i64,
        due_minor: Option<i64>,
        held_minor: i64,
        taken_minor: i64,
        returned_minor: i64,
        /// Of what is due, what nobody will pay any more.
        written_off_minor: i64,
    }
    "A token was made." Read
    TokenCreated = "token.created" { token_id: String, by: String }
    "A token was changed, blocked or released." Read
    TokenChanged = "token.changed" { token_id: String, by: String }
    "A token was removed." Read
    TokenRemoved = "token.removed" { token_id: String, by: String }
    "A site was made." Read
    SiteCreated = "site.created" { site_id: String, by: String }
    "A site was changed." Read
    SiteChanged = "site.changed" { site_id: String, by: String }
    "A site was removed." Read
    SiteRemoved = "site.removed" { site_id: String, by: String }
    "The load management of a site was changed." Read
    GridPlanned = "grid.changed" {
        site_id: String,
        /// `plan`, `removed`, or its mode: `on`, `off` or `clear`.
        what: String,
        by: String,
    }
    "What is said of a site's load management was changed: limits from outside." Read
    GridLimited = "grid.limited" {
        site_id: String,
        limit_id: String,
        /// `added` or `removed`.
        what: String,
        by: String,
    }
    "Whom the local lists of a station, a site or all stations hold was decided anew." Read
    ListRuled = "list.rule" { by: String }
    "A template of desired state was made or changed." Read
    TemplateChanged = "template.changed" { by: String }
    "A template of desired state was removed." Read
    TemplateRemoved = "template.removed" { by: String }
    "Somebody may log in from now on." Read
    UserAdded = "user.added" { name: String, role: String, by: String }
    "The account of a person was changed." Read
    UserChanged = "user.changed" {
        name: String,
        /// `role`, `password` or `logins` (all of them were ended).
        what: String,
        by: String,
    }
    "The account of a person was removed." Read
    UserRemoved = "user.removed" { name: String, by: String }
    "A text for displays was made or changed." Read
    DisplayTextKept = "display.text.kept" { by: String }
    "A text for displays was removed." Read
    DisplayTextRemoved = "display.text.removed" { by: String }
}

/// What a person did with a station, and nothing more to say.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct By {
    pub by: String,
}

/// An object whose fields are those of somebody else's message.
fn any_object(_: &mut SchemaGenerator) -> Schema {
    let mut object = Map::new();
    object.insert("type".to_owned(), Value::from("object"));
    object.into()
}

const fn by(kind: &'static str, says: &'static str) -> Told {
    Told { kind, scope: Scope::Read, says, schema: SchemaGenerator::subschema_for::<By> }
}

const fn as_sent(kind: &'static str, says: &'static str) -> Told {
    Told { kind, scope: Scope::Read, says, schema: any_object }
}

const fn of_money(kind: &'static str, says: &'static str) -> Told {
    Told { kind, scope: Scope::Money, says, schema: any_object }
}

/// What people and programs do with stations.
const BY: &[Told] = &[
    by("station.created", "A station was registered."),
    by("station.changed", "A station's settings were changed."),
    by("station.removed", "A station was removed."),
    by("station.adopted", "A station that had knocked unknown was registered."),
    by("station.password", "A station has a new password."),
    by("station.link.closed", "Somebody has ended a station's connection; it may come back."),
    by("station.released", "A station's quarantine was ended by somebody."),
    by("station.desired", "What a station shall be was changed."),
    by("station.display", "Whether a station shows payment codes was decided."),
    by("session.plan.chosen", "Somebody has had a vehicle's plan made anew, or left to others."),
    by("session.ended_by_hand", "Somebody has ended a session whose stop never came."),
];

/// What stations send, and what is told with fields that depend on it.
const SENT: &[Told] = &[
    as_sent("station.firmware", "How far a firmware update is: the station's FirmwareStatusNotification."),
    as_sent(
        "station.firmware.published",
        "How far a local controller is: PublishFirmwareStatusNotification.",
    ),
    as_sent("station.log", "How far an upload is: LogStatusNotification."),
    as_sent("station.diagnostics", "How far an upload is: 1.6's DiagnosticsStatusNotification."),
    as_sent("station.security", "SecurityEventNotification."),
    as_sent("station.certificate", "A station asks for a certificate: SignCertificate."),
    as_sent(
        "station.certificate.contract",
        "A vehicle asks for a contract certificate: Get15118EVCertificate.",
    ),
    as_sent("station.certificate.chain", "GetCertificateChainStatus."),
    as_sent("station.certificate.status", "GetCertificateStatus."),
    as_sent("station.monitoring", "What a station watches: NotifyMonitoringReport."),
    as_sent("station.display.messages", "What stands on a display: NotifyDisplayMessages."),
    as_sent("station.charging.profiles", "Which profiles a station has: ReportChargingProfiles."),
    as_sent(
        "station.charging.pull",
        "A station asks for the values of a dynamic profile: PullDynamicScheduleUpdate.",
    ),
    as_sent("station.der.report", "Which controls of the grid a station has: ReportDERControl."),
    as_sent("station.stream.opened", "A station begins a stream of values: OpenPeriodicEventStream."),
    as_sent("station.stream.closed", "A stream of values ends: ClosePeriodicEventStream."),
    as_sent("station.message", "A message of a station that has no event of its own."),
    of_money("station.payment.settled", "A station's card terminal has settled: NotifySettlement."),
    of_money(
        "station.payment.vat",
        "A VAT number was asked about at a station: VatNumberValidation, with `answer`.",
    ),
    by("code.created", "Payment codes of a station were made."),
    by("code.revoked", "A payment code leads nowhere any more."),
    as_sent("station.event", "NotifyEvent: components, monitors, alerts."),
    as_sent("station.limit", "Somebody else limits a station: NotifyChargingLimit."),
    as_sent("station.limit.cleared", "That limit is gone: ClearedChargingLimit."),
    as_sent("station.charging.needs", "What a car wants: NotifyEVChargingNeeds."),
    as_sent("station.charging.schedule", "What a car plans: NotifyEVChargingSchedule."),
    as_sent("station.charging.priority", "NotifyPriorityCharging."),
    as_sent("station.der.alarm", "NotifyDERAlarm."),
    as_sent("station.der.control", "NotifyDERStartStop."),
    as_sent("station.battery.swap", "BatterySwap."),
    as_sent("station.reservation", "A reservation has ended at the station: ReservationStatusUpdate."),
    as_sent("reservation.made", "Somebody has reserved: `reservation`, `evse`, `reason` (by whom)."),
    as_sent("reservation.held", "The station keeps the outlet: `reservation`, `evse`."),
    as_sent("reservation.used", "A session has used it: `reservation`, `evse`."),
    as_sent("reservation.stranger", "Somebody else has begun a session there: `reservation`, `evse`."),
    as_sent("reservation.refused", "The station does not keep it: `reservation`, `evse`, `reason`."),
    as_sent("reservation.cancelled", "It was given up: `reservation`, `evse`, `reason`."),
    as_sent(
        "reservation.expired",
        "Its time is over, and nobody was awaited: `reservation`, `evse`, `reason`.",
    ),
    as_sent("reservation.no-show", "Its time is over, and nobody came: `reservation`, `evse`, `reason`."),
    as_sent("reservation.removed", "The station has let it go: `reservation`, `reason`."),
    as_sent("station.data", "A DataTransfer of a vendor: `vendor`, `message`, `data`."),
    as_sent("station.tariffs", "What a station that counts costs itself says of the tariffs it was sent."),
    as_sent(
        "session.cost_differs",
        "A station counts other costs than we do: `when`, `tariff`, `differences`.",
    ),
    as_sent("session.cost_failed", "A station could not count the costs: `when`, `reason`."),
    as_sent(
        "session.stop_repeated",
        "A station tells another stop of a session that has ended: `at`, `body`, `reason`.",
    ),
    as_sent("audit.difference", "A bill is not what it would be anew: `finding`, `bill`, `differs`."),
    as_sent(
        "session.rerated",
        "A late message has changed a session that had ended: `cost` and `energy_mwh`, before and after.",
    ),
    as_sent(
        "tariff.published",
        "A version of a tariff: `tariff`, `version`, `active_from`, `replaced`, `note`, `by`.",
    ),
    as_sent(
        "tariff.withdrawn",
        "A version was taken back before it counted: `tariff`, `version`, `active_from`, `by`.",
    ),
    as_sent("tariff.assigned", "A tariff was assigned: `tariff`, where and to whom, `by`."),
    as_sent("tariff.unassigned", "An assignment ends: `tariff`, where and to whom, `by`."),
    as_sent("tariff.removed", "A tariff was removed: `tariff`, `by`."),
    as_sent("discount.added", "A discount was made: what it takes off, where and for whom, `by`."),
    as_sent("discount.ended", "A discount ends: what it took off, where and for whom, `by`."),
    as_sent("pay.shedding", "More payment traffic than is served, or no longer: `shedding`."),
    of_money("routing.rule", "The rule that chooses accounts was changed: `version`, `note`, `by`."),
    of_money(
        "routing.wish",
        "An account is wanted otherwise than by the rule: `account`, `method`, `wish`, `until`, `note`, `by`.",
    ),
    of_money("routing.cleared", "The rule alone decides about an account again: `account`, `method`, `by`."),
    of_money("risk.rules", "Other rules of risk are in force: `version`, `before`, `by`."),
    of_money("risk.model", "Another model of drivers is in force: `model`, `before`, `by`."),
    of_money("risk.block", "Somebody is blocked, or no longer: `kind`, `key` (a keyed hash), `until`, `by`."),
    of_money("risk.case", "A suspicion was looked at: `case`, `order`, `verdict`, `blocked`, `by`."),
    of_money(
        "clearing.late",
        "A statement of a provider is late: `case`, `account`, `file`, `day`, `trouble`.",
    ),
    of_money(
        "clearing.asked",
        "A case wants a second person's agreement: the case, `resolution`, `note`, `by`.",
    ),
    of_money("clearing.resolved", "A case was settled: the case, `resolution`, `note`, `by`."),
    of_money(
        "clearing.fees",
        "Fees were agreed: `account`, `from`, `rate`, `fixed_minor`, `returns_fees`, `tolerance_minor`, `note`, `by`.",
    ),
    of_money(
        "clearing.share_added",
        "A host gets a share: `rule`, `site`, `host`, `rate`, `of`, `from`, `to`.",
    ),
    of_money("clearing.share_ended", "A share has a last day: `rule`, `to`."),
    of_money(
        "clearing.host_paid",
        "A host was paid: `site`, `amount_minor`, `currency`, `bank`, `reference`, `by`.",
    ),
];

/// All there are.
pub fn all() -> impl Iterator<Item = &'static Told> {
    OURS.iter().chain(BY).chain(SENT)
}

/// What is kept for us alone: it holds what stations know of customers.
const INSIDE: &[&str] = &["station.customer"];

/// Is an event of this kind described here? One that is not would be kept, and nobody outside would ever hear of it.
pub fn is_known(kind: &str) -> bool {
    find(kind).is_some() || INSIDE.contains(&kind)
}

/// The one of this kind; `None`: it is none of those that are told outside.
pub fn find(kind: &str) -> Option<&'static Told> {
    all().find(|told| told.kind == kind)
}
