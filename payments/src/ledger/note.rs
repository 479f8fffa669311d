//! Signed notes (C2SP signed-note): a text, a blank line, signature lines. Signatures are Ed25519: of the text itself,
//! or of a witness, who signs a time with it (C2SP tlog-cosignature, v1).

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// A note is no longer than this …
const BYTES_MAX: usize = 64 * 1024;
/// … and has at most so many signatures.
const SIGNATURES_MAX: usize = 64;
/// Begins a signature line.
const DASH: &str = "— ";

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureKind {
    /// The text.
    Text,
    /// The text and when: a witness.
    Cosignature,
}

impl SignatureKind {
    fn byte(self) -> u8 {
        match self {
            SignatureKind::Text => 1,
            SignatureKind::Cosignature => 4,
        }
    }
}

/// A key that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    #[error(
        "a public key is NAME+ID+KEY: a name without spaces and plus signs, eight hexadecimal digits, base64"
    )]
    Form,
    #[error("a private key is PRIVATE+KEY+NAME+ID+KEY")]
    PrivateForm,
    #[error("the key's name is empty, or has a space or a plus sign in it")]
    Name,
    #[error("the key is of a kind other than Ed25519 (1) and Ed25519 cosignature (4)")]
    Kind,
    #[error("the key's id is not that of its name and key: a letter is wrong somewhere")]
    Id,
}

/// A note that is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteFault {
    #[error("it is no signed note: {0}")]
    Form(&'static str),
    #[error("{0} has not signed it")]
    Unsigned(String),
    #[error("the signature of {0} is not over this text")]
    Signature(String),
}

/// Who is believed: name, key and what it signs. Written `NAME+ID+KEY` (a "vkey").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    kind: SignatureKind,
    bytes: [u8; 32],
}

fn good_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 200
        && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

fn key_id(name: &str, kind: SignatureKind, bytes: &[u8; 32]) -> [u8; 4] {
    let hash: [u8; 32] = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', kind.byte()])
        .chain_update(bytes)
        .finalize()
        .into();
    [hash[0], hash[1], hash[2], hash[3]]
}

impl PublicKey {
    /// The name of the key's owner.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    pub fn kind(&self) -> SignatureKind {
        self.kind
    }

    fn id(&self) -> [u8; 4] {
        key_id(&self.name, self.kind, &self.bytes)
    }

    /// Checks a signature's bytes over a text. For a cosignature they begin with the time, which is returned.
    fn check(&self, text: &str, signature: &[u8]) -> Option<u64> {
        let key = UnparsedPublicKey::new(&ED25519, self.bytes);
        match self.kind {
            SignatureKind::Text => key.verify(text.as_bytes(), signature).ok().map(|()| 0),
            SignatureKind::Cosignature => {
                let (time, signature) = signature.split_first_chunk::<8>()?;
                let time = u64::from_be_bytes(*time);
                key.verify(cosigned(time, text).as_bytes(), signature).ok().map(|()| time)
            }
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![self.kind.byte()];
        key.extend(self.bytes);
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), BASE64.encode(key))
    }
}

/// `kind ‖ key` of a written key.
fn key_bytes(text: &str, fault: KeyFault) -> Result<(SignatureKind, [u8; 32]), KeyFault> {
    let bytes = BASE64.decode(text).map_err(|_| fault)?;
    let (kind, key) = bytes.split_first().ok_or(fault)?;
    let kind = match kind {
        1 => SignatureKind::Text,
        4 => SignatureKind::Cosignature,
        _ => return Err(KeyFault::Kind),
    };
    Ok((kind, key.try_into().map_err(|_| fault)?))
}

impl FromStr for PublicKey {
    type Err = KeyFault;

    fn from_str(text: &str) -> Result<PublicKey, KeyFault> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyFault::Form);
        };
        if !good_name(name) {
            return Err(KeyFault::Name);
        }
        let (kind, bytes) = key_bytes(key, KeyFault::Form)?;
        let key = PublicKey { name: name.to_owned(), kind, bytes };
        if hex::encode(key.id()) == id { Ok(key) } else { Err(KeyFault::Id) }
    }
}

/// Who signs. Written `PRIVATE+KEY+NAME+ID+KEY`; its debug output does not show the key.
pub struct Signer {
    public: PublicKey,
    seed: [u8; 32],
    pair: Ed25519KeyPair,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.public)
    }
}

impl Signer {
    /// Of 32 random bytes.
    ///
    /// # Errors
    /// [`KeyFault::Name`].
    pub fn new(name: &str, kind: SignatureKind, seed: [u8; 32]) -> Result<Signer, KeyFault> {
        if !good_name(name) {
            return Err(KeyFault::Name);
        }
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| KeyFault::PrivateForm)?;
        let bytes = pair.public_key().as_ref().try_into().map_err(|_| KeyFault::PrivateForm)?;
        Ok(Signer { public: PublicKey { name: name.to_owned(), kind, bytes }, seed, pair })
    }

    /// What others check by.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The key as it is kept: a secret.
    pub fn secret(&self) -> String {
        let mut key = vec![self.public.kind.byte()];
        key.extend(self.seed);
        format!("PRIVATE+KEY+{}+{}+{}", self.public.name, hex::encode(self.public.id()), BASE64.encode(key))
    }

    /// The signature line for a text (which ends with a line feed). `time` (seconds since 1970) counts for a witness.
    pub fn line(&self, text: &str, time: u64) -> String {
        let mut bytes = self.public.id().to_vec();
        match self.public.kind {
            SignatureKind::Text => bytes.extend(self.pair.sign(text.as_bytes()).as_ref()),
            SignatureKind::Cosignature => {
                bytes.extend(time.to_be_bytes());
                bytes.extend(self.pair.sign(cosigned(time, text).as_bytes()).as_ref());
            }
        }
        format!("{DASH}{} {}\n", self.public.name, BASE64.encode(bytes))
    }
}

impl FromStr for Signer {
    type Err = KeyFault;

    fn from_str(text: &str) -> Result<Signer, KeyFault> {
        let rest = text.trim().strip_prefix("PRIVATE+KEY+").ok_or(KeyFault::PrivateForm)?;
        let mut parts = rest.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyFault::PrivateForm);
        };
        let (kind, seed) = key_bytes(key, KeyFault::PrivateForm)?;
        let signer = Signer::new(name, kind, seed)?;
        if hex::encode(signer.public.id()) == id { Ok(signer) } else { Err(KeyFault::Id) }
    }
}

/// What a witness signs.
fn cosigned(time: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// A signed note, read but not believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// With its last line feed.
    pub text: String,
    /// Name, key id, signature.
    signatures: Vec<(String, [u8; 4], Vec<u8>)>,
    whole: String,
}

impl Note {
    /// Signs a text, which must end with a line feed.
    pub fn sign(text: String, signer: &Signer) -> Result<Note, NoteFault> {
        Note::read(&format!("{text}\n{}", signer.line(&text, 0)))
    }

    /// Reads a note.
    ///
    /// # Errors
    /// [`NoteFault::Form`].
    pub fn read(whole: &str) -> Result<Note, NoteFault> {
        let bad = NoteFault::Form;
        if whole.len() > BYTES_MAX {
            return Err(bad("it is longer than 64 KiB"));
        }
        if whole.chars().any(|c| c.is_ascii_control() && c != '\n') {
            return Err(bad("there is a control character in it"));
        }
        let blank = whole.rfind("\n\n").ok_or(bad("no blank line stands before its signatures"))?;
        let (text, lines) = (&whole[..=blank], &whole[blank + 2..]);
        if !lines.ends_with('\n') {
            return Err(bad("its last line is cut off"));
        }
        let mut signatures = Vec::new();
        for line in lines.lines() {
            signatures.push(signature(line).ok_or(bad("a signature line is \"— NAME BASE64\""))?);
        }
        if signatures.is_empty() || signatures.len() > SIGNATURES_MAX {
            return Err(bad("it has no signature, or more than 64"));
        }
        Ok(Note { text: text.to_owned(), signatures, whole: whole.to_owned() })
    }

    /// Reads all notes of a file that has one after the other.
    ///
    /// # Errors
    /// [`NoteFault::Form`].
    pub fn read_all(file: &str) -> Result<Vec<Note>, NoteFault> {
        let (mut notes, mut current, mut signed) = (Vec::new(), String::new(), false);
        for line in file.split_inclusive('\n') {
            let signature = line.starts_with(DASH);
            if signed && !signature {
                notes.push(Note::read(&std::mem::take(&mut current))?);
                signed = false;
            }
            signed |= signature;
            // Between notes there may be blank lines.
            if !(current.is_empty() && line.trim().is_empty()) {
                current.push_str(line);
            }
        }
        if !current.is_empty() {
            notes.push(Note::read(&current)?);
        }
        Ok(notes)
    }

    /// Whether this key has signed it. For a witness: when, in seconds since 1970 (0 for any other).
    ///
    /// # Errors
    /// [`NoteFault::Unsigned`], [`NoteFault::Signature`].
    pub fn verify(&self, key: &PublicKey) -> Result<u64, NoteFault> {
        let id = key.id();
        let mut ours =
            self.signatures.iter().filter(|(name, of, _)| *name == key.name && *of == id).peekable();
        if ours.peek().is_none() {
            return Err(NoteFault::Unsigned(key.name.clone()));
        }
        let mut time = 0;
        for (_, _, signature) in ours {
            time = key.check(&self.text, signature).ok_or_else(|| NoteFault::Signature(key.name.clone()))?;
        }
        Ok(time)
    }

    /// The note with more signature lines, e.g. those of witnesses.
    ///
    /// # Errors
    /// [`NoteFault::Form`].
    pub fn with_lines(&self, lines: &str) -> Result<Note, NoteFault> {
        Note::read(&format!("{}{lines}", self.whole))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.whole
    }
}

fn signature(line: &str) -> Option<(String, [u8; 4], Vec<u8>)> {
    let (name, signature) = line.strip_prefix(DASH)?.split_once(' ')?;
    let bytes = BASE64.decode(signature).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    (good_name(name) && !signature.is_empty()).then(|| (name.to_owned(), *id, signature.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Of the tests of Go's module golang.org/x/mod/sumdb/note.
    const PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const LINE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    #[test]
    fn a_foreign_note_is_signed_to_the_letter_and_believed() {
        let signer: Signer = SECRET.parse().unwrap();
        assert_eq!((signer.public().to_string(), signer.secret()), (PUBLIC.to_owned(), SECRET.to_owned()));
        assert_eq!(signer.line(TEXT, 0), LINE);
        let note = Note::read(&format!("{TEXT}\n{LINE}")).unwrap();
        assert_eq!(note.verify(&PUBLIC.parse().unwrap()), Ok(0));
        let forged = Note::read(&format!("{}\n{LINE}", TEXT.replace("answer", "Answer"))).unwrap();
        assert!(matches!(forged.verify(&PUBLIC.parse().unwrap()), Err(NoteFault::Signature(_))));
        let other = Signer::new("PeterNeumann", SignatureKind::Text, [7; 32]).unwrap();
        assert!(matches!(note.verify(other.public()), Err(NoteFault::Unsigned(_))));
        assert!(!format!("{signer:?}").contains("AYEKF"), "secrets are not shown");
    }

    #[test]
    fn a_witness_signs_the_time_too() {
        let log = Signer::new("log.example", SignatureKind::Text, [1; 32]).unwrap();
        let witness = Signer::new("witness.example/w1", SignatureKind::Cosignature, [2; 32]).unwrap();
        let note = Note::sign(TEXT.into(), &log).unwrap();
        let line = witness.line(TEXT, 1_679_315_147);
        let both = note.with_lines(&line).unwrap();
        assert_eq!(both.verify(witness.public()), Ok(1_679_315_147));
        assert_eq!(both.verify(log.public()), Ok(0));
        let key: PublicKey = witness.public().to_string().parse().unwrap();
        assert_eq!(key.kind(), SignatureKind::Cosignature);
        // A later time with the same signature.
        let (_, _, mut bytes) = super::signature(line.trim_end()).unwrap();
        bytes[7] += 1;
        let mut all = key.id().to_vec();
        all.extend(bytes);
        let later = format!("— witness.example/w1 {}\n", BASE64.encode(all));
        assert!(note.with_lines(&later).unwrap().verify(&key).is_err());
    }

    #[test]
    fn keys_with_a_wrong_letter_are_refused() {
        for wrong in
            ["", "a", "a+b", &PUBLIC[1..], &PUBLIC.replace("c74f", "c74e"), &PUBLIC.replace("+AR", "+ZR")]
        {
            assert!(wrong.parse::<PublicKey>().is_err(), "{wrong}");
        }
        for wrong in ["", PUBLIC, &SECRET.replace("Peter", "Paul"), &SECRET[..60]] {
            assert!(wrong.parse::<Signer>().is_err(), "{wrong}");
        }
        assert!(Signer::new("a b", SignatureKind::Text, [1; 32]).is_err());
    }

    #[test]
    fn what_is_no_note_is_told_so() {
        for wrong in [
            "",
            "a\n",
            "a\n\n",
            "a\n\n— x\n",
            "a\n\n— x AAAA",
            "a\n\nx AAAAAAA=\n",
            "a\t\n\n— x AAAAAAA=\n",
            "a\n\n— x AAAA\n",
        ] {
            assert!(matches!(Note::read(wrong), Err(NoteFault::Form(_))), "{wrong:?}");
        }
        assert!(Note::read(&format!("{}\n\n{LINE}", "x".repeat(70_000))).is_err());
    }

    #[test]
    fn notes_stand_one_after_the_other() {
        let one = format!("a\n\n{LINE}");
        let two = format!("b\nc\n\n{LINE}{LINE}");
        let notes = Note::read_all(&format!("{one}\n{two}\n\n{one}")).unwrap();
        assert_eq!(notes.iter().map(|note| &*note.text).collect::<Vec<_>>(), ["a\n", "b\nc\n", "a\n"]);
        assert_eq!(Note::read_all("").unwrap(), []);
        assert!(Note::read_all("a\nb\n").is_err());
    }
}
