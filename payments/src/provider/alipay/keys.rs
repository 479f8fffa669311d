//! Keys and certificates in the forms in which Alipay's tools give them.

use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};
use ring::{
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey},
};
use x509_parser::{
    oid_registry::{OID_PKCS1_RSAENCRYPTION, OidRegistry},
    pem::Pem,
    prelude::{FromDer, SubjectPublicKeyInfo, X509Certificate},
    public_key::PublicKey,
    x509::X509Name,
};

/// Signatures by SHA with RSA and whatever digest: only such roots belong to Alipay's name of its root file.
const RSA_SIGNATURES: &str = "1.2.840.113549.1.1.";
const KEY_BITS_MIN: usize = 2048;
const CERTIFICATES_MAX: usize = 32;

/// The app's private key.
pub(super) struct Signer(KeyPair);

impl Signer {
    /// PEM or bare base64, PKCS#1 or PKCS#8.
    pub(super) fn read(text: &str) -> Result<Signer, String> {
        let wrong = |what: &str| {
            Err(format!(
                "private_key is {what}: give the app's private key (应用私钥) that Alipay's key tool made"
            ))
        };
        if text.contains("ENCRYPTED") {
            return Err(
                "private_key is encrypted: decrypt it (openssl pkcs8 -topk8 -nocrypt) and protect the file"
                    .to_owned(),
            );
        }
        if text.contains("BEGIN PUBLIC KEY") {
            return wrong("a public key");
        }
        if text.contains("BEGIN CERTIFICATE") {
            return wrong("a certificate");
        }
        let Some(der) = der(text) else { return wrong("neither PEM nor base64") };
        let read = KeyPair::from_pkcs8(&der).or_else(|_| KeyPair::from_der(&der));
        match read {
            Ok(pair) => Ok(Signer(pair)),
            Err(_) if SubjectPublicKeyInfo::from_der(&der).is_ok() => wrong("a public key"),
            Err(why) => wrong(&format!("no RSA key of {KEY_BITS_MIN} bits or more ({why})")),
        }
    }

    /// RSA2: base64 of the signature with SHA-256.
    pub(super) fn sign(&self, text: &[u8]) -> Result<String, String> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature)
            .map_err(|_| "the request could not be signed: the machine gives no random numbers".to_owned())?;
        Ok(STANDARD.encode(signature))
    }

    /// Its public half.
    pub(super) fn public(&self) -> &[u8] {
        self.0.public().as_ref()
    }
}

/// A public key of Alipay's, with its certificate's name in certificate mode.
pub(super) struct Trusted {
    pub sn: Option<String>,
    key: Vec<u8>,
}

impl Trusted {
    /// PEM or bare base64.
    pub(super) fn read(name: &str, text: &str) -> Result<Trusted, String> {
        let hint = "copy 支付宝公钥 (Alipay's public key) from the app's page at open.alipay.com";
        if text.contains("PRIVATE KEY") {
            return Err(format!("{name} is a private key: {hint}"));
        }
        if text.contains("BEGIN CERTIFICATE") {
            return Err(format!(
                "{name} is a certificate: it belongs into alipay_certificates (certificate mode)"
            ));
        }
        let der = der(text).ok_or_else(|| format!("{name} is neither PEM nor base64: {hint}"))?;
        let (_, info) =
            SubjectPublicKeyInfo::from_der(&der).map_err(|_| format!("{name} is no public key: {hint}"))?;
        Ok(Trusted { sn: None, key: rsa(name, &info)? })
    }

    pub(super) fn of_certificate(name: &str, text: &str) -> Result<Trusted, String> {
        let pems = certificates(name, text)?;
        let first = pems.first().ok_or_else(|| format!("{name} has no certificate"))?;
        let certificate = parsed(name, first)?;
        Ok(Trusted { sn: Some(sn(&certificate)), key: rsa(name, certificate.public_key())? })
    }

    pub(super) fn is(&self, public: &[u8]) -> bool {
        self.key == public
    }

    pub(super) fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.key).verify(text, signature).is_ok()
    }
}

/// Alipay's name of its root file: of those roots that are signed by RSA.
pub(super) fn roots(name: &str, text: &str) -> Result<String, String> {
    let mut names = Vec::new();
    for pem in &certificates(name, text)? {
        // Roots of other kinds (SM2) stand in the same file; they do not count.
        let Ok(certificate) = parsed(name, pem) else { continue };
        if certificate.signature_algorithm.algorithm.to_id_string().starts_with(RSA_SIGNATURES) {
            names.push(sn(&certificate));
        }
    }
    if names.is_empty() {
        return Err(format!(
            "{name} has no root certificate with RSA: give alipayRootCert.crt as Alipay gave it"
        ));
    }
    Ok(names.join("_"))
}

/// Alipay's name of a certificate: who issued it, the last part first, and its number.
fn sn(certificate: &X509Certificate<'_>) -> String {
    let text = format!("{}{}", reversed(certificate.issuer()), certificate.serial);
    hex::encode(Md5::digest(text.as_bytes()))
}

fn reversed(name: &X509Name<'_>) -> String {
    let registry = OidRegistry::default().with_x509();
    let mut parts: Vec<String> = name
        .iter_attributes()
        .map(|attribute| {
            let kind = match registry.get(attribute.attr_type()).map(|entry| entry.sn()) {
                Some("commonName") => "CN".to_owned(),
                Some("organizationalUnit") => "OU".to_owned(),
                Some("organizationName") => "O".to_owned(),
                Some("countryName") => "C".to_owned(),
                Some("stateOrProvinceName") => "ST".to_owned(),
                Some("localityName") => "L".to_owned(),
                Some(other) => other.to_owned(),
                None => attribute.attr_type().to_id_string(),
            };
            format!("{kind}={}", attribute.as_str().unwrap_or_default())
        })
        .collect();
    parts.reverse();
    parts.join(",")
}

fn certificates(name: &str, text: &str) -> Result<Vec<Pem>, String> {
    let pems: Result<Vec<Pem>, _> = Pem::iter_from_buffer(text.as_bytes()).take(CERTIFICATES_MAX).collect();
    match pems {
        Ok(pems) if !pems.is_empty() && pems.iter().all(|pem| pem.label == "CERTIFICATE") => Ok(pems),
        _ => Err(format!("{name} is no certificate in PEM form (-----BEGIN CERTIFICATE-----)")),
    }
}

fn parsed<'a>(name: &str, pem: &'a Pem) -> Result<X509Certificate<'a>, String> {
    pem.parse_x509().map_err(|why| format!("{name} cannot be read as a certificate: {why}"))
}

/// The key alone, as it is verified with.
fn rsa(name: &str, info: &SubjectPublicKeyInfo<'_>) -> Result<Vec<u8>, String> {
    if info.algorithm.algorithm != OID_PKCS1_RSAENCRYPTION {
        return Err(format!("{name} is no RSA key: choose RSA2 (2048 bits) at open.alipay.com"));
    }
    match info.parsed() {
        Ok(PublicKey::RSA(key)) if key.key_size() >= KEY_BITS_MIN => {
            Ok(info.subject_public_key.data.clone().into_owned())
        }
        Ok(PublicKey::RSA(key)) => {
            Err(format!("{name} has {} bits: {KEY_BITS_MIN} are needed (RSA2)", key.key_size()))
        }
        _ => Err(format!("{name} cannot be read as an RSA key")),
    }
}

/// What is between the lines of dashes, or all of it.
fn der(text: &str) -> Option<Vec<u8>> {
    let body: String =
        text.lines().filter(|line| !line.starts_with("-----")).flat_map(str::split_whitespace).collect();
    STANDARD.decode(body).ok().filter(|der| !der.is_empty())
}
