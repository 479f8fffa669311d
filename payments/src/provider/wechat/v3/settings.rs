//! What an account's settings say, and what can be wrong with them.

use super::{WechatV3, score::Score, sign::Signer};
use crate::provider::wechat::{login::Login, material::Material, nonce::Nonces, pem, terms};
use crate::provider::{FileKind, Read};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Mutex;

const BASE_URL: &str = "https://api.mch.weixin.qq.com";

/// An account of WeChat Pay API v3.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(default = "base_url")]
    pub base_url: String,
    /// WeChat's second address (`https://api2.mch.weixin.qq.com`), for when the first cannot be reached.
    pub backup_url: Option<String>,
    pub mchid: String,
    pub appid: String,
    /// Of the app; only for payment inside WeChat.
    pub app_secret: Option<Material>,
    /// Serial of the merchant's API certificate; not needed where `certificate` is given.
    pub certificate_serial: Option<String>,
    /// The merchant's API certificate (`apiclient_cert.pem`): its serial is read from it.
    pub certificate: Option<Material>,
    /// The private key of that certificate (`apiclient_key.pem`).
    pub private_key: Material,
    /// 32 characters, set at WeChat's merchant platform.
    pub api_v3_key: Material,
    /// WeChat's keys, by the serial or the id (`PUB_KEY_ID_…`) that they sign with; several during a change.
    pub platform_keys: BTreeMap<String, Material>,
    /// With which of the public keys WeChat shall sign its answers; needed where there are several.
    pub answers_signed_by: Option<String>,
    #[serde(default = "terms::Product::usual")]
    pub products: Vec<terms::Product>,
    /// The pay score service, where the merchant has it.
    pub score: Option<ScoreSettings>,
    /// Where the login page and its exchange are, instead of WeChat's own.
    pub login_page_url: Option<String>,
    pub login_url: Option<String>,
}

/// A pay score service: an amount is held on the payer's credit, and the bill is debited.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreSettings {
    pub service_id: String,
    /// What the payer reads about the service, at most 20 characters.
    #[serde(default = "introduction")]
    pub introduction: String,
    /// The kind of the amount that is held, as agreed with WeChat.
    #[serde(default = "risk_fund")]
    pub risk_fund: String,
    /// The key that signs the parameters of the confirmation page, where it is not the APIv3 key (older services: the
    /// key of API v2).
    pub page_key: Option<Material>,
}

fn base_url() -> String {
    BASE_URL.to_owned()
}

fn introduction() -> String {
    "充电服务".to_owned()
}

fn risk_fund() -> String {
    "ESTIMATE_ORDER_COST".to_owned()
}

/// The account, with all its keys read.
///
/// # Errors
/// What is wrong with the settings and what to do.
pub fn build(settings: &Settings, read: Read<'_>) -> Result<WechatV3, String> {
    terms::identifier("mchid", &settings.mchid)?;
    terms::identifier("appid", &settings.appid)?;
    let api_v3_key = settings.api_v3_key.secret("api_v3_key", read)?;
    let seal: [u8; 32] = api_v3_key.as_bytes().try_into().map_err(|_| {
        format!(
            "api_v3_key has {} bytes, but it is exactly 32. Copy the APIv3 key from the merchant platform (account centre, API security)",
            api_v3_key.len()
        )
    })?;
    let platform = platform_keys(settings, read)?;
    let score = match &settings.score {
        None => None,
        Some(score) => Some(Score::build(score, &api_v3_key, read)?),
    };
    let abilities =
        terms::abilities(&settings.products, score.is_some(), &[FileKind::Trades, FileKind::Funds])?;
    let urls = [settings.login_page_url.as_deref(), settings.login_url.as_deref()];
    let secret = settings.app_secret.as_ref();
    let backup = settings.backup_url.as_deref().map(|url| terms::base("backup_url", url)).transpose()?;
    Ok(WechatV3 {
        login: Login::build(&settings.appid, secret, urls, &settings.products, read)?,
        signer: Signer {
            base: terms::base("base_url", &settings.base_url)?,
            mchid: settings.mchid.clone(),
            serial: serial(settings, read)?,
            key: pem::private("private_key", &settings.private_key.pem("private_key", read)?)?,
            wanted: wanted(settings, &platform)?,
            platform,
            nonces: Nonces::system(),
        },
        currency: terms::CURRENCY.parse().map_err(|why| format!("{why}"))?,
        appid: settings.appid.clone(),
        backup,
        seal,
        score,
        abilities,
        hashes: Mutex::default(),
    })
}

/// The serial that WeChat finds our certificate by.
fn serial(settings: &Settings, read: Read<'_>) -> Result<String, String> {
    let advice =
        "Give certificate (apiclient_cert.pem), or certificate_serial as the merchant platform shows it";
    let written = settings.certificate_serial.as_ref().map(|serial| serial.to_ascii_uppercase());
    if let Some(serial) = &written
        && (serial.is_empty() || serial.len() > 64 || !serial.bytes().all(|byte| byte.is_ascii_hexdigit()))
    {
        return Err(format!("certificate_serial \"{serial}\" is not hexadecimal digits. {advice}"));
    }
    let Some(certificate) = &settings.certificate else {
        return written.ok_or_else(|| format!("the merchant certificate's serial is missing. {advice}"));
    };
    let public = pem::public("certificate", &certificate.pem("certificate", read)?)?;
    let serial = public.serial.ok_or_else(|| format!("certificate is a bare public key. {advice}"))?;
    let key = pem::private("private_key", &settings.private_key.pem("private_key", read)?)?;
    if key.public().as_ref() != public.der {
        return Err("private_key does not belong to certificate. Give apiclient_key.pem and apiclient_cert.pem of the same application".to_owned());
    }
    match written {
        Some(written) if written != serial => Err(format!(
            "certificate_serial is {written}, but the certificate's serial is {serial}. Leave certificate_serial out"
        )),
        _ => Ok(serial),
    }
}

fn platform_keys(settings: &Settings, read: Read<'_>) -> Result<BTreeMap<String, pem::Public>, String> {
    let mut keys = BTreeMap::new();
    for (id, material) in &settings.platform_keys {
        let name = format!("platform_keys.{id}");
        let public = pem::public(&name, &material.pem(&name, read)?)?;
        let id = id.to_ascii_uppercase();
        match &public.serial {
            Some(serial) if *serial != id => {
                return Err(format!(
                    "{name} is a certificate with the serial {serial}. Write that as its name"
                ));
            }
            None if !id.starts_with("PUB_KEY_ID_") => {
                return Err(format!(
                    "{name} is a public key. Its name must be its id, which begins with PUB_KEY_ID_"
                ));
            }
            _ => {}
        }
        keys.insert(id, public);
    }
    if keys.is_empty() {
        return Err("platform_keys is empty: no answer of WeChat could be checked. Download WeChat's public key from the merchant platform and name its file under its id (PUB_KEY_ID_…)".to_owned());
    }
    Ok(keys)
}

/// The public key that answers shall be signed with; without one WeChat signs with a platform certificate.
fn wanted(settings: &Settings, keys: &BTreeMap<String, pem::Public>) -> Result<Option<String>, String> {
    if let Some(id) = &settings.answers_signed_by {
        let id = id.to_ascii_uppercase();
        if !keys.contains_key(&id) {
            return Err(format!(
                "answers_signed_by names {id}, which is not among platform_keys. Add its key there"
            ));
        }
        return Ok(Some(id));
    }
    let ids: Vec<&String> = keys.keys().filter(|id| id.starts_with("PUB_KEY_ID_")).collect();
    match ids.as_slice() {
        [] => Ok(None),
        [id] => Ok(Some((*id).clone())),
        several => Err(format!(
            "platform_keys has {} public keys. Name the one that WeChat shall sign with in answers_signed_by",
            several.len()
        )),
    }
}
