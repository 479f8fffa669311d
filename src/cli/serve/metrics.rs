//! The metrics: what they mean, how they are gathered.

use anyhow::Context;
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Old samples are folded this often.
const UPKEEP: Duration = Duration::from_secs(5);
/// Histograms of counts, and of seconds, have these buckets.
const COUNTS: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];
const SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Counters and what they count; docs/operations.md has the same list, with labels.
const COUNTERS: &[(&str, &str)] = &[
    ("csms_connects_total", "Stations that have connected"),
    ("csms_attempts_total", "Connections that were refused, by cause"),
    ("csms_accept_errors_total", "Connections that could not be accepted"),
    ("csms_messages_total", "Messages from and to stations"),
    ("csms_messages_throttled_total", "Messages that waited for a rate limit"),
    ("csms_faults_total", "Messages of stations answered with an error, by code"),
    ("csms_late_answers_total", "Answers of stations that came after their time-out"),
    ("csms_deviations_total", "Rules of the standard that stations broke harmlessly"),
    ("csms_deviations_dropped_total", "Deviations that were too many to keep"),
    ("csms_writes_total", "Rows changed for stations' messages"),
    ("csms_commit_failures_total", "Causes that could not be committed"),
    ("csms_later_dropped_total", "Changes that nobody waits for and that were dropped"),
    ("csms_cost_differences_total", "Sessions whose station counts other costs than we do"),
    ("csms_station_tariffs_total", "Tariffs sent to stations, by their answer"),
    ("csms_api_requests_total", "Requests to the REST API, by operation and how they were answered"),
    ("csms_events_total", "Events that were numbered, to be told"),
    ("csms_api_streams_ended_total", "Streams of events that have ended, by why"),
    ("csms_webhook_deliveries_total", "Tries to deliver an event to a webhook, by outcome"),
    ("csms_webhooks_off_total", "Webhooks that were turned off because they took nothing"),
    ("csms_imports_total", "Sheets that were imported, by sheet and outcome"),
    ("csms_commands_total", "Commands to stations, by what was asked"),
    ("csms_command_answers_total", "Answers of stations to commands, by verdict"),
    ("csms_command_outcomes_total", "Outcomes of commands that went on after their answer"),
    ("csms_commands_queued", "Commands that wait to be sent"),
    ("csms_command_outcomes_pending", "Commands whose outcome is waited for"),
    ("csms_reservations_total", "Reservations that are over, by how they ended"),
    ("csms_list_updates_total", "Local lists sent to stations, by kind"),
    ("csms_reservation_strangers_total", "Sessions begun where an EVSE is kept for somebody else"),
    ("csms_file_bytes_total", "Bytes of firmware sent and of logs received, by way"),
    ("csms_file_refusals_total", "Transfers of files that were refused or broken off, by reason"),
    ("csms_uploads_total", "Files that stations have brought"),
    ("csms_uploads_removed_total", "Such files that were removed, by why"),
    ("csms_campaign_stations_total", "Stations that a firmware campaign was through with, by outcome"),
    ("csms_campaign_halts_total", "Firmware campaigns that have halted by themselves"),
    ("csms_desired_steps_total", "Questions to stations about what they shall be like, by what was asked"),
    ("csms_desired_refusals_total", "Things that stations shall be and did not accept, or keep, by kind"),
    ("csms_desired_drifts_total", "Times that stations had left what they shall be, by kind"),
    ("csms_station_passwords_total", "New passwords that stations were told, by what became of them"),
    ("csms_needs_total", "Needs that vehicles have told, by what they were answered"),
    ("csms_plans_total", "Plans for vehicles, by how stations took them"),
    ("csms_streams_total", "Streams of monitored values that stations wanted to open, by outcome"),
    ("csms_stream_values_total", "Values of such streams, by whether they were kept"),
    ("csms_display_texts_total", "Texts brought to displays or taken away, by outcome"),
    ("csms_monitor_events_total", "What monitors of stations have told, by trigger"),
    ("csms_costs_told_total", "Costs and prices for displays, by kind and outcome"),
    ("csms_grid_profiles_total", "Charging profiles of load management, by what stations answered"),
    ("csms_grid_defaults_differ_total", "Stations that took a default and allow more"),
    ("csms_job_failures_total", "Turns of jobs that failed"),
    ("csms_audited_sessions_total", "Sessions whose numbers were held against each other"),
    ("csms_audit_findings_total", "Differences that the audit found anew, by kind"),
    ("csms_pay_orders_total", "Orders of drivers without a contract that came to a state"),
    ("csms_pay_notices_total", "Notifications of payment providers, by what became of them"),
    ("csms_pay_calls_total", "Calls to payment providers, by outcome"),
    ("csms_pay_reviews_total", "Words of payment providers that do not fit their order"),
    ("csms_pay_disputes_total", "Payments that a payer's bank disputes"),
    ("csms_pay_refunds_failed_total", "Refunds that failed"),
    ("csms_pay_stops_late_total", "Sessions that have not ended an hour after their stop was asked for"),
    ("csms_pay_refunds_put_off_total", "Tries of refunds that were put off, by reason"),
    ("csms_pay_tasks_given_up_total", "Payment tasks that came to nothing for too long"),
    ("csms_pay_debits_total", "Debits of methods on file: begun, impossible, given up"),
    (
        "csms_pay_no_credit_total",
        "Identifiers that were refused because their driver has no credit, by reason",
    ),
    ("csms_pay_credit_decisions_total", "Decisions about charging first, by scorer and band"),
    ("csms_pay_scorer_failures_total", "Times that the scorer gave no score"),
    ("csms_pay_balance_holds_total", "Sessions whose amount was held on a balance"),
    ("csms_pay_vouchers_total", "Vouchers of offline wallets, by what became of them"),
    ("csms_pay_repeated_effects_total", "Effects that were to happen a second time and were left out"),
    ("csms_ledger_entries_total", "Entries of the ledger, by kind"),
    ("csms_ledger_sealed_total", "Entries and records that were sealed"),
    ("csms_ledger_refusals_total", "Turns of the sealer that refused, because what is sealed was changed"),
    ("csms_ledger_findings_total", "Differences that the ledger's checks found anew, by kind"),
    ("csms_ledger_published_total", "Checkpoints that were published, by target"),
    ("csms_ledger_publish_failures_total", "Checkpoints that could not be published at once, by target"),
    ("csms_sandbox_notices_total", "Notifications that the simulated provider has sent, by outcome"),
    ("csms_sandbox_refused_total", "Requests that the simulated provider has refused, by code"),
    ("csms_risk_decisions_total", "Payments that were held against rules and model, by outcome"),
    ("csms_risk_unusual_total", "Payments that the model would have verified a second time"),
    ("csms_risk_checks_total", "Second verifications, by what became of them"),
    ("csms_risk_broken_total", "Rules or models that could not be used"),
    ("csms_clearing_settlements_total", "Days settled by clearing, again or for the first time"),
    ("csms_clearing_statements_total", "Statements of providers and banks that came, by outcome"),
    ("csms_clearing_cases_total", "Differences that clearing found anew, by reason"),
    ("csms_clearing_resolved_total", "Differences that people have settled, by resolution"),
    ("csms_pay_routes_total", "Merchant accounts that were chosen, by how"),
    ("csms_vat_checks_total", "VAT numbers that stations asked about, by outcome and source"),
    ("csms_pay_kiosk_total", "Choices at kiosks with card terminals, by outcome"),
    ("csms_pay_settlements_total", "Settlements told by stations' card terminals, by outcome"),
    ("csms_display_calls_total", "Calls to stations about what their displays show, by call and outcome"),
    ("csms_pay_shed_total", "Requests of payment traffic that were refused for too much of it, by class"),
    ("csms_messages_to_drivers_total", "Messages to drivers, by outcome"),
    ("csms_push_subscriptions_total", "Browsers of drivers that want to be told, by outcome"),
    ("csms_documents_issued_total", "Receipts, invoices and corrections that were issued, by kind"),
    ("csms_documents_failed_total", "Receipts, invoices and corrections that could not be made"),
];

/// Installs the recorder; once in a process.
pub fn install() -> anyhow::Result<PrometheusHandle> {
    let recorder = PrometheusBuilder::new()
        .set_buckets(&COUNTS)?
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)?
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).context("the metrics recorder is there already")?;
    for (name, about) in COUNTERS {
        describe_counter!(*name, *about);
    }
    describe_counter!("csms_retention_removed_total", "Rows removed because they were past their time");
    describe_gauge!("csms_uploads_bytes", Unit::Bytes, "What the files that stations have brought take");
    describe_gauge!("csms_desired_wishes", "Things that stations shall be like");
    describe_gauge!("csms_desired_due", "Of these, those that something is still to be done for");
    describe_gauge!("csms_desired_refused", "Of these, those that somebody has to look at");
    describe_gauge!("csms_reservations_open", "Reservations that are not over");
    describe_gauge!("csms_campaigns_open", "Firmware campaigns that have not ended");
    describe_gauge!("csms_api_streams", "Streams of events that are open");
    describe_gauge!("csms_webhook_deliveries_waiting", "Deliveries to webhooks that wait");
    describe_gauge!("csms_links", "Stations that are connected");
    describe_gauge!("csms_audit_open_findings", "Differences that the audit found and that are not mended");
    describe_histogram!(
        "csms_pay_call_seconds",
        Unit::Seconds,
        "Time that a call to a payment provider took"
    );
    describe_gauge!("csms_ledger_unsealed", "Entries and records that are committed and not sealed yet");
    describe_gauge!("csms_ledger_unsealed_age_seconds", "Age of the oldest of them");
    describe_gauge!(
        "csms_ledger_open_findings",
        "Differences that the ledger's checks found and that are not mended"
    );
    describe_gauge!("csms_pay_shedding", "1 while the lesser payment traffic is refused");
    describe_gauge!("csms_risk_open_cases", "Payments that somebody has to look at");
    describe_gauge!("csms_risk_coverage", "Share of the week's payments inside the model's region");
    describe_histogram!("csms_risk_decision_seconds", Unit::Seconds, "Time that a decision took");
    describe_gauge!("csms_clearing_open_cases", "Differences of clearing that nobody has settled");
    describe_gauge!(
        "csms_clearing_statements_late",
        "Statements of providers that should be there and are not"
    );
    describe_histogram!("csms_commit_causes", "Causes (messages, clicks) committed together");
    describe_histogram!("csms_commit_seconds", Unit::Seconds, "Time that a commit took");
    Ok(handle)
}

/// Keeps the recorder small until `stop` is cancelled.
pub async fn keep_up(handle: PrometheusHandle, stop: CancellationToken) {
    let mut turns = tokio::time::interval(UPKEEP);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = turns.tick() => handle.run_upkeep(),
        }
    }
}
