//! Keys and secrets of the settings.

use crate::provider::Read;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A key or a secret: written out, or the path of its file. What begins with `file:` is a path. Otherwise a key in PEM
/// that has no `-----BEGIN` is a path, and a secret is the secret itself. Never printed.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Material(String);

impl Material {
    /// As written in the settings.
    pub fn new(text: impl Into<String>) -> Material {
        Material(text.into())
    }

    /// Keys and certificates in PEM. `name` is the setting's.
    pub(super) fn pem(&self, name: &str, read: Read<'_>) -> Result<Vec<u8>, String> {
        if self.0.contains("-----BEGIN") {
            return Ok(self.0.clone().into_bytes());
        }
        self.file(name, self.0.strip_prefix("file:").unwrap_or(&self.0), read)
    }

    /// A secret in one line.
    pub(super) fn secret(&self, name: &str, read: Read<'_>) -> Result<String, String> {
        let text = match self.0.strip_prefix("file:") {
            None => self.0.clone(),
            Some(path) => String::from_utf8(self.file(name, path, read)?).map_err(|_| {
                format!("{name}: {path} is not text. It must hold the secret alone, in one line")
            })?,
        };
        let text = text.trim().to_owned();
        if text.is_empty() {
            return Err(format!("{name} is empty. Write the secret, or file: and the path of its file"));
        }
        Ok(text)
    }

    fn file(&self, name: &str, path: &str, read: Read<'_>) -> Result<Vec<u8>, String> {
        if path.is_empty() {
            return Err(format!("{name} is empty. Write the path of a file, or its content"));
        }
        read(path).map_err(|why| {
            format!(
                "{name}: {path} cannot be read: {why}. Write the path of a file that this server may read"
            )
        })
    }
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Material(…)")
    }
}
