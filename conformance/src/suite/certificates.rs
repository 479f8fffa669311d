//! Certificates that stations show: a root to install, and requests to be signed.

use base64::Engine;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

use super::case::Broken;

/// A root that the suite wishes to have installed; its key is nowhere.
pub(crate) const ROOT: &str = include_str!("data/root.pem");

/// The hash data of [`ROOT`], as a station tells it.
pub(crate) fn root_hash() -> Value {
    json!({
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "aa62a7134d7c960903d511aedb503d4b2d21accbde3af1dee69eacce26c1a6af",
        "issuerKeyHash": "776911f3696fdf9331a30c917489707ab7d6308aa9500e87ea0cb8cff7a14467",
        "serialNumber": "614349a4dc4f36cb868aced3cf46b2beb2d45700",
    })
}

/// A request (PKCS #10, PEM) for a certificate of a station, with a fresh key on P-256.
///
/// # Errors
/// No key could be made.
pub(crate) fn request(common_name: &str) -> Result<String, Broken> {
    let failed = || Broken::inconclusive("the suite could not make a key");
    let random = SystemRandom::new();
    let document =
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).map_err(|_| failed())?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &random)
        .map_err(|_| failed())?;
    let organization = attribute(&[0x55, 0x04, 0x0a], "Wattline");
    let name = attribute(&[0x55, 0x04, 0x03], common_name);
    let subject = der(0x30, &[organization, name].concat());
    let info = der(
        0x30,
        &[der(0x02, &[0]), subject, public_key(pair.public_key().as_ref()), der(0xa0, &[])].concat(),
    );
    let signature = pair.sign(&random, &info).map_err(|_| failed())?;
    // ecdsa-with-SHA256
    let algorithm = der(0x30, &der(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]));
    let whole = der(0x30, &[info, algorithm, bits(signature.as_ref())].concat());
    let text = base64::engine::general_purpose::STANDARD.encode(whole);
    let mut pem = "-----BEGIN CERTIFICATE REQUEST-----\n".to_owned();
    for line in text.as_bytes().chunks(64) {
        pem += &String::from_utf8_lossy(line);
        pem.push('\n');
    }
    Ok(pem + "-----END CERTIFICATE REQUEST-----\n")
}

/// One attribute of a distinguished name.
fn attribute(object: &[u8], value: &str) -> Vec<u8> {
    let pair = [der(0x06, object), der(0x0c, value.as_bytes())].concat();
    der(0x31, &der(0x30, &pair))
}

/// An uncompressed point on P-256.
fn public_key(point: &[u8]) -> Vec<u8> {
    let ec = der(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]);
    let curve = der(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]);
    der(0x30, &[der(0x30, &[ec, curve].concat()), bits(point)].concat())
}

fn bits(content: &[u8]) -> Vec<u8> {
    der(0x03, &[&[0], content].concat())
}

/// Tag, length, value. Nothing here is longer than 65535 bytes.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let [high, low] = u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes();
    match (high, low) {
        (0, ..0x80) => out.push(low),
        (0, _) => out.extend([0x81, low]),
        _ => out.extend([0x82, high, low]),
    }
    out.extend_from_slice(content);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_pem_of_one_sequence() {
        let pem = request("CS-1").expect("a request");
        let body: String = pem.lines().filter(|line| !line.starts_with("--")).collect();
        let der = base64::engine::general_purpose::STANDARD.decode(body).expect("base64");
        assert_eq!((der[0], der[1]), (0x30, 0x81));
        assert_eq!(usize::from(der[2]) + 3, der.len());
        let at = |text: &[u8]| der.windows(text.len()).any(|part| part == text);
        assert!(at(b"CS-1") && at(b"Wattline"));
    }
}
