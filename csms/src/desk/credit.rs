//! Drivers who charge before they pay, or from a balance: how much may this session cost?

use super::AtDesk;
use crate::{
    catalog::Asked,
    error::Error,
    model::{AuthStatus, Place, Presented, Verdict},
    pay::{
        PayError,
        later::{self, Allowed, PaysBy},
        wallet,
    },
};
use ocpp::fault::{ErrorCode, Fault};
use tariffs::Currency;

impl AtDesk<'_> {
    /// An identifier that is good: may its driver owe, or does the balance hold, what a session may cost?
    pub(super) async fn credit(&mut self, presented: &Presented, verdict: &mut Verdict) -> Result<(), Error> {
        let key = presented.key();
        // Whoever charges here may go on, and stop.
        if self.charges(&key) {
            return Ok(());
        }
        // Most identifiers are nobody's who owes or pays in: that is asked together with those of other stations.
        if self.app.loads.payer(&key).await?.is_none() {
            return Ok(());
        }
        self.owing(presented, verdict).await
    }

    async fn owing(&mut self, presented: &Presented, verdict: &mut Verdict) -> Result<(), Error> {
        let Some(currency) = self.currency(presented, verdict) else { return Ok(()) };
        let key = presented.key();
        let mut tx = self.app.db.read().await?;
        let allowed = later::allowed(self.app, &mut tx, &key, currency).await.map_err(stored)?;
        drop(tx);
        self.judge(verdict, allowed);
        Ok(())
    }

    /// A session begins: its amount is held on the balance that it is paid from, or its driver may owe it.
    pub(super) async fn reserve(
        &mut self,
        presented: &Presented,
        place: Place,
        verdict: &mut Verdict,
    ) -> Result<(), Error> {
        if verdict.status != AuthStatus::Accepted {
            return Ok(());
        }
        let (key, evse) = (presented.key(), i64::from(place.evse));
        let Some(payer) = self.app.loads.payer(&key).await? else { return Ok(()) };
        if payer.pays_by == PaysBy::Balance.word() {
            let held =
                wallet::reserve(self.app, self.station, evse, &key, &presented.kind).await.map_err(stored)?;
            if held.is_some() {
                self.judge(verdict, held);
                return Ok(());
            }
        }
        match self.charges(&key) {
            true => Ok(()),
            false => self.owing(presented, verdict).await,
        }
    }

    fn charges(&self, key: &str) -> bool {
        self.state.open.iter().any(|session| session.row.token_uid == *key)
    }

    fn judge(&self, verdict: &mut Verdict, allowed: Option<Allowed>) {
        // What is left of a balance is another thing the next time (C17.FR.02).
        verdict.cache_until = allowed.is_some().then(|| self.now());
        match allowed {
            None => {}
            Some(Allowed::UpTo(amount)) => {
                let most = amount.decimal();
                verdict.max_cost = Some(verdict.max_cost.map_or(most, |known| known.min(most)));
            }
            Some(Allowed::No("blocked")) => verdict.status = AuthStatus::Blocked,
            Some(Allowed::No(why)) => {
                tracing::info!(station = %self.station, why, "a driver has no credit");
                verdict.status = AuthStatus::NoCredit;
            }
        }
    }

    /// Of what a session here would cost. `None`: it has no price.
    fn currency(&self, presented: &Presented, verdict: &Verdict) -> Option<Currency> {
        let evse =
            self.state.connectors.iter().map(|known| i64::from(known.place.evse)).find(|evse| *evse > 0);
        let asked = Asked {
            station: self.station,
            evse: evse.unwrap_or(0),
            site: self.state.site_id,
            token: Some(&presented.key()),
            token_kind: &presented.kind,
            group: verdict.group.as_ref().map(|group| &*group.uid),
            at: self.now(),
        };
        self.app.catalog.terms(&asked).tariff.map(|tariff| tariff.currency)
    }
}

/// The station sends it again.
fn stored(error: PayError) -> Error {
    match error {
        PayError::Store(error) => Error::Store(error),
        other => {
            tracing::error!(error = %other, "a session's amount could not be held");
            Error::Fault(Fault::new(ErrorCode::InternalError, "not stored, please send again"))
        }
    }
}
