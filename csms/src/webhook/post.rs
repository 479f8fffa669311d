//! One try of one delivery.

use super::{HookError, PING, check_address, sign};
use crate::{
    app::App,
    config, egress,
    event::Event,
    store::{
        StoreError, events,
        row::EventRow,
        webhooks::{DeliveryRow, WebhookRow},
    },
};
use reqwest::{StatusCode, header::RETRY_AFTER};
use std::{sync::Arc, time::Duration};

/// Of an answer that is kept.
const ANSWER_BYTES_MAX: usize = 1_024;
/// A receiver may put off the next try for so long.
const PUT_OFF_MAX: u64 = 3_600;

/// The way out.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    private: bool,
}

impl Client {
    /// With the limits of the settings.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn build(settings: &config::Webhooks) -> reqwest::Result<Client> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(settings.timeout_s.max(1)))
            .redirect(reqwest::redirect::Policy::none())
            .dns_resolver(Arc::new(egress::Resolver { private: settings.private }))
            .user_agent(concat!("Wattline/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Client { http, private: settings.private })
    }
}

/// How a try went.
#[derive(Debug, Default)]
pub(super) struct Went {
    /// 0 = no answer.
    pub status: u16,
    pub answer: String,
    /// Empty: it was taken.
    pub trouble: String,
    /// The receiver wants the next try so many seconds later.
    pub put_off_s: Option<u64>,
    /// It wants nothing more, ever.
    pub gone: bool,
    /// The event is not there any more: there is nothing to be told.
    pub nothing: bool,
}

/// Posts it.
///
/// # Errors
/// The database fails.
pub(super) async fn post(app: &App, hook: &WebhookRow, delivery: &DeliveryRow) -> Result<Went, StoreError> {
    let now = app.clock.now();
    let (id, event) = if delivery.kind == PING {
        let body = serde_json::json!({ "webhook": hook.name }).to_string();
        let row =
            EventRow { id: 0, at: now, station_id: None, session_id: None, kind: PING.to_owned(), body };
        (format!("ping_{}", delivery.id), Event::new(0, &row))
    } else {
        let Some(row) = events::by_number(&mut app.db.read().await?, delivery.seq).await? else {
            let trouble = "the event was past its time and is gone".to_owned();
            return Ok(Went { trouble, nothing: true, ..Went::default() });
        };
        (format!("evt_{}", row.seq), Event::new(row.seq, &row.event))
    };
    let body = serde_json::to_string(&event).unwrap_or_default();
    let old = hook.old_until.filter(|until| now < *until).map(|_| hook.old_secret.as_str());
    let secrets: Vec<&str> = [Some(hook.secret.as_str()), old].into_iter().flatten().collect();
    let signatures = sign::signatures(&secrets, &id, now.timestamp(), &body);
    let url = match check_address(&hook.url, app.hooks.client.private) {
        Ok(url) => url,
        Err(HookError::Address(why)) => return Ok(Went { trouble: why.to_owned(), ..Went::default() }),
        Err(error) => return Ok(Went { trouble: error.to_string(), ..Went::default() }),
    };
    let request = app
        .hooks
        .client
        .http
        .post(url)
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", now.timestamp())
        .header("webhook-signature", signatures)
        .body(body);
    Ok(match request.send().await {
        Ok(response) => heard(response).await,
        Err(error) => Went { trouble: causes(&error.without_url()), ..Went::default() },
    })
}

async fn heard(mut response: reqwest::Response) -> Went {
    let status = response.status();
    let put_off_s = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map(|seconds: u64| seconds.min(PUT_OFF_MAX));
    let mut answer = Vec::new();
    // Of the answer only the beginning is read; what it is does not change whether the event was taken.
    while answer.len() < ANSWER_BYTES_MAX
        && let Ok(Some(chunk)) = response.chunk().await
    {
        answer.extend_from_slice(&chunk[..chunk.len().min(ANSWER_BYTES_MAX - answer.len())]);
    }
    let trouble = match status {
        status if status.is_success() => String::new(),
        status if status.is_redirection() => format!("answered {status}; redirects are not followed"),
        status => format!("answered {status}"),
    };
    Went {
        status: status.as_u16(),
        answer: String::from_utf8_lossy(&answer).into_owned(),
        trouble,
        put_off_s,
        gone: status == StatusCode::GONE,
        nothing: false,
    }
}

/// An error with what is behind it: the outermost says only that a request failed.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let more = cause.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        next = cause.source();
    }
    text.chars().take(500).collect()
}
