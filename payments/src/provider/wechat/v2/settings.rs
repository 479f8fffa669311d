//! What an account's settings say, and what can be wrong with them.

use super::{WechatV2, sign::Kind};
use crate::provider::wechat::{login::Login, material::Material, nonce::Nonces, pem, terms};
use crate::provider::{FileKind, Read};
use serde::{Deserialize, Serialize};

/// An account of WeChat Pay API v2.
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
    /// 32 characters, set at WeChat's merchant platform.
    pub api_key: Material,
    #[serde(default)]
    pub sign_type: Kind,
    /// The client certificate that refunds need (`apiclient_cert.pem`), and its key (`apiclient_key.pem`).
    pub certificate: Option<Material>,
    pub private_key: Option<Material>,
    #[serde(default = "terms::Product::usual")]
    pub products: Vec<terms::Product>,
    /// Where the login page and its exchange are, instead of WeChat's own.
    pub login_page_url: Option<String>,
    pub login_url: Option<String>,
}

fn base_url() -> String {
    "https://api.mch.weixin.qq.com".to_owned()
}

/// The account, with all its keys read.
///
/// # Errors
/// What is wrong with the settings and what to do.
pub fn build(settings: &Settings, read: Read<'_>) -> Result<WechatV2, String> {
    terms::identifier("mchid", &settings.mchid)?;
    terms::identifier("appid", &settings.appid)?;
    let key = settings.api_key.secret("api_key", read)?;
    if key.len() != 32 {
        return Err(format!(
            "api_key has {} bytes, but it is exactly 32. Copy the API key (v2) from the merchant platform (account centre, API security)",
            key.len()
        ));
    }
    let urls = [settings.login_page_url.as_deref(), settings.login_url.as_deref()];
    let secret = settings.app_secret.as_ref();
    Ok(WechatV2 {
        base: terms::base("base_url", &settings.base_url)?,
        backup: settings.backup_url.as_deref().map(|url| terms::base("backup_url", url)).transpose()?,
        login: Login::build(&settings.appid, secret, urls, &settings.products, read)?,
        abilities: terms::abilities(&settings.products, false, &[FileKind::Trades])?,
        currency: terms::CURRENCY.parse().map_err(|why| format!("{why}"))?,
        identity: identity(settings, read)?,
        mchid: settings.mchid.clone(),
        appid: settings.appid.clone(),
        kind: settings.sign_type,
        nonces: Nonces::system(),
        key,
    })
}

/// Certificate and key, one after the other.
fn identity(settings: &Settings, read: Read<'_>) -> Result<Option<Vec<u8>>, String> {
    let (certificate, key) = match (&settings.certificate, &settings.private_key) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => (certificate, key),
        _ => {
            return Err("certificate and private_key belong together. Give both (apiclient_cert.pem and apiclient_key.pem), or neither: then nothing can be refunded".to_owned());
        }
    };
    let mut bytes = certificate.pem("certificate", read)?;
    let public = pem::public("certificate", &bytes)?;
    let key = key.pem("private_key", read)?;
    if pem::private("private_key", &key)?.public().as_ref() != public.der || public.serial.is_none() {
        return Err("private_key does not belong to certificate. Give apiclient_key.pem and apiclient_cert.pem of the same application".to_owned());
    }
    bytes.push(b'\n');
    bytes.extend_from_slice(&key);
    Ok(Some(bytes))
}
