//! The key that signs checkpoints. Its name is the log's origin: neither changes as long as the ledger lives.

use crate::store::{Db, StoreError, settings};
use payments::ledger::{KeyFault, SignatureKind, Signer};
use std::{io::Write, path::Path};

/// Where the key is kept if no file is named.
const SETTING: &str = "ledger.key";

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(
        "the ledger's key file {file} cannot be read or made: {why}. Mend that, or name another (ledger.key_file)"
    )]
    File { file: String, why: String },
    #[error(
        "the ledger's key is damaged: {0}. Restore it from a backup; with a new key nobody believes the old checkpoints"
    )]
    Damaged(KeyFault),
    #[error(
        "the ledger is called {is:?} by its key, not {wanted:?} (ledger.origin): a ledger keeps its name"
    )]
    Origin { is: String, wanted: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads the key, or makes it on first use: in the file, or, where none is named, in the database.
///
/// # Errors
/// [`KeyError`].
pub async fn load(db: &Db, config: &crate::config::Ledger) -> Result<Signer, KeyError> {
    let text = if config.key_file.is_empty() {
        let known = settings::get(&mut db.read().await?, SETTING).await?;
        match known {
            Some(text) => text,
            None => {
                let mut tx = db.write().await?;
                let text = settings::set_if_absent(&mut tx, SETTING, &fresh(&config.origin)?).await?;
                tx.commit().await?;
                text
            }
        }
    } else {
        from_file(Path::new(&config.key_file), &config.origin)?
    };
    let signer: Signer = text.parse().map_err(KeyError::Damaged)?;
    let is = signer.public().name();
    if !config.origin.is_empty() && config.origin != is {
        return Err(KeyError::Origin { is: is.to_owned(), wanted: config.origin.clone() });
    }
    Ok(signer)
}

fn fresh(origin: &str) -> Result<String, KeyError> {
    let mut random = rand::rngs::OsRng;
    let (mut seed, mut name) = ([0; 32], [0; 6]);
    rand::TryRngCore::try_fill_bytes(&mut random, &mut seed)
        .and_then(|()| rand::TryRngCore::try_fill_bytes(&mut random, &mut name))
        .map_err(|error| KeyError::File { file: "/dev/urandom".to_owned(), why: error.to_string() })?;
    let name =
        if origin.is_empty() { format!("wattline-ledger/{}", hex::encode(name)) } else { origin.to_owned() };
    let signer = Signer::new(&name, SignatureKind::Text, seed).map_err(KeyError::Damaged)?;
    Ok(signer.secret())
}

fn from_file(file: &Path, origin: &str) -> Result<String, KeyError> {
    let failed =
        |error: std::io::Error| KeyError::File { file: file.display().to_string(), why: error.to_string() };
    match std::fs::read_to_string(file) {
        Ok(text) => return Ok(text),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        Err(_) => {}
    }
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let text = fresh(origin)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Ok(mut made) => {
            made.write_all(format!("{text}\n").as_bytes()).and_then(|()| made.sync_all()).map_err(failed)?;
            Ok(text)
        }
        // Another process has made it just now.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            std::fs::read_to_string(file).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}
