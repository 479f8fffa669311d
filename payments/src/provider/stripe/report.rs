//! Stripe's reports as statements: a run of a report is looked for, made if there is none, and its file fetched when it
//! is ready. Days are days of UTC.

use super::{
    Stripe, errors,
    form::Form,
    object::{Page, Run},
    request::checked,
};
use crate::provider::{Answer, FileKind, Refusal, Request, Response, Told};
use chrono::{NaiveDate, NaiveTime, TimeDelta};

/// What is asked for of payments: enough to find our attempts and refunds, and every fee.
const TRADES: [&str; 17] = [
    "balance_transaction_id",
    "created_utc",
    "available_on_utc",
    "currency",
    "gross",
    "fee",
    "net",
    "reporting_category",
    "source_id",
    "description",
    "charge_id",
    "payment_intent_id",
    "customer_facing_amount",
    "customer_facing_currency",
    "payment_method_type",
    "payment_metadata[attempt]",
    "refund_metadata[refund]",
];

/// And of payouts.
const FUNDS: [&str; 10] = [
    "payout_id",
    "effective_at_utc",
    "currency",
    "gross",
    "fee",
    "net",
    "reporting_category",
    "balance_transaction_id",
    "payout_expected_arrival_date",
    "payout_status",
];

fn columns(kind: FileKind) -> &'static [&'static str] {
    match kind {
        FileKind::Trades => &TRADES,
        FileKind::Funds => &FUNDS,
    }
}

fn report_type(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Trades => "balance_change_from_activity.itemized.3",
        FileKind::Funds => "payouts.itemized.3",
    }
}

/// The day's first second, and the next day's.
fn interval(day: NaiveDate) -> (i64, i64) {
    let start = day.and_time(NaiveTime::MIN).and_utc();
    (start.timestamp(), (start + TimeDelta::days(1)).timestamp())
}

/// The runs there are.
pub(super) fn list(stripe: &Stripe, day: NaiveDate, _kind: FileKind) -> Result<Request, Refusal> {
    let form = Form::new().put("created[gte]", interval(day).0).put("limit", 100);
    Ok(stripe.get("/v1/reporting/report_runs", form))
}

/// A new run; `failed` runs before it did not work out.
fn create(stripe: &Stripe, day: NaiveDate, kind: FileKind, failed: usize) -> Result<Request, Refusal> {
    let (start, end) = interval(day);
    let mut form = Form::new()
        .put("report_type", report_type(kind))
        .put("parameters[interval_start]", start)
        .put("parameters[interval_end]", end);
    for (at, column) in columns(kind).iter().enumerate() {
        form = form.put(&format!("parameters[columns][{at}]"), column);
    }
    let key = format!("report.{}.{day}.{failed}", report_type(kind));
    stripe.keyed("/v1/reporting/report_runs", form, &key)
}

/// An answer on the way to a file.
pub(super) fn answer(stripe: &Stripe, response: &Response, day: NaiveDate, kind: FileKind) -> Answer {
    if !response.is_success() {
        return failed(stripe, response);
    }
    let next = match errors::kind(&response.body).map(|kind| kind.object).as_deref() {
        Some("list") => match serde_json::from_slice::<Page<Run>>(&response.body) {
            Ok(page) => found(stripe, &page.data, day, kind),
            Err(why) => return errors::unreadable(&why),
        },
        Some("reporting.report_run") => match serde_json::from_slice::<Run>(&response.body) {
            Ok(run) => fetch(stripe, &run),
            Err(why) => return errors::unreadable(&why),
        },
        Some(other) => return Answer::Unknown(format!("Stripe answered with a {other} instead of a report")),
        None => return file(&response.body),
    };
    next.unwrap_or_else(Answer::Refused)
}

fn found(stripe: &Stripe, runs: &[Run], day: NaiveDate, kind: FileKind) -> Result<Answer, Refusal> {
    let (start, end) = interval(day);
    let ours = |run: &&Run| {
        run.report_type == report_type(kind)
            && run.parameters.interval_start == Some(start)
            && run.parameters.interval_end == Some(end)
            && run.parameters.columns.as_ref().is_some_and(|has| has.iter().eq(columns(kind).iter()))
    };
    let ours: Vec<&Run> = runs.iter().filter(ours).collect();
    let failed = ours.iter().filter(|run| run.status == "failed").count();
    let best = ours
        .iter()
        .find(|run| run.status == "succeeded")
        .or_else(|| ours.iter().find(|run| run.status != "failed"));
    match best {
        Some(run) => fetch(stripe, run),
        None => create(stripe, day, kind, failed).map(Answer::Then),
    }
}

fn fetch(stripe: &Stripe, run: &Run) -> Result<Answer, Refusal> {
    match (run.status.as_str(), &run.result) {
        ("succeeded", Some(file)) => {
            let url = format!("{}/v1/files/{}/contents", stripe.files, checked(&file.id)?);
            Ok(Answer::Then(stripe.signed(Request::get(url))))
        }
        ("failed", _) => {
            let why = run.error.as_deref().unwrap_or("without a reason");
            Ok(Answer::Unknown(format!("Stripe could not make the report: {why}")))
        }
        _ => Ok(Answer::Told(Told::FileLater)),
    }
}

/// The file itself; one that is only its header is of a day without movements.
fn file(body: &[u8]) -> Answer {
    let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    match lines.take(2).count() {
        0 => Answer::Unknown("Stripe sent an empty file: not even a header".to_owned()),
        1 => Answer::Told(Told::FileEmpty),
        _ => Answer::Told(Told::File(body.to_vec())),
    }
}

fn failed(stripe: &Stripe, response: &Response) -> Answer {
    let problem = errors::problem(&response.body);
    let param = problem.param.as_deref().unwrap_or_default();
    // Stripe has no data of that day yet.
    if response.status == 400 && param.contains("interval_end") {
        return Answer::Told(Told::FileLater);
    }
    errors::answer(stripe, response)
}
