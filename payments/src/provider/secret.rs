//! Keys as settings give them: themselves, or the file they are in.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A key in the settings: `file:PATH` or an absolute path, or the key itself. It never shows what it is, except the path.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

const FILE: &str = "file:";
/// No key and no certificate is longer.
const BYTES_MAX: usize = 256 * 1024;

impl Secret {
    /// What the settings say.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// Nothing was set.
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// The key as text, without space around it.
    ///
    /// # Errors
    /// The setting is empty, or its file cannot be read: what to do about the setting called `name`.
    pub(crate) fn text(
        &self,
        name: &str,
        read: &dyn Fn(&str) -> Result<Vec<u8>, String>,
    ) -> Result<String, String> {
        let text = match self.path() {
            Some(path) => {
                let bytes = read(path).map_err(|why| format!("{name}: {path} cannot be read: {why}"))?;
                if bytes.len() > BYTES_MAX {
                    return Err(format!("{name}: {path} is too large for a key ({} bytes)", bytes.len()));
                }
                String::from_utf8(bytes)
                    .map_err(|_| format!("{name}: {path} is not text: give the key as PEM or base64"))?
            }
            None => self.0.clone(),
        };
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return Err(format!("{name} is empty: give the key itself, or file:PATH"));
        }
        Ok(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shown())
    }
}

impl Secret {
    /// The file that it is in. No key begins with a slash.
    fn path(&self) -> Option<&str> {
        let text = self.0.trim();
        text.strip_prefix(FILE).or_else(|| text.starts_with('/').then_some(text))
    }

    /// What may be shown: nothing of a key, all of a path.
    fn shown(&self) -> &str {
        match self.0.trim() {
            "" => "",
            text if self.path().is_some() => text,
            _ => "***",
        }
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_its_file_or_taken_as_it_is_and_never_shown() {
        let read = |path: &str| match path {
            "/keys/a" => Ok(b"\xef\xbb\xbf  sk_a \n".to_vec()),
            _ => Err("no such file".to_owned()),
        };
        assert_eq!(Secret::new("file:/keys/a").text("key", &read).unwrap(), "sk_a");
        assert_eq!(Secret::new(" /keys/a").text("key", &read).unwrap(), "sk_a");
        assert_eq!(Secret::new("sk_b").text("key", &read).unwrap(), "sk_b");
        let missing = Secret::new("file:/keys/c").text("key", &read).unwrap_err();
        assert_eq!(missing, "key: /keys/c cannot be read: no such file");
        assert!(Secret::default().text("key", &read).unwrap_err().contains("key is empty"));
        assert_eq!(format!("{:?}", Secret::new("sk_b")), "***");
        assert_eq!(serde_json::to_string(&Secret::new("sk_b")).unwrap(), "\"***\"");
        assert_eq!(format!("{:?}", Secret::new("file:/keys/a")), "file:/keys/a");
    }
}
