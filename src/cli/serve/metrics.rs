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
const COUNTERS: [(&str, &str); 17] = [
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
    ("csms_job_failures_total", "Turns of jobs that failed"),
    ("csms_audited_sessions_total", "Sessions whose numbers were held against each other"),
    ("csms_audit_findings_total", "Differences that the audit found anew, by kind"),
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
        describe_counter!(name, about);
    }
    describe_counter!("csms_retention_removed_total", "Rows removed because they were past their time");
    describe_gauge!("csms_links", "Stations that are connected");
    describe_gauge!("csms_audit_open_findings", "Differences that the audit found and that are not mended");
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
