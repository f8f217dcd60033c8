use sexton_aws::{
    ConnectError, CredentialSource, Credentials, Ec2Config, Ec2Provider, LISTINGS_SERVE_FOR, RegionChoice,
};
use sexton_core::address::Region;
use sexton_provider::{ErrorClass, Provider};

use crate::server::{ACCOUNT, Listed, REGION, Server, error, ok, region, text};

#[tokio::test]
async fn the_account_and_the_region_are_the_providers_word() {
    let server = Server::start(|_| None).await;
    let provider = server.provider();
    let identity = provider.identity(&region()).await.unwrap();
    assert_eq!((identity.account.as_str(), identity.region.as_str()), (ACCOUNT, REGION));
    let [who, zones] = [&server.calls_of("GetCallerIdentity")[0], &server.calls_of("DescribeAvailabilityZones")[0]];
    assert_eq!((who.version.as_str(), zones.version.as_str()), ("2011-06-15", "2016-11-15"));
    assert!(who.authorization.contains("/eu-west-1/sts/aws4_request"), "{}", who.authorization);
    assert!(zones.authorization.contains("/eu-west-1/ec2/aws4_request"), "{}", zones.authorization);
    assert_eq!(who.token, "the-token");
}

#[tokio::test]
async fn all_regions_are_those_that_are_enabled() {
    let server = Server::start(|_| None).await;
    let regions = server.provider_of(RegionChoice::All).regions().await.unwrap();
    assert_eq!(regions.iter().map(Region::as_str).collect::<Vec<_>>(), ["eu-north-1", REGION]);
    assert_eq!(server.provider().regions().await.unwrap(), [region()]);
}

#[tokio::test]
async fn an_endpoint_of_another_region_is_found_out_and_not_listed_from() {
    let server = Server::start(|_| None).await;
    let elsewhere = Region::new("eu-north-1").unwrap();
    let provider = server.provider_of(RegionChoice::Named(vec![elsewhere.clone()]));
    assert_eq!(provider.identity(&elsewhere).await.unwrap().region, region());
    let mut listed = Listed::default();
    let error = provider.list(&elsewhere, &mut listed).await.unwrap_err();
    assert_eq!(error.message, "the endpoint serves eu-west-1, not eu-north-1");
    assert_eq!(listed.kinds(), [""; 0]);
    assert_eq!(server.calls_of("DescribeSnapshots").len(), 0);
}

#[tokio::test]
async fn an_endpoint_that_names_no_one_region_is_an_error() {
    for zones in ["", "<item><regionName>a</regionName></item><item><regionName>b</regionName></item>", "<item/>"] {
        let server = Server::start(move |request| {
            (request.operation == "DescribeAvailabilityZones")
                .then(|| ok(&request.operation, &format!("<availabilityZoneInfo>{zones}</availabilityZoneInfo>")))
        })
        .await;
        let error = server.provider().identity(&region()).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Permanent, "{error}");
    }
}

#[tokio::test]
async fn without_an_identity_nothing_is_listed() {
    let server = Server::start(|request| {
        let denied = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>no the-secret\
            </Message></Error><RequestId>r-9</RequestId></ErrorResponse>";
        (request.operation == "GetCallerIdentity").then(|| text(403, denied))
    })
    .await;
    let mut listed = Listed::default();
    let error = server.provider().list(&region(), &mut listed).await.unwrap_err();
    assert_eq!((error.class, error.code.as_deref()), (ErrorClass::Auth, Some("InvalidClientTokenId")));
    assert_eq!((error.request_id.as_deref(), error.message.as_str()), (Some("r-9"), "no (secret)"));
    assert_eq!(server.calls_of("GetCallerIdentity").len(), 1);
    assert_eq!(server.calls_of("DescribeSnapshots").len(), 0);
}

#[tokio::test]
async fn the_question_who_one_is_is_asked_once() {
    let server = Server::start(|request| {
        (request.operation == "GetCallerIdentity")
            .then(|| error(503, "RequestLimitExceeded").header("retry-after", "1"))
    })
    .await;
    let error = server.provider().identity(&region()).await.unwrap_err();
    let retry_after = Some(std::time::Duration::from_secs(1));
    assert_eq!(error.class, ErrorClass::Throttle { retry_after });
    assert_eq!(server.calls_of("GetCallerIdentity").len(), 1);
}

#[tokio::test]
async fn a_region_that_is_none_goes_into_no_host_name() {
    let provider = Ec2Provider::connect(Ec2Config {
        name: "prod".to_owned(),
        regions: RegionChoice::All,
        endpoint: None,
        credentials: CredentialSource::Given(Credentials::new("id", "secret", None)),
        listings_serve_for: LISTINGS_SERVE_FOR,
    })
    .unwrap();
    let error = provider.identity(&Region::new("evil.example/").unwrap()).await.unwrap_err();
    assert!(error.message.contains("is no region"), "{error}");
}

#[test]
fn an_endpoint_must_be_one() {
    let config = |endpoint: &str| Ec2Config {
        name: "prod".to_owned(),
        regions: RegionChoice::All,
        endpoint: Some(endpoint.to_owned()),
        credentials: CredentialSource::Given(Credentials::new("id", "the-secret", None)),
        listings_serve_for: LISTINGS_SERVE_FOR,
    };
    let error = Ec2Provider::connect(config("https://user:pass@host/path")).unwrap_err();
    assert!(matches!(error, ConnectError::Endpoint { .. }), "{error:?}");
    assert_eq!(error.to_string(), r#"provider "prod": the endpoint is not usable"#);
    assert!(!format!("{error:?}").contains("pass"), "{error:?}");
    let provider = Ec2Provider::connect(config("127.0.0.1:1")).unwrap();
    assert_eq!(provider.name(), "prod");
    assert!(!format!("{provider:?}").contains("the-secret"), "{provider:?}");
}
