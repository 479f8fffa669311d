//! WeChat, Alipay and Stripe, each played over HTTP as they serve statements: where the file is, and then the file.

use crate::{
    common::{ACCOUNT, House, on, paid},
    counter::Counter,
    wire::{Door, Heard, Said},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use csms::{app::App, store::testing::TestDb};
use payments::provider::{Response, Setup};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use std::sync::{Arc, Mutex};

macro_rules! key {
    ($path:literal) => {
        include_str!(concat!("../../../payments/src/provider/", $path))
    };
}

const WECHAT_FILE: &[u8] = include_bytes!("../../../payments/tests/clearing/wechat_v3_trades.csv");
const ALIPAY_FILE: &[u8] = include_bytes!("../../../payments/tests/clearing/alipay_trades.zip");
const STRIPE_FILE: &[u8] = include_bytes!("../../../payments/tests/clearing/stripe.csv");
const PLATFORM: &str = "PUB_KEY_ID_0119000000012026010100000000000001";

/// How the provider answers now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    NotYet,
    Usual,
    /// Its answer is signed by somebody else.
    Forged,
    /// The file is another than the one that was told of.
    Damaged,
    /// The connection breaks in the middle of the file.
    Cut,
}

type Manners = Arc<Mutex<Manner>>;

/// Signs as the holder of a private key in PKCS #8.
fn signature(pem: &str, text: &str) -> String {
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let key = RsaKeyPair::from_pkcs8(&STANDARD.decode(base64).unwrap()).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    STANDARD.encode(signature)
}

fn file(bytes: &[u8], manner: Manner) -> Said {
    let body = match manner {
        Manner::Damaged => bytes[..bytes.len() - 40].to_vec(),
        _ => bytes.to_vec(),
    };
    let response = Response { status: 200, headers: Vec::new(), body };
    if manner == Manner::Cut { Said::Cut(response) } else { Said::Whole(response) }
}

/// A provider on an engine, its answers given by a function of the request, the address, the clock and the manner.
async fn provider(
    db: TestDb,
    setup: impl Fn(&str) -> Value,
    answer: fn(&Heard, &str, &App, Manner) -> Said,
) -> (Counter, Manners) {
    let door = Door::new().await;
    let (url, manner) = (door.url(), Manners::new(Mutex::new(Manner::NotYet)));
    let setup: Setup = serde_json::from_value(setup(&url)).unwrap();
    let counter = Counter::open(db, door, setup, |app| {
        let (app, manner) = (app.clone(), manner.clone());
        Arc::new(move |heard| {
            let (app, url, manner) = (app.clone(), url.clone(), *manner.lock().unwrap());
            Box::pin(async move { answer(&heard, &url, &app, manner) })
        })
    })
    .await;
    counter.house.agree(Some("2026-01-01"), None).await;
    (counter, manner)
}

/// Asked at 10:30, every ten minutes with the next manner, the file of trades is there only in the end.
async fn goes_well_in_the_end(counter: &Counter, manner: &Manners, bad: &[(Manner, &str)]) {
    let mut at = on(1, 10) + 30 * 60;
    for (how, why) in [&[(Manner::NotYet, "has not made it yet")], bad].concat() {
        *manner.lock().unwrap() = how;
        counter.turn(at).await;
        let told = counter.trouble("trades").await;
        assert!(told.contains(why), "{how:?}: {told}");
        let files = counter.files().await;
        assert!(!files.iter().any(|file| file.starts_with("trades")), "{how:?}: {files:?}");
        at += 10 * 60;
    }
    *manner.lock().unwrap() = Manner::Usual;
    counter.turn(at).await;
    assert_eq!(counter.trouble("trades").await, "");
}

fn wechat(heard: &Heard, url: &str, app: &App, manner: Manner) -> Said {
    if heard.path.starts_with("/file") {
        assert!(heard.header("authorization").starts_with("WECHATPAY2-SHA256-RSA2048"));
        return file(WECHAT_FILE, manner);
    }
    let (status, body) = match manner {
        _ if heard.path.starts_with("/v3/bill/fundflowbill?") => {
            (400, json!({"code": "NO_STATEMENT_EXIST", "message": "账单文件不存在"}))
        }
        Manner::NotYet => (400, json!({"code": "STATEMENT_CREATING", "message": "账单生成中"})),
        _ => {
            assert!(heard.path.starts_with("/v3/bill/tradebill?bill_date=2026-10-01&"), "{}", heard.path);
            let hash = hex::encode(Sha1::digest(WECHAT_FILE));
            let place = format!("{url}/file?token=t");
            (200, json!({"hash_type": "SHA1", "hash_value": hash, "download_url": place}))
        }
    };
    let (time, body) = (app.clock.now().timestamp(), body.to_string());
    let key = if manner == Manner::Forged {
        key!("wechat/tests/keys/merchant.pem")
    } else {
        key!("wechat/tests/keys/platform.pem")
    };
    let signature = signature(key, &format!("{time}\nnonce\n{body}\n"));
    let headers = [
        ("wechatpay-timestamp", time.to_string()),
        ("wechatpay-nonce", "nonce".to_owned()),
        ("wechatpay-signature", signature),
        ("wechatpay-serial", PLATFORM.to_owned()),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
    Said::Whole(Response { status, headers, body: body.into_bytes() })
}

#[tokio::test]
async fn wechat_tells_where_the_file_is_and_what_its_hash_must_be() {
    for db in TestDb::all().await.unwrap() {
        let setup = |url: &str| {
            json!({"provider": "wechat", "base_url": url, "mchid": "1900000001", "appid": "wxd678efh567hg6787",
                   "app_secret": "the app's secret", "api_v3_key": "0123456789abcdef0123456789abcdef",
                   "certificate_serial": "5A1B2C3D4E5F60718293A4B5C6D7E8F901234567",
                   "private_key": key!("wechat/tests/keys/merchant.pem"),
                   "platform_keys": {PLATFORM: key!("wechat/tests/keys/platform_pub.pem")}})
        };
        let (counter, manner) = provider(db, setup, wechat).await;
        let mut first = paid(1, 5_000, 8 * 3600);
        first.returned = Some((2_000, "R0000001".into(), crate::common::at(9 * 3600)));
        let mut second = paid(2, 3_000, on(1, 0) - 1);
        second.returned = Some((500, "R0000002".into(), crate::common::at(on(1, 0) - 1)));
        counter.house.pay(&[first, second]).await;
        let bad = [(Manner::Forged, "not believed"), (Manner::Damaged, "damaged"), (Manner::Cut, "error")];
        goes_well_in_the_end(&counter, &manner, &bad).await;
        // The day had no movements of the account: that is an answer too.
        assert_eq!(counter.files().await, ["funds 2026-10-01 0", "trades 2026-10-01 4"]);
        assert!(counter.house.cases().await.is_empty(), "{:?}", counter.house.cases().await);
        assert_eq!(counter.rows().await[1].sha256, hex::encode(sha2::Sha256::digest(WECHAT_FILE)));
    }
}

fn alipay(heard: &Heard, url: &str, _: &App, manner: Manner) -> Said {
    if heard.path.starts_with("/download") {
        return file(ALIPAY_FILE, manner);
    }
    let form = String::from_utf8_lossy(&heard.body).into_owned();
    let node = "alipay_data_dataservice_bill_downloadurl_query_response";
    let missing = json!({"code": "40004", "msg": "Business Failed", "sub_code": "isp.bill_not_exist",
                         "sub_msg": "账单不存在"});
    let place =
        json!({"code": "10000", "msg": "Success", "bill_download_url": format!("{url}/download?f=1")});
    // There is no bill of the account's movements.
    let text =
        if manner == Manner::NotYet || form.contains("signcustomer") { missing } else { place }.to_string();
    let key = if manner == Manner::Forged {
        key!("alipay/tests/keys/next.pem")
    } else {
        key!("alipay/tests/keys/alipay.pem")
    };
    let sign = signature(key, &text);
    let body = format!("{{\"{node}\":{text},\"sign\":\"{sign}\"}}");
    Said::Whole(Response::text(200, "text/html;charset=utf-8", body))
}

#[tokio::test]
async fn alipays_zip_is_fetched_from_where_alipay_says() {
    for db in TestDb::all().await.unwrap() {
        let setup = |url: &str| {
            json!({"provider": "alipay", "app_id": "2021000000000001", "gateway": format!("{url}/gateway.do"),
                   "private_key": key!("alipay/tests/keys/app.pem"), "methods": ["code"],
                   "alipay_public_keys": [key!("alipay/tests/keys/alipay.pub.pem")]})
        };
        let (counter, manner) = provider(db, setup, alipay).await;
        let mut first = paid(1, 10_000, 10 * 3600);
        first.number = "B0000001".into();
        first.returned = Some((4_000, "R0000009".into(), crate::common::at(11 * 3600)));
        counter.house.pay(&[first]).await;
        let bad =
            [(Manner::Forged, "sign"), (Manner::Damaged, "looks like no statement"), (Manner::Cut, "error")];
        goes_well_in_the_end(&counter, &manner, &bad).await;
        let files = counter.files().await;
        assert!(files.contains(&"trades 2026-10-01 2".to_owned()), "{files:?}");
        assert!(counter.house.cases().await.iter().all(|case| case.kind == "funds"));
        assert!(counter.house.balances().await.contains(&format!("fees:{ACCOUNT} 36")));
    }
}

/// The form of the report that was asked for, as the list of runs shows it from then on.
fn stripe(heard: &Heard, _: &str, _: &App, manner: Manner) -> Said {
    assert_eq!(heard.header("authorization"), "Bearer sk_test_51Wattline");
    let answer =
        |status: u16, body: Value| Said::Whole(Response::text(status, "application/json", body.to_string()));
    if heard.path.contains("/contents") {
        return file(STRIPE_FILE, manner);
    }
    if heard.verb == "GET" {
        return answer(200, json!({"object": "list", "data": [], "has_more": false}));
    }
    let form = String::from_utf8_lossy(&heard.body).into_owned();
    let payouts = form.contains("payouts.itemized");
    let ready = manner != Manner::NotYet && !payouts;
    answer(
        200,
        json!({
            "id": "frr_1", "object": "reporting.report_run", "report_type": "balance_change_from_activity.itemized.3",
            "status": if ready { "succeeded" } else { "pending" },
            "result": if ready { json!({"id": "file_1"}) } else { Value::Null }, "error": null,
            "parameters": {"interval_start": 1_790_812_800, "interval_end": 1_790_899_200},
        }),
    )
}

#[tokio::test]
async fn stripes_report_is_made_waited_for_and_fetched() {
    for db in TestDb::all().await.unwrap() {
        let setup = |url: &str| {
            json!({"provider": "stripe", "secret_key": "sk_test_51Wattline", "webhook_secrets": ["whsec_test_secret"],
                   "base_url": url, "files_url": url})
        };
        let (counter, manner) = provider(db, setup, stripe).await;
        let mut first = paid(1, 2_500, 16 * 3600);
        (first.number, first.currency) = ("C0000001".into(), "EUR");
        counter.house.pay(&[first]).await;
        goes_well_in_the_end(&counter, &manner, &[(Manner::Cut, "error"), (Manner::Damaged, "line 4")]).await;
        assert_eq!(counter.files().await, ["trades 2026-10-01 3"], "payouts are still being made");
        let cases = counter.house.cases().await;
        assert!(cases.is_empty(), "{cases:?}");
        assert!(counter.house.balances().await.contains(&format!("fees:{ACCOUNT} 60")));
    }
}

#[tokio::test]
async fn a_statement_that_is_late_is_a_case_until_it_comes() {
    for db in TestDb::all().await.unwrap() {
        let setup = |url: &str| {
            json!({"provider": "stripe", "secret_key": "sk_test_51Wattline", "webhook_secrets": ["whsec_test_secret"],
                   "base_url": url, "files_url": url})
        };
        let (counter, manner) = provider(db, setup, stripe).await;
        counter.house.pay(&[paid(1, 2_500, 16 * 3600)]).await;
        let of = async |house: &House, state: &str| {
            let cases = house.cases().await;
            let late = cases.iter().filter(|case| case.reason == "statement" && case.state == state);
            let mut told: Vec<_> =
                late.map(|case| format!("{} {} {}", case.kind, case.day, case.resolution)).collect();
            told.sort();
            told
        };
        counter.turn(on(1, 15) - 1).await;
        assert!(of(&counter.house, "open").await.is_empty(), "it may still come");
        counter.turn(on(1, 15)).await;
        assert_eq!(of(&counter.house, "open").await, ["funds 2026-10-01 ", "trades 2026-10-01 "]);
        let late = &counter.house.cases().await[0];
        assert_eq!((&*late.reference, late.gain_minor), ("the provider has not made it yet", 0));
        counter.turn(on(1, 15) + 60).await;
        assert_eq!(of(&counter.house, "open").await.len(), 2, "it is one case, however often it is found");

        // One is accepted, and stays so; it is looked for no less. The other is still asked for when a week is over.
        let funds = counter.house.cases().await.into_iter().find(|case| case.kind == "funds").unwrap();
        let accept = csms::clearing::resolve::Resolution::Accept;
        counter.clearing().resolve(funds.id, accept, "no payouts there", "anna").await.unwrap();
        for day in 2..=12 {
            counter.turn(on(day, 16)).await;
        }
        assert!(of(&counter.house, "open").await.contains(&"trades 2026-10-01 ".to_owned()));
        assert_eq!(of(&counter.house, "resolved").await, ["funds 2026-10-01 accept"]);
        *manner.lock().unwrap() = Manner::Usual;
        counter.turn(on(12, 17)).await;
        let open = of(&counter.house, "open").await;
        assert!(!open.iter().any(|case| case.starts_with("trades")), "{open:?}");
        let came = of(&counter.house, "resolved").await;
        assert!(came.contains(&"trades 2026-10-01 by_itself".to_owned()), "{came:?}");
    }
}
