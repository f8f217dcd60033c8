//! Logs for developers, by `SEXTON_LOG`, and with the feature `opentelemetry` the spans of a run on their way to a
//! collector.

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

#[cfg(feature = "opentelemetry")]
mod export;

/// What has to be sent before the process ends.
pub(crate) struct Telemetry {
    #[cfg(feature = "opentelemetry")]
    export: Option<export::Export>,
}

impl Telemetry {
    /// Listens from now on.
    pub(crate) fn start() -> Self {
        let logs = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        let registry = tracing_subscriber::registry().with(logs.with_filter(EnvFilter::from_env("SEXTON_LOG")));
        #[cfg(feature = "opentelemetry")]
        {
            let export = export::Export::by_environment();
            registry.with(export.as_ref().map(export::Export::layer)).init();
            Self { export }
        }
        #[cfg(not(feature = "opentelemetry"))]
        {
            registry.init();
            Self {}
        }
    }

    /// Sends what was not sent yet.
    pub(crate) fn end(self) {
        #[cfg(feature = "opentelemetry")]
        if let Some(export) = self.export {
            export.end();
        }
    }
}
