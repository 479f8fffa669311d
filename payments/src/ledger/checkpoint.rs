//! Checkpoints (C2SP tlog-checkpoint): origin, size and root of the tree, one line each, signed as a note.

use super::note::{Note, NoteFault, PublicKey, Signer};
use super::tree::Hash;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

/// What the tree is at a size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: a name that no other log has.
    pub origin: String,
    pub size: u64,
    pub root: Hash,
}

impl Checkpoint {
    /// The lines that are signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(self.root.0))
    }

    /// As a signed note.
    ///
    /// # Errors
    /// [`NoteFault::Form`] if the origin is empty or has line feeds.
    pub fn sign(&self, signer: &Signer) -> Result<Note, NoteFault> {
        let note = Note::sign(self.text(), signer)?;
        // What is signed is what can be read again.
        if Checkpoint::of(&note)? == *self { Ok(note) } else { Err(NoteFault::Form("its origin is no line")) }
    }

    /// Reads the lines of a note; nothing is believed yet. Lines beyond the third are left alone.
    ///
    /// # Errors
    /// [`NoteFault::Form`].
    pub fn of(note: &Note) -> Result<Checkpoint, NoteFault> {
        let bad = NoteFault::Form;
        let mut lines = note.text.lines();
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(bad("a checkpoint has three lines: origin, size, root"));
        };
        let number: u64 = size.parse().map_err(|_| bad("its size is no number"))?;
        if origin.is_empty() || number.to_string() != size {
            return Err(bad("its origin is empty, or its size is written with more than its digits"));
        }
        let root = BASE64.decode(root).ok().and_then(|bytes| bytes.try_into().ok());
        let root = root.ok_or(bad("its root is not 32 bytes of base64"))?;
        Ok(Checkpoint { origin: origin.to_owned(), size: number, root: Hash(root) })
    }

    /// Reads a note that this key must have signed, which must be of the log that the key is of.
    ///
    /// # Errors
    /// [`NoteFault`].
    pub fn verified(note: &Note, key: &PublicKey) -> Result<Checkpoint, NoteFault> {
        note.verify(key)?;
        Checkpoint::of(note)
    }
}

/// The body of a POST to a witness's `add-checkpoint` (C2SP tlog-witness).
pub fn add_checkpoint_body(old: u64, proof: &[Hash], note: &Note) -> String {
    let mut body = format!("old {old}\n");
    for hash in proof {
        body.push_str(&BASE64.encode(hash.0));
        body.push('\n');
    }
    body.push('\n');
    body.push_str(note.as_str());
    body
}

#[cfg(test)]
mod tests {
    use super::super::note::SignatureKind;
    use super::*;

    fn signer() -> Signer {
        Signer::new("log.example/1", SignatureKind::Text, [3; 32]).unwrap()
    }

    #[test]
    fn a_checkpoint_is_read_as_it_is_written() {
        let checkpoint =
            Checkpoint { origin: "log.example/1".into(), size: 20_852_163, root: Hash::leaf(b"x") };
        let note = checkpoint.sign(&signer()).unwrap();
        assert!(note.as_str().starts_with("log.example/1\n20852163\n"));
        assert_eq!(Checkpoint::verified(&note, signer().public()).unwrap(), checkpoint);
        // An extension line of another log's checkpoint does no harm.
        let more = Note::sign(checkpoint.text() + "more\n", &signer()).unwrap();
        assert_eq!(Checkpoint::of(&more).unwrap(), checkpoint);
        let body = add_checkpoint_body(3, &[Hash([0; 32])], &note);
        let proof = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        assert_eq!(body, format!("old 3\n{proof}\n\n{}", note.as_str()));
    }

    #[test]
    fn odd_ones_are_refused() {
        let root = BASE64.encode([0; 32]);
        for text in [
            format!("o\n01\n{root}\n"),
            format!("o\n-1\n{root}\n"),
            format!("o\n+1\n{root}\n"),
            format!("\n1\n{root}\n"),
            "o\n1\n".to_owned(),
            "o\n1\nAAAA\n".to_owned(),
            format!("o\n99999999999999999999\n{root}\n"),
        ] {
            let note = Note::sign(text.clone(), &signer()).unwrap();
            assert!(Checkpoint::of(&note).is_err(), "{text:?}");
        }
        let two = Checkpoint { origin: "a\nb".into(), size: 1, root: Hash([0; 32]) };
        assert!(two.sign(&signer()).is_err());
    }
}
