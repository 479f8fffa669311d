//! Logs: on standard error, as text or JSON, with the spans (station, session) that a line belongs to.

use csms::config::{Log, LogFormat};
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

/// Starts logging. A second call (tests) changes nothing.
///
/// # Errors
/// The directives of `log.level` cannot be read.
pub fn start(config: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::builder().parse(&config.level)?;
    let registry = tracing_subscriber::registry().with(filter);
    let _ = match config.format {
        LogFormat::Text => {
            let ansi = std::io::IsTerminal::is_terminal(&std::io::stderr());
            registry
                .with(fmt::layer().with_writer(std::io::stderr).with_ansi(ansi).with_target(true))
                .try_init()
        }
        LogFormat::Json => {
            let layer = fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false);
            registry.with(layer.with_writer(std::io::stderr)).try_init()
        }
    };
    Ok(())
}
