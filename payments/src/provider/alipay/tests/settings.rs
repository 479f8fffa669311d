use super::*;
use crate::provider::FileKind;

fn why(settings: Settings) -> String {
    build(&settings, &no_files).unwrap_err()
}

#[test]
fn the_commonest_mistakes_are_named_with_what_to_do() {
    let public = |key: &str| why(Settings { alipay_public_keys: vec![Secret::new(key)], ..settings() });
    let own = public(APP_PUBLIC);
    assert!(
        own.contains("alipay_public_keys[0] is the app's own public key") && own.contains("支付宝公钥"),
        "{own}"
    );
    assert!(public(APP).contains("is a private key"));
    assert!(public(ALIPAY_CERTIFICATE).contains("belongs into alipay_certificates"));
    assert!(public("hello, world").contains("neither PEM nor base64"));
    assert!(public("aGVsbG8=").contains("no public key"));
    let private = |key: &str| why(Settings { private_key: Secret::new(key), ..settings() });
    assert!(private("").contains("private_key is empty"));
    assert!(private(APP_PUBLIC).contains("is a public key"));
    assert!(private(&bare(APP_PUBLIC)).contains("is a public key"));
    assert!(private(APP_CERTIFICATE).contains("is a certificate"));
    assert!(private("-----BEGIN ENCRYPTED PRIVATE KEY-----").contains("decrypt it"));
    assert!(private("aGVsbG8=").contains("no RSA key"));
    assert!(private("%").contains("neither PEM nor base64"));
    assert!(private("file:/keys/app.pem").contains("/keys/app.pem cannot be read"));
    assert!(why(Settings { app_id: String::new(), ..settings() }).contains("app_id"));
    assert!(why(Settings { seller_id: "me@example.org".to_owned(), ..settings() }).contains("2088"));
    assert!(why(Settings { gateway: "openapi.alipay.com".to_owned(), ..settings() }).contains("gateway"));
    assert!(why(Settings { login: "https://".to_owned(), ..settings() }).contains("login"));
    assert!(why(Settings { methods: vec!["wap".to_owned()], ..settings() }).contains("phone_browser"));
    assert!(why(Settings { methods: vec![], ..settings() }).contains("methods is empty"));
    let many = vec![Secret::new(ALIPAY_PUBLIC); 9];
    assert!(why(Settings { alipay_public_keys: many, ..settings() }).contains("more than 8"));
}

#[test]
fn one_mode_at_a_time_and_all_of_it() {
    assert!(why(Settings { alipay_public_keys: vec![], ..settings() }).contains("Alipay's key is missing"));
    let both = Settings { alipay_public_keys: vec![Secret::new(ALIPAY_PUBLIC)], ..by_certificates() };
    assert!(why(both).contains("both set"));
    let certificates = |change: fn(&mut Settings)| {
        let mut settings = by_certificates();
        change(&mut settings);
        why(settings)
    };
    assert!(certificates(|s| s.app_certificate = Secret::default()).contains("app_certificate is empty"));
    assert!(
        certificates(|s| s.app_certificate = Secret::new(ALIPAY_CERTIFICATE)).contains("not of private_key")
    );
    assert!(certificates(|s| s.app_certificate = Secret::new(APP_PUBLIC)).contains("no certificate in PEM"));
    assert!(certificates(|s| s.root_certificate = Secret::default()).contains("root_certificate is empty"));
    let elliptic = ROOTS.split_inclusive("-----END CERTIFICATE-----").next().unwrap();
    let only = Settings { root_certificate: Secret::new(elliptic), ..by_certificates() };
    assert!(why(only).contains("no root certificate with RSA"));
    assert!(certificates(|s| s.alipay_certificates = vec![]).contains("alipayCertPublicKey_RSA2.crt"));
    let own = certificates(|s| s.alipay_certificates = vec![Secret::new(APP_CERTIFICATE)]);
    assert!(own.contains("the app's own certificate"));
}

/// As Alipay's tool copies keys: without the lines of dashes.
fn bare(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with("---")).collect()
}

#[test]
fn keys_are_read_in_every_form_that_alipays_tools_give() {
    for key in
        [include_str!("keys/app.pkcs1.pem").to_owned(), bare(APP), bare(include_str!("keys/app.pkcs1.pem"))]
    {
        let settings = Settings { private_key: Secret::new(key), ..settings() };
        assert!(build(&settings, &no_files).is_ok());
    }
    let keys = vec![Secret::new(bare(ALIPAY_PUBLIC)), Secret::new("file:/next")];
    let files = |_: &str| Ok(NEXT_PUBLIC.as_bytes().to_vec());
    assert!(build(&Settings { alipay_public_keys: keys, ..settings() }, &files).is_ok());
}

#[test]
fn certificates_have_the_names_that_other_software_gives_them() {
    // By python-alipay-sdk 3.4.0, of the same files.
    let alipay = build(&by_certificates(), &no_files).unwrap();
    let (app, root) = alipay.names.clone().unwrap();
    assert_eq!(app, "6cb20137d048e83fa4b9a0440b8e5233");
    assert_eq!(root, "3215360b1ed5766c8c69a47f65733eb3", "of the RSA root alone");
    assert_eq!(alipay.trusted[0].sn.as_deref(), Some("32330f1638e85bee09aaad70cebb1bce"));
}

#[test]
fn settings_are_read_whole_and_unknown_ones_are_refused() {
    let read: Settings = serde_json::from_value(serde_json::json!({
        "app_id": "2021", "private_key": "file:/app", "alipay_public_keys": ["file:/a", "file:/b"],
        "deposit": {"service_id": "2019"}, "methods": ["score", "code"],
    }))
    .unwrap();
    assert_eq!(read.deposit.category, "CHARGE_PILE_CAR");
    let files = |path: &str| Ok(if path == "/app" { APP } else { ALIPAY_PUBLIC }.as_bytes().to_vec());
    let alipay = build(&read, &files).unwrap();
    assert!(alipay.abilities().can_hold(&Method::Score) && !alipay.abilities().can_hold(&Method::Code));
    assert!(!alipay.abilities().takes(&Method::Hosted));
    assert_eq!(alipay.abilities().statements, [FileKind::Trades, FileKind::Funds]);
    assert_eq!(alipay.abilities().currencies, ["CNY".parse().unwrap()]);
    assert!(serde_json::from_str::<Settings>(r#"{"appid": "1"}"#).is_err());
    assert!(!format!("{alipay:?} {:?}", super::settings()).contains("PRIVATE"));
}
