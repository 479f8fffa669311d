//! RSA keys and certificates as WeChat hands them out.

use ring::signature::{RsaKeyPair, UnparsedPublicKey};
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer, SubjectPublicKeyInfo, X509Certificate};
use x509_parser::public_key::PublicKey;

/// A public key for checking signatures, and the serial of the certificate it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Public {
    /// PKCS#1 `RSAPublicKey`, DER.
    pub der: Vec<u8>,
    /// Capital hexadecimal digits; `None` for a bare public key.
    pub serial: Option<String>,
}

impl Public {
    /// Is this the SHA256-RSA signature of the text?
    pub fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ring::signature::RSA_PKCS1_2048_8192_SHA256, &self.der);
        key.verify(text, signature).is_ok()
    }
}

/// The private key to sign with. `name` is the setting's.
pub(super) fn private(name: &str, bytes: &[u8]) -> Result<RsaKeyPair, String> {
    let advice = "Give the RSA private key of the API certificate (apiclient_key.pem), without a passphrase";
    let block = first(name, bytes, advice)?;
    let key = match block.label.as_str() {
        "PRIVATE KEY" => RsaKeyPair::from_pkcs8(&block.contents),
        "RSA PRIVATE KEY" => RsaKeyPair::from_der(&block.contents),
        "ENCRYPTED PRIVATE KEY" => return Err(format!("{name} is encrypted with a passphrase. {advice}")),
        other => return Err(format!("{name} is a {other}, not a private key. {advice}")),
    };
    key.map_err(|why| format!("{name} is not a usable RSA private key ({why}). {advice}"))
}

/// A public key, or that of a certificate.
pub(super) fn public(name: &str, bytes: &[u8]) -> Result<Public, String> {
    let advice = "Give WeChat's public key (pub_key.pem) or its platform certificate, in PEM";
    let block = first(name, bytes, advice)?;
    let not_rsa = || format!("{name} has no RSA key of at least 2048 bits. {advice}");
    let unreadable = |why: String| format!("{name} is damaged: {why}. {advice}");
    let (der, serial) = match block.label.as_str() {
        "RSA PUBLIC KEY" => (block.contents, None),
        "PUBLIC KEY" => {
            let (_, info) =
                SubjectPublicKeyInfo::from_der(&block.contents).map_err(|why| unreadable(why.to_string()))?;
            (rsa(&info).ok_or_else(not_rsa)?, None)
        }
        "CERTIFICATE" => {
            let (_, certificate) =
                X509Certificate::from_der(&block.contents).map_err(|why| unreadable(why.to_string()))?;
            (rsa(certificate.public_key()).ok_or_else(not_rsa)?, Some(serial_of(&certificate)))
        }
        other => {
            return Err(format!("{name} is a {other}, not a public key or a certificate. {advice}"));
        }
    };
    Ok(Public { der, serial })
}

/// The key of a certificate or public key, if it is of RSA and long enough for `RSA_PKCS1_2048_8192_SHA256`.
fn rsa(info: &SubjectPublicKeyInfo<'_>) -> Option<Vec<u8>> {
    match info.parsed() {
        Ok(PublicKey::RSA(key)) if key.key_size() >= 2048 => Some(info.subject_public_key.data.to_vec()),
        _ => None,
    }
}

fn serial_of(certificate: &X509Certificate<'_>) -> String {
    let bytes = certificate.raw_serial();
    let significant = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    hex::encode_upper(&bytes[significant..])
}

fn first(name: &str, bytes: &[u8], advice: &str) -> Result<Pem, String> {
    match Pem::iter_from_buffer(bytes).next() {
        Some(Ok(block)) => Ok(block),
        Some(Err(why)) => Err(format!("{name} is not PEM: {why}. {advice}")),
        None => Err(format!("{name} holds no PEM block (-----BEGIN …). {advice}")),
    }
}
