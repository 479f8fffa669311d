//! Statements in two steps.

use super::{now, signed, unknown, v3};
use crate::provider::{Answer, Call, FileKind, Provider, RefusalKind, Response, Told, Verb};
use chrono::NaiveDate;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use std::io::Write;

const FILE: &[u8] = "\u{feff}交易时间,公众账号ID\r\n`2026-02-28 10:00:00,`wx1\r\n".as_bytes();

fn call() -> Call<'static> {
    Call::Statement { day: NaiveDate::from_ymd_opt(2026, 2, 28).unwrap(), kind: FileKind::Trades }
}

fn whereabouts() -> Value {
    json!({
        "hash_type": "SHA1",
        "hash_value": hex::encode_upper(Sha1::digest(FILE)),
        "download_url": "https://api.mch.weixin.qq.com/v3/billdownload/file?token=a%2Bb",
    })
}

fn packed() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(FILE).unwrap();
    encoder.finish().unwrap()
}

fn file(body: Vec<u8>) -> Response {
    Response { status: 200, headers: Vec::new(), body }
}

#[test]
fn the_file_is_fetched_unpacked_and_compared_with_its_hash() {
    let account = v3();
    for body in [packed(), FILE.to_vec()] {
        let Answer::Then(request) = account.answer(&call(), &signed(200, &whereabouts()), now()) else {
            panic!("no second step");
        };
        assert_eq!(request.verb, Verb::Get);
        assert_eq!(request.url, "https://api.mch.weixin.qq.com/v3/billdownload/file?token=a%2Bb");
        assert!(request.headers.iter().any(|(name, _)| *name == "authorization"));
        assert_eq!(account.answer(&call(), &file(body), now()), Answer::Told(Told::File(FILE.to_vec())));
    }
}

#[test]
fn a_damaged_or_unasked_file_is_not_taken() {
    let account = v3();
    assert!(unknown(account.answer(&call(), &file(packed()), now())).contains("not told"));
    let mut cut = packed();
    cut.truncate(20);
    for body in [b"another file".to_vec(), cut] {
        account.answer(&call(), &signed(200, &whereabouts()), now());
        unknown(account.answer(&call(), &file(body), now()));
    }
    let other_day =
        Call::Statement { day: NaiveDate::from_ymd_opt(2026, 2, 27).unwrap(), kind: FileKind::Trades };
    account.answer(&call(), &signed(200, &whereabouts()), now());
    unknown(account.answer(&other_day, &file(packed()), now()));
}

#[test]
fn our_signature_goes_to_wechat_alone() {
    let account = v3();
    for url in ["https://evil.example/v3/x", "https://api.mch.weixin.qq.com.evil.example/x", "x"] {
        let mut body = whereabouts();
        body["download_url"] = json!(url);
        assert!(unknown(account.answer(&call(), &signed(200, &body), now())).contains("another host"));
    }
    let mut body = whereabouts();
    body["hash_type"] = json!("MD5");
    unknown(account.answer(&call(), &signed(200, &body), now()));
}

#[test]
fn an_empty_day_and_a_file_in_the_making_are_told_apart() {
    let account = v3();
    let error =
        |code: &str| account.answer(&call(), &signed(400, &json!({ "code": code, "message": "m" })), now());
    assert_eq!(error("NO_STATEMENT_EXIST"), Answer::Told(Told::FileEmpty));
    assert_eq!(error("STATEMENT_CREATING"), Answer::Told(Told::FileLater));
    assert!(matches!(error("NO_AUTH"), Answer::Refused(no) if no.kind == RefusalKind::Access));
}

#[test]
fn hashes_of_files_never_fetched_are_forgotten() {
    let account = v3();
    for day in 1..=28 {
        let call =
            Call::Statement { day: NaiveDate::from_ymd_opt(2026, 2, day).unwrap(), kind: FileKind::Funds };
        account.answer(&call, &signed(200, &whereabouts()), now());
    }
    let first = Call::Statement { day: NaiveDate::from_ymd_opt(2026, 2, 1).unwrap(), kind: FileKind::Funds };
    let last = Call::Statement { day: NaiveDate::from_ymd_opt(2026, 2, 28).unwrap(), kind: FileKind::Funds };
    unknown(account.answer(&first, &file(packed()), now()));
    assert_eq!(account.answer(&last, &file(packed()), now()), Answer::Told(Told::File(FILE.to_vec())));
}
