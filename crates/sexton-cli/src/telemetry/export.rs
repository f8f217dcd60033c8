//! The spans of runs to an OpenTelemetry collector, over HTTP, where the environment names one.

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Level;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

use crate::failure::{chained, say};
use crate::watch::SPANS;

/// By which the environment says where to; the exporter reads them itself.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];

pub(super) struct Export {
    provider: SdkTracerProvider,
}

impl Export {
    pub(super) fn by_environment() -> Option<Self> {
        if ENDPOINTS.iter().all(|name| std::env::var_os(name).is_none()) {
            return None;
        }
        let exporter = match SpanExporter::builder().with_http().build() {
            Ok(exporter) => exporter,
            Err(error) => {
                say(&format!("warning: spans are not exported: {}", chained(&error)));
                return None;
            }
        };
        let resource = Resource::builder();
        let resource = match std::env::var_os("OTEL_SERVICE_NAME") {
            Some(_) => resource,
            None => resource.with_service_name("sexton"),
        };
        let provider =
            SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build();
        Some(Self { provider })
    }

    /// Takes the spans of runs, and no others.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: tracing::Subscriber + for<'span> LookupSpan<'span>,
    {
        let spans = Targets::new().with_target(SPANS, Level::INFO);
        tracing_opentelemetry::layer().with_tracer(self.provider.tracer("sexton")).with_filter(spans)
    }

    pub(super) fn end(self) {
        if let Err(error) = self.provider.shutdown() {
            say(&format!("warning: some spans were not exported: {}", chained(&error)));
        }
    }
}
