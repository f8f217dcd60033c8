//! Where a service listens.

use reqwest::Url;

#[cfg(test)]
mod tests;

/// Scheme, host and port of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

/// Why a text is not an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// It is no URL, or has no host.
    #[error("endpoint {text:?} is not a host or an http(s) URL")]
    NotAUrl {
        /// The offending text.
        text: String,
    },
    /// It has more than a scheme, a host and a port. The text is left out: it may hold a password.
    #[error("an endpoint is a scheme, a host and a port: it takes no path, query or user")]
    MoreThanAHost,
}

impl Endpoint {
    /// Reads `host`, `host:port`, or either with `https://` or `http://` in front; without a scheme it is https.
    ///
    /// # Errors
    /// The text is no such thing, or more than that.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let not_a_url = || EndpointError::NotAUrl { text: text.to_owned() };
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = Url::parse(&with_scheme).map_err(|_| not_a_url())?;
        let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        if !bare || url.fragment().is_some() || url.path() != "/" {
            return Err(EndpointError::MoreThanAHost);
        }
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(not_a_url());
        }
        Ok(Self(url))
    }

    /// Another host, of the same scheme where it names none.
    ///
    /// # Errors
    /// The text is no endpoint.
    pub fn beside(&self, text: &str) -> Result<Self, EndpointError> {
        if text.contains("://") { Self::parse(text) } else { Self::parse(&format!("{}://{text}", self.0.scheme())) }
    }

    /// `host`, or `host:port` where the port is not the scheme's own: what the `host` header says.
    pub fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        match self.0.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// Whether the host is this machine, to which no proxy leads.
    pub fn is_loopback(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Whether a host, whatever scheme it is told with, is this one's.
    pub fn is(&self, host: &str) -> bool {
        let bare = host.split_once("://").map_or(host, |(_, rest)| rest);
        Self::parse(&format!("{}://{bare}", self.0.scheme())).is_ok_and(|other| other.host() == self.host())
    }

    /// The URL of a path, which is encoded.
    pub fn with_path(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url
    }

    /// The URL of a query, which has been encoded.
    pub fn with_query(&self, query: &str) -> Url {
        let mut url = self.0.clone();
        url.set_query((!query.is_empty()).then_some(query));
        url
    }
}
