use super::*;

#[test]
fn an_endpoint_is_a_host_with_or_without_scheme_and_port() {
    for (text, host) in [
        ("api.region-1.example.com", "api.region-1.example.com"),
        ("https://API.region-1.example.com:443/", "api.region-1.example.com"),
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
fn a_host_that_is_told_without_a_scheme_means_the_same_host_and_port() {
    let local = Endpoint::parse("http://127.0.0.1:8099").unwrap();
    assert!(local.is("127.0.0.1:8099"));
    assert!(!local.is("127.0.0.1:8098"));
    assert!(!local.is("127.0.0.1"));
    let published = Endpoint::parse("https://api.region-1.example.com:443").unwrap();
    assert!(published.is("api.region-1.example.com"));
    assert!(!published.is("api.example.com"));
    assert!(!published.is(""));
}

#[test]
fn a_host_without_a_scheme_takes_that_of_the_one_that_named_it() {
    let secure = Endpoint::parse("api.example.com").unwrap();
    assert_eq!(secure.beside("api.region-1.example.com"), Endpoint::parse("https://api.region-1.example.com"));
    let local = Endpoint::parse("http://127.0.0.1:1").unwrap();
    assert_eq!(local.beside("127.0.0.1:2"), Endpoint::parse("http://127.0.0.1:2"));
    assert_eq!(local.beside("https://127.0.0.1:2"), Endpoint::parse("https://127.0.0.1:2"));
}

#[test]
fn loopback_is_told_from_the_network() {
    assert!(Endpoint::parse("http://127.0.0.1:1").unwrap().is_loopback());
    assert!(Endpoint::parse("http://[::1]:1").unwrap().is_loopback());
    assert!(Endpoint::parse("http://localhost:1").unwrap().is_loopback());
    assert!(!Endpoint::parse("api.example.com").unwrap().is_loopback());
}

#[test]
fn a_path_is_encoded_and_a_query_is_sent_as_it_was_signed() {
    let endpoint = Endpoint::parse("http://127.0.0.1:1").unwrap();
    assert_eq!(endpoint.with_path("/").as_str(), "http://127.0.0.1:1/");
    assert_eq!(endpoint.with_path("/api/v2/x").as_str(), "http://127.0.0.1:1/api/v2/x");
    assert_eq!(endpoint.with_path("/rules/a b?c#d").as_str(), "http://127.0.0.1:1/rules/a%20b%3Fc%23d");
    let query = "A=%20%2A~&B=%5B%22x%22%5D";
    assert_eq!(endpoint.with_query(query).as_str(), "http://127.0.0.1:1/?A=%20%2A~&B=%5B%22x%22%5D");
    assert_eq!(endpoint.with_query("").as_str(), "http://127.0.0.1:1/");
}
