//! Taking checkpoints outside: into a folder, to a web hook, to witnesses who sign them too. Only what is outside keeps us
//! from rewriting the whole ledger and signing it anew.

use super::{LedgerError, checks, prove, tree};
use crate::config;
use crate::store::Db;
use crate::store::ledger::checkpoints::{self, PublishingRow};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use payments::ledger::{Checkpoint, Note, PublicKey, SignatureKind, add_checkpoint_body};
use reqwest::{Client, StatusCode};
use sha2::Sha256;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An answer may take so long, and be so long.
const TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// After a failure it is tried again after this, then after twice as long …
const RETRY: TimeDelta = TimeDelta::seconds(5);
/// … up to about an hour.
const DOUBLINGS_MAX: i64 = 9;

/// A place outside.
#[derive(Debug, Clone)]
enum Target {
    Folder(PathBuf),
    Webhook { url: String, secret: String },
    Witness { key: PublicKey, url: String },
}

/// Publishes for one process.
#[derive(Debug)]
pub struct Publisher {
    targets: Vec<Target>,
    client: Client,
}

/// What came of an attempt.
enum Told {
    Done,
    /// The witness has seen another size: go on from there.
    Seen(u64),
}

/// Reads `PUBLIC-KEY URL`.
///
/// # Errors
/// Says what is wrong.
pub fn witness(text: &str) -> Result<(PublicKey, String), String> {
    let (key, url) = text.trim().split_once(' ').ok_or("write PUBLIC-KEY URL, with a space between")?;
    let key: PublicKey = key.parse().map_err(|fault: payments::ledger::KeyFault| fault.to_string())?;
    if key.kind() != SignatureKind::Cosignature {
        return Err("the key is no witness's: it does not sign cosignatures".to_owned());
    }
    let url = url.trim().trim_end_matches('/');
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err("the URL begins with https:// or http://".to_owned());
    }
    Ok((key, url.to_owned()))
}

impl Publisher {
    /// # Errors
    /// Says which setting cannot be used, and why.
    pub fn new(config: &config::Ledger) -> Result<Publisher, String> {
        let mut targets = Vec::new();
        if !config.folder.is_empty() {
            targets.push(Target::Folder(config.folder.clone().into()));
        }
        if !config.webhook.is_empty() {
            let (url, secret) = (config.webhook.clone(), config.webhook_secret.clone());
            targets.push(Target::Webhook { url, secret });
        }
        for text in &config.witnesses {
            let (key, url) = witness(text).map_err(|why| format!("ledger.witnesses: {text:?}: {why}"))?;
            targets.push(Target::Witness { key, url });
        }
        let client = Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none()).build();
        Ok(Publisher { targets, client: client.map_err(|error| error.to_string())? })
    }

    /// Tells every place that is due of the newest checkpoint. What fails is tried again later.
    ///
    /// # Errors
    /// The database.
    pub async fn turn(&self, db: &Db, now: DateTime<Utc>) -> Result<(), LedgerError> {
        for target in &self.targets {
            let mut tx = db.read().await?;
            let Some((checkpoint, note)) = prove::newest(&mut tx).await? else { return Ok(()) };
            let name = target.name();
            let state = checkpoints::published(&mut tx, &name).await?;
            drop(tx);
            let mut state = state.unwrap_or_else(|| PublishingRow {
                target: name.clone(),
                size: 0,
                tries: 0,
                due_at: now,
                trouble: String::new(),
            });
            let size = i64::try_from(checkpoint.size).unwrap_or(i64::MAX);
            if state.size >= size || state.due_at > now {
                continue;
            }
            let failed = match self.tell(db, target, &mut state, &checkpoint, &note, now).await {
                Ok(()) => None,
                Err(LedgerError::Store(error)) => return Err(error.into()),
                Err(error) => Some(error),
            };
            let mut tx = db.write().await?;
            match failed {
                None => {
                    state = PublishingRow { size, tries: 0, due_at: now, trouble: String::new(), ..state };
                    metrics::counter!("csms_ledger_published_total", "target" => target.kind()).increment(1);
                }
                Some(error) => {
                    metrics::counter!("csms_ledger_publish_failures_total", "target" => target.kind())
                        .increment(1);
                    tracing::warn!(target = name, %error, "a checkpoint could not be published; it is tried again");
                    if let LedgerError::Changed(what) = &error {
                        checks::found(&mut tx, "published", &name, what, now).await?;
                    }
                    state.trouble = error.to_string().chars().take(300).collect();
                    state.due_at = now + RETRY * (1 << state.tries.clamp(0, DOUBLINGS_MAX));
                    state.tries += 1;
                }
            }
            checkpoints::set_published(&mut tx, &state).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn tell(
        &self,
        db: &Db,
        target: &Target,
        state: &mut PublishingRow,
        checkpoint: &Checkpoint,
        note: &Note,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        match target {
            Target::Folder(folder) => write(db, folder, checkpoint, note).await,
            Target::Webhook { url, secret } => self.post(url, secret, note, now).await,
            Target::Witness { key, url } => {
                // A witness whose size we do not know tells it, once.
                for _ in 0..2 {
                    let old = u64::try_from(state.size).unwrap_or_default();
                    match self.ask(db, key, url, old, checkpoint, note, now).await? {
                        Told::Done => return Ok(()),
                        Told::Seen(size) => state.size = i64::try_from(size).unwrap_or(i64::MAX),
                    }
                }
                Err(LedgerError::Outside("the witness does not know what it has seen".to_owned()))
            }
        }
    }

    async fn post(
        &self,
        url: &str,
        secret: &str,
        note: &Note,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let body = note.as_str().to_owned();
        let mut request = self.client.post(url).header("content-type", "text/plain; charset=utf-8");
        if !secret.is_empty() {
            let time = now.timestamp();
            if let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
                let code = mac.chain_update(format!("{time}.{body}")).finalize().into_bytes();
                request =
                    request.header("x-wattline-signature", format!("t={time},v1={}", hex::encode(code)));
            }
        }
        let answer = request.body(body).send().await.map_err(outside)?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(LedgerError::Outside(format!("the web hook answered {}", answer.status())))
    }

    #[expect(clippy::too_many_arguments, reason = "one call, told apart from its retries")]
    async fn ask(
        &self,
        db: &Db,
        key: &PublicKey,
        url: &str,
        old: u64,
        checkpoint: &Checkpoint,
        note: &Note,
        now: DateTime<Utc>,
    ) -> Result<Told, LedgerError> {
        let proof = prove::prove_growth(&mut db.read().await?, old, checkpoint.size).await?;
        let body = add_checkpoint_body(old, &proof, note);
        let sent = self.client.post(format!("{url}/add-checkpoint")).body(body).send();
        let answer = sent.await.map_err(outside)?;
        let status = answer.status();
        let text = limited(answer).await?;
        if status == StatusCode::CONFLICT {
            let seen: Option<u64> = text.trim().parse().ok();
            return match seen {
                Some(seen) if seen > checkpoint.size => Err(LedgerError::Changed(format!(
                    "the witness {} has seen {seen} leaves, the newest checkpoint has {}",
                    key.name(),
                    checkpoint.size
                ))),
                Some(seen) if seen != old => Ok(Told::Seen(seen)),
                _ => Err(LedgerError::Changed(format!(
                    "the witness {} has seen another tree of {old} leaves",
                    key.name()
                ))),
            };
        }
        if !status.is_success() {
            let short: String = text.chars().take(200).collect();
            return Err(LedgerError::Outside(format!("the witness answered {status}: {short}")));
        }
        let cosigned = note.with_lines(&text).and_then(|note| note.verify(key));
        cosigned.map_err(|fault| LedgerError::Outside(format!("the witness's signature: {fault}")))?;
        let size = i64::try_from(checkpoint.size).unwrap_or(i64::MAX);
        let mut tx = db.write().await?;
        checkpoints::add_cosignature(&mut tx, size, key.name(), &text, now).await?;
        tx.commit().await?;
        Ok(Told::Done)
    }
}

impl Target {
    fn kind(&self) -> &'static str {
        match self {
            Target::Folder(_) => "folder",
            Target::Webhook { .. } => "webhook",
            Target::Witness { .. } => "witness",
        }
    }

    fn name(&self) -> String {
        match self {
            Target::Witness { key, .. } => format!("witness {}", key.name()),
            _ => self.kind().to_owned(),
        }
    }
}

fn outside(error: reqwest::Error) -> LedgerError {
    LedgerError::Outside(error.to_string())
}

async fn limited(mut answer: reqwest::Response) -> Result<String, LedgerError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(outside)? {
        if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(LedgerError::Outside("the answer is longer than 64 KiB".to_owned()));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Adds the checkpoint to the file `checkpoints`, and puts it in the place of the file `checkpoint`: after the one that
/// is there was held against the tree.
async fn write(db: &Db, folder: &Path, checkpoint: &Checkpoint, note: &Note) -> Result<(), LedgerError> {
    let latest = folder.join("checkpoint");
    let before = match tokio::fs::read_to_string(&latest).await {
        Ok(text) => Note::read(&text).ok().and_then(|note| Checkpoint::of(&note).ok()),
        Err(_) => None,
    };
    if let Some(before) = before {
        let seen = format!("the folder has a checkpoint of {} leaves", before.size);
        if before.size > checkpoint.size {
            return Err(LedgerError::Changed(format!("{seen}, the newest here has {}", checkpoint.size)));
        }
        let root = tree::frontier(&mut db.read().await?, before.size).await?.root();
        if root != before.root {
            return Err(LedgerError::Changed(format!(
                "{seen} with the root {}, here it is {root}",
                before.root
            )));
        }
    }
    let (folder, text) = (folder.to_owned(), note.as_str().to_owned());
    let written = tokio::task::spawn_blocking(move || -> std::io::Result<()> {
        use std::io::Write;
        std::fs::create_dir_all(&folder)?;
        let mut all =
            std::fs::OpenOptions::new().create(true).append(true).open(folder.join("checkpoints"))?;
        all.write_all(format!("{text}\n").as_bytes())?;
        all.sync_all()?;
        let fresh = folder.join("checkpoint.new");
        let mut file = std::fs::File::create(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(fresh, folder.join("checkpoint"))
    });
    match written.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(LedgerError::Outside(format!("the folder: {error}"))),
        Err(error) => Err(LedgerError::Outside(error.to_string())),
    }
}
