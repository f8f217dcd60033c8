//! The HTTP client by which signed calls are sent.

use std::time::Duration;

use crate::Endpoint;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How requests get to where they go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Through the proxy that the environment names, if it names one.
    ByEnvironment,
    /// Past any proxy.
    Direct,
}

impl Route {
    /// The way to an endpoint: no proxy leads to this machine itself.
    pub fn to(endpoint: Option<&Endpoint>) -> Self {
        if endpoint.is_some_and(Endpoint::is_loopback) { Self::Direct } else { Self::ByEnvironment }
    }
}

/// A client that sends each request once, as it was signed. How long an answer may take is said with each request.
///
/// # Errors
/// The TLS backend cannot be set up.
pub fn client(route: Route) -> Result<reqwest::Client, reqwest::Error> {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("sexton/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        // The signature covers the host: an answer that points elsewhere is not followed.
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .http1_only();
    match route {
        Route::ByEnvironment => builder.build(),
        Route::Direct => builder.no_proxy().build(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_leads_to_this_machine() {
        let endpoint = |text| Endpoint::parse(text).unwrap();
        assert_eq!(Route::to(Some(&endpoint("http://127.0.0.1:1"))), Route::Direct);
        assert_eq!(Route::to(Some(&endpoint("api.example.com"))), Route::ByEnvironment);
        assert_eq!(Route::to(None), Route::ByEnvironment);
    }
}
