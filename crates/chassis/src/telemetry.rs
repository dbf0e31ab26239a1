//! Logs on standard error: text for people, JSON lines for machines.

use crate::terminal::{self, LogLines};
use clap::ValueEnum;
use std::io::IsTerminal;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// The filter if neither a flag nor the environment gives one.
const DEFAULT_FILTER: &str = "info";
/// Directives before those of the filter, which may replace them. Libraries that log each fault of a document would let a
/// publisher fill the disk.
const QUIET: &str = "html5ever=error,selectors=error,cssparser=error";

/// Flags of the log.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Telemetry")]
pub struct TelemetryArgs {
    /// Log filter, such as `warn` or `info,poller=debug`. If it is not given, RUST_LOG applies.
    #[arg(long, env = "NEWSWIRE_LOG", value_name = "FILTER", global = true, value_parser = parse_filter)]
    pub log: Option<String>,
    /// Log format.
    #[arg(long, env = "NEWSWIRE_LOG_FORMAT", value_name = "FORMAT", value_enum, default_value_t, global = true)]
    pub log_format: LogFormat,
}

/// Format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// Text.
    Text,
    /// One JSON object a line.
    Json,
}

/// The flags, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelemetryConfig {
    /// Directives of [`EnvFilter`], known to be valid.
    pub filter: String,
    /// Format of the log.
    pub format: LogFormat,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        TelemetryConfig { filter: DEFAULT_FILTER.to_owned(), format: LogFormat::Auto }
    }
}

impl TelemetryArgs {
    /// Checks the flags, and RUST_LOG if it applies.
    ///
    /// # Errors
    /// RUST_LOG is not a valid filter.
    pub fn check(&self) -> Result<TelemetryConfig, Vec<String>> {
        self.check_with(std::env::var("RUST_LOG").ok())
    }

    fn check_with(&self, rust_log: Option<String>) -> Result<TelemetryConfig, Vec<String>> {
        let given = |filter: &String| !filter.is_empty();
        let filter = match (self.log.clone().filter(given), rust_log.filter(given)) {
            (Some(filter), _) => filter,
            (None, Some(filter)) => {
                parse_filter(&filter).map_err(|error| vec![format!("RUST_LOG is {filter:?}: {error}")])?
            }
            (None, None) => DEFAULT_FILTER.to_owned(),
        };
        Ok(TelemetryConfig { filter, format: self.log_format })
    }
}

/// Checks a filter; an empty one counts as not given.
fn parse_filter(filter: &str) -> Result<String, String> {
    EnvFilter::builder().parse(filter).map(|_| filter.to_owned()).map_err(|error| error.to_string())
}

/// A filter with the directives that apply unless it names their targets.
fn effective(filter: &str) -> EnvFilter {
    EnvFilter::new(format!("{QUIET},{filter}"))
}

/// Starts logging. A second call in one process has no effect.
pub fn init(config: &TelemetryConfig) {
    let filter = effective(&config.filter);
    let is_terminal = std::io::stderr().is_terminal();
    let json = match config.format {
        LogFormat::Auto => !is_terminal,
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    let registry = tracing_subscriber::registry().with(filter);
    // What publishers write stands in log lines too. Colours would be escaped with it.
    let layer = fmt::layer().with_ansi(false).with_writer(move || {
        // A command may show its progress there.
        if is_terminal && !json {
            terminal::erase_line(&mut std::io::stderr());
        }
        LogLines(std::io::stderr())
    });
    let started = if json {
        registry.with(layer.json().flatten_event(true).with_current_span(true).with_span_list(false)).try_init()
    } else {
        registry.with(layer).try_init()
    };
    if started.is_err() {
        tracing::debug!("logging is already initialised");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(log: Option<&str>, rust_log: Option<&str>) -> Result<String, Vec<String>> {
        let args = TelemetryArgs { log: log.map(str::to_owned), log_format: LogFormat::Auto };
        args.check_with(rust_log.map(str::to_owned)).map(|config| config.filter)
    }

    #[test]
    fn the_flag_precedes_rust_log_and_rust_log_the_default() {
        assert_eq!(filter(Some("warn"), Some("debug")).unwrap(), "warn");
        assert_eq!(filter(None, Some("debug")).unwrap(), "debug");
        assert_eq!(filter(None, Some("")).unwrap(), "info");
        assert_eq!(filter(None, None).unwrap(), "info");
    }

    #[test]
    fn an_invalid_filter_is_an_error() {
        assert!(parse_filter("poller=loud").is_err());
        assert!(filter(None, Some("poller=loud")).unwrap_err()[0].contains("poller=loud"));
    }

    #[test]
    fn faults_of_documents_are_not_logged_unless_the_filter_says_so() {
        let warns = |filter: &str| {
            let subscriber = tracing_subscriber::registry().with(effective(filter));
            tracing::subscriber::with_default(subscriber, || {
                let parser = tracing::enabled!(target: "html5ever::tree_builder", tracing::Level::WARN);
                (parser, tracing::enabled!(target: "poller", tracing::Level::WARN))
            })
        };
        assert_eq!(warns("info"), (false, true));
        assert_eq!(warns("info,html5ever=warn"), (true, true));
    }
}
