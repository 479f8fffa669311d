//! Notifications of providers: checked, kept, taken, committed, and only then acknowledged.

use super::{
    PayError, dispute,
    docket::Docket,
    fact::{self, Verdict},
    tasks::Kind,
};
use crate::{
    app::App,
    store::{
        Tx,
        pay::{
            attempts,
            inbox::{self, InboxRow},
            tasks,
        },
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use payments::provider::{Fact, Notice, NoticeFault, Response};

/// Bytes of a notification at most; who serves it refuses longer ones before reading them.
pub const BYTES_MAX: usize = 1024 * 1024;

/// A notification was refused before it was read: it was too long, or it ended in the middle.
pub fn notice_unread(app: &App, account: &str, status: u16) {
    let known = app.pay.accounts.get(account).map_or("", |known| &known.name);
    tracing::warn!(account = known, status, "a notification could not be read; nothing was changed");
    count(known, if status == 413 { "too_long" } else { "broken_off" });
}

/// Takes a notification that came to the address of this account, and gives the answer to it. `raw` is the request as
/// it came: status 0, headers with names in lower case, the bytes.
pub async fn notice(app: &App, account: &str, raw: &Response) -> Response {
    let Some(of) = app.pay.accounts.get(account) else {
        count("", "unknown_account");
        return Response::text(404, "text/plain", "there is no such account\n");
    };
    if raw.body.len() > BYTES_MAX {
        count(account, "too_long");
        return Response::text(413, "text/plain", "too long\n");
    }
    let notices = match of.provider.notice(raw, app.clock.now()) {
        Ok(notices) => notices,
        Err(fault) => {
            count(account, fault.word());
            if fault == NoticeFault::Probe {
                tracing::info!(account, "the provider tests whether signatures are checked");
            } else {
                tracing::warn!(account, %fault, "a notification is not believed; nothing was changed");
            }
            // In the provider's own words, and as what it is: not our failure. All of them send a true one again.
            let status = if matches!(fault, NoticeFault::Malformed(_)) { 400 } else { 401 };
            return Response { status, ..of.provider.acknowledgement(false) };
        }
    };
    let mut took = true;
    for notice in &notices {
        match take(app, account, notice, raw).await {
            Ok(verdict) => {
                let word = match verdict {
                    Verdict::Applied => "applied",
                    Verdict::NothingNew => "nothing_new",
                    Verdict::UnknownOrder => "unknown_order",
                    Verdict::Review(_) => "review",
                };
                count(account, word);
            }
            Err(error) => {
                count(account, "not_stored");
                tracing::error!(account, key = notice.key(), %error, "a notification was not stored; it is not acknowledged, so that it comes again");
                took = false;
            }
        }
    }
    of.provider.acknowledgement(took)
}

fn count(account: &str, outcome: &'static str) {
    metrics::counter!("csms_pay_notices_total", "account" => account.to_owned(), "outcome" => outcome)
        .increment(1);
}

/// One transaction: the notification, what comes of it, the ledger, the tasks.
async fn take(app: &App, account: &str, notice: &Notice, raw: &Response) -> Result<Verdict, PayError> {
    let (number, about) = match notice.fact() {
        Fact::Payment(fact) => (Some(fact.number.as_str()), "payment"),
        Fact::Refund(fact) => (Some(fact.attempt.as_str()), "refund"),
        Fact::Dispute(dispute) => (Some(dispute.attempt.as_str()), "dispute"),
        Fact::Moved { .. } => (None, "moved"),
        Fact::Other { .. } => (None, "other"),
    };
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let row = InboxRow {
        id: app.ids.next(),
        account: account.to_owned(),
        key: notice.key().to_owned(),
        order_id: None,
        fact: serde_json::to_string(notice.fact()).unwrap_or_default(),
        body: match std::str::from_utf8(&raw.body) {
            Ok(text) => text.to_owned(),
            Err(_) => STANDARD.encode(&raw.body),
        },
        verdict: "unknown_order".to_owned(),
        times: 1,
        received_at: now,
    };
    let kept = inbox::take(&mut tx, &row).await?.unwrap_or(row);
    if kept.times > 1 && !Verdict::is_open(&kept.verdict) {
        tx.commit().await?;
        return Ok(Verdict::NothingNew);
    }
    let attempt = match (number, notice.fact()) {
        (Some(number), _) => match attempts::by_number(&mut tx, number).await? {
            // Disputes, and refunds that were made by hand there, name the provider's number of the money.
            None => attempts::by_charge(&mut tx, account, number).await?,
            found => found,
        },
        // A terminal may be used for what is none of ours.
        (None, Fact::Moved { charge }) => attempts::by_charge(&mut tx, account, charge).await?,
        (None, _) => None,
    };
    let docket = match &attempt {
        Some(attempt) => Docket::open(app, &mut tx, attempt.order_id).await?,
        None => None,
    };
    let Some(mut docket) = docket else {
        let verdict = if number.is_none() { Verdict::NothingNew } else { Verdict::UnknownOrder };
        if verdict == Verdict::UnknownOrder {
            tracing::error!(
                account,
                about,
                number,
                "a notification about an order that nobody has made here"
            );
        }
        inbox::judge(&mut tx, kept.id, None, &verdict.words()).await?;
        tx.commit().await?;
        return Ok(verdict);
    };
    let verdict = match notice.fact() {
        Fact::Payment(fact) if fact::lacks_card(&docket, account, fact) => {
            let query = attempt.as_ref().map_or(0, |attempt| attempt.id);
            ask(&docket, &mut tx, query).await?
        }
        Fact::Payment(fact) => fact::payment(&mut docket, &mut tx, account, fact).await?,
        Fact::Refund(fact) => fact::refund(&mut docket, &mut tx, account, fact, true).await?,
        Fact::Dispute(told) => dispute::dispute(&mut docket, &mut tx, account, told).await?,
        Fact::Moved { .. } => {
            let query = attempt.as_ref().map_or(0, |attempt| attempt.id);
            ask(&docket, &mut tx, query).await?
        }
        Fact::Other { .. } => Verdict::NothingNew,
    };
    inbox::judge(&mut tx, kept.id, Some(docket.order.id), &verdict.words()).await?;
    let station = docket.order.station_id.clone();
    tx.commit().await?;
    app.pay.changed(app, &station);
    Ok(verdict)
}

/// The notification was a hint: how the payment stands is asked now.
async fn ask(docket: &Docket<'_>, tx: &mut Tx, attempt: i64) -> Result<Verdict, PayError> {
    let asked = tasks::hasten(tx, &Kind::Query.key(attempt), docket.now).await?;
    Ok(if asked { Verdict::Applied } else { Verdict::NothingNew })
}
