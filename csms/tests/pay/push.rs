//! Messages on drivers' phones, against a push service of ours that holds the browser's private key.

use super::house::{House, houses_with};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use csms::{
    messages::{
        self,
        push::{self, AddressFault, PushFault, Subscription},
    },
    model::Phase,
    receipts,
    store::{messages as rows, pushes},
};
use hmac::{Hmac, Mac};
use payments::provider::Method;
use ring::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey as Peer, agree_ephemeral},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey},
};
use serde_json::Value;
use sha2::Sha256;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU16, Ordering},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What was posted: the head in lower case, and the body.
type Posted = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

struct Service {
    origin: String,
    posted: Posted,
    answers: Arc<AtomicU16>,
}

impl Service {
    async fn start() -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (posted, answers) = (Posted::default(), Arc::new(AtomicU16::new(201)));
        let (kept, answer) = (posted.clone(), answers.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = serve(stream, &answer, &kept).await;
            }
        });
        Service { origin, posted, answers }
    }

    fn posted(&self) -> Vec<(String, Vec<u8>)> {
        self.posted.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: &AtomicU16,
    kept: &Mutex<Vec<(String, Vec<u8>)>>,
) -> Option<()> {
    let mut bytes = Vec::new();
    let start = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..start]).into_owned();
    let length: usize = header(&head, "content-length")?.parse().ok()?;
    while bytes.len() < start + length {
        stream.read_buf(&mut bytes).await.ok()?;
    }
    kept.lock().unwrap().push((head, bytes[start..].to_vec()));
    let status = answer.load(Ordering::SeqCst);
    let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.ok()
}

fn header(head: &str, name: &str) -> Option<String> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines
        .into_iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim().to_owned())
}

/// A browser's keys.
struct Browser {
    key: EphemeralPrivateKey,
    public: Vec<u8>,
}

const AUTH: [u8; 16] = [7; 16];

impl Browser {
    fn new() -> Browser {
        let key = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).unwrap();
        let public = key.compute_public_key().unwrap().as_ref().to_vec();
        Browser { key, public }
    }

    async fn subscribe(&self, house: &House, endpoint: &str) -> Result<(), PushFault> {
        let (p256dh, auth) = (URL_SAFE_NO_PAD.encode(&self.public), URL_SAFE_NO_PAD.encode(AUTH));
        let new = Subscription { endpoint, p256dh: &p256dh, auth: &auth, device: "phone", contact: "" };
        push::subscribe(&house.app, &new).await
    }

    /// RFC 8291, from the browser's side.
    fn open(self, body: &[u8]) -> Value {
        let (salt, rest) = body.split_at(16);
        assert_eq!(rest[..5], [0, 0, 16, 0, 65], "one record of at most 4,096 bytes, and a point");
        let (theirs, sealed) = rest[5..].split_at(65);
        let peer = Peer::new(&ECDH_P256, theirs);
        let shared = agree_ephemeral(self.key, &peer, <[u8]>::to_vec).unwrap();
        let info = [b"WebPush: info\0".as_slice(), &self.public, theirs].concat();
        let material = hkdf(&AUTH, &shared, &info, 32);
        let key = hkdf(salt, &material, b"Content-Encoding: aes128gcm\0", 16);
        let nonce = hkdf(salt, &material, b"Content-Encoding: nonce\0", 12);
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).unwrap());
        let mut text = sealed.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(&nonce).unwrap();
        let text = cipher.open_in_place(nonce, Aad::empty(), &mut text).unwrap();
        let (last, text) = text.split_last().unwrap();
        assert_eq!(*last, 2, "the last record");
        serde_json::from_slice(text).unwrap()
    }
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hkdf(salt: &[u8], material: &[u8], info: &[u8], length: usize) -> Vec<u8> {
    let mut out = mac(&mac(salt, material), &[info, &[1]].concat());
    out.truncate(length);
    out
}

/// An order of the device "phone", charged, paid and with its receipt.
async fn charged(house: &mut House) {
    let order = house.order("a").await;
    assert_eq!(order.device, "phone");
    house.click(&order, Method::Hosted).await.unwrap();
    house.pay(&order).await;
    let token = house.row(order.id).await.token_uid;
    house.session(Phase::Start, Some(&token), 1_000).await;
    house.work().await;
    house.advance(1_800);
    house.session(Phase::End, None, 6_000).await;
    house.work().await;
    house.deliver("cards").await;
    house.work().await;
    assert_eq!(receipts::due_turn(&house.app).await.unwrap(), 1);
}

async fn pushing() -> Vec<House> {
    houses_with(|config| {
        config.messages.push_hosts = vec!["127.0.0.1".to_owned()];
        config.messages.push_private = true;
        config.messages.from = "Hafenstrom <charging@hafenstrom.example>".to_owned();
    })
    .await
}

#[tokio::test]
async fn a_message_reaches_the_browser_alone_and_says_who_sends_it() {
    for mut house in pushing().await {
        let (service, browser) = (Service::start().await, Browser::new());
        browser.subscribe(&house, &format!("{}/send/1", service.origin)).await.unwrap();
        charged(&mut house).await;
        service.answers.store(503, Ordering::SeqCst);
        assert_eq!(messages::turn(&house.app).await.unwrap(), 0);
        house.advance(61);
        service.answers.store(201, Ordering::SeqCst);
        assert_eq!(messages::turn(&house.app).await.unwrap(), 1);
        house.advance(3_600);
        assert_eq!(messages::turn(&house.app).await.unwrap(), 0, "taken once");
        let posted = service.posted();
        let [_, (head, body)] = posted.as_slice() else { panic!("{} posts", posted.len()) };
        let value = |name: &str| header(head, name).unwrap();
        assert!(head.starts_with("POST /send/1 "));
        assert_eq!(
            (&*value("content-encoding"), &*value("ttl"), &*value("urgency")),
            ("aes128gcm", "86400", "normal")
        );

        let proof = value("authorization");
        let (token, key) = proof.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        assert_eq!(push::public_key(&house.app).await.unwrap().as_deref(), Some(key));
        let (text, signature) = token.rsplit_once('.').unwrap();
        let read = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let ours = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, read(key));
        ours.verify(text.as_bytes(), &read(signature)).unwrap();
        let claims: Value = serde_json::from_slice(&read(text.split_once('.').unwrap().1)).unwrap();
        assert_eq!(
            (&claims["aud"], &claims["sub"]),
            (&service.origin.as_str().into(), &"mailto:charging@hafenstrom.example".into())
        );
        let left = claims["exp"].as_i64().unwrap() - house.clock.now().timestamp();
        assert!((1..=86_400).contains(&left), "{left}");

        let shown = browser.open(body);
        assert!(
            shown["title"].as_str().unwrap().starts_with("Your charging receipt R2026-000001: 2.00"),
            "{shown}"
        );
        assert!(shown["link"].as_str().unwrap().contains("/o/") && shown["lang"] == "en");
    }
}

#[tokio::test]
async fn a_browser_that_is_gone_is_forgotten_and_not_asked_again() {
    for mut house in pushing().await {
        let service = Service::start().await;
        Browser::new().subscribe(&house, &format!("{}/send/1", service.origin)).await.unwrap();
        service.answers.store(410, Ordering::SeqCst);
        charged(&mut house).await;
        assert_eq!(messages::turn(&house.app).await.unwrap(), 0);
        house.advance(86_400);
        assert_eq!(messages::turn(&house.app).await.unwrap(), 0);
        assert_eq!(service.posted().len(), 1);
        let mut tx = house.app.db.read().await.unwrap();
        let told = rows::list(&mut tx, None, None, 10).await.unwrap();
        assert_eq!((told.len(), &*told[0].state), (1, "given_up"));
        let id: i64 = told[0].recipient.strip_prefix("push:").unwrap().parse().unwrap();
        assert_eq!(pushes::find(&mut tx, id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_driver_has_few_browsers_and_only_push_services_of_the_settings_are_believed() {
    for mut house in pushing().await {
        let order = house.order("a").await;
        for n in 0..7 {
            house.advance(1);
            let browser = Browser::new();
            browser.subscribe(&house, &format!("http://127.0.0.1:9/send/{n}")).await.unwrap();
            browser.subscribe(&house, &format!("http://127.0.0.1:9/send/{n}")).await.unwrap();
        }
        let mut tx = house.app.db.read().await.unwrap();
        let known = pushes::of_order(&mut tx, order.id, house.clock.now(), 100).await.unwrap();
        drop(tx);
        let paths: Vec<&str> = known.iter().map(|row| row.endpoint.rsplit('/').next().unwrap()).collect();
        assert_eq!(paths, ["6", "5", "4", "3", "2"], "the newest, each once");
        push::unsubscribe(&house.app, "another", &known[0].endpoint).await.unwrap();
        push::unsubscribe(&house.app, "phone", &known[1].endpoint).await.unwrap();
        let mut tx = house.app.db.read().await.unwrap();
        assert_eq!(pushes::of_order(&mut tx, order.id, house.clock.now(), 100).await.unwrap().len(), 4);
        let later = house.clock.now() + chrono::TimeDelta::days(91);
        assert_eq!(pushes::of_order(&mut tx, order.id, later, 100).await.unwrap().len(), 0);
        drop(tx);
        let other = Browser::new().subscribe(&house, "https://169.254.169.254/latest").await;
        assert!(matches!(other, Err(PushFault::Address(AddressFault::Unknown))), "{other:?}");
        let new = Subscription {
            endpoint: "http://127.0.0.1:9/x",
            p256dh: "AAAA",
            auth: "AAAA",
            device: "phone",
            contact: "",
        };
        assert!(matches!(push::subscribe(&house.app, &new).await, Err(PushFault::Keys)));
    }
}
