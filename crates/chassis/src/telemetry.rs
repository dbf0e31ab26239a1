//! Logs, for two readers: a sentence for a human and queryable fields for a machine. They go to standard error.

use std::io::IsTerminal;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// What is logged when nobody says.
const DEFAULT: &str = "info";

/// Flags of the log.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Telemetry")]
pub struct TelemetryArgs {
    /// What is logged: `warn`, `info,poller=debug`. RUST_LOG counts where this is not given.
    #[arg(long, env = "NEWSWIRE_LOG", value_name = "FILTER", global = true)]
    pub log: Option<String>,
    /// How: `text`, `json`, or `auto` (text on a terminal, JSON otherwise).
    #[arg(long, env = "NEWSWIRE_LOG_FORMAT", value_name = "HOW", default_value = "auto", global = true)]
    pub log_format: String,
}

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Text on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// For a human.
    Text,
    /// One JSON object a line.
    Json,
}

/// The flags, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelemetryConfig {
    /// Directives of [`EnvFilter`], known to be good.
    pub filter: String,
    /// How a line is written.
    pub format: Format,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        TelemetryConfig { filter: DEFAULT.to_owned(), format: Format::Auto }
    }
}

impl TelemetryArgs {
    /// Checks the flags.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong.
    pub fn check(&self) -> Result<TelemetryConfig, Vec<String>> {
        self.check_with(std::env::var("RUST_LOG").ok())
    }

    fn check_with(&self, rust_log: Option<String>) -> Result<TelemetryConfig, Vec<String>> {
        let mut wrong = Vec::new();
        let (from, filter) = match (&self.log, rust_log) {
            (Some(filter), _) if !filter.is_empty() => ("--log (NEWSWIRE_LOG)", filter.clone()),
            (_, Some(filter)) if !filter.is_empty() => ("RUST_LOG", filter),
            _ => ("default", DEFAULT.to_owned()),
        };
        if let Err(error) = EnvFilter::builder().parse(&filter) {
            wrong.push(format!("{from} is no filter: {filter:?}: {error}"));
        }
        let format = match self.log_format.as_str() {
            "auto" | "" => Format::Auto,
            "text" => Format::Text,
            "json" => Format::Json,
            other => {
                wrong.push(format!("--log-format is auto, text or json, not {other:?}"));
                Format::Auto
            }
        };
        if wrong.is_empty() { Ok(TelemetryConfig { filter, format }) } else { Err(wrong) }
    }
}

/// Starts logging. A second call in one process changes nothing.
pub fn init(config: &TelemetryConfig) {
    let filter = EnvFilter::new(&config.filter);
    let terminal = std::io::stderr().is_terminal();
    let json = match config.format {
        Format::Auto => !terminal,
        Format::Text => false,
        Format::Json => true,
    };
    let registry = tracing_subscriber::registry().with(filter);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let started = if json {
        registry.with(lines.json().flatten_event(true).with_current_span(true).with_span_list(false)).try_init()
    } else {
        registry.with(lines.with_ansi(terminal)).try_init()
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(log: Option<&str>, format: &str) -> TelemetryArgs {
        TelemetryArgs { log: log.map(str::to_owned), log_format: format.to_owned() }
    }

    #[test]
    fn the_flag_counts_before_rust_log_and_that_before_the_default() {
        let filter = |log, rust_log: Option<&str>| {
            args(log, "auto").check_with(rust_log.map(str::to_owned)).map(|config| config.filter)
        };
        assert_eq!(filter(Some("warn"), Some("debug")).unwrap(), "warn");
        assert_eq!(filter(None, Some("debug")).unwrap(), "debug");
        assert_eq!(filter(None, Some("")).unwrap(), "info");
        assert_eq!(filter(None, None).unwrap(), "info");
    }

    #[test]
    fn a_bad_filter_and_a_bad_format_are_said_together() {
        let wrong = args(Some("poller=loud"), "xml").check_with(None).unwrap_err();
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        assert!(wrong[0].contains("poller=loud"), "{wrong:?}");
    }
}
