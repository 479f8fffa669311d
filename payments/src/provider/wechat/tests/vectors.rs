//! Values that others have computed.

use super::{API_KEY, API_V3_KEY};
use crate::provider::wechat::v3::notice::{Sealed, opened as unsealed};
use crate::provider::wechat::{v2::notice, v2::sign};
use serde_json::json;
use std::collections::BTreeMap;

fn fields() -> BTreeMap<String, String> {
    [
        ("appid", "wxd930ea5d5a258f4f"),
        ("body", "test"),
        ("device_info", "1000"),
        ("mch_id", "10000100"),
        ("nonce_str", "ibuaiVcKdpRxkhJA"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

#[test]
fn fields_are_signed_as_others_sign_them() {
    let (md5, hmac) = (
        "9A0A8659F005D6984697E2CA0A9CF3B7",
        "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6",
    );
    assert_eq!(sign::sign(&fields(), API_KEY, sign::Kind::Md5), md5);
    assert_eq!(sign::sign(&fields(), API_KEY, sign::Kind::HmacSha256), hmac);
}

#[test]
fn empty_fields_and_the_signature_itself_are_not_signed() {
    let mut more = fields();
    more.insert("attach".to_owned(), String::new());
    more.insert("sign".to_owned(), "anything".to_owned());
    assert_eq!(sign::sign(&more, API_KEY, sign::Kind::Md5), sign::sign(&fields(), API_KEY, sign::Kind::Md5));
}

#[test]
fn refunds_are_unsealed_as_others_seal_them() {
    assert_eq!(notice::refund_key(API_KEY), "d96eb16afdd491fa1e705096edbc2205");
    let sealed = "4fMiDl0PUR5HfKwMuCzpjvE5LC9TY1bmfNlefJnfcjLUNOLzwWQwP8OfP89+t68M";
    assert_eq!(notice::opened(API_KEY, sealed).unwrap(), b"<root><refund_id>1</refund_id></root>");
}

#[test]
fn resources_are_unsealed_as_others_seal_them() {
    let sealed: Sealed = serde_json::from_value(json!({
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": "Eu6onfHUEIuHuUJ2U2443mIzhnIIlMg=",
        "associated_data": "transaction",
        "nonce": "abcdefghijkl",
    }))
    .unwrap();
    let key = API_V3_KEY.as_bytes().try_into().unwrap();
    assert_eq!(unsealed(key, &sealed).unwrap(), br#"{"a":1}"#);
}
