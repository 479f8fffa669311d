//! What the sandbox does without being asked: sends notifications, lets time pass, forgets.

use super::{Fault, Sandbox};
use crate::store::sandbox::{self as rows, NoticeRow};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use payments::provider::sandbox::wire::{self, Kind, Signed};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Looked for work at least this often.
const TURN: Duration = Duration::from_secs(1);
/// Notifications sent at one time.
const AT_ONCE: i64 = 32;
/// Whoever does not answer within this has not got it.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Nobody else sends a notification that is being sent, for so long.
const CLAIM: TimeDelta = TimeDelta::seconds(30);
/// Seconds until the next try; after the last it is given up.
const AGAIN: [i64; 7] = [5, 15, 60, 300, 900, 1_800, 3_600];
/// Orders and movements are kept for so long.
const KEEP: TimeDelta = TimeDelta::days(90);
/// Old rows are looked for after so many turns, and removed so many at a time.
const FORGET_EVERY: u32 = 900;
const FORGET: i64 = 1_000;

/// Runs until `stop` is cancelled. What fails is logged and tried again.
pub async fn run(sandbox: Arc<Sandbox>, stop: CancellationToken) {
    if sandbox.accounts.is_empty() {
        return;
    }
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build();
    let client = match client {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, "the sandbox cannot send notifications");
            return;
        }
    };
    let mut turns = 0_u32;
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = async {
                turns += 1;
                if let Err(error) = sandbox.turn(&client).await {
                    failed(&error);
                }
                if turns % FORGET_EVERY == 1 && let Err(error) = sandbox.forget().await {
                    failed(&error);
                }
                // Woken when there is something new, and at the latest after a turn.
                let _ = tokio::time::timeout(TURN, sandbox.wake.notified()).await;
            } => {}
        }
    }
}

fn failed(error: &Fault) {
    metrics::counter!("csms_job_failures_total", "job" => "sandbox").increment(1);
    tracing::warn!(%error, "the sandbox failed at its work; it is tried again");
}

impl Sandbox {
    /// Does what is due.
    async fn turn(&self, client: &reqwest::Client) -> Result<(), Fault> {
        while self.by_itself(self.clock.now()).await? > 0 {}
        loop {
            let now = self.clock.now();
            let due = rows::due_notices(&mut self.db.read().await?, now, AT_ONCE).await?;
            if due.is_empty() {
                return Ok(());
            }
            for sent in join_all(due.iter().map(|notice| self.send(client, notice, now))).await {
                sent?;
            }
        }
    }

    async fn send(
        &self,
        client: &reqwest::Client,
        notice: &NoticeRow,
        now: DateTime<Utc>,
    ) -> Result<(), Fault> {
        let mut tx = self.db.write().await?;
        let claimed = rows::claim_notice(&mut tx, notice, now + CLAIM).await?;
        tx.commit().await?;
        if !claimed {
            return Ok(());
        }
        let outcome = self.deliver(client, notice).await;
        let again =
            usize::try_from(notice.tries).ok().and_then(|tries| AGAIN.get(tries)).filter(|_| !notice.forged);
        let (state, trouble, seconds) = match (&outcome, again) {
            (Ok(()), _) => ("done", "", 0),
            (Err(why), Some(seconds)) => ("waiting", &**why, *seconds),
            (Err(why), None) => ("given_up", &**why, 0),
        };
        metrics::counter!("csms_sandbox_notices_total", "outcome" => state).increment(1);
        let mut tx = self.db.write().await?;
        let due_at = self.clock.now() + TimeDelta::seconds(seconds);
        rows::sent_notice(&mut tx, notice.id, state, trouble, due_at).await?;
        Ok(tx.commit().await?)
    }

    /// Sends it. Taken only if the other side says so.
    async fn deliver(&self, client: &reqwest::Client, notice: &NoticeRow) -> Result<(), String> {
        let account = self.account(&notice.merchant).ok_or("the settings no longer have this account")?;
        let timestamp = self.clock.now().timestamp();
        let body = notice.body.as_bytes();
        let signed =
            Signed { kind: Kind::Notice, merchant: &notice.merchant, timestamp, id: &notice.event, body };
        let signature = match notice.forged {
            true => signed.sign("a key that a forger has guessed"),
            false => signed.sign(&account.key),
        };
        let request = client
            .post(&notice.url)
            .header("content-type", "application/json")
            .header(wire::MERCHANT, &notice.merchant)
            .header(wire::TIMESTAMP, timestamp)
            .header(wire::ID, &notice.event)
            .header(wire::SIGNATURE, signature)
            .body(notice.body.clone());
        let response = request.send().await.map_err(|error| error.without_url().to_string())?;
        match response.status() {
            status if status.is_success() => Ok(()),
            status => Err(format!("HTTP {}", status.as_u16())),
        }
    }

    async fn forget(&self) -> Result<(), Fault> {
        loop {
            let mut tx = self.db.write().await?;
            let removed = rows::remove_before(&mut tx, self.clock.now() - KEEP, FORGET).await?;
            tx.commit().await?;
            metrics::counter!("csms_retention_removed_total", "kind" => "sandbox").increment(removed);
            if removed == 0 {
                return Ok(());
            }
        }
    }
}
