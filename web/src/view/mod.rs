//! Typed contexts of the pages and their rendering. A page is a struct with a template and samples; a test renders
//! every page with every sample in every language, so a template cannot name what is not there.

mod account;
mod api_docs;
mod attempts;
mod campaigns;
mod chart;
mod commands;
mod desired;
pub mod desk;
mod drive_history;
mod drive_kiosk;
mod drive_landing;
mod drive_order;
mod drive_price;
mod drive_qr;
#[cfg(test)]
mod drive_samples;
mod drive_stickers;
mod events;
mod firmware;
mod format;
mod frames;
mod grid;
mod heat;
mod keys;
mod local_list;
mod monitors;
mod plan;
mod reservations;
mod sandbox;
mod session;
mod session_tariff;
mod sessions;
mod shell;
mod station;
mod stations;
mod tariff;
mod tariffs;
mod texts;
mod variables;
mod webhooks;
mod words;

pub use account::{AccountPage, ErrorPage, LoginPage};
pub use api_docs::{ApiDocsPage, DocAnswer, DocField, DocGroup, DocKind, DocOperation, DocSchema};
pub use attempts::{AttemptLine, AttemptsPage};
pub use campaigns::{
    CampaignForm, CampaignLine, CampaignPage, MemberLine, NewCampaignPage, OutlookLine, OutlookView,
};
pub use chart::{Chart, Point};
pub use commands::{AskField, AskPage, CommandLine, CommandPage, CommandPart, CommandsPage};
pub use desired::{
    DesiredLine, PreviewLine, PreviewView, TemplateForm, TemplateLine, TemplatePage, TemplatesPage, WishForm,
    WishPage,
};
pub use drive_history::{HistoryPage, KeptCard, LinkOffer, PastOrder};
pub use drive_kiosk::{KioskOrderPage, KioskOutlet, KioskPage};
pub use drive_landing::{Choice, DriveNote, LandingPage, Near, Security, Spot};
pub use drive_order::{
    EndedView, FullView, IdleView, InvoiceView, LiveView, MoneyView, OrderPage, PayView, PushView,
    RefundView, TroubleView,
};
pub use drive_price::Tag;
pub use drive_qr::qr;
pub use drive_stickers::{Outlet, Sticker, StickersPage};
pub use events::{EventLine, EventsPage};
pub use firmware::{FileWish, FirmwareForm, FirmwareLine, FirmwarePage, UploadLine, size_text};
pub use format::{energy_text, zone_of};
pub use frames::{Message, read_frames};
pub use grid::{
    GridBar, GridEvse, GridLimit, GridLimitForm, GridLine, GridNode, GridPage, GridPhase, GridsPage,
};
pub use heat::{Heat, ranged, word_of};
pub use keys::{KeyLine, KeysPage};
pub use local_list::{ListBox, ListRuleLine, ListTokenLine, LocalListsPage};
pub use monitors::{MonitorEventLine, MonitorForm, MonitorLine, MonitorsPage};
pub use plan::{
    PlanEvseForm, PlanEvseLine, PlanEvsePage, PlanNodeForm, PlanNodeLine, PlanNodePage, PlanPage, PlanPhase,
    PlanPreview, PlanPreviewNode,
};
pub use reservations::{ReservationLine, ReservationsPage};
pub use sandbox::{
    SandboxAccount, SandboxBooks, SandboxLine, SandboxNotice, SandboxPay, SandboxRefund, SandboxSum,
};
pub use session::{
    BillView, DiffersView, Fact, FindingView, LineView, Moment, NeedsView, PlanStep, SessionPage, TariffLink,
    TaxView,
};
pub use session_tariff::SessionTariffPage;
pub use sessions::{SessionLine, SessionsPage};
pub use shell::{Notice, Shell, Theme, Who};
pub use station::{DeviationLine, DisplayBox, DisplayLine, PointBox, SecretPage, StationPage};
pub use stations::{Chip, LiveSession, NewStationPage, Pager, StationLine, StationsPage, Summary};
pub use tariff::{
    AdviceLine, AssignmentLine, ChangeView, FileView, Finding, ShownVersion, SiteChoice, TariffContent,
    TariffPage, VersionLine, WeekView,
};
pub use tariffs::{Glance, NextVersion, PlaceView, TariffLine, TariffsPage};
pub use texts::{TextForm, TextLine, TextsPage};
pub use variables::{DifferenceLine, VariableLine, VariablesPage};
pub use webhooks::{DeliveryLine, WebhookLine, WebhookPage, WebhooksPage};
pub use words::TariffWords;

use crate::i18n::Lang;
use serde::Serialize;
use std::sync::LazyLock;
use tera::{Context, Kwargs, State, Tera, Value};

/// A page: what its template gets as `page`.
pub trait Page: Serialize + Sized {
    /// The file in `templates/`.
    const TEMPLATE: &'static str;

    /// Examples, at least one empty and one full where that makes a difference.
    #[cfg(test)]
    fn samples() -> Vec<Self>;
}

/// Renders a page, or only its `content` block when the browser refreshes what it shows.
///
/// # Errors
/// A mistake in a template; the tests render them all.
pub fn render<P: Page>(page: &P, shell: &Shell) -> tera::TeraResult<String> {
    let mut context = Context::new();
    context.insert("page", page);
    context.insert("shell", shell);
    let engine = match shell.lang {
        Lang::En => &*EN,
        Lang::Zh => &*ZH,
    };
    if shell.fragment {
        engine.render_block(P::TEMPLATE, "content", &context)
    } else {
        engine.render(P::TEMPLATE, &context)
    }
}

static EN: LazyLock<Tera> = LazyLock::new(|| engine(Lang::En));
static ZH: LazyLock<Tera> = LazyLock::new(|| engine(Lang::Zh));

macro_rules! templates {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("../../templates/", $name)))),*] };
}

/// The templates are part of the program: a broken one is found by the tests and leaves an empty engine here.
fn engine(lang: Lang) -> Tera {
    let mut tera = Tera::new();
    format::register(&mut tera, lang);
    tera.register_function("t", move |kwargs: Kwargs, _: &State| -> tera::TeraResult<String> {
        let key = kwargs.must_get::<&str>("key")?;
        let mut values: Vec<(&str, &dyn std::fmt::Display)> = Vec::new();
        for (name, value) in kwargs.iter() {
            if let Some(name) = name.as_str().filter(|name| *name != "key") {
                values.push((name, value));
            }
        }
        lang.catalog().text(key, &values).map_err(|e| tera::Error::message(e.to_string()))
    });
    tera.register_filter("word", move |word: &str, kwargs: Kwargs, _: &State| -> tera::TeraResult<Value> {
        Ok(Value::from(lang.catalog().word(kwargs.must_get::<&str>("of")?, word)))
    });
    tera.register_filter("hint", move |word: &str, kwargs: Kwargs, _: &State| -> tera::TeraResult<String> {
        let key = format!("{}.{word}", kwargs.must_get::<&str>("of")?);
        Ok(lang.catalog().text(&key, &[]).unwrap_or_default())
    });
    // What is wrong: in a word of drivers' pages, or of the core's refusals.
    tera.register_filter("said", move |word: &str, _: Kwargs, _: &State| -> String {
        let own = lang.catalog().text(&format!("drive.error.{word}"), &[]);
        own.unwrap_or_else(|_| lang.catalog().word("refusal", word))
    });
    tera.register_filter("icon_of", |word: &str, _: Kwargs, _: &State| drive_order::icon_of(word));
    let added = tera.add_raw_templates(templates![
        "parts.html",
        "notice.html",
        "session_rows.html",
        "event_rows.html",
        "chart.html",
        "heat.html",
        "prices.html",
        "base.html",
        "login.html",
        "error.html",
        "stations.html",
        "station.html",
        "station_new.html",
        "secret.html",
        "sessions.html",
        "session.html",
        "tariffs.html",
        "tariff.html",
        "session_tariff.html",
        "grids.html",
        "grid.html",
        "plan_parts.html",
        "plan.html",
        "plan_node.html",
        "plan_evse.html",
        "attempts.html",
        "events.html",
        "firmware.html",
        "desired.html",
        "desired_certificate.html",
        "desired_profile.html",
        "templates.html",
        "template.html",
        "campaign.html",
        "campaign_new.html",
        "account.html",
        "ask.html",
        "variables.html",
        "monitors.html",
        "command.html",
        "commands.html",
        "keys.html",
        "webhooks.html",
        "webhook.html",
        "reservations.html",
        "local_lists.html",
        "texts.html",
        "api_docs.html",
        "desk_nav.html",
        "desk_parts.html",
        "desk_orders.html",
        "desk_order.html",
        "desk_refunds.html",
        "desk_routing.html",
        "desk_ledger.html",
        "desk_clearing.html",
        "desk_cases.html",
        "desk_fees.html",
        "desk_risk.html",
        "desk_documents.html",
        "desk_messages.html",
        "sandbox_pay.html",
        "sandbox_books.html",
        "drive_parts.html",
        "drive_base.html",
        "drive_pay.html",
        "drive_live.html",
        "drive_bill.html",
        "drive_invoice.html",
        "drive_landing.html",
        "drive_kiosk.html",
        "drive_kiosk_order.html",
        "drive_order.html",
        "drive_note.html",
        "drive_history.html",
        "drive_stickers.html",
    ]);
    if let Err(error) = added {
        // Tests have no log: they read it here.
        #[cfg(test)]
        eprintln!("the templates cannot be read: {error:#}");
        tracing::error!(%error, "the templates cannot be read");
    }
    tera
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<P: Page>() {
        let samples = P::samples();
        assert!(!samples.is_empty(), "{} has no sample", P::TEMPLATE);
        for page in &samples {
            for lang in Lang::ALL {
                for fragment in [false, true] {
                    let shell = Shell { fragment, ..Shell::sample(lang) };
                    let html =
                        render(page, &shell).unwrap_or_else(|e| panic!("{} {lang:?}: {e:#}", P::TEMPLATE));
                    assert_eq!(html.contains("<html"), !fragment, "{}", P::TEMPLATE);
                    // The content security policy forbids them all.
                    for inline in [" style=", "<style", " onclick=", "javascript:", "<script>"] {
                        assert!(!html.contains(inline), "{} has {inline}", P::TEMPLATE);
                    }
                }
            }
        }
    }

    #[test]
    fn every_template_renders_every_sample_in_both_languages() {
        check::<LoginPage>();
        check::<ErrorPage>();
        check::<AccountPage>();
        check::<AskPage>();
        check::<VariablesPage>();
        check::<CommandPage>();
        check::<CommandsPage>();
        check::<KeysPage>();
        check::<WebhooksPage>();
        check::<WebhookPage>();
        check::<ApiDocsPage>();
        check::<LandingPage>();
        check::<OrderPage>();
        check::<DriveNote>();
        check::<HistoryPage>();
        check::<StickersPage>();
        check::<KioskPage>();
        check::<KioskOrderPage>();
        check::<StationsPage>();
        check::<NewStationPage>();
        check::<StationPage>();
        check::<SecretPage>();
        check::<SessionsPage>();
        check::<SessionPage>();
        check::<TariffsPage>();
        check::<TariffPage>();
        check::<SessionTariffPage>();
        check::<GridsPage>();
        check::<GridPage>();
        check::<PlanPage>();
        check::<PlanNodePage>();
        check::<PlanEvsePage>();
        check::<AttemptsPage>();
        check::<EventsPage>();
        check::<FirmwarePage>();
        check::<CampaignPage>();
        check::<NewCampaignPage>();
        check::<TemplatesPage>();
        check::<TemplatePage>();
        check::<WishPage>();
        check::<ReservationsPage>();
        check::<LocalListsPage>();
        check::<TextsPage>();
        check::<desk::OrdersPage>();
        check::<desk::OrderDesk>();
        check::<desk::RefundsPage>();
        check::<desk::RoutingPage>();
        check::<desk::LedgerPage>();
        check::<desk::ClearingPage>();
        check::<desk::CasesPage>();
        check::<desk::FeesPage>();
        check::<desk::RiskPage>();
        check::<desk::DocumentsPage>();
        check::<desk::MessagesPage>();
        check::<SandboxPay>();
        check::<SandboxBooks>();
    }

    fn write<P: Page>(dir: &std::path::Path) {
        for (n, page) in P::samples().iter().enumerate() {
            for lang in Lang::ALL {
                let mut shell = Shell::sample(lang);
                shell.here = format!("/{}", P::TEMPLATE.replace(".html", "s"));
                let html = render(page, &shell).unwrap();
                let name = format!("{}-{n}-{}.html", P::TEMPLATE.trim_end_matches(".html"), lang.key());
                std::fs::write(dir.join(name), html).unwrap();
            }
        }
    }

    /// For looking at the pages without a running system: serve the folder at `/` and open a file.
    #[test]
    #[ignore = "writes files: WEB_SAMPLES=folder cargo test -p web -- --ignored write_samples"]
    fn write_samples() {
        let dir = std::path::PathBuf::from(std::env::var("WEB_SAMPLES").unwrap());
        let own = [&crate::assets::CSS, &crate::assets::JS, &crate::assets::SANDBOX, &crate::assets::ICON];
        for asset in own.into_iter().chain([&crate::assets::DRIVE_CSS, &crate::assets::DRIVE_JS]) {
            let path = dir.join(asset.path.trim_start_matches('/'));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, asset.body).unwrap();
        }
        write::<LoginPage>(&dir);
        write::<ErrorPage>(&dir);
        write::<AccountPage>(&dir);
        write::<AskPage>(&dir);
        write::<VariablesPage>(&dir);
        write::<CommandPage>(&dir);
        write::<CommandsPage>(&dir);
        write::<KeysPage>(&dir);
        write::<WebhooksPage>(&dir);
        write::<WebhookPage>(&dir);
        write::<ApiDocsPage>(&dir);
        write::<StationsPage>(&dir);
        write::<NewStationPage>(&dir);
        write::<StationPage>(&dir);
        write::<SecretPage>(&dir);
        write::<SessionsPage>(&dir);
        write::<SessionPage>(&dir);
        write::<TariffsPage>(&dir);
        write::<TariffPage>(&dir);
        write::<SessionTariffPage>(&dir);
        write::<GridsPage>(&dir);
        write::<GridPage>(&dir);
        write::<PlanPage>(&dir);
        write::<PlanNodePage>(&dir);
        write::<PlanEvsePage>(&dir);
        write::<AttemptsPage>(&dir);
        write::<EventsPage>(&dir);
        write::<FirmwarePage>(&dir);
        write::<CampaignPage>(&dir);
        write::<NewCampaignPage>(&dir);
        write::<TemplatesPage>(&dir);
        write::<TemplatePage>(&dir);
        write::<WishPage>(&dir);
        write::<ReservationsPage>(&dir);
        write::<LocalListsPage>(&dir);
        write::<TextsPage>(&dir);
        write::<desk::OrdersPage>(&dir);
        write::<desk::OrderDesk>(&dir);
        write::<desk::RefundsPage>(&dir);
        write::<desk::RoutingPage>(&dir);
        write::<desk::LedgerPage>(&dir);
        write::<desk::ClearingPage>(&dir);
        write::<desk::CasesPage>(&dir);
        write::<desk::FeesPage>(&dir);
        write::<desk::RiskPage>(&dir);
        write::<desk::DocumentsPage>(&dir);
        write::<desk::MessagesPage>(&dir);
        write::<SandboxPay>(&dir);
        write::<SandboxBooks>(&dir);
        write::<LandingPage>(&dir);
        write::<OrderPage>(&dir);
        write::<DriveNote>(&dir);
        write::<HistoryPage>(&dir);
        write::<StickersPage>(&dir);
        write::<KioskPage>(&dir);
        write::<KioskOrderPage>(&dir);
    }

    #[test]
    fn what_a_station_says_cannot_become_markup() {
        let mut page = StationsPage::samples().remove(0);
        page.rows[0].vendor = "<script>alert(1)</script>".into();
        page.query = "\"><img src=x>".into();
        let html = render(&page, &Shell::sample(Lang::En)).unwrap();
        assert!(!html.contains("<script>alert") && !html.contains("<img src=x"));
        assert!(html.contains("&lt;script&gt;"));
    }
}
