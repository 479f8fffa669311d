//! What an account at Alipay needs.

use super::{
    Alipay,
    keys::{Signer, Trusted, roots},
};
use crate::provider::{Abilities, FileKind, Method, Secret};
use serde::{Deserialize, Serialize};

const GATEWAY: &str = "https://openapi.alipay.com/gateway.do";
const LOGIN: &str = "https://openauth.alipay.com/oauth2/publicAppAuthorize.htm";
const KEYS_MAX: usize = 8;

/// The settings of one account: of one app. Either `alipay_public_keys`, or the three kinds of certificates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub app_id: String,
    /// The merchant's id (`2088…`): notifications for another one are refused. Empty = not compared.
    pub seller_id: String,
    /// The app's own.
    pub private_key: Secret,
    /// Alipay's, not the app's; several while one is changed.
    pub alipay_public_keys: Vec<Secret>,
    /// `appCertPublicKey_….crt`.
    pub app_certificate: Secret,
    /// `alipayRootCert.crt`.
    pub root_certificate: Secret,
    /// `alipayCertPublicKey_RSA2.crt`; several while one is renewed.
    pub alipay_certificates: Vec<Secret>,
    /// Of a merchant that has authorised this app to act for it.
    pub app_auth_token: Secret,
    pub gateway: String,
    /// The page where a payer says who it is.
    pub login: String,
    /// `in_wallet`, `phone_browser`, `code`, `hosted` (its page for desktops), `score` (holds), best first.
    pub methods: Vec<String>,
    /// Pay in the wallet by its bridge instead of its page; who pays is asked before.
    pub bridge: bool,
    pub deposit: Deposit,
    /// Fetch bills to reconcile with.
    pub statements: bool,
}

/// Holds: pre-authorisation, free of a deposit for who has the credit (芝麻免押).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Deposit {
    /// The product of the contract for holding.
    pub product: String,
    /// And for taking what was held.
    pub capture_product: String,
    /// Of the business, as Alipay lists them.
    pub category: String,
    /// The service's number at Zhima; empty = the contract's own.
    pub service_id: String,
    /// What a payer may hold with.
    pub channels: Vec<String>,
}

impl Default for Deposit {
    fn default() -> Deposit {
        Deposit {
            product: "PRE_AUTH".to_owned(),
            capture_product: "PREAUTH_PAY".to_owned(),
            category: "CHARGE_PILE_CAR".to_owned(),
            service_id: String::new(),
            channels: ["PCREDIT_PAY", "MONEY_FUND", "CREDITZHIMA"].map(str::to_owned).to_vec(),
        }
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            app_id: String::new(),
            seller_id: String::new(),
            private_key: Secret::default(),
            alipay_public_keys: Vec::new(),
            app_certificate: Secret::default(),
            root_certificate: Secret::default(),
            alipay_certificates: Vec::new(),
            app_auth_token: Secret::default(),
            gateway: GATEWAY.to_owned(),
            login: LOGIN.to_owned(),
            methods: ["in_wallet", "phone_browser", "code"].map(str::to_owned).to_vec(),
            bridge: false,
            deposit: Deposit::default(),
            statements: true,
        }
    }
}

type Read<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, String>;

/// The account, ready to be asked.
///
/// # Errors
/// A setting is missing or wrong: which, and what belongs there.
pub fn build(settings: &Settings, read: Read<'_>) -> Result<Alipay, String> {
    if settings.app_id.is_empty() || !settings.app_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(
            "app_id is missing or holds more than digits: copy it from the app's page at open.alipay.com"
                .to_owned(),
        );
    }
    if !settings.seller_id.is_empty() && !settings.seller_id.starts_with("2088") {
        return Err(
            "seller_id does not begin with 2088: give the merchant's id (PID), not its e-mail".to_owned()
        );
    }
    let signer = Signer::read(&settings.private_key.text("private_key", read)?)?;
    let (trusted, names) = trusted(settings, &signer, read)?;
    let token = &settings.app_auth_token;
    Ok(Alipay {
        app_id: settings.app_id.clone(),
        seller_id: settings.seller_id.clone(),
        signer,
        trusted,
        names,
        token: if token.is_empty() { None } else { Some(token.text("app_auth_token", read)?) },
        gateway: address("gateway", &settings.gateway)?,
        login: address("login", &settings.login)?,
        bridge: settings.bridge,
        deposit: settings.deposit.clone(),
        abilities: abilities(settings)?,
    })
}

/// Whom an account trusts, and by what names it and the root are known in certificate mode.
type Trust = (Vec<Trusted>, Option<(String, String)>);

/// Alipay's keys; in certificate mode also the names of the app's and of the root certificate.
fn trusted(settings: &Settings, signer: &Signer, read: Read<'_>) -> Result<Trust, String> {
    let certificates = !settings.app_certificate.is_empty()
        || !settings.root_certificate.is_empty()
        || !settings.alipay_certificates.is_empty();
    let mut trusted = Vec::new();
    match (certificates, settings.alipay_public_keys.is_empty()) {
        (true, false) => {
            return Err(
                "alipay_public_keys and certificates are both set: keep those of the mode that the app's \
                        page at open.alipay.com shows"
                    .to_owned(),
            );
        }
        (false, true) => {
            return Err(
                "Alipay's key is missing: set alipay_public_keys (public-key mode), or app_certificate, \
                        root_certificate and alipay_certificates (certificate mode)"
                    .to_owned(),
            );
        }
        (false, false) => {
            for (at, key) in few("alipay_public_keys", &settings.alipay_public_keys)?.iter().enumerate() {
                let name = format!("alipay_public_keys[{at}]");
                let key = Trusted::read(&name, &key.text(&name, read)?)?;
                if key.is(signer.public()) {
                    return Err(format!(
                        "{name} is the app's own public key (应用公钥): give 支付宝公钥, Alipay's public key, which \
                         the app's page shows after the app's own was uploaded"
                    ));
                }
                trusted.push(key);
            }
            return Ok((trusted, None));
        }
        (true, true) => {}
    }
    let app = settings.app_certificate.text("app_certificate", read)?;
    let app = Trusted::of_certificate("app_certificate", &app)?;
    if !app.is(signer.public()) {
        return Err(
            "app_certificate is not of private_key: give appCertPublicKey_….crt of this app and the key \
                    that its request was made with"
                .to_owned(),
        );
    }
    let root = roots("root_certificate", &settings.root_certificate.text("root_certificate", read)?)?;
    if settings.alipay_certificates.is_empty() {
        return Err("alipay_certificates is empty: give alipayCertPublicKey_RSA2.crt".to_owned());
    }
    for (at, certificate) in few("alipay_certificates", &settings.alipay_certificates)?.iter().enumerate() {
        let name = format!("alipay_certificates[{at}]");
        let certificate = Trusted::of_certificate(&name, &certificate.text(&name, read)?)?;
        if certificate.is(signer.public()) {
            return Err(format!("{name} is the app's own certificate: give alipayCertPublicKey_RSA2.crt"));
        }
        trusted.push(certificate);
    }
    Ok((trusted, Some((app.sn.unwrap_or_default(), root))))
}

fn few<'a>(name: &str, keys: &'a [Secret]) -> Result<&'a [Secret], String> {
    if keys.len() > KEYS_MAX {
        return Err(format!("{name} has more than {KEYS_MAX}: remove those that are not used any more"));
    }
    Ok(keys)
}

fn address(name: &str, url: &str) -> Result<String, String> {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['?', '#', ' ']) => Ok(url.to_owned()),
        _ => Err(format!("{name} is no address without a query: leave it out for Alipay's own ({GATEWAY})")),
    }
}

fn abilities(settings: &Settings) -> Result<Abilities, String> {
    let mut methods = Vec::new();
    for word in &settings.methods {
        methods.push(match word.as_str() {
            "in_wallet" => Method::InWallet,
            "phone_browser" => Method::PhoneBrowser,
            "code" => Method::Code,
            "hosted" => Method::Hosted,
            "score" => Method::Score,
            _ => {
                return Err(format!(
                    "methods has {word:?}: Alipay has in_wallet, phone_browser, code, hosted and score"
                ));
            }
        });
    }
    if methods.is_empty() {
        return Err("methods is empty: name one, or leave it out".to_owned());
    }
    let yuan = "CNY".parse().map_err(|_| "CNY is not known".to_owned())?;
    let statements = if settings.statements { vec![FileKind::Trades, FileKind::Funds] } else { Vec::new() };
    let holds = methods.iter().filter(|method| **method == Method::Score).cloned().collect();
    Ok(Abilities { methods, holds, raises: false, cards_by_query: false, currencies: vec![yuan], statements })
}
