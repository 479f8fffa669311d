//! For whom and when something counts: the flags that tariffs and discounts have in common.

use super::{
    registry::{instant, since},
    trouble::Trouble,
};
use chrono::{DateTime, SubsecRound, Utc};
use csms::{
    model::Presented,
    store::{Tx, tokens},
};

/// For whom.
#[derive(Debug, clap::Args)]
pub struct Audience {
    /// Only for members of this group (csms token add --group)
    #[arg(long, conflicts_with = "token")]
    group: Option<String>,
    /// Only for this identifier (csms token list)
    #[arg(long)]
    token: Option<String>,
    /// What the identifier is, where several have the same text, e.g. KeyCode
    #[arg(long, requires = "token")]
    token_kind: Option<String>,
}

/// Who that is.
#[derive(Debug, Default)]
pub struct People {
    /// As compared.
    pub group: Option<String>,
    pub token: Option<String>,
    pub token_kind: String,
    /// A line about what may be a mistake; empty if there is nothing to say.
    pub note: String,
}

impl Audience {
    /// Looks them up: an identifier must be known; a group whose members come later is fine.
    pub async fn find(&self, tx: &mut Tx) -> anyhow::Result<People> {
        if let Some(group) = self.group.as_deref().map(key) {
            let filter = tokens::Filter { group: Some(group.clone()), ..tokens::Filter::default() };
            let empty = tokens::list(tx, &filter, None, 1).await?.is_empty();
            let note = if empty { format!("Nobody is in the group {group} yet.\n") } else { String::new() };
            return Ok(People { group: Some(group), note, ..People::default() });
        }
        let Some(uid) = self.token.as_deref().map(key) else { return Ok(People::default()) };
        let mut known = tokens::by_key(tx, &uid).await?;
        if let Some(kind) = &self.token_kind {
            known.retain(|token| token.kind == *kind);
        }
        match (known.pop(), known.is_empty()) {
            (Some(token), true) => {
                Ok(People { token: Some(token.uid), token_kind: token.kind, ..People::default() })
            }
            (Some(_), false) => Err(Trouble::new(format!("Several identifiers read {uid}."))
                .mend("say which one by its kind: --token-kind ISO14443")
                .into()),
            (None, _) => Err(Trouble::new(format!("There is no identifier {uid}."))
                .mend("csms token list shows what there is")
                .into()),
        }
    }

    /// The same as a session sees it: who has the identifier is in its group, too.
    pub async fn presented(&self, tx: &mut Tx) -> anyhow::Result<People> {
        let mut people = self.find(tx).await?;
        if let Some(uid) = &people.token {
            let known = tokens::by_key(tx, uid).await?;
            people.group =
                known.into_iter().find(|token| token.kind == people.token_kind).and_then(|t| t.group_uid);
        }
        Ok(people)
    }
}

/// When.
#[derive(Debug, clap::Args)]
pub struct During {
    /// For sessions that start at or after this, e.g. 2027-01-01 (UTC) or 2027-01-01T00:00:00+01:00 [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = since)]
    from: Option<DateTime<Utc>>,
    /// For sessions that start before this; a day counts to its end [default: no end]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    to: Option<DateTime<Utc>>,
}

impl During {
    /// From when, and until when.
    pub fn bounds(&self, now: DateTime<Utc>) -> anyhow::Result<(DateTime<Utc>, Option<DateTime<Utc>>)> {
        // Stations tell whole seconds: a session of this second counts as one from now on.
        let from = self.from.unwrap_or_else(|| now.trunc_subsecs(0));
        if self.to.is_some_and(|to| to <= from) {
            return Err(Trouble::new("--to is not after --from: it would never count.").into());
        }
        Ok((from, self.to))
    }
}

fn key(uid: &str) -> String {
    Presented { uid: uid.to_owned(), kind: String::new() }.key()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_never_count_is_refused() {
        let at = |text| Some(instant(text).unwrap());
        let now = instant("2027-01-01T10:00:00.75Z").unwrap();
        let bounds = During { from: None, to: at("2027-01-01") }.bounds(now).unwrap();
        assert_eq!(bounds, (at("2027-01-01T10:00:00Z").unwrap(), at("2027-01-02T00:00:00Z")));
        assert!(During { from: at("2027-02-01"), to: at("2027-01-31") }.bounds(now).is_err());
        assert!(During { from: None, to: at("2026-12-31T00:00:00Z") }.bounds(now).is_err());
    }
}
