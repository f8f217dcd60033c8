//! Where a service listens, and whether that is what DescribeRegions calls a region's endpoint.

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

    /// Another host, of the same scheme where it names none.
    pub(crate) fn beside(&self, text: &str) -> Result<Self, EndpointError> {
        if text.contains("://") { Self::parse(text) } else { Self::parse(&format!("{}://{text}", self.0.scheme())) }
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

    /// Whether a `RegionEndpoint` of DescribeRegions, which has no scheme, means this endpoint.
    pub(crate) fn is(&self, region_endpoint: &str) -> bool {
        let bare = region_endpoint.split_once("://").map_or(region_endpoint, |(_, rest)| rest);
        Self::parse(&format!("{}://{bare}", self.0.scheme())).is_ok_and(|other| other.host() == self.host())
    }

    /// The URL of a call with that encoded query.
    pub(crate) fn url(&self, query: &str) -> Url {
        let mut url = self.0.clone();
        url.set_query((!query.is_empty()).then_some(query));
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_host_with_or_without_scheme_and_port() {
        for (text, host) in [
            ("ecs.cn-hangzhou.aliyuncs.com", "ecs.cn-hangzhou.aliyuncs.com"),
            ("https://ECS.cn-hangzhou.aliyuncs.com:443/", "ecs.cn-hangzhou.aliyuncs.com"),
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
    fn a_region_endpoint_means_the_same_host_and_port() {
        let emulator = Endpoint::parse("http://127.0.0.1:8099").unwrap();
        assert!(emulator.is("127.0.0.1:8099"));
        assert!(!emulator.is("127.0.0.1:8098"));
        assert!(!emulator.is("127.0.0.1"));
        let published = Endpoint::parse("https://ecs.cn-hangzhou.aliyuncs.com:443").unwrap();
        assert!(published.is("ecs.cn-hangzhou.aliyuncs.com"));
        assert!(!published.is("ecs.aliyuncs.com"));
        assert!(!published.is(""));
    }

    #[test]
    fn a_host_without_a_scheme_takes_that_of_the_one_that_named_it() {
        let secure = Endpoint::parse("ecs.aliyuncs.com").unwrap();
        assert_eq!(
            secure.beside("ecs.cn-beijing.aliyuncs.com"),
            Endpoint::parse("https://ecs.cn-beijing.aliyuncs.com")
        );
        let local = Endpoint::parse("http://127.0.0.1:1").unwrap();
        assert_eq!(local.beside("127.0.0.1:2"), Endpoint::parse("http://127.0.0.1:2"));
        assert_eq!(local.beside("https://127.0.0.1:2"), Endpoint::parse("https://127.0.0.1:2"));
    }

    #[test]
    fn loopback_is_told_from_the_network() {
        assert!(Endpoint::parse("http://127.0.0.1:1").unwrap().is_loopback());
        assert!(Endpoint::parse("http://[::1]:1").unwrap().is_loopback());
        assert!(Endpoint::parse("http://localhost:1").unwrap().is_loopback());
        assert!(!Endpoint::parse("ecs.aliyuncs.com").unwrap().is_loopback());
    }

    #[test]
    fn an_encoded_query_is_sent_as_it_was_signed() {
        let endpoint = Endpoint::parse("http://127.0.0.1:1").unwrap();
        assert_eq!(endpoint.url("A=%20%2A~&B=%5B%22x%22%5D").as_str(), "http://127.0.0.1:1/?A=%20%2A~&B=%5B%22x%22%5D");
        assert_eq!(endpoint.url("").as_str(), "http://127.0.0.1:1/");
    }
}
