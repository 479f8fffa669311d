//! What is sent to Stripe.

use super::{
    Stripe,
    facts::{ATTEMPT, CAPTURE, LATER, METHOD, REFUND},
    form::Form,
    money, report,
};
use crate::provider::{Attempt, Call, Capture, Method, RefundAsk, Refusal, RefusalKind, Request};
use chrono::{DateTime, TimeDelta, Utc};

/// The version of the API that all this is written for.
const VERSION: &str = "2026-10-28.endive";
/// Stripe keeps a page open for at least half an hour after it is made, and making it takes a while.
const PAGE_LIVES: TimeDelta = TimeDelta::minutes(35);
const PAGE_LIVES_MAX: TimeDelta = TimeDelta::hours(24);
/// Stripe knows keys for a day: as long the same request again is the same order.
const KEYS_LIVE: TimeDelta = TimeDelta::hours(23);
const KEY_MAX: usize = 255;
/// How far before an attempt its payment may have been made, by Stripe's clock.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::hours(1);

const INTENT: &str = "latest_charge";
const SESSION: &str = "payment_intent.latest_charge";
const LOCALES: [&str; 14] =
    ["da", "de", "en", "es", "fi", "fr", "it", "ja", "nb", "nl", "pl", "pt", "sv", "zh"];

impl Stripe {
    pub(super) fn of_call(&self, call: &Call<'_>, now: DateTime<Utc>) -> Result<Request, Refusal> {
        match *call {
            Call::Identify { .. } => Err(unsupported("Stripe needs nobody's id before a payment")),
            Call::Open(attempt) => self.open(attempt),
            Call::Query(attempt) => self.query(attempt, now),
            Call::Close(attempt) => self.close(attempt, now),
            Call::Raise { attempt, to, key } => {
                if !self.raises {
                    return Err(unsupported("holds are not raised at this account (setting raises)"));
                }
                let form = Form::new().put("amount", money::to_wire(to)?).put("expand[0]", INTENT);
                let id = money_of(attempt)?;
                self.keyed(&format!("/v1/payment_intents/{id}/increment_authorization"), form, key)
            }
            Call::Capture { attempt, amount, key } => {
                let wire = money::to_wire(amount)?;
                let form = Form::new().put("amount_to_capture", wire).put("expand[0]", INTENT);
                let id = money_of(attempt)?;
                self.keyed(&format!("/v1/payment_intents/{id}/capture"), form, key)
            }
            Call::Release { attempt, key } => {
                let id = money_of(attempt)?;
                let form = Form::new().put("expand[0]", INTENT);
                self.keyed(&format!("/v1/payment_intents/{id}/cancel"), form, key)
            }
            Call::Refund { attempt, refund } => self.refund(attempt, refund),
            Call::QueryRefund { attempt, refund } => match &refund.reference {
                Some(id) => Ok(self.get(&format!("/v1/refunds/{}", checked(id)?), Form::new())),
                None => {
                    let form = Form::new().put("payment_intent", money_of(attempt)?).put("limit", 100);
                    Ok(self.get("/v1/refunds", form))
                }
            },
            Call::Statement { day, kind } => report::list(self, day, kind),
        }
    }

    /// The order, by the same key however often it is asked for.
    pub(super) fn open(&self, attempt: &Attempt) -> Result<Request, Refusal> {
        match &attempt.method {
            Method::Hosted => self.session(attempt),
            Method::Terminal { reader } => {
                checked(reader)?;
                let form = self.intent(attempt)?.put("allowed_payment_method_types[0]", "card_present");
                let name = "payment_method_options[card_present][request_incremental_authorization_support]";
                let form = if self.asks_to_raise(attempt) { form.put(name, true) } else { form };
                self.keyed("/v1/payment_intents", form, &attempt.number)
            }
            Method::OnFile { customer, instrument } => {
                let form = self
                    .intent(attempt)?
                    .put("customer", checked(customer)?)
                    .put("payment_method", checked(instrument)?)
                    .put("off_session", true)
                    .put("confirm", true)
                    .put("expand[0]", INTENT);
                self.keyed("/v1/payment_intents", form, &attempt.number)
            }
            other => Err(unsupported(&format!("Stripe does not offer the method {}", other.word()))),
        }
    }

    fn session(&self, attempt: &Attempt) -> Result<Request, Refusal> {
        let earliest = attempt.created_at + PAGE_LIVES;
        let expires = attempt.expires_at.max(earliest).min(attempt.created_at + PAGE_LIVES_MAX);
        let data = |name: &str| format!("payment_intent_data{name}");
        let mut form = Form::new()
            .put("mode", "payment")
            .put("client_reference_id", &attempt.number)
            .put("line_items[0][quantity]", 1)
            .put("line_items[0][price_data][currency]", currency(attempt))
            .put("line_items[0][price_data][unit_amount]", money::to_wire(attempt.amount)?)
            .put("line_items[0][price_data][product_data][name]", &attempt.description)
            .put(&data("[capture_method]"), capture_method(attempt))
            .put(&data("[description]"), &attempt.description)
            .put_some(&data("[receipt_email]"), &attempt.payer.email)
            .put("expires_at", expires.timestamp())
            .put("success_url", &attempt.return_url)
            .put("cancel_url", &attempt.return_url)
            .put("locale", locale(&attempt.payer.language))
            .put_some("customer_email", &attempt.payer.email);
        if attempt.payer.keep {
            form = form.put("customer_creation", "always").put(&data("[setup_future_usage]"), "off_session");
        }
        if self.asks_to_raise(attempt) {
            let name = "payment_method_options[card][request_incremental_authorization]";
            form = form.put(name, "if_available");
        }
        form = marked(form, "metadata", attempt);
        form = marked(form, "payment_intent_data[metadata]", attempt);
        self.keyed("/v1/checkout/sessions", form, &attempt.number)
    }

    /// What all PaymentIntents have that we make ourselves.
    fn intent(&self, attempt: &Attempt) -> Result<Form, Refusal> {
        let form = Form::new()
            .put("amount", money::to_wire(attempt.amount)?)
            .put("currency", currency(attempt))
            .put("capture_method", capture_method(attempt))
            .put("description", &attempt.description)
            .put_some("receipt_email", &attempt.payer.email);
        Ok(marked(form, "metadata", attempt))
    }

    fn asks_to_raise(&self, attempt: &Attempt) -> bool {
        self.raises && attempt.capture == Capture::Later
    }

    fn query(&self, attempt: &Attempt, now: DateTime<Utc>) -> Result<Request, Refusal> {
        if let Some(id) = attempt.reference.as_deref().filter(|id| id.starts_with("cs_")) {
            return self.get_session(id);
        }
        if let Some(id) = attempt.charge.as_deref().or(attempt.reference.as_deref()) {
            return self.get_intent(id);
        }
        self.find(attempt, now)
    }

    /// An order of which no answer came. Asking for it again by the same key finds it or makes it, which does no harm
    /// as long as nobody has its page. A debit is looked for instead: asking again would make it.
    pub(super) fn find(&self, attempt: &Attempt, now: DateTime<Utc>) -> Result<Request, Refusal> {
        if let Method::OnFile { customer, .. } = &attempt.method {
            let since = (attempt.created_at - CLOCKS_DIFFER).timestamp();
            let form = Form::new()
                .put("customer", checked(customer)?)
                .put("created[gte]", since)
                .put("limit", 100)
                .put("expand[0]", format!("data.{INTENT}"));
            return Ok(self.get("/v1/payment_intents", form));
        }
        if now - attempt.created_at < KEYS_LIVE {
            return self.open(attempt);
        }
        let form = Form::new()
            .put("query", format!("metadata[\"{ATTEMPT}\"]:\"{}\"", checked(&attempt.number)?))
            .put("expand[0]", format!("data.{INTENT}"));
        Ok(self.get("/v1/payment_intents/search", form))
    }

    fn close(&self, attempt: &Attempt, now: DateTime<Utc>) -> Result<Request, Refusal> {
        if let Some(id) = attempt.reference.as_deref().filter(|id| id.starts_with("cs_")) {
            return self.expire(id);
        }
        match (attempt.charge.as_deref().or(attempt.reference.as_deref()), &attempt.method) {
            // Made at a station's own terminal: no reader of ours shows it.
            (Some(id), Method::Terminal { .. }) if attempt.is_adopted() => self.cancel(id),
            // The reader may show somebody else's payment by now: that one is left alone.
            (Some(_), Method::Terminal { reader }) => self.get_reader(reader),
            (Some(id), _) => self.cancel(id),
            (None, _) => self.find(attempt, now),
        }
    }

    pub(super) fn expire(&self, session: &str) -> Result<Request, Refusal> {
        let path = format!("/v1/checkout/sessions/{}/expire", checked(session)?);
        Ok(self.post(&path, Form::new().put("expand[0]", SESSION)))
    }

    pub(super) fn cancel(&self, intent: &str) -> Result<Request, Refusal> {
        let path = format!("/v1/payment_intents/{}/cancel", checked(intent)?);
        Ok(self.post(&path, Form::new().put("expand[0]", INTENT)))
    }

    pub(super) fn get_session(&self, id: &str) -> Result<Request, Refusal> {
        let path = format!("/v1/checkout/sessions/{}", checked(id)?);
        Ok(self.get(&path, Form::new().put("expand[0]", SESSION)))
    }

    pub(super) fn get_intent(&self, id: &str) -> Result<Request, Refusal> {
        let path = format!("/v1/payment_intents/{}", checked(id)?);
        Ok(self.get(&path, Form::new().put("expand[0]", INTENT)))
    }

    /// What a terminal does.
    pub(super) fn get_reader(&self, reader: &str) -> Result<Request, Refusal> {
        Ok(self.get(&format!("/v1/terminal/readers/{}", checked(reader)?), Form::new()))
    }

    /// The terminal shows nothing any more.
    pub(super) fn cancel_action(&self, reader: &str) -> Result<Request, Refusal> {
        let path = format!("/v1/terminal/readers/{}/cancel_action", checked(reader)?);
        Ok(self.post(&path, Form::new()))
    }

    /// Shows a payment at a terminal.
    pub(super) fn process(&self, reader: &str, intent: &str, number: &str) -> Result<Request, Refusal> {
        let path = format!("/v1/terminal/readers/{}/process_payment_intent", checked(reader)?);
        self.keyed(&path, Form::new().put("payment_intent", checked(intent)?), &format!("{number}.reader"))
    }

    fn refund(&self, attempt: &Attempt, refund: &RefundAsk) -> Result<Request, Refusal> {
        let form = Form::new()
            .put("payment_intent", money_of(attempt)?)
            .put("amount", money::to_wire(refund.amount)?)
            .put(&format!("metadata[{ATTEMPT}]"), &attempt.number)
            .put(&format!("metadata[{REFUND}]"), &refund.number)
            .put_some("metadata[reason]", &refund.reason);
        match refund.spent {
            0 => self.keyed("/v1/refunds", form, &refund.number),
            spent => self.keyed("/v1/refunds", form, &format!("{}.{spent}", refund.number)),
        }
    }

    pub(super) fn get(&self, path: &str, form: Form) -> Request {
        let query = form.text();
        let mark = if query.is_empty() { "" } else { "?" };
        self.signed(Request::get(format!("{}{path}{mark}{query}", self.base)))
    }

    fn post(&self, path: &str, form: Form) -> Request {
        let url = format!("{}{path}", self.base);
        self.signed(Request::post(url, "application/x-www-form-urlencoded", form.bytes()))
    }

    /// By a key: the same key is the same thing, done once.
    pub(super) fn keyed(&self, path: &str, form: Form, key: &str) -> Result<Request, Refusal> {
        if key.is_empty() || key.len() > KEY_MAX || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Refusal::new(RefusalKind::Setup, "key", &format!("{key:?} is no key for Stripe")));
        }
        Ok(self.post(path, form).with("idempotency-key", key))
    }

    pub(super) fn signed(&self, request: Request) -> Request {
        let request = request
            .with("authorization", format!("Bearer {}", self.key))
            .with("stripe-version", VERSION)
            .with("accept", "application/json");
        if self.account.is_empty() { request } else { request.with("stripe-account", &self.account) }
    }
}

/// Our words on an object, which its notifications bring back.
fn marked(form: Form, under: &str, attempt: &Attempt) -> Form {
    let capture = if attempt.capture == Capture::Later { LATER } else { "now" };
    form.put(&format!("{under}[{ATTEMPT}]"), &attempt.number)
        .put(&format!("{under}[{METHOD}]"), attempt.method.word())
        .put(&format!("{under}[{CAPTURE}]"), capture)
}

/// Stripe's number of the attempt's money.
fn money_of(attempt: &Attempt) -> Result<&str, Refusal> {
    match attempt.charge.as_deref() {
        Some(id) => checked(id),
        None => Err(Refusal::new(
            RefusalKind::Setup,
            "charge",
            "Stripe's number of the payment (pi_…) is not known yet: query the payment first",
        )),
    }
}

/// An id that may stand in an address.
pub(super) fn checked(id: &str) -> Result<&str, Refusal> {
    let fits = !id.is_empty() && id.len() <= KEY_MAX;
    if fits && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
        Ok(id)
    } else {
        let text = format!("{:?} is no id of Stripe's", money::clip(id));
        Err(Refusal::new(RefusalKind::Setup, "id", &text))
    }
}

pub(super) fn unsupported(text: &str) -> Refusal {
    Refusal::new(RefusalKind::Unsupported, "unsupported", text)
}

fn currency(attempt: &Attempt) -> String {
    attempt.amount.currency.code().to_ascii_lowercase()
}

fn capture_method(attempt: &Attempt) -> &'static str {
    match attempt.capture {
        Capture::Now => "automatic",
        Capture::Later => "manual",
    }
}

/// The language of Stripe's page.
fn locale(language: &str) -> &'static str {
    let primary = language.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    LOCALES.into_iter().find(|known| *known == primary).unwrap_or("auto")
}
