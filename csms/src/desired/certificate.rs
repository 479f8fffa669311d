//! Root certificates: whether a station has one is asked, and known by what it says of issuer and serial number.

use super::{Heard, Step, View, look};
use crate::{
    command::{CertificateHash, Command, InstallCertificate, ListCertificates},
    link::dialect::ask,
    store::{commands::CommandRow, desired::DesiredRow},
};
use chrono::TimeDelta;
use serde_json::Value;
use sha2::{Digest, Sha256, Sha384, Sha512};
use x509_parser::{pem::parse_x509_pem, prelude::FromDer, prelude::X509Certificate};

/// What stations can be sent (certificateStringType is 5500 characters in 2.x).
const PEM_MAX: usize = 5_500;

/// Is it one certificate that a station can be sent?
pub(super) fn check(pem: &str) -> Result<(), String> {
    if pem.len() > PEM_MAX {
        return Err(format!("a certificate of at most {PEM_MAX} characters can be installed"));
    }
    Identity::of(pem).map(|_| ())
}

/// By what a certificate is known.
struct Identity {
    /// The issuer's name in DER.
    issuer: Vec<u8>,
    /// Hex digits without leading zeros, lower case.
    serial: String,
}

impl Identity {
    fn of(pem: &str) -> Result<Identity, String> {
        let unreadable = |error: &dyn std::fmt::Display| format!("it is no certificate in PEM: {error}");
        let (rest, block) = parse_x509_pem(pem.as_bytes()).map_err(|error| unreadable(&error))?;
        if !rest.trim_ascii().is_empty() {
            return Err("give one certificate alone".to_owned());
        }
        let (_, certificate) =
            X509Certificate::from_der(&block.contents).map_err(|error| unreadable(&error))?;
        let serial = hex::encode(certificate.raw_serial());
        Ok(Identity { issuer: certificate.issuer().as_raw().to_vec(), serial: plain(&serial) })
    }

    /// Does the station mean this certificate by these hashes?
    fn is(&self, told: &Value) -> bool {
        let text = |field: &str| told[field].as_str().unwrap_or_default();
        let name = match text("hashAlgorithm") {
            "SHA256" => hex::encode(Sha256::digest(&self.issuer)),
            "SHA384" => hex::encode(Sha384::digest(&self.issuer)),
            "SHA512" => hex::encode(Sha512::digest(&self.issuer)),
            _ => return false,
        };
        text("issuerNameHash").eq_ignore_ascii_case(&name) && plain(text("serialNumber")) == self.serial
    }
}

fn plain(serial: &str) -> String {
    serial.trim_start_matches('0').to_ascii_lowercase()
}

/// The stations are asked which they have, by use; then one at a time is installed or removed.
pub(super) fn step(view: &View<'_>, wishes: &[DesiredRow]) -> Option<Step> {
    let used = |wish: &DesiredRow| wish.key.split('/').next().unwrap_or_default().to_owned();
    let unheard = |wish: &DesiredRow| {
        let unnamed = wish.value == "absent" && removal(wish).is_none();
        look::is_unheard(wish, view.now) || (unnamed && look::is_askable(wish, view.now))
    };
    if let Some(first) = wishes.iter().find(|wish| unheard(wish)) {
        let kind = used(first);
        let command = Command::ListCertificates(ListCertificates { kinds: vec![kind.clone()] });
        if let Err(why) = ask::fits(view.protocol, &command) {
            return Some(Step::Unfit { wish: Box::new(first.clone()), why: why.to_string() });
        }
        let same = wishes.iter().filter(|wish| used(wish) == kind && unheard(wish));
        return Some(Step::ask(command, same.cloned().collect()));
    }
    let wish = wishes.iter().find(|wish| look::is_askable(wish, view.now))?;
    let command = match wish.value.as_str() {
        "absent" => removal(wish)?,
        _ => Command::InstallCertificate(InstallCertificate {
            kind: used(wish),
            certificate: wish.body.clone(),
        }),
    };
    Some(match ask::fits(view.protocol, &command) {
        Ok(()) => Step::ask(command, vec![wish.clone()]),
        Err(why) => Step::Unfit { wish: Box::new(wish.clone()), why: why.to_string() },
    })
}

/// By the very hashes with which the station has named it (M04.FR.07).
fn removal(wish: &DesiredRow) -> Option<Command> {
    let told: Value = serde_json::from_str(wish.reported.as_deref()?).ok()?;
    let text = |field: &str| told[field].as_str().unwrap_or_default().to_owned();
    Some(Command::DeleteCertificate(CertificateHash {
        hash_algorithm: text("hashAlgorithm"),
        issuer_name_hash: text("issuerNameHash"),
        issuer_key_hash: text("issuerKeyHash"),
        serial_number: text("serialNumber"),
    }))
}

/// What a command's end says of a wish.
pub(super) fn heard(wish: &DesiredRow, command: &Command, row: &CommandRow) -> Heard {
    let done = |value: &str| Heard::Accepted { value: value.to_owned(), check: Some(TimeDelta::zero()) };
    let is_accepted = row.verdict == "accepted";
    match command {
        Command::ListCertificates(_) => {
            let record: Vec<Value> = serde_json::from_str(&row.calls).unwrap_or_default();
            Heard::Told(ask::certificates(&record).map(|all| told(wish, &all)))
        }
        Command::InstallCertificate(_) if is_accepted => done("installed"),
        Command::DeleteCertificate(_) if is_accepted => done("absent"),
        Command::DeleteCertificate(_) if row.reason.starts_with("NotFound") => {
            Heard::Told(Some("absent".to_owned()))
        }
        _ => Heard::Refused { why: row.reason.clone(), for_good: row.verdict != "refused" },
    }
}

/// What a station that has these says of the wish. What it shall not have is told in its words, for it is removed by them.
fn told(wish: &DesiredRow, all: &[Value]) -> String {
    let Ok(identity) = Identity::of(&wish.body) else { return "absent".to_owned() };
    match all.iter().find(|data| identity.is(data)) {
        None => "absent".to_owned(),
        Some(data) if wish.value == "absent" => data.to_string(),
        Some(_) => "installed".to_owned(),
    }
}
