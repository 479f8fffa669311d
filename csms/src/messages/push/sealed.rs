//! Encryption for one browser: RFC 8291 on the content coding `aes128gcm` of RFC 8188, in one record.

use super::bytes;
use ring::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral},
    hkdf::{HKDF_SHA256, KeyType, Prk, Salt},
    rand::{SecureRandom, SystemRandom},
};

/// Bytes of an uncompressed point of P-256.
const POINT: usize = 65;
/// Bytes of the shared secret, and of the salt.
const SECRET: usize = 16;
/// The record's size as it is told; ours has what it needs.
const RECORD: u32 = 4_096;
/// Of that: the point and its frame, the tag, the delimiter.
const TEXT_MAX: usize = RECORD as usize - 86 - 17;
/// After the last byte of the last record.
const LAST: u8 = 2;

/// The browser's public key and secret, if they are such.
pub fn keys(p256dh: &str, auth: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let (key, auth) = (bytes(p256dh)?, bytes(auth)?);
    (key.len() == POINT && key.first() == Some(&4) && auth.len() == SECRET).then_some((key, auth))
}

/// The text, for the holder of this key alone. `None`: the key is no point of the curve, the text is too long, or the
/// system has no randomness.
pub fn seal(key: &[u8], auth: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let random = SystemRandom::new();
    let own = EphemeralPrivateKey::generate(&ECDH_P256, &random).ok()?;
    let point = own.compute_public_key().ok()?;
    let mut salt = [0; SECRET];
    random.fill(&mut salt).ok()?;
    let peer = UnparsedPublicKey::new(&ECDH_P256, key);
    let shared = |shared: &[u8]| record(shared, &Parties { key, auth, own: point.as_ref(), salt }, text);
    agree_ephemeral(own, &peer, shared).ok()?
}

/// Both sides of one message.
struct Parties<'a> {
    key: &'a [u8],
    auth: &'a [u8],
    /// Our public key of this message.
    own: &'a [u8],
    salt: [u8; SECRET],
}

/// The message from the secret of the key agreement.
fn record(shared: &[u8], of: &Parties<'_>, text: &[u8]) -> Option<Vec<u8>> {
    if text.len() > TEXT_MAX {
        return None;
    }
    let both = Salt::new(HKDF_SHA256, of.auth).extract(shared);
    let material = expand::<32>(&both, &[b"WebPush: info\0", of.key, of.own])?;
    let prk = Salt::new(HKDF_SHA256, &of.salt).extract(&material);
    let content = expand::<16>(&prk, &[b"Content-Encoding: aes128gcm\0"])?;
    let nonce = expand::<12>(&prk, &[b"Content-Encoding: nonce\0"])?;
    let mut sealed = Vec::with_capacity(text.len() + 17);
    sealed.extend_from_slice(text);
    sealed.push(LAST);
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &content).ok()?);
    cipher.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed).ok()?;
    let mut message = Vec::with_capacity(86 + sealed.len());
    message.extend_from_slice(&of.salt);
    message.extend_from_slice(&RECORD.to_be_bytes());
    message.push(u8::try_from(of.own.len()).ok()?);
    message.extend_from_slice(of.own);
    message.append(&mut sealed);
    Some(message)
}

/// So many bytes.
struct Len(usize);

impl KeyType for Len {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand<const N: usize>(prk: &Prk, info: &[&[u8]]) -> Option<[u8; N]> {
    let mut out = [0; N];
    prk.expand(info, Len(N)).ok()?.fill(&mut out).ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    /// Appendix A of RFC 8291, from the agreed secret on; the agreement itself needs a fixed private key.
    #[test]
    fn the_example_of_the_standard_comes_out_byte_for_byte() {
        let key = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
        let own = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
        let (key, auth) = keys(key, "BTBZMqHH6r4Tts7J_aSIgg").unwrap();
        let own = bytes(own).unwrap();
        let salt = bytes("DGv6ra1nlYgDCS1FRnbzlw").unwrap().try_into().unwrap();
        let shared = bytes("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs").unwrap();
        let of = Parties { key: &key, auth: &auth, own: &own, salt };
        let sealed = record(&shared, &of, b"When I grow up, I want to be a watermelon").unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(sealed),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn keys_that_are_none_are_refused_and_a_text_that_is_too_long_is_not_cut() {
        let key = URL_SAFE_NO_PAD.encode([4; POINT]);
        assert!(keys(&key, "BTBZMqHH6r4Tts7J_aSIgg==").is_some(), "padding does not matter");
        for (key, auth) in [("", "BTBZMqHH6r4Tts7J_aSIgg"), (&*key, "BTBZ"), ("!", "!"), (&key[1..], "")] {
            assert!(keys(key, auth).is_none(), "{key} {auth}");
        }
        let (point, auth) = keys(&key, "BTBZMqHH6r4Tts7J_aSIgg").unwrap();
        assert!(seal(&point, &auth, b"x").is_none(), "it is no point of the curve");
        let own = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).unwrap();
        let point = own.compute_public_key().unwrap();
        assert_eq!(seal(point.as_ref(), &auth, &[b'x'; TEXT_MAX]).unwrap().len(), RECORD as usize);
        assert!(seal(point.as_ref(), &auth, &[b'x'; TEXT_MAX + 1]).is_none());
    }
}
