//! Where a service listens.

use reqwest::Url;

/// Scheme, host and port of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint(Url);

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
    pub(crate) fn parse(text: &str) -> Result<Self, EndpointError> {
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

    /// `host`, or `host:port` where the port is not the scheme's own: what the `host` header says.
    pub(crate) fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        match self.0.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// Whether the host is this machine, to which no proxy leads.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The URL of a path.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_host_with_or_without_scheme_and_port() {
        for (text, host) in [
            ("ec2.eu-west-1.amazonaws.com", "ec2.eu-west-1.amazonaws.com"),
            ("https://EC2.eu-west-1.amazonaws.com:443/", "ec2.eu-west-1.amazonaws.com"),
            ("http://127.0.0.1:8099", "127.0.0.1:8099"),
            ("127.0.0.1:8099", "127.0.0.1:8099"),
            ("http://[::1]:80", "[::1]"),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().host(), host, "{text}");
        }
        for text in ["", "ftp://a", "http://", "a b"] {
            assert_eq!(Endpoint::parse(text), Err(EndpointError::NotAUrl { text: text.to_owned() }), "{text}");
        }
        for text in ["https://user:pass@host", "host/path", "host?query", "https://host/#f"] {
            assert_eq!(Endpoint::parse(text), Err(EndpointError::MoreThanAHost), "{text}");
        }
    }

    #[test]
    fn loopback_is_told_from_the_network() {
        assert!(Endpoint::parse("http://127.0.0.1:1").unwrap().is_loopback());
        assert!(Endpoint::parse("http://[::1]:1").unwrap().is_loopback());
        assert!(Endpoint::parse("http://localhost:1").unwrap().is_loopback());
        assert!(!Endpoint::parse("ec2.amazonaws.com").unwrap().is_loopback());
    }

    #[test]
    fn a_path_is_put_behind_the_host() {
        let endpoint = Endpoint::parse("http://127.0.0.1:1").unwrap();
        assert_eq!(endpoint.url("/").as_str(), "http://127.0.0.1:1/");
        assert_eq!(endpoint.url("/rules/abc").as_str(), "http://127.0.0.1:1/rules/abc");
        assert_eq!(endpoint.url("/rules/a b?c#d").as_str(), "http://127.0.0.1:1/rules/a%20b%3Fc%23d");
    }
}
