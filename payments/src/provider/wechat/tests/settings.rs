//! Wrong settings say what to do.

use super::{
    KEY_ID, MERCHANT, PLATFORM_CERTIFICATE, PLATFORM_PUBLIC, inline, no_files, v2_settings, v3_settings,
};
use crate::provider::wechat::{Material, Product, v2 as two, v3 as three};
use crate::provider::{Method, Provider, Setup};
use serde_json::json;

fn v3_error(change: impl FnOnce(&mut three::Settings)) -> String {
    let mut settings = v3_settings();
    change(&mut settings);
    three::build(&settings, &no_files).unwrap_err()
}

fn v2_error(change: impl FnOnce(&mut two::Settings)) -> String {
    let mut settings = v2_settings();
    change(&mut settings);
    two::build(&settings, &no_files).unwrap_err()
}

#[test]
fn every_mistake_in_v3_settings_has_its_text() {
    let key = |text: &str| Material::new(text);
    let platform = |name: &str, text: &str| [(name.to_owned(), Material::new(text))].into();
    let errors = [
        v3_error(|settings| settings.mchid = "19 00".to_owned()),
        v3_error(|settings| settings.appid = String::new()),
        v3_error(|settings| settings.base_url = "api.mch.weixin.qq.com".to_owned()),
        v3_error(|settings| settings.backup_url = Some("https://".to_owned())),
        v3_error(|settings| settings.api_v3_key = key("too short")),
        v3_error(|settings| settings.api_v3_key = key("file:missing")),
        v3_error(|settings| settings.api_v3_key = key("")),
        v3_error(|settings| settings.private_key = key("keys/missing.pem")),
        v3_error(|settings| settings.private_key = key("")),
        v3_error(|settings| settings.private_key = key(include_str!("keys/encrypted.pem"))),
        v3_error(|settings| settings.private_key = key(include_str!("keys/elliptic_key.pem"))),
        v3_error(|settings| settings.private_key = key(PLATFORM_PUBLIC)),
        v3_error(|settings| {
            settings.private_key = key("-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----")
        }),
        v3_error(|settings| settings.certificate_serial = None),
        v3_error(|settings| settings.certificate_serial = Some("serial".to_owned())),
        v3_error(|settings| settings.certificate = inline(PLATFORM_CERTIFICATE)),
        v3_error(|settings| settings.certificate = inline(PLATFORM_PUBLIC)),
        v3_error(|settings| {
            settings.certificate = inline(include_str!("keys/merchant_cert.pem"));
            settings.certificate_serial = Some("AB".to_owned());
        }),
        v3_error(|settings| settings.platform_keys.clear()),
        v3_error(|settings| settings.platform_keys = platform("01AB", PLATFORM_CERTIFICATE)),
        v3_error(|settings| settings.platform_keys = platform("01AB", PLATFORM_PUBLIC)),
        v3_error(|settings| settings.platform_keys = platform(KEY_ID, MERCHANT)),
        v3_error(|settings| settings.platform_keys = platform(KEY_ID, include_str!("keys/elliptic.pem"))),
        v3_error(|settings| settings.platform_keys = platform(KEY_ID, include_str!("keys/short_pub.pem"))),
        v3_error(|settings| {
            settings.platform_keys.insert("PUB_KEY_ID_2".to_owned(), Material::new(PLATFORM_PUBLIC));
        }),
        v3_error(|settings| settings.answers_signed_by = Some("PUB_KEY_ID_3".to_owned())),
        v3_error(|settings| settings.app_secret = None),
        v3_error(|settings| {
            settings.products.clear();
            settings.score = None;
        }),
        v3_error(|settings| {
            if let Some(score) = &mut settings.score {
                score.service_id.clear();
            }
        }),
        v3_error(|settings| {
            if let Some(score) = &mut settings.score {
                score.introduction = "充".repeat(21);
            }
        }),
    ];
    insta::assert_snapshot!("v3_settings", errors.join("\n"));
}

#[test]
fn every_mistake_in_v2_settings_has_its_text() {
    let errors = [
        v2_error(|settings| settings.api_key = Material::new("short")),
        v2_error(|settings| settings.private_key = None),
        v2_error(|settings| settings.certificate = inline(PLATFORM_CERTIFICATE)),
        v2_error(|settings| settings.base_url = "ftp://x".to_owned()),
    ];
    insta::assert_snapshot!("v2_settings", errors.join("\n"));
}

#[test]
fn a_setting_nobody_knows_is_refused() {
    let mut value = serde_json::to_value(v3_settings()).unwrap();
    value["api_v3_keys"] = json!("x");
    assert!(serde_json::from_value::<three::Settings>(value).is_err());
    let mut value = serde_json::to_value(v2_settings()).unwrap();
    value["sign_type"] = json!("SHA1");
    assert!(serde_json::from_value::<two::Settings>(value).is_err());
}

#[test]
fn keys_come_from_files_too_in_both_forms_of_pem() {
    let mut settings = v3_settings();
    settings.private_key = Material::new("keys/apiclient_key.pem");
    settings.api_v3_key = Material::new("file:keys/apiv3");
    settings.certificate_serial = None;
    settings.certificate = inline("keys/apiclient_cert.pem");
    let read = |path: &str| match path {
        "keys/apiclient_key.pem" => Ok(include_bytes!("keys/merchant_pkcs1.pem").to_vec()),
        "keys/apiclient_cert.pem" => Ok(include_bytes!("keys/merchant_cert.pem").to_vec()),
        "keys/apiv3" => Ok(format!("{}\n", super::API_V3_KEY).into_bytes()),
        other => Err(format!("there is no file {other}")),
    };
    let account = three::build(&settings, &read).unwrap();
    assert_eq!(account.signer.serial, "5A1B2C3D4E5F60718293A4B5C6D7E8F901234567");
    assert_eq!(account.signer.wanted.as_deref(), Some(KEY_ID));
    assert_eq!(account.signer.sign("text"), super::v3().signer.sign("text"));
}

#[test]
fn methods_follow_from_the_products() {
    let mut settings = v3_settings();
    settings.products = vec![Product::Native];
    settings.app_secret = None;
    settings.score = None;
    let account = three::build(&settings, &no_files).unwrap();
    assert_eq!(account.abilities().methods, [Method::Code]);
    assert!(account.abilities().holds.is_empty());
    assert_eq!(account.identify_at("https://x.example", "s"), None);
    let all = super::v3();
    assert!(all.abilities().can_hold(&Method::Score) && !all.abilities().can_hold(&Method::InWallet));
}

#[test]
fn no_secret_is_printed() {
    let text = format!("{:?} {:?} {:?}", v3_settings(), super::v3(), super::v2(two::Kind::Md5));
    for secret in [super::API_V3_KEY, super::API_KEY, "the app's secret", "BEGIN PRIVATE KEY", "48, 49, 50"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[test]
fn an_account_of_the_settings_names_its_protocol() {
    let named = |word: &str, settings: serde_json::Value| {
        let mut value = settings;
        value["provider"] = json!(word);
        serde_json::from_value::<Setup>(value)
    };
    let newer = named("wechat", serde_json::to_value(v3_settings()).unwrap()).unwrap();
    assert!(newer.build(&no_files).unwrap().abilities().can_hold(&Method::Score));
    let older = named("wechat_v2", serde_json::to_value(v2_settings()).unwrap()).unwrap();
    let account = older.build(&no_files).unwrap();
    assert!(account.client_identity().is_some() && account.abilities().holds.is_empty());
    assert!(named("wechat_v2", serde_json::to_value(v3_settings()).unwrap()).is_err());
}
