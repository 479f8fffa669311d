//! Statements: WeChat tells where the file is and what its hash is, then the file is fetched.

use super::{WechatV3, errors};
use crate::provider::wechat::terms;
use crate::provider::{Answer, FileKind, Refusal, Request, Response, Told};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use sha1::{Digest, Sha1};
use std::collections::BTreeMap;
use std::sync::PoisonError;

/// More files than this are not fetched at the same time.
const HASHES: usize = 16;

/// What the files that are being fetched must hash to.
pub(super) type Hashes = BTreeMap<(NaiveDate, &'static str), String>;

#[derive(Deserialize)]
struct Whereabouts {
    hash_type: String,
    hash_value: String,
    download_url: String,
}

fn word(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Trades => "trades",
        FileKind::Funds => "funds",
    }
}

impl WechatV3 {
    pub(super) fn bill(
        &self,
        day: NaiveDate,
        kind: FileKind,
        now: DateTime<Utc>,
    ) -> Result<Request, Refusal> {
        let day = day.format("%Y-%m-%d");
        let path = match kind {
            FileKind::Trades => format!("/v3/bill/tradebill?bill_date={day}&bill_type=ALL&tar_type=GZIP"),
            FileKind::Funds => {
                format!("/v3/bill/fundflowbill?bill_date={day}&account_type=BASIC&tar_type=GZIP")
            }
        };
        self.signer.get(&path, now)
    }

    /// Reads both answers: where the file is (signed), and the file (not signed, but its hash was told).
    pub(super) fn billed(
        &self,
        day: NaiveDate,
        kind: FileKind,
        response: &Response,
        now: DateTime<Utc>,
    ) -> Answer {
        let signed = response.header("wechatpay-signature").is_some();
        if response.is_success() && !signed {
            return self.file((day, word(kind)), &response.body);
        }
        let check = self.signer.check(response, now).map_err(|doubt| doubt.text());
        if !response.is_success() {
            return match errors::read(response, check) {
                errors::Failure::Refused(refusal) => match refusal.code.as_str() {
                    "NO_STATEMENT_EXIST" => Answer::Told(Told::FileEmpty),
                    "STATEMENT_CREATING" => Answer::Told(Told::FileLater),
                    _ => Answer::Refused(refusal),
                },
                errors::Failure::Unknown(why) => Answer::Unknown(why),
            };
        }
        let whereabouts = match check {
            Ok(()) => serde_json::from_slice::<Whereabouts>(&response.body)
                .map_err(|why| format!("where the statement is cannot be read: {why}")),
            Err(doubt) => Err(format!("where the statement is, is not believed: {doubt}")),
        };
        match whereabouts.and_then(|found| self.fetch((day, word(kind)), &found, now)) {
            Ok(request) => Answer::Then(request),
            Err(why) => Answer::Unknown(why),
        }
    }

    fn fetch(
        &self,
        file: (NaiveDate, &'static str),
        found: &Whereabouts,
        now: DateTime<Utc>,
    ) -> Result<Request, String> {
        if found.hash_type != "SHA1" || found.hash_value.len() != 40 {
            return Err(format!("the statement's hash is of another kind: {:.20}", found.hash_type));
        }
        let bases = [Some(&self.signer.base), self.backup.as_ref()];
        let path = bases
            .into_iter()
            .flatten()
            .find_map(|base| {
                found.download_url.strip_prefix(base.as_str()).filter(|path| path.starts_with('/'))
            })
            .ok_or("the statement is at another host than WeChat's: our signature is not sent there")?;
        let request = self.signer.file(&found.download_url, path, now).map_err(|refusal| refusal.text)?;
        let mut hashes = self.hashes.lock().unwrap_or_else(PoisonError::into_inner);
        if hashes.len() >= HASHES {
            hashes.pop_first();
        }
        hashes.insert(file, found.hash_value.to_ascii_lowercase());
        Ok(request)
    }

    fn file(&self, file: (NaiveDate, &'static str), bytes: &[u8]) -> Answer {
        let expected = self.hashes.lock().unwrap_or_else(PoisonError::into_inner).remove(&file);
        let Some(expected) = expected else {
            return Answer::Unknown("a statement came whose hash was not told: ask for it again".to_owned());
        };
        match terms::unpacked(bytes) {
            Ok(plain) if hex::encode(Sha1::digest(&plain)) == expected => Answer::Told(Told::File(plain)),
            Ok(_) => {
                Answer::Unknown("the statement is damaged: its hash is another than was told".to_owned())
            }
            Err(why) => Answer::Unknown(why),
        }
    }
}
