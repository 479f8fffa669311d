//! Cases of secured connections.

use tokio_rustls::rustls::CipherSuite;

use super::case::{Broken, Play, ensure};
use super::handshake::{Knock, agrees_on_tls_1_1};
use super::hook::Registration;
use super::stage::Stage;

/// The suites of the standard that the TLS library of the suite has; the two of `TLS_RSA` it has not.
const SUITES: [CipherSuite; 2] = [
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
];

/// Certificates that do not open the door.
const KINDS: [&str; 3] = ["unknown", "expired", "other"];

fn needs_tls(s: &Stage) -> Play {
    match s.rig.url.starts_with("wss://") {
        true => Ok(()),
        false => Err(Broken::NotApplicable("the URL is ws://: there is no TLS to look at".to_owned())),
    }
}

/// The CSMS's certificate, and its cipher suites.
///
/// # Errors
/// Something is not as the standard asks; or all that can be looked at is, and the rest cannot.
pub(crate) async fn server(s: &mut Stage) -> Play {
    needs_tls(s)?;
    s.register(Registration::Accepted).await?;
    for suite in SUITES {
        let mut knock = s.knock();
        if let Some(secure) = &mut knock.secure {
            secure.only = Some(suite);
        }
        let name = suite.as_str().unwrap_or_default();
        s.note(&format!("offers {name} alone"));
        match s.try_connect(&knock).await {
            Ok((greeting, _)) => ensure(greeting.status == 101, || format!("HTTP {}", greeting.status))?,
            Err(broken) => {
                let (Broken::Fail(why) | Broken::Inconclusive(why) | Broken::NotApplicable(why)) = broken;
                return Err(Broken::Fail(format!("{name} alone does not connect (A00.FR.318): {why}")));
            }
        }
    }
    s.ready().await?;
    Err(Broken::inconclusive(
        "the certificate is good and both ECDHE_ECDSA suites connect; the two TLS_RSA suites and key sizes were not looked at",
    ))
}

/// TLS below 1.2 is dropped, and 1.2 works after.
///
/// # Errors
/// It is not.
pub(crate) async fn old(s: &mut Stage) -> Play {
    needs_tls(s)?;
    s.note("offers TLS 1.1 and nothing newer");
    let agreed = tokio::time::timeout(s.rig.pace.answer, agrees_on_tls_1_1(&s.rig.url)).await;
    match agreed {
        Ok(Ok(agreed)) => ensure(!agreed, || "TLS 1.1 is agreed on (A00.FR.315)".to_owned())?,
        Ok(Err(why)) => return Err(Broken::inconclusive(format!("no connection: {why}"))),
        Err(_) => return Err(Broken::fail("TLS 1.1 is neither refused nor answered")),
    }
    s.ready().await
}

/// The station's own certificate opens the door, without a password.
///
/// # Errors
/// It does not; or none was named.
pub(crate) async fn client(s: &mut Stage) -> Play {
    needs_tls(s)?;
    s.register(Registration::Accepted).await?;
    let knock = with_certificate(s, "client")?.ok_or_else(|| {
        Broken::inconclusive(
            "needs the station's certificate: name the values client_certificate and client_key (PEM)",
        )
    })?;
    enter(s, &knock).await
}

/// Certificates that are unknown, expired, or another's do not open it.
///
/// # Errors
/// One does; or none was named.
pub(crate) async fn strangers(s: &mut Stage) -> Play {
    needs_tls(s)?;
    s.register(Registration::Accepted).await?;
    let mut looked = Vec::new();
    for kind in KINDS {
        let Some(knock) = with_certificate(s, kind)? else { continue };
        looked.push(kind);
        s.note(&format!("shows a certificate that is {kind}"));
        // A handshake that breaks off refuses as well as an HTTP status does.
        if let Ok((greeting, _)) = s.try_connect(&knock).await {
            ensure(greeting.status != 101, || {
                format!("a certificate that is {kind} opens the door (A00.FR.404)")
            })?;
        }
    }
    if looked.is_empty() {
        return Err(Broken::inconclusive(
            "needs certificates that are not good: name the values unknown_certificate and unknown_key, expired_…, other_… (PEM)",
        ));
    }
    client(s).await?;
    let left: Vec<&str> = KINDS.into_iter().filter(|kind| !looked.contains(kind)).collect();
    if left.is_empty() {
        return Ok(());
    }
    Err(Broken::inconclusive(format!(
        "certificates that are {} do not open the door; those that are {} were not named",
        looked.join(" or "),
        left.join(" or ")
    )))
}

/// The station comes back with a higher security profile after a reset, and then tries the old one.
///
/// # Errors
/// The higher one is refused, the old one is not; or the higher one cannot be played.
pub(crate) async fn upgrade(s: &mut Stage) -> Play {
    s.leave().await;
    let old = s.knock();
    let knock = match needs_tls(s) {
        Ok(()) => with_certificate(s, "client")?,
        Err(_) => None,
    };
    let knock = knock.ok_or_else(|| {
        Broken::inconclusive(
            "the CSMS has sent what raises the profile; to come back with the higher one, the suite needs a wss:// URL and the station's certificate",
        )
    })?;
    enter(s, &knock).await?;
    s.leave().await;
    s.refused(&old, "with the security profile that was left").await
}

/// Knocks with a certificate and without a password; `None` if the user has named none of this kind.
fn with_certificate(s: &Stage, kind: &str) -> Result<Option<Knock>, Broken> {
    let value = |what: &str| s.value(&format!("{kind}_{what}"), "");
    let (chain, key) = (value("certificate"), value("key"));
    let mut knock = s.knock();
    let Some(secure) = knock.secure.as_mut().filter(|_| !chain.is_empty()) else { return Ok(None) };
    secure.identity = Some((chain, key));
    secure
        .connector()
        .map_err(|why| Broken::inconclusive(format!("the {kind} certificate cannot be used: {why}")))?;
    knock.basic = None;
    Ok(Some(knock))
}

/// Connects so, and boots.
async fn enter(s: &mut Stage, knock: &Knock) -> Play {
    let (greeting, link) = s.try_connect(knock).await?;
    let link = link.ok_or_else(|| {
        Broken::fail(format!(
            "HTTP {}: the station's certificate does not open the door (A00.FR.403)",
            greeting.status
        ))
    })?;
    s.take(link);
    s.boot("PowerUp").await
}
