//! Typed contexts of the pages and their rendering. A page is a struct with a template and samples; a test renders
//! every page with every sample in every language, so a template cannot name what is not there.

mod account;
mod attempts;
mod chart;
mod events;
mod format;
mod frames;
mod heat;
mod session;
mod session_tariff;
mod sessions;
mod shell;
mod station;
mod stations;
mod tariff;
mod tariffs;
mod words;

pub use account::{AccountPage, ErrorPage, LoginPage};
pub use attempts::{AttemptLine, AttemptsPage};
pub use chart::{Chart, Point};
pub use events::{EventLine, EventsPage};
pub use format::{energy_text, zone_of};
pub use frames::{Message, read_frames};
pub use heat::{Heat, ranged, word_of};
pub use session::{
    BillView, DiffersView, Fact, FindingView, LineView, Moment, SessionPage, TariffLink, TaxView,
};
pub use session_tariff::SessionTariffPage;
pub use sessions::{SessionLine, SessionsPage};
pub use shell::{Notice, Shell, Theme, Who};
pub use station::{DeviationLine, PointBox, SecretPage, StationPage};
pub use stations::{Chip, LiveSession, NewStationPage, Pager, StationLine, StationsPage, Summary};
pub use tariff::{
    AdviceLine, AssignmentLine, ChangeView, FileView, Finding, ShownVersion, SiteChoice, TariffContent,
    TariffPage, VersionLine, WeekView,
};
pub use tariffs::{Glance, NextVersion, PlaceView, TariffLine, TariffsPage};
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
        "attempts.html",
        "events.html",
        "account.html",
    ]);
    if let Err(error) = added {
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
        check::<StationsPage>();
        check::<NewStationPage>();
        check::<StationPage>();
        check::<SecretPage>();
        check::<SessionsPage>();
        check::<SessionPage>();
        check::<TariffsPage>();
        check::<TariffPage>();
        check::<SessionTariffPage>();
        check::<AttemptsPage>();
        check::<EventsPage>();
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
        for asset in [&crate::assets::CSS, &crate::assets::JS, &crate::assets::ICON] {
            let path = dir.join(asset.path.trim_start_matches('/'));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, asset.body).unwrap();
        }
        write::<LoginPage>(&dir);
        write::<ErrorPage>(&dir);
        write::<AccountPage>(&dir);
        write::<StationsPage>(&dir);
        write::<NewStationPage>(&dir);
        write::<StationPage>(&dir);
        write::<SecretPage>(&dir);
        write::<SessionsPage>(&dir);
        write::<SessionPage>(&dir);
        write::<TariffsPage>(&dir);
        write::<TariffPage>(&dir);
        write::<SessionTariffPage>(&dir);
        write::<AttemptsPage>(&dir);
        write::<EventsPage>(&dir);
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
