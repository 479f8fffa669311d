//! What an account at Stripe needs.

use super::Stripe;
use crate::provider::{Abilities, FileKind, Method, Secret};
use serde::{Deserialize, Serialize};
use tariffs::Currency;

/// Where Stripe answers.
const BASE_URL: &str = "https://api.stripe.com";
const FILES_URL: &str = "https://files.stripe.com";
const SECRETS_MAX: usize = 8;

/// The settings of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `sk_…` or a restricted key `rk_…`.
    pub secret_key: Secret,
    /// `whsec_…` of the webhook endpoint; several while one is rolled.
    pub webhook_secrets: Vec<Secret>,
    /// `acct_…`: of a connected account that is acted for, and the only one whose events are taken; empty = the key's.
    pub account: String,
    /// Without a path; changed for tests and proxies.
    pub base_url: String,
    /// Where the files of reports are.
    pub files_url: String,
    /// `hosted`, `terminal`, `on_file`, best first.
    pub methods: Vec<String>,
    /// Currencies that are taken (ISO 4217); empty = all.
    pub currencies: Vec<String>,
    /// Ask for holds that can be raised. Only accounts that Stripe allows it for get them.
    pub raises: bool,
    /// Fetch reports to reconcile with.
    pub statements: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            secret_key: Secret::default(),
            webhook_secrets: Vec::new(),
            account: String::new(),
            base_url: BASE_URL.to_owned(),
            files_url: FILES_URL.to_owned(),
            methods: vec!["hosted".to_owned(), "on_file".to_owned()],
            currencies: Vec::new(),
            raises: false,
            statements: true,
        }
    }
}

/// The account, ready to be asked.
///
/// # Errors
/// A setting is missing or wrong: which, and what belongs there.
pub fn build(settings: &Settings, read: &dyn Fn(&str) -> Result<Vec<u8>, String>) -> Result<Stripe, String> {
    let key = settings.secret_key.text("secret_key", read)?;
    let live = live(&key)?;
    if settings.webhook_secrets.is_empty() {
        return Err(
            "webhook_secrets is empty: add an endpoint under Developers → Webhooks in Stripe's dashboard \
                    that sends to this account's notify URL, and give its signing secret (whsec_…)"
                .to_owned(),
        );
    }
    if settings.webhook_secrets.len() > SECRETS_MAX {
        return Err(format!("webhook_secrets has more than {SECRETS_MAX}: remove those that were rolled"));
    }
    let mut secrets = Vec::new();
    for (at, secret) in settings.webhook_secrets.iter().enumerate() {
        let name = format!("webhook_secrets[{at}]");
        let secret = secret.text(&name, read)?;
        if !secret.starts_with("whsec_") {
            return Err(format!(
                "{name} does not begin with whsec_: give the signing secret of the webhook \
                                endpoint, not an API key"
            ));
        }
        secrets.push(secret);
    }
    if !settings.account.is_empty() && !settings.account.starts_with("acct_") {
        return Err(
            "account does not begin with acct_: give the id of the connected account, or leave it out"
                .to_owned(),
        );
    }
    Ok(Stripe {
        key,
        live,
        secrets,
        account: settings.account.clone(),
        base: base("base_url", &settings.base_url)?,
        files: base("files_url", &settings.files_url)?,
        raises: settings.raises,
        abilities: abilities(settings)?,
    })
}

/// Does the key move real money?
fn live(key: &str) -> Result<bool, String> {
    if key.bytes().any(|byte| !byte.is_ascii_graphic()) {
        return Err("secret_key holds more than a key: give one line, sk_live_… or rk_live_…".to_owned());
    }
    match key {
        _ if key.starts_with("sk_live_") || key.starts_with("rk_live_") => Ok(true),
        _ if key.starts_with("sk_test_") || key.starts_with("rk_test_") => Ok(false),
        _ if key.starts_with("pk_") => {
            Err("secret_key is a publishable key (pk_…): give the secret key (sk_…) \
                                            or a restricted one (rk_…)"
                .to_owned())
        }
        _ if key.starts_with("whsec_") => Err("secret_key is a webhook's signing secret: it belongs into \
                                               webhook_secrets; give the secret key (sk_…) here"
            .to_owned()),
        _ => Err("secret_key is none of Stripe's: it begins with sk_live_, sk_test_, rk_live_ or rk_test_"
            .to_owned()),
    }
}

/// An address without a slash at its end.
fn base(name: &str, url: &str) -> Result<String, String> {
    let url = url.trim().trim_end_matches('/');
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['?', '#', ' ']) => Ok(url.to_owned()),
        _ => Err(format!("{name} is no address: give https://HOST, or leave it out for Stripe's own")),
    }
}

fn abilities(settings: &Settings) -> Result<Abilities, String> {
    let mut methods = Vec::new();
    for word in &settings.methods {
        methods.push(match word.as_str() {
            "hosted" => Method::Hosted,
            "terminal" => Method::Terminal { reader: String::new() },
            "on_file" => Method::OnFile { customer: String::new(), instrument: String::new() },
            _ => return Err(format!("methods has {word:?}: Stripe has hosted, terminal and on_file")),
        });
    }
    if methods.is_empty() {
        return Err("methods is empty: name hosted, terminal or on_file, or leave it out".to_owned());
    }
    let mut currencies = Vec::new();
    for code in &settings.currencies {
        let currency: Currency =
            code.parse().map_err(|_| format!("currencies has {code:?}, which is no currency of ISO 4217"))?;
        currencies.push(currency);
    }
    let statements = if settings.statements { vec![FileKind::Trades, FileKind::Funds] } else { Vec::new() };
    // The charge, which knows the card, is an id in events.
    let (holds, raises) = (methods.clone(), settings.raises);
    Ok(Abilities { methods, holds, raises, cards_by_query: true, currencies, statements })
}
