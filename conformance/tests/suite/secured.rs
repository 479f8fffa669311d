//! Connections by TLS, through a front that takes TLS off.

use std::sync::Arc;

use conformance::suite::{self, Rig, Trust, Verdict};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto::ring};

use crate::good::{Defect, Good};
use crate::{case, pace};

const CA: &str = include_str!("data/ca.pem");
const SERVER: (&str, &str) = (include_str!("data/server.pem"), include_str!("data/server.key"));
const CLIENT: (&str, &str) = (include_str!("data/client.pem"), include_str!("data/client.key"));
const UNKNOWN: (&str, &str) = (include_str!("data/unknown.pem"), include_str!("data/unknown.key"));

/// A front of a CSMS; with `certificates`, stations have to show one of the test authority.
async fn front(good: &Arc<Good>, certificates: bool) -> String {
    let target = good.url().trim_start_matches("ws://").trim_end_matches("/ocpp").to_owned();
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(CA.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let builder = match certificates {
        true => builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap(),
        ),
        false => builder.with_no_client_auth(),
    };
    let chain = vec![CertificateDer::from_pem_slice(SERVER.0.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(SERVER.1.as_bytes()).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(builder.with_single_cert(chain, key).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, target) = (acceptor.clone(), target.clone());
            tokio::spawn(async move {
                // Handshakes that break off are what some cases want.
                let Ok(mut secured) = acceptor.accept(stream).await else { return };
                let mut plain = TcpStream::connect(target).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut secured, &mut plain).await;
            });
        }
    });
    format!("wss://127.0.0.1:{port}/ocpp")
}

/// A rig for a front; stations trust the test authority.
fn rig(url: String, good: &Arc<Good>) -> Rig {
    let mut rig = Rig::new(url).operator(good.clone());
    rig.pace = pace();
    rig.trust = Some(Trust::new(Some(CA.as_bytes())).unwrap());
    rig
}

/// Names a certificate and its key.
fn name(rig: &mut Rig, kind: &str, (certificate, key): (&str, &str)) {
    rig.rules.values.insert(format!("{kind}_certificate"), certificate.to_owned());
    rig.rules.values.insert(format!("{kind}_key"), key.to_owned());
}

/// Plays one case: the verdict, and why.
async fn verdict(rig: &Rig, id: &str) -> (Verdict, String) {
    let summary = suite::run(rig, &[case(id)], 1, |_| {}).await;
    (summary.outcomes[0].verdict, summary.outcomes[0].reason.clone())
}

#[tokio::test]
async fn cases_are_played_by_tls() {
    let good = Good::start(Defect::default()).await;
    let rig = rig(front(&good, false).await, &good);
    for id in ["TC_B_01_CSMS", "TC_A_02_CSMS", "TC_A_06_CSMS", "WL_CONN_01"] {
        assert_eq!(verdict(&rig, id).await, (Verdict::Pass, String::new()), "{id}");
    }
    let (looked, reason) = verdict(&rig, "TC_A_04_CSMS").await;
    assert_eq!(looked, Verdict::Inconclusive);
    assert!(reason.contains("both ECDHE_ECDSA suites connect"), "{reason}");
}

#[tokio::test]
async fn a_csms_that_nobody_vouches_for_fails() {
    let good = Good::start(Defect::default()).await;
    let mut rig = rig(front(&good, false).await, &good);
    rig.trust = Some(Trust::new(Some(UNKNOWN.0.as_bytes())).unwrap());
    let (looked, reason) = verdict(&rig, "TC_A_04_CSMS").await;
    assert_eq!(looked, Verdict::Fail, "{reason}");
    assert!(reason.contains("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 alone does not connect"), "{reason}");
}

#[tokio::test]
async fn tls_1_1_must_not_be_agreed_on() {
    let good = Good::start(Defect::default()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("wss://{}/ocpp", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 64];
            let _ = stream.read(&mut hello).await;
            let _ = stream.write_all(&[22, 3, 2, 0, 0]).await;
        }
    });
    let (looked, reason) = verdict(&rig(url, &good), "TC_A_06_CSMS").await;
    assert_eq!((looked, reason.as_str()), (Verdict::Fail, "TLS 1.1 is agreed on (A00.FR.315)"));
}

#[tokio::test]
async fn the_stations_certificate_opens_the_door_and_a_strangers_does_not() {
    // Behind the front nobody is asked for a password: the certificate is what counts.
    let good = Good::start(Defect { open: true, ..Defect::default() }).await;
    let mut closed = rig(front(&good, true).await, &good);
    assert_eq!(verdict(&closed, "TC_A_07_CSMS").await.0, Verdict::Inconclusive);
    name(&mut closed, "client", CLIENT);
    name(&mut closed, "unknown", UNKNOWN);
    for id in ["TC_A_08_CSMS", "TC_087_CSMS"] {
        let (looked, reason) = verdict(&closed, id).await;
        assert_eq!(looked, Verdict::Inconclusive, "{reason}");
        assert!(reason.contains("those that are expired or other were not named"), "{reason}");
    }
    name(&mut closed, "expired", UNKNOWN);
    name(&mut closed, "other", UNKNOWN);
    for id in ["TC_A_07_CSMS", "TC_A_08_CSMS", "TC_087_CSMS"] {
        assert_eq!(verdict(&closed, id).await, (Verdict::Pass, String::new()), "{id}");
    }
    let mut open = rig(front(&good, false).await, &good);
    name(&mut open, "client", CLIENT);
    name(&mut open, "unknown", UNKNOWN);
    let (looked, reason) = verdict(&open, "TC_A_08_CSMS").await;
    assert_eq!(looked, Verdict::Fail);
    assert!(reason.contains("a certificate that is unknown opens the door"), "{reason}");
}
