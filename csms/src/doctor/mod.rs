//! Looks at everything that keeps a central system from working, and says how to mend it. `csms doctor` asks before a start, the
//! API while it runs.

mod database;
mod machine;
mod pay;
pub mod ports;

use crate::config::Config;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    Good,
    /// It works, and will not for ever or not for everybody.
    Warning,
    /// It cannot work like this.
    Bad,
}

/// One finding: what was looked at, how it is, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub check: &'static str,
    pub grade: Grade,
    pub found: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mend: String,
}

impl Finding {
    pub fn good(check: &'static str, found: impl Into<String>) -> Finding {
        Finding { check, grade: Grade::Good, found: found.into(), mend: String::new() }
    }

    pub fn warning(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Finding {
        Finding { check, grade: Grade::Warning, found: found.into(), mend: mend.into() }
    }

    pub fn bad(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Finding {
        Finding { check, grade: Grade::Bad, found: found.into(), mend: mend.into() }
    }
}

/// All checks of settings that can be used; `now` is what the machine's clock says.
pub async fn examine(config: &Config, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = vec![Finding::good("configuration", "can be used")];
    findings.extend(pay::messages(config));
    findings.extend(ports::check(config).await);
    findings.extend(database::check(&config.database, now).await);
    let (limits, url) = (config.ocpp.limits.clone(), config.database.url.clone());
    let machine = tokio::task::spawn_blocking(move || {
        let mut found = machine::clock(now);
        found.push(machine::files(&limits));
        found.extend(machine::space(&url));
        found
    });
    findings.extend(machine.await.unwrap_or_default());
    findings
}
