use super::*;
use crate::provider::FileKind;

fn why(settings: Settings) -> String {
    build(&settings, &no_files).unwrap_err()
}

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    let key = |text: &str| why(Settings { secret_key: Secret::new(text), ..settings() });
    assert!(key("").contains("secret_key is empty"));
    assert!(key("pk_test_1").contains("publishable key"));
    assert!(key("whsec_1").contains("belongs into webhook_secrets"));
    assert!(key("hello").contains("begins with sk_live_"));
    assert!(key("sk_test_1\nsk_test_2").contains("more than a key"));
    assert!(key("file:/nowhere").contains("/nowhere cannot be read"));
    let secrets = |secrets: &[&str]| {
        why(Settings { webhook_secrets: secrets.iter().map(|s| Secret::new(*s)).collect(), ..settings() })
    };
    assert!(secrets(&[]).contains("Developers → Webhooks"));
    assert!(secrets(&["whsec_1", "sk_test_1"]).contains("webhook_secrets[1] does not begin with whsec_"));
    assert!(secrets(&["whsec_1"; 9]).contains("more than 8"));
    assert!(why(Settings { account: "main".to_owned(), ..settings() }).contains("acct_"));
    assert!(why(Settings { base_url: "stripe".to_owned(), ..settings() }).contains("https://HOST"));
    assert!(why(Settings { files_url: "https://".to_owned(), ..settings() }).contains("files_url"));
    assert!(
        why(Settings { methods: vec!["wap".to_owned()], ..settings() })
            .contains("hosted, terminal and on_file")
    );
    assert!(why(Settings { methods: vec![], ..settings() }).contains("methods is empty"));
    assert!(why(Settings { currencies: vec!["EURO".to_owned()], ..settings() }).contains("ISO 4217"));
}

#[test]
fn settings_are_read_from_their_file_form_and_unknown_ones_are_refused() {
    let read: Settings = serde_json::from_value(serde_json::json!({
        "secret_key": "file:/keys/stripe", "webhook_secrets": ["whsec_a", "whsec_b"], "currencies": ["EUR"],
    }))
    .unwrap();
    let files = |path: &str| match path {
        "/keys/stripe" => Ok(b"rk_live_1\n".to_vec()),
        _ => Err("missing".to_owned()),
    };
    let built = build(&read, &files).unwrap();
    assert!(built.live);
    assert_eq!(built.base, "https://api.stripe.com");
    assert_eq!(built.abilities().currencies, ["EUR".parse().unwrap()]);
    assert_eq!(built.abilities().statements, [FileKind::Trades, FileKind::Funds]);
    assert!(built.abilities().can_hold(&Method::Hosted) && !built.abilities().takes(&Method::Code));
    let unknown = serde_json::from_str::<Settings>(r#"{"secret": "sk_test_1"}"#);
    assert!(unknown.unwrap_err().to_string().contains("unknown field"));
}

#[test]
fn keys_are_not_shown() {
    assert!(!format!("{:?} {:?}", stripe(), settings()).contains("51Wattline"));
}
