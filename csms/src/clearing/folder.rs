//! Statements dropped into a folder: `ACCOUNT_FILE_DAY.anything`, e.g. `wx-main_trades_2026-10-01.csv` or
//! `bank-main_bank_2026-10-02.xml`. What was taken moves to `done`, what was not to `refused`, with the reason beside it.

use super::{
    Clearing, ClearingError,
    import::{Incoming, Which},
};
use payments::clearing::read::FILE_BYTES_MAX;
use std::path::{Path, PathBuf};

/// Files of one turn.
const FILES_MAX: usize = 100;

/// Where a file is about to be moved, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    pub name: String,
    /// The account that its statement is of, if it was taken.
    pub taken: Option<String>,
    /// Why it was not.
    pub trouble: String,
}

/// What a file's name says.
pub fn named(name: &str) -> Option<(String, Which, chrono::NaiveDate)> {
    let stem = name.split('.').next()?;
    let mut parts = stem.rsplitn(3, '_');
    let (day, file, account) = (parts.next()?, parts.next()?, parts.next()?);
    let (day, file) = (day.parse().ok()?, Which::of(file)?);
    let account = match file {
        // A colon is no letter of a file's name everywhere.
        Which::Bank => format!("{}{}", super::terms::BANK, account.trim_start_matches("bank-")),
        _ => account.to_owned(),
    };
    (!account.is_empty()).then_some((account, file, day))
}

impl Clearing<'_> {
    /// Takes the files of the folder, the oldest name first.
    pub async fn take_dropped(&self, folder: &Path) -> Result<Vec<Dropped>, ClearingError> {
        let trouble = |what: &str, error: std::io::Error| {
            ClearingError::refused(format!(
                "clearing.drop_folder: {} cannot be {what}: {error}",
                folder.display()
            ))
        };
        let mut files: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(|error| trouble("read", error))? {
            let entry = entry.map_err(|error| trouble("read", error))?;
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if entry.file_type().is_ok_and(|kind| kind.is_file()) && !hidden {
                files.push(entry.path());
            }
        }
        files.sort();
        files.truncate(FILES_MAX);
        let mut dropped = Vec::with_capacity(files.len());
        for path in files {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let (taken, why) = match self.take_file(&path, &name).await {
                Ok(account) => (Some(account), String::new()),
                // The file is not at fault: it stays where it is.
                Err(error @ (ClearingError::Store(_) | ClearingError::Ledger(_))) => return Err(error),
                Err(error) => (None, error.to_string()),
            };
            let to = folder.join(if taken.is_some() { "done" } else { "refused" });
            std::fs::create_dir_all(&to).map_err(|error| trouble("written to", error))?;
            std::fs::rename(&path, to.join(&name)).map_err(|error| trouble("written to", error))?;
            if taken.is_none() {
                let note = to.join(format!("{name}.why.txt"));
                std::fs::write(note, format!("{why}\n")).map_err(|error| trouble("written to", error))?;
            }
            dropped.push(Dropped { name, taken, trouble: why });
        }
        Ok(dropped)
    }

    async fn take_file(&self, path: &Path, name: &str) -> Result<String, ClearingError> {
        let (account, file, day) = named(name).ok_or_else(|| {
            ClearingError::refused(format!(
                "{name} is not called ACCOUNT_FILE_DAY, e.g. wx-main_trades_2026-10-01.csv"
            ))
        })?;
        let bytes = bytes(path)?;
        let incoming = Incoming {
            account: &account,
            file,
            day: Some(day),
            format: None,
            name,
            bytes: &bytes,
            by: "folder",
        };
        self.import(&incoming).await?;
        Ok(account)
    }
}

/// The bytes of a file, if they are not too many.
///
/// # Errors
/// It cannot be read, or is too large.
pub fn bytes(path: &Path) -> Result<Vec<u8>, ClearingError> {
    let unreadable = |error: std::io::Error| ClearingError::refused(format!("{}: {error}", path.display()));
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > FILE_BYTES_MAX as u64 {
        return Err(ClearingError::refused(format!(
            "{} has {size} bytes, at most {FILE_BYTES_MAX} are read",
            path.display()
        )));
    }
    std::fs::read(path).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_a_file_is() {
        let day = "2026-10-01".parse().unwrap();
        assert_eq!(named("wx-main_trades_2026-10-01.csv"), Some(("wx-main".into(), Which::Trades, day)));
        assert_eq!(named("a_b_funds_2026-10-01.csv.gz"), Some(("a_b".into(), Which::Funds, day)));
        assert_eq!(named("bank-main_bank_2026-10-01.xml"), Some(("bank:main".into(), Which::Bank, day)));
        for wrong in ["wx_2026-10-01.csv", "wx_trades_october.csv", "_trades_2026-10-01.csv", "x", ""] {
            assert_eq!(named(wrong), None, "{wrong}");
        }
    }
}
