//! Where the files lie. Their names are made here of numbers and hashes; nothing that was said outside is a part of a path.
//!
//! `firmware/SHA256` · `incoming/ID.part` (an address's upload while it comes) · `uploads/ID`

use std::{
    io,
    path::{Path, PathBuf},
};

/// The folder of all files.
#[derive(Debug, Clone)]
pub struct Storage {
    folder: PathBuf,
}

impl Storage {
    pub(super) fn new(folder: &str) -> Storage {
        Storage { folder: PathBuf::from(folder) }
    }

    /// The image with this content. `None`: that is no SHA-256 in hex.
    pub fn firmware(&self, sha256: &str) -> Option<PathBuf> {
        let is_hash =
            sha256.len() == 64 && sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_hash.then(|| self.folder.join("firmware").join(sha256))
    }

    /// What is coming over an address.
    pub(super) fn incoming(&self, link: i64) -> PathBuf {
        self.folder.join("incoming").join(format!("{link}.part"))
    }

    /// An image that is being added.
    pub(super) fn adding(&self, firmware: i64) -> PathBuf {
        self.folder.join("incoming").join(format!("{firmware}.image"))
    }

    /// An upload that is here.
    pub fn upload(&self, upload: i64) -> PathBuf {
        self.folder.join("uploads").join(upload.to_string())
    }

    /// Makes the folders.
    pub(super) fn prepare(&self) -> io::Result<()> {
        for name in ["firmware", "incoming", "uploads"] {
            std::fs::create_dir_all(self.folder.join(name))?;
        }
        Ok(())
    }

    /// Puts a file that is whole and on the disk into its place, for good.
    pub(super) fn settle(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)?;
        match to.parent() {
            Some(folder) => std::fs::File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }

    /// Ids of the files in a folder: their name up to a dot.
    pub(super) fn ids(&self, folder: &str) -> io::Result<Vec<i64>> {
        let entries = match std::fs::read_dir(self.folder.join(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut ids = Vec::new();
        for entry in entries.take(100_000) {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            ids.extend(name.split('.').next().and_then(|id| id.parse::<i64>().ok()));
        }
        Ok(ids)
    }
}

/// Removes a file; that there is none is no error.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hashes_are_names_of_images() {
        let storage = Storage::new("data");
        let hash = "0123456789abcdef".repeat(4);
        assert_eq!(storage.firmware(&hash), Some(PathBuf::from(format!("data/firmware/{hash}"))));
        for wrong in ["", "../../etc/passwd", &hash.to_uppercase(), &hash[1..], &format!("/{}", &hash[1..])] {
            assert_eq!(storage.firmware(wrong), None, "{wrong}");
        }
    }
}
