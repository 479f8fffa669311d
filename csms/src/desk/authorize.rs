//! May this identifier charge?

use super::{AtDesk, terms::promised};
use crate::{
    catalog::Asked,
    error::Error,
    flags::{Flag, Flags},
    local_tariffs::{
        self,
        capability::{self, Counts},
    },
    model::{AuthStatus, Presented, Reply, Verdict},
    pay::terminal,
    store::{load::TokenUse, pay::limits, row::TokenRow, variables},
};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

/// Identifiers with which a session is being started at this moment.
#[derive(Debug, Clone, Default)]
pub struct Starting(Arc<Mutex<HashSet<String>>>);

/// Holds an identifier until the start is committed.
pub(super) struct Claim {
    starting: Starting,
    key: String,
}

impl Starting {
    fn claim(&self, key: &str) -> Option<Claim> {
        let mut starting = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        starting.insert(key.to_owned()).then(|| Claim { starting: self.clone(), key: key.to_owned() })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.starting.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).remove(&self.key);
    }
}

/// What an identifier is presented for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// To see whether it is good, or to stop.
    Asking,
    /// To start a session; `Some` is the session if it is known already (a retry).
    Starting(Option<i64>),
}

impl AtDesk<'_> {
    pub(super) async fn authorize(&mut self, presented: &Presented) -> Result<Reply, Error> {
        let mut verdict = self.verdict(presented, For::Asking).await?;
        if verdict.status == AuthStatus::Accepted {
            verdict.tariff = self.own_tariff(presented, &verdict).await?;
            self.app.costs.presented(self.station, presented);
        }
        Ok(Reply::Authorize(verdict))
    }

    /// What a station that counts costs itself has to be told, because it holds only the usual tariff (I08). Which EVSE it
    /// will be is not known yet: a driver who pays otherwise here and there cannot be told both, and is counted centrally.
    async fn own_tariff(&self, presented: &Presented, verdict: &Verdict) -> Result<Option<Value>, Error> {
        if !self.inbound.protocol.holds_tariffs() {
            return Ok(None);
        }
        let mut evses: Vec<i64> = self.state.connectors.iter().map(|c| i64::from(c.place.evse)).collect();
        evses.retain(|evse| *evse > 0);
        if evses.is_empty() {
            evses.push(0);
        }
        let (station, site, at) = (&**self.station, self.state.site_id, self.now());
        let key = presented.key();
        let paid_under = promised(self.app, self.station, &key).await?;
        let (mut own, mut differs) = (None, false);
        for evse in evses {
            let usual = local_tariffs::usual(station, site, evse, at);
            let group = verdict.group.as_ref().map(|group| &*group.uid);
            let asked = Asked { token: Some(&key), token_kind: &presented.kind, group, ..usual };
            let tariff = paid_under.clone().or_else(|| self.app.catalog.terms(&asked).tariff);
            let Some(tariff) = tariff else { return Ok(None) };
            let there = self.app.catalog.terms(&usual).tariff;
            differs |= there.is_none_or(|there| there.hash != tariff.hash);
            if own.get_or_insert_with(|| tariff.clone()).hash != tariff.hash {
                return Ok(None);
            }
        }
        let Some(own) = own.filter(|_| differs) else { return Ok(None) };
        let mut tx = self.app.db.read().await?;
        let told = variables::named(&mut tx, station, capability::COMPONENT, capability::VARIABLE).await?;
        drop(tx);
        let counts = capability::told(&told) == Counts::Yes;
        Ok(if counts { local_tariffs::for_driver(own.plan.tariff()) } else { None })
    }

    pub(super) async fn verdict(&mut self, presented: &Presented, purpose: For) -> Result<Verdict, Error> {
        let key = presented.key();
        // C02.FR.02: no identification wanted, none refused.
        if presented.kind == "NoAuthorization" {
            return Ok(verdict(AuthStatus::Accepted, None));
        }
        // The station's own terminal has had the card pre-authorised (C18).
        if presented.kind == "DirectPayment" && terminal::takes_cards(self.app) {
            let known = self.app.loads.token(&key).await?;
            if best(&known, &presented.kind).is_none() {
                terminal::presented(self.app, self.station, presented).await?;
                return Ok(verdict(AuthStatus::Accepted, None));
            }
        }
        let tokens = self.app.loads.token(&key).await?;
        let Some(token) = best(&tokens, &presented.kind) else {
            return Ok(verdict(AuthStatus::Unknown, None));
        };
        let status = standing(token, self.now());
        let mut verdict = verdict(status, Some(token));
        // Who has paid for a session may have limited more than its cost.
        if verdict.max_cost.is_some()
            && let Some(limits) = limits::of_token(&mut self.app.db.read().await?, &key).await?
        {
            verdict.max_energy_wh = limits.energy_wh.or(verdict.max_energy_wh);
            verdict.max_time_s = limits.time_s.or(verdict.max_time_s);
        }
        // For a start that is done where the session begins.
        if status == AuthStatus::Accepted && purpose == For::Asking {
            self.credit(presented, &mut verdict).await?;
        }
        let status = verdict.status;
        if let (AuthStatus::Accepted, For::Starting(own), false) = (status, purpose, token.concurrent) {
            let uses = self.app.loads.token_use(&[&key]).await?;
            // A vehicle that has gone stands in nobody's way. The rows do not know yet what this very start has told of
            // a session here whose stop was lost.
            let over = |u: &TokenUse| {
                let here = self.state.open.iter().find(|s| s.row.id == u.session_id);
                let flags = here.map_or_else(|| Flags::parse(&u.flags), |session| session.flags);
                let ended = here.is_none() && *u.station_id == **self.station;
                ended || flags.has(Flag::StopAwaited)
            };
            let elsewhere = uses.iter().any(|u| Some(u.session_id) != own && !over(u));
            self.claim = self.app.starting.claim(&key);
            if elsewhere || self.claim.is_none() {
                verdict.status = AuthStatus::ConcurrentTx;
            }
        }
        Ok(verdict)
    }
}

fn verdict(status: AuthStatus, token: Option<&TokenRow>) -> Verdict {
    Verdict {
        status,
        group: token
            .and_then(|t| t.group_uid.clone())
            .map(|uid| Presented { uid, kind: "Central".to_owned() }),
        expires_at: token.and_then(|t| t.expires_at),
        cache_until: None,
        language: token.map(|t| t.language.clone()).unwrap_or_default(),
        tariff: None,
        max_cost: token.and_then(|t| t.max_cost.parse().ok()),
        max_energy_wh: token.and_then(|t| t.max_energy_wh),
        max_time_s: token.and_then(|t| t.max_time_s),
    }
}

fn standing(token: &TokenRow, now: DateTime<Utc>) -> AuthStatus {
    if token.blocked {
        AuthStatus::Blocked
    } else if token.expires_at.is_some_and(|at| at <= now) {
        AuthStatus::Expired
    } else {
        AuthStatus::Accepted
    }
}

/// The token meant: of the presented kind; readers mix up the two card standards, and 1.6 names no kind at all
/// (there a card comes before anything else with the same text). A KeyCode typed at a pad never passes for a card. What we
/// had a station begin with for a card at a terminal comes back as DirectPayment and is kept as ours.
fn best<'a>(tokens: &'a [TokenRow], kind: &str) -> Option<&'a TokenRow> {
    let card = |k: &str| matches!(k, "ISO14443" | "ISO15693");
    tokens
        .iter()
        .find(|t| t.kind == kind)
        .or_else(|| tokens.iter().find(|t| card(&t.kind) && (card(kind) || kind.is_empty())))
        .or_else(|| if kind == "DirectPayment" { tokens.iter().find(|t| t.kind == "Central") } else { None })
        .or_else(|| if kind.is_empty() { tokens.iter().find(|t| t.kind != "KeyCode") } else { None })
}
